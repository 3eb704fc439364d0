//! Where the sockets are and what they allow, for programs that are told nothing but this server's address.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::protocol::frame::SUBPROTOCOL;
use crate::server::House;

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

#[derive(Debug, Serialize)]
struct Features {
    json_first: bool,
    auth_required: bool,
    heartbeat_supported: bool,
    reconnection_supported: bool,
}

#[derive(Debug, Serialize)]
struct Endpoints {
    /// A person's socket, on the server's host.
    websocket: String,
    /// A session's own; `{code}` is its join code.
    session: String,
}

/// Each number as it is enforced.
#[derive(Debug, Serialize)]
struct ConnectionLimits {
    max_connections: u32,
    max_connections_per_user: u32,
    /// Messages of one person in a minute; answers and pings are not counted.
    max_message_rate: u32,
    /// Messages of one person to a room's chat in any sixty seconds.
    max_chat_rate: u32,
    max_message_bytes: u32,
    /// Milliseconds.
    heartbeat_interval: i64,
}

/// Tells programs how to connect. Secret is nothing of it.
pub async fn discover(State(house): State<House>) -> Json<Discovery> {
    let limits = house.config.limits;
    let features = Features {
        json_first: true,
        auth_required: house.config.require_auth,
        heartbeat_supported: true,
        reconnection_supported: true,
    };
    let connection_limits = ConnectionLimits {
        max_connections: limits.links_max,
        max_connections_per_user: limits.links_per_seat_max,
        max_message_rate: limits.messages_per_minute,
        max_chat_rate: limits.chat_per_minute,
        max_message_bytes: limits.message_bytes_max,
        heartbeat_interval: limits.heartbeat_ms,
    };
    Json(Discovery {
        websocket_config: SocketConfig {
            version: "1.0",
            subprotocols: [SUBPROTOCOL],
            features,
            endpoints: Endpoints {
                websocket: house.config.base().outside("/ws"),
                session: house.config.base().outside("/ws/{code}"),
            },
            connection_limits,
        },
    })
}
