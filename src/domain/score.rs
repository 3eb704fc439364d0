//! What an answer earns.
//!
//! Pure arithmetic on times and choices; whose answer it is and when it was taken is the room's business.

use serde::{Deserialize, Serialize};

use crate::domain::question::{Choice, Question, QuestionKind};
use crate::domain::time::Millis;

/// How right an answer was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All that is right and nothing else.
    Right,
    /// Some of what is right and nothing wrong; only where several options are taken.
    Partly,
    /// Something wrong.
    Wrong,
}

/// Judges a choice against the key of its question.
pub fn verdict(question: &Question, choice: Choice) -> Verdict {
    let key = question.key();
    let hits = choice.shared_with(key).count();
    let misses = choice.count() - hits;
    match question.kind {
        QuestionKind::Single | QuestionKind::TrueFalse if hits == 1 && misses == 0 => Verdict::Right,
        QuestionKind::Single | QuestionKind::TrueFalse => Verdict::Wrong,
        QuestionKind::Multiple if misses > 0 || hits == 0 => Verdict::Wrong,
        QuestionKind::Multiple if hits == key.count() => Verdict::Right,
        QuestionKind::Multiple => Verdict::Partly,
    }
}

/// Points by the rule *Classic*: the faster the more, a right answer never less than half.
///
/// `points × share × (1 − elapsed / limit / 2)`, rounded to the nearest; full under half a second or without a limit.
/// The share is 1, or with several right options the part of them that was found, if nothing wrong was taken.
///
/// Source: Kahoot!'s published rule; the share replaces its points per right option, so that the possible points of a
/// question do not tell how many options are right.
pub fn classic(question: &Question, choice: Choice, elapsed: Millis) -> u32 {
    const NO_FASTER_THAN_MS: i64 = 500;
    let speed = match question.limit_ms {
        Some(limit_ms) if elapsed.0 >= NO_FASTER_THAN_MS => {
            let used = f64::from(u32::try_from(elapsed.0).unwrap_or(u32::MAX)) / f64::from(limit_ms);
            1.0 - used.min(1.0) / 2.0
        }
        Some(_) | None => 1.0,
    };
    part_of_points(question, share(question, choice) * speed)
}

/// Points by the rule *Accuracy*: `points × share`, however long it took. The share is that of [`classic`].
pub fn accuracy(question: &Question, choice: Choice) -> u32 {
    part_of_points(question, share(question, choice))
}

/// The part of the right answer that a choice is, from 0 to 1.
fn share(question: &Question, choice: Choice) -> f64 {
    if verdict(question, choice) == Verdict::Wrong {
        return 0.0;
    }
    match question.kind {
        QuestionKind::Single | QuestionKind::TrueFalse => 1.0,
        QuestionKind::Multiple => {
            f64::from(choice.shared_with(question.key()).count()) / f64::from(question.key().count())
        }
    }
}

fn part_of_points(question: &Question, part: f64) -> u32 {
    // At most POINTS_MAX and never negative, so the cast keeps the value.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let points = (f64::from(question.points) * part).round() as u32;
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::question::AnswerOption;

    fn question(kind: QuestionKind, right: &[bool]) -> Question {
        let option = |is_right: &bool| AnswerOption { text: "an answer".to_owned(), is_right: *is_right };
        Question { options: right.iter().map(option).collect(), ..Question::blank(kind) }
    }

    fn check(question: &Question, places: &[u8], elapsed_ms: i64, points: u32) {
        let choice = Choice::of(places).expect("possible places");
        assert_eq!(classic(question, choice, Millis(elapsed_ms)), points, "{places:?} after {elapsed_ms} ms");
    }

    #[test]
    fn a_right_answer_falls_from_all_to_half_of_the_points() {
        let question = question(QuestionKind::Single, &[false, true, false]);
        check(&question, &[1], 0, 1_000);
        check(&question, &[1], 499, 1_000);
        check(&question, &[1], 500, 988);
        check(&question, &[1], 10_000, 750);
        check(&question, &[1], 20_000, 500);
        check(&question, &[1], 20_250, 500);
        check(&question, &[0], 0, 0);
    }

    #[test]
    fn without_a_limit_time_does_not_count() {
        let question = Question { limit_ms: None, ..question(QuestionKind::Single, &[true, false]) };
        check(&question, &[0], 3_600_000, 1_000);
    }

    #[test]
    fn several_right_options_share_the_points_and_a_wrong_one_takes_all() {
        let question = question(QuestionKind::Multiple, &[true, true, true, false]);
        check(&question, &[0, 1, 2], 0, 1_000);
        check(&question, &[0, 1], 0, 667);
        check(&question, &[0], 20_000, 167);
        check(&question, &[0, 1, 2, 3], 0, 0);
        assert_eq!(verdict(&question, Choice::of(&[0]).expect("a place")), Verdict::Partly);
    }

    #[test]
    fn by_accuracy_alone_time_does_not_count() {
        let question = question(QuestionKind::Multiple, &[true, true, false]);
        for (places, points) in [(&[0, 1][..], 1_000), (&[0], 500), (&[0, 2], 0), (&[], 0)] {
            assert_eq!(accuracy(&question, Choice::of(places).expect("possible places")), points, "{places:?}");
        }
    }

    #[test]
    fn a_single_choice_may_have_several_right_options() {
        let question = question(QuestionKind::Single, &[true, true, false]);
        check(&question, &[1], 0, 1_000);
        check(&question, &[2], 0, 0);
    }
}
