//! One person of a timed session: how far they are, and the way to what can be done about it.
//!
//! It reads its own row out of the view, so that nothing else is drawn anew when that changes.

use leptos::prelude::*;

use crate::domain::ids::{SeatId, SessionId};
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::timed::{SeatRow, TimedHostView};
use crate::ui::address::address;
use crate::ui::components::session_state::{SeatBadge, is_done};
use crate::ui::components::session_table::row_of;
use crate::ui::words::{grouped, lasting, running_clock};

/// What stands where nothing is to be told.
const NOTHING: &str = "–";

/// What is left of somebody's time, in words and figures.
pub fn time_left(row: &SeatRow, now: Timestamp) -> String {
    match (row.stopped_with, row.deadline) {
        (Some(left), _) => format!("{}, stopped", running_clock(left)),
        (None, Some(deadline)) => running_clock(deadline - now),
        (None, None) if row.state.is_under_way() => "no limit".to_owned(),
        (None, None) => NOTHING.to_owned(),
    }
}

/// How long ago something was.
fn ago(at: Option<Timestamp>, now: Timestamp) -> String {
    match at.map(|at| now - at) {
        None => NOTHING.to_owned(),
        Some(gone) if gone.0 < 10_000 => "just now".to_owned(),
        Some(gone) if gone.0 < 86_400_000 => format!("{} ago", lasting(gone)),
        Some(gone) if gone.0 < 172_800_000 => "yesterday".to_owned(),
        Some(gone) => format!("{} days ago", gone.0 / 86_400_000),
    }
}

/// The row.
#[component]
pub fn SessionRow(
    /// The session.
    id: SessionId,
    /// Who.
    seat: SeatId,
    /// What the host sees.
    view: Signal<TimedHostView>,
    /// The time.
    now: Signal<Timestamp>,
    /// The time, rounded down to what "3 min ago" needs.
    lately: Memo<Timestamp>,
    /// Opens what can be done about a seat.
    on_manage: Callback<SeatId>,
) -> impl IntoView {
    // A row that has just gone is drawn once more, with what it had.
    let row = Memo::new(move |before: Option<&Option<SeatRow>>| {
        view.with(|view| row_of(view, seat).cloned()).or_else(|| before.cloned().flatten())
    });
    let (questions, score_max) = view.with_untracked(|view| (view.timed.question_count, view.score_max));
    let of = move |read: fn(&SeatRow) -> u32| Memo::new(move |_| row.with(|row| row.as_ref().map_or(0, read)));
    let (answered, attempt) = (of(|row| row.answered), of(|row| row.attempt));
    let name = Memo::new(move |_| row.with(|row| row.as_ref().map(|row| row.name.clone()).unwrap_or_default()));
    let state = Memo::new(move |_| row.with(|row| row.as_ref().map(|row| row.state)));
    let is_here = Memo::new(move |_| row.with(|row| row.as_ref().is_some_and(|row| row.is_here)));
    let left =
        Memo::new(move |_| row.with(|row| row.as_ref().map(|row| time_left(row, now.get())).unwrap_or_default()));
    let extra = Memo::new(move |_| row.with(|row| row.as_ref().map_or(Millis(0), |row| row.extra)));
    let last = Memo::new(move |_| ago(row.with(|row| row.as_ref().and_then(|row| row.last_at)), lately.get()));
    let score = Memo::new(move |_| row.with(|row| row.as_ref().and_then(|row| row.score)));
    let has_result = Memo::new(move |_| state.get().is_some_and(is_done) || score.get().is_some());
    let here = address(&format!("/sessions/{id}/seats/{seat}"));
    view! {
        <tr data-state=move || state.get().map(|state| state.name())>
            <th scope="row" class="name" data-label="Name">
                <span><bdi>{name}</bdi><span class="here">{move || if is_here.get() { " · here" } else { "" }}</span></span>
            </th>
            <td data-label="State"><SeatBadge state/></td>
            <td class="progress" data-label="Progress">
                <span>
                    <progress max=questions.to_string() value=move || answered.get().to_string() aria-hidden="true"></progress>
                    <span class="number">{answered}" / "{questions}</span>
                </span>
            </td>
            <td class="number" data-label="Time left">
                <span>
                    {left}
                    {move || (extra.get().0 > 0).then(|| view! { <small class="extra">" +"{lasting(extra.get())}</small> })}
                </span>
            </td>
            <td class="number" data-label="Attempt">{move || if attempt.get() == 0 { NOTHING.to_owned() } else { attempt.get().to_string() }}</td>
            <td class="number" data-label="Score">
                {move || match score.get() {
                    Some(score) => format!("{} / {}", grouped(score), grouped(score_max)),
                    None => NOTHING.to_owned(),
                }}
            </td>
            <td data-label="Last activity">{last}</td>
            <td class="deeds">
                <span>
                    <Show when=move || has_result.get()>
                        <a class="button quiet" href=here.clone()>
                            "Result"<span class="visually-hidden">" of "{name}</span>
                        </a>
                    </Show>
                    <button type="button" class="button quiet needs-scripts" on:click=move |_| on_manage.run(seat)>
                        "Manage"<span class="visually-hidden">" "{name}</span>
                    </button>
                </span>
            </td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::timed::SeatState;

    #[test]
    fn the_time_that_is_left_counts_from_the_deadline_unless_the_clock_is_stopped() {
        let now = Timestamp(1_000_000);
        let row = |state, deadline: Option<i64>, stopped: Option<i64>| SeatRow {
            seat: SeatId(1),
            name: String::new(),
            person: None,
            state,
            is_here: true,
            attempt: 1,
            attempts_left: 0,
            answered: 0,
            started_at: Some(now),
            deadline: deadline.map(|left| now + Millis(left)),
            stopped_with: stopped.map(Millis),
            extra: Millis(0),
            ended_at: None,
            score: None,
            last_at: None,
        };
        for (row, words) in [
            (row(SeatState::Active, Some(372_000), None), "06:12"),
            (row(SeatState::Active, Some(-1), None), "00:00"),
            (row(SeatState::Active, None, None), "no limit"),
            (row(SeatState::Paused, None, Some(60_000)), "01:00, stopped"),
            (row(SeatState::Finished, None, None), "–"),
        ] {
            assert_eq!(time_left(&row, now), words);
        }
    }

    #[test]
    fn what_was_is_told_as_people_say_it() {
        let now = Timestamp(1_000_000_000);
        for (gone, words) in
            [(0, "just now"), (60_000, "1 min ago"), (90_000_000, "yesterday"), (200_000_000, "2 days ago")]
        {
            assert_eq!(ago(Some(now - Millis(gone)), now), words);
        }
        assert_eq!(ago(None, now), "–");
    }
}
