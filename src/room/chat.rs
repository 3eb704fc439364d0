//! The chat: who may write and how often, which messages there are, and which of them are stored.
//!
//! Off until a host switches it on. A message is a fact only while a host has messages kept; others live in memory and
//! are gone after a restart, and so is the memory of who wrote them. What was written is in `chat_log`.
//!
//! A fact names its message and does not hold the text: facts never change, and a text must be able to go. The text
//! stands beside the log, in a plain table, from which it is deleted when a host takes the message away or ends the
//! keeping, and when its time is over. A log is read together with the texts that are left; a message without one is
//! shown as taken away. So the restored room is the room that wrote the log, and what was erased is nowhere.

use crate::domain::chat::ChatText;
use crate::domain::ids::{CommandId, MessageId, SeatId};
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::chat::{ChatEvent, ChatMessage, ChatRemoved, ChatUpdate};
use crate::protocol::command::Switch;
use crate::protocol::refusal::Refusal;
use crate::protocol::view::Phase;
use crate::room::Room;
use crate::room::apply::Motion;
use crate::room::chat_log::ChatLog;
use crate::room::effect::Effect;
use crate::room::fact::FactBody;
use crate::room::input::Who;

/// The name under which hosts write; to players they are one.
pub(super) const HOST_NAME: &str = "Host";

const DAY_MS: i64 = 86_400_000;

/// What the rules ask, and the fold of the chat's facts.
impl Room {
    fn may_write(&self, who: Who, now: Timestamp) -> Result<(), Refusal> {
        if self.phase() == Phase::Closed {
            return Err(Refusal::NotNow);
        }
        if let Who::Seat(seat) = who {
            self.roster.seat(seat).ok_or(Refusal::NoSeat)?;
        }
        if !self.chat.is_open {
            return Err(Refusal::ChatOff);
        }
        match self.chat.free_at(who, now, &self.limits) {
            Some(free_at) => Err(Refusal::TooMuchChat { wait_s: (free_at - now).whole_seconds_up() }),
            None => Ok(()),
        }
    }

    /// A message with its sender's name; `None` if nobody has the seat.
    fn message(
        &self,
        message_id: MessageId,
        by: Option<SeatId>,
        text: Option<&ChatText>,
        sent_at: Timestamp,
    ) -> Option<ChatMessage> {
        let name = match by {
            Some(seat) => self.roster.seat(seat)?.name.as_str(),
            None => HOST_NAME,
        };
        let text = text.map(|text| text.as_str().to_owned());
        Some(ChatMessage { message_id, user: by, name: name.to_owned(), text, sent_at, is_host: by.is_none() })
    }

    /// Folds a switch that people may write or may not.
    pub(super) fn fold_chat_switch(&mut self, switch: Switch) {
        self.chat.is_open = match switch {
            Switch::On => true,
            Switch::Off => false,
        };
    }

    /// Folds that messages are stored from here on.
    pub(super) fn fold_chat_kept(&mut self, until: Timestamp) {
        self.chat.kept_until = Some(until);
    }

    /// Folds that no message is stored any more, and none of those that were.
    pub(super) fn fold_chat_not_kept(&mut self) {
        self.chat.keep_no_more(&self.limits);
    }

    /// Folds a stored message, of which the text may be erased.
    pub(super) fn fold_chat_sent(
        &mut self,
        message: MessageId,
        by: Option<SeatId>,
        text: Option<&ChatText>,
        (at, command): (Timestamp, Option<&CommandId>),
    ) -> Option<()> {
        self.chat.kept_until?;
        let message = self.message(message, by, text, at)?;
        self.chat.take_stored(message, command?.clone(), &self.limits)
    }

    /// Folds the end of a stored message. It may be older than what the room remembers.
    pub(super) fn fold_chat_removed(&mut self, message: MessageId) {
        self.chat.blank(message);
    }
}

impl Motion<'_> {
    /// Takes a message, and stores it if messages are kept.
    pub fn write(&mut self, who: Who, text: ChatText, id: CommandId) -> Result<(), Refusal> {
        self.room.may_write(who, self.now)?;
        let by = who.seat();
        let message = self.room.chat.next_id(self.now);
        let told = self.room.message(message, by, Some(&text), self.now).ok_or(Refusal::NoSeat)?;
        if self.room.chat.kept_until.is_some_and(|until| self.now < until) {
            self.record(FactBody::ChatSent { message, by, text: Some(text) });
        } else {
            self.room.chat.take_unstored(told.clone(), id, &self.room.limits);
        }
        self.tell_chat(&ChatEvent::Chat(told));
        self.stop_typing(who);
        self.effect(Effect::ChatTaken(message));
        Ok(())
    }

    /// Lets people write, or ends it. Recorded even where it changes nothing, so that its id is known when it comes again.
    pub fn switch_chat(&mut self, switch: Switch) -> Result<(), Refusal> {
        self.room.is_on()?;
        match switch {
            Switch::On => self.record(FactBody::ChatOpened),
            Switch::Off => {
                self.record(FactBody::ChatClosed);
                self.stop_all_typing();
            }
        }
        self.tell_chat_update();
        Ok(())
    }

    /// Has messages kept from here on, or deletes those that were.
    pub fn switch_chat_history(&mut self, switch: Switch) -> Result<(), Refusal> {
        self.room.is_on()?;
        match switch {
            Switch::On => {
                let until = self.now + Millis(i64::from(self.room.limits.chat_kept_days) * DAY_MS);
                self.record(FactBody::ChatKept { until });
            }
            Switch::Off => self.record(FactBody::ChatNotKept),
        }
        self.tell_chat_update();
        Ok(())
    }

    /// Takes a message away. One that is gone already is what was asked for.
    pub fn remove_message(&mut self, message: MessageId) -> Result<(), Refusal> {
        self.room.is_on()?;
        if self.room.chat.find(message).is_some_and(|known| known.text.is_some()) {
            if self.room.chat.is_stored(message) {
                self.record(FactBody::ChatRemoved { message });
            } else {
                self.room.chat.blank(message);
            }
            self.tell_chat(&ChatEvent::ChatRemoved(ChatRemoved { message_id: message }));
        }
        Ok(())
    }

    fn tell_chat_update(&mut self) {
        let ChatLog { is_open, kept_until, .. } = self.room.chat;
        self.tell_chat(&ChatEvent::ChatUpdate(ChatUpdate { is_open, kept_until }));
    }
}

impl Room {
    fn is_on(&self) -> Result<(), Refusal> {
        if self.is_closed() { Err(Refusal::NotNow) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limits::Limits;
    use crate::protocol::chat::Chat;
    use crate::protocol::command::HostCommand;
    use crate::protocol::view::Audience;
    use crate::room::fact::Fact;
    use crate::room::rig::{self, Rig};

    /// A room in which Ada and Bo may write.
    fn open() -> (Rig, [Who; 2]) {
        let (mut rig, seats) = Rig::with_people(2, ["Ada", "Bo"]);
        turn(&mut rig, Switch::On);
        (rig, seats.map(Who::Seat))
    }

    fn turn(rig: &mut Rig, switch: Switch) {
        rig.host(HostCommand::Chat { switch }).expect("the host may switch");
    }

    fn keep(rig: &mut Rig, switch: Switch) {
        rig.host(HostCommand::ChatHistory { switch }).expect("the host may switch");
    }

    fn chat(rig: &Rig) -> Chat {
        rig.room.host_view().chat
    }

    /// Name and text of what is shown.
    fn shown(rig: &Rig) -> Vec<String> {
        let line = |message: ChatMessage| {
            format!("{}: {}", message.name, message.text.unwrap_or_else(|| "taken away".to_owned()))
        };
        chat(rig).messages.into_iter().map(line).collect()
    }

    /// Who was told of the chat by the last input.
    fn told(rig: &Rig) -> Vec<Audience> {
        let told = rig.effects.iter().filter_map(|effect| {
            let Effect::TellChat(audience, _) = effect else { return None };
            Some(*audience)
        });
        told.collect()
    }

    #[test]
    fn chat_is_off_until_the_host_switches_it_on() {
        let (mut rig, [ada, _]) = Rig::with_people(1, ["Ada", "Bo"]);
        let ada = Who::Seat(ada);
        for who in [ada, Who::Host] {
            assert_eq!(rig.write(who, "hello"), Err(Refusal::ChatOff), "{who:?}");
        }
        turn(&mut rig, Switch::On);
        assert_eq!((told(&rig), chat(&rig).is_open), (vec![Audience::Host, Audience::Players], true));
        rig.write(ada, "hello").expect("chat is on");
        turn(&mut rig, Switch::Off);
        assert_eq!(rig.write(ada, "hello"), Err(Refusal::ChatOff));
        assert_eq!(shown(&rig), ["Ada: hello"], "what was written can still be read");
    }

    #[test]
    fn a_message_is_told_to_players_and_hosts_under_its_writers_name_and_never_to_the_stage() {
        let (mut rig, [ada, _]) = open();
        let message = rig.write(ada, " <b>hello</b> ").expect("chat is on");
        assert_eq!(told(&rig), [Audience::Host, Audience::Players]);
        rig.write(Who::Host, "welcome").expect("chat is on");
        assert_eq!(shown(&rig), ["Ada: <b>hello</b>", "Host: welcome"]);
        let messages = chat(&rig).messages;
        assert_eq!((messages[0].message_id, messages[0].user, messages[0].is_host), (message, ada.seat(), false));
        assert_eq!((messages[1].user, messages[1].is_host), (None, true));
        assert_eq!(rig.room.players_view().chat, chat(&rig));
    }

    #[test]
    fn nobody_writes_without_a_seat_or_after_the_end() {
        let (mut rig, [ada, bo]) = open();
        rig.host(HostCommand::Remove { seat: bo.seat().expect("a player") }).expect("Bo may be removed");
        assert_eq!(rig.write(bo, "hello"), Err(Refusal::NoSeat));
        assert_eq!(rig.write(Who::Seat(SeatId(9)), "hello"), Err(Refusal::NoSeat));
        rig.host(HostCommand::Block { seat: ada.seat().expect("a player") }).expect("Ada may be blocked");
        assert_eq!(rig.write(ada, "hello"), Err(Refusal::NoSeat));
        rig.end();
        assert_eq!(rig.write(Who::Host, "hello"), Err(Refusal::NotNow));
        assert_eq!(rig.host(HostCommand::Chat { switch: Switch::On }), Err(Refusal::NotNow));
    }

    #[test]
    fn one_message_more_than_fits_into_a_minute_is_refused_with_the_wait() {
        let (mut rig, [ada, bo]) = open();
        for no in 0..10 {
            rig.write(ada, &format!("message {no}")).expect("ten a minute");
            rig.now = rig.now + Millis(1_000);
        }
        assert_eq!(rig.write(ada, "one more"), Err(Refusal::TooMuchChat { wait_s: 50 }));
        rig.write(bo, "I may").expect("each has an own allowance");
        rig.now = rig.now + Millis(49_999);
        assert_eq!(rig.write(ada, "one more"), Err(Refusal::TooMuchChat { wait_s: 1 }));
        rig.now = rig.now + Millis(1);
        rig.write(ada, "one more").expect("the first is a minute old");
        assert_eq!(rig.write(ada, "and another"), Err(Refusal::TooMuchChat { wait_s: 1 }), "the window slides");
    }

    #[test]
    fn kept_and_other_messages_count_together() {
        let (mut rig, [ada, _]) = open();
        for no in 0..10 {
            keep(&mut rig, if no % 2 == 0 { Switch::On } else { Switch::Off });
            rig.write(ada, "hello").expect("ten a minute");
        }
        assert_eq!(rig.write(ada, "one more"), Err(Refusal::TooMuchChat { wait_s: 60 }));
    }

    #[test]
    fn a_message_sent_again_is_the_same_message() {
        let (mut rig, [ada, bo]) = open();
        for is_kept in [Switch::Off, Switch::On] {
            keep(&mut rig, is_kept);
            let id = rig::id(&format!("tap-{is_kept:?}"));
            let first = rig.write_with(ada, "hello", &id).expect("chat is on");
            let before = rig.room.clone();
            assert_eq!(rig.write_with(ada, "hello", &id), Ok(first));
            assert_eq!((&rig.effects, &rig.room), (&vec![Effect::ChatTaken(first)], &before));
            assert_ne!(rig.write_with(bo, "hello", &id), Ok(first), "an id is its writer's own");
        }
        rig.restart();
        rig.write_with(ada, "hello", &rig::id("tap-On")).expect("known");
        assert_eq!(rig.recorded().count(), 0, "what was kept is known after a restart");
    }

    #[test]
    fn without_history_nothing_is_a_fact_and_a_restart_forgets() {
        let (mut rig, [ada, _]) = open();
        let facts = rig.facts.len();
        rig.write(ada, "a secret").expect("chat is on");
        assert_eq!(rig.facts.len(), facts);
        rig.restart();
        assert_eq!((shown(&rig).len(), chat(&rig).is_open), (0, true), "the switch is a fact");
    }

    #[test]
    fn with_history_messages_survive_a_restart_until_the_host_ends_it() {
        let (mut rig, [ada, _]) = open();
        rig.write(ada, "not kept").expect("chat is on");
        keep(&mut rig, Switch::On);
        let until = chat(&rig).kept_until.expect("a day");
        assert_eq!(until - rig.now, Millis(30 * DAY_MS));
        rig.write(ada, "kept").expect("chat is on");
        assert_eq!(rig.recorded_kinds(), ["chat_sent"]);
        rig.restart();
        assert_eq!((shown(&rig), chat(&rig).kept_until), (vec!["Ada: kept".to_owned()], Some(until)));
        keep(&mut rig, Switch::Off);
        assert_eq!((shown(&rig), chat(&rig).kept_until), (vec!["Ada: kept".to_owned()], None));
        rig.restart();
        assert_eq!(shown(&rig).len(), 0, "what was deleted is not read again");
    }

    #[test]
    fn nothing_is_kept_beyond_the_day_that_was_said() {
        let (mut rig, [ada, _]) = open();
        keep(&mut rig, Switch::On);
        rig.now = chat(&rig).kept_until.expect("a day");
        rig.write(ada, "hello").expect("chat is on");
        assert_eq!(rig.recorded().count(), 0);
        keep(&mut rig, Switch::On);
        rig.write(ada, "hello again").expect("chat is on");
        assert_eq!(rig.recorded_kinds(), ["chat_sent"]);
    }

    #[test]
    fn a_message_that_is_taken_away_leaves_its_place_and_no_text() {
        for is_kept in [Switch::Off, Switch::On] {
            let (mut rig, [ada, _]) = open();
            keep(&mut rig, is_kept);
            let message = rig.write(ada, "rude").expect("chat is on");
            rig.write(ada, "sorry").expect("chat is on");
            rig.host(HostCommand::RemoveMessage { message }).expect("the host may");
            assert_eq!((told(&rig).len(), shown(&rig)), (2, vec!["Ada: taken away".into(), "Ada: sorry".into()]));
            rig.host(HostCommand::RemoveMessage { message }).expect("gone is what was asked for");
            assert_eq!((told(&rig).len(), rig.recorded().count()), (0, 0));
            let before = shown(&rig);
            rig.restart();
            assert_eq!(shown(&rig), if is_kept == Switch::On { before } else { Vec::new() });
        }
    }

    #[test]
    fn one_message_more_than_is_shown_pushes_out_the_oldest() {
        let limits = Limits { chat_shown: 3, ..Limits::default() };
        let mut rig = Rig::with(rig::quiz(1), limits);
        let ada = Who::Seat(rig.join("Ada"));
        turn(&mut rig, Switch::On);
        for (no, switch) in [Switch::On, Switch::Off, Switch::Off, Switch::On].into_iter().enumerate() {
            keep(&mut rig, switch);
            rig.write(ada, &no.to_string()).expect("chat is on");
        }
        assert_eq!(shown(&rig), ["Ada: 1", "Ada: 2", "Ada: 3"]);
    }

    #[test]
    fn a_name_is_not_given_to_two_messages_though_a_restart_forgets_the_first() {
        let (mut rig, [ada, _]) = open();
        let first = rig.write(ada, "one").expect("chat is on");
        let second = rig.write(ada, "in the same millisecond").expect("chat is on");
        rig.restart();
        rig.now = rig.now + Millis(5);
        let third = rig.write(ada, "two").expect("chat is on");
        assert!(first < second && second < third);
    }

    #[test]
    fn a_text_that_was_erased_by_its_day_is_shown_as_taken_away() {
        let (mut rig, [ada, _]) = open();
        keep(&mut rig, Switch::On);
        rig.write(ada, "hello").expect("chat is on");
        let erased = |mut fact: Fact| {
            if let FactBody::ChatSent { text, .. } = &mut fact.body {
                *text = None;
            }
            fact
        };
        let facts: Vec<Fact> = rig.facts.iter().cloned().map(erased).collect();
        rig.room = Room::restore(facts, rig.limits, rig.now).expect("a whole log");
        assert_eq!(shown(&rig), ["Ada: taken away"]);
    }
}
