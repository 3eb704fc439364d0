//! The conversation with a room across all its connections, as a plain value: inputs go in, what is to be done comes out.
//!
//! It decides when to connect, what to send again, which frame continues the stream and when silence means that a
//! connection is lost. It touches no socket and reads no clock; `link` does both for it.
//! Reading order: [`Line::apply`] and what it takes and gives, then connecting, then what arrives.

use crate::client::backoff::{Backoff, Patience};
use crate::client::moment::Moment;
use crate::client::outbox::Outbox;
use crate::client::pulse::{Pulse, Sign};
use crate::client::server_clock::ServerClock;
use crate::domain::ids::CommandId;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::close::Close;
use crate::protocol::command::{Answer, Command, Ping};
use crate::protocol::frame;
use crate::protocol::message::{ErrorBody, Message, Pong, Position, Received, Welcome};
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
    /// A connection that is not there after this long will not come; a new one may.
    const OPENING_MAX: Millis = Millis(10_000);
    /// A connection that breaks sooner than this after its opening is waited for like one that failed.
    const LASTING: Millis = Millis(5_000);

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

/// Connecting.
impl Line {
    fn open(&mut self, now: Moment, out: &mut Vec<Output>) {
        self.state = State::Opening { since: now };
        out.push(Output::Open(self.position));
    }

    /// Something happened after which a try is promising, or an open connection doubtful.
    fn hurry(&mut self, now: Moment, out: &mut Vec<Output>) {
        match &mut self.state {
            State::New | State::Opening { .. } | State::Ended(_) => {}
            State::Open(open) => {
                open.pulse.doubt(now);
                self.ping(now, out);
            }
            State::Waiting { .. } => {
                self.backoff.reset();
                self.open(now, out);
            }
        }
    }

    fn closed(&mut self, code: u16, reason: &str, now: Moment) {
        match Close::of_code(code) {
            Some(close) if close.is_final() => self.state = State::Ended(close),
            Some(Close::Restart) => {
                let wait = match hint(reason) {
                    Some(hint) => self.backoff.hinted_wait(hint),
                    None => self.backoff.next_wait(),
                };
                self.state = State::Waiting { until: now + wait };
            }
            Some(_) | None => self.wait(now),
        }
    }

    fn wait(&mut self, now: Moment) {
        self.state = State::Waiting { until: now + self.backoff.next_wait() };
    }

    fn tick(&mut self, now: Moment, out: &mut Vec<Output>) {
        match &mut self.state {
            State::New | State::Ended(_) => {}
            State::Opening { since } => {
                if now - *since >= Self::OPENING_MAX {
                    out.push(Output::HangUp);
                    self.wait(now);
                }
            }
            State::Waiting { until } => {
                // A hidden page that has given up waits until it is seen.
                if now >= *until && (self.is_visible || !self.backoff.has_given_up()) {
                    self.open(now, out);
                }
            }
            State::Open(open) => match open.pulse.look(now) {
                Sign::Fine => self.send_due(now, out),
                Sign::Ping => self.ping(now, out),
                Sign::Silent => {
                    out.push(Output::HangUp);
                    self.wait(now);
                }
                Sign::Unanswered => {
                    out.push(Output::HangUp);
                    self.open(now, out);
                }
            },
        }
    }

    fn ping(&mut self, now: Moment, out: &mut Vec<Output>) {
        let State::Open(open) = &mut self.state else { return };
        self.pings = self.pings.wrapping_add(1);
        let id = CommandId::parse(&format!("ping-{}", self.pings)).expect("a short printable id");
        let text = frame::command(&Command::Ping(Ping {}), self.clock.at(now), Some(&id));
        open.ping = Some((id, now));
        open.pulse.pinged(now);
        out.push(Output::Send(text));
    }

    fn send_due(&mut self, now: Moment, out: &mut Vec<Output>) {
        let State::Open(open) = &mut self.state else { return };
        for (id, command) in self.outbox.take_due(now) {
            open.pulse.sent(now);
            out.push(Output::Send(frame::command(&command, self.clock.at(now), Some(&id))));
        }
        // Who gets no answer to a tap looks at the screen: find out soon whether the connection is still there.
        if self.outbox.is_unheard() && !open.pulse.is_in_doubt() && now - open.pulse.last_read() >= Outbox::AGAIN_AFTER
        {
            open.pulse.doubt(now);
            self.ping(now, out);
        }
    }
}

/// What arrives.
impl Line {
    fn read(&mut self, text: &str, now: Moment, out: &mut Vec<Output>) {
        if let State::Open(open) = &mut self.state {
            open.pulse.read(now);
        }
        // A message of a newer server; what it changed arrives with the next snapshot.
        let Some(Received { message, seq, correlation_id }) = frame::received(text) else { return };
        match message {
            Message::Connected(welcome) => self.welcomed(&welcome, now, out),
            Message::Snapshot(snapshot) => {
                self.position = Some(snapshot.position);
                out.push(tell(Message::Snapshot(snapshot)));
                self.become_whole(out);
            }
            Message::Pong(pong) => self.ponged(pong, correlation_id.as_ref(), now),
            Message::Ping(_) => {
                let pong = frame::command(&Command::Pong(Ping {}), self.clock.at(now), None);
                out.push(Output::Send(pong));
            }
            Message::AnswerTaken(_) | Message::Done(_) => {
                out.push(tell(message));
                if let Some(id) = correlation_id {
                    self.settle(id, Ok(()), out);
                }
            }
            Message::Error(body) => {
                if let Some(id) = correlation_id {
                    self.refuse(id, body, now, out);
                }
            }
            Message::SessionUpdate(_) | Message::UserJoined(_) | Message::UserLeft(_) | Message::Cue(_) => {
                self.follow(message, seq, now, out);
            }
            Message::Presence(_)
            | Message::Leaderboard(_)
            | Message::TimeUpdate(_)
            | Message::Latency(_)
            | Message::ScoreUpdate(_) => out.push(tell(message)),
        }
    }

    fn welcomed(&mut self, welcome: &Welcome, now: Moment, out: &mut Vec<Output>) {
        self.clock.hint(welcome.server_time, now);
        self.backoff.reset();
        let pulse = Pulse::new(now, Millis(welcome.heartbeat_ms));
        self.state = State::Open(Box::new(Open { since: now, pulse, ping: None, is_whole: false }));
        self.outbox.begin_anew();
        self.send_due(now, out);
        self.ping(now, out);
        if welcome.recovered && self.position.is_some() {
            self.become_whole(out);
        } else {
            self.position = None;
        }
    }

    /// The view has everything, or gets it with the frames that follow.
    fn become_whole(&mut self, out: &mut Vec<Output>) {
        let State::Open(open) = &mut self.state else { return };
        if !open.is_whole {
            open.is_whole = true;
            if self.was_connected {
                out.push(Output::Tell(News::Back));
            }
            self.was_connected = true;
        }
    }

    /// Takes the next event of the stream, and no other.
    fn follow(&mut self, message: Message, seq: Option<u64>, now: Moment, out: &mut Vec<Output>) {
        let (Some(position), Some(seq)) = (&mut self.position, seq) else { return };
        if seq == position.seq + 1 {
            position.seq = seq;
            out.push(tell(message));
        } else if seq > position.seq {
            self.position = None;
            out.push(Output::HangUp);
            match &self.state {
                State::Open(open) if now - open.since >= Self::LASTING => self.open(now, out),
                State::Open(_) | State::New | State::Opening { .. } | State::Waiting { .. } | State::Ended(_) => {
                    self.wait(now)
                }
            }
        }
    }

    fn ponged(&mut self, pong: Pong, id: Option<&CommandId>, now: Moment) {
        let State::Open(open) = &mut self.state else { return };
        if let Some((_, sent)) = open.ping.take_if(|(awaited, _)| id == Some(awaited)) {
            self.clock.sample(sent, now, pong.server_time);
        }
        if let Some(round_trip_ms) = pong.round_trip_ms {
            self.round_trip = Some(Millis(round_trip_ms));
        }
    }

    fn refuse(&mut self, id: CommandId, body: ErrorBody, now: Moment, out: &mut Vec<Output>) {
        let is = |refusal: Refusal| body.code == refusal.code();
        let is_passing =
            is(Refusal::Busy) || is(Refusal::NotSaved) || is(Refusal::TooEarly) || is(Refusal::TooFast { wait_s: 0 });
        if is_passing && self.outbox.postpone(&id, now) {
            return;
        }
        // Another device of the seat was first; the state `you` shows what it chose.
        let result = if is(Refusal::Twice) { Ok(()) } else { Err(body) };
        self.settle(id, result, out);
    }

    fn settle(&mut self, id: CommandId, result: Result<(), ErrorBody>, out: &mut Vec<Output>) {
        let Some(command) = self.outbox.settle(&id) else { return };
        if matches!(command, Command::Answer(_)) {
            out.push(Output::Keep(self.outbox.answers()));
        }
        out.push(Output::Tell(News::Settled(id, result)));
    }
}

fn tell(message: Message) -> Output {
    Output::Tell(News::Message(Box::new(message)))
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

/// The time after which a restarting server wants us back: the number before `ms` in its reason.
fn hint(reason: &str) -> Option<Millis> {
    let (before, _) = reason.split_once("ms")?;
    before.trim_end().rsplit(' ').next()?.parse().ok().map(Millis)
}

#[cfg(test)]
mod tests;
