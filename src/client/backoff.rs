//! How long to wait before the next try to connect.
//!
//! Knows nothing of sockets. Chance comes in as a seed, so that clients that were lost together come back spread out.

use crate::domain::time::Millis;

/// How persistent a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// A player's page: after five tries it says so, and goes on every half a minute while somebody looks.
    Player,
    /// Host and stage: never stops trying, seen or not.
    Endless,
}

/// Counts failures and says how long to wait.
#[derive(Clone, Debug)]
pub struct Backoff {
    patience: Patience,
    failures: u32,
    chance: u32,
}

impl Backoff {
    /// The first wait; doubled with each failure.
    const BASE_MS: i64 = 1_000;
    /// The longest wait.
    const CAP_MS: i64 = 30_000;
    /// Up to this is added, or, for a player after the quick tries, added or taken off ten times.
    const JITTER_MS: i64 = 1_000;
    /// Quick tries of a player's page: about 31 s. More would drain a pocketed phone.
    const QUICK_TRIES: u32 = 5;

    /// Begins without failures. The seed may be any number.
    pub fn new(patience: Patience, seed: u32) -> Self {
        Self { patience, failures: 0, chance: seed | 1 }
    }

    /// The connection failed or was lost: how long after the last try, or after the loss, to wait before the next.
    pub fn next_wait(&mut self) -> Millis {
        let doubled = Self::BASE_MS << self.failures.min(10);
        self.failures = self.failures.saturating_add(1);
        let jitter = self.draw() % (Self::JITTER_MS + 1);
        if self.has_given_up() {
            return Millis(Self::CAP_MS - 10 * Self::JITTER_MS + 20 * jitter);
        }
        Millis(doubled.min(Self::CAP_MS) + jitter)
    }

    /// A time that the server asked for, spread like any other.
    pub fn hinted_wait(&mut self, hint: Millis) -> Millis {
        self.failures = self.failures.saturating_add(1);
        Millis(hint.0.clamp(0, Self::CAP_MS) + self.draw() % (Self::JITTER_MS + 1))
    }

    /// How long a try may take: longer the first time, when the phone is still busy with the page, short while somebody
    /// waits for the quick tries, and long again after them, for networks that are merely slow.
    pub fn try_max(&self) -> Millis {
        match self.failures {
            0 => Millis(10_000),
            1..=Self::QUICK_TRIES => Millis(5_000),
            _ => Millis(15_000),
        }
    }

    /// It has worked for a while, or something happened after which a try is promising.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// Whether something failed since the last success.
    pub fn has_failed(&self) -> bool {
        self.failures > 0
    }

    /// Whether the quick tries are used up.
    pub fn has_given_up(&self) -> bool {
        match self.patience {
            Patience::Player => self.failures > Self::QUICK_TRIES,
            Patience::Endless => false,
        }
    }

    /// A number from 0, as random as a spread of retries needs. Source: Marsaglia, Xorshift RNGs, 2003.
    fn draw(&mut self) -> i64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 17;
        self.chance ^= self.chance << 5;
        i64::from(self.chance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(patience: Patience, seed: u32, count: usize) -> Vec<i64> {
        let mut backoff = Backoff::new(patience, seed);
        (0..count).map(|_| backoff.next_wait().0).collect()
    }

    #[test]
    fn host_and_stage_wait_1_2_4_8_16_30_30_seconds_and_up_to_one_more() {
        for seed in [1, 7, 0x9E37_79B9, u32::MAX] {
            let waits = waits(Patience::Endless, seed, 40);
            let bases = [1_000, 2_000, 4_000, 8_000, 16_000].into_iter().chain(std::iter::repeat(30_000));
            for (wait, base) in waits.into_iter().zip(bases) {
                assert!((base..=base + 1_000).contains(&wait), "{wait} for {base}");
            }
        }
    }

    #[test]
    fn a_player_gives_up_after_five_tries_and_goes_on_slowly() {
        let mut backoff = Backoff::new(Patience::Player, 3);
        for base in [1_000, 2_000, 4_000, 8_000, 16_000] {
            let wait = backoff.next_wait().0;
            assert!((base..=base + 1_000).contains(&wait), "{wait} for {base}");
            assert!(!backoff.has_given_up());
        }
        for _ in 0..40 {
            let wait = backoff.next_wait().0;
            assert!((20_000..=40_000).contains(&wait), "{wait}");
            assert!(backoff.has_given_up());
        }
        backoff.reset();
        assert!(!backoff.has_given_up());
        assert!(backoff.next_wait().0 <= 2_000);
    }

    #[test]
    fn many_that_are_lost_together_come_back_spread_out() {
        let mut tenths = [0_u32; 11];
        for seed in 0..2_000_u32 {
            let wait = waits(Patience::Player, seed.wrapping_mul(0x9E37_79B9), 1)[0];
            tenths[usize::try_from((wait - 1_000) / 100).expect("a wait of at least a second")] += 1;
        }
        assert!(tenths[..10].iter().all(|count| (100..=300).contains(count)), "{tenths:?}");
    }

    #[test]
    fn a_hint_is_kept_within_bounds() {
        let mut backoff = Backoff::new(Patience::Player, 9);
        assert!((2_500..=3_500).contains(&backoff.hinted_wait(Millis(2_500)).0));
        assert!(backoff.hinted_wait(Millis(i64::MAX)).0 <= 31_000);
        assert!(backoff.hinted_wait(Millis(-5)).0 >= 0);
    }
}
