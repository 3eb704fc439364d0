//! One event to everybody: how long until all have it, and what it costs, next to a bare writer of the same bytes.
//!
//! Completion counts from the moment the first link has read the frame until the last has. A publish is a host's command
//! over the real socket; its commit lies before the first frame and so outside, and is told apart.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::Pace;
use crate::figures::{Figure, Series, ms, us};
use crate::floor::Floor;
use crate::links::{Links, is};
use crate::process::{Trace, cpu};
use crate::room::Room;
use crate::server::Server;

/// Links of the rooms.
pub const SIZES: [usize; 3] = [100, 1_000, 5_000];
/// Frames that are on their way together where coalescing is measured.
pub const BURST: usize = 8;
/// Between two publishes, so that each finds the machine at rest as a click of a host does.
const PAUSE: Duration = Duration::from_millis(15);

/// One room with as many sockets of the floor, in one generator.
pub struct Pair<'a> {
    /// The room.
    pub room: &'a mut Room,
    /// The floor's sockets in the generator.
    pub bare: Range<usize>,
    /// The floor's group.
    pub group: usize,
}

/// What is taken from each block of publishes, in this order.
const MEASURES: [Measure; 6] = [
    Measure { what: "fan-out, p50", unit: "ms", most: Some(1.15), most_in_bursts: None },
    Measure { what: "fan-out, p95", unit: "ms", most: Some(1.4), most_in_bursts: None },
    Measure { what: "fan-out, p99", unit: "ms", most: None, most_in_bursts: None },
    Measure { what: "CPU per delivered frame", unit: "µs", most: Some(1.15), most_in_bursts: Some(0.35) },
    Measure { what: "the generator's own CPU per frame", unit: "µs", most: None, most_in_bursts: None },
    Measure { what: "from command to last link, commit included, p50", unit: "ms", most: None, most_in_bursts: None },
];

/// One thing that is measured.
struct Measure {
    what: &'static str,
    unit: &'static str,
    /// The most that it should be of the floor's, one frame at a time.
    most: Option<f64>,
    /// The same with [`BURST`] frames at a time.
    most_in_bursts: Option<f64>,
}

/// The values of a block, in the order of [`MEASURES`].
pub type Block = [f64; MEASURES.len()];

/// Blocks of one size, round by round.
#[derive(Default)]
struct Table {
    server: [Series; MEASURES.len()],
    floor: [Series; MEASURES.len()],
    ratio: [Series; MEASURES.len()],
}

/// Opens as many sockets to the floor as a room has links.
pub fn bare_links(links: &mut Links, floor: &mut Floor, count: usize) -> Result<Range<usize>> {
    let numbers: Result<Vec<usize>> = floor.open(count)?.into_iter().map(|stream| links.add_bare(stream)).collect();
    let first = *numbers?.first().context("a group has sockets")?;
    Ok(first..first + count)
}

/// Measures all pairs, round by round, with so many frames at a time.
pub fn measure(
    server: &Server,
    floor: &mut Floor,
    links: &mut Links,
    pairs: &mut [Pair],
    (pace, burst): (Pace, usize),
) -> Result<Vec<Figure>> {
    let mut tables: Vec<Table> = pairs.iter().map(|_| Table::default()).collect();
    for round in 0..pace.rounds + 1 {
        for (pair, table) in pairs.iter_mut().zip(&mut tables) {
            let run = Run { publishes: if round == 0 { 5 } else { pace.publishes_to(pair.bare.len()) }, burst };
            // Neither side always comes first. The floor needs bytes to write, so the very first is the server.
            let (subject, bare) = if round % 2 == 0 {
                let subject = run.through_server(server, links, pair.room)?;
                (subject, run.through_floor(floor, links, pair)?)
            } else {
                let bare = run.through_floor(floor, links, pair)?;
                (run.through_server(server, links, pair.room)?, bare)
            };
            // The first round only warms up.
            if round > 0 {
                table.take(&subject, &bare);
            }
        }
    }
    Ok(pairs.iter().zip(&tables).flat_map(|(pair, table)| table.figures(pair.bare.len(), burst)).collect())
}

/// How often the server calls the system to write, for each frame that it delivers; nothing where calls cannot be traced.
/// Tracing slows everything down, so nothing else is measured meanwhile.
pub fn writes(server: &Server, links: &mut Links, room: &mut Room, publishes: usize) -> Result<Option<Figure>> {
    let Some(trace) = Trace::start(server.pid())? else { return Ok(None) };
    links.idle(PAUSE * 40, |_, _| {})?;
    Run { publishes, burst: 1 }.through_server(server, links, room)?;
    let (Some(calls), players) = (trace.stop()?, room.players.len()) else { return Ok(None) };
    let per_frame = calls as f64 / (publishes * players) as f64;
    let what = format!("{players} links: calls that write, per delivered frame, commits and host's replies included");
    Ok(Some(Figure::plain(what, format!("{per_frame:.3}"))))
}

/// A block of publishes.
#[derive(Clone, Copy)]
pub struct Run {
    /// How many.
    pub publishes: usize,
    /// Frames of each.
    pub burst: usize,
}

impl Run {
    /// Through the host of a room to its players.
    pub fn through_server(self, server: &Server, links: &mut Links, room: &mut Room) -> Result<Block> {
        let commands = room.toggles(self.publishes, self.burst);
        let (host, players) = (room.host, room.players.clone());
        let publish = |links: &mut Links, number: usize| links.send(host, &commands[number]);
        self.block(links, server.pid(), players.len(), publish, |number, text| {
            let wanted = players.contains(&number) && is(text, "session_update");
            if wanted && number == players.start {
                room.last_update = text.to_vec();
            }
            wanted
        })
    }

    fn through_floor(self, floor: &mut Floor, links: &mut Links, pair: &Pair) -> Result<Block> {
        floor.say(&pair.room.last_update)?;
        let (pid, bare) = (floor.pid(), pair.bare.clone());
        let publish = |_: &mut Links, _| (0..self.burst).try_for_each(|_| floor.write(pair.group));
        self.block(links, pid, bare.len(), publish, |number, _| bare.contains(&number))
    }

    /// Publishes to so many links of a process.
    pub fn block(
        self,
        links: &mut Links,
        pid: u32,
        audience: usize,
        mut publish: impl FnMut(&mut Links, usize) -> Result<()>,
        mut is_wanted: impl FnMut(usize, &[u8]) -> bool,
    ) -> Result<Block> {
        let (mut completion, mut whole) = (Series::default(), Series::default());
        let own = std::process::id();
        let mut heard = 0_u32;
        let (before, own_before) = (cpu(pid)?, cpu(own)?);
        for number in 0..self.publishes {
            let begin = Instant::now();
            publish(links, number)?;
            let (first, last) = links.until(audience * self.burst, |number, text| {
                heard += 1;
                is_wanted(number, text)
            })?;
            completion.push(ms(last - first));
            whole.push(ms(last - begin));
            links.idle(PAUSE, |_, _| heard += 1)?;
        }
        let per_frame = |spent: Duration| us(spent) / f64::from(heard);
        Ok([
            completion.median(),
            completion.quantile(0.95),
            completion.quantile(0.99),
            per_frame(cpu(pid)?.since(&before)),
            per_frame(cpu(own)?.since(&own_before)),
            whole.median(),
        ])
    }
}

impl Table {
    fn take(&mut self, subject: &Block, bare: &Block) {
        for place in 0..MEASURES.len() {
            self.server[place].push(subject[place]);
            self.floor[place].push(bare[place]);
            self.ratio[place].push(subject[place] / bare[place]);
        }
    }

    fn figures(&self, links: usize, burst: usize) -> Vec<Figure> {
        let figure = |(place, measure): (usize, &Measure)| {
            let Measure { what, unit, .. } = measure;
            let [value, floor] = [&self.server, &self.floor].map(|side| format!("{} {unit}", side[place].spread(2)));
            let (how, most) = match burst {
                1 => (String::new(), measure.most),
                _ => (format!(", {burst} frames at a time"), measure.most_in_bursts),
            };
            let figure = Figure::plain(format!("{links} links{how}: {what}"), value);
            match most {
                Some(most) => {
                    let is_reached = self.ratio[place].median() <= most;
                    figure.above(floor, &self.ratio[place]).aimed(format!("≤ {most} ×"), is_reached)
                }
                None => figure.above(floor, &self.ratio[place]),
            }
        };
        MEASURES.iter().enumerate().map(figure).collect()
    }
}
