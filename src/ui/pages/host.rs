//! The host's page: drives the room with one thumb or one key.
//!
//! The page loads the room and holds the link; [`HostDesk`] turns views into the desk and knows neither. A lazy route:
//! players never download it.

use leptos::ev::{KeyboardEvent, keydown};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use leptos_router::{LazyRoute, lazy_route};

use crate::api::room::{LivePage, host_page};
use crate::domain::time::Timestamp;
use crate::protocol::close::Close;
use crate::protocol::command::{Command, Draft, HostCommand, UserTyping};
use crate::protocol::typing::Typists;
use crate::protocol::view::{HostView, Scene};
use crate::ui::address::address;
use crate::ui::components::announcer::Announcer;
use crate::ui::components::chat_panel::ChatAround;
use crate::ui::components::chat_unsent::Writing;
use crate::ui::components::connection::{ConnectionState, ended_words};
use crate::ui::components::host_asks::Asks;
use crate::ui::components::host_chat::HostChat;
use crate::ui::components::host_glance::{HostGlance, HostHealth};
use crate::ui::components::host_next::{HostMore, HostNext, heading, next_action};
use crate::ui::components::host_people::HostPeople;
use crate::ui::components::host_share::HostShare;
use crate::ui::components::logo::Logo;
use crate::ui::components::stage_lobby::Door;
use crate::ui::components::trouble::Trouble;
use crate::ui::live::{self, AskState, Connection, use_room};

/// The page at `/host/{code}`.
pub struct Host;

#[lazy_route]
impl LazyRoute for Host {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
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
    let join_url = way_in.join_url.clone();
    let copy = Callback::new(move |told| live::copy(&join_url, told));
    let talk = Talk {
        typists: room.typists,
        write: Callback::new(move |text| room.ask(Command::Chat(Draft { text }))),
        type_on: Callback::new(move |is_typing| room.say(Command::UserTyping(UserTyping { is_typing }))),
    };
    view! { <HostDesk view=room.view now=room.now connection=room.connection way_in talk send retry copy/> }
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
                <ConnectionState connection/>
            </header>
            <main id="content">
                <div class="desk">
                    <p class="kicker">"Host · only you see this"</p>
                    <h1>{heading}</h1>
                    <LinkLost connection retry/>
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
    /// How the page and the server stand to each other.
    connection: Signal<Connection>,
    /// Tries to connect now.
    retry: Callback<()>,
) -> impl IntoView {
    let lost = Memo::new(move |_| lost(connection.get()));
    move || {
        lost.get().map(|lost| {
            let way = match lost.way {
                Way::Wait => ().into_any(),
                Way::Retry => {
                    view! { <button type="button" class="button" on:click=move |_| retry.run(())>"Try now"</button> }
                        .into_any()
                }
                // An empty path is this page itself.
                Way::Leave(label, "") => view! { <a class="button" href="">{label}</a> }.into_any(),
                Way::Leave(label, path) => view! { <a class="button" href=address(path)>{label}</a> }.into_any(),
            };
            view! { <div class="link-lost" role="alert"><p>{lost.words}</p>{way}</div> }
        })
    }
}

/// A sentence about the connection and the way on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Lost {
    words: String,
    way: Way,
}

/// What the host can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Wait,
    Retry,
    Leave(&'static str, &'static str),
}

/// Nothing while all is well, while the first connection is made, and after the regular end.
fn lost(connection: Connection) -> Option<Lost> {
    let (words, way) = match connection {
        Connection::Connecting | Connection::Connected { .. } | Connection::Ended(Close::Over) => return None,
        Connection::Reconnecting => {
            ("The connection is lost and comes back by itself. The room goes on.".to_owned(), Way::Wait)
        }
        Connection::Offline => {
            ("Offline. What you press now is sent when the connection is back.".to_owned(), Way::Retry)
        }
        Connection::Ended(close @ (Close::Refused | Close::CredentialEnded)) => {
            (format!("{}.", ended_words(close)), Way::Leave("Sign in again", "/login"))
        }
        Connection::Ended(Close::OpenedElsewhere) => (
            "This room is open in too many of your windows, so this one was let go.".to_owned(),
            Way::Leave("Use this one", ""),
        ),
        Connection::Ended(close) => (format!("{}.", ended_words(close)), Way::Leave("To my quizzes", "/quizzes")),
    };
    Some(Lost { words, way })
}

/// Space leads on, S skips, L locks, as long as no field and no button has the focus: those have their own meaning for keys.
fn use_keys(view: Signal<HostView>, now: Signal<Timestamp>, asks: Asks, ending: RwSignal<bool>) {
    let press = move |event: KeyboardEvent| {
        let with_other_keys = event.ctrl_key() || event.alt_key() || event.meta_key();
        if event.repeat() || with_other_keys || is_in_control(&event) {
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

/// Whether the key was pressed in something that keys are for.
fn is_in_control(event: &KeyboardEvent) -> bool {
    use leptos::wasm_bindgen::JsCast;
    let target = event.target().and_then(|target| target.dyn_into::<leptos::web_sys::Element>().ok());
    target.is_some_and(|element| {
        matches!(element.tag_name().as_str(), "A" | "BUTTON" | "INPUT" | "SELECT" | "SUMMARY" | "TEXTAREA")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_link_is_told_with_a_way_on() {
        assert_eq!(lost(Connection::Connected { round_trip: None }), None);
        assert_eq!(lost(Connection::Ended(Close::Over)), None);
        assert_eq!(lost(Connection::Offline).map(|it| it.way), Some(Way::Retry));
        let signed_out = lost(Connection::Ended(Close::CredentialEnded)).expect("something to tell");
        assert_eq!(signed_out.way, Way::Leave("Sign in again", "/login"));
    }
}
