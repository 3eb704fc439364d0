//! The conversation with a room across all its connections, as a plain value: inputs go in, what is to be done comes out.
//!
//! It decides when to connect, what to send again, which frame continues the stream and when silence means that a
//! connection is lost. It touches no socket and reads no clock; `link` does both for it.
//! Reading order: [`Line::apply`] with what it takes and gives; then `connecting` and `arriving`, which it calls.

mod arriving;
mod connecting;

use crate::client::backoff::{Backoff, Patience};
use crate::client::moment::Moment;
use crate::client::outbox::Outbox;
use crate::client::pulse::Pulse;
use crate::client::server_clock::ServerClock;
use crate::domain::ids::CommandId;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::close::Close;
use crate::protocol::command::{Answer, Command};
use crate::protocol::frame;
use crate::protocol::message::{ErrorBody, Message, Position};
use crate::protocol::refusal::Refusal;

/// What happens to a line.
#[derive(Clone, Debug)]
pub enum Input {
    /// The page is there.
    Start,
    /// A frame arrived on the connection that is open.
    Frame(String),
    /// The connection ended, or could not be made.
    Closed {
        /// The close code; 1006 when there was no closing.
        code: u16,
        /// The reason as the server gave it.
        reason: String,
    },
    /// Time went on; comes some times a second.
    Tick,
    /// The page can be seen again.
    Shown,
    /// The page cannot be seen.
    Hidden,
    /// The network came, went or changed.
    NetworkChanged,
    /// The machine slept.
    Slept,
    /// Somebody wants it to be tried now.
    Reconnect,
    /// Somebody asks something of the room.
    Ask(CommandId, Command),
    /// Something is said that is worth nothing later: sent now or never, and not answered.
    Say(Command),
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Open a connection from this position; without one the server sends a snapshot.
    Open(Option<Position>),
    /// End the connection that is open or being made, and hear nothing of it any more.
    HangUp,
    /// Send this text.
    Send(String),
    /// Keep these answers over a reload, in place of those kept before.
    Keep(Vec<(CommandId, Answer)>),
    /// Tell the page.
    Tell(News),
}

/// What the page is told.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// An event, a state or a snapshot, once and in order, or the reply to an own command.
    Message(Box<Message>),
    /// The connection stands differently.
    Standing(Standing),
    /// The connection was lost and is back, with all that was missed.
    Back,
    /// A command is answered for good; with what was refused, if it was.
    Settled(CommandId, Result<(), ErrorBody>),
}

/// How the connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The first connection is being made.
    Connecting,
    /// Everything arrives; with the round trip as the server measured it.
    Connected(Option<Millis>),
    /// It is being made again.
    Reconnecting,
    /// The quick tries are used up.
    Offline,
    /// The server ended it for good.
    Ended(Close),
}

/// A conversation with a room.
#[derive(Debug)]
pub struct Line {
    state: State,
    /// Where the page's view stands; `None` while a snapshot is awaited.
    position: Option<Position>,
    outbox: Outbox,
    backoff: Backoff,
    clock: ServerClock,
    is_visible: bool,
    was_connected: bool,
    round_trip: Option<Millis>,
    told: Standing,
    pings: u32,
}

#[derive(Debug)]
enum State {
    /// Nothing was tried yet.
    New,
    /// A connection is being made.
    Opening { since: Moment },
    /// The welcome was read.
    Open(Box<Open>),
    /// A connection will be made.
    Waiting { until: Moment },
    /// None will be made unless somebody asks for it.
    Ended(Close),
}

#[derive(Debug)]
struct Open {
    since: Moment,
    pulse: Pulse,
    /// The ping whose pong is awaited.
    ping: Option<(CommandId, Moment)>,
    /// Whether the page has been told that it is back.
    is_whole: bool,
}

impl Line {
    /// A line that goes on from the position of the page. `kept` are answers from before a reload.
    pub fn new(position: Position, kept: Vec<(CommandId, Answer)>, patience: Patience, seed: u32) -> Self {
        let mut outbox = Outbox::default();
        for (id, answer) in kept {
            outbox.put(id, Command::Answer(answer));
        }
        Self {
            state: State::New,
            position: Some(position),
            outbox,
            backoff: Backoff::new(patience, seed),
            clock: ServerClock::default(),
            is_visible: true,
            was_connected: false,
            round_trip: None,
            told: Standing::Connecting,
            pings: 0,
        }
    }

    /// The server's time, as far as it is known.
    pub fn server_time(&self, now: Moment) -> Timestamp {
        self.clock.at(now)
    }

    /// The page was made with this server time.
    pub fn hint_time(&mut self, server: Timestamp, now: Moment) {
        self.clock.hint(server, now);
    }

    /// Takes one input, in the order in which they happen.
    #[must_use]
    pub fn apply(&mut self, input: Input, now: Moment) -> Vec<Output> {
        let mut out = Vec::new();
        match input {
            Input::Start => self.open(now, &mut out),
            Input::Frame(text) => self.read(&text, now, &mut out),
            Input::Closed { code, reason } => self.closed(code, &reason, now),
            Input::Tick => self.tick(now, &mut out),
            Input::Shown => {
                self.is_visible = true;
                self.hurry(now, &mut out);
            }
            Input::Hidden => self.is_visible = false,
            Input::NetworkChanged => self.hurry(now, &mut out),
            Input::Slept => {
                self.clock.forget();
                self.hurry(now, &mut out);
            }
            Input::Reconnect => {
                if let State::Ended(_) = self.state {
                    self.state = State::Waiting { until: now };
                }
                self.hurry(now, &mut out);
            }
            Input::Ask(id, command) => self.ask(id, command, now, &mut out),
            Input::Say(command) => self.say(&command, now, &mut out),
        }
        if let State::Ended(close) = self.state {
            self.give_back(close, now, &mut out);
        }
        let standing = self.standing();
        if standing != self.told {
            self.told = standing;
            out.push(Output::Tell(News::Standing(standing)));
        }
        out
    }

    fn standing(&self) -> Standing {
        match &self.state {
            State::Ended(close) => Standing::Ended(*close),
            State::Open(open) if open.is_whole => Standing::Connected(self.round_trip),
            State::New | State::Opening { .. } | State::Open(_) | State::Waiting { .. } => {
                if self.backoff.has_given_up() {
                    Standing::Offline
                } else if self.was_connected || self.backoff.has_failed() {
                    Standing::Reconnecting
                } else {
                    Standing::Connecting
                }
            }
        }
    }

    fn ask(&mut self, id: CommandId, command: Command, now: Moment, out: &mut Vec<Output>) {
        let is_answer = matches!(command, Command::Answer(_));
        if !self.outbox.put(id.clone(), command) {
            out.push(Output::Tell(News::Settled(id, Err(refused(&Refusal::Busy, self.clock.at(now))))));
            return;
        }
        if is_answer {
            out.push(Output::Keep(self.outbox.answers()));
        }
        self.send_due(now, out);
    }

    fn say(&self, command: &Command, now: Moment, out: &mut Vec<Output>) {
        if let State::Open(_) = self.state {
            out.push(Output::Send(frame::command(command, self.clock.at(now), None)));
        }
    }

    /// Nothing will be sent any more: whoever waits for an answer is told.
    fn give_back(&mut self, close: Close, now: Moment, out: &mut Vec<Output>) {
        let waiting = std::mem::take(&mut self.outbox).into_ids();
        if waiting.is_empty() {
            return;
        }
        let mut why = refused(&Refusal::NoSeat, self.clock.at(now));
        close.reason().clone_into(&mut why.error);
        out.extend(waiting.into_iter().map(|id| Output::Tell(News::Settled(id, Err(why.clone())))));
        out.push(Output::Keep(Vec::new()));
    }
}

/// A refusal of our own, in the form of the server's.
fn refused(refusal: &Refusal, at: Timestamp) -> ErrorBody {
    ErrorBody {
        code: refusal.code().to_owned(),
        error: refusal.to_string(),
        timestamp: at.to_string(),
        recoverable: refusal.is_recoverable(),
        help: refusal.help().to_owned(),
    }
}

#[cfg(test)]
mod tests;
