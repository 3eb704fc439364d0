//! How far somebody is with a timed session, in a word or two on a badge.
//!
//! It knows the states and how they are called; who is meant is said by what stands around it.

use leptos::prelude::*;

use crate::protocol::people::PersonStatus;
use crate::protocol::timed::SeatState;
use crate::ui::components::badge::{Badge, Tone};

/// What a state is called.
pub fn state_words(state: SeatState) -> &'static str {
    match state {
        SeatState::Invited => "Invited",
        SeatState::Opened => "Opened",
        SeatState::Active => "Under way",
        SeatState::Paused => "Paused",
        SeatState::Finished => "Finished",
        SeatState::Expired => "Time is up",
        SeatState::Revoked => "Link revoked",
    }
}

fn tone(state: SeatState) -> Tone {
    match state {
        SeatState::Active => Tone::Good,
        SeatState::Opened | SeatState::Paused => Tone::Waiting,
        SeatState::Invited | SeatState::Finished | SeatState::Expired | SeatState::Revoked => Tone::Plain,
    }
}

/// Whether somebody is through with an attempt and none runs.
pub fn is_done(state: SeatState) -> bool {
    matches!(state, SeatState::Finished | SeatState::Expired)
}

/// The state of a person's last invite; none for who was invited to nothing.
pub fn state_of(status: PersonStatus) -> Option<SeatState> {
    match status {
        PersonStatus::NotInvited => None,
        PersonStatus::Invited => Some(SeatState::Invited),
        PersonStatus::Opened => Some(SeatState::Opened),
        PersonStatus::Active => Some(SeatState::Active),
        PersonStatus::Paused => Some(SeatState::Paused),
        PersonStatus::Finished => Some(SeatState::Finished),
        PersonStatus::Expired => Some(SeatState::Expired),
        PersonStatus::Revoked => Some(SeatState::Revoked),
    }
}

/// The state on its badge.
#[component]
pub fn SeatBadge(
    /// The state; none for who was invited to nothing.
    #[prop(into)]
    state: Signal<Option<SeatState>>,
) -> impl IntoView {
    move || match state.get() {
        Some(state) => view! { <Badge tone=tone(state) text=state_words(state)/> },
        None => view! { <Badge tone=Tone::Plain text="Not invited"/> },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_words_of_its_own_and_is_told_of_people_too() {
        let mut words: Vec<_> = SeatState::ALL.into_iter().map(state_words).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), SeatState::ALL.len());
        for state in SeatState::ALL {
            assert_eq!(state_of(PersonStatus::from(state)), Some(state));
        }
    }
}
