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
use crate::room::input::Who;
use crate::server::live::channel::{Channel, Cursor};
use crate::server::live::codec::{self, Opcode};
use crate::server::live::keeper::{Ask, Lost};
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
    /// Whether the welcome was posted; no letter leaves before it.
    is_greeted: bool,
    /// Gathered and not yet taken by the socket.
    begun: VecDeque<Bytes>,
    /// Whether another codec holds what is begun.
    is_lent: bool,
    ending: Ending,
    /// When the socket last took something, or had nothing to take.
    moved_at: Timestamp,
    /// The pulse.
    pub pulse: Pulse,
    /// What left so far.
    sent: Sent,
    close_code: Option<u16>,
}

/// What left so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Messages whose frames were begun; pings, pongs and closes are none.
    pub messages: u64,
    /// Bytes.
    pub bytes: u64,
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
    /// Who types: the latest of each person, or of all as a number.
    pub typing: Vec<(Option<Who>, Told)>,
    /// A snapshot is asked for again then, because the room's inbox was full.
    pub resync: Option<(Lost, Timestamp)>,
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
            is_greeted: false,
            begun: VecDeque::new(),
            is_lent: false,
            ending: Ending::No,
            moved_at: now,
            pulse: Pulse::new(now),
            sent: Sent::default(),
            close_code: None,
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
        self.letters_bytes = self.letters.iter().map(|(frames, _)| frames.len()).sum();
    }

    /// Puts in a letter; with a start, the cursor of that place goes there when the letter leaves.
    ///
    /// A link that follows a room is greeted by it, and whoever speaks before that is answered after it.
    pub fn post(&mut self, frames: Bytes, start: Option<(u64, Position)>) {
        self.letters_bytes += frames.len();
        let is_welcome = !self.is_greeted && (start.is_some() || self.follows.is_empty());
        if is_welcome {
            self.is_greeted = true;
            self.letters.push_front((frames, start));
        } else {
            self.letters.push_back((frames, start));
        }
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

    /// Replaces what is due about somebody's typing, or about the number of those who type.
    pub fn put_typing(&mut self, place: u64, about: Option<Who>, told: Told) {
        if let Some(follow) = self.follow_mut(place) {
            follow.typing.retain(|(known, _)| *known != about);
            follow.typing.push((about, told));
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
            self.close_code = close.get(2..4).map(|code| u16::from_be_bytes([code[0], code[1]]));
            self.ending = Ending::Wanted(close);
        }
    }

    /// The code of the close frame, if it has one.
    pub fn close_code(&self) -> Option<u16> {
        self.close_code
    }

    /// What left so far.
    pub fn sent(&self) -> Sent {
        self.sent
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
        follow.cursor.filter(|_| follow.you.is_none() && follow.typing.is_empty())
    }

    /// The socket took these bytes of a room's news; what it left of them is begun.
    pub fn passed(&mut self, place: u64, to: Cursor, (messages, taken): (u64, usize), rest: Bytes, now: Timestamp) {
        if let Some(follow) = self.follow_mut(place) {
            follow.cursor = Some(to);
        }
        self.moved_at = now;
        self.sent.messages += messages;
        self.sent.bytes += taken as u64;
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
        let before = self.begun.len();
        let mut load = Load { begun: &mut self.begun, bytes: 0 };
        while self.is_greeted
            && !load.is_full()
            && let Some((frames, start)) = self.letters.pop_front()
        {
            self.letters_bytes -= frames.len();
            load.add(frames);
            if let Some((place, position)) = start
                && let Some(follow) = self.follows.iter_mut().find(|follow| follow.place == place)
            {
                follow.cursor = Some(Cursor { epoch: position.epoch, seq: position.seq, revision: 0 });
                follow.resync = None;
            }
        }
        let mut measures = self.pulse.next_at() <= now && self.ending == Ending::No;
        for follow in &mut self.follows {
            measures |= follow.gather(&mut load, dialect, now);
        }
        if measures {
            let number = u64::try_from(now.0).unwrap_or_default();
            load.add(ping(number));
            // Until the welcome the protocol's own ping is enough.
            if let Some(text) = dialect.heartbeat(now).filter(|_| self.is_greeted) {
                load.add(codec::frame(Opcode::Text, text.as_bytes()));
            }
            self.pulse.pinged(number, now, heartbeat);
        }
        self.sent.messages += self.begun.range(before..).map(codec::messages).sum::<u64>();
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
        self.sent.bytes += bytes as u64;
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
        self.sent.bytes += self.begun.iter().map(|frames| frames.len() as u64).sum::<u64>();
        std::mem::take(&mut self.begun)
    }

    /// What was lent is written.
    pub fn give_back(&mut self) {
        self.is_lent = false;
    }

    /// When something has to be done by itself, at the latest.
    pub fn next_at(&self) -> Timestamp {
        let resync = self.follows.iter().filter_map(|follow| follow.resync.map(|(_, at)| at)).min();
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
        if let Some((lost, at)) = self.resync
            && at <= now
        {
            self.ask_snapshot(lost, now);
        }
        let Some(mut cursor) = self.cursor else { return false };
        let mut measures = false;
        let lost = self.channel.with(self.audience, |feed| {
            if feed.epoch != cursor.epoch {
                return Some(Lost::Restarted);
            }
            let Ok(frames) = feed.ring.after(cursor.seq) else { return Some(Lost::Behind) };
            for frame in frames {
                if load.is_full() {
                    return None;
                }
                measures |= frame.measures;
                load.add(frame.told.frames(dialect));
                cursor.seq += 1;
            }
            for told in feed.states_after(cursor.revision) {
                load.add(told.frames(dialect));
            }
            cursor.revision = feed.revision;
            None
        });
        if let Some(lost) = lost {
            self.ask_snapshot(lost, now);
            return false;
        }
        self.cursor = Some(cursor);
        if let Some(you) = self.you.take() {
            load.add(you.frames(dialect));
        }
        for (_, told) in self.typing.drain(..) {
            load.add(told.frames(dialect));
        }
        measures
    }

    fn ask_snapshot(&mut self, lost: Lost, now: Timestamp) {
        self.cursor = None;
        let asked = self.inbox.try_send(Ask::Resync { place: self.place, lost });
        self.resync = asked.is_err().then_some((lost, now + RESYNC_RETRY));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::ids::{Epoch, SeatId};
    use crate::domain::limits::Limits;

    const PLACE: u64 = 7;
    const BEAT: Millis = Millis(30_000);
    const AUDIENCE: Audience = Audience::Players;

    /// One thing that happens to a link.
    #[derive(Clone, Debug)]
    enum Step {
        Event,
        State(usize),
        Letter,
        You,
        /// The socket takes at most so many bytes.
        Take(usize),
        /// The room goes back to what is stored.
        Restart,
    }

    /// A room, a link that follows it, and a socket that takes what it likes.
    struct Rig {
        channel: Arc<Channel>,
        asks: mpsc::Receiver<Ask>,
        out: Out,
        wire: Vec<u8>,
        epoch: u64,
        told: u64,
        now: Timestamp,
    }

    impl Rig {
        fn new() -> Self {
            let limits = Limits { ring_frames_max: 8, ..Limits::default() };
            let channel = Arc::new(Channel::new(Epoch(1), limits));
            let (inbox, asks) = mpsc::channel(4);
            let now = Timestamp(1_000_000);
            let mut out = Out::new(now);
            out.follow(Follow {
                place: PLACE,
                channel: Arc::clone(&channel),
                inbox,
                audience: AUDIENCE,
                cursor: None,
                you: None,
                typing: Vec::new(),
                resync: None,
            });
            let mut rig = Self { channel, asks, out, wire: Vec::new(), epoch: 1, told: 0, now };
            rig.welcome("welcome");
            rig
        }

        fn welcome(&mut self, word: &str) {
            let position = self.channel.with(AUDIENCE, |feed| feed.position());
            let text = format!("{word} {} {}", position.epoch.0, position.seq);
            self.out.post(Told::new(&text).frames(Dialect::Podium), Some((PLACE, position)));
        }

        fn step(&mut self, step: &Step) {
            self.told += 1;
            let told = self.told;
            match step {
                Step::Event => self.channel.with(AUDIENCE, |feed| {
                    let seq = feed.ring.head() + 1;
                    feed.push(&format!("event {} {seq}", feed.epoch.0), false);
                }),
                Step::State(slot) => {
                    let state = Told::new(&format!("state {slot} {told}"));
                    self.channel.with(AUDIENCE, |feed| feed.put(*slot, state));
                }
                Step::Letter => self.out.post(Told::new(&format!("letter {told}")).frames(Dialect::Podium), None),
                Step::You => self.out.put_you(PLACE, Told::new(&format!("you {told}"))),
                Step::Take(bytes) => self.take(*bytes),
                Step::Restart => {
                    self.epoch += 1;
                    self.channel.restart(Epoch(self.epoch));
                }
            }
        }

        /// What a link's writer does, with a socket that takes so many bytes and is full then.
        fn take(&mut self, mut room: usize) {
            loop {
                if !self.out.has_begun() {
                    self.out.gather(Dialect::Podium, BEAT, self.now);
                }
                let fell = self.asks.try_recv().is_ok();
                if fell {
                    self.welcome("snapshot");
                }
                if room == 0 || (!self.out.has_begun() && !fell) {
                    return;
                }
                let mut slices = [IoSlice::new(&[]); WRITE_FRAMES];
                let count = self.out.slices(&mut slices);
                let offered: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
                let taken = offered.len().min(room);
                self.wire.extend_from_slice(&offered[..taken]);
                room -= taken;
                self.out.took(taken, self.now);
            }
        }

        fn texts(&self) -> Vec<String> {
            let frames = Bytes::from(self.wire.clone());
            let texts: Vec<(Opcode, Bytes)> = codec::payloads(&frames).collect();
            let length: usize = texts.iter().map(|(opcode, payload)| codec::frame(*opcode, payload).len()).sum();
            assert_eq!(length, frames.len(), "nothing but whole frames");
            let texts = texts.into_iter().filter(|(opcode, _)| *opcode == Opcode::Text);
            texts.map(|(_, payload)| String::from_utf8(payload.to_vec()).expect("as it was sent")).collect()
        }
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => Just(Step::Event),
            2 => (0..4_usize).prop_map(Step::State),
            2 => Just(Step::Letter),
            1 => Just(Step::You),
            5 => (0..120_usize).prop_map(Step::Take),
            1 => Just(Step::Restart),
        ]
    }

    /// Law 11.
    fn check_story(texts: &[String]) {
        let (mut at, mut letters, mut welcomes) = ((0, 0), 0, 0);
        for text in texts {
            let words: Vec<&str> = text.split(' ').collect();
            let number = |place: usize| words[place].parse::<u64>().expect("a number");
            match words[0] {
                "welcome" | "snapshot" => {
                    at = (number(1), number(2));
                    welcomes += 1;
                }
                "event" => {
                    assert_eq!((number(1), number(2)), (at.0, at.1 + 1), "an event follows the one before it");
                    at.1 += 1;
                }
                "letter" => {
                    assert!(number(1) > letters, "letters keep their order and come once");
                    letters = number(1);
                }
                _ => {}
            }
        }
        assert!(welcomes > 0);
    }

    proptest! {
        #[test]
        fn however_little_a_socket_takes_the_story_is_whole(steps in prop::collection::vec(step(), 0..80)) {
            let mut rig = Rig::new();
            steps.iter().for_each(|step| rig.step(step));
            // A room that stands still is caught up with.
            (0..50).for_each(|_| rig.take(100_000));
            let texts = rig.texts();
            check_story(&texts);
            let head = rig.channel.with(AUDIENCE, |feed| feed.position());
            let cursor = rig.out.at(PLACE).expect("nothing is left to send");
            prop_assert_eq!((cursor.epoch, cursor.seq), (head.epoch, head.seq));
            let posted = steps.iter().filter(|step| matches!(step, Step::Letter)).count();
            prop_assert_eq!(texts.iter().filter(|text| text.starts_with("letter")).count(), posted);
            rig.channel.with(AUDIENCE, |feed| {
                for (slot, state) in feed.states.iter().enumerate() {
                    let prefix = format!("state {slot} ");
                    let last = texts.iter().rev().find(|text| text.starts_with(&prefix));
                    let latest = state.as_ref().map(|(_, told)| Told::frames(told, Dialect::Podium));
                    let last = last.map(|text| codec::frame(Opcode::Text, text.as_bytes()));
                    assert!(latest.is_none() || latest == last, "the latest of each state arrives");
                }
            });
            if let Some(you) = steps.iter().rposition(|step| matches!(step, Step::You)) {
                let latest = format!("you {}", you + 1);
                prop_assert!(texts.contains(&latest), "the latest own state arrives");
            }
        }
    }

    #[test]
    fn of_each_typist_only_the_latest_is_sent() {
        let mut rig = Rig::new();
        rig.take(1_000);
        let [ada, host] = [Some(Who::Seat(SeatId(2))), Some(Who::Host)];
        for (about, text) in [(ada, "ada 1"), (host, "host"), (None, "7"), (ada, "ada 2"), (None, "8")] {
            rig.out.put_typing(PLACE, about, Told::new(text));
        }
        rig.take(1_000);
        rig.take(1_000);
        assert_eq!(rig.texts()[1..], ["host", "ada 2", "8"]);
    }

    #[test]
    fn what_was_begun_is_finished_before_the_close_and_nothing_follows_it() {
        let mut rig = Rig::new();
        rig.step(&Step::Event);
        rig.take(3);
        rig.out.end(Close::Over, None);
        rig.out.end(Close::TooSlow, None);
        rig.step(&Step::Event);
        (0..5).for_each(|_| rig.take(1_000));
        rig.step(&Step::Letter);
        rig.take(1_000);
        check_story(&rig.texts());
        let frames = Bytes::from(rig.wire.clone());
        let (opcode, payload) = codec::payloads(&frames).last().expect("something was sent");
        assert_eq!((opcode, &payload[..2]), (Opcode::Close, &4410_u16.to_be_bytes()[..]));
        assert!(rig.out.close_said_at().is_some());
    }

    #[test]
    fn what_waited_for_a_room_that_is_left_counts_no_more() {
        let mut rig = Rig::new();
        rig.step(&Step::Letter);
        let position = rig.channel.with(AUDIENCE, |feed| feed.position());
        let before = rig.out.waiting_bytes();
        rig.out.post(Told::new("a long snapshot").frames(Dialect::Podium), Some((PLACE + 1, position)));
        rig.out.unfollow(PLACE + 1);
        assert_eq!(rig.out.waiting_bytes(), before);
    }

    #[test]
    fn a_socket_that_takes_nothing_is_stuck_from_the_moment_it_was_offered_something() {
        let mut rig = Rig::new();
        rig.take(0);
        assert!(rig.out.has_begun());
        assert_eq!(rig.out.stuck_for(rig.now + Millis(9_000)), Millis(9_000));
        rig.now = rig.now + Millis(9_000);
        rig.take(1);
        assert_eq!(rig.out.stuck_for(rig.now + Millis(500)), Millis(500));
        rig.take(100_000);
        assert_eq!(rig.out.stuck_for(rig.now + Millis(60_000)), Millis(0));
    }
}
