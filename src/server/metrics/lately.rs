//! How long things took lately: counted in buckets and given away, so that whoever asks knows what happened since.
//!
//! Two quantiles of the last seconds are what operators look at; the histograms of the table are for who keeps them for
//! longer. Counting is one addition. A bucket is an eighth of its octave wide, so a quantile is wrong by a sixteenth at the
//! most. It knows nothing of what took so long.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::protocol::health::Latencies;

/// Octaves from eight microseconds on, up to two minutes; what is longer counts as that.
const OCTAVES: usize = 25;
/// Buckets of one octave, and of what is shorter than the first.
const STEPS: usize = 8;
const BUCKETS: usize = STEPS * (OCTAVES + 1);

/// Times since somebody last asked.
pub(super) struct Lately([AtomicU32; BUCKETS]);

impl Default for Lately {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU32::new(0)))
    }
}

impl Lately {
    /// Something took so long.
    pub(super) fn observe(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.0[bucket_of(us)].fetch_add(1, Ordering::Relaxed);
    }

    /// What there was since the last time, which is forgotten.
    pub(super) fn take(&self) -> Latencies {
        let counts: [u32; BUCKETS] = std::array::from_fn(|place| self.0[place].swap(0, Ordering::Relaxed));
        let count = counts.iter().fold(0, |sum: u32, count| sum.saturating_add(*count));
        let quantile = |percent: u64| {
            // The least time that so many in a hundred did not pass.
            let wanted = (u64::from(count) * percent).div_ceil(100);
            let mut passed = 0;
            let place = counts.iter().position(|count| {
                passed += u64::from(*count);
                passed >= wanted && wanted > 0
            });
            place.map(middle_of)
        };
        Latencies { count, p50_us: quantile(50), p95_us: quantile(95) }
    }
}

fn bucket_of(us: u64) -> usize {
    let Some(octave) = us.checked_ilog2().filter(|octave| *octave >= 3) else {
        return usize::try_from(us).expect("less than eight");
    };
    let step = usize::try_from((us >> (octave - 3)) & 7).expect("less than eight");
    (STEPS * (octave as usize - 2) + step).min(BUCKETS - 1)
}

fn middle_of(place: usize) -> u32 {
    let (octave, step) = (place / STEPS, u32::try_from(place % STEPS).expect("less than eight"));
    match octave {
        0 => step,
        octave => ((8 + step) << (octave - 1)) + ((1 << (octave - 1)) >> 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(times_us: &[u64], p50: Option<u32>, p95: Option<u32>) {
        let lately = Lately::default();
        times_us.iter().for_each(|us| lately.observe(Duration::from_micros(*us)));
        let count = u32::try_from(times_us.len()).expect("few");
        assert_eq!(lately.take(), Latencies { count, p50_us: p50, p95_us: p95 }, "{times_us:?}");
        assert_eq!(lately.take(), Latencies::default(), "it was given away");
    }

    #[test]
    fn quantiles_are_those_of_what_happened_since_the_last_time() {
        check(&[], None, None);
        check(&[5], Some(5), Some(5));
        check(&[0, 1, 2, 3], Some(1), Some(3));
        let mut many = vec![1_000; 95];
        many.extend([50_000; 5]);
        check(&many, Some(992), Some(992));
        many.push(50_000);
        check(&many, Some(992), Some(51_200));
    }

    #[test]
    fn every_time_has_its_bucket_and_its_middle_is_near() {
        for us in (0..200).chain((7..27).map(|octave| (1_u64 << octave) + 12_345 % (1 << octave))) {
            let middle = u64::from(middle_of(bucket_of(us)));
            assert!(middle.abs_diff(us) <= us / 16 + 1, "{us} is told as {middle}");
        }
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
        assert!(bucket_of(7) + 1 == bucket_of(8) && bucket_of(15) + 1 == bucket_of(16));
    }
}
