//! The name a player goes by in a room.
//!
//! Knows what a name may look like; which names are taken is the roster's business.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use crate::domain::text::{is_disruptive, is_invisible};

/// A player's name in a room.
///
/// Invariant: 1 to [`Nickname::GRAPHEMES_MAX`] graphemes, in NFC, single blanks inside, none outside, something visible in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nickname(String);

/// Why a text is no [`Nickname`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadName {
    /// Nothing was typed, or only blanks.
    #[error("please type a name")]
    Empty,
    /// Only characters that cannot be seen.
    #[error("this name cannot be seen, please use letters or an emoji")]
    Invisible,
    /// More than [`Nickname::GRAPHEMES_MAX`] graphemes, or a heap of accents on one of them.
    #[error("this name is too long, {} characters are the most", Nickname::GRAPHEMES_MAX)]
    TooLong,
    /// Control characters, or such that turn the direction of writing.
    #[error("this name has characters that cannot be shown, please type it again")]
    Unshowable,
}

impl Nickname {
    /// Fits a row on the smallest phone in two lines.
    pub const GRAPHEMES_MAX: usize = 32;
    /// A grapheme of the living scripts, or a family emoji, needs fewer; heaps of accents need more.
    const SCALARS_PER_GRAPHEME_MAX: usize = 12;

    /// Takes what somebody typed as a name.
    ///
    /// # Errors
    /// [`BadName`], in words that can be shown at the field.
    pub fn parse(typed: &str) -> Result<Self, BadName> {
        // A bound before any work: whatever is longer than this is too long in graphemes as well.
        if typed.len() > 4 * Self::GRAPHEMES_MAX * Self::SCALARS_PER_GRAPHEME_MAX {
            return Err(BadName::TooLong);
        }
        let name = typed.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            return Err(BadName::Empty);
        }
        if name.chars().any(is_disruptive) {
            return Err(BadName::Unshowable);
        }
        if name.chars().all(is_invisible) {
            return Err(BadName::Invisible);
        }
        let heaped = |grapheme: &str| grapheme.chars().count() > Self::SCALARS_PER_GRAPHEME_MAX;
        if name.graphemes(true).count() > Self::GRAPHEMES_MAX || name.graphemes(true).any(heaped) {
            return Err(BadName::TooLong);
        }
        Ok(Self(name))
    }

    /// The name as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the name looks like: two names with the same look cannot be told apart, in any case.
    ///
    /// Source: Unicode Technical Standard 39, section 4 (skeleton), over NFKC without invisible characters, in lower case.
    /// A capital `I` is an `l` to the eye and an `i` to the ear, so both count as one.
    pub fn look(&self) -> String {
        let seen = |text: &str| text.nfkc().filter(|c| !is_invisible(*c)).collect::<String>();
        let skeleton: String = unicode_security::confusable_detection::skeleton(&seen(&self.0)).collect();
        seen(&skeleton).to_lowercase().replace('i', "l")
    }
}

impl TryFrom<String> for Nickname {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Nickname> for String {
    fn from(name: Nickname) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_bad(typed: &str, why: BadName) {
        assert_eq!(Nickname::parse(typed), Err(why), "{typed:?}");
    }

    #[test]
    fn names_of_the_world_are_names() {
        for typed in ["Ada L.", "محمد", "Zoë", "👩‍👩‍👧‍👦", "Team Jürgen & Co.", "李小龙", "नमस्ते", "O'Neill", "7"]
        {
            assert_eq!(Nickname::parse(typed).map(String::from), Ok(typed.nfc().collect::<String>()));
        }
    }

    #[test]
    fn blanks_are_folded() {
        assert_eq!(Nickname::parse("  Ada \t L. ").map(String::from), Ok("Ada L.".to_owned()));
    }

    #[test]
    fn a_name_can_be_seen_and_fits() {
        check_bad("", BadName::Empty);
        check_bad(" \u{2003} ", BadName::Empty);
        check_bad("\u{3164}\u{200B}", BadName::Invisible);
        check_bad("a\u{202E}b", BadName::Unshowable);
        check_bad("a\u{7}b", BadName::Unshowable);
        assert!(Nickname::parse(&"é".repeat(Nickname::GRAPHEMES_MAX)).is_ok());
        check_bad(&"x".repeat(Nickname::GRAPHEMES_MAX + 1), BadName::TooLong);
        check_bad(&format!("a{}", "\u{301}".repeat(200)), BadName::TooLong);
        check_bad(&"x".repeat(10_000), BadName::TooLong);
    }

    #[test]
    fn names_that_look_alike_have_one_look() {
        let look = |typed: &str| Nickname::parse(typed).expect("a good name").look();
        for (one, other) in [
            ("Ada", "ada"),
            ("Ada", "Аda"),
            ("paypal", "pаypаl"),
            ("Host", "H\u{200B}ost"),
            ("Zoë", "Zoe\u{308}"),
            ("fine", "ﬁne"),
            ("Ilse", "llse"),
            ("ΑΒ", "AB"),
        ] {
            assert_eq!(look(one), look(other), "{one} and {other}");
        }
        assert_ne!(look("Ada"), look("Adam"));
    }
}
