//! Rooms: what the host's, the stage's and a player's page start from.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::{ApiError, Json};
use crate::domain::code::JoinCode;
use crate::domain::time::Timestamp;
use crate::protocol::message::Position;
use crate::protocol::view::{HostView, PlayerView, StageView};

/// What a live page starts from: the view, where it stands in the stream, and the address of the room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LivePage<V> {
    /// The whole view.
    pub view: V,
    /// The position of the view in its audience's stream; the link goes on from here.
    pub position: Position,
    /// The server's time when the page was made.
    pub server_time: Timestamp,
    /// Where people join, as they type it: host and path without the scheme, for example `podium.example`.
    pub join_host: String,
    /// The whole address that the QR code carries.
    pub join_url: String,
    /// The QR code of that address, an SVG of our own making.
    pub join_qr_svg: String,
    /// Whether the page came over https or from this machine, so that the screen can be kept awake.
    pub is_secure: bool,
}

/// The page of a player, or where to go instead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PlayerEntry {
    /// There is a seat.
    Seated(Box<LivePage<PlayerView>>),
    /// This browser has no seat in the room: join first.
    NoSeat,
    /// The host took the seat away; the flag says for good.
    Removed {
        /// Whether the person may not come back.
        is_blocked: bool,
    },
}

/// A link that carries a seat to another device, once, for a minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceTicket {
    /// The whole address.
    pub url: String,
    /// Its QR code, an SVG of our own making.
    pub qr_svg: String,
    /// When it ends.
    pub ends_at: Timestamp,
}

/// What the join page starts from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinPage {
    /// The code from the address, as it was typed; may be empty.
    pub code: String,
    /// Sent with the form, so that sending it twice takes one seat.
    pub request_id: String,
    /// A friendly name for who has none in mind.
    pub suggestion: String,
    /// What a refused form had in it.
    pub flash: crate::api::admin::Flash,
}

/// What the page of a second device starts from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatPage {
    /// Whose seat it is.
    pub name: String,
    /// The room's title.
    pub title: String,
    /// The room's code.
    pub code: JoinCode,
}

/// A room that is open now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomCard {
    /// Its code.
    pub code: JoinCode,
    /// Its quiz's title.
    pub title: String,
    /// Where it stands.
    pub phase: crate::protocol::view::Phase,
    /// Seats with an open link.
    pub here: u32,
}

/// What the join page starts from; `code` is the one in the address.
///
/// Says nothing of whether there is such a room: that is for who joins.
///
/// # Errors
/// Only those of every request.
#[server(name = OpenJoinPage, prefix = "/api", endpoint = "join_page", input = Json, output = Json)]
pub async fn join_page(
    /// The code in the address, if there is one.
    code: Option<String>,
) -> Result<JoinPage, ApiError> {
    let asked = crate::server::ask::as_anyone()?;
    let flash: crate::api::admin::Flash = asked.house.auth.take_flash(asked.headers()).into();
    // What was typed last comes first; the address may be of another room.
    let code = flash.value("code").map(str::to_owned).or(code).unwrap_or_default();
    Ok(JoinPage {
        code: code.chars().take(4 * JoinCode::LENGTH).collect(),
        request_id: crate::server::chance::command_id().into(),
        suggestion: crate::server::chance::nickname(),
        flash,
    })
}

/// What a player's page starts from.
///
/// To a browser without a seat there is no difference between an unknown room and one that it has not joined.
///
/// # Errors
/// [`ApiError::NotFound`] if the browser has a seat in a room that is over.
#[server(prefix = "/api", endpoint = "player_page", input = Json, output = Json)]
pub async fn player_page(
    /// The code in the address.
    code: String,
) -> Result<PlayerEntry, ApiError> {
    let asked = crate::server::ask::as_anyone()?;
    let Some(claim) = asked.seat(&code) else { return Ok(PlayerEntry::NoSeat) };
    let room = asked.room_of(claim).ok_or(ApiError::NotFound)?;
    match room.seat_status(claim.seat).await {
        Some(crate::room::roster::SeatStatus::Seated { .. }) => {}
        Some(crate::room::roster::SeatStatus::Removed) => return Ok(PlayerEntry::Removed { is_blocked: false }),
        Some(crate::room::roster::SeatStatus::Blocked) => return Ok(PlayerEntry::Removed { is_blocked: true }),
        None => return Ok(PlayerEntry::NoSeat),
    }
    let (view, position) = room.player_page(claim.seat).await.ok_or(ApiError::NotFound)?;
    Ok(PlayerEntry::Seated(Box::new(asked.live_page(room.code, view, position))))
}

/// What the stage starts from.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`] if no such room of the organisation is open.
#[server(prefix = "/api", endpoint = "stage_page", input = Json, output = Json)]
pub async fn stage_page(
    /// The code in the address.
    code: String,
) -> Result<LivePage<StageView>, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::Look).await?;
    let room = asked.hosted_room(&admin, &code).ok_or(ApiError::NotFound)?;
    let (view, position) = room.stage_page().await.ok_or(ApiError::NotFound)?;
    Ok(asked.live_page(room.code, view, position))
}

/// What the host's page starts from.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`] if no such room of the organisation is open.
#[server(prefix = "/api", endpoint = "host_page", input = Json, output = Json)]
pub async fn host_page(
    /// The code in the address.
    code: String,
) -> Result<LivePage<HostView>, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::RunRooms).await?;
    let room = asked.hosted_room(&admin, &code).ok_or(ApiError::NotFound)?;
    let (view, position) = room.host_page().await.ok_or(ApiError::NotFound)?;
    Ok(asked.live_page(room.code, view, position))
}

/// Makes a link that carries this browser's seat to another device.
///
/// # Errors
/// [`ApiError::NotFound`] if the browser has no seat in an open room with this code.
#[server(name = MakeDeviceTicket, prefix = "/api", endpoint = "device_ticket", input = Json, output = Json)]
pub async fn device_ticket(
    /// The code in the address.
    code: String,
) -> Result<DeviceTicket, ApiError> {
    let asked = crate::server::ask::as_anyone()?;
    let claim = asked.seat(&code).ok_or(ApiError::NotFound)?;
    asked.name_of(claim).await.ok_or(ApiError::NotFound)?;
    let (token, ends_at) = asked.house.auth.issue_ticket(claim);
    let url = asked.address(&format!("/seat/{token}"));
    Ok(DeviceTicket { qr_svg: crate::server::qr::svg(&url), url, ends_at })
}

/// Whose seat a ticket carries. Looking does not use it up.
///
/// # Errors
/// [`ApiError::NotFound`] if it was used, has ended, or its room is over.
#[server(name = OpenSeatPage, prefix = "/api", endpoint = "seat_page", input = Json, output = Json)]
pub async fn seat_page(
    /// The secret part of the link.
    ticket: String,
) -> Result<SeatPage, ApiError> {
    let asked = crate::server::ask::as_anyone()?;
    let claim = asked.house.auth.look_at_ticket(&ticket).ok_or(ApiError::NotFound)?;
    let name = asked.name_of(claim).await.ok_or(ApiError::NotFound)?;
    let room = asked.room_of(claim).ok_or(ApiError::NotFound)?;
    let (title, _, _) = room.card().await.ok_or(ApiError::NotFound)?;
    Ok(SeatPage { name, title, code: claim.code })
}

/// The organisation's rooms that are open, by code.
///
/// # Errors
/// [`ApiError::NotSignedIn`].
#[server(prefix = "/api", endpoint = "open_rooms", input = Json, output = Json)]
pub async fn open_rooms() -> Result<Vec<RoomCard>, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::Look).await?;
    let mut cards = Vec::new();
    let is_live_here = |room: &crate::server::live::rooms::RoomHandle| {
        room.organisation == admin.organisation && room.pace == crate::domain::pace::Pace::Host
    };
    for room in asked.house.rooms.all().into_iter().filter(is_live_here) {
        if let Some((title, phase, here)) = room.card().await
            && phase != crate::protocol::view::Phase::Closed
        {
            cards.push(RoomCard { code: room.code, title, phase, here });
        }
    }
    cards.sort_by_key(|card| card.code);
    Ok(cards)
}
