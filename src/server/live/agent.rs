//! What kind of program is on the other side, as far as it says: a browser and a system, for the eyes of an operator.
//!
//! The names are those of [`browser`](crate::server::auth::browser); nothing of the text is kept, and nothing depends on it.
//!
//! Source: RFC 9110, 10.1.5 (User-Agent); MDN, "Browser detection using the user agent string".

use http::HeaderMap;

use crate::server::auth::browser;

/// What kind of program it is. Small, because every link has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agent {
    browser: Option<&'static str>,
    system: Option<&'static str>,
}

impl Agent {
    /// From the headers of a request.
    pub fn of(headers: &HeaderMap) -> Self {
        let said = browser::said(headers);
        // Every browser begins so; a program may name a system all the same.
        if !said.starts_with("Mozilla/") {
            return Self::default();
        }
        let (browser, system) = browser::find(said);
        Self { browser, system }
    }

    /// In words: `Firefox on Android`.
    pub fn words(self) -> String {
        match (self.browser, self.system) {
            (Some(browser), Some(system)) => format!("{browser} on {system}"),
            (Some(name), None) | (None, Some(name)) => name.to_owned(),
            (None, None) => "A program".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    #[test]
    fn browsers_are_known_by_what_they_say() {
        for (text, words) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            ("python-websockets/15.0 Linux", "A program"),
            ("", "A program"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::USER_AGENT, text.parse().expect("a value"));
            assert_eq!(Agent::of(&headers).words(), words, "{text}");
        }
        assert_eq!(Agent::of(&HeaderMap::new()).words(), "A program");
    }
}
