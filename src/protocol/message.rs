//! Every message from the server, as a client reads it.
//!
//! The server never builds this type for events, states and snapshots: it encodes those by themselves, so that no value
//! exists that could carry another audience's data. One enum for reading keeps clients exhaustive. How it is read stands
//! in [`crate::protocol::frame`].

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::domain::ids::{AdminId, CommandId, Epoch, SeatId, SessionId};
use crate::domain::limits::Limits;
use crate::domain::time::Timestamp;
use crate::protocol::chat::{Chat, ChatMessage, ChatRemoved, ChatTaken, ChatUpdate};
use crate::protocol::command::Ping;
use crate::protocol::event::{SessionUpdate, UserJoined, UserLeft};
use crate::protocol::frame;
use crate::protocol::people::PeopleView;
use crate::protocol::state::{Latency, Leaderboard, Presence, ScoreUpdate, TakenAnswer, TimeUpdate};
use crate::protocol::timed::{Expired, TimedHostView, TimedPlayersView};
use crate::protocol::typing::TypingIndicator;
use crate::protocol::view::{Audience, Cue, HostView, Show, StageView};

/// A message from the server.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum Message {
    /// The first frame of every connection.
    Connected(Welcome),
    /// A whole view.
    Snapshot(Snapshot),
    /// Event: the session went on.
    SessionUpdate(SessionUpdate),
    /// Event: somebody's first link opened.
    UserJoined(UserJoined),
    /// Event: somebody's last link closed, or the host took the seat away.
    UserLeft(UserLeft),
    /// Event, host only: what is right and what comes.
    Cue(Cue),
    /// Event, not for the stage: somebody wrote to the chat.
    Chat(ChatMessage),
    /// Event, not for the stage: a host took a message away.
    ChatRemoved(ChatRemoved),
    /// Event, not for the stage: a host turned a switch of the chat.
    ChatUpdate(ChatUpdate),
    /// Event, admins only: somebody was added.
    UserAdded(#[cfg_attr(feature = "ssr", schemars(with = "crate::protocol::people::PersonRecord"))] EncodedNews),
    /// Event, admins only: something about somebody changed.
    UserUpdate(#[cfg_attr(feature = "ssr", schemars(with = "crate::protocol::people::PersonPatch"))] EncodedNews),
    /// Event, admins only: somebody was deleted.
    UserDeleted(#[cfg_attr(feature = "ssr", schemars(with = "crate::protocol::people::PersonGone"))] EncodedNews),
    /// Event, host of a timed session only: how far some seats are.
    Progress(#[cfg_attr(feature = "ssr", schemars(with = "crate::protocol::timed::Progress"))] EncodedView),
    /// State, one seat of a timed session only: its page.
    SeatUpdate(#[cfg_attr(feature = "ssr", schemars(with = "crate::protocol::timed::SeatView"))] EncodedView),
    /// One seat of a timed session only: the time is up. Told once for an attempt.
    SessionExpired(Expired),
    /// Event, admins only: the house has something to say to its operators.
    Notification(#[cfg_attr(feature = "ssr", schemars(with = "crate::protocol::notice::Notification"))] EncodedNews),
    /// State, the house's own admins only: how the house is.
    Health(#[cfg_attr(feature = "ssr", schemars(with = "crate::protocol::health::Health"))] EncodedNews),
    /// State: who is there.
    Presence(Presence),
    /// State: the ranks.
    Leaderboard(Leaderboard),
    /// State: the deadline of the open question.
    TimeUpdate(TimeUpdate),
    /// State, host only: round trips.
    Latency(Latency),
    /// State, one seat only: answer, result, score, rank.
    ScoreUpdate(ScoreUpdate),
    /// State, not for the stage and not for who types: somebody types.
    TypingIndicator(TypingIndicator),
    /// Reply: the room has the message.
    ChatTaken(ChatTaken),
    /// Reply: the answer is on disk.
    AnswerTaken(TakenAnswer),
    /// Reply: the host's command is done.
    Done(Done),
    /// Reply: the session was left.
    LeftSession(LeftSession),
    /// Reply: the new token holds.
    Refreshed(Refreshed),
    /// The token ends soon.
    Refresh(RefreshDue),
    /// Reply: the server's time.
    Pong(Pong),
    /// The server wants a sign of life.
    Ping(Ping),
    /// A refusal.
    Error(ErrorBody),
}

/// The first frame of a connection, and of each further session on it: who one is here and where the stream stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Welcome {
    /// The protocol's version.
    pub protocol: String,
    /// The number of this connection, as it stands in the server's log.
    pub connection: u64,
    /// The session; absent while the connection is in none.
    pub session: Option<SessionId>,
    /// What this connection may know in it.
    pub audience: Option<Audience>,
    /// The seat, for a player.
    pub seat: Option<SeatId>,
    /// The account, if there is one.
    pub account: Option<AdminId>,
    /// The position from which this connection goes on.
    pub position: Option<Position>,
    /// Whether what was missed follows (`true`) or a snapshot does (`false`).
    pub recovered: bool,
    /// The server's time.
    pub server_time: Timestamp,
    /// Bytes of the longest message that is accepted.
    pub message_bytes_max: u32,
    /// The server expects to read something at least this often, in milliseconds.
    pub heartbeat_ms: i64,
}

impl Welcome {
    /// What is said to a connection that is in no session and counts no events.
    pub fn outside(connection: u64, limits: &Limits, now: Timestamp) -> Self {
        Self {
            protocol: frame::SUBPROTOCOL.to_owned(),
            connection,
            session: None,
            audience: None,
            seat: None,
            account: None,
            position: None,
            recovered: false,
            server_time: now,
            message_bytes_max: limits.message_bytes_max,
            heartbeat_ms: limits.heartbeat_ms,
        }
    }
}

/// Where a connection is in an audience's stream of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Position {
    /// The room's life.
    pub epoch: Epoch,
    /// The last event that was seen; 0 before the first.
    pub seq: u64,
}

/// A whole view with its position: `data` of the message `snapshot`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Snapshot<V = EncodedView> {
    /// The position up to which the view has everything.
    pub position: Position,
    /// Whose view it is.
    pub audience: Audience,
    /// The view: [`HostView`], [`StageView`], [`PlayersView`] or [`PeopleView`]. A player's own state follows in a message of its own.
    pub view: V,
}

/// What all players see, as a snapshot carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct PlayersView {
    /// What all see.
    pub show: Show,
    /// What people write to each other.
    pub chat: Chat,
}

/// A view as it came. Who shows it reads it, so that a player's page has no code for the host's view.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct EncodedView(#[cfg_attr(feature = "ssr", schemars(with = "AnyView"))] Box<RawValue>);

/// What a snapshot's view may be. Nobody builds one: the written contract reads it.
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema), schemars(untagged))]
pub enum AnyView {
    /// To the host.
    Host(HostView),
    /// To the stage.
    Stage(StageView),
    /// To players.
    Players(PlayersView),
    /// To admins.
    Admins(PeopleView),
    /// To the host of a timed session.
    TimedHost(TimedHostView),
    /// To those who answer in a timed session.
    TimedPlayers(TimedPlayersView),
}

/// What only admins are told, as it came: what stands in a [`PeopleEvent`](crate::protocol::people::PeopleEvent), a
/// [`NoticeEvent`](crate::protocol::notice::NoticeEvent) or a [`HealthState`](crate::protocol::health::HealthState). Who
/// shows it reads it, so that a player's page has no code for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EncodedNews(Box<RawValue>);

impl EncodedNews {
    /// What is told, if it is one of this type.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        frame::read(self.0.get())
    }
}

impl PartialEq for EncodedNews {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl EncodedView {
    /// The view, if it is one of this type.
    pub fn read<V: DeserializeOwned>(&self) -> Option<V> {
        frame::read(self.0.get())
    }
}

impl PartialEq for EncodedView {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

/// A session was left; by the person or, with a reason, without their doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct LeftSession {
    /// The code of its room.
    pub session: String,
    /// Why, if nobody asked for it.
    pub reason: Option<String>,
}

/// The new token holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Refreshed {
    /// When this connection ends without another one.
    pub ends_at: Timestamp,
    /// The access token, where a refresh token was sent.
    pub access_token: Option<String>,
    /// The refresh token that takes the place of the one that was sent.
    pub refresh_token: Option<String>,
}

/// The token ends soon: send `refresh`, or the connection ends with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct RefreshDue {
    /// When.
    pub ends_at: Timestamp,
}

/// A host's command is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Done {
    /// The room's step after it.
    pub step: u32,
}

/// The server's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Pong {
    /// When the ping was read.
    pub server_time: Timestamp,
    /// The round trip that the server measured on this connection, if it did, in milliseconds.
    pub round_trip_ms: Option<i64>,
}

/// A refusal as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct ErrorBody {
    /// The stable name, for programs.
    pub code: String,
    /// The sentence, for people.
    pub error: String,
    /// When, RFC 3339 in UTC.
    pub timestamp: String,
    /// Whether another try on the same connection may succeed.
    pub recoverable: bool,
    /// What to do about it.
    pub help: String,
}

/// Why a text is no message that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is no message, or its data is not what its type says.
    Broken,
    /// A message of a type that only a newer page knows.
    Unknown {
        /// Its number, if it is an event.
        seq: Option<u64>,
    },
}

/// A message with what stands around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// The message.
    pub message: Message,
    /// Its number among the events of the audience; absent for state and replies.
    pub seq: Option<u64>,
    /// The command that it answers.
    pub correlation_id: Option<CommandId>,
}
