//! What the host may do, and when.
//!
//! Commands that lead on name the step they were made for: what was clicked for another step changes nothing.

use crate::protocol::command::HostCommand;
use crate::protocol::refusal::Refusal;
use crate::protocol::view::Scene;
use crate::room::Room;
use crate::room::apply::Motion;
use crate::room::effect::Effect;
use crate::room::fact::FactBody;
use crate::room::roster::Removal;

impl Motion<'_> {
    /// Does what a host asks.
    pub fn drive(&mut self, command: HostCommand) -> Result<(), Refusal> {
        match command {
            HostCommand::Next { step } => self.room.is_at(step).and_then(|()| self.go_on())?,
            HostCommand::Close { step } => self.room.is_at(step).and_then(|()| self.close())?,
            HostCommand::Skip { step } => self.room.is_at(step).and_then(|()| self.skip())?,
            HostCommand::End { step } => self.room.is_at(step).and_then(|()| self.end())?,
            HostCommand::Lock => self.turn_lock(FactBody::Locked)?,
            HostCommand::Unlock => self.turn_lock(FactBody::Unlocked)?,
            HostCommand::Remove { seat } => self.remove(seat, Removal::Removed)?,
            HostCommand::Block { seat } => self.remove(seat, Removal::Blocked)?,
            HostCommand::Chat { switch } => self.switch_chat(switch)?,
            HostCommand::ChatHistory { switch } => self.switch_chat_history(switch)?,
            HostCommand::RemoveMessage { message } => self.remove_message(message)?,
        }
        self.effect(Effect::Done(self.room.step));
        if self.room.is_closed() {
            // Last, so that the links still carry the end and the reply.
            self.effect(Effect::CloseAll);
        }
        Ok(())
    }

    fn go_on(&mut self) -> Result<(), Refusal> {
        match (&self.room.scene, self.room.next_turn()) {
            (Scene::Lobby | Scene::Standings { .. }, Some(turn)) => self.open_turn(turn),
            (Scene::Reveal(revealed), Some(_)) => self.show_standings(revealed.question.turn),
            (Scene::Lobby | Scene::Standings { .. } | Scene::Reveal(_), None) => self.show_podium(),
            (Scene::Podium, _) => self.close_room(),
            (Scene::Reading(_) | Scene::Answering(_) | Scene::Closed, _) => return Err(Refusal::NotNow),
        }
        Ok(())
    }

    /// Also while the prompt stands alone: the host has seen enough, and the key may be shown.
    fn close(&mut self) -> Result<(), Refusal> {
        match &self.room.scene {
            Scene::Reading(face) | Scene::Answering(face) => self.close_turn(face.turn),
            Scene::Lobby | Scene::Reveal(_) | Scene::Standings { .. } | Scene::Podium | Scene::Closed => {
                return Err(Refusal::NotNow);
            }
        }
        Ok(())
    }

    fn skip(&mut self) -> Result<(), Refusal> {
        let (Scene::Reading(face) | Scene::Answering(face)) = &self.room.scene else {
            return Err(Refusal::NotNow);
        };
        let next = self.room.next_turn();
        self.strike_turn(face.turn);
        match next {
            Some(turn) => self.open_turn(turn),
            None => self.show_podium(),
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Refusal> {
        match &self.room.scene {
            Scene::Reading(face) | Scene::Answering(face) => {
                self.strike_turn(face.turn);
                self.show_podium();
            }
            Scene::Reveal(_) | Scene::Standings { .. } => self.show_podium(),
            Scene::Lobby | Scene::Podium => self.close_room(),
            Scene::Closed => return Err(Refusal::NotNow),
        }
        Ok(())
    }

    /// Recorded even where it changes nothing, so that its id is known when it comes again.
    fn turn_lock(&mut self, body: FactBody) -> Result<(), Refusal> {
        if self.room.is_closed() {
            return Err(Refusal::NotNow);
        }
        self.record(body);
        self.tell_update();
        Ok(())
    }
}

impl Room {
    fn is_at(&self, step: u32) -> Result<(), Refusal> {
        if step == self.step { Ok(()) } else { Err(Refusal::MovedOn) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::view::Phase;
    use crate::room::input::Input;
    use crate::room::rig::{RIGHT, Rig, id};

    /// Every way of leading on.
    const LEADS: [fn(u32) -> HostCommand; 4] = [
        |step| HostCommand::Next { step },
        |step| HostCommand::Close { step },
        |step| HostCommand::Skip { step },
        |step| HostCommand::End { step },
    ];

    /// A room of two questions led into a phase.
    fn led_to(phase: Phase) -> Rig {
        let (mut rig, _) = Rig::with_people(2, ["Ada", "Bo"]);
        let moves: &[fn(&mut Rig)] = match phase {
            Phase::Lobby => &[],
            Phase::Reading => &[Rig::next],
            Phase::Answering => &[Rig::ask],
            Phase::Reveal => &[Rig::ask, Rig::close],
            Phase::Standings => &[Rig::ask, Rig::close, Rig::next],
            Phase::Podium => &[Rig::ask, Rig::end],
            Phase::Closed => &[Rig::end],
        };
        moves.iter().for_each(|lead| lead(&mut rig));
        assert_eq!(rig.room.phase(), phase);
        rig
    }

    /// What next, close, skip and end make of a phase; `None` where they are refused.
    fn check(from: Phase, to: [Option<Phase>; 4]) {
        for (lead, to) in LEADS.into_iter().zip(to) {
            let mut rig = led_to(from);
            let step = rig.room.step();
            let result = rig.host(lead(step)).map(|()| rig.room.phase());
            assert_eq!(result, to.ok_or(Refusal::NotNow), "{:?} in {from:?}", lead(step));
        }
    }

    #[test]
    fn each_phase_knows_where_it_leads() {
        use Phase::{Answering, Closed, Lobby, Podium, Reading, Reveal, Standings};
        check(Lobby, [Some(Reading), None, None, Some(Closed)]);
        check(Reading, [None, Some(Reveal), Some(Reading), Some(Podium)]);
        check(Answering, [None, Some(Reveal), Some(Reading), Some(Podium)]);
        check(Reveal, [Some(Standings), None, None, Some(Podium)]);
        check(Standings, [Some(Reading), None, None, Some(Podium)]);
        check(Podium, [Some(Closed), None, None, Some(Closed)]);
        check(Closed, [None, None, None, None]);
    }

    #[test]
    fn the_last_question_leads_to_the_podium() {
        let (mut rig, _) = Rig::with_people(1, ["Ada"]);
        rig.ask();
        rig.close();
        rig.next();
        assert_eq!(rig.room.phase(), Phase::Podium);
        rig.next();
        assert_eq!((rig.room.phase(), rig.effects.last()), (Phase::Closed, Some(&Effect::CloseAll)));
    }

    #[test]
    fn a_click_made_for_another_step_changes_nothing() {
        for phase in [Phase::Lobby, Phase::Reading, Phase::Answering, Phase::Reveal, Phase::Podium, Phase::Closed] {
            let mut rig = led_to(phase);
            let step = rig.room.step();
            for lead in LEADS {
                assert_eq!(rig.host(lead(step + 1)), Err(Refusal::MovedOn));
            }
        }
    }

    #[test]
    fn a_click_made_while_the_prompt_stood_alone_still_means_its_question() {
        let mut rig = led_to(Phase::Reading);
        let step = rig.room.step();
        rig.open_answers();
        assert_eq!(rig.host(HostCommand::Close { step }), Ok(()));
        assert_eq!(rig.room.phase(), Phase::Reveal);
    }

    #[test]
    fn a_double_click_is_one_step() {
        let mut rig = led_to(Phase::Reveal);
        let click = Input::Host { command: HostCommand::Next { step: rig.room.step() }, id: id("click") };
        rig.apply(click.clone()).expect("the host may go on");
        let (before, done) = (rig.room.clone(), Effect::Done(rig.room.step()));
        rig.apply(click.clone()).expect("the same click again is no second one");
        assert_eq!((&rig.effects, &rig.room), (&vec![done.clone()], &before));
        rig.restart();
        rig.apply(click).expect("also after a restart");
        assert_eq!(rig.effects, [done]);
    }

    #[test]
    fn a_skip_is_known_by_the_step_it_led_to() {
        let mut rig = led_to(Phase::Answering);
        let click = Input::Host { command: HostCommand::Skip { step: rig.room.step() }, id: id("click") };
        rig.apply(click.clone()).expect("the host may skip");
        let done = Effect::Done(rig.room.step());
        assert!(rig.effects.contains(&done));
        rig.apply(click).expect("known");
        assert_eq!(rig.effects, [done]);
    }

    #[test]
    fn the_last_commands_are_remembered_and_older_ones_forgotten() {
        let mut rig = led_to(Phase::Lobby);
        let click = |no: u32| Input::Host { command: HostCommand::Lock, id: id(&format!("click-{no}")) };
        for no in 0..65 {
            rig.apply(click(no)).expect("the host may lock");
        }
        for (no, is_known) in [(0, false), (64, true), (2, true)] {
            rig.apply(click(no)).expect("the host may lock");
            assert_eq!(rig.recorded().count() == 0, is_known, "{no}");
        }
    }

    #[test]
    fn skipping_strikes_the_question_and_asks_the_next() {
        let (mut rig, [ada, bo]) = Rig::with_people(2, ["Ada", "Bo"]);
        rig.ask();
        rig.answer(ada, RIGHT).expect("in time");
        rig.skip();
        assert_eq!(rig.recorded_kinds(), ["turn_struck", "turn_opened"]);
        assert_eq!((rig.turn().0, rig.room.phase()), (2, Phase::Reading));
        assert_eq!((rig.you(ada).answer, rig.you(ada).score, rig.you(ada).result), (None, 0, None));
        rig.open_answers();
        rig.answer(bo, RIGHT).expect("in time");
        rig.close();
        assert_eq!((rig.you(ada).score, rig.you(bo).score), (0, 1_000));
        assert_eq!(rig.room.show(crate::protocol::view::Audience::Stage).leaderboard.version, 1);
    }

    #[test]
    fn skipping_the_last_question_leads_to_the_podium() {
        let (mut rig, _) = Rig::with_people(1, ["Ada"]);
        rig.ask();
        rig.skip();
        assert_eq!(rig.recorded_kinds(), ["turn_struck", "podium_shown"]);
    }

    #[test]
    fn ending_strikes_what_is_open() {
        let mut rig = led_to(Phase::Answering);
        rig.end();
        assert_eq!(rig.recorded_kinds(), ["turn_struck", "podium_shown"]);
        let mut rig = led_to(Phase::Reveal);
        rig.end();
        assert_eq!(rig.recorded_kinds(), ["podium_shown"]);
    }

    #[test]
    fn nothing_can_be_locked_when_it_is_over() {
        let mut rig = led_to(Phase::Closed);
        assert_eq!(rig.host(HostCommand::Lock), Err(Refusal::NotNow));
        assert_eq!(rig.host(HostCommand::Unlock), Err(Refusal::NotNow));
    }

    #[test]
    fn a_quiz_without_questions_leads_to_the_podium() {
        let mut rig = Rig::new(0);
        rig.next();
        assert_eq!(rig.room.phase(), Phase::Podium);
    }
}
