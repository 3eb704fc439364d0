//! A quiz: questions in order, with a title.
//!
//! Knows nothing of who owns it or how it is kept. What is edited may be incomplete; [`Quiz::problems`] says what is missing.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::question::{Question, QuestionProblem};
use crate::domain::text;

/// Characters of a title.
pub const TITLE_MAX: usize = 100;
/// Characters of a description.
pub const DESCRIPTION_MAX: usize = 400;
/// Questions of one quiz: an evening has fewer than fifty.
pub const QUESTIONS_MAX: usize = 200;

/// One authored quiz, or the copy that a session plays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiz {
    /// What it is called.
    pub title: String,
    /// What it is about; may be empty.
    pub description: String,
    /// The language of its texts, as a BCP 47 tag (`en`, `de-AT`); pages mark the texts with it.
    pub language: String,
    /// In the order in which they are asked.
    pub questions: Vec<Question>,
}

/// A part of a quiz beside its single questions that something can be wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuizField {
    /// The title.
    Title,
    /// The description.
    Description,
    /// The language.
    Language,
    /// The questions as a whole: how many.
    Questions,
}

/// What keeps a quiz from being played, in words for who writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum QuizProblem {
    /// In the quiz beside its single questions.
    Whole(QuizField, String),
    /// In the question at this place, from 0.
    Question(u32, QuestionProblem),
}

impl fmt::Display for QuizProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(_, text) => out.write_str(text),
            Self::Question(place, problem) => write!(out, "Question {}: {}", place + 1, problem.text),
        }
    }
}

impl Quiz {
    /// Whether a text can stand as the language tag: letters, digits and dashes, 2 to 35 of them.
    ///
    /// Source: BCP 47 (RFC 5646), section 2.1.
    pub fn is_language(tag: &str) -> bool {
        (2..=35).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    }

    /// Everything that keeps the quiz from being played; empty when it is ready.
    pub fn problems(&self) -> Vec<QuizProblem> {
        let mut problems = Vec::new();
        let mut say = |field, text: String| problems.push(QuizProblem::Whole(field, text));
        if self.title.trim().is_empty() {
            say(QuizField::Title, "Give the quiz a title.".to_owned());
        }
        if text::length(&self.title) > TITLE_MAX {
            say(QuizField::Title, format!("Shorten the title to {TITLE_MAX} characters."));
        }
        if text::length(&self.description) > DESCRIPTION_MAX {
            say(QuizField::Description, format!("Shorten the description to {DESCRIPTION_MAX} characters."));
        }
        if !Self::is_language(&self.language) {
            say(QuizField::Language, "Choose the language of the quiz.".to_owned());
        }
        if self.questions.is_empty() {
            say(QuizField::Questions, "Add a question.".to_owned());
        }
        if self.questions.len() > QUESTIONS_MAX {
            say(QuizField::Questions, format!("A quiz can have {QUESTIONS_MAX} questions at most."));
        }
        for (place, question) in (0_u32..).zip(&self.questions) {
            problems.extend(question.problems().into_iter().map(|problem| QuizProblem::Question(place, problem)));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::question::QuestionKind;

    fn ready() -> Quiz {
        let mut question = Question::blank(QuestionKind::TrueFalse);
        question.prompt = "Is water wet?".to_owned();
        question.options[0].is_right = true;
        Quiz { title: "Water".to_owned(), description: String::new(), language: "en".to_owned(), questions: vec![question] }
    }

    fn check(break_it: impl FnOnce(&mut Quiz)) {
        let mut quiz = ready();
        assert_eq!(quiz.problems(), []);
        break_it(&mut quiz);
        assert_eq!(quiz.problems().len(), 1, "{:?}", quiz.problems());
    }

    #[test]
    fn each_limit_is_told_one_beyond_it() {
        check(|quiz| quiz.title.clear());
        check(|quiz| quiz.title = "x".repeat(TITLE_MAX + 1));
        check(|quiz| quiz.description = "x".repeat(DESCRIPTION_MAX + 1));
        check(|quiz| quiz.language = "<b>".to_owned());
        check(|quiz| quiz.questions.clear());
        check(|quiz| quiz.questions = vec![quiz.questions[0].clone(); QUESTIONS_MAX + 1]);
        check(|quiz| quiz.questions[0].prompt.clear());
    }
}
