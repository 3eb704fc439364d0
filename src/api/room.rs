//! Rooms: what the host's, the stage's and a player's page start from.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::ApiError;
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
