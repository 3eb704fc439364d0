//! What a line does with what arrives: the next event is told and no other, replies settle what was asked.

use crate::client::line::{Line, News, Open, Output, State};
use crate::client::moment::Moment;
use crate::client::pulse::Pulse;
use crate::domain::ids::CommandId;
use crate::domain::time::Millis;
use crate::protocol::command::{Command, Ping};
use crate::protocol::frame;
use crate::protocol::message::{ErrorBody, Message, Pong, Received, Welcome};
use crate::protocol::refusal::Refusal;

/// A connection that breaks sooner than this after its opening is waited for like one that failed.
const LASTING: Millis = Millis(5_000);

impl Line {
    pub(super) fn read(&mut self, text: &str, now: Moment, out: &mut Vec<Output>) {
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
            Message::AnswerTaken(_) | Message::ChatTaken(_) | Message::Done(_) => {
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
            Message::SessionUpdate(_)
            | Message::UserJoined(_)
            | Message::UserLeft(_)
            | Message::Cue(_)
            | Message::Chat(_)
            | Message::ChatRemoved(_)
            | Message::ChatUpdate(_) => {
                self.follow(message, seq, now, out);
            }
            Message::Presence(_)
            | Message::Leaderboard(_)
            | Message::TimeUpdate(_)
            | Message::Latency(_)
            | Message::TypingIndicator(_)
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
                State::Open(open) if now - open.since >= LASTING => self.open(now, out),
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
