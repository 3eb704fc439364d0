//! The figures of `BENCHMARKS.md`: starts the release server, loads it from this other process, and compares it with a
//! floor measured in the same run.
//!
//! Runs on Linux only. Everything is on loopback, bounded in count and time, and ends the processes it started.
//! `--quick` takes few samples and keeps nothing; `--only NAME` measures one part anew and leaves the others as they were.
//!
//! Reading order: this file, then `server` (the subject), `floor` (what it is compared with), `links` (the generator), then
//! one file for each figure: `fan_out`, `answers`, `crowds`, `connections`, `memory`, `allocations`, `wire`, `weight`, `pages`,
//! `people`;
//! `report` keeps them.

mod allocations;
mod answers;
mod connections;
mod crowds;
mod fan_out;
mod figures;
mod floor;
mod http;
mod links;
mod memory;
mod pages;
mod people;
mod process;
mod report;
mod room;
mod rows;
mod server;
mod timed;
mod weight;
mod wire;

use std::env;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::fan_out::Pair;
use crate::figures::Figure;
use crate::floor::Floor;
use crate::links::Links;
use crate::report::Circumstances;
use crate::room::Room;
use crate::rows::Reader;
use crate::server::Server;

/// How many samples are taken.
#[derive(Clone, Copy)]
struct Pace {
    /// Rounds of fan-out.
    rounds: usize,
    /// Publishes of one block of a round.
    publishes: usize,
    /// Turns that everybody answers.
    turns: u32,
    /// Rounds of pages.
    page_rounds: usize,
    /// How long one block of pages lasts.
    page_block: Duration,
    /// What is looked at of connections.
    connections: connections::Pace,
    /// Idle links at which memory is looked at.
    idle: &'static [usize],
}

const WHOLE: Pace = Pace {
    rounds: 15,
    publishes: 40,
    turns: 21,
    page_rounds: 7,
    page_block: Duration::from_millis(1_500),
    connections: connections::Pace { rounds: 9, crowd: connections::CROWD, storms: 3 },
    idle: &[1_000, 5_000],
};

const QUICK: Pace = Pace {
    rounds: 3,
    publishes: 20,
    turns: 5,
    page_rounds: 2,
    page_block: Duration::from_millis(500),
    connections: connections::Pace { rounds: 2, crowd: 1_000, storms: 1 },
    idle: &[1_000],
};

impl Pace {
    /// Publishes of one block to so many links; what goes to thousands takes its time.
    fn publishes_to(self, links: usize) -> usize {
        if links > 1_000 { self.publishes / 2 } else { self.publishes }
    }
}

/// Files that each process has open beside the links.
const OTHER_FILES: u64 = 200;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.first().is_some_and(|argument| argument == floor::ARGUMENT) {
        return floor::run();
    }
    let is_quick = arguments.iter().any(|argument| argument == "--quick");
    let only = arguments.iter().position(|argument| argument == "--only").and_then(|at| arguments.get(at + 1));
    let pace = if is_quick { QUICK } else { WHOLE };
    let files = process::raise_file_limit();
    let is_pinned = process::move_to_generator_core();
    for (name, measure) in PARTS {
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let (begin, load_before) = (Instant::now(), Circumstances::load());
        let figures = measure(pace, files)?;
        println!("{}", report::table(&figures));
        if !is_quick {
            let circumstances = Circumstances { is_pinned, load_before, seconds: begin.elapsed().as_secs() };
            report::keep(name, &figures, &circumstances)?;
        }
    }
    if is_quick { Ok(()) } else { report::write(&PARTS.map(|(name, _)| name)) }
}

/// Measures one part, with so many files that a process may open.
type Measure = fn(Pace, u64) -> Result<Vec<Figure>>;

/// The parts, each on servers of its own, in the order of the report.
const PARTS: [(&str, Measure); 9] = [
    ("rooms", |pace, _| rooms(pace)),
    ("crowds", |pace, _| Ok([crowds::sizes(pace)?, crowds::stalled(pace)?].into_iter().flatten().collect())),
    ("connections", |pace, _| connections::measure(pace.connections)),
    ("allocations", |_, _| allocations::measure()),
    ("wire", |_, _| wire::measure()),
    ("memory", |pace, files| {
        // A figure that the machine cannot carry is left out rather than guessed.
        let idle: Vec<usize> = pace.idle.iter().copied().filter(|count| *count as u64 + OTHER_FILES <= files).collect();
        memory::measure(&idle)
    }),
    ("pages", |pace, _| first_pages(pace)),
    ("people", |pace, _| people::measure(pace)),
    ("timed", |_, _| timed::measure()),
];

/// Fan-out in rooms of three sizes, then a game in the middle one.
fn rooms(pace: Pace) -> Result<Vec<Figure>> {
    let mut server = Server::start()?;
    let mut floor = Floor::start()?;
    let mut links = Links::new()?;
    let mut rooms = Vec::new();
    for size in fan_out::SIZES {
        let mut room = Room::open(&mut server, &mut links, size, pace.turns as usize + 1)?;
        room.link_seats(&server, &mut links, size)?;
        let bare = fan_out::bare_links(&mut links, &mut floor, size)?;
        rooms.push((room, bare));
    }
    let mut pairs: Vec<Pair> =
        rooms.iter_mut().enumerate().map(|(group, (room, bare))| Pair { room, bare: bare.clone(), group }).collect();
    let mut figures = fan_out::measure(&server, &mut floor, &mut links, &mut pairs, (pace, 1))?;
    figures.extend(fan_out::measure(&server, &mut floor, &mut links, &mut pairs[1..2], (pace, fan_out::BURST))?);

    let (room, _) = &mut rooms[1];
    figures.extend(fan_out::writes(&server, &mut links, room, pace.publishes)?);
    let (answers, acknowledged) = answers::measure(&server, &mut floor, &mut links, room, pace.turns)?;
    figures.extend(answers);
    let folder = server.kill()?;
    let stored = Reader::open(folder.path())?.answers()?;
    ensure!(stored == acknowledged, "{acknowledged} answers were acknowledged and {stored} were stored");
    Ok(figures)
}

/// What first pages weigh, and how fast they are made.
fn first_pages(pace: Pace) -> Result<Vec<Figure>> {
    let mut server = Server::start()?;
    let mut floor = Floor::start()?;
    let code = server.open_room(1)?;
    let mut player = server.player(code)?;
    let cookie = player.cookie();
    let path = format!("/play/{code}");
    let admin_pages = [
        ("The quiz list", "/quizzes".to_owned()),
        ("The editor", server.quiz_path()),
        ("The host's page", format!("/host/{code}")),
        ("The stage", format!("/stage/{code}")),
    ];
    let mut figures = weight::measure(&mut player, &path, &mut server.admin()?, &admin_pages)?;
    figures.extend(pages::measure(&server, &mut floor, &path, &cookie, pace)?);
    Ok(figures)
}
