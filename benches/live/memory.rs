//! What an idle link costs in resident memory, on a server of its own: the slope, seats taken beforehand.
//!
//! What the kernel keeps for a connection (about 4 kB an end) is in no process's memory and not in the figure.

use anyhow::Result;
use podium::protocol::command::HostCommand;

use crate::figures::Figure;
use crate::links::Links;
use crate::process::resident_bytes;
use crate::room::Room;
use crate::server::Server;

/// Publishes after which memory is looked at again: what was told must not stay with the links.
const PUBLISHES: usize = 50;

/// Measures from no link to the first count, and on to each other; `counts` rise.
pub fn measure(counts: &[usize]) -> Result<Vec<Figure>> {
    let mut server = Server::start()?;
    let mut links = Links::new()?;
    let most = counts.iter().copied().max().unwrap_or_default();
    let mut room = Room::open(&mut server, &mut links, most, 1)?;
    let mut figures = Vec::new();
    let mut before = (0, resident_bytes(server.pid())?);
    for count in counts.iter().copied() {
        room.link_seats(&server, &mut links, count)?;
        let now = (count, resident_bytes(server.pid())?);
        let (value, is_reached) = slope(before, now);
        let what = format!("Resident memory per idle link, {} to {count} links", before.0);
        figures.push(Figure::plain(what, value).aimed("≤ 8 kB", is_reached));
        before = now;
    }
    for _ in 0..PUBLISHES {
        room.lead(&mut links, HostCommand::Unlock, 1)?;
    }
    let grown = resident_bytes(server.pid())?.saturating_sub(before.1) as f64 / before.0 as f64 / 1e3;
    let what = format!("What {PUBLISHES} events to all {most} links add to it");
    figures.push(Figure::plain(what, format!("{grown:.2} kB per link")));
    let whole = resident_bytes(server.pid())? as f64 / 1e6;
    figures.push(Figure::plain(format!("The whole server with {most} seats and links"), format!("{whole:.0} MB")));
    Ok(figures)
}

fn slope(before: (usize, u64), now: (usize, u64)) -> (String, bool) {
    let kilobytes = now.1.saturating_sub(before.1) as f64 / (now.0 - before.0) as f64 / 1e3;
    (format!("{kilobytes:.1} kB"), kilobytes <= 8.0)
}
