//! Dialects: the words of clients that were written before Podium.
//!
//! A door that is opened without the subprotocol `podium.v1` speaks its dialect.

use crate::domain::time::Timestamp;

/// The words of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The canonical envelope.
    Podium,
}

impl Dialect {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 1] = [Self::Podium];

    /// What is sent with every ping of the protocol, for clients that count on a message.
    pub fn heartbeat(self, _now: Timestamp) -> Option<String> {
        match self {
            Self::Podium => None,
        }
    }

    /// A canonical message in the words of the dialect: none, one or several texts.
    pub fn translate(self, canonical: &str) -> Vec<String> {
        match self {
            Self::Podium => vec![canonical.to_owned()],
        }
    }
}
