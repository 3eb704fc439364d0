//! A room that runs right now, with the ways back into it.
//!
//! It shows what the list around it knows; the host's page is where a room is live.

use leptos::prelude::*;

use crate::api::room::RoomCard;
use crate::protocol::view::Phase;
use crate::ui::address::address;
use crate::ui::components::badge::{Badge, Tone};

/// A running room in a list.
#[component]
pub fn RunningRoom(
    /// The room; its code stays the same.
    #[prop(into)]
    room: Signal<RoomCard>,
    /// Whether the visitor may drive it.
    may_drive: bool,
) -> impl IntoView {
    let code = room.with_untracked(|room| room.code);
    let phase = Memo::new(move |_| room.with(|room| room.phase));
    view! {
        <li class="room-card" data-tone="dark">
            <p class="code">
                <span class="visually-hidden">"Room code "</span>
                {code.spaced()}
            </p>
            <div class="about">
                <p class="title"><bdi>{move || room.with(|room| room.title.clone())}</bdi></p>
                <p class="facts">
                    {move || view! { <Badge tone=Tone::Good text=phase_words(phase.get())/> }}
                    <span class="number">{move || room.with(|room| format!("{} here", room.here))}</span>
                </p>
            </div>
            <div class="deeds">
                {may_drive.then(|| view! { <a class="button" href=address(&format!("/host/{code}"))>"Back to the host page"</a> })}
                <a class="button quiet" href=address(&format!("/stage/{code}"))>"Stage"</a>
            </div>
        </li>
    }
    .into_any()
}

/// Where a room stands, as a host would say it.
fn phase_words(phase: Phase) -> &'static str {
    match phase {
        Phase::Lobby => "In the lobby",
        Phase::Reading | Phase::Answering => "Question open",
        Phase::Reveal => "Showing the answer",
        Phase::Standings => "Showing the standings",
        Phase::Podium => "On the podium",
        Phase::Closed => "Over",
    }
}
