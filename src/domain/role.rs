//! Roles: what an account is in its organisation.
//!
//! Knows the roles and who may do what; what is behind which door is said by the doors.

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

/// Something that not every account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// See quizzes, rooms and what the stage shows.
    Look,
    /// Write, copy and delete quizzes.
    WriteQuizzes,
    /// Open rooms and drive them.
    RunRooms,
    /// See and change whom the organisation knows by name; their links are credentials.
    ManagePeople,
    /// See and change accounts, invite colleagues, read the audit log; whose accounts is said by [`Role::may_give`].
    ManageAccounts,
    /// See connections, notices and, in the house's own organisation, how the house is; close connections.
    SeeHouse,
}

impl Right {
    /// All of them, from the one that most have.
    pub const ALL: [Self; 6] =
        [Self::Look, Self::WriteQuizzes, Self::RunRooms, Self::ManagePeople, Self::ManageAccounts, Self::SeeHouse];
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

    /// Who may do what: the one table. What is behind which door is said by the doors.
    pub fn may(self, right: Right) -> bool {
        match right {
            Right::Look => self.is_staff(),
            Right::WriteQuizzes | Right::RunRooms => matches!(self, Self::Owner | Self::Admin | Self::Host),
            Right::ManagePeople | Right::ManageAccounts | Right::SeeHouse => matches!(self, Self::Owner | Self::Admin),
        }
    }

    /// Whether it may give somebody that role, and change or remove an account that has it: an owner everybody's, an admin
    /// everybody's but owners'.
    pub fn may_give(self, role: Self) -> bool {
        match self {
            Self::Owner => true,
            Self::Admin => role != Self::Owner,
            Self::Host | Self::Viewer | Self::Member => false,
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

    #[test]
    fn each_role_may_what_the_table_says() {
        let rights = Role::ALL.map(|role| Right::ALL.map(|right| role.may(right)));
        assert_eq!(
            rights,
            [
                [true, true, true, true, true, true],
                [true, true, true, true, true, true],
                [true, true, true, false, false, false],
                [true, false, false, false, false, false],
                [false, false, false, false, false, false],
            ]
        );
    }

    #[test]
    fn nobody_gives_more_than_they_are() {
        let gives = |role: Role| Role::ALL.into_iter().filter(|given| role.may_give(*given)).collect::<Vec<_>>();
        assert_eq!(gives(Role::Owner), Role::ALL);
        assert_eq!(gives(Role::Admin), Role::ALL[1..]);
        for role in [Role::Host, Role::Viewer, Role::Member] {
            assert_eq!(gives(role), []);
        }
    }
}
