//! How a session moves.

use serde::{Deserialize, Serialize};

/// Who leads a session on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// A host, for everybody at once: a live room.
    Host,
    /// Everybody for themselves, by a clock of their own: a timed session.
    Own,
}

impl Pace {
    /// Its name, for the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Own => "own",
        }
    }

    /// The pace with this name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Host, Self::Own].into_iter().find(|pace| pace.name() == name)
    }
}
