//! The front door: the page of an address without a path.

use leptos::prelude::*;
use leptos_meta::Title;

/// The page that greets people who know only the address.
#[component]
pub fn Landing() -> impl IntoView {
    view! {
        <Title text="Podium"/>
        <main class="landing" id="content">
            <h1>"Ready when you are."</h1>
            <p>"Live quizzes for a whole room, on the phones that are already there."</p>
            <p><a href="/about">"What Podium is"</a></p>
        </main>
    }
}
