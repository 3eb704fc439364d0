//! The moves from phase to phase, and those that time makes by itself.
//!
//! Whether a host may ask for a move is `drive`'s business; here it is made: recorded, then told.

use crate::domain::ids::TurnNo;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::view::Scene;
use crate::room::Room;
use crate::room::apply::Motion;
use crate::room::effect::{Effect, StateKey};
use crate::room::fact::FactBody;

/// A turn stays open so much longer than the last answer may arrive: time for an answer that was read in the last
/// millisecond to reach the room before the clock does.
const CLOSING_MS: i64 = 20;

impl Room {
    /// When [`crate::room::input::Input::Tick`] has something to do; `None` while only people can lead on.
    ///
    /// Changes with every input, so it is to be asked again after each batch.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.leads_on_at().into_iter().chain(self.typing.due_at()).min()
    }

    /// When the clock leads on.
    fn leads_on_at(&self) -> Option<Timestamp> {
        match &self.scene {
            Scene::Reading(face) => Some(face.answers_at),
            Scene::Answering(face) => {
                let closes_at = face.deadline.map(|deadline| self.closes_at(deadline));
                closes_at.into_iter().chain(self.all_answered_at(face.turn)).min()
            }
            Scene::Lobby | Scene::Reveal(_) | Scene::Standings { .. } | Scene::Podium | Scene::Closed => None,
        }
    }

    fn closes_at(&self, deadline: Timestamp) -> Timestamp {
        deadline + Millis(self.limits.grace_ms + CLOSING_MS)
    }

    /// From when on everybody who is expected has answered; `None` while somebody who is here has not, or nobody is here.
    ///
    /// Expected is who is here, and who left, or was seated and never came, less than [`Limits::return_ms`] ago. After a
    /// restart all have just left. So one rule covers a reload, a locked phone, a restart and people who went home.
    ///
    /// [`Limits::return_ms`]: crate::domain::limits::Limits::return_ms
    fn all_answered_at(&self, turn: TurnNo) -> Option<Timestamp> {
        if self.roster.here() == 0 {
            return None;
        }
        let mut at = self.last_at;
        for seat in self.roster.seated().filter(|seat| seat.answer_to(turn).is_none()) {
            at = at.max(seat.away_since? + Millis(self.limits.return_ms));
        }
        Some(at)
    }
}

impl Motion<'_> {
    /// Does what time asks for.
    pub fn tick(&mut self) {
        if let Scene::Reading(face) = &self.room.scene
            && self.now >= face.answers_at
        {
            self.open_answers();
        }
        if let Scene::Answering(face) = &self.room.scene
            && face.deadline.is_some_and(|deadline| self.now >= self.room.closes_at(deadline))
        {
            let turn = face.turn;
            self.record_unasked(FactBody::TurnClosed { turn });
            self.tell_closed();
        }
        self.tell_typing();
    }

    /// Ends the question when nobody is waited for any more.
    pub fn end_if_all_answered(&mut self) {
        if let Scene::Answering(face) = &self.room.scene
            && self.room.all_answered_at(face.turn).is_some_and(|at| self.now >= at)
        {
            let turn = face.turn;
            self.record_unasked(FactBody::TurnClosed { turn });
            self.tell_closed();
        }
    }

    /// Asks a question. Without reading time its options are open at once.
    pub fn open_turn(&mut self, turn: TurnNo) {
        let Some(question) = self.room.question(turn) else {
            return self.show_podium();
        };
        let answers_at = self.now + Millis(i64::from(question.reading_ms));
        let deadline = question.limit_ms.map(|limit_ms| answers_at + Millis(i64::from(limit_ms)));
        self.record(FactBody::TurnOpened { turn, answers_at, deadline });
        if self.now >= answers_at {
            self.record(FactBody::AnswersOpened { turn });
        }
        self.tell_scene();
        self.tell_cue();
        self.changed(StateKey::Time);
    }

    /// Opens the options, if only the prompt is there. Time did it, whatever command may be the first to notice.
    pub fn open_answers(&mut self) {
        if let Scene::Reading(face) = &self.room.scene {
            let turn = face.turn;
            self.record_unasked(FactBody::AnswersOpened { turn });
            self.tell_update();
        }
    }

    /// Ends the question because the host asked for it.
    pub fn close_turn(&mut self, turn: TurnNo) {
        self.record(FactBody::TurnClosed { turn });
        self.tell_closed();
    }

    /// From here on key and points of the question exist for everybody.
    fn tell_closed(&mut self) {
        self.tell_scene();
        self.changed(StateKey::Presence);
        self.changed(StateKey::Leaderboard);
        self.effect(Effect::EveryYou);
    }

    /// Takes the question back. What comes instead is told by the move that follows.
    pub fn strike_turn(&mut self, turn: TurnNo) {
        self.record(FactBody::TurnStruck { turn });
        self.changed(StateKey::Presence);
        self.effect(Effect::EveryYou);
    }

    /// Shows the ranks. Answers leave the players' own states here and not when the next question opens, so that the
    /// question's way is free.
    pub fn show_standings(&mut self, turn: TurnNo) {
        self.record(FactBody::StandingsShown { turn });
        self.tell_scene();
        self.effect(Effect::EveryYou);
    }

    /// Shows the winners.
    pub fn show_podium(&mut self) {
        self.record(FactBody::PodiumShown);
        self.tell_scene();
        self.tell_cue();
        self.effect(Effect::EveryYou);
    }

    /// Ends the session.
    pub fn close_room(&mut self) {
        self.record(FactBody::Closed);
        self.tell_scene();
        self.tell_cue();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SeatId;
    use crate::domain::limits::Limits;
    use crate::protocol::command::HostCommand;
    use crate::protocol::event::Event;
    use crate::protocol::view::{Audience, Phase};
    use crate::room::input::Input;
    use crate::room::rig::{self, RIGHT, Rig, WRONG};

    /// Three people in an open question without a time limit, so that only they can end it.
    fn open_end() -> (Rig, [SeatId; 3]) {
        let mut quiz = rig::quiz(2);
        quiz.questions.iter_mut().for_each(|question| question.limit_ms = None);
        let mut rig = Rig::with(quiz, Limits::default());
        let seats = ["Ada", "Bo", "Cy"].map(|name| rig.join(name));
        rig.ask();
        (rig, seats)
    }

    /// Waits and says whether the question is still open just before, and closed just then.
    fn check_ends_after(rig: &mut Rig, ms: i64) {
        rig.wait(ms - 1);
        assert_eq!(rig.room.phase(), Phase::Answering, "just before");
        rig.wait(1);
        assert_eq!(rig.room.phase(), Phase::Reveal, "just then");
    }

    #[test]
    fn the_options_open_when_the_prompt_was_read() {
        let mut rig = Rig::new(1);
        rig.next();
        assert_eq!(rig.room.wake_at(), Some(rig.now + Millis(3_000)));
        rig.wait(2_999);
        rig.apply(Input::Tick).expect("a tick is never refused");
        assert_eq!((rig.room.phase(), rig.effects.len()), (Phase::Reading, 0));
        rig.wait(1);
        assert_eq!(rig.room.phase(), Phase::Answering);
        let scenes: Vec<bool> = rig
            .effects
            .iter()
            .filter_map(|effect| {
                let Effect::Tell(_, Event::SessionUpdate(update)) = effect else { return None };
                Some(update.scene.is_some())
            })
            .collect();
        assert_eq!(scenes, [false; 3], "the question is known already and not told again");
    }

    #[test]
    fn without_reading_time_the_options_are_open_at_once() {
        let mut quiz = rig::quiz(1);
        quiz.questions[0].reading_ms = 0;
        let mut rig = Rig::with(quiz, Limits::default());
        rig.next();
        assert_eq!(rig.recorded_kinds(), ["turn_opened", "answers_opened"]);
        assert_eq!((rig.room.phase(), rig.face().answers_at), (Phase::Answering, rig.now));
    }

    #[test]
    fn a_question_closes_when_the_last_answer_has_had_its_time() {
        let (mut rig, [ada, _]) = Rig::with_people(1, ["Ada", "Bo"]);
        rig.ask();
        let deadline = rig.face().deadline.expect("a limit");
        let grace = Millis(rig.limits.grace_ms);
        assert_eq!(rig.room.wake_at(), Some(deadline + grace + Millis(CLOSING_MS)));
        rig.now = deadline + grace + Millis(CLOSING_MS - 1);
        rig.apply(Input::Tick).expect("a tick is never refused");
        assert_eq!(rig.room.phase(), Phase::Answering);
        // Read in the last millisecond of the grace, come up after the closing time but before the tick.
        rig.now = deadline + grace + Millis(CLOSING_MS + 5);
        rig.answer_with(ada, TurnNo(1), RIGHT, &rig::id("a"), deadline + grace, None).expect("in time");
        rig.apply(Input::Tick).expect("a tick is never refused");
        assert_eq!(rig.room.phase(), Phase::Reveal);
    }

    #[test]
    fn a_process_that_stood_still_closes_in_one_tick_what_is_over() {
        let (mut rig, _) = Rig::with_people(1, ["Ada"]);
        rig.next();
        rig.now = rig.now + Millis(3_600_000);
        rig.apply(Input::Tick).expect("a tick is never refused");
        assert_eq!(rig.recorded_kinds(), ["answers_opened", "turn_closed"]);
    }

    #[test]
    fn a_question_ends_when_everybody_has_answered() {
        let (mut rig, [ada, bo, cy]) = open_end();
        for seat in [ada, bo] {
            rig.answer(seat, WRONG).expect("in time");
            assert_eq!(rig.room.phase(), Phase::Answering);
        }
        rig.answer(cy, RIGHT).expect("in time");
        assert_eq!(rig.recorded_kinds(), ["answered", "turn_closed"]);
        let closing = rig.recorded().last().expect("two facts");
        assert_eq!(closing.command, None, "the room closed it, not the player");
    }

    #[test]
    fn who_left_is_waited_for_a_while() {
        let (mut rig, [ada, bo, cy]) = open_end();
        rig.leave(cy);
        rig.wait(4_000);
        rig.answer(ada, RIGHT).expect("in time");
        rig.answer(bo, RIGHT).expect("in time");
        assert_eq!(rig.room.wake_at(), Some(rig.now + Millis(6_000)));
        check_ends_after(&mut rig, 6_000);
    }

    #[test]
    fn who_comes_back_is_waited_for_again() {
        let (mut rig, [ada, bo, cy]) = open_end();
        rig.leave(cy);
        rig.wait(4_000);
        rig.answer(ada, RIGHT).expect("in time");
        rig.answer(bo, RIGHT).expect("in time");
        rig.arrive(cy);
        assert_eq!(rig.room.wake_at(), None);
        rig.wait(3_600_000);
        assert_eq!(rig.room.phase(), Phase::Answering);
        rig.leave(cy);
        check_ends_after(&mut rig, 10_000);
    }

    #[test]
    fn who_was_just_seated_is_waited_for_though_nobody_came_yet() {
        let (mut rig, seats) = open_end();
        rig.take_seat("Dee").expect("the door is open");
        for seat in seats {
            rig.answer(seat, RIGHT).expect("in time");
        }
        check_ends_after(&mut rig, 10_000);
    }

    #[test]
    fn a_question_does_not_end_by_itself_when_nobody_is_here() {
        let (mut rig, [ada, bo, cy]) = open_end();
        rig.answer(ada, RIGHT).expect("in time");
        for seat in [ada, bo, cy] {
            rig.leave(seat);
        }
        rig.wait(3_600_000);
        assert_eq!(rig.room.phase(), Phase::Answering);
        rig.arrive(ada);
        assert_eq!(rig.room.phase(), Phase::Reveal, "who is here has answered, the others went home");
    }

    #[test]
    fn after_a_restart_everybody_is_waited_for() {
        let (mut rig, [ada, bo, _]) = open_end();
        rig.answer(ada, RIGHT).expect("in time");
        rig.restart();
        assert_eq!(rig.room.wake_at(), None, "nobody is here");
        rig.arrive(ada);
        rig.wait(9_000);
        rig.arrive(bo);
        rig.answer(bo, RIGHT).expect("in time");
        check_ends_after(&mut rig, 1_000);
    }

    #[test]
    fn taking_away_the_last_who_has_not_answered_ends_the_question() {
        let (mut rig, [ada, bo, cy]) = open_end();
        rig.answer(ada, RIGHT).expect("in time");
        rig.answer(bo, RIGHT).expect("in time");
        rig.host(HostCommand::Remove { seat: cy }).expect("Cy may be removed");
        assert_eq!(rig.recorded_kinds(), ["seat_removed", "turn_closed"]);
    }

    #[test]
    fn a_question_without_limit_has_no_deadline() {
        let (rig, _) = open_end();
        assert_eq!((rig.face().deadline, rig.room.time_update(rig.now), rig.room.wake_at()), (None, None, None));
    }

    #[test]
    fn time_left_is_told_in_whole_seconds() {
        let (mut rig, _) = Rig::with_people(1, ["Ada"]);
        rig.ask();
        rig.wait(4_001);
        let time = rig.room.time_update(rig.now).expect("a limit");
        assert_eq!((time.remaining_seconds, Some(time.deadline)), (16, rig.face().deadline));
        rig.close();
        assert_eq!(rig.room.time_update(rig.now), None);
    }

    #[test]
    fn the_key_is_told_to_all_when_the_question_closes() {
        let (mut rig, _) = Rig::with_people(1, ["Ada"]);
        rig.ask();
        rig.close();
        for audience in Audience::OF_ROOMS {
            let told = rig.effects.iter().any(|effect| {
                let Effect::Tell(to, Event::SessionUpdate(update)) = effect else { return false };
                *to == audience && matches!(&update.scene, Some(Scene::Reveal(revealed)) if revealed.key.has(0))
            });
            assert!(told, "{audience:?}");
        }
    }
}
