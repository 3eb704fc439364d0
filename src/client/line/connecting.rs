//! When a line connects, waits, pings and gives a connection up.

use crate::client::line::{Line, Output, State};
use crate::client::moment::Moment;
use crate::client::outbox::Outbox;
use crate::client::pulse::Sign;
use crate::domain::ids::CommandId;
use crate::domain::time::Millis;
use crate::protocol::close::Close;
use crate::protocol::command::{Command, Ping};
use crate::protocol::frame;

impl Line {
    pub(super) fn open(&mut self, now: Moment, out: &mut Vec<Output>) {
        self.state = State::Opening { since: now };
        out.push(Output::Open(self.position));
    }

    /// Something happened after which a try is promising, or an open connection doubtful.
    pub(super) fn hurry(&mut self, now: Moment, out: &mut Vec<Output>) {
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

    pub(super) fn closed(&mut self, code: u16, reason: &str, now: Moment) {
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

    /// Waits for the next try. A try that hung has used up its part of the wait.
    pub(super) fn wait(&mut self, now: Moment) {
        let since = match self.state {
            State::Opening { since } => since,
            State::New | State::Open(_) | State::Waiting { .. } | State::Ended(_) => now,
        };
        self.state = State::Waiting { until: since + self.backoff.next_wait() };
    }

    pub(super) fn tick(&mut self, now: Moment, out: &mut Vec<Output>) {
        match &mut self.state {
            State::New | State::Ended(_) => {}
            State::Opening { since } => {
                if now - *since >= self.backoff.try_max() {
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

    pub(super) fn ping(&mut self, now: Moment, out: &mut Vec<Output>) {
        let State::Open(open) = &mut self.state else { return };
        self.pings = self.pings.wrapping_add(1);
        let id = CommandId::parse(&format!("ping-{}", self.pings)).expect("a short printable id");
        let text = frame::command(&Command::Ping(Ping {}), self.clock.at(now), Some(&id));
        open.ping = Some((id, now));
        open.pulse.pinged(now);
        out.push(Output::Send(text));
    }

    pub(super) fn send_due(&mut self, now: Moment, out: &mut Vec<Output>) {
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

/// The time after which a restarting server wants us back: the number before `ms` in its reason.
pub(super) fn hint(reason: &str) -> Option<Millis> {
    let (before, _) = reason.split_once("ms")?;
    before.trim_end().rsplit(' ').next()?.parse().ok().map(Millis)
}
