//! Chance that can be had again: the same seed, the same draws.
//!
//! Source: splitmix64, "Fast splittable pseudorandom number generators" (2014).

use std::ops::Range;

/// Draws from a seed.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Begins with a seed; any number will do.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.draw() % end as u64).expect("smaller than an address")
    }

    /// A number of milliseconds.
    pub fn within(&mut self, range: Range<i64>) -> i64 {
        let width = u64::try_from(range.end - range.start).expect("a range goes forward");
        range.start + i64::try_from(self.draw() % width).expect("smaller than the range")
    }

    /// Happens once in so many times.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}
