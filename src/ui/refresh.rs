//! Asking again now and then, for what no link tells.
//!
//! Browser only: on the server an effect does not run, so nothing is ever asked there. A hidden page asks nothing.

use std::time::Duration;

use leptos::prelude::*;

/// Runs something every so many seconds while the page is seen, until the calling component is gone.
pub fn every(seconds: u64, run: impl Fn() + Clone + 'static) {
    Effect::new(move |_| {
        let run = run.clone();
        let ask = move || {
            if !document().hidden() {
                run();
            }
        };
        if let Ok(interval) = set_interval_with_handle(ask, Duration::from_secs(seconds)) {
            on_cleanup(move || interval.clear());
        }
    });
}
