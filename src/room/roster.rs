//! Who has a seat: names by look, who is here, which seats were taken away.
//!
//! A seat carries its answer and its points and knows nothing of how they came about; who may have one is `door`'s business.

use std::collections::BTreeMap;

use crate::domain::ids::{CommandId, SeatId, TurnNo};
use crate::domain::name::Nickname;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::state::{TakenAnswer, TurnResult};
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

    /// Whether somebody who is seated has this name, or one that looks the same.
    pub fn has_name(&self, name: &Nickname) -> bool {
        self.looks.contains_key(&name.look())
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
    pub fn arrive(&mut self, id: SeatId, round_trip: Option<Millis>) -> Option<()> {
        let seat = self.seat_mut(id)?;
        seat.away_since.take()?;
        seat.round_trip = round_trip;
        self.here += 1;
        Some(())
    }

    /// A seat's last link closed; `None` if nobody has the seat or it is away already.
    pub fn leave(&mut self, id: SeatId, at: Timestamp) -> Option<()> {
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
