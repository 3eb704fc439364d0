//! The conversation with a room across all its connections, as a plain value: inputs go in, what is to be done comes out.
//!
//! It decides when to connect, what to send again, which frame continues the stream and when silence means that a
//! connection is lost. It is the one owner of all that; it touches no socket and reads no clock, `link` does both for it.
//! Reading order: [`Line::apply`] with what it takes and gives; then `connecting`, `arriving` and `asking`, which it calls,
//! and `course`, which is all that it knows of the room.

mod arriving;
mod asking;
mod connecting;
pub mod course;

use crate::client::backoff::{Backoff, Patience};
use crate::client::line::course::Course;
use crate::client::moment::Moment;
use crate::client::outbox::Outbox;
use crate::client::pulse::Pulse;
use crate::client::server_clock::ServerClock;
use crate::client::tally::{Figures, Tally};
use crate::domain::ids::CommandId;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::close::Close;
use crate::protocol::command::{Answer, Command};
use crate::protocol::message::{ErrorBody, Message, Position};

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
    /// The browser says that there is no network.
    NetworkLost,
    /// The browser says that there is a network again.
    NetworkBack,
    /// The machine slept, or the page was held back; with the time that the steady clock did not see.
    Slept(Millis),
    /// Somebody wants it to be tried now.
    Reconnect,
    /// Somebody leaves on purpose.
    Leave,
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
    /// It ended for good: the server said so, or ([`Close::Gone`]) somebody left.
    Ended(Close),
}

/// What a line starts from.
#[derive(Clone, Debug)]
pub struct Outset {
    /// Where the page's view stands in the stream.
    pub position: Position,
    /// Where the page's view stands in the session.
    pub course: Course,
    /// Answers from before a reload.
    pub kept: Vec<(CommandId, Answer)>,
    /// How persistent the page is.
    pub patience: Patience,
    /// What retries are spread with; any number.
    pub seed: u32,
}

/// A conversation with a room.
#[derive(Debug)]
pub struct Line {
    state: State,
    /// Where the page's view stands; `None` while a snapshot is awaited.
    position: Option<Position>,
    course: Course,
    outbox: Outbox,
    tally: Tally,
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
    /// Whether the room stands where we think: what was missed is here.
    is_caught_up: bool,
    /// When a snapshot is asked for on a new connection, unless what is missing comes before.
    resync_due: Option<Moment>,
    /// When something happened here, at this device, that may have cost the connection.
    stirred_at: Option<Moment>,
}

impl Line {
    /// A line that goes on from where the page stands.
    pub fn new(outset: Outset) -> Self {
        let mut outbox = Outbox::default();
        for (id, answer) in outset.kept {
            outbox.put(id, Command::Answer(answer));
        }
        Self {
            state: State::New,
            position: Some(outset.position),
            course: outset.course,
            outbox,
            tally: Tally::default(),
            backoff: Backoff::new(outset.patience, outset.seed),
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

    /// What there is to tell about the connection. `device` is what the clock of this device says now.
    pub fn figures(&self, now: Moment, device: Timestamp) -> Figures {
        Figures {
            round_trip: self.round_trip.or_else(|| self.clock.round_trip()),
            clock_behind: self.clock.at(now) - device,
            ..self.tally.figures(now)
        }
    }

    /// Takes one input, in the order in which they happen.
    #[must_use]
    pub fn apply(&mut self, input: Input, now: Moment) -> Vec<Output> {
        let mut out = Vec::new();
        self.count_as_success(now);
        match input {
            Input::Start => self.open(now, &mut out),
            // Of a connection that we hung up ourselves nothing counts any more.
            Input::Frame(_) | Input::Closed { .. } if !self.has_connection() => {}
            Input::Frame(text) => self.read(&text, now, &mut out),
            Input::Closed { code, reason } => self.closed(code, &reason, now, &mut out),
            Input::Tick => self.tick(now, &mut out),
            Input::Shown => {
                self.is_visible = true;
                self.hurry(now, &mut out);
            }
            Input::Hidden => self.is_visible = false,
            Input::NetworkLost => self.stir(now, &mut out),
            Input::NetworkBack => self.hurry(now, &mut out),
            Input::Slept(unseen) => self.slept(unseen, now, &mut out),
            Input::Reconnect => {
                if let State::Ended(_) = self.state {
                    self.state = State::Waiting { until: now };
                }
                self.hurry(now, &mut out);
            }
            Input::Leave => self.leave(&mut out),
            Input::Ask(id, command) => self.ask(id, command, now, &mut out),
            Input::Say(command) => self.say(&command, now, &mut out),
        }
        // Who left on purpose may come back, and what was asked waits for that.
        if let State::Ended(close) = self.state
            && close != Close::Gone
        {
            self.give_back(close, now, &mut out);
        }
        self.tally.sent(out.iter().filter(|output| matches!(output, Output::Send(_))).count());
        self.tell_standing(now, &mut out);
        out
    }

    fn has_connection(&self) -> bool {
        match &self.state {
            State::Opening { .. } | State::Open(_) => true,
            State::New | State::Waiting { .. } | State::Ended(_) => false,
        }
    }

    fn tell_standing(&mut self, now: Moment, out: &mut Vec<Output>) {
        let standing = self.standing();
        match standing {
            Standing::Connected(_) => self.tally.connected(now),
            Standing::Connecting | Standing::Reconnecting | Standing::Offline => self.tally.lost(now),
            Standing::Ended(_) => self.tally.ended(),
        }
        if standing != self.told {
            self.told = standing;
            out.push(Output::Tell(News::Standing(standing)));
        }
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
}

#[cfg(test)]
mod cuts;
#[cfg(test)]
mod tests;
