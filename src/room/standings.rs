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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::name::Nickname;
    use crate::domain::time::Timestamp;

    /// Points and seconds before the last turn, and after it.
    type Sums = ((u32, i64), (u32, i64));

    /// Seats with these sums.
    fn standings(sums: &[Sums], counted: u32) -> Standings {
        let tally = |(score, seconds): (u32, i64)| Tally { score, time: Millis(seconds * 1_000) };
        let mut roster = Roster::default();
        for (before, after) in sums {
            let id = roster.next_id();
            let name = Nickname::parse(&format!("Player {id}")).expect("a good name");
            let mut seat = Seat::new(id, name, Timestamp(0), 0);
            (seat.tally_before, seat.tally) = (tally(*before), tally(*after));
            roster.take(seat, None).expect("the next seat, with a new name");
        }
        Standings::of(&roster, counted)
    }

    /// Seat, rank and places gained, first to last.
    fn check(sums: &[Sums], counted: u32, rows: &[(u32, u32, i32)]) -> Standings {
        let standings = standings(sums, counted);
        let found: Vec<_> = standings.rows().iter().map(|row| (row.seat.0, row.rank, row.moved)).collect();
        assert_eq!(found, rows);
        standings
    }

    #[test]
    fn equal_points_share_a_rank_and_the_next_one_is_left_out() {
        let sums = [((0, 0), (500, 9)), ((0, 0), (900, 9)), ((0, 0), (100, 9)), ((0, 0), (500, 9))];
        check(&sums, 1, &[(2, 1, 0), (1, 2, 0), (4, 2, 0), (3, 4, 0)]);
    }

    #[test]
    fn within_a_rank_the_shorter_answer_time_stands_first_and_then_the_earlier_seat() {
        let sums = [((0, 0), (500, 9)), ((0, 0), (500, 4)), ((0, 0), (500, 4))];
        check(&sums, 1, &[(2, 1, 0), (3, 1, 0), (1, 1, 0)]);
    }

    #[test]
    fn places_are_gained_and_lost_against_the_turn_before() {
        let sums = [((900, 1), (900, 2)), ((500, 1), (1_400, 2)), ((500, 1), (500, 2))];
        let standings = check(&sums, 2, &[(2, 1, 1), (1, 2, -1), (3, 3, -1)]);
        assert_eq!(standings.climber().map(|row| row.seat), Some(SeatId(2)));
    }

    #[test]
    fn of_those_who_gained_most_the_first_is_the_climber() {
        let sums = [((900, 1), (900, 2)), ((500, 1), (1_000, 2)), ((500, 1), (1_000, 1))];
        let standings = check(&sums, 2, &[(3, 1, 1), (2, 1, 1), (1, 3, -2)]);
        assert_eq!(standings.climber().map(|row| row.seat), Some(SeatId(3)));
    }

    #[test]
    fn nobody_climbs_in_the_first_turn_and_nobody_where_nothing_moves() {
        assert_eq!(standings(&[((0, 0), (1, 1)), ((0, 0), (2, 1))], 1).climber(), None);
        assert_eq!(standings(&[((5, 0), (9, 1)), ((3, 0), (4, 1))], 2).climber(), None);
    }

    #[test]
    fn there_are_no_ranks_before_the_first_turn() {
        assert_eq!(standings(&[((0, 0), (0, 0))], 0), Standings::default());
    }

    #[test]
    fn neighbours_stand_next_in_order() {
        let standings = standings(&[((0, 0), (3, 1)), ((0, 0), (2, 1)), ((0, 0), (1, 1))], 1);
        let near = |seat| {
            let (ahead, behind) = standings.neighbours(SeatId(seat)).expect("a ranked seat");
            (ahead.map(|row| row.seat.0), behind.map(|row| row.seat.0))
        };
        assert_eq!([near(1), near(2), near(3)], [(None, Some(2)), (Some(1), Some(3)), (Some(2), None)]);
        assert_eq!(standings.neighbours(SeatId(4)), None);
    }
}
