//! The engine of timed sessions: everybody goes through the questions by a clock of their own.
//!
//! It keeps the laws of [`crate::room`]: [`TimedRoom::apply`] takes an input and the time and returns effects; it never
//! reads a clock, draws lots or names a socket, a task or a table; a refused input leaves the room equal to what it was;
//! and the room is what its facts say. What it shares with the live engine are the nouns; it has no phases, no hosts to lead
//! on and no audience that sees the same question.
//!
//! A deadline stands in the facts and is moved by facts alone. When it has passed, the attempt is over at the deadline,
//! whenever the clock gets round to saying so; an answer whose bytes were read within the grace after it still counts.
//!
//! Reading order: `fact`, `input`, `effect` (the language), `apply` (the rules), `seat` (what one person did), `fold` (what a
//! fact does), `view` (who may know what), `transcript` (what is left afterwards).

pub mod apply;
pub mod effect;
pub mod fact;
pub mod fold;
pub mod input;
pub mod seat;
pub mod transcript;
mod view;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod rig;

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::code::JoinCode;
use crate::domain::ids::{CommandId, PersonId, SeatId, SessionId};
use crate::domain::limits::Limits;
use crate::domain::quiz::Quiz;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::timed::TimedSettings;
use crate::room::timed::fact::TimedOpened;
use crate::room::timed::seat::{Tally, TimedSeat};

/// An answer that was read in the last millisecond of the grace has so long to come up before the key is shown.
const SETTLING_MS: i64 = 20;

/// So long after its window a session waits for its host, who may give somebody another attempt; then it is closed by
/// itself.
const OVERDUE_AFTER: Millis = Millis(86_400_000);

/// The live state of a timed session.
#[derive(Clone, Debug, PartialEq)]
pub struct TimedRoom {
    session: SessionId,
    code: JoinCode,
    quiz: Quiz,
    settings: TimedSettings,
    limits: Limits,
    next_no: u32,
    last_at: Timestamp,
    closed_at: Option<Timestamp>,
    seats: BTreeMap<SeatId, TimedSeat>,
    /// The last seat that was given out.
    last_seat: SeatId,
    /// The requests that seats were given for, so that the same one again gives the same seat.
    asked_with: BTreeMap<CommandId, SeatId>,
    /// The looks of the names that people chose for themselves.
    looks: BTreeSet<String>,
    /// Seats with an attempt under way.
    running: u32,
    /// What all seats have by the attempts that count: the sum of what each seat says of itself.
    tally: Tally,
    /// When something is to be done without anybody asking.
    due: BTreeSet<(Timestamp, Due)>,
}

/// What is to be done at its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// The window opens, or is over for everybody.
    Window,
    /// The attempt of this seat is over, or what comes of it may be seen.
    Seat(SeatId),
}

impl TimedRoom {
    /// The room of a session that has just been opened; the first fact of its log says the same.
    pub fn new(opened: TimedOpened, limits: Limits, at: Timestamp) -> Self {
        let TimedOpened { session, code, quiz, settings } = opened;
        let mut room = Self {
            session,
            code,
            quiz,
            settings,
            limits,
            next_no: 2,
            last_at: at,
            closed_at: None,
            seats: BTreeMap::new(),
            last_seat: SeatId(0),
            asked_with: BTreeMap::new(),
            looks: BTreeSet::new(),
            running: 0,
            tally: Tally::default(),
            due: BTreeSet::new(),
        };
        let window = [room.settings.opens_at, room.settings.closes_at.map(|at| room.settled_at(at))];
        room.due.extend(window.into_iter().flatten().map(|at| (at, Due::Window)));
        room
    }

    /// The session that it runs.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// How people find it.
    pub fn code(&self) -> JoinCode {
        self.code
    }

    /// The quiz that it asks.
    pub fn quiz(&self) -> &Quiz {
        &self.quiz
    }

    /// What its host decided.
    pub fn settings(&self) -> &TimedSettings {
        &self.settings
    }

    /// Whether the host has closed it.
    pub fn is_closed(&self) -> bool {
        self.closed_at.is_some()
    }

    /// Whether its host has forgotten to close it: the window was over a day ago, and nobody is at it or may start.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        let is_past = self.settings.closes_at.is_some_and(|at| now - at >= OVERDUE_AFTER);
        let may_answer = |seat: &TimedSeat| seat.running().is_some() || (!seat.is_revoked && seat.added_left() > 0);
        is_past && !self.is_closed() && !self.seats.values().any(may_answer)
    }

    /// The number of the next fact.
    pub fn next_fact_no(&self) -> u32 {
        self.next_no
    }

    /// Everybody, by seat.
    pub fn seats(&self) -> impl Iterator<Item = &TimedSeat> {
        self.seats.values()
    }

    /// A seat; `None` if it was never given out or is gone.
    pub fn seat(&self, seat: SeatId) -> Option<&TimedSeat> {
        self.seats.get(&seat)
    }

    /// Whether a seat's link of this number still holds.
    pub fn lets_in(&self, seat: SeatId, link: u32) -> bool {
        self.seat(seat).is_some_and(|seat| !seat.is_revoked && seat.generation == link)
    }

    /// The seat of somebody whom the organisation knows.
    pub fn seat_of(&self, person: PersonId) -> Option<SeatId> {
        self.seats.values().find(|seat| seat.person == Some(person)).map(|seat| seat.id)
    }

    /// When [`input::TimedInput::Tick`] has something to do; `None` while only people can lead on.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// From when on nothing that counts for this deadline can come any more.
    fn settled_at(&self, deadline: Timestamp) -> Timestamp {
        deadline + Millis(self.limits.grace_ms + SETTLING_MS)
    }
}
