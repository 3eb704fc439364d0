//! Everybody in the room, for the host: how their link is, and taking a seat away.
//!
//! Taking a seat away is asked for in two steps, because the buttons stand under thumbs.

use leptos::prelude::*;

use crate::domain::ids::SeatId;
use crate::domain::time::Timestamp;
use crate::protocol::command::HostCommand;
use crate::protocol::view::{HostPerson, HostView, Phase};
use crate::ui::components::host_asks::Asks;
use crate::ui::components::host_glance::link_words;
use crate::ui::live::lower_case;
use crate::ui::words::grouped;

/// Rows that are shown at once: more than a host looks through, few enough for a phone.
const ROWS_MAX: usize = 100;

/// The list, with a search once it is long.
#[component]
pub fn HostPeople(
    /// What the host sees.
    #[prop(into)]
    view: Signal<HostView>,
    /// The time.
    #[prop(into)]
    now: Signal<Timestamp>,
    /// Where commands go.
    asks: Asks,
) -> impl IntoView {
    let search = RwSignal::new(String::new());
    let count = Memo::new(move |_| view.with(|view| counted_as(view.people.len())));
    let shown = Memo::new(move |_| view.with(|view| search.with(|search| shown(&view.people, search))));
    let hidden = Memo::new(move |_| shown.with(|shown| counted_as(shown.found.saturating_sub(shown.seats.len()))));
    view! {
        <section class="host-people" aria-labelledby="people">
            <h2 id="people">"People "<span class="number">{move || grouped(count.get())}</span></h2>
            <Show when=move || count.get() == 0>
                <p class="empty">
                    "Nobody is here yet. Put the stage on the big screen; people come in with the code, the QR code or "
                    "the link."
                </p>
            </Show>
            <Show when=move || { 12 < count.get() }>
                <label for="find-person">"Find a person"</label>
                <input
                    id="find-person"
                    type="search"
                    autocomplete="off"
                    prop:value=move || search.get()
                    on:input=move |event| search.set(event_target_value(&event))
                />
            </Show>
            <ul class="rows">
                <For each=move || shown.get().seats key=|seat| *seat let:seat>
                    <Person seat view now asks/>
                </For>
            </ul>
            <Show when=move || { 0 < count.get() && shown.with(|shown| shown.found == 0) }>
                <p class="empty">"Nobody here has such a name."</p>
            </Show>
            <Show when=move || { 0 < hidden.get() }>
                <p class="empty">"and "{move || grouped(hidden.get())}" more; search to find them"</p>
            </Show>
        </section>
    }
    .into_any()
}

/// One person.
#[component]
fn Person(
    /// The seat.
    seat: SeatId,
    /// What the host sees.
    view: Signal<HostView>,
    /// The time.
    now: Signal<Timestamp>,
    /// Where commands go.
    asks: Asks,
) -> impl IntoView {
    let person = Memo::new(move |_| view.with(|view| find(&view.people, seat).cloned()));
    let name = Memo::new(move |_| person.with(|person| person.as_ref().map(|it| it.name.clone()).unwrap_or_default()));
    let link = Memo::new(move |_| {
        person.with(|person| person.as_ref().map(|it| link_words(it, now.get())).unwrap_or_default())
    });
    let here = Memo::new(move |_| person.with(|person| person.as_ref().is_some_and(|it| it.is_here)));
    let asking = RwSignal::new(false);
    let is_open = Memo::new(move |_| view.with(|view| view.show.scene.phase() != Phase::Closed));
    let going = move || asks.is_waiting(HostCommand::Remove { seat });
    let act = move |command: HostCommand| {
        asking.set(false);
        asks.ask(command);
    };
    view! {
        <li data-away=move || (!here.get()).then_some("") data-asking=move || asking.get().then_some("")>
            <p class="who"><bdi>{name}</bdi>" "<span class="link number">{link}</span></p>
            {move || match (going(), asking.get()) {
                _ if !is_open.get() => ().into_any(),
                (true, _) => view! { <span class="going" role="status">"Going…"</span> }.into_any(),
                (false, false) => view! {
                    <button type="button" class="button quiet" on:click=move |_| asking.set(true)>
                        "Remove" <span class="visually-hidden">" "{name}</span>
                    </button>
                }
                .into_any(),
                (false, true) => view! {
                    <div class="choice" role="group" aria-label=move || format!("Remove {}", name.get())>
                        <button type="button" class="button quiet" on:click=move |_| asking.set(false)>"Keep"</button>
                        <button type="button" class="button danger" on:click=move |_| act(HostCommand::Remove { seat })>
                            "Remove" <small>"may come back"</small>
                        </button>
                        <button type="button" class="button danger" on:click=move |_| act(HostCommand::Block { seat })>
                            "Block" <small>"for good"</small>
                        </button>
                    </div>
                }
                .into_any(),
            }}
        </li>
    }
    .into_any()
}

/// Which seats are listed, and how many there are that would be.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shown {
    seats: Vec<SeatId>,
    found: usize,
}

/// Those whose names contain what was typed, the latest first, and no more than fit.
fn shown(people: &[HostPerson], search: &str) -> Shown {
    let wanted = lower_case(search.trim());
    let found: Vec<_> = people.iter().rev().filter(|person| lower_case(&person.name).contains(&wanted)).collect();
    Shown { found: found.len(), seats: found.iter().take(ROWS_MAX).map(|person| person.seat).collect() }
}

/// A length as a number that is shown; rooms are far smaller than its end.
fn counted_as(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// People stand by seat.
fn find(people: &[HostPerson], seat: SeatId) -> Option<&HostPerson> {
    people.binary_search_by_key(&seat, |person| person.seat).ok().map(|at| &people[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(count: u32) -> Vec<HostPerson> {
        let person = |seat| HostPerson {
            seat: SeatId(seat),
            name: format!("Player {seat}"),
            is_here: true,
            away_since: None,
            round_trip: None,
        };
        (1..=count).map(person).collect()
    }

    #[test]
    fn the_latest_stand_first_and_no_more_than_fit() {
        let shown = shown(&people(150), "");
        assert_eq!((shown.found, shown.seats.len(), shown.seats[0]), (150, ROWS_MAX, SeatId(150)));
    }

    #[test]
    fn a_search_finds_a_part_of_a_name_in_any_case() {
        assert_eq!(shown(&people(30), " pLAYER 29").seats, [SeatId(29)]);
        assert_eq!(shown(&people(30), "nobody").found, 0);
    }
}
