//! What is told of a timed session: to each seat its own page, to the host how far everybody is.
//!
//! A seat's own page is one state, [`SeatView`]: whatever changes, the whole of it is told again to every link of the seat,
//! so that several devices stay in step and a lost message leaves no hole. What depends on the key is in it only once the
//! seat may know it: the fields for it are empty before, and `room::timed` is the only place that fills them.

use serde::{Deserialize, Serialize};

use crate::domain::code::JoinCode;
use crate::domain::ids::{PersonId, SeatId, TurnNo};
use crate::domain::question::{Choice, QuestionKind};
use crate::domain::score::Verdict;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::timed::TimedSettings;
use crate::protocol::state::TimeUpdate;

/// Shows another question of the own page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct GoTo {
    /// The place of the question in the seat's own order, from 1.
    pub turn: TurnNo,
}

/// Hands everything in. Nothing can be answered afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Finish {}

/// How far somebody is with what they were invited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SeatState {
    /// They have a link and were not seen yet.
    Invited,
    /// They looked at the page and did not start.
    Opened,
    /// They are at it.
    Active,
    /// The host stopped their clock.
    Paused,
    /// They handed in, or the host ended it.
    Finished,
    /// Their time was up before they did.
    Expired,
    /// Their link does not hold any more.
    Revoked,
}

/// Why an attempt is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// They handed it in.
    HandedIn,
    /// The time was up.
    TimeUp,
    /// The host ended it.
    EndedByHost,
}

/// What everybody in a timed session sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct TimedShow {
    /// The quiz's title.
    pub title: String,
    /// What it is about; may be empty.
    pub description: String,
    /// The language of the quiz's texts, as a BCP 47 tag.
    pub language: String,
    /// How people find the session.
    pub code: JoinCode,
    /// How many questions everybody has.
    pub question_count: u32,
    /// What the host decided.
    pub settings: TimedSettings,
    /// Whether the host has closed the session.
    pub is_closed: bool,
}

/// What one seat sees of itself: the message `seat_update`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct SeatView {
    /// The seat.
    pub seat: SeatId,
    /// Its name.
    pub name: String,
    /// How far it is.
    pub state: SeatState,
    /// The running attempt, or the last one, from 1; 0 before the first.
    pub attempt: u32,
    /// Attempts that may still be started.
    pub attempts_left: u32,
    /// When the running attempt is over; absent without a limit, while it stands still, and while none runs.
    pub deadline: Option<Timestamp>,
    /// What is left of the time while the host has stopped the clock.
    pub stopped_with: Option<Millis>,
    /// What the host added to the time of this attempt.
    pub extra: Millis,
    /// The question that is on; absent while no attempt runs.
    pub page: Option<SeatPage>,
    /// For each question in the seat's own order, whether it was answered; empty before the first attempt.
    pub answered: Vec<bool>,
    /// Why the last attempt is over; absent while one runs and before the first.
    pub ended: Option<EndReason>,
    /// How it went; absent until the seat may know it.
    pub summary: Option<Summary>,
}

/// The question that is on for one seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct SeatPage {
    /// Its place in the seat's own order, from 1.
    pub turn: TurnNo,
    /// How it is answered.
    pub kind: QuestionKind,
    /// What is asked.
    pub prompt: String,
    /// What can be chosen, in the seat's own order.
    pub options: Vec<String>,
    /// What a full answer earns.
    pub points: u32,
    /// What was chosen last, by place in the seat's own order; absent before the first answer.
    pub choice: Option<Choice>,
    /// How the answer was; absent until the seat may know it.
    pub solution: Option<Solution>,
}

/// What is right, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Solution {
    /// The right options, by place in the seat's own order.
    pub key: Choice,
    /// How the answer was; absent if there was none.
    pub verdict: Option<Verdict>,
    /// What it earned.
    pub points: u32,
    /// Why; may be empty.
    pub explanation: String,
}

/// How an attempt went, in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Summary {
    /// The attempt, from 1.
    pub attempt: u32,
    /// Points that were earned.
    pub score: u32,
    /// Points that could be earned.
    pub score_max: u32,
    /// Answers that were right in full.
    pub right: u32,
    /// Questions that were answered.
    pub answered: u32,
    /// Questions that there were.
    pub total: u32,
    /// From start to end, without the time in which the host had stopped the clock.
    pub time: Millis,
    /// The same by topic, in the order of the quiz; empty where no question has a topic.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<TopicResult>,
    /// The average of everybody who is done, if the host lets people compare and there are others.
    pub others: Option<Average>,
}

/// How the questions of one topic went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct TopicResult {
    /// The topic; empty for the questions that have none.
    pub topic: String,
    /// Points that were earned.
    pub score: u32,
    /// Points that could be earned.
    pub score_max: u32,
    /// Answers that were right in full.
    pub right: u32,
    /// Questions that there were.
    pub total: u32,
}

/// What those who are done have on average.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Average {
    /// How many there are.
    pub people: u32,
    /// Their points.
    pub score: u32,
    /// Their time.
    pub time: Millis,
}

/// How far one seat is, as the host sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct SeatRow {
    /// The seat.
    pub seat: SeatId,
    /// Its name.
    pub name: String,
    /// Who it is for, if it is somebody whom the organisation knows.
    pub person: Option<PersonId>,
    /// How far it is.
    pub state: SeatState,
    /// Whether a link of it is open.
    pub is_here: bool,
    /// The running attempt, or the last one, from 1; 0 before the first.
    pub attempt: u32,
    /// Attempts that may still be started.
    pub attempts_left: u32,
    /// Questions that were answered in it.
    pub answered: u32,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it is over; absent without a limit, while it stands still, and while none runs.
    pub deadline: Option<Timestamp>,
    /// What is left of the time while the clock is stopped.
    pub stopped_with: Option<Millis>,
    /// What was added to the time of this attempt.
    pub extra: Millis,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Points of the best attempt that is over.
    pub score: Option<u32>,
    /// When they last did something.
    pub last_at: Option<Timestamp>,
}

/// What the host of a timed session sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct TimedHostView {
    /// What everybody sees.
    pub timed: TimedShow,
    /// Points that could be earned.
    pub score_max: u32,
    /// Everybody, by seat.
    pub seats: Vec<SeatRow>,
}

/// What a snapshot tells those who answer: nothing of anybody. Their own page follows in a `seat_update`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct TimedPlayersView {
    /// What everybody sees.
    pub timed: TimedShow,
}

/// Event, host only: how far some seats are now. Each row takes the place of the seat's row before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Progress {
    /// The rows that changed, by seat.
    pub seats: Vec<SeatRow>,
    /// Seats that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<SeatId>,
    /// Whether the host has closed the session.
    pub is_closed: bool,
}

/// What a timed session tells as events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum TimedEvent {
    /// How far some seats are.
    Progress(Progress),
}

/// What a seat is told of itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum SeatMessage {
    /// State: the whole page.
    SeatUpdate(Box<SeatView>),
    /// State: what is left of the time.
    TimeUpdate(TimeUpdate),
    /// The time is up; told once for an attempt.
    SessionExpired(Expired),
}

/// An attempt's time is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Expired {
    /// The attempt, from 1.
    pub attempt: u32,
    /// When the time was up.
    pub deadline: Timestamp,
}

impl TimedHostView {
    /// Takes over how far some seats are.
    pub fn apply(&mut self, progress: &Progress) {
        for row in &progress.seats {
            match self.seats.binary_search_by_key(&row.seat, |known| known.seat) {
                Ok(at) => self.seats[at] = row.clone(),
                Err(at) => self.seats.insert(at, row.clone()),
            }
        }
        self.seats.retain(|row| !progress.gone.contains(&row.seat));
        self.timed.is_closed = progress.is_closed;
    }
}

impl SeatState {
    /// All of them, in the order in which somebody goes through them.
    pub const ALL: [Self; 7] =
        [Self::Invited, Self::Opened, Self::Active, Self::Paused, Self::Finished, Self::Expired, Self::Revoked];

    /// Its name, for programs and for the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Opened => "opened",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    /// Whether somebody is at it, with a running or a stopped clock.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Active | Self::Paused)
    }
}

/// One attempt, question by question as it was shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Transcript {
    /// The quiz's title.
    pub title: String,
    /// The language of the quiz's texts, as a BCP 47 tag.
    pub language: String,
    /// The seat.
    pub seat: SeatId,
    /// Its name.
    pub name: String,
    /// When the attempt began.
    pub started_at: Timestamp,
    /// When it ended; absent while it runs.
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    pub ended: Option<EndReason>,
    /// What the host added to the time.
    pub extra: Millis,
    /// How it went, in numbers; absent until whoever asks may know it.
    pub summary: Option<Summary>,
    /// The questions in the order in which they were asked.
    pub lines: Vec<TranscriptLine>,
}

/// One question of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct TranscriptLine {
    /// Its place, from 1.
    pub turn: TurnNo,
    /// How it is answered.
    pub kind: QuestionKind,
    /// What was asked.
    pub prompt: String,
    /// What could be chosen, as it was shown.
    pub options: Vec<String>,
    /// What a full answer earns.
    pub points: u32,
    /// What the question is about; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// What was chosen, the last one last; all before it are changes of mind.
    pub given: Vec<GivenAnswer>,
    /// How long it was on the screen.
    pub time: Millis,
    /// How the answer was; absent until whoever asks may know it.
    pub solution: Option<Solution>,
}

/// One answer of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct GivenAnswer {
    /// What was chosen, by place as it was shown.
    pub choice: Choice,
    /// When it arrived.
    pub received_at: Timestamp,
}
