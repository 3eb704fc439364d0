//! The pulse of one link: pings of the protocol, which browsers answer by themselves, out of reach of a page's scripts.
//!
//! They measure the round trip for the fair clock and are the sign of life. Knows nothing of how they travel.

use crate::domain::time::{Millis, Timestamp};

/// Round trips of which the smallest counts.
const SAMPLES: usize = 5;
/// Measured so often right after the opening, a second apart.
const FIRST_PINGS: u32 = 3;

/// The pulse of one link.
#[derive(Debug)]
pub struct Pulse {
    sent: u32,
    next_at: Timestamp,
    /// Number and time of the ping that is not answered yet.
    waiting: Option<(u64, Timestamp)>,
    samples: [Option<Millis>; SAMPLES],
    measured: usize,
}

impl Pulse {
    /// A pulse whose first ping is due now.
    pub fn new(now: Timestamp) -> Self {
        Self { sent: 0, next_at: now, waiting: None, samples: [None; SAMPLES], measured: 0 }
    }

    /// A pulse that only keeps the connection alive: its first ping is due a beat from now.
    pub fn calm(now: Timestamp, heartbeat: Millis) -> Self {
        Self { sent: FIRST_PINGS, next_at: now + heartbeat, ..Self::new(now) }
    }

    /// When the next ping is due.
    pub fn next_at(&self) -> Timestamp {
        self.next_at
    }

    /// A ping with this number is on its way.
    pub fn pinged(&mut self, number: u64, now: Timestamp, heartbeat: Millis) {
        self.sent = self.sent.saturating_add(1);
        let rhythm = if self.sent < FIRST_PINGS { Millis(1_000).min(heartbeat) } else { heartbeat };
        self.next_at = now + rhythm;
        self.waiting = Some((number, now));
    }

    /// A pong came. One that answers no ping of ours, or an old one, measures nothing.
    pub fn ponged(&mut self, payload: &[u8], at: Timestamp) {
        let Some((number, sent_at)) = self.waiting else { return };
        if payload == number.to_be_bytes() {
            self.waiting = None;
            self.samples[self.measured % SAMPLES] = Some((at - sent_at).max(Millis(0)));
            self.measured += 1;
        }
    }

    /// The smallest of the last round trips.
    pub fn round_trip(&self) -> Option<Millis> {
        self.samples.iter().flatten().min().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEAT: Millis = Millis(30_000);

    #[test]
    fn three_pings_come_in_the_first_seconds_and_then_one_a_beat() {
        let start = Timestamp(0);
        let mut pulse = Pulse::new(start);
        let mut sent = Vec::new();
        for number in 0..5 {
            let at = pulse.next_at();
            sent.push(at.0);
            pulse.pinged(number, at, BEAT);
        }
        assert_eq!(sent, [0, 1_000, 2_000, 32_000, 62_000]);
    }

    #[test]
    fn the_smallest_of_the_last_five_round_trips_counts() {
        let mut pulse = Pulse::new(Timestamp(0));
        assert_eq!(pulse.round_trip(), None);
        for (number, length) in [(1, 20), (2, 90), (3, 80), (4, 70), (5, 60), (6, 50)] {
            let at = Timestamp(i64::try_from(number).expect("small") * 1_000);
            pulse.pinged(number, at, BEAT);
            pulse.ponged(&number.to_be_bytes(), at + Millis(length));
            let expected = if number < 6 { 20 } else { 50 };
            assert_eq!(pulse.round_trip(), Some(Millis(expected)));
        }
    }

    #[test]
    fn a_pong_that_answers_nothing_measures_nothing() {
        let mut pulse = Pulse::new(Timestamp(0));
        pulse.ponged(&1_u64.to_be_bytes(), Timestamp(5));
        pulse.pinged(1, Timestamp(10), BEAT);
        pulse.pinged(2, Timestamp(20), BEAT);
        pulse.ponged(&1_u64.to_be_bytes(), Timestamp(25));
        pulse.ponged(b"x", Timestamp(25));
        assert_eq!(pulse.round_trip(), None);
        pulse.ponged(&2_u64.to_be_bytes(), Timestamp(26));
        pulse.ponged(&2_u64.to_be_bytes(), Timestamp(21));
        assert_eq!(pulse.round_trip(), Some(Millis(6)), "only once");
    }
}
