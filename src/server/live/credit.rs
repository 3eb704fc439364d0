//! What one connection may send: an allowance of messages, and one of their own for answers.
//!
//! Knows nothing of what the messages mean.

use crate::domain::limits::Limits;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::refusal::Refusal;

/// Credit is counted in windows of this length.
const WINDOW_MS: i64 = 10_000;
/// Who sends this many times the allowed messages is not only hasty.
const OVERDRAFT: u32 = 3;

/// Allowance of messages in the current window.
#[derive(Debug, Default)]
pub struct Credit {
    window: i64,
    messages: u32,
    answers: u32,
}

impl Credit {
    /// Takes one message off.
    ///
    /// # Errors
    /// [`Refusal::TooFast`] beyond the limit.
    pub fn message(&mut self, now: Timestamp, limits: &Limits) -> Result<(), Refusal> {
        self.turn_window(now);
        self.messages += 1;
        self.check(self.messages <= limits.messages_per_10s, now)
    }

    /// Takes one answer off.
    ///
    /// # Errors
    /// [`Refusal::TooFast`] beyond the limit.
    pub fn answer(&mut self, now: Timestamp, limits: &Limits) -> Result<(), Refusal> {
        self.turn_window(now);
        self.answers += 1;
        self.check(self.answers <= limits.answers_per_10s, now)
    }

    /// Whether the peer goes on although it was told to wait.
    pub fn is_overdrawn(&self, limits: &Limits) -> bool {
        self.messages > limits.messages_per_10s.saturating_mul(OVERDRAFT)
            || self.answers > limits.answers_per_10s.saturating_mul(OVERDRAFT)
    }

    fn turn_window(&mut self, now: Timestamp) {
        let window = now.0.div_euclid(WINDOW_MS);
        if window != self.window {
            *self = Self { window, ..Self::default() };
        }
    }

    fn check(&self, is_covered: bool, now: Timestamp) -> Result<(), Refusal> {
        if is_covered {
            return Ok(());
        }
        let left = Millis((self.window + 1) * WINDOW_MS - now.0);
        Err(Refusal::TooFast { wait_s: left.whole_seconds_up() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_ends_one_beyond_the_limit_and_returns_with_the_window() {
        let limits = Limits { messages_per_10s: 2, answers_per_10s: 1, ..Limits::default() };
        let mut credit = Credit::default();
        let at = Timestamp(100_000);
        assert!(credit.message(at, &limits).is_ok() && credit.message(at, &limits).is_ok());
        assert_eq!(credit.message(at + Millis(1), &limits), Err(Refusal::TooFast { wait_s: 10 }));
        assert!(credit.answer(at, &limits).is_ok());
        assert!(credit.answer(at, &limits).is_err());
        assert!(credit.message(at + Millis(10_000), &limits).is_ok());
    }

    #[test]
    fn a_peer_that_goes_on_is_overdrawn() {
        let limits = Limits { messages_per_10s: 2, ..Limits::default() };
        let mut credit = Credit::default();
        for _ in 0..6 {
            let _ = credit.message(Timestamp(0), &limits);
        }
        assert!(!credit.is_overdrawn(&limits));
        let _ = credit.message(Timestamp(0), &limits);
        assert!(credit.is_overdrawn(&limits));
    }
}
