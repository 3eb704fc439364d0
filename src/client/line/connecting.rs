//! When a line connects, waits, pings and gives a connection up.

use crate::client::line::{Line, Output, State};
use crate::client::moment::Moment;
use crate::client::pulse::Sign;
use crate::domain::ids::CommandId;
use crate::domain::time::Millis;
use crate::protocol::close::Close;
use crate::protocol::command::{Command, Ping};
use crate::protocol::frame;

/// A connection that breaks sooner than this after its opening is waited for like one that failed.
pub(super) const LASTING: Millis = Millis(5_000);

/// A try that is older than this is begun anew when something has changed: on a network that was not there it hangs.
const FRESH: Millis = Millis(1_000);

/// A connection that is lost so soon after the page was away is lost by that: nobody else comes back at this moment.
const STIRRED: Millis = Millis(3_000);

impl Line {
    pub(super) fn open(&mut self, now: Moment, out: &mut Vec<Output>) {
        self.state = if self.course.is_over { State::Ended(Close::Over) } else { State::Opening { since: now } };
        if !self.course.is_over {
            out.push(Output::Open(self.position));
        }
    }

    /// A connection that has lasted ends the counting of failures; one that is lost at once again does not.
    pub(super) fn count_as_success(&mut self, now: Moment) {
        if let State::Open(open) = &self.state
            && open.is_whole
            && now - open.since >= LASTING
        {
            self.backoff.reset();
        }
    }

    /// Something happened after which a try is promising, or an open connection doubtful.
    pub(super) fn hurry(&mut self, now: Moment, out: &mut Vec<Output>) {
        match &self.state {
            State::New | State::Ended(_) => {}
            State::Opening { since } if now - *since < FRESH => {}
            State::Open(open) if !open.pulse.is_silent(now) => self.stir(now, out),
            State::Opening { .. } | State::Open(_) => {
                self.backoff.reset();
                out.push(Output::HangUp);
                self.open(now, out);
            }
            State::Waiting { .. } => {
                self.backoff.reset();
                self.open(now, out);
            }
        }
    }

    /// Something happened here that may have cost an open connection.
    pub(super) fn stir(&mut self, now: Moment, out: &mut Vec<Output>) {
        if let State::Open(open) = &mut self.state {
            open.stirred_at = Some(now);
        }
        self.doubt(now, out);
    }

    /// An open connection may be dead: asks, and waits for the answer not as long as usual.
    pub(super) fn doubt(&mut self, now: Moment, out: &mut Vec<Output>) {
        if let State::Open(open) = &mut self.state {
            open.pulse.doubt(now);
            self.ping(now, out);
        }
    }

    /// Browsers hold back the timers of hidden pages to one a minute, which looks like sleep: such a page only asks.
    pub(super) fn slept(&mut self, unseen: Millis, now: Moment, out: &mut Vec<Output>) {
        self.clock.forget();
        if let State::Open(open) = &mut self.state {
            open.pulse.slept(unseen);
        }
        if self.is_visible {
            self.hurry(now, out);
        } else {
            self.doubt(now, out);
        }
    }

    pub(super) fn leave(&mut self, out: &mut Vec<Output>) {
        match self.state {
            State::Ended(_) => {}
            State::New | State::Opening { .. } | State::Open(_) | State::Waiting { .. } => {
                out.push(Output::HangUp);
                self.state = State::Ended(Close::Gone);
            }
        }
    }

    pub(super) fn closed(&mut self, code: u16, reason: &str, now: Moment, out: &mut Vec<Output>) {
        if let Some(close) = Close::of_code(code).filter(|close| close.is_final()) {
            self.state = State::Ended(close);
            return;
        }
        let was_stirred =
            matches!(&self.state, State::Open(open) if open.stirred_at.is_some_and(|at| now - at < STIRRED));
        if let Some(hint) = hint(reason) {
            let wait = self.backoff.hinted_wait(hint);
            self.wait_for(wait, now);
        } else if was_stirred {
            self.open(now, out);
        } else {
            self.wait(now);
        }
    }

    /// Something is missing and will not come on this connection: a new one begins with a snapshot.
    pub(super) fn resync(&mut self, now: Moment, out: &mut Vec<Output>) {
        self.position = None;
        out.push(Output::HangUp);
        match &self.state {
            State::Open(open) if now - open.since >= LASTING => self.open(now, out),
            State::Open(_) | State::New | State::Opening { .. } | State::Waiting { .. } | State::Ended(_) => {
                self.wait(now);
            }
        }
    }

    /// Waits for the next try. A try that hung has used up its part of the wait.
    pub(super) fn wait(&mut self, now: Moment) {
        let since = match self.state {
            State::Opening { since } => since,
            State::New | State::Open(_) | State::Waiting { .. } | State::Ended(_) => now,
        };
        let wait = self.backoff.next_wait();
        self.wait_for(wait, since);
    }

    fn wait_for(&mut self, wait: Millis, since: Moment) {
        // Nothing comes of a session that is over.
        self.state =
            if self.course.is_over { State::Ended(Close::Over) } else { State::Waiting { until: since + wait } };
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
            State::Open(open) if open.resync_due.is_some_and(|due| now >= due) => self.resync(now, out),
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
}

/// The time after which a restarting server wants us back: `retry_ms=…` in its reason.
pub(super) fn hint(reason: &str) -> Option<Millis> {
    let (_, behind) = reason.split_once("retry_ms=")?;
    behind.split(' ').next()?.parse().ok().map(Millis)
}
