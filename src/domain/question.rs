//! A question: what is asked, what can be answered, what is right.
//!
//! Knows nothing of when it is asked or who answers. While a quiz is being written a question may be incomplete;
//! [`Question::problems`] says what is missing before it can be played.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::text;

/// How many options a question may have at most: as many as there are shapes for the answer tiles.
pub const OPTIONS_MAX: usize = 10;
/// A choice needs something to choose from.
pub const OPTIONS_MIN: usize = 2;
/// Characters of a prompt; more cannot be read from the last row.
pub const PROMPT_MAX: usize = 240;
/// Characters of an option's text.
pub const OPTION_MAX: usize = 120;
/// Characters of an explanation.
pub const EXPLANATION_MAX: usize = 600;
/// Characters of a topic.
pub const TOPIC_MAX: usize = 60;
/// The longest reading time, in milliseconds.
pub const READING_MS_MAX: u32 = 60_000;
/// The shortest time limit, in milliseconds: less is a reflex test.
pub const LIMIT_MS_MIN: u32 = 5_000;
/// The longest time limit, in milliseconds.
pub const LIMIT_MS_MAX: u32 = 600_000;
/// The most points a question may give.
pub const POINTS_MAX: u32 = 10_000;

/// The ways of answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// One option is taken; one or more are right.
    Single,
    /// Any number of options is taken; all right ones together are the full answer.
    Multiple,
    /// Two options, true and false; one is right.
    TrueFalse,
}

/// One thing that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AnswerOption {
    /// What it says.
    pub text: String,
    /// Whether it belongs to the key.
    pub is_right: bool,
}

/// One authored question.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Question {
    /// How it is answered.
    pub kind: QuestionKind,
    /// What is asked.
    pub prompt: String,
    /// What can be chosen, in the order of the tiles.
    pub options: Vec<AnswerOption>,
    /// How long the prompt stands alone before the options open, in milliseconds.
    pub reading_ms: u32,
    /// How long can be answered, in milliseconds; `None` waits for everybody or for the host.
    pub limit_ms: Option<u32>,
    /// What a full and immediate answer earns.
    pub points: u32,
    /// Shown after the reveal; may be empty.
    pub explanation: String,
    /// What it is about: results are told by topic as well; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
}

/// A set of options of one question, by place from 0.
///
/// Invariant: every place is below [`OPTIONS_MAX`]. On the wire a list of places in rising order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct Choice(u16);

/// A place that no option can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("there is no option {0}, the last possible one is {last}", last = OPTIONS_MAX - 1)]
pub struct BadPlace(pub u8);

impl Choice {
    /// The choice of these places; a place named twice counts once.
    ///
    /// # Errors
    /// [`BadPlace`] for a place that no option can have.
    pub fn of(places: &[u8]) -> Result<Self, BadPlace> {
        let mut choice = Self::default();
        for place in places {
            if usize::from(*place) >= OPTIONS_MAX {
                return Err(BadPlace(*place));
            }
            choice.0 |= 1 << place;
        }
        Ok(choice)
    }

    /// Whether the option at this place is chosen.
    pub fn has(self, place: usize) -> bool {
        place < OPTIONS_MAX && self.0 & (1 << place) != 0
    }

    /// How many options are chosen.
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// The places that both choices have.
    pub fn shared_with(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The same choice with this place put in, or taken out if it was in.
    pub fn toggled(self, place: usize) -> Self {
        if place < OPTIONS_MAX { Self(self.0 ^ (1 << place)) } else { self }
    }

    /// The chosen places, rising.
    pub fn places(self) -> impl Iterator<Item = usize> {
        (0..OPTIONS_MAX).filter(move |place| self.has(*place))
    }
}

impl TryFrom<Vec<u8>> for Choice {
    type Error = BadPlace;

    fn try_from(places: Vec<u8>) -> Result<Self, Self::Error> {
        Self::of(&places)
    }
}

impl From<Choice> for Vec<u8> {
    fn from(choice: Choice) -> Self {
        choice.places().filter_map(|place| u8::try_from(place).ok()).collect()
    }
}

/// A part of a question that something can be wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionField {
    /// The prompt.
    Prompt,
    /// The options as a whole: how many, which are right.
    Options,
    /// The text of the option at this place, from 0.
    Option(u8),
    /// The reading time.
    Reading,
    /// The time limit.
    Limit,
    /// The points.
    Points,
    /// The explanation.
    Explanation,
    /// The topic.
    Topic,
}

/// What keeps a question from being played, in words for who writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionProblem {
    /// Where it is.
    pub field: QuestionField,
    /// What to do about it.
    pub text: String,
}

impl Question {
    /// An empty question of a kind, with usual times and points; true/false has its two options already.
    pub fn blank(kind: QuestionKind) -> Self {
        let option = |text: &str| AnswerOption { text: text.to_owned(), is_right: false };
        let options = match kind {
            QuestionKind::Single | QuestionKind::Multiple => vec![option(""); 4],
            QuestionKind::TrueFalse => vec![option("True"), option("False")],
        };
        Self {
            kind,
            prompt: String::new(),
            options,
            reading_ms: 3_000,
            limit_ms: Some(20_000),
            points: 1_000,
            explanation: String::new(),
            topic: String::new(),
        }
    }

    /// The right options.
    pub fn key(&self) -> Choice {
        let right = |(place, option): (usize, &AnswerOption)| option.is_right.then_some(1_u16 << place);
        Choice(self.options.iter().take(OPTIONS_MAX).enumerate().filter_map(right).sum())
    }

    /// Whether a choice can be an answer to this question: something, only what there is, and one thing where one is asked for.
    pub fn takes(&self, choice: Choice) -> bool {
        let exists = choice.places().all(|place| place < self.options.len());
        let fits = match self.kind {
            QuestionKind::Single | QuestionKind::TrueFalse => choice.count() == 1,
            QuestionKind::Multiple => choice.count() >= 1,
        };
        exists && fits
    }

    /// The same question with clean texts: no control characters, no outer blanks.
    #[must_use]
    pub fn cleaned(mut self) -> Self {
        self.prompt = text::clean(&self.prompt);
        self.explanation = text::clean(&self.explanation);
        self.topic = text::clean(&self.topic);
        for option in &mut self.options {
            option.text = text::clean(&option.text);
        }
        self
    }

    /// Everything that keeps the question from being played; empty when it is ready.
    pub fn problems(&self) -> Vec<QuestionProblem> {
        let mut problems = Vec::new();
        let mut say = |field, text: String| problems.push(QuestionProblem { field, text });

        if self.prompt.trim().is_empty() {
            say(QuestionField::Prompt, "Write the question.".to_owned());
        }
        if text::length(&self.prompt) > PROMPT_MAX {
            say(QuestionField::Prompt, format!("Shorten the question to {PROMPT_MAX} characters."));
        }
        self.option_problems(&mut say);
        if self.reading_ms > READING_MS_MAX {
            say(QuestionField::Reading, format!("Reading time can be {} seconds at most.", READING_MS_MAX / 1_000));
        }
        if self.limit_ms.is_some_and(|limit| !(LIMIT_MS_MIN..=LIMIT_MS_MAX).contains(&limit)) {
            let (least, most) = (LIMIT_MS_MIN / 1_000, LIMIT_MS_MAX / 1_000);
            say(QuestionField::Limit, format!("Choose a time limit of {least} to {most} seconds, or none."));
        }
        if self.points > POINTS_MAX {
            say(QuestionField::Points, format!("A question can give {POINTS_MAX} points at most."));
        }
        if text::length(&self.explanation) > EXPLANATION_MAX {
            say(QuestionField::Explanation, format!("Shorten the explanation to {EXPLANATION_MAX} characters."));
        }
        if text::length(&self.topic) > TOPIC_MAX {
            say(QuestionField::Topic, format!("Shorten the topic to {TOPIC_MAX} characters."));
        }
        problems
    }

    fn option_problems(&self, say: &mut impl FnMut(QuestionField, String)) {
        let count = self.options.len();
        let fits = match self.kind {
            QuestionKind::Single | QuestionKind::Multiple => (OPTIONS_MIN..=OPTIONS_MAX).contains(&count),
            QuestionKind::TrueFalse => count == 2,
        };
        if !fits {
            say(QuestionField::Options, format!("Give {OPTIONS_MIN} to {OPTIONS_MAX} answers."));
        }
        for (place, option) in (0_u8..).zip(&self.options) {
            if option.text.trim().is_empty() {
                say(QuestionField::Option(place), "Write this answer or remove it.".to_owned());
            }
            if text::length(&option.text) > OPTION_MAX {
                say(QuestionField::Option(place), format!("Shorten this answer to {OPTION_MAX} characters."));
            }
            let twin =
                self.options.iter().take(usize::from(place)).any(|other| other.text.trim() == option.text.trim());
            if twin && !option.text.trim().is_empty() {
                say(QuestionField::Option(place), "This answer is there twice.".to_owned());
            }
        }
        let right = self.options.iter().filter(|option| option.is_right).count();
        if right == 0 {
            say(QuestionField::Options, "Mark at least one answer as right.".to_owned());
        }
        if right > 1 && self.kind == QuestionKind::TrueFalse {
            say(QuestionField::Options, "Mark either true or false as right, not both.".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready() -> Question {
        let mut question = Question::blank(QuestionKind::Single);
        question.prompt = "Which planet has the shortest day?".to_owned();
        question.options = ["Mercury", "Jupiter", "Earth"]
            .map(|text| AnswerOption { text: text.to_owned(), is_right: text == "Jupiter" })
            .to_vec();
        question
    }

    fn check(break_it: impl FnOnce(&mut Question), field: QuestionField) {
        let mut question = ready();
        break_it(&mut question);
        assert!(question.problems().iter().any(|problem| problem.field == field), "{:?}", question.problems());
    }

    #[test]
    fn a_whole_question_has_no_problems() {
        assert_eq!(ready().problems(), []);
        let mut question = ready();
        question.limit_ms = None;
        assert_eq!(question.problems(), []);
    }

    #[test]
    fn each_limit_is_told_one_beyond_it() {
        check(|q| q.prompt = "x".repeat(PROMPT_MAX + 1), QuestionField::Prompt);
        check(|q| q.prompt = "  ".to_owned(), QuestionField::Prompt);
        check(|q| q.options.truncate(OPTIONS_MIN - 1), QuestionField::Options);
        check(|q| q.options = vec![q.options[0].clone(); OPTIONS_MAX + 1], QuestionField::Options);
        check(|q| q.options[1].is_right = false, QuestionField::Options);
        check(|q| q.options[2].text = "x".repeat(OPTION_MAX + 1), QuestionField::Option(2));
        check(|q| q.options[2].text = "Jupiter ".to_owned(), QuestionField::Option(2));
        check(|q| q.options[0].text.clear(), QuestionField::Option(0));
        check(|q| q.reading_ms = READING_MS_MAX + 1, QuestionField::Reading);
        check(|q| q.limit_ms = Some(LIMIT_MS_MIN - 1), QuestionField::Limit);
        check(|q| q.limit_ms = Some(LIMIT_MS_MAX + 1), QuestionField::Limit);
        check(|q| q.points = POINTS_MAX + 1, QuestionField::Points);
        check(|q| q.explanation = "x".repeat(EXPLANATION_MAX + 1), QuestionField::Explanation);
        check(|q| q.topic = "x".repeat(TOPIC_MAX + 1), QuestionField::Topic);
    }

    #[test]
    fn true_or_false_has_one_right_side() {
        let mut question = Question::blank(QuestionKind::TrueFalse);
        question.prompt = "Is water wet?".to_owned();
        question.options.iter_mut().for_each(|option| option.is_right = true);
        assert_eq!(question.problems()[0].field, QuestionField::Options);
    }

    #[test]
    fn a_choice_names_options_that_exist() {
        let question = ready();
        let choice = |places: &[u8]| Choice::of(places).expect("possible places");
        assert!(question.takes(choice(&[1])));
        for bad in [choice(&[]), choice(&[0, 1]), choice(&[3])] {
            assert!(!question.takes(bad), "{bad:?}");
        }
        assert_eq!(Choice::of(&[10]), Err(BadPlace(10)));
        assert_eq!(serde_json::to_string(&choice(&[2, 0, 2])).expect("plain data"), "[0,2]");
    }
}
