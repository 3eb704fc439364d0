//! The application: which address shows which page.
//!
//! Every route renders with `SsrMode::Async`, so that a page is whole without scripts and may set its status.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::SsrMode;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::path;

use crate::ui::address;
use crate::ui::bundles::{PlayerPage, StagePage, TimedPage, WorkPage};
use crate::ui::pages::join::Join;
use crate::ui::pages::not_found::NotFound;

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
                <Route path=path!("/play/:code") view=PlayerPage::Play ssr=SsrMode::Async/>
                <Route path=path!("/seat/:ticket") view=PlayerPage::Seat ssr=SsrMode::Async/>
                <Route path=path!("/setup/:token") view=WorkPage::Setup ssr=SsrMode::Async/>
                <Route path=path!("/login") view=WorkPage::Login ssr=SsrMode::Async/>
                <Route path=path!("/dashboard") view=WorkPage::Dashboard ssr=SsrMode::Async/>
                <Route path=path!("/notices") view=WorkPage::Notices ssr=SsrMode::Async/>
                <Route path=path!("/connections") view=WorkPage::Connections ssr=SsrMode::Async/>
                <Route path=path!("/quizzes") view=WorkPage::Quizzes ssr=SsrMode::Async/>
                <Route path=path!("/quizzes/:id") view=WorkPage::QuizEditor ssr=SsrMode::Async/>
                <Route path=path!("/people") view=WorkPage::People ssr=SsrMode::Async/>
                <Route path=path!("/people/import") view=WorkPage::PeopleImport ssr=SsrMode::Async/>
                <Route path=path!("/people/new") view=WorkPage::Person ssr=SsrMode::Async/>
                <Route path=path!("/people/:id") view=WorkPage::Person ssr=SsrMode::Async/>
                <Route path=path!("/session/expired") view=TimedPage::TimedExpired ssr=SsrMode::Async/>
                <Route path=path!("/session/link") view=TimedPage::TimedLink ssr=SsrMode::Async/>
                <Route path=path!("/session/:code") view=TimedPage::TimedSeat ssr=SsrMode::Async/>
                <Route path=path!("/account") view=WorkPage::Account ssr=SsrMode::Async/>
                <Route path=path!("/accounts") view=WorkPage::Accounts ssr=SsrMode::Async/>
                <Route path=path!("/audit") view=WorkPage::Audit ssr=SsrMode::Async/>
                <Route path=path!("/welcome/:token") view=WorkPage::Welcome ssr=SsrMode::Async/>
                <Route path=path!("/sessions") view=WorkPage::Sessions ssr=SsrMode::Async/>
                <Route path=path!("/sessions/new/:quiz") view=WorkPage::SessionNew ssr=SsrMode::Async/>
                <Route path=path!("/sessions/:id") view=WorkPage::SessionHost ssr=SsrMode::Async/>
                <Route path=path!("/sessions/:id/invite") view=WorkPage::SessionInvite ssr=SsrMode::Async/>
                <Route path=path!("/sessions/:id/seats/:seat") view=WorkPage::SessionResult ssr=SsrMode::Async/>
                <Route path=path!("/sessions/:id/seats/:seat/transcript") view=WorkPage::SessionRecord ssr=SsrMode::Async/>
                <Route path=path!("/host/:code") view=WorkPage::Host ssr=SsrMode::Async/>
                <Route path=path!("/stage/:code") view=StagePage::Stage ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}
