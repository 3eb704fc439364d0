//! A moment as people read it: by the clock of the device once scripts run, in UTC before and without them.
//!
//! The server cannot know where somebody is; both sides therefore write UTC first, which says that it is.

use leptos::prelude::*;

use crate::domain::moment::day;
use crate::domain::time::{Millis, Timestamp};
use crate::ui::live;

/// A moment in words. Without a zone it is UTC and says so.
pub fn moment_words(at: Timestamp, zone: Option<Millis>) -> String {
    let local = at + zone.unwrap_or(Millis(0));
    let text = local.to_string();
    // RFC 3339: hours and minutes stand behind the `T`.
    let time = text.get(11..16).unwrap_or_default();
    let utc = if zone.is_none() { " UTC" } else { "" };
    format!("{}, {time}{utc}", day(local))
}

/// A moment.
#[component]
pub fn SessionMoment(
    /// When.
    at: Timestamp,
) -> impl IntoView {
    let zone = RwSignal::new(None);
    // Where this device is belongs to the outside; it is known once the page stands.
    Effect::new(move |_| zone.set(Some(live::zone_at(at))));
    view! { <time datetime=at.to_string()>{move || moment_words(at, zone.get())}</time> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_its_day_and_says_when_it_is_utc() {
        let at = Timestamp::parse("2026-12-31T23:30:00.000Z").expect("a time");
        assert_eq!(moment_words(at, None), "31 December 2026, 23:30 UTC");
        assert_eq!(moment_words(at, Some(Millis(3_600_000))), "1 January 2027, 00:30");
    }
}
