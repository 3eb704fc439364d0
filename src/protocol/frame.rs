//! The envelope: `{ "type", "data", "timestamp", "seq"?, "correlation_id"? }`, JSON text. The only home of wire encoding.
//!
//! Knows nothing of what the messages mean. On input `payload` is accepted for `data`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::domain::ids::CommandId;
use crate::domain::time::Timestamp;
use crate::protocol::command::Command;
use crate::protocol::message::{ErrorBody, Received};
use crate::protocol::refusal::Refusal;

/// The subprotocol that speaks this envelope.
pub const SUBPROTOCOL: &str = "podium.v1";

/// Encodes an event, with its number.
pub fn event(message: &impl Serialize, at: Timestamp, seq: u64) -> String {
    encode(message, at, Some(seq), None)
}

/// Encodes a state, a welcome or a snapshot.
pub fn state(message: &impl Serialize, at: Timestamp) -> String {
    encode(message, at, None, None)
}

/// Encodes a reply to a command.
pub fn reply(message: &impl Serialize, at: Timestamp, to: Option<&CommandId>) -> String {
    encode(message, at, None, to)
}

/// Encodes a refusal.
pub fn refusal(refusal: &Refusal, at: Timestamp, to: Option<&CommandId>) -> String {
    #[derive(Serialize)]
    #[serde(tag = "type", content = "data", rename_all = "snake_case")]
    enum Wrapped {
        Error(ErrorBody),
    }
    let body = ErrorBody {
        code: refusal.code().to_owned(),
        error: refusal.to_string(),
        timestamp: at.to_string(),
        recoverable: refusal.is_recoverable(),
        help: refusal.help().to_owned(),
    };
    encode(&Wrapped::Error(body), at, None, to)
}

/// Encodes a command, as a client sends it.
pub fn command(command: &Command, at: Timestamp, id: Option<&CommandId>) -> String {
    encode(command, at, None, id)
}

/// Decodes a message of the server, as a client reads it; `None` if it is none.
pub fn received(text: &str) -> Option<Received> {
    serde_json::from_str(text).ok()
}

/// A command with its id, or why there is none; the id is kept where it could be read, so that the refusal can name it.
pub fn asked(text: &str) -> (Option<CommandId>, Result<Command, Refusal>) {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(rename = "type", default)]
        kind: Option<String>,
        #[serde(borrow, default, alias = "payload")]
        data: Option<&'a RawValue>,
        #[serde(default)]
        correlation_id: Option<CommandId>,
    }
    // Serde would also read the envelope from a list of its values.
    let envelope = text.trim_start().starts_with('{').then(|| serde_json::from_str::<Envelope>(text));
    let Some(Ok(envelope)) = envelope else {
        return (None, Err(Refusal::Malformed));
    };
    let data = envelope.data.map_or("{}", RawValue::get);
    let command = match envelope.kind.as_deref() {
        Some("answer") => serde_json::from_str(data).map(Command::Answer),
        Some("host") => serde_json::from_str(data).map(Command::Host),
        // A ping may carry whatever its client likes; nothing of it is used.
        Some("ping" | "heartbeat") => Ok(Command::Ping(Default::default())),
        Some("pong") => Ok(Command::Pong(Default::default())),
        Some(_) | None => return (envelope.correlation_id, Err(Refusal::UnknownType)),
    };
    (envelope.correlation_id, command.map_err(|_| Refusal::Malformed))
}

fn encode(message: &impl Serialize, at: Timestamp, seq: Option<u64>, correlation_id: Option<&CommandId>) -> String {
    #[derive(Serialize)]
    struct Envelope<'a, M> {
        #[serde(flatten)]
        message: &'a M,
        timestamp: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        correlation_id: Option<&'a CommandId>,
    }
    let envelope = Envelope { message, timestamp: at.to_string(), seq, correlation_id };
    serde_json::to_string(&envelope).expect("messages are plain data with text keys")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{SeatId, TurnNo};
    use crate::domain::question::Choice;
    use crate::protocol::command::{Answer, HostCommand, Ping};
    use crate::protocol::event::{Event, LeaveReason, UserLeft};
    use crate::protocol::message::Message;

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
    fn what_cannot_be_read_is_refused_with_its_id_where_it_has_one() {
        for (text, to, why) in [
            ("hello", None, Refusal::Malformed),
            ("[]", None, Refusal::Malformed),
            ("{}", None, Refusal::UnknownType),
            (r#"{"type":"nonsense","correlation_id":"x"}"#, Some(id("x")), Refusal::UnknownType),
            (r#"{"type":"score_update","data":{"score":9}}"#, None, Refusal::UnknownType),
            (r#"{"type":"answer","correlation_id":"x"}"#, Some(id("x")), Refusal::Malformed),
            (r#"{"type":"answer","data":{"turn":-1,"choice":[1]}}"#, None, Refusal::Malformed),
            (r#"{"type":"answer","data":{"turn":1,"choice":[10]}}"#, None, Refusal::Malformed),
            (r#"{"type":"answer","data":{"turn":1e400,"choice":[1]}}"#, None, Refusal::Malformed),
            (r#"{"type":"ping","correlation_id":""}"#, None, Refusal::Malformed),
        ] {
            assert_eq!(asked(text), (to, Err(why)), "{text}");
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
