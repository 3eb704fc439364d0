//! Sockets through the front door: who may open one, what they may send, and how they end.

use tokio_tungstenite::tungstenite::Message as WsMessage;

use crate::bots::visitor::{Ended, Visitor};
use crate::domain::code::JoinCode;
use crate::domain::limits::Limits;
use crate::protocol::close::Close;
use crate::protocol::message::Message;
use crate::server::metrics::Reading;
use crate::tests::house::{House, Seated, folder, on_runtime, quiz};

async fn joined(house: &House, code: JoinCode, name: &str) -> Visitor {
    let mut visitor = house.visitor();
    visitor.join(code, name, &format!("form-{name}")).await.expect("a seat");
    visitor
}

/// The house's metrics have this line.
fn check_count(house: &House, line: &str) {
    let text = house.running.house.metrics.text(Reading::default());
    assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
}

/// R027, R095.
#[test]
fn the_first_frame_is_the_welcome_with_room_and_own_seat() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let ada = joined(&house, code, "Ada").await;
        let mut seated = Seated::open(&ada, code, "player", None).await;
        let first = seated.next().await.expect("open").message;
        let Message::Connected(welcome) = first else { panic!("{first:?}") };
        assert_eq!(welcome.seat.map(|seat| seat.0), Some(1));
        assert_eq!(welcome.protocol, "podium.v1");
        let second = seated.next().await.expect("open").message;
        assert!(matches!(second, Message::Snapshot(_)), "{second:?}");
    });
}

#[test]
fn who_may_not_in_is_told_why_and_gets_no_data() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let ada = joined(&house, code, "Ada").await;
        let nowhere = JoinCode::parse("ZZZZZZ").expect("a code");
        for (visitor, code, role, why) in [
            (&house.visitor(), code, "player", Close::Refused),
            (&house.visitor(), code, "host", Close::Refused),
            (&ada, code, "host", Close::Refused),
            (&ada, code, "stage", Close::Refused),
            (&ada, nowhere, "player", Close::NoRoom),
        ] {
            let mut seated = Seated::open(visitor, code, role, None).await;
            assert_eq!(seated.next().await.map(|received| received.message), Err(Ended::Closed(why)), "{role}");
        }
    });
}

/// R021, R098; Netra 17: malicious origins.
#[test]
fn another_sites_page_opens_no_socket() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let ada = joined(&house, code, "Ada").await;
        for origin in [Some("https://evil.example"), Some("null"), None] {
            let refused = ada.clone().with_origin(origin).connect(code, "player", None).await;
            let why = refused.err().map(|why| format!("{why:#}")).expect("refused");
            assert!(why.contains("403"), "{origin:?}: {why}");
        }
        check_count(&house, "podium_origin_refusals_total 3");
    });
}

/// R004, R096, R097; Netra 6: JSON first. Netra 12: the connection survives errors.
#[test]
fn what_cannot_be_understood_is_answered_and_the_socket_goes_on() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let ada = joined(&house, code, "Ada").await;
        let mut seated = Seated::open(&ada, code, "player", None).await;
        for (text, refusal) in [
            ("hello", "malformed"),
            ("{}", "unknown_type"),
            (r#"{"type":"nonsense"}"#, "unknown_type"),
            (r#"{"type":"score_update","data":{"score":1000000}}"#, "scores_are_ours"),
            (r#"{"type":"host","data":{"do":"next","step":0},"correlation_id":"x"}"#, "not_host"),
            (r#"{"type":"answer","data":{"turn":1,"choice":[0]}}"#, "no_id"),
        ] {
            seated.wire.send_text(text.to_owned()).await.expect("sent");
            let code = seated
                .until(|message| if let Message::Error(error) = message { Some(error.code.clone()) } else { None })
                .await;
            assert_eq!(code, refusal, "{text}");
        }
        seated.wire.send_text(r#"{"type":"ping","correlation_id":"p"}"#.to_owned()).await.expect("sent");
        seated.until(|message| matches!(message, Message::Pong(_)).then_some(())).await;
        check_count(&house, r#"podium_refusals_total{code="unknown_type"} 2"#);
    });
}

async fn check_ends(house: &House, code: JoinCode, visitor: &Visitor, message: WsMessage, close: Close) {
    let mut seated = Seated::open(visitor, code, "player", None).await;
    seated.until_show(|_| true).await;
    seated.wire.send(message).await.expect("sent");
    assert_eq!(seated.until_end().await, Ended::Closed(close));
    assert!(house.running.house.rooms.find(code).is_some());
}

/// R068, R081, R098.
#[test]
fn one_byte_too_many_and_binary_end_the_socket_and_nothing_else() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let ada = joined(&house, code, "Ada").await;
        let limit = Limits::default().message_bytes_max as usize;
        let mut seated = Seated::open(&ada, code, "player", None).await;
        seated.wire.send_text(format!("{:limit$}", "x")).await.expect("sent");
        seated.until(|message| matches!(message, Message::Error(_)).then_some(())).await;

        let oversize = WsMessage::Text(format!("{:1$}", "x", limit + 1).into());
        check_ends(&house, code, &ada, oversize, Close::TooLarge).await;
        check_ends(&house, code, &ada, WsMessage::Binary(vec![1].into()), Close::NotText).await;
    });
}

#[test]
fn one_link_too_many_ends_the_oldest() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_with(folder.path(), |limits| limits.links_per_seat_max = 2).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let ada = joined(&house, code, "Ada").await;
        let mut links = Vec::new();
        for _ in 0..3 {
            let mut seated = Seated::open(&ada, code, "player", None).await;
            seated.until_show(|_| true).await;
            links.push(seated);
        }
        assert_eq!(links[0].until_end().await, Ended::Closed(Close::OpenedElsewhere));
        for seated in &mut links[1..] {
            seated.wire.send_text(r#"{"type":"ping"}"#.to_owned()).await.expect("sent");
            seated.until(|message| matches!(message, Message::Pong(_)).then_some(())).await;
        }
    });
}

/// R008, R099; Netra 20: service discovery.
#[test]
fn a_program_learns_where_the_sockets_are_and_the_limits_as_they_are_enforced() {
    let folder = folder();
    on_runtime(async {
        let turn = |limits: &mut Limits| {
            limits.links_per_seat_max = 1;
            limits.message_bytes_max = 600;
        };
        let mut house = House::open_with(folder.path(), turn).await;
        house.set_up().await;
        let answer = house.visitor().get("/ws/config").await.expect("the house answers");
        let config: serde_json::Value = serde_json::from_slice(answer.body()).expect("JSON");
        let config = &config["websocket_config"];
        assert_eq!(config["version"], "1.0");
        assert_eq!(config["features"]["json_first"], true);
        assert_eq!(config["endpoints"]["websocket"], "/ws");
        assert_eq!(config["endpoints"]["session"], "/ws/{code}");
        assert_eq!(config["connection_limits"]["max_connections_per_user"], 1);
        assert_eq!(config["connection_limits"]["max_message_bytes"], 600);

        let code = house.open_room(quiz(1)).await;
        let ada = joined(&house, code, "Ada").await;
        check_ends(&house, code, &ada, WsMessage::Text(format!("{:601}", "x").into()), Close::TooLarge).await;
        let mut first = Seated::open(&ada, code, "player", None).await;
        first.until_show(|_| true).await;
        let _second = Seated::open(&ada, code, "player", None).await;
        assert_eq!(first.until_end().await, Ended::Closed(Close::OpenedElsewhere));
    });
}

/// R071, R098.
#[test]
fn one_link_beyond_the_house_is_asked_to_come_later() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_with(folder.path(), |limits| limits.links_max = 1).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let (ada, grace) = (joined(&house, code, "Ada").await, joined(&house, code, "Grace").await);
        let mut seated = Seated::open(&ada, code, "player", None).await;
        seated.until_show(|_| true).await;
        let refused = grace.connect(code, "player", None).await;
        let why = refused.err().map(|why| format!("{why:#}")).expect("refused");
        assert!(why.contains("503"), "{why}");
    });
}

#[test]
fn who_sends_too_much_is_told_and_then_closed_but_answers_have_their_own_allowance() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_with(folder.path(), |limits| limits.messages_per_minute = 2).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let ada = joined(&house, code, "Ada").await;
        let mut seated = Seated::open(&ada, code, "player", None).await;
        seated.until_show(|_| true).await;
        let mut codes = Vec::new();
        for _ in 0..4 {
            seated.wire.send_text("{}".to_owned()).await.expect("sent");
            codes.push(
                seated
                    .until(|message| if let Message::Error(error) = message { Some(error.code.clone()) } else { None })
                    .await,
            );
        }
        assert!(codes.iter().any(|code| code == "too_fast"), "{codes:?}");
        let early = r#"{"type":"answer","data":{"turn":1,"choice":[0]},"correlation_id":"a"}"#;
        seated.wire.send_text(early.to_owned()).await.expect("sent");
        let code = seated
            .until(|message| if let Message::Error(error) = message { Some(error.code.clone()) } else { None })
            .await;
        assert_ne!(code, "too_fast", "an answer is not stopped by other messages");
        for _ in 0..12 {
            // The socket may end in the middle of this.
            let _ = seated.wire.send_text("{}".to_owned()).await;
        }
        assert_eq!(seated.until_end().await, Ended::Closed(Close::TooFast));
    });
}

/// R031, R097.
#[test]
fn a_silent_peer_is_let_go_after_four_thirds_of_the_heartbeat() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_with(folder.path(), |limits| limits.heartbeat_ms = 1_500).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let ada = joined(&house, code, "Ada").await;
        let mut stage = Seated::open(&admin, code, "stage", None).await;
        // Not reading means not answering pings, and nothing is sent either.
        let silent = Seated::open(&ada, code, "player", None).await;
        stage.until_show(|show| show.presence.here == 1).await;
        stage.until_show(|show| show.presence.here == 0).await;
        drop(silent);
    });
}
