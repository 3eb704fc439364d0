//! What every answer tells the browser to refuse.
//!
//! Pages get a Content-Security-Policy with their own nonce; everything else gets one that allows nothing.

use axum::{Router, middleware, response::Response};
use http::{
    HeaderValue,
    header::{self, HeaderName},
};

/// The policy of everything that is not a page: a picture or a data file opened by itself runs and loads nothing.
const POLICY_OF_FILES: &str = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";

const ON_EVERY_ANSWER: [(HeaderName, HeaderValue); 4] = [
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Puts the headers on every answer of the router. A policy that a page has set stays.
pub fn protect(router: Router) -> Router {
    router.layer(middleware::map_response(async |mut response: Response| {
        let headers = response.headers_mut();
        headers.extend(ON_EVERY_ANSWER);
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY_OF_FILES));
        response
    }))
}

/// The Content-Security-Policy of one page.
///
/// `host` is the request's `Host`: current browsers count its sockets as `'self'`, older Safari must be told.
/// `reload` is the port of the reloading socket of `make dev`.
pub fn page_policy(nonce: &str, host: Option<&str>, reload: Option<u16>) -> String {
    let sockets =
        host.filter(|host| is_host(host)).map(|host| format!(" ws://{host} wss://{host}")).unwrap_or_default();
    let reload = match (reload, host.filter(|host| is_host(host))) {
        (Some(port), Some(host)) => format!(" ws://{}:{port}", without_port(host)),
        _ => String::new(),
    };
    format!(
        "script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         style-src-attr 'unsafe-inline'; connect-src 'self'{sockets}{reload}; object-src 'none'; \
         base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Whether this may stand in a policy: a stranger who invents a `Host` must not add directives.
fn is_host(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::page_policy;

    #[test]
    fn a_page_allows_its_own_nonce_and_its_own_sockets() {
        let policy = page_policy("abc", Some("quiz.example:3000"), None);
        assert_eq!(
            policy,
            "script-src 'nonce-abc' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
             style-src-attr 'unsafe-inline'; connect-src 'self' ws://quiz.example:3000 wss://quiz.example:3000; \
             object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
        );
    }

    #[test]
    fn an_invented_host_adds_nothing_to_the_policy() {
        for host in ["evil; script-src *", "a b", "", "'unsafe-inline'", "a,b"] {
            assert!(page_policy("abc", Some(host), Some(3001)).contains("connect-src 'self';"), "{host}");
        }
    }

    #[test]
    fn the_reloading_socket_is_allowed_only_under_watch() {
        let policy = page_policy("abc", Some("[::1]:3000"), Some(3001));
        assert!(policy.contains(" wss://[::1]:3000 ws://[::1]:3001;"), "{policy}");
    }
}
