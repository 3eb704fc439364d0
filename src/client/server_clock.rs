//! What time it is on the server, from pings and their pongs.
//!
//! Knows nothing of how a ping travels. Of several samples the one with the shortest way is right: whatever made the
//! others longer made them wrong.

use std::collections::VecDeque;

use crate::client::moment::Moment;
use crate::domain::time::{Millis, Timestamp};

/// The server's clock as seen from here.
#[derive(Clone, Debug, Default)]
pub struct ServerClock {
    /// Server time minus own time is at least this: a message cannot arrive before it was sent.
    at_least: Option<i64>,
    samples: VecDeque<Sample>,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    round_trip: Millis,
    offset: i64,
}

impl ServerClock {
    /// Enough to hold a good one, few enough to follow clocks that drift apart.
    const SAMPLES_MAX: usize = 8;

    /// A message with the server's time arrived.
    pub fn hint(&mut self, server: Timestamp, arrived: Moment) {
        let offset = server.0.saturating_sub(arrived.0);
        self.at_least = Some(self.at_least.map_or(offset, |known| known.max(offset)));
    }

    /// A ping was answered.
    pub fn sample(&mut self, sent: Moment, arrived: Moment, server: Timestamp) {
        let round_trip = arrived - sent;
        if round_trip.0 < 0 {
            return;
        }
        if self.samples.len() == Self::SAMPLES_MAX {
            self.samples.pop_front();
        }
        self.samples
            .push_back(Sample { round_trip, offset: (server + Millis(round_trip.0 / 2)).0.saturating_sub(arrived.0) });
    }

    /// The machine slept: what was measured before does not hold any more.
    pub fn forget(&mut self) {
        self.samples.clear();
    }

    /// The shortest of the round trips that were measured lately.
    pub fn round_trip(&self) -> Option<Millis> {
        self.samples.iter().map(|sample| sample.round_trip).min()
    }

    /// The server's time; the page's own start where nothing was heard yet.
    pub fn at(&self, moment: Moment) -> Timestamp {
        let best = self.samples.iter().min_by_key(|sample| sample.round_trip);
        let offset = best.map(|sample| sample.offset).or(self.at_least).unwrap_or_default();
        Timestamp(moment.0.saturating_add(offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_way_sets_the_clock() {
        let mut clock = ServerClock::default();
        clock.hint(Timestamp(1_000_000), Moment(80));
        assert_eq!(clock.at(Moment(80)), Timestamp(1_000_000));
        // The true offset is 1,000,000: the first pong was held up on its way back.
        clock.sample(Moment(100), Moment(400), Timestamp(1_000_120));
        clock.sample(Moment(500), Moment(540), Timestamp(1_000_520));
        clock.sample(Moment(600), Moment(900), Timestamp(1_000_620));
        assert_eq!(clock.at(Moment(1_000)), Timestamp(1_001_000));
        assert_eq!(clock.round_trip(), Some(Millis(40)));
    }

    #[test]
    fn a_hint_counts_until_there_is_a_sample_and_only_forward() {
        let mut clock = ServerClock::default();
        clock.hint(Timestamp(5_000), Moment(100));
        clock.hint(Timestamp(5_000), Moment(900));
        assert_eq!(clock.at(Moment(1_000)), Timestamp(5_900));
        clock.hint(Timestamp(7_000), Moment(1_000));
        assert_eq!(clock.at(Moment(1_000)), Timestamp(7_000));
    }

    #[test]
    fn after_sleep_new_samples_are_needed() {
        let mut clock = ServerClock::default();
        clock.hint(Timestamp(1_000), Moment(0));
        clock.sample(Moment(0), Moment(2), Timestamp(1_001));
        clock.forget();
        // The steady clock stood still for an hour.
        clock.sample(Moment(10), Moment(110), Timestamp(3_601_060));
        assert_eq!(clock.at(Moment(110)), Timestamp(3_601_110));
    }

    #[test]
    fn old_samples_make_room() {
        let mut clock = ServerClock::default();
        clock.sample(Moment(0), Moment(2), Timestamp(1_001));
        for n in 0..8 {
            clock.sample(Moment(n), Moment(n + 20), Timestamp(2_010 + n));
        }
        assert_eq!(clock.at(Moment(0)), Timestamp(2_000));
    }
}
