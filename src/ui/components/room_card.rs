//! A room that runs right now, with the ways back into it.
//!
//! It shows what the list knew when it was loaded; the host's page is where a room is live.

use leptos::prelude::*;

use crate::api::room::RoomCard;
use crate::protocol::view::Phase;
use crate::ui::address::address;
use crate::ui::components::badge::{Badge, Tone};

/// A running room in a list.
#[component]
pub fn RunningRoom(
    /// The room.
    room: RoomCard,
    /// Whether the visitor may drive it.
    may_drive: bool,
) -> impl IntoView {
    let RoomCard { code, title, phase, here } = room;
    view! {
        <li class="room-card" data-tone="dark">
            <p class="code">
                <span class="visually-hidden">"Room code "</span>
                {code.spaced()}
            </p>
            <div class="about">
                <p class="title"><bdi>{title}</bdi></p>
                <p class="facts">
                    <Badge tone=Tone::Good text=phase_words(phase)/>
                    <span class="number">{format!("{here} here")}</span>
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
