//! Cookies: read from a request, written for a response.
//!
//! Knows their form, not their meaning. Over https every name begins with `__Host-`, which browsers accept only from the
//! host itself, over https and for the whole site; on plain http they would not accept it at all.
//!
//! Source: RFC 6265bis, 4.1.

use http::{HeaderMap, HeaderValue, header};

use crate::domain::time::Millis;

/// The cookie of an admin's login, and what the names of all our cookies begin with.
pub const LOGIN: &str = "podium";

/// The name under which a cookie is really kept.
pub fn full_name(name: &str, is_https: bool) -> String {
    if is_https { format!("__Host-{name}") } else { name.to_owned() }
}

/// The value of a cookie in a request.
pub fn read<'h>(headers: &'h HeaderMap, full_name: &str) -> Option<&'h str> {
    pairs(headers).find(|(name, _)| *name == full_name).map(|(_, value)| value)
}

/// Whether the request carries any of our cookies: then it acts for somebody.
pub fn carries_ours(headers: &HeaderMap) -> bool {
    pairs(headers).any(|(name, _)| name.strip_prefix("__Host-").unwrap_or(name).starts_with(LOGIN))
}

/// The header that sets a cookie: out of reach of scripts, not sent along from other sites' forms.
///
/// The value must be made of characters that a cookie may have; all of ours are letters, digits, dots, `-` and `_`.
pub fn set(full_name: &str, value: &str, max_age: Millis, is_https: bool) -> HeaderValue {
    let seconds = max_age.0.max(0) / 1_000;
    let secure = if is_https { "; Secure" } else { "" };
    HeaderValue::try_from(format!("{full_name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"))
        .expect("names and values of our cookies are plain ASCII")
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_static(line));
        }
        headers
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let headers = headers(&["a=1; podium-seat-KFX7QM=abc", "podium=def; b=2=3"]);
        assert_eq!(read(&headers, "podium"), Some("def"));
        assert_eq!(read(&headers, "podium-seat-KFX7QM"), Some("abc"));
        assert_eq!(read(&headers, "b"), Some("2=3"));
        assert_eq!(read(&headers, "__Host-podium"), None);
    }

    #[test]
    fn other_programs_cookies_on_this_host_are_not_ours() {
        assert!(!carries_ours(&headers(&["theme=dark; id=7"])));
        assert!(carries_ours(&headers(&["theme=dark; podium-seat-KFX7QM=abc"])));
        assert!(carries_ours(&headers(&["__Host-podium=abc"])));
    }

    #[test]
    fn over_https_a_cookie_stays_on_https() {
        let name = full_name(LOGIN, true);
        let set = set(&name, "v", Millis(60_000), true);
        assert_eq!(set, "__Host-podium=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
    }
}
