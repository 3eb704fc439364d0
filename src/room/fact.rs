//! What is stored of a room: facts that never change once written, numbered from 1 without gaps.
//!
//! A fact says what happened and nothing that follows from it: no scores, no ranks. Its JSON is a stored format; the test
//! below holds a golden copy of each kind.

use serde::{Deserialize, Serialize};

use crate::domain::chat::ChatText;
use crate::domain::code::JoinCode;
use crate::domain::ids::{CommandId, MessageId, SeatId, SessionId, TurnNo};
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
    /// People may write to each other.
    ChatOpened,
    /// They may not any more.
    ChatClosed,
    /// Messages are kept from here on.
    ChatKept {
        /// The day on which all of them are deleted.
        until: Timestamp,
    },
    /// Messages are not kept any more, and those that were are deleted.
    ChatNotKept,
    /// Somebody wrote while messages are kept.
    ChatSent {
        /// The message.
        message: MessageId,
        /// Who; null for a host.
        by: Option<SeatId>,
        /// What, as long as it stands beside the log. Never part of the stored form: see `chat`.
        #[serde(skip_serializing, default)]
        text: Option<ChatText>,
    },
    /// A host took away a message that was kept.
    ChatRemoved {
        /// The message.
        message: MessageId,
    },
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
            Self::ChatOpened => "chat_opened",
            Self::ChatClosed => "chat_closed",
            Self::ChatKept { .. } => "chat_kept",
            Self::ChatNotKept => "chat_not_kept",
            Self::ChatSent { .. } => "chat_sent",
            Self::ChatRemoved { .. } => "chat_removed",
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
            | Self::Answered { .. }
            | Self::ChatOpened
            | Self::ChatClosed
            | Self::ChatKept { .. }
            | Self::ChatNotKept
            | Self::ChatSent { .. }
            | Self::ChatRemoved { .. } => false,
        }
    }

    /// Whether only a host's command, or time, can bring it about.
    pub fn is_of_host(&self) -> bool {
        !matches!(self, Self::SeatTaken { .. } | Self::Answered { .. } | Self::ChatSent { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::question::{AnswerOption, Question, QuestionKind};
    use crate::room::rig;

    fn check(command: Option<&str>, body: FactBody, golden: &str) {
        let kind = body.kind();
        let fact = Fact { no: 9, at: Timestamp(1_000), command: command.map(rig::id), body };
        let text = serde_json::to_string(&fact).expect("facts are plain data");
        assert_eq!(text, golden);
        assert_eq!(serde_json::from_str::<Fact>(golden).expect("a fact reads back"), fact);
        assert!(golden.contains(&format!(r#""body":{{"kind":"{kind}""#)), "{kind} is the kind in {golden}");
    }

    /// The first fact holds the whole quiz.
    #[test]
    fn the_opening_is_stored_as_ever() {
        let question = Question {
            prompt: "Wet?".to_owned(),
            options: vec![
                AnswerOption { text: "Yes".to_owned(), is_right: true },
                AnswerOption { text: "No".to_owned(), is_right: false },
            ],
            explanation: "It is.".to_owned(),
            ..Question::blank(QuestionKind::Multiple)
        };
        let opened = rig::opened(Quiz { questions: vec![question], ..rig::quiz(0) });
        let golden = concat!(
            r#"{"no":9,"at":1000,"command":null,"body":{"kind":"opened","data":{"session":7,"code":"KFX7QM","quiz":{"#,
            r#""title":"A quiz","description":"","language":"en","questions":[{"kind":"multiple","prompt":"Wet?","#,
            r#""options":[{"text":"Yes","is_right":true},{"text":"No","is_right":false}],"#,
            r#""reading_ms":3000,"limit_ms":20000,"points":1000,"explanation":"It is."}]}}}}"#
        );
        check(None, FactBody::Opened(opened), golden);
    }

    #[test]
    fn every_other_kind_is_stored_as_ever() {
        let (seat, turn) = (SeatId(3), TurnNo(2));
        for (body, golden) in [
            (
                FactBody::SeatTaken { seat, name: rig::name("Zoë") },
                r#"{"kind":"seat_taken","data":{"seat":3,"name":"Zoë"}}"#,
            ),
            (FactBody::SeatRemoved { seat }, r#"{"kind":"seat_removed","data":{"seat":3}}"#),
            (FactBody::SeatBlocked { seat }, r#"{"kind":"seat_blocked","data":{"seat":3}}"#),
            (FactBody::Locked, r#"{"kind":"locked"}"#),
            (FactBody::Unlocked, r#"{"kind":"unlocked"}"#),
            (
                FactBody::TurnOpened { turn, answers_at: Timestamp(4_000), deadline: Some(Timestamp(24_000)) },
                r#"{"kind":"turn_opened","data":{"turn":2,"answers_at":4000,"deadline":24000}}"#,
            ),
            (
                FactBody::TurnOpened { turn, answers_at: Timestamp(4_000), deadline: None },
                r#"{"kind":"turn_opened","data":{"turn":2,"answers_at":4000,"deadline":null}}"#,
            ),
            (FactBody::AnswersOpened { turn }, r#"{"kind":"answers_opened","data":{"turn":2}}"#),
            (
                FactBody::Answered {
                    seat,
                    turn,
                    choice: rig::choice(&[1, 3]),
                    received_at: Timestamp(5_000),
                    elapsed: Millis(920),
                    credited: Millis(80),
                },
                concat!(
                    r#"{"kind":"answered","data":{"seat":3,"turn":2,"choice":[1,3],"received_at":5000,"#,
                    r#""elapsed":920,"credited":80}}"#
                ),
            ),
            (FactBody::TurnClosed { turn }, r#"{"kind":"turn_closed","data":{"turn":2}}"#),
            (FactBody::TurnStruck { turn }, r#"{"kind":"turn_struck","data":{"turn":2}}"#),
            (FactBody::StandingsShown { turn }, r#"{"kind":"standings_shown","data":{"turn":2}}"#),
            (FactBody::PodiumShown, r#"{"kind":"podium_shown"}"#),
            (FactBody::Closed, r#"{"kind":"closed"}"#),
            (FactBody::ChatOpened, r#"{"kind":"chat_opened"}"#),
            (FactBody::ChatClosed, r#"{"kind":"chat_closed"}"#),
            (FactBody::ChatKept { until: Timestamp(9_000) }, r#"{"kind":"chat_kept","data":{"until":9000}}"#),
            (FactBody::ChatNotKept, r#"{"kind":"chat_not_kept"}"#),
            (
                FactBody::ChatSent { message: MessageId(1_000), by: Some(seat), text: None },
                r#"{"kind":"chat_sent","data":{"message":1000,"by":3}}"#,
            ),
            (
                FactBody::ChatSent { message: MessageId(1_001), by: None, text: None },
                r#"{"kind":"chat_sent","data":{"message":1001,"by":null}}"#,
            ),
            (FactBody::ChatRemoved { message: MessageId(1_000) }, r#"{"kind":"chat_removed","data":{"message":1000}}"#),
        ] {
            check(Some("a-1"), body, &format!(r#"{{"no":9,"at":1000,"command":"a-1","body":{golden}}}"#));
        }
    }

    #[test]
    fn no_fact_holds_what_was_written() {
        let text = Some(ChatText::parse("a secret").expect("a message"));
        let body = FactBody::ChatSent { message: MessageId(1), by: None, text };
        let stored = serde_json::to_string(&body).expect("facts are plain data");
        assert_eq!(stored, r#"{"kind":"chat_sent","data":{"message":1,"by":null}}"#);
    }
}
