//! The top line of a player's page: who one is and how one stands.
//!
//! It does not know what is on; the page says what stands in the pill.

use leptos::prelude::*;

use crate::ui::components::podium::initial;

/// Name and pill.
#[component]
pub fn PlayHead(
    /// The player's name.
    #[prop(into)]
    name: Signal<String>,
    /// A few words about now; empty leaves the pill out.
    #[prop(into)]
    pill: Signal<String>,
) -> impl IntoView {
    view! {
        <header class="play-head">
            <span class="avatar" aria-hidden="true">{move || name.with(|name| initial(name))}</span>
            <span class="name"><bdi>{name}</bdi></span>
            {move || pill.with(|pill| (!pill.is_empty()).then(|| view! { <span class="pill">{pill.clone()}</span> }))}
        </header>
    }
}
