//! A simulation of rooms with everything that can go wrong around them, drawn from a seed and the same each time.
//!
//! Rooms, keepers, rings, links, shards, the codec, and in the browsers lines and views are the product's own. Not so are
//! the sockets, which are bytes in memory, the disk, the clock, the task around a keeper and what a conversation asks of the
//! store. So a few hundred steps with crashes take some milliseconds, and a seed that fails can be had again:
//! `PODIUM_SIM_SEED=17 cargo test --features ssr --lib simulation`. `PODIUM_SIM_SEEDS` tries more of them.
//!
//! Reading order: `chance`, `quiz`, `disk`, `house` (the process), `browser`, `ledger` (what must hold), `world`,
//! `wires`, `people`, `trouble`.

mod browser;
mod chance;
mod disk;
mod house;
mod ledger;
mod people;
mod quiz;
mod trouble;
mod wires;
mod world;

use std::panic;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::tests::simulation::quiz::Keys;
use crate::tests::simulation::world::{Outcome, World};

/// Seeds that every run of the tests tries.
const SEEDS: u64 = 500;
/// Steps of each.
const STEPS: usize = 300;
/// After so many failures a thread gives up; a few show what is wrong.
const FAILURES: usize = 8;
/// Of so many seeds one is played twice, to see that it comes to the same, and once more with another key.
const TWIN_EVERY: u64 = 10;

fn play(seed: u64, keys: Keys) -> Outcome {
    World::new(seed, keys).run(STEPS)
}

/// Plays one seed; with its twins if it is one of those.
fn check(seed: u64) -> usize {
    let outcome = play(seed, Keys::First);
    if seed.is_multiple_of(TWIN_EVERY) {
        assert_eq!(outcome, play(seed, Keys::First), "one seed comes to the same each time");
        let other = play(seed, Keys::Second);
        assert_eq!(outcome.public, other.public, "V4: nobody but the host is told anything that depends on the key");
    }
    outcome.facts
}

/// A number of the environment.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn whatever_happens_nothing_is_lost_and_nobody_is_told_too_much() {
    if let Some(seed) = number("PODIUM_SIM_SEED") {
        check(seed);
        return;
    }
    let (seeds, next, facts) = (number("PODIUM_SIM_SEEDS").unwrap_or(SEEDS), AtomicU64::new(0), AtomicU64::new(0));
    let failed: Vec<u64> = thread::scope(|scope| {
        let work = || {
            let mut failed = Vec::new();
            while failed.len() < FAILURES {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= seeds {
                    break;
                }
                match panic::catch_unwind(|| check(seed)) {
                    Ok(count) => drop(facts.fetch_add(count as u64, Ordering::Relaxed)),
                    Err(_) => failed.push(seed),
                }
            }
            failed
        };
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("it catches what fails")).collect()
    });
    for seed in &failed {
        eprintln!("replay with: PODIUM_SIM_SEED={seed} cargo test --locked --features ssr --lib simulation");
    }
    assert!(failed.is_empty(), "seeds {failed:?} fail");
    let facts = facts.into_inner();
    assert!(facts > seeds * 20, "the rooms were played: {facts} facts");
}
