//! Where this program runs, as far as safety depends on it.

use clap::ValueEnum;

/// Where this program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Environment {
    /// On the machine of who works on a client: pages from this machine may open sockets.
    Development,
    /// Where a release is tried: those too.
    Staging,
    /// Where people are.
    Production,
}

impl Environment {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Development, Self::Staging, Self::Production];

    /// Its name, as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }

    /// Whether pages that this very machine serves may open sockets here.
    pub fn trusts_this_machine(self) -> bool {
        match self {
            Self::Development | Self::Staging => true,
            Self::Production => false,
        }
    }
}
