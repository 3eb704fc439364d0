//! What the server says: each message with its class, its audiences and an example that is really encoded.
//!
//! The types say what is in a message; here stands what no type knows. A message without a row fails a test.

use serde_json::{Map, Value};

use crate::domain::code::JoinCode;
use crate::domain::ids::{AdminId, CommandId, Epoch, MessageId, NoticeId, PersonId, SeatId, SessionId, TurnNo};
use crate::domain::question::{Choice, QuestionKind};
use crate::domain::score::Verdict;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::chat::{Chat, ChatEvent, ChatMessage, ChatRemoved, ChatTaken, ChatUpdate};
use crate::protocol::command::Ping;
use crate::protocol::event::{CueEvent, Event, LeaveReason, SessionUpdate, UserJoined, UserLeft};
use crate::protocol::frame::{self, SUBPROTOCOL, Stamp};
use crate::protocol::health::{Connections, Health, HealthState, Latencies};
use crate::protocol::message::{
    Done, LeftSession, Message, PlayersView, Pong, Position, RefreshDue, Refreshed, Snapshot, Welcome,
};
use crate::protocol::notice::{NoticeEvent, NoticeLevel, Notification};
use crate::protocol::people::{PeopleEvent, PersonGone, PersonRecord, PersonStatus, Sitting};
use crate::protocol::refusal::Refusal;
use crate::protocol::state::{
    Latency, Leaderboard, LeaderboardRow, Neighbour, Presence, ScoreUpdate, State, TakenAnswer, TimeUpdate, TurnResult,
};
use crate::protocol::timed::{Expired, Progress, SeatMessage, SeatPage, SeatRow, SeatState, SeatView, TimedEvent};
use crate::protocol::typing::TypingIndicator;
use crate::protocol::view::{Audience, Cue, Phase, QuestionFace, Scene, Show};
use crate::server::contract::asked::EXAMPLE_AT;
use crate::server::contract::schema::{self, Class, Row, Way, Word};

const EVERYBODY: &str = "host, stage, players";
const IN_THE_CHAT: &str = "host, players";
const WHO_ASKED: &str = "who asked";
const THE_HOST: &str = "host";
const ADMINS: &str = "admins";

/// The messages in the order of their type, and the types that they share.
pub fn words() -> (Vec<Word>, Map<String, Value>) {
    schema::words::<Message>(Way::Told, [openings(), events(), states(), replies(), notices()].concat())
}

fn stamp() -> Stamp {
    Stamp { at: EXAMPLE_AT, room: Some(JoinCode::parse("KFX7QM").expect("a code")) }
}

fn openings() -> Vec<Row> {
    let position = Position { epoch: Epoch(7), seq: 11 };
    let welcome = Welcome {
        protocol: SUBPROTOCOL.to_owned(),
        connection: 4_711,
        session: Some(SessionId(42)),
        audience: Some(Audience::Players),
        seat: Some(SeatId(3)),
        account: Some(AdminId(9)),
        position: Some(position),
        recovered: false,
        server_time: EXAMPLE_AT,
        message_bytes_max: 10_240,
        heartbeat_ms: 30_000,
    };
    let show = Show {
        title: "Water".to_owned(),
        language: "en".to_owned(),
        code: JoinCode::parse("KFX7QM").expect("a code"),
        question_count: 8,
        step: 4,
        locked: false,
        scene: Scene::Answering(question()),
        presence: presence(),
        leaderboard: leaderboard(),
    };
    let snapshot = Snapshot { position, audience: Audience::Players, view: PlayersView { show, chat: chat() } };
    vec![
        Row::new(Class::Opening, EVERYBODY, frame::state(&Message::Connected(welcome), stamp())),
        Row::new(Class::Opening, EVERYBODY, frame::snapshot(&snapshot, stamp())),
    ]
}

fn events() -> Vec<Row> {
    let update = SessionUpdate {
        state: Phase::Answering,
        step: 4,
        locked: false,
        question_number: Some(TurnNo(2)),
        deadline: Some(EXAMPLE_AT + Millis(20_000)),
        time_remaining: Some(20),
        scene: None,
    };
    let joined = UserJoined { user: SeatId(3), name: "Ada".to_owned(), participant_count: 28, round_trip: None };
    let left = UserLeft {
        user: SeatId(3),
        name: "Ada".to_owned(),
        reason: LeaveReason::Away,
        participant_count: 27,
        left_at: EXAMPLE_AT,
    };
    let cue = Cue {
        key: Choice::of(&[1]).expect("a place"),
        explanation: "It boils at 100 °C at sea level.".to_owned(),
        next_prompt: Some("At what temperature does it freeze?".to_owned()),
    };
    let record = PersonRecord {
        id: PersonId(7),
        version: 1,
        first_name: "Ada".to_owned(),
        last_name: "King".to_owned(),
        email: "ada@quiz.example".to_owned(),
        tags: vec!["north".to_owned()],
        created_at: EXAMPLE_AT,
        sitting: sitting(),
    };
    let progress = Progress { seats: vec![seat_row()], gone: vec![], is_closed: false };
    let patch = record.patch_to(&PersonRecord { version: 2, last_name: "Lovelace".to_owned(), ..record.clone() });
    let people = |event: PeopleEvent, seq| Row::new(Class::Event, ADMINS, frame::event(&event, EXAMPLE_AT, seq));
    let written = |event: &ChatEvent, seq| Row::new(Class::Event, IN_THE_CHAT, frame::event(event, stamp(), seq));
    vec![
        Row::new(Class::Event, EVERYBODY, frame::event(&Event::SessionUpdate(update), stamp(), 12)),
        Row::new(Class::Event, EVERYBODY, frame::event(&Event::UserJoined(joined), stamp(), 13)),
        Row::new(Class::Event, EVERYBODY, frame::event(&Event::UserLeft(left), stamp(), 14)),
        written(&ChatEvent::Chat(message()), 15),
        written(&ChatEvent::ChatRemoved(ChatRemoved { message_id: message().message_id }), 16),
        written(&ChatEvent::ChatUpdate(ChatUpdate { is_open: false, kept_until: None }), 17),
        Row::new(Class::Event, THE_HOST, frame::event(&CueEvent::Cue(cue), stamp(), 18)),
        people(PeopleEvent::UserAdded(record), 12),
        people(PeopleEvent::UserUpdate(patch), 13),
        people(PeopleEvent::UserDeleted(PersonGone { id: PersonId(7) }), 14),
        Row::new(
            Class::Event,
            "the host of a timed session",
            frame::event(&TimedEvent::Progress(progress), stamp(), 15),
        ),
        Row::new(Class::Event, ADMINS, frame::event(&NoticeEvent::Notification(notification()), EXAMPLE_AT, 16)),
    ]
}

/// How far somebody is who has answered four questions of ten.
fn sitting() -> Sitting {
    Sitting {
        status: PersonStatus::Active,
        progress: "4/10".to_owned(),
        invite_url: Some("https://quiz.example/session?token=9-3-1-…".to_owned()),
        token_valid: true,
        session_timer: Some("12:30".to_owned()),
        deadline: Some(EXAMPLE_AT + Millis(750_000)),
        session: Some(SessionId(9)),
        code: JoinCode::parse("KFX7QM").ok(),
        seat: Some(SeatId(3)),
        link: 1,
        fact: 21,
        ..Sitting::default()
    }
}

/// The same seat as the host of the session sees it.
fn seat_row() -> SeatRow {
    SeatRow {
        seat: SeatId(3),
        name: "Ada King".to_owned(),
        person: Some(PersonId(7)),
        state: SeatState::Active,
        is_here: true,
        attempt: 1,
        attempts_left: 0,
        answered: 4,
        started_at: Some(EXAMPLE_AT + Millis(-450_000)),
        deadline: Some(EXAMPLE_AT + Millis(750_000)),
        stopped_with: None,
        extra: Millis(0),
        ended_at: None,
        score: None,
        last_at: Some(EXAMPLE_AT),
    }
}

/// The same seat as it sees itself.
fn seat_view() -> SeatView {
    let page = SeatPage {
        turn: TurnNo(2),
        kind: QuestionKind::Single,
        prompt: "At what temperature does water boil?".to_owned(),
        options: vec!["90 °C".to_owned(), "100 °C".to_owned()],
        points: 1_000,
        choice: None,
        solution: None,
    };
    SeatView {
        seat: SeatId(3),
        name: "Ada King".to_owned(),
        state: SeatState::Active,
        attempt: 1,
        attempts_left: 0,
        deadline: Some(EXAMPLE_AT + Millis(750_000)),
        stopped_with: None,
        extra: Millis(0),
        page: Some(page),
        answered: vec![true, false, true],
        ended: None,
        summary: None,
    }
}

fn states() -> Vec<Row> {
    let you = ScoreUpdate {
        user: SeatId(3),
        name: "Ada".to_owned(),
        score: 1_755,
        rank: 2,
        ahead: Some(Neighbour { name: "Grace".to_owned(), rank: 1, score: 1_902 }),
        behind: None,
        answer: Some(taken()),
        result: Some(TurnResult {
            turn: TurnNo(1),
            verdict: Some(Verdict::Right),
            points: 955,
            elapsed: Some(Millis(1_800)),
        }),
    };
    let time = TimeUpdate { turn: TurnNo(2), deadline: EXAMPLE_AT + Millis(20_000), remaining_seconds: 20 };
    let latency = Latency { round_trips: vec![(SeatId(3), Millis(41))] };
    let typing = TypingIndicator::of(Some(SeatId(3)), "Ada".to_owned(), true);
    let row = |who, state: &State| Row::new(Class::State, who, frame::state(state, stamp()));
    vec![
        Row::new(
            Class::State,
            "admins of the house's own organisation",
            frame::state(&HealthState::Health(health()), EXAMPLE_AT),
        ),
        row(EVERYBODY, &State::Presence(presence())),
        row(EVERYBODY, &State::Leaderboard(leaderboard())),
        row(EVERYBODY, &State::TimeUpdate(time)),
        row(THE_HOST, &State::Latency(latency)),
        Row::new(
            Class::State,
            "host, players; not who types",
            frame::state(&Message::TypingIndicator(typing), stamp()),
        ),
        Row::new(Class::State, "the seat itself", frame::state(&Message::ScoreUpdate(you), stamp())),
        Row::new(
            Class::State,
            "the seat itself, in a timed session",
            frame::state(&SeatMessage::SeatUpdate(Box::new(seat_view())), stamp()),
        ),
    ]
}

fn replies() -> Vec<Row> {
    let refreshed = Refreshed { ends_at: EXAMPLE_AT + Millis(1_800_000), access_token: None, refresh_token: None };
    let left = LeftSession { session: "KFX7QM".to_owned(), reason: None };
    let pong = Pong { server_time: EXAMPLE_AT, round_trip_ms: Some(41) };
    let row = |id, message: &Message| {
        let id = CommandId::parse(id).expect("short and plain");
        Row::new(Class::Reply, WHO_ASKED, frame::reply(message, stamp(), Some(&id)))
    };
    let refused = CommandId::parse("answer-3").expect("short and plain");
    vec![
        row("answer-2", &Message::AnswerTaken(taken())),
        row("chat-4", &Message::ChatTaken(ChatTaken { message_id: message().message_id })),
        row("host-5", &Message::Done(Done { step: 6 })),
        row("leave-1", &Message::LeftSession(left)),
        row("refresh-1", &Message::Refreshed(refreshed)),
        row("ping-1", &Message::Pong(pong)),
        Row::new(
            Class::Reply,
            WHO_ASKED,
            frame::refusal(&Refusal::TooLate { by: Millis(400) }, stamp(), Some(&refused)),
        ),
    ]
}

fn notices() -> Vec<Row> {
    let nowhere = Stamp { at: EXAMPLE_AT, room: None };
    let due = RefreshDue { ends_at: EXAMPLE_AT + Millis(60_000) };
    let expired = SeatMessage::SessionExpired(Expired { attempt: 1, deadline: EXAMPLE_AT });
    vec![
        Row::new(Class::Notice, "the seat itself, in a timed session", frame::state(&expired, stamp())),
        Row::new(Class::Notice, "an account with a token", frame::state(&Message::Refresh(due), nowhere)),
        Row::new(Class::Notice, "clients of some dialects", frame::state(&Message::Ping(Ping {}), nowhere)),
    ]
}

fn notification() -> Notification {
    Notification {
        id: NoticeId(28_722_833_364_000),
        level: NoticeLevel::Warning,
        code: "room_full".to_owned(),
        text: "The room KFX 7QM is full. Somebody was turned away.".to_owned(),
        room: Some("KFX7QM".to_owned()),
        at: EXAMPLE_AT,
    }
}

fn health() -> Health {
    Health {
        at: EXAMPLE_AT,
        over_ms: Millis(2_000),
        process_cpu_permille: Some(62),
        machine_cpu_permille: Some(140),
        process_memory_bytes: Some(94_371_840),
        machine_memory_used_bytes: Some(1_610_612_736),
        machine_memory_total_bytes: Some(4_294_967_296),
        request_latency: Latencies { count: 41, p50_us: Some(1_856), p95_us: Some(7_424) },
        answer_latency: Latencies { count: 480, p50_us: Some(4_352), p95_us: Some(10_752) },
        connections: Connections { host: 1, stage: 1, player: 500, admin: 2, person: 0 },
        rooms_open: 1,
        inbox_depth: 3,
        writer_queue: 1,
        last_commit_us: Some(2_176),
        database_bytes: Some(5_242_880),
        disk_free_bytes: Some(53_687_091_200),
    }
}

fn question() -> QuestionFace {
    QuestionFace {
        turn: TurnNo(2),
        kind: QuestionKind::Single,
        prompt: "At what temperature does water boil?".to_owned(),
        options: vec!["90 °C".to_owned(), "100 °C".to_owned()],
        points: 1_000,
        opened_at: EXAMPLE_AT + Millis(-5_000),
        answers_at: EXAMPLE_AT,
        deadline: Some(EXAMPLE_AT + Millis(20_000)),
    }
}

fn message() -> ChatMessage {
    ChatMessage {
        message_id: MessageId(28_722_833_364_000),
        user: Some(SeatId(3)),
        name: "Ada".to_owned(),
        text: Some("I knew that one!".to_owned()),
        sent_at: EXAMPLE_AT,
        is_host: false,
    }
}

fn chat() -> Chat {
    Chat { is_open: true, kept_until: None, messages_max: 50, messages: vec![message()] }
}

fn presence() -> Presence {
    Presence { here: 28, seats: 30, answered: 12, is_host_here: true }
}

fn leaderboard() -> Leaderboard {
    let row = |seat, name: &str, score, rank| LeaderboardRow {
        seat: SeatId(seat),
        name: name.to_owned(),
        score,
        rank,
        moved: 0,
    };
    Leaderboard { version: 1, rows: vec![row(1, "Grace", 1_902, 1), row(3, "Ada", 1_755, 2)], climber: None }
}

fn taken() -> TakenAnswer {
    let received_at = Timestamp(EXAMPLE_AT.0 + 2_300);
    let choice = Choice::of(&[1]).expect("a place");
    TakenAnswer { turn: TurnNo(2), choice, received_at, elapsed: Millis(2_259), credited: Millis(41) }
}
