//! Server time: the wall clock at the start plus the time that has passed since. The only home of `now` on the server.
//!
//! It counts stops and suspends of the machine and ignores steps of the wall clock, so that no deadline ever moves and
//! no two facts change places. Beside it stands a [`Stopwatch`], for what is only measured. It knows nothing of what is
//! timed by it.
//!
//! Source: clock_gettime(2), `CLOCK_BOOTTIME`.

use std::sync::Arc;
#[cfg(test)]
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::domain::time::{Millis, Timestamp};

/// The server's clock. A clone is the same clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Start>);

#[derive(Debug)]
struct Start {
    /// Server time at the start.
    at: Timestamp,
    /// What the steady clock said then.
    steady: Millis,
    /// How far a test has moved it.
    #[cfg(test)]
    moved: AtomicI64,
}

impl Clock {
    /// Starts the clock at the wall clock's time, or at the last stored time if that is later: then the wall clock was
    /// turned back, and time that is on disk already must not come again.
    pub fn start(last_stored: Timestamp) -> Self {
        Self::start_at(wall().max(last_stored))
    }

    fn start_at(at: Timestamp) -> Self {
        Self(Arc::new(Start {
            at,
            steady: steady(),
            #[cfg(test)]
            moved: AtomicI64::new(0),
        }))
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        let passed = Millis(steady().0 - self.0.steady.0);
        let now = self.0.at + passed;
        #[cfg(test)]
        let now = now + Millis(self.0.moved.load(Ordering::Relaxed));
        now
    }

    /// Lets time pass at once, in tests.
    #[cfg(test)]
    pub fn pass(&self, length: Millis) {
        self.0.moved.fetch_add(length.0, Ordering::Relaxed);
    }
}

/// Measures how long something takes: finer than server time, and nothing in the game depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long ago that was.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Processor time that this process has used.
pub fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// How far the wall clock is behind (negative) or ahead of a stored time, for a word in the log.
pub fn wall_ahead_of(stored: Timestamp) -> Millis {
    wall() - stored
}

fn wall() -> Timestamp {
    Timestamp(read(ClockId::Realtime).0)
}

fn steady() -> Millis {
    read(ClockId::Boottime)
}

fn read(clock: ClockId) -> Millis {
    let time = clock_gettime(clock);
    Millis(time.tv_sec.saturating_mul(1_000).saturating_add(time.tv_nsec / 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_starts_before_what_is_stored() {
        let future = wall() + Millis(3_600_000);
        assert!(Clock::start(future).now() >= future);
        let past = Timestamp(0);
        assert!(Clock::start(past).now() >= wall() - Millis(1_000));
    }

    #[test]
    fn time_only_goes_forward() {
        let clock = Clock::start(Timestamp(0));
        let earlier = clock.now();
        clock.pass(Millis(5));
        assert!(clock.now() >= earlier + Millis(5));
    }
}
