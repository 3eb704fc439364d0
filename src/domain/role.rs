//! Roles: what an account is in its organisation.
//!
//! Knows the roles and whom the work of the house is open to; what is behind which door is said by the doors.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What an account is in its organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers for the organisation; there is always one.
    Owner,
    /// Runs it.
    Admin,
    /// Writes quizzes and hosts rooms.
    Host,
    /// Looks on.
    Viewer,
    /// Logs in and plays, and nothing else.
    Member,
}

/// No role has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("choose owner, admin, host, viewer or member")]
pub struct UnknownRole;

impl Role {
    /// All of them, from the one who may most.
    pub const ALL: [Self; 5] = [Self::Owner, Self::Admin, Self::Host, Self::Viewer, Self::Member];

    /// Its name, for programs and for the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Host => "host",
            Self::Viewer => "viewer",
            Self::Member => "member",
        }
    }

    /// Whether the pages of those who make and run quizzes are open to it.
    pub fn is_staff(self) -> bool {
        match self {
            Self::Owner | Self::Admin | Self::Host | Self::Viewer => true,
            Self::Member => false,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.name() == name).ok_or(UnknownRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_by_the_name_that_it_is_written_with() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            assert_eq!(serde_json::to_string(&role).expect("JSON"), format!("\"{role}\""));
        }
        assert_eq!("root".parse::<Role>(), Err(UnknownRole));
    }
}
