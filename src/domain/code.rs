//! The code by which people find a room.
//!
//! Knows its alphabet and how it is read and shown; it does not know which codes are in use, nor how one is drawn.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A room's join code.
///
/// Invariant: [`JoinCode::LENGTH`] characters of [`JoinCode::ALPHABET`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "ssr", schemars(extend("pattern" = "^[0-9A-HJ-NP-Z]{6}$")))]
#[serde(try_from = "String", into = "String")]
pub struct JoinCode([u8; JoinCode::LENGTH]);

/// Why a text is no [`JoinCode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a room code has {} letters and digits", JoinCode::LENGTH)]
pub struct BadCode;

impl JoinCode {
    /// Short enough to be read from the back row.
    pub const LENGTH: usize = 6;
    /// 34^6 are 1.5 billion codes: guessing at a thousand addresses' allowance takes a day for a first hit among a hundred rooms.
    /// `I` and `O` are left out; who types them means `1` and `0`.
    pub const ALPHABET: &[u8; 34] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";

    /// Reads a code as people type it: any case, blanks and dashes anywhere, `O` for `0`, `I` for `1`.
    ///
    /// # Errors
    /// [`BadCode`] if what is left is not [`Self::LENGTH`] characters of the alphabet.
    pub fn parse(typed: &str) -> Result<Self, BadCode> {
        let mut code = [0; Self::LENGTH];
        let mut filled = 0;
        for character in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let symbol = match character.to_ascii_uppercase() {
                'O' => b'0',
                'I' => b'1',
                other => u8::try_from(other).map_err(|_| BadCode)?,
            };
            if !Self::ALPHABET.contains(&symbol) || filled == Self::LENGTH {
                return Err(BadCode);
            }
            code[filled] = symbol;
            filled += 1;
        }
        if filled == Self::LENGTH { Ok(Self(code)) } else { Err(BadCode) }
    }

    /// Makes a code of random numbers, each below the alphabet's length (larger ones wrap).
    pub fn from_draws(draws: [u8; Self::LENGTH]) -> Self {
        Self(draws.map(|draw| Self::ALPHABET[usize::from(draw) % Self::ALPHABET.len()]))
    }

    /// The code in one piece, as it stands in addresses: `KFX7QM`.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("the alphabet is ASCII")
    }

    /// The code in two halves, as people read it: `KFX 7QM`.
    pub fn spaced(&self) -> String {
        let (left, right) = self.as_str().split_at(Self::LENGTH / 2);
        format!("{left} {right}")
    }
}

impl fmt::Display for JoinCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl TryFrom<String> for JoinCode {
    type Error = BadCode;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<JoinCode> for String {
    fn from(code: JoinCode) -> Self {
        code.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = JoinCode::parse("KFX7QM").expect("a good code");
        for typed in ["kfx7qm", " KFX 7QM ", "kfx-7qm"] {
            assert_eq!(JoinCode::parse(typed), Ok(code));
        }
        assert_eq!(JoinCode::parse("oi0123"), JoinCode::parse("010123"));
        assert_eq!(code.spaced(), "KFX 7QM");
    }

    #[test]
    fn anything_else_is_no_code() {
        for typed in ["", "KFX7Q", "KFX7QMA", "KFX7Q!", "ÄÖÜ123"] {
            assert_eq!(JoinCode::parse(typed), Err(BadCode), "{typed:?}");
        }
    }

    #[test]
    fn every_draw_makes_a_code() {
        assert_eq!(JoinCode::from_draws([0, 9, 10, 33, 34, 255]).as_str().len(), JoinCode::LENGTH);
    }
}
