//! The quizzes of the two rooms: what is secret in them bears a mark that names its room and its turn.

use crate::domain::code::JoinCode;
use crate::domain::ids::{SessionId, TurnNo};
use crate::domain::question::{AnswerOption, Question, QuestionKind};
use crate::domain::quiz::Quiz;

/// Which key the secret turn has. The two are equally long, so that nothing else changes with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    First,
    Second,
}

pub fn session(room: usize) -> SessionId {
    SessionId(i64::try_from(room).expect("few rooms") + 7)
}

pub fn code(room: usize) -> JoinCode {
    JoinCode::parse(["KFX7QM", "WTR4HN"][room]).expect("a good code")
}

/// Four questions; with a secret, that turn has the key that is asked for.
pub fn quiz(room: usize, secret: Option<(TurnNo, Keys)>) -> Quiz {
    let question = |turn: u32| {
        let keys = secret.filter(|(of, _)| of.0 == turn).map_or(Keys::First, |(_, keys)| keys);
        let (right, word) = match keys {
            Keys::First => (0, "one"),
            Keys::Second => (1, "two"),
        };
        let option = |place: u8| AnswerOption { text: format!("Option {place}"), is_right: place == right };
        Question {
            prompt: format!("MARK-prompt-{room}-{turn}-"),
            options: (0..4).map(option).collect(),
            explanation: format!("MARK-key-{room}-{turn}- {word}"),
            reading_ms: if turn == 3 { 0 } else { 800 },
            limit_ms: if turn == 2 { None } else { Some(5_000) },
            ..Question::blank(QuestionKind::Single)
        }
    };
    let questions = (1..=4).map(question).collect();
    Quiz { title: format!("MARK-title-{room}-0-"), description: String::new(), language: "en".to_owned(), questions }
}
