//! The quizzes of an organisation, and the rooms that run from them right now.
//!
//! The page loads and changes the list; a quiz is opened in its own page, a room in the host's.

use leptos::either::Either;
use leptos::ev;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;

use crate::api::ApiError;
use crate::api::admin::{Flash, flash, me};
use crate::api::quiz::{CopyQuiz, DeleteQuiz, QuizCard, copy_quiz, delete_quiz, quizzes};
use crate::api::room::{RoomCard, open_rooms};
use crate::domain::ids::QuizId;
use crate::domain::role::{Right, Role};
use crate::protocol::refusal::sentence;
use crate::ui::address::address;
use crate::ui::components::admin_shell::{AdminShell, Section};
use crate::ui::components::announcer::Announcer;
use crate::ui::components::badge::{Badge, Tone};
use crate::ui::components::confirm_delete::{ConfirmDelete, DeleteButton};
use crate::ui::components::form::{Form, SubmitButton};
use crate::ui::components::form_field::HiddenField;
use crate::ui::components::icon::{Icon, Sign};
use crate::ui::components::room_card::RunningRoom;
use crate::ui::components::trouble::Trouble;
use crate::ui::focus::focus_on;
use crate::ui::pages::quiz_editor::choices::language_name;
use crate::ui::words::counted;

/// The page at `/quizzes`.
#[component]
pub fn Quizzes() -> impl IntoView {
    let me = Resource::new(|| (), |()| me());
    let cards = Resource::new(|| (), |()| quizzes());
    let rooms = Resource::new(|| (), |()| open_rooms());
    let flash = Resource::new(|| (), |()| flash());
    let page = async move || {
        let (me, cards, rooms) = (me.await?, cards.await?, rooms.await?);
        let flash = flash.await.unwrap_or_default();
        Ok::<_, ApiError>(view! {
            <AdminShell me=me.clone() section=Section::Quizzes>
                <QuizList cards rooms flash role=me.role/>
            </AdminShell>
        })
    };
    view! {
        <Title text="Quizzes · Podium"/>
        <Suspense fallback=|| view! { <p class="loading" role="status">"Loading your quizzes…"</p> }>
            {move || Suspend::new(async move {
                match page().await {
                    Ok(page) => Either::Left(page),
                    Err(error) => Either::Right(view! { <Trouble error way_on="/quizzes" way_on_label="Try again"/> }),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// What can be done to a quiz from the list.
#[derive(Clone, Debug)]
enum Change {
    Copy(QuizId, String),
    Delete(QuizId, String),
}

impl Change {
    /// Does it, and returns the list as it is now.
    async fn make(&self) -> Result<Vec<QuizCard>, ApiError> {
        match self {
            Self::Copy(id, _) => drop(copy_quiz(*id).await?),
            Self::Delete(id, _) => delete_quiz(*id).await?,
        }
        quizzes().await
    }

    /// A copy leaves the focus where it is; a deleted card takes it along.
    fn move_focus(&self) {
        match self {
            Self::Copy(..) => {}
            Self::Delete(..) => focus_on(HEADING.to_owned()),
        }
    }

    fn told(&self) -> String {
        match self {
            Self::Copy(_, title) => format!("“{title}” was copied."),
            Self::Delete(_, title) => format!("“{title}” was deleted."),
        }
    }
}

/// The rooms that run, then the quizzes.
#[component]
pub fn QuizList(
    /// The quizzes, the last changed first.
    cards: Vec<QuizCard>,
    /// The rooms that are open.
    rooms: Vec<RoomCard>,
    /// What waits from a refused post.
    flash: Flash,
    /// What the visitor is: who may only look sees no button that would be refused.
    role: Role,
) -> impl IntoView {
    let cards = RwSignal::new(cards);
    let told = RwSignal::new(String::new());
    let trouble = RwSignal::new(flash.errors.first().map(|(_, text)| text.clone()));
    let change = Action::new(move |change: &Change| {
        let change = change.clone();
        async move {
            match change.make().await {
                Ok(list) => {
                    cards.set(list);
                    told.set(change.told());
                    trouble.set(None);
                    change.move_focus();
                }
                Err(error) => trouble.set(Some(sentence(&error.to_string()))),
            }
        }
    });
    view! {
        <div class="quizzes">
            <div class="page-head">
                <h1 id=HEADING tabindex="-1">"Quizzes"</h1>
                {role.may(Right::WriteQuizzes).then(|| view! {
                    <Form id="new-quiz" action="/quizzes">
                        <button type="submit" class="button primary"><Icon sign=Sign::Plus/>"New quiz"</button>
                    </Form>
                })}
            </div>
            {move || trouble.get().map(|text| view! { <p class="trouble-note" role="alert">{text}</p> })}
            <Announcer text=told/>
            <Running rooms role/>
            <Show when=move || !cards.with(Vec::is_empty) fallback=Empty>
                <ul class="quiz-cards">
                    <For each=move || cards.get() key=|card| (card.id, card.changed_at) let:card>
                        <Card card change role/>
                    </For>
                </ul>
            </Show>
        </div>
    }
    .into_any()
}

/// The id of the heading, which takes the focus when a card has gone.
const HEADING: &str = "quizzes-heading";

/// The rooms that are open, with the way back to each.
#[component]
fn Running(
    /// The rooms.
    rooms: Vec<RoomCard>,
    /// What the visitor is.
    role: Role,
) -> impl IntoView {
    let may_drive = role.may(Right::RunRooms);
    (!rooms.is_empty()).then(|| {
        view! {
            <section class="running" aria-labelledby="running-heading">
                <h2 id="running-heading">"Running now"</h2>
                <ul class="room-cards">{rooms.into_iter().map(|room| view! { <RunningRoom room may_drive/> }).collect_view()}</ul>
            </section>
        }
    })
}

/// What to do first.
#[component]
fn Empty() -> impl IntoView {
    view! {
        <div class="empty">
            <h2>"Your first quiz starts here"</h2>
            <p>"Write a question or two; everything is saved as you type. When it is ready, open a room and let people in."</p>
        </div>
    }
}

/// One quiz.
#[component]
fn Card(
    /// The quiz.
    card: QuizCard,
    /// What is asked of the list.
    change: Action<Change, ()>,
    /// What the visitor is.
    role: Role,
) -> impl IntoView {
    let may_write = role.may(Right::WriteQuizzes);
    let QuizCard { id, title, description, language, question_count, problem_count, changed_at: _ } = card;
    let title = if title.trim().is_empty() { "Untitled quiz".to_owned() } else { title };
    let editor = address(&format!("/quizzes/{id}"));
    let is_ready = problem_count == 0;
    let copy = {
        let title = title.clone();
        move |event: ev::SubmitEvent| {
            event.prevent_default();
            if !change.pending().get_untracked() {
                change.dispatch(Change::Copy(id, title.clone()));
            }
        }
    };
    let on_delete = {
        let title = title.clone();
        Callback::new(move |()| {
            if !change.pending().get_untracked() {
                change.dispatch(Change::Delete(id, title.clone()));
            }
        })
    };
    view! {
        <li class="quiz-card">
            <div class="about">
                <h2>
                    {if may_write {
                        Either::Left(view! { <a href=editor.clone() lang=language.clone() dir="auto">{title.clone()}</a> })
                    } else {
                        Either::Right(view! { <span lang=language.clone() dir="auto">{title.clone()}</span> })
                    }}
                </h2>
                {(!description.is_empty()).then(|| view! { <p class="description" lang=language.clone() dir="auto">{description}</p> })}
            </div>
            <p class="facts">
                <span>{counted(question_count, "question")}</span>
                <span>{language_name(&language)}</span>
                {if is_ready {
                    view! { <Badge tone=Tone::Good text="Ready"/> }
                } else {
                    view! { <Badge tone=Tone::Waiting text=format!("{} to finish", counted(problem_count, "thing"))/> }
                }}
            </p>
            <div class="deeds">
                {match (is_ready, role.may(Right::RunRooms)) {
                    (true, true) => view! {
                        <span class="starts">
                            <Form id=format!("open-{id}") action="/rooms">
                                <HiddenField name="quiz" value=id.to_string()/>
                                <SubmitButton label="Open a room" pending="Opening…" class="button"/>
                            </Form>
                            <a class="button" href=address(&format!("/sessions/new/{id}"))>
                                "Timed session"<span class="visually-hidden">" of "{title.clone()}</span>
                            </a>
                        </span>
                    }
                    .into_any(),
                    (false, _) if may_write => view! { <a class="button" href=editor>"Go on writing"</a> }.into_any(),
                    _ => ().into_any(),
                }}
                {may_write.then(|| view! {
                    <span class="small-deeds">
                        <form method="post" action=address(CopyQuiz::url()) on:submit=copy>
                            <HiddenField name="id" value=id.to_string()/>
                            <button type="submit" class="button quiet">
                                "Copy"<span class="visually-hidden">" "{title.clone()}</span>
                            </button>
                        </form>
                        <DeleteButton id=id.to_string() name=title.clone()/>
                    </span>
                })}
            </div>
            {may_write.then(|| view! {
                <ConfirmDelete
                    id=id.to_string()
                    name=title
                    consequence="It cannot be brought back. Rooms that were opened from it keep their questions."
                    action=DeleteQuiz::url()
                    on_delete
                />
            })}
        </li>
    }
    .into_any()
}
