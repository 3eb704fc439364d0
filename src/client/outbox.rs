//! Commands that the server has not answered yet.
//!
//! Each has an id that its asker made, so that sending it again is not doing it again. Knows nothing of sockets; it says
//! what is due.

use crate::client::moment::Moment;
use crate::domain::ids::CommandId;
use crate::domain::time::Millis;
use crate::protocol::command::{Answer, Command};

/// Commands in the order in which they were asked.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    waiting: Vec<Waiting>,
}

#[derive(Clone, Debug)]
struct Waiting {
    id: CommandId,
    command: Command,
    /// When it was sent last on this connection.
    sent_at: Option<Moment>,
    /// How often on this connection.
    times: u32,
}

impl Outbox {
    /// More than anybody taps in an outage; a page that asks more is broken.
    pub const COMMANDS_MAX: usize = 32;
    /// Longer than a slow phone needs for a round trip, shorter than somebody waits before tapping again.
    pub const AGAIN_AFTER: Millis = Millis(2_500);

    /// Puts a command at the end. Returns whether there was room; a command with this id that is there already stays.
    pub fn put(&mut self, id: CommandId, command: Command) -> bool {
        if self.waiting.iter().any(|waiting| waiting.id == id) {
            return true;
        }
        let fits = self.waiting.len() < Self::COMMANDS_MAX;
        if fits {
            self.waiting.push(Waiting { id, command, sent_at: None, times: 0 });
        }
        fits
    }

    /// The connection is new: everything is due.
    pub fn begin_anew(&mut self) {
        for waiting in &mut self.waiting {
            (waiting.sent_at, waiting.times) = (None, 0);
        }
    }

    /// What is to be sent now; counts as sent.
    pub fn take_due(&mut self, now: Moment) -> Vec<(CommandId, Command)> {
        let due = self.waiting.iter_mut().filter(|w| w.sent_at.is_none_or(|at| now - at >= Self::AGAIN_AFTER));
        due.map(|waiting| {
            waiting.sent_at = Some(now);
            waiting.times += 1;
            (waiting.id.clone(), waiting.command.clone())
        })
        .collect()
    }

    /// Whether something was sent more than once on this connection without an answer.
    pub fn is_unheard(&self) -> bool {
        self.waiting.iter().any(|waiting| waiting.times > 1)
    }

    /// The server cannot take it right now: it is sent again later. Returns whether it was there.
    pub fn postpone(&mut self, id: &CommandId, now: Moment) -> bool {
        let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.id == *id) else { return false };
        (waiting.sent_at, waiting.times) = (Some(now), 1);
        true
    }

    /// The server has answered it for good. Returns what it was, if it was there.
    pub fn settle(&mut self, id: &CommandId) -> Option<Command> {
        let place = self.waiting.iter().position(|waiting| waiting.id == *id)?;
        Some(self.waiting.remove(place).command)
    }

    /// The ids of all that waits.
    pub fn into_ids(self) -> Vec<CommandId> {
        self.waiting.into_iter().map(|waiting| waiting.id).collect()
    }

    /// The answers to questions among them.
    pub fn answers(&self) -> Vec<(CommandId, Answer)> {
        let answer = |waiting: &Waiting| match waiting.command {
            Command::Answer(answer) => Some((waiting.id.clone(), answer)),
            Command::Chat(_) | Command::UserTyping(_) | Command::Host(_) | Command::Ping(_) | Command::Pong(_) => None,
        };
        self.waiting.iter().filter_map(answer).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::command::HostCommand;

    fn id(text: &str) -> CommandId {
        CommandId::parse(text).expect("a good id")
    }

    fn due(outbox: &mut Outbox, at: i64) -> Vec<String> {
        outbox.take_due(Moment(at)).into_iter().map(|(id, _)| id.as_str().to_owned()).collect()
    }

    #[test]
    fn a_command_is_sent_again_with_the_same_id_until_it_is_settled() {
        let mut outbox = Outbox::default();
        assert!(outbox.put(id("a"), Command::Host(HostCommand::Lock)));
        assert_eq!(due(&mut outbox, 0), ["a"]);
        assert_eq!(due(&mut outbox, 2_400), [""; 0]);
        assert!(!outbox.is_unheard());
        assert_eq!(due(&mut outbox, 2_500), ["a"]);
        assert!(outbox.is_unheard());
        assert_eq!(outbox.settle(&id("a")), Some(Command::Host(HostCommand::Lock)));
        assert_eq!(outbox.settle(&id("a")), None);
        assert_eq!(due(&mut outbox, 9_000), [""; 0]);
    }

    #[test]
    fn a_new_connection_gets_everything_at_once_and_in_order() {
        let mut outbox = Outbox::default();
        outbox.put(id("a"), Command::Host(HostCommand::Lock));
        assert_eq!(due(&mut outbox, 0), ["a"]);
        outbox.put(id("b"), Command::Host(HostCommand::Unlock));
        outbox.put(id("a"), Command::Host(HostCommand::Lock));
        outbox.begin_anew();
        assert_eq!(due(&mut outbox, 100), ["a", "b"]);
    }

    #[test]
    fn what_the_server_cannot_take_now_is_sent_later() {
        let mut outbox = Outbox::default();
        outbox.put(id("a"), Command::Host(HostCommand::Lock));
        assert_eq!(due(&mut outbox, 0), ["a"]);
        assert!(outbox.postpone(&id("a"), Moment(1_000)));
        assert!(!outbox.postpone(&id("b"), Moment(1_000)));
        assert_eq!(due(&mut outbox, 2_600), [""; 0]);
        assert_eq!(due(&mut outbox, 3_500), ["a"]);
    }

    #[test]
    fn one_more_than_fits_is_not_taken() {
        let mut outbox = Outbox::default();
        for n in 0..Outbox::COMMANDS_MAX {
            assert!(outbox.put(id(&n.to_string()), Command::Host(HostCommand::Lock)));
        }
        assert!(!outbox.put(id("more"), Command::Host(HostCommand::Lock)));
        assert!(outbox.put(id("0"), Command::Host(HostCommand::Lock)), "it is there already");
    }
}
