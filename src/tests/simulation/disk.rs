//! A disk in memory: what was committed stays, whatever happens to the house.
//!
//! It keeps the one rule of the real store that rooms depend on: the facts of a session are numbered without gaps.

use crate::domain::ids::{CommandId, SeatId, TurnNo};
use crate::domain::time::Timestamp;
use crate::room::fact::{Fact, FactBody};

/// The logs of all rooms.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    logs: Vec<Vec<Fact>>,
}

impl Disk {
    /// Begins the log of one more room.
    pub fn open(&mut self, opening: Fact) {
        self.logs.push(vec![opening]);
    }

    /// Takes the facts of one batch.
    pub fn append(&mut self, room: usize, facts: Vec<Fact>) {
        for fact in facts {
            let next = u32::try_from(self.logs[room].len() + 1).expect("a short log");
            assert_eq!(fact.no, next, "the log of a room has no gap: {fact:?}");
            self.logs[room].push(fact);
        }
    }

    /// All facts of a room.
    pub fn facts(&self, room: usize) -> &[Fact] {
        &self.logs[room]
    }

    /// The time of the last fact of all.
    pub fn last_at(&self) -> Timestamp {
        self.logs.iter().filter_map(|log| log.last()).map(|fact| fact.at).max().unwrap_or(Timestamp(0))
    }

    /// The answers of a seat that came with this id.
    pub fn answers(&self, room: usize, of: SeatId, id: &CommandId) -> Vec<&FactBody> {
        let is_it = |fact: &&Fact| {
            fact.command.as_ref() == Some(id) && matches!(&fact.body, FactBody::Answered { seat, .. } if *seat == of)
        };
        self.logs[room].iter().filter(is_it).map(|fact| &fact.body).collect()
    }

    /// Whether a seat has answered a turn.
    pub fn has_answered(&self, room: usize, of: SeatId, to: TurnNo) -> bool {
        let is_it =
            |fact: &Fact| matches!(&fact.body, FactBody::Answered { seat, turn, .. } if (*seat, *turn) == (of, to));
        self.logs[room].iter().any(is_it)
    }

    /// Whether a command led to a fact.
    pub fn knows(&self, room: usize, id: &CommandId) -> bool {
        self.logs[room].iter().any(|fact| fact.command.as_ref() == Some(id))
    }

    /// Steps of the show so far.
    pub fn steps(&self, room: usize) -> u32 {
        let steps = self.logs[room].iter().filter(|fact| fact.body.is_step()).count();
        u32::try_from(steps).expect("a short log")
    }

    /// The deadline that a turn was opened with; the outer `None` if it was not opened.
    pub fn deadline(&self, room: usize, of: TurnNo) -> Option<Option<Timestamp>> {
        self.logs[room].iter().find_map(|fact| match &fact.body {
            FactBody::TurnOpened { turn, deadline, .. } if *turn == of => Some(*deadline),
            _ => None,
        })
    }

    /// Whether the key of a turn is out.
    pub fn is_revealed(&self, room: usize, of: TurnNo) -> bool {
        self.logs[room].iter().any(|fact| fact.body == FactBody::TurnClosed { turn: of })
    }

    /// Whether a seat was taken, and whether it was taken away again.
    pub fn seat(&self, room: usize, of: SeatId) -> (bool, bool) {
        let has = |is_it: &dyn Fn(&FactBody) -> bool| self.logs[room].iter().any(|fact| is_it(&fact.body));
        let is_taken = has(&|body| matches!(body, FactBody::SeatTaken { seat, .. } if *seat == of));
        let is_gone =
            has(&|body| matches!(body, FactBody::SeatRemoved { seat } | FactBody::SeatBlocked { seat } if *seat == of));
        (is_taken, is_gone)
    }
}
