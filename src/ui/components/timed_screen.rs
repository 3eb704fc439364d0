//! What somebody in a timed session sees, from the view and the time alone.
//!
//! It knows neither the link nor how anything is loaded. Everything that can be done works by plain forms too; with
//! scripts the same forms are answered over the link, without a new page. Reading order: [`TimedScreen`], its head, then
//! one part for each [`TimedPicture`].

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::admin::Flash;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::timed::{Feedback, TimedSettings};
use crate::protocol::close::Close;
use crate::protocol::command::Answer;
use crate::protocol::timed::{EndReason, Finish, GoTo, SeatView, Summary, TimedShow, Transcript};
use crate::ui::components::announcer::Announcer;
use crate::ui::components::connection::ConnectionState;
use crate::ui::components::form::{Form, SubmitButton};
use crate::ui::components::form_field::HiddenField;
use crate::ui::components::session_moment::SessionMoment;
use crate::ui::components::session_transcript::SessionTranscript;
use crate::ui::components::timed_question::TimedQuestion;
use crate::ui::components::timed_view::{TimedPicture, TimedView, warning};
use crate::ui::components::topic_results::TopicResults;
use crate::ui::focus::focus_on;
use crate::ui::live::{AskState, AskedAnswer, Connection, Figures};
use crate::ui::words::{counted, exact, grouped, lasting, running_clock};

/// What the screen asks of the page; each tells what becomes of it.
#[derive(Clone, Copy)]
pub struct TimedAsks {
    /// Sends an answer.
    pub answer: Callback<Answer, Signal<AskState>>,
    /// Shows another question.
    pub go_to: Callback<GoTo, Signal<AskState>>,
    /// Hands in.
    pub finish: Callback<Finish, Signal<AskState>>,
    /// Tries to connect now.
    pub reconnect: Callback<()>,
    /// Tells the figures of the connection.
    pub figures: Callback<(), Figures>,
}

/// The last minute of an attempt is warm.
const WARM: Millis = Millis(60_000);
/// The id of the heading, which takes the focus when the picture changes.
const HEADING: &str = "timed-heading";

/// The whole screen.
#[component]
pub fn TimedScreen(
    /// What is on.
    #[prop(into)]
    view: Signal<TimedView>,
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
    /// The attempt that is over, question by question.
    result: Resource<Option<Transcript>>,
    /// What the screen can ask.
    asks: TimedAsks,
    /// Sent with an answer of a page without scripts.
    request_id: String,
    /// What waits from a refused post.
    flash: Flash,
) -> impl IntoView {
    let show = Memo::new(move |_| view.with(|view| view.show.clone()));
    let seat = Memo::new(move |_| view.with(|view| view.seat.clone()));
    let is_removed = Memo::new(move |_| connection.get() == Connection::Ended(Close::Removed));
    let picture = Memo::new(move |_| if is_removed.get() { None } else { Some(TimedPicture::of(seat.get().state)) });
    let title = show.with_untracked(|show| show.title.clone());
    let said = Memo::new(move |_| {
        let deadline = seat.with(|seat| seat.deadline);
        deadline.and_then(|deadline| warning(now.get(), deadline)).unwrap_or_default().to_owned()
    });
    let trouble = flash.errors.first().map(|(_, text)| text.clone());
    Effect::new(move |before: Option<Option<TimedPicture>>| {
        let picture = picture.get();
        if before.is_some_and(|before| before != picture) {
            focus_on(HEADING.to_owned());
        }
        picture
    });
    view! {
        <Title text=format!("{title} · Podium")/>
        <div class="timed-seat" data-theme="auto" data-picture=move || picture.get().map_or("removed", TimedPicture::name)>
            <Head show seat now/>
            <Notice connection is_back on_reconnect=asks.reconnect/>
            <main id="content">
                {trouble.map(|text| view! { <p class="trouble-note" role="alert">{text}</p> })}
                {move || match picture.get() {
                    None => view! { <Removed/> }.into_any(),
                    Some(TimedPicture::Ready) => view! { <Ready show seat now/> }.into_any(),
                    Some(TimedPicture::Question) => {
                        let request_id = request_id.clone();
                        view! { <TimedQuestion show seat now connection asked asks request_id/> }.into_any()
                    }
                    Some(TimedPicture::Stopped) => view! { <Stopped seat/> }.into_any(),
                    Some(TimedPicture::Over) => view! { <Over show seat now result/> }.into_any(),
                }}
            </main>
            <footer class="foot">
                <ConnectionState connection now figures=asks.figures on_reconnect=asks.reconnect/>
            </footer>
            <Announcer text=said/>
        </div>
    }
    .into_any()
}

/// The title, who one is, and the time that is left.
#[component]
fn Head(
    /// What everybody sees.
    show: Memo<TimedShow>,
    /// What this seat sees.
    seat: Memo<SeatView>,
    /// The time.
    now: Signal<Timestamp>,
) -> impl IntoView {
    let left = Memo::new(move |_| {
        seat.with(|seat| seat.stopped_with.or_else(|| seat.deadline.map(|deadline| deadline - now.get())))
    });
    let is_warm = move || left.get().is_some_and(|left| left <= WARM);
    let is_stopped = Memo::new(move |_| seat.with(|seat| seat.stopped_with.is_some()));
    view! {
        <header class="head">
            <p class="of">
                <bdi class="title" lang=show.get_untracked().language>{move || show.with(|show| show.title.clone())}</bdi>
                <bdi class="name">{move || seat.with(|seat| seat.name.clone())}</bdi>
            </p>
            {move || left.get().map(|left| view! {
                <p class="time-left" role="timer" data-warm=move || is_warm().then_some("")>
                    <span class="clock">{running_clock(left)}</span>
                    {if is_stopped.get() { " stopped" } else { " left" }}
                </p>
            })}
        </header>
    }
}

/// What should be known of the connection besides.
#[component]
fn Notice(
    /// How the page and the server stand to each other.
    connection: Signal<Connection>,
    /// Whether the connection has just come back.
    is_back: Signal<bool>,
    /// Tries to connect now.
    on_reconnect: Callback<()>,
) -> impl IntoView {
    let words = Memo::new(move |_| match connection.get() {
        Connection::Reconnecting => Some("Reconnecting… What you choose is kept and sent as soon as there is a way."),
        Connection::Offline => Some("Offline. What you choose is kept on this device, but your time runs on."),
        Connection::Connecting | Connection::Connected { .. } | Connection::Ended(_) => {
            is_back.get().then_some("You are back, nothing was lost.")
        }
    });
    let is_lost = move || matches!(connection.get(), Connection::Reconnecting | Connection::Offline);
    view! {
        <div class="notice" role="status" data-lost=move || is_lost().then_some("")>
            {move || words.get().map(|words| view! { <p>{words}</p> })}
            <Show when=is_lost>
                <button type="button" class="button quiet" on:click=move |_| on_reconnect.run(())>"Reconnect"</button>
            </Show>
        </div>
    }
}

/// What it is about, and the way to begin.
#[component]
fn Ready(
    /// What everybody sees.
    show: Memo<TimedShow>,
    /// What this seat sees.
    seat: Memo<SeatView>,
    /// The time.
    now: Signal<Timestamp>,
) -> impl IntoView {
    let TimedShow { title, description, language, .. } = show.get_untracked();
    let name = seat.with_untracked(|seat| seat.name.clone());
    let time = Memo::new(move |_| show.with(|show| time_fact(&show.settings, show.question_count, now.get())));
    let ends_at = Memo::new(move |_| show.with(|show| ends_at(&show.settings, now.get())));
    let rest = Memo::new(move |_| show.with(|show| facts(&show.settings, seat.with(|seat| seat.attempts_left))));
    view! {
        <section class="ready">
            <p class="hello">"Welcome, "<bdi>{name}</bdi></p>
            <h1 id=HEADING tabindex="-1" lang=language.clone() dir="auto">{title}</h1>
            {(!description.is_empty()).then(|| view! { <p class="description" lang=language dir="auto">{description}</p> })}
            <ul class="facts">
                <li>{time}</li>
                {move || ends_at.get().map(|at| view! { <li>"Everything ends at "<SessionMoment at/>"."</li> })}
                {move || rest.get().into_iter().map(|fact| view! { <li>{fact}</li> }).collect_view()}
            </ul>
            <Begin show seat now label="Start"/>
        </section>
    }
    .into_any()
}

/// When everything ends, as long as that is to come: who starts afterwards was given an attempt that no window binds.
fn ends_at(settings: &TimedSettings, now: Timestamp) -> Option<Timestamp> {
    settings.closes_at.filter(|_| !settings.is_past(now))
}

/// How many questions there are, and how long one has for them.
fn time_fact(settings: &TimedSettings, question_count: u32, now: Timestamp) -> String {
    let questions = counted(question_count, "question");
    // Nobody starts before the window opens.
    let from = settings.opens_at.map_or(now, |at| at.max(now));
    let left = ends_at(settings, now).map(|at| at - from);
    match (settings.limit, left) {
        (Some(limit), Some(left)) if left < limit && settings.is_before(now) => {
            format!("{questions} in {}. The time runs from the opening, also while this page is closed.", exact(left))
        }
        (Some(limit), Some(left)) if left < limit => {
            let left = lasting(left);
            format!("{questions} in what is left: {left}. The time runs already, also while this page is closed.")
        }
        (Some(limit), _) => {
            let limit = exact(limit);
            format!("{questions} in {limit}. The time runs from the moment you start, also while this page is closed.")
        }
        (None, Some(_)) => format!("{questions}. You have until everything ends."),
        (None, None) => format!("{questions}, without a time limit."),
    }
}

/// What else should be known before one begins, a sentence each.
fn facts(settings: &TimedSettings, attempts_left: u32) -> Vec<String> {
    let mut facts = Vec::new();
    if attempts_left > 1 {
        facts.push(format!("You can try {attempts_left} times; the best attempt counts."));
    }
    facts.push(
        match settings.may_go_back {
            true => "You can go back and change answers until you hand in.",
            false => "There is no way back to a question that you have left.",
        }
        .to_owned(),
    );
    facts.push(
        match settings.feedback {
            Feedback::Never => "Results go to whoever invited you.",
            Feedback::WithEachAnswer => "You see at once what was right; an answer is final.",
            Feedback::AtTheEnd => "You see your result when you are done.",
            Feedback::WhenClosed => "You see your result here once everybody is done.",
        }
        .to_owned(),
    );
    let saved = match settings.feedback {
        Feedback::WithEachAnswer => "An answer counts once you press “Answer”.",
        Feedback::Never | Feedback::AtTheEnd | Feedback::WhenClosed => "Every answer is saved as you choose it.",
    };
    facts.push(format!("{saved} If your connection breaks, just come back."));
    facts
}

/// The press that starts an attempt, or when it can be pressed.
#[component]
fn Begin(
    /// What everybody sees.
    show: Memo<TimedShow>,
    /// What this seat sees.
    seat: Memo<SeatView>,
    /// The time.
    now: Signal<Timestamp>,
    /// What the button says.
    label: &'static str,
) -> impl IntoView {
    let opens_at = Memo::new(move |_| show.with(|show| show.settings.opens_at));
    let wait = Memo::new(move |_| opens_at.get().map(|at| at - now.get()).filter(|wait| wait.0 > 0));
    let is_over = Memo::new(move |_| seat.with(|seat| seat.attempts_left == 0));
    let code = show.with_untracked(|show| show.code.to_string());
    move || match (is_over.get(), wait.get()) {
        (true, _) => view! { <p class="closed">"This session is closed. Nobody can start any more."</p> }.into_any(),
        (false, Some(wait)) => view! {
            <p class="waits" role="timer">"Opens in "<span class="clock">{running_clock(wait)}</span></p>
        }
        .into_any(),
        (false, None) => {
            let code = code.clone();
            view! {
                <Form id="start" action="/session/start">
                    <HiddenField name="code" value=code/>
                    <SubmitButton label pending="Starting…"/>
                </Form>
            }
            .into_any()
        }
    }
}

/// The host stopped the clock.
#[component]
fn Stopped(
    /// What this seat sees.
    seat: Memo<SeatView>,
) -> impl IntoView {
    view! {
        <section class="stopped">
            <h1 id=HEADING tabindex="-1">"Your clock is stopped"</h1>
            <p>
                "Whoever looks after this session has stopped your time. "
                {move || seat.with(|seat| seat.stopped_with).map(|left| format!("You have {} left and go on where you were.", running_clock(left)))}
            </p>
        </section>
    }
    .into_any()
}

/// The link does not hold any more.
#[component]
fn Removed() -> impl IntoView {
    view! {
        <section class="over">
            <h1 id=HEADING tabindex="-1">"This link has ended"</h1>
            <p>"It was taken back or replaced by a newer one. What you gave before is safe; ask whoever invited you."</p>
        </section>
    }
}

/// An attempt is over: how it went, as far as that may be known, and whether there is another.
#[component]
fn Over(
    /// What everybody sees.
    show: Memo<TimedShow>,
    /// What this seat sees.
    seat: Memo<SeatView>,
    /// The time.
    now: Signal<Timestamp>,
    /// The attempt, question by question.
    result: Resource<Option<Transcript>>,
) -> impl IntoView {
    let heading = Memo::new(move |_| match seat.with(|seat| seat.ended) {
        Some(EndReason::TimeUp) => "Time is up",
        Some(EndReason::EndedByHost) => "This attempt was ended",
        Some(EndReason::HandedIn) | None => "Handed in",
    });
    let summary = Memo::new(move |_| seat.with(|seat| seat.summary.clone()));
    let has_more = Memo::new(move |_| seat.with(|seat| seat.attempts_left > 0));
    let later = Memo::new(move |_| show.with(|show| show.settings.feedback == Feedback::WhenClosed));
    view! {
        <section class="over">
            <h1 id=HEADING tabindex="-1">{heading}</h1>
            {move || match summary.get() {
                Some(summary) => view! { <Numbers summary language=show.with_untracked(|show| show.language.clone())/> }.into_any(),
                None => {
                    let words = if later.get() {
                        "Everything that you saved counts. Your result will be here once everybody is done."
                    } else {
                        "Everything that you saved counts. Thank you."
                    };
                    view! { <p>{words}</p> }.into_any()
                }
            }}
            <Show when=move || has_more.get()>
                <p>{move || format!("You can try {} more.", times(seat.with(|seat| seat.attempts_left)))}</p>
                <Begin show seat now label="Start again"/>
            </Show>
            <Suspense>
                {move || Suspend::new(async move {
                    result.await.map(|transcript| view! { <Review transcript/> })
                })}
            </Suspense>
        </section>
    }
    .into_any()
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// How an attempt went, in numbers.
#[component]
fn Numbers(
    /// The numbers.
    summary: Summary,
    /// The language of the quiz's texts.
    language: String,
) -> impl IntoView {
    let Summary { score, score_max, right, answered, total, time, topics, others, .. } = summary;
    view! {
        <dl class="numbers">
            <div class="score"><dt>"Points"</dt><dd>{grouped(score)}<span class="of">" of "{grouped(score_max)}</span></dd></div>
            <div><dt>"Right"</dt><dd>{right}" of "{total}</dd></div>
            <div><dt>"Answered"</dt><dd>{answered}" of "{total}</dd></div>
            <div><dt>"Time"</dt><dd>{exact(time)}</dd></div>
            {others.map(|others| view! {
                <div>
                    <dt>"Average of "{counted(others.people, "other")}</dt>
                    <dd>{grouped(others.score)}" points in "{exact(others.time)}</dd>
                </div>
            })}
        </dl>
        <TopicResults topics language/>
    }
    .into_any()
}

/// The attempt, question by question.
#[component]
fn Review(
    /// The attempt.
    transcript: Transcript,
) -> impl IntoView {
    (!transcript.lines.is_empty()).then(|| {
        view! {
            <section class="review" aria-labelledby="review-heading">
                <h2 id="review-heading">"Your answers"</h2>
                <SessionTranscript transcript/>
            </section>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_177_085_250);
    const MINUTE: i64 = 60_000;

    #[test]
    fn nobody_is_promised_more_time_than_the_window_leaves() {
        let fact = |limit: Option<i64>, opens: Option<i64>, closes: Option<i64>| {
            let (limit, at) = (limit.map(|minutes| Millis(minutes * MINUTE)), |it: i64| NOW + Millis(it * MINUTE));
            let settings =
                TimedSettings { limit, opens_at: opens.map(at), closes_at: closes.map(at), ..TimedSettings::default() };
            (time_fact(&settings, 10, NOW), ends_at(&settings, NOW).is_some())
        };
        let runs = "The time runs from the moment you start, also while this page is closed.";
        let left = |time: &str| {
            format!("10 questions in what is left: {time}. The time runs already, also while this page is closed.")
        };
        assert_eq!(fact(Some(20), None, None), (format!("10 questions in 20 min. {runs}"), false));
        assert_eq!(fact(Some(20), Some(-10), Some(20)), (format!("10 questions in 20 min. {runs}"), true));
        assert_eq!(fact(Some(60), None, Some(10)), (left("10 min"), true));
        assert_eq!(fact(Some(60), Some(-10), Some(1)), (left("1 min"), true));
        let opening = "10 questions in 30 min. The time runs from the opening, also while this page is closed.";
        assert_eq!(fact(Some(60), Some(5), Some(35)), (opening.to_owned(), true));
        assert_eq!(
            fact(Some(60), None, Some(-1)),
            (format!("10 questions in 1 h. {runs}"), false),
            "given by the host"
        );
        assert_eq!(fact(None, None, Some(10)), ("10 questions. You have until everything ends.".to_owned(), true));
        assert_eq!(fact(None, None, None), ("10 questions, without a time limit.".to_owned(), false));
    }

    #[test]
    fn what_is_said_of_saving_is_so() {
        for (feedback, words) in [
            (Feedback::AtTheEnd, "Every answer is saved as you choose it."),
            (Feedback::WithEachAnswer, "An answer counts once you press “Answer”."),
        ] {
            let facts = facts(&TimedSettings { feedback, ..TimedSettings::default() }, 1);
            let last = facts.last().expect("several");
            assert_eq!(*last, format!("{words} If your connection breaks, just come back."));
        }
    }
}
