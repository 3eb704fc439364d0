//! What must hold, and all that has to be remembered to know whether it does.
//!
//! It looks at whole frames as they reach a browser, before the page may mend anything, and compares them with the disk.
//! The names V1 to V10 are those of the list of invariants that the product is checked by.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};

use crate::domain::ids::{CommandId, Epoch, SeatId, TurnNo};
use crate::domain::limits::Limits;
use crate::domain::quiz::Quiz;
use crate::domain::time::Millis;
use crate::protocol::dialect::Dialect;
use crate::protocol::frame;
use crate::protocol::message::{Message, Position, Received};
use crate::protocol::state::TakenAnswer;
use crate::protocol::view::{Audience, Scene};
use crate::room::Room;
use crate::room::fact::{Fact, FactBody};
use crate::room::sums::sums;
use crate::server::live::channel::Channel;
use crate::server::live::codec;
use crate::server::live::told::Told;
use crate::tests::simulation::disk::Disk;

/// What must be remembered.
#[derive(Default)]
pub struct Ledger {
    /// Each event that was told, by room, epoch and audience; none where the ring had lost it before it was looked at.
    told: BTreeMap<(usize, Epoch, u8), Vec<Option<u64>>>,
    /// The lives of each room, in their order.
    lives: Vec<(usize, Epoch)>,
    /// Where the players' stream stood when a seat's removal had been told.
    removed: BTreeMap<(usize, SeatId), Position>,
    /// The first success that each command was answered with.
    replies: BTreeMap<(usize, Option<SeatId>, CommandId), Reply>,
    /// Answers that somebody was told are taken.
    acknowledged: Vec<(usize, SeatId, CommandId, TakenAnswer)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Reply {
    Taken(TakenAnswer),
    Done(u32),
}

/// Whose ears a frame reaches.
#[derive(Clone, Copy, Debug)]
pub struct Ear {
    pub room: usize,
    pub audience: Audience,
    pub seat: Option<SeatId>,
}

impl Ledger {
    /// Notes what a room has told since the last look.
    pub fn tap(&mut self, room: usize, channel: &Channel, disk: &Disk) {
        for audience in Audience::ALL {
            channel.with(audience, |feed| {
                let log = self.told.entry((room, feed.epoch, audience as u8)).or_default();
                let head = usize::try_from(feed.ring.head()).expect("a short stream");
                match feed.ring.after(log.len() as u64) {
                    Ok(frames) => log.extend(frames.map(|frame| Some(hash_of(&frame.told)))),
                    Err(_) => log.resize(head, None),
                }
            });
        }
        let gone = disk.facts(room).iter().filter_map(|fact| match &fact.body {
            FactBody::SeatRemoved { seat } | FactBody::SeatBlocked { seat } => Some(*seat),
            _ => None,
        });
        let position = channel.with(Audience::Players, |feed| feed.position());
        if !self.lives.contains(&(room, position.epoch)) {
            self.lives.push((room, position.epoch));
        }
        for seat in gone {
            self.removed.entry((room, seat)).or_insert(position);
        }
    }

    /// Looks at a frame that has reached a browser whose stream stands at `at`.
    pub fn hear(&mut self, ear: Ear, at: &mut Option<Position>, text: &str, disk: &Disk) {
        no_secret(ear, text, disk);
        if text.starts_with(r#"{"type":"connected""#) || text.starts_with(r#"{"type":"snapshot""#) {
            match message(text) {
                Message::Connected(welcome) => *at = welcome.position.filter(|_| welcome.recovered),
                Message::Snapshot(snapshot) => *at = Some(snapshot.position),
                other => panic!("a welcome or a snapshot, not {other:?}"),
            }
        } else if let Some(seq) = seq(text) {
            self.follow(ear, at, seq, text);
            stored_first(ear, text, disk);
        } else if text.contains(r#""correlation_id":"b"#) {
            self.replied(ear, text, disk);
        }
    }

    /// V3: what a link gets is the next of what the room has told, byte for byte.
    fn follow(&self, ear: Ear, at: &mut Option<Position>, seq: u64, text: &str) {
        let at = at.as_mut().expect("V3: an event comes after a welcome or a snapshot");
        assert_eq!(seq, at.seq + 1, "V3: events come without a gap: {ear:?} {text}");
        at.seq = seq;
        let log = self.told.get(&(ear.room, at.epoch, ear.audience as u8)).expect("V3: an epoch that was");
        let told = log.get(usize::try_from(seq - 1).expect("a short stream")).expect("V3: an event that was told");
        if let Some(told) = told {
            assert_eq!(*told, hash(text.as_bytes()), "V3: the event as it was told: {ear:?} {text}");
        }
        if let Some(end) = ear.seat.and_then(|seat| self.removed.get(&(ear.room, seat))) {
            let life = |epoch: Epoch| self.lives.iter().position(|life| *life == (ear.room, epoch));
            // What was on its way when the room began anew was told before.
            let is_before = (life(at.epoch), seq) <= (life(end.epoch), end.seq);
            assert!(is_before, "a removed seat hears nothing more: {ear:?} {text}");
        }
    }

    /// V1 and law 7: what is acknowledged is on disk once, and acknowledged in the same words each time.
    fn replied(&mut self, ear: Ear, text: &str, disk: &Disk) {
        let Received { message, correlation_id: Some(id), .. } = frame::received(text).expect("our own frame") else {
            return;
        };
        let reply = match message {
            Message::AnswerTaken(taken) => {
                let seat = ear.seat.expect("only players answer");
                check_answer(disk, ear.room, seat, &id, taken);
                self.acknowledged.push((ear.room, seat, id.clone(), taken));
                Reply::Taken(taken)
            }
            Message::Done(done) => {
                assert!(disk.knows(ear.room, &id), "law 6: a command is done once it is stored: {text}");
                Reply::Done(done.step)
            }
            _ => return,
        };
        let first = *self.replies.entry((ear.room, ear.seat, id)).or_insert(reply);
        assert_eq!(first, reply, "a command is answered the same each time: {text}");
    }

    /// What must hold of the logs when all is over.
    pub fn check_logs(&self, disk: &Disk, rooms: usize, limits: &Limits) {
        for (room, seat, id, taken) in &self.acknowledged {
            check_answer(disk, *room, *seat, id, *taken);
        }
        (0..rooms).for_each(|room| check_answers(disk.facts(room), limits));
    }
}

/// V5: deadlines are those that the facts name.
pub fn check_deadline(scene: &Scene, room: usize, disk: &Disk) {
    if let Some(face) = scene.question() {
        let opened = disk.deadline(room, face.turn).expect("law 6: a turn is shown once it is stored");
        assert_eq!(face.deadline, opened, "V5: a deadline never moves: {face:?}");
    }
}

/// V10: the ranks are those of the log.
pub fn check_ranks(room: &Room, quiz: &Quiz, facts: &[Fact]) {
    let sums = sums(quiz, facts);
    let board = room.leaderboard(Audience::Host);
    let is_counted = facts.iter().any(|fact| matches!(fact.body, FactBody::TurnClosed { .. }));
    assert_eq!(board.rows.len(), if is_counted { sums.len() } else { 0 }, "V10: a row for each seat");
    for row in &board.rows {
        let score = sums[&row.seat].score;
        let rank = 1 + sums.values().filter(|other| other.score > score).count();
        assert_eq!((row.score, row.rank as usize), (score, rank), "V10: seat {}", row.seat);
    }
}

/// V1.
fn check_answer(disk: &Disk, room: usize, seat: SeatId, id: &CommandId, taken: TakenAnswer) {
    let TakenAnswer { turn, choice, received_at, elapsed, credited } = taken;
    let expected = FactBody::Answered { seat, turn, choice, received_at, elapsed, credited };
    assert_eq!(disk.answers(room, seat, id), [&expected], "V1: an acknowledged answer is stored once");
}

/// V2.
fn check_answers(facts: &[Fact], limits: &Limits) {
    let mut open = None;
    let mut seen: Vec<(SeatId, TurnNo)> = Vec::new();
    for fact in facts {
        match &fact.body {
            FactBody::TurnOpened { turn, answers_at, deadline } => open = Some((*turn, *answers_at, *deadline)),
            FactBody::TurnClosed { .. } | FactBody::TurnStruck { .. } => open = None,
            FactBody::Answered { seat, turn, received_at, .. } => {
                assert!(!seen.contains(&(*seat, *turn)), "V2: one answer of a seat to a turn: {fact:?}");
                seen.push((*seat, *turn));
                let (open, answers_at, deadline) = open.expect("V2: an answer while a turn is open");
                let is_in_time = deadline.is_none_or(|at| *received_at <= at + Millis(limits.grace_ms));
                assert!(open == *turn && *received_at >= answers_at && is_in_time, "V2: in its window: {fact:?}");
            }
            _ => {}
        }
    }
}

/// V4, and nobody is told of another room. The quizzes have marks in everything that is secret.
fn no_secret(ear: Ear, text: &str, disk: &Disk) {
    for (at, _) in text.match_indices("MARK-") {
        let mut parts = text[at + 5..].split('-');
        let kind = parts.next().expect("a kind");
        let mut number = || parts.next().and_then(|part| part.parse::<usize>().ok()).expect("a number");
        let (room, turn) = (number(), TurnNo(u32::try_from(number()).expect("few turns")));
        assert_eq!(room, ear.room, "nobody is told of another room: {ear:?} {text}");
        let is_out = match (ear.audience, kind) {
            (Audience::Host, _) | (_, "title") => true,
            (Audience::Admins, _) => false,
            (Audience::Stage | Audience::Players, "key") => disk.is_revealed(room, turn),
            (Audience::Stage | Audience::Players, _) => disk.deadline(room, turn).is_some(),
        };
        assert!(is_out, "V4: nothing leaves early: {ear:?} {text}");
    }
}

/// Law 6: what is told of the show is on disk.
fn stored_first(ear: Ear, text: &str, disk: &Disk) {
    match message(text) {
        Message::SessionUpdate(update) => {
            assert!(update.step <= disk.steps(ear.room), "law 6: a step is told once it is stored: {text}");
        }
        Message::UserJoined(joined) => {
            assert!(disk.seat(ear.room, joined.user).0, "law 6: a seat is told once it is stored: {text}");
        }
        _ => {}
    }
}

fn message(text: &str) -> Message {
    frame::received(text).expect("our own frame").message
}

/// The number of an event.
fn seq(text: &str) -> Option<u64> {
    let (_, behind) = text.rsplit_once(r#","seq":"#)?;
    behind.strip_suffix('}')?.parse().ok()
}

fn hash_of(told: &Told) -> u64 {
    let (_, payload) = codec::payloads(&told.frames(Dialect::Podium)).next().expect("one frame");
    hash(&payload)
}

/// One number for some bytes.
pub fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}
