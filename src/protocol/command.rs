//! What a browser asks of a room.
//!
//! A command knows nothing of who sent it: the link does.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::ids::{MessageId, SeatId, TurnNo};
use crate::domain::question::Choice;
use crate::protocol::message::Position;
use crate::protocol::timed::{Finish, GoTo};

/// A message from a browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum Command {
    /// A player's answer; needs a `correlation_id`.
    Answer(Answer),
    /// A message to the room's chat; with a `correlation_id`, sending it again is not writing it again.
    Chat(Draft),
    /// The sender began to type or stopped; nothing follows.
    UserTyping(UserTyping),
    /// What only a host may ask.
    Host(HostCommand),
    /// In a timed session: shows another question.
    GoTo(GoTo),
    /// In a timed session: hands everything in.
    Finish(Finish),
    /// Enters one more session on this connection.
    JoinSession(JoinSession),
    /// Leaves a session; the connection stays.
    LeaveSession(LeaveSession),
    /// Goes on with a new token before the old one ends.
    Refresh(Refresh),
    /// Asks for a pong with server time.
    Ping(Ping),
    /// Answers a ping of the server; nothing follows.
    Pong(Ping),
}

impl Command {
    /// Its type on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Answer(_) => "answer",
            Self::Host(_) => "host",
            Self::Chat(_) => "chat",
            Self::UserTyping(_) => "user_typing",
            Self::GoTo(_) => "go_to",
            Self::Finish(_) => "finish",
            Self::JoinSession(_) => "join_session",
            Self::LeaveSession(_) => "leave_session",
            Self::Refresh(_) => "refresh",
            Self::Ping(_) => "ping",
            Self::Pong(_) => "pong",
        }
    }
}

/// What somebody wants to be in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Drives it.
    Host,
    /// The projector.
    Stage,
    /// Answers.
    Player,
}

/// A session, as people and programs name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum SessionName {
    /// Its id.
    Number(i64),
    /// Its join code, or its id as text.
    Text(String),
}

/// Enters one more session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct JoinSession {
    /// Which; the one that the connection is in, if there is just one.
    #[serde(alias = "session_id", alias = "room_id", alias = "room", alias = "code")]
    pub session: Option<SessionName>,
    /// Where the connection before this one was.
    pub position: Option<Position>,
    /// As what; a player, unless the session was opened by who asks.
    #[serde(rename = "as")]
    pub role: Option<Role>,
}

/// Leaves a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct LeaveSession {
    /// Which; the one that the connection is in, if there is just one.
    #[serde(alias = "session_id", alias = "room_id", alias = "room", alias = "code")]
    pub session: Option<SessionName>,
}

/// Goes on with a new token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Refresh {
    /// An access token or a refresh token of the same account.
    pub token: String,
}

impl fmt::Debug for Refresh {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Refresh")
    }
}

/// An answer to the open question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Answer {
    /// The turn that was on the screen when it was chosen.
    pub turn: TurnNo,
    /// What was chosen.
    pub choice: Choice,
}

/// A message as it was typed. Who writes is known to the server; what else stands in it is not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Draft {
    /// The text.
    #[serde(alias = "content", alias = "message")]
    pub text: String,
}

/// Whether the sender types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct UserTyping {
    /// Typing now; said again every few seconds while it goes on.
    pub is_typing: bool,
}

/// How a switch is to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// What a host asks. Those that lead on name the step they were made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum HostCommand {
    /// Goes to what comes next: the first question, the standings, the next question, the podium, the end.
    Next {
        /// The step on the host's screen.
        step: u32,
    },
    /// Ends the open question now; what was answered counts.
    Close {
        /// The step on the host's screen.
        step: u32,
    },
    /// Strikes the open question, nothing of it counts, and goes on to the next.
    Skip {
        /// The step on the host's screen.
        step: u32,
    },
    /// Goes to the podium, or closes the room where that is on or nothing was asked; an open question is struck.
    End {
        /// The step on the host's screen.
        step: u32,
    },
    /// Lets nobody new in.
    Lock,
    /// Lets people in again.
    Unlock,
    /// Takes a seat away; the person may take another.
    Remove {
        /// The seat.
        seat: SeatId,
    },
    /// Takes a seat away for good.
    Block {
        /// The seat.
        seat: SeatId,
    },
    /// Lets people write to each other, or ends it.
    Chat {
        /// How it is to stand.
        switch: Switch,
    },
    /// Has messages stored for a while from here on, or deletes what was stored and stores no more.
    ChatHistory {
        /// How it is to stand.
        switch: Switch,
    },
    /// Takes a message away.
    RemoveMessage {
        /// The message.
        message: MessageId,
    },
}

/// A sign of life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Ping {}
