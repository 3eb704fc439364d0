//! The table of people, kept up to date while it stands: who is added, changed or deleted by anybody shows by itself.
//!
//! It knows what an admin is told and nothing of how; rows stay in place when they change, so that scroll position, focus
//! and selection stay as well.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::people::{PAGE, PeoplePage};
use crate::domain::ids::{PersonId, SeatId, SessionId};
use crate::domain::moment::day;
use crate::domain::person::{PeopleFilter, full_name};
use crate::domain::time::Timestamp;
use crate::protocol::message::{EncodedView, Message};
use crate::protocol::people::{PeopleView, PersonGone, PersonPatch, PersonRecord, Sitting};
use crate::protocol::view::{Audience, Show};
use crate::ui::address::address;
use crate::ui::components::confirm_delete::{ConfirmDelete, DeleteButton};
use crate::ui::components::session_state::{SeatBadge, state_of};
use crate::ui::live::LiveView;
use crate::ui::words::running_clock;

/// One page of people as it stands in the browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeopleTable {
    /// The rows, in the page's order.
    pub people: Vec<PersonRecord>,
    /// How many people there are in all.
    pub total: u32,
    /// People who were added since and whose place is on another page, or not known.
    pub elsewhere: u32,
    /// Whether this is the beginning of the plain list, where new people come in at the top.
    takes_new: bool,
}

impl PeopleTable {
    /// The page as the server made it.
    pub fn of(page: &PeoplePage) -> Self {
        let takes_new = page.is_first && page.filter.is_plain();
        Self { people: page.people.clone(), total: page.total, elsewhere: 0, takes_new }
    }

    fn find(&mut self, id: PersonId) -> Option<&mut PersonRecord> {
        self.people.iter_mut().find(|person| person.id == id)
    }

    fn add(&mut self, new: PersonRecord) {
        if let Some(known) = self.find(new.id) {
            // The page was made while this was being told.
            if known.version < new.version {
                *known = new;
            }
            return;
        }
        self.total += 1;
        if self.takes_new {
            let place = self.people.iter().position(|person| person.id < new.id).unwrap_or(self.people.len());
            self.people.insert(place, new);
        } else {
            self.elsewhere += 1;
        }
    }

    fn delete(&mut self, gone: PersonGone) {
        self.people.retain(|person| person.id != gone.id);
        self.total = self.total.saturating_sub(1);
    }
}

impl LiveView for PeopleTable {
    const AUDIENCE: Audience = Audience::Admins;

    fn show(&self) -> Option<&Show> {
        None
    }

    fn fold(&mut self, message: &Message) {
        match message {
            Message::UserAdded(person) => person.read().into_iter().for_each(|new| self.add(new)),
            Message::UserUpdate(person) => {
                if let Some(patch) = person.read::<PersonPatch>()
                    && let Some(known) = self.find(patch.id)
                {
                    known.apply(&patch);
                }
            }
            Message::UserDeleted(person) => person.read().into_iter().for_each(|gone| self.delete(gone)),
            _ => {}
        }
    }

    /// After a long absence. The newest people are known again; what became of those on other pages is not.
    fn replace(&mut self, view: &EncodedView) {
        let Some(PeopleView { people, total }) = view.read() else { return };
        if self.takes_new {
            let shown = self.people.len().max(PAGE as usize);
            self.people = people.into_iter().take(shown).collect();
        } else {
            for new in people {
                if let Some(known) = self.find(new.id) {
                    *known = new;
                }
            }
            self.elsewhere += total.saturating_sub(self.total);
        }
        self.total = total;
    }
}

/// The table. Each name leads to the person's page.
#[component]
pub fn PeopleRows(
    /// The page's people.
    table: ReadSignal<PeopleTable>,
    /// The time, from which the time that is left counts.
    now: Signal<Timestamp>,
    /// What was looked for, for the words when nobody was found.
    filter: PeopleFilter,
    /// Copies and shows the personal link of a seat.
    on_link: Callback<(SessionId, SeatId)>,
    /// Deletes somebody: the id and the name.
    on_delete: Callback<(PersonId, String)>,
    /// Where the form of a page without scripts sends a deletion.
    delete_url: &'static str,
) -> impl IntoView {
    let ids = Memo::new(move |_| table.with(|table| table.people.iter().map(|person| person.id).collect::<Vec<_>>()));
    let is_empty = Memo::new(move |_| ids.with(Vec::is_empty));
    let nobody = if filter.is_plain() {
        "Nobody is in your list yet. Add the first person, or take in a list."
    } else {
        "Nobody fits what you are looking for."
    };
    view! {
        <div class="people-table">
            <Show when=move || is_empty.get()>
                <p class="empty">{nobody}</p>
            </Show>
            <Show when=move || !is_empty.get()>
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Name"</th>
                            <th scope="col">"E-mail"</th>
                            <th scope="col">"Tags"</th>
                            <th scope="col">"Added"</th>
                            <th scope="col">"Status"</th>
                            <th scope="col">"Progress"</th>
                            <th scope="col">"Time left"</th>
                            <th scope="col">"Session"</th>
                            <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || ids.get() key=|id| *id let:id>
                            <Row id table now on_link on_delete delete_url/>
                        </For>
                    </tbody>
                </table>
            </Show>
        </div>
    }
    .into_any()
}

/// One person.
#[component]
fn Row(
    /// Who.
    id: PersonId,
    /// The page's people.
    table: ReadSignal<PeopleTable>,
    /// The time.
    now: Signal<Timestamp>,
    /// Copies and shows the personal link of a seat.
    on_link: Callback<(SessionId, SeatId)>,
    /// Deletes somebody.
    on_delete: Callback<(PersonId, String)>,
    /// Where the form of a page without scripts sends a deletion.
    delete_url: &'static str,
) -> impl IntoView {
    // A row that has just gone is drawn once more, with what it had.
    let person = Memo::new(move |before: Option<&Option<PersonRecord>>| {
        let found = table.with(|table| table.people.iter().find(|person| person.id == id).cloned());
        found.or_else(|| before.cloned().flatten())
    });
    let text = move |of: fn(&PersonRecord) -> String| person.with(|person| person.as_ref().map(of).unwrap_or_default());
    let name = move || text(|person| full_name(&person.first_name, &person.last_name));
    let sitting = Memo::new(move |_| {
        person.with(|person| person.as_ref().map(|person| person.sitting.clone()).unwrap_or_default())
    });
    let state = Memo::new(move |_| sitting.with(|sitting| state_of(sitting.status)));
    let left = Memo::new(move |_| sitting.with(|sitting| time_left(sitting, now.get())));
    let tags = move || person.with(|person| person.as_ref().map(|person| person.tags.clone()).unwrap_or_default());
    view! {
        <tr>
            <th scope="row" class="name" data-label="Name"><a href=address(&format!("/people/{id}")) dir="auto">{name}</a></th>
            <td class="email" data-label="E-mail">{move || text(|person| person.email.clone())}</td>
            <td data-label="Tags">
                <ul class="tags">{move || tags().into_iter().map(|tag| view! { <li dir="auto">{tag}</li> }).collect_view()}</ul>
            </td>
            <td class="added" data-label="Added">{move || text(|person| day(person.created_at))}</td>
            <td class="status" data-label="Status"><SeatBadge state/></td>
            <td class="number" data-label="Progress">{move || text(|person| progress(&person.sitting))}</td>
            <td class="number" data-label="Time left">{left}</td>
            <td class="session" data-label="Session">
                <SittingWays sitting name=Signal::derive(name) on_link/>
            </td>
            <td class="deeds">
                <DeleteButton id=id.to_string() name=Signal::derive(name)/>
                <ConfirmDelete
                    id=id.to_string()
                    name=Signal::derive(name)
                    consequence="Everything that is theirs goes with them, and cannot be brought back."
                    action=delete_url
                    on_delete=Callback::new(move |()| on_delete.run((id, name())))
                />
            </td>
        </tr>
    }
    .into_any()
}

/// How many questions somebody answered, of how many: nothing where they were invited to none.
fn progress(sitting: &Sitting) -> String {
    if sitting.session.is_some() { sitting.progress.replace('/', " / ") } else { String::new() }
}

/// What is left of somebody's time: nothing where no clock runs.
fn time_left(sitting: &Sitting, now: Timestamp) -> String {
    match (sitting.stopped_with, sitting.deadline) {
        (Some(left), _) => format!("{}, stopped", running_clock(left)),
        (None, Some(deadline)) => running_clock(deadline - now),
        (None, None) => String::new(),
    }
}

/// The ways to what somebody was invited to last: their link, and once they are done result and transcript.
#[component]
fn SittingWays(
    /// How far they are.
    sitting: Memo<Sitting>,
    /// Who it is.
    name: Signal<String>,
    /// Copies and shows the personal link of a seat.
    on_link: Callback<(SessionId, SeatId)>,
) -> impl IntoView {
    let seat = Memo::new(move |_| sitting.with(|sitting| sitting.session.zip(sitting.seat)));
    let holds = Memo::new(move |_| sitting.with(|sitting| sitting.token_valid));
    let has_result = Memo::new(move |_| sitting.with(|sitting| sitting.summary.is_some()));
    let has_transcript = Memo::new(move |_| sitting.with(|sitting| sitting.transcript.is_some()));
    move || {
        let (session, seat) = seat.get()?;
        let here = address(&format!("/sessions/{session}/seats/{seat}"));
        let of_whom = move || view! { <span class="visually-hidden">" of "{name}</span> };
        let link = holds.get().then(|| {
            let copy = move |_| on_link.run((session, seat));
            view! {
                <button type="button" class="button quiet needs-scripts" on:click=copy>"Copy link"{of_whom()}</button>
            }
        });
        let result =
            has_result.get().then(|| view! { <a class="button quiet" href=here.clone()>"Result"{of_whom()}</a> });
        let transcript = has_transcript.get().then(|| {
            view! { <a class="button quiet" href=format!("{here}/transcript")>"Transcript"{of_whom()}</a> }
        });
        let none = (link.is_none() && result.is_none()).then_some("Link ended");
        Some(view! { <span class="ways">{none}{link}{result}{transcript}</span> })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Epoch;
    use crate::domain::person::PeopleSort;
    use crate::domain::time::Millis;
    use crate::protocol::frame;
    use crate::protocol::message::{Position, Snapshot};
    use crate::protocol::people::PeopleEvent;

    fn person(id: i64, version: u32) -> PersonRecord {
        PersonRecord {
            id: PersonId(id),
            version,
            first_name: format!("P{id}"),
            last_name: format!("v{version}"),
            email: String::new(),
            tags: vec![],
            created_at: Timestamp(0),
            sitting: Sitting::default(),
        }
    }

    fn page(ids: &[i64], filter: PeopleFilter, is_first: bool) -> PeopleTable {
        PeopleTable::of(&PeoplePage {
            people: ids.iter().map(|id| person(*id, 1)).collect(),
            filter,
            next: None,
            is_first,
            total: 10,
            tags: vec![],
            position: Position { epoch: Epoch(1), seq: 0 },
            server_time: Timestamp(0),
        })
    }

    fn hear(table: &mut PeopleTable, event: &PeopleEvent) {
        let text = frame::event(event, Timestamp(0), 1);
        table.fold(&frame::received(&text).expect("a message of ours").message);
    }

    fn ids(table: &PeopleTable) -> Vec<i64> {
        table.people.iter().map(|person| person.id.0).collect()
    }

    #[test]
    fn the_plain_list_takes_new_people_at_the_top_and_other_pages_count_them() {
        let by_name = PeopleFilter { sort: PeopleSort::Name, ..PeopleFilter::default() };
        for (filter, is_first, shown, elsewhere) in [
            (PeopleFilter::default(), true, vec![9, 7, 3], 0),
            (PeopleFilter::default(), false, vec![7, 3], 1),
            (by_name, true, vec![7, 3], 1),
        ] {
            let mut table = page(&[7, 3], filter, is_first);
            hear(&mut table, &PeopleEvent::UserAdded(person(9, 1)));
            assert_eq!((ids(&table), table.elsewhere, table.total), (shown, elsewhere, 11));
        }
    }

    #[test]
    fn what_the_page_has_already_is_not_taken_twice() {
        let mut table = page(&[7, 3], PeopleFilter::default(), true);
        let before = table.clone();
        hear(&mut table, &PeopleEvent::UserAdded(person(7, 1)));
        hear(&mut table, &PeopleEvent::UserUpdate(person(7, 1).patch_to(&person(7, 1))));
        hear(&mut table, &PeopleEvent::UserUpdate(person(8, 1).patch_to(&person(8, 2))));
        assert_eq!(table, before);
    }

    #[test]
    fn a_change_and_a_deletion_reach_their_row_and_no_other() {
        let mut table = page(&[7, 3], PeopleFilter::default(), true);
        hear(&mut table, &PeopleEvent::UserUpdate(person(3, 1).patch_to(&person(3, 2))));
        assert_eq!((table.people[0].version, table.people[1].last_name.as_str()), (1, "v2"));
        hear(&mut table, &PeopleEvent::UserDeleted(PersonGone { id: PersonId(7) }));
        assert_eq!((ids(&table), table.total), (vec![3], 9));
    }

    #[test]
    fn the_time_that_is_left_counts_from_the_deadline() {
        let now = Timestamp(1_000_000);
        let running = Sitting { deadline: Some(now + Millis(372_000)), ..Sitting::default() };
        assert_eq!(time_left(&running, now), "06:12");
        assert_eq!(time_left(&running, now + Millis(400_000)), "00:00");
        let stopped = Sitting { stopped_with: Some(Millis(60_000)), ..Sitting::default() };
        assert_eq!(time_left(&stopped, now), "01:00, stopped");
        assert_eq!(time_left(&Sitting::default(), now), "");
    }

    #[test]
    fn a_snapshot_takes_the_place_of_the_plain_list_and_mends_what_else_it_can() {
        let view = PeopleView { people: vec![person(12, 1), person(7, 4)], total: 12 };
        let position = Position { epoch: Epoch(2), seq: 5 };
        let text = frame::snapshot(&Snapshot { position, audience: Audience::Admins, view }, Timestamp(0));
        let Message::Snapshot(snapshot) = frame::received(&text).expect("a snapshot").message else { panic!("{text}") };
        let mut plain = page(&[7, 3], PeopleFilter::default(), true);
        plain.replace(&snapshot.view);
        assert_eq!((ids(&plain), plain.people[1].version, plain.total), (vec![12, 7], 4, 12));
        let mut second = page(&[7, 3], PeopleFilter::default(), false);
        second.replace(&snapshot.view);
        assert_eq!((ids(&second), second.people[0].version, second.elsewhere), (vec![7, 3], 4, 2));
    }
}
