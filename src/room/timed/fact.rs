//! What is stored of a timed session: facts that never change once written, numbered from 1 without gaps.
//!
//! A fact says what happened and nothing that follows from it: no scores, no states. Its JSON is a stored format; the test
//! below holds a golden copy of each kind. There is one exception to "never": when somebody is forgotten, what is theirs
//! becomes [`TimedBody::Gone`], which keeps its number and says nothing.

use serde::{Deserialize, Serialize};

use crate::domain::code::JoinCode;
use crate::domain::ids::{CommandId, PersonId, SeatId, SessionId, TurnNo};
use crate::domain::question::Choice;
use crate::domain::quiz::Quiz;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::timed::TimedSettings;
use crate::protocol::timed::EndReason;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedFact {
    /// Its place in the session's log, from 1.
    pub no: u32,
    /// When the room decided it; never before the fact that stands before it.
    pub at: Timestamp,
    /// The command that asked for it, if it was one.
    pub command: Option<CommandId>,
    /// What happened.
    pub body: TimedBody,
}

/// What a timed session begins with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedOpened {
    /// The session.
    pub session: SessionId,
    /// How people find it.
    pub code: JoinCode,
    /// The quiz as it was at the start: editing it later changes nothing here.
    pub quiz: Quiz,
    /// What the host decided.
    pub settings: TimedSettings,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", rename_all = "snake_case")]
pub enum TimedBody {
    /// The session opened: always the first fact, and only it.
    Opened(Box<TimedOpened>),
    /// Somebody has a seat.
    SeatGiven {
        /// The seat, counted from 1.
        seat: SeatId,
        /// Who it is for, if it is somebody whom the organisation knows.
        person: Option<PersonId>,
        /// Its name, as it stands beside the log. Never part of the stored form: a name must be able to go.
        #[serde(skip_serializing, default)]
        name: String,
    },
    /// They looked at their page for the first time.
    SeatSeen {
        /// The seat.
        seat: SeatId,
    },
    /// They began an attempt.
    Started {
        /// The seat.
        seat: SeatId,
        /// What their order of questions and answers is made of.
        order: u64,
        /// When it is over; absent without a limit.
        deadline: Option<Timestamp>,
    },
    /// They answered, or changed an answer.
    Answered {
        /// The seat.
        seat: SeatId,
        /// The question by its place in the seat's own order, from 1.
        turn: TurnNo,
        /// What was chosen, by place in the quiz.
        choice: Choice,
        /// When it arrived.
        received_at: Timestamp,
    },
    /// They went to another question.
    Went {
        /// The seat.
        seat: SeatId,
        /// The question by its place in the seat's own order, from 1.
        turn: TurnNo,
    },
    /// The host gave more time.
    Extended {
        /// The seat.
        seat: SeatId,
        /// How much.
        by: Millis,
    },
    /// The host stopped the clock.
    Paused {
        /// The seat.
        seat: SeatId,
    },
    /// The clock goes on.
    Resumed {
        /// The seat.
        seat: SeatId,
    },
    /// The attempt is over.
    Ended {
        /// The seat.
        seat: SeatId,
        /// Why.
        why: EndReason,
        /// When it was; where the time was up, the deadline, however late it was noticed.
        ended_at: Timestamp,
    },
    /// The host gave one more attempt.
    AttemptAdded {
        /// The seat.
        seat: SeatId,
    },
    /// The link does not hold any more.
    Revoked {
        /// The seat.
        seat: SeatId,
    },
    /// A new link holds; those before it do not.
    Renewed {
        /// The seat.
        seat: SeatId,
    },
    /// The seat and all that is theirs is forgotten.
    Erased {
        /// The seat.
        seat: SeatId,
    },
    /// What stood here was somebody's who is forgotten.
    Gone {
        /// The seat.
        seat: SeatId,
    },
    /// The host closed the session.
    Closed,
}

impl TimedBody {
    /// The kind, as it stands in the log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::SeatGiven { .. } => "seat_given",
            Self::SeatSeen { .. } => "seat_seen",
            Self::Started { .. } => "started",
            Self::Answered { .. } => "answered",
            Self::Went { .. } => "went",
            Self::Extended { .. } => "extended",
            Self::Paused { .. } => "paused",
            Self::Resumed { .. } => "resumed",
            Self::Ended { .. } => "ended",
            Self::AttemptAdded { .. } => "attempt_added",
            Self::Revoked { .. } => "revoked",
            Self::Renewed { .. } => "renewed",
            Self::Erased { .. } => "erased",
            Self::Gone { .. } => "gone",
            Self::Closed => "closed",
        }
    }

    /// Whose it is; `None` for what concerns the whole session.
    pub fn seat(&self) -> Option<SeatId> {
        match self {
            Self::Opened(_) | Self::Closed => None,
            Self::SeatGiven { seat, .. }
            | Self::SeatSeen { seat }
            | Self::Started { seat, .. }
            | Self::Answered { seat, .. }
            | Self::Went { seat, .. }
            | Self::Extended { seat, .. }
            | Self::Paused { seat }
            | Self::Resumed { seat }
            | Self::Ended { seat, .. }
            | Self::AttemptAdded { seat }
            | Self::Revoked { seat }
            | Self::Renewed { seat }
            | Self::Erased { seat }
            | Self::Gone { seat } => Some(*seat),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever changes one of these changes what is stored everywhere: add a kind instead.
    #[test]
    fn the_stored_form_of_every_kind_stays() {
        let seat = SeatId(3);
        let choice = Choice::of(&[0, 2]).expect("places");
        let at = Timestamp(1_795_177_085_250);
        let golden: [(TimedBody, &str); 15] = [
            (
                TimedBody::SeatGiven { seat, person: Some(PersonId(7)), name: "Ada".to_owned() },
                r#"{"kind":"seat_given","data":{"seat":3,"person":7}}"#,
            ),
            (TimedBody::SeatSeen { seat }, r#"{"kind":"seat_seen","data":{"seat":3}}"#),
            (
                TimedBody::Started { seat, order: 42, deadline: Some(at) },
                r#"{"kind":"started","data":{"seat":3,"order":42,"deadline":1795177085250}}"#,
            ),
            (
                TimedBody::Answered { seat, turn: TurnNo(2), choice, received_at: at },
                r#"{"kind":"answered","data":{"seat":3,"turn":2,"choice":[0,2],"received_at":1795177085250}}"#,
            ),
            (TimedBody::Went { seat, turn: TurnNo(2) }, r#"{"kind":"went","data":{"seat":3,"turn":2}}"#),
            (TimedBody::Extended { seat, by: Millis(60_000) }, r#"{"kind":"extended","data":{"seat":3,"by":60000}}"#),
            (TimedBody::Paused { seat }, r#"{"kind":"paused","data":{"seat":3}}"#),
            (TimedBody::Resumed { seat }, r#"{"kind":"resumed","data":{"seat":3}}"#),
            (
                TimedBody::Ended { seat, why: EndReason::TimeUp, ended_at: at },
                r#"{"kind":"ended","data":{"seat":3,"why":"time_up","ended_at":1795177085250}}"#,
            ),
            (TimedBody::AttemptAdded { seat }, r#"{"kind":"attempt_added","data":{"seat":3}}"#),
            (TimedBody::Revoked { seat }, r#"{"kind":"revoked","data":{"seat":3}}"#),
            (TimedBody::Renewed { seat }, r#"{"kind":"renewed","data":{"seat":3}}"#),
            (TimedBody::Erased { seat }, r#"{"kind":"erased","data":{"seat":3}}"#),
            (TimedBody::Gone { seat }, r#"{"kind":"gone","data":{"seat":3}}"#),
            (TimedBody::Closed, r#"{"kind":"closed"}"#),
        ];
        for (body, text) in golden {
            assert_eq!(serde_json::to_string(&body).expect("JSON"), text);
            let read: TimedBody = serde_json::from_str(text).expect("an own fact");
            assert_eq!((read.kind(), read.seat()), (body.kind(), body.seat()));
        }
        let opened = r#"{"kind":"opened","data":{"session":9,"code":"KFX7QM","quiz":{"title":"Water","description":"","language":"en","questions":[]},"settings":{"limit":60000,"opens_at":null,"closes_at":null,"attempts":1,"shuffles_questions":false,"shuffles_options":false,"may_go_back":true,"feedback":"at_the_end","compares":false,"is_open":false}}}"#;
        let read: TimedBody = serde_json::from_str(opened).expect("an own fact");
        assert_eq!(serde_json::to_string(&read).expect("JSON"), opened);
    }
}
