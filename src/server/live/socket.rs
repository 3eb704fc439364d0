//! The door of the sockets: who is it, may they in, and what may they know.
//!
//! An `Origin` that is not ours gets 403 and no upgrade. Credentials that are no good get the upgrade, because a browser
//! cannot read the status of a refused one, and then a close with its reason and not one frame of data.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use tracing::info;

use crate::domain::code::JoinCode;
use crate::domain::ids::Epoch;
use crate::protocol::close::Close;
use crate::protocol::dialect::Dialect;
use crate::protocol::frame::SUBPROTOCOL;
use crate::protocol::message::Position;
use crate::protocol::view::Audience;
use crate::room::input::Who;
use crate::server::House;
use crate::server::live::channel::LinkEnd;
use crate::server::live::handshake::{self, Handshake, Terms};
use crate::server::live::link::{Link, Places};
use crate::server::live::reader::{Echo, Reader};
use crate::server::live::rooms::RoomHandle;

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
    request: Request,
) -> Response {
    if !house.auth.origin_is_ours(request.headers()) {
        info!(origin = ?request.headers().get(header::ORIGIN), "no socket for this page; is --public-url its address?");
        return (StatusCode::FORBIDDEN, "this page is not ours, so its socket is not opened").into_response();
    }
    let Some(terms) = terms(&house, &request) else { return full() };
    let admitted = admit(&house, &code, wish.role, request.headers()).await;
    let handshake = match Handshake::read(request, house.config.socket_engine, house.config.limits).await {
        Ok(handshake) => handshake,
        Err(answer) => return answer,
    };
    match admitted {
        Err(close) => handshake.refuse(terms, close),
        Ok((room, audience, who)) => {
            let position = wish.epoch.zip(wish.seq).map(|(epoch, seq)| Position { epoch: Epoch(epoch), seq });
            info!(connection = terms.places.link.id, session.id = %room.session, audience = ?audience, "link opens");
            let place = house.rooms.next_place();
            handshake.accept(terms, async move |link: Arc<Link>| {
                let end = Arc::new(LinkEnd::new(link, place, audience, who));
                Reader::join(end, room, position).await
            })
        }
    }
}

/// Opens a socket that sends everything back, if the operator wants one.
pub async fn echo(State(house): State<House>, request: Request) -> Response {
    if !house.config.echo {
        return StatusCode::NOT_FOUND.into_response();
    }
    let Some(terms) = terms(&house, &request) else { return full() };
    match Handshake::read(request, house.config.socket_engine, house.config.limits).await {
        Ok(handshake) => handshake.accept(terms, async |link: Arc<Link>| {
            // The suites' clients would answer a ping in the middle of a frame that they send in pieces.
            link.calm();
            Some(Echo(link))
        }),
        Err(answer) => answer,
    }
}

/// What one more link is; `None` if the house is full.
fn terms(house: &House, request: &Request) -> Option<Terms> {
    let link = house.rooms.take_link_place()?;
    let connection = request.extensions().get::<Arc<OwnedSemaphorePermit>>().cloned();
    let subprotocol = handshake::offers(request.headers(), SUBPROTOCOL).then_some(SUBPROTOCOL);
    Some(Terms {
        places: Places { link, connection },
        dialect: Dialect::Podium,
        subprotocol,
        shard: house.rooms.next_shard(),
    })
}

fn full() -> Response {
    let retry = [(header::RETRY_AFTER, "10")];
    (StatusCode::SERVICE_UNAVAILABLE, retry, "the server is full, please come back later").into_response()
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
