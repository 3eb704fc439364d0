//! What a room's keeper and its links share: a feed per audience, and a mailbox per link.
//!
//! Locks here are held for a few copies of references and never across an await. The keeper writes, links read; neither
//! waits for the other.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::ws::Utf8Bytes;
use futures_util::task::AtomicWaker;

use crate::domain::ids::Epoch;
use crate::domain::limits::Limits;
use crate::protocol::close::Close;
use crate::protocol::message::Position;
use crate::protocol::view::Audience;
use crate::room::input::Who;
use crate::server::live::ring::{Ring, RingFrame};

/// States that are told to an audience: presence, leaderboard, time, latency.
pub const STATE_SLOTS: usize = 4;

/// The feeds of one room.
#[derive(Debug)]
pub struct Channel {
    feeds: [Mutex<Feed>; Audience::ALL.len()],
    limits: Limits,
    is_over: AtomicBool,
}

/// What one audience is told.
#[derive(Debug)]
pub struct Feed {
    /// The room's life; a cursor of another epoch means nothing here.
    pub epoch: Epoch,
    /// The events.
    pub ring: Ring,
    /// The latest of each state, with a version that only rises.
    pub states: [Option<(u64, Utf8Bytes)>; STATE_SLOTS],
}

impl Channel {
    /// Empty feeds of a room's new life.
    pub fn new(epoch: Epoch, limits: Limits) -> Self {
        let feeds = std::array::from_fn(|_| Mutex::new(Feed::new(epoch, &limits)));
        Self { feeds, limits, is_over: AtomicBool::new(false) }
    }

    /// Notes that the room is closed; it is kept for a while, so that a reload still shows the end.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Whether the room is closed.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Runs with the feed of an audience locked.
    pub fn with<R>(&self, audience: Audience, run: impl FnOnce(&mut Feed) -> R) -> R {
        let feed = &self.feeds[audience as usize];
        run(&mut feed.lock().expect("nothing panics while it holds a feed"))
    }

    /// Starts a new life: every cursor of the old one has fallen.
    pub fn restart(&self, epoch: Epoch) {
        for audience in Audience::ALL {
            self.with(audience, |feed| *feed = Feed::new(epoch, &self.limits));
        }
    }
}

impl Feed {
    fn new(epoch: Epoch, limits: &Limits) -> Self {
        let ring = Ring::new(limits.ring_frames_max as usize, limits.ring_bytes_max as usize);
        Self { epoch, ring, states: [const { None }; STATE_SLOTS] }
    }

    /// The position of the newest event.
    pub fn position(&self) -> Position {
        Position { epoch: self.epoch, seq: self.ring.head() }
    }

    /// Whether everything after a position is still here.
    pub fn can_resume(&self, position: Position) -> bool {
        position.epoch == self.epoch && self.ring.after(position.seq).is_ok()
    }

    /// Appends an event.
    pub fn push(&mut self, text: String, measures: bool) {
        self.ring.push(RingFrame { text: text.into(), measures });
    }

    /// Replaces a state.
    pub fn put(&mut self, slot: usize, text: Utf8Bytes) {
        let version = self.states[slot].as_ref().map_or(0, |(version, _)| *version) + 1;
        self.states[slot] = Some((version, text));
    }
}

/// One link as its room sees it: who it is, and a mailbox for what is meant for it alone.
#[derive(Debug)]
pub struct LinkEnd {
    /// The number of the connection, as it stands in the log.
    pub id: u64,
    /// What it may know.
    pub audience: Audience,
    /// Whose presence it counts for; nobody's for the stage.
    pub who: Option<Who>,
    mailbox: Mutex<Mailbox>,
    /// Whether something was put into the mailbox since its keeper last looked.
    has_mail: AtomicBool,
    /// Tells the link's task that something is due: new frames in the feed, or something in the mailbox.
    pub due: AtomicWaker,
    is_due: AtomicBool,
}

/// What is meant for one link alone, in order.
#[derive(Debug, Default)]
pub struct Mailbox {
    letters: VecDeque<Letter>,
    you: Option<Utf8Bytes>,
    /// Who types: the latest of each person, or of all as a number.
    typing: Vec<(Option<Who>, Utf8Bytes)>,
    close: Option<(Close, Option<u32>)>,
}

/// One thing for one link.
#[derive(Debug)]
pub enum Letter {
    /// A frame to be sent as it is.
    Text(Utf8Bytes),
    /// The welcome, and where the cursor starts.
    Start {
        /// The welcome's bytes.
        text: Utf8Bytes,
        /// Where the cursor starts.
        position: Position,
    },
    /// A whole view, and where the cursor goes on. States are told again after it.
    Snapshot {
        /// The snapshot's bytes.
        text: Utf8Bytes,
        /// The position of the view.
        position: Position,
    },
}

impl LinkEnd {
    /// Letters that may wait; a link with more has not read for long and starts over with a snapshot.
    pub const LETTERS_MAX: usize = 64;

    /// A link's end with an empty mailbox.
    pub fn new(id: u64, audience: Audience, who: Option<Who>) -> Self {
        let (due, is_due) = (AtomicWaker::new(), AtomicBool::new(true));
        Self { id, audience, who, mailbox: Mutex::default(), has_mail: AtomicBool::new(false), due, is_due }
    }

    /// Wakes the link's task because something is due for it.
    pub fn nudge(&self) {
        // The flag spares a second wake-up of a task that has not run since the first.
        if !self.is_due.swap(true, Ordering::AcqRel) {
            self.due.wake();
        }
    }

    /// Whether something became due since the last time this was asked.
    pub fn take_due(&self) -> bool {
        self.is_due.swap(false, Ordering::AcqRel)
    }

    /// Whether something was put into the mailbox since this was last asked.
    pub fn take_mail_flag(&self) -> bool {
        self.has_mail.swap(false, Ordering::AcqRel)
    }

    /// Puts a letter in; a full mailbox ends the link, because whoever does not read is not served. The caller nudges,
    /// once for all that it has, so that it leaves in one write.
    pub fn post(&self, letter: Letter) {
        self.with_mailbox(|mailbox| {
            if mailbox.letters.len() < Self::LETTERS_MAX {
                mailbox.letters.push_back(letter);
            } else {
                mailbox.close.get_or_insert((Close::TooSlow, None));
            }
        });
        self.has_mail.store(true, Ordering::Release);
    }

    /// Replaces the seat's own state; only the latest is sent. The caller nudges.
    pub fn put_you(&self, text: Utf8Bytes) {
        self.with_mailbox(|mailbox| mailbox.you = Some(text));
        self.has_mail.store(true, Ordering::Release);
    }

    /// Replaces what is due about somebody's typing, or about the number of those who type; only the latest is sent. The
    /// caller nudges.
    pub fn put_typing(&self, about: Option<Who>, text: Utf8Bytes) {
        self.with_mailbox(|mailbox| {
            mailbox.typing.retain(|(known, _)| *known != about);
            mailbox.typing.push((about, text));
        });
        self.has_mail.store(true, Ordering::Release);
    }

    /// Asks the link to end, after what is in the mailbox. The first reason stays.
    pub fn close(&self, close: Close, retry_ms: Option<u32>) {
        self.with_mailbox(|mailbox| {
            mailbox.close.get_or_insert((close, retry_ms));
        });
        self.nudge();
    }

    /// The oldest letter.
    pub fn next_letter(&self) -> Option<Letter> {
        self.with_mailbox(|mailbox| mailbox.letters.pop_front())
    }

    /// The seat's own state, if it is due.
    pub fn take_you(&self) -> Option<Utf8Bytes> {
        self.with_mailbox(|mailbox| mailbox.you.take())
    }

    /// What is due about who types.
    pub fn take_typing(&self) -> Vec<Utf8Bytes> {
        self.with_mailbox(|mailbox| mailbox.typing.drain(..).map(|(_, text)| text).collect())
    }

    /// Why the link should end, if it should, and when to come back.
    pub fn closing(&self) -> Option<(Close, Option<u32>)> {
        self.with_mailbox(|mailbox| mailbox.close)
    }

    fn with_mailbox<R>(&self, run: impl FnOnce(&mut Mailbox) -> R) -> R {
        run(&mut self.mailbox.lock().expect("nothing panics while it holds a mailbox"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SeatId;

    #[test]
    fn of_each_typist_only_the_latest_is_sent() {
        let link = LinkEnd::new(1, Audience::Players, Some(Who::Seat(SeatId(1))));
        let [ada, host] = [Some(Who::Seat(SeatId(2))), Some(Who::Host)];
        for (about, text) in [(ada, "ada 1"), (host, "host"), (None, "7"), (ada, "ada 2"), (None, "8")] {
            link.put_typing(about, text.into());
        }
        let sent: Vec<String> = link.take_typing().iter().map(|text| text.as_str().to_owned()).collect();
        assert_eq!(sent, ["host", "ada 2", "8"]);
        assert_eq!(link.take_typing().len(), 0);
        assert!(link.take_mail_flag());
    }
}
