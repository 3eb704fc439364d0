//! The game that the kit plays, and how it was recorded from a real house.
//!
//! A host locks and unlocks the door, asks one question, a player answers it, and the session goes to its end. `game.jsonl`
//! holds what was said and told: frames of the host and of the player, one a line. It knows neither who plays well nor what
//! is asked: every quiz will do.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::conform::wire::{Heard, PATIENCE, Wire};

/// Whose connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The host's.
    Host,
    /// The player's.
    Player,
}

/// One line of the record: a frame that somebody was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// After which step of the game.
    pub after: String,
    /// Who was told.
    pub to: Who,
    /// The frame.
    pub frame: Value,
}

/// A step of the game: what the host asks for, and the state that the session has after it.
const STEPS: &[(&str, Option<&str>)] = &[
    ("lock", None),
    ("unlock", None),
    ("next", Some("answering")),
    ("answer", None),
    ("close", Some("reveal")),
    ("end", Some("podium")),
    ("end", Some("closed")),
];

/// A question may stand alone for a minute before its options open.
const READING: Duration = Duration::from_secs(65);

/// Types that are told because of others who come and go, or whenever there is time: they belong to no game.
const CHANCE: &[&str] = &["user_joined", "user_left"];

/// The record.
pub fn recorded() -> Vec<Told> {
    let lines = include_str!("game.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).expect("a test reads every line")).collect()
}

/// The connections of a game.
pub struct Players {
    /// Who drives.
    pub host: Wire,
    /// Who answers, if somebody does.
    pub player: Option<Wire>,
    step: u64,
    turn: u64,
}

impl Players {
    /// Begins with connections whose snapshot was read; `step` is the one in the host's.
    pub fn new(host: Wire, player: Option<Wire>, step: u64) -> Self {
        Self { host, player, step, turn: 1 }
    }

    /// Plays the game to its end, and returns the events and replies that were told.
    ///
    /// # Errors
    /// What did not come.
    pub async fn play(&mut self) -> Result<Vec<Told>, String> {
        let mut told = Vec::new();
        for (number, (step, state)) in STEPS.iter().enumerate() {
            let after = format!("{number}-{step}");
            let keep = |to, frame: Value| Told { after: after.clone(), to, frame };
            if *step == "answer" {
                let Some(player) = &mut self.player else { continue };
                let command = json!({"type": "answer", "data": {"turn": self.turn, "choice": [0]}, "correlation_id": player.id(&after)});
                let heard = ask(player, &command, None).await?;
                told.extend(heard.into_iter().map(|frame| keep(Who::Player, frame)));
                continue;
            }
            let mut data = json!({ "do": step });
            if state.is_some() {
                data["step"] = self.step.into();
            }
            let command = json!({"type": "host", "data": data, "correlation_id": self.host.id(&after)});
            let heard = ask(&mut self.host, &command, Some(*state)).await?;
            if let Some(update) = heard.iter().rfind(|frame| frame["type"] == "session_update") {
                self.step = update["data"]["step"].as_u64().unwrap_or(self.step);
                self.turn = update["data"]["question_number"].as_u64().unwrap_or(self.turn);
            }
            told.extend(heard.into_iter().map(|frame| keep(Who::Host, frame)));
            if let Some(player) = &mut self.player {
                let update = player.until("session_update", |frame| is_update(frame, *state)).await?;
                told.push(keep(Who::Player, update));
            }
        }
        Ok(told)
    }
}

fn is_update(frame: &Value, state: Option<&str>) -> bool {
    frame["type"] == "session_update" && state.is_none_or(|state| frame["data"]["state"] == state)
}

/// Asks, and reads on until the reply came and, for a host, the session is where it should be. A question that everybody
/// has answered may have ended before it was closed; then the refusal says so. Returns replies and events.
///
/// # Errors
/// What came instead.
pub async fn ask(wire: &mut Wire, command: &Value, update: Option<Option<&str>>) -> Result<Vec<Value>, String> {
    wire.say(command.to_string()).await;
    let mut told = Vec::new();
    let (mut is_answered, mut is_there) = (false, update.is_none());
    let patience = if update == Some(Some("answering")) { READING } else { PATIENCE };
    let until = Instant::now() + patience;
    while !(is_answered && is_there) {
        if Instant::now() > until {
            return Err(format!("after {command} the reply came: {is_answered}, and the session_update: {is_there}"));
        }
        match wire.next().await {
            Heard::Frame(frame) => {
                let is_reply = frame["correlation_id"] == command["correlation_id"];
                let is_moved = frame["data"]["code"] == "moved_on" && command["data"]["do"] == "close";
                if is_reply && frame["type"] == "error" && !is_moved {
                    return Err(format!("{command} was refused with {}", frame["data"]));
                }
                is_answered |= is_reply;
                is_there |= update.is_some_and(|state| is_update(&frame, state));
                let is_chance = CHANCE.iter().any(|name| frame["type"] == *name) || is_moved;
                if (is_reply || frame["seq"].is_u64()) && !is_chance {
                    told.push(frame);
                }
            }
            Heard::Pong(_) => {}
            Heard::Silence if is_answered => {}
            other => return Err(format!("{other}; after {command} a reply with its correlation_id was due")),
        }
    }
    Ok(told)
}

/// What every recorded frame promises and a played game lacks, in words; nothing if it kept all promises. More than was
/// promised is no fault.
pub fn lacking(recorded: &[Told], played: &[Told], has_player: bool) -> Option<String> {
    recorded.iter().filter(|told| told.to == Who::Host || has_player).find_map(|told| {
        let same = |other: &&Told| other.to == told.to && kind(other) == kind(told);
        let Some(frame) = played.iter().find(same) else {
            return Some(format!("{:?} was not told `{}` after {}", told.to, kind(told), told.after));
        };
        let fields = shape(&frame.frame);
        let missing = shape(&told.frame).into_iter().find(|field| !fields.contains(field))?;
        Some(format!("`{}` lacks {missing}: {}", kind(told), frame.frame))
    })
}

/// The type, for an update of the session with its state.
pub fn kind(told: &Told) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{} {}", text(&told.frame["type"]), text(&told.frame["data"]["state"])).trim().to_owned()
}

/// The fields of a frame with their places; what may be absent inside of them is not looked into.
pub fn shape(frame: &Value) -> BTreeSet<String> {
    let fields = |at: &str, value: &Value| -> Vec<String> {
        value.as_object().map(|fields| fields.keys().map(|name| format!("{at}{name}")).collect()).unwrap_or_default()
    };
    [fields("", frame), fields("data.", &frame["data"])].concat().into_iter().collect()
}
