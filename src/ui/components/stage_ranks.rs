//! The ranks on the stage: the standings after a turn, and the podium at the end.

use leptos::prelude::*;

use crate::protocol::state::Leaderboard as Board;
use crate::ui::components::leaderboard::Leaderboard;
use crate::ui::components::podium::{Confetti, Podium};
use crate::ui::words::{counted, grouped};

/// The ranks after a turn; the rows slide from where they were.
#[component]
pub fn StageStandings(
    /// The ranks.
    #[prop(into)]
    board: Signal<Board>,
) -> impl IntoView {
    let version = Memo::new(move |_| board.with(|board| board.version));
    let rows = Memo::new(move |_| board.with(|board| board.rows.clone()));
    view! {
        <section class="stage-ranks">
            <h1>"Standings"</h1>
            {move || if rows.with(Vec::is_empty) {
                view! { <p class="empty">"Nobody has points yet. The next question is a new chance."</p> }.into_any()
            } else {
                view! { <Leaderboard rows version/> }.into_any()
            }}
        </section>
    }
    .into_any()
}

/// Who climbed most, if anybody did.
#[component]
pub fn HighestClimb(
    /// The ranks.
    #[prop(into)]
    board: Signal<Board>,
) -> impl IntoView {
    let climber = Memo::new(move |_| board.with(|board| board.climber.clone()));
    move || {
        climber.get().map(|climber| {
            view! {
                <p class="stage-climb">
                    "Highest climb: "<strong><bdi>{climber.name}</bdi></strong>", up "{counted(climber.places, "place")}
                </p>
            }
        })
    }
}

/// The winners on their steps.
#[component]
pub fn StagePodium(
    /// The ranks.
    #[prop(into)]
    board: Signal<Board>,
) -> impl IntoView {
    let rows = Memo::new(move |_| board.with(|board| board.rows.clone()));
    view! {
        <section class="stage-ranks" data-part="podium">
            <h1 class="visually-hidden">"The podium"</h1>
            {move || if rows.with(Vec::is_empty) {
                view! { <p class="empty">"Nobody played this time. Same place, another evening."</p> }.into_any()
            } else {
                view! { <Podium rows/><Confetti/> }.into_any()
            }}
        </section>
    }
    .into_any()
}

/// The end: thanks, and who won.
#[component]
pub fn StageEnd(
    /// The ranks.
    #[prop(into)]
    board: Signal<Board>,
    /// How many played.
    #[prop(into)]
    seats: Signal<u32>,
) -> impl IntoView {
    view! {
        <section class="stage-ranks" data-part="end">
            <h1>"Thank you for playing"</h1>
            <p class="last">{move || board.with(|board| last_words(board, seats.get()))}</p>
        </section>
    }
    .into_any()
}

/// Who won, in a sentence; ties are told together.
fn last_words(board: &Board, seats: u32) -> String {
    let winners: Vec<_> = board.rows.iter().filter(|row| row.rank == 1).collect();
    let names: Vec<_> = winners.iter().map(|row| row.name.as_str()).collect();
    match (winners.first(), names.as_slice()) {
        (Some(first), [name]) if first.score > 0 => format!("{name} won with {} points.", grouped(first.score)),
        (Some(first), [some @ .., last]) if first.score > 0 => {
            format!("{} and {last} won together with {} points.", some.join(", "), grouped(first.score))
        }
        _ if seats == 0 => "Nobody was here this time.".to_owned(),
        _ => format!("{} took part.", counted(seats, "player")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SeatId;
    use crate::protocol::state::LeaderboardRow;

    fn check(rows: &[(&str, u32, u32)], words: &str) {
        let row = |(name, score, rank): &(&str, u32, u32)| LeaderboardRow {
            seat: SeatId(1),
            name: (*name).to_owned(),
            score: *score,
            rank: *rank,
            moved: 0,
        };
        let board = Board { version: 1, rows: rows.iter().map(row).collect(), climber: None };
        assert_eq!(last_words(&board, 7), words);
    }

    #[test]
    fn the_winner_has_the_last_word() {
        check(&[("Grace", 9_240, 1), ("Ada", 8_912, 2)], "Grace won with 9,240 points.");
        check(&[("Grace", 900, 1), ("Ada", 900, 1), ("Zoë", 1, 3)], "Grace and Ada won together with 900 points.");
        check(&[("Grace", 0, 1)], "7 players took part.");
        check(&[], "7 players took part.");
    }
}
