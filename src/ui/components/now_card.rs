//! One number of what goes on right now, with its name and, where there is more to see, the way there.
//!
//! It does not know what it counts.

use leptos::prelude::*;

/// A number in a row of them.
#[component]
pub fn NowCard(
    /// What is counted.
    name: &'static str,
    /// The number as it stands there.
    #[prop(into)]
    value: Signal<String>,
    /// Where there is more to see, if somewhere.
    #[prop(optional, into)]
    way: Option<String>,
) -> impl IntoView {
    let name = match way {
        Some(way) => view! { <a href=way>{name}</a> }.into_any(),
        None => name.into_any(),
    };
    view! {
        <li class="now-card">
            <p class="name">{name}</p>
            <p class="value number">{value}</p>
        </li>
    }
    .into_any()
}
