//! The seam between pages and the browser's machine room: a page's first view, kept up to date.
//!
//! On the server it yields what the page starts from, and asking does nothing; in the browser it opens the link. Pages
//! know neither sockets nor timers. Reading order: [`LiveView`] (what can be kept up to date), [`LiveRoom`] (what a page
//! holds), [`use_room`], and at the end the two sides.

use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::room::LivePage;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::close::Close;
use crate::protocol::command::{Answer, Command};
use crate::protocol::event::{CueEvent, Event, HostEvent};
use crate::protocol::message::{Message, SnapshotView};
use crate::protocol::state::State;
use crate::protocol::view::{Audience, HostView, PlayerView, Show, StageView};

/// A view that messages keep up to date.
pub trait LiveView: Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static {
    /// Whose view it is.
    const AUDIENCE: Audience;

    /// What all audiences see.
    fn show(&self) -> &Show;

    /// Takes over one message; one that says nothing to this view changes nothing.
    fn fold(&mut self, message: &Message);

    /// Takes over a snapshot. Returns whether it was one of this audience; another changes nothing.
    fn replace(&mut self, view: SnapshotView) -> bool;
}

/// How the page and the server stand to each other, for the words on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// The first connection is being made; also what the server writes.
    #[default]
    Connecting,
    /// Everything arrives.
    Connected {
        /// The round trip as the server measured it, once it has.
        round_trip: Option<Millis>,
    },
    /// It was lost and is being made again.
    Reconnecting,
    /// Several tries came to nothing; from here on it is tried now and then, and at [`LiveRoom::reconnect`].
    Offline,
    /// The server ended it, and the page does not come back by itself.
    Ended(Close),
}

/// What became of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AskState {
    /// Nothing was asked; on the server always.
    #[default]
    Idle,
    /// It is on its way, and is sent again until the server answers.
    Sent,
    /// The server has it for good.
    Done,
    /// The server refused it, in a sentence for people.
    Refused(String),
}

/// The answer of this page that was asked for last. Survives a reload as long as the server has not settled it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedAnswer {
    /// The answer.
    pub answer: Answer,
    /// What became of it.
    pub state: AskState,
}

/// A room as a page holds it. Copies are the same room; it ends with the component that called [`use_room`].
pub struct LiveRoom<V: LiveView> {
    /// The view, always whole.
    pub view: ReadSignal<V>,
    /// How page and server stand to each other.
    pub connection: Signal<Connection>,
    /// True for a few seconds after the connection was lost and came back.
    pub is_back: Signal<bool>,
    /// The server's time as the page knows it, some ten times a second.
    pub now: Signal<Timestamp>,
    /// The answer that was asked for last.
    pub answer: Signal<Option<AskedAnswer>>,
    side: side::Held,
}

impl<V: LiveView> Clone for LiveRoom<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V: LiveView> Copy for LiveRoom<V> {}

impl<V: LiveView> LiveRoom<V> {
    /// Sends a command until the server has answered it, across lost connections, and tells what became of it.
    pub fn ask(&self, command: Command) -> Signal<AskState> {
        self.side.try_with_value(|side| side.ask(command)).unwrap_or_else(|| Signal::stored(AskState::Idle))
    }

    /// Tries to connect now, whatever was waited for.
    pub fn reconnect(&self) {
        self.side.try_with_value(side::Side::reconnect);
    }
}

/// What the browser's side writes and the page reads.
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "nothing is written on the server"))]
struct Signals<V: LiveView> {
    view: WriteSignal<V>,
    connection: WriteSignal<Connection>,
    back_until: WriteSignal<Timestamp>,
    now: WriteSignal<Timestamp>,
    answer: WriteSignal<Option<AskedAnswer>>,
}

impl<V: LiveView> Clone for Signals<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V: LiveView> Copy for Signals<V> {}

/// Keeps a page's view up to date from here on, until the calling component is gone.
pub fn use_room<V: LiveView>(page: LivePage<V>) -> LiveRoom<V> {
    let start = side::Start::of(&page);
    let (view, set_view) = signal(page.view);
    let (connection, set_connection) = signal(Connection::Connecting);
    let (back_until, set_back_until) = signal(Timestamp(i64::MIN));
    let (now, set_now) = signal(page.server_time);
    let (answer, set_answer) = signal(None);
    let signals =
        Signals { view: set_view, connection: set_connection, back_until: set_back_until, now: set_now, answer: set_answer };
    let is_back = Memo::new(move |_| now.get() < back_until.get());

    LiveRoom {
        view,
        connection: connection.into(),
        is_back: is_back.into(),
        now: now.into(),
        answer: answer.into(),
        side: side::open(start, signals),
    }
}

impl LiveView for PlayerView {
    const AUDIENCE: Audience = Audience::Players;

    fn show(&self) -> &Show {
        &self.show
    }

    fn fold(&mut self, message: &Message) {
        match (event_of(message), state_of(message), message) {
            (Some(event), _, _) => self.show.apply(&event),
            (_, Some(state), _) => self.take(&state),
            (_, _, Message::ScoreUpdate(you)) => self.you = you.clone(),
            // The state `you` repeats it; this is the acknowledgement, which may come first, or late for a turn that is gone.
            (_, _, Message::AnswerTaken(answer)) if self.show.scene.turn() == Some(answer.turn) => {
                self.you.answer = Some(*answer);
            }
            (None, None, _) => {}
        }
    }

    fn replace(&mut self, view: SnapshotView) -> bool {
        let SnapshotView::Players { show } = view else { return false };
        self.show = show;
        true
    }
}

impl LiveView for StageView {
    const AUDIENCE: Audience = Audience::Stage;

    fn show(&self) -> &Show {
        &self.show
    }

    fn fold(&mut self, message: &Message) {
        match (event_of(message), state_of(message)) {
            (Some(event), _) => self.apply(&event),
            (_, Some(state)) => self.take(&state),
            (None, None) => {}
        }
    }

    fn replace(&mut self, view: SnapshotView) -> bool {
        let SnapshotView::Stage { show, people } = view else { return false };
        *self = Self { show, people };
        true
    }
}

impl LiveView for HostView {
    const AUDIENCE: Audience = Audience::Host;

    fn show(&self) -> &Show {
        &self.show
    }

    fn fold(&mut self, message: &Message) {
        match (event_of(message), state_of(message), message) {
            (Some(event), _, _) => self.apply(&HostEvent::Open(event)),
            (_, Some(state), _) => self.take(&state),
            (_, _, Message::Cue(cue)) => self.apply(&HostEvent::Cue(CueEvent::Cue(cue.clone()))),
            (None, None, _) => {}
        }
    }

    fn replace(&mut self, view: SnapshotView) -> bool {
        let SnapshotView::Host { show, people, cue } = view else { return false };
        *self = Self { show, people, cue };
        true
    }
}

/// The event that a message is, if any audience may be told it.
fn event_of(message: &Message) -> Option<Event> {
    match message {
        Message::SessionUpdate(update) => Some(Event::SessionUpdate(update.clone())),
        Message::UserJoined(joined) => Some(Event::UserJoined(joined.clone())),
        Message::UserLeft(left) => Some(Event::UserLeft(left.clone())),
        Message::Connected(_)
        | Message::Snapshot(_)
        | Message::Cue(_)
        | Message::Presence(_)
        | Message::Leaderboard(_)
        | Message::TimeUpdate(_)
        | Message::Latency(_)
        | Message::ScoreUpdate(_)
        | Message::AnswerTaken(_)
        | Message::Done(_)
        | Message::Pong(_)
        | Message::Ping(_)
        | Message::Error(_) => None,
    }
}

/// The state that a message is, if it is not one seat's own.
fn state_of(message: &Message) -> Option<State> {
    match message {
        Message::Presence(presence) => Some(State::Presence(presence.clone())),
        Message::Leaderboard(leaderboard) => Some(State::Leaderboard(leaderboard.clone())),
        Message::TimeUpdate(update) => Some(State::TimeUpdate(*update)),
        Message::Latency(latency) => Some(State::Latency(latency.clone())),
        Message::Connected(_)
        | Message::Snapshot(_)
        | Message::SessionUpdate(_)
        | Message::UserJoined(_)
        | Message::UserLeft(_)
        | Message::Cue(_)
        | Message::ScoreUpdate(_)
        | Message::AnswerTaken(_)
        | Message::Done(_)
        | Message::Pong(_)
        | Message::Ping(_)
        | Message::Error(_) => None,
    }
}

/// Where nothing happens: on the server.
mod side {
    use super::*;

    /// What the browser's side needs of the page; nothing here.
    pub struct Start;

    impl Start {
        pub fn of<V: LiveView>(_page: &LivePage<V>) -> Self {
            Self
        }
    }

    /// No link.
    pub struct Side;

    /// Where a page keeps it.
    pub type Held = StoredValue<Side>;

    impl Side {
        pub fn ask(&self, _command: Command) -> Signal<AskState> {
            Signal::stored(AskState::Idle)
        }

        pub fn reconnect(&self) {}
    }

    /// Opens nothing.
    pub fn open<V: LiveView>(_start: Start, _signals: Signals<V>) -> Held {
        StoredValue::new(Side)
    }
}
