//! The end on a player's page: the own place at the podium, and the thanks after it.

use leptos::prelude::*;

use crate::protocol::state::ScoreUpdate;
use crate::ui::components::play_standing::Neighbours;
use crate::ui::components::podium::Confetti;
use crate::ui::words::{counted, grouped, ordinal};

/// Steps of the podium; who stands on one gets confetti on the own screen too.
const STEPS: u32 = 3;

/// The own place while the winners are shown.
#[component]
pub fn PlayPodium(
    /// The own state.
    #[prop(into)]
    you: Signal<ScoreUpdate>,
    /// How many took part.
    #[prop(into)]
    seats: Signal<u32>,
) -> impl IntoView {
    let rank = Memo::new(move |_| you.with(|you| you.rank));
    let score = Memo::new(move |_| you.with(|you| you.score));
    let stands_on_step = Memo::new(move |_| rank.get() <= STEPS && score.get() > 0);
    view! {
        <section class="play-end" data-rank=move || stands_on_step.get().then(|| rank.get())>
            <p class="medal" aria-hidden="true">{move || grouped(rank.get())}</p>
            <h1 tabindex="-1">{move || headline(rank.get(), score.get())}</h1>
            <p>{move || result(rank.get(), score.get(), seats.get())}</p>
            <Neighbours you/>
            {move || stands_on_step.get().then(|| view! { <div class="behind"><Confetti/></div> })}
        </section>
    }
}

/// Thanks, and what it came to.
#[component]
pub fn PlayClosed(
    /// The own state.
    #[prop(into)]
    you: Signal<ScoreUpdate>,
    /// How many took part.
    #[prop(into)]
    seats: Signal<u32>,
    /// The quiz's title.
    title: String,
    /// Where another room is joined.
    join_url: String,
) -> impl IntoView {
    let words = move || you.with(|you| result(you.rank, you.score, seats.get()));
    view! {
        <section class="play-end">
            <h1 tabindex="-1">"Thank you for playing"</h1>
            <p class="title" dir="auto">{title}</p>
            <p>{words}</p>
            <a class="button" href=join_url>"Join another room"</a>
        </section>
    }
}

/// The sentence on top of the podium.
fn headline(rank: u32, score: u32) -> String {
    match (rank, score) {
        (_, 0) => "Well played".to_owned(),
        (1, _) => "You won!".to_owned(),
        (2 | 3, _) => format!("{} place!", ordinal(rank)),
        (other, _) => format!("You are {}", ordinal(other)),
    }
}

/// What it came to.
fn result(rank: u32, score: u32, seats: u32) -> String {
    match seats {
        0 | 1 => format!("You have {}.", counted(score, "point")),
        many => format!("{} of {}, with {}.", ordinal(rank), grouped(many), counted(score, "point")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_without_comparison_where_there_is_none() {
        assert_eq!(result(1, 900, 1), "You have 900 points.");
        assert_eq!(result(22, 1, 120), "22nd of 120, with 1 point.");
    }

    #[test]
    fn nobody_wins_with_nothing() {
        assert_eq!(headline(1, 0), "Well played");
        assert_eq!(headline(1, 10), "You won!");
        assert_eq!(headline(3, 10), "3rd place!");
        assert_eq!(headline(4, 10), "You are 4th");
    }
}
