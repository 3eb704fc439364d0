//! The fold: what a fact does to a room, when it is made and when it is read again.
//!
//! Rules decide what becomes a fact and do not change the room by themselves; here nothing is decided, only carried out,
//! so that [`Room::restore`] arrives at the room that wrote the log.

use std::mem;

use thiserror::Error;

use crate::domain::ids::{CommandId, SeatId, TurnNo};
use crate::domain::limits::Limits;
use crate::domain::name::Nickname;
use crate::domain::score::{classic, verdict};
use crate::domain::time::Timestamp;
use crate::protocol::command::Switch;
use crate::protocol::state::{TakenAnswer, TurnResult};
use crate::protocol::view::{QuestionFace, Scene};
use crate::room::fact::{Fact, FactBody};
use crate::room::roster::{Removal, Seat};
use crate::room::standings::Standings;
use crate::room::typing::Typing;
use crate::room::{Room, TurnEnd, audience};

/// So many commands of the host are remembered; a browser repeats its last one, after a lost connection.
const DONE_MAX: usize = 64;

/// Why a log is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BrokenLog {
    /// It has no facts, or begins with another than the opening.
    #[error("the log does not begin with the opening of a room")]
    NoOpening,
    /// A fact is missing or stands in the wrong place.
    #[error("fact {found} stands where fact {expected} should")]
    Gap {
        /// The number that comes next.
        expected: u32,
        /// The number that came.
        found: u32,
    },
    /// A fact cannot have happened after those before it.
    #[error("fact {no} ({kind}) does not fit the facts before it")]
    Misfit {
        /// The fact.
        no: u32,
        /// Its kind.
        kind: &'static str,
    },
}

impl Room {
    /// Makes the room again from its facts, in order of their numbers from 1. Nobody is here yet.
    ///
    /// # Errors
    /// [`BrokenLog`] if the facts are not the log of a room.
    pub fn restore(facts: impl IntoIterator<Item = Fact>, limits: Limits, now: Timestamp) -> Result<Self, BrokenLog> {
        let mut facts = facts.into_iter();
        let Some(Fact { no: 1, at, body: FactBody::Opened(opened), .. }) = facts.next() else {
            return Err(BrokenLog::NoOpening);
        };
        let mut room = Self::new(opened, limits, at);
        for fact in facts {
            if fact.no != room.next_no {
                return Err(BrokenLog::Gap { expected: room.next_no, found: fact.no });
            }
            let misfit = BrokenLog::Misfit { no: fact.no, kind: fact.body.kind() };
            room.fold(&fact).ok_or(misfit)?;
        }
        room.forget_unstored(now);
        Ok(room)
    }

    /// Nobody is here, since now, and what was written while nothing is kept is gone: what a restart does to a room.
    pub fn forget_unstored(&mut self, now: Timestamp) {
        self.is_host_here = false;
        self.chat.forget_unstored();
        self.typing = Typing::default();
        self.roster.empty(now.max(self.last_at));
    }

    /// Carries a fact out; `None` if it does not fit, and then the room is of no use any more.
    pub(super) fn fold(&mut self, fact: &Fact) -> Option<()> {
        match &fact.body {
            FactBody::Opened(_) => return None,
            FactBody::SeatTaken { seat, name } => self.fold_taken(*seat, name, fact)?,
            FactBody::SeatRemoved { seat } => self.fold_removed(*seat, Removal::Removed, fact.at)?,
            FactBody::SeatBlocked { seat } => self.fold_removed(*seat, Removal::Blocked, fact.at)?,
            FactBody::Locked => self.is_locked = true,
            FactBody::Unlocked => self.is_locked = false,
            FactBody::TurnOpened { turn, answers_at, deadline } => {
                self.fold_opened(*turn, fact.at, *answers_at, *deadline)?;
            }
            FactBody::AnswersOpened { turn } => self.fold_answers_opened(*turn)?,
            FactBody::Answered { seat, turn, choice, received_at, elapsed, credited } => {
                let (turn, choice, received_at) = (*turn, *choice, *received_at);
                let taken = TakenAnswer { turn, choice, received_at, elapsed: *elapsed, credited: *credited };
                self.fold_answered(*seat, taken, fact.command.as_ref())?;
            }
            FactBody::TurnClosed { turn } => self.fold_closed(*turn, fact.at)?,
            // The rules lead on at once; should the log end here, the host leads on from the ranks.
            FactBody::TurnStruck { turn } => {
                self.open_face(*turn)?;
                self.scene = Scene::Standings { turn: *turn };
            }
            FactBody::StandingsShown { turn } => {
                matches!(&self.scene, Scene::Reveal(revealed) if revealed.question.turn == *turn).then_some(())?;
                self.scene = Scene::Standings { turn: *turn };
            }
            FactBody::PodiumShown => {
                matches!(self.scene, Scene::Lobby | Scene::Reveal(_) | Scene::Standings { .. }).then_some(())?;
                self.scene = Scene::Podium;
            }
            FactBody::Closed => {
                matches!(self.scene, Scene::Lobby | Scene::Podium).then_some(())?;
                self.scene = Scene::Closed;
            }
            FactBody::ChatOpened => self.fold_chat_switch(Switch::On),
            FactBody::ChatClosed => self.fold_chat_switch(Switch::Off),
            FactBody::ChatKept { until } => self.fold_chat_kept(*until),
            FactBody::ChatNotKept => self.fold_chat_not_kept(),
            FactBody::ChatSent { message, by, text } => {
                self.fold_chat_sent(*message, *by, text.as_ref(), (fact.at, fact.command.as_ref()))?;
            }
            FactBody::ChatRemoved { message } => self.fold_chat_removed(*message),
        }
        self.next_no = fact.no.saturating_add(1);
        self.last_at = fact.at;
        if fact.body.is_step() {
            self.step += 1;
        }
        if let Some(command) = fact.command.as_ref().filter(|_| fact.body.is_of_host()) {
            self.remember_done(command);
        }
        Some(())
    }

    fn fold_taken(&mut self, seat: SeatId, name: &Nickname, fact: &Fact) -> Option<()> {
        let seat = Seat::new(seat, name.clone(), fact.at, self.standings.counted());
        self.roster.take(seat, fact.command.as_ref())?;
        self.rank(self.standings.counted());
        Some(())
    }

    fn fold_removed(&mut self, seat: SeatId, how: Removal, at: Timestamp) -> Option<()> {
        self.roster.remove(seat, how, at)?;
        self.rank(self.standings.counted());
        Some(())
    }

    fn fold_opened(
        &mut self,
        turn: TurnNo,
        opened_at: Timestamp,
        answers_at: Timestamp,
        deadline: Option<Timestamp>,
    ) -> Option<()> {
        let may_open = matches!(self.scene, Scene::Lobby | Scene::Standings { .. }) && self.next_turn() == Some(turn);
        let question = self.question(turn).filter(|_| may_open)?;
        self.scene = Scene::Reading(audience::face(question, turn, opened_at, answers_at, deadline));
        Some(())
    }

    fn fold_answers_opened(&mut self, turn: TurnNo) -> Option<()> {
        matches!(&self.scene, Scene::Reading(face) if face.turn == turn).then_some(())?;
        if let Scene::Reading(face) = mem::replace(&mut self.scene, Scene::Lobby) {
            self.scene = Scene::Answering(face);
        }
        Some(())
    }

    fn fold_answered(&mut self, seat: SeatId, taken: TakenAnswer, command: Option<&CommandId>) -> Option<()> {
        matches!(&self.scene, Scene::Answering(face) if face.turn == taken.turn).then_some(())?;
        let seat = self.roster.seat_mut(seat).filter(|seat| seat.answer_to(taken.turn).is_none())?;
        seat.given = Some((command?.clone(), taken));
        Some(())
    }

    /// Points come into being here: each seat's result, the sums, the ranks.
    fn fold_closed(&mut self, turn: TurnNo, at: Timestamp) -> Option<()> {
        let face = self.open_face(turn)?.clone();
        let question = self.quiz.questions.get(usize::try_from(turn.0.checked_sub(1)?).ok()?)?;
        for seat in self.roster.seated_mut() {
            let answer = seat.answer_to(turn).copied();
            let points = answer.map_or(0, |answer| classic(question, answer.choice, answer.elapsed));
            seat.result = Some(TurnResult {
                turn,
                verdict: answer.map(|answer| verdict(question, answer.choice)),
                points,
                elapsed: answer.map(|answer| answer.elapsed),
            });
            seat.tally_before = seat.tally;
            seat.tally = seat.tally.plus(points, answer.map(|answer| answer.elapsed).unwrap_or_default());
        }
        let answers = self.roster.seated().filter_map(|seat| seat.answer_to(turn)).map(|answer| answer.choice);
        let ended_at = face.deadline.map_or(at, |deadline| deadline.min(at));
        self.scene = Scene::Reveal(audience::revealed(question, face, answers));
        self.last_end = Some(TurnEnd { turn, at: ended_at });
        self.rank(self.standings.counted() + 1);
        Some(())
    }

    /// The question of the open turn, if it is this one.
    fn open_face(&self, turn: TurnNo) -> Option<&QuestionFace> {
        match &self.scene {
            Scene::Reading(face) | Scene::Answering(face) => Some(face).filter(|face| face.turn == turn),
            Scene::Lobby | Scene::Reveal(_) | Scene::Standings { .. } | Scene::Podium | Scene::Closed => None,
        }
    }

    fn rank(&mut self, counted: u32) {
        self.standings = Standings::of(&self.roster, counted);
    }

    /// A command that made several facts is done with the last of them.
    fn remember_done(&mut self, command: &CommandId) {
        match self.done.back_mut() {
            Some((last, step)) if last == command => *step = self.step,
            Some(_) | None => {
                if self.done.len() == DONE_MAX {
                    self.done.pop_front();
                }
                self.done.push_back((command.clone(), self.step));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Millis;
    use crate::protocol::command::HostCommand;
    use crate::room::input::Input;
    use crate::room::rig::{self, RIGHT, Rig, START};

    /// The log of a room that played a question to its reveal.
    fn log() -> Vec<Fact> {
        let (mut rig, [ada, _]) = Rig::with_people(2, ["Ada", "Bo"]);
        rig.ask();
        rig.answer(ada, RIGHT).expect("in time");
        rig.close();
        let kinds: Vec<_> = rig.facts.iter().map(|fact| fact.body.kind()).collect();
        let played = ["seat_taken", "seat_taken", "turn_opened", "answers_opened", "answered", "turn_closed"];
        assert_eq!((kinds[0], &kinds[1..]), ("opened", &played[..]));
        rig.facts
    }

    fn check(break_it: impl FnOnce(&mut Vec<Fact>), why: BrokenLog) {
        let mut log = log();
        break_it(&mut log);
        assert_eq!(Room::restore(log, Limits::default(), START).err(), Some(why));
    }

    #[test]
    fn a_log_begins_with_its_opening() {
        check(Vec::clear, BrokenLog::NoOpening);
        check(|log| drop(log.remove(0)), BrokenLog::NoOpening);
        check(|log| log[0].no = 2, BrokenLog::NoOpening);
    }

    #[test]
    fn a_log_has_no_gaps_and_no_doubles() {
        check(|log| drop(log.remove(2)), BrokenLog::Gap { expected: 3, found: 4 });
        check(|log| log.insert(2, log[1].clone()), BrokenLog::Gap { expected: 3, found: 2 });
    }

    #[test]
    fn a_fact_fits_those_before_it() {
        let (seat, turn) = (SeatId(1), TurnNo(1));
        let opening = log()[0].body.clone();
        let answered = log()[5].body.clone();
        let open_again = |turn| FactBody::TurnOpened { turn: TurnNo(turn), answers_at: START, deadline: None };
        for (at, body) in [
            (1, opening),
            (2, FactBody::SeatTaken { seat: SeatId(3), name: rig::name("Cy") }),
            (2, FactBody::SeatTaken { seat: SeatId(2), name: rig::name("ada") }),
            (1, FactBody::SeatRemoved { seat }),
            (1, FactBody::SeatBlocked { seat }),
            (3, open_again(2)),
            (4, open_again(2)),
            (3, FactBody::AnswersOpened { turn }),
            (4, FactBody::AnswersOpened { turn: TurnNo(2) }),
            (4, answered.clone()),
            (6, answered),
            (3, FactBody::TurnClosed { turn }),
            (3, FactBody::TurnStruck { turn }),
            (4, FactBody::StandingsShown { turn }),
            (5, FactBody::PodiumShown),
            (5, FactBody::Closed),
        ] {
            let (no, kind) = (log()[at].no, body.kind());
            check(|log| log[at].body = body, BrokenLog::Misfit { no, kind });
        }
    }

    /// Also those prefixes that no commit leaves behind, because their facts are stored together.
    #[test]
    fn every_prefix_of_a_log_gives_a_room_that_can_go_on() {
        let (mut rig, [ada, _]) = Rig::with_people(3, ["Ada", "Bo"]);
        rig.ask();
        rig.answer(ada, RIGHT).expect("in time");
        rig.skip();
        rig.open_answers();
        rig.close();
        rig.next();
        rig.end();
        rig.end();
        for known in 1..=rig.facts.len() {
            let mut room = Room::restore(rig.facts[..known].to_vec(), rig.limits, rig.now).expect("a whole prefix");
            assert_eq!(room.next_fact_no(), rig.facts[known - 1].no + 1);
            for no in 0..2 {
                let command = HostCommand::End { step: room.step() };
                let ended = room.apply(Input::Host { command, id: rig::id(&format!("end-{no}")) }, rig.now);
                assert!(ended.is_ok() || room.is_closed(), "{ended:?} after fact {known}");
            }
            assert!(room.is_closed());
        }
    }

    #[test]
    fn a_restart_moves_no_deadline_and_brings_nobody() {
        let (mut rig, [ada, _]) = Rig::with_people(2, ["Ada", "Bo"]);
        rig.ask();
        rig.answer(ada, RIGHT).expect("in time");
        let (face, you, wake_at) = (rig.face(), rig.you(ada), rig.room.wake_at());
        rig.now = rig.now + Millis(7_000);
        rig.restart();
        assert_eq!((rig.face(), rig.you(ada), rig.room.wake_at()), (face, you, wake_at));
        let presence = rig.room.presence();
        assert_eq!((presence.here, presence.seats, presence.answered), (0, 2, 1));
        assert_eq!(rig.room.host_view().people[0].away_since, Some(rig.now));
    }
}
