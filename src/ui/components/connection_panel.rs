//! The button on the state of the connection, and the panel that it opens: what the page can tell about its connection.
//!
//! It measures nothing; the page hands it the figures whenever it asks for them, which it does only while it is open.

use leptos::html;
use leptos::prelude::*;

use crate::domain::time::{Millis, Timestamp};
use crate::ui::components::connection::state_words;
use crate::ui::live::{Connection, Figures};
use crate::ui::words::{grouped, lasting};

/// The button, which lies over the state of the connection, and the panel.
#[component]
pub fn ConnectionPanel(
    /// How the page and the server stand to each other.
    connection: Signal<Connection>,
    /// The time; the figures follow it by the second.
    now: Signal<Timestamp>,
    /// Tells the figures.
    figures: Callback<(), Figures>,
    /// Tries to connect now.
    on_reconnect: Callback<()>,
    /// What else can be done about the connection.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let panel = NodeRef::<html::Dialog>::new();
    let is_open = RwSignal::new(false);
    let open = move |_| {
        if let Some(panel) = panel.get_untracked()
            && panel.show_modal().is_ok()
        {
            is_open.set(true);
        }
    };
    let close = move |_| {
        if let Some(panel) = panel.get_untracked() {
            panel.close();
        }
    };
    let second = Memo::new(move |_| now.get().0 / 1_000);
    let shown = Memo::new(move |_| {
        if !is_open.get() {
            return Figures::default();
        }
        second.track();
        figures.run(())
    });
    let rows = Row::ALL.map(|row| {
        view! { <div><dt>{row.label()}</dt><dd class="number">{move || row.value(&shown.get())}</dd></div> }
    });
    let words = Memo::new(move |_| state_words(connection.get()));
    let is_lost = Memo::new(move |_| matches!(connection.get(), Connection::Reconnecting | Connection::Offline));
    view! {
        <button type="button" class="connection-button needs-scripts" aria-haspopup="dialog" on:click=open>
            <span class="visually-hidden">"Connection details"</span>
        </button>
        // The browser closes it on Escape by itself, and gives the focus back to the button.
        <dialog
            class="connection-panel"
            node_ref=panel
            aria-labelledby="connection-panel-title"
            on:close=move |_| is_open.set(false)
        >
            <h2 id="connection-panel-title">"Your connection"</h2>
            <p role="status">{words}</p>
            <dl>{rows}</dl>
            <div class="ways">
                <Show when=move || is_lost.get()>
                    <button type="button" class="button primary" on:click=move |_| on_reconnect.run(())>"Reconnect"</button>
                </Show>
                <button type="button" class="button" on:click=close>"Close"</button>
                {children.map(|children| children())}
            </div>
        </dialog>
    }
}

/// One line of the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    Since,
    Latency,
    Sent,
    Received,
    Ignored,
    Reconnects,
    Outage,
    Clock,
}

impl Row {
    const ALL: [Self; 8] = [
        Self::Since,
        Self::Latency,
        Self::Sent,
        Self::Received,
        Self::Ignored,
        Self::Reconnects,
        Self::Outage,
        Self::Clock,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::Since => "Connected since",
            Self::Latency => "Latency, there and back",
            Self::Sent => "Messages sent",
            Self::Received => "Messages received",
            Self::Ignored => "Not understood",
            Self::Reconnects => "Reconnects",
            Self::Outage => "Last outage",
            Self::Clock => "Clock of this device",
        }
    }

    fn value(self, figures: &Figures) -> String {
        match self {
            Self::Since => figures.connected_for.map_or("Not connected".to_owned(), ago),
            Self::Latency => figures.round_trip.map_or("Not measured yet".to_owned(), |trip| format!("{} ms", trip.0)),
            Self::Sent => grouped(figures.sent),
            Self::Received => grouped(figures.received),
            Self::Ignored => grouped(figures.ignored),
            Self::Reconnects => grouped(figures.reconnects),
            Self::Outage => figures
                .last_outage
                .map_or("None".to_owned(), |(length, end)| format!("{}, {}", short(length), ago(end))),
            Self::Clock => clock(figures.clock_behind),
        }
    }
}

/// A length of time; of a part of a second only that it was one.
fn short(length: Millis) -> String {
    if length.0 < 1_000 { "under 1 s".to_owned() } else { lasting(length) }
}

fn ago(length: Millis) -> String {
    if length.0 < 1_000 { "just now".to_owned() } else { format!("{} ago", lasting(length)) }
}

/// How a clock goes; a tenth of a second is as good as it can be measured over a network.
fn clock(behind: Millis) -> String {
    let (length, direction) = (Millis(behind.0.saturating_abs()), if behind.0 > 0 { "behind" } else { "ahead" });
    match length.0 {
        ..100 => "On time".to_owned(),
        100..60_000 => format!("{}.{} s {direction}", length.0 / 1_000, length.0 / 100 % 10),
        _ => format!("{} {direction}", lasting(length)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_as_people_read_them() {
        let figures = Figures {
            connected_for: Some(Millis(185_000)),
            sent: 1_204,
            received: 5,
            ignored: 0,
            reconnects: 2,
            last_outage: Some((Millis(4_200), Millis(65_000))),
            round_trip: Some(Millis(23)),
            clock_behind: Millis(-1_340),
        };
        let told: Vec<String> = Row::ALL.into_iter().map(|row| row.value(&figures)).collect();
        assert_eq!(told, ["3 min ago", "23 ms", "1,204", "5", "0", "2", "4 s, 1 min ago", "1.3 s ahead"]);
    }

    #[test]
    fn what_is_not_known_yet_is_said() {
        let told = |row: Row| row.value(&Figures::default());
        assert_eq!(told(Row::Since), "Not connected");
        assert_eq!(told(Row::Latency), "Not measured yet");
        assert_eq!(told(Row::Outage), "None");
        assert_eq!(told(Row::Clock), "On time");
    }

    #[test]
    fn clocks_that_are_set_wrong_are_told_in_minutes() {
        assert_eq!(clock(Millis(99)), "On time");
        assert_eq!(clock(Millis(100)), "0.1 s behind");
        assert_eq!(clock(Millis(3_900_000)), "1 h 5 min behind");
        assert_eq!(clock(Millis(i64::MIN)), format!("{} ahead", lasting(Millis(i64::MAX))));
    }
}
