//! What one audience sees, whole: the value that is rendered by the server, sent as a snapshot and folded in the browser.
//!
//! One type for each audience, so that what a type does not hold cannot leak; what all may see is one part, [`Show`].
//! A view knows nothing of how it came about.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::domain::code::JoinCode;
use crate::domain::ids::{SeatId, TurnNo};
use crate::domain::question::{Choice, QuestionKind};
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::chat::Chat;
use crate::protocol::frame;
use crate::protocol::state::{Leaderboard, Presence, ScoreUpdate};

/// Those who may know the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Who drives the room.
    Host,
    /// The projector.
    Stage,
    /// Who answers.
    Players,
    /// Who knows the people of an organisation. No room has them.
    Admins,
}

impl Audience {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Host, Self::Stage, Self::Players, Self::Admins];
    /// Those whom a room tells.
    pub const OF_ROOMS: [Self; 3] = [Self::Host, Self::Stage, Self::Players];
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// People come in.
    Lobby,
    /// The prompt stands alone.
    Reading,
    /// The options are open.
    Answering,
    /// The key is shown.
    Reveal,
    /// The ranks are shown.
    Standings,
    /// The winners are shown.
    Podium,
    /// Over.
    Closed,
}

/// What all audiences see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Show {
    /// The quiz's title.
    pub title: String,
    /// The language of the quiz's texts, as a BCP 47 tag.
    pub language: String,
    /// How people find the room.
    pub code: JoinCode,
    /// Turns of the whole session.
    pub question_count: u32,
    /// Counts the room's steps; a host's command names the step it was made for, so that a second click is not a second step.
    pub step: u32,
    /// Whether new people are kept out.
    pub locked: bool,
    /// What is on.
    pub scene: Scene,
    /// Who is there.
    pub presence: Presence,
    /// The ranks after the last closed turn.
    pub leaderboard: Leaderboard,
}

/// What is on.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Scene {
    /// People come in.
    Lobby,
    /// The prompt stands alone until [`QuestionFace::answers_at`].
    Reading(QuestionFace),
    /// The options are open.
    Answering(QuestionFace),
    /// The key is shown.
    Reveal(Revealed),
    /// The ranks after a turn.
    Standings {
        /// The turn that led to them.
        turn: TurnNo,
    },
    /// The winners.
    Podium,
    /// Over.
    Closed,
}

/// A question as it may be seen while it is open: nothing in it depends on the key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct QuestionFace {
    /// Its turn.
    pub turn: TurnNo,
    /// How it is answered.
    pub kind: QuestionKind,
    /// What is asked.
    pub prompt: String,
    /// What can be chosen, in the order of the tiles.
    pub options: Vec<String>,
    /// What a full and immediate answer earns.
    pub points: u32,
    /// When the prompt came up.
    pub opened_at: Timestamp,
    /// When the options open, and the answer's time begins.
    pub answers_at: Timestamp,
    /// When the time is up; `None` waits for everybody or for the host.
    pub deadline: Option<Timestamp>,
}

/// A closed question with its key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Revealed {
    /// The question.
    pub question: QuestionFace,
    /// The right options.
    pub key: Choice,
    /// Why; may be empty.
    pub explanation: String,
    /// How many took each option, in the order of the tiles.
    pub counts: Vec<u32>,
    /// How many answered.
    pub answered: u32,
    /// How many were right in full.
    pub right: u32,
}

/// A name on the stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct StagePerson {
    /// The seat.
    pub seat: SeatId,
    /// Its name.
    pub name: String,
    /// Whether a link of it is open.
    pub is_here: bool,
}

/// A row of the host's list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct HostPerson {
    /// The seat.
    pub seat: SeatId,
    /// Its name.
    pub name: String,
    /// Whether a link of it is open.
    pub is_here: bool,
    /// When its last link closed or, if none ever opened, when the seat was taken; absent while one is open.
    pub away_since: Option<Timestamp>,
    /// The link's round trip as last measured; absent while none is open.
    pub round_trip: Option<Millis>,
}

/// What only the host sees of the show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Cue {
    /// The right options of the question that is on or was last.
    pub key: Choice,
    /// Its explanation; may be empty.
    pub explanation: String,
    /// The prompt of the question that comes next, if there is one.
    pub next_prompt: Option<String>,
}

/// What a player sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct PlayerView {
    /// What all see.
    pub show: Show,
    /// What people write to each other.
    pub chat: Chat,
    /// What only this seat sees.
    pub you: ScoreUpdate,
}

/// What the projector shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct StageView {
    /// What all see.
    pub show: Show,
    /// The first [`crate::domain::limits::Limits::presence_named`] seats that are still in, by seat.
    pub people: Vec<StagePerson>,
}

/// What the host sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct HostView {
    /// What all see.
    pub show: Show,
    /// Everybody, by seat.
    pub people: Vec<HostPerson>,
    /// What people write to each other.
    pub chat: Chat,
    /// What comes, and what is right.
    pub cue: Cue,
}

impl<'de> Deserialize<'de> for Scene {
    /// Reads the phase before the rest. The derived way keeps the rest as a value until it knows the phase, and its code
    /// would be a good part of what a phone downloads.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Tag {
            phase: Phase,
        }
        #[derive(Deserialize)]
        struct Standings {
            turn: TurnNo,
        }
        let text = Box::<RawValue>::deserialize(deserializer)?;
        let text = text.get();
        let scene = frame::read(text).and_then(|Tag { phase }| match phase {
            Phase::Lobby => Some(Self::Lobby),
            Phase::Reading => frame::read(text).map(Self::Reading),
            Phase::Answering => frame::read(text).map(Self::Answering),
            Phase::Reveal => frame::read(text).map(Self::Reveal),
            Phase::Standings => frame::read(text).map(|Standings { turn }| Self::Standings { turn }),
            Phase::Podium => Some(Self::Podium),
            Phase::Closed => Some(Self::Closed),
        });
        scene.ok_or_else(|| D::Error::custom("no scene"))
    }
}

impl Scene {
    /// Where the session stands.
    pub fn phase(&self) -> Phase {
        match self {
            Self::Lobby => Phase::Lobby,
            Self::Reading(_) => Phase::Reading,
            Self::Answering(_) => Phase::Answering,
            Self::Reveal(_) => Phase::Reveal,
            Self::Standings { .. } => Phase::Standings,
            Self::Podium => Phase::Podium,
            Self::Closed => Phase::Closed,
        }
    }

    /// The question that is on, open or revealed.
    pub fn question(&self) -> Option<&QuestionFace> {
        match self {
            Self::Reading(question) | Self::Answering(question) => Some(question),
            Self::Reveal(revealed) => Some(&revealed.question),
            Self::Lobby | Self::Standings { .. } | Self::Podium | Self::Closed => None,
        }
    }

    /// The turn that is on or was last.
    pub fn turn(&self) -> Option<TurnNo> {
        match self {
            Self::Standings { turn } => Some(*turn),
            Self::Reading(_) | Self::Answering(_) | Self::Reveal(_) => self.question().map(|question| question.turn),
            Self::Lobby | Self::Podium | Self::Closed => None,
        }
    }
}

impl QuestionFace {
    /// How long can be answered, if there is a limit.
    pub fn limit(&self) -> Option<Millis> {
        self.deadline.map(|deadline| deadline - self.answers_at)
    }
}
