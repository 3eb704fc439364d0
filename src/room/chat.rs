//! The chat: who may write and how often, which messages there are, and which of them are stored.
//!
//! Off until a host switches it on. A message is a fact only while a host has messages kept; others live in memory and
//! are gone after a restart, and so is the memory of who wrote them. Reading order: [`ChatLog`], then the rules.
//!
//! A fact names its message and does not hold the text: facts never change, and a text must be able to go. The text
//! stands beside the log, in a plain table, from which it is deleted when a host takes the message away or ends the
//! keeping, and when its time is over. A log is read together with the texts that are left; a message without one is
//! shown as taken away. So the restored room is the room that wrote the log, and what was erased is nowhere.

use std::collections::{BTreeMap, VecDeque};

use crate::domain::chat::ChatText;
use crate::domain::ids::{CommandId, MessageId, SeatId};
use crate::domain::limits::Limits;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::chat::{Chat, ChatEvent, ChatMessage, ChatRemoved, ChatUpdate};
use crate::protocol::command::Switch;
use crate::protocol::refusal::Refusal;
use crate::protocol::view::Phase;
use crate::room::Room;
use crate::room::apply::Motion;
use crate::room::effect::Effect;
use crate::room::fact::FactBody;
use crate::room::input::Who;
use crate::room::roster::count;

/// The name under which hosts write; to players they are one.
pub(super) const HOST_NAME: &str = "Host";

/// The window in which messages of one person are counted.
const WINDOW: Millis = Millis(60_000);
const DAY_MS: i64 = 86_400_000;

/// What was written, and by whom lately.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ChatLog {
    is_open: bool,
    kept_until: Option<Timestamp>,
    /// The last of those that are facts, with those that were taken away.
    stored: VecDeque<ChatMessage>,
    /// The last of those that are not.
    unstored: VecDeque<ChatMessage>,
    last: MessageId,
    writers: BTreeMap<Who, Writer>,
}

/// What one person wrote lately. Both lists hold as many as may be written in a window, so that counting is exact.
#[derive(Clone, Debug, Default, PartialEq)]
struct Writer {
    stored: VecDeque<Written>,
    unstored: VecDeque<Written>,
}

#[derive(Clone, Debug, PartialEq)]
struct Written {
    id: CommandId,
    message: MessageId,
    at: Timestamp,
}

impl ChatLog {
    /// Nothing was written, and nobody may.
    pub fn new() -> Self {
        Self {
            is_open: false,
            kept_until: None,
            stored: VecDeque::new(),
            unstored: VecDeque::new(),
            last: MessageId::NONE,
            writers: BTreeMap::new(),
        }
    }

    /// What players and hosts see.
    pub fn view(&self, limits: &Limits) -> Chat {
        let mut messages: Vec<ChatMessage> = self.stored.iter().chain(&self.unstored).cloned().collect();
        messages.sort_by_key(|message| message.message_id);
        messages.drain(..messages.len().saturating_sub(limits.chat_shown as usize));
        Chat { is_open: self.is_open, kept_until: self.kept_until, messages_max: limits.chat_shown, messages }
    }

    /// Whether people may write.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// The message that somebody wrote with this id.
    pub fn written_with(&self, who: Who, id: &CommandId) -> Option<MessageId> {
        let writer = self.writers.get(&who)?;
        writer.all().find(|written| written.id == *id).map(|written| written.message)
    }

    /// Forgets what no fact holds: what a restart does to a chat.
    pub fn forget_unstored(&mut self) {
        self.unstored.clear();
        self.writers.values_mut().for_each(|writer| writer.unstored.clear());
        self.writers.retain(|_, writer| !writer.stored.is_empty());
        let last = self.writers.values().filter_map(|writer| writer.stored.back()).map(|written| written.message);
        self.last = last.max().unwrap_or(MessageId::NONE);
    }

    /// When somebody may write again; `None` if they may now.
    fn free_at(&self, who: Who, now: Timestamp, limits: &Limits) -> Option<Timestamp> {
        let recent = || self.writers.get(&who).into_iter().flat_map(Writer::all).filter(|it| now - it.at < WINDOW);
        let is_full = count(recent().count()) >= limits.chat_per_minute;
        recent().map(|written| written.at + WINDOW).min().filter(|_| is_full)
    }

    fn next_id(&self, now: Timestamp) -> MessageId {
        MessageId((self.last.0 + 1).max(now.0.unsigned_abs()))
    }

    fn find(&self, message: MessageId) -> Option<&ChatMessage> {
        self.stored.iter().chain(&self.unstored).find(|known| known.message_id == message)
    }

    fn is_stored(&self, message: MessageId) -> bool {
        self.stored.iter().any(|known| known.message_id == message)
    }

    fn blank(&mut self, message: MessageId) {
        let mut all = self.stored.iter_mut().chain(&mut self.unstored);
        all.find(|known| known.message_id == message).into_iter().for_each(|known| known.text = None);
    }

    fn take_unstored(&mut self, message: ChatMessage, id: CommandId, limits: &Limits) {
        self.last = message.message_id;
        let writer = self.writers.entry(writer_of(&message)).or_default();
        push(&mut writer.unstored, written(&message, id), limits.chat_per_minute);
        push(&mut self.unstored, message, limits.chat_shown);
    }

    fn take_stored(&mut self, message: ChatMessage, id: CommandId, limits: &Limits) {
        self.last = message.message_id;
        let writer = self.writers.entry(writer_of(&message)).or_default();
        push(&mut writer.stored, written(&message, id), limits.chat_per_minute);
        push(&mut self.stored, message, limits.chat_shown);
    }

    /// What was stored is deleted; what is on the screens stays there until the room forgets it.
    fn keep_no_more(&mut self, limits: &Limits) {
        self.kept_until = None;
        self.unstored.extend(self.stored.drain(..));
        self.unstored.make_contiguous().sort_by_key(|message| message.message_id);
        self.unstored.drain(..self.unstored.len().saturating_sub(limits.chat_shown as usize));
    }
}

impl Writer {
    fn all(&self) -> impl Iterator<Item = &Written> {
        self.stored.iter().chain(&self.unstored)
    }
}

fn push<T>(list: &mut VecDeque<T>, item: T, max: u32) {
    list.push_back(item);
    if list.len() > max as usize {
        list.pop_front();
    }
}

fn writer_of(message: &ChatMessage) -> Who {
    message.user.map_or(Who::Host, Who::Seat)
}

fn written(message: &ChatMessage, id: CommandId) -> Written {
    Written { id, message: message.message_id, at: message.sent_at }
}

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
        let limits = self.limits;
        self.chat.keep_no_more(&limits);
    }

    /// Folds a stored message, of which the text may be erased.
    pub(super) fn fold_chat_sent(
        &mut self,
        message: MessageId,
        by: Option<SeatId>,
        text: Option<&ChatText>,
        (at, command): (Timestamp, Option<&CommandId>),
    ) -> Option<()> {
        (message > self.chat.last && self.chat.kept_until.is_some()).then_some(())?;
        let message = self.message(message, by, text, at)?;
        let limits = self.limits;
        self.chat.take_stored(message, command?.clone(), &limits);
        Some(())
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
            let limits = self.room.limits;
            self.room.chat.take_unstored(told.clone(), id, &limits);
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
    use crate::domain::time::Millis;
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
