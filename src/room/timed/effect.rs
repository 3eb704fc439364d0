//! What a timed room asks its keeper to do, in this order.

use crate::domain::ids::{SeatId, TurnNo};
use crate::protocol::state::TakenAnswer;
use crate::protocol::timed::Expired;
use crate::room::timed::fact::TimedFact;

/// Something for the keeper to do.
#[derive(Clone, Debug, PartialEq)]
pub enum TimedEffect {
    /// Store this before anything else of the batch leaves.
    Record(TimedFact),
    /// How far this seat is has changed: for the seat itself and for the host.
    Moved(SeatId),
    /// Only what the host sees of this seat has changed.
    Row(SeatId),
    /// Something that every seat sees has changed.
    EverySeat,
    /// The time of this seat's attempt is up.
    Expired(SeatId, Expired),
    /// The links of this seat end.
    CloseSeat(SeatId),
    /// The result of asking for a seat.
    Seated(SeatId),
    /// The reply to an answer.
    Taken(TakenAnswer),
    /// The reply to a command that leads on: the question that is on now.
    Went(TurnNo),
    /// The reply to everything else.
    Done,
}

impl TimedEffect {
    /// What is to be stored, if it is that.
    pub fn into_fact(self) -> Option<TimedFact> {
        if let Self::Record(fact) = self { Some(fact) } else { None }
    }
}
