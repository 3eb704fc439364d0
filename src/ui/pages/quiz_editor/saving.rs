//! The rules of saving as one types: when to send, what an answer means, how it is said.
//!
//! It knows no timer and no server; `saver` asks it what to do next and does it.

use std::time::Duration;

use crate::api::ApiError;
use crate::domain::quiz::Quiz;
use crate::domain::text;

/// How long typing must rest before it is saved.
const REST: Duration = Duration::from_millis(600);
/// Who types without a rest is saved after so many changes all the same.
const CHANGES_MAX: u32 = 25;
/// The first wait after a failure; doubled each time.
const RETRY_FIRST: Duration = Duration::from_secs(1);
/// The longest wait after a failure.
const RETRY_MAX: Duration = Duration::from_secs(30);

/// What came of the last attempt to save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It went well, or there was none yet.
    Done,
    /// It is on its way; there is never more than one.
    UnderWay,
    /// It failed, and so often in a row; it will be made again.
    Failed(Failure, u32),
    /// It cannot succeed until the quiz changes.
    Refused(String),
    /// There is a newer version than the one this page started from: nothing is sent any more.
    Overtaken,
    /// The quiz is not there any more: nothing is sent any more.
    Gone,
}

/// Why an attempt failed that may succeed the next time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The server did not answer; what was sent may have arrived all the same.
    NoConnection,
    /// The server answered that something went wrong on its side.
    Server,
    /// The login has ended; another tab can bring it back.
    SignedOut,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing until something changes.
    Rest,
    /// Send after this time, counted anew.
    SendAfter(Duration),
    /// Send as was planned.
    AsPlanned,
}

impl Attempt {
    /// What an attempt that came back with an error means, after so many failures in a row.
    pub fn failed(error: ApiError, failures: u32) -> Self {
        match error {
            ApiError::Unreachable => Self::Failed(Failure::NoConnection, failures + 1),
            ApiError::Later(_) => Self::Failed(Failure::Server, failures + 1),
            ApiError::NotSignedIn => Self::Failed(Failure::SignedOut, failures + 1),
            ApiError::NotAllowed => Self::Refused(error.to_string()),
            ApiError::Refused(why) => Self::Refused(why),
            ApiError::Changed => Self::Overtaken,
            ApiError::NotFound => Self::Gone,
        }
    }

    /// How often in a row it failed.
    pub fn failures(&self) -> u32 {
        match self {
            Self::Failed(_, failures) => *failures,
            Self::Done | Self::UnderWay | Self::Refused(_) | Self::Overtaken | Self::Gone => 0,
        }
    }

    /// What a change of the quiz asks for; `changes` counts them since the last attempt was sent.
    pub fn on_change(&self, changes: u32) -> Next {
        match self {
            // The answer of the attempt under way decides.
            Self::UnderWay | Self::Overtaken | Self::Gone => Next::Rest,
            Self::Failed(..) => Next::AsPlanned,
            Self::Done | Self::Refused(_) if changes >= CHANGES_MAX => Next::AsPlanned,
            Self::Done | Self::Refused(_) => Next::SendAfter(REST),
        }
    }

    /// What the answer asks for, given whether there is something that was not in what it answers.
    pub fn on_answer(&self, is_dirty: bool) -> Next {
        match self {
            Self::Failed(_, failures) => Next::SendAfter(retry_after(*failures)),
            Self::Done | Self::Refused(_) if is_dirty => Next::SendAfter(REST),
            Self::Done | Self::Refused(_) | Self::UnderWay | Self::Overtaken | Self::Gone => Next::Rest,
        }
    }

    /// The state in words; `is_dirty` when something is not saved yet.
    pub fn words(&self, is_dirty: bool) -> String {
        match self {
            Self::Done if !is_dirty => "Saved".to_owned(),
            Self::Done | Self::UnderWay => "Saving…".to_owned(),
            Self::Failed(Failure::NoConnection, _) => "Not saved: no connection, trying again".to_owned(),
            Self::Failed(Failure::Server, _) => "Not saved: the server has a problem, trying again".to_owned(),
            Self::Failed(Failure::SignedOut, _) => "Not saved: you are signed out".to_owned(),
            Self::Refused(why) => format!("Not saved: {why}"),
            Self::Overtaken => "Changed in another tab: reload to see it".to_owned(),
            Self::Gone => "Not saved: this quiz was deleted".to_owned(),
        }
    }

    /// Whether somebody should be told, and not only shown.
    pub fn is_trouble(&self) -> bool {
        match self {
            Self::Done | Self::UnderWay => false,
            Self::Failed(..) | Self::Refused(_) | Self::Overtaken | Self::Gone => true,
        }
    }
}

/// Whether the server keeps what we sent: texts are compared as they are after cleaning.
///
/// An answer can get lost after the save; the next attempt is then told that the quiz has changed, by ourselves.
pub fn is_same(ours: &Quiz, theirs: &Quiz) -> bool {
    let cleaned = |quiz: &Quiz| Quiz {
        title: text::clean(&quiz.title),
        description: text::clean(&quiz.description),
        language: quiz.language.clone(),
        questions: quiz.questions.iter().map(|question| question.clone().cleaned()).collect(),
    };
    cleaned(ours) == cleaned(theirs)
}

fn retry_after(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(10);
    (RETRY_FIRST * 2_u32.pow(doublings)).min(RETRY_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(attempt: Attempt, is_dirty: bool, words: &str) {
        assert_eq!(attempt.words(is_dirty), words);
    }

    #[test]
    fn the_state_is_told_in_words() {
        check(Attempt::Done, false, "Saved");
        check(Attempt::Done, true, "Saving…");
        check(Attempt::UnderWay, true, "Saving…");
        check(Attempt::failed(ApiError::Unreachable, 0), true, "Not saved: no connection, trying again");
        check(Attempt::failed(ApiError::Changed, 0), true, "Changed in another tab: reload to see it");
    }

    #[test]
    fn typing_rests_before_it_is_saved_but_not_for_ever() {
        assert_eq!(Attempt::Done.on_change(1), Next::SendAfter(REST));
        assert_eq!(Attempt::Done.on_change(CHANGES_MAX), Next::AsPlanned);
    }

    #[test]
    fn only_one_save_is_under_way_and_the_rest_follows_it() {
        assert_eq!(Attempt::UnderWay.on_change(1), Next::Rest);
        assert_eq!(Attempt::Done.on_answer(true), Next::SendAfter(REST));
        assert_eq!(Attempt::Done.on_answer(false), Next::Rest);
    }

    #[test]
    fn failures_are_tried_again_ever_more_rarely() {
        let mut attempt = Attempt::Done;
        let mut waits = Vec::new();
        for _ in 0..7 {
            attempt = Attempt::failed(ApiError::Unreachable, attempt.failures());
            assert_eq!(attempt.on_change(1), Next::AsPlanned, "typing does not hasten it");
            let Next::SendAfter(wait) = attempt.on_answer(true) else { panic!("{attempt:?} gives up") };
            waits.push(wait.as_secs());
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn a_newer_version_ends_it() {
        for attempt in [Attempt::failed(ApiError::Changed, 3), Attempt::failed(ApiError::NotFound, 0)] {
            assert_eq!(attempt.on_change(99), Next::Rest);
            assert_eq!(attempt.on_answer(true), Next::Rest);
        }
    }

    #[test]
    fn a_save_whose_answer_was_lost_is_recognised() {
        let quiz = |title: &str| Quiz {
            title: title.to_owned(),
            description: String::new(),
            language: "en".to_owned(),
            questions: vec![],
        };
        assert!(is_same(&quiz("Title "), &quiz("Title")));
        assert!(!is_same(&quiz("Title"), &quiz("Another")));
    }
}
