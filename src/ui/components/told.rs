//! What became of a form, above the page that it was sent from.
//!
//! It knows neither the form nor the page: forms leave a sentence under the name `told`, or what is wrong.

use leptos::prelude::*;

use crate::api::admin::Flash;

/// What was done, or what is wrong; nothing if no form was sent.
#[component]
pub fn Told(
    /// What waits from a form.
    flash: Flash,
) -> impl IntoView {
    let told = flash.value("told").map(str::to_owned);
    let wrongs = flash.errors;
    view! {
        {told.map(|text| view! { <p class="told-note" role="status">{text}</p> })}
        {wrongs.into_iter().map(|(_, text)| view! { <p class="trouble-note" role="alert">{text}</p> }).collect_view()}
    }
    .into_any()
}
