//! Whether the house is alive, and whether it can work: for service managers and load balancers.
//!
//! Says no more than that to strangers; reasons stand in the log.

use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use tokio::time::timeout;

use crate::server::House;

/// A disk that was well is not asked; one that was not gets this long to take a write again.
const PATIENCE: Duration = Duration::from_secs(1);

/// Answers as long as the process does.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// Answers 200 while the house takes people in and the disk takes writes, else 503 and why in a word: `stopping`, or
/// `degraded` while the last commit failed. Nobody is answered before all rooms are back.
pub async fn ready(State(house): State<House>) -> (StatusCode, &'static str) {
    if house.stop.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match timeout(PATIENCE, house.store.check()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        Ok(Err(_)) | Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "degraded\n"),
    }
}
