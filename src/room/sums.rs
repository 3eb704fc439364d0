//! What a log adds up to, computed from the facts alone and in the plainest way, for tests to compare with.
//!
//! It knows nothing of the room, whose standings must say the same.

use std::collections::BTreeMap;

use crate::domain::ids::SeatId;
use crate::domain::question::Choice;
use crate::domain::quiz::Quiz;
use crate::domain::score::classic;
use crate::domain::time::Millis;
use crate::room::fact::{Fact, FactBody};

/// What a seat has, and what it had before the last turn that counts, if it was there.
#[derive(Default)]
pub(crate) struct Sum {
    pub score: u32,
    pub time_ms: i64,
    pub score_before: Option<u32>,
}

/// What everybody has, computed from the log alone and in the plainest way.
pub(crate) fn sums(quiz: &Quiz, facts: &[Fact]) -> BTreeMap<SeatId, Sum> {
    let mut sums: BTreeMap<SeatId, Sum> = BTreeMap::new();
    let mut ballot: Vec<(SeatId, Choice, Millis)> = Vec::new();
    for fact in facts {
        match &fact.body {
            FactBody::SeatTaken { seat, .. } => drop(sums.insert(*seat, Sum::default())),
            FactBody::SeatRemoved { seat } | FactBody::SeatBlocked { seat } => drop(sums.remove(seat)),
            FactBody::TurnOpened { .. } => ballot.clear(),
            FactBody::Answered { seat, choice, elapsed, .. } => ballot.push((*seat, *choice, *elapsed)),
            FactBody::TurnClosed { turn } => {
                let question = &quiz.questions[turn.0 as usize - 1];
                sums.values_mut().for_each(|sum| sum.score_before = Some(sum.score));
                for (seat, choice, elapsed) in ballot.drain(..) {
                    sums.entry(seat).and_modify(|sum| {
                        sum.score += classic(question, choice, elapsed);
                        sum.time_ms += elapsed.0;
                    });
                }
            }
            FactBody::Opened(_)
            | FactBody::Locked
            | FactBody::Unlocked
            | FactBody::AnswersOpened { .. }
            | FactBody::TurnStruck { .. }
            | FactBody::StandingsShown { .. }
            | FactBody::PodiumShown
            | FactBody::Closed
            | FactBody::ChatOpened
            | FactBody::ChatClosed
            | FactBody::ChatKept { .. }
            | FactBody::ChatNotKept
            | FactBody::ChatSent { .. }
            | FactBody::ChatRemoved { .. } => {}
        }
    }
    sums
}
