//! One browser's connection, as everybody but its own task sees it: written to by shards, read by its task.
//!
//! Whoever holds the lock around [`Out`] may write; no lock is held across an await, and none is waited for but for the
//! length of one write that never blocks. A link whose socket is full is *slow*: then only its own task writes, when there
//! is room again, and shards keep away. It knows no rules of the game and does not read.

use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use rustix::net::{SendFlags, send};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use crate::domain::time::{Millis, Timestamp};
use crate::protocol::close::Close;
use crate::protocol::dialect::Dialect;
use crate::protocol::frame;
use crate::protocol::message::{Message, Position, RefreshDue};
use crate::room::input::Who;
use crate::server::live::codec::{self, Opcode};
use crate::server::live::out::{Follow, Out, Sent, WRITE_FRAMES};
use crate::server::live::pulse::Pulse;
use crate::server::live::rooms::LinkPlace;
use crate::server::live::shard::{Batch, Shard, Work};
use crate::server::live::told::{self, Told};

/// The peer's answer to a close is waited for this long.
const CLOSE_LINGER: Millis = Millis(1_000);
/// While the socket takes nothing and more than this waits, nothing more is read.
const READ_PAUSE: usize = 4_096;
/// The peer is told so long before its credential ends.
const WARNING: Millis = Millis(60_000);
/// A link that is slow or ends is looked at this often.
const WATCH: Millis = Millis(500);

/// One browser's connection.
#[derive(Debug)]
pub struct Link {
    /// The number of the connection, as it stands in the log.
    pub id: u64,
    /// The words that it speaks.
    pub dialect: Dialect,
    pipe: Pipe,
    out: Mutex<Out>,
    /// Wakes the link's own task: to write, or to end.
    task: AtomicWaker,
    read_at: AtomicI64,
    /// When its credential ends.
    ends_at: AtomicI64,
    /// Whether the peer was told that it ends soon.
    is_warned: AtomicBool,
    /// Whether the socket is full, so that only the own task writes.
    is_slow: AtomicBool,
    /// Whether it is over.
    is_ended: AtomicBool,
    /// Whether its shard knows that something is due for it alone.
    is_queued: AtomicBool,
    /// When its shard looks at it next; only the shard changes it.
    visit_at: AtomicI64,
    shard: Arc<Shard>,
    _places: Places,
}

/// What a link takes up, given back with its stream.
#[derive(Debug)]
pub struct Places {
    /// Among all links.
    pub link: LinkPlace,
    /// Among all connections.
    pub connection: Option<Arc<OwnedSemaphorePermit>>,
}

/// How bytes reach the peer.
#[derive(Debug)]
pub enum Pipe {
    /// Straight into the socket, by whoever has something.
    Plain(TcpStream),
    /// Through a library's codec, by the link's own task.
    Library,
    /// Into what a test reads.
    #[cfg(test)]
    Tube(Arc<Tube>),
}

impl Pipe {
    /// Whether somebody else than the link's own task may write.
    fn is_direct(&self) -> bool {
        !matches!(self, Self::Library)
    }

    /// Writes bytes that stand in a row; to a socket, `send` is less work than a write of slices.
    fn try_send(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.try_io(Interest::WRITABLE, || Ok(send(stream, bytes, SendFlags::NOSIGNAL)?)),
            _ => self.try_write(&[IoSlice::new(bytes)]),
        }
    }

    /// Writes as much as the socket takes.
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.try_write_vectored(slices),
            Self::Library => Err(io::ErrorKind::WouldBlock.into()),
            #[cfg(test)]
            Self::Tube(tube) => tube.try_write(slices),
        }
    }
}

/// A socket in the hands of a test: what was written, and how much more is taken.
#[cfg(test)]
#[derive(Debug, Default)]
pub struct Tube(Mutex<TubeEnd>);

/// What a [`Tube`] holds.
#[cfg(test)]
#[derive(Debug, Default)]
pub struct TubeEnd {
    /// What was written and not read yet.
    pub bytes: Vec<u8>,
    /// How much more is taken before it is full.
    pub room: usize,
    /// Whether the other side is gone, and writing fails.
    pub is_cut: bool,
}

#[cfg(test)]
impl Tube {
    /// The other side of it.
    pub fn end(&self) -> MutexGuard<'_, TubeEnd> {
        self.0.lock().expect("nothing panics while it holds a tube")
    }

    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut end = self.end();
        if end.is_cut {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let mut taken = 0;
        for slice in slices {
            let count = slice.len().min(end.room);
            end.bytes.extend_from_slice(&slice[..count]);
            end.room -= count;
            taken += count;
        }
        let is_full = taken == 0 && slices.iter().any(|slice| !slice.is_empty());
        if is_full { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(taken) }
    }
}

impl Link {
    /// A link that was just opened. Nothing leaves before it is first nudged.
    pub fn new(id: u64, dialect: Dialect, pipe: Pipe, shard: Arc<Shard>, places: Places) -> Arc<Self> {
        let now = shard.clock.now();
        Arc::new(Self {
            id,
            dialect,
            pipe,
            out: Mutex::new(Out::new(now)),
            task: AtomicWaker::new(),
            read_at: AtomicI64::new(now.0),
            ends_at: AtomicI64::new(i64::MAX),
            is_warned: AtomicBool::new(false),
            is_slow: AtomicBool::new(false),
            is_ended: AtomicBool::new(false),
            is_queued: AtomicBool::new(false),
            visit_at: AtomicI64::new(i64::MAX),
            shard,
            _places: places,
        })
    }

    /// A link that leads nowhere.
    #[cfg(test)]
    pub fn for_tests() -> Arc<Self> {
        let places = Places { link: LinkPlace::for_tests(), connection: None };
        Self::new(1, Dialect::Podium, Pipe::Library, Shard::for_tests(), places)
    }

    /// The shard that writes for this link.
    pub fn shard(&self) -> &Arc<Shard> {
        &self.shard
    }

    // What others put in.

    /// The credential ends then, and the link with it, unless it is renewed.
    pub fn ends_at(&self, at: Timestamp) {
        self.ends_at.store(at.0, Ordering::Relaxed);
        self.is_warned.store(false, Ordering::Relaxed);
    }

    /// Follows a room from its welcome on.
    pub fn follow(&self, follow: Follow) {
        self.out().follow(follow);
    }

    /// Measures no round trip, only looks now and then whether the peer lives.
    pub fn calm(&self) {
        self.out().pulse = Pulse::calm(self.shard.clock.now(), self.heartbeat());
    }

    /// Follows a room no more.
    pub fn unfollow(&self, place: u64) {
        self.out().unfollow(place);
    }

    /// Puts in a text that belongs to a room. Leaves when the link is nudged.
    pub fn post(&self, text: &str) {
        self.put(told::frames(text, self.dialect), None);
    }

    /// Puts in what a link starts with: texts after each of which it goes on from a position. All of them or none are
    /// there when somebody else writes, so that nothing comes between a welcome and its snapshot.
    pub fn greet(&self, place: u64, greeting: &[(Told, Position)]) {
        let frames = |(told, position): &(Told, Position)| (told.frames(self.dialect), Some((place, *position)));
        let letters: Vec<_> = greeting.iter().map(frames).collect();
        let mut out = self.out();
        letters.into_iter().for_each(|(frames, start)| self.put_into(&mut out, frames, start));
    }

    /// Writes a canonical text to this link alone.
    pub fn tell(self: &Arc<Self>, text: &str) {
        self.put(told::frames(text, self.dialect), None);
        self.nudge();
    }

    /// Writes a frame to this link alone.
    pub fn send(self: &Arc<Self>, opcode: Opcode, payload: &[u8]) {
        self.put(codec::frame(opcode, payload), None);
        self.nudge();
    }

    /// A full queue ends the link: whoever does not read is not served.
    fn put(&self, frames: Bytes, start: Option<(u64, Position)>) {
        self.put_into(&mut self.out(), frames, start);
    }

    fn put_into(&self, out: &mut Out, frames: Bytes, start: Option<(u64, Position)>) {
        if out.waiting_bytes() > self.shard.limits.queue_bytes_max as usize {
            out.end(Close::TooSlow, None);
        } else {
            out.post(frames, start);
        }
    }

    /// Replaces a seat's own state; only the latest is sent.
    pub fn put_you(&self, place: u64, told: Told) {
        self.out().put_you(place, told);
    }

    /// Replaces what is due about somebody's typing; only the latest is sent.
    pub fn put_typing(&self, place: u64, about: Option<Who>, told: Told) {
        self.out().put_typing(place, about, told);
    }

    /// Ends the link after what is due now. The first reason stays.
    pub fn close(self: &Arc<Self>, close: Close, retry_ms: Option<u32>) {
        self.out().end(close, retry_ms);
        self.nudge();
    }

    /// Ends a link that was opened only to read this.
    pub fn refuse(&self, close: Close, reason: &str) {
        self.out().end_with(codec::close(close.code(), reason));
    }

    /// Answers the peer's close with its own code.
    pub fn answer_close(self: &Arc<Self>, code: Option<u16>) {
        let payload = code.map(u16::to_be_bytes);
        self.out().end_with(codec::frame(Opcode::Close, payload.as_ref().map_or(&[], |code| &code[..])));
        self.nudge();
    }

    /// Lets the shard write what is due for this link alone.
    pub fn nudge(self: &Arc<Self>) {
        if !self.is_queued.swap(true, Ordering::AcqRel) {
            self.shard.give(Work::Mail(Arc::clone(self)));
        }
    }

    // What its shard does.

    /// Writes what is due for this link alone; when to look again.
    pub fn open_mail(&self) -> Option<Timestamp> {
        self.is_queued.store(false, Ordering::Release);
        let mut out = self.out();
        self.drain(&mut out);
        Some(self.next_visit(&out, self.shard.clock.now()))
    }

    /// Writes what is new in a room; when to look again, if that is soon.
    ///
    /// A link that has everything before it gets the same bytes as all others, in one write.
    pub fn push(&self, place: u64, batch: &Batch) -> Option<Timestamp> {
        let mut out = self.out();
        if self.is_slow.load(Ordering::Acquire) {
            return None;
        }
        if self.pipe.is_direct() && out.at(place) == Some(batch.news.from) {
            let now = self.shard.clock.now();
            let frames = batch.frames(self.dialect);
            let taken = match if frames.is_empty() { Ok(0) } else { self.pipe.try_send(frames) } {
                Ok(taken) => taken,
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => 0,
                Err(_) => {
                    self.end();
                    return None;
                }
            };
            let is_taken = taken > 0 || frames.is_empty();
            if is_taken {
                let messages = match self.dialect {
                    Dialect::Podium => batch.news.told.len() as u64,
                    // One message may be several in other words, or none.
                    _ => codec::messages(frames),
                };
                self.shard.note_sent(messages, taken);
                out.passed(place, batch.news.to, (messages, taken), frames.slice(taken..), now);
                if batch.news.measures {
                    out.pulse.pinged(batch.number, now, self.heartbeat());
                }
            }
            if !is_taken || taken < frames.len() {
                self.drain(&mut out);
            }
        } else {
            self.drain(&mut out);
        }
        needs_watch(&out).then(|| self.shard.clock.now() + WATCH)
    }

    /// Does what is due by time; when to look again, or nothing if the link is over.
    pub fn visit(&self, now: Timestamp) -> Option<Timestamp> {
        let limits = &self.shard.limits;
        if self.is_ended() {
            return None;
        }
        let mut out = self.out();
        if now - self.heard_at() > self.silence_max() && !out.is_ending() {
            self.shard.metrics.dead();
            out.end(Close::TooSlow, None);
        }
        self.heed_credential(&mut out, now);
        // A close frame could not pass the bytes that are stuck before it.
        let stuck_for = out.stuck_for(now).min(now - self.shard.awake_since());
        let is_stuck = stuck_for >= Millis(limits.stall_ms);
        let is_unanswered = out.close_said_at().is_some_and(|at| now - at >= CLOSE_LINGER && !out.has_begun());
        if is_stuck || is_unanswered {
            if is_stuck {
                self.shard.metrics.dead();
                out.end(Close::TooSlow, None);
            }
            self.end();
            return None;
        }
        if !self.is_slow.load(Ordering::Acquire) {
            self.drain(&mut out);
        }
        Some(self.next_visit(&out, now))
    }

    /// Warns a peer whose credential ends soon, and ends the link with it.
    fn heed_credential(&self, out: &mut Out, now: Timestamp) {
        let ends_at = Timestamp(self.ends_at.load(Ordering::Relaxed));
        if now >= ends_at {
            out.end(Close::CredentialEnded, None);
        } else if now >= ends_at - WARNING && !self.is_warned.swap(true, Ordering::Relaxed) {
            let warning = frame::state(&Message::Refresh(RefreshDue { ends_at }), now);
            out.post(told::frames(&warning, self.dialect), None);
        }
    }

    fn next_visit(&self, out: &Out, now: Timestamp) -> Timestamp {
        let silent_at = self.heard_at() + self.silence_max() + Millis(1);
        let ends_at = Timestamp(self.ends_at.load(Ordering::Relaxed));
        let heed_at = if self.is_warned.load(Ordering::Relaxed) { ends_at } else { ends_at - WARNING };
        let next_at = out.next_at().min(silent_at).min(heed_at);
        if needs_watch(out) { next_at.min(now + WATCH) } else { next_at }
    }

    /// Whether its shard would look at it only after this time.
    pub fn is_visited_after(&self, at: Timestamp) -> bool {
        at.0 < self.visit_at.load(Ordering::Relaxed)
    }

    /// Whether its shard meant to look at it at exactly this time.
    pub fn is_visited_at(&self, at: Timestamp) -> bool {
        at.0 == self.visit_at.load(Ordering::Relaxed)
    }

    /// Notes when its shard looks at it next.
    pub fn set_visit(&self, at: Timestamp) {
        self.visit_at.store(at.0, Ordering::Relaxed);
    }

    // What its own task does.

    /// Notes that bytes were read.
    pub fn note_read(&self, at: Timestamp) {
        self.read_at.store(at.0, Ordering::Relaxed);
    }

    /// When bytes were last read.
    pub fn read_at(&self) -> Timestamp {
        Timestamp(self.read_at.load(Ordering::Relaxed))
    }

    /// A pong of the protocol came; the round trip that is known now.
    pub fn ponged(&self, payload: &[u8]) -> Option<Millis> {
        let mut out = self.out();
        out.pulse.ponged(payload, self.read_at());
        out.pulse.round_trip()
    }

    /// The link's round trip, if it was measured.
    pub fn round_trip(&self) -> Option<Millis> {
        self.out().pulse.round_trip()
    }

    /// Whether so much waits to be written that nothing more should be read.
    pub fn is_backed_up(&self) -> bool {
        let out = self.out();
        out.has_begun() && out.waiting_bytes() > READ_PAUSE
    }

    /// Bytes that wait for this link alone.
    pub fn queued_bytes(&self) -> usize {
        self.out().waiting_bytes()
    }

    /// Whether the link is to end.
    pub fn is_ending(&self) -> bool {
        self.out().is_ending()
    }

    /// Whether the close frame has left.
    pub fn has_said_close(&self) -> bool {
        let out = self.out();
        out.close_said_at().is_some() && !out.has_begun()
    }

    /// The socket, for its own task.
    pub fn stream(&self) -> Option<&TcpStream> {
        match &self.pipe {
            Pipe::Plain(stream) => Some(stream),
            Pipe::Library => None,
            #[cfg(test)]
            Pipe::Tube(_) => None,
        }
    }

    /// Writes on, in a test whose tube takes something again.
    #[cfg(test)]
    pub fn write_on(&self) {
        if self.is_slow.load(Ordering::Acquire) {
            self.drain(&mut self.out());
        }
    }

    /// What left so far, and the code of the close frame if one was meant to leave.
    pub fn sent(&self) -> (Sent, Option<u16>) {
        let out = self.out();
        (out.sent(), out.close_code())
    }

    /// Wakes this task from now on.
    pub fn register(&self, waker: &Waker) {
        self.task.register(waker);
    }

    /// Writes on as soon as a full socket has room again.
    pub fn poll_slow(&self, cx: &mut Context<'_>) {
        while self.is_slow.load(Ordering::Acquire)
            && let Some(stream) = self.stream()
            && let Poll::Ready(ready) = stream.poll_write_ready(cx)
        {
            match ready {
                Ok(()) => self.drain(&mut self.out()),
                Err(_) => self.end(),
            }
            if self.is_ended() {
                return;
            }
        }
    }

    /// What is due, for a library's codec, until [`Link::took_all`].
    pub fn lend_due(&self) -> Vec<(Opcode, Bytes)> {
        let now = self.shard.clock.now();
        let mut out = self.out();
        let before = out.sent();
        out.gather(self.dialect, self.heartbeat(), now);
        let lent = out.lend(now);
        // The stream beneath counts the bytes.
        self.shard.note_sent(out.sent().messages - before.messages, 0);
        lent.iter().flat_map(codec::payloads).collect()
    }

    /// The library's codec got rid of something, but not of all.
    pub fn took_some(&self) {
        self.out().took(0, self.shard.clock.now());
    }

    /// The library's codec got rid of all that it was lent.
    pub fn took_all(&self) {
        self.out().give_back();
    }

    /// It is over; nothing more is written.
    pub fn end(&self) {
        self.is_ended.store(true, Ordering::Release);
        self.task.wake();
    }

    /// Whether it is over.
    pub fn is_ended(&self) -> bool {
        self.is_ended.load(Ordering::Acquire)
    }

    /// Writes what is due, as long as the socket takes it.
    fn drain(&self, out: &mut Out) {
        if !self.pipe.is_direct() {
            self.task.wake();
            return;
        }
        let now = self.shard.clock.now();
        let before = out.sent();
        self.write_out(out, now);
        let after = out.sent();
        let bytes = usize::try_from(after.bytes - before.bytes).unwrap_or_default();
        self.shard.note_sent(after.messages - before.messages, bytes);
    }

    fn write_out(&self, out: &mut Out, now: Timestamp) {
        loop {
            if !out.has_begun() {
                out.gather(self.dialect, self.heartbeat(), now);
            }
            if !out.has_begun() || self.is_ended() {
                self.is_slow.store(false, Ordering::Release);
                if out.is_ending() {
                    // Its task shuts the stream once both sides have said their close.
                    self.task.wake();
                }
                return;
            }
            let mut slices = [IoSlice::new(&[]); WRITE_FRAMES];
            let count = out.slices(&mut slices);
            match self.pipe.try_write(&slices[..count]) {
                Ok(taken) => out.took(taken, now),
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => {
                    self.is_slow.store(true, Ordering::Release);
                    self.task.wake();
                    return;
                }
                Err(_) => self.end(),
            }
        }
    }

    /// When the peer was last heard, or could have been.
    fn heard_at(&self) -> Timestamp {
        self.read_at().max(self.shard.awake_since())
    }

    /// Nothing heard for so long ends the link.
    fn silence_max(&self) -> Millis {
        Millis(self.shard.limits.heartbeat_ms * 4 / 3)
    }

    fn heartbeat(&self) -> Millis {
        Millis(self.shard.limits.heartbeat_ms)
    }

    fn out(&self) -> MutexGuard<'_, Out> {
        self.out.lock().expect("nothing panics while it holds what is due")
    }
}

/// Whether a link is slow or ends, so that time may run out for it.
fn needs_watch(out: &Out) -> bool {
    out.has_begun() || out.is_ending()
}
