//! What a refused form had in it, until the page that shows it again has been made: once, within two minutes.
//!
//! Only what may be shown again is put here; passwords never are.

use http::{HeaderMap, HeaderValue};

use crate::domain::time::Millis;
use crate::server::auth::{Auth, cookie};

/// Long enough for the slowest phone to follow a redirect.
const FLASH_MS: Millis = Millis(120_000);
/// Records that are kept; a form has at most five short fields.
pub(super) const FLASHES_MAX: usize = 2_000;
/// Characters of a field that are kept; longer input is refused anyway.
const VALUE_MAX: usize = 400;

const COOKIE: &str = "podium-flash";

/// What a refused form had in it, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentBack {
    /// Field name and what was typed.
    pub values: Vec<(&'static str, String)>,
    /// Field name (empty for the form as a whole) and what is wrong, in words.
    pub errors: Vec<(&'static str, String)>,
}

impl Auth {
    /// Keeps what a form had in it; the header is the browser's way back to it.
    pub fn keep_flash(&self, mut sent_back: SentBack) -> HeaderValue {
        for (_, value) in &mut sent_back.values {
            if let Some((end, _)) = value.char_indices().nth(VALUE_MAX) {
                value.truncate(end);
            }
        }
        let now = self.now();
        let token = self.0.flashes.put(sent_back, now + FLASH_MS, now);
        cookie::set(&self.flash_cookie(), &token, FLASH_MS, self.0.config.public_url.as_ref())
    }

    /// What the last refused form had in it, once; empty if there is nothing.
    pub fn take_flash(&self, headers: &HeaderMap) -> SentBack {
        let token = cookie::read(headers, &self.flash_cookie());
        token.and_then(|token| self.0.flashes.take(token, self.now())).unwrap_or_default()
    }

    fn flash_cookie(&self) -> String {
        cookie::full_name(COOKIE, self.0.config.public_url.as_ref())
    }
}
