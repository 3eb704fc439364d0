//! When something around a room fails: a disk that takes nothing, a room that cannot keep up, a peer that does not read.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::bots::visitor::{Ended, Visitor};
use crate::domain::code::JoinCode;
use crate::domain::ids::TurnNo;
use crate::domain::question::Choice;
use crate::domain::time::Millis;
use crate::protocol::close::Close;
use crate::protocol::command::{Answer, Command, HostCommand};
use crate::protocol::message::Message;
use crate::protocol::view::Phase;
use crate::tests::house::{House, Seated, folder, id, on_runtime, quiz};
use crate::tests::metrics::Scraped;

/// Another program that keeps the database to itself, until it is closed; for the server the disk takes nothing.
pub async fn keep_disk_busy(folder: &Path) -> SqliteConnection {
    let file = SqliteConnectOptions::new().filename(folder.join("podium.db"));
    let mut db = file.connect().await.expect("the database is there");
    sqlx::query("begin immediate").execute(&mut db).await.expect("nobody writes right now");
    db
}

/// A game in its first question: the host and one player.
async fn playing(house: &mut House) -> (JoinCode, Seated, Visitor, Seated) {
    let admin = house.set_up().await;
    let code = house.open_room(quiz(2)).await;
    let mut host = Seated::open(&admin, code, "host", None).await;
    let mut ada = house.visitor();
    ada.join(code, "Ada", "form-ada").await.expect("a seat");
    let mut seated = Seated::open(&ada, code, "player", None).await;
    host.until_show(|show| show.presence.here == 1).await;
    host.host(|step| HostCommand::Next { step }).await;
    seated.until_phase(Phase::Answering).await;
    (code, host, ada, seated)
}

fn right() -> Answer {
    Answer { turn: TurnNo(1), choice: Choice::of(&[1]).expect("a place") }
}

/// Law 6.
#[test]
fn an_answer_that_the_disk_did_not_take_is_told_and_counts_when_it_is_sent_again() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let (code, mut host, _, mut ada) = playing(&mut house).await;
        let before = ada.position.expect("known");

        let busy = keep_disk_busy(folder.path()).await;
        let reply = ada.answer(right(), &id("ada-1")).await;
        assert!(matches!(&reply, Message::Error(error) if error.code == "not_saved" && error.recoverable), "{reply:?}");
        let room = house.running.house.rooms.find(code).expect("it runs");
        let (view, _) = room.host_page().await.expect("it answers");
        assert_eq!(
            (view.show.scene.phase(), view.show.presence.answered),
            (Phase::Answering, 0),
            "as if nothing had been"
        );

        busy.close().await.expect("closed");
        let reply = ada.answer(right(), &id("ada-1")).await;
        assert!(matches!(reply, Message::AnswerTaken(_)), "{reply:?}");
        let after = ada.until_phase(Phase::Reveal).await;
        assert_eq!(after.scene.phase(), Phase::Reveal);
        let position = ada.position.expect("known");
        assert!(position.epoch > before.epoch, "the room that came back says so: {before:?}, then {position:?}");
        host.until_phase(Phase::Reveal).await;
    });
}

#[test]
fn a_house_whose_disk_takes_nothing_is_not_ready_and_says_so_in_its_numbers() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_as(folder.path(), &["--metrics-networks", "127.0.0.1"]).await;
        let (_, _host, _, mut ada) = playing(&mut house).await;
        let busy = keep_disk_busy(folder.path()).await;
        ada.answer(right(), &id("ada-1")).await;
        let mut visitor = house.visitor();
        let answer = visitor.get("/readyz").await.expect("the house answers");
        assert_eq!((answer.status().as_u16(), &answer.body()[..]), (503, &b"degraded\n"[..]));
        assert_eq!(visitor.get("/healthz").await.expect("the house answers").status(), 200, "it lives");
        let numbers = visitor.get("/metrics").await.expect("the house answers");
        let numbers = String::from_utf8_lossy(numbers.body());
        assert!(numbers.contains("\npodium_store_writable 0\n"), "{numbers}");
        assert!(!numbers.contains("\npodium_commit_failures_total 0\n"), "{numbers}");

        busy.close().await.expect("closed");
        let ready = async { while visitor.get("/readyz").await.expect("the house answers").status() != 200 {} };
        tokio::time::timeout(crate::tests::house::PATIENCE, ready).await.expect("it is ready again");
    });
}

#[test]
fn a_house_whose_disk_takes_nothing_stops_all_the_same() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let (_, _host, _, mut ada) = playing(&mut house).await;
        let busy = keep_disk_busy(folder.path()).await;
        ada.wire.ask(&Command::Answer(right()), &id("ada-1")).await.expect("sent");
        let stopping = tokio::time::timeout(Duration::from_secs(10), house.running.stop());
        stopping.await.expect("within ten seconds");
        busy.close().await.expect("closed");
    });
}

/// R083, R095; Netra 5: database sessions are taken and given back by hand.
#[test]
fn an_open_socket_holds_no_connection_to_the_database() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let (code, _host, ada, mut seated) = playing(&mut house).await;
        let busy = keep_disk_busy(folder.path()).await;
        seated.wire.send_text(r#"{"type":"ping","correlation_id":"p"}"#.to_owned()).await.expect("sent");
        seated.until(|message| matches!(message, Message::Pong(_)).then_some(())).await;
        let mut second = Seated::open(&ada, code, "player", None).await;
        second.until_phase(Phase::Answering).await;
        // Whoever looks something up gives the connection back at once; an open socket would keep it.
        let given_back = async {
            while house.running.house.store.pool().0 > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), given_back).await.expect("nobody holds a connection");
        busy.close().await.expect("closed");
    });
}

#[test]
fn a_room_with_a_full_inbox_says_that_it_is_busy_and_recovers() {
    const INBOX: u32 = 16;
    let folder = folder();
    on_runtime(async {
        let turn = |limits: &mut crate::domain::limits::Limits| {
            limits.inbox_max = INBOX;
            // However the threads run, the keeper holds one and the inbox the rest.
            limits.batch_max = 1;
            limits.answers_per_10s = 1_000;
        };
        let mut house = House::open_with(folder.path(), turn).await;
        let (_, _host, _, mut ada) = playing(&mut house).await;

        let busy = keep_disk_busy(folder.path()).await;
        // The first one waits for the disk, sixteen wait for the first one, and there is no place for one more.
        for number in 0..INBOX + 8 {
            let asked = id(&format!("ada-{number}"));
            ada.wire.ask(&Command::Answer(right()), &asked).await.expect("sent");
        }
        let error =
            |message: &Message| if let Message::Error(error) = message { Some(error.code.clone()) } else { None };
        assert_eq!(ada.until(error).await, "busy");

        busy.close().await.expect("closed");
        ada.until_phase(Phase::Reveal).await;
    });
}

/// Law 8; R086.
#[test]
fn who_reads_nothing_is_let_go_and_the_others_notice_nothing() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_configured(folder.path(), |config| {
            config.metrics_listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
            (config.limits.stall_ms, config.limits.pings_per_10s) = (500, u32::MAX);
        })
        .await;
        let (code, mut host, ada, seated) = playing(&mut house).await;
        let before = Scraped::of(&house).await;
        assert_eq!(before.at("podium_dead_connections_total"), 0.0);
        let mut other = Seated::open(&ada, code, "player", None).await;
        other.until_show(|_| true).await;

        // Every ping is answered, until the answers lie in all buffers between the two.
        let mut stuck = seated.wire;
        let flood =
            async { while stuck.send_text(r#"{"type":"ping","correlation_id":"p"}"#.to_owned()).await.is_ok() {} };
        tokio::time::timeout(crate::tests::house::PATIENCE, flood).await.expect("the server ends it");

        let reply = other.answer(right(), &id("ada-1")).await;
        assert!(matches!(reply, Message::AnswerTaken(_)), "{reply:?}");
        host.until_phase(Phase::Reveal).await;
        let ended = loop {
            if let Err(ended) = stuck.next().await {
                break ended;
            }
        };
        assert!(matches!(ended, Ended::Lost | Ended::Closed(Close::TooSlow)), "{ended:?}");
        let after = Scraped::of(&house).await;
        assert_eq!(after.at("podium_dead_connections_total"), 1.0);
        let told = "podium_broadcast_duration_seconds_count";
        assert!(after.at(told) > before.at(told), "the others were told meanwhile");
    });
}

/// O5: nobody pays for a time in which the process stood still.
#[test]
fn after_the_process_stood_still_links_are_as_they_were() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let (_, _host, _, mut ada) = playing(&mut house).await;
        house.running.house.clock.pass(Millis(120_000));
        // Several looks of the shard at its links, none of which may close them.
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        ada.wire.send_text(r#"{"type":"ping","correlation_id":"p"}"#.to_owned()).await.expect("still open");
        ada.until(|message| matches!(message, Message::Pong(_)).then_some(())).await;
    });
}
