//! What Podium is and which version answers: for people who wonder what they were sent to.
//!
//! A lazy route: players never download it.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{LazyRoute, lazy_route};

/// The page at `/about`.
pub struct About;

#[lazy_route]
impl LazyRoute for About {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! {
            <Title text="About Podium"/>
            <main class="about" id="content">
                <h1>"About Podium"</h1>
                <p>
                    "A host opens a room, people join on their phones, and everyone sees the questions, the countdown "
                    "and the podium at the same instant. Nobody needs an account to play."
                </p>
                <p>"This is version " {env!("CARGO_PKG_VERSION")} ", run by whoever gave you the address."</p>
                <p><a href="/">"Back to the start"</a></p>
            </main>
        }
        .into_any()
    }
}
