//! Other people's pages: what they may not do in the name of who is looking at them.
//!
//! Two doors: sockets, which browsers open to anywhere, and requests that change something. Knows nothing of who the
//! person is.
//!
//! Source: RFC 6455, 10.2; the fetch standard's `Sec-Fetch-Site`; tower-http's `csrf`.

use axum::Extension;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, header};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::server::auth::{Auth, cookie};
use crate::server::config::Config;

/// Stands in the answer to what another site's page has sent.
#[derive(Clone, Copy, Debug)]
pub struct OriginRefused;

const REFUSED: &str = "this request came from another site, so nothing was changed\n";

impl Auth {
    /// Whether a socket may be opened for this request.
    ///
    /// Its `Origin` must be ours. A request without one comes from no browser; it may go on unless it carries a cookie,
    /// which only browsers do.
    pub fn origin_is_ours(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (None, _) => !cookie::carries_ours(headers),
            (Some(origin), None) => {
                our_origin(&self.0.config, headers).is_some_and(|ours| origin.as_bytes() == ours.as_bytes())
            }
            (Some(_), Some(_)) => false,
        }
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
        Some(url) => layer.add_trusted_origin(url.origin()).expect("a public URL has a scheme, a host and no path"),
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
