//! A name on a chip, as the lobby shows who is there.

use leptos::prelude::*;

/// A name. One that is away is told by more than its colour.
#[component]
pub fn NameChip(
    /// Who.
    #[prop(into)]
    name: String,
    /// Whether they are away at the moment.
    #[prop(into, optional)]
    away: Signal<bool>,
) -> impl IntoView {
    view! {
        <span class="chip" data-away=move || away.get().then_some("")>
            <bdi>{name}</bdi>
            {move || away.get().then(|| view! { <span class="visually-hidden">" (away)"</span> })}
        </span>
    }
}
