//! What the stage has to say about itself: the connection is lost, the host is away, the end came from outside.

use leptos::prelude::*;

use crate::protocol::close::Close;
use crate::protocol::view::Phase;
use crate::ui::components::connection::ended_words;
use crate::ui::live::Connection;

/// The one thing that the room should know now, if any. A first connection that is being made is nothing to tell.
pub fn notice(connection: Connection, phase: Phase, is_host_here: bool) -> Option<String> {
    match connection {
        Connection::Reconnecting => Some("Connection lost. Coming back by itself, the game goes on.".to_owned()),
        Connection::Offline => Some("Offline. This screen tries again by itself; nothing is lost.".to_owned()),
        Connection::Ended(Close::Over) if phase == Phase::Closed => None,
        Connection::Ended(close) => Some(format!("{}. Reload the page to go on.", ended_words(close))),
        Connection::Connecting | Connection::Connected { .. } => match phase {
            Phase::Lobby | Phase::Podium | Phase::Closed => None,
            Phase::Reading | Phase::Answering | Phase::Reveal | Phase::Standings => {
                (!is_host_here).then(|| "The host is away, the game waits.".to_owned())
            }
        },
    }
}

/// A line on top of everything, only while there is something to say.
#[component]
pub fn StageNotice(
    /// The sentence.
    #[prop(into)]
    text: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <div class="stage-notice" role="status">{move || text.get().map(|text| view! { <p>{text}</p> })}</div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_is_told_before_an_absent_host() {
        let here = Connection::Connected { round_trip: None };
        assert_eq!(notice(here, Phase::Reveal, true), None);
        assert_eq!(notice(Connection::Connecting, Phase::Lobby, false), None);
        assert!(notice(here, Phase::Reveal, false).is_some_and(|text| text.contains("host")));
        assert!(notice(Connection::Reconnecting, Phase::Reveal, false).is_some_and(|text| text.contains("lost")));
        assert_eq!(notice(Connection::Ended(Close::Over), Phase::Closed, true), None);
    }
}
