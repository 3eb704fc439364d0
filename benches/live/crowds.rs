//! One large room against many small ones, and a room in which some read nothing.

use std::net::TcpStream;
use std::time::Duration;

use anyhow::Result;
use rustix::net::sockopt::set_socket_recv_buffer_size;

use crate::Pace;
use crate::fan_out::{Block, Run};
use crate::figures::{Figure, Series};
use crate::links::{Links, is};
use crate::room::{Room, SETTLING};
use crate::server::Server;

/// The small rooms and the players of each; the large room has all of them.
const SMALL: (usize, usize) = (50, 100);
/// What the first of two ways may be of the second.
const RATIO_MAX: f64 = 1.3;
/// One of so many reads nothing.
const STALLED_SHARE: usize = 100;
/// Players of the room with those who read nothing.
const PLAYERS: usize = 1_000;
/// What a browser that is stuck takes in before it takes no more; the system makes it a little more.
const RECEIVED: usize = 4_096;
/// Publishes, of eight frames each, after which nothing more fits into the buffers of who reads nothing.
const FILLING: Run = Run { publishes: 100, burst: 8 };

/// A room of all against small rooms that are told all at once.
pub fn sizes(pace: Pace) -> Result<Vec<Figure>> {
    let mut server = Server::start()?;
    let mut links = Links::new()?;
    let (count, size) = SMALL;
    let mut open = |links: &mut Links, size| -> Result<Room> {
        let mut room = Room::open(&mut server, links, size, 1)?;
        room.link_seats(&server, links, size)?;
        Ok(room)
    };
    let mut large = open(&mut links, count * size)?;
    let mut small: Vec<Room> = (0..count).map(|_| open(&mut links, size)).collect::<Result<_>>()?;
    let (mut completion, mut cost) = (Compared::default(), Compared::default());
    for round in 0..pace.rounds + 1 {
        let run = Run { publishes: pace.publishes_to(count * size), burst: 1 };
        let one = run.through_server(&server, &mut links, &mut large)?;
        let many = to_all(run, &server, &mut links, &mut small)?;
        if round > 0 {
            completion.take(one[0], many[0]);
            cost.take(one[3], many[3]);
        }
    }
    let what = format!("One room of {} against {count} of {size}: fan-out, p50", count * size);
    Ok(vec![completion.figure(what, "ms"), cost.figure("The same: CPU per delivered frame".to_owned(), "µs")])
}

/// Publishes to all rooms at once.
fn to_all(run: Run, server: &Server, links: &mut Links, rooms: &mut [Room]) -> Result<Block> {
    let commands: Vec<_> = rooms.iter_mut().map(|room| (room.host, room.toggles(run.publishes, run.burst))).collect();
    let publish = |links: &mut Links, number: usize| {
        commands.iter().try_for_each(|(host, commands)| links.send(*host, &commands[number]))
    };
    let first = rooms.first().map_or(0, |room| room.players.start);
    let is_player: Vec<bool> = {
        let end = rooms.last().map_or(0, |room| room.players.end);
        (first..end).map(|number| rooms.iter().any(|room| room.players.contains(&number))).collect()
    };
    let players = is_player.iter().filter(|is_player| **is_player).count();
    run.block(links, server.pid(), players, publish, |number, text| {
        let is_player = number.checked_sub(first).and_then(|place| is_player.get(place)).copied().unwrap_or(false);
        is_player && is(text, "session_update")
    })
}

/// The same room with and without people whose browsers take nothing any more.
pub fn stalled(pace: Pace) -> Result<Vec<Figure>> {
    // Who takes nothing is closed after a while; here they stay for the whole block.
    let mut server = Server::start_with(&["--stall-ms", "120000"])?;
    let mut links = Links::new()?;
    let count = PLAYERS / STALLED_SHARE;
    let mut room = Room::open(&mut server, &mut links, PLAYERS + count, 1)?;
    room.link_seats(&server, &mut links, PLAYERS)?;
    let mut completion = Compared::default();
    for round in 0..pace.rounds.div_ceil(2) + 1 {
        let run = Run { publishes: pace.publishes_to(PLAYERS), burst: 1 };
        let without = run.through_server(&server, &mut links, &mut room)?;
        let stuck: Vec<TcpStream> =
            room.seats[PLAYERS..].iter().map(|cookie| stuck(&server, &room, cookie)).collect::<Result<_>>()?;
        links.idle(SETTLING, |_, _| {})?;
        FILLING.through_server(&server, &mut links, &mut room)?;
        let with = run.through_server(&server, &mut links, &mut room)?;
        drop(stuck);
        links.idle(Duration::from_secs(1), |_, _| {})?;
        if round > 0 {
            completion.take(with[1], without[1]);
        }
    }
    let what = format!("{PLAYERS} links, {count} more take nothing: fan-out to the others, p95, against without");
    Ok(vec![completion.figure(what, "ms")])
}

/// A link that is never read.
fn stuck(server: &Server, room: &Room, cookie: &str) -> Result<TcpStream> {
    let (stream, _) = server.player_link(room.code, cookie)?;
    set_socket_recv_buffer_size(&stream, RECEIVED)?;
    Ok(stream)
}

/// Two ways that are measured in turns.
#[derive(Default)]
struct Compared {
    value: Series,
    peer: Series,
    ratio: Series,
}

impl Compared {
    fn take(&mut self, value: f64, peer: f64) {
        self.value.push(value);
        self.peer.push(peer);
        self.ratio.push(value / peer);
    }

    fn figure(&self, what: String, unit: &str) -> Figure {
        let [value, peer] = [&self.value, &self.peer].map(|side| format!("{} {unit}", side.spread(2)));
        let is_reached = self.ratio.median() <= RATIO_MAX;
        Figure::plain(what, value).above(peer, &self.ratio).aimed(format!("≤ {RATIO_MAX} ×"), is_reached)
    }
}
