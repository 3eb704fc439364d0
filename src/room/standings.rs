//! The ranks: computed from what the seats earned, whenever a turn counts or a seat comes or goes.
//!
//! Knows points and times, and nothing of questions. Nothing here is stored: facts hold answers, not scores.

use std::cmp::Reverse;

use crate::domain::ids::SeatId;
use crate::domain::time::Millis;
use crate::room::roster::{Roster, Seat, count};

/// What a seat earned, and the time its answers took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Points of all turns that count.
    pub score: u32,
    /// Counted time of all answers in them.
    pub time: Millis,
}

impl Tally {
    /// The sums with one more turn.
    pub fn plus(self, points: u32, time: Millis) -> Self {
        Self { score: self.score.saturating_add(points), time: Millis(self.time.0.saturating_add(time.0)) }
    }
}

/// One seat's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The seat.
    pub seat: SeatId,
    /// Its points.
    pub score: u32,
    /// Its rank from 1; equal points share one: 1, 2, 2, 4.
    pub rank: u32,
    /// Places gained since the turn before.
    pub moved: i32,
}

/// Everybody's place after the last turn that counts; empty before the first.
///
/// Invariant: rows by rank, within a rank by total answer time, then by seat.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Standings {
    counted: u32,
    rows: Vec<Row>,
    /// For each seated seat its place in the rows, by seat.
    places: Vec<(SeatId, usize)>,
}

impl Standings {
    /// The standings of everybody who is seated.
    ///
    /// The ranks before are those of the same people: nobody has overtaken who was removed.
    pub fn of(roster: &Roster, counted: u32) -> Self {
        if counted == 0 {
            return Self::default();
        }
        let ranks = Ranks::of(roster.seated().map(|seat| seat.tally.score));
        let ranks_before = Ranks::of(roster.seated().map(|seat| seat.tally_before.score));
        let row = |seat: &Seat| {
            let rank = ranks.rank(seat.tally.score);
            let had_rank = counted > 1 && seat.turns_missed < counted;
            let before = if had_rank { ranks_before.rank(seat.tally_before.score) } else { rank };
            let moved = i32::try_from(i64::from(before) - i64::from(rank)).unwrap_or(0);
            (seat.tally.time, Row { seat: seat.id, score: seat.tally.score, rank, moved })
        };
        let mut timed: Vec<(Millis, Row)> = roster.seated().map(row).collect();
        timed.sort_unstable_by_key(|(time, row)| (row.rank, *time, row.seat));
        let rows: Vec<Row> = timed.into_iter().map(|(_, row)| row).collect();
        let mut places: Vec<(SeatId, usize)> = rows.iter().enumerate().map(|(place, row)| (row.seat, place)).collect();
        places.sort_unstable();
        Self { counted, rows, places }
    }

    /// Turns that count.
    pub fn counted(&self) -> u32 {
        self.counted
    }

    /// Everybody, first to last.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// A seat's row; `None` before the first turn that counts.
    pub fn row(&self, seat: SeatId) -> Option<&Row> {
        self.rows.get(self.place(seat)?)
    }

    /// The rows just ahead and just behind a seat; `None` before the first turn that counts.
    pub fn neighbours(&self, seat: SeatId) -> Option<(Option<&Row>, Option<&Row>)> {
        let place = self.place(seat)?;
        let ahead = place.checked_sub(1).and_then(|ahead| self.rows.get(ahead));
        Some((ahead, self.rows.get(place + 1)))
    }

    /// Who gained most places, the first of them in order, if anybody gained any.
    pub fn climber(&self) -> Option<&Row> {
        // Of equals the last is found, so the search goes from the end.
        self.rows.iter().rev().filter(|row| row.moved > 0).max_by_key(|row| row.moved)
    }

    fn place(&self, seat: SeatId) -> Option<usize> {
        let at = self.places.binary_search_by_key(&seat, |(seat, _)| *seat).ok()?;
        self.places.get(at).map(|(_, place)| *place)
    }
}

/// Scores from highest to lowest; a rank is one more than the number of higher scores.
struct Ranks(Vec<u32>);

impl Ranks {
    fn of(scores: impl Iterator<Item = u32>) -> Self {
        let mut scores: Vec<u32> = scores.collect();
        scores.sort_unstable_by_key(|score| Reverse(*score));
        Self(scores)
    }

    fn rank(&self, score: u32) -> u32 {
        count(self.0.partition_point(|other| *other > score)).saturating_add(1)
    }
}
