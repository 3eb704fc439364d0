//! What the host's or the stage's page has to say about its connection, always with a way on.
//!
//! Players read theirs in `play_notice` and `play_ended`: they have other ways.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::protocol::close::Close;
use crate::protocol::view::Phase;
use crate::ui::address::address;
use crate::ui::components::connection::ended_words;
use crate::ui::live::Connection;

/// A sentence about the connection and the way on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkNotice {
    /// The sentence.
    pub words: String,
    /// What can be done about it.
    pub way: Way,
}

/// What can be done about a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A button of this name tries to connect now, in this window.
    Retry(&'static str),
    /// Signing in leads back to this page.
    SignIn,
    /// A link of this name leads to a path of the product; an empty one is this page itself.
    Leave(&'static str, &'static str),
}

impl LinkNotice {
    /// Nothing while all is well, while the first connection is made, and after the regular end.
    pub fn of(connection: Connection, phase: Phase) -> Option<Self> {
        let (words, way) = match connection {
            Connection::Connecting | Connection::Connected { .. } => return None,
            Connection::Ended(Close::Over) if phase == Phase::Closed => return None,
            Connection::Reconnecting | Connection::Offline => {
                ("The connection is lost and comes back by itself. The room goes on.".to_owned(), Way::Retry("Try now"))
            }
            Connection::Ended(close) => (format!("{}.", ended_words(close)), way_after(close)),
        };
        Some(Self { words, way })
    }
}

fn way_after(close: Close) -> Way {
    match close {
        Close::Refused | Close::CredentialEnded => Way::SignIn,
        Close::OpenedElsewhere => Way::Retry("Use this window"),
        Close::Over => Way::Leave("See the results", ""),
        Close::Removed | Close::NoRoom => Way::Leave("To my quizzes", "/quizzes"),
        Close::Gone
        | Close::Protocol
        | Close::NotText
        | Close::NotUtf8
        | Close::TooLarge
        | Close::Restart
        | Close::Full
        | Close::TooSlow
        | Close::TooFast => Way::Retry("Reconnect"),
    }
}

/// The way on, as a button or a link.
#[component]
pub fn WayOn(
    /// Which.
    way: Way,
    /// Tries to connect now.
    on_reconnect: Callback<()>,
) -> impl IntoView {
    let link = |label: &'static str, url: String| {
        // A whole page load: the page begins anew.
        view! { <a class="button" rel="external" href=url>{label}</a> }.into_any()
    };
    match way {
        Way::Retry(label) => {
            view! { <button type="button" class="button" on:click=move |_| on_reconnect.run(())>{label}</button> }
                .into_any()
        }
        Way::SignIn => {
            let here = use_location().pathname.get_untracked();
            link("Sign in again", address(&format!("/login?next={here}")))
        }
        Way::Leave(label, "") => link(label, String::new()),
        Way::Leave(label, path) => link(label, address(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(connection: Connection, phase: Phase) -> Option<Way> {
        LinkNotice::of(connection, phase).map(|notice| notice.way)
    }

    #[test]
    fn all_that_is_well_is_not_told() {
        assert_eq!(way(Connection::Connected { round_trip: None }, Phase::Lobby), None);
        assert_eq!(way(Connection::Connecting, Phase::Lobby), None);
        assert_eq!(way(Connection::Ended(Close::Over), Phase::Closed), None);
    }

    #[test]
    fn every_end_has_its_way_on() {
        assert_eq!(way(Connection::Reconnecting, Phase::Reveal), Some(Way::Retry("Try now")));
        for (close, expected) in [
            (Close::Refused, Way::SignIn),
            (Close::CredentialEnded, Way::SignIn),
            (Close::Removed, Way::Leave("To my quizzes", "/quizzes")),
            (Close::NoRoom, Way::Leave("To my quizzes", "/quizzes")),
            (Close::OpenedElsewhere, Way::Retry("Use this window")),
            (Close::Over, Way::Leave("See the results", "")),
        ] {
            assert!(close.is_final());
            assert_eq!(way(Connection::Ended(close), Phase::Reveal), Some(expected), "{close:?}");
        }
    }
}
