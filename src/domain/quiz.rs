//! A quiz: questions in order, with a title.
//!
//! Knows nothing of who owns it or how it is kept. What is edited may be incomplete; [`Quiz::problems`] says what is missing.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::question::{
    EXPLANATION_MAX, OPTION_MAX, OPTIONS_MAX, PROMPT_MAX, Question, QuestionProblem, TOPIC_MAX,
};
use crate::domain::text;

/// Characters of a title.
pub const TITLE_MAX: usize = 100;
/// Characters of a description.
pub const DESCRIPTION_MAX: usize = 400;
/// Characters of a language tag. Source: RFC 5646, 4.4.1.
const LANGUAGE_MAX: usize = 35;
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
        (2..=LANGUAGE_MAX).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    }

    /// A second quiz like this one, with a title that says so.
    #[must_use]
    pub fn copy(&self) -> Self {
        let title = format!("{} (copy)", self.title).chars().take(TITLE_MAX).collect();
        Self { title, ..self.clone() }
    }

    /// The quiz with clean texts: no control characters, no outer blanks.
    #[must_use]
    pub fn cleaned(mut self) -> Self {
        self.title = text::clean(&self.title);
        self.description = text::clean(&self.description);
        self.questions = self.questions.into_iter().map(Question::cleaned).collect();
        self
    }

    /// Why the quiz cannot even be kept; what is merely too long to be played can.
    ///
    /// Whoever writes is told of a limit and goes on writing; four times the limit nobody writes by hand.
    pub fn too_large(&self) -> Option<String> {
        let is_long = |text: &str, most: usize| text::length(text) > 4 * most;
        if self.questions.len() > QUESTIONS_MAX {
            return Some(format!("a quiz can have {QUESTIONS_MAX} questions at most"));
        }
        if self.questions.iter().any(|question| question.options.len() > OPTIONS_MAX) {
            return Some(format!("a question can have {OPTIONS_MAX} answers at most"));
        }
        let is_long_question = |question: &Question| {
            is_long(&question.prompt, PROMPT_MAX)
                || is_long(&question.explanation, EXPLANATION_MAX)
                || is_long(&question.topic, TOPIC_MAX)
                || question.options.iter().any(|option| is_long(&option.text, OPTION_MAX))
        };
        let is_too_long = is_long(&self.title, TITLE_MAX)
            || is_long(&self.description, DESCRIPTION_MAX)
            || is_long(&self.language, LANGUAGE_MAX)
            || self.questions.iter().any(is_long_question);
        is_too_long.then(|| "a text of this quiz is far too long to be kept".to_owned())
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
        Quiz {
            title: "Water".to_owned(),
            description: String::new(),
            language: "en".to_owned(),
            questions: vec![question],
        }
    }

    fn check(break_it: impl FnOnce(&mut Quiz)) {
        let mut quiz = ready();
        assert_eq!(quiz.problems(), []);
        break_it(&mut quiz);
        assert_eq!(quiz.problems().len(), 1, "{:?}", quiz.problems());
    }

    #[test]
    fn what_nobody_writes_by_hand_is_not_kept() {
        let check = |break_it: fn(&mut Quiz)| {
            let mut quiz = ready();
            assert_eq!(quiz.too_large(), None);
            break_it(&mut quiz);
            assert!(quiz.too_large().is_some());
        };
        check(|quiz| quiz.title = "x".repeat(4 * TITLE_MAX + 1));
        check(|quiz| quiz.description = "x".repeat(4 * DESCRIPTION_MAX + 1));
        check(|quiz| quiz.language = "x".repeat(4 * LANGUAGE_MAX + 1));
        check(|quiz| quiz.questions = vec![quiz.questions[0].clone(); QUESTIONS_MAX + 1]);
        check(|quiz| quiz.questions[0].options = vec![quiz.questions[0].options[0].clone(); OPTIONS_MAX + 1]);
        check(|quiz| quiz.questions[0].prompt = "x".repeat(4 * PROMPT_MAX + 1));
        check(|quiz| quiz.questions[0].explanation = "x".repeat(4 * EXPLANATION_MAX + 1));
        check(|quiz| quiz.questions[0].topic = "x".repeat(4 * TOPIC_MAX + 1));
        check(|quiz| quiz.questions[0].options[0].text = "x".repeat(4 * OPTION_MAX + 1));
        let long = Quiz { title: "x".repeat(4 * TITLE_MAX), ..ready() };
        assert_eq!(long.too_large(), None, "what is only too long to be played is kept");
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
