//! What a page shows in place of what could not be had, always with a way on.
//!
//! It knows the errors that strangers may learn; what was asked for is said by the page.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_location;

use crate::api::ApiError;
use crate::protocol::refusal::sentence;
use crate::ui::address::address;
use crate::ui::components::logo::Logo;
use crate::ui::response;

/// A whole page about an error. Who is not signed in is led to the sign-in page and comes back from there.
#[component]
pub fn Trouble(
    /// What happened.
    error: ApiError,
    /// Where to go on, as a path from the product's root.
    way_on: &'static str,
    /// What the way on is called.
    way_on_label: &'static str,
) -> impl IntoView {
    if error == ApiError::NotSignedIn {
        let next = use_location().pathname.get_untracked();
        return view! { <Redirect path=format!("/login?next={next}")/> }.into_any();
    }
    let (title, text) = match &error {
        ApiError::NotFound => {
            response::set_not_found();
            ("Nothing here", "This was deleted, or the address is not quite right.".to_owned())
        }
        ApiError::Unreachable => {
            ("No connection", "The server cannot be reached. Nothing was lost; try again in a moment.".to_owned())
        }
        ApiError::NotAllowed => ("Not for this account", sentence(&error.to_string())),
        ApiError::Changed | ApiError::Refused(_) | ApiError::Later(_) | ApiError::NotSignedIn => {
            ("That did not work", sentence(&error.to_string()))
        }
    };
    view! {
        <Title text=format!("{title} · Podium")/>
        <main class="trouble" id="content" data-theme="auto">
            <p><Logo/></p>
            <h1>{title}</h1>
            <p role="alert">{text}</p>
            <p class="ways">
                // A whole page load: what failed is asked for again.
                <a class="button primary" rel="external" href=address(way_on)>{way_on_label}</a>
            </p>
        </main>
    }
    .into_any()
}
