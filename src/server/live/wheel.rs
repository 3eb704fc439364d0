//! One timer for many links: things that should be looked at not before a time.
//!
//! It knows neither clocks nor what it holds. Times are kept to a tenth of a second, which is as exact as pings and
//! time-outs need; what lies beyond a turn of the wheel goes round once more.

use std::mem;

use crate::domain::time::{Millis, Timestamp};

/// How exact it is.
pub const TICK: Millis = Millis(100);
/// Slots of a turn: a little over 51 seconds.
const SLOTS: usize = 512;

/// Things by the time at which they are due.
#[derive(Debug)]
pub struct Wheel<T> {
    slots: Vec<Vec<(i64, T)>>,
    /// The first tick that was not looked at.
    next: i64,
    count: usize,
}

impl<T> Wheel<T> {
    /// An empty wheel that begins now.
    pub fn new(now: Timestamp) -> Self {
        Self { slots: (0..SLOTS).map(|_| Vec::new()).collect(), next: tick(now), count: 0 }
    }

    /// Puts something in. What is due already comes with the next [`Wheel::due`].
    pub fn put(&mut self, at: Timestamp, thing: T) {
        let due = tick(at + TICK).max(self.next);
        self.slots[slot(due)].push((due, thing));
        self.count += 1;
    }

    /// Takes out what is due now, in no order within a tick.
    pub fn due(&mut self, now: Timestamp) -> Vec<T> {
        let mut due = Vec::new();
        let last = tick(now);
        // After a long sleep one turn sees every slot.
        let first = self.next.max(last - SLOTS as i64 + 1);
        for tick in first..=last {
            let all = mem::take(&mut self.slots[slot(tick)]);
            for (at, thing) in all {
                if at <= last {
                    due.push(thing);
                } else {
                    self.slots[slot(tick)].push((at, thing));
                }
            }
        }
        self.next = self.next.max(last + 1);
        self.count -= due.len();
        due
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

fn tick(at: Timestamp) -> i64 {
    at.0.div_euclid(TICK.0)
}

fn slot(tick: i64) -> usize {
    usize::try_from(tick.rem_euclid(SLOTS as i64)).expect("a remainder is not negative")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_come_at_their_time_and_at_most_a_tick_later() {
        let start = Timestamp(1_000_050);
        let mut wheel = Wheel::new(start);
        for wait in [0, 1, 99, 100, 5_000, 51_199, 51_200, 300_000] {
            wheel.put(start + Millis(wait), wait);
        }
        let mut seen = Vec::new();
        let mut now = start;
        while !wheel.is_empty() {
            now = now + Millis(10);
            for wait in wheel.due(now) {
                let late = (now - start).0 - wait;
                assert!((0..=TICK.0 + 10).contains(&late), "{wait} came {late} ms late");
                seen.push(wait);
            }
        }
        assert_eq!(seen.len(), 8);
        assert!(seen.is_sorted());
    }

    #[test]
    fn after_a_long_sleep_all_that_is_due_comes_at_once() {
        let start = Timestamp(0);
        let mut wheel = Wheel::new(start);
        for wait in (0..200_000).step_by(1_000) {
            wheel.put(start + Millis(wait), wait);
        }
        let mut due = wheel.due(start + Millis(150_000));
        due.sort_unstable();
        assert_eq!(due, (0..150_000).step_by(1_000).collect::<Vec<_>>());
        assert!(wheel.due(start + Millis(150_000)).is_empty());
        wheel.put(start, 7);
        assert_eq!(wheel.due(start + Millis(150_100)), [150_000, 7]);
    }
}
