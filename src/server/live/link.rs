//! One browser's connection: a task with one poll function and a cursor.
//!
//! It reads when its own reading waker fired, writes when something is due, and keeps at most one write under way; a
//! broadcast never polls the read side. It knows who is on the other end, and nothing of the game.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message as WsMessage, Utf8Bytes, WebSocket};
use bytes::Bytes;
use futures_util::task::AtomicWaker;
use futures_util::{Sink, Stream};
use tokio::sync::mpsc;
use tokio::time::Sleep;
use tracing::debug;

use crate::domain::chat::ChatText;
use crate::domain::ids::{CommandId, SeatId};
use crate::domain::limits::Limits;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::close::Close;
use crate::protocol::command::Command;
use crate::protocol::frame;
use crate::protocol::message::{Message, Pong, Position};
use crate::protocol::refusal::Refusal;
use crate::room::input::Who;
use crate::server::chance;
use crate::server::clock::Clock;
use crate::server::live::channel::{Letter, LinkEnd, STATE_SLOTS};
use crate::server::live::keeper::Ask;
use crate::server::live::meter::Meter;
use crate::server::live::rooms::RoomHandle;

/// Bytes that are handed to the codec before they are flushed: what is due leaves in one write.
const WRITE_BYTES: usize = 65_536;
/// Frames that are taken from the ring under one lock.
const WRITE_FRAMES: usize = 64;
/// Messages that are read in one go before others get their turn.
const READS: usize = 64;
/// Round trips of which the smallest counts.
const SAMPLES: usize = 5;
/// Measured so often right after the opening, a second apart.
const FIRST_PINGS: u32 = 3;
/// The peer's answer to a close is waited for this long.
const CLOSE_LINGER_MS: i64 = 1_000;
/// A full inbox is tried again after this.
const RESYNC_RETRY_MS: i64 = 200;
/// Credit is counted in windows of this length.
const CREDIT_WINDOW_MS: i64 = 10_000;
/// Who sends this many times the allowed messages is not only hasty.
const CREDIT_OVERDRAFT: u32 = 3;

/// What a link is made of.
pub struct LinkParts {
    /// The upgraded socket.
    pub socket: WebSocket,
    /// The link as its room sees it.
    pub end: Arc<LinkEnd>,
    /// Its room.
    pub room: RoomHandle,
    /// The meter of the stream beneath.
    pub meter: Arc<Meter>,
    /// Server time.
    pub clock: Clock,
    /// The bounds.
    pub limits: Limits,
}

/// Runs a link from its joining to its leaving.
pub async fn run(parts: LinkParts, position: Option<Position>) {
    let departure = Departure { inbox: parts.room.inbox.clone(), end: Arc::clone(&parts.end) };
    parts.meter.bound_messages(u64::from(parts.limits.message_bytes_max) + 1_024);
    let join = Ask::Join { link: Arc::clone(&parts.end), position };
    if parts.room.inbox.send(join).await.is_ok() {
        let reason = Link::new(parts).await;
        debug!(connection = departure.end.id, reason, "link ended");
    }
}

/// Tells the room that the link is gone, whatever ended it.
struct Departure {
    inbox: mpsc::Sender<Ask>,
    end: Arc<LinkEnd>,
}

impl Drop for Departure {
    fn drop(&mut self) {
        let gone = Ask::Gone(Arc::clone(&self.end));
        if let Err(mpsc::error::TrySendError::Full(gone)) = self.inbox.try_send(gone) {
            let inbox = self.inbox.clone();
            tokio::spawn(async move { inbox.send(gone).await });
        }
    }
}

/// Notes that the read side has something, and wakes the task.
#[derive(Default)]
struct ReadWaker {
    fired: AtomicBool,
    task: AtomicWaker,
}

impl Wake for ReadWaker {
    fn wake(self: Arc<Self>) {
        self.fired.store(true, Ordering::Release);
        self.task.wake();
    }
}

/// Allowance of messages in the current window.
#[derive(Debug, Default)]
struct Credit {
    window: i64,
    messages: u32,
    answers: u32,
}

/// Protocol pings: the fair clock's measure, and the sign of life.
#[derive(Debug)]
struct Pulse {
    sent: u32,
    next_at: Timestamp,
    /// Number and time of the ping that is not answered yet.
    waiting: Option<(u64, Timestamp)>,
    samples: VecDeque<Millis>,
    told: Option<Millis>,
}

/// Where a close stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    No,
    /// Our close frame is written or on its way.
    Sent {
        since: Timestamp,
    },
}

struct Link {
    parts: LinkParts,
    reading: Arc<ReadWaker>,
    read_waker: Waker,
    cursor: Option<Position>,
    versions: [u64; STATE_SLOTS],
    resync_at: Option<Timestamp>,
    is_flushed: bool,
    /// What had been written when the write under way last made progress, and when that was.
    progress: (u64, Timestamp),
    pulse: Pulse,
    credit: Credit,
    closing: Closing,
    timer: Pin<Box<Sleep>>,
    timer_at: Timestamp,
}

impl Future for Link {
    /// Why it ended, for the log.
    type Output = &'static str;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<&'static str> {
        let link = &mut *self;
        link.parts.end.due.register(cx.waker());
        link.reading.task.register(cx.waker());
        if link.reading.fired.swap(false, Ordering::AcqRel)
            && let Some(ended) = link.read()
        {
            return Poll::Ready(ended);
        }
        if link.timer.as_mut().poll(cx).is_ready()
            && let Some(ended) = link.on_time()
        {
            return Poll::Ready(ended);
        }
        // What became due is looked for before every write; the flag only spares wake-ups.
        link.parts.end.take_due();
        if let Some(ended) = link.write(cx) {
            return Poll::Ready(ended);
        }
        link.arm(cx);
        Poll::Pending
    }
}

impl Link {
    fn new(parts: LinkParts) -> Self {
        let now = parts.clock.now();
        let reading = Arc::new(ReadWaker::default());
        // The first poll has to ask the read side once, or nothing would ever wake it.
        reading.fired.store(true, Ordering::Release);
        let pulse = Pulse { sent: 0, next_at: now, waiting: None, samples: VecDeque::new(), told: None };
        Self {
            read_waker: Waker::from(Arc::clone(&reading)),
            reading,
            cursor: None,
            versions: [0; STATE_SLOTS],
            resync_at: None,
            is_flushed: true,
            progress: (parts.meter.written(), now),
            pulse,
            credit: Credit::default(),
            closing: Closing::No,
            timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
            timer_at: now,
            parts,
        }
    }

    fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    fn seat(&self) -> Option<SeatId> {
        match self.parts.end.who {
            Some(Who::Seat(seat)) => Some(seat),
            Some(Who::Host) | None => None,
        }
    }

    // Reading.

    fn read(&mut self) -> Option<&'static str> {
        for _ in 0..READS {
            let mut cx = Context::from_waker(&self.read_waker);
            match Pin::new(&mut self.parts.socket).poll_next(&mut cx) {
                Poll::Pending => return None,
                Poll::Ready(None) => return Some("closed"),
                Poll::Ready(Some(Ok(message))) => {
                    self.parts.meter.claim();
                    self.on_message(message);
                }
                Poll::Ready(Some(Err(error))) => match broken(error) {
                    Some(close) => {
                        self.parts.end.close(close, None);
                        return None;
                    }
                    None => return Some("lost"),
                },
            }
        }
        // There may be more; others go first.
        self.reading.wake_by_ref_again();
        None
    }

    fn on_message(&mut self, message: WsMessage) {
        match message {
            WsMessage::Text(text) => self.on_text(&text),
            WsMessage::Binary(_) => self.parts.end.close(Close::NotText, None),
            WsMessage::Pong(payload) => self.on_pong(&payload),
            // The codec answers pings and closes by itself.
            WsMessage::Ping(_) | WsMessage::Close(_) => {}
        }
    }

    fn on_text(&mut self, text: &str) {
        if self.closing != Closing::No {
            return;
        }
        let received_at = self.parts.meter.read_at();
        let (id, asked) = frame::asked(text);
        let outcome = match asked {
            Ok(Command::Answer(_)) => self.credit.answer(received_at, &self.parts.limits),
            Ok(Command::Ping(_) | Command::Pong(_)) => Ok(()),
            Ok(Command::Chat(_) | Command::UserTyping(_) | Command::Host(_)) | Err(_) => {
                self.credit.message(received_at, &self.parts.limits)
            }
        };
        let outcome = outcome.and(asked).and_then(|command| self.obey(command, id.clone(), received_at));
        if let Err(refusal) = outcome {
            if self.credit.is_overdrawn(&self.parts.limits) {
                self.parts.end.close(Close::TooFast, None);
            }
            self.post(frame::refusal(&refusal, self.now(), id.as_ref()));
        }
    }

    fn obey(&mut self, command: Command, id: Option<CommandId>, received_at: Timestamp) -> Result<(), Refusal> {
        let link = Arc::clone(&self.parts.end);
        let ask = match command {
            Command::Ping(_) => {
                let round_trip_ms = self.round_trip().map(|length| length.0);
                let pong = Message::Pong(Pong { server_time: received_at, round_trip_ms });
                self.post(frame::reply(&pong, self.now(), id.as_ref()));
                return Ok(());
            }
            Command::Pong(_) => return Ok(()),
            Command::Answer(answer) => {
                let seat = self.seat().ok_or(Refusal::NotPlayer)?;
                let id = id.ok_or(Refusal::NoId)?;
                Ask::Answer { link, seat, answer, id, received_at, round_trip: self.round_trip() }
            }
            Command::Chat(draft) => {
                let who = self.parts.end.who.ok_or(Refusal::NotPlayer)?;
                let text = ChatText::parse(&draft.text)?;
                // Programs that do not number what they write are heard; they must not send it twice.
                Ask::Write { link, who, text, id: id.unwrap_or_else(chance::command_id) }
            }
            Command::UserTyping(typing) => {
                let who = self.parts.end.who.ok_or(Refusal::NotPlayer)?;
                Ask::Typing { who, is_typing: typing.is_typing }
            }
            Command::Host(command) => {
                if self.parts.end.who != Some(Who::Host) {
                    return Err(Refusal::NotHost);
                }
                Ask::Host { link, command, id: id.ok_or(Refusal::NoId)? }
            }
        };
        self.parts.room.inbox.try_send(ask).map_err(|_| Refusal::Busy)
    }

    fn post(&self, text: String) {
        self.parts.end.post(Letter::Text(text.into()));
    }

    // The fair clock.

    fn round_trip(&self) -> Option<Millis> {
        self.pulse.samples.iter().min().copied()
    }

    fn on_pong(&mut self, payload: &[u8]) {
        let Some((number, sent_at)) = self.pulse.waiting else { return };
        if payload != number.to_be_bytes() {
            return;
        }
        self.pulse.waiting = None;
        let round_trip = (self.parts.meter.read_at() - sent_at).max(Millis(0));
        if self.pulse.samples.len() == SAMPLES {
            self.pulse.samples.pop_front();
        }
        self.pulse.samples.push_back(round_trip);
        self.tell_round_trip();
    }

    /// Tells the room when the round trip has changed so much that the host should see it.
    fn tell_round_trip(&mut self) {
        let (Some(seat), Some(round_trip)) = (self.seat(), self.round_trip()) else { return };
        let differs = |told: Millis| (told.0 - round_trip.0).abs() > 5 + told.0 / 4;
        if self.pulse.told.is_none_or(differs)
            && self.parts.room.inbox.try_send(Ask::Measured { seat, round_trip }).is_ok()
        {
            self.pulse.told = Some(round_trip);
        }
    }

    fn send_ping(&mut self) -> Result<(), axum::Error> {
        let now = self.now();
        self.pulse.sent += 1;
        let rhythm = if self.pulse.sent < FIRST_PINGS { 1_000 } else { self.parts.limits.heartbeat_ms };
        self.pulse.next_at = now + Millis(rhythm);
        let number = u64::from(self.pulse.sent);
        self.pulse.waiting = Some((number, now));
        self.hand_over(WsMessage::Ping(Bytes::copy_from_slice(&number.to_be_bytes())))
    }

    // Time.

    fn on_time(&mut self) -> Option<&'static str> {
        let now = self.now();
        self.timer_at = Timestamp(i64::MAX);
        if let Closing::Sent { since } = self.closing
            && now - since >= Millis(CLOSE_LINGER_MS)
        {
            return Some("closed without an answer");
        }
        if now - self.parts.meter.read_at() > self.silence_max() {
            self.parts.end.close(Close::TooSlow, None);
        }
        if !self.is_flushed {
            let written = self.parts.meter.written();
            if written != self.progress.0 {
                self.progress = (written, now);
            } else if now - self.progress.1 >= Millis(self.parts.limits.stall_ms) {
                // A close frame could not pass the bytes that are stuck before it.
                return Some("stalled");
            }
        }
        if self.resync_at.is_some_and(|at| at <= now) {
            self.ask_snapshot(now);
        }
        None
    }

    fn silence_max(&self) -> Millis {
        Millis(self.parts.limits.heartbeat_ms * 4 / 3)
    }

    /// Arms the timer for whatever comes first, if that is sooner than what it is armed for.
    fn arm(&mut self, cx: &mut Context<'_>) {
        let closing = match self.closing {
            Closing::Sent { since } => Some(since + Millis(CLOSE_LINGER_MS)),
            Closing::No => None,
        };
        let stalled = (!self.is_flushed).then(|| self.progress.1 + Millis(self.parts.limits.stall_ms));
        let silent = self.parts.meter.read_at() + self.silence_max() + Millis(1);
        let ping = if self.is_flushed { self.pulse.next_at } else { silent };
        let at =
            [Some(silent), Some(ping), closing, stalled, self.resync_at].into_iter().flatten().min().unwrap_or(silent);
        if at < self.timer_at {
            self.timer_at = at;
            let left = (at - self.now()).0.max(0).unsigned_abs();
            self.timer.as_mut().reset(tokio::time::Instant::now() + Duration::from_millis(left));
            if self.timer.as_mut().poll(cx).is_ready() {
                // Due already: the next poll sees to it.
                self.timer_at = Timestamp(i64::MAX);
                cx.waker().wake_by_ref();
            }
        }
    }

    // Writing.

    /// Writes what is due, in one go, as long as the peer takes it.
    fn write(&mut self, cx: &mut Context<'_>) -> Option<&'static str> {
        loop {
            if !self.is_flushed {
                match Pin::new(&mut self.parts.socket).poll_flush(cx) {
                    Poll::Pending => return None,
                    Poll::Ready(Err(_)) => return Some("lost"),
                    Poll::Ready(Ok(())) => self.is_flushed = true,
                }
            }
            match self.fill() {
                Err(_) => return Some("lost"),
                Ok(false) => return None,
                Ok(true) => {
                    self.is_flushed = false;
                    self.progress = (self.parts.meter.written(), self.now());
                }
            }
        }
    }

    /// Hands the codec what is due; whether that was anything.
    fn fill(&mut self) -> Result<bool, axum::Error> {
        if self.closing != Closing::No {
            return Ok(false);
        }
        let mut any = false;
        while let Some(letter) = self.parts.end.next_letter() {
            any = true;
            let text = match letter {
                Letter::Text(text) => text,
                Letter::Start { text, position } | Letter::Snapshot { text, position } => {
                    self.cursor = Some(position);
                    self.versions = [0; STATE_SLOTS];
                    self.resync_at = None;
                    text
                }
            };
            self.hand_over(WsMessage::Text(text))?;
        }
        any |= self.fill_from_feed()?;
        if self.pulse.next_at <= self.now() {
            any = true;
            self.send_ping()?;
        }
        if !any && let Some((close, retry_ms)) = self.parts.end.closing() {
            self.closing = Closing::Sent { since: self.now() };
            self.hand_over(WsMessage::Close(Some(close_frame(close, retry_ms))))?;
            return Ok(true);
        }
        Ok(any)
    }

    fn fill_from_feed(&mut self) -> Result<bool, axum::Error> {
        let Some(cursor) = self.cursor else { return Ok(false) };
        let end = Arc::clone(&self.parts.end);
        let channel = Arc::clone(&self.parts.room.channel);
        let mut texts: Vec<Utf8Bytes> = Vec::new();
        let mut measures = false;
        let mut seq = cursor.seq;
        let mut versions = self.versions;
        let is_whole = channel.with(end.audience, |feed| {
            if feed.epoch != cursor.epoch {
                return false;
            }
            let Ok(frames) = feed.ring.after(cursor.seq) else { return false };
            let mut bytes = 0;
            for frame in frames {
                if texts.len() == WRITE_FRAMES || bytes > WRITE_BYTES {
                    return true;
                }
                bytes += frame.text.len();
                measures |= frame.measures;
                texts.push(frame.text.clone());
                seq += 1;
            }
            for (seen, state) in versions.iter_mut().zip(&feed.states) {
                if let Some((version, text)) = state
                    && version > seen
                {
                    *seen = *version;
                    texts.push(text.clone());
                }
            }
            true
        });
        if !is_whole {
            self.ask_snapshot(self.now());
            return Ok(false);
        }
        self.cursor = Some(Position { epoch: cursor.epoch, seq });
        self.versions = versions;
        texts.extend(end.take_you());
        texts.extend(end.take_typing());
        let any = !texts.is_empty();
        for text in texts {
            self.hand_over(WsMessage::Text(text))?;
        }
        if measures {
            self.send_ping()?;
        }
        Ok(any)
    }

    fn ask_snapshot(&mut self, now: Timestamp) {
        self.cursor = None;
        let asked = self.parts.room.inbox.try_send(Ask::Resync(Arc::clone(&self.parts.end)));
        self.resync_at = asked.is_err().then_some(now + Millis(RESYNC_RETRY_MS));
    }

    /// Gives the codec one message; it leaves with the next flush.
    fn hand_over(&mut self, message: WsMessage) -> Result<(), axum::Error> {
        Pin::new(&mut self.parts.socket).start_send(message)
    }
}

impl ReadWaker {
    /// Asks for another read without anything new from the stream.
    fn wake_by_ref_again(self: &Arc<Self>) {
        Arc::clone(self).wake();
    }
}

impl Credit {
    fn message(&mut self, now: Timestamp, limits: &Limits) -> Result<(), Refusal> {
        self.turn_window(now);
        self.messages += 1;
        self.check(self.messages <= limits.messages_per_10s, now)
    }

    fn answer(&mut self, now: Timestamp, limits: &Limits) -> Result<(), Refusal> {
        self.turn_window(now);
        self.answers += 1;
        self.check(self.answers <= limits.answers_per_10s, now)
    }

    fn is_overdrawn(&self, limits: &Limits) -> bool {
        self.messages > limits.messages_per_10s.saturating_mul(CREDIT_OVERDRAFT)
            || self.answers > limits.answers_per_10s.saturating_mul(CREDIT_OVERDRAFT)
    }

    fn turn_window(&mut self, now: Timestamp) {
        let window = now.0.div_euclid(CREDIT_WINDOW_MS);
        if window != self.window {
            *self = Self { window, ..Self::default() };
        }
    }

    fn check(&self, is_covered: bool, now: Timestamp) -> Result<(), Refusal> {
        if is_covered {
            return Ok(());
        }
        let left = Millis((self.window + 1) * CREDIT_WINDOW_MS - now.0);
        Err(Refusal::TooFast { wait_s: left.whole_seconds_up() })
    }
}

/// The close that answers an error of the codec; `None` if the stream itself is lost.
fn broken(error: axum::Error) -> Option<Close> {
    use tokio_tungstenite::tungstenite::Error as Codec;
    let source = error.into_inner();
    match source.downcast_ref::<Codec>()? {
        Codec::Capacity(_) => Some(Close::TooLarge),
        Codec::Utf8(_) => Some(Close::NotUtf8),
        Codec::Protocol(why) => {
            use tokio_tungstenite::tungstenite::error::ProtocolError;
            (!matches!(why, ProtocolError::ResetWithoutClosingHandshake)).then_some(Close::Protocol)
        }
        _ => None,
    }
}

/// The frame that ends a link; when the peer should come back stands behind the reason, as `retry_ms=…`.
fn close_frame(close: Close, retry_ms: Option<u32>) -> CloseFrame {
    let reason = match retry_ms {
        Some(retry_ms) => format!("{} retry_ms={retry_ms}", close.reason()),
        None => close.reason().to_owned(),
    };
    CloseFrame { code: close.code(), reason: reason.into() }
}

/// Ends a socket that was upgraded only so that the browser can read why it was refused.
pub async fn refuse(mut socket: WebSocket, close: Close) {
    let frame = WsMessage::Close(Some(close_frame(close, None)));
    // The peer may be gone already; then there is nobody to tell.
    let _ = tokio::time::timeout(Duration::from_millis(1_000), async {
        if socket.send(frame).await.is_ok() {
            while socket.recv().await.is_some_and(|message| message.is_ok()) {}
        }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_ends_one_beyond_the_limit_and_returns_with_the_window() {
        let limits = Limits { messages_per_10s: 2, answers_per_10s: 1, ..Limits::default() };
        let mut credit = Credit::default();
        let at = Timestamp(100_000);
        assert!(credit.message(at, &limits).is_ok() && credit.message(at, &limits).is_ok());
        assert_eq!(credit.message(at + Millis(1), &limits), Err(Refusal::TooFast { wait_s: 10 }));
        assert!(credit.answer(at, &limits).is_ok());
        assert!(credit.answer(at, &limits).is_err());
        assert!(credit.message(at + Millis(10_000), &limits).is_ok());
    }

    #[test]
    fn a_peer_that_goes_on_is_overdrawn() {
        let limits = Limits { messages_per_10s: 2, ..Limits::default() };
        let mut credit = Credit::default();
        for _ in 0..6 {
            let _ = credit.message(Timestamp(0), &limits);
        }
        assert!(!credit.is_overdrawn(&limits));
        let _ = credit.message(Timestamp(0), &limits);
        assert!(credit.is_overdrawn(&limits));
    }
}
