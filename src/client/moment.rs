//! Points on the browser's own steady clock, which has nothing to do with the server's or with the wall's.
//!
//! Nothing here reads a clock; `clock` does.

use std::ops::{Add, Sub};

use crate::domain::time::Millis;

/// A point in time: milliseconds since the page was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl Add<Millis> for Moment {
    type Output = Moment;

    fn add(self, length: Millis) -> Moment {
        Moment(self.0.saturating_add(length.0))
    }
}

impl Sub for Moment {
    type Output = Millis;

    fn sub(self, earlier: Moment) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }
}

/// Finds out that the machine slept: timers that come far too late, or a wall clock that went on without the steady one.
#[derive(Clone, Copy, Debug)]
pub struct SleepWatch {
    steady: Moment,
    wall_ms: i64,
}

impl SleepWatch {
    /// Browsers delay the timers of hidden pages to a second; some stop the steady clock while the machine sleeps.
    const UNUSUAL: Millis = Millis(4_000);

    /// Begins to watch.
    pub fn new(steady: Moment, wall_ms: i64) -> Self {
        Self { steady, wall_ms }
    }

    /// Looks at both clocks, some times a second. Returns, if the machine slept since the last look, how much of the time
    /// the steady clock did not see; nothing of it where only the timers were late.
    pub fn slept(&mut self, steady: Moment, wall_ms: i64) -> Option<Millis> {
        let late = steady - self.steady;
        let unseen = Millis(wall_ms.saturating_sub(self.wall_ms).saturating_sub(late.0));
        *self = Self { steady, wall_ms };
        if unseen >= Self::UNUSUAL { Some(unseen) } else { (late >= Self::UNUSUAL).then_some(Millis(0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleep_shows_as_late_timers_or_as_a_wall_clock_that_ran_on() {
        let mut watch = SleepWatch::new(Moment(0), 1_000_000);
        assert_eq!(watch.slept(Moment(100), 1_000_100), None);
        assert_eq!(watch.slept(Moment(1_100), 1_001_100), None, "a hidden page");
        assert_eq!(watch.slept(Moment(61_100), 1_061_100), Some(Millis(0)), "the timer came a minute late");
        assert_eq!(watch.slept(Moment(61_200), 1_061_200), None);
        assert_eq!(watch.slept(Moment(61_300), 1_121_200), Some(Millis(59_900)), "the steady clock stood still");
        assert_eq!(watch.slept(Moment(61_400), 1_000_000), None, "a wall clock that is set back is no sleep");
    }
}
