//! Where the sockets are and what they allow, for programs that are told nothing but this server's address.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::domain::limits::Limits;
use crate::protocol::frame::SUBPROTOCOL;
use crate::server::House;
use crate::server::contract::VERSION;
use crate::server::contract::doors::{DoorRow, ECHO, doors};

/// The answer of `GET /ws/config`.
#[derive(Debug, Serialize)]
pub struct Discovery {
    websocket_config: SocketConfig,
}

#[derive(Debug, Serialize)]
struct SocketConfig {
    version: &'static str,
    subprotocols: [&'static str; 1],
    features: Features,
    endpoints: Endpoints,
    connection_limits: ConnectionLimits,
}

/// What works here; nothing is named that does not.
#[derive(Debug, Serialize)]
struct Features {
    json_first: bool,
    auth_required: bool,
    heartbeat_supported: bool,
    reconnection_supported: bool,
    replay_supported: bool,
    token_refresh_supported: bool,
    echo_supported: bool,
}

#[derive(Debug, Serialize)]
struct Endpoints {
    /// A person's socket, on the server's host.
    websocket: String,
    /// A session's own; `{code}` is its join code.
    session: String,
    /// All sockets by name.
    sockets: BTreeMap<&'static str, String>,
    /// How a ticket, a token and another token are asked for.
    ticket: String,
    login: String,
    refresh: String,
    /// The written contract, for programs and for people.
    contract: String,
    protocol: String,
}

/// Each number as it is enforced; 0 where there is no bound.
#[derive(Debug, Serialize)]
struct ConnectionLimits {
    max_connections: u32,
    max_connections_per_user: u32,
    max_sessions_per_connection: u32,
    max_users_per_session: u32,
    /// Messages of one person in a minute; answers and pings are not counted.
    max_message_rate: u32,
    /// Messages of one person to a room's chat in any sixty seconds.
    max_chat_rate: u32,
    max_answers_per_10s: u32,
    max_pings_per_10s: u32,
    max_message_bytes: u32,
    max_fragments: u32,
    /// Milliseconds.
    heartbeat_interval: i64,
    /// Events that are kept for those who come back.
    replay_events: u32,
}

/// Tells programs how to connect. Secret is nothing of it.
pub async fn discover(State(house): State<House>) -> Json<Discovery> {
    let features = Features {
        json_first: true,
        auth_required: house.config.require_auth,
        heartbeat_supported: true,
        reconnection_supported: true,
        replay_supported: true,
        token_refresh_supported: true,
        echo_supported: house.config.echo,
    };
    let base = house.config.base();
    let is_open = |door: &DoorRow| door.name != ECHO || house.config.echo;
    let sockets = doors().into_iter().filter(is_open).map(|door| (door.name, base.outside(door.path))).collect();
    let endpoints = Endpoints {
        websocket: base.outside("/ws"),
        session: base.outside("/ws/{code}"),
        sockets,
        ticket: base.outside("/api/v1/auth/ticket"),
        login: base.outside("/api/v1/auth/login"),
        refresh: base.outside("/api/v1/auth/refresh"),
        contract: base.outside("/ws/asyncapi.json"),
        protocol: base.outside("/protocol"),
    };
    Json(Discovery {
        websocket_config: SocketConfig {
            version: VERSION,
            subprotocols: [SUBPROTOCOL],
            features,
            endpoints,
            connection_limits: ConnectionLimits::of(&house.config.limits),
        },
    })
}

impl ConnectionLimits {
    fn of(limits: &Limits) -> Self {
        let per_user = limits.links_per_seat_max;
        Self {
            max_connections: limits.links_max,
            max_connections_per_user: if per_user == u32::MAX { 0 } else { per_user },
            max_sessions_per_connection: limits.sessions_per_link_max,
            max_users_per_session: limits.seats_max,
            max_message_rate: limits.messages_per_minute,
            max_chat_rate: limits.chat_per_minute,
            max_answers_per_10s: limits.answers_per_10s,
            max_pings_per_10s: limits.pings_per_10s,
            max_message_bytes: limits.message_bytes_max,
            max_fragments: limits.fragments_max,
            heartbeat_interval: limits.heartbeat_ms,
            replay_events: limits.ring_frames_max,
        }
    }
}
