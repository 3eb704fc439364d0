//! The tests that the five documents name, and their own clients' words against the real house.
//!
//! Each test says its row, and the document's own list where it stands in one. Many of those tests are older than this file
//! and stand with their kin, under a doc line of the same form: the rows, then the document with the number that the test has in its
//! list, as in `R095; Netra 2: connection fails with an invalid token.` The last test here counts them.
//!
//! Reading order: [`Document`] (how each one speaks), a whole game in each, then connection, messages, resilience, limits.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message as WsMessage;

use crate::bots::visitor::Visitor;
use crate::domain::code::JoinCode;
use crate::domain::ids::{SeatId, TurnNo};
use crate::domain::limits::Limits;
use crate::domain::question::Choice;
use crate::domain::role::Role;
use crate::domain::time::Millis;
use crate::protocol::command::{Answer, HostCommand, Switch};
use crate::protocol::frame::SUBPROTOCOL;
use crate::protocol::message::Message;
use crate::protocol::view::Phase;
use crate::server::config::Config;
use crate::server::routes::{DOORS, Guard};
use crate::server::store::Store;
use crate::tests::house::{House, Seated, folder, id, on_runtime, quiz};
use crate::tests::raw::{Bare, End, Raw, masked, token_of, token_of_stranger, tokens};

/// A document whose clients connect to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Document {
    /// 000: everything beside the type.
    ClauseBot,
    /// 001: `data`, but what the system says stands beside the type.
    Trivia,
    /// 003: `data` and a time in seconds; sessions are entered.
    MasterX,
    /// 004: `payload` and a time in seconds; sessions are entered.
    Netra,
}

impl Document {
    const ALL: [Self; 4] = [Self::ClauseBot, Self::Trivia, Self::MasterX, Self::Netra];

    /// Where its clients connect.
    fn path(self, code: JoinCode, token: &str) -> String {
        match self {
            Self::ClauseBot => format!("/ws/quiz-realtime/{code}?token={token}"),
            Self::Trivia => format!("/ws/{code}?token={token}"),
            Self::MasterX => format!("/api/ws?token={token}"),
            Self::Netra => format!("/ws?token={token}"),
        }
    }

    /// Whether its connection is a person's, who enters sessions.
    fn is_personal(self) -> bool {
        matches!(self, Self::MasterX | Self::Netra)
    }

    /// What it calls the welcome.
    fn welcome(self) -> &'static str {
        match self {
            Self::ClauseBot | Self::MasterX => "connected",
            Self::Trivia => "connection",
            Self::Netra => "connection_established",
        }
    }

    /// The reason with which it turns a bad token away; empty where it words none.
    fn refusal(self) -> &'static str {
        match self {
            Self::ClauseBot => "Unauthorized",
            Self::MasterX => "Invalid token",
            Self::Trivia | Self::Netra => "",
        }
    }

    /// A message as its client sends it. An id stands beside the fields, because these clients have no other place for it.
    fn says(self, kind: &str, fields: Value) -> Value {
        match self {
            Self::ClauseBot => {
                let mut message = fields;
                message["type"] = kind.into();
                message
            }
            Self::Trivia => json!({ "type": kind, "data": fields }),
            Self::MasterX => json!({ "type": kind, "data": fields, "timestamp": 1_640_995_200_i64 }),
            Self::Netra => json!({ "type": kind, "payload": fields, "timestamp": 1_640_995_200_i64 }),
        }
    }

    /// Where its client looks for a field.
    fn field<'m>(self, message: &'m Value, name: &str) -> &'m Value {
        match self {
            Self::ClauseBot => &message[name],
            Self::Trivia if message["data"].is_object() && name != "user_id" => &message["data"][name],
            Self::Trivia => &message[name],
            Self::MasterX => &message["data"][name],
            Self::Netra => &message["payload"][name],
        }
    }

    /// Opens its connection, enters the session, and returns the id under which it plays.
    async fn enter(self, house: &House, code: JoinCode, token: &str) -> (Raw, Value) {
        let mut raw = Raw::open(house, &self.path(code, token)).await;
        let mut welcome = raw.next().await.expect("open");
        assert_eq!(welcome["type"], self.welcome(), "the welcome comes first: {welcome}");
        assert!(self.field(&welcome, "message").is_string(), "{welcome}");
        if self.is_personal() {
            assert!(self.field(&welcome, "user_id").is_string(), "{welcome}");
            raw.say(self.says("join_session", json!({ "session_id": code.as_str() }))).await;
            welcome = raw.until(self.welcome()).await;
        }
        let room = if self == Self::ClauseBot { "room_id" } else { "session_id" };
        assert_eq!(self.field(&welcome, room), code.as_str(), "{welcome}");
        let me = self.field(&welcome, "user_id").clone();
        assert!(me.is_string(), "{welcome}");
        (raw, me)
    }

    /// The form of the time, on a message that is not the welcome.
    fn check_time(self, message: &Value) {
        match self {
            Self::ClauseBot => assert!(message["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{message}"),
            Self::Trivia => {}
            Self::MasterX | Self::Netra => assert!(message["timestamp"].is_i64(), "{message}"),
        }
    }

    /// Reads on to the session's update of this state.
    async fn until_state(self, raw: &mut Raw, state: &str) -> Value {
        let is_it = |message: &Value| message["type"] == "session_update" && self.field(message, "state") == state;
        raw.until_one(is_it).await
    }
}

async fn next(host: &mut Seated) {
    host.host(|step| HostCommand::Next { step }).await;
}

/// Joins by the form and opens a socket of our own.
async fn joined(house: &House, code: JoinCode, name: &str) -> (Visitor, Seated) {
    let mut visitor = house.visitor();
    visitor.join(code, name, &format!("form-{name}")).await.expect("a seat");
    let mut seated = Seated::open(&visitor, code, "player", None).await;
    seated.until_show(|_| true).await;
    (visitor, seated)
}

/// Plays two questions as a document's client: welcome, notices with counts, questions, scores, a cut, errors, the end.
fn check_game(document: Document) {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(2)).await;
        let mut host = Seated::open(&admin, code, "host", None).await;
        let token = token_of(&house, "mo@northwind.example", Role::Member).await;

        let (mut mo, me) = document.enter(&house, code, &token).await;
        document.until_state(&mut mo, "lobby").await;
        let own = mo.until("user_joined").await;
        assert_eq!((document.field(&own, "user_id"), document.field(&own, "participant_count")), (&me, &json!(1)));
        document.check_time(&own);
        let (_, grace) = joined(&house, code, "Grace").await;
        let come = mo.until("user_joined").await;
        assert_eq!(document.field(&come, "participant_count"), 2, "{come}");
        let grace_id = document.field(&come, "user_id").clone();
        drop(grace);
        let gone = mo.until("user_left").await;
        assert_eq!(document.field(&gone, "participant_count"), 1, "{gone}");
        assert_eq!(document.field(&gone, "user_id"), &grace_id, "whoever leaves is named");

        for bad in [json!("hello"), json!({}), document.says("nonsense", json!({}))] {
            mo.say(bad.clone()).await;
            let error = mo.until("error").await;
            for name in ["code", "error", "timestamp", "recoverable", "help"] {
                assert!(!document.field(&error, name).is_null(), "{bad}: {error}");
            }
            let is_number = document.field(&error, "timestamp").is_number();
            assert_eq!(is_number, document == Document::Netra, "{error}");
        }

        for turn in 1..=2_u32 {
            next(&mut host).await;
            host.until_phase(Phase::Answering).await;
            let open = document.until_state(&mut mo, "question_active").await;
            assert_eq!(document.field(&open, "question_number"), turn);
            let left = document.field(&open, "time_remaining").as_i64().expect("seconds");
            assert!((58..=60).contains(&left), "{open}");
            let answer = json!({ "turn": turn, "choice": [1], "correlation_id": format!("a-{turn}") });
            mo.say(document.says("answer", answer)).await;
            let taken = mo.until("answer_taken").await;
            assert_eq!(taken["correlation_id"], format!("a-{turn}"));
            document.until_state(&mut mo, "reveal").await;
            let score = mo.until("score_update").await;
            assert_eq!((document.field(&score, "user_id"), document.field(&score, "rank")), (&me, &json!(1)));
            assert_eq!(document.field(&score, "team"), "Mo", "without teams everybody is a team of one");
            let points = document.field(&score, "score").as_u64().expect("points");
            assert!(points > 0);

            // The line is cut, and a new one is where the session stands.
            drop(mo);
            let (again, still_me) = document.enter(&house, code, &token).await;
            assert_eq!(still_me, me, "the same seat");
            mo = again;
            let standing = document.until_state(&mut mo, "reveal").await;
            assert_eq!(document.field(&standing, "question_number"), turn);
            let score = mo.until("score_update").await;
            assert_eq!((document.field(&score, "user_id"), document.field(&score, "score")), (&me, &json!(points)));
            host.until_phase(Phase::Reveal).await;
            if turn == 1 {
                next(&mut host).await;
                document.until_state(&mut mo, "standings").await;
                host.until_phase(Phase::Standings).await;
            }
        }
        next(&mut host).await;
        document.until_state(&mut mo, "podium").await;
        host.until_phase(Phase::Podium).await;
        next(&mut host).await;
        if document.is_personal() {
            mo.until("left_session").await;
            mo.settle("still").await.expect("the person's own connection goes on");
        } else {
            assert_eq!(mo.until_end().await, Some((4410, "the session is over".to_owned())));
        }
    });
}

/// R095, R099; ClauseBot 1: the leaderboard's hook.
#[test]
fn a_leaderboard_client_plays_a_whole_quiz_in_its_own_words() {
    check_game(Document::ClauseBot);
}

/// R095, R099; Trivia 1: connection with a valid token. Trivia 6: disconnect notifications.
#[test]
fn a_trivia_client_plays_a_whole_quiz_in_its_own_words() {
    check_game(Document::Trivia);
}

/// R095, R099; MasterX 1: connection successful.
#[test]
fn a_client_of_events_plays_a_whole_quiz_in_its_own_words() {
    check_game(Document::MasterX);
}

/// R095, R099; Netra 1: successful connection. Netra 19: message exchange.
#[test]
fn a_client_of_payloads_plays_a_whole_quiz_in_its_own_words() {
    check_game(Document::Netra);
}

/// R036; 000: a browser with a seat needs no token, and a question that is on is told with what is left of its time.
#[test]
fn a_leaderboard_in_a_players_browser_needs_no_token_and_comes_back_in_the_middle_of_a_question() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut host = Seated::open(&admin, code, "host", None).await;
        let (ada, _seated) = joined(&house, code, "Ada").await;
        let path = format!("/ws/quiz-realtime/{code}");
        let mut leaderboard = Raw::of(&ada, &path).await;
        let welcome = leaderboard.next().await.expect("open");
        assert_eq!((&welcome["type"], &welcome["user_id"]), (&json!("connected"), &json!("1")));
        leaderboard.say(json!({ "type": "join", "user_id": "somebody", "timestamp": "2025-10-26T10:00:00Z" })).await;
        assert!(leaderboard.settle("joined").await.expect("open").iter().all(|message| message["type"] != "error"));
        drop(leaderboard);
        next(&mut host).await;
        house.running.house.clock.pass(Millis(20_000));
        let mut leaderboard = Raw::of(&ada, &path).await;
        let open = Document::ClauseBot.until_state(&mut leaderboard, "question_active").await;
        assert_eq!(open["question_number"], 1);
        let left = open["time_remaining"].as_i64().expect("seconds");
        assert!((35..=40).contains(&left), "{open}");

        let mut stranger = Raw::of(&house.visitor(), &path).await;
        assert_eq!(stranger.next().await, Err(Some((1008, "Unauthorized".to_owned()))));
    });
}

async fn ends_at_once(house: &House, path: &str) -> End {
    let mut raw = Raw::open(house, path).await;
    raw.next().await.expect_err("no frame of data comes before the close")
}

/// R017, R095; Netra 2: connection fails with an invalid token. Netra 3: without one. Trivia 2, Trivia 3, ClauseBot 5.
#[test]
fn who_has_no_good_token_is_turned_away_as_each_document_words_it() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let late = token_of(&house, "late@northwind.example", Role::Member).await;
        house.running.house.clock.pass(Millis(31 * 60_000));
        // After the clock was moved, so that nothing but the account's end is wrong with it.
        let ended = token_of(&house, "gone@northwind.example", Role::Member).await;
        let (store, now) = (house.running.house.store.clone(), house.running.house.clock.now());
        store.remove_admin("gone@northwind.example".to_owned(), now).await.expect("removed");
        house.running.house.auth.heed_endings().await.expect("heard");
        for document in Document::ALL {
            for token in ["", "x", &ended, &late] {
                let (code, reason) = ends_at_once(&house, &document.path(code, token)).await.expect("a close");
                assert_eq!(code, 1008, "{document:?}");
                assert!(!reason.is_empty(), "{document:?}");
                assert!(document.refusal().is_empty() || reason == document.refusal(), "{document:?}: {reason}");
            }
            let bare = document.path(code, "").replace("?token=", "");
            let (code, reason) = ends_at_once(&house, &bare).await.expect("a close");
            assert_eq!(code, 1008, "{document:?}");
            assert!(reason == document.refusal() || document.refusal().is_empty(), "{document:?}: {reason}");
        }
        house.until_links(0).await;
        let room = house.running.house.rooms.find(code).expect("it runs");
        assert_eq!(room.host_page().await.expect("it answers").0.people.len(), 0, "nobody took a seat");
    });
}

/// R018; 001: connection flow, disconnection flow.
#[test]
fn opening_and_closing_go_their_steps_in_order() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut stage = Seated::open(&admin, code, "stage", None).await;
        stage.until_show(|_| true).await;
        let links = house.running.house.rooms.link_count();
        let good = token_of(&house, "mo@northwind.example", Role::Member).await;

        // Validated first: a bad token is told so even where there is no room, a good one hears that there is none.
        let nowhere = JoinCode::parse("ZZZZZZ").expect("a code");
        let refused = ends_at_once(&house, &Document::Trivia.path(nowhere, "x")).await;
        assert_eq!(refused.map(|(code, _)| code), Some(1008));
        let refused = ends_at_once(&house, &Document::Trivia.path(nowhere, &good)).await;
        assert_eq!(refused, Some((4404, "no such room".to_owned())));
        house.until_links(links).await;

        // Accepted, known, registered, welcomed, and then the notice, to oneself and to the others.
        let (mut mo, me) = Document::Trivia.enter(&house, code, &good).await;
        assert_eq!(house.running.house.rooms.link_count(), links + 1);
        let kinds: Vec<Value> = mo.settle("come").await.expect("open").iter().map(|it| it["type"].clone()).collect();
        let place = |kind: &str| kinds.iter().position(|it| it == kind);
        assert!(place("snapshot") < place("user_joined") && place("user_joined").is_some(), "{kinds:?}");
        let come = stage
            .until(|message| if let Message::UserJoined(joined) = message { Some(joined.clone()) } else { None })
            .await;
        assert_eq!((json!(come.user.to_string()), come.participant_count), (me.clone(), 1));

        // Left: taken out, told to the others, and nothing kept.
        mo.leave().await;
        let gone =
            stage.until(|message| if let Message::UserLeft(left) = message { Some(left.clone()) } else { None }).await;
        assert_eq!((json!(gone.user.to_string()), gone.participant_count), (me, 0));
        house.until_links(links).await;
        drop(stage);
        house.until_links(0).await;
        let room = house.running.house.rooms.find(code).expect("a running session is not given up");
        assert!(room.channel.is_deserted(), "nobody follows it any more");
    });
}

/// R020.
#[test]
fn another_organisations_account_finds_no_session_at_any_door() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let session = house.running.house.rooms.find(code).expect("it runs").session;
        let token = token_of_stranger(&house).await;
        let room = house.running.house.rooms.find(code).expect("it runs");
        let before = room.host_page().await.expect("it answers").0;
        let of_sessions: Vec<&str> = DOORS.iter().filter(|it| it.guard == Guard::Room).map(|it| it.path).collect();
        assert!(of_sessions.len() >= 2, "{of_sessions:?}");
        for path in of_sessions {
            for name in [code.to_string(), session.to_string()] {
                for role in ["", "&as=player", "&as=stage", "&as=host"] {
                    let path =
                        path.replace("{session}", &name).replace("{room_id}", &name).replace("{session_id}", &name);
                    let end = ends_at_once(&house, &format!("{path}?token={token}{role}")).await;
                    // One door has another document's word for it.
                    let word = match path.starts_with("/session/") {
                        true => (1008, "Invalid or expired session".to_owned()),
                        false => (4404, "no such room".to_owned()),
                    };
                    assert_eq!(end, Some(word), "{path}{role}");
                }
            }
        }
        let of_people: Vec<&str> = DOORS.iter().filter(|it| it.guard == Guard::Person).map(|it| it.path).collect();
        assert!(of_people.len() >= 2, "{of_people:?}");
        for path in of_people {
            let mut raw = Raw::open(&house, &format!("{path}?token={token}")).await;
            for name in [json!(code.as_str()), json!(session.0)] {
                for role in ["player", "stage", "host"] {
                    raw.say(json!({ "type": "join_session", "data": { "session": name, "as": role } })).await;
                    let error = raw.until("error").await.to_string();
                    assert!(error.contains(r#""code":"no_room""#), "{path}: {error}");
                }
            }
        }
        assert_eq!(room.host_page().await.expect("it answers").0, before, "nothing happened in the room");
    });
}

/// R022.
#[test]
fn when_an_account_is_ended_its_open_sockets_end_within_two_seconds() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let email = "mo@northwind.example";
        let token = token_of(&house, email, Role::Member).await;
        let bystander = token_of(&house, "bea@northwind.example", Role::Member).await;
        let (mut other, _) = Document::Trivia.enter(&house, code, &bystander).await;
        let mut open = Vec::new();
        for document in Document::ALL {
            open.push(document.enter(&house, code, &token).await.0);
        }
        let beside = Store::open_beside(folder.path()).await.expect("a command of the operator");
        beside.remove_admin(email.to_owned(), house.running.house.clock.now()).await.expect("removed");
        let ended = std::time::Instant::now();
        for raw in &mut open {
            assert_eq!(raw.until_end().await, Some((4401, "signed out".to_owned())));
        }
        assert!(ended.elapsed() < Duration::from_secs(2), "{:?}", ended.elapsed());
        let mut program = house.visitor().with_origin(None).with_bearer(&token);
        assert_eq!(program.get("/api/v1/me").await.expect("the house answers").status(), 401, "HTTP says the same");
        other.settle("still").await.expect("nobody else is ended");
        beside.close().await;
    });
}

/// R019.
#[test]
fn an_open_socket_is_warned_a_minute_before_its_token_ends_and_goes_on_with_a_newer_one() {
    let folder = folder();
    on_runtime(async {
        let turn = |config: &mut Config| {
            config.token_life = Millis(120_000);
            // The clock is moved by more than a beat at once.
            config.limits.heartbeat_ms = Limits::CEILING.heartbeat_ms;
        };
        let mut house = House::open_configured(folder.path(), turn).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let clock = house.running.house.clock.clone();
        house.add_account("mo@northwind.example", Role::Member).await;
        house.add_account("bea@northwind.example", Role::Member).await;
        let (access, refresh) = tokens(&house, "mo@northwind.example").await;
        let (bea_access, _) = tokens(&house, "bea@northwind.example").await;
        let (mut mo, me) = Document::Trivia.enter(&house, code, &access).await;
        let (mut bea, _) = Document::Trivia.enter(&house, code, &bea_access).await;

        clock.pass(Millis(58_000));
        // Twice, because the time is looked at after the first answer was written.
        let mut early = mo.settle("early").await.expect("open");
        early.extend(mo.settle("still-early").await.expect("open"));
        assert!(early.iter().all(|message| message["type"] != "refresh"), "{early:?}");
        clock.pass(Millis(4_000));
        for raw in [&mut mo, &mut bea] {
            let due = raw.until("refresh").await;
            assert!(due["data"]["ends_at"].is_number(), "{due}");
        }
        mo.say(json!({ "type": "refresh", "data": { "token": "x", "correlation_id": "r-0" } })).await;
        let refused = mo.until("error").await;
        assert_eq!((&refused["code"], &refused["correlation_id"]), (&json!("bad_token"), &json!("r-0")));
        mo.say(json!({ "type": "refresh", "data": { "token": bea_access } })).await;
        assert_eq!(mo.until("error").await["code"], "bad_token", "somebody else's token is none");
        mo.say(json!({ "type": "refresh", "data": { "token": refresh } })).await;
        let refreshed = mo.until("refreshed").await;
        let newer = refreshed["data"]["access_token"].as_str().expect("a token").to_owned();
        assert!(refreshed["data"]["refresh_token"].is_string());

        clock.pass(Millis(62_000));
        assert_eq!(bea.until_end().await, Some((4401, "signed out".to_owned())), "who did not renew is out at the end");
        mo.settle("later").await.expect("who did is not");
        let path = Document::Trivia.path(code, &access);
        assert_eq!(ends_at_once(&house, &path).await.map(|(code, _)| code), Some(1008), "the old token has ended");
        let (mut again, still_me) = Document::Trivia.enter(&house, code, &newer).await;
        assert_eq!(still_me, me);
        again.settle("again").await.expect("open");
    });
}

/// R026, R096; Trivia 4: messages reach all participants. Trivia 5: and no other session.
#[test]
fn two_rooms_with_fifty_people_each_never_hear_of_each_other() {
    const PEOPLE: usize = 50;
    /// Locking and unlocking is one message each, to everybody in the room.
    const LOCKS: usize = 250;
    let folder = folder();
    on_runtime(async {
        let turn = |limits: &mut Limits| {
            limits.ring_frames_max = 4_096;
            limits.ring_bytes_max = Limits::CEILING.ring_bytes_max;
            limits.messages_per_minute = u32::MAX;
        };
        let mut house = House::open_with(folder.path(), turn).await;
        let admin = house.set_up().await;
        let rooms = [house.open_room(quiz(1)).await, house.open_room(quiz(1)).await];
        let mut hosts = Vec::new();
        let mut listeners = Vec::new();
        for code in rooms {
            hosts.push(Seated::open(&admin, code, "host", None).await);
            for number in 0..PEOPLE {
                let mut visitor = house.visitor();
                visitor.join(code, &format!("P{number}"), &format!("form-{number}")).await.expect("a seat");
                let path = format!("/ws/{code}?as=player");
                let socket = visitor.upgrade(&path, &[SUBPROTOCOL]).await.expect("a socket");
                listeners.push(tokio::spawn(listen(Raw::over(socket), code, 2 * LOCKS)));
            }
        }
        for host in &mut hosts {
            host.until_show(|show| show.presence.here as usize == PEOPLE).await;
        }
        for _ in 0..LOCKS {
            for host in &mut hosts {
                host.host(|_| HostCommand::Lock).await;
            }
            for host in &mut hosts {
                host.host(|_| HostCommand::Unlock).await;
            }
        }
        for listener in listeners {
            listener.await.expect("it heard all of its own and nothing else");
        }
    });
}

/// Hears so many messages of its session, without holes, each named after its own room.
async fn listen(mut raw: Raw, code: JoinCode, expected: usize) {
    let (mut heard, mut last) = (0, None);
    while heard < expected {
        let message = raw.next().await.expect("open");
        if let Some(room) = message["room"].as_str() {
            assert_eq!(room, code.as_str(), "{message}");
        }
        if let Some(seq) = message["seq"].as_u64() {
            assert!(last.is_none_or(|last| seq == last + 1), "a hole before {message}");
            last = Some(seq);
        }
        if message["type"] == "session_update" {
            // Both rooms do the same at the same time, so one of the other's would come twice, whatever room it names.
            assert_eq!(message["data"]["locked"], heard % 2 == 0, "locked and unlocked in turn: {message}");
            heard += 1;
        }
    }
}

/// R067, R098; Netra 14: rate limiting. ClauseBot 6.
#[test]
fn the_sixty_first_message_of_a_minute_is_refused_in_words() {
    let folder = folder();
    on_runtime(async {
        // The clock is moved by more than a beat at once.
        let turn = |limits: &mut Limits| limits.heartbeat_ms = Limits::CEILING.heartbeat_ms;
        let mut house = House::open_with(folder.path(), turn).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let (ada, _first) = joined(&house, code, "Ada").await;
        let mut raw = Raw::of(&ada, &format!("/ws/{code}")).await;
        let clock = house.running.house.clock.clone();
        // From the start of a window, so that none ends in between.
        clock.pass(Millis(60_000 - clock.now().0.rem_euclid(60_000)));
        let limit = house.running.house.config.limits.messages_per_minute;
        assert_eq!(limit, 60);
        for number in 1..=limit + 1 {
            raw.say(json!({ "type": "nonsense" })).await;
            let error = raw.until("error").await;
            let expected = if number <= limit { "unknown_type" } else { "too_fast" };
            assert_eq!(error["code"], expected, "message {number}");
            if number > limit {
                assert!(
                    error["error"].as_str().is_some_and(|words| words.starts_with("too many messages, please wait"))
                );
                assert_eq!(error["recoverable"], true);
            }
        }
        raw.say(json!({ "type": "answer", "data": { "turn": 1, "choice": [0], "correlation_id": "a" } })).await;
        assert_eq!(
            raw.until_one(|it| it["correlation_id"] == "a").await["code"],
            "not_now",
            "answers are counted apart"
        );
        raw.settle("alive").await.expect("and so are signs of life");
        let mut second = Raw::of(&ada, &format!("/ws/{code}")).await;
        second.say(json!({ "type": "nonsense" })).await;
        assert_eq!(second.until("error").await["code"], "too_fast", "another connection of the same person");

        let token = token_of(&house, "mo@northwind.example", Role::Member).await;
        let mut personal = Raw::open(&house, &Document::Netra.path(code, &token)).await;
        for _ in 0..=limit {
            personal.say(Document::Netra.says("nonsense", json!({}))).await;
        }
        let came = personal.settle("all").await.expect("open");
        let codes: Vec<&Value> = came.iter().map(|it| &it["payload"]["code"]).filter(|code| !code.is_null()).collect();
        let refused = codes.iter().position(|code| *code == "too_fast");
        assert_eq!((codes.len(), refused), (61, Some(60)), "at a person's own door as well");
        let mut seated = Raw::open(&house, &Document::Trivia.path(code, &token)).await;
        seated.say(json!({ "type": "nonsense" })).await;
        assert_eq!(seated.until("error").await["code"], "too_fast", "and at a session's door it is the same allowance");
        clock.pass(Millis(120_000));
        raw.say(json!({ "type": "nonsense" })).await;
        assert_eq!(raw.until("error").await["code"], "unknown_type", "later there is credit again");
    });
}

/// R067, R097; Netra 15: concurrent connections.
#[test]
fn forty_people_behind_one_address_are_not_blocked_together() {
    const PEOPLE: usize = 40;
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut people = Vec::new();
        for number in 0..PEOPLE {
            let mut visitor = house.visitor();
            visitor.join(code, &format!("P{number}"), &format!("form-{number}")).await.expect("a seat");
            people.push(Raw::of(&visitor, &format!("/ws/{code}")).await);
        }
        // Eight hundred messages from one address, a third of what each may send.
        for person in &mut people {
            for number in 0..20 {
                person.say(json!({ "type": "nonsense", "correlation_id": format!("n-{number}") })).await;
            }
        }
        for person in &mut people {
            let came = person.settle("all").await.expect("open");
            let codes: Vec<&Value> = came.iter().filter(|it| it["type"] == "error").map(|it| &it["code"]).collect();
            assert_eq!(codes.len(), 20);
            assert!(codes.iter().all(|code| *code == "unknown_type"), "{codes:?}");
        }
    });
}

/// R068.
#[test]
fn a_message_may_be_as_long_as_is_set_and_a_hundred_megabytes_are_refused_at_their_head() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_with(folder.path(), |limits| limits.message_bytes_max = 65_536).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let token = token_of(&house, "mo@northwind.example", Role::Member).await;
        let path = Document::Trivia.path(code, &token);
        let mut raw = Raw::open(&house, &path).await;
        let nonsense = r#"{"type":"nonsense"}"#;
        let padded =
            |length: usize| WsMessage::Text(format!("{nonsense}{}", " ".repeat(length - nonsense.len())).into());
        raw.send(padded(65_536)).await;
        assert_eq!(raw.until("error").await["code"], "unknown_type");
        raw.send(padded(65_537)).await;
        assert_eq!(raw.until_end().await.map(|(code, _)| code), Some(1009));

        let mut bare = Bare::open(&house, &path).await;
        bare.until("connection").await;
        let mut head = masked(0x81, b"");
        head.splice(1..2, [0xff, 0, 0, 0, 0, 0x06, 0x40, 0, 0]);
        bare.send(&head).await;
        let end = bare.until_end(Duration::from_secs(2)).await;
        assert_eq!(end.map(|(code, _)| code), Some(1009), "before a byte of it was read");
    });
}

/// R069, R098; Netra 18: connection limit.
#[test]
fn a_sixth_connection_of_a_person_closes_the_oldest_at_every_door() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        assert_eq!(house.running.house.config.limits.links_per_seat_max, 5);
        for document in Document::ALL {
            let email = format!("{document:?}@northwind.example").to_lowercase();
            let token = token_of(&house, &email, Role::Member).await;
            let mut open = Vec::new();
            for _ in 0..6 {
                let mut raw = Raw::open(&house, &document.path(code, &token)).await;
                raw.until(document.welcome()).await;
                open.push(raw);
            }
            assert_eq!(open[0].until_end().await, Some((4409, "opened elsewhere".to_owned())), "{document:?}");
            for raw in &mut open[1..] {
                raw.settle("still").await.expect("the five newest stay");
            }
        }
    });
}

/// R070.
#[test]
fn a_full_room_turns_the_next_account_away_in_words() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_with(folder.path(), |limits| limits.seats_max = 2).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut tokens = Vec::new();
        for name in ["ada", "bea", "cleo"] {
            tokens.push(token_of(&house, &format!("{name}@northwind.example"), Role::Member).await);
        }
        let mut inside = Vec::new();
        for token in &tokens[..2] {
            inside.push(Document::Trivia.enter(&house, code, token).await.0);
        }
        let refused = ends_at_once(&house, &Document::Trivia.path(code, &tokens[2])).await;
        assert_eq!(refused, Some((1013, "this room is full".to_owned())));
        let mut personal = Raw::open(&house, &Document::Netra.path(code, &tokens[2])).await;
        personal.say(Document::Netra.says("join_session", json!({ "session_id": code.as_str() }))).await;
        let error = personal.until("error").await;
        assert_eq!((&error["payload"]["code"], &error["payload"]["recoverable"]), (&json!("room_full"), &json!(true)));
        for raw in &mut inside {
            raw.settle("still").await.expect("nobody inside notices");
        }
    });
}

/// R071.
#[test]
fn beyond_the_houses_capacity_a_socket_is_answered_503_with_a_time_to_come_back() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_with(folder.path(), |limits| limits.links_max = 1).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let token = token_of(&house, "mo@northwind.example", Role::Member).await;
        let (mut mo, _) = Document::Trivia.enter(&house, code, &token).await;
        for document in Document::ALL {
            let head = Bare::ask(&house, &document.path(code, &token)).await.head().await;
            assert!(head.starts_with("HTTP/1.1 503 "), "{document:?}: {head}");
            let wait = head.lines().find_map(|line| line.strip_prefix("retry-after: ")).and_then(|it| it.parse().ok());
            assert!(wait.is_some_and(|seconds: u32| (1..=60).contains(&seconds)), "{head}");
        }
        mo.settle("still").await.expect("who is in notices nothing");
        mo.leave().await;
        house.until_links(0).await;
        Document::Trivia.enter(&house, code, &token).await.0.settle("in").await.expect("there is place again");
    });
}

/// R024, H01.
#[test]
fn a_score_that_a_client_sends_reaches_nobody() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut host = Seated::open(&admin, code, "host", None).await;
        let cheat = token_of(&house, "mo@northwind.example", Role::Member).await;
        let (mut mo, me) = Document::ClauseBot.enter(&house, code, &cheat).await;
        let (_, mut ada) = joined(&house, code, "Ada").await;
        mo.settle("in").await.expect("open");
        mo.say(json!({ "type": "score_update", "user_id": me, "score": 850, "rank": 1, "timestamp": "2025-10-26T10:00:00Z" }))
            .await;
        assert_eq!(mo.until("error").await["code"], "scores_are_ours");
        next(&mut host).await;
        ada.until_phase(Phase::Answering).await;
        let right = Answer { turn: TurnNo(1), choice: Choice::of(&[1]).expect("a place") };
        ada.answer(right, &id("ada-1")).await;
        mo.say(json!({ "type": "answer", "turn": 1, "choice": [0], "correlation_id": "mo-1" })).await;
        mo.until("answer_taken").await;
        mo.say(json!({ "type": "answer", "turn": 1, "choice": [1], "correlation_id": "mo-2" })).await;
        let late = mo.until_one(|it| it["correlation_id"] == "mo-2").await;
        assert_eq!(late["type"], "error", "{late}");
        let show = host.until_show(|show| show.leaderboard.rows.len() == 2).await;
        let scores: Vec<(&str, bool)> =
            show.leaderboard.rows.iter().map(|row| (row.name.as_str(), row.score > 0)).collect();
        assert_eq!(scores, [("Ada", true), ("Mo", false)]);
    });
}

/// R095, R096; Netra 8: ping and pong. MasterX 4: heartbeat. ClauseBot 7.
#[test]
fn a_ping_is_answered_with_the_time_in_every_documents_words() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_with(folder.path(), |limits| limits.heartbeat_ms = 1_000).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let token = token_of(&house, "mo@northwind.example", Role::Member).await;
        for document in Document::ALL {
            let (mut raw, _) = document.enter(&house, code, &token).await;
            raw.say(document.says("ping", json!({}))).await;
            let pong = raw.until("pong").await;
            let at = document.field(&pong, "timestamp");
            assert!(at.as_str().is_some_and(|at| at.ends_with('Z')), "{document:?}: {pong}");
            // And the house asks by itself: by a message where the document's client counts on one, and everywhere by pings of
            // the protocol, on which a link lives that says nothing.
            for _ in 0..2 {
                raw.until_ping().await;
            }
            let beat = match document {
                Document::ClauseBot => Some("ping"),
                Document::Netra => Some("heartbeat"),
                Document::Trivia | Document::MasterX => None,
            };
            if let Some(beat) = beat {
                raw.until(beat).await;
                raw.say(document.says("pong", json!({}))).await;
            }
            let came = raw.settle("after").await.expect("open");
            assert!(came.iter().all(|message| message["type"] != "error"), "{document:?}: {came:?}");
            raw.leave().await;
        }
    });
}

/// R013, R033; 003: join_session and leave_session without a new connection.
#[test]
fn a_person_enters_and_leaves_sessions_on_one_connection() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let (one, other) = (house.open_room(quiz(1)).await, house.open_room(quiz(1)).await);
        let mut stage = Seated::open(&admin, one, "stage", None).await;
        stage.until_show(|_| true).await;
        let token = token_of(&house, "mo@northwind.example", Role::Member).await;
        let (mut mo, _) = Document::MasterX.enter(&house, one, &token).await;
        stage.until_show(|show| show.presence.here == 1).await;
        let join = |code: JoinCode| Document::MasterX.says("join_session", json!({ "session_id": code.as_str() }));
        let leave = |code: JoinCode| Document::MasterX.says("leave_session", json!({ "session_id": code.as_str() }));
        mo.say(join(other)).await;
        let welcome = mo.until_one(|it| it["type"] == "connected" && it["data"]["session_id"] == other.as_str()).await;
        assert_eq!(welcome["data"]["recovered"], false);
        mo.say(leave(one)).await;
        let left = mo.until("left_session").await;
        assert_eq!(left["data"]["session"], one.as_str());
        stage.until_show(|show| show.presence.here == 0).await;
        mo.say(leave(one)).await;
        assert_eq!(mo.until("error").await["data"]["code"], "not_in_session");
        mo.settle("still").await.expect("the connection stays");
        assert_eq!(house.running.house.rooms.find(one).map(|room| room.channel.is_deserted()), Some(false));
    });
}

/// R053, R054, R096, R099; Netra 7: messages are sent and received. Netra 21: a complete flow. MasterX 3: events.
#[test]
fn what_is_written_and_typed_reaches_the_others_in_their_words_under_its_true_sender() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut host = Seated::open(&admin, code, "host", None).await;
        host.host(|_| HostCommand::Chat { switch: Switch::On }).await;
        let mut people = Vec::new();
        for document in Document::ALL {
            let email = format!("{document:?}@northwind.example").to_lowercase();
            let token = token_of(&house, &email, Role::Member).await;
            let (raw, me) = document.enter(&house, code, &token).await;
            people.push((document, raw, me));
        }
        let (_, mut own, _) = people.remove(2);
        own.say(Document::MasterX.says("user_typing", json!({ "is_typing": true }))).await;
        for (document, raw, _) in &mut people {
            let typing = raw.until("typing_indicator").await;
            assert_eq!(document.field(&typing, "user_id"), "3", "{document:?}: {typing}");
        }
        let claimed = json!({ "text": "Hello!", "user_id": "1", "correlation_id": "m-1" });
        own.say(Document::MasterX.says("message_sent", claimed)).await;
        let is_no_echo = |message: &Value| assert_ne!(message["type"], "typing_indicator", "the own typing: {message}");
        let taken = own.until_one(|message| {
            is_no_echo(message);
            message["correlation_id"] == "m-1"
        });
        assert_eq!(taken.await["type"], "chat_taken");
        for (document, raw, _) in &mut people {
            let written = raw.until("chat").await;
            assert_eq!(document.field(&written, "text"), "Hello!", "{document:?}: {written}");
            assert_eq!(document.field(&written, "user_id"), "3", "not whom it claims: {written}");
        }
        for (document, raw, _) in &mut people {
            raw.say(document.says("chat", json!({ "text": "Hello back!" }))).await;
        }
        let mut senders = Vec::new();
        while senders.len() < people.len() {
            let written = own.until_one(|message| {
                is_no_echo(message);
                message["data"]["text"] == "Hello back!"
            });
            let written = written.await;
            assert_eq!(written["type"], "message_received", "{written}");
            senders.push(written["data"]["user_id"].clone());
        }
        assert!(people.iter().all(|(_, _, me)| senders.contains(me)), "{senders:?}");
    });
}

/// R022, P02; 001: who was removed hears it, whatever the words.
#[test]
fn a_removed_player_may_come_back_and_a_blocked_one_may_not_by_token_either() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut host = Seated::open(&admin, code, "host", None).await;
        let token = token_of(&house, "mo@northwind.example", Role::Member).await;
        let (mut mo, _) = Document::Trivia.enter(&house, code, &token).await;
        host.host(|_| HostCommand::Remove { seat: SeatId(1) }).await;
        assert_eq!(mo.until_end().await, Some((4403, "removed by the host".to_owned())));
        let (mut mo, me) = Document::Trivia.enter(&house, code, &token).await;
        assert_eq!(me, "2", "another seat");
        host.host(|_| HostCommand::Block { seat: SeatId(2) }).await;
        assert_eq!(mo.until_end().await.map(|(code, _)| code), Some(4403));
        assert_eq!(ends_at_once(&house, &Document::Trivia.path(code, &token)).await.map(|(code, _)| code), Some(4403));
    });
}

/// R097; Netra 22: error recovery. ClauseBot 8: graceful disconnect.
#[test]
fn a_client_that_vanishes_in_the_middle_of_a_frame_harms_nobody() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let token = token_of(&house, "mo@northwind.example", Role::Member).await;
        let (_, mut bea) = joined(&house, code, "Bea").await;
        let mut bare = Bare::open(&house, &Document::Trivia.path(code, &token)).await;
        bea.until_show(|show| show.presence.here == 2).await;
        let half = masked(0x81, br#"{"type":"ping"}"#);
        bare.send(&half[..half.len() / 2]).await;
        drop(bare);
        bea.until_show(|show| show.presence.here == 1).await;
        house.until_links(1).await;
        let (again, me) = Document::Trivia.enter(&house, code, &token).await;
        assert_eq!(me, "2", "the same seat as before");
        bea.until_show(|show| show.presence.here == 2).await;
        // Who says good-bye is answered, and the others see it as well.
        again.leave().await;
        bea.until_show(|show| show.presence.here == 1).await;
        house.until_links(1).await;
    });
}

/// R010, R095; ClauseBot 4: cache headers on the sockets' routes. R011; ClauseBot 3: pages may open only our own.
#[test]
fn no_cache_keeps_a_socket_and_pages_may_open_only_our_own() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let token = token_of(&house, "mo@northwind.example", Role::Member).await;
        for document in Document::ALL {
            let head = Bare::ask(&house, &document.path(code, &token)).await.head().await;
            for header in ["cache-control: no-store", "x-accel-buffering: no"] {
                assert!(head.lines().any(|line| line == header), "{document:?}: {head}");
            }
        }
        let page = house.visitor().get("/").await.expect("the house answers");
        let policy = page.headers()["content-security-policy"].to_str().expect("plain");
        let sources = policy.split(';').find_map(|part| part.trim().strip_prefix("connect-src ")).expect("it is named");
        let own = house.running.address.to_string();
        let is_own = |source: &str| {
            source == "'self'"
                || source.strip_prefix("ws://") == Some(&own)
                || source.strip_prefix("wss://") == Some(&own)
        };
        assert!(sources.split(' ').all(is_own), "{policy}");
        // Older browsers do not count the own sockets as `'self'`.
        assert!(sources.split(' ').any(|source| source.strip_prefix("wss://") == Some(&own)), "{policy}");
    });
}

/// R095 to R098: a test that a document names and nobody has fails here.
#[test]
fn every_test_that_the_documents_name_exists() {
    let mut said = String::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the source is there").map(|entry| entry.expect("readable").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else {
                let text = fs::read_to_string(entry).unwrap_or_default();
                let lines = text.lines().map(str::trim).filter(|line| line.starts_with("/// R0"));
                said.extend(lines.flat_map(|line| [line, "\n"]));
            }
        }
    }
    for (document, tests) in [("Netra", 22), ("Trivia", 6), ("MasterX", 5), ("ClauseBot", 8)] {
        for number in 1..=tests {
            let name = format!("{document} {number}");
            let is_there =
                said.match_indices(&name).any(|(at, _)| !said[at + name.len()..].starts_with(char::is_numeric));
            assert!(is_there, "no test says that it is {name}");
        }
    }
}
