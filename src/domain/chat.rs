//! What somebody writes to the others in a room.
//!
//! Knows what a message may look like; who may write, and how often, is the room's business.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::text::{is_disruptive, is_invisible, length};

/// The text of one message.
///
/// Invariant: 1 to [`ChatText::LENGTH_MAX`] characters in one line, single blanks inside, none outside, something visible
/// in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChatText(String);

/// Why a text is no [`ChatText`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadChat {
    /// Nothing was typed, or nothing that can be seen.
    #[error("please type a message")]
    Empty,
    /// More than [`ChatText::LENGTH_MAX`] characters.
    #[error("this message is too long, {} characters are the most", ChatText::LENGTH_MAX)]
    TooLong,
    /// Control characters, or such that turn the direction of writing.
    #[error("this message has characters that cannot be shown, please type it again")]
    Unshowable,
}

impl ChatText {
    /// A few sentences; whoever has more to say writes twice.
    pub const LENGTH_MAX: usize = 500;

    /// Takes what somebody typed as a message. Line breaks become blanks.
    ///
    /// # Errors
    /// [`BadChat`], in words that can be shown at the field.
    pub fn parse(typed: &str) -> Result<Self, BadChat> {
        let text = typed.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.chars().all(is_invisible) {
            return Err(BadChat::Empty);
        }
        if text.chars().any(is_disruptive) {
            return Err(BadChat::Unshowable);
        }
        if length(&text) > Self::LENGTH_MAX {
            return Err(BadChat::TooLong);
        }
        Ok(Self(text))
    }

    /// The message as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ChatText {
    type Error = BadChat;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<ChatText> for String {
    fn from(text: ChatText) -> Self {
        text.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, expected: Result<&str, BadChat>) {
        assert_eq!(ChatText::parse(typed).as_ref().map(ChatText::as_str), expected.as_ref().copied(), "{typed:?}");
    }

    #[test]
    fn messages_of_the_world_are_messages() {
        for typed in ["Great answer!", "محمد", "👩‍👩‍👧‍👦 👍🏽", "<script>alert(1)</script>", "x"]
        {
            check(typed, Ok(typed));
        }
    }

    #[test]
    fn lines_and_blanks_are_folded() {
        check("  one\r\n two\t three\u{2028}four ", Ok("one two three four"));
    }

    #[test]
    fn a_message_can_be_seen_and_deceives_nobody() {
        for typed in ["", " \n\u{2003} ", "\u{200B}\u{3164}"] {
            check(typed, Err(BadChat::Empty));
        }
        for typed in ["a\u{202E}b", "a\u{7}b", "a\u{0}", "\u{2066}x"] {
            check(typed, Err(BadChat::Unshowable));
        }
    }

    #[test]
    fn one_character_more_than_fits_is_too_long() {
        let longest = "é".repeat(ChatText::LENGTH_MAX);
        check(&longest, Ok(&longest));
        check(&format!("  {longest}\n"), Ok(&longest));
        check(&format!("{longest}é"), Err(BadChat::TooLong));
    }
}
