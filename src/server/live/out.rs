//! What is due for one link, and what of it has left.
//!
//! One lock around it decides who may write: whoever holds it. What is begun is finished before anything else begins, what
//! is not begun may still be skipped. Knows no socket: it gathers frames and is told how many bytes the socket took.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use tokio::sync::mpsc;

use crate::domain::time::{Millis, Timestamp};
use crate::protocol::close::Close;
use crate::protocol::dialect::Dialect;
use crate::protocol::message::Position;
use crate::protocol::view::Audience;
use crate::server::live::channel::{Channel, Cursor};
use crate::server::live::codec::{self, Opcode};
use crate::server::live::keeper::Ask;
use crate::server::live::pulse::Pulse;
use crate::server::live::told::Told;

/// Frames that leave in one write.
pub const WRITE_FRAMES: usize = 64;
/// Bytes after which nothing more is gathered for one write.
const WRITE_BYTES: usize = 65_536;
/// A full inbox is tried again after this.
const RESYNC_RETRY: Millis = Millis(200);

/// What is due for one link.
#[derive(Debug)]
pub struct Out {
    follows: Vec<Follow>,
    letters: VecDeque<(Bytes, Option<(u64, Position)>)>,
    letters_bytes: usize,
    /// Gathered and not yet taken by the socket.
    begun: VecDeque<Bytes>,
    /// Whether another codec holds what is begun.
    is_lent: bool,
    ending: Ending,
    /// When the socket last took something, or had nothing to take.
    moved_at: Timestamp,
    /// The pulse.
    pub pulse: Pulse,
}

/// One room that a link follows.
#[derive(Debug)]
pub struct Follow {
    /// The number of the link's place in the room.
    pub place: u64,
    /// The room's feeds.
    pub channel: Arc<Channel>,
    /// Where a snapshot is asked for.
    pub inbox: mpsc::Sender<Ask>,
    /// What the link may know.
    pub audience: Audience,
    /// Where it is; nowhere until it is welcomed, or when it has fallen behind.
    pub cursor: Option<Cursor>,
    /// The seat's own state.
    pub you: Option<Told>,
    /// A snapshot is asked for again then.
    pub resync_at: Option<Timestamp>,
}

/// How far the end is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ending {
    No,
    /// After what is due now, this close frame leaves.
    Wanted(Bytes),
    /// The close frame was gathered.
    Said(Timestamp),
}

impl Out {
    /// Nothing is due but a ping.
    pub fn new(now: Timestamp) -> Self {
        Self {
            follows: Vec::new(),
            letters: VecDeque::new(),
            letters_bytes: 0,
            begun: VecDeque::new(),
            is_lent: false,
            ending: Ending::No,
            moved_at: now,
            pulse: Pulse::new(now),
        }
    }

    /// Follows a room.
    pub fn follow(&mut self, follow: Follow) {
        self.follows.push(follow);
    }

    /// Follows a room no more; nothing of it leaves that is not begun.
    pub fn unfollow(&mut self, place: u64) {
        self.follows.retain(|follow| follow.place != place);
        self.letters.retain(|(_, start)| start.is_none_or(|(of, _)| of != place));
    }

    /// Puts in a letter; with a start, the cursor of that place goes there when the letter leaves.
    pub fn post(&mut self, frames: Bytes, start: Option<(u64, Position)>) {
        self.letters_bytes += frames.len();
        self.letters.push_back((frames, start));
    }

    /// Bytes of letters that wait.
    pub fn waiting_bytes(&self) -> usize {
        self.letters_bytes
    }

    /// Replaces a seat's own state.
    pub fn put_you(&mut self, place: u64, told: Told) {
        if let Some(follow) = self.follow_mut(place) {
            follow.you = Some(told);
        }
    }

    /// Ends the link after what is due now. The first reason stays.
    pub fn end(&mut self, close: Close, retry_ms: Option<u32>) {
        let reason = match retry_ms {
            Some(retry_ms) => format!("{} retry_ms={retry_ms}", close.reason()),
            None => close.reason().to_owned(),
        };
        self.end_with(codec::close(close.code(), &reason));
    }

    /// Ends the link with this close frame after what is due now. The first one stays.
    pub fn end_with(&mut self, close: Bytes) {
        if self.ending == Ending::No {
            self.ending = Ending::Wanted(close);
        }
    }

    /// Whether the link is to end.
    pub fn is_ending(&self) -> bool {
        self.ending != Ending::No
    }

    /// When the close frame was gathered, once it was.
    pub fn close_said_at(&self) -> Option<Timestamp> {
        if let Ending::Said(at) = self.ending { Some(at) } else { None }
    }

    /// Whether the socket has to take something first.
    pub fn has_begun(&self) -> bool {
        !self.begun.is_empty() || self.is_lent
    }

    /// For how long the socket has taken nothing of what is begun.
    pub fn stuck_for(&self, now: Timestamp) -> Millis {
        if self.has_begun() { now - self.moved_at } else { Millis(0) }
    }

    /// Where the link is in a room, if nothing stands between it and that room's news.
    pub fn at(&self, place: u64) -> Option<Cursor> {
        let is_free = self.begun.is_empty() && self.letters.is_empty() && self.ending == Ending::No;
        let follow = self.follows.iter().find(|follow| follow.place == place).filter(|_| is_free)?;
        follow.cursor.filter(|_| follow.you.is_none())
    }

    /// The socket took these bytes of a room's news; what it left of them is begun.
    pub fn passed(&mut self, place: u64, to: Cursor, rest: Bytes, now: Timestamp) {
        if let Some(follow) = self.follow_mut(place) {
            follow.cursor = Some(to);
        }
        self.moved_at = now;
        if !rest.is_empty() {
            self.begun.push_back(rest);
        }
    }

    /// Begins what is due: letters, then events, states and the own state of each room, a ping, and at the very end the close.
    pub fn gather(&mut self, dialect: Dialect, heartbeat: Millis, now: Timestamp) {
        if matches!(self.ending, Ending::Said(_)) {
            return;
        }
        if self.begun.is_empty() {
            self.moved_at = now;
        }
        let mut load = Load { begun: &mut self.begun, bytes: 0 };
        while !load.is_full()
            && let Some((frames, start)) = self.letters.pop_front()
        {
            self.letters_bytes -= frames.len();
            load.add(frames);
            if let Some((place, position)) = start
                && let Some(follow) = self.follows.iter_mut().find(|follow| follow.place == place)
            {
                follow.cursor = Some(Cursor { epoch: position.epoch, seq: position.seq, revision: 0 });
                follow.resync_at = None;
            }
        }
        let mut measures = self.pulse.next_at() <= now && self.ending == Ending::No;
        for follow in &mut self.follows {
            measures |= follow.gather(&mut load, dialect, now);
        }
        if measures {
            let number = u64::try_from(now.0).unwrap_or_default();
            load.add(ping(number));
            if let Some(text) = dialect.heartbeat(now) {
                load.add(codec::frame(Opcode::Text, text.as_bytes()));
            }
            self.pulse.pinged(number, now, heartbeat);
        }
        if self.begun.is_empty()
            && let Ending::Wanted(close) = &self.ending
        {
            self.begun.push_back(close.clone());
            self.ending = Ending::Said(now);
        }
    }

    /// What is begun, as slices for one write; how many there are.
    pub fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>; WRITE_FRAMES]) -> usize {
        for (slice, frames) in slices.iter_mut().zip(&self.begun) {
            *slice = IoSlice::new(frames);
        }
        self.begun.len().min(WRITE_FRAMES)
    }

    /// The socket took so many bytes.
    pub fn took(&mut self, mut bytes: usize, now: Timestamp) {
        self.moved_at = now;
        while bytes > 0 {
            let first = self.begun.front_mut().expect("the socket takes no more than it was given");
            if first.len() > bytes {
                first.advance(bytes);
                return;
            }
            bytes -= first.len();
            self.begun.pop_front();
        }
    }

    /// Lends all that is begun to a codec that frames it anew and writes it by itself.
    pub fn lend(&mut self, now: Timestamp) -> VecDeque<Bytes> {
        self.is_lent = !self.begun.is_empty();
        self.moved_at = now;
        std::mem::take(&mut self.begun)
    }

    /// What was lent is written.
    pub fn give_back(&mut self) {
        self.is_lent = false;
    }

    /// When something has to be done by itself, at the latest.
    pub fn next_at(&self) -> Timestamp {
        let resync = self.follows.iter().filter_map(|follow| follow.resync_at).min();
        resync.map_or(self.pulse.next_at(), |at| at.min(self.pulse.next_at()))
    }

    fn follow_mut(&mut self, place: u64) -> Option<&mut Follow> {
        self.follows.iter_mut().find(|follow| follow.place == place)
    }
}

/// The frame of a ping.
pub fn ping(number: u64) -> Bytes {
    codec::frame(Opcode::Ping, &number.to_be_bytes())
}

/// Frames for one write.
struct Load<'a> {
    begun: &'a mut VecDeque<Bytes>,
    bytes: usize,
}

impl Load<'_> {
    fn add(&mut self, frames: Bytes) {
        if !frames.is_empty() {
            self.bytes += frames.len();
            self.begun.push_back(frames);
        }
    }

    fn is_full(&self) -> bool {
        self.bytes >= WRITE_BYTES || self.begun.len() >= WRITE_FRAMES
    }
}

impl Follow {
    /// Begins what is due of this room; whether the round trip should be measured with it.
    fn gather(&mut self, load: &mut Load, dialect: Dialect, now: Timestamp) -> bool {
        if self.resync_at.is_some_and(|at| at <= now) {
            self.ask_snapshot(now);
        }
        let Some(mut cursor) = self.cursor else { return false };
        let mut measures = false;
        let is_whole = self.channel.with(self.audience, |feed| {
            if feed.epoch != cursor.epoch {
                return false;
            }
            let Ok(frames) = feed.ring.after(cursor.seq) else { return false };
            for frame in frames {
                if load.is_full() {
                    return true;
                }
                measures |= frame.measures;
                load.add(frame.told.frames(dialect));
                cursor.seq += 1;
            }
            for told in feed.states_after(cursor.revision) {
                load.add(told.frames(dialect));
            }
            cursor.revision = feed.revision;
            true
        });
        if !is_whole {
            self.ask_snapshot(now);
            return false;
        }
        self.cursor = Some(cursor);
        if let Some(you) = self.you.take() {
            load.add(you.frames(dialect));
        }
        measures
    }

    fn ask_snapshot(&mut self, now: Timestamp) {
        self.cursor = None;
        let asked = self.inbox.try_send(Ask::Resync { place: self.place });
        self.resync_at = asked.is_err().then_some(now + RESYNC_RETRY);
    }
}
