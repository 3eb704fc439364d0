//! Why a command changed nothing, in words for the person who asked.
//!
//! Refusals say only what a stranger may learn; they know nothing of causes inside the house.

use thiserror::Error;

use crate::domain::time::Millis;

/// Why a command changed nothing.
///
/// The display form is the sentence for people; [`Refusal::code`] is for programs, [`Refusal::help`] says what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// No open room has the code; also said for an ended and a locked one to someone without a seat.
    #[error("no open room has this code: mistyped, over or locked")]
    NoRoom,
    /// All seats are taken.
    #[error("this room is full")]
    RoomFull,
    /// The name is no name.
    #[error("{0}")]
    BadName(crate::domain::name::BadName),
    /// Somebody else has the name, or one that looks the same.
    #[error("somebody in this room already has this name, or one that looks the same")]
    NameTaken,
    /// The host blocked this person.
    #[error("the host does not let you into this room")]
    Blocked,
    /// The seat is not in this room any more.
    #[error("this seat is not in the room any more")]
    NoSeat,
    /// The answer came after the time.
    #[error("too late by {by}, this one does not count", by = seconds(*by))]
    TooLate {
        /// After the deadline.
        by: Millis,
    },
    /// The answer came before the options were open.
    #[error("the answers are not open yet")]
    TooEarly,
    /// There is an answer already.
    #[error("you have answered this question already, the first answer counts")]
    Twice,
    /// The answer is for a question that is not on.
    #[error("this answer belongs to another question")]
    OtherQuestion,
    /// The choice does not fit the question.
    #[error("this choice does not fit the question")]
    BadChoice,
    /// A host's command from somebody else.
    #[error("only the host can do this")]
    NotHost,
    /// A player's command from somebody else.
    #[error("only a player can do this")]
    NotPlayer,
    /// The room has gone on since the command was made.
    #[error("the room has already gone on")]
    MovedOn,
    /// The command does not fit the phase.
    #[error("this cannot be done now")]
    NotNow,
    /// The room's inbox is full.
    #[error("the room is busy, please try again")]
    Busy,
    /// The disk did not take it.
    #[error("not saved, please try again")]
    NotSaved,
    /// People do not write to each other in this room.
    #[error("chat is off in this room")]
    ChatOff,
    /// The message is no message.
    #[error("{0}")]
    BadChat(crate::domain::chat::BadChat),
    /// The person has written enough for now.
    #[error("you have written many messages, please wait {} s", .wait_s)]
    TooMuchChat {
        /// Seconds until the next may be written.
        wait_s: u32,
    },
    /// Too many messages.
    #[error("too many messages, please wait {} s", .wait_s)]
    TooFast {
        /// Seconds until there is credit again.
        wait_s: u32,
    },
    /// The message could not be read.
    #[error("this message could not be read")]
    Malformed,
    /// The message's type is not known.
    #[error("this kind of message is not known")]
    UnknownType,
    /// The id that a command needs is missing.
    #[error("this message needs a correlation_id")]
    NoId,
    /// A score that a client wants to set.
    #[error("scores come from the server alone")]
    ScoresAreOurs,
    /// A command for a session that this connection is not in.
    #[error("this connection is not in that session")]
    NotInSession,
    /// The connection is in that session already.
    #[error("this connection is in that session already")]
    InSession,
    /// As many sessions as one connection may be in.
    #[error("this connection is in as many sessions as it may be")]
    TooManySessions,
    /// The window of a timed session is not open yet.
    #[error("this session has not opened yet")]
    NotOpenYet,
    /// A timed session is closed, or its window is over.
    #[error("this session is over")]
    SessionOver,
    /// As many attempts were made as there may be.
    #[error("there is no attempt left")]
    NoAttemptsLeft,
    /// Nobody has begun yet.
    #[error("this was not started yet")]
    NotStarted,
    /// What was handed in, or ended by the host, cannot be changed.
    #[error("this attempt is over, nothing can be changed any more")]
    AttemptOver,
    /// The host has stopped the clock.
    #[error("the host has stopped the clock, please wait")]
    ClockStopped,
    /// The way back is shut in this session.
    #[error("in this session there is no way back")]
    NoWayBack,
    /// An answer was changed more often than anybody does by hand.
    #[error("this answer was changed too often")]
    TooManyChanges,
    /// Something for a running attempt of somebody who has none.
    #[error("nothing is under way at this seat")]
    NotUnderWay,
    /// More time for somebody who has no limit.
    #[error("there is no time limit that could be moved")]
    NoLimit,
    /// More time than one attempt can be given.
    #[error("this is no time that can be added")]
    TooMuchTime,
    /// A token that is no good.
    #[error("this token is not good, or belongs to somebody else")]
    BadToken,
}

impl Refusal {
    /// The stable name of the refusal, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoRoom => "no_room",
            Self::RoomFull => "room_full",
            Self::BadName(_) => "bad_name",
            Self::NameTaken => "name_taken",
            Self::Blocked => "blocked",
            Self::NoSeat => "no_seat",
            Self::TooLate { .. } => "too_late",
            Self::TooEarly => "too_early",
            Self::Twice => "twice",
            Self::OtherQuestion => "other_question",
            Self::BadChoice => "bad_choice",
            Self::NotHost => "not_host",
            Self::NotPlayer => "not_player",
            Self::MovedOn => "moved_on",
            Self::NotNow => "not_now",
            Self::Busy => "busy",
            Self::NotSaved => "not_saved",
            Self::ChatOff => "chat_off",
            Self::BadChat(_) => "bad_chat",
            Self::TooMuchChat { .. } => "too_much_chat",
            Self::TooFast { .. } => "too_fast",
            Self::Malformed => "malformed",
            Self::UnknownType => "unknown_type",
            Self::NoId => "no_id",
            Self::ScoresAreOurs => "scores_are_ours",
            Self::NotInSession => "not_in_session",
            Self::InSession => "in_session",
            Self::TooManySessions => "too_many_sessions",
            Self::NotOpenYet => "not_open_yet",
            Self::SessionOver => "session_over",
            Self::NoAttemptsLeft => "no_attempts_left",
            Self::NotStarted => "not_started",
            Self::AttemptOver => "attempt_over",
            Self::ClockStopped => "clock_stopped",
            Self::NoWayBack => "no_way_back",
            Self::TooManyChanges => "too_many_changes",
            Self::NotUnderWay => "not_under_way",
            Self::NoLimit => "no_limit",
            Self::TooMuchTime => "too_much_time",
            Self::BadToken => "bad_token",
        }
    }

    /// Whether the same asker may succeed with another try on the same connection.
    pub fn is_recoverable(&self) -> bool {
        !matches!(self, Self::Blocked | Self::NoSeat | Self::NoRoom)
    }

    /// What to do about it, in a sentence.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NoRoom => "Look at the screen for the code, or ask the host.",
            Self::RoomFull => "Ask the host to make room.",
            Self::BadName(_) => "Choose a name with 1 to 32 visible characters.",
            Self::NameTaken => "Add an initial or a number.",
            Self::Blocked | Self::NoSeat => "Ask the host.",
            Self::TooLate { .. } => "What came in time counts.",
            Self::TooEarly => "Wait until the answers are shown.",
            Self::Twice => "Nothing to do, your first answer is safe.",
            Self::OtherQuestion => "Answer the question that is on the screen now.",
            Self::BadChoice => "Choose from the answers that are shown.",
            Self::NotHost => "Sign in as the host of this room.",
            Self::NotPlayer => "Join the room as a player.",
            Self::MovedOn => "Look at what is on the screen now.",
            Self::NotNow => "Wait for the right moment.",
            Self::Busy | Self::NotSaved => "Send it again in a moment.",
            Self::ChatOff => "Ask the host to switch it on.",
            Self::BadChat(_) => "Write 1 to 500 visible characters.",
            Self::TooMuchChat { .. } => "Keep it and send it again after the wait.",
            Self::TooFast { .. } => "Wait a moment before the next message.",
            Self::Malformed => "Send a JSON object with type and data, as the protocol describes.",
            Self::UnknownType => "See the protocol for the types that are known.",
            Self::NoId => "Add a correlation_id of 1 to 64 printable ASCII characters.",
            Self::ScoresAreOurs => "Send answers; the server counts them.",
            Self::NotInSession => "Send join_session first, and name the session by its code.",
            Self::InSession => "Nothing to do.",
            Self::TooManySessions => "Send leave_session for one of them first.",
            Self::NotOpenYet => "Come back when it opens; your link stays good.",
            Self::SessionOver | Self::NoAttemptsLeft => "Ask whoever invited you whether there is another way.",
            Self::NotStarted => "Press Start first.",
            Self::AttemptOver => "What you gave before is safe.",
            Self::ClockStopped => "Your time does not run meanwhile.",
            Self::NoWayBack => "Answer the question that is on the screen now.",
            Self::TooManyChanges => "The last answer that was taken counts.",
            Self::NotUnderWay => "Look at how far they are now.",
            Self::NoLimit => "Nothing to do: they have all the time that they need.",
            Self::TooMuchTime => "Add from one second to seven days in all.",
            Self::BadToken => "Ask POST /api/v1/auth/refresh for a new one.",
        }
    }
}

impl From<crate::domain::name::BadName> for Refusal {
    fn from(why: crate::domain::name::BadName) -> Self {
        Self::BadName(why)
    }
}

impl From<crate::domain::chat::BadChat> for Refusal {
    fn from(why: crate::domain::chat::BadChat) -> Self {
        Self::BadChat(why)
    }
}

/// A time as people say it: `0.4 s`, and at least a tenth.
fn seconds(length: Millis) -> String {
    let tenths = (length.0.max(0).saturating_add(99)) / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// Our own words as a sentence: with a capital and a full stop.
///
/// They are English, so the capital is ASCII's: the tables of all alphabets would be a good part of the page's code.
pub fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let start = letters.next().map(|letter| letter.to_ascii_uppercase());
    let end = if words.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{}{}{end}", start.map(String::from).unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_a_sentence() {
        assert_eq!(sentence("the server cannot be reached"), "The server cannot be reached.");
        assert_eq!(sentence("This room is full."), "This room is full.");
        assert_eq!(sentence(""), ".");
    }

    #[test]
    fn lateness_is_said_in_tenths_of_a_second() {
        for (ms, words) in [(1, "0.1 s"), (400, "0.4 s"), (401, "0.5 s"), (12_000, "12.0 s")] {
            let sentence = Refusal::TooLate { by: Millis(ms) }.to_string();
            assert_eq!(sentence, format!("too late by {words}, this one does not count"));
        }
    }
}
