//! The lobby on the stage: how to come in, as large as can be, and who is in.
//!
//! It takes names and numbers; it does not know how they came.

use leptos::prelude::*;

use crate::domain::ids::SeatId;
use crate::protocol::view::StagePerson;
use crate::ui::components::chip::NameChip;
use crate::ui::components::qr::QrCode;
use crate::ui::words::grouped;

/// Where people come in.
#[derive(Clone, Debug, PartialEq)]
pub struct Door {
    /// The room's code as people read it.
    pub code: String,
    /// The address they type.
    pub join_host: String,
    /// The QR code of the whole address.
    pub qr_svg: String,
}

/// How to come in and who is in.
#[component]
pub fn StageLobby(
    /// Where people come in.
    door: Door,
    /// Whether new people are kept out.
    #[prop(into)]
    locked: Signal<bool>,
    /// Seats with an open link.
    #[prop(into)]
    here: Signal<u32>,
    /// Those who are told by name, by seat.
    #[prop(into)]
    people: Signal<Vec<StagePerson>>,
) -> impl IntoView {
    let Door { code, join_host, qr_svg } = door;
    view! {
        <section class="stage-lobby">
            <div class="door" data-locked=move || locked.get().then_some("")>
                <QrCode svg=qr_svg label=format!("QR code that leads to {join_host} with the code {code}")/>
                <div class="way">
                    {move || if locked.get() {
                        view! { <h1 class="invitation">"The door is locked, nobody new comes in"</h1> }.into_any()
                    } else {
                        view! { <h1 class="invitation">"Go to "<strong>{join_host.clone()}</strong>" and enter"</h1> }.into_any()
                    }}
                    <p class="code">{code}</p>
                </div>
            </div>
            <Crowd here people/>
        </section>
    }
    .into_any()
}

/// The number and the names.
#[component]
fn Crowd(
    /// Seats with an open link.
    here: Signal<u32>,
    /// Those who are told by name.
    people: Signal<Vec<StagePerson>>,
) -> impl IntoView {
    let size = Memo::new(move |_| crowd(people.with(Vec::len)));
    let more = Memo::new(move |_| people.with(|people| unnamed(here.get(), people)));
    view! {
        <h2 class="here">
            {move || match here.get() {
                0 => view! { "Be the first one in" }.into_any(),
                1 => view! { <span class="number">"1"</span>" is here" }.into_any(),
                here => view! { <span class="number">{grouped(here)}</span>" are here" }.into_any(),
            }}
        </h2>
        <ul class="names" data-crowd=size>
            <For each=move || people.get() key=|person| person.seat let:person>
                <Name person people/>
            </For>
            {move || more.get().map(|more| view! { <li><NameChip name=more/></li> })}
        </ul>
    }
    .into_any()
}

/// One name; it stays the same chip when its owner goes away and comes back.
#[component]
fn Name(
    /// Who.
    person: StagePerson,
    /// Everybody, to see whether they are here now.
    people: Signal<Vec<StagePerson>>,
) -> impl IntoView {
    let seat = person.seat;
    let away = Memo::new(move |_| people.with(|people| is_away(people, seat)));
    view! { <li class="named"><NameChip name=person.name away/></li> }
}

fn is_away(people: &[StagePerson], seat: SeatId) -> bool {
    people.binary_search_by_key(&seat, |person| person.seat).is_ok_and(|at| !people[at].is_here)
}

/// How close the names stand: with usual names each step fills the lower half of the screen and no more.
fn crowd(named: usize) -> &'static str {
    match named {
        0..=12 => "few",
        13..=30 => "some",
        _ => "many",
    }
}

/// Those who are here and not told by name.
fn unnamed(here: u32, people: &[StagePerson]) -> Option<String> {
    let named = people.iter().filter(|person| person.is_here).count();
    let more = here.saturating_sub(u32::try_from(named).unwrap_or(u32::MAX));
    (more > 0).then(|| format!("and {} more", grouped(more)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(seat: u32, is_here: bool) -> StagePerson {
        StagePerson { seat: SeatId(seat), name: format!("p{seat}"), is_here }
    }

    #[test]
    fn those_without_a_name_are_counted() {
        let people = [person(1, true), person(2, false), person(5, true)];
        assert_eq!(unnamed(2, &people), None);
        assert_eq!(unnamed(2_002, &people).as_deref(), Some("and 2,000 more"));
    }

    #[test]
    fn who_is_away_is_told_by_seat() {
        let people = [person(1, true), person(4, false)];
        assert!(is_away(&people, SeatId(4)));
        assert!(!is_away(&people, SeatId(1)));
        assert!(!is_away(&people, SeatId(9)));
    }
}
