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
        }
        self.effect(Effect::Done(self.room.step));
        self.unasked();
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
