//! What the room asks its keeper to do, in this order.
//!
//! Effects are values: the room does not know how facts are stored or frames are sent. Facts come before what is told of
//! them, so that a keeper who commits all records of a batch first and then goes through the rest keeps law 6.

use std::collections::BTreeSet;

use crate::domain::ids::{MessageId, SeatId};
use crate::protocol::chat::ChatEvent;
use crate::protocol::event::{CueEvent, Event};
use crate::protocol::state::TakenAnswer;
use crate::protocol::typing::TypingIndicator;
use crate::protocol::view::Audience;
use crate::room::fact::Fact;
use crate::room::input::Who;

/// Something for the keeper to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Store this before anything else of the batch leaves.
    Record(Fact),
    /// Tell an audience; each audience that is to know has its own.
    Tell(Audience, Event),
    /// Tell the host what only the host may know.
    TellHost(CueEvent),
    /// Tell an audience of the chat; each audience that is to know has its own.
    TellChat(Audience, ChatEvent),
    /// Tell every link that stands for somebody else; of each person the latest counts.
    Types(Who, TypingIndicator),
    /// Tell every link that stands for somebody how many others of these type.
    CrowdTypes(BTreeSet<Who>),
    /// A state that audiences share is due.
    Changed(StateKey),
    /// The own state of this seat is due.
    You(SeatId),
    /// The own state of every seat is due.
    EveryYou,
    /// The result of taking a seat.
    Seated(SeatId),
    /// The reply to an answer.
    Taken(TakenAnswer),
    /// The reply to a message.
    ChatTaken(MessageId),
    /// The reply to a host's command: the room's step after it.
    Done(u32),
    /// The links of this seat end: removed or blocked.
    CloseSeat(SeatId),
    /// All links end: the session is over.
    CloseAll,
}

/// A state that audiences share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateKey {
    /// [`crate::room::Room::presence`], for all.
    Presence,
    /// [`crate::room::Room::leaderboard`], for each audience its own.
    Leaderboard,
    /// [`crate::room::Room::time_update`], for all.
    Time,
    /// [`crate::room::Room::latency`], for the host.
    Latency,
}

impl StateKey {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Presence, Self::Leaderboard, Self::Time, Self::Latency];
}
