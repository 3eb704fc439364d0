//! What browsers tell of their connections: taken, checked, counted, forgotten.
//!
//! Nothing of it is stored or logged, and nothing says who told it. Sent by `navigator.sendBeacon`, which reads no answer.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};

use crate::protocol::telemetry::Report;
use crate::server::metrics::label::Limit;
use crate::server::{House, alarms};

/// Answers `POST /api/v1/telemetry`: 204 if it was counted.
pub async fn take(State(house): State<House>, ConnectInfo(peer): ConnectInfo<SocketAddr>, body: Bytes) -> Response {
    if !house.config.client_telemetry.is_on() {
        return StatusCode::NOT_FOUND.into_response();
    }
    if let Err(wait) = house.auth.may_tell(peer.ip()) {
        house.metrics.limited(Limit::Telemetry);
        alarms::limited(&house, Limit::Telemetry, None);
        let retry = [(header::RETRY_AFTER, HeaderValue::from(wait.seconds))];
        return (StatusCode::TOO_MANY_REQUESTS, retry).into_response();
    }
    match serde_json::from_slice::<Report>(&body) {
        Ok(report) => {
            house.metrics.reported(&report);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(_) => (StatusCode::BAD_REQUEST, "this is no report of a connection\n").into_response(),
    }
}
