//! How often the server asks for memory while it tells many of one event: in this process, where it can be counted.
//!
//! What one more link adds is the slope between two rooms: a publish itself, its commit and its encoding are the same in
//! both. The generator, which runs in this process too, reads into memory that it has already.

use std::alloc::System;

use anyhow::Result;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use crate::fan_out::Run;
use crate::figures::Figure;
use crate::links::Links;
use crate::room::Room;
use crate::server::Server;

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Links of the two rooms.
const SIZES: [usize; 2] = [100, 1_000];
/// Publishes in each, after as many that warm up.
const RUN: Run = Run { publishes: 100, burst: 1 };

/// Counts in both rooms.
pub fn measure() -> Result<Vec<Figure>> {
    let mut server = Server::start_inside()?;
    let mut links = Links::new()?;
    let mut counts = Vec::new();
    for size in SIZES {
        let mut room = Room::open(&mut server, &mut links, size, 1)?;
        room.link_seats(&server, &mut links, size)?;
        RUN.through_server(&server, &mut links, &mut room)?;
        let region = Region::new(COUNTED);
        RUN.through_server(&server, &mut links, &mut room)?;
        counts.push(region.change().allocations as f64 / RUN.publishes as f64);
    }
    let [few, many] = SIZES;
    let slope = (counts[1] - counts[0]) / (many - few) as f64;
    let whole = format!("{:.0} with {few} links, {:.0} with {many}", counts[0], counts[1]);
    Ok(vec![
        Figure::plain("Allocations per delivered frame: what one more link adds", format!("{slope:.3}"))
            .aimed("0", slope < 0.005),
        Figure::plain("Allocations of a whole publish, commit and host's reply included", whole),
    ])
}
