//! The host's page: drives the room with one thumb or one key.
//!
//! The page loads the room and holds the link; [`HostDesk`] turns views into the desk and knows neither.

use leptos::ev::{KeyboardEvent, keydown};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::api::room::{LivePage, host_page};
use crate::domain::time::Timestamp;
use crate::protocol::command::{Command, Draft, HostCommand, UserTyping};
use crate::protocol::typing::Typists;
use crate::protocol::view::{HostView, Scene};
use crate::ui::address::address;
use crate::ui::components::announcer::Announcer;
use crate::ui::components::chat_panel::ChatAround;
use crate::ui::components::chat_unsent::Writing;
use crate::ui::components::connection::ConnectionState;
use crate::ui::components::host_asks::Asks;
use crate::ui::components::host_chat::HostChat;
use crate::ui::components::host_glance::{HostGlance, HostHealth};
use crate::ui::components::host_next::{HostMore, HostNext, heading, next_action};
use crate::ui::components::host_people::HostPeople;
use crate::ui::components::host_share::HostShare;
use crate::ui::components::link_notice::{LinkNotice, WayOn};
use crate::ui::components::logo::Logo;
use crate::ui::components::stage_lobby::Door;
use crate::ui::components::trouble::Trouble;
use crate::ui::live::{self, AskState, Connection, Figures, use_room};

/// The page at `/host/{code}`.
#[component]
pub fn Host() -> impl IntoView {
    let params = use_params_map();
    let code = move || params.with(|params| params.get("code").unwrap_or_default());
    let page = Resource::new_blocking(code, host_page);
    view! {
        <Suspense fallback=Waiting>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(page) => view! { <LiveHost page/> }.into_any(),
                    Err(error) => {
                        view! { <Trouble error way_on="/quizzes" way_on_label="To my quizzes"/> }.into_any()
                    }
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The desk's outline while the page's code is there and the room is not yet.
#[component]
fn Waiting() -> impl IntoView {
    view! {
        <div class="host" data-theme="auto">
            <main id="content"><p class="opening" role="status">"Opening the room…"</p></main>
        </div>
    }
}

/// The desk with its link.
#[component]
fn LiveHost(
    /// What it starts from.
    page: LivePage<HostView>,
) -> impl IntoView {
    let way_in = WayIn {
        door: Door {
            code: page.view.show.code.spaced(),
            join_host: page.join_host.clone(),
            qr_svg: page.join_qr_svg.clone(),
        },
        join_url: page.join_url.clone(),
        stage_url: address(&format!("/stage/{}", page.view.show.code)),
        is_secure: page.is_secure,
    };
    let room = use_room(page);
    let send = Callback::new(move |command: HostCommand| room.ask(Command::Host(command)));
    let retry = Callback::new(move |()| room.reconnect());
    let figures = Callback::new(move |()| room.figures());
    let join_url = way_in.join_url.clone();
    let copy = Callback::new(move |told| live::copy(&join_url, told));
    let talk = Talk {
        typists: room.typists,
        write: Callback::new(move |text| room.ask(Command::Chat(Draft { text }))),
        type_on: Callback::new(move |is_typing| room.say(Command::UserTyping(UserTyping { is_typing }))),
    };
    view! { <HostDesk view=room.view now=room.now connection=room.connection figures way_in talk send retry copy/> }
}

/// How people come in, and whether their phones can stay awake.
#[derive(Clone, Debug, PartialEq)]
pub struct WayIn {
    /// Code, address and QR code.
    pub door: Door,
    /// The whole address that the QR code carries.
    pub join_url: String,
    /// The address of the stage.
    pub stage_url: String,
    /// Whether pages come over https or from this machine.
    pub is_secure: bool,
}

/// How the host writes to everybody.
#[derive(Clone, Copy)]
pub struct Talk {
    /// Who else types.
    pub typists: Signal<Typists>,
    /// Sends a message and says what becomes of it.
    pub write: Callback<String, Signal<AskState>>,
    /// Tells the others that typing begins or goes on, or that it has ended.
    pub type_on: Callback<bool>,
}

/// The desk, from the view and the time alone.
#[component]
pub fn HostDesk(
    /// What the host sees.
    #[prop(into)]
    view: Signal<HostView>,
    /// The time.
    #[prop(into)]
    now: Signal<Timestamp>,
    /// How the page and the server stand to each other.
    #[prop(into)]
    connection: Signal<Connection>,
    /// Tells the figures of the connection.
    figures: Callback<(), Figures>,
    /// How people come in.
    way_in: WayIn,
    /// How the host writes to everybody.
    talk: Talk,
    /// Sends a command and says what becomes of it.
    send: Callback<HostCommand, Signal<AskState>>,
    /// Tries to connect now.
    retry: Callback<()>,
    /// Copies the address where people join, then tells whether that worked.
    copy: Callback<Callback<bool>>,
) -> impl IntoView {
    let asks = Asks::new(view, send);
    let ending = RwSignal::new(false);
    let title = view.with_untracked(|view| view.show.title.clone());
    let heading = Memo::new(move |_| view.with(|view| heading(view, now.get())));
    let is_open = Memo::new(move |_| view.with(|view| view.show.scene != Scene::Closed));
    let notice = Memo::new(move |_| view.with(|view| LinkNotice::of(connection.get(), view.show.scene.phase())));
    let chat = Memo::new(move |_| view.with(|view| view.chat.clone()));
    let writing = Writing::new(chat.into(), None, talk.write);
    let around = ChatAround {
        now,
        typists: talk.typists,
        is_quiet: Signal::derive(move || {
            view.with(|view| matches!(view.show.scene, Scene::Reading(_) | Scene::Answering(_)))
        }),
        is_connected: Signal::derive(move || matches!(connection.get(), Connection::Connected { .. })),
        on_typing: talk.type_on,
    };
    let WayIn { door, join_url, stage_url, is_secure } = way_in;
    use_keys(view, now, asks, ending);
    view! {
        <Title text=format!("{title} · Host · Podium")/>
        <div class="host" data-theme="auto">
            <header class="top">
                <Logo name=title/>
                <ConnectionState connection now figures on_reconnect=retry/>
            </header>
            <main id="content">
                <div class="desk">
                    <p class="kicker">"Host · only you see this"</p>
                    <h1>{heading}</h1>
                    <LinkLost notice retry/>
                    <HostNext view now asks/>
                    <HostGlance view now/>
                    <HostHealth view/>
                    <HostMore view ending asks/>
                    <Show when=move || !is_secure>
                        <p class="note">
                            "This page came over plain http, where browsers do not let phones stay awake. Ask players to "
                            "switch off the automatic lock; who falls asleep comes back to the same seat."
                        </p>
                    </Show>
                </div>
                <div class="side">
                    <Show when=move || is_open.get()>
                        <HostShare door=door.clone() join_url=join_url.clone() stage_url=stage_url.clone() copy/>
                        <HostChat chat=chat.into() writing around asks/>
                    </Show>
                    <HostPeople view now asks/>
                </div>
            </main>
            <Announcer text=heading/>
        </div>
    }
    .into_any()
}

/// What is wrong with the connection and what to do, while something is.
#[component]
fn LinkLost(
    /// What is to be said.
    notice: Memo<Option<LinkNotice>>,
    /// Tries to connect now.
    retry: Callback<()>,
) -> impl IntoView {
    move || {
        notice.get().map(|LinkNotice { words, way }| {
            view! { <div class="link-lost" role="alert"><p>{words}</p><WayOn way on_reconnect=retry/></div> }
        })
    }
}

/// Space leads on, S skips, L locks, as long as no field and no button has the focus and no panel is open: those have
/// their own meaning for keys.
fn use_keys(view: Signal<HostView>, now: Signal<Timestamp>, asks: Asks, ending: RwSignal<bool>) {
    let press = move |event: KeyboardEvent| {
        let with_other_keys = event.ctrl_key() || event.alt_key() || event.meta_key();
        if event.repeat() || with_other_keys || is_in_control(&event) || has_panel() {
            return;
        }
        if event.key() == "Escape" {
            ending.set(false);
        } else if let Some(command) = view.with_untracked(|view| command_of(&event.key(), view, now.get_untracked())) {
            // The page must not scroll.
            event.prevent_default();
            asks.ask(command);
        }
    };
    Effect::new(move |_| {
        let listener = window_event_listener(keydown, press);
        on_cleanup(move || listener.remove());
    });
}

/// The command of a key, if it has one now.
fn command_of(key: &str, view: &HostView, now: Timestamp) -> Option<HostCommand> {
    let step = view.show.step;
    let has_question = matches!(view.show.scene, Scene::Reading(_) | Scene::Answering(_));
    let is_open = view.show.scene != Scene::Closed;
    match key {
        " " => next_action(view, now)?.command,
        "s" | "S" => has_question.then_some(HostCommand::Skip { step }),
        "l" | "L" if view.show.locked => is_open.then_some(HostCommand::Unlock),
        "l" | "L" => is_open.then_some(HostCommand::Lock),
        _ => None,
    }
}

/// Whether a panel lies over the page.
fn has_panel() -> bool {
    document().query_selector("dialog[open]").ok().flatten().is_some()
}

/// Whether the key was pressed in something that keys are for.
fn is_in_control(event: &KeyboardEvent) -> bool {
    use leptos::wasm_bindgen::JsCast;
    let target = event.target().and_then(|target| target.dyn_into::<leptos::web_sys::Element>().ok());
    target.is_some_and(|element| {
        matches!(element.tag_name().as_str(), "A" | "BUTTON" | "INPUT" | "SELECT" | "SUMMARY" | "TEXTAREA")
    })
}
