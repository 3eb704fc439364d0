//! What was written in a room, and by whom lately.
//!
//! Holds messages that are facts apart from those that are not, because a restart forgets the latter. Knows nothing of who
//! may write: that is `chat`'s business.

use std::collections::{BTreeMap, VecDeque};

use crate::domain::ids::{CommandId, MessageId};
use crate::domain::limits::Limits;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::chat::{Chat, ChatMessage};
use crate::room::input::Who;
use crate::room::roster::count;

/// The window in which messages of one person are counted.
const WINDOW: Millis = Millis(60_000);

/// What was written, and by whom lately.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ChatLog {
    /// Whether people may write.
    pub is_open: bool,
    /// Until when messages are facts; `None` while they are not.
    pub kept_until: Option<Timestamp>,
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
    pub fn free_at(&self, who: Who, now: Timestamp, limits: &Limits) -> Option<Timestamp> {
        let recent = || self.writers.get(&who).into_iter().flat_map(Writer::all).filter(|it| now - it.at < WINDOW);
        let is_full = count(recent().count()) >= limits.chat_per_minute;
        recent().map(|written| written.at + WINDOW).min().filter(|_| is_full)
    }

    /// The name of the next message.
    pub fn next_id(&self, now: Timestamp) -> MessageId {
        MessageId((self.last.0 + 1).max(now.0.unsigned_abs()))
    }

    /// A message that is remembered.
    pub fn find(&self, message: MessageId) -> Option<&ChatMessage> {
        self.stored.iter().chain(&self.unstored).find(|known| known.message_id == message)
    }

    /// Whether a message is a fact.
    pub fn is_stored(&self, message: MessageId) -> bool {
        self.stored.iter().any(|known| known.message_id == message)
    }

    /// Takes a message's text away; it may be older than what is remembered.
    pub fn blank(&mut self, message: MessageId) {
        let mut all = self.stored.iter_mut().chain(&mut self.unstored);
        all.find(|known| known.message_id == message).into_iter().for_each(|known| known.text = None);
    }

    /// Takes in a message that is no fact.
    pub fn take_unstored(&mut self, message: ChatMessage, id: CommandId, limits: &Limits) {
        self.last = message.message_id;
        let writer = self.writers.entry(writer_of(&message)).or_default();
        push(&mut writer.unstored, written(&message, id), limits.chat_per_minute);
        push(&mut self.unstored, message, limits.chat_shown);
    }

    /// Takes in a message that is a fact; `None` if its name is not a new one.
    pub fn take_stored(&mut self, message: ChatMessage, id: CommandId, limits: &Limits) -> Option<()> {
        (message.message_id > self.last).then_some(())?;
        self.last = message.message_id;
        let writer = self.writers.entry(writer_of(&message)).or_default();
        push(&mut writer.stored, written(&message, id), limits.chat_per_minute);
        push(&mut self.stored, message, limits.chat_shown);
        Some(())
    }

    /// What was stored is deleted; what is on the screens stays there until the room forgets it.
    pub fn keep_no_more(&mut self, limits: &Limits) {
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
