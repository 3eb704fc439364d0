//! Who has a seat: names by look, comings and goings, seats that were taken away.
//!
//! Each seat carries its answer and its points, which it does not understand. Who is told of whom is decided in `audience`.

use std::collections::BTreeMap;

use crate::domain::ids::{CommandId, SeatId, TurnNo};
use crate::domain::name::Nickname;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::refusal::Refusal;
use crate::protocol::state::{TakenAnswer, TurnResult};
use crate::protocol::view::Phase;
use crate::room::Room;
use crate::room::apply::Motion;
use crate::room::effect::{Effect, StateKey};
use crate::room::fact::FactBody;
use crate::room::input::Who;
use crate::room::standings::Tally;

/// What has become of a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeatStatus {
    /// Somebody has it.
    Seated {
        /// Their name.
        name: Nickname,
    },
    /// The host took it away; the person may take another.
    Removed,
    /// The host took it away for good.
    Blocked,
}

/// How the host takes a seat away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Removal {
    Removed,
    Blocked,
}

/// One person's place, and what goes with it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seat {
    pub id: SeatId,
    pub name: Nickname,
    removal: Option<Removal>,
    /// Since when no link is open; `None` while one is.
    pub away_since: Option<Timestamp>,
    /// As last measured, while a link is open.
    pub round_trip: Option<Millis>,
    /// The latest answer that was taken, with the id it came with.
    pub given: Option<(CommandId, TakenAnswer)>,
    /// How the last closed turn went; `None` if it closed before this seat was taken.
    pub result: Option<TurnResult>,
    /// Points and time of all turns that count.
    pub tally: Tally,
    /// The same without the last one.
    pub tally_before: Tally,
    /// Turns that counted already when the seat was taken.
    pub turns_missed: u32,
}

impl Seat {
    /// A seat that was just taken; it counts as away until its first link opens.
    pub fn new(id: SeatId, name: Nickname, taken_at: Timestamp, turns_missed: u32) -> Self {
        Self {
            id,
            name,
            removal: None,
            away_since: Some(taken_at),
            round_trip: None,
            given: None,
            result: None,
            tally: Tally::default(),
            tally_before: Tally::default(),
            turns_missed,
        }
    }

    /// Whether a link is open.
    pub fn is_here(&self) -> bool {
        self.away_since.is_none()
    }

    /// The answer to a turn, if there is one.
    pub fn answer_to(&self, turn: TurnNo) -> Option<&TakenAnswer> {
        self.given.as_ref().map(|(_, taken)| taken).filter(|taken| taken.turn == turn)
    }
}

/// All seats that were ever given out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Roster {
    /// By id, which counts from 1.
    seats: Vec<Seat>,
    /// The looks of the names of those who are seated.
    looks: BTreeMap<String, SeatId>,
    /// The ids with which seats were taken.
    takings: BTreeMap<CommandId, SeatId>,
    here: u32,
}

/// A number of things that a limit keeps below 2^32.
pub(super) fn count(things: usize) -> u32 {
    u32::try_from(things).unwrap_or(u32::MAX)
}

impl Roster {
    /// Seats with an open link.
    pub fn here(&self) -> u32 {
        self.here
    }

    /// Seats that are taken, here or away.
    pub fn seated_count(&self) -> u32 {
        count(self.looks.len())
    }

    /// Everybody who is seated, by seat.
    pub fn seated(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(|seat| seat.removal.is_none())
    }

    /// Everybody who is seated, by seat, to be changed.
    pub fn seated_mut(&mut self) -> impl Iterator<Item = &mut Seat> {
        self.seats.iter_mut().filter(|seat| seat.removal.is_none())
    }

    /// The seat, if somebody has it.
    pub fn seat(&self, id: SeatId) -> Option<&Seat> {
        self.seats.get(Self::place(id)?).filter(|seat| seat.removal.is_none())
    }

    /// The seat, if somebody has it, to be changed.
    pub fn seat_mut(&mut self, id: SeatId) -> Option<&mut Seat> {
        self.seats.get_mut(Self::place(id)?).filter(|seat| seat.removal.is_none())
    }

    /// What has become of a seat; `None` if it was never given out.
    pub fn status(&self, id: SeatId) -> Option<SeatStatus> {
        let seat = self.seats.get(Self::place(id)?)?;
        Some(match seat.removal {
            None => SeatStatus::Seated { name: seat.name.clone() },
            Some(Removal::Removed) => SeatStatus::Removed,
            Some(Removal::Blocked) => SeatStatus::Blocked,
        })
    }

    /// The seat that was taken with this id.
    pub fn taken_with(&self, id: &CommandId) -> Option<SeatId> {
        self.takings.get(id).copied()
    }

    /// The seat that the next person gets.
    pub fn next_id(&self) -> SeatId {
        SeatId(count(self.seats.len()).saturating_add(1))
    }

    /// How many of those who are seated have answered a turn.
    pub fn answered(&self, turn: TurnNo) -> u32 {
        count(self.seated().filter(|seat| seat.answer_to(turn).is_some()).count())
    }

    /// Puts in a new seat; `None` if it is not the next or its name is taken.
    pub fn take(&mut self, seat: Seat, command: Option<&CommandId>) -> Option<()> {
        if seat.id != self.next_id() || self.looks.insert(seat.name.look(), seat.id).is_some() {
            return None;
        }
        if let Some(command) = command {
            self.takings.insert(command.clone(), seat.id);
        }
        self.seats.push(seat);
        Some(())
    }

    /// Takes a seat away; `None` if there is nothing to take away. A removed seat may be blocked afterwards.
    pub fn remove(&mut self, id: SeatId, how: Removal, at: Timestamp) -> Option<()> {
        self.leave(id, at);
        let seat = self.seats.get_mut(Self::place(id)?)?;
        match (seat.removal, how) {
            (None, Removal::Removed | Removal::Blocked) => drop(self.looks.remove(&seat.name.look())),
            (Some(Removal::Removed), Removal::Blocked) => {}
            (Some(Removal::Removed | Removal::Blocked), Removal::Removed)
            | (Some(Removal::Blocked), Removal::Blocked) => return None,
        }
        seat.removal = Some(how);
        Some(())
    }

    /// A seat's first link opened; `None` if nobody has the seat or it is here already.
    fn arrive(&mut self, id: SeatId, round_trip: Option<Millis>) -> Option<()> {
        let seat = self.seat_mut(id)?;
        seat.away_since.take()?;
        seat.round_trip = round_trip;
        self.here += 1;
        Some(())
    }

    /// A seat's last link closed; `None` if nobody has the seat or it is away already.
    fn leave(&mut self, id: SeatId, at: Timestamp) -> Option<()> {
        let seat = self.seat_mut(id).filter(|seat| seat.is_here())?;
        seat.away_since = Some(at);
        seat.round_trip = None;
        self.here -= 1;
        Some(())
    }

    /// Nobody is here, since now: what a restart makes of presence.
    pub fn empty(&mut self, now: Timestamp) {
        for seat in &mut self.seats {
            seat.away_since = Some(now);
            seat.round_trip = None;
        }
        self.here = 0;
    }

    fn place(id: SeatId) -> Option<usize> {
        usize::try_from(id.0.checked_sub(1)?).ok()
    }
}

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
        if self.roster.looks.contains_key(&name.look()) {
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
