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

/// What one block of publishes gave.
struct Block {
    /// From the first link to the last, in milliseconds.
    completion: Series,
    /// From the command to the last link, in milliseconds.
    whole: Series,
    /// CPU of whoever wrote, per frame, in microseconds.
    cost: f64,
}

/// Blocks of one size: the server's and the floor's, and their ratios round by round.
#[derive(Default)]
struct Table {
    server: [Series; 4],
    floor: [Series; 3],
    ratio: [Series; 3],
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
    let mut heard = 0_u32;
    let before = cpu(pid)?;
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
    let cost = us(cpu(pid)? - before) / f64::from(heard);
    Ok(Block { completion, whole, cost })
}

impl Table {
    fn take(&mut self, subject: &Block, bare: &Block) {
        let values = |block: &Block| [block.completion.median(), block.completion.quantile(0.95), block.cost];
        for (place, (subject, bare)) in values(subject).into_iter().zip(values(bare)).enumerate() {
            self.server[place].push(subject);
            self.floor[place].push(bare);
            self.ratio[place].push(subject / bare);
        }
        self.server[3].push(subject.whole.median());
    }

    fn figures(&self, links: usize) -> Vec<Figure> {
        let names = [
            (format!("Fan-out to {links} links, p50"), "ms", 1.4),
            (format!("Fan-out to {links} links, p95"), "ms", 1.4),
            (format!("Server CPU per delivered frame, {links} links"), "µs", 1.4),
        ];
        let mut figures: Vec<Figure> = names
            .into_iter()
            .enumerate()
            .map(|(place, (what, unit, target))| {
                let value = format!("{} {unit}", self.server[place].spread(2));
                let floor = format!("{} {unit}", self.floor[place].spread(2));
                let is_reached = self.ratio[place].median() <= target;
                Figure::plain(what, value).above(floor, &self.ratio[place]).aimed(format!("≤ {target} ×"), is_reached)
            })
            .collect();
        let whole = format!("{} ms", self.server[3].spread(2));
        figures.push(Figure::plain(
            format!("The same from the host's command on, commit included, {links} links, p50"),
            whole,
        ));
        figures
    }
}
