//! When who is there is told: a large room comes and goes in small steps that nobody can see.
//!
//! Knows two states and a time, and nothing of links. The last state is always told, at the latest [`AGAIN`] after the
//! one before.

use crate::domain::time::{Millis, Timestamp};
use crate::protocol::state::Presence;

/// Up to so many seats, every change is told with the next tick.
const SEATS_SMALL: u32 = 100;
/// Beyond, a change is told at once that moves a number by this part of the seats,
const PART: u32 = 100;
/// and a smaller one so long after the one before.
const AGAIN: Millis = Millis(2_000);

/// What was told last of who is there.
#[derive(Clone, Debug)]
pub struct ToldPresence {
    presence: Presence,
    at: Timestamp,
}

impl ToldPresence {
    /// Nobody was told anything yet but what the first snapshots hold.
    pub fn new(presence: Presence, at: Timestamp) -> Self {
        Self { presence, at }
    }

    /// From when on a change to this state is to be told.
    pub fn due_at(&self, presence: &Presence) -> Timestamp {
        let is_small = presence.seats <= SEATS_SMALL;
        if is_small || self.is_seen(presence) { self.at } else { self.at + AGAIN }
    }

    /// Notes that a state is told.
    pub fn told(&mut self, presence: Presence, at: Timestamp) {
        *self = Self { presence, at };
    }

    /// Whether somebody who looks at the numbers would miss the change.
    fn is_seen(&self, presence: &Presence) -> bool {
        let before = &self.presence;
        let moves = [
            presence.here.abs_diff(before.here),
            presence.seats.abs_diff(before.seats),
            presence.answered.abs_diff(before.answered),
        ];
        let seats = presence.seats.max(before.seats);
        presence.is_host_here != before.is_host_here || moves.iter().any(|moved| moved.saturating_mul(PART) >= seats)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presence(seats: u32, here: u32, answered: u32) -> Presence {
        Presence { here, seats, answered, is_host_here: true }
    }

    fn check(before: Presence, after: Presence, waits_ms: i64) {
        let told = ToldPresence::new(before.clone(), Timestamp(1_000));
        assert_eq!(told.due_at(&after), Timestamp(1_000 + waits_ms), "{before:?} to {after:?}");
    }

    #[test]
    fn a_small_room_is_told_of_every_change() {
        check(presence(100, 50, 0), presence(100, 51, 0), 0);
        check(presence(99, 99, 0), presence(100, 99, 0), 0);
    }

    #[test]
    fn a_large_room_is_told_of_steps_of_a_hundredth() {
        check(presence(101, 50, 0), presence(101, 51, 0), 2_000);
        check(presence(101, 50, 0), presence(101, 52, 0), 0);
        check(presence(500, 500, 95), presence(500, 500, 99), 2_000);
        check(presence(500, 500, 95), presence(500, 500, 100), 0);
        check(presence(500, 500, 0), presence(500, 495, 0), 0);
        check(presence(500, 500, 0), presence(504, 500, 0), 2_000);
    }

    #[test]
    fn a_host_who_leaves_is_told_of_at_once() {
        let host_gone = Presence { is_host_here: false, ..presence(500, 500, 0) };
        check(presence(500, 500, 0), host_gone, 0);
    }

    #[test]
    fn small_steps_add_up() {
        let mut told = ToldPresence::new(presence(500, 500, 0), Timestamp(0));
        for answered in 1..5 {
            assert_eq!(told.due_at(&presence(500, 500, answered)), Timestamp(2_000));
        }
        assert_eq!(told.due_at(&presence(500, 500, 5)), Timestamp(0));
        told.told(presence(500, 500, 5), Timestamp(300));
        assert_eq!(told.due_at(&presence(500, 500, 6)), Timestamp(2_300));
    }
}
