//! The time that is left: a ring with its number for the stage, a bar for phones.
//!
//! The page owns the clock; a countdown only shows where `now` lies between two points. Both run evenly, turn warm in
//! the last five seconds, and never tell by colour alone: the ring has its number, the bar its words.

use leptos::prelude::*;

use crate::domain::time::{Millis, Timestamp};

/// The last stretch, in which a countdown is warm.
const WARM: Millis = Millis(5_000);

/// The part of the time that is left, from 1 down to 0. A stretch without length is over.
pub fn share_left(now: Timestamp, from: Timestamp, until: Timestamp) -> f64 {
    let whole = (until - from).0;
    if whole <= 0 {
        return 0.0;
    }
    let left = (until - now).0.clamp(0, whole);
    // Both are far below 2^52, so nothing is lost.
    left as f64 / whole as f64
}

/// Whether the last seconds run.
pub fn is_warm(now: Timestamp, until: Timestamp) -> bool {
    until - now <= WARM
}

/// What is left, as people read a clock: seconds, and from a hundred on minutes and seconds. With its unit for ears.
fn clock(seconds: u32) -> (String, &'static str) {
    if seconds < 100 {
        (seconds.to_string(), "seconds")
    } else {
        (format!("{}:{:02}", seconds / 60, seconds % 60), "minutes")
    }
}

/// What both forms derive from the clock.
#[derive(Clone, Copy)]
struct Course {
    share: Memo<String>,
    seconds: Memo<Option<u32>>,
    warm: Memo<bool>,
}

impl Course {
    fn of(now: Signal<Timestamp>, from: Signal<Timestamp>, until: Signal<Option<Timestamp>>) -> Self {
        let share = move |_: Option<&String>| {
            let left = until.get().map_or(1.0, |until| share_left(now.get(), from.get(), until));
            format!("{left:.4}")
        };
        Self {
            share: Memo::new(share),
            // Before the stretch begins the number stands at its whole length.
            seconds: Memo::new(move |_| {
                until.get().map(|until| (until - now.get().max(from.get())).whole_seconds_up())
            }),
            warm: Memo::new(move |_| until.get().is_some_and(|until| is_warm(now.get(), until))),
        }
    }
}

/// A ring that empties, with the seconds in it. Without an end it stays whole and says that there is no limit.
#[component]
pub fn CountdownRing(
    /// The time.
    #[prop(into)]
    now: Signal<Timestamp>,
    /// When the stretch begins.
    #[prop(into)]
    from: Signal<Timestamp>,
    /// When it ends, if it does.
    #[prop(into)]
    until: Signal<Option<Timestamp>>,
) -> impl IntoView {
    let Course { share, seconds, warm } = Course::of(now, from, until);
    view! {
        <div class="countdown" data-form="ring" data-warm=move || warm.get().then_some("") style=("--left", share)>
            <svg viewBox="0 0 100 100" aria-hidden="true">
                <circle class="track" cx="50" cy="50" r="46"/>
                <circle class="left" cx="50" cy="50" r="46" pathLength="1"/>
            </svg>
            {move || match seconds.get() {
                Some(seconds) => {
                    let (number, unit) = clock(seconds);
                    view! {
                        <span class="seconds" role="timer">
                            {number}<span class="visually-hidden">" "{unit}" left"</span>
                        </span>
                    }
                    .into_any()
                }
                None => view! { <span class="words">"no time limit"</span> }.into_any(),
            }}
        </div>
    }
}

/// A bar that empties, with the seconds beside it. Nothing at all without an end.
#[component]
pub fn CountdownBar(
    /// The time.
    #[prop(into)]
    now: Signal<Timestamp>,
    /// When the stretch begins.
    #[prop(into)]
    from: Signal<Timestamp>,
    /// When it ends, if it does.
    #[prop(into)]
    until: Signal<Option<Timestamp>>,
    /// What the number is about, for example "left" or "until the answers open".
    #[prop(into, default = "left".into())]
    words: Signal<String>,
) -> impl IntoView {
    let Course { share, seconds, warm } = Course::of(now, from, until);
    view! {
        <div class="countdown" data-form="bar" data-warm=move || warm.get().then_some("") style=("--left", share)>
            <span class="track" aria-hidden="true"><span class="left"></span></span>
            {move || seconds.get().map(|seconds| {
                let (number, unit) = clock(seconds);
                let sign = if unit == "seconds" { " s" } else { "" };
                view! {
                    <span class="seconds" role="timer">{number}{sign}<span class="visually-hidden">" "{words}</span></span>
                }
            })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_time_is_told_in_minutes() {
        for (seconds, number, unit) in
            [(0, "0", "seconds"), (99, "99", "seconds"), (100, "1:40", "minutes"), (605, "10:05", "minutes")]
        {
            assert_eq!(clock(seconds), (number.to_owned(), unit));
        }
    }

    fn check(now: i64, share: f64, warm: bool) {
        let (from, until) = (Timestamp(10_000), Timestamp(30_000));
        let left = share_left(Timestamp(now), from, until);
        assert!((left - share).abs() < 1e-9, "{left} at {now}");
        assert_eq!(is_warm(Timestamp(now), until), warm, "at {now}");
    }

    #[test]
    fn a_countdown_runs_from_whole_to_nothing_and_is_warm_at_the_end() {
        check(0, 1.0, false);
        check(10_000, 1.0, false);
        check(15_000, 0.75, false);
        check(24_999, 0.25005, false);
        check(25_000, 0.25, true);
        check(30_000, 0.0, true);
        check(99_000, 0.0, true);
    }

    #[test]
    fn a_stretch_without_length_is_over() {
        assert!(share_left(Timestamp(5), Timestamp(5), Timestamp(5)).abs() < f64::EPSILON);
    }
}
