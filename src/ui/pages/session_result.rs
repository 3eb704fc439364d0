//! How somebody did in a timed session: the result in numbers, and the transcript question by question.
//!
//! Two pages of the same data. Both are made to be read on paper as well.

use std::cmp::Ordering;

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::api::ApiError;
use crate::api::admin::me;
use crate::api::timed::{SeatResult, seat_result};
use crate::domain::ids::{SeatId, SessionId};
use crate::domain::time::Millis;
use crate::protocol::timed::{Average, Summary, Transcript};
use crate::ui::address::address;
use crate::ui::components::admin_shell::{AdminShell, Section};
use crate::ui::components::session_moment::SessionMoment;
use crate::ui::components::session_state::SeatBadge;
use crate::ui::components::session_transcript::{SessionTranscript, end_words};
use crate::ui::components::topic_results::TopicResults;
use crate::ui::components::trouble::Trouble;
use crate::ui::words::exact;
use crate::ui::words::{grouped, ordinal};

/// The page at `/sessions/{id}/seats/{seat}`.
#[component]
pub fn SessionResult() -> impl IntoView {
    page_with(|result| view! { <ResultSheet result/> }.into_any())
}

/// The page at `/sessions/{id}/seats/{seat}/transcript`.
#[component]
pub fn SessionRecord() -> impl IntoView {
    page_with(|result| view! { <TranscriptSheet result/> }.into_any())
}

/// A page of the seat in the address.
fn page_with(sheet: fn(SeatResult) -> AnyView) -> AnyView {
    let (params, query) = (use_params_map(), use_query_map());
    let ids = move || {
        params.with(|params| {
            let id = params.get("id").and_then(|id| id.parse::<SessionId>().ok());
            id.zip(params.get("seat").and_then(|seat| seat.parse::<SeatId>().ok()))
        })
    };
    let attempt = move || query.with(|query| query.get("attempt").and_then(|attempt| attempt.parse::<u32>().ok()));
    let me = Resource::new(|| (), |()| me());
    let result = Resource::new(
        move || (ids(), attempt()),
        |(ids, attempt)| async move {
            let (id, seat) = ids.ok_or(ApiError::NotFound)?;
            seat_result(id, seat, attempt).await
        },
    );
    let page = async move || {
        let (me, result) = (me.await?, result.await?);
        Ok::<_, ApiError>(view! { <AdminShell me section=Section::Sessions>{sheet(result)}</AdminShell> })
    };
    view! {
        <Suspense fallback=|| view! { <p class="loading" role="status">"Loading the result…"</p> }>
            {move || Suspend::new(async move {
                match page().await {
                    Ok(page) => Either::Left(page),
                    Err(error) => Either::Right(view! { <Trouble error way_on="/sessions" way_on_label="To the list"/> }),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// Where the pages of a seat are, without what stands before them.
fn path_of(result: &SeatResult) -> String {
    format!("/sessions/{}/seats/{}", result.session, result.row.seat)
}

/// The result in numbers.
#[component]
pub fn ResultSheet(
    /// How somebody did.
    result: SeatResult,
) -> impl IntoView {
    let here = path_of(&result);
    let SeatResult { session, row, transcript, attempts } = result;
    let summary = transcript.as_ref().and_then(|transcript| transcript.summary.clone());
    let is_over = transcript.as_ref().is_some_and(|transcript| transcript.ended_at.is_some());
    let ending = summary.as_ref().filter(|_| is_over).map(Ending::of);
    let language = transcript.as_ref().map(|transcript| transcript.language.clone()).unwrap_or_default();
    let chosen = summary.as_ref().map(|summary| summary.attempt);
    let query = chosen.map(|attempt| format!("?attempt={attempt}")).unwrap_or_default();
    let state = Signal::stored(Some(row.state));
    view! {
        <Title text=format!("{} · Result · Podium", row.name)/>
        <div class="session-result">
            <p class="ways"><a class="button quiet back" href=address(&format!("/sessions/{session}"))>"Back to the session"</a></p>
            <h1 dir="auto">{row.name}</h1>
            <Attempts here=here.clone() attempts chosen/>
            {match transcript {
                None => view! {
                    <p><SeatBadge state/></p>
                    <p class="empty">"There is no attempt yet."</p>
                }
                .into_any(),
                Some(transcript) => view! {
                    <Course transcript/>
                    {summary.map(|summary| view! { <Numbers summary ending language/> })}
                    <p class="ways">
                        <a class="button primary" href=address(&format!("{here}/transcript{query}"))>"Transcript"</a>
                        <a class="button" href=address(&format!("{here}/transcript.csv{query}")) rel="external" download="">
                            "Download as CSV"
                        </a>
                        <a class="button" href=address(&format!("{here}/transcript.json{query}")) rel="external" download="">
                            "Download as JSON"
                        </a>
                        <PrintButton/>
                    </p>
                }
                .into_any(),
            }}
        </div>
    }
    .into_any()
}

/// When the attempt was and how it ended.
#[component]
fn Course(
    /// The attempt.
    transcript: Transcript,
) -> impl IntoView {
    let Transcript { title, language, started_at, ended_at, ended, extra, .. } = transcript;
    view! {
        <p class="course">
            <bdi lang=language>{title}</bdi>". Started "<SessionMoment at=started_at/>
            {match ended_at {
                Some(at) => Either::Left(view! { ", ended "<SessionMoment at/> }),
                None => Either::Right(", still under way"),
            }}
            {ended.map(|why| format!(" ({})", end_words(why)))}
            {(extra > Millis(0)).then(|| format!(", {} of extra time", exact(extra)))}
            "."
        </p>
    }
}

/// The attempts that there are, to choose one; nothing where there is one only.
#[component]
fn Attempts(
    /// Where the page is.
    here: String,
    /// The attempts, by number.
    attempts: Vec<u32>,
    /// The one that is shown.
    chosen: Option<u32>,
) -> impl IntoView {
    let link = move |attempt: u32| {
        let current = (chosen == Some(attempt)).then_some("page");
        let to = address(&format!("{here}?attempt={attempt}"));
        view! { <li><a class="button" href=to aria-current=current>{ordinal(attempt)}" attempt"</a></li> }
    };
    (attempts.len() > 1).then(|| {
        view! {
            <nav class="attempts" aria-label="Attempts">
                <ul class="list">{attempts.into_iter().map(link).collect_view()}</ul>
            </nav>
        }
    })
}

/// What can be told of an attempt only once it is over.
#[derive(Clone, Debug, PartialEq)]
struct Ending {
    /// How long it took.
    time: Millis,
    /// How it is next to the others, where they are told.
    others: Option<String>,
}

impl Ending {
    fn of(summary: &Summary) -> Self {
        let Summary { score, time, others, .. } = summary;
        Self { time: *time, others: others.as_ref().map(|others| others_words(*score, *time, others)) }
    }
}

/// Score, answers and time, by topic, and next to the others where they are told.
#[component]
fn Numbers(
    /// How it went.
    summary: Summary,
    /// What is known only of an attempt that is over.
    ending: Option<Ending>,
    /// The language of the quiz's texts.
    language: String,
) -> impl IntoView {
    let Summary { score, score_max, right, answered, total, topics, .. } = summary;
    let (time, others) = ending.map(|Ending { time, others }| (time, others)).unzip();
    let figure = |name: &'static str, value: String, rest: String| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd><strong class="number">{value}</strong>" "<span class="rest">{rest}</span></dd>
            </div>
        }
    };
    view! {
        <dl class="numbers">
            {figure("Score", grouped(score), format!("of {} points", grouped(score_max)))}
            {figure("Right", grouped(right), format!("of {}", grouped(total)))}
            {figure("Answered", grouped(answered), format!("of {}", grouped(total)))}
            {time.map(|time| figure("Time", exact(time), String::new()))}
        </dl>
        <TopicResults topics language/>
        {others.flatten().map(|others| view! { <p class="others">{others}</p> })}
    }
}

/// The result next to the others.
fn others_words(score: u32, time: Millis, others: &Average) -> String {
    let points = match (score.cmp(&others.score), grouped(score.abs_diff(others.score))) {
        (Ordering::Equal, _) => "just as many points".to_owned(),
        (Ordering::Greater, apart) => format!("{apart} points more"),
        (Ordering::Less, apart) => format!("{apart} points fewer"),
    };
    let apart = time.0 - others.time.0;
    let pace = match (apart, exact(Millis(apart.abs()))) {
        (-999..=999, _) => "just as quick".to_owned(),
        (..=-1_000, apart) => format!("{apart} quicker"),
        (1_000.., apart) => format!("{apart} slower"),
    };
    let people = match others.people {
        1 => "The one other person who is done has".to_owned(),
        people => format!("The {} others who are done have, on average,", grouped(people)),
    };
    format!("{people} {} points in {}: this is {points} and {pace}.", grouped(others.score), exact(others.time))
}

/// Question by question.
#[component]
pub fn TranscriptSheet(
    /// How somebody did.
    result: SeatResult,
) -> impl IntoView {
    let here = path_of(&result);
    let SeatResult { row, transcript, attempts, .. } = result;
    let chosen = transcript.as_ref().and_then(|transcript| Some(transcript.summary.as_ref()?.attempt));
    let query = chosen.map(|attempt| format!("?attempt={attempt}")).unwrap_or_default();
    view! {
        <Title text=format!("{} · Transcript · Podium", row.name)/>
        <div class="session-result">
            <p class="ways">
                <a class="button quiet back" href=address(&format!("{here}{query}"))>"To the result"</a>
                <PrintButton/>
            </p>
            <h1>"Transcript of "<bdi>{row.name}</bdi></h1>
            <Attempts here=format!("{here}/transcript") attempts chosen/>
            {match transcript {
                Some(transcript) => Either::Left(view! { <SessionTranscript transcript/> }),
                None => Either::Right(view! { <p class="empty">"There is no attempt yet."</p> }),
            }}
        </div>
    }
    .into_any()
}

/// Puts the page on paper.
#[component]
fn PrintButton() -> impl IntoView {
    let print = move |_| {
        // Refused only where printing is switched off; then nothing happens, as with the browser's own key.
        let _ = window().print();
    };
    view! { <button type="button" class="button needs-scripts" on:click=print>"Print"</button> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_told_next_to_the_others() {
        let others = Average { people: 12, score: 700, time: Millis(60_000) };
        assert_eq!(
            others_words(800, Millis(50_000), &others),
            "The 12 others who are done have, on average, 700 points in 1 min: this is 100 points more and 10 s quicker."
        );
        let one = Average { people: 1, score: 700, time: Millis(60_000) };
        assert_eq!(
            others_words(700, Millis(95_000), &one),
            "The one other person who is done has 700 points in 1 min: this is just as many points and 35 s slower."
        );
    }
}
