//! What is stored of a room: facts that never change once written, numbered from 1 without gaps.
//!
//! A fact says what happened and nothing that follows from it: no scores, no ranks. Its JSON is a stored format; the test
//! below holds a golden copy of each kind.

use serde::{Deserialize, Serialize};

use crate::domain::code::JoinCode;
use crate::domain::ids::{CommandId, SeatId, SessionId, TurnNo};
use crate::domain::name::Nickname;
use crate::domain::question::Choice;
use crate::domain::quiz::Quiz;
use crate::domain::time::{Millis, Timestamp};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Its place in the session's log, from 1.
    pub no: u32,
    /// When the room decided it; never before the fact that stands before it.
    pub at: Timestamp,
    /// The command that asked for it, if it was one.
    pub command: Option<CommandId>,
    /// What happened.
    pub body: FactBody,
}

/// What a room begins with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The session that this room runs.
    pub session: SessionId,
    /// How people find it.
    pub code: JoinCode,
    /// The quiz as it was at the start: editing it later changes nothing here.
    pub quiz: Quiz,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", rename_all = "snake_case")]
pub enum FactBody {
    /// The room opened: always the first fact, and only it.
    Opened(Opened),
    /// Somebody has a seat.
    SeatTaken {
        /// The seat, counted from 1 in the order of taking.
        seat: SeatId,
        /// Its name.
        name: Nickname,
    },
    /// The host took a seat away; the person may take another.
    SeatRemoved {
        /// The seat.
        seat: SeatId,
    },
    /// The host took a seat away for good.
    SeatBlocked {
        /// The seat.
        seat: SeatId,
    },
    /// Nobody new comes in.
    Locked,
    /// People come in again.
    Unlocked,
    /// A question is being asked.
    TurnOpened {
        /// Its turn.
        turn: TurnNo,
        /// When the options open.
        answers_at: Timestamp,
        /// When the time is up; absent without a limit.
        deadline: Option<Timestamp>,
    },
    /// The options are open.
    AnswersOpened {
        /// Their turn.
        turn: TurnNo,
    },
    /// An answer was taken.
    Answered {
        /// Whose.
        seat: SeatId,
        /// The turn.
        turn: TurnNo,
        /// What was chosen.
        choice: Choice,
        /// When it arrived.
        received_at: Timestamp,
        /// The time that counts.
        elapsed: Millis,
        /// What was taken off for the way.
        credited: Millis,
    },
    /// The question is over and counts.
    TurnClosed {
        /// Its turn.
        turn: TurnNo,
    },
    /// The question is over and nothing of it counts.
    TurnStruck {
        /// Its turn.
        turn: TurnNo,
    },
    /// The ranks are on.
    StandingsShown {
        /// The turn that led to them.
        turn: TurnNo,
    },
    /// The winners are on.
    PodiumShown,
    /// The session is over.
    Closed,
}

impl FactBody {
    /// The kind, as it stands in the log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::SeatTaken { .. } => "seat_taken",
            Self::SeatRemoved { .. } => "seat_removed",
            Self::SeatBlocked { .. } => "seat_blocked",
            Self::Locked => "locked",
            Self::Unlocked => "unlocked",
            Self::TurnOpened { .. } => "turn_opened",
            Self::AnswersOpened { .. } => "answers_opened",
            Self::Answered { .. } => "answered",
            Self::TurnClosed { .. } => "turn_closed",
            Self::TurnStruck { .. } => "turn_struck",
            Self::StandingsShown { .. } => "standings_shown",
            Self::PodiumShown => "podium_shown",
            Self::Closed => "closed",
        }
    }

    /// Whether it is a step of the show.
    ///
    /// The opening of the options is none: a host who clicks *close* or *skip* while the prompt stands alone means this
    /// question, and the click still does when the options open on its way. Comings and goings are none either.
    pub fn is_step(&self) -> bool {
        match self {
            Self::TurnOpened { .. }
            | Self::TurnClosed { .. }
            | Self::TurnStruck { .. }
            | Self::StandingsShown { .. }
            | Self::PodiumShown
            | Self::Closed => true,
            Self::Opened(_)
            | Self::SeatTaken { .. }
            | Self::SeatRemoved { .. }
            | Self::SeatBlocked { .. }
            | Self::Locked
            | Self::Unlocked
            | Self::AnswersOpened { .. }
            | Self::Answered { .. } => false,
        }
    }

    /// Whether only a host's command, or time, can bring it about.
    pub fn is_of_host(&self) -> bool {
        !matches!(self, Self::SeatTaken { .. } | Self::Answered { .. })
    }
}
