//! Cookies: read from a request, written for a response.
//!
//! Knows their form, not their meaning. Over https every name begins with `__Host-`, which browsers accept only from the
//! host itself, over https and for the whole site. On a host that is shared, a cookie for the whole site would be sent to
//! everything else there, and two of this program would take each other's: below a path it is kept to that path, and its
//! name begins with `__Secure-`, which asks for https alone. On plain http browsers accept neither.
//!
//! Source: RFC 6265bis, 4.1.

use http::{HeaderMap, HeaderValue, header};

use crate::domain::time::Millis;
use crate::server::config::PublicUrl;

/// The cookie of an admin's login, and what the names of all our cookies begin with.
pub const LOGIN: &str = "podium";

/// The prefixes of names that browsers keep to https.
const PREFIXES: [&str; 2] = ["__Host-", "__Secure-"];

/// The name under which a cookie is really kept by who reaches this server under that address.
pub fn full_name(name: &str, public_url: Option<&PublicUrl>) -> String {
    let [of_the_host, of_https] = PREFIXES;
    match public_url.filter(|url| url.is_https()) {
        Some(url) if url.base().is_root() => format!("{of_the_host}{name}"),
        Some(_) => format!("{of_https}{name}"),
        None => name.to_owned(),
    }
}

/// The path that cookies are kept to.
pub fn path(public_url: Option<&PublicUrl>) -> &str {
    public_url.map(|url| url.base().as_str()).filter(|base| !base.is_empty()).unwrap_or("/")
}

/// The value of a cookie in a request.
pub fn read<'h>(headers: &'h HeaderMap, full_name: &str) -> Option<&'h str> {
    pairs(headers).find(|(name, _)| *name == full_name).map(|(_, value)| value)
}

/// Whether the request carries any of our cookies: then it acts for somebody.
pub fn carries_ours(headers: &HeaderMap) -> bool {
    let plain = |name: &str| PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix).map(str::to_owned));
    pairs(headers).any(|(name, _)| plain(name).as_deref().unwrap_or(name).starts_with(LOGIN))
}

/// The header that sets a cookie: out of reach of scripts, not sent along from other sites' forms.
///
/// The value must be made of characters that a cookie may have; all of ours are letters, digits, dots, `-` and `_`.
pub fn set(full_name: &str, value: &str, max_age: Millis, public_url: Option<&PublicUrl>) -> HeaderValue {
    let seconds = max_age.0.max(0) / 1_000;
    let secure = if public_url.is_some_and(PublicUrl::is_https) { "; Secure" } else { "" };
    let path = path(public_url);
    HeaderValue::try_from(format!(
        "{full_name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
    ))
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
        assert!(carries_ours(&headers(&["__Secure-podium-flash=abc"])));
    }

    fn check(public_url: Option<&str>, header: &str) {
        let url = public_url.map(|url| PublicUrl::parse(url).expect("a good address"));
        let name = full_name(LOGIN, url.as_ref());
        assert_eq!(set(&name, "v", Millis(60_000), url.as_ref()), header);
    }

    #[test]
    fn over_https_a_cookie_stays_on_https() {
        check(Some("https://quiz.example"), "__Host-podium=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
    }

    #[test]
    fn below_a_path_a_cookie_stays_there() {
        let kept = "podium=v; Path=/quiz; Max-Age=60; HttpOnly; SameSite=Lax";
        check(Some("http://school.example/quiz"), kept);
        check(Some("https://school.example/quiz/"), &format!("__Secure-{kept}; Secure"));
    }

    #[test]
    fn on_plain_http_a_cookie_has_its_plain_name() {
        check(None, "podium=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
        check(Some("http://quiz.example"), "podium=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    }
}
