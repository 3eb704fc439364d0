//! What one person may send, on all their connections together: an allowance for each kind of message.
//!
//! Windows slide: what was sent in the window before counts for the part of it that is not over yet. Nothing is counted by
//! address, so that a school behind one address is never punished. Knows nothing of what the messages mean.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::domain::ids::{AdminId, SeatId, SessionId};
use crate::domain::limits::Limits;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::refusal::Refusal;
use crate::server::metrics::label::Limit;

/// Who sends this many times more than allowed although they were told to wait is not only hasty.
const OVERDRAFT: u32 = 2;
/// People whose allowance is kept are swept once there are this many more.
const SWEEP_EVERY: usize = 1_024;

/// What messages cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers; several, because a phone sends again what was not acknowledged.
    Answer,
    /// Signs of life.
    Ping,
    /// Everything else.
    Message,
}

/// Whose allowance it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Person {
    /// A seat in a session.
    Seat(SessionId, SeatId),
    /// An account.
    Account(AdminId),
    /// A connection of nobody in particular.
    Link(u64),
}

/// The allowances of everybody who is here or was a moment ago.
#[derive(Debug, Default)]
pub struct Credits(Mutex<Ledger>);

#[derive(Debug, Default)]
struct Ledger {
    people: HashMap<Person, Arc<Credit>>,
    sweep_at: usize,
}

/// The allowance of one person.
#[derive(Debug, Default)]
pub struct Credit(Mutex<[Spent; 3]>);

/// What was sent of one kind.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    /// The number of the window.
    window: i64,
    current: u32,
    previous: u32,
    /// Beyond the allowance, in this window.
    refused: u32,
}

/// An allowance: so many in so long.
struct Allowance {
    count: u32,
    length: Millis,
}

impl Kind {
    /// How it is called among the limits.
    pub fn limit(self) -> Limit {
        match self {
            Self::Answer => Limit::Answers,
            Self::Ping => Limit::Pings,
            Self::Message => Limit::Messages,
        }
    }

    fn allowance(self, limits: &Limits) -> Allowance {
        match self {
            Self::Answer => Allowance { count: limits.answers_per_10s, length: Millis(10_000) },
            Self::Ping => Allowance { count: limits.pings_per_10s, length: Millis(10_000) },
            Self::Message => Allowance { count: limits.messages_per_minute, length: Millis(60_000) },
        }
    }
}

impl Credits {
    /// The allowance of a person, the same on every connection.
    pub fn of(&self, person: Person, now: Timestamp) -> Arc<Credit> {
        let mut ledger = self.0.lock().expect("nothing panics while it holds the ledger");
        if ledger.people.len() >= ledger.sweep_at {
            // Who is gone and owes nothing would start with a full allowance anyway.
            ledger.people.retain(|_, credit| Arc::strong_count(credit) > 1 || !credit.is_idle(now));
            ledger.sweep_at = ledger.people.len() + SWEEP_EVERY;
        }
        Arc::clone(ledger.people.entry(person).or_default())
    }
}

impl Credit {
    /// Takes one message off.
    ///
    /// # Errors
    /// [`Refusal::TooFast`] beyond the limit.
    pub fn spend(&self, kind: Kind, now: Timestamp, limits: &Limits) -> Result<(), Refusal> {
        let allowance = kind.allowance(limits);
        let mut all = self.0.lock().expect("nothing panics while it holds an allowance");
        let spent = &mut all[kind as usize];
        spent.turn(now, allowance.length);
        if spent.fits_at(now, &allowance) {
            spent.current += 1;
            return Ok(());
        }
        spent.refused = spent.refused.saturating_add(1);
        Err(Refusal::TooFast { wait_s: spent.wait(now, &allowance).whole_seconds_up().max(1) })
    }

    /// Whether the person goes on although they were told to wait.
    pub fn is_overdrawn(&self, kind: Kind, limits: &Limits) -> bool {
        let all = self.0.lock().expect("nothing panics while it holds an allowance");
        all[kind as usize].refused > kind.allowance(limits).count.saturating_mul(OVERDRAFT)
    }

    fn is_idle(&self, now: Timestamp) -> bool {
        let all = self.0.lock().expect("nothing panics while it holds an allowance");
        // The longest window is a minute; two of them ago nothing counts any more.
        all.iter().all(|spent| spent.window < now.0.div_euclid(60_000) - 1 || spent.current == 0)
    }
}

impl Spent {
    fn turn(&mut self, now: Timestamp, length: Millis) {
        let window = now.0.div_euclid(length.0);
        if window != self.window {
            let previous = if window == self.window + 1 { self.current } else { 0 };
            *self = Self { window, current: 0, previous, refused: 0 };
        }
    }

    /// Whether one more fits into the window that ends now.
    fn fits_at(&self, now: Timestamp, allowance: &Allowance) -> bool {
        let passed = now.0.rem_euclid(allowance.length.0);
        let before = u64::from(self.previous) * (allowance.length.0 - passed).unsigned_abs();
        before.div_ceil(allowance.length.0.unsigned_abs()) + u64::from(self.current) < u64::from(allowance.count)
    }

    /// How long until one more fits.
    fn wait(&self, now: Timestamp, allowance: &Allowance) -> Millis {
        let (length, room) = (allowance.length.0, i64::from(allowance.count) - 1);
        let passed = now.0.rem_euclid(length);
        // The part of a window after which what was sent in it leaves enough room in the next.
        let until = |sent: u32, room: i64| length - room * length / i64::from(sent.max(1));
        let room_now = room - i64::from(self.current);
        let at = if room_now >= 0 { until(self.previous, room_now) } else { length + until(self.current, room) };
        Millis((at - passed).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: fn() -> Limits =
        || Limits { messages_per_minute: 6, answers_per_10s: 1, pings_per_10s: 2, ..Limits::default() };
    /// A window begins here.
    const START: Timestamp = Timestamp(1_200_000);

    fn spend(credit: &Credit, at: i64) -> Result<(), Refusal> {
        credit.spend(Kind::Message, START + Millis(at), &LIMITS())
    }

    #[test]
    fn one_beyond_the_limit_is_refused_and_each_kind_has_its_own() {
        let credit = Credit::default();
        for _ in 0..6 {
            assert_eq!(spend(&credit, 0), Ok(()));
        }
        assert!(matches!(spend(&credit, 1), Err(Refusal::TooFast { .. })));
        let limits = LIMITS();
        assert_eq!(credit.spend(Kind::Answer, START, &limits), Ok(()));
        assert!(credit.spend(Kind::Answer, START, &limits).is_err());
        assert_eq!(credit.spend(Kind::Ping, START, &limits), Ok(()));
        assert_eq!(credit.spend(Kind::Ping, START, &limits), Ok(()));
        assert!(credit.spend(Kind::Ping, START, &limits).is_err());
    }

    #[test]
    fn whoever_waits_as_long_as_they_are_told_is_let_in() {
        for (start, spacing) in [(0, 0), (30_000, 0), (0, 1_000), (55_000, 3_000), (20_000, 9_000)] {
            let credit = Credit::default();
            let mut at = start;
            let wait_s = loop {
                match spend(&credit, at) {
                    Err(Refusal::TooFast { wait_s }) => break wait_s,
                    Err(_) | Ok(()) => at += spacing,
                }
            };
            assert_eq!(
                spend(&credit, at + i64::from(wait_s) * 1_000),
                Ok(()),
                "from {start} every {spacing}: {wait_s}"
            );
        }
    }

    #[test]
    fn the_turn_of_a_window_gives_nobody_a_second_helping() {
        let credit = Credit::default();
        for _ in 0..6 {
            assert_eq!(spend(&credit, 59_000), Ok(()));
        }
        assert!(spend(&credit, 60_001).is_err());
        let taken = (0..60).filter(|second| spend(&credit, 60_000 + second * 1_000).is_ok()).count();
        assert!((5..=6).contains(&taken), "{taken}");
    }

    #[test]
    fn who_goes_on_and_on_is_overdrawn() {
        let credit = Credit::default();
        for _ in 0..6 + 12 {
            let _ = spend(&credit, 0);
        }
        assert!(!credit.is_overdrawn(Kind::Message, &LIMITS()));
        let _ = spend(&credit, 0);
        assert!(credit.is_overdrawn(Kind::Message, &LIMITS()));
        assert_eq!(spend(&credit, 130_000), Ok(()));
        assert!(!credit.is_overdrawn(Kind::Message, &LIMITS()));
    }

    #[test]
    fn a_person_has_one_allowance_and_nobody_is_kept_for_ever() {
        let credits = Credits::default();
        let ada = Person::Seat(SessionId(1), SeatId(1));
        let first = credits.of(ada, START);
        for _ in 0..6 {
            assert_eq!(spend(&first, 0), Ok(()));
        }
        assert!(spend(&credits.of(ada, START), 0).is_err(), "another connection, the same person");
        drop(first);
        for number in 0..10_000 {
            credits.of(Person::Link(number), START + Millis(1));
        }
        assert!(spend(&credits.of(ada, START), 1).is_err(), "coming back does not help");
        let later = START + Millis(200_000);
        for number in 0..3_000 {
            credits.of(Person::Link(number), later);
        }
        assert!(credits.0.lock().expect("free").people.len() < 4_200);
    }
}
