//! What the stage has to say about itself: the connection is lost, the host is away, the end came from outside.

use leptos::prelude::*;

use crate::protocol::view::Phase;
use crate::ui::components::link_notice::{LinkNotice, Way, WayOn};
use crate::ui::live::Connection;

/// What the room should know now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The sentence.
    words: String,
    /// What who stands at the machine can do about it.
    way: Option<Way>,
}

/// The one thing that the room should know now, if any. A first connection that is being made is nothing to tell.
pub fn notice(connection: Connection, phase: Phase, is_host_here: bool) -> Option<Notice> {
    if let Some(LinkNotice { words, way }) = LinkNotice::of(connection, phase) {
        return Some(Notice { words, way: Some(way) });
    }
    match phase {
        Phase::Lobby | Phase::Podium | Phase::Closed => None,
        Phase::Reading | Phase::Answering | Phase::Reveal | Phase::Standings => {
            let words = || "The host is away, the game waits.".to_owned();
            (!is_host_here).then(|| Notice { words: words(), way: None })
        }
    }
}

/// A line on top of everything, only while there is something to say.
#[component]
pub fn StageNotice(
    /// What is to be said.
    #[prop(into)]
    notice: Signal<Option<Notice>>,
    /// Tries to connect now.
    on_reconnect: Callback<()>,
) -> impl IntoView {
    let shown = move |Notice { words, way }: Notice| {
        view! {
            <p>{words}</p>
            {way.map(|way| view! { <div class="way"><WayOn way on_reconnect/></div> })}
        }
    };
    view! { <div class="stage-notice" role="status">{move || notice.get().map(shown)}</div> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::close::Close;

    #[test]
    fn a_lost_connection_is_told_before_an_absent_host() {
        let here = Connection::Connected { round_trip: None };
        assert_eq!(notice(here, Phase::Reveal, true), None);
        assert_eq!(notice(Connection::Connecting, Phase::Lobby, false), None);
        assert!(notice(here, Phase::Reveal, false).is_some_and(|told| told.words.contains("host")));
        assert!(notice(Connection::Reconnecting, Phase::Reveal, false).is_some_and(|told| told.words.contains("lost")));
        assert_eq!(notice(Connection::Ended(Close::Over), Phase::Closed, true), None);
    }
}
