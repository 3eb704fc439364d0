//! What a line does with what is asked: keeps it, sends it when it is due, and gives back what will not be sent any more.

use crate::client::line::{Line, News, Output, State};
use crate::client::moment::Moment;
use crate::client::outbox::Outbox;
use crate::domain::ids::CommandId;
use crate::domain::time::Timestamp;
use crate::protocol::close::Close;
use crate::protocol::command::Command;
use crate::protocol::frame;
use crate::protocol::message::ErrorBody;
use crate::protocol::refusal::Refusal;

impl Line {
    pub(super) fn ask(&mut self, id: CommandId, command: Command, now: Moment, out: &mut Vec<Output>) {
        let is_answer = matches!(command, Command::Answer(_));
        if !self.outbox.put(id.clone(), command) {
            out.push(Output::Tell(News::Settled(id, Err(not_kept(self.clock.at(now))))));
            return;
        }
        if is_answer {
            out.push(Output::Keep(self.outbox.answers()));
        }
        self.send_due(now, out);
    }

    /// What is worth nothing later is sent now or never.
    pub(super) fn say(&self, command: &Command, now: Moment, out: &mut Vec<Output>) {
        if let State::Open(_) = self.state {
            out.push(Output::Send(frame::command(command, self.clock.at(now), None)));
        }
    }

    /// Nothing will be sent any more: whoever waits for an answer is told.
    pub(super) fn give_back(&mut self, close: Close, now: Moment, out: &mut Vec<Output>) {
        let waiting = std::mem::take(&mut self.outbox).into_ids();
        if waiting.is_empty() {
            return;
        }
        let mut why = refused(&Refusal::NoSeat, self.clock.at(now));
        close.reason().clone_into(&mut why.error);
        out.extend(waiting.into_iter().map(|id| Output::Tell(News::Settled(id, Err(why.clone())))));
        out.push(Output::Keep(Vec::new()));
    }

    pub(super) fn send_due(&mut self, now: Moment, out: &mut Vec<Output>) {
        let State::Open(open) = &mut self.state else { return };
        let step = open.is_caught_up.then_some(self.course.step);
        let due = self.outbox.take_due(now, step);
        for id in due.stale {
            let moved_on = refused(&Refusal::MovedOn, self.clock.at(now));
            out.push(Output::Tell(News::Settled(id, Err(moved_on))));
        }
        for (id, command) in due.send {
            open.pulse.sent(now);
            out.push(Output::Send(frame::command(&command, self.clock.at(now), Some(&id))));
        }
        // Who gets no answer to a tap looks at the screen: find out soon whether the connection is still there.
        if self.outbox.is_unheard() && !open.pulse.is_in_doubt() && now - open.pulse.last_read() >= Outbox::AGAIN_AFTER
        {
            self.doubt(now, out);
        }
    }
}

/// Why a command does not even wait: more wait than anybody means.
fn not_kept(at: Timestamp) -> ErrorBody {
    ErrorBody {
        code: "outbox_full".to_owned(),
        error: "too much waits to be sent already, this was not kept".to_owned(),
        timestamp: at.to_string(),
        recoverable: true,
        help: "Wait until the connection is back, then do it again.".to_owned(),
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
