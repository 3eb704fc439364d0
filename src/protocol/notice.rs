//! Notices: what the house tells its operators by itself, because somebody may have to do something.
//!
//! It knows what a notice is, not when one is raised; that is known where things happen.

use serde::{Deserialize, Serialize};

use crate::domain::ids::NoticeId;
use crate::domain::time::Timestamp;

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Somebody was kept from something, or soon will be.
    Warning,
    /// Something does not work.
    Error,
}

impl NoticeLevel {
    /// All of them, from the one that matters least.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Error];

    /// Its name, for programs and for the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The level of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// A notice as it is told and kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Notification {
    /// Its id; a later one is higher.
    pub id: NoticeId,
    /// How much it matters.
    pub level: NoticeLevel,
    /// The stable name of its kind, for programs.
    pub code: String,
    /// The sentence, for people.
    pub text: String,
    /// The code of the room that it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// When it was raised.
    pub at: Timestamp,
}

/// What is told of notices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum NoticeEvent {
    /// A new one.
    Notification(Notification),
}
