//! The timed sessions of an organisation: what runs, what is closed, how far people are.
//!
//! It shows what the list knew when it was loaded; a session's own page is live. Sessions begin at a quiz.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::ApiError;
use crate::api::admin::me;
use crate::api::timed::{TimedCard, timed_sessions};
use crate::domain::role::{Right, Role};
use crate::ui::address::address;
use crate::ui::components::admin_shell::{AdminShell, Section};
use crate::ui::components::badge::{Badge, Tone};
use crate::ui::components::session_moment::SessionMoment;
use crate::ui::components::session_table::counted_people;
use crate::ui::components::trouble::Trouble;
use crate::ui::words::grouped;

/// The page at `/sessions`.
#[component]
pub fn Sessions() -> impl IntoView {
    let me = Resource::new(|| (), |()| me());
    let cards = Resource::new(|| (), |()| timed_sessions());
    let page = async move || {
        let (me, cards) = (me.await?, cards.await?);
        Ok::<_, ApiError>(view! {
            <AdminShell me=me.clone() section=Section::Sessions>
                <SessionList cards role=me.role/>
            </AdminShell>
        })
    };
    view! {
        <Title text="Timed sessions · Podium"/>
        <Suspense fallback=|| view! { <p class="loading" role="status">"Loading your sessions…"</p> }>
            {move || Suspend::new(async move {
                match page().await {
                    Ok(page) => Either::Left(page),
                    Err(error) => Either::Right(view! { <Trouble error way_on="/sessions" way_on_label="Try again"/> }),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The sessions, those that were opened last first.
#[component]
pub fn SessionList(
    /// The sessions.
    cards: Vec<TimedCard>,
    /// What the visitor is: who may only look is led nowhere that would refuse.
    role: Role,
) -> impl IntoView {
    let may_run = role.may(Right::RunRooms);
    let is_empty = cards.is_empty();
    view! {
        <div class="sessions">
            <div class="page-head">
                <h1>"Timed sessions"</h1>
                {may_run.then(|| view! { <a class="button primary" href=address("/quizzes")>"Choose a quiz to begin"</a> })}
            </div>
            {if is_empty {
                Either::Left(view! {
                    <div class="empty">
                        <h2>"Everybody in their own time"</h2>
                        <p>
                            "In a timed session people answer a quiz by themselves, each with a clock of their own. Choose a "
                            "quiz that is ready, then “Timed session”; invite people by personal links, or let in everybody "
                            "who has the code."
                        </p>
                    </div>
                })
            } else {
                Either::Right(view! {
                    <ul class="session-cards">
                        {cards.into_iter().map(|card| view! { <Card card may_run/> }).collect_view()}
                    </ul>
                })
            }}
        </div>
    }
    .into_any()
}

/// One session.
#[component]
fn Card(
    /// The session.
    card: TimedCard,
    /// Whether the visitor may open it.
    may_run: bool,
) -> impl IntoView {
    let TimedCard { id, title, code, opened_at, is_closed, is_past, seats, under_way, done } = card;
    let name = if may_run {
        let here = address(&format!("/sessions/{id}"));
        Either::Left(view! { <a href=here dir="auto">{title}</a> })
    } else {
        Either::Right(view! { <span dir="auto">{title}</span> })
    };
    let state = match (is_closed, is_past) {
        (true, _) => view! { <Badge tone=Tone::Plain text="Closed"/> },
        (false, true) => view! { <Badge tone=Tone::Plain text="Window over"/> },
        (false, false) => view! { <Badge tone=Tone::Good text="Open"/> },
    };
    view! {
        <li class="session-card">
            <div class="about">
                <h2>{name}</h2>
                <p class="opened">
                    "Opened "<SessionMoment at=opened_at/>
                    {(!is_closed).then(|| view! { <span class="code">" · Code "{code.spaced()}</span> })}
                </p>
            </div>
            <p class="facts number">
                {state}
                <span>{counted_people(seats)}</span>
                <span>{grouped(under_way)}" under way"</span>
                <span>{grouped(done)}" done"</span>
            </p>
        </li>
    }
    .into_any()
}
