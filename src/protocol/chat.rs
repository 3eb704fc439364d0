//! The room's chat: what players and hosts see of it, and what changes it.
//!
//! It is no part of what all audiences see: the stage has no type that could hold a text which nobody has looked at.
//! Knows nothing of who may write; that is decided by the room.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{MessageId, SeatId};
use crate::domain::time::Timestamp;

/// The chat, as players and hosts see it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Chat {
    /// Whether people may write.
    pub is_open: bool,
    /// The day until which messages are stored; absent while they are not.
    pub kept_until: Option<Timestamp>,
    /// How many messages are shown; the oldest makes room for a new one.
    pub messages_max: u32,
    /// The last messages, the oldest first.
    pub messages: Vec<ChatMessage>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct ChatMessage {
    /// Names it; a later message has a larger one.
    pub message_id: MessageId,
    /// Whose it is, as the server knows it; absent for a host.
    pub user: Option<SeatId>,
    /// The sender's name.
    pub name: String,
    /// What was written; absent once the host took it away.
    pub text: Option<String>,
    /// When the room took it.
    pub sent_at: Timestamp,
    /// Whether a host wrote it.
    pub is_host: bool,
}

/// What players and hosts are told of the chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum ChatEvent {
    /// Somebody wrote.
    Chat(ChatMessage),
    /// A host took a message away.
    ChatRemoved(ChatRemoved),
    /// A host turned one of the switches.
    ChatUpdate(ChatUpdate),
}

/// A message is gone; that there was one stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct ChatRemoved {
    /// The message.
    pub message_id: MessageId,
}

/// How the chat's switches stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct ChatUpdate {
    /// Whether people may write.
    pub is_open: bool,
    /// The day until which messages are stored; absent while they are not.
    pub kept_until: Option<Timestamp>,
}

/// Reply: the room has the message, and it is on disk where messages are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct ChatTaken {
    /// The name that it has now.
    pub message_id: MessageId,
}

impl Chat {
    /// Folds an event into the view.
    pub fn apply(&mut self, event: &ChatEvent) {
        match event {
            ChatEvent::Chat(message) => {
                let too_many = (self.messages.len() + 1).saturating_sub(self.messages_max as usize);
                self.messages.drain(..too_many.min(self.messages.len()));
                self.messages.push(message.clone());
            }
            ChatEvent::ChatRemoved(ChatRemoved { message_id }) => {
                let found = self.messages.iter_mut().find(|message| message.message_id == *message_id);
                found.into_iter().for_each(|message| message.text = None);
            }
            ChatEvent::ChatUpdate(ChatUpdate { is_open, kept_until }) => {
                (self.is_open, self.kept_until) = (*is_open, *kept_until);
            }
        }
    }

    /// Whether messages are stored now.
    pub fn is_kept(&self, now: Timestamp) -> bool {
        self.kept_until.is_some_and(|until| now < until)
    }
}
