//! The quizzes that wait in a new Podium, so that the first room can open within a minute.
//!
//! They are plain data, written once; what becomes of them in an organisation is the store's business.

use crate::domain::quiz::Quiz;

const SAMPLES: [&str; 4] = [
    include_str!("samples/warm_up.json"),
    include_str!("samples/space.json"),
    include_str!("samples/kitchen.json"),
    include_str!("samples/wortschatz.json"),
];

/// All sample quizzes, the one to begin with first.
pub fn samples() -> Vec<Quiz> {
    SAMPLES.map(|json| serde_json::from_str(json).expect("a test reads every sample")).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::question::QuestionKind;

    #[test]
    fn every_sample_can_be_played_as_it_is() {
        for quiz in samples() {
            assert_eq!(quiz.problems(), [], "{}", quiz.title);
            assert!((8..=12).contains(&quiz.questions.len()), "{}", quiz.title);
            assert!(quiz.questions.iter().all(|question| !question.explanation.is_empty()), "{}", quiz.title);
        }
    }

    #[test]
    fn samples_show_every_kind_and_two_languages() {
        for kind in [QuestionKind::Single, QuestionKind::Multiple, QuestionKind::TrueFalse] {
            assert!(
                samples().iter().all(|quiz| quiz.questions.iter().any(|question| question.kind == kind)),
                "{kind:?}"
            );
        }
        let languages: Vec<_> = samples().into_iter().map(|quiz| quiz.language).collect();
        assert_eq!(languages, ["en", "en", "en", "de"]);
    }
}
