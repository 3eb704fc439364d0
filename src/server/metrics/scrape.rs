//! The door of the metrics: who may read them, and in which form they are told.
//!
//! On a listener of its own everybody may who reaches it. On the one of the pages only the networks that the operator
//! names; to everybody else there is nothing here.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::server::House;
use crate::server::metrics::Reading;

/// Source: the OpenMetrics text format, 1.0, "Content type".
const FORM: HeaderValue = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Answers `GET /metrics` beside the pages.
pub async fn for_networks(State(house): State<House>, ConnectInfo(peer): ConnectInfo<SocketAddr>) -> Response {
    if !house.config.metrics_networks.iter().any(|network| network.holds(peer.ip())) {
        return StatusCode::NOT_FOUND.into_response();
    }
    tell(&house)
}

/// Answers `GET /metrics` on a listener of its own.
pub async fn for_anyone(State(house): State<House>) -> Response {
    tell(&house)
}

fn tell(house: &House) -> Response {
    let headers = [(header::CONTENT_TYPE, FORM), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (headers, house.metrics.text(reading(house))).into_response()
}

fn reading(house: &House) -> Reading {
    let rooms = house.rooms.all();
    Reading {
        rooms_open: rooms.iter().filter(|room| !room.channel.is_over()).count(),
        inbox_depth: rooms.iter().map(|room| room.inbox.max_capacity() - room.inbox.capacity()).sum(),
        is_store_writable: house.store.is_well(),
        pool: house.store.pool(),
    }
}
