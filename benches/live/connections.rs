//! What connections cost: opening one, keeping it, and all of them coming back at once; next to a program that only
//! accepts, reads the request and writes the same bytes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use podium::protocol::frame;
use podium::protocol::message::{Message, Position};

use crate::figures::{Figure, Series, ms, us};
use crate::floor::Floor;
use crate::http::{end_of_consent, upgrade_request};
use crate::links::{Links, is};
use crate::process::cpu;
use crate::room::{Room, SETTLING};
use crate::server::Server;

/// Connections of one round of opening.
const OPENED: usize = 200;
/// Links of the storm and of idling.
pub const CROWD: usize = 5_000;
/// Events that everybody missed.
const MISSED: usize = 50;
/// Connections that are asked for before anything is read.
const STRIDE: usize = 25;
/// What follows the first bytes of a link at once is there after this.
const SOON: Duration = Duration::from_millis(100);
/// How long links are watched that do nothing: one heartbeat of each.
const IDLE: Duration = Duration::from_secs(30);
/// People who come and go are counted here and not told by name, so that what is missed is exactly what was published.
const SETTINGS: [&str; 2] = ["--presence-named", "0"];

/// How much is looked at.
#[derive(Clone, Copy)]
pub struct Pace {
    /// Rounds of opening.
    pub rounds: usize,
    /// Links of the storm.
    pub crowd: usize,
    /// Storms.
    pub storms: usize,
}

/// Measures all three.
pub fn measure(pace: Pace) -> Result<Vec<Figure>> {
    let mut server = Server::start_with(&SETTINGS)?;
    let mut floor = Floor::start()?;
    let mut room = Room::open(&mut server, &mut Links::new()?, pace.crowd, 1)?;
    let mut crowd = Crowd::seat(&server, &room)?;
    let mut figures = open(&server, &mut floor, &room, &mut crowd, pace.rounds)?;
    figures.extend(idle(&server, &mut floor, &mut crowd)?);
    figures.extend(storm(&server, &mut floor, &mut room, crowd, pace.storms)?);
    Ok(figures)
}

/// All seats of a room, each with one link.
struct Crowd {
    links: Links,
    /// Where each seat's link stands in the events.
    last_seq: Vec<Option<u64>>,
    /// The life of the room that the numbers belong to.
    epoch: u64,
    /// The next group of the floor.
    group: usize,
}

impl Crowd {
    fn seat(server: &Server, room: &Room) -> Result<Self> {
        let mut links = Links::new()?;
        let mut at = vec![None; room.seats.len()];
        let mut hear = |number: usize, text: &[u8]| at[number] = position_of(text).or(at[number]);
        for cookie in &room.seats {
            let (stream, heard) = server.player_link(room.code, cookie)?;
            links.add_hearing(stream, &heard, &mut hear)?;
            links.turn(Duration::ZERO, &mut hear)?;
        }
        links.idle(SETTLING, &mut hear)?;
        let at: Vec<Position> = at.into_iter().collect::<Option<_>>().context("somebody was not welcomed")?;
        let seq = |(number, at): (usize, &Position)| links.last_seq(number).or(Some(at.seq));
        let last_seq = at.iter().enumerate().map(seq).collect();
        Ok(Self { links, last_seq, epoch: at[0].epoch.0, group: 0 })
    }
}

/// The position that a welcome or a snapshot names.
fn position_of(text: &[u8]) -> Option<Position> {
    match frame::received(std::str::from_utf8(text).ok()?).ok()?.message {
        Message::Connected(welcome) => welcome.position,
        Message::Snapshot(snapshot) => Some(snapshot.position),
        _ => None,
    }
}

/// One more device for seats that have one already, so that nobody else is told anything.
fn open(server: &Server, floor: &mut Floor, room: &Room, crowd: &mut Crowd, rounds: usize) -> Result<Vec<Figure>> {
    let path = format!("/ws/{}?as=player", room.code);
    let request = |seat: usize| upgrade_request(server.address, &path, &room.seats[seat]);
    floor.hail(&all_bytes(server.address, &request(0))?)?;
    let mut costs = [Series::default(), Series::default()];
    let (mut ratio, mut waits) = (Series::default(), [Series::default(), Series::default()]);
    for round in 0..rounds + 1 {
        let mut cost = [0.0; 2];
        for side in [round % 2, (round + 1) % 2] {
            let (pid, address) = if side == 0 { (server.pid(), server.address) } else { (floor.pid(), floor.sockets) };
            if side == 1 {
                floor.greet(OPENED)?;
            }
            let before = cpu(pid)?;
            let mut open = Vec::with_capacity(OPENED);
            for seat in 0..OPENED {
                let begin = Instant::now();
                let mut stream = TcpStream::connect(address)?;
                stream.set_nodelay(true)?;
                stream.write_all(request(seat).as_bytes())?;
                first_frame(&mut stream)?;
                if round > 0 {
                    waits[side].push(ms(begin.elapsed()));
                }
                open.push(stream);
            }
            crowd.links.idle(SOON, |_, _| {})?;
            cost[side] = us(cpu(pid)?.since(&before)) / OPENED as f64;
            drop(open);
            if side == 1 {
                floor.greeted()?;
                floor.drop_group(crowd.group)?;
                crowd.group += 1;
            }
            crowd.links.idle(SOON * 5, |_, _| {})?;
        }
        // The first round only warms up.
        if round > 0 {
            costs.iter_mut().zip(cost).for_each(|(costs, cost)| costs.push(cost));
            ratio.push(cost[0] / cost[1]);
        }
    }
    let [cost, bare] = costs.map(|costs| format!("{} µs", costs.spread(1)));
    let [wait, bare_wait] = waits.map(|waits| format!("{:.2} ms, {:.2} ms", waits.median(), waits.quantile(0.95)));
    let what = "A connection with its token check: CPU until it has its snapshot";
    let wait = Figure::plain("The same: from connecting to the first message, p50 and p95", wait);
    Ok(vec![
        Figure::plain(what, cost).above(bare, &ratio).aimed("≤ 4 ×", ratio.median() <= 4.0),
        Figure { floor: bare_wait, ..wait },
    ])
}

/// Reads until the server has agreed and something follows.
fn first_frame(stream: &mut TcpStream) -> Result<()> {
    let (mut heard, mut buffer) = (Vec::new(), [0; 8_192]);
    loop {
        let length = stream.read(&mut buffer)?;
        ensure!(length > 0, "the connection ended within the upgrade");
        heard.extend_from_slice(&buffer[..length]);
        if end_of_consent(&heard)?.is_some_and(|end| heard.len() > end) {
            return Ok(());
        }
    }
}

/// All that comes at once to who asks, the head included.
fn all_bytes(address: SocketAddr, request: &str) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(request.as_bytes())?;
    stream.set_read_timeout(Some(SOON))?;
    let (mut heard, mut buffer) = (Vec::new(), [0; 8_192]);
    while let Ok(length) = stream.read(&mut buffer) {
        ensure!(length > 0, "the connection ended: {}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&buffer[..length]);
    }
    end_of_consent(&heard)?.context("no head")?;
    Ok(heard)
}

/// Links on which nothing happens: heartbeats alone.
fn idle(server: &Server, floor: &mut Floor, crowd: &mut Crowd) -> Result<Vec<Figure>> {
    let count = crowd.last_seq.len();
    let mut bare = Links::new()?;
    for stream in floor.open(count)? {
        bare.add_bare(stream)?;
    }
    let group = crowd.group;
    crowd.group += 1;
    crowd.links.idle(SETTLING, |_, _| {})?;
    crowd.links.take_pings();
    let before = cpu(server.pid())?;
    crowd.links.idle(IDLE, |_, _| {})?;
    let spent = cpu(server.pid())?.since(&before);
    let pings = crowd.links.take_pings();

    let mut bare_spent = Duration::ZERO;
    for _ in 0..2 {
        let before = cpu(floor.pid())?;
        floor.ping(group)?;
        bare.idle(SOON * 5, |_, _| {})?;
        floor.take_pongs(group)?;
        bare_spent += cpu(floor.pid())?.since(&before);
    }
    floor.drop_group(group)?;
    let per_beat = us(spent) / pings as f64;
    let bare_beat = us(bare_spent) / bare.take_pings() as f64;
    let ratio = Series::from_iter([per_beat / bare_beat]);
    let per_second = us(spent) / count as f64 / IDLE.as_secs_f64();
    Ok(vec![
        Figure::plain(format!("{count} idle links: CPU per link and second"), format!("{per_second:.2} µs"))
            .aimed("≤ 1 µs", per_second <= 1.0),
        Figure::plain(format!("The same per heartbeat, {pings} of them"), format!("{per_beat:.2} µs"))
            .above(format!("{bare_beat:.2} µs"), &ratio),
    ])
}

/// All links break; meanwhile the host goes on; then all come back at once.
fn storm(server: &Server, floor: &mut Floor, room: &mut Room, crowd: Crowd, storms: usize) -> Result<Vec<Figure>> {
    let mut host = Links::new()?;
    let (stream, heard) = server.host_link(room.code)?;
    room.host = host.add(stream, &heard)?;
    let Crowd { links, mut last_seq, epoch, mut group } = crowd;
    let count = last_seq.len();
    let mut broken = Some(links);
    let mut path = format!("/ws/{}?as=player", room.code);
    let (mut took, mut cost, mut bare_cost, mut ratio) =
        (Series::default(), Series::default(), Series::default(), Series::default());
    let (mut delivered, mut snapshots, mut statements, mut bytes) = (0_u64, 0_u64, 0.0, 0_u64);
    for round in 0..storms {
        drop(broken.take());
        // Read on meanwhile: the host is told of everybody who goes.
        host.idle(SETTLING, |_, _| {})?;
        for publish in room.toggles(MISSED, 1) {
            host.send(room.host, &publish)?;
            host.until(1, |_, text| is(text, "session_update"))?;
        }
        if round == 0 {
            let behind = last_seq[0].context("events came")?;
            let request =
                upgrade_request(server.address, &format!("{path}&epoch={epoch}&seq={behind}"), &room.seats[0]);
            floor.hail(&all_bytes(server.address, &request)?)?;
            path.push_str(&format!("&epoch={epoch}"));
            host.idle(SOON, |_, _| {})?;
        }

        let (statements_before, before) = (statements_of(server)?, cpu(server.pid())?);
        let begin = Instant::now();
        let mut back = Links::new()?;
        let mut heard = |back: &mut Links, wait| {
            back.turn(wait, |_, text| {
                delivered += u64::from(is(text, "session_update"));
                snapshots += u64::from(is(text, "snapshot"));
            })
        };
        for (seat, cookie) in room.seats.iter().enumerate() {
            let behind = last_seq[seat].context("events came")?;
            let mut stream = TcpStream::connect(server.address)?;
            stream.set_nodelay(true)?;
            stream.write_all(upgrade_request(server.address, &format!("{path}&seq={behind}"), cookie).as_bytes())?;
            back.add_asking(stream, last_seq[seat])?;
            if seat % STRIDE == STRIDE - 1 {
                heard(&mut back, Duration::ZERO)?;
            }
        }
        let all =
            |back: &Links| (0..count).all(|seat| back.last_seq(seat) >= last_seq[seat].map(|seq| seq + MISSED as u64));
        while !all(&back) {
            heard(&mut back, SOON)?;
            ensure!(begin.elapsed() < Duration::from_secs(60), "not all came back");
        }
        took.push(ms(begin.elapsed()));
        back.idle(SOON, |_, _| {})?;
        let spent = us(cpu(server.pid())?.since(&before)) / count as f64;
        statements += statements_of(server)? - statements_before;
        bytes = back.take_bytes() / count as u64;
        last_seq = (0..count).map(|seat| back.last_seq(seat)).collect();
        broken = Some(back);

        floor.greet(count)?;
        let before = cpu(floor.pid())?;
        let mut bare = Links::new()?;
        for (seat, cookie) in room.seats.iter().enumerate() {
            let mut stream = TcpStream::connect(floor.sockets)?;
            stream.set_nodelay(true)?;
            stream.write_all(upgrade_request(floor.sockets, &path, cookie).as_bytes())?;
            bare.add_bare_asking(stream)?;
            if seat % STRIDE == STRIDE - 1 {
                bare.turn(Duration::ZERO, |_, _| {})?;
            }
        }
        floor.greeted()?;
        let bare_spent = us(cpu(floor.pid())?.since(&before)) / count as f64;
        drop(bare);
        floor.drop_group(group)?;
        group += 1;
        cost.push(spent);
        bare_cost.push(bare_spent);
        ratio.push(spent / bare_spent);
    }
    let meant = (count * MISSED * storms) as u64;
    let share = delivered as f64 * 100.0 / meant as f64;
    let what = format!("{count} links come back at once, {MISSED} missed events each: CPU per link");
    let per_link = statements / (count * storms) as f64;
    Ok(vec![
        Figure::plain(what, format!("{} µs", cost.spread(1))).above(format!("{} µs", bare_cost.spread(1)), &ratio),
        Figure::plain("The same: until the last has everything", format!("{} ms", took.spread(0))),
        Figure::plain(
            "The same: missed events that arrived, once and in order",
            format!("{share:.3} % of {meant}, {snapshots} snapshots, {bytes} bytes a link"),
        )
        .aimed("100.000 %", delivered == meant),
        Figure::plain("The same: database statements per link", format!("{per_link:.3}")).aimed("0", statements == 0.0),
    ])
}

/// What the server has asked of its database and written to it.
fn statements_of(server: &Server) -> Result<f64> {
    Ok(server.counted("podium_database_wait_seconds_count")? + server.counted("podium_commit_items_sum")?)
}
