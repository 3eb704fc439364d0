//! Whatever happens to a room, as a value.
//!
//! An input knows nothing of links and forms: who it comes from was found out before, and what time it is comes beside it.

use crate::domain::chat::ChatText;
use crate::domain::ids::{CommandId, SeatId};
use crate::domain::name::Nickname;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::command::{Answer, HostCommand};

/// Something that happens to a room.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Somebody wants a seat. The same id again gives the same seat again and changes nothing.
    TakeSeat {
        /// The name to go by.
        name: Nickname,
        /// Made by the form, so that sending it twice takes one seat.
        id: CommandId,
    },
    /// A player answers. The same id again gives the same reply again and changes nothing.
    Answer {
        /// Who.
        seat: SeatId,
        /// What.
        answer: Answer,
        /// Made by the page, so that sending it twice answers once.
        id: CommandId,
        /// When its bytes were read.
        received_at: Timestamp,
        /// The link's round trip, if it was measured.
        round_trip: Option<Millis>,
    },
    /// Somebody writes to the others. The same id again gives the same reply again and changes nothing.
    Write {
        /// Who.
        who: Who,
        /// What.
        text: ChatText,
        /// Made by the page, so that sending it twice writes once.
        id: CommandId,
    },
    /// Somebody types; said again while it goes on.
    Types {
        /// Who.
        who: Who,
    },
    /// Somebody types no more.
    StopsTyping {
        /// Who.
        who: Who,
    },
    /// A host asks for something. The same id again gives the same reply again and changes nothing.
    Host {
        /// What.
        command: HostCommand,
        /// Made by the page, so that a second click is not a second step.
        id: CommandId,
    },
    /// The first link of a seat, or of the hosts, opened.
    Arrived {
        /// Whose.
        who: Who,
        /// The link's round trip, if it was measured already.
        round_trip: Option<Millis>,
    },
    /// The last link of a seat, or of the hosts, closed.
    Left {
        /// Whose.
        who: Who,
    },
    /// The round trip of a seat's link was measured.
    Measured {
        /// Whose.
        seat: SeatId,
        /// The smallest of the recent samples.
        round_trip: Millis,
    },
    /// Time has passed; due at [`crate::room::Room::wake_at`], harmless at any other time.
    Tick,
}

/// Who comes and goes. The stage is not among them: nothing changes when a projector is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// Those who drive the room, as one.
    Host,
    /// A player.
    Seat(SeatId),
}

impl Who {
    /// The seat, if it is one.
    pub fn seat(self) -> Option<SeatId> {
        match self {
            Self::Seat(seat) => Some(seat),
            Self::Host => None,
        }
    }
}
