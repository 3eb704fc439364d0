//! Where a player stands among the others: rank, the two neighbours, and what lies between.

use std::cmp::Ordering;

use leptos::prelude::*;

use crate::protocol::state::{Neighbour, ScoreUpdate};
use crate::ui::components::leaderboard::Moved;
use crate::ui::words::{counted, grouped, ordinal};

/// The own rank, large, with the neighbours.
#[component]
pub fn PlayStanding(
    /// The own state.
    #[prop(into)]
    you: Signal<ScoreUpdate>,
    /// Places gained since the turn before, where they are known.
    #[prop(into)]
    moved: Signal<Option<i32>>,
) -> impl IntoView {
    let rank = Memo::new(move |_| you.with(|you| you.rank));
    view! {
        <section class="play-standing">
            <h1 tabindex="-1">
                <span class="lead">"You are "</span>
                <span class="rank">{move || ordinal(rank.get())}</span>
            </h1>
            {move || moved.get().filter(|places| *places != 0).map(|places| view! { <p class="way"><Moved places/></p> })}
            <Neighbours you/>
            <p class="distance">{move || you.with(distance)}</p>
        </section>
    }
}

/// Who is just ahead, oneself, and who is just behind.
#[component]
pub fn Neighbours(
    /// The own state.
    #[prop(into)]
    you: Signal<ScoreUpdate>,
) -> impl IntoView {
    let other = |neighbour: Neighbour| {
        let Neighbour { name, rank, score } = neighbour;
        view! { <li><span class="rank">{rank}</span><span class="name"><bdi>{name}</bdi></span><Score score/></li> }
    };
    move || {
        let ScoreUpdate { score, rank, ahead, behind, .. } = you.get();
        view! {
            <ol class="play-neighbours">
                {ahead.map(other)}
                <li data-own="" aria-current="true"><span class="rank">{rank}</span><span class="name">"You"</span><Score score/></li>
                {behind.map(other)}
            </ol>
        }
    }
}

/// Points with their noun for a screen reader.
#[component]
fn Score(
    /// How many.
    score: u32,
) -> impl IntoView {
    view! { <span class="score">{grouped(score)}<span class="visually-hidden">" points"</span></span> }
}

/// What lies between oneself and the next: `40 points behind Grace H.`
pub fn distance(you: &ScoreUpdate) -> String {
    let to = |other: &Neighbour| {
        let points = counted(other.score.abs_diff(you.score), "point");
        match other.score.cmp(&you.score) {
            Ordering::Greater => format!("{points} behind {}", other.name),
            Ordering::Equal => format!("Level with {}", other.name),
            Ordering::Less => format!("{points} ahead of {}", other.name),
        }
    };
    let sentence = you.ahead.as_ref().or(you.behind.as_ref()).map(to).unwrap_or_default();
    // A name may end in its own full stop: `Grace H.`
    let ending = if sentence.is_empty() || sentence.ends_with('.') { "" } else { "." };
    format!("{sentence}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SeatId;

    fn check(ahead: Option<(&str, u32)>, behind: Option<(&str, u32)>, words: &str) {
        let neighbour = |(name, score): (&str, u32)| Neighbour { name: name.to_owned(), rank: 1, score };
        let you = ScoreUpdate {
            user: SeatId(1),
            name: "Ada".to_owned(),
            score: 4_285,
            rank: 2,
            ahead: ahead.map(neighbour),
            behind: behind.map(neighbour),
            answer: None,
            result: None,
        };
        assert_eq!(distance(&you), words);
    }

    #[test]
    fn the_distance_to_the_next_is_told_in_points() {
        check(Some(("Grace H.", 4_325)), Some(("Zoë", 1)), "40 points behind Grace H.");
        check(Some(("Zoë", 4_286)), None, "1 point behind Zoë.");
        check(Some(("Zoë", 4_285)), None, "Level with Zoë.");
        check(None, Some(("Zoë", 3_285)), "1,000 points ahead of Zoë.");
        check(None, None, "");
    }
}
