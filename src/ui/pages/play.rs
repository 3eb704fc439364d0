//! The player's page: what a phone shows from the lobby to the thanks.
//!
//! The page loads the seat and holds the link; [`PlayScreen`] turns view and time into what is on and knows neither.
//! Not a lazy route: it is the first thing that most people see.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_params_map;

use crate::api::ApiError;
use crate::api::room::{DeviceTicket, LivePage, PlayerEntry, device_ticket, player_page};
use crate::domain::ids::TurnNo;
use crate::domain::question::Choice;
use crate::domain::time::Timestamp;
use crate::protocol::command::{Answer, Command};
use crate::protocol::view::{PlayerView, Scene, Show};
use crate::ui::address::address;
use crate::ui::components::announcer::Announcer;
use crate::ui::components::connection::ConnectionState;
use crate::ui::components::device_sheet::DeviceSheet;
use crate::ui::components::play_end::{PlayClosed, PlayPodium};
use crate::ui::components::play_ended::{Farewell, PlayEnded};
use crate::ui::components::play_head::PlayHead;
use crate::ui::components::play_lobby::PlayLobby;
use crate::ui::components::play_notice::{Notice, PlayNotice};
use crate::ui::components::play_question::{PlayQuestion, Reply, Stretch, spoken};
use crate::ui::components::play_result::{Outcome, PlayResult};
use crate::ui::components::play_standing::{PlayStanding, distance};
use crate::ui::live::{AskedAnswer, Connection, use_room};
use crate::ui::response;
use crate::ui::words::{grouped, ordinal};

/// The page at `/play/{code}`.
#[component]
pub fn Play() -> impl IntoView {
    let code = use_params_map().with_untracked(|params| params.get("code").unwrap_or_default());
    let entry = Resource::new_blocking(
        {
            let code = code.clone();
            move || code.clone()
        },
        player_page,
    );
    let room_url = format!("/join/{code}");
    view! {
        <Suspense fallback=|| view! { <Plain><p role="status">"Finding your seat…"</p></Plain> }>
            {move || {
                let (code, room_url) = (code.clone(), room_url.clone());
                Suspend::new(async move {
                    match entry.await {
                        Ok(PlayerEntry::Seated(page)) => view! { <LivePlay page=*page code/> }.into_any(),
                        Ok(PlayerEntry::NoSeat) => view! { <Redirect path=room_url/> }.into_any(),
                        Ok(PlayerEntry::Removed { is_blocked: false }) => {
                            view! { <Gone farewell=Farewell::Removed room_url/> }.into_any()
                        }
                        Ok(PlayerEntry::Removed { is_blocked: true }) => {
                            view! { <Gone farewell=Farewell::Blocked room_url/> }.into_any()
                        }
                        Err(ApiError::NotFound) => view! { <Gone farewell=Farewell::Over room_url/> }.into_any(),
                        Err(problem) => view! { <Problem problem/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

/// The page's frame around something that is not the game.
#[component]
fn Plain(
    /// What is in it.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="play" data-theme="dark" data-fonts="late" data-picture="plain">
            <main id="content">{children()}</main>
        </div>
    }
}

/// A seat or a room that is not there any more.
#[component]
fn Gone(
    /// Why.
    farewell: Farewell,
    /// Where the room is joined.
    room_url: String,
) -> impl IntoView {
    if farewell == Farewell::Over {
        response::set_not_found();
    }
    let nothing_to_reconnect = Callback::new(|()| {});
    view! {
        <Title text="Podium"/>
        <Plain>
            <PlayEnded farewell room_url=address(&room_url) join_url=address("/") on_reconnect=nothing_to_reconnect/>
        </Plain>
    }
}

/// A page that could not be made.
#[component]
fn Problem(
    /// Why.
    problem: ApiError,
) -> impl IntoView {
    view! {
        <Title text="Podium"/>
        <Plain>
            <section class="play-ended">
                <h1>"Not just now"</h1>
                <p>{problem.sentence()}</p>
                // An empty address is the page itself: the link tries again.
                <a class="button primary" href="" rel="external">"Try again"</a>
            </section>
        </Plain>
    }
}

/// The screen with its link.
#[component]
fn LivePlay(
    /// What it starts from.
    page: LivePage<PlayerView>,
    /// The room's code, as it stands in the address.
    code: String,
) -> impl IntoView {
    let room = use_room(page);
    let ticket = Action::new(move |(): &()| device_ticket(code.clone()));
    // What was asked for before is not shown while a new one is on its way.
    let ticket_now = Signal::derive(move || if ticket.pending().get() { None } else { ticket.value().get() });
    view! {
        <PlayScreen
            view=room.view
            now=room.now
            connection=room.connection
            is_back=room.is_back
            asked=room.answer
            ticket=ticket_now
            on_answer=Callback::new(move |answer| {
                // What becomes of it shows in `room.answer`, which outlives a reload.
                let _ = room.ask(Command::Answer(answer));
            })
            on_reconnect=Callback::new(move |()| room.reconnect())
            on_ticket=Callback::new(move |()| {
                ticket.dispatch(());
            })
        />
    }
}

/// What a phone shows, from the view and the time alone.
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
    /// Whether the connection has just come back.
    #[prop(into)]
    is_back: Signal<bool>,
    /// The answer that was asked for last.
    #[prop(into)]
    asked: Signal<Option<AskedAnswer>>,
    /// The ticket for another device.
    #[prop(into)]
    ticket: Signal<Option<Result<DeviceTicket, ApiError>>>,
    /// Sends an answer.
    on_answer: Callback<Answer>,
    /// Tries to connect now.
    on_reconnect: Callback<()>,
    /// Asks for a ticket.
    on_ticket: Callback<()>,
) -> impl IntoView {
    let scene = Memo::new(move |_| view.with(|view| view.show.scene.clone()));
    let you = Memo::new(move |_| view.with(|view| view.you.clone()));
    let presence = Memo::new(move |_| view.with(|view| view.show.presence.clone()));
    let seats = Memo::new(move |_| presence.with(|presence| presence.seats));
    let picture = Memo::new(move |_| scene.with(|scene| Picture::of(connection.get(), scene)));
    let stretch = Memo::new(move |_| scene.with(|scene| stretch(scene, now.get())));
    let reply = Memo::new(move |_| {
        let turn = scene.with(Scene::turn)?;
        Some(you.with(|you| asked.with(|asked| Reply::of(turn, you.answer.as_ref(), asked.as_ref()))))
    });
    let outcome = Memo::new(move |_| {
        let turn = scene.with(Scene::turn)?;
        let refused = reply.with(|reply| match reply {
            Some(Reply::Refused(why)) => Some(why.clone()),
            Some(Reply::Open | Reply::Sent(_) | Reply::Taken(_)) | None => None,
        });
        you.with(|you| Outcome::of(you, turn, refused.as_deref()))
    });
    let notice = Memo::new(move |_| {
        let is_host_here = presence.with(|presence| presence.is_host_here);
        scene.with(|scene| {
            asked.with(|asked| Notice::of(connection.get(), is_back.get(), scene, asked.as_ref(), is_host_here))
        })
    });
    let told = Memo::new(move |_| {
        let reply = reply.get().unwrap_or_default();
        match picture.get() {
            Picture::Question(_) => scene.with(|scene| match (scene.question(), stretch.get()) {
                (Some(question), Some(stretch)) => spoken(question, question.deadline, now.get(), stretch, &reply),
                _ => String::new(),
            }),
            Picture::Reveal(_) => outcome.with(|outcome| outcome.as_ref().map(Outcome::spoken).unwrap_or_default()),
            Picture::Standings => you.with(distance),
            Picture::Lobby | Picture::Podium | Picture::Closed | Picture::Ended(_) => String::new(),
        }
    });
    let name = Memo::new(move |_| you.with(|you| you.name.clone()));
    let pill = Memo::new(move |_| view.with(|view| pill(picture.get(), view)));
    let (title, language, code) =
        view.with_untracked(|view| (view.show.title.clone(), view.show.language.clone(), view.show.code));
    let page_title = {
        let title = title.clone();
        let text = ArcMemo::new(move |_| view.with(|view| format!("{}{title} · Podium", place(&view.show))));
        // Read once now: the server writes the head after the page, when the page's signals cannot be read any more.
        drop(text.get_untracked());
        move || text.get()
    };
    move_focus_with(picture);

    let content = move || match picture.get() {
        Picture::Lobby => {
            let here = Memo::new(move |_| presence.with(|presence| presence.here));
            let is_host_here = Memo::new(move |_| presence.with(|presence| presence.is_host_here));
            view! { <PlayLobby title=title.clone() language=language.clone() name here is_host_here/> }.into_any()
        }
        Picture::Question(turn) => {
            let Some(question) = scene.with_untracked(|scene| scene.question().cloned()) else { return ().into_any() };
            let until = Memo::new(move |_| scene.with(|scene| scene.question().and_then(|question| question.deadline)));
            let stretch = Memo::new(move |_| stretch.get().unwrap_or(Stretch::Over));
            let reply = Memo::new(move |_| reply.get().unwrap_or_default());
            let is_connected = Memo::new(move |_| matches!(connection.get(), Connection::Connected { .. }));
            let on_answer = Callback::new(move |choice: Choice| on_answer.run(Answer { turn, choice }));
            view! {
                <PlayQuestion question language=language.clone() now until stretch reply is_connected on_answer/>
            }
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
        Picture::Ended(farewell) => view! {
            <PlayEnded
                farewell
                room_url=address(&format!("/join/{code}"))
                join_url=address("/")
                on_reconnect
            />
        }
        .into_any(),
    };
    let is_on = Memo::new(move |_| !matches!(picture.get(), Picture::Closed | Picture::Ended(_)));
    let foot = move || {
        is_on.get().then(|| {
            view! {
                <footer class="foot">
                    <ConnectionState connection remark=", taken into account"/>
                    <DeviceSheet ticket now on_ask=on_ticket/>
                </footer>
            }
        })
    };
    // Each part's type is hidden here, or that of the whole would be deeper than the compiler follows.
    let (notice, head, foot) = (
        view! { <PlayNotice notice on_reconnect/> }.into_any(),
        view! { <PlayHead name pill/> }.into_any(),
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
            <Announcer text=told/>
        </div>
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
            (None | Some(Farewell::Over), Scene::Closed) => Self::Closed,
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
    use leptos::wasm_bindgen::JsCast;
    let found = |selector| document().query_selector(selector).ok().flatten();
    if found("dialog[open]").is_some() {
        return;
    }
    if let Some(heading) =
        found("#content h1").and_then(|heading| heading.dyn_into::<leptos::web_sys::HtmlElement>().ok())
    {
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
        assert_eq!(Picture::of(over, &Scene::Lobby), Picture::Ended(Farewell::Over));
        assert_eq!(Picture::of(Connection::Offline, &Scene::Podium), Picture::Podium);
        assert_eq!(Picture::of(Connection::Ended(Close::Removed), &Scene::Closed), Picture::Ended(Farewell::Removed));
    }

    #[test]
    fn an_open_question_has_a_stretch() {
        assert_eq!(stretch(&Scene::Lobby, Timestamp(0)), None);
    }
}
