//! A player's page that goes on no more: why, and the one way on.

use leptos::prelude::*;

use crate::protocol::close::Close;

/// Why a player's page goes on no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// The host took the seat away.
    Removed,
    /// The host took the seat away for good.
    Blocked,
    /// The seat is not known (any more).
    NoSeat,
    /// The quiz ended while this page was away; what it came to can be seen for a while.
    Finished,
    /// The room is over, or never was.
    Over,
    /// The seat has too many pages open; this was the oldest.
    Elsewhere,
}

impl Farewell {
    /// What a close means to a player; `None` for those after which the page comes back by itself.
    pub fn of(close: Close) -> Option<Self> {
        match close {
            Close::Removed => Some(Self::Removed),
            Close::Refused | Close::CredentialEnded => Some(Self::NoSeat),
            Close::Over => Some(Self::Finished),
            Close::NoRoom => Some(Self::Over),
            Close::OpenedElsewhere => Some(Self::Elsewhere),
            Close::Gone
            | Close::Protocol
            | Close::NotText
            | Close::NotUtf8
            | Close::TooLarge
            | Close::Restart
            | Close::Full
            | Close::TooSlow
            | Close::TooFast => None,
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Removed => "The host took you out of the room",
            Self::Blocked => "The host does not let you back in",
            Self::NoSeat => "This device has no seat here",
            Self::Finished => "The quiz is over",
            Self::Over => "This room is over",
            Self::Elsewhere => "You play in another window",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Removed => "You can come back with another name.",
            Self::Blocked => "If this is a mistake, talk to the host.",
            Self::NoSeat => "Join the room again, or bring your seat over from the device you play on.",
            Self::Finished => "It ended while you were away. Your points are safe.",
            Self::Over => "Thank you for playing. See you at the next one.",
            Self::Elsewhere => "Your seat is open in many places, so this one rests.",
        }
    }
}

/// Why, and the way on.
#[component]
pub fn PlayEnded(
    /// Why.
    farewell: Farewell,
    /// Where this room is joined.
    room_url: String,
    /// Where any room is joined.
    join_url: String,
    /// Goes on in this window.
    on_reconnect: Callback<()>,
) -> impl IntoView {
    let way = match farewell {
        Farewell::Removed | Farewell::NoSeat => {
            view! { <a class="button primary" href=room_url rel="external">"Join again"</a> }.into_any()
        }
        // An empty address is the page itself, as the server has it now.
        Farewell::Finished => {
            view! { <a class="button primary" href="" rel="external">"See the results"</a> }.into_any()
        }
        Farewell::Blocked | Farewell::Over => {
            view! { <a class="button" href=join_url rel="external">"Join another room"</a> }.into_any()
        }
        Farewell::Elsewhere => {
            view! { <button type="button" class="button primary" on:click=move |_| on_reconnect.run(())>"Go on here"</button> }
                .into_any()
        }
    };
    view! {
        <section class="play-ended">
            <h1 tabindex="-1">{farewell.heading()}</h1>
            <p>{farewell.words()}</p>
            {way}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_final_closes_are_farewells() {
        for close in Close::ALL {
            assert_eq!(Farewell::of(close).is_some(), close.is_final(), "{close:?}");
        }
    }
}
