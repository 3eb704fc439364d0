//! The porch: what lies between the house and the street when other people's proxies stand there.
//!
//! Inside, every path is written as if the house stood at the root of its host, and every request comes from who asks.
//! Here the base path is taken off what comes and put on where answers lead, and the word of trusted proxies is taken for
//! the asker's address. A house that stands alone has no porch.
//!
//! A proxy may hand on whole paths or take the base off by itself: both are understood, since no path of ours begins like
//! the base.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::uri::PathAndQuery;
use http::{HeaderValue, StatusCode, Uri, header};

use crate::domain::base_path::BasePath;
use crate::server::config::Config;
use crate::server::proxies::asker;

/// Puts the porch in front of the router, if the settings ask for one.
pub fn before(router: Router, config: &Arc<Config>) -> Router {
    if config.base().is_root() && config.trusted_proxies.is_empty() {
        return router;
    }
    let pass = middleware::from_fn_with_state(Arc::clone(config), pass);
    // Around a router of its own, because a layer of the router itself would see the request only after it was routed.
    Router::new().fallback_service(router).layer(pass)
}

async fn pass(State(config): State<Arc<Config>>, mut request: Request, next: Next) -> Response {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        let asker = asker(&config.trusted_proxies, peer.ip(), request.headers());
        let asker = SocketAddr::new(asker, peer.port());
        request.extensions_mut().insert(ConnectInfo(asker));
    }
    let base = config.base();
    request.extensions_mut().insert(base.clone());
    match base.inside(request.uri().path_and_query().map_or("", PathAndQuery::as_str)) {
        Some(inside) if inside.starts_with('/') => *request.uri_mut() = at(request.uri(), inside),
        // Browsers resolve what a page says against its folder, so the slash has to be there.
        Some(query) => return moved(&format!("{}/{query}", base.as_str())),
        None => {}
    }
    let mut response = next.run(request).await;
    lead_outside(base, &mut response);
    response
}

/// The same address with another path and query.
fn at(uri: &Uri, path_and_query: &str) -> Uri {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.parse().expect("the rest of a good path is a good path"));
    Uri::from_parts(parts).expect("an address with another path is an address")
}

fn moved(target: &str) -> Response {
    let location = HeaderValue::try_from(target).expect("what came as a path is a good header");
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, location)]).into_response()
}

/// Where an answer leads to a path of ours, it gets the base.
fn lead_outside(base: &BasePath, response: &mut Response) {
    let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    let Some(path) = location.filter(|path| path.starts_with('/')) else { return };
    let outside = HeaderValue::try_from(base.outside(path)).expect("a plain path behind a plain path");
    response.headers_mut().insert(header::LOCATION, outside);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_path_leaves_the_rest_of_an_address() {
        for (uri, path, moved) in [
            ("/quiz/login?next=/a", "/login?next=/a", "/login?next=/a"),
            ("/quiz//x", "//x", "//x"),
            ("http://school.example/quiz/", "/", "http://school.example/"),
        ] {
            assert_eq!(at(&uri.parse().expect("an address"), path).to_string(), moved);
        }
    }
}
