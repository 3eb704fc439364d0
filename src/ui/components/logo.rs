//! The sign of the house: three bars, the middle one gold, and the name beside them.

use leptos::prelude::*;

/// The three bars and a name: the product's, or the quiz's where the product steps back.
#[component]
pub fn Logo(
    /// What stands beside the bars.
    #[prop(into, default = "Podium".into())]
    name: Signal<String>,
) -> impl IntoView {
    view! {
        <span class="logo">
            <svg viewBox="0 0 26 24" aria-hidden="true">
                <rect class="side" x="0" y="10" width="7.5" height="14" rx="1.75"/>
                <rect class="middle" x="9.25" y="0" width="7.5" height="24" rx="1.75"/>
                <rect class="side" x="18.5" y="15" width="7.5" height="9" rx="1.75"/>
            </svg>
            <bdi>{name}</bdi>
        </span>
    }
}
