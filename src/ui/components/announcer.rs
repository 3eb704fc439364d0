//! The one voice of a page: tells a screen reader what has changed, politely.
//!
//! It decides nothing about what is worth saying; a page hands it one sentence at a time.

use leptos::prelude::*;

/// Says each new sentence once the reader is free. Visible to nobody.
#[component]
pub fn Announcer(
    /// The sentence; empty says nothing.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    view! { <p class="visually-hidden" role="status">{text}</p> }
}
