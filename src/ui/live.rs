//! The seam between pages and the browser's machine room: a page's first view, kept up to date.
//!
//! On the server it yields what the page starts from, and asking does nothing; in the browser it opens the link. Pages
//! know neither sockets nor timers. Reading order: [`LiveView`] (what can be kept up to date), [`LiveRoom`] (what a page
//! holds), [`use_room`] and [`use_view`], and at the end the two sides.

use std::sync::Arc;

use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::room::LivePage;
use crate::domain::code::JoinCode;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::chat::ChatEvent;
use crate::protocol::close::Close;
use crate::protocol::command::{Answer, Command};
use crate::protocol::event::{CueEvent, Event, HostEvent};
use crate::protocol::message::{EncodedView, Message, PlayersView, Position};
use crate::protocol::state::State;
use crate::protocol::typing::Typists;
use crate::protocol::view::{Audience, HostView, PlayerView, Show, StageView};

/// A view that messages keep up to date.
pub trait LiveView: Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static {
    /// Whose view it is.
    const AUDIENCE: Audience;

    /// What all audiences of a room see; nothing where there is no room.
    fn show(&self) -> Option<&Show>;

    /// The code of the room or session that the view is of, which its socket is named by; none for an organisation's.
    fn code(&self) -> Option<JoinCode> {
        self.show().map(|show| show.code)
    }

    /// Takes over one message; one that says nothing to this view changes nothing.
    fn fold(&mut self, message: &Message);

    /// Takes over a snapshot's view. One that cannot be read changes nothing.
    fn replace(&mut self, view: &EncodedView);
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

/// What a page can tell about its own connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How long it stands; `None` while there is none.
    pub connected_for: Option<Millis>,
    /// Messages sent since the page was opened.
    pub sent: u32,
    /// Messages received since the page was opened.
    pub received: u32,
    /// Those of them that could not be read, or that only a newer page knows.
    pub ignored: u32,
    /// How often it was lost and came back.
    pub reconnects: u32,
    /// Length and end of the last outage that is over, the end as a time gone by.
    pub last_outage: Option<(Millis, Millis)>,
    /// The round trip, once it is measured.
    pub round_trip: Option<Millis>,
    /// How far the clock of this device goes behind the server's; negative when it goes ahead.
    pub clock_behind: Millis,
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

/// Hears every message of the tab's link besides the page's view: whoever stands around a page puts it into the context.
#[derive(Clone)]
pub struct Ear(pub Arc<dyn Fn(&Message) + Send + Sync>);

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
    /// Who else types now.
    pub typists: Signal<Typists>,
    side: side::Held,
}

impl<V: LiveView> Clone for LiveRoom<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V: LiveView> Copy for LiveRoom<V> {}

impl<V: LiveView> LiveRoom<V> {
    /// Sends a command until the server has answered it, across lost connections, and tells what became of it. One more
    /// than can wait at once is refused with words, like one that the server refuses.
    pub fn ask(&self, command: Command) -> Signal<AskState> {
        self.side.try_with_value(|side| side.ask(command)).unwrap_or_else(|| Signal::stored(AskState::Idle))
    }

    /// Says something that is worth nothing later, if there is a connection.
    pub fn say(&self, command: Command) {
        self.side.try_with_value(|side| side.say(command));
    }

    /// Tries to connect now, whatever was waited for; also where the server had ended it.
    pub fn reconnect(&self) {
        self.side.try_with_value(side::Side::reconnect);
    }

    /// Ends the connection on purpose; nothing is tried any more until [`LiveRoom::reconnect`].
    pub fn leave(&self) {
        self.side.try_with_value(side::Side::leave);
    }

    /// What there is to tell about the connection at this moment.
    pub fn figures(&self) -> Figures {
        self.side.try_with_value(side::Side::figures).unwrap_or_default()
    }
}

/// What the page reads and the browser's side writes.
struct Signals<V: LiveView> {
    view: RwSignal<V>,
    connection: RwSignal<Connection>,
    back_until: RwSignal<Timestamp>,
    now: RwSignal<Timestamp>,
    answer: RwSignal<Option<AskedAnswer>>,
    typists: RwSignal<Typists>,
}

impl<V: LiveView> Clone for Signals<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V: LiveView> Copy for Signals<V> {}

/// Keeps the view of a room's page up to date from here on, until the calling component is gone.
pub fn use_room<V: LiveView>(page: LivePage<V>) -> LiveRoom<V> {
    use_view(page.view, page.position, page.server_time)
}

/// Keeps a view up to date that stands at a position, and was made at a time of the server.
pub fn use_view<V: LiveView>(view: V, position: Position, server_time: Timestamp) -> LiveRoom<V> {
    let start = side::start(&view, position, server_time);
    let signals = Signals {
        view: RwSignal::new(view),
        connection: RwSignal::new(Connection::Connecting),
        back_until: RwSignal::new(Timestamp(i64::MIN)),
        now: RwSignal::new(server_time),
        answer: RwSignal::new(None),
        typists: RwSignal::new(Typists::default()),
    };
    let is_back = Memo::new(move |_| signals.now.get() < signals.back_until.get());

    LiveRoom {
        view: signals.view.read_only(),
        connection: signals.connection.into(),
        is_back: is_back.into(),
        now: signals.now.into(),
        answer: signals.answer.into(),
        typists: signals.typists.into(),
        side: side::open(start, signals),
    }
}

/// A text in small letters, as searching compares it. The browser has the tables of all alphabets already.
pub fn lower_case(text: &str) -> String {
    side::lower_case(text)
}

/// How far the clock on this device's wall goes before UTC at a moment. On the server not at all.
pub fn zone_at(moment: Timestamp) -> Millis {
    side::zone_at(moment)
}

/// How far it goes before UTC now. On the server not at all.
pub fn zone_now() -> Millis {
    side::zone_now()
}

/// Puts a text into the clipboard, then tells whether that worked; it does not on plain http. Only from a tap or a click.
pub fn copy(text: &str, told: Callback<bool>) {
    side::copy(text, told);
}

impl LiveView for PlayerView {
    const AUDIENCE: Audience = Audience::Players;

    fn show(&self) -> Option<&Show> {
        Some(&self.show)
    }

    fn fold(&mut self, message: &Message) {
        if let Some(event) = chat_event_of(message) {
            self.chat.apply(&event);
        }
        match (event_of(message), state_of(message), message) {
            (Some(event), _, _) => self.show.apply(&event),
            (_, Some(state), _) => self.take(&state),
            (_, _, Message::ScoreUpdate(you)) => self.you = you.clone(),
            // The state `you` repeats it; this is the acknowledgement, which may come first, or late, or once more when the
            // question has gone.
            (_, _, Message::AnswerTaken(answer))
                if self.show.scene.question().is_some_and(|question| question.turn == answer.turn) =>
            {
                self.you.answer = Some(*answer);
            }
            (None, None, _) => {}
        }
    }

    fn replace(&mut self, view: &EncodedView) {
        if let Some(PlayersView { show, chat }) = view.read() {
            (self.show, self.chat) = (show, chat);
        }
    }
}

impl LiveView for StageView {
    const AUDIENCE: Audience = Audience::Stage;

    fn show(&self) -> Option<&Show> {
        Some(&self.show)
    }

    fn fold(&mut self, message: &Message) {
        match (event_of(message), state_of(message)) {
            (Some(event), _) => self.apply(&event),
            (_, Some(state)) => self.take(&state),
            (None, None) => {}
        }
    }

    fn replace(&mut self, view: &EncodedView) {
        if let Some(view) = view.read() {
            *self = view;
        }
    }
}

impl LiveView for HostView {
    const AUDIENCE: Audience = Audience::Host;

    fn show(&self) -> Option<&Show> {
        Some(&self.show)
    }

    fn fold(&mut self, message: &Message) {
        if let Some(event) = chat_event_of(message) {
            self.apply(&HostEvent::Chat(event));
        }
        match (event_of(message), state_of(message), message) {
            (Some(event), _, _) => self.apply(&HostEvent::Open(event)),
            (_, Some(state), _) => self.take(&state),
            (_, _, Message::Cue(cue)) => self.apply(&HostEvent::Cue(CueEvent::Cue(cue.clone()))),
            (None, None, _) => {}
        }
    }

    fn replace(&mut self, view: &EncodedView) {
        if let Some(view) = view.read() {
            *self = view;
        }
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
        | Message::Chat(_)
        | Message::ChatRemoved(_)
        | Message::ChatUpdate(_)
        | Message::UserAdded(_)
        | Message::UserUpdate(_)
        | Message::UserDeleted(_)
        | Message::Progress(_)
        | Message::SeatUpdate(_)
        | Message::SessionExpired(_)
        | Message::Notification(_)
        | Message::Health(_)
        | Message::Presence(_)
        | Message::Leaderboard(_)
        | Message::TimeUpdate(_)
        | Message::Latency(_)
        | Message::ScoreUpdate(_)
        | Message::TypingIndicator(_)
        | Message::ChatTaken(_)
        | Message::AnswerTaken(_)
        | Message::Done(_)
        | Message::LeftSession(_)
        | Message::Refreshed(_)
        | Message::Refresh(_)
        | Message::Pong(_)
        | Message::Ping(_)
        | Message::Error(_) => None,
    }
}

/// What is told of the chat, if a message is that.
fn chat_event_of(message: &Message) -> Option<ChatEvent> {
    match message {
        Message::Chat(message) => Some(ChatEvent::Chat(message.clone())),
        Message::ChatRemoved(removed) => Some(ChatEvent::ChatRemoved(*removed)),
        Message::ChatUpdate(update) => Some(ChatEvent::ChatUpdate(*update)),
        Message::Connected(_)
        | Message::Snapshot(_)
        | Message::SessionUpdate(_)
        | Message::UserJoined(_)
        | Message::UserLeft(_)
        | Message::Cue(_)
        | Message::UserAdded(_)
        | Message::UserUpdate(_)
        | Message::UserDeleted(_)
        | Message::Progress(_)
        | Message::SeatUpdate(_)
        | Message::SessionExpired(_)
        | Message::Notification(_)
        | Message::Health(_)
        | Message::Presence(_)
        | Message::Leaderboard(_)
        | Message::TimeUpdate(_)
        | Message::Latency(_)
        | Message::ScoreUpdate(_)
        | Message::TypingIndicator(_)
        | Message::ChatTaken(_)
        | Message::AnswerTaken(_)
        | Message::Done(_)
        | Message::LeftSession(_)
        | Message::Refreshed(_)
        | Message::Refresh(_)
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
        | Message::Chat(_)
        | Message::ChatRemoved(_)
        | Message::ChatUpdate(_)
        | Message::UserAdded(_)
        | Message::UserUpdate(_)
        | Message::UserDeleted(_)
        | Message::Progress(_)
        | Message::SeatUpdate(_)
        | Message::SessionExpired(_)
        | Message::Notification(_)
        | Message::Health(_)
        | Message::ScoreUpdate(_)
        | Message::TypingIndicator(_)
        | Message::ChatTaken(_)
        | Message::AnswerTaken(_)
        | Message::Done(_)
        | Message::LeftSession(_)
        | Message::Refreshed(_)
        | Message::Refresh(_)
        | Message::Pong(_)
        | Message::Ping(_)
        | Message::Error(_) => None,
    }
}

/// Where nothing happens: on the server.
#[cfg(not(feature = "hydrate"))]
mod side {
    use super::*;

    /// No link.
    pub struct Side;

    /// Where a page keeps it.
    pub type Held = StoredValue<Side>;

    /// What opening a link takes; nothing.
    pub struct Start;

    impl Side {
        pub fn ask(&self, _command: Command) -> Signal<AskState> {
            Signal::stored(AskState::Idle)
        }

        pub fn say(&self, _command: Command) {}

        pub fn reconnect(&self) {}

        pub fn leave(&self) {}

        pub fn figures(&self) -> Figures {
            Figures::default()
        }
    }

    pub fn start<V: LiveView>(_view: &V, _position: Position, _server_time: Timestamp) -> Start {
        Start
    }

    pub fn copy(_text: &str, told: Callback<bool>) {
        told.run(false);
    }

    pub fn lower_case(text: &str) -> String {
        text.to_lowercase()
    }

    pub fn zone_at(_moment: Timestamp) -> Millis {
        Millis(0)
    }

    pub fn zone_now() -> Millis {
        Millis(0)
    }

    pub fn open<V: LiveView>(_start: Start, signals: Signals<V>) -> Held {
        let Signals { view: _, connection: _, back_until: _, now: _, answer: _, typists: _ } = signals;
        StoredValue::new(Side)
    }
}

/// Where the link is: in the browser.
#[cfg(feature = "hydrate")]
mod side {
    use std::cell::RefCell;
    use std::rc::Rc;

    use leptos::reactive::owner::{Owner, WeakOwner};

    use super::*;
    use crate::client::line::course::Course;
    use crate::client::line::{News, Standing};
    use crate::client::link::{Link, Page};
    use crate::client::tally;
    use crate::domain::ids::CommandId;
    use crate::protocol::message::ErrorBody;
    use crate::protocol::refusal::{self, Refusal};

    pub use crate::client::link::Start;

    /// How long "you are back" stands on the screen.
    const BACK_FOR: Millis = Millis(4_000);

    /// Where a page keeps its link.
    pub type Held = StoredValue<Side, LocalStorage>;

    /// The link, once it is opened, and what was asked over it.
    pub struct Side {
        link: Option<Link>,
        asked: Rc<RefCell<Asked>>,
        answer: RwSignal<Option<AskedAnswer>>,
        /// Of the page, so that what a tap makes ends with it.
        owner: Option<WeakOwner>,
    }

    /// Commands that nothing was heard of yet, and the answer that the page shows.
    #[derive(Default)]
    struct Asked {
        open: Vec<(CommandId, ArcRwSignal<AskState>)>,
        answer: Option<CommandId>,
    }

    struct Ears<V: LiveView> {
        signals: Signals<V>,
        asked: Rc<RefCell<Asked>>,
        beside: Option<Ear>,
    }

    pub fn copy(text: &str, told: Callback<bool>) {
        crate::client::clipboard::put(text, move |is_there| told.run(is_there));
    }

    pub use crate::client::clock::{zone_at, zone_now};
    pub use crate::client::dom::lower_case;

    pub fn start<V: LiveView>(view: &V, position: Position, server_time: Timestamp) -> Start {
        let course = view.show().map_or(Course { step: 0, is_over: false }, Course::of);
        Start {
            base: crate::ui::address::base(),
            code: view.code(),
            audience: V::AUDIENCE,
            position,
            course,
            server_time,
        }
    }

    /// Opens the link once the page stands; before that no signal may change, or the page would not match the server's.
    pub fn open<V: LiveView>(start: Start, signals: Signals<V>) -> Held {
        let asked = Rc::<RefCell<Asked>>::default();
        let owner = Owner::current().as_ref().map(Owner::downgrade);
        let ears = Ears { signals, asked: Rc::clone(&asked), beside: use_context() };
        let held = StoredValue::new_local(Side { link: None, asked, answer: signals.answer, owner });
        let ears = StoredValue::new_local(Some(ears));
        Effect::new(move || {
            let Some(ears) = ears.try_update_value(Option::take).flatten() else { return };
            let (link, kept) = Link::open(&start, Box::new(ears));
            held.update_value(|side| side.opened(link, kept));
        });
        on_cleanup(move || {
            // Dropping it closes the socket and ends every listener.
            held.try_update_value(|side| side.link.take());
        });
        held
    }

    impl Side {
        fn opened(&mut self, link: Link, kept: Vec<(CommandId, Answer)>) {
            self.link = Some(link);
            if let Some((id, answer)) = kept.last() {
                self.asked.borrow_mut().answer = Some(id.clone());
                self.answer.set(Some(AskedAnswer { answer: *answer, state: AskState::Sent }));
            }
        }

        pub fn ask(&self, command: Command) -> Signal<AskState> {
            let Some(link) = &self.link else { return Signal::stored(AskState::Idle) };
            let answer = if let Command::Answer(answer) = &command { Some(*answer) } else { None };
            let id = link.ask(command);
            let state = ArcRwSignal::new(AskState::Sent);
            let mut asked = self.asked.borrow_mut();
            asked.open.push((id.clone(), state.clone()));
            if let Some(answer) = answer {
                asked.answer = Some(id);
                self.answer.set(Some(AskedAnswer { answer, state: AskState::Sent }));
            }
            let signal = || Signal::from(state);
            match self.owner.as_ref().and_then(WeakOwner::upgrade) {
                Some(owner) => owner.with(signal),
                None => signal(),
            }
        }

        pub fn say(&self, command: Command) {
            if let Some(link) = &self.link {
                link.say(command);
            }
        }

        pub fn reconnect(&self) {
            if let Some(link) = &self.link {
                link.reconnect();
            }
        }

        pub fn leave(&self) {
            if let Some(link) = &self.link {
                link.leave();
            }
        }

        pub fn figures(&self) -> Figures {
            self.link.as_ref().map(|link| link.figures().into()).unwrap_or_default()
        }
    }

    impl<V: LiveView> Page for Ears<V> {
        fn hear(&self, news: Vec<News>) {
            let mut messages = Vec::new();
            for item in news {
                match item {
                    News::Message(message) => {
                        self.listen_for_typing(&message);
                        if let Some(Ear(beside)) = &self.beside {
                            beside(&message);
                        }
                        messages.push(message);
                    }
                    News::Standing(standing) => self.signals.connection.set(standing.into()),
                    News::Back => self.signals.back_until.set(self.signals.now.get_untracked() + BACK_FOR),
                    News::Settled(id, result) => self.settle(&id, result),
                }
            }
            if !messages.is_empty() {
                self.signals.view.update(|view| messages.into_iter().for_each(|message| take(view, *message)));
            }
        }

        fn tick(&self, server_time: Timestamp) {
            self.signals.now.set(server_time);
            if self.signals.typists.with_untracked(|typists| typists.is_stale(server_time)) {
                self.signals.typists.update(|typists| typists.forget(server_time));
            }
        }
    }

    impl<V: LiveView> Ears<V> {
        fn listen_for_typing(&self, message: &Message) {
            let typists = self.signals.typists;
            if let Message::TypingIndicator(indicator) = message {
                typists.update(|typists| typists.hear(indicator, self.signals.now.get_untracked()));
            } else if let Message::Chat(sent) = message {
                typists.update(|typists| typists.sent(sent.user));
            }
        }

        fn settle(&self, id: &CommandId, result: Result<(), ErrorBody>) {
            let state = match result {
                Ok(()) => AskState::Done,
                Err(body) => AskState::Refused(sentence(&body)),
            };
            let mut asked = self.asked.borrow_mut();
            if asked.answer.as_ref() == Some(id) {
                self.signals.answer.update(|answer| {
                    if let Some(answer) = answer {
                        answer.state = state.clone();
                    }
                });
            }
            if let Some(place) = asked.open.iter().position(|(open, _)| open == id) {
                asked.open.swap_remove(place).1.set(state);
            }
        }
    }

    fn take<V: LiveView>(view: &mut V, message: Message) {
        match message {
            Message::Snapshot(snapshot) => view.replace(&snapshot.view),
            other => view.fold(&other),
        }
    }

    /// A refusal as a sentence; for an answer whose question is gone, what that means for the person.
    fn sentence(body: &ErrorBody) -> String {
        if body.code == Refusal::OtherQuestion.code() {
            return "This answer came after its question, it does not count.".to_owned();
        }
        refusal::sentence(&body.error)
    }

    impl From<tally::Figures> for Figures {
        fn from(told: tally::Figures) -> Self {
            Self {
                connected_for: told.connected_for,
                sent: told.sent,
                received: told.received,
                ignored: told.ignored,
                reconnects: told.reconnects,
                last_outage: told.last_outage.map(|outage| (outage.length, outage.ago)),
                round_trip: told.round_trip,
                clock_behind: told.clock_behind,
            }
        }
    }

    impl From<Standing> for Connection {
        fn from(standing: Standing) -> Self {
            match standing {
                Standing::Connecting => Self::Connecting,
                Standing::Connected(round_trip) => Self::Connected { round_trip },
                Standing::Reconnecting => Self::Reconnecting,
                Standing::Offline => Self::Offline,
                Standing::Ended(close) => Self::Ended(close),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{SeatId, TurnNo};
    use crate::domain::question::Choice;
    use crate::protocol::chat::Chat;
    use crate::protocol::state::{Leaderboard, Presence, ScoreUpdate, TakenAnswer};
    use crate::protocol::view::Scene;

    #[test]
    fn an_acknowledgement_that_comes_again_after_its_question_changes_nothing() {
        let show = Show {
            title: "A quiz".to_owned(),
            language: "en".to_owned(),
            code: JoinCode::parse("KFX7QM").expect("a good code"),
            question_count: 1,
            step: 3,
            locked: false,
            scene: Scene::Standings { turn: TurnNo(1) },
            presence: Presence::default(),
            leaderboard: Leaderboard::default(),
        };
        let (user, name) = (SeatId(1), "Ada".to_owned());
        let you = ScoreUpdate { user, name, score: 0, rank: 1, ahead: None, behind: None, answer: None, result: None };
        let mut view = PlayerView { show, you, chat: Chat::default() };
        let taken = TakenAnswer {
            turn: TurnNo(1),
            choice: Choice::of(&[0]).expect("a place"),
            received_at: Timestamp(0),
            elapsed: Millis(0),
            credited: Millis(0),
        };
        let before = view.clone();
        view.fold(&Message::AnswerTaken(taken));
        assert_eq!(view, before);
    }
}
