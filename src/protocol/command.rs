//! What a browser asks of a room.
//!
//! A command knows nothing of who sent it: the link does.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{SeatId, TurnNo};
use crate::domain::question::Choice;

/// A message from a browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum Command {
    /// A player's answer; needs a `correlation_id`.
    Answer(Answer),
    /// What only a host may ask.
    Host(HostCommand),
    /// Asks for a pong with server time.
    Ping(Ping),
    /// Answers a ping of the server; nothing follows.
    Pong(Ping),
}

/// An answer to the open question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The turn that was on the screen when it was chosen.
    pub turn: TurnNo,
    /// What was chosen.
    pub choice: Choice,
}

/// What a host asks. Those that lead on name the step they were made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum HostCommand {
    /// Goes to what comes next: the first question, the standings, the next question, the podium, the end.
    Next {
        /// The step on the host's screen.
        step: u32,
    },
    /// Ends the open question now; what was answered counts.
    Close {
        /// The step on the host's screen.
        step: u32,
    },
    /// Strikes the open question, nothing of it counts, and goes on to the next.
    Skip {
        /// The step on the host's screen.
        step: u32,
    },
    /// Goes to the podium, or closes the room where that is on or nothing was asked; an open question is struck.
    End {
        /// The step on the host's screen.
        step: u32,
    },
    /// Lets nobody new in.
    Lock,
    /// Lets people in again.
    Unlock,
    /// Takes a seat away; the person may take another.
    Remove {
        /// The seat.
        seat: SeatId,
    },
    /// Takes a seat away for good.
    Block {
        /// The seat.
        seat: SeatId,
    },
}

/// A sign of life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {}
