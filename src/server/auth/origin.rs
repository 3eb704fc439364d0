//! Other people's pages: what they may not do in the name of who is looking at them.
//!
//! Two doors: sockets, which browsers open to anywhere, and requests that change something. Knows what a request carries,
//! and nothing of who the person is.
//!
//! Source: RFC 6455, 10.2; the fetch standard's `Sec-Fetch-Site`; tower-http's `csrf`.

use axum::Extension;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use thiserror::Error;
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::server::auth::caller::presented;
use crate::server::auth::{Auth, cookie};
use crate::server::config::Config;

/// Stands in the answer to what another site's page has sent.
#[derive(Clone, Copy, Debug)]
pub struct OriginRefused;

const REFUSED: &str = "this request came from another site, so nothing was changed\n";

/// Why a socket is not opened for a page, or for what is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum BadOrigin {
    /// The page is another site's.
    #[error("this page is another site's")]
    Foreign,
    /// The page has no origin: a file, a sandboxed frame.
    #[error("this page has no origin")]
    Null,
    /// The request names more than one.
    #[error("this request has more than one origin")]
    Several,
    /// The request names none, and comes with nothing but a cookie, which only browsers have.
    #[error("this request has a cookie and no origin")]
    Missing,
}

impl BadOrigin {
    /// Its stable name, for counters.
    pub fn code(self) -> &'static str {
        match self {
            Self::Foreign => "foreign",
            Self::Null => "null",
            Self::Several => "several",
            Self::Missing => "missing",
        }
    }
}

impl Auth {
    /// Whether a socket may be opened for this request.
    ///
    /// Its `Origin` must be ours, or one that the settings allow. A request without one comes from no browser; it may go
    /// on unless all it carries is a cookie of ours.
    ///
    /// # Errors
    /// [`BadOrigin`], for 403 and a counter.
    pub fn origin_is_ours(&self, headers: &HeaderMap, uri: &Uri) -> Result<(), BadOrigin> {
        let carried = match presented(headers, uri) {
            None if cookie::carries_ours(headers) => Carried::OnlyCookies,
            None | Some(_) => Carried::NothingOrMore,
        };
        judge(&self.0.config, headers, carried)
    }
}

/// What a request has to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carried {
    /// Cookies of ours and nothing else: what a browser sends along by itself.
    OnlyCookies,
    /// Nothing at all, or something that only who knows it can send.
    NothingOrMore,
}

fn judge(config: &Config, headers: &HeaderMap, carried: Carried) -> Result<(), BadOrigin> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => match carried {
            Carried::OnlyCookies => Err(BadOrigin::Missing),
            Carried::NothingOrMore => Ok(()),
        },
        (Some(_), Some(_)) => Err(BadOrigin::Several),
        (Some(origin), None) => match origin.to_str() {
            Ok("null") => Err(BadOrigin::Null),
            Ok(origin) if our_origin(config, headers).is_some_and(|ours| origin == ours) => Ok(()),
            Ok(origin) if config.other_origins().iter().any(|other| other.has(origin)) => Ok(()),
            Ok(_) | Err(_) => Err(BadOrigin::Foreign),
        },
    }
}

/// The origin of our own pages: the public one, or else what this request was sent to.
pub fn our_origin(config: &Config, headers: &HeaderMap) -> Option<String> {
    if let Some(url) = &config.public_url {
        return Some(url.origin());
    }
    let host = headers.get(header::HOST)?.to_str().ok()?.to_ascii_lowercase();
    // Without a public URL nobody stands between us and the browser, and we speak plain http.
    Some(format!("http://{}", host.strip_suffix(":80").unwrap_or(&host)))
}

/// The layer that refuses what another site's page sends, by what the browser says of where it comes from.
pub fn csrf_layer(config: &Config) -> CsrfLayer<fn(ProtectionError) -> Response> {
    let layer = CsrfLayer::new();
    let layer = match &config.public_url {
        Some(url) => layer.add_trusted_origin(url.origin()).expect("an origin is scheme and host"),
        None => layer,
    };
    layer.with_rejection_response((|_| refused()) as fn(ProtectionError) -> Response)
}

/// Refuses a request that changes something, carries a cookie and says nothing of where it comes from: browsers that can
/// be trusted with a cookie say it.
pub async fn refuse_unsaid_origin(request: Request, next: Next) -> Response {
    if is_unsaid(request.method(), request.headers()) { refused() } else { next.run(request).await }
}

fn is_unsaid(method: &Method, headers: &HeaderMap) -> bool {
    let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let says = |name: &str| headers.get(name).is_some_and(|value| !value.is_empty());
    changes && headers.contains_key(header::COOKIE) && !says("sec-fetch-site") && !says("origin")
}

fn refused() -> Response {
    (StatusCode::FORBIDDEN, Extension(OriginRefused), REFUSED).into_response()
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use http::HeaderValue;

    use super::*;
    use crate::server::config::Settings;
    use crate::server::config::environment::Environment;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        settings: Settings,
    }

    fn config(environment: Environment, flags: &[&str]) -> Config {
        let line = ["podium", "--environment", environment.name(), "--public-url", "https://quiz.example"];
        let line = Line::try_parse_from(line.iter().chain(flags)).expect("good settings");
        line.settings.resolve().expect("good settings")
    }

    fn from(origins: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("quiz.example"));
        for origin in origins {
            headers.append(header::ORIGIN, HeaderValue::from_static(origin));
        }
        headers
    }

    /// R021, R098; Netra 16: origins are validated.
    #[test]
    fn only_listed_origins_open_sockets_in_each_environment() {
        const LIST: [&str; 2] = ["--allowed-origins", "https://app.example,https://*.school.example"];
        // In development, staging and production.
        for (origin, expected) in [
            ("https://quiz.example", [Ok(()), Ok(()), Ok(())]),
            ("https://app.example", [Ok(()), Ok(()), Ok(())]),
            ("https://a.school.example", [Ok(()), Ok(()), Ok(())]),
            ("http://localhost:5173", [Ok(()), Ok(()), Err(BadOrigin::Foreign)]),
            ("http://127.0.0.1:3000", [Ok(()), Ok(()), Err(BadOrigin::Foreign)]),
            ("https://localhost:5173", [Err(BadOrigin::Foreign); 3]),
            ("null", [Err(BadOrigin::Null); 3]),
            ("", [Err(BadOrigin::Foreign); 3]),
            ("https://school.example", [Err(BadOrigin::Foreign); 3]),
            ("https://evil-school.example", [Err(BadOrigin::Foreign); 3]),
            ("https://a.school.example.evil.org", [Err(BadOrigin::Foreign); 3]),
            ("https://a.school.example:8443", [Err(BadOrigin::Foreign); 3]),
            ("http://a.school.example", [Err(BadOrigin::Foreign); 3]),
            ("http://quiz.example", [Err(BadOrigin::Foreign); 3]),
            ("https://quiz.example:444", [Err(BadOrigin::Foreign); 3]),
            ("https://quiz.example.evil.org", [Err(BadOrigin::Foreign); 3]),
            ("https://evilquiz.example", [Err(BadOrigin::Foreign); 3]),
            ("https://sub.quiz.example", [Err(BadOrigin::Foreign); 3]),
            ("HTTPS://Quiz.Example", [Err(BadOrigin::Foreign); 3]),
        ] {
            for (environment, expected) in Environment::ALL.into_iter().zip(expected) {
                let headers = from(&[origin]);
                let judged = judge(&config(environment, &LIST), &headers, Carried::OnlyCookies);
                assert_eq!(judged, expected, "{origin:?} in {}", environment.name());
                // What else is carried makes no difference to a page.
                assert_eq!(judge(&config(environment, &LIST), &headers, Carried::NothingOrMore), expected);
            }
        }
    }

    #[test]
    fn without_an_origin_a_cookie_is_not_enough() {
        let config = config(Environment::Production, &[]);
        assert_eq!(judge(&config, &from(&[]), Carried::OnlyCookies), Err(BadOrigin::Missing));
        assert_eq!(judge(&config, &from(&[]), Carried::NothingOrMore), Ok(()));
        assert_eq!(
            judge(&config, &from(&["https://quiz.example"; 2]), Carried::NothingOrMore),
            Err(BadOrigin::Several)
        );
    }

    #[test]
    fn the_switch_leaves_only_our_own_pages() {
        let flags = ["--allowed-origins", "https://app.example", "--cross-origin", "false"];
        let config = config(Environment::Development, &flags);
        for other in ["https://app.example", "http://localhost:3000"] {
            assert_eq!(judge(&config, &from(&[other]), Carried::OnlyCookies), Err(BadOrigin::Foreign), "{other}");
        }
        assert_eq!(judge(&config, &from(&["https://quiz.example"]), Carried::OnlyCookies), Ok(()));
    }
}
