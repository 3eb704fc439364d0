//! What an idle link costs in resident memory, on servers of their own: the slope, seats taken beforehand.
//!
//! What the kernel keeps for a connection (about 4 kB an end) is in no process's memory and not in the figure.

use anyhow::Result;
use podium::domain::ids::CommandId;
use podium::domain::time::Timestamp;
use podium::protocol::command::{Command, Draft, HostCommand, Switch};
use podium::protocol::frame;

use crate::figures::{Figure, Series};
use crate::links::{Links, client_text, is};
use crate::process::resident_bytes;
use crate::room::Room;
use crate::server::Server;

/// Publishes after which memory is looked at again: what was told must not stay with the links.
const PUBLISHES: usize = 50;
/// Messages of a chat that makes a snapshot large, and the characters of each.
const CHAT: (usize, usize) = (50, 400);
/// A snapshot is large from here on.
const LARGE: usize = 64_000;
/// The most that a link may cost, in kilobytes, and the most that it may be more after a large snapshot.
const COST_MAX: f64 = 4.0;
const GROWTH_MAX: f64 = 1.2;

/// Measures from no link to the first count, and on to each other; `counts` rise.
pub fn measure(counts: &[usize]) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let fresh = slopes(counts, false, &mut figures)?;
    let after = slopes(counts, true, &mut figures)?;
    let most = counts.iter().copied().max().unwrap_or_default();
    for ((from, to), cost) in ranges(counts).zip(&fresh) {
        let what = format!("Resident memory per idle link, {from} to {to} links");
        figures.push(Figure::plain(what, format!("{cost:.1} kB")).aimed(format!("≤ {COST_MAX} kB"), *cost <= COST_MAX));
    }
    let (fresh, after) = (fresh.last().copied().unwrap_or_default(), after.last().copied().unwrap_or_default());
    let what = format!("The same up to {most} links, each welcomed with a snapshot of 64 kB, against a small one");
    figures.push(
        Figure::plain(what, format!("{after:.1} kB"))
            .above(format!("{fresh:.1} kB"), &Series::from_iter([after / fresh]))
            .aimed(format!("≤ {GROWTH_MAX} ×"), after <= fresh * GROWTH_MAX),
    );
    Ok(figures)
}

/// The steps from one count to the next.
fn ranges(counts: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    [0].into_iter().chain(counts.iter().copied()).zip(counts.iter().copied())
}

/// Kilobytes of each further link, step by step.
fn slopes(counts: &[usize], is_large: bool, figures: &mut Vec<Figure>) -> Result<Vec<f64>> {
    let mut server = Server::start()?;
    let mut links = Links::new()?;
    let most = counts.iter().copied().max().unwrap_or_default();
    let mut room = Room::open(&mut server, &mut links, most, 1)?;
    if is_large {
        fill_chat(&server, &room)?;
    }
    let mut before = resident_bytes(server.pid())?;
    let mut slopes = Vec::new();
    for (from, to) in ranges(counts) {
        room.link_seats(&server, &mut links, to)?;
        let now = resident_bytes(server.pid())?;
        slopes.push(now.saturating_sub(before) as f64 / (to - from) as f64 / 1e3);
        before = now;
    }
    if !is_large {
        for _ in 0..PUBLISHES {
            room.lead(&mut links, HostCommand::Unlock, 1)?;
        }
        let grown = resident_bytes(server.pid())?.saturating_sub(before) as f64 / most as f64 / 1e3;
        let what = format!("What {PUBLISHES} events to all {most} idle links add to the memory of each");
        figures.push(Figure::plain(what, format!("{grown:.2} kB")));
        let whole = resident_bytes(server.pid())? as f64 / 1e6;
        figures.push(Figure::plain(format!("The whole server with {most} seats and links"), format!("{whole:.0} MB")));
    }
    Ok(slopes)
}

/// Writes so much to the chat that whoever comes is welcomed with a large snapshot.
fn fill_chat(server: &Server, room: &Room) -> Result<()> {
    let mut host = Links::new()?;
    let (stream, heard) = server.host_link(room.code)?;
    let number = host.add(stream, &heard)?;
    let (messages, length) = CHAT;
    let draft = Command::Chat(Draft { text: "€".repeat(length) });
    let open = Command::Host(HostCommand::Chat { switch: Switch::On });
    for (place, command) in [open].iter().chain(vec![&draft; messages]).enumerate() {
        let id = CommandId::parse(&format!("chat-{place}"))?;
        host.send(number, &client_text(&frame::command(command, Timestamp(0), Some(&id))))?;
        host.until(1, |_, text| is(text, if place == 0 { "done" } else { "chat_taken" }))?;
    }
    // Ends the run if no snapshot is large.
    let (stream, heard) = server.player_link(room.code, &room.seats[0])?;
    host.add(stream, &heard)?;
    host.until(1, |_, text| text.len() >= LARGE)?;
    Ok(())
}
