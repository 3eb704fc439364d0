//! Places in the editor that can be named, found and gone to.
//!
//! A spot knows its id in the page and to which question it belongs; it does not know what is wrong there.

use crate::domain::quiz::QuizField;
use crate::ui::pages::quiz_editor::draft::Key;

/// One field of the editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Spot {
    /// A part of the quiz beside its single questions.
    Whole(QuizField),
    /// The prompt of a question.
    Prompt(Key),
    /// The options of a question as a whole.
    Options(Key),
    /// An option of a question.
    Option(Key, Key),
    /// The reading time of a question.
    Reading(Key),
    /// The time limit of a question.
    Limit(Key),
    /// The points of a question.
    Points(Key),
    /// The explanation of a question.
    Explanation(Key),
    /// The topic of a question.
    Topic(Key),
}

/// One thing to finish before a quiz can be played.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Todo {
    /// Where it is.
    pub spot: Spot,
    /// The number of its question, from 1; none for the quiz as a whole.
    pub question_no: Option<u32>,
    /// The place of its option, from 0; none for the question as a whole.
    pub option: Option<u8>,
    /// What to do.
    pub text: String,
}

impl Spot {
    /// The question that it is in.
    pub fn question(self) -> Option<Key> {
        match self {
            Self::Whole(_) => None,
            Self::Prompt(key)
            | Self::Options(key)
            | Self::Option(key, _)
            | Self::Reading(key)
            | Self::Limit(key)
            | Self::Points(key)
            | Self::Explanation(key)
            | Self::Topic(key) => Some(key),
        }
    }

    /// The id of what takes the focus there.
    pub fn id(self) -> String {
        match self {
            Self::Whole(QuizField::Title) => "quiz-title".to_owned(),
            Self::Whole(QuizField::Description) => "quiz-description".to_owned(),
            Self::Whole(QuizField::Language) => "quiz-language".to_owned(),
            Self::Whole(QuizField::Questions) => "add-question".to_owned(),
            Self::Prompt(key) => format!("question-{}-prompt", key.0),
            Self::Options(key) => format!("question-{}-options", key.0),
            Self::Option(key, option) => format!("question-{}-option-{}", key.0, option.0),
            Self::Reading(key) => format!("question-{}-reading", key.0),
            Self::Limit(key) => format!("question-{}-limit", key.0),
            Self::Points(key) => format!("question-{}-points", key.0),
            Self::Explanation(key) => format!("question-{}-explanation", key.0),
            Self::Topic(key) => format!("question-{}-topic", key.0),
        }
    }
}
