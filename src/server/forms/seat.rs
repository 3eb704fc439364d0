//! Joining a room, and carrying a seat to another device.
//!
//! To somebody without a seat, an unknown, an ended and a locked room are the same; who tries codes is slowed down.

use std::net::SocketAddr;

use axum::Form;
use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use http::{HeaderMap, header};
use serde::Deserialize;

use crate::domain::code::JoinCode;
use crate::domain::ids::CommandId;
use crate::domain::name::Nickname;
use crate::domain::pace::Pace;
use crate::protocol::refusal::Refusal;
use crate::protocol::refusal::sentence;
use crate::room::roster::SeatStatus;
use crate::server::auth::flash::SentBack;
use crate::server::auth::seat::SeatClaim;
use crate::server::auth::throttle::Wait;
use crate::server::forms::{come_back_later, see, send_back};
use crate::server::live::admission::is_accounts_own;
use crate::server::live::rooms::RoomHandle;
use crate::server::metrics::label::{AuthRefusal, Limit};
use crate::server::{House, alarms, chance};

/// What the join form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Joining {
    code: String,
    name: String,
    request_id: String,
}

/// Takes a seat and gives it to this browser.
pub async fn join(
    State(house): State<House>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(form): Form<Joining>,
) -> Response {
    let code = JoinCode::parse(&form.code);
    let name = Nickname::parse(&form.name);
    let (Ok(code), Ok(name)) = (code, name.clone()) else {
        let wrong_code = code.err().map(|why| ("code", sentence(&why.to_string())));
        let wrong_name = name.err().map(|why| ("name", sentence(&why.to_string())));
        return refuse(&house, &form, wrong_code.into_iter().chain(wrong_name).collect());
    };
    let asked = CommandId::parse(&form.request_id).ok().filter(|id| !is_accounts_own(id));
    let id = asked.unwrap_or_else(chance::command_id);

    let room = match find_room(&house, peer, code) {
        Ok(room) => room,
        Err(wait) => return slow_down(&house, wait),
    };
    let taken = match room {
        Some(room) => take_seat(&house, &room, &headers, name, id).await,
        None => Err(Refusal::NoRoom),
    };
    match taken {
        Ok(claim) => {
            house.auth.note_found(peer.ip(), code);
            seated(&house, claim)
        }
        Err(Refusal::NoRoom) => match house.auth.count_wrong_code(peer.ip()) {
            Ok(()) => {
                house.metrics.auth_refused(AuthRefusal::WrongCode);
                refuse(&house, &form, vec![("code", in_words(&Refusal::NoRoom))])
            }
            Err(wait) => slow_down(&house, wait),
        },
        Err(refusal) => refuse(&house, &form, vec![(field_of(&refusal), in_words(&refusal))]),
    }
}

/// The room with the code, if the asker may still try codes. A throttled address learns nothing, not even about a right
/// code; only a room that somebody from there has found before stays open to it.
fn find_room(house: &House, peer: SocketAddr, code: JoinCode) -> Result<Option<RoomHandle>, Wait> {
    if !house.auth.has_found(peer.ip(), code) {
        house.auth.may_try_code(peer.ip())?;
    }
    Ok(house.rooms.find(code))
}

/// The seat that this browser holds already, or a new one.
async fn take_seat(
    house: &House,
    room: &RoomHandle,
    headers: &HeaderMap,
    name: Nickname,
    id: CommandId,
) -> Result<SeatClaim, Refusal> {
    let held = house.auth.seat(headers, room.code).filter(|held| held.session == room.session);
    if room.pace == Pace::Own {
        return take_timed_seat(house, room, held, name, id).await;
    }
    if let Some(held) = held {
        match room.seat_status(held.seat).await {
            Some(SeatStatus::Seated { .. }) => return Ok(held),
            Some(SeatStatus::Blocked) => return Err(Refusal::Blocked),
            Some(SeatStatus::Removed) | None => {}
        }
    }
    let seat = room.take_seat(name, id).await.inspect_err(|why| alarms::not_seated(house, room, why))?;
    Ok(SeatClaim { session: room.session, seat, code: room.code, link: 0 })
}

/// The same in a timed session, where everybody with the code may come in if its host said so.
async fn take_timed_seat(
    house: &House,
    room: &RoomHandle,
    held: Option<SeatClaim>,
    name: Nickname,
    id: CommandId,
) -> Result<SeatClaim, Refusal> {
    if let Some(held) = held
        && room.lets_in(held).await
    {
        return Ok(held);
    }
    let seat = room.take_seat(name, id).await.inspect_err(|why| alarms::not_seated(house, room, why))?;
    Ok(SeatClaim { session: room.session, seat, code: room.code, link: 1 })
}

/// What the second device sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Carrying {
    ticket: String,
}

/// Gives a seat to this device too. The ticket is used up; a bad one leads back to its page, which says so.
pub async fn carry(State(house): State<House>, Form(form): Form<Carrying>) -> Response {
    let claim = house.auth.use_ticket(&form.ticket);
    let room = claim.and_then(|claim| house.rooms.find(claim.code).filter(|room| room.session == claim.session));
    if let (Some(claim), Some(room)) = (claim, room)
        && let Some(SeatStatus::Seated { .. }) = room.seat_status(claim.seat).await
    {
        return seated(&house, claim);
    }
    let is_token = form.ticket.len() == 32 && form.ticket.bytes().all(|byte| byte.is_ascii_hexdigit());
    see(&format!("/seat/{}", if is_token { form.ticket.as_str() } else { "over" }))
}

fn seated(house: &House, claim: SeatClaim) -> Response {
    // Only the seats of timed sessions have links.
    let page = if claim.link > 0 { "session" } else { "play" };
    let mut response = see(&format!("/{page}/{}", claim.code));
    response.headers_mut().append(header::SET_COOKIE, house.auth.give_seat(claim));
    response
}

fn refuse(house: &House, form: &Joining, errors: Vec<(&'static str, String)>) -> Response {
    let back = JoinCode::parse(&form.code).map_or("/".to_owned(), |code| format!("/join/{code}"));
    let values = vec![("code", form.code.clone()), ("name", form.name.clone())];
    send_back(house, &back, SentBack { values, errors })
}

fn slow_down(house: &House, wait: Wait) -> Response {
    house.metrics.limited(Limit::Codes);
    alarms::limited(house, Limit::Codes, None);
    let way_on = house.config.base().outside("/");
    come_back_later(wait, "There were too many wrong room codes from your network.", &way_on)
}

/// The field that a refusal is about; empty for the form as a whole.
fn field_of(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::BadName(_) | Refusal::NameTaken => "name",
        Refusal::NoRoom => "code",
        _ => "",
    }
}

fn in_words(refusal: &Refusal) -> String {
    format!("{} {}", sentence(&refusal.to_string()), refusal.help())
}
