//! The door of the sockets: who is it, may they in, and what may they know.
//!
//! An `Origin` that is not ours gets 403 and no upgrade. Credentials that are no good get the upgrade, because a browser
//! cannot read the status of a refused one, and then a close with its reason and not one frame of data.

use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Extension, Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use tracing::info;

use crate::domain::code::JoinCode;
use crate::domain::ids::Epoch;
use crate::protocol::close::Close;
use crate::protocol::frame::SUBPROTOCOL;
use crate::protocol::message::Position;
use crate::protocol::view::Audience;
use crate::room::input::Who;
use crate::server::House;
use crate::server::live::channel::LinkEnd;
use crate::server::live::link::{self, LinkParts};
use crate::server::live::meter::Meter;
use crate::server::live::rooms::RoomHandle;

/// Bytes that a socket reads at once; the buffer lives as long as the link.
const READ_BUFFER: usize = 2_048;
/// Frames are gathered in the codec up to this before it writes by itself.
const WRITE_BUFFER: usize = 131_072;
/// The codec never holds more; the largest frame is a host's snapshot.
const WRITE_BUFFER_MAX: usize = 8_388_608;

/// What a link asks for in its address.
#[derive(Debug, Deserialize)]
pub struct Wish {
    /// What it wants to be.
    #[serde(rename = "as")]
    role: Role,
    epoch: Option<u64>,
    seq: Option<u64>,
}

/// What a link can be.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Role {
    Host,
    Stage,
    Player,
}

/// Opens a room's socket: `/ws/{code}?as=player|stage|host&epoch=&seq=`.
pub async fn open(
    State(house): State<House>,
    Path(code): Path<String>,
    Query(wish): Query<Wish>,
    Extension(meter): Extension<Arc<Meter>>,
    place: Option<Extension<Arc<OwnedSemaphorePermit>>>,
    asked: Parts,
    upgrade: WebSocketUpgrade,
) -> Response {
    if house.auth.origin_is_ours(&asked.headers, &asked.uri).is_err() {
        return (StatusCode::FORBIDDEN, "this page is not ours, so its socket is not opened").into_response();
    }
    let Some(link_place) = house.rooms.take_link_place() else {
        let retry = [(header::RETRY_AFTER, "10")];
        return (StatusCode::SERVICE_UNAVAILABLE, retry, "the server is full, please come back later").into_response();
    };
    let limits = house.config.limits;
    let upgrade = upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(WRITE_BUFFER_MAX)
        .max_message_size(limits.message_bytes_max as usize)
        .max_frame_size(limits.message_bytes_max as usize);

    let mut response = match admit(&house, &code, wish.role, &asked.headers).await {
        Err(close) => upgrade.on_upgrade(move |socket| link::refuse(socket, close)),
        Ok((room, audience, who)) => {
            let end = Arc::new(LinkEnd::new(link_place.id, audience, who));
            let position = wish.epoch.zip(wish.seq).map(|(epoch, seq)| Position { epoch: Epoch(epoch), seq });
            info!(connection = end.id, session.id = %room.session, audience = ?audience, "link opens");
            let clock = house.clock.clone();
            upgrade.on_upgrade(async move |socket| {
                link::run(LinkParts { socket, end, room, meter, clock, limits }, position).await;
                // Both places are given back only now.
                drop((link_place, place));
            })
        }
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Finds the room and decides what this request may be in it.
async fn admit(
    house: &House,
    code: &str,
    role: Role,
    headers: &HeaderMap,
) -> Result<(RoomHandle, Audience, Option<Who>), Close> {
    let room = JoinCode::parse(code).ok().and_then(|code| house.rooms.find(code));
    match role {
        Role::Player => {
            let room = room.ok_or(Close::NoRoom)?;
            let claim = house.auth.seat(headers, room.code).ok_or(Close::Refused)?;
            // A seat of an earlier session that had the same code is no seat here.
            if claim.session != room.session {
                return Err(Close::Refused);
            }
            Ok((room, Audience::Players, Some(Who::Seat(claim.seat))))
        }
        Role::Host => Ok((hosted(house, room, headers).await?, Audience::Host, Some(Who::Host))),
        Role::Stage => Ok((hosted(house, room, headers).await?, Audience::Stage, None)),
    }
}

/// The room, if this login belongs to its organisation; another organisation's room is no room.
async fn hosted(house: &House, room: Option<RoomHandle>, headers: &HeaderMap) -> Result<RoomHandle, Close> {
    let admin = house.auth.admin(headers).await.ok_or(Close::Refused)?;
    room.filter(|room| room.organisation == admin.organisation).ok_or(Close::NoRoom)
}
