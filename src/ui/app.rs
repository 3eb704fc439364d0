//! The application: which address shows which page.
//!
//! Every route renders with `SsrMode::Async`, so that a page is whole without scripts and may set its status.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    Lazy, SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::ui::address;
use crate::ui::pages::{
    account::Account,
    accounts::Accounts,
    audit::Audit,
    connections::Connections,
    dashboard::Dashboard,
    host::Host,
    join::Join,
    login::Login,
    not_found::NotFound,
    notices::Notices,
    people::People,
    people_import::PeopleImport,
    person::Person,
    play::Play,
    quiz_editor::QuizEditor,
    quizzes::Quizzes,
    seat::Seat,
    session_host::SessionHost,
    session_invite::SessionInvite,
    session_new::SessionNew,
    session_result::{SessionRecord, SessionResult},
    sessions::Sessions,
    setup::Setup,
    stage::Stage,
    timed_seat::{TimedExpired, TimedLink, TimedSeat},
    welcome::Welcome,
};

/// The routes and what stands around every page. The server renders it into the shell, the browser hydrates it.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <a class="skip-link" href="#content">"Skip to the content"</a>
        <Router base=address::base().as_str().to_owned()>
            <FlatRoutes fallback=NotFound>
                <Route path=path!("/") view=Join ssr=SsrMode::Async/>
                <Route path=path!("/join/:code") view=Join ssr=SsrMode::Async/>
                <Route path=path!("/play/:code") view={Lazy::<Play>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/seat/:ticket") view={Lazy::<Seat>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/setup/:token") view={Lazy::<Setup>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/login") view={Lazy::<Login>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/dashboard") view={Lazy::<Dashboard>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/notices") view={Lazy::<Notices>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/connections") view={Lazy::<Connections>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/quizzes") view={Lazy::<Quizzes>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/quizzes/:id") view={Lazy::<QuizEditor>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/people") view={Lazy::<People>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/people/import") view={Lazy::<PeopleImport>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/people/new") view={Lazy::<Person>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/people/:id") view={Lazy::<Person>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/session/expired") view={Lazy::<TimedExpired>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/session/link") view={Lazy::<TimedLink>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/session/:code") view={Lazy::<TimedSeat>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/account") view={Lazy::<Account>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/accounts") view={Lazy::<Accounts>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/audit") view={Lazy::<Audit>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/welcome/:token") view={Lazy::<Welcome>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/sessions") view={Lazy::<Sessions>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/sessions/new/:quiz") view={Lazy::<SessionNew>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/sessions/:id") view={Lazy::<SessionHost>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/sessions/:id/invite") view={Lazy::<SessionInvite>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/sessions/:id/seats/:seat") view={Lazy::<SessionResult>::new()} ssr=SsrMode::Async/>
                <Route
                    path=path!("/sessions/:id/seats/:seat/transcript")
                    view={Lazy::<SessionRecord>::new()}
                    ssr=SsrMode::Async
                />
                <Route path=path!("/host/:code") view={Lazy::<Host>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/stage/:code") view={Lazy::<Stage>::new()} ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}
