//! Everybody in a timed session as a table that keeps itself up to date: searched, filtered, and as long as one can read.
//!
//! It knows what the host sees and nothing of how it arrives. Rows stay in place when they change, so that scroll position
//! and focus stay as well.

use leptos::prelude::*;

use crate::domain::code::JoinCode;
use crate::domain::ids::{SeatId, SessionId};
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::message::{EncodedView, Message};
use crate::protocol::timed::{Progress, SeatRow, SeatState, TimedHostView};
use crate::protocol::view::{Audience, Show};
use crate::ui::components::session_row::SessionRow;
use crate::ui::components::session_state::{is_done, state_words};
use crate::ui::live::{LiveView, lower_case};
use crate::ui::words::{counted, grouped};

/// Rows that are drawn at first, and that each "show more" adds.
const ROWS: usize = 200;
/// How often "3 min ago" is looked at again.
const AGO_EVERY_MS: i64 = 5_000;

impl LiveView for TimedHostView {
    const AUDIENCE: Audience = Audience::Host;

    fn show(&self) -> Option<&Show> {
        None
    }

    fn code(&self) -> Option<JoinCode> {
        Some(self.timed.code)
    }

    fn fold(&mut self, message: &Message) {
        if let Message::Progress(progress) = message
            && let Some(progress) = progress.read::<Progress>()
        {
            self.apply(&progress);
        }
    }

    fn replace(&mut self, view: &EncodedView) {
        if let Some(view) = view.read() {
            *self = view;
        }
    }
}

/// A length as a number that is shown; sessions are far smaller than its end.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// How many people there are, by how far they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Everybody.
    pub people: u32,
    /// Those who look at their page now.
    pub here: u32,
    /// Those who are at it.
    pub under_way: u32,
    /// Those who are done.
    pub done: u32,
}

impl Figures {
    /// Counts.
    pub fn of(seats: &[SeatRow]) -> Self {
        let count = |fits: fn(&&SeatRow) -> bool| number(seats.iter().filter(fits).count());
        Self {
            people: number(seats.len()),
            here: count(|row| row.is_here),
            under_way: count(|row| row.state.is_under_way()),
            done: count(|row| is_done(row.state)),
        }
    }
}

/// Which rows are listed, and how many there are that would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Listed {
    seats: Vec<SeatId>,
    found: usize,
}

/// Those whose names contain what was typed and whose state is asked for, by seat, and no more than fit.
fn listed(seats: &[SeatRow], search: &str, state: Option<SeatState>, most: usize) -> Listed {
    let wanted = lower_case(search.trim());
    let fits = |row: &&SeatRow| {
        state.is_none_or(|state| row.state == state) && (wanted.is_empty() || lower_case(&row.name).contains(&wanted))
    };
    let found: Vec<SeatId> = seats.iter().filter(fits).map(|row| row.seat).collect();
    Listed { found: found.len(), seats: found.into_iter().take(most).collect() }
}

/// The row of a seat; rows stand by seat.
pub fn row_of(view: &TimedHostView, seat: SeatId) -> Option<&SeatRow> {
    view.seats.binary_search_by_key(&seat, |row| row.seat).ok().map(|at| &view.seats[at])
}

/// Search, filter and table.
#[component]
pub fn SessionTable(
    /// The session.
    id: SessionId,
    /// What the host sees.
    #[prop(into)]
    view: Signal<TimedHostView>,
    /// The time.
    #[prop(into)]
    now: Signal<Timestamp>,
    /// Opens what can be done about a seat.
    on_manage: Callback<SeatId>,
) -> impl IntoView {
    let search = RwSignal::new(String::new());
    let state = RwSignal::new(None::<SeatState>);
    let most = RwSignal::new(ROWS);
    let listed = Memo::new(move |_| {
        view.with(|view| search.with(|search| listed(&view.seats, search, state.get(), most.get())))
    });
    let is_empty = Memo::new(move |_| view.with(|view| view.seats.is_empty()));
    let found = Memo::new(move |_| listed.with(|listed| listed.found));
    let hidden = Memo::new(move |_| listed.with(|listed| number(listed.found - listed.seats.len())));
    // "3 min ago" need not be reckoned anew ten times a second.
    let lately = Memo::new(move |_| {
        let now = now.get();
        now - Millis(now.0.rem_euclid(AGO_EVERY_MS))
    });
    let choose = move |event| {
        let chosen = event_target_value(&event);
        state.set(SeatState::ALL.into_iter().find(|state| state.name() == chosen));
        most.set(ROWS);
    };
    let option = |state: SeatState| view! { <option value=state.name()>{state_words(state)}</option> };
    view! {
        <section class="session-table" aria-labelledby="session-people">
            <h2 id="session-people" tabindex="-1">"People"</h2>
            <Show when=move || is_empty.get()>
                <p class="empty">"Nobody is in this session yet. Invite people, or let them in with the code."</p>
            </Show>
            <Show when=move || !is_empty.get()>
                <div class="search needs-scripts" role="search">
                    <label>
                        "Search"
                        <input
                            type="search"
                            autocomplete="off"
                            prop:value=move || search.get()
                            on:input=move |event| {
                                search.set(event_target_value(&event));
                                most.set(ROWS);
                            }
                        />
                    </label>
                    <label>
                        "State"
                        <select on:change=choose>
                            <option value="">"All"</option>
                            {SeatState::ALL.into_iter().map(option).collect_view()}
                        </select>
                    </label>
                    <p class="found" role="status">{move || counted_people(number(found.get()))}</p>
                </div>
                <Show when=move || found.get() == 0>
                    <p class="empty">"Nobody fits what you are looking for."</p>
                </Show>
                <Show when=move || found.get() != 0>
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">"Name"</th>
                                <th scope="col">"State"</th>
                                <th scope="col">"Progress"</th>
                                <th scope="col">"Time left"</th>
                                <th scope="col">"Attempt"</th>
                                <th scope="col">"Score"</th>
                                <th scope="col">"Last activity"</th>
                                <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                            </tr>
                        </thead>
                        <tbody>
                            <For each=move || listed.get().seats key=|seat| *seat let:seat>
                                <SessionRow id seat view now lately on_manage/>
                            </For>
                        </tbody>
                    </table>
                </Show>
                <Show when=move || hidden.get() != 0>
                    <p class="more">
                        {move || format!("{} more are not shown. ", grouped(hidden.get()))}
                        <button type="button" class="button needs-scripts" on:click=move |_| most.update(|most| *most += ROWS)>
                            "Show more"
                        </button>
                    </p>
                </Show>
            </Show>
        </section>
    }
    .into_any()
}

/// How many people: `1 person`, `12 people`.
pub fn counted_people(count: u32) -> String {
    if count == 1 { counted(1, "person") } else { format!("{} people", grouped(count)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::timed::TimedSettings;
    use crate::protocol::frame;
    use crate::protocol::timed::{TimedEvent, TimedShow};

    fn row(seat: u32, state: SeatState) -> SeatRow {
        SeatRow {
            seat: SeatId(seat),
            name: format!("Person {seat}"),
            person: None,
            state,
            is_here: state == SeatState::Active,
            attempt: 0,
            attempts_left: 1,
            answered: 0,
            started_at: None,
            deadline: None,
            stopped_with: None,
            extra: Millis(0),
            ended_at: None,
            score: None,
            last_at: None,
        }
    }

    fn view(seats: Vec<SeatRow>) -> TimedHostView {
        let timed = TimedShow {
            title: "A quiz".to_owned(),
            description: String::new(),
            language: "en".to_owned(),
            code: JoinCode::parse("KFX7QM").expect("a good code"),
            question_count: 3,
            settings: TimedSettings::default(),
            is_closed: false,
        };
        TimedHostView { timed, score_max: 300, seats }
    }

    #[test]
    fn search_and_filter_go_over_all_and_no_more_than_fit_are_drawn() {
        let states = [SeatState::Invited, SeatState::Active];
        let seats: Vec<_> = (1..=1_000).map(|seat| row(seat, states[seat as usize % 2])).collect();
        let all = listed(&seats, "", None, ROWS);
        assert_eq!((all.found, all.seats.len(), all.seats[0]), (1_000, ROWS, SeatId(1)));
        assert_eq!(listed(&seats, " pERSON 999", None, ROWS).seats, [SeatId(999)]);
        assert_eq!(listed(&seats, "", Some(SeatState::Active), ROWS).found, 500);
        assert_eq!(listed(&seats, "person 2", Some(SeatState::Active), ROWS).found, 55);
        assert_eq!(listed(&seats, "nobody", None, ROWS).found, 0);
    }

    #[test]
    fn progress_is_folded_into_the_rows_that_it_names() {
        let mut shown = view(vec![row(1, SeatState::Invited), row(2, SeatState::Invited)]);
        assert_eq!(shown.code(), Some(shown.timed.code), "the socket of a timed session has its code");
        let progress = Progress { seats: vec![row(2, SeatState::Active)], gone: vec![SeatId(1)], is_closed: true };
        let text = frame::event(&TimedEvent::Progress(progress), Timestamp(0), 1);
        shown.fold(&frame::received(&text).expect("a message of ours").message);
        assert_eq!(row_of(&shown, SeatId(2)).map(|row| row.state), Some(SeatState::Active));
        assert_eq!(row_of(&shown, SeatId(1)), None);
        assert!(shown.timed.is_closed);
        assert_eq!(Figures::of(&shown.seats), Figures { people: 1, here: 1, under_way: 1, done: 0 });
    }
}
