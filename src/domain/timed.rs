//! How a timed session goes: what its host decides before anybody begins.
//!
//! Knows times and rules, and nothing of who is invited or what is answered.

use serde::{Deserialize, Serialize};

use crate::domain::time::{Millis, Timestamp};

/// The shortest time limit of a whole session: less is a reflex test.
pub const WHOLE_MS_MIN: Millis = Millis(10_000);
/// The longest time limit of a whole session: a day. What takes longer has a window instead.
pub const WHOLE_MS_MAX: Millis = Millis(86_400_000);
/// Attempts that everybody may have.
pub const ATTEMPTS_MAX: u32 = 20;
/// The longest time that one person can be given beside the limit, all in all.
pub const EXTRA_MS_MAX: Millis = Millis(604_800_000);
/// When somebody is reminded of the time, in milliseconds before it is up.
pub const WARNINGS_MS: [Millis; 3] = [Millis(300_000), Millis(60_000), Millis(10_000)];

/// When somebody learns how an answer was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Feedback {
    /// Never; only the host sees it.
    Never,
    /// With each answer, which is final then: practice.
    WithEachAnswer,
    /// As soon as their own attempt is over.
    #[default]
    AtTheEnd,
    /// When the session is closed or its window is over, so that nobody can tell the others.
    WhenClosed,
}

/// What a host decides about a timed session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct TimedSettings {
    /// How long somebody has for everything; `None` for as long as the window is open.
    pub limit: Option<Millis>,
    /// From when on anybody may start; `None` for at once.
    pub opens_at: Option<Timestamp>,
    /// When everything ends, whoever is still at it; `None` for when the host closes it.
    pub closes_at: Option<Timestamp>,
    /// How often everybody may try; the best attempt counts.
    pub attempts: u32,
    /// Whether everybody has the questions in an order of their own.
    pub shuffles_questions: bool,
    /// Whether everybody has the answers of a question in an order of their own.
    pub shuffles_options: bool,
    /// Whether somebody may go back to a question and change the answer.
    pub may_go_back: bool,
    /// When somebody learns how their answers were.
    pub feedback: Feedback,
    /// Whether somebody sees how they did next to the average of the others.
    pub compares: bool,
    /// Whether everybody with the code may take a seat, beside those who are invited.
    pub is_open: bool,
}

impl Default for TimedSettings {
    fn default() -> Self {
        Self {
            limit: Some(Millis(1_200_000)),
            opens_at: None,
            closes_at: None,
            attempts: 1,
            shuffles_questions: false,
            shuffles_options: false,
            may_go_back: true,
            feedback: Feedback::AtTheEnd,
            compares: false,
            is_open: false,
        }
    }
}

impl TimedSettings {
    /// What is wrong with the settings, by the name of the field, with what to do instead; empty if they can be used.
    pub fn problems(&self, now: Timestamp) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if let Some(limit) = self.limit
            && !(WHOLE_MS_MIN..=WHOLE_MS_MAX).contains(&limit)
        {
            problems.push(("minutes", "Choose from 10 seconds to 24 hours.".to_owned()));
        }
        if self.closes_at.is_some_and(|at| at <= now) {
            problems.push(("closes_at", "This is over already; choose a later time.".to_owned()));
        } else if let (Some(from), Some(until)) = (self.opens_at, self.closes_at)
            && from >= until
        {
            problems.push(("closes_at", "Choose a time after the opening.".to_owned()));
        }
        if !(1..=ATTEMPTS_MAX).contains(&self.attempts) {
            problems.push(("attempts", format!("Choose from 1 to {ATTEMPTS_MAX} attempts.")));
        }
        if self.feedback == Feedback::WithEachAnswer && self.may_go_back {
            problems.push(("may_go_back", "An answer that is shown at once cannot be changed afterwards.".to_owned()));
        }
        problems
    }

    /// When an attempt that starts now is over by itself, without extra time.
    pub fn deadline(&self, started_at: Timestamp) -> Option<Timestamp> {
        let by_limit = self.limit.map(|limit| started_at + limit);
        by_limit.into_iter().chain(self.closes_at).min()
    }

    /// Whether nobody may start yet.
    pub fn is_before(&self, now: Timestamp) -> bool {
        self.opens_at.is_some_and(|at| now < at)
    }

    /// Whether nobody may start any more.
    pub fn is_past(&self, now: Timestamp) -> bool {
        self.closes_at.is_some_and(|at| now >= at)
    }
}

/// An order of `count` places that depends on nothing but the number: the same again wherever it is asked for.
///
/// Each order is as likely as any other, as far as 64 bits can tell them apart.
/// Source: the shuffle of Fisher and Yates, with the numbers of SplitMix64.
pub fn shuffled(count: usize, number: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut state = number;
    let mut draw = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    for last in (1..count).rev() {
        // At most a few hundred places of 2^64 numbers: the lean to some of them cannot be seen.
        let other = usize::try_from(draw() % (last as u64 + 1)).unwrap_or(last);
        order.swap(last, other);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_177_085_250);

    fn check(change: impl FnOnce(&mut TimedSettings), fields: &[&str]) {
        let mut settings = TimedSettings::default();
        change(&mut settings);
        let found: Vec<&str> = settings.problems(NOW).iter().map(|(field, _)| *field).collect();
        assert_eq!(found, fields, "{settings:?}");
    }

    #[test]
    fn each_limit_is_told_one_beyond_it() {
        check(|_| {}, &[]);
        check(|it| it.limit = None, &[]);
        check(|it| it.limit = Some(WHOLE_MS_MIN), &[]);
        check(|it| it.limit = Some(WHOLE_MS_MAX), &[]);
        check(|it| it.limit = Some(Millis(WHOLE_MS_MIN.0 - 1)), &["minutes"]);
        check(|it| it.limit = Some(Millis(WHOLE_MS_MAX.0 + 1)), &["minutes"]);
        check(|it| it.attempts = ATTEMPTS_MAX, &[]);
        check(|it| it.attempts = ATTEMPTS_MAX + 1, &["attempts"]);
        check(|it| it.attempts = 0, &["attempts"]);
        check(|it| it.closes_at = Some(NOW + Millis(1)), &[]);
        check(|it| it.closes_at = Some(NOW), &["closes_at"]);
        let window =
            |from, until| move |it: &mut TimedSettings| (it.opens_at, it.closes_at) = (Some(from), Some(until));
        check(window(NOW + Millis(1), NOW + Millis(2)), &[]);
        check(window(NOW + Millis(2), NOW + Millis(2)), &["closes_at"]);
        check(|it| it.feedback = Feedback::WithEachAnswer, &["may_go_back"]);
        check(|it| (it.feedback, it.may_go_back) = (Feedback::WithEachAnswer, false), &[]);
    }

    #[test]
    fn an_attempt_ends_with_its_limit_or_with_the_window_whichever_is_first() {
        let deadline = |limit: Option<i64>, closes: Option<i64>| {
            let (limit, closes_at) = (limit.map(Millis), closes.map(|after| NOW + Millis(after)));
            TimedSettings { limit, closes_at, ..TimedSettings::default() }.deadline(NOW).map(|at| (at - NOW).0)
        };
        assert_eq!(deadline(Some(60_000), None), Some(60_000));
        assert_eq!(deadline(Some(60_000), Some(40_000)), Some(40_000));
        assert_eq!(deadline(Some(60_000), Some(90_000)), Some(60_000));
        assert_eq!(deadline(None, Some(40_000)), Some(40_000));
        assert_eq!(deadline(None, None), None);
    }

    #[test]
    fn an_order_has_every_place_once_and_is_the_same_again() {
        for count in [0, 1, 2, 7, 200] {
            let order = shuffled(count, 42);
            assert_eq!(order, shuffled(count, 42));
            let mut places = order.clone();
            places.sort_unstable();
            assert!(places.into_iter().eq(0..count));
        }
        let mut firsts = [0_u32; 4];
        for number in 0..4_000 {
            firsts[shuffled(4, number)[0]] += 1;
        }
        assert!(firsts.iter().all(|count| (900..1_100).contains(count)), "{firsts:?}");
    }
}
