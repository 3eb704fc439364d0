//! The ranks: rows that slide from the places of the turn before to those of now.
//!
//! The rows stand in the order of the ranks from the start, so that a page without scripts and a reader get them right;
//! the slide is an animation from where a row was. It does not know how ranks are made.

use leptos::prelude::*;

use crate::domain::ids::SeatId;
use crate::protocol::state::LeaderboardRow;
use crate::ui::words::{counted, grouped};

/// A row with the way it has come.
#[derive(Clone, Debug, PartialEq)]
struct Placed {
    row: LeaderboardRow,
    /// Rows between where it was and where it is; positive if it was further down.
    slide: i64,
    /// Its score as a part of the best one, from 0 to 1.
    share: f64,
}

/// How many rows each row was further down (or, negative, up) before this turn.
///
/// Those who were not on the board start at its end, so that no row comes from outside it.
pub fn slides(rows: &[LeaderboardRow]) -> Vec<i64> {
    let before = |place: usize| i64::from(rows[place].rank) + i64::from(rows[place].moved);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|place| before(*place));
    let mut slides = vec![0; rows.len()];
    for (start, place) in order.into_iter().enumerate() {
        slides[place] = i64::try_from(start).unwrap_or(0) - i64::try_from(place).unwrap_or(0);
    }
    slides
}

fn placed(rows: Vec<LeaderboardRow>) -> Vec<Placed> {
    let best = rows.first().map_or(0, |row| row.score).max(1);
    let slides = slides(&rows);
    rows.into_iter()
        .zip(slides)
        .map(|(row, slide)| {
            let share = f64::from(row.score) / f64::from(best);
            Placed { row, slide, share }
        })
        .collect()
}

/// The ranks, best first. Each new version slides its rows once.
#[component]
pub fn Leaderboard(
    /// The rows, by rank.
    #[prop(into)]
    rows: Signal<Vec<LeaderboardRow>>,
    /// Counts the turns; the same number is the same ranks.
    #[prop(into)]
    version: Signal<u32>,
    /// A seat to point out, if it is somebody's own board.
    #[prop(optional, into)]
    own: Signal<Option<SeatId>>,
) -> impl IntoView {
    let rows = Memo::new(move |_| placed(rows.get()));
    view! {
        <ol class="leaderboard" style=("--rows", move || rows.with(Vec::len).to_string())>
            <For
                each=move || {
                    let version = version.get();
                    rows.get().into_iter().map(move |placed| (version, placed))
                }
                key=|(version, placed)| (*version, placed.row.seat)
                children=move |(_, placed)| view! { <Row placed own/> }
            />
        </ol>
    }
}

/// One seat's row.
#[component]
fn Row(
    /// What it shows.
    placed: Placed,
    /// The seat to point out.
    own: Signal<Option<SeatId>>,
) -> impl IntoView {
    let Placed { row, slide, share } = placed;
    view! {
        <li
            data-rank=row.rank
            data-own=move || (own.get() == Some(row.seat)).then_some("")
            style=format!("--slide: {slide}; --share: {share:.4}")
        >
            <span class="rank">{row.rank}</span>
            <bdi class="name">{row.name}</bdi>
            <span class="score">{grouped(row.score)}<span class="visually-hidden">" points"</span></span>
            <Moved places=row.moved/>
        </li>
    }
}

/// How far a row has moved: an arrow with a number, and the same in words.
#[component]
pub fn Moved(
    /// Places gained; negative when lost.
    places: i32,
) -> impl IntoView {
    let (way, sign, words) = match places {
        0 => ("none", "–".to_owned(), "same place".to_owned()),
        1.. => ("up", format!("▲ {places}"), format!("up {}", counted(places.unsigned_abs(), "place"))),
        _ => (
            "down",
            format!("▼ {}", places.unsigned_abs()),
            format!("down {}", counted(places.unsigned_abs(), "place")),
        ),
    };
    view! {
        <span class="moved" data-way=way>
            <span aria-hidden="true">{sign}</span>
            <span class="visually-hidden">{words}</span>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(moved: &[i32], expected: &[i64]) {
        let row = |(place, moved): (usize, &i32)| LeaderboardRow {
            seat: SeatId(place as u32 + 1),
            name: format!("p{place}"),
            score: 1_000 - place as u32,
            rank: place as u32 + 1,
            moved: *moved,
        };
        let rows: Vec<_> = moved.iter().enumerate().map(row).collect();
        assert_eq!(slides(&rows), expected);
    }

    #[test]
    fn a_row_slides_from_where_it_was() {
        check(&[], &[]);
        check(&[0, 0, 0], &[0, 0, 0]);
        check(&[2, -1, -1], &[2, -1, -1]);
    }

    #[test]
    fn who_was_not_on_the_board_comes_from_its_end() {
        check(&[0, 20, -1, -1], &[0, 2, -1, -1]);
    }
}
