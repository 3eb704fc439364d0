//! One event to everybody: how long until all have it, and what it costs, next to a bare writer of the same bytes.
//!
//! Completion counts from the moment the first link has read the frame until the last has. A publish is a host's command
//! over the real socket; its commit lies before the first frame and so outside, and is told apart.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use podium::protocol::command::HostCommand;

use crate::Pace;
use crate::figures::{Figure, Series, ms, us};
use crate::floor::Floor;
use crate::links::{Links, is};
use crate::process::cpu;
use crate::room::Room;
use crate::server::Server;

/// Links of the small and of the large room.
pub const SIZES: [usize; 2] = [100, 1_000];
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
const MEASURES: [Measure; 5] = [
    Measure { what: "fan-out, p50", unit: "ms", ratio_max: Some(1.4) },
    Measure { what: "fan-out, p95", unit: "ms", ratio_max: Some(1.4) },
    Measure { what: "CPU per delivered frame", unit: "µs", ratio_max: Some(1.4) },
    Measure { what: "the generator's own CPU per frame", unit: "µs", ratio_max: None },
    Measure { what: "from command to last link, commit included, p50", unit: "ms", ratio_max: None },
];

/// One thing that is measured.
struct Measure {
    what: &'static str,
    unit: &'static str,
    /// The most that it may be of the floor's; without it the two are not compared.
    ratio_max: Option<f64>,
}

/// The values of a block, in the order of [`MEASURES`].
type Block = [f64; MEASURES.len()];

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

/// Measures all pairs, round by round.
pub fn measure(
    server: &Server,
    floor: &mut Floor,
    links: &mut Links,
    pairs: &mut [Pair],
    pace: Pace,
) -> Result<Vec<Figure>> {
    let mut tables: Vec<Table> = pairs.iter().map(|_| Table::default()).collect();
    for round in 0..pace.rounds + 1 {
        for (pair, table) in pairs.iter_mut().zip(&mut tables) {
            let publishes = if round == 0 { 5 } else { pace.publishes };
            // Neither side always comes first. The floor needs bytes to write, so the very first is the server.
            let (subject, bare) = if round % 2 == 0 {
                let subject = through_server(server, links, pair, publishes)?;
                (subject, through_floor(floor, links, pair, publishes)?)
            } else {
                let bare = through_floor(floor, links, pair, publishes)?;
                (through_server(server, links, pair, publishes)?, bare)
            };
            // The first round only warms up.
            if round > 0 {
                table.take(&subject, &bare);
            }
        }
    }
    Ok(pairs.iter().zip(&tables).flat_map(|(pair, table)| table.figures(pair.bare.len())).collect())
}

fn through_server(server: &Server, links: &mut Links, pair: &mut Pair, publishes: usize) -> Result<Block> {
    let room = &mut *pair.room;
    let toggle = [HostCommand::Lock, HostCommand::Unlock];
    let commands: Vec<Vec<u8>> =
        toggle.into_iter().cycle().take(publishes).map(|toggle| room.command(toggle)).collect();
    let (host, players) = (room.host, room.players.clone());
    let publish = |links: &mut Links, number: usize| links.send(host, &commands[number]);
    block(links, server.pid(), publishes, players.clone(), publish, |number, text| {
        let wanted = is(text, "session_update");
        if wanted && number == players.start {
            room.last_update = text.to_vec();
        }
        wanted
    })
}

fn through_floor(floor: &mut Floor, links: &mut Links, pair: &Pair, publishes: usize) -> Result<Block> {
    floor.say(&pair.room.last_update)?;
    let pid = floor.pid();
    let publish = |_: &mut Links, _| floor.write(pair.group);
    block(links, pid, publishes, pair.bare.clone(), publish, |_, _| true)
}

fn block(
    links: &mut Links,
    pid: u32,
    publishes: usize,
    audience: Range<usize>,
    mut publish: impl FnMut(&mut Links, usize) -> Result<()>,
    mut is_wanted: impl FnMut(usize, &[u8]) -> bool,
) -> Result<Block> {
    let (mut completion, mut whole) = (Series::default(), Series::default());
    let own = std::process::id();
    let mut heard = 0_u32;
    let (before, own_before) = (cpu(pid)?, cpu(own)?);
    for number in 0..publishes {
        let begin = Instant::now();
        publish(links, number)?;
        let (first, last) = links.until(audience.len(), |number, text| {
            heard += 1;
            audience.contains(&number) && is_wanted(number, text)
        })?;
        completion.push(ms(last - first));
        whole.push(ms(last - begin));
        links.idle(PAUSE, |_, _| heard += 1)?;
    }
    let per_frame = |spent: Duration| us(spent) / f64::from(heard);
    let costs = [per_frame(cpu(pid)?.since(&before)), per_frame(cpu(own)?.since(&own_before))];
    Ok([completion.median(), completion.quantile(0.95), costs[0], costs[1], whole.median()])
}

impl Table {
    fn take(&mut self, subject: &Block, bare: &Block) {
        for place in 0..MEASURES.len() {
            self.server[place].push(subject[place]);
            self.floor[place].push(bare[place]);
            self.ratio[place].push(subject[place] / bare[place]);
        }
    }

    fn figures(&self, links: usize) -> Vec<Figure> {
        let figure = |(place, measure): (usize, &Measure)| {
            let Measure { what, unit, ratio_max } = measure;
            let [value, floor] = [&self.server, &self.floor].map(|side| format!("{} {unit}", side[place].spread(2)));
            let figure = Figure::plain(format!("{links} links: {what}"), value);
            match ratio_max {
                Some(most) => {
                    let is_reached = self.ratio[place].median() <= *most;
                    figure.above(floor, &self.ratio[place]).aimed(format!("≤ {most} ×"), is_reached)
                }
                None => Figure { floor, ..figure },
            }
        };
        MEASURES.iter().enumerate().map(figure).collect()
    }
}
