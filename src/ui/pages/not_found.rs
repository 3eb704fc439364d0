//! The page for an address that leads nowhere.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::ui::address::address;
use crate::ui::components::logo::Logo;
use crate::ui::response;

/// Says that nothing is here, with status 404, and offers a way on.
#[component]
pub fn NotFound() -> impl IntoView {
    response::set_not_found();
    view! {
        <Title text="Nothing here · Podium"/>
        <main class="not-found" id="content" data-theme="auto">
            <p class="brand"><Logo/></p>
            <h1>"Nothing here"</h1>
            <p class="lead">"This address leads nowhere. Perhaps a letter got lost on the way."</p>
            <p><a class="button primary" href=address("/")>"To the start"</a></p>
        </main>
    }
}
