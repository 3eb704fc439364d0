//! Dialects: the words of clients that were written before Podium.
//!
//! There is one conversation, in the canonical envelope. A door that is opened without the subprotocol `podium.v1` speaks
//! the dialect of the document that its route comes from: other names for some messages, other places for their data,
//! another form of the time. The whole difference stands in the table [`Dialect::style`]; nothing else in the house knows
//! of it. What a client sends is understood in every dialect alike, by [`crate::protocol::frame::asked`].
//!
//! Reading order: [`Dialect`], [`Style`] and its table, [`Dialect::translate`].

use serde_json::{Map, Value};

use crate::domain::time::Timestamp;

/// The words of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The canonical envelope.
    Podium,
    /// A live quiz leaderboard: `/ws/quiz-realtime/{room_id}`.
    ClauseBot,
    /// Sessions of a trivia app: `/ws/{session_id}`.
    Trivia,
    /// Events by type on one socket of a person: `/api/ws`.
    MasterX,
    /// Payloads with correlation on one socket of a person: `/ws`.
    Netra,
    /// An admin's table of people: `/admin/stream`.
    Catalytic,
    /// A timed session of one person: `/session/{session_id}/stream`.
    CatalyticSeat,
}

/// Where a dialect puts the data of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Beside the type.
    Flat,
    /// Under this name.
    Under(&'static str),
    /// Under `data`, but beside the type for what the system says by itself.
    DataOrFlat,
}

/// How a dialect writes the time of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// RFC 3339 in UTC.
    Text,
    /// Seconds since 1970.
    Seconds,
    /// Not at all.
    Silent,
}

/// How a dialect differs from the canonical envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Where the data stands.
    pub place: Place,
    /// How the time is written.
    pub clock: Clock,
    /// Canonical types and the dialect's names for them; all others keep theirs.
    pub names: &'static [(&'static str, &'static str)],
    /// What is sent with every ping of the protocol, for clients that count on a message.
    pub heartbeat: Option<&'static str>,
    /// The sentence of the welcome.
    pub greeting: &'static str,
    /// The reason of the close for who is not let in, where the document words it.
    pub refused: Option<&'static str>,
}

/// Types that a dialect with [`Place::DataOrFlat`] writes flat.
const SYSTEM: &[&str] = &["connected", "user_joined", "user_left", "error", "ping", "pong"];

impl Dialect {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 7] =
        [Self::Podium, Self::ClauseBot, Self::Trivia, Self::MasterX, Self::Netra, Self::Catalytic, Self::CatalyticSeat];

    /// How it differs from the canonical envelope.
    pub const fn style(self) -> Style {
        match self {
            Self::Podium => {
                let place = Place::Under("data");
                Style { place, clock: Clock::Text, names: &[], heartbeat: None, greeting: "", refused: None }
            }
            Self::ClauseBot => Style {
                place: Place::Flat,
                clock: Clock::Text,
                names: &[],
                heartbeat: Some("ping"),
                greeting: "Connected to quiz leaderboard",
                refused: Some("Unauthorized"),
            },
            Self::Trivia => Style {
                place: Place::DataOrFlat,
                clock: Clock::Silent,
                names: &[("connected", "connection")],
                heartbeat: None,
                greeting: "Connected to session",
                refused: None,
            },
            Self::MasterX => Style {
                place: Place::Under("data"),
                clock: Clock::Seconds,
                names: &[("chat", "message_received")],
                heartbeat: None,
                greeting: "Connected",
                refused: Some("Invalid token"),
            },
            Self::Netra => Style {
                place: Place::Under("payload"),
                clock: Clock::Seconds,
                names: &[("connected", "connection_established"), ("ping", "heartbeat")],
                heartbeat: Some("ping"),
                greeting: "Connection established",
                refused: None,
            },
            Self::Catalytic => Style {
                place: Place::Under("data"),
                clock: Clock::Silent,
                names: &[("snapshot", "initial")],
                heartbeat: Some("ping"),
                greeting: "Connected",
                refused: Some("Unauthorized"),
            },
            Self::CatalyticSeat => Style {
                place: Place::Flat,
                clock: Clock::Silent,
                names: &[],
                heartbeat: Some("ping"),
                greeting: "Connected to session",
                refused: Some("Invalid or expired session"),
            },
        }
    }

    /// What is sent with every ping of the protocol.
    pub fn heartbeat(self, now: Timestamp) -> Option<String> {
        let kind = self.style().heartbeat?;
        Some(self.write(&Spoken { kind, data: Map::new(), at: now.to_string(), correlation_id: None, room: None }))
    }

    /// A canonical message in the words of the dialect: none, one or several texts.
    pub fn translate(self, canonical: &str) -> Vec<String> {
        if self == Self::Podium {
            return vec![canonical.to_owned()];
        }
        let Ok(Value::Object(mut message)) = serde_json::from_str(canonical) else { return Vec::new() };
        let mut text = |name| if let Some(Value::String(text)) = message.remove(name) { Some(text) } else { None };
        let (kind, at) = (text("type").unwrap_or_default(), text("timestamp").unwrap_or_default());
        let (room, correlation_id) = (text("room"), text("correlation_id"));
        let data = if let Some(Value::Object(data)) = message.remove("data") { data } else { Map::new() };
        self.meanings(&kind, data, &at)
            .into_iter()
            .map(|(kind, data)| {
                let (at, correlation_id, room) = (at.clone(), correlation_id.clone(), room.clone());
                self.write(&Spoken { kind, data, at, correlation_id, room })
            })
            .collect()
    }

    /// What a canonical message means to the documents' clients.
    fn meanings<'a>(self, kind: &'a str, mut data: Map<String, Value>, at: &str) -> Vec<(&'a str, Map<String, Value>)> {
        match kind {
            "connected" => {
                data.insert("message".to_owned(), self.style().greeting.into());
                // Outside of sessions a person is known by the account, as the token's `sub` has it.
                if data.get("session").is_some_and(Value::is_null)
                    && let Some(account) = data.get("account").cloned()
                {
                    data.insert("user".to_owned(), account);
                }
                vec![(kind, data)]
            }
            // The documents know no whole views: their clients come back to where the session stands, and to the scores.
            // It is the list of people itself.
            "snapshot" if self == Self::Catalytic => vec![(kind, data)],
            // Its document counts the time by what it is told, and knows no page that could be shown.
            "snapshot" | "seat_update" if self == Self::CatalyticSeat => Vec::new(),
            "snapshot" => {
                let show = data.get("view").and_then(|view| view.get("show"));
                let standing = show.and_then(|show| standing(show, at)).map(|data| ("session_update", data));
                let rows = show.and_then(|show| show.pointer("/leaderboard/rows")?.as_array().cloned());
                let scores = scores(rows.unwrap_or_default());
                [(kind, data)].into_iter().chain(standing).chain(scores).collect()
            }
            // The documents tell scores one by one.
            "leaderboard" => {
                let rows = if let Some(Value::Array(rows)) = data.remove("rows") { rows } else { Vec::new() };
                scores(rows).collect()
            }
            // A seat's own state has its score in the rows above as well; what else is in it is nobody else's business, and
            // the documents have no name for it.
            "score_update" => Vec::new(),
            "session_update" => {
                let Some(state) = data.get("state").and_then(Value::as_str).map(state) else { return Vec::new() };
                data.insert("state".to_owned(), state.into());
                vec![(kind, data)]
            }
            "error" => {
                data.insert("message".to_owned(), data.get("error").cloned().unwrap_or_default());
                if self == Self::Netra {
                    data.insert("timestamp".to_owned(), seconds(at).into());
                }
                vec![(kind, data)]
            }
            _ => vec![(kind, data)],
        }
    }

    fn write(self, spoken: &Spoken) -> String {
        let style = self.style();
        let kind = style.names.iter().find(|(name, _)| *name == spoken.kind).map_or(spoken.kind, |(_, own)| own);
        let mut data = spoken.data.clone();
        for (canonical, own) in [("user", "user_id"), ("seat", "user_id")] {
            if let Some(Value::Number(number)) = data.remove(canonical) {
                data.insert(own.to_owned(), number.to_string().into());
            }
        }
        if let Some(room) = &spoken.room {
            data.insert(
                if self == Self::ClauseBot { "room_id" } else { "session_id" }.to_owned(),
                room.as_str().into(),
            );
        }
        if spoken.kind == "pong" {
            data.insert("timestamp".to_owned(), spoken.at.as_str().into());
        }
        if let Some(id) = spoken.correlation_id.as_ref().filter(|_| self == Self::Netra) {
            data.insert("correlation_id".to_owned(), id.as_str().into());
        }
        let mut message = Map::new();
        message.insert("type".to_owned(), kind.into());
        match style.place {
            Place::Flat => message.extend(data),
            Place::DataOrFlat if SYSTEM.contains(&spoken.kind) => message.extend(data),
            Place::DataOrFlat => {
                if let Some(user) = data.remove("user_id") {
                    message.insert("user_id".to_owned(), user);
                }
                message.insert("data".to_owned(), data.into());
            }
            Place::Under(name) if spoken.kind == "snapshot" && self == Self::Catalytic => {
                let people = data.get_mut("view").and_then(|view| view.get_mut("people")).map(Value::take);
                message.insert(name.to_owned(), people.unwrap_or_default());
            }
            Place::Under(name) => drop(message.insert(name.to_owned(), data.into())),
        }
        match style.clock {
            Clock::Text => drop(message.insert("timestamp".to_owned(), spoken.at.as_str().into())),
            Clock::Seconds => drop(message.insert("timestamp".to_owned(), seconds(&spoken.at).into())),
            Clock::Silent => {}
        }
        if let Some(id) = &spoken.correlation_id {
            message.insert("correlation_id".to_owned(), id.as_str().into());
        }
        Value::Object(message).to_string()
    }
}

/// A message on its way into a dialect.
struct Spoken<'a> {
    kind: &'a str,
    data: Map<String, Value>,
    /// RFC 3339.
    at: String,
    correlation_id: Option<String>,
    room: Option<String>,
}

/// What the documents call a phase.
fn state(phase: &str) -> &str {
    if phase == "answering" { "question_active" } else { phase }
}

/// Where a session stands, as `session_update` tells it.
fn standing(show: &Value, at: &str) -> Option<Map<String, Value>> {
    let scene = show.get("scene")?;
    let question = scene.get("question").unwrap_or(scene);
    let deadline = question.get("deadline").filter(|_| scene.get("question").is_none());
    let left = deadline.and_then(Value::as_i64).zip(Timestamp::parse(at));
    let mut data = Map::new();
    data.insert("state".to_owned(), state(scene.get("phase")?.as_str()?).into());
    data.insert("step".to_owned(), show.get("step")?.clone());
    data.insert("locked".to_owned(), show.get("locked")?.clone());
    data.insert("question_number".to_owned(), question.get("turn").cloned().unwrap_or_default());
    data.insert("deadline".to_owned(), deadline.cloned().unwrap_or_default());
    let left = left.map(|(deadline, at)| (Timestamp(deadline) - at).whole_seconds_up());
    data.insert("time_remaining".to_owned(), left.into());
    Some(data)
}

/// Rows of the leaderboard, told one by one.
fn scores<'a>(rows: Vec<Value>) -> impl Iterator<Item = (&'a str, Map<String, Value>)> {
    rows.into_iter().filter_map(score).map(|data| ("score_update", data))
}

/// A row of the leaderboard as a score of its own. Without teams everybody is a team of one.
fn score(row: Value) -> Option<Map<String, Value>> {
    let Value::Object(mut row) = row else { return None };
    let name = row.get("name").cloned().unwrap_or_default();
    row.remove("moved");
    row.insert("team".to_owned(), name);
    Some(row)
}

/// Seconds since 1970 of a time as we write it.
fn seconds(at: &str) -> i64 {
    Timestamp::parse(at).map_or(0, |at| at.0.div_euclid(1_000))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::code::JoinCode;
    use crate::domain::ids::{CommandId, Epoch, SeatId, TurnNo};
    use crate::domain::question::{Choice, QuestionKind};
    use crate::domain::time::Millis;
    use crate::protocol::chat::Chat;
    use crate::protocol::event::{Event, LeaveReason, SessionUpdate, UserJoined, UserLeft};
    use crate::protocol::frame::{self, Stamp};
    use crate::protocol::message::{Message, PlayersView, Pong, Position, Snapshot};
    use crate::protocol::refusal::Refusal;
    use crate::protocol::state::{Leaderboard, LeaderboardRow, Presence};
    use crate::protocol::view::{Audience, Phase, QuestionFace, Revealed, Scene, Show};

    fn stamp() -> Stamp {
        Stamp { at: Timestamp(1_640_995_200_250), room: Some(JoinCode::parse("KFX7QM").expect("a code")) }
    }

    /// What each dialect makes of a message.
    fn check(canonical: &str, expected: &[(Dialect, &[&str])]) {
        for (dialect, texts) in expected {
            let expected: Vec<Value> = texts.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
            let spoken: Vec<Value> = dialect
                .translate(canonical)
                .iter()
                .map(|text| serde_json::from_str(text).expect("a dialect is JSON"))
                .collect();
            assert_eq!(spoken, expected, "{dialect:?} of {canonical}");
        }
    }

    #[test]
    fn the_canonical_words_stay_as_they_are() {
        let text = frame::event(&Event::UserJoined(joined()), stamp(), 3);
        assert_eq!(Dialect::Podium.translate(&text), [text]);
    }

    fn joined() -> UserJoined {
        UserJoined { user: SeatId(4), name: "Ada".to_owned(), participant_count: 5, round_trip: None }
    }

    #[test]
    fn who_comes_is_told_as_each_document_has_it() {
        check(
            &frame::event(&Event::UserJoined(joined()), stamp(), 3),
            &[
                (
                    Dialect::ClauseBot,
                    &[r#"{"type":"user_joined","user_id":"4","name":"Ada","participant_count":5,"round_trip":null,
                    "room_id":"KFX7QM","timestamp":"2022-01-01T00:00:00.250Z"}"#],
                ),
                (
                    Dialect::Trivia,
                    &[r#"{"type":"user_joined","user_id":"4","name":"Ada","participant_count":5,"round_trip":null,
                    "session_id":"KFX7QM"}"#],
                ),
                (
                    Dialect::MasterX,
                    &[r#"{"type":"user_joined","data":{"user_id":"4","name":"Ada","participant_count":5,
                    "round_trip":null,"session_id":"KFX7QM"},"timestamp":1640995200}"#],
                ),
                (
                    Dialect::Netra,
                    &[r#"{"type":"user_joined","payload":{"user_id":"4","name":"Ada","participant_count":5,
                    "round_trip":null,"session_id":"KFX7QM"},"timestamp":1640995200}"#],
                ),
            ],
        );
    }

    /// H11: whoever leaves is named.
    #[test]
    fn who_leaves_is_named_in_every_dialect() {
        let left = UserLeft {
            user: SeatId(4),
            name: "Ada".to_owned(),
            reason: LeaveReason::Away,
            participant_count: 4,
            left_at: Timestamp(5),
        };
        let text = frame::event(&Event::UserLeft(left), stamp(), 3);
        for dialect in Dialect::ALL.into_iter().skip(1) {
            let spoken = dialect.translate(&text).concat();
            assert!(spoken.contains(r#""user_id":"4""#), "{dialect:?}: {spoken}");
        }
    }

    #[test]
    fn the_leaderboard_is_told_score_by_score() {
        let row =
            |seat, rank| LeaderboardRow { seat: SeatId(seat), name: format!("P{seat}"), score: 900, rank, moved: 1 };
        let leaderboard = Leaderboard { version: 2, rows: vec![row(2, 1), row(1, 2)], climber: None };
        check(
            &frame::state(&Message::Leaderboard(leaderboard), stamp()),
            &[
                (
                    Dialect::ClauseBot,
                    &[
                        r#"{"type":"score_update","user_id":"2","name":"P2","team":"P2","score":900,"rank":1,
                        "room_id":"KFX7QM","timestamp":"2022-01-01T00:00:00.250Z"}"#,
                        r#"{"type":"score_update","user_id":"1","name":"P1","team":"P1","score":900,"rank":2,
                        "room_id":"KFX7QM","timestamp":"2022-01-01T00:00:00.250Z"}"#,
                    ],
                ),
                (
                    Dialect::Trivia,
                    &[
                        r#"{"type":"score_update","user_id":"2","data":{"name":"P2","team":"P2","score":900,"rank":1,
                        "session_id":"KFX7QM"}}"#,
                        r#"{"type":"score_update","user_id":"1","data":{"name":"P1","team":"P1","score":900,"rank":2,
                        "session_id":"KFX7QM"}}"#,
                    ],
                ),
            ],
        );
    }

    /// R048.
    #[test]
    fn an_open_question_is_question_active_with_its_number_and_time() {
        let update = SessionUpdate {
            state: Phase::Answering,
            step: 3,
            locked: false,
            question_number: Some(TurnNo(5)),
            deadline: Some(Timestamp(9)),
            time_remaining: Some(30),
            scene: None,
        };
        let text = frame::event(&Event::SessionUpdate(update), stamp(), 3);
        let spoken: Value = serde_json::from_str(&Dialect::Trivia.translate(&text)[0]).expect("JSON");
        let data = &spoken["data"];
        assert_eq!(
            (&data["state"], &data["question_number"], &data["time_remaining"]),
            (&json!("question_active"), &json!(5), &json!(30))
        );
    }

    /// R036.
    #[test]
    fn who_comes_back_is_told_where_the_session_stands_and_the_scores() {
        let question = QuestionFace {
            turn: TurnNo(2),
            kind: QuestionKind::Single,
            prompt: "Why?".to_owned(),
            options: vec!["a".to_owned(), "b".to_owned()],
            points: 1_000,
            opened_at: Timestamp(1),
            answers_at: Timestamp(2),
            deadline: Some(stamp().at + Millis(29_001)),
        };
        let revealed = Revealed {
            question: question.clone(),
            key: Choice::of(&[1]).expect("a place"),
            explanation: String::new(),
            counts: vec![0, 3],
            answered: 3,
            right: 3,
        };
        for (scene, state, number, left) in [
            (Scene::Lobby, "lobby", json!(null), json!(null)),
            (Scene::Reading(question.clone()), "reading", json!(2), json!(30)),
            (Scene::Answering(question), "question_active", json!(2), json!(30)),
            (Scene::Reveal(revealed), "reveal", json!(2), json!(null)),
            (Scene::Standings { turn: TurnNo(2) }, "standings", json!(2), json!(null)),
            (Scene::Podium, "podium", json!(null), json!(null)),
            (Scene::Closed, "closed", json!(null), json!(null)),
        ] {
            let row = LeaderboardRow { seat: SeatId(2), name: "P2".to_owned(), score: 900, rank: 1, moved: 1 };
            let show = Show {
                title: "Water".to_owned(),
                language: "en".to_owned(),
                code: JoinCode::parse("KFX7QM").expect("a code"),
                question_count: 3,
                step: 5,
                locked: false,
                scene,
                presence: Presence::default(),
                leaderboard: Leaderboard { version: 1, rows: vec![row], climber: None },
            };
            let position = Position { epoch: Epoch(7), seq: 3 };
            let view = PlayersView { show, chat: Chat::default() };
            let text = frame::snapshot(&Snapshot { position, audience: Audience::Players, view }, stamp());
            let spoken: Vec<Value> = Dialect::Trivia
                .translate(&text)
                .iter()
                .map(|text| serde_json::from_str(text).expect("a dialect is JSON"))
                .collect();
            let kinds: Vec<&Value> = spoken.iter().map(|message| &message["type"]).collect();
            assert_eq!(kinds, ["snapshot", "session_update", "score_update"]);
            let data = &spoken[1]["data"];
            assert_eq!(data["state"], state);
            assert_eq!((&data["question_number"], &data["time_remaining"]), (&number, &left), "{state}");
            assert_eq!((&spoken[2]["user_id"], &spoken[2]["data"]["rank"]), (&json!("2"), &json!(1)));
        }
    }

    /// R005, R096; Netra 9: error message format.
    #[test]
    fn an_error_has_its_five_fields_where_each_document_looks_for_them() {
        let id = CommandId::parse("c-1").expect("an id");
        let text = frame::refusal(&Refusal::Twice, stamp(), Some(&id));
        for (dialect, at) in
            [(Dialect::ClauseBot, ""), (Dialect::Trivia, ""), (Dialect::MasterX, "/data"), (Dialect::Netra, "/payload")]
        {
            let spoken: Value = serde_json::from_str(&dialect.translate(&text)[0]).expect("JSON");
            for field in ["code", "error", "message", "timestamp", "recoverable", "help"] {
                assert!(spoken.pointer(&format!("{at}/{field}")).is_some(), "{dialect:?} {field}: {spoken}");
            }
            assert_eq!(spoken["correlation_id"], "c-1");
        }
        let netra: Value = serde_json::from_str(&Dialect::Netra.translate(&text)[0]).expect("JSON");
        assert_eq!(netra["payload"]["correlation_id"], "c-1");
        assert_eq!(netra["payload"]["timestamp"], 1_640_995_200, "this document writes all times in seconds");
    }

    #[test]
    fn heartbeats_are_called_as_the_documents_call_them() {
        let beat = |dialect: Dialect| dialect.heartbeat(Timestamp(1_640_995_200_000));
        assert_eq!(
            beat(Dialect::ClauseBot).as_deref(),
            Some(r#"{"timestamp":"2022-01-01T00:00:00.000Z","type":"ping"}"#)
        );
        let netra = Some(r#"{"payload":{},"timestamp":1640995200,"type":"heartbeat"}"#);
        assert_eq!(beat(Dialect::Netra).as_deref(), netra);
        assert_eq!((beat(Dialect::Trivia), beat(Dialect::MasterX), beat(Dialect::Podium)), (None, None, None));
    }

    #[test]
    fn a_pong_carries_the_time_as_the_document_has_it() {
        let pong = Message::Pong(Pong { server_time: Timestamp(1_640_995_200_250), round_trip_ms: None });
        let text = frame::reply(&pong, stamp().at, None);
        let spoken: Value = serde_json::from_str(&Dialect::MasterX.translate(&text)[0]).expect("JSON");
        assert_eq!(spoken["data"]["timestamp"], "2022-01-01T00:00:00.250Z");
    }
}
