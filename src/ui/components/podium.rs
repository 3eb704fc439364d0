//! The podium: the first three on their steps, and confetti, once.
//!
//! It shows the first rows of the board as they are; people who share a rank stand on steps of the same height.

use leptos::prelude::*;

use crate::protocol::state::LeaderboardRow;
use crate::ui::words::{grouped, ordinal};

/// Steps of a podium.
const STEPS: usize = 3;
/// Characters from which a name is set smaller, so that it keeps to its step.
const NAME_LONG: usize = 16;
/// Pieces of confetti: enough for a hall, few enough for an old laptop at the projector.
const PIECES: u32 = 48;

/// The first letter of a name, for the circle above the step, where the stylesheet makes it a capital.
///
/// Signs of ASCII are passed over; of other alphabets everything is a letter here, because their tables are large.
pub fn initial(name: &str) -> String {
    let letter = name.chars().find(|c| c.is_ascii_alphanumeric() || !c.is_ascii());
    letter.or_else(|| name.chars().next()).map(String::from).unwrap_or_default()
}

/// The first three. Third comes up first, the winner last.
#[component]
pub fn Podium(
    /// The rows of the board, by rank.
    #[prop(into)]
    rows: Signal<Vec<LeaderboardRow>>,
) -> impl IntoView {
    let winners = Memo::new(move |_| rows.with(|rows| rows.iter().take(STEPS).cloned().collect::<Vec<_>>()));
    view! {
        <ol class="podium">
            <For
                each=move || winners.get().into_iter().enumerate()
                key=|(place, row)| (*place, row.seat)
                children=|(place, row)| view! { <Step place row/> }
            />
        </ol>
    }
}

/// One of the three, on a step.
#[component]
fn Step(
    /// Its place in the list, from 0: where it stands. Its rank says how high.
    place: usize,
    /// Who.
    row: LeaderboardRow,
) -> impl IntoView {
    let is_long = row.name.chars().count() > NAME_LONG;
    view! {
        <li data-place=place + 1 data-rank=row.rank>
            <span class="avatar" aria-hidden="true"><span>{initial(&row.name)}</span></span>
            <bdi class="name" data-long=is_long.then_some("")>{row.name}</bdi>
            <span class="score">{grouped(row.score)}<span class="visually-hidden">" points"</span></span>
            <span class="step">
                <span aria-hidden="true">{row.rank}</span>
                <span class="visually-hidden">{ordinal(row.rank)}</span>
            </span>
        </li>
    }
}

/// Coloured paper that falls once; where motion is reduced it hangs still.
///
/// Where the pieces are follows from their number, so that server and browser write the same.
#[component]
pub fn Confetti() -> impl IntoView {
    let piece = |number: u32| {
        let color = ["red", "blue", "yellow", "green", "violet"][scattered(number, 5, 5) as usize];
        format!(
            "--across: {}; --height: {}; --delay: {}; --turn: {}; --color: var(--answer-{color})",
            scattered(number, 1, 101),
            scattered(number, 2, 100),
            scattered(number, 3, 24),
            scattered(number, 4, 360),
        )
    };
    view! {
        <div class="confetti" aria-hidden="true">
            {(0..PIECES).map(|number| view! { <i style=piece(number)></i> }).collect_view()}
        </div>
    }
}

/// A number below `range` that looks drawn by chance, and is the same on both sides.
///
/// Source: the finaliser of MurmurHash3, which spreads near numbers far apart.
fn scattered(number: u32, salt: u32, range: u32) -> u32 {
    let mut mixed = (number * 16 + salt).wrapping_mul(0x9E37_79B9);
    mixed = (mixed ^ (mixed >> 16)).wrapping_mul(0x85EB_CA6B);
    mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xC2B2_AE35);
    (mixed ^ (mixed >> 16)) % range
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_initial_is_the_first_letter() {
        for (name, letter) in
            [("Ada L.", "A"), ("zoë", "z"), ("(team) x", "t"), ("محمد", "م"), ("🦊", "🦊"), ("!", "!")]
        {
            assert_eq!(initial(name), letter);
        }
    }
}
