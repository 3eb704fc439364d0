//! Whether the house is alive, and whether it can work: for service managers and load balancers.
//!
//! Says no more than that to strangers; reasons stand in the log.

use axum::extract::State;
use http::StatusCode;

use crate::server::House;

/// Answers as long as the process does.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// Answers 200 while requests are taken and the disk takes writes, else 503.
pub async fn ready(State(house): State<House>) -> (StatusCode, &'static str) {
    if house.stop.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match house.store.check().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the disk does not take writes\n"),
    }
}
