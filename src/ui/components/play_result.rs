//! How a question went, on the page of the player who answered it or did not.
//!
//! It shows what the server found; nothing is scored here. Reading order: [`Outcome`], the component, the words.

use leptos::prelude::*;

use crate::domain::ids::TurnNo;
use crate::domain::score::Verdict;
use crate::domain::time::Millis;
use crate::protocol::state::{ScoreUpdate, TurnResult};
use crate::protocol::view::Revealed;
use crate::ui::components::answer_tile::{AnswerTile, TileLook};
use crate::ui::components::play_standing::distance;
use crate::ui::words::{counted, grouped};

/// What a closed question brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How right the answer was; `None` if there was none.
    verdict: Option<Verdict>,
    /// The sentence on top.
    headline: String,
    /// What it earned.
    points: u32,
    /// What was taken off for the way, in milliseconds, if anything was.
    credited: Option<i64>,
    /// Rank and distance.
    place: String,
}

impl Outcome {
    /// Of the turn, once it is known. `refused` is why the answer that was tried did not count.
    pub fn of(you: &ScoreUpdate, turn: TurnNo, refused: Option<&str>) -> Option<Self> {
        let result = you.result.filter(|result| result.turn == turn)?;
        let credited = you.answer.filter(|answer| answer.turn == turn).map(|answer| answer.credited.0);
        Some(Self {
            verdict: result.verdict,
            headline: headline(&result, refused),
            points: result.points,
            credited: credited.filter(|credited| *credited > 0),
            place: distance(you),
        })
    }

    /// The whole of it for a screen reader.
    pub fn spoken(&self) -> String {
        let Self { headline, points, place, .. } = self;
        format!("{headline}. {}. {place}", counted(*points, "point"))
    }

    fn name(&self) -> &'static str {
        match self.verdict {
            Some(Verdict::Right) => "right",
            Some(Verdict::Partly) => "partly",
            Some(Verdict::Wrong) => "wrong",
            None => "none",
        }
    }

    fn sign(&self) -> &'static str {
        match self.verdict {
            Some(Verdict::Right) => "✓",
            Some(Verdict::Partly) => "½",
            Some(Verdict::Wrong) => "✗",
            None => "–",
        }
    }
}

/// Verdict, points, what was right and why.
#[component]
pub fn PlayResult(
    /// The question with its key.
    revealed: Revealed,
    /// The language of its texts, as a BCP 47 tag.
    language: String,
    /// What it brought; `None` until the server has told.
    #[prop(into)]
    outcome: Signal<Option<Outcome>>,
) -> impl IntoView {
    let Revealed { question, key, explanation, .. } = revealed;
    let right = key.places().filter_map(|place| {
        let text = question.options.get(place)?.clone();
        Some(view! { <li><AnswerTile place text look=TileLook::Right/></li> })
    });
    let right = right.collect_view();
    view! {
        <section class="play-result" data-outcome=move || outcome.with(|outcome| outcome.as_ref().map(Outcome::name))>
            {move || match outcome.get() {
                Some(outcome) => view! { <Told outcome/> }.into_any(),
                None => view! { <Untold/> }.into_any(),
            }}
            <div class="key">
                <h2>{if key.count() == 1 { "The answer" } else { "The answers" }}</h2>
                <ul class="right" lang=language.clone()>{right}</ul>
                {(!explanation.is_empty()).then(|| view! { <p class="explanation" lang=language dir="auto">{explanation}</p> })}
            </div>
            <p class="place">{move || outcome.with(|outcome| outcome.as_ref().map(|outcome| outcome.place.clone()))}</p>
        </section>
    }
}

/// What it brought.
#[component]
fn Told(
    /// All of it.
    outcome: Outcome,
) -> impl IntoView {
    let sign = outcome.sign();
    let Outcome { headline, points, credited, .. } = outcome;
    view! {
        <div class="outcome">
            <span class="sign" aria-hidden="true">{sign}</span>
            <h1 tabindex="-1">{headline}</h1>
            <p class="points">"+"{grouped(points)}<span class="visually-hidden">" points"</span></p>
            {credited.map(|ms| view! { <p class="credit">"Your connection: "{ms}" ms, taken into account"</p> })}
        </div>
    }
}

/// The same size, for the moment before it is known.
#[component]
fn Untold() -> impl IntoView {
    view! {
        <div class="outcome" data-waiting="">
            <span class="sign" aria-hidden="true">"…"</span>
            <h1 tabindex="-1">"One moment"</h1>
            <p class="points" aria-hidden="true">"+0"</p>
        </div>
    }
}

/// The sentence on top, without its full stop.
fn headline(result: &TurnResult, refused: Option<&str>) -> String {
    let time = result.elapsed.map(|elapsed| format!(", in {}", tenths(elapsed))).unwrap_or_default();
    match result.verdict {
        Some(Verdict::Right) => format!("Right{time}"),
        Some(Verdict::Partly) => format!("Partly right{time}"),
        Some(Verdict::Wrong) => "Not this time".to_owned(),
        None => refused.map_or_else(|| "No answer this time".to_owned(), |why| why.trim_end_matches('.').to_owned()),
    }
}

/// A short time as people say it: `3.4 s`.
fn tenths(length: Millis) -> String {
    let tenths = (length.0.max(0) + 50) / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SeatId;
    use crate::domain::question::Choice;
    use crate::domain::time::Timestamp;
    use crate::protocol::state::TakenAnswer;

    fn you(verdict: Option<Verdict>, points: u32, elapsed: Option<i64>) -> ScoreUpdate {
        let answer = TakenAnswer {
            turn: TurnNo(4),
            choice: Choice::of(&[1]).expect("a place"),
            received_at: Timestamp(0),
            elapsed: Millis(3_412),
            credited: Millis(34),
        };
        ScoreUpdate {
            user: SeatId(1),
            name: "Ada".to_owned(),
            score: points,
            rank: 1,
            ahead: None,
            behind: None,
            answer: verdict.map(|_| answer),
            result: Some(TurnResult { turn: TurnNo(4), verdict, points, elapsed: elapsed.map(Millis) }),
        }
    }

    fn check(you: &ScoreUpdate, refused: Option<&str>, headline: &str) {
        let outcome = Outcome::of(you, TurnNo(4), refused).expect("the turn is told");
        assert_eq!(outcome.headline, headline);
    }

    #[test]
    fn every_verdict_has_its_words() {
        check(&you(Some(Verdict::Right), 873, Some(3_412)), None, "Right, in 3.4 s");
        check(&you(Some(Verdict::Partly), 400, Some(950)), None, "Partly right, in 1.0 s");
        check(&you(Some(Verdict::Wrong), 0, Some(950)), None, "Not this time");
        check(&you(None, 0, None), None, "No answer this time");
        let late = "Too late by 0.4 s, this one does not count.";
        check(&you(None, 0, None), Some(late), "Too late by 0.4 s, this one does not count");
    }

    #[test]
    fn another_turn_s_result_is_not_this_one_s() {
        assert_eq!(Outcome::of(&you(None, 0, None), TurnNo(5), None), None);
    }

    #[test]
    fn the_credit_is_told_where_there_was_one() {
        let outcome = |you: &ScoreUpdate| Outcome::of(you, TurnNo(4), None).expect("the turn is told").credited;
        assert_eq!(outcome(&you(Some(Verdict::Right), 873, Some(3_412))), Some(34));
        assert_eq!(outcome(&you(None, 0, None)), None);
    }
}
