//! How the page and the server stand to each other, in words, and who wants to know more presses them.
//!
//! It knows nothing of links; a page hands it the state.

use leptos::prelude::*;

use crate::domain::time::Timestamp;
use crate::protocol::close::Close;
use crate::ui::components::connection_panel::ConnectionPanel;
use crate::ui::live::{Connection, Figures};

/// The state in a word or two.
pub fn state_words(connection: Connection) -> &'static str {
    match connection {
        Connection::Connecting => "Connecting…",
        Connection::Connected { .. } => "Connected",
        Connection::Reconnecting => "Reconnecting…",
        Connection::Offline => "Offline",
        Connection::Ended(close) => ended_words(close),
    }
}

/// Why the server ended it, for the person in front of the page.
pub fn ended_words(close: Close) -> &'static str {
    match close {
        Close::Refused | Close::CredentialEnded => "Signed out",
        Close::Removed => "Removed by the host",
        Close::NoRoom => "This room is not here any more",
        Close::OpenedElsewhere => "Open in another window",
        Close::Over => "The quiz is over",
        Close::Gone
        | Close::Protocol
        | Close::NotText
        | Close::NotUtf8
        | Close::TooLarge
        | Close::Restart
        | Close::Full
        | Close::TooSlow
        | Close::TooFast => "Disconnected",
    }
}

/// How good the state is, for the stylesheet.
fn grade(connection: Connection) -> &'static str {
    match connection {
        Connection::Connected { .. } => "good",
        Connection::Connecting | Connection::Reconnecting => "waiting",
        Connection::Ended(Close::Over) => "done",
        Connection::Offline | Connection::Ended(_) => "lost",
    }
}

/// The state in words with a dot, the round trip once it is known, and the panel with the figures.
#[component]
pub fn ConnectionState(
    /// The state.
    #[prop(into)]
    connection: Signal<Connection>,
    /// The time.
    #[prop(into)]
    now: Signal<Timestamp>,
    /// Tells the figures of the connection.
    figures: Callback<(), Figures>,
    /// Tries to connect now.
    on_reconnect: Callback<()>,
    /// What is added to the round trip, for example ", taken into account".
    #[prop(optional)]
    remark: &'static str,
    /// What else can be done about the connection; it stands in the panel.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let words = Memo::new(move |_| state_words(connection.get()));
    let round_trip = Memo::new(move |_| match connection.get() {
        Connection::Connected { round_trip } => round_trip,
        Connection::Connecting | Connection::Reconnecting | Connection::Offline | Connection::Ended(_) => None,
    });
    view! {
        <div class="connection" data-grade=move || grade(connection.get())>
            // Only the words are spoken when they change; a round trip that changes would speak all the time.
            <span class="words" role="status">{words}</span>
            {move || round_trip.get().map(|trip| view! { <span class="number">" · "{trip.0}" ms"{remark}</span> })}
            <ConnectionPanel connection now figures on_reconnect>{children.map(|children| children())}</ConnectionPanel>
        </div>
    }
}
