//! Whatever happens to a timed session, as a value.
//!
//! Who it comes from was found out before, and what time it is comes beside it.

use crate::domain::ids::{CommandId, PersonId, SeatId};
use crate::domain::name::Nickname;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::command::Answer;
use crate::protocol::timed::GoTo;

/// Something that happens to a timed session.
#[derive(Clone, Debug, PartialEq)]
pub enum TimedInput {
    /// The host invites somebody whom the organisation knows. Who has a seat already keeps it.
    Invite {
        /// Who.
        person: PersonId,
        /// Their name.
        name: String,
    },
    /// Somebody with the code wants a seat. The same id again gives the same seat again and changes nothing.
    TakeSeat {
        /// The name to go by.
        name: Nickname,
        /// Made by the form, so that sending it twice takes one seat.
        id: CommandId,
    },
    /// A seat begins an attempt. One that is under way goes on instead.
    Start {
        /// Whose.
        seat: SeatId,
        /// Drawn for this attempt: what the order of questions and answers is made of.
        order: u64,
    },
    /// A seat answers or changes an answer. The same id again gives the same reply again and changes nothing.
    Answer {
        /// Whose.
        seat: SeatId,
        /// The question by its place in the seat's own order, and what was chosen, by place in the seat's own order.
        answer: Answer,
        /// Made by the page, so that sending it twice answers once.
        id: CommandId,
        /// When its bytes were read.
        received_at: Timestamp,
    },
    /// A seat goes to another question.
    Go {
        /// Whose.
        seat: SeatId,
        /// Where to.
        to: GoTo,
    },
    /// A seat hands in.
    Finish {
        /// Whose.
        seat: SeatId,
    },
    /// The host does something about one seat.
    Manage {
        /// Whose.
        seat: SeatId,
        /// What.
        what: Manage,
    },
    /// The host closes the session; attempts that run are over with it.
    Close,
    /// The first link of a seat opened.
    Arrived {
        /// Whose.
        seat: SeatId,
    },
    /// The last link of a seat closed.
    Left {
        /// Whose.
        seat: SeatId,
    },
    /// Time has passed; due at [`crate::room::timed::TimedRoom::wake_at`], harmless at any other time.
    Tick,
}

/// What a host can do about one seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manage {
    /// Gives more time to the running attempt.
    Extend(Millis),
    /// Stops the clock.
    Pause,
    /// Lets it go on.
    Resume,
    /// Ends the running attempt.
    End,
    /// Gives one more attempt.
    AddAttempt,
    /// Ends the link, and with it the running attempt.
    Revoke,
    /// Makes another link in place of those before.
    Renew,
    /// Forgets the seat and all that is theirs.
    Erase,
}
