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
            self.close_turn(face.turn);
        }
    }

    /// Ends the question when nobody is waited for any more.
    pub fn end_if_all_answered(&mut self) {
        self.unasked();
        if let Scene::Answering(face) = &self.room.scene
            && self.room.all_answered_at(face.turn).is_some_and(|at| self.now >= at)
        {
            self.close_turn(face.turn);
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

    /// Opens the options, if only the prompt is there.
    pub fn open_answers(&mut self) {
        if let Scene::Reading(face) = &self.room.scene {
            let turn = face.turn;
            self.record(FactBody::AnswersOpened { turn });
            self.tell_update();
        }
    }

    /// Ends the question; from here on its key and points exist for everybody.
    pub fn close_turn(&mut self, turn: TurnNo) {
        self.record(FactBody::TurnClosed { turn });
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
