//! The rules of timed sessions: one input in, effects out.
//!
//! Each rule first checks, then records, then tells: after the first record nothing is refused.

use crate::domain::ids::{CommandId, PersonId, SeatId, TurnNo};
use crate::domain::limits::Limits;
use crate::domain::name::Nickname;
use crate::domain::question::Choice;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::timed::{EXTRA_MS_MAX, Feedback};
use crate::protocol::command::Answer;
use crate::protocol::refusal::Refusal;
use crate::protocol::state::TakenAnswer;
use crate::protocol::timed::{EndReason, Expired, GoTo};
use crate::room::timed::effect::TimedEffect;
use crate::room::timed::fact::{TimedBody, TimedFact, TimedOpened};
use crate::room::timed::input::{Manage, TimedInput};
use crate::room::timed::seat::{Attempt, TimedSeat};
use crate::room::timed::{Due, TimedRoom};

/// Answers of one question that are kept, changes of mind included; nobody changes it more often by hand.
pub(super) const CHANGES_MAX: usize = 100;

impl TimedRoom {
    /// Opens a room; the fact is the first of its log.
    pub fn open(opened: TimedOpened, limits: Limits, now: Timestamp) -> (Self, TimedFact) {
        let body = TimedBody::Opened(Box::new(opened.clone()));
        (Self::new(opened, limits, now), TimedFact { no: 1, at: now, command: None, body })
    }

    /// Takes one input.
    ///
    /// `now` stamps facts and moves the clock of the room; whether an answer is in time is decided by when it was received.
    /// Time that runs backwards stands still.
    ///
    /// # Errors
    /// The [`Refusal`] for who asked; the room is then equal to what it was.
    pub fn apply(&mut self, input: TimedInput, now: Timestamp) -> Result<Vec<TimedEffect>, Refusal> {
        if let Some(reply) = self.reply_again(&input) {
            return Ok(vec![reply]);
        }
        let now = now.max(self.last_at);
        // What is due already was told nobody yet.
        let did_show = self.shows_all(now) && self.wake_at().is_none_or(|at| at > now);
        let mut motion = Motion { room: self, now, command: None, effects: Vec::new() };
        match input {
            TimedInput::Invite { person, name } => motion.invite(person, name)?,
            TimedInput::TakeSeat { name, id } => motion.asked(id).take_seat(name)?,
            TimedInput::Start { seat, order } => motion.start(seat, order)?,
            TimedInput::Answer { seat, answer, id, received_at } => {
                motion.asked(id).answer(seat, answer, received_at)?
            }
            TimedInput::Go { seat, to } => motion.go(seat, to)?,
            TimedInput::Finish { seat } => motion.finish(seat)?,
            TimedInput::Manage { seat, what } => motion.manage(seat, what)?,
            TimedInput::Close => motion.close(),
            TimedInput::Arrived { seat } => motion.arrive(seat)?,
            TimedInput::Left { seat } => motion.leave(seat),
            TimedInput::Tick => motion.tick(),
        }
        motion.tell_all_after(did_show);
        Ok(motion.effects)
    }

    /// The reply that a command had when it came first.
    fn reply_again(&self, input: &TimedInput) -> Option<TimedEffect> {
        match input {
            TimedInput::TakeSeat { id, .. } => self.asked_with.get(id).copied().map(TimedEffect::Seated),
            TimedInput::Answer { seat, answer, id, .. } => {
                let attempt = self.seats.get(seat)?.last()?;
                let (_, task) = attempt.task(answer.turn)?;
                let given = task.given.iter().find(|given| given.id.as_ref() == Some(id))?;
                let choice = task.as_shown(given.choice);
                Some(TimedEffect::Taken(taken(attempt, answer.turn, choice, given.received_at)))
            }
            TimedInput::Invite { .. }
            | TimedInput::Start { .. }
            | TimedInput::Go { .. }
            | TimedInput::Finish { .. }
            | TimedInput::Manage { .. }
            | TimedInput::Close
            | TimedInput::Arrived { .. }
            | TimedInput::Left { .. }
            | TimedInput::Tick => None,
        }
    }

    /// A seat whose link holds.
    fn held(&self, seat: SeatId) -> Result<&TimedSeat, Refusal> {
        self.seats.get(&seat).filter(|seat| !seat.is_revoked).ok_or(Refusal::NoSeat)
    }

    /// The attempt of a seat that is under way, with its clock running.
    fn at_work(&self, seat: SeatId) -> Result<&Attempt, Refusal> {
        let attempt = self.held(seat)?.last().ok_or(Refusal::NotStarted)?;
        match attempt {
            Attempt { ended: Some(_), .. } => Err(Refusal::AttemptOver),
            Attempt { paused_at: Some(_), .. } => Err(Refusal::ClockStopped),
            Attempt { ended: None, paused_at: None, .. } => Ok(attempt),
        }
    }

    /// Why a seat may not begin an attempt now, if it may not.
    pub(super) fn may_start(&self, seat: &TimedSeat, now: Timestamp) -> Result<(), Refusal> {
        if self.is_closed() {
            return Err(Refusal::SessionOver);
        }
        let (common, added) = (seat.common_left(&self.settings, now), seat.added_left());
        match (common, added) {
            (0, 0) if self.settings.is_past(now) => Err(Refusal::SessionOver),
            (0, 0) => Err(Refusal::NoAttemptsLeft),
            (0, _) => Ok(()),
            (_, _) if self.settings.is_before(now) => Err(Refusal::NotOpenYet),
            (_, _) => Ok(()),
        }
    }

    /// Whether an answer that was received then still counts for this attempt.
    fn is_in_time(&self, attempt: &Attempt, received_at: Timestamp) -> Result<(), Refusal> {
        if attempt.paused_at.is_some() {
            return Err(Refusal::ClockStopped);
        }
        if let Some((EndReason::HandedIn | EndReason::EndedByHost, _)) = attempt.ended {
            return Err(Refusal::AttemptOver);
        }
        match attempt.deadline {
            Some(deadline) if received_at > deadline + Millis(self.limits.grace_ms) => {
                Err(Refusal::TooLate { by: received_at - deadline })
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// A timed room while it takes an input: collects the effects.
struct Motion<'a> {
    room: &'a mut TimedRoom,
    now: Timestamp,
    command: Option<CommandId>,
    effects: Vec<TimedEffect>,
}

impl Motion<'_> {
    fn asked(&mut self, id: CommandId) -> &mut Self {
        self.command = Some(id);
        self
    }

    fn effect(&mut self, effect: TimedEffect) {
        self.effects.push(effect);
    }

    /// Makes a fact: folds it into the room and has it stored.
    fn record(&mut self, body: TimedBody) {
        let fact = TimedFact { no: self.room.next_no, at: self.now, command: self.command.clone(), body };
        let fits = self.room.fold(&fact);
        debug_assert!(fits.is_some(), "the rules only record what fits: {fact:?}");
        self.effect(TimedEffect::Record(fact));
    }

    /// Where results wait for the last one who answers, everybody's page changes with that one.
    fn tell_all_after(&mut self, did_show: bool) {
        if self.room.shows_all(self.now) != did_show && !self.effects.contains(&TimedEffect::EverySeat) {
            self.effect(TimedEffect::EverySeat);
        }
    }

    fn next_seat(&self) -> Result<SeatId, Refusal> {
        if self.room.is_closed() {
            return Err(Refusal::SessionOver);
        }
        if self.room.seats.len() >= self.room.limits.timed_seats_max as usize {
            return Err(Refusal::RoomFull);
        }
        Ok(SeatId(self.room.last_seat.0 + 1))
    }

    fn invite(&mut self, person: PersonId, name: String) -> Result<(), Refusal> {
        if let Some(seat) = self.room.seat_of(person) {
            self.effect(TimedEffect::Seated(seat));
            return Ok(());
        }
        let seat = self.next_seat()?;
        self.record(TimedBody::SeatGiven { seat, person: Some(person), name });
        self.effect(TimedEffect::Row(seat));
        self.effect(TimedEffect::Seated(seat));
        Ok(())
    }

    fn take_seat(&mut self, name: Nickname) -> Result<(), Refusal> {
        if !self.room.settings.is_open || self.room.is_closed() || self.room.settings.is_past(self.now) {
            return Err(Refusal::NoRoom);
        }
        if self.room.looks.contains(&name.look()) {
            return Err(Refusal::NameTaken);
        }
        let seat = self.next_seat()?;
        self.record(TimedBody::SeatGiven { seat, person: None, name: name.into() });
        self.effect(TimedEffect::Row(seat));
        self.effect(TimedEffect::Seated(seat));
        Ok(())
    }

    fn start(&mut self, id: SeatId, order: u64) -> Result<(), Refusal> {
        let seat = self.room.held(id)?;
        if seat.running().is_some() {
            self.effect(TimedEffect::Done);
            return Ok(());
        }
        self.room.may_start(seat, self.now)?;
        let settings = &self.room.settings;
        let is_added = seat.common_left(settings, self.now) == 0;
        let deadline = match settings.limit {
            // Bound to no window.
            limit if is_added => limit.map(|limit| self.now + limit),
            _ => settings.deadline(self.now),
        };
        self.record(TimedBody::Started { seat: id, order, deadline });
        self.effect(TimedEffect::Moved(id));
        self.effect(TimedEffect::Done);
        Ok(())
    }

    fn answer(&mut self, id: SeatId, answer: Answer, received_at: Timestamp) -> Result<(), Refusal> {
        let attempt = self.room.held(id)?.last().ok_or(Refusal::NotStarted)?;
        self.room.is_in_time(attempt, received_at)?;
        let (place, task) = attempt.task(answer.turn).ok_or(Refusal::OtherQuestion)?;
        if !self.room.settings.may_go_back && place != attempt.place {
            return Err(Refusal::OtherQuestion);
        }
        if self.room.settings.feedback == Feedback::WithEachAnswer && !task.given.is_empty() {
            return Err(Refusal::Twice);
        }
        if task.given.len() >= CHANGES_MAX {
            return Err(Refusal::TooManyChanges);
        }
        let choice = task.as_kept(answer.choice).ok_or(Refusal::BadChoice)?;
        if !task.question(&self.room.quiz).takes(choice) {
            return Err(Refusal::BadChoice);
        }
        let reply = taken(attempt, answer.turn, answer.choice, received_at);
        self.record(TimedBody::Answered { seat: id, turn: answer.turn, choice, received_at });
        self.effect(TimedEffect::Moved(id));
        self.effect(TimedEffect::Taken(reply));
        Ok(())
    }

    fn go(&mut self, id: SeatId, GoTo { turn }: GoTo) -> Result<(), Refusal> {
        let attempt = self.room.at_work(id)?;
        let (place, _) = attempt.task(turn).ok_or(Refusal::OtherQuestion)?;
        let is_on = place == attempt.place;
        if !self.room.settings.may_go_back && !is_on && place != attempt.place + 1 {
            return Err(Refusal::NoWayBack);
        }
        if !is_on {
            self.record(TimedBody::Went { seat: id, turn });
            self.effect(TimedEffect::Moved(id));
        }
        self.effect(TimedEffect::Went(turn));
        Ok(())
    }

    fn finish(&mut self, id: SeatId) -> Result<(), Refusal> {
        let seat = self.room.held(id)?;
        let is_over = seat.last().is_some_and(|attempt| attempt.ended.is_some());
        if !is_over {
            self.room.at_work(id)?;
            self.end(id, EndReason::HandedIn, self.now);
        }
        self.effect(TimedEffect::Done);
        Ok(())
    }

    fn end(&mut self, seat: SeatId, why: EndReason, ended_at: Timestamp) {
        self.record(TimedBody::Ended { seat, why, ended_at });
        self.effect(TimedEffect::Moved(seat));
    }

    fn manage(&mut self, id: SeatId, what: Manage) -> Result<(), Refusal> {
        let seat = self.room.seats.get(&id).ok_or(Refusal::NoSeat)?;
        let running = seat.running();
        match what {
            Manage::Extend(by) => {
                let attempt = running.ok_or(Refusal::NotUnderWay)?;
                attempt.deadline.ok_or(Refusal::NoLimit)?;
                if by.0 <= 0 || attempt.extra.0.saturating_add(by.0) > EXTRA_MS_MAX.0 {
                    return Err(Refusal::TooMuchTime);
                }
                self.record(TimedBody::Extended { seat: id, by });
            }
            Manage::Pause => {
                let attempt = running.ok_or(Refusal::NotUnderWay)?;
                if attempt.paused_at.is_none() {
                    self.record(TimedBody::Paused { seat: id });
                }
            }
            Manage::Resume => {
                let attempt = running.ok_or(Refusal::NotUnderWay)?;
                if attempt.paused_at.is_some() {
                    self.record(TimedBody::Resumed { seat: id });
                }
            }
            Manage::End => {
                running.ok_or(Refusal::NotUnderWay)?;
                self.end(id, EndReason::EndedByHost, self.now);
            }
            Manage::AddAttempt => {
                if self.room.is_closed() {
                    return Err(Refusal::SessionOver);
                }
                if seat.is_revoked {
                    return Err(Refusal::NoSeat);
                }
                self.record(TimedBody::AttemptAdded { seat: id });
            }
            Manage::Revoke => {
                let is_running = running.is_some();
                if !seat.is_revoked {
                    if is_running {
                        self.end(id, EndReason::EndedByHost, self.now);
                    }
                    self.record(TimedBody::Revoked { seat: id });
                    self.effect(TimedEffect::CloseSeat(id));
                }
            }
            Manage::Renew => {
                self.record(TimedBody::Renewed { seat: id });
                self.effect(TimedEffect::CloseSeat(id));
            }
            Manage::Erase => {
                self.record(TimedBody::Erased { seat: id });
                self.effect(TimedEffect::CloseSeat(id));
            }
        }
        self.effect(TimedEffect::Moved(id));
        self.effect(TimedEffect::Done);
        Ok(())
    }

    fn close(&mut self) {
        if !self.room.is_closed() {
            let running: Vec<SeatId> =
                self.room.seats.values().filter(|seat| seat.running().is_some()).map(|seat| seat.id).collect();
            for seat in running {
                self.end(seat, EndReason::EndedByHost, self.now);
            }
            self.record(TimedBody::Closed);
            self.effect(TimedEffect::EverySeat);
        }
        self.effect(TimedEffect::Done);
    }

    fn arrive(&mut self, id: SeatId) -> Result<(), Refusal> {
        let is_seen = self.room.held(id)?.is_seen;
        if !is_seen {
            self.record(TimedBody::SeatSeen { seat: id });
        }
        if let Some(seat) = self.room.seats.get_mut(&id) {
            seat.is_here = true;
        }
        self.effect(TimedEffect::Row(id));
        Ok(())
    }

    fn leave(&mut self, id: SeatId) {
        if let Some(seat) = self.room.seats.get_mut(&id).filter(|seat| seat.is_here) {
            seat.is_here = false;
            self.effect(TimedEffect::Row(id));
        }
    }

    /// Does what time asks for.
    fn tick(&mut self) {
        while let Some((at, due)) = self.room.due.first().copied().filter(|(at, _)| *at <= self.now) {
            self.room.due.remove(&(at, due));
            match due {
                Due::Window => self.effect(TimedEffect::EverySeat),
                Due::Seat(id) => self.look_at(id),
            }
        }
    }

    /// Ends an attempt whose time is up; where that was done, what comes of it may be seen from now on.
    fn look_at(&mut self, id: SeatId) {
        if let Some(seat) = self.room.seats.get_mut(&id) {
            seat.due_at = None;
        }
        let Some(attempt) = self.room.seats.get(&id).and_then(TimedSeat::last) else { return };
        let (no, is_over) = (attempt.no, attempt.ended.is_some());
        match attempt.deadline {
            Some(deadline) if !is_over && attempt.paused_at.is_none() && deadline <= self.now => {
                self.end(id, EndReason::TimeUp, deadline);
                self.effect(TimedEffect::Expired(id, Expired { attempt: no, deadline }));
            }
            _ if is_over => self.effect(TimedEffect::Moved(id)),
            Some(_) | None => {}
        }
    }
}

/// An answer as it was taken; there is nothing to credit where speed does not count.
fn taken(attempt: &Attempt, turn: TurnNo, choice: Choice, received_at: Timestamp) -> TakenAnswer {
    let elapsed = Millis((received_at - attempt.started_at).0 - attempt.paused.0);
    TakenAnswer { turn, choice, received_at, elapsed, credited: Millis(0) }
}
