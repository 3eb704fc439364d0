//! The engine: a room's rules in motion, one pure state machine.
//!
//! [`Room::apply`] takes an input and the time and returns effects; it never reads a clock, waits, draws lots or names a
//! socket, a task or a table. A refused input leaves the room equal to what it was.
//!
//! What changes the game is a [`fact::Fact`], and facts are folded into the room in one place (`restore`), whether they
//! were made just now or come from the log: so a restored room is the room that wrote them. What is not in the facts is
//! gone then: which links are open, who types, and messages that no host asked to keep.
//!
//! Reading order: `input`, `effect`, `fact` (the language), `apply` (the door), `door`, `ballot`, `chat`, `typing`,
//! `drive`, `phase` (the rules), `restore` (the fold), `roster`, `standings` and `chat_log` (what it folds into), `audience` (who may
//! know what); then [`timed`], the engine of sessions in which everybody has a clock of their own.

pub mod apply;
pub mod audience;
mod ballot;
mod chat;
mod chat_log;
mod door;
mod drive;
pub mod effect;
pub mod fact;
pub mod input;
mod phase;
pub mod restore;
pub mod roster;
mod standings;
pub mod timed;
mod typing;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod rig;
#[cfg(test)]
pub(crate) mod sums;

use std::collections::VecDeque;

use crate::domain::code::JoinCode;
use crate::domain::ids::{CommandId, SeatId, SessionId, TurnNo};
use crate::domain::limits::Limits;
use crate::domain::question::Question;
use crate::domain::quiz::Quiz;
use crate::domain::time::Timestamp;
use crate::protocol::view::{Phase, Scene};
use crate::room::chat_log::ChatLog;
use crate::room::fact::{Fact, FactBody, Opened};
use crate::room::roster::{Roster, SeatStatus};
use crate::room::standings::Standings;
use crate::room::typing::Typing;

/// The live state of a running session.
#[derive(Clone, Debug, PartialEq)]
pub struct Room {
    session: SessionId,
    code: JoinCode,
    quiz: Quiz,
    limits: Limits,
    next_no: u32,
    last_at: Timestamp,
    step: u32,
    is_locked: bool,
    /// What is on, as everybody may see it; what is secret stays in the quiz.
    scene: Scene,
    /// The last turn that was closed, and when its time was over.
    last_end: Option<TurnEnd>,
    roster: Roster,
    standings: Standings,
    /// The host's commands that were done lately, with the step after each.
    done: VecDeque<(CommandId, u32)>,
    is_host_here: bool,
    chat: ChatLog,
    typing: Typing,
}

/// When a turn's time was over: its deadline, or the moment at which it was closed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TurnEnd {
    turn: TurnNo,
    at: Timestamp,
}

impl Room {
    /// Opens a room; the fact is the first of its log.
    pub fn open(opened: Opened, limits: Limits, now: Timestamp) -> (Self, Fact) {
        let fact = Fact { no: 1, at: now, command: None, body: FactBody::Opened(opened.clone()) };
        (Self::new(opened, limits, now), fact)
    }

    fn new(opened: Opened, limits: Limits, at: Timestamp) -> Self {
        Self {
            session: opened.session,
            code: opened.code,
            quiz: opened.quiz,
            limits,
            next_no: 2,
            last_at: at,
            step: 0,
            is_locked: false,
            scene: Scene::Lobby,
            last_end: None,
            roster: Roster::default(),
            standings: Standings::default(),
            done: VecDeque::new(),
            is_host_here: false,
            chat: ChatLog::new(),
            typing: Typing::default(),
        }
    }

    /// How people find the room.
    pub fn code(&self) -> JoinCode {
        self.code
    }

    /// The session that it runs.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// The quiz that it plays.
    pub fn quiz(&self) -> &Quiz {
        &self.quiz
    }

    /// Where the session stands.
    pub fn phase(&self) -> Phase {
        self.scene.phase()
    }

    /// Whether the session is over.
    pub fn is_closed(&self) -> bool {
        self.phase() == Phase::Closed
    }

    /// Whether new people are kept out.
    pub fn is_locked(&self) -> bool {
        self.is_locked
    }

    /// Steps so far: the facts that led the show on ([`FactBody::is_step`]).
    pub fn step(&self) -> u32 {
        self.step
    }

    /// The number of the next fact.
    pub fn next_fact_no(&self) -> u32 {
        self.next_no
    }

    /// When the last fact was decided.
    pub fn last_fact_at(&self) -> Timestamp {
        self.last_at
    }

    /// What has become of a seat; `None` if it was never given out.
    pub fn seat_status(&self, seat: SeatId) -> Option<SeatStatus> {
        self.roster.status(seat)
    }

    fn question(&self, turn: TurnNo) -> Option<&Question> {
        let place = usize::try_from(turn.0.checked_sub(1)?).ok()?;
        self.quiz.questions.get(place)
    }

    /// The turn that comes next, if there is one.
    fn next_turn(&self) -> Option<TurnNo> {
        let next = TurnNo(self.scene.turn().map_or(1, |turn| turn.0.saturating_add(1)));
        self.question(next).map(|_| next)
    }
}
