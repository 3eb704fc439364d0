//! Checks of a client: a scripted server that plays the recorded game to it, and cuts it off in several ways.
//!
//! It has one room and one player, whose frames are those of the record. It looks at what a client does, never at what it
//! shows. Reading order: [`check`], which is the script, then `Visit`, one connection of the client.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::header;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as WsMessage;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::conform::game::{self, Told, Who};
use crate::conform::report::{Outcome, Report};
use crate::protocol::close::Close;
use crate::protocol::frame::SUBPROTOCOL;

/// The room's life in the script.
const EPOCH: u64 = 7;
/// Networks and schedulers may make a wait look shorter by this part of a hundred.
const TOLERANCE_PERCENT: u32 = 10;

/// How long a client may take, and how long it must stay away.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The first wait before it comes back; the contract's second.
    pub base: Duration,
    /// A client that comes later than this never comes.
    pub patience: Duration,
    /// A client that stayed away so long after a final close stays away.
    pub quiet: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let quiet = Duration::from_secs(5);
        Self { base: Duration::from_secs(1), patience: Duration::from_secs(60), quiet }
    }
}

/// The client offers the protocol.
pub const OFFERS: &str = "offers podium.v1";
/// It is alive.
pub const PONGS: &str = "answers pings of the protocol";
/// It waits after a loss.
pub const WAITS: &str = "waits a second or more before it comes back from a lost connection";
/// It waits longer after another.
pub const WAITS_LONGER: &str = "waits longer when the server does not answer";
/// It resumes.
pub const RESUMES: &str = "comes back with the position of the last event, unknown ones counted";
/// It lives with newer servers.
pub const SKIPS: &str = "goes on after messages of unknown types";
/// It heeds hints.
pub const HINT: &str = "waits as long as a restart asks";
/// It knows final codes.
pub const STAYS_AWAY: &str = "stays away when the session is over";

/// Plays the script to the first client that comes.
pub async fn check(listener: &TcpListener, pace: Pace) -> Report {
    let mut report = Report::default();
    if let Err(why) = script(listener, pace, &mut report).await {
        report.add("plays the script to its end", Outcome::Failed(why));
    }
    report
}

async fn script(listener: &TcpListener, pace: Pace, report: &mut Report) -> Result<(), String> {
    let mut frames = player_frames().into_iter();
    // The first connection: a welcome, a snapshot, events, and two messages of a server of the future. Then it is cut.
    let mut visit = Visit::accept(listener, pace.patience).await?;
    report.add(OFFERS, visit.offers());
    visit.tell(welcome(0, false)).await;
    visit.tell(snapshot()).await;
    let mut seq = 0;
    for frame in frames.by_ref().take(2) {
        seq += 1;
        visit.tell(numbered(frame, seq)).await;
    }
    visit.tell(json!({"type": "weather", "data": {"sky": "clear"}, "timestamp": NOW})).await;
    seq += 1;
    visit.tell(json!({"type": "fireworks", "data": {}, "timestamp": NOW, "room": "KFX7QM", "seq": seq})).await;
    report.add(PONGS, visit.is_answered(pace).await);
    report.add(SKIPS, visit.is_open());
    drop(visit);

    // A server that does not answer, twice as long a wait, and a server that is there again.
    let lost_at = Instant::now();
    drop(connection(listener, pace.patience).await?);
    report.add(WAITS, waited(lost_at, pace.base));
    let lost_at = Instant::now();
    let mut visit = Visit::accept(listener, pace.patience).await?;
    report.add(WAITS_LONGER, waited(lost_at, pace.base * 2));
    report.add(RESUMES, visit.comes_from(seq));
    visit.tell(welcome(seq, true)).await;
    for frame in frames {
        seq += 1;
        visit.tell(numbered(frame, seq)).await;
    }
    visit.is_answered(pace).await?;

    // A restart, and the end.
    let hint = pace.base * 2;
    visit.close(Close::Restart, &format!("{} retry_ms={}", Close::Restart.reason(), hint.as_millis())).await;
    let restarted_at = Instant::now();
    let mut visit = Visit::accept(listener, pace.patience).await?;
    report.add(HINT, waited(restarted_at, hint));
    visit.tell(welcome(seq, true)).await;
    visit.close(Close::Over, Close::Over.reason()).await;
    let again = connection(listener, pace.quiet).await;
    report.add(STAYS_AWAY, again.map_or(Ok(()), |_| Err("it came back; 4410 is final".to_owned())));
    Ok(())
}

/// When everything in the script is said.
const NOW: &str = "2026-11-20T12:18:05.250Z";

fn player_frames() -> Vec<Value> {
    let told = game::recorded().into_iter();
    told.filter(|Told { to, frame, .. }| *to == Who::Player && frame["seq"].is_u64()).map(|told| told.frame).collect()
}

fn numbered(mut frame: Value, seq: u64) -> Value {
    frame["seq"] = seq.into();
    frame
}

fn welcome(seq: u64, recovered: bool) -> Value {
    json!({"type": "connected", "timestamp": NOW, "room": "KFX7QM", "data": {
        "protocol": SUBPROTOCOL, "connection": 1, "session": 1, "audience": "players", "seat": 1, "account": null,
        "position": {"epoch": EPOCH, "seq": seq}, "recovered": recovered, "server_time": 1_795_177_085_250_i64,
        "message_bytes_max": 10_240, "heartbeat_ms": 30_000,
    }})
}

fn snapshot() -> Value {
    json!({"type": "snapshot", "timestamp": NOW, "room": "KFX7QM", "data": {
        "position": {"epoch": EPOCH, "seq": 0}, "audience": "players", "view": {"show": {
            "title": "House quiz", "language": "en", "code": "KFX7QM", "question_count": 1, "step": 0, "locked": false,
            "scene": {"phase": "lobby"},
            "presence": {"here": 1, "seats": 1, "answered": 0, "is_host_here": true},
            "leaderboard": {"version": 0, "rows": [], "climber": null},
        }},
    }})
}

/// Whether somebody waited as long as they should have.
fn waited(since: Instant, least: Duration) -> Result<(), String> {
    let waited = since.elapsed();
    match waited >= least * (100 - TOLERANCE_PERCENT) / 100 {
        true => Ok(()),
        false => Err(format!("it came after {} ms; at least {} ms were due", waited.as_millis(), least.as_millis())),
    }
}

async fn connection(listener: &TcpListener, patience: Duration) -> Result<TcpStream, String> {
    match timeout(patience, listener.accept()).await {
        Ok(Ok((stream, _))) => Ok(stream),
        Ok(Err(why)) => Err(format!("no connection could be taken: {why}")),
        Err(_) => Err(format!("nobody came within {} s", patience.as_secs_f32())),
    }
}

/// One connection of the client.
struct Visit {
    socket: WebSocketStream<TcpStream>,
    /// The path and the query that it asked for.
    asked: String,
    /// The subprotocols that it offered.
    offered: String,
    /// How it ended, if it did.
    ended: Option<String>,
}

impl Visit {
    async fn accept(listener: &TcpListener, patience: Duration) -> Result<Self, String> {
        let stream = connection(listener, patience).await?;
        let (mut asked, mut offered) = (String::new(), String::new());
        // The library's callback answers with a whole response when it refuses.
        #[allow(clippy::result_large_err)]
        let look = |request: &Request, mut response: Response| {
            asked = request.uri().to_string();
            let protocols = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
            offered = protocols.filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(", ");
            if offered.split(',').any(|one| one.trim() == SUBPROTOCOL) {
                let agreed = header::HeaderValue::from_static(SUBPROTOCOL);
                response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, agreed);
            }
            Ok(response)
        };
        let opening = timeout(patience, tokio_tungstenite::accept_hdr_async(stream, look)).await;
        let socket =
            opening.map_err(|_| "no handshake came".to_owned())?.map_err(|why| format!("no handshake: {why}"))?;
        Ok(Self { socket, asked, offered, ended: None })
    }

    fn offers(&self) -> Result<(), String> {
        match self.offered.split(',').any(|one| one.trim() == SUBPROTOCOL) {
            true => Ok(()),
            false => Err(format!("it offered `{}`; without {SUBPROTOCOL} a door speaks its dialect", self.offered)),
        }
    }

    fn comes_from(&self, seq: u64) -> Result<(), String> {
        let query = self.asked.split_once('?').map_or("", |(_, query)| query);
        let has = |pair: String| query.split('&').any(|given| given == pair);
        match has(format!("epoch={EPOCH}")) && has(format!("seq={seq}")) {
            true => Ok(()),
            false => Err(format!("it asked for {}; epoch={EPOCH}&seq={seq} were due", self.asked)),
        }
    }

    fn is_open(&self) -> Result<(), String> {
        self.ended.as_ref().map_or(Ok(()), |how| Err(how.clone()))
    }

    async fn tell(&mut self, frame: Value) {
        let _ = self.socket.send(WsMessage::Text(frame.to_string().into())).await;
    }

    async fn close(&mut self, close: Close, reason: &str) {
        let frame = CloseFrame { code: close.code().into(), reason: reason.to_owned().into() };
        let _ = self.socket.send(WsMessage::Close(Some(frame))).await;
        // Its answer, or nothing.
        let _ =
            timeout(Duration::from_millis(200), async { while let Some(Ok(_)) = self.socket.next().await {} }).await;
    }

    /// Pings, and waits until it has read everything before the ping and says so.
    async fn is_answered(&mut self, pace: Pace) -> Result<(), String> {
        let payload = b"conform".as_slice();
        let _ = self.socket.send(WsMessage::Ping(payload.into())).await;
        let answered = timeout(pace.base * 5, async {
            loop {
                match self.socket.next().await {
                    Some(Ok(WsMessage::Pong(answer))) if answer == payload => return Ok(()),
                    Some(Ok(WsMessage::Text(_) | WsMessage::Binary(_) | WsMessage::Ping(_) | WsMessage::Pong(_))) => {}
                    Some(Ok(WsMessage::Close(_) | WsMessage::Frame(_)) | Err(_)) | None => {
                        return Err("it ended the connection".to_owned());
                    }
                }
            }
        });
        let outcome = answered.await.unwrap_or_else(|_| Err("no pong came with the payload of the ping".to_owned()));
        self.ended = outcome.as_ref().err().filter(|why| why.starts_with("it ended")).cloned();
        outcome
    }
}
