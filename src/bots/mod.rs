//! Simulated players who come through the front door: for rehearsals, for tests and for load.
//!
//! They know what any browser knows: an address, a room code, and the protocol. Nothing of them is special to the server.
//! Reading order: `visitor` (one connection), `player` (one bot), this file (the crowd and its report).

pub mod player;
pub mod visitor;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;
use tokio::task::JoinSet;

use crate::bots::player::{Habits, Story};
use crate::bots::visitor::Door;
use crate::domain::code::JoinCode;

/// What the crowd is like.
#[derive(Args, Clone, Debug)]
pub struct Crowd {
    /// Code of the room to play in
    #[arg(long, value_parser = parse_code)]
    pub room: JoinCode,

    /// Address of the server
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    pub url: String,

    /// How many play
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pub players: u32,

    /// Same seed, same crowd: names, think times, choices, lost connections
    #[arg(long, default_value_t = 7)]
    pub seed: u64,

    /// How likely a player loses the connection in a question, for example 10%
    #[arg(long, default_value = "0%", value_parser = parse_percent)]
    pub drop: f64,

    /// The longest time a player thinks, in milliseconds
    #[arg(long, default_value_t = 6_000)]
    pub think_ms: u32,

    /// People come in over this time, in milliseconds
    #[arg(long, default_value_t = 2_000)]
    pub arrive_ms: u32,

    /// Print the report as one JSON object, for scripts
    #[arg(long)]
    pub json: bool,
}

/// What the crowd lived through.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Bots that got a seat.
    pub seated: u32,
    /// Why others got none, and how many.
    pub turned_away: BTreeMap<String, u32>,
    /// Answers that the server acknowledged.
    pub acknowledged: u64,
    /// Answers that it refused, by code.
    pub refused: BTreeMap<String, u32>,
    /// Connections that were cut on purpose or lost.
    pub reconnects: u64,
    /// Reconnects after which exactly what was missed was replayed.
    pub replayed: u64,
    /// Events that were missing or came twice; anything but 0 is a bug.
    pub holes: u64,
    /// Bots that saw the room to its end.
    pub finished: u32,
    /// Different final boards; 1 is right.
    pub boards: usize,
    /// Time from sending an answer to its acknowledgement, in milliseconds: half of them.
    pub ack_p50_ms: u64,
    /// The same for 95 of 100.
    pub ack_p95_ms: u64,
    /// Each acknowledged answer as seat and turn, for whoever compares with the database.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<(u32, u32)>,
}

/// Plays a whole session with a crowd and reports.
///
/// # Errors
/// When the address is no address of a server, or no bot got a seat.
pub async fn play(crowd: Crowd) -> anyhow::Result<Report> {
    let door = Door::parse(&crowd.url)?;
    let mut dice = StdRng::seed_from_u64(crowd.seed);
    let mut bots = JoinSet::new();
    for number in 1..=crowd.players {
        let door = door.clone();
        let code = crowd.room;
        let habits = Habits {
            seed: dice.random(),
            name: name(&mut dice, number),
            drop: crowd.drop,
            think: Duration::from_millis(u64::from(crowd.think_ms)),
        };
        let wait = Duration::from_millis(u64::from(dice.random_range(0..=crowd.arrive_ms)));
        bots.spawn(async move {
            tokio::time::sleep(wait).await;
            player::play(&door, code, habits).await
        });
    }
    let stories = bots.join_all().await;
    let report = Report::of(stories, crowd.json);
    ensure!(report.seated > 0, "no bot got a seat: {}", words(&report.turned_away));
    Ok(report)
}

impl Report {
    fn of(stories: Vec<Result<Story, String>>, with_answers: bool) -> Self {
        let mut report = Self::default();
        let mut waits = Vec::new();
        let mut boards = std::collections::BTreeSet::new();
        for story in stories {
            let story = match story {
                Ok(story) => story,
                Err(why) => {
                    *report.turned_away.entry(why).or_default() += 1;
                    continue;
                }
            };
            report.seated += 1;
            report.acknowledged += story.acknowledged.len() as u64;
            for code in story.refused {
                *report.refused.entry(code).or_default() += 1;
            }
            report.reconnects += story.reconnects;
            report.replayed += story.replayed;
            report.holes += story.holes;
            report.finished += u32::from(story.is_finished);
            waits.extend(story.waits_ms);
            if story.is_finished {
                boards.insert(story.board);
            }
            if with_answers {
                report.answers.extend(story.acknowledged.iter().map(|turn| (story.seat.0, turn.0)));
            }
        }
        waits.sort_unstable();
        let at = |percent: usize| waits.get((waits.len() * percent / 100).min(waits.len().saturating_sub(1))).copied();
        report.ack_p50_ms = at(50).unwrap_or_default();
        report.ack_p95_ms = at(95).unwrap_or_default();
        report.boards = boards.len();
        report
    }

    /// The report in a few lines for people.
    pub fn lines(&self) -> String {
        let mut lines = format!(
            "{} players, {} saw the end, {} final board(s)\n{} answers acknowledged (p50 {} ms, p95 {} ms), refused: {}\n{} reconnects, {} replayed, {} holes",
            self.seated,
            self.finished,
            self.boards,
            self.acknowledged,
            self.ack_p50_ms,
            self.ack_p95_ms,
            words(&self.refused),
            self.reconnects,
            self.replayed,
            self.holes,
        );
        if !self.turned_away.is_empty() {
            lines.push_str(&format!("\nturned away: {}", words(&self.turned_away)));
        }
        lines
    }
}

fn words(counts: &BTreeMap<String, u32>) -> String {
    if counts.is_empty() {
        return "none".to_owned();
    }
    counts.iter().map(|(what, count)| format!("{count} × {what}")).collect::<Vec<_>>().join(", ")
}

fn name(dice: &mut StdRng, number: u32) -> String {
    const FIRST: [&str; 12] =
        ["Quiet", "Bold", "Merry", "Swift", "Gentle", "Clever", "Sunny", "Brave", "Calm", "Lucky", "Witty", "Keen"];
    const SECOND: [&str; 12] =
        ["Otter", "Heron", "Fox", "Badger", "Wren", "Lynx", "Hare", "Robin", "Newt", "Stork", "Mole", "Finch"];
    let (first, second) = (FIRST[dice.random_range(0..FIRST.len())], SECOND[dice.random_range(0..SECOND.len())]);
    format!("{first} {second} {number}")
}

fn parse_code(typed: &str) -> Result<JoinCode, String> {
    JoinCode::parse(typed).map_err(|why| why.to_string())
}

fn parse_percent(typed: &str) -> Result<f64, String> {
    let number: Option<f64> = typed.trim_end_matches('%').trim().parse().ok();
    let share = number.map(|number| number / 100.0).filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| format!("`{typed}` is no share, try 10%"))
}

/// Runs `podium bots`: plays and prints.
///
/// # Errors
/// As [`play`].
pub async fn run(crowd: Crowd) -> anyhow::Result<()> {
    let json = crowd.json;
    let report = play(crowd).await?;
    if json {
        println!("{}", serde_json::to_string(&report).context("the report is plain data")?);
    } else {
        println!("{}", report.lines());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_read_with_or_without_its_sign() {
        assert_eq!(parse_percent("10%"), Ok(0.1));
        assert_eq!(parse_percent("100"), Ok(1.0));
        assert!(parse_percent("101%").is_err() && parse_percent("some").is_err());
    }
}
