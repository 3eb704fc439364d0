//! The stage: the page for the projector.
//!
//! It shows and asks nothing of the room. The page loads the room and holds the link; [`StageScreen`] turns views into the
//! picture and knows neither.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::api::room::{LivePage, stage_page};
use crate::domain::ids::TurnNo;
use crate::domain::time::Timestamp;
use crate::protocol::view::{Phase, Scene, Show as ShowView, StageView};
use crate::ui::components::connection::ConnectionState;
use crate::ui::components::logo::Logo;
use crate::ui::components::stage_join::StageJoin;
use crate::ui::components::stage_lobby::{Door, StageLobby};
use crate::ui::components::stage_notice::{StageNotice, notice};
use crate::ui::components::stage_question::{Answered, StageQuestion};
use crate::ui::components::stage_ranks::{HighestClimb, StageEnd, StagePodium, StageStandings};
use crate::ui::components::trouble::Trouble;
use crate::ui::live::{Connection, Figures, use_room};
use crate::ui::words::counted;

/// The page at `/stage/{code}`. With `?light` it is bright, for rooms where a dark picture drowns.
#[component]
pub fn Stage() -> impl IntoView {
    let params = use_params_map();
    let code = move || params.with(|params| params.get("code").unwrap_or_default());
    let page = Resource::new_blocking(code, stage_page);
    let is_light = use_query_map().with_untracked(|query| query.get("light").is_some());
    let theme = if is_light { "light" } else { "dark" };
    view! {
        <Suspense fallback=move || view! { <Waiting theme/> }>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(page) => view! { <LiveStage page theme/> }.into_any(),
                    Err(error) => {
                        view! { <Trouble error way_on="/quizzes" way_on_label="To my quizzes"/> }.into_any()
                    }
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The empty screen while the page's code is there and the room is not yet.
#[component]
fn Waiting(
    /// How it is lit.
    theme: &'static str,
) -> impl IntoView {
    view! {
        <div class="stage" data-theme=theme>
            <main id="content"><p class="empty" role="status">"Opening the room…"</p></main>
        </div>
    }
}

/// The screen with its link.
#[component]
fn LiveStage(
    /// What it starts from.
    page: LivePage<StageView>,
    /// How it is lit.
    theme: &'static str,
) -> impl IntoView {
    let door = Door {
        code: page.view.show.code.spaced(),
        join_host: page.join_host.clone(),
        qr_svg: page.join_qr_svg.clone(),
    };
    let room = use_room(page);
    let retry = Callback::new(move |()| room.reconnect());
    let figures = Callback::new(move |()| room.figures());
    view! { <StageScreen view=room.view now=room.now connection=room.connection figures retry door theme/> }
}

/// The picture, from the view and the time alone.
#[component]
pub fn StageScreen(
    /// What is on.
    #[prop(into)]
    view: Signal<StageView>,
    /// The time.
    #[prop(into)]
    now: Signal<Timestamp>,
    /// How the page and the server stand to each other.
    #[prop(into)]
    connection: Signal<Connection>,
    /// Tells the figures of the connection.
    figures: Callback<(), Figures>,
    /// Tries to connect now.
    retry: Callback<()>,
    /// Where people come in.
    door: Door,
    /// How it is lit: `dark` or `light`.
    theme: &'static str,
) -> impl IntoView {
    let scene = Memo::new(move |_| view.with(|view| view.show.scene.clone()));
    let phase = Memo::new(move |_| scene.with(Scene::phase));
    let picture = Memo::new(move |_| scene.with(Picture::of));
    let locked = Memo::new(move |_| view.with(|view| view.show.locked));
    let presence = Memo::new(move |_| view.with(|view| view.show.presence.clone()));
    let board = Memo::new(move |_| view.with(|view| view.show.leaderboard.clone()));
    let people = Memo::new(move |_| view.with(|view| view.people.clone()));
    let progress = Memo::new(move |_| view.with(|view| progress(&view.show)));
    let told =
        Memo::new(move |_| notice(connection.get(), phase.get(), presence.with(|presence| presence.is_host_here)));
    let (title, language) = view.with_untracked(|view| (view.show.title.clone(), view.show.language.clone()));
    let corner = door.clone();

    let content = move || match picture.get() {
        Picture::Lobby => {
            let here = Memo::new(move |_| presence.with(|presence| presence.here));
            view! { <StageLobby door=door.clone() locked here people/> }.into_any()
        }
        Picture::Question(_) => match scene.with_untracked(|scene| scene.question().cloned()) {
            Some(question) => view! { <StageQuestion question language=language.clone() scene now/> }.into_any(),
            None => ().into_any(),
        },
        Picture::Standings => view! { <StageStandings board/> }.into_any(),
        Picture::Podium => view! { <StagePodium board/> }.into_any(),
        Picture::Closed => {
            let seats = Memo::new(move |_| presence.with(|presence| presence.seats));
            view! { <StageEnd board seats/> }.into_any()
        }
    };
    let news = move || match picture.get() {
        // Nobody can have answered while the prompt stands alone.
        Picture::Question(_) => {
            view! { <Show when=move || phase.get() != Phase::Reading><Answered scene presence/></Show> }.into_any()
        }
        Picture::Standings => view! { <HighestClimb board/> }.into_any(),
        Picture::Lobby | Picture::Podium | Picture::Closed => ().into_any(),
    };
    view! {
        <Title text=format!("{title} · Stage · Podium")/>
        <div class="stage" data-theme=theme data-picture=move || picture.get().name()>
            <header class="top">
                <Logo name=title/>
                <ConnectionState connection now figures on_reconnect=retry/>
                <p class="progress">{progress}</p>
            </header>
            <main id="content">{content}</main>
            <footer class="foot">
                <div class="news">{news}</div>
                {move || picture.get().has_corner().then(|| view! { <StageJoin door=corner.clone() locked/> })}
            </footer>
            <StageNotice notice=told on_reconnect=retry/>
        </div>
    }
    .into_any()
}

/// What stands on the screen as one picture: a new one replaces the old one, the same one only changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Picture {
    Lobby,
    Question(TurnNo),
    Standings,
    Podium,
    Closed,
}

impl Picture {
    fn of(scene: &Scene) -> Self {
        match scene {
            Scene::Lobby => Self::Lobby,
            Scene::Reading(question) | Scene::Answering(question) => Self::Question(question.turn),
            Scene::Reveal(revealed) => Self::Question(revealed.question.turn),
            Scene::Standings { .. } => Self::Standings,
            Scene::Podium => Self::Podium,
            Scene::Closed => Self::Closed,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Lobby => "lobby",
            Self::Question(_) => "question",
            Self::Standings => "standings",
            Self::Podium => "podium",
            Self::Closed => "closed",
        }
    }

    /// The lobby has the code in full size, and after the end nobody comes in.
    fn has_corner(self) -> bool {
        match self {
            Self::Question(_) | Self::Standings | Self::Podium => true,
            Self::Lobby | Self::Closed => false,
        }
    }
}

/// Where the quiz stands, for the corner on top.
fn progress(show: &ShowView) -> String {
    let count = show.question_count;
    match &show.scene {
        Scene::Lobby => counted(count, "question"),
        Scene::Reading(question) | Scene::Answering(question) => {
            format!("Question {} of {count} · up to {}", question.turn, counted(question.points, "point"))
        }
        Scene::Reveal(revealed) => format!("Question {} of {count}", revealed.question.turn),
        Scene::Standings { turn } => format!("After question {turn} of {count}"),
        Scene::Podium | Scene::Closed => {
            format!("{} · {}", counted(count, "question"), counted(show.presence.seats, "player"))
        }
    }
}
