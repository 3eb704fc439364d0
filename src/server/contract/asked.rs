//! What a client may say: each command with who may send it, its other names and an example.
//!
//! The types say what is in a command; here stands what no type knows. A command without a row fails a test.

use crate::domain::ids::{CommandId, Epoch, TurnNo};
use crate::domain::question::Choice;
use crate::domain::time::Timestamp;
use crate::protocol::command::{
    Answer, Command, Draft, HostCommand, JoinSession, LeaveSession, Ping, Refresh, Role, SessionName, UserTyping,
};
use crate::protocol::frame;
use crate::protocol::message::Position;
use crate::protocol::timed::{Finish, GoTo};
use crate::server::contract::schema::{self, Class, Row, Way, Word};

/// When the examples were said.
pub const EXAMPLE_AT: Timestamp = Timestamp(1_795_177_085_250);

/// The commands in the order of their type.
pub fn words() -> Vec<Word> {
    schema::words::<Command>(Way::Asked, rows()).0
}

fn rows() -> Vec<Row> {
    let row = |who, id, command: &Command| {
        let id = CommandId::parse(id).expect("short and plain");
        Row::new(Class::Command, who, frame::command(command, EXAMPLE_AT, Some(&id)))
    };
    let choice = Choice::of(&[1]).expect("a place");
    let session = Some(SessionName::Text("KFX7QM".to_owned()));
    let position = Some(Position { epoch: Epoch(7), seq: 12 });
    vec![
        row("a seat", "answer-2", &Command::Answer(Answer { turn: TurnNo(2), choice })),
        row("a seat or the host", "chat-4", &Command::Chat(Draft { text: "I knew that one!".to_owned() }))
            .with_also(&["user_message", "message_sent"]),
        row("a seat or the host", "typing-4", &Command::UserTyping(UserTyping { is_typing: true })),
        row("a seat of a timed session", "go-3", &Command::GoTo(GoTo { turn: TurnNo(3) })),
        row("a seat of a timed session", "finish-1", &Command::Finish(Finish {})),
        row("the host", "host-5", &Command::Host(HostCommand::Next { step: 5 })),
        row(
            "an account, on its own connection",
            "join-1",
            &Command::JoinSession(JoinSession { session: session.clone(), position, role: Some(Role::Player) }),
        )
        .with_also(&["join"]),
        row("anybody in the session", "leave-1", &Command::LeaveSession(LeaveSession { session })),
        row("an account", "refresh-1", &Command::Refresh(Refresh { token: "eyJhbGciOiJIUzI1NiJ9…".to_owned() })),
        row("anybody", "ping-1", &Command::Ping(Ping {})).with_also(&["heartbeat"]),
        row("anybody", "pong-1", &Command::Pong(Ping {})),
    ]
}
