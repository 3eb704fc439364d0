//! Identifiers: one type for each noun that is referred to by number.
//!
//! They know nothing of how they are made: the store hands out row ids, the room hands out seats and turns.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Declares a newtype over an integer that prints and parses as that integer.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map($name)
            }
        }
    };
}

id!(
    /// An organisation: the tenant that owns quizzes, sessions and admins.
    OrganisationId(i64)
);
id!(
    /// An account of an organisation: an admin, or somebody who only plays.
    AdminId(i64)
);
id!(
    /// What a program signed in with; never given out twice.
    GrantId(i64)
);
id!(
    /// A link by which a colleague makes an account; never given out twice.
    ColleagueInviteId(i64)
);
id!(
    /// An authored quiz.
    QuizId(i64)
);
id!(
    /// A question of an authored quiz; stays the same when questions are reordered.
    QuestionId(i64)
);
id!(
    /// Somebody whom an organisation knows by name; never given out twice.
    PersonId(i64)
);
id!(
    /// A mail that waits to be sent or was; never given out twice.
    MailId(i64)
);
id!(
    /// One run of a quiz.
    SessionId(i64)
);
id!(
    /// One person's place in a session, counted from 1 in the order of joining; never given out twice.
    SeatId(u32)
);
id!(
    /// A turn of a session: the place of its question in the quiz, from 1.
    TurnNo(u32)
);
id!(
    /// Names one life of a room in memory; new whenever a room is restored. Below 2^53, so that a page can hold it.
    Epoch(u64)
);

id!(
    /// A message of a session's chat. Made of the time, so that it is not given out twice though messages that are not kept
    /// are forgotten at a restart. Below 2^53, so that a page can hold it.
    MessageId(u64)
);

id!(
    /// A notice to the operators. Made of the time, so that it can be told before it is stored. Below 2^53, so that a
    /// page can hold it.
    NoticeId(i64)
);

impl MessageId {
    /// Before the first message.
    pub const NONE: Self = Self(0);
}

/// An id that the asker makes up, so that asking again is not doing again.
///
/// Invariant: 1 to [`CommandId::LENGTH_MAX`] characters of printable ASCII.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommandId(String);

/// Why a text is no [`CommandId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an id has 1 to {} printable ASCII characters", CommandId::LENGTH_MAX)]
pub struct BadCommandId;

impl CommandId {
    /// Room for a UUID and a prefix; each stored answer carries one.
    pub const LENGTH_MAX: usize = 64;

    /// Takes a text as an id.
    ///
    /// # Errors
    /// [`BadCommandId`] if it is empty, too long or not printable ASCII.
    pub fn parse(text: &str) -> Result<Self, BadCommandId> {
        let fits = (1..=Self::LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(BadCommandId) }
    }

    /// The id as it was made.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CommandId {
    type Error = BadCommandId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<CommandId> for String {
    fn from(id: CommandId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_id_is_short_printable_ascii() {
        assert!(CommandId::parse("a").is_ok());
        assert!(CommandId::parse(&"a".repeat(CommandId::LENGTH_MAX)).is_ok());
        for bad in ["", "two words", "é", "line\n", &"a".repeat(CommandId::LENGTH_MAX + 1)] {
            assert_eq!(CommandId::parse(bad), Err(BadCommandId), "{bad:?}");
        }
    }
}
