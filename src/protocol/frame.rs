//! The envelope: `{ "type", "data", "timestamp", "room"?, "seq"?, "correlation_id"? }`, JSON text. The only home of wire
//! encoding.
//!
//! Knows nothing of what the messages mean. What belongs to a room names it by its code, because one connection may be in
//! several. On input `payload` is accepted for `data`, and without either the fields may stand beside the type.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::domain::code::JoinCode;
use crate::domain::ids::CommandId;
use crate::domain::time::Timestamp;
use crate::protocol::command::{Command, Ping};
use crate::protocol::message::{ErrorBody, Message, Received, Snapshot, Unread};
use crate::protocol::refusal::Refusal;
use crate::protocol::timed::Finish;

/// The subprotocol that speaks this envelope.
pub const SUBPROTOCOL: &str = "podium.v1";

/// When something is said, and in which room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// When.
    pub at: Timestamp,
    /// In which room, if in any.
    pub room: Option<JoinCode>,
}

impl From<Timestamp> for Stamp {
    fn from(at: Timestamp) -> Self {
        Self { at, room: None }
    }
}

/// Encodes an event, with its number.
pub fn event(message: &impl Serialize, stamp: impl Into<Stamp>, seq: u64) -> String {
    encode(message, stamp.into(), Some(seq), None)
}

/// Encodes a snapshot.
pub fn snapshot<V: Serialize>(snapshot: &Snapshot<V>, stamp: impl Into<Stamp>) -> String {
    #[derive(Serialize)]
    #[serde(tag = "type", content = "data", rename_all = "snake_case")]
    enum Wrapped<'a, V> {
        Snapshot(&'a Snapshot<V>),
    }
    encode(&Wrapped::Snapshot(snapshot), stamp.into(), None, None)
}

/// Encodes a state or a welcome.
pub fn state(message: &impl Serialize, stamp: impl Into<Stamp>) -> String {
    encode(message, stamp.into(), None, None)
}

/// Encodes a reply to a command.
pub fn reply(message: &impl Serialize, stamp: impl Into<Stamp>, to: Option<&CommandId>) -> String {
    encode(message, stamp.into(), None, to)
}

/// Encodes a refusal.
pub fn refusal(refusal: &Refusal, stamp: impl Into<Stamp>, to: Option<&CommandId>) -> String {
    let stamp = stamp.into();
    #[derive(Serialize)]
    #[serde(tag = "type", content = "data", rename_all = "snake_case")]
    enum Wrapped {
        Error(ErrorBody),
    }
    let body = ErrorBody {
        code: refusal.code().to_owned(),
        error: refusal.to_string(),
        timestamp: stamp.at.to_string(),
        recoverable: refusal.is_recoverable(),
        help: refusal.help().to_owned(),
    };
    encode(&Wrapped::Error(body), stamp, None, to)
}

/// Encodes a command, as a client sends it.
pub fn command(command: &Command, at: Timestamp, id: Option<&CommandId>) -> String {
    encode(command, at.into(), None, id)
}

/// Reads a value of the wire; `None` if the text is none of this type.
///
/// Everything that is read goes through here or through the same reader of texts: each kind of reader compiles the code
/// of every type once more, and the page's code is what a phone downloads.
pub fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

/// What a message is, before its data is read.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(borrow, default, alias = "payload")]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    seq: Option<&'a RawValue>,
    #[serde(default)]
    correlation_id: Option<CommandId>,
}

/// Decodes a message of the server, as a client reads it.
///
/// # Errors
/// [`Unread`] if it is none, or none that this version knows.
pub fn received(text: &str) -> Result<Received, Unread> {
    fn read<T: DeserializeOwned>(data: &str) -> Result<T, Unread> {
        self::read(data).ok_or(Unread::Broken)
    }
    let envelope: Envelope = serde_json::from_str(text).map_err(|_| Unread::Broken)?;
    let data = envelope.data.map_or("{}", RawValue::get);
    let seq = envelope.seq.and_then(|seq| self::read(seq.get()));
    let message = match envelope.kind.ok_or(Unread::Broken)?.as_str() {
        "connected" => Message::Connected(read(data)?),
        "snapshot" => Message::Snapshot(read(data)?),
        "session_update" => Message::SessionUpdate(read(data)?),
        "user_joined" => Message::UserJoined(read(data)?),
        "user_left" => Message::UserLeft(read(data)?),
        "cue" => Message::Cue(read(data)?),
        "chat" => Message::Chat(read(data)?),
        "chat_removed" => Message::ChatRemoved(read(data)?),
        "chat_update" => Message::ChatUpdate(read(data)?),
        "user_added" => Message::UserAdded(read(data)?),
        "user_update" => Message::UserUpdate(read(data)?),
        "user_deleted" => Message::UserDeleted(read(data)?),
        "progress" => Message::Progress(read(data)?),
        "seat_update" => Message::SeatUpdate(read(data)?),
        "session_expired" => Message::SessionExpired(read(data)?),
        "notification" => Message::Notification(read(data)?),
        "health" => Message::Health(read(data)?),
        "presence" => Message::Presence(read(data)?),
        "leaderboard" => Message::Leaderboard(read(data)?),
        "time_update" => Message::TimeUpdate(read(data)?),
        "latency" => Message::Latency(read(data)?),
        "score_update" => Message::ScoreUpdate(read(data)?),
        "typing_indicator" => Message::TypingIndicator(read(data)?),
        "chat_taken" => Message::ChatTaken(read(data)?),
        "answer_taken" => Message::AnswerTaken(read(data)?),
        "done" => Message::Done(read(data)?),
        "left_session" => Message::LeftSession(read(data)?),
        "refreshed" => Message::Refreshed(read(data)?),
        "refresh" => Message::Refresh(read(data)?),
        "pong" => Message::Pong(read(data)?),
        "ping" => Message::Ping(Ping {}),
        "error" => Message::Error(read(data)?),
        _ => return Err(Unread::Unknown { seq }),
    };
    Ok(Received { message, seq, correlation_id: envelope.correlation_id })
}

/// A command with its id, or why there is none; the id is kept where it could be read, so that the refusal can name it.
pub fn asked(text: &str) -> (Option<CommandId>, Result<Command, Refusal>) {
    // Serde would also read the envelope from a list of its values.
    let envelope = text.trim_start().starts_with('{').then(|| serde_json::from_str::<Envelope>(text));
    let Some(Ok(envelope)) = envelope else {
        return (None, Err(Refusal::Malformed));
    };
    let data = envelope.data.map_or(text, RawValue::get);
    let command = match envelope.kind.as_deref() {
        Some("answer") => serde_json::from_str(data).map(Command::Answer),
        // The first is our own word, the others are those of programs written for other servers.
        Some("chat" | "message_sent" | "user_message") => serde_json::from_str(data).map(Command::Chat),
        Some("user_typing") => serde_json::from_str(data).map(Command::UserTyping),
        Some("go_to") => serde_json::from_str(data).map(Command::GoTo),
        Some("finish") => Ok(Command::Finish(Finish {})),
        Some("host") => serde_json::from_str(data).map(Command::Host),
        Some("join_session" | "join") => serde_json::from_str(data).map(Command::JoinSession),
        Some("leave_session") => serde_json::from_str(data).map(Command::LeaveSession),
        Some("refresh") => serde_json::from_str(data).map(Command::Refresh),
        // Whoever sends one means to set a score.
        Some("score_update") => {
            return (envelope.correlation_id.or_else(|| inner_id(data)), Err(Refusal::ScoresAreOurs));
        }
        // A ping may carry whatever its client likes; nothing of it is used.
        Some("ping" | "heartbeat") => Ok(Command::Ping(Ping {})),
        Some("pong") => Ok(Command::Pong(Ping {})),
        Some(_) | None => return (envelope.correlation_id.or_else(|| inner_id(data)), Err(Refusal::UnknownType)),
    };
    (envelope.correlation_id.or_else(|| inner_id(data)), command.map_err(|_| Refusal::Malformed))
}

/// The id of a client that puts it beside the fields of its command.
fn inner_id(data: &str) -> Option<CommandId> {
    #[derive(Deserialize)]
    struct Beside {
        correlation_id: CommandId,
    }
    read::<Beside>(data).map(|beside| beside.correlation_id)
}

/// A message is an object with `type` and `data`; what stands around it goes in behind. Flattening by serde would do the
/// same through a second writer for every type, at twice the time.
fn encode(message: &impl Serialize, stamp: Stamp, seq: Option<u64>, correlation_id: Option<&CommandId>) -> String {
    const PLAIN: &str = "messages are plain data with text keys";
    let mut text = serde_json::to_string(message).expect(PLAIN);
    let end = text.pop();
    assert_eq!(end, Some('}'), "a message is an object");
    text.push_str(&format!(r#","timestamp":"{}""#, stamp.at));
    if let Some(room) = stamp.room {
        text.push_str(&format!(r#","room":"{room}""#));
    }
    if let Some(seq) = seq {
        text.push_str(&format!(r#","seq":{seq}"#));
    }
    if let Some(id) = correlation_id {
        text.push_str(r#","correlation_id":"#);
        text.push_str(&serde_json::to_string(id).expect(PLAIN));
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::JoinCode;
    use crate::domain::ids::MessageId;
    use crate::domain::ids::{Epoch, SeatId, TurnNo};
    use crate::domain::question::{Choice, QuestionKind};
    use crate::protocol::chat::{Chat, ChatEvent, ChatMessage, ChatTaken};
    use crate::protocol::command::{
        Answer, Draft, HostCommand, JoinSession, LeaveSession, SessionName, Switch, UserTyping,
    };
    use crate::protocol::event::{Event, LeaveReason, UserLeft};
    use crate::protocol::message::{PlayersView, Position};
    use crate::protocol::state::{Leaderboard, Presence};
    use crate::protocol::view::{Audience, HostView, QuestionFace, Revealed, Scene, Show};

    fn id(text: &str) -> CommandId {
        CommandId::parse(text).expect("a good id")
    }

    #[test]
    fn a_command_comes_back_as_it_was_sent() {
        let answer = Answer { turn: TurnNo(3), choice: Choice::of(&[0, 2]).expect("places") };
        for sent in [
            Command::Answer(answer),
            Command::Host(HostCommand::Next { step: 4 }),
            Command::Host(HostCommand::Lock),
            Command::Host(HostCommand::Block { seat: SeatId(7) }),
            Command::Host(HostCommand::Chat { switch: Switch::On }),
            Command::Host(HostCommand::ChatHistory { switch: Switch::Off }),
            Command::Host(HostCommand::RemoveMessage { message: MessageId(1_795_177_000_000) }),
            Command::Chat(Draft { text: "Great \"answer\"!".to_owned() }),
            Command::UserTyping(UserTyping { is_typing: true }),
            Command::Ping(Ping {}),
        ] {
            let text = command(&sent, Timestamp(0), Some(&id("a-1")));
            assert_eq!(asked(&text), (Some(id("a-1")), Ok(sent)), "{text}");
        }
    }

    #[test]
    fn payload_stands_for_data() {
        let (_, command) = asked(r#"{"type":"answer","payload":{"turn":1,"choice":[1]}}"#);
        assert!(matches!(command, Ok(Command::Answer(_))));
    }

    #[test]
    fn a_command_without_data_may_have_its_fields_beside_the_type() {
        let (_, command) = asked(r#"{"type":"join_session","session_id":"KFX7QM","position":{"epoch":3,"seq":9}}"#);
        let position = Some(Position { epoch: Epoch(3), seq: 9 });
        let session = Some(SessionName::Text("KFX7QM".to_owned()));
        assert_eq!(command, Ok(Command::JoinSession(JoinSession { session, position, role: None })));
        let (_, command) = asked(r#"{"type":"leave_session","data":{"session":7}}"#);
        assert_eq!(command, Ok(Command::LeaveSession(LeaveSession { session: Some(SessionName::Number(7)) })));
    }

    #[test]
    fn a_message_has_several_names_and_its_sender_is_not_read() {
        let draft = Ok(Command::Chat(Draft { text: "Hello!".to_owned() }));
        for (text, to) in [
            (r#"{"type":"chat","data":{"text":"Hello!"}}"#, None),
            (r#"{"type":"chat","user_id":"user-456","data":{"text":"Hello!","user_id":7,"name":"Eve"}}"#, None),
            (r#"{"type":"message_sent","data":{"message":"Hello!"}}"#, None),
            (r#"{"type":"user_message","payload":{"content":"Hello!","correlation_id":"x"}}"#, Some(id("x"))),
            (r#"{"type":"chat","text":"Hello!","correlation_id":"x"}"#, Some(id("x"))),
            (r#"{"type":"chat","data":{"text":"Hello!","correlation_id":""}}"#, None),
        ] {
            assert_eq!(asked(text), (to, draft.clone()), "{text}");
        }
    }

    #[test]
    fn what_is_told_of_the_chat_reads_back() {
        let message = ChatMessage {
            message_id: MessageId(5),
            user: None,
            name: "Host".to_owned(),
            text: Some("</script>\u{2028}".to_owned()),
            sent_at: Timestamp(5),
            is_host: true,
        };
        let text = event(&ChatEvent::Chat(message.clone()), Timestamp(0), 2);
        assert_eq!(received(&text).map(|read| (read.message, read.seq)), Ok((Message::Chat(message), Some(2))));
        let taken = Message::ChatTaken(ChatTaken { message_id: MessageId(5) });
        let golden = concat!(
            r#"{"type":"chat_taken","data":{"message_id":5},"#,
            r#""timestamp":"1970-01-01T00:00:00.000Z","correlation_id":"x"}"#
        );
        assert_eq!(reply(&taken, Timestamp(0), Some(&id("x"))), golden);
        assert_eq!(received(golden).map(|read| read.message), Ok(taken));
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_id_where_it_has_one() {
        for (text, to, why) in [
            ("hello", None, Refusal::Malformed),
            ("[]", None, Refusal::Malformed),
            ("{}", None, Refusal::UnknownType),
            (r#"{"type":"nonsense","correlation_id":"x"}"#, Some(id("x")), Refusal::UnknownType),
            (r#"{"type":"score_update","data":{"score":9}}"#, None, Refusal::ScoresAreOurs),
            (r#"{"type":"answer","correlation_id":"x"}"#, Some(id("x")), Refusal::Malformed),
            (r#"{"type":"answer","data":{"turn":-1,"choice":[1]}}"#, None, Refusal::Malformed),
            (r#"{"type":"answer","data":{"turn":1,"choice":[10]}}"#, None, Refusal::Malformed),
            (r#"{"type":"answer","data":{"turn":1e400,"choice":[1]}}"#, None, Refusal::Malformed),
            (r#"{"type":"chat","data":{}}"#, None, Refusal::Malformed),
            (r#"{"type":"chat","data":{"text":7}}"#, None, Refusal::Malformed),
            (r#"{"type":"user_typing","data":{"is_typing":"yes"}}"#, None, Refusal::Malformed),
            (r#"{"type":"ping","correlation_id":""}"#, None, Refusal::Malformed),
        ] {
            assert_eq!(asked(text), (to, Err(why)), "{text}");
        }
    }

    #[test]
    fn a_snapshot_is_read_by_who_shows_it() {
        let question = QuestionFace {
            turn: TurnNo(2),
            kind: QuestionKind::Single,
            prompt: "Why?".to_owned(),
            options: vec!["a".to_owned(), "b".to_owned()],
            points: 1_000,
            opened_at: Timestamp(1),
            answers_at: Timestamp(2),
            deadline: None,
        };
        let revealed = Revealed {
            question: question.clone(),
            key: Choice::of(&[1]).expect("a place"),
            explanation: "\u{201c}Because\u{201d}".to_owned(),
            counts: vec![0, 3],
            answered: 3,
            right: 3,
        };
        let position = Position { epoch: Epoch(7), seq: 3 };
        for scene in [
            Scene::Lobby,
            Scene::Reading(question.clone()),
            Scene::Answering(question),
            Scene::Reveal(revealed),
            Scene::Standings { turn: TurnNo(2) },
            Scene::Podium,
            Scene::Closed,
        ] {
            let view = PlayersView {
                show: Show {
                    title: "Water".to_owned(),
                    language: "en".to_owned(),
                    code: JoinCode::parse("KFX7QM").expect("a code"),
                    question_count: 3,
                    step: 5,
                    locked: false,
                    scene,
                    presence: Presence::default(),
                    leaderboard: Leaderboard::default(),
                },
                chat: Chat::default(),
            };
            let sent = Snapshot { position, audience: Audience::Players, view: view.clone() };
            let Ok(Message::Snapshot(read)) = received(&snapshot(&sent, Timestamp(0))).map(|read| read.message) else {
                panic!("{view:?} is not read as a snapshot");
            };
            assert_eq!((read.position, read.audience), (position, Audience::Players));
            assert_eq!(read.view.read(), Some(view));
            assert_eq!(read.view.read::<HostView>(), None, "a view of another audience is none");
        }
    }

    #[test]
    fn what_is_no_message_is_broken_and_what_a_newer_server_says_is_unknown() {
        for (text, why) in [
            ("", Unread::Broken),
            ("hello", Unread::Broken),
            ("{}", Unread::Broken),
            (r#"{"type":"nonsense","data":{}}"#, Unread::Unknown { seq: None }),
            (r#"{"type":"nonsense","seq":7}"#, Unread::Unknown { seq: Some(7) }),
            (r#"{"type":"nonsense","seq":-7}"#, Unread::Unknown { seq: None }),
            (r#"{"type":"done"}"#, Unread::Broken),
            (r#"{"type":"done","data":{"step":-1},"seq":7}"#, Unread::Broken),
            (r#"{"type":"snapshot","data":{"position":{"epoch":1,"seq":1}}}"#, Unread::Broken),
        ] {
            assert_eq!(received(text), Err(why), "{text}");
        }
    }

    #[test]
    fn an_event_reads_back_with_its_number() {
        let left = UserLeft {
            user: SeatId(2),
            name: "Ada".to_owned(),
            reason: LeaveReason::Away,
            participant_count: 1,
            left_at: Timestamp(5),
        };
        let text = event(&Event::UserLeft(left.clone()), Timestamp(0), 9);
        let read = received(&text).expect("an own message");
        assert_eq!((read.message, read.seq), (Message::UserLeft(left), Some(9)));
    }

    #[test]
    fn a_refusal_has_the_five_fields_and_the_id() {
        let text = refusal(&Refusal::Twice, Timestamp(0), Some(&id("x")));
        let golden = concat!(
            r#"{"type":"error","data":{"code":"twice","error":"you have answered this question already, the first answer counts","#,
            r#""timestamp":"1970-01-01T00:00:00.000Z","recoverable":true,"help":"Nothing to do, your first answer is safe."},"#,
            r#""timestamp":"1970-01-01T00:00:00.000Z","correlation_id":"x"}"#
        );
        assert_eq!(text, golden);
    }
}
