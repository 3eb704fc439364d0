//! Timed sessions that run: who owns each, and how it is asked.
//!
//! Links come in through the same hall as those of live rooms; what differs is what is applied and what is told.
//! Reading order: [`TimedAsk`], [`keeper`], [`duty`], then what doors ask of a session (`handle`), also of one
//! that is closed (`looking`), and what the house closes by itself (`closing`).

mod closing;
pub mod duty;
mod handle;
pub mod keeper;
pub(super) mod looking;

use std::sync::Arc;

use thiserror::Error;
use tokio::sync::oneshot;

use crate::domain::ids::{CommandId, SeatId};
use crate::domain::time::Timestamp;
use crate::protocol::refusal::Refusal;
use crate::room::timed::TimedRoom;
use crate::room::timed::input::TimedInput;
use crate::server::live::channel::{Channel, LinkEnd};

/// What only a timed session is asked.
pub enum TimedAsk {
    /// A link says something.
    Said {
        /// Whose link brought it.
        link: Arc<LinkEnd>,
        /// What.
        input: TimedInput,
        /// The client's id.
        id: CommandId,
    },
    /// A door asks something.
    Asked {
        /// What.
        input: TimedInput,
        /// Told when it is stored: the seat that it is about.
        reply: oneshot::Sender<Result<Option<SeatId>, Refusal>>,
    },
    /// Looks at the session as it is stored and told.
    Look(TimedLook),
}

/// Why somebody was not invited.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InviteError {
    /// The organisation has no session with this id that runs.
    #[error("this session does not run")]
    NotFound,
    /// The session says no to somebody; those before are invited.
    #[error("{name} could not be invited: {why}")]
    Refused {
        /// Their name.
        name: String,
        /// Why.
        why: Refusal,
    },
}

/// Looks at a session at a time.
pub type TimedLook = Box<dyn FnOnce(&TimedRoom, &Channel, Timestamp) + Send>;
