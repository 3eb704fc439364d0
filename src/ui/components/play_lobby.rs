//! A player's page before the first question: one is in, and can lean back.

use leptos::prelude::*;

/// Says that the seat is taken, where to look, and how many others are there.
#[component]
pub fn PlayLobby(
    /// The quiz's title.
    title: String,
    /// The language of the title, as a BCP 47 tag.
    language: String,
    /// The player's name.
    #[prop(into)]
    name: Signal<String>,
    /// Seats with an open link.
    #[prop(into)]
    here: Signal<u32>,
    /// Whether a host's link is open.
    #[prop(into)]
    is_host_here: Signal<bool>,
) -> impl IntoView {
    let company = Memo::new(move |_| company(here.get()));
    let wait = move || if is_host_here.get() { "The host starts the quiz." } else { "We wait for the host." };
    view! {
        <section class="play-lobby">
            <p class="title" lang=language dir="auto">{title}</p>
            <h1 tabindex="-1">"You’re in, "<bdi>{name}</bdi></h1>
            <p>"Look at the stage: your name is up there."</p>
            <p class="company">
                <strong class="count">{move || company.get().0}</strong>" "{move || company.get().1}
            </p>
            <p class="wait">{wait}" Keep this page open; if it closes, your seat stays yours."</p>
        </section>
    }
}

/// How many are there, as a number and the words after it.
fn company(here: u32) -> (String, &'static str) {
    match here {
        0 | 1 => ("You".to_owned(), "are the first one here"),
        many => (crate::ui::words::grouped(many), "are here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_that_they_are_alone() {
        for (here, number, words) in
            [(0, "You", "are the first one here"), (1, "You", "are the first one here"), (1_200, "1,200", "are here")]
        {
            assert_eq!(company(here), (number.to_owned(), words));
        }
    }
}
