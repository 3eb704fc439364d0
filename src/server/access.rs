//! Every request: timed, counted and, for who looks closely, logged in one line.
//!
//! What stands there is the route's pattern; never a path, which can hold a ticket, and never a query, which can hold a
//! token. The connection's number joins a request to the socket that it became.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tracing::debug;

use crate::server::auth::origin::OriginRefused;
use crate::server::clock::Stopwatch;
use crate::server::live::meter::Meter;
use crate::server::metrics::{Answered, Metrics, label};

/// Files, and paths that lead nowhere.
const NO_ROUTE: &str = "other";

/// Passes the request on and notes how it was answered.
pub async fn note(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let since = Stopwatch::start();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let connection = request.extensions().get::<Arc<Meter>>().map(|meter| meter.connection());
    let method = label::method(request.method());

    let response = next.run(request).await;

    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let answered = Answered { method, route, status: response.status().as_u16(), took: since.elapsed() };
    metrics.answered(&answered);
    if response.extensions().get::<OriginRefused>().is_some() {
        metrics.origin_refused();
    }
    let duration_ms = answered.took.as_secs_f64() * 1_000.0;
    debug!(connection, method, route, status = answered.status, duration_ms, "request answered");
    response
}
