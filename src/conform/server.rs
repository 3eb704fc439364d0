//! Checks of a server: opening, envelope, bad messages, pings, a game, coming back, broken frames.
//!
//! Each check is a function of its own that says what it saw and what the contract says; it knows nothing of who wrote the
//! server. Reading order: [`check`], then the checks in its order.

use anyhow::Context;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message as WsMessage;

use crate::conform::game::{self, Players};
use crate::conform::report::{Outcome, Report};
use crate::conform::wire::{Heard, Wire};
use crate::protocol::close::Close;
use crate::protocol::message::Position;

/// The server that is checked.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Host and port.
    authority: String,
    /// The path of the room's door.
    path: String,
    host: Option<String>,
    player: Option<String>,
}

/// What a check saw that is not as it should be.
type Checked = Result<(), String>;

impl Subject {
    /// Reads an address such as `ws://127.0.0.1:3000/ws/KFX7QM`.
    ///
    /// # Errors
    /// When it is not a plain socket's.
    pub fn parse(url: &str, host: Option<String>, player: Option<String>) -> anyhow::Result<Self> {
        let rest = url.strip_prefix("ws://");
        let rest =
            rest.with_context(|| format!("`{url}` must start with ws://; reach a wss server behind its proxy"))?;
        let (authority, path) = rest
            .split_once('/')
            .with_context(|| format!("`{url}` names no room, like ws://127.0.0.1:3000/ws/KFX7QM"))?;
        let authority = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
        Ok(Self { authority, path: format!("/{path}"), host, player })
    }

    async fn open(&self, query: &str) -> Result<Wire, String> {
        Wire::open(&self.authority, &format!("{}{query}", self.path), self.host.as_deref()).await
    }

    /// A connection whose welcome and snapshot were read, and the snapshot.
    async fn settled(&self, query: &str) -> Result<(Wire, Value), String> {
        let mut wire = self.open(query).await?;
        let snapshot = wire.until("a snapshot after the welcome", |frame| frame["type"] == "snapshot").await?;
        Ok((wire, snapshot))
    }
}

/// Makes all checks.
pub async fn check(subject: &Subject) -> Report {
    let mut report = Report::default();
    report.add(STRANGER, stranger(subject).await);
    if subject.host.is_none() {
        report.add(WELCOME, Outcome::Skipped("give --token".to_owned()));
        return report;
    }
    report.add(WELCOME, welcome(subject).await);
    report.add(PING, ping(subject).await);
    report.add(BAD_MESSAGES, bad_messages(subject).await);
    report.add(FOREIGN_EPOCH, foreign_epoch(subject).await);
    report.add(RESUME, resume(subject).await);
    report.add(TWICE, twice(subject).await);
    for (name, close, frames) in broken() {
        report.add(name, ends(subject, close, frames).await);
    }
    play(subject, &mut report).await;
    report
}

/// The names of the checks.
pub const STRANGER: &str = "who shows nothing is closed with 1008 and told nothing";
/// The welcome.
pub const WELCOME: &str = "the first frame is the welcome, the second a snapshot";
/// Signs of life.
pub const PING: &str = "pings of both kinds are answered";
/// Errors.
pub const BAD_MESSAGES: &str = "bad messages are answered in words and the connection goes on";
/// Another life of the room.
pub const FOREIGN_EPOCH: &str = "a position of another epoch gets a snapshot";
/// Coming back.
pub const RESUME: &str = "who comes back gets what was missed once, or a snapshot";
/// Commands that come again.
pub const TWICE: &str = "a command that comes again is not done again";
/// The game.
pub const GAME: &str = "the recorded game is told with all its fields";
/// Numbers.
pub const GAPLESS: &str = "events are numbered without gaps";
/// The envelope.
pub const ENVELOPE: &str = "every frame has its type, data and RFC 3339 timestamp";

async fn stranger(subject: &Subject) -> Checked {
    let mut wire = Wire::open(&subject.authority, &subject.path, None).await?;
    match wire.next().await {
        Heard::Close(1008, reason) if !reason.is_empty() => Ok(()),
        other => Err(format!("{other}; a close with 1008 and a reason was due, and no frame before it")),
    }
}

async fn welcome(subject: &Subject) -> Checked {
    let mut wire = subject.open("").await?;
    let first = match wire.next().await {
        Heard::Frame(frame) if frame["type"] == "connected" => frame,
        other => return Err(format!("{other}; `connected` was due")),
    };
    for field in ["protocol", "connection", "position", "recovered", "server_time", "message_bytes_max", "heartbeat_ms"]
    {
        if first["data"][field].is_null() {
            return Err(format!("the welcome has no `{field}`: {first}"));
        }
    }
    match wire.next().await {
        Heard::Frame(frame) if frame["type"] == "snapshot" => Ok(()),
        other => Err(format!("{other}; `snapshot` was due after a welcome with recovered = false")),
    }
}

async fn ping(subject: &Subject) -> Checked {
    let (mut wire, _) = subject.settled("").await?;
    wire.say(json!({"type": "ping", "data": {}, "correlation_id": "conform-ping"}).to_string()).await;
    let pong = wire.until("a pong with the id of the ping", |frame| {
        frame["type"] == "pong" && frame["correlation_id"] == "conform-ping"
    });
    let pong = pong.await?;
    if !pong["data"]["server_time"].is_i64() {
        return Err(format!("the pong has no `server_time`: {pong}"));
    }
    let payload = b"conform".to_vec();
    wire.send(WsMessage::Ping(payload.clone().into())).await;
    loop {
        match wire.next().await {
            Heard::Pong(answer) if answer == payload => return Ok(()),
            Heard::Frame(_) | Heard::Pong(_) => {}
            other => return Err(format!("{other}; a pong of the protocol with the ping's payload was due")),
        }
    }
}

async fn bad_messages(subject: &Subject) -> Checked {
    const BAD: &[(&str, &str)] = &[
        ("hello", "malformed"),
        ("[]", "malformed"),
        ("{}", "unknown_type"),
        (r#"{"type":"nonsense"}"#, "unknown_type"),
        (r#"{"type":"answer","data":{"turn":-1,"choice":[1]}}"#, "malformed"),
        (r#"{"type":"score_update","data":{"score":1000000}}"#, "scores_are_ours"),
        (r#"{"type":"leave_session","data":{"session":"nowhere"}}"#, "not_in_session"),
    ];
    let (mut wire, _) = subject.settled("").await?;
    for (text, code) in BAD {
        wire.say(*text).await;
        let answer = wire.until(&format!("an error for {text}"), |frame| frame["type"] == "error").await?;
        let error = &answer["data"];
        if error["code"] != *code {
            return Err(format!("{text} was answered with {error}; the code is `{code}`"));
        }
        let are_words = ["error", "help", "timestamp"].iter().all(|field| error[field].is_string());
        if !are_words || !error["recoverable"].is_boolean() {
            return Err(format!("{error} has not code, error, timestamp, recoverable and help"));
        }
    }
    wire.say(r#"{"type":"ping"}"#).await;
    wire.until("a pong after bad messages", |frame| frame["type"] == "pong").await.map(drop)
}

async fn foreign_epoch(subject: &Subject) -> Checked {
    let (wire, _) = subject.settled("").await?;
    let Position { epoch, .. } = wire.position.ok_or("the snapshot has no position")?;
    let mut back = subject.open(&format!("?epoch={}&seq=1", epoch.0 + 1)).await?;
    let welcome = back.until("a welcome", |frame| frame["type"] == "connected").await?;
    if welcome["data"]["recovered"] != false {
        return Err(format!("{welcome}; recovered = false was due, because that epoch is none of this room's"));
    }
    back.until("a snapshot", |frame| frame["type"] == "snapshot").await.map(drop)
}

/// Lets the host's link lock or unlock the door, and returns the reply and the event.
async fn turn_key(wire: &mut Wire, what: &str, id: &str) -> Result<Vec<Value>, String> {
    let command = json!({"type": "host", "data": {"do": what}, "correlation_id": wire.id(id)});
    game::ask(wire, &command, Some(None)).await
}

async fn resume(subject: &Subject) -> Checked {
    let (mut host, _) = subject.settled("").await?;
    let (mut away, _) = subject.settled("").await?;
    // Until the first event, so that the position is one in the middle.
    turn_key(&mut host, "lock", "first").await?;
    away.until("session_update", |frame| frame["type"] == "session_update").await?;
    let left_at = away.position.ok_or("the snapshot has no position")?;
    drop(away);
    for (what, id) in [("unlock", "missed-1"), ("lock", "missed-2"), ("unlock", "missed-3")] {
        turn_key(&mut host, what, id).await?;
    }
    let last = host.position.ok_or("the snapshot has no position")?.seq;
    let mut back = subject.open(&format!("?epoch={}&seq={}", left_at.epoch, left_at.seq)).await?;
    let welcome = back.until("a welcome", |frame| frame["type"] == "connected").await?;
    if welcome["data"]["recovered"] == false {
        return back
            .until("a snapshot, because recovered is false", |frame| frame["type"] == "snapshot")
            .await
            .map(drop);
    }
    back.until("the last of the missed events", |frame| frame["seq"].as_u64() >= Some(last)).await?;
    // What comes twice comes before the answer to this.
    back.say(r#"{"type":"ping"}"#).await;
    back.until("a pong", |frame| frame["type"] == "pong").await?;
    let expected: Vec<u64> = (left_at.seq + 1..=last).collect();
    match back.seqs.starts_with(&expected) && gapless(&back.seqs).is_ok() {
        true => Ok(()),
        false => Err(format!(
            "the events {:?} came; after {} the events {expected:?} were due, each once",
            back.seqs, left_at.seq
        )),
    }
}

async fn twice(subject: &Subject) -> Checked {
    let (mut wire, _) = subject.settled("").await?;
    turn_key(&mut wire, "lock", "twice").await?;
    let command = json!({"type": "host", "data": {"do": "lock"}, "correlation_id": wire.id("twice")});
    wire.say(command.to_string()).await;
    let again =
        wire.until("the first result again", |frame| frame["correlation_id"] == command["correlation_id"]).await?;
    turn_key(&mut wire, "unlock", "again").await?;
    match again["type"] == "done" {
        true => Ok(()),
        false => Err(format!("{again}; the first result, `done`, was due again")),
    }
}

/// Frames that break the rules, and how a connection ends that sent them. Source: RFC 6455, 5.2 and 7.4.1.
fn broken() -> Vec<(&'static str, Close, Vec<u8>)> {
    let masked = |first: u8, payload: &[u8]| {
        let length = u8::try_from(payload.len()).expect("short") | 0x80;
        [&[first, length, 0, 0, 0, 0], payload].concat()
    };
    vec![
        ("a frame without a mask ends with 1002", Close::Protocol, vec![0x81, 0x02, b'{', b'}']),
        ("a frame with a reserved bit ends with 1002", Close::Protocol, masked(0xC1, b"{}")),
        ("a frame of an unknown kind ends with 1002", Close::Protocol, masked(0x83, b"{}")),
        ("a binary message ends with 1003", Close::NotText, masked(0x82, b"{}")),
        ("text that is not UTF-8 ends with 1007", Close::NotUtf8, masked(0x81, &[0xFF, 0xFE])),
        // 64 MiB are announced, more than any limit.
        (
            "a message that is too large ends with 1009",
            Close::TooLarge,
            vec![0x81, 0xFF, 0, 0, 0, 0, 0x04, 0, 0, 1, 0, 0, 0, 0],
        ),
    ]
}

async fn ends(subject: &Subject, close: Close, frames: Vec<u8>) -> Checked {
    let (mut wire, _) = subject.settled("").await?;
    wire.send_raw(&frames).await;
    match wire.until_end().await {
        Heard::Close(code, _) if code == close.code() => Ok(()),
        other => Err(format!("{other}; a close with {} was due", close.code())),
    }
}

async fn play(subject: &Subject, report: &mut Report) {
    match players(subject).await {
        Ok(Some(mut players)) => {
            let has_player = players.player.is_some();
            let played = players.play().await;
            let lacking = played.map(|played| game::lacking(&game::recorded(), &played, has_player));
            report.add(GAME, lacking.and_then(|lacking| lacking.map_or(Ok(()), Err)));
            let wires = [Some(&players.host), players.player.as_ref()];
            let wires: Vec<&Wire> = wires.into_iter().flatten().collect();
            report.add(GAPLESS, wires.iter().try_for_each(|wire| gapless(&wire.seqs)));
            let wrong = wires.iter().find_map(|wire| wire.wrong.first().cloned());
            report.add(ENVELOPE, wrong.map_or(Ok(()), Err));
        }
        Ok(None) => report.add(GAME, Outcome::Skipped("the token's account does not host this room".to_owned())),
        Err(why) => report.add(GAME, Outcome::Failed(why)),
    }
}

/// The connections of a game; none if the token's account does not host.
pub async fn players(subject: &Subject) -> Result<Option<Players>, String> {
    let (host, snapshot) = subject.settled("").await?;
    if snapshot["data"]["audience"] != "host" {
        return Ok(None);
    }
    let step = snapshot["data"]["view"]["show"]["step"].as_u64().ok_or("the host's snapshot has no step")?;
    let player = match &subject.player {
        None => None,
        Some(token) => {
            let mut wire = Wire::open(&subject.authority, &format!("{}?as=player", subject.path), Some(token)).await?;
            wire.until("a snapshot", |frame| frame["type"] == "snapshot").await?;
            Some(wire)
        }
    };
    Ok(Some(Players::new(host, player, step)))
}

fn gapless(seqs: &[u64]) -> Checked {
    match seqs.windows(2).find(|pair| pair[1] != pair[0] + 1) {
        None => Ok(()),
        Some(pair) => Err(format!("after {} came {}; {} was due", pair[0], pair[1], pair[0] + 1)),
    }
}
