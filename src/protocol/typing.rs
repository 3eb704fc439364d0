//! Who is typing, as others are told, and as a page remembers it: never stored, never replayed, gone by itself.
//!
//! It is told to everybody but the one who types. Knows nothing of what is typed.

use serde::{Deserialize, Serialize};

use crate::domain::ids::SeatId;
use crate::domain::time::{Millis, Timestamp};

/// A page that hears nothing more of somebody's typing forgets it after this. The room says the end sooner.
const HEARD_FOR: Millis = Millis(5_000);

/// Somebody began to type or stopped, or so many do in a room that is too large for names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct TypingIndicator {
    /// Who; absent for a host, and where only the number is told.
    pub user: Option<SeatId>,
    /// The name; absent where only the number is told.
    pub name: Option<String>,
    /// Whether anybody types.
    pub is_typing: bool,
    /// How many type, the one who is told this not among them.
    pub count: u32,
}

/// Those who type now, as a page has heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typists(Vec<(Timestamp, TypingIndicator)>);

impl TypingIndicator {
    /// Of one person.
    pub fn of(user: Option<SeatId>, name: String, is_typing: bool) -> Self {
        Self { user, name: Some(name), is_typing, count: u32::from(is_typing) }
    }

    /// Of so many that they are not told by name.
    pub fn of_crowd(count: u32) -> Self {
        Self { user: None, name: None, is_typing: count > 0, count }
    }

    /// Whether both speak of the same person, or both of the crowd.
    fn is_about_same(&self, other: &Self) -> bool {
        self.user == other.user && self.name.is_some() == other.name.is_some()
    }
}

impl Typists {
    /// Takes over what came.
    pub fn hear(&mut self, indicator: &TypingIndicator, now: Timestamp) {
        self.0.retain(|(_, known)| !known.is_about_same(indicator));
        if indicator.is_typing {
            self.0.push((now, indicator.clone()));
        }
    }

    /// Who has just sent a message types no more.
    pub fn sent(&mut self, user: Option<SeatId>) {
        self.0.retain(|(_, known)| known.name.is_none() || known.user != user);
    }

    /// Whether something of it has lasted too long.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.0.iter().any(|(heard_at, _)| now - *heard_at >= HEARD_FOR)
    }

    /// Forgets what has lasted too long.
    pub fn forget(&mut self, now: Timestamp) {
        self.0.retain(|(heard_at, _)| now - *heard_at < HEARD_FOR);
    }

    /// The names, in the order in which they were heard; `None` for who is only counted.
    pub fn names(&self) -> impl Iterator<Item = Option<&str>> {
        self.0.iter().map(|(_, known)| known.name.as_deref())
    }

    /// How many type.
    pub fn count(&self) -> u32 {
        self.0.iter().map(|(_, known)| known.count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(user: u32, is_typing: bool) -> TypingIndicator {
        TypingIndicator::of(Some(SeatId(user)), format!("Player {user}"), is_typing)
    }

    fn names(typists: &Typists) -> Vec<&str> {
        typists.names().flatten().collect()
    }

    #[test]
    fn the_latest_word_about_somebody_counts() {
        let mut typists = Typists::default();
        for (user, is_typing) in [(1, true), (2, true), (1, true), (2, false), (3, false)] {
            typists.hear(&types(user, is_typing), Timestamp(0));
        }
        assert_eq!((names(&typists), typists.count()), (vec!["Player 1"], 1));
    }

    #[test]
    fn who_sends_a_message_stops_typing() {
        let mut typists = Typists::default();
        typists.hear(&types(1, true), Timestamp(0));
        typists.hear(&TypingIndicator::of(None, "Host".to_owned(), true), Timestamp(0));
        typists.sent(None);
        assert_eq!(names(&typists), ["Player 1"]);
        typists.sent(Some(SeatId(1)));
        assert_eq!(typists, Typists::default());
    }

    #[test]
    fn nobody_types_for_longer_than_five_seconds_unheard() {
        let mut typists = Typists::default();
        typists.hear(&types(1, true), Timestamp(0));
        typists.hear(&types(2, true), Timestamp(1));
        assert!(!typists.is_stale(Timestamp(4_999)));
        assert!(typists.is_stale(Timestamp(5_000)));
        typists.forget(Timestamp(5_000));
        assert_eq!(names(&typists), ["Player 2"]);
    }

    #[test]
    fn a_crowd_is_counted() {
        let mut typists = Typists::default();
        typists.hear(&TypingIndicator::of_crowd(7), Timestamp(0));
        typists.sent(None);
        assert_eq!((names(&typists).len(), typists.count()), (0, 7));
        typists.hear(&TypingIndicator::of_crowd(0), Timestamp(0));
        assert_eq!(typists.count(), 0);
    }
}
