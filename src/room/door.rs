//! Coming in, coming and going, being sent out.
//!
//! Knows nothing of links: the keeper counts them and says when the first opened and the last closed.

use crate::domain::ids::SeatId;
use crate::domain::name::Nickname;
use crate::domain::time::Millis;
use crate::protocol::refusal::Refusal;
use crate::protocol::view::Phase;
use crate::room::Room;
use crate::room::apply::Motion;
use crate::room::effect::{Effect, StateKey};
use crate::room::fact::FactBody;
use crate::room::input::Who;
use crate::room::roster::{Removal, SeatStatus};

impl Room {
    fn may_take_seat(&self, name: &Nickname) -> Result<(), Refusal> {
        let is_open = match self.phase() {
            Phase::Lobby | Phase::Reading | Phase::Answering | Phase::Reveal | Phase::Standings => !self.is_locked,
            Phase::Podium | Phase::Closed => false,
        };
        if !is_open {
            return Err(Refusal::NoRoom);
        }
        if self.roster.seated_count() >= self.limits.seats_max {
            return Err(Refusal::RoomFull);
        }
        if self.roster.has_name(name) {
            return Err(Refusal::NameTaken);
        }
        Ok(())
    }
}

impl Motion<'_> {
    /// Gives somebody a seat.
    pub fn take_seat(&mut self, name: Nickname) -> Result<(), Refusal> {
        self.room.may_take_seat(&name)?;
        let seat = self.room.roster.next_id();
        self.record(FactBody::SeatTaken { seat, name });
        self.tell_taken(seat);
        self.changed(StateKey::Presence);
        self.place_newcomer(seat);
        self.effect(Effect::Seated(seat));
        Ok(())
    }

    /// Once there are ranks, a newcomer moves nobody's, but stands next to somebody.
    fn place_newcomer(&mut self, seat: SeatId) {
        if let Some((ahead, behind)) = self.room.standings.neighbours(seat) {
            let near = [ahead, behind].map(|row| row.map(|row| row.seat));
            self.changed(StateKey::Leaderboard);
            near.into_iter().flatten().for_each(|neighbour| self.effect(Effect::You(neighbour)));
        }
    }

    /// Takes a seat away; whoever stood behind it moves up.
    pub fn remove(&mut self, seat: SeatId, how: Removal) -> Result<(), Refusal> {
        let body = match (self.room.seat_status(seat), how) {
            (Some(SeatStatus::Seated { .. }), Removal::Removed) => FactBody::SeatRemoved { seat },
            (Some(SeatStatus::Seated { .. } | SeatStatus::Removed), Removal::Blocked) => FactBody::SeatBlocked { seat },
            (Some(SeatStatus::Removed | SeatStatus::Blocked), Removal::Removed)
            | (Some(SeatStatus::Blocked), Removal::Blocked)
            | (None, Removal::Removed | Removal::Blocked) => return Err(Refusal::NoSeat),
        };
        let name = self.room.roster.seat(seat).map(|seat| seat.name.clone());
        self.record(body);
        let Some(name) = name else {
            return Ok(()); // It was gone already; only its way back is shut now.
        };
        self.tell_removed(seat, &name, how);
        self.changed(StateKey::Presence);
        if self.room.standings.counted() > 0 {
            self.changed(StateKey::Leaderboard);
            self.effect(Effect::EveryYou);
        }
        self.effect(Effect::CloseSeat(seat));
        Ok(())
    }

    /// Somebody's first link opened.
    pub fn arrive(&mut self, who: Who, round_trip: Option<Millis>) -> Result<(), Refusal> {
        match who {
            Who::Host if self.room.is_host_here => {}
            Who::Host => {
                self.room.is_host_here = true;
                self.changed(StateKey::Presence);
            }
            Who::Seat(id) => {
                self.room.roster.seat(id).ok_or(Refusal::NoSeat)?;
                if self.room.roster.arrive(id, round_trip).is_some() {
                    self.tell_joined(id);
                    self.changed(StateKey::Presence);
                }
            }
        }
        Ok(())
    }

    /// Somebody's last link closed. That of a removed seat does so late; it was told already.
    pub fn leave(&mut self, who: Who) {
        match who {
            Who::Host if !self.room.is_host_here => {}
            Who::Host => {
                self.room.is_host_here = false;
                self.changed(StateKey::Presence);
            }
            Who::Seat(id) => {
                if self.room.roster.leave(id, self.now).is_some() {
                    self.tell_away(id);
                    self.changed(StateKey::Presence);
                }
            }
        }
    }

    /// The round trip of a link was measured; one that closed meanwhile has none.
    pub fn measure(&mut self, id: SeatId, round_trip: Millis) {
        let here = self.room.roster.seat_mut(id).filter(|seat| seat.is_here());
        if let Some(seat) = here.filter(|seat| seat.round_trip != Some(round_trip)) {
            seat.round_trip = Some(round_trip);
            self.changed(StateKey::Latency);
        }
    }
}
