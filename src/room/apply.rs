//! The door of the engine: one input in, effects out.
//!
//! Sorts inputs to the rules; the rules themselves stand in `door`, `ballot`, `chat`, `typing`, `drive` and `phase`.

use crate::domain::ids::CommandId;
use crate::domain::time::Timestamp;
use crate::protocol::refusal::Refusal;
use crate::room::Room;
use crate::room::effect::{Effect, StateKey};
use crate::room::fact::{Fact, FactBody};
use crate::room::input::Input;

impl Room {
    /// Takes one input.
    ///
    /// `now` stamps facts and moves the clock of the room; whether an answer is in time is decided by when it was received.
    /// Time that runs backwards stands still.
    ///
    /// # Errors
    /// The [`Refusal`] for who asked; the room is then equal to what it was.
    pub fn apply(&mut self, input: Input, now: Timestamp) -> Result<Vec<Effect>, Refusal> {
        if let Some(reply) = self.reply_again(&input) {
            return Ok(vec![reply]);
        }
        let now = now.max(self.last_at);
        let mut motion = Motion { room: self, now, command: None, effects: Vec::new() };
        match input {
            Input::TakeSeat { name, id } => motion.asked(id).take_seat(name)?,
            Input::Answer { seat, answer, id, received_at, round_trip } => {
                motion.asked(id).answer(seat, answer, received_at, round_trip)?;
            }
            Input::Write { who, text, id } => motion.asked(id.clone()).write(who, text, id)?,
            Input::Types { who } => motion.start_typing(who)?,
            Input::StopsTyping { who } => motion.stop_typing(who),
            Input::Host { command, id } => motion.asked(id).drive(command)?,
            Input::Arrived { who, round_trip } => motion.arrive(who, round_trip)?,
            Input::Left { who } => motion.leave(who),
            Input::Measured { seat, round_trip } => motion.measure(seat, round_trip),
            Input::Tick => motion.tick(),
        }
        motion.end_if_all_answered();
        Ok(motion.effects)
    }

    /// The reply that a command had when it came first.
    fn reply_again(&self, input: &Input) -> Option<Effect> {
        match input {
            Input::TakeSeat { id, .. } => self.roster.taken_with(id).map(Effect::Seated),
            Input::Answer { seat, id, .. } => {
                let (given_id, taken) = self.roster.seat(*seat)?.given.as_ref()?;
                (given_id == id).then_some(Effect::Taken(*taken))
            }
            Input::Write { who, id, .. } => self.chat.written_with(*who, id).map(Effect::ChatTaken),
            Input::Host { id, .. } => {
                let (_, step) = self.done.iter().find(|(done, _)| done == id)?;
                Some(Effect::Done(*step))
            }
            Input::Types { .. }
            | Input::StopsTyping { .. }
            | Input::Arrived { .. }
            | Input::Left { .. }
            | Input::Measured { .. }
            | Input::Tick => None,
        }
    }
}

/// A room while it takes an input: collects the effects.
///
/// The rules are methods of it. Each first checks, then records, then tells: after the first record nothing is refused.
pub(super) struct Motion<'a> {
    pub room: &'a mut Room,
    pub now: Timestamp,
    command: Option<CommandId>,
    effects: Vec<Effect>,
}

impl Motion<'_> {
    /// Names the command that the facts from here on come from.
    fn asked(&mut self, id: CommandId) -> &mut Self {
        self.command = Some(id);
        self
    }

    /// Makes a fact of what the command asked for: folds it into the room and has it stored.
    pub fn record(&mut self, body: FactBody) {
        let command = self.command.clone();
        self.make_fact(command, body);
    }

    /// The same for what time or the room itself brought about.
    pub fn record_unasked(&mut self, body: FactBody) {
        self.make_fact(None, body);
    }

    fn make_fact(&mut self, command: Option<CommandId>, body: FactBody) {
        let fact = Fact { no: self.room.next_no, at: self.now, command, body };
        let fits = self.room.fold(&fact);
        debug_assert!(fits.is_some(), "the rules only record what fits: {fact:?}");
        self.effects.push(Effect::Record(fact));
    }

    /// Asks the keeper for something.
    pub fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Says that a shared state is due.
    pub fn changed(&mut self, key: StateKey) {
        self.effects.push(Effect::Changed(key));
    }
}
