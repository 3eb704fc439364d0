//! What a line does with what arrives: the next event is told and no other, replies settle what was asked.

use crate::client::line::{Line, News, Open, Output, State};
use crate::client::moment::Moment;
use crate::client::pulse::Pulse;
use crate::domain::ids::CommandId;
use crate::domain::time::Millis;
use crate::protocol::command::{Command, Ping};
use crate::protocol::frame;
use crate::protocol::message::{ErrorBody, Message, Pong, Received, Unread, Welcome};
use crate::protocol::refusal::Refusal;

/// A snapshot that is not here this long after it was promised is lost; slow phones need some seconds for a large one.
const SNAPSHOT_MAX: Millis = Millis(30_000);

/// So long the next event has to show that a broken frame was none; a host who waits for one looks at the screen.
const BROKEN_MAX: Millis = Millis(2_000);

impl Line {
    pub(super) fn read(&mut self, text: &str, now: Moment, out: &mut Vec<Output>) {
        self.tally.received();
        if let State::Open(open) = &mut self.state {
            open.pulse.read(now);
        }
        match frame::received(text) {
            Ok(received) => self.take(received, now, out),
            Err(Unread::Broken) => self.drop_broken(now),
            // A newer server says something that this page could not show anyway; it counts, so that no gap appears.
            Err(Unread::Unknown { seq }) => {
                self.tally.ignored();
                self.follow(None, seq, now, out);
            }
        }
    }

    fn take(&mut self, Received { message, seq, correlation_id }: Received, now: Moment, out: &mut Vec<Output>) {
        match message {
            Message::Connected(welcome) => self.welcomed(&welcome, now, out),
            Message::Snapshot(snapshot) => {
                self.position = Some(snapshot.position);
                self.course.take(&snapshot.view);
                out.push(tell(Message::Snapshot(snapshot)));
                self.become_whole(out);
                self.nothing_is_missing();
                self.catch_up(now, out);
            }
            Message::Pong(pong) => self.ponged(pong, correlation_id.as_ref(), now, out),
            Message::Ping(_) => {
                let pong = frame::command(&Command::Pong(Ping {}), self.clock.at(now), None);
                out.push(Output::Send(pong));
            }
            Message::AnswerTaken(_) | Message::ChatTaken(_) | Message::Done(_) => {
                out.push(tell(message));
                if let Some(id) = correlation_id {
                    self.settle(id, Ok(()), now, out);
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
            | Message::ChatUpdate(_)
            | Message::UserAdded(_)
            | Message::UserUpdate(_)
            | Message::UserDeleted(_)
            | Message::Progress(_)
            | Message::Notification(_) => {
                self.follow(Some(message), seq, now, out);
            }
            Message::Health(_)
            | Message::Presence(_)
            | Message::Leaderboard(_)
            | Message::TimeUpdate(_)
            | Message::Latency(_)
            | Message::TypingIndicator(_)
            | Message::ScoreUpdate(_)
            | Message::SeatUpdate(_)
            | Message::SessionExpired(_) => out.push(tell(message)),
            // A page is in one session, by its cookie.
            Message::LeftSession(_) | Message::Refreshed(_) | Message::Refresh(_) => {}
        }
    }

    /// A frame that cannot be read is dropped. It may have been the last event for a long time: unless the next one shows
    /// soon that nothing is missing, a snapshot is asked for.
    fn drop_broken(&mut self, now: Moment) {
        self.tally.ignored();
        if let State::Open(open) = &mut self.state {
            let due = now + BROKEN_MAX;
            open.resync_due = Some(open.resync_due.map_or(due, |known| known.min(due)));
        }
    }

    fn welcomed(&mut self, welcome: &Welcome, now: Moment, out: &mut Vec<Output>) {
        self.clock.hint(welcome.server_time, now);
        let goes_on = welcome.recovered && self.position.is_some();
        if !goes_on {
            self.position = None;
        }
        let resync_due = (!goes_on).then(|| now + SNAPSHOT_MAX);
        // The server starts anew on the same connection when it has lost our place.
        if let State::Open(open) = &mut self.state {
            (open.resync_due, open.is_caught_up) = (resync_due, false);
            return;
        }
        let pulse = Pulse::new(now, Millis(welcome.heartbeat_ms));
        let open =
            Open { since: now, pulse, ping: None, is_whole: false, is_caught_up: false, resync_due, stirred_at: None };
        self.state = State::Open(Box::new(open));
        self.outbox.begin_anew();
        // Answers are worth more the sooner they leave.
        self.send_due(now, out);
        self.ping(now, out);
        if goes_on {
            self.become_whole(out);
        }
    }

    /// What was missed is here: what depends on it can be sent.
    fn catch_up(&mut self, now: Moment, out: &mut Vec<Output>) {
        let State::Open(open) = &mut self.state else { return };
        open.is_caught_up = true;
        self.send_due(now, out);
    }

    fn nothing_is_missing(&mut self) {
        if let State::Open(open) = &mut self.state {
            open.resync_due = None;
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

    /// Takes the next event of the stream, and no other; `None` is one that says nothing to us.
    fn follow(&mut self, message: Option<Message>, seq: Option<u64>, now: Moment, out: &mut Vec<Output>) {
        let (Some(position), Some(seq)) = (&mut self.position, seq) else { return };
        if position.seq.checked_add(1) == Some(seq) {
            position.seq = seq;
            if let Some(Message::SessionUpdate(update)) = &message {
                self.course.follow(update);
            }
            out.extend(message.map(tell));
            self.nothing_is_missing();
        } else if seq > position.seq {
            self.resync(now, out);
        }
    }

    fn ponged(&mut self, pong: Pong, id: Option<&CommandId>, now: Moment, out: &mut Vec<Output>) {
        let State::Open(open) = &mut self.state else { return };
        if let Some((_, sent)) = open.ping.take_if(|(awaited, _)| id == Some(awaited)) {
            self.clock.sample(sent, now, pong.server_time);
        }
        if let Some(round_trip_ms) = pong.round_trip_ms {
            self.round_trip = Some(Millis(round_trip_ms));
        }
        // What was missed is written before any reply; of a very long replay the rest follows, and then the server judges.
        if open.is_whole && !open.is_caught_up && self.position.is_some() {
            self.catch_up(now, out);
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
        self.settle(id, result, now, out);
    }

    fn settle(&mut self, id: CommandId, result: Result<(), ErrorBody>, now: Moment, out: &mut Vec<Output>) {
        let Some(command) = self.outbox.settle(&id) else { return };
        let is_answer = matches!(command, Command::Answer(_));
        if is_answer {
            out.push(Output::Keep(self.outbox.answers()));
        }
        out.push(Output::Tell(News::Settled(id, result)));
        if is_answer {
            // To go on may have waited for it.
            self.send_due(now, out);
        }
    }
}

fn tell(message: Message) -> Output {
    Output::Tell(News::Message(Box::new(message)))
}
