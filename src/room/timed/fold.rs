//! The fold: what a fact does to a timed room, when it is made and when it is read again.
//!
//! Rules decide what becomes a fact and do not change the room by themselves; here nothing is decided, only carried out,
//! so that [`TimedRoom::restore`] arrives at the room that wrote the log.

use crate::domain::ids::SeatId;
use crate::domain::limits::Limits;
use crate::domain::name::Nickname;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::timed::EndReason;
use crate::room::restore::BrokenLog;
use crate::room::timed::fact::{TimedBody, TimedFact};
use crate::room::timed::seat::{Attempt, Given, Tally, TimedSeat};
use crate::room::timed::{Due, TimedRoom};

impl TimedRoom {
    /// Makes the room again from its facts, in order of their numbers from 1. Nobody is here yet.
    ///
    /// # Errors
    /// [`BrokenLog`] if the facts are not the log of a timed session.
    pub fn restore(facts: impl IntoIterator<Item = TimedFact>, limits: Limits) -> Result<Self, BrokenLog> {
        let mut facts = facts.into_iter();
        let Some(TimedFact { no: 1, at, body: TimedBody::Opened(opened), .. }) = facts.next() else {
            return Err(BrokenLog::NoOpening);
        };
        let mut room = Self::new(*opened, limits, at);
        for fact in facts {
            if fact.no != room.next_no {
                return Err(BrokenLog::Gap { expected: room.next_no, found: fact.no });
            }
            let misfit = BrokenLog::Misfit { no: fact.no, kind: fact.body.kind() };
            room.fold(&fact).ok_or(misfit)?;
        }
        Ok(room)
    }

    /// Somebody is here still, though the room went back to what is stored.
    pub fn remember_presence(&mut self, seat: SeatId) {
        if let Some(seat) = self.seats.get_mut(&seat) {
            seat.is_here = true;
        }
    }

    /// Carries a fact out; `None` if it does not fit, and then the room is of no use any more.
    pub(super) fn fold(&mut self, fact: &TimedFact) -> Option<()> {
        let at = fact.at;
        match &fact.body {
            TimedBody::Opened(_) => return None,
            TimedBody::SeatGiven { seat, person, name } => {
                self.fold_given(TimedSeat::new(*seat, *person, name.clone()))?;
                if let Some(id) = &fact.command {
                    self.asked_with.insert(id.clone(), *seat);
                }
            }
            TimedBody::SeatSeen { seat } => {
                let seat = self.doing(*seat, at)?;
                (!seat.is_seen).then_some(())?;
                seat.is_seen = true;
            }
            TimedBody::Started { seat, order, deadline } => self.fold_started(*seat, *order, *deadline, at)?,
            TimedBody::Answered { seat, turn, choice, received_at } => {
                let attempt = self.doing(*seat, at)?.attempts.last_mut()?;
                let (place, _) = attempt.task(*turn)?;
                let given = Given { choice: *choice, received_at: *received_at, id: fact.command.clone() };
                attempt.tasks[place].given.push(given);
                // One that was on its way when the time was up.
                if attempt.ended.is_some() {
                    self.count_again(*seat);
                }
            }
            TimedBody::Went { seat, turn } => {
                let attempt = self.running(*seat, at)?;
                let (place, _) = attempt.task(*turn)?;
                attempt.count_time(at);
                attempt.place = place;
            }
            TimedBody::Extended { seat, by } => self.fold_moved(*seat, |attempt| {
                attempt.extra = Millis(attempt.extra.0 + by.0);
                attempt.deadline = Some(attempt.deadline? + *by);
                Some(())
            })?,
            TimedBody::Paused { seat } => self.fold_moved(*seat, |attempt| {
                attempt.count_time(at);
                attempt.paused_at = Some(at);
                Some(())
            })?,
            TimedBody::Resumed { seat } => self.fold_moved(*seat, |attempt| {
                let stood = at - attempt.paused_at.take()?;
                attempt.paused = Millis(attempt.paused.0 + stood.0);
                attempt.deadline = attempt.deadline.map(|deadline| deadline + stood);
                attempt.shown_at = at;
                Some(())
            })?,
            TimedBody::Ended { seat, why, ended_at } => self.fold_ended(*seat, *why, *ended_at, at)?,
            TimedBody::AttemptAdded { seat } => self.known(*seat)?.attempts_added += 1,
            TimedBody::Revoked { seat } => self.known(*seat)?.is_revoked = true,
            TimedBody::Renewed { seat } => {
                let seat = self.known(*seat)?;
                seat.is_revoked = false;
                seat.generation += 1;
            }
            TimedBody::Erased { seat } => {
                // Of somebody who is forgotten already, no fact before this one says anything.
                self.fold_gone(*seat);
            }
            TimedBody::Gone { seat } => self.last_seat = self.last_seat.max(*seat),
            TimedBody::Closed => {
                self.closed_at.is_none().then_some(())?;
                self.closed_at = Some(at);
            }
        }
        self.next_no = fact.no + 1;
        self.last_at = self.last_at.max(at);
        Some(())
    }

    fn fold_given(&mut self, seat: TimedSeat) -> Option<()> {
        (seat.id > self.last_seat).then_some(())?;
        self.last_seat = seat.id;
        if seat.person.is_none()
            && let Ok(name) = Nickname::parse(&seat.name)
        {
            self.looks.insert(name.look());
        }
        self.seats.insert(seat.id, seat);
        Some(())
    }

    fn fold_started(&mut self, id: SeatId, order: u64, deadline: Option<Timestamp>, at: Timestamp) -> Option<()> {
        let seat = self.seats.get_mut(&id)?;
        seat.running().is_none().then_some(())?;
        let no = u32::try_from(seat.attempts.len()).ok()? + 1;
        let is_added = seat.common_left(&self.settings, at) == 0;
        let attempt = Attempt { is_added, deadline, ..Attempt::new(no, &self.quiz, &self.settings, order, at) };
        seat.attempts.push(attempt);
        (seat.is_seen, seat.last_at) = (true, Some(at));
        self.running += 1;
        self.look_at_seat(id, deadline);
        Some(())
    }

    fn fold_ended(&mut self, id: SeatId, why: EndReason, ended_at: Timestamp, at: Timestamp) -> Option<()> {
        let attempt = self.running(id, at)?;
        attempt.count_time(ended_at);
        if let Some(paused_at) = attempt.paused_at.take() {
            attempt.paused = Millis(attempt.paused.0 + (ended_at - paused_at).0);
        }
        attempt.ended = Some((why, ended_at));
        self.running -= 1;
        self.count_again(id);
        self.look_at_seat(id, (why == EndReason::TimeUp).then(|| self.settled_at(ended_at)));
        Some(())
    }

    /// Changes what decides when an attempt is over.
    fn fold_moved(&mut self, id: SeatId, change: impl FnOnce(&mut Attempt) -> Option<()>) -> Option<()> {
        // The host does this, not they.
        let attempt = self.seats.get_mut(&id)?.attempts.last_mut().filter(|attempt| attempt.ended.is_none())?;
        change(attempt)?;
        let deadline = attempt.deadline.filter(|_| attempt.paused_at.is_none());
        self.look_at_seat(id, deadline);
        Some(())
    }

    fn fold_gone(&mut self, id: SeatId) {
        self.look_at_seat(id, None);
        if let Some(seat) = self.seats.remove(&id) {
            self.running -= u32::from(seat.running().is_some());
            self.tally = self.tally.without(seat.tally);
            if let Ok(name) = Nickname::parse(&seat.name)
                && seat.person.is_none()
            {
                self.looks.remove(&name.look());
            }
            self.asked_with.retain(|_, taken| *taken != id);
        }
    }

    /// Adds up anew what a seat has by the attempt that counts.
    fn count_again(&mut self, id: SeatId) {
        let Some(seat) = self.seats.get_mut(&id) else { return };
        let now = Tally::of(seat, &self.quiz);
        let before = std::mem::replace(&mut seat.tally, now);
        self.tally = self.tally.without(before).with(now);
    }

    /// Sets when the clock has to look at a seat; `None` for never.
    fn look_at_seat(&mut self, id: SeatId, at: Option<Timestamp>) {
        let Some(seat) = self.seats.get_mut(&id) else { return };
        let before = std::mem::replace(&mut seat.due_at, at);
        self.due.extend(at.map(|at| (at, Due::Seat(id))));
        if let Some(before) = before.filter(|before| Some(*before) != at) {
            self.due.remove(&(before, Due::Seat(id)));
        }
    }

    fn known(&mut self, id: SeatId) -> Option<&mut TimedSeat> {
        self.seats.get_mut(&id)
    }

    /// A seat that does something.
    fn doing(&mut self, id: SeatId, at: Timestamp) -> Option<&mut TimedSeat> {
        let seat = self.seats.get_mut(&id)?;
        seat.last_at = Some(at);
        Some(seat)
    }

    /// The running attempt of a seat that does something.
    fn running(&mut self, id: SeatId, at: Timestamp) -> Option<&mut Attempt> {
        self.doing(id, at)?.attempts.last_mut().filter(|attempt| attempt.ended.is_none())
    }
}
