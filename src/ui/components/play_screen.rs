//! What a player's phone shows, from the view and the time alone.
//!
//! It knows neither the link nor how anything is loaded. Reading order: [`PlayScreen`], then [`Course`] (what its parts
//! are made of), [`Picture`] (what fills the screen), and the words around it.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;
use leptos_meta::Title;

use crate::api::ApiError;
use crate::api::room::DeviceTicket;
use crate::domain::ids::TurnNo;
use crate::domain::question::Choice;
use crate::domain::time::Timestamp;
use crate::protocol::command::Answer;
use crate::protocol::state::{Presence, ScoreUpdate};
use crate::protocol::typing::Typists;
use crate::protocol::view::{PlayerView, Scene, Show};
use crate::ui::address::address;
use crate::ui::components::announcer::Announcer;
use crate::ui::components::chat_panel::ChatAround;
use crate::ui::components::chat_unsent::Writing;
use crate::ui::components::connection::ConnectionState;
use crate::ui::components::device_sheet::DeviceSheet;
use crate::ui::components::play_chat::{ChatButton, Drawer, PlayChat};
use crate::ui::components::play_end::{PlayClosed, PlayPodium};
use crate::ui::components::play_ended::{Farewell, PlayEnded};
use crate::ui::components::play_head::PlayHead;
use crate::ui::components::play_lobby::PlayLobby;
use crate::ui::components::play_notice::{Notice, PlayNotice};
use crate::ui::components::play_question::{PlayQuestion, Reply, Stretch, spoken};
use crate::ui::components::play_result::{Outcome, PlayResult};
use crate::ui::components::play_standing::{PlayStanding, distance};
use crate::ui::live::{AskState, AskedAnswer, Connection, Figures};
use crate::ui::words::{grouped, ordinal};

/// The whole screen of a player.
#[component]
pub fn PlayScreen(
    /// What is on, and how the player stands.
    #[prop(into)]
    view: Signal<PlayerView>,
    /// The time.
    #[prop(into)]
    now: Signal<Timestamp>,
    /// How the page and the server stand to each other.
    #[prop(into)]
    connection: Signal<Connection>,
    /// Tells the figures of the connection.
    figures: Callback<(), Figures>,
    /// Whether the connection has just come back.
    #[prop(into)]
    is_back: Signal<bool>,
    /// The answer that was asked for last.
    #[prop(into)]
    asked: Signal<Option<AskedAnswer>>,
    /// The ticket for another device.
    #[prop(into)]
    ticket: Signal<Option<Result<DeviceTicket, ApiError>>>,
    /// Who else types.
    #[prop(into)]
    typists: Signal<Typists>,
    /// Sends an answer.
    on_answer: Callback<Answer>,
    /// Sends a message and says what becomes of it.
    on_chat: Callback<String, Signal<AskState>>,
    /// Tells the others that typing begins or goes on, or that it has ended.
    on_typing: Callback<bool>,
    /// Tries to connect now.
    on_reconnect: Callback<()>,
    /// Ends the connection on purpose.
    on_leave: Callback<()>,
    /// Asks for a ticket.
    on_ticket: Callback<()>,
) -> impl IntoView {
    let course = Course::of(view, now, connection, asked);
    let Course { picture, scene, presence, .. } = course;
    let notice = Memo::new(move |_| {
        let is_host_here = presence.with(|presence| presence.is_host_here);
        scene.with(|scene| {
            asked.with(|asked| Notice::of(connection.get(), is_back.get(), scene, asked.as_ref(), is_host_here))
        })
    });
    let pill = Memo::new(move |_| view.with(|view| pill(picture.get(), view)));
    let page_title = {
        let text =
            ArcMemo::new(move |_| view.with(|view| format!("{}{} · Podium", place(&view.show), view.show.title)));
        // Read once now: the server writes the head after the page, when the page's signals cannot be read any more.
        drop(text.get_untracked());
        move || text.get()
    };
    let is_on = Memo::new(move |_| !matches!(picture.get(), Picture::Closed | Picture::Ended(_)));
    let chat = Memo::new(move |_| view.with(|view| view.chat.clone()));
    let question = Memo::new(move |_| scene.with(open_question));
    let writing = Writing::new(chat.into(), Some(view.with_untracked(|view| view.you.user)), on_chat);
    let drawer = Drawer::new(chat.into(), writing, question);
    let around = ChatAround {
        now,
        typists,
        is_quiet: Signal::derive(move || question.get().is_some()),
        is_connected: Signal::derive(move || matches!(connection.get(), Connection::Connected { .. })),
        on_typing,
    };
    let foot = move || {
        is_on.get().then(|| {
            view! {
                <footer class="foot">
                    <ConnectionState connection now figures on_reconnect remark=", taken into account">
                        <a class="button" href=address("/") on:click=move |_| on_leave.run(())>"Leave the room"</a>
                    </ConnectionState>
                    <div class="ways">
                        <ChatButton drawer/>
                        <DeviceSheet ticket now on_ask=on_ticket/>
                    </div>
                </footer>
                <PlayChat drawer writing around/>
            }
        })
    };
    move_focus_with(picture);

    // Each part's type is hidden here, or that of the whole would be deeper than the compiler follows.
    let (notice, head, content, foot) = (
        view! { <PlayNotice notice on_reconnect/> }.into_any(),
        view! { <PlayHead name=course.name() pill/> }.into_any(),
        view! { <Content view course on_answer on_reconnect/> }.into_any(),
        foot.into_any(),
    );
    view! {
        <Title text=page_title/>
        <div class="play" data-theme="dark" data-fonts="late" data-picture=move || picture.get().name()>
            {notice}
            {head}
            <main id="content">
                <noscript><p class="no-scripts">"To answer, please allow scripts for this page and load it again."</p></noscript>
                {content}
            </main>
            {foot}
            <Announcer text=course.told()/>
        </div>
    }
}

/// The picture that is on.
#[component]
fn Content(
    /// What is on, and how the player stands.
    view: Signal<PlayerView>,
    /// What follows from it.
    course: Course,
    /// Sends an answer.
    on_answer: Callback<Answer>,
    /// Tries to connect now.
    on_reconnect: Callback<()>,
) -> impl IntoView {
    let Course { now, connection, picture, scene, you, presence, outcome, .. } = course;
    let seats = Memo::new(move |_| presence.with(|presence| presence.seats));
    let (title, language, code) =
        view.with_untracked(|view| (view.show.title.clone(), view.show.language.clone(), view.show.code));
    move || match picture.get() {
        Picture::Lobby => {
            let here = Memo::new(move |_| presence.with(|presence| presence.here));
            let is_host_here = Memo::new(move |_| presence.with(|presence| presence.is_host_here));
            view! { <PlayLobby title=title.clone() language=language.clone() name=course.name() here is_host_here/> }
                .into_any()
        }
        Picture::Question(turn) => {
            let Some(question) = scene.with_untracked(|scene| scene.question().cloned()) else { return ().into_any() };
            let until = Memo::new(move |_| scene.with(|scene| scene.question().and_then(|question| question.deadline)));
            let stretch = Memo::new(move |_| course.stretch.get().unwrap_or(Stretch::Over));
            let reply = Memo::new(move |_| course.reply.get().unwrap_or_default());
            let is_connected = Memo::new(move |_| matches!(connection.get(), Connection::Connected { .. }));
            let on_answer = Callback::new(move |choice: Choice| on_answer.run(Answer { turn, choice }));
            view! { <PlayQuestion question language=language.clone() now until stretch reply is_connected on_answer/> }
                .into_any()
        }
        Picture::Reveal(_) => match scene.get_untracked() {
            Scene::Reveal(revealed) => view! { <PlayResult revealed language=language.clone() outcome/> }.into_any(),
            Scene::Lobby
            | Scene::Reading(_)
            | Scene::Answering(_)
            | Scene::Standings { .. }
            | Scene::Podium
            | Scene::Closed => ().into_any(),
        },
        Picture::Standings => {
            let moved = Memo::new(move |_| view.with(own_move));
            view! { <PlayStanding you moved/> }.into_any()
        }
        Picture::Podium => view! { <PlayPodium you seats/> }.into_any(),
        Picture::Closed => view! { <PlayClosed you seats title=title.clone() join_url=address("/")/> }.into_any(),
        Picture::Ended(farewell) => {
            let room_url = address(&format!("/join/{code}"));
            view! { <PlayEnded farewell room_url join_url=address("/") on_reconnect/> }.into_any()
        }
    }
}

/// What the parts of the screen are made of; each changes only when its part does.
#[derive(Clone, Copy)]
struct Course {
    now: Signal<Timestamp>,
    connection: Signal<Connection>,
    picture: Memo<Picture>,
    scene: Memo<Scene>,
    you: Memo<ScoreUpdate>,
    presence: Memo<Presence>,
    /// Where the open question stands; `None` while none is open.
    stretch: Memo<Option<Stretch>>,
    /// How the own answer to the turn stands that is on or was last; `None` before the first.
    reply: Memo<Option<Reply>>,
    /// What that turn brought, once it is known.
    outcome: Memo<Option<Outcome>>,
}

impl Course {
    fn of(
        view: Signal<PlayerView>,
        now: Signal<Timestamp>,
        connection: Signal<Connection>,
        asked: Signal<Option<AskedAnswer>>,
    ) -> Self {
        let scene = Memo::new(move |_| view.with(|view| view.show.scene.clone()));
        let you = Memo::new(move |_| view.with(|view| view.you.clone()));
        let reply = Memo::new(move |_| {
            let turn = scene.with(Scene::turn)?;
            Some(you.with(|you| asked.with(|asked| Reply::of(turn, you.answer.as_ref(), asked.as_ref()))))
        });
        let outcome = Memo::new(move |_| {
            let turn = scene.with(Scene::turn)?;
            let refused = reply.with(|reply| reply.as_ref().and_then(Reply::refusal).map(str::to_owned));
            you.with(|you| Outcome::of(you, turn, refused.as_deref()))
        });
        Self {
            now,
            connection,
            picture: Memo::new(move |_| scene.with(|scene| Picture::of(connection.get(), scene))),
            scene,
            you,
            presence: Memo::new(move |_| view.with(|view| view.show.presence.clone())),
            stretch: Memo::new(move |_| scene.with(|scene| stretch(scene, now.get()))),
            reply,
            outcome,
        }
    }

    fn name(self) -> Memo<String> {
        Memo::new(move |_| self.you.with(|you| you.name.clone()))
    }

    /// What a screen reader is told besides the headings, which take the focus.
    fn told(self) -> Memo<String> {
        let question = move || {
            let (stretch, reply) = (self.stretch.get()?, self.reply.get()?);
            self.scene.with(|scene| Some(spoken(scene.question()?, self.now.get(), stretch, &reply)))
        };
        Memo::new(move |_| match self.picture.get() {
            Picture::Question(_) => question().unwrap_or_default(),
            Picture::Reveal(_) => {
                self.outcome.with(|outcome| outcome.as_ref().map(Outcome::spoken)).unwrap_or_default()
            }
            Picture::Standings => self.you.with(distance),
            Picture::Lobby | Picture::Podium | Picture::Closed | Picture::Ended(_) => String::new(),
        })
    }
}

/// What fills the screen: a new one replaces the old one, the same one only changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Picture {
    Lobby,
    Question(TurnNo),
    Reveal(TurnNo),
    Standings,
    Podium,
    Closed,
    Ended(Farewell),
}

impl Picture {
    fn of(connection: Connection, scene: &Scene) -> Self {
        let farewell = match connection {
            Connection::Ended(close) => Farewell::of(close),
            Connection::Connecting | Connection::Connected { .. } | Connection::Reconnecting | Connection::Offline => {
                None
            }
        };
        match (farewell, scene) {
            (None | Some(Farewell::Finished | Farewell::Over), Scene::Closed) => Self::Closed,
            (Some(farewell), _) => Self::Ended(farewell),
            (None, Scene::Lobby) => Self::Lobby,
            (None, Scene::Reading(question) | Scene::Answering(question)) => Self::Question(question.turn),
            (None, Scene::Reveal(revealed)) => Self::Reveal(revealed.question.turn),
            (None, Scene::Standings { .. }) => Self::Standings,
            (None, Scene::Podium) => Self::Podium,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Lobby => "lobby",
            Self::Question(_) => "question",
            Self::Reveal(_) => "reveal",
            Self::Standings => "standings",
            Self::Podium => "podium",
            Self::Closed => "closed",
            Self::Ended(_) => "ended",
        }
    }
}

/// The turn that is open; `None` while none is.
fn open_question(scene: &Scene) -> Option<TurnNo> {
    match scene {
        Scene::Reading(question) | Scene::Answering(question) => Some(question.turn),
        Scene::Lobby | Scene::Reveal(_) | Scene::Standings { .. } | Scene::Podium | Scene::Closed => None,
    }
}

/// Where the open question stands; `None` while none is open.
fn stretch(scene: &Scene, now: Timestamp) -> Option<Stretch> {
    match scene {
        Scene::Reading(question) => Some(Stretch::at(now, question.answers_at, question.deadline, false)),
        Scene::Answering(question) => Some(Stretch::at(now, question.answers_at, question.deadline, true)),
        Scene::Lobby | Scene::Reveal(_) | Scene::Standings { .. } | Scene::Podium | Scene::Closed => None,
    }
}

/// What stands in the pill: while answering how one stands, else where the quiz is.
fn pill(picture: Picture, view: &PlayerView) -> String {
    let count = view.show.question_count;
    let standing = || format!("{} · {}", ordinal(view.you.rank), grouped(view.you.score));
    match picture {
        // Before the first result everybody is first with nothing.
        Picture::Question(_) if view.you.result.is_some() => standing(),
        Picture::Question(turn) | Picture::Reveal(turn) => format!("Question {turn} of {count}"),
        Picture::Standings => {
            view.show.scene.turn().map(|turn| format!("After question {turn} of {count}")).unwrap_or_default()
        }
        Picture::Lobby => view.show.code.spaced(),
        Picture::Podium | Picture::Closed | Picture::Ended(_) => String::new(),
    }
}

/// Where the quiz is, for the page's title; empty before and after.
fn place(show: &Show) -> String {
    show.scene.turn().map(|turn| format!("Question {turn} of {} · ", show.question_count)).unwrap_or_default()
}

/// Places gained since the turn before, if this player is among those whose rows all may see.
fn own_move(view: &PlayerView) -> Option<i32> {
    view.show.leaderboard.rows.iter().find(|row| row.seat == view.you.user).map(|row| row.moved)
}

/// Puts the focus on the new heading whenever the picture changes, but not when the page is opened.
fn move_focus_with(picture: Memo<Picture>) {
    Effect::new(move |before: Option<Picture>| {
        let picture = picture.get();
        if before.is_some_and(|before| before != picture) {
            request_animation_frame(focus_heading);
        }
        picture
    });
}

fn focus_heading() {
    let found = |selector| document().query_selector(selector).ok().flatten();
    if found("dialog[open]").is_some() {
        return;
    }
    if let Some(heading) = found("#content h1").and_then(|heading| heading.dyn_into::<HtmlElement>().ok()) {
        let _ = heading.focus();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::close::Close;

    #[test]
    fn the_last_scene_outlives_the_connection() {
        let over = Connection::Ended(Close::Over);
        assert_eq!(Picture::of(over, &Scene::Closed), Picture::Closed);
        assert_eq!(Picture::of(over, &Scene::Lobby), Picture::Ended(Farewell::Finished));
        assert_eq!(Picture::of(Connection::Offline, &Scene::Podium), Picture::Podium);
        assert_eq!(Picture::of(Connection::Ended(Close::Removed), &Scene::Closed), Picture::Ended(Farewell::Removed));
    }

    #[test]
    fn an_open_question_has_a_stretch() {
        assert_eq!(stretch(&Scene::Lobby, Timestamp(0)), None);
    }
}
