//! What a whole game weighs on one player's line, as it is sent and as it would be in a compact form.
//!
//! The compact forms are made from the same messages by MessagePack: once with the names of the fields, which any client
//! could read, and once without, which only a client with the very same types can.

use anyhow::{Context, Result};
use podium::domain::ids::TurnNo;
use podium::domain::time::Timestamp;
use podium::protocol::command::HostCommand;
use podium::protocol::frame;
use podium::protocol::message::{Message, PlayersView, Snapshot};
use serde_json::Value;

use crate::answers::answer_all;
use crate::figures::{Figure, Series};
use crate::links::{Links, server_text};
use crate::room::{Room, SETTLING};
use crate::server::Server;

/// The scripted game.
const PLAYERS: usize = 1_000;
const QUESTIONS: u32 = 10;
/// The time of every message, whose value costs nothing.
const AT: Timestamp = Timestamp(1_795_177_085_250);

/// Plays it and weighs what one player was told.
pub fn measure() -> Result<Vec<Figure>> {
    let mut server = Server::start()?;
    let mut links = Links::new()?;
    let mut room = Room::open(&mut server, &mut links, PLAYERS, QUESTIONS as usize)?;
    // Somebody in the middle, from the first frame on.
    links.record(room.players.start + PLAYERS / 2);
    room.link_seats(&server, &mut links, PLAYERS)?;
    room.lead(&mut links, HostCommand::Unlock, 1)?;
    for number in 1..=QUESTIONS {
        room.lead(&mut links, HostCommand::Next { step: room.step }, 1)?;
        links.idle(SETTLING / 2, |_, _| {})?;
        answer_all(&mut links, &mut room, TurnNo(number))?;
        links.idle(SETTLING / 2, |_, _| {})?;
        // The standings, and after the last question the podium.
        room.lead(&mut links, HostCommand::Next { step: room.step }, 1)?;
    }
    links.idle(SETTLING / 2, |_, _| {})?;

    let texts = links.recorded();
    let mut weights = [0; 3];
    for text in &texts {
        let forms = [text.clone().into_bytes(), by_name(text)?, by_place(text)?];
        // Each with its frame's head.
        weights.iter_mut().zip(forms).for_each(|(weight, form)| *weight += server_text(&form).len());
    }
    let [json, by_name, by_place] = weights.map(|weight| weight as f64);
    let kb = |weight: f64| format!("{:.1} kB", weight / 1e3);
    let what =
        format!("A game of {QUESTIONS} questions with {PLAYERS} players: what one is told, {} messages", texts.len());
    let ratio = |weight: f64| Series::from_iter([weight / json]);
    Ok(vec![
        Figure::plain(what, kb(json)),
        Figure::plain("The same as MessagePack with names", kb(by_name)).above(kb(json), &ratio(by_name)),
        Figure::plain("The same as MessagePack without names", kb(by_place)).above(kb(json), &ratio(by_place)),
    ])
}

fn by_name(text: &str) -> Result<Vec<u8>> {
    let message: Value = serde_json::from_str(text)?;
    Ok(rmp_serde::to_vec(&message)?)
}

/// Fields by their place; a snapshot's view as what it is instead of as a text.
fn by_place(text: &str) -> Result<Vec<u8>> {
    let received = frame::received(text).ok().context("a message of ours")?;
    let envelope = (AT, received.seq, received.correlation_id);
    Ok(match received.message {
        Message::Snapshot(Snapshot { position, audience, view }) => {
            let view: PlayersView = view.read().context("a player's view")?;
            rmp_serde::to_vec(&(envelope, "snapshot", Snapshot { position, audience, view }))?
        }
        message => rmp_serde::to_vec(&(envelope, message))?,
    })
}
