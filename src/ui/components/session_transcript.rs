//! One attempt of a timed session, question by question as it was shown: what was chosen, when, what is right and why.
//!
//! It shows what it is given and nothing else: what a reader may not know yet is not in it. Made for paper as well.

use leptos::prelude::*;

use crate::domain::question::Choice;
use crate::domain::score::Verdict;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::timed::{EndReason, GivenAnswer, Solution, Transcript, TranscriptLine};
use crate::ui::components::answer_mark::{AnswerMark, letter};
use crate::ui::components::session_moment::SessionMoment;
use crate::ui::words::{exact, grouped};

/// Why an attempt ended.
pub fn end_words(why: EndReason) -> &'static str {
    match why {
        EndReason::HandedIn => "handed in",
        EndReason::TimeUp => "the time was up",
        EndReason::EndedByHost => "ended by the host",
    }
}

/// How an answer was: for the stylesheet, as a sign and in words.
fn verdict_words(solution: &Solution) -> (&'static str, &'static str, &'static str) {
    match solution.verdict {
        Some(Verdict::Right) => ("right", "✓", "Right"),
        Some(Verdict::Partly) => ("partly", "◐", "Partly right"),
        Some(Verdict::Wrong) => ("wrong", "✗", "Wrong"),
        None => ("none", "–", "Not answered"),
    }
}

/// The letters of a choice: `A, C`.
fn letters(choice: Choice) -> String {
    choice.places().map(letter).collect::<Vec<_>>().join(", ")
}

/// The attempt.
#[component]
pub fn SessionTranscript(
    /// The attempt.
    transcript: Transcript,
) -> impl IntoView {
    let Transcript { title, language, name, started_at, ended_at, ended, extra, summary, lines, .. } = transcript;
    let fact = |name: &'static str, value: AnyView| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let end = ended_at.map(|at| {
        let why = ended.map(|why| format!(", {}", end_words(why)));
        fact("Ended", view! { <SessionMoment at/>{why} }.into_any())
    });
    let score = summary.map(|it| {
        let right =
            format!("{} of {} points, {} of {} right", grouped(it.score), grouped(it.score_max), it.right, it.total);
        view! {
            {fact("Result", right.into_any())}
            {ended_at.map(|_| fact("Time", exact(it.time).into_any()))}
        }
    });
    let lines =
        lines.into_iter().map(|line| view! { <Line line started_at language=language.clone()/> }).collect_view();
    view! {
        <article class="session-transcript">
            <h2 lang=language.clone() dir="auto">{title}</h2>
            <dl class="facts">
                {fact("Name", view! { <bdi>{name}</bdi> }.into_any())}
                {fact("Started", view! { <SessionMoment at=started_at/> }.into_any())}
                {end}
                {(extra > Millis(0)).then(|| fact("Extra time", exact(extra).into_any()))}
                {score}
            </dl>
            <ol class="lines">{lines}</ol>
        </article>
    }
    .into_any()
}

/// One question.
#[component]
fn Line(
    /// The question and what was answered.
    line: TranscriptLine,
    /// When the attempt began, from which the times of answers count.
    started_at: Timestamp,
    /// The language of the texts.
    language: String,
) -> impl IntoView {
    let TranscriptLine { turn, kind: _, prompt, options, points, topic, given, time, solution } = line;
    let last = given.last().map(|given| given.choice);
    let verdict = solution.as_ref().map(verdict_words);
    let option = |(place, text): (usize, String)| {
        let is_chosen = last.is_some_and(|choice| choice.has(place));
        let is_right = solution.as_ref().is_some_and(|solution| solution.key.has(place));
        view! {
            <li data-chosen=is_chosen.then_some("") data-right=is_right.then_some("") data-answer=letter(place)>
                <AnswerMark place/>
                <span class="text" lang=language.clone() dir="auto">{text}</span>
                {is_chosen.then(|| view! { <span class="tag" data-of="chosen">"● Chosen"</span> })}
                {is_right.then(|| view! { <span class="tag" data-of="right">"✓ Right answer"</span> })}
            </li>
        }
    };
    let options = options.into_iter().enumerate().map(option).collect_view();
    let earned =
        solution.as_ref().map(|solution| format!("{} of {} points", grouped(solution.points), grouped(points)));
    let explanation = solution.map(|solution| solution.explanation).filter(|text| !text.trim().is_empty());
    view! {
        <li class="line" data-verdict=verdict.map(|(name, ..)| name)>
            <h3>
                <span class="number">{turn.0}". "</span>
                <span lang=language.clone() dir="auto">{prompt}</span>
            </h3>
            <p class="facts">
                {verdict.map(|(_, sign, words)| view! {
                    <span class="verdict"><span aria-hidden="true">{sign}" "</span>{words}</span>
                })}
                {earned.map(|earned| view! { <span>{earned}</span> })}
                <span class="number">{exact(time)}" on this question"</span>
                {(!topic.is_empty()).then(|| view! { <span lang=language.clone() dir="auto">{topic}</span> })}
            </p>
            <ul class="options">{options}</ul>
            <Given given started_at/>
            {explanation.map(|text| view! {
                <p class="explanation"><strong>"Why: "</strong><span lang=language.clone() dir="auto">{text}</span></p>
            })}
        </li>
    }
    .into_any()
}

/// What was given and when, every change of mind included.
#[component]
fn Given(
    /// The answers, the last one last.
    given: Vec<GivenAnswer>,
    /// When the attempt began.
    started_at: Timestamp,
) -> impl IntoView {
    let after = move |answer: &GivenAnswer| exact(answer.received_at - started_at);
    let line = move |answer: &GivenAnswer| view! { <li><span class="number">{after(answer)}</span>" "{letters(answer.choice)}</li> };
    match given.as_slice() {
        [] => view! { <p class="given">"No answer."</p> }.into_any(),
        [answer] => view! {
            <p class="given">"Answered "{letters(answer.choice)}", "<span class="number">{after(answer)}</span>" after the start."</p>
        }
        .into_any(),
        several => view! {
            <div class="given">
                <p>"Changes of mind, as time after the start; the last one counts:"</p>
                <ol class="changes">{several.iter().map(line).collect_view()}</ol>
            </div>
        }
        .into_any(),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::domain::ids::{SeatId, TurnNo};
    use crate::domain::question::QuestionKind;

    fn choice(places: &[u8]) -> Choice {
        Choice::of(places).expect("good places")
    }

    fn html(solution: Option<Solution>) -> String {
        let start = Timestamp(1_795_177_085_000);
        let given = |places: &[u8], after| GivenAnswer { choice: choice(places), received_at: start + Millis(after) };
        let line = TranscriptLine {
            turn: TurnNo(1),
            kind: QuestionKind::Single,
            prompt: "Which <one>?".to_owned(),
            options: vec!["This".to_owned(), "That".to_owned()],
            points: 100,
            topic: "Numbers".to_owned(),
            given: vec![given(&[0], 5_000), given(&[1], 42_000)],
            time: Millis(50_000),
            solution,
        };
        let transcript = Transcript {
            title: "A quiz".to_owned(),
            language: "en".to_owned(),
            seat: SeatId(1),
            name: "Ada".to_owned(),
            started_at: start,
            ended_at: Some(start + Millis(60_000)),
            ended: Some(EndReason::TimeUp),
            extra: Millis(0),
            summary: None,
            lines: vec![line],
        };
        Owner::new().with(|| view! { <SessionTranscript transcript/> }.to_html()).replace("<!>", "")
    }

    #[test]
    fn what_was_chosen_and_what_is_right_is_told_in_words() {
        let solution = Solution {
            key: choice(&[0]),
            verdict: Some(Verdict::Wrong),
            points: 0,
            explanation: "Because.".to_owned(),
        };
        let html = html(Some(solution));
        for part in [
            "Which &lt;one&gt;?",
            "● Chosen",
            "✓ Right answer",
            "Wrong",
            "0 of 100 points",
            "Because.",
            "Numbers",
            "42 s",
            "5 s",
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert_eq!(html.matches("● Chosen").count(), 1, "the last answer is the one that is marked");
    }

    #[test]
    fn without_a_solution_nothing_tells_what_is_right() {
        let html = html(None);
        for part in ["✓", "✗", "data-right", "Right", "of 100 points", "Why"] {
            assert!(!html.contains(part), "{part} is in {html}");
        }
        assert!(html.contains("● Chosen"));
    }
}
