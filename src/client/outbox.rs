//! Commands that the server has not answered yet.
//!
//! Each has an id that its asker made, so that sending it again is not doing it again. Knows nothing of sockets; it says
//! what is due.

use crate::client::moment::Moment;
use crate::domain::ids::CommandId;
use crate::domain::time::Millis;
use crate::protocol::command::{Answer, Command, HostCommand};

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
    /// Whether it was sent on any connection: then only the server knows what became of it.
    was_sent: bool,
}

/// What a look into the outbox finds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Due {
    /// To be sent now, in this order.
    pub send: Vec<(CommandId, Command)>,
    /// Never sent, and made for a step that the room has left: dropped.
    pub stale: Vec<CommandId>,
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
            self.waiting.push(Waiting { id, command, sent_at: None, times: 0, was_sent: false });
        }
        fits
    }

    /// The connection is new: everything is due.
    pub fn begin_anew(&mut self) {
        for waiting in &mut self.waiting {
            (waiting.sent_at, waiting.times) = (None, 0);
        }
    }

    /// What is to be sent now, which counts as sent, and what is of no use any more, which is gone.
    ///
    /// `step` is where the room stands; while that is not known, a command that names a step waits, and all behind it.
    /// To go on and to hand in wait for the answers before them: the server would not take those afterwards.
    pub fn take_due(&mut self, now: Moment, step: Option<u32>) -> Due {
        let mut due = Due::default();
        self.waiting.retain_mut(|waiting| {
            let is_stale = !waiting.was_sent
                && step_of(&waiting.command).is_some_and(|made_for| step.is_some_and(|step| step != made_for));
            if is_stale {
                due.stale.push(waiting.id.clone());
            }
            !is_stale
        });
        let known = self.waiting.iter_mut().take_while(|waiting| step.is_some() || step_of(&waiting.command).is_none());
        let mut has_open_answer = false;
        for waiting in known {
            let must_wait = has_open_answer && matches!(waiting.command, Command::GoTo(_) | Command::Finish(_));
            has_open_answer |= matches!(waiting.command, Command::Answer(_));
            if must_wait || waiting.sent_at.is_some_and(|at| now - at < Self::AGAIN_AFTER) {
                continue;
            }
            (waiting.sent_at, waiting.was_sent) = (Some(now), true);
            waiting.times += 1;
            due.send.push((waiting.id.clone(), waiting.command.clone()));
        }
        due
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
        let answer = |waiting: &Waiting| match &waiting.command {
            Command::Answer(answer) => Some((waiting.id.clone(), *answer)),
            Command::Chat(_)
            | Command::UserTyping(_)
            | Command::Host(_)
            | Command::GoTo(_)
            | Command::Finish(_)
            | Command::JoinSession(_)
            | Command::LeaveSession(_)
            | Command::Refresh(_)
            | Command::Ping(_)
            | Command::Pong(_) => None,
        };
        self.waiting.iter().filter_map(answer).collect()
    }
}

/// The step that a command was made for, if it is good for one only.
fn step_of(command: &Command) -> Option<u32> {
    match command {
        Command::Host(
            HostCommand::Next { step }
            | HostCommand::Close { step }
            | HostCommand::Skip { step }
            | HostCommand::End { step },
        ) => Some(*step),
        Command::Host(
            HostCommand::Lock
            | HostCommand::Unlock
            | HostCommand::Remove { .. }
            | HostCommand::Block { .. }
            | HostCommand::Chat { .. }
            | HostCommand::ChatHistory { .. }
            | HostCommand::RemoveMessage { .. },
        )
        | Command::Answer(_)
        | Command::Chat(_)
        | Command::UserTyping(_)
        | Command::GoTo(_)
        | Command::Finish(_)
        | Command::JoinSession(_)
        | Command::LeaveSession(_)
        | Command::Refresh(_)
        | Command::Ping(_)
        | Command::Pong(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::TurnNo;
    use crate::domain::question::Choice;
    use crate::protocol::timed::{Finish, GoTo};

    /// Where the room of these tests stands.
    const STEP: Option<u32> = Some(4);

    fn id(text: &str) -> CommandId {
        CommandId::parse(text).expect("a good id")
    }

    fn names(ids: impl IntoIterator<Item = CommandId>) -> Vec<String> {
        ids.into_iter().map(String::from).collect()
    }

    fn due(outbox: &mut Outbox, at: i64) -> Vec<String> {
        names(outbox.take_due(Moment(at), STEP).send.into_iter().map(|(id, _)| id))
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
    fn a_command_for_a_step_waits_until_the_step_is_known_and_what_follows_waits_behind_it() {
        let mut outbox = Outbox::default();
        outbox.put(id("a"), Command::Host(HostCommand::Lock));
        outbox.put(id("b"), Command::Host(HostCommand::Next { step: 4 }));
        outbox.put(id("c"), Command::Host(HostCommand::Unlock));
        let unknown = outbox.take_due(Moment(0), None);
        assert_eq!((names(unknown.send.into_iter().map(|(id, _)| id)), unknown.stale), (vec!["a".to_owned()], vec![]));
        assert_eq!(due(&mut outbox, 100), ["b", "c"]);
    }

    #[test]
    fn a_command_for_a_step_that_is_left_is_dropped_unless_the_server_may_have_it() {
        let mut outbox = Outbox::default();
        outbox.put(id("sent"), Command::Host(HostCommand::Next { step: 4 }));
        assert_eq!(due(&mut outbox, 0), ["sent"]);
        outbox.begin_anew();
        outbox.put(id("new"), Command::Host(HostCommand::Skip { step: 4 }));
        let moved_on = outbox.take_due(Moment(100), Some(5));
        assert_eq!(names(moved_on.send.into_iter().map(|(id, _)| id)), ["sent"]);
        assert_eq!(names(moved_on.stale), ["new"]);
        assert_eq!(outbox.settle(&id("new")), None);
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
    fn an_answer_is_not_overtaken_by_what_ends_its_question() {
        let mut outbox = Outbox::default();
        let answer = Answer { turn: TurnNo(1), choice: Choice::of(&[0]).expect("a place") };
        outbox.put(id("answer"), Command::Answer(answer));
        outbox.put(id("next"), Command::GoTo(GoTo { turn: TurnNo(2) }));
        outbox.put(id("other"), Command::Host(HostCommand::Lock));
        outbox.put(id("in"), Command::Finish(Finish {}));
        assert_eq!(due(&mut outbox, 0), ["answer", "other"]);
        outbox.postpone(&id("answer"), Moment(100));
        assert_eq!(due(&mut outbox, 200), [""; 0]);
        assert_eq!(due(&mut outbox, 2_600), ["answer", "other"]);
        outbox.settle(&id("answer"));
        assert_eq!(due(&mut outbox, 2_700), ["next", "in"]);
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
