//! What has to hold for hours. `make soak` (`PODIUM_SOAK=1`) takes the real lengths; otherwise the same goes by with fewer
//! events, and on a clock that is moved.

use std::collections::HashMap;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use tokio::time::sleep;

use crate::bots::visitor::{Ended, Visitor};
use crate::domain::code::JoinCode;
use crate::domain::role::Role;
use crate::domain::time::Millis;
use crate::protocol::close::Close;
use crate::protocol::command::HostCommand;
use crate::protocol::message::{Message, Position};
use crate::server::config::Config;
use crate::tests::house::{House, Seated, folder, on_runtime_for, quiz};
use crate::tests::raw::{Raw, tokens};

/// A test of `make soak` takes at most this long.
const WATCH: Duration = Duration::from_secs(2 * 3_600);
/// Players whose lines are cut.
const CUT: u64 = 8;
/// Seconds between two signs of life on an open socket.
const STEP_S: u64 = 20;
/// What a socket with renewed tokens has to outlive.
const HOUR_S: u64 = 62 * 60;
/// Half an hour, as it comes.
const TOKEN_LIFE: Millis = Millis(30 * 60_000);
/// How long before its token ends a socket is warned.
const WARNING: Millis = Millis(60_000);

fn is_soak() -> bool {
    std::env::var_os("PODIUM_SOAK").is_some()
}

/// What one who is never cut saw: each event by its number.
type Record = HashMap<u64, Message>;

fn is_event(message: &Message) -> bool {
    matches!(message, Message::SessionUpdate(_) | Message::UserJoined(_) | Message::UserLeft(_))
}

/// R043, check R1: after any cut, what was missed comes once and in order, or a marked snapshot in its place.
#[test]
fn events_arrive_once_and_in_order_under_random_cuts() {
    let events = if is_soak() { 20_000 } else { 400 };
    let folder = folder();
    on_runtime_for(WATCH, async {
        let turn = |config: &mut Config| {
            (config.limits.messages_per_minute, config.limits.presence_named) = (60_000, 0);
            // Small, so that who stays away for long falls off now and then.
            config.limits.ring_frames_max = 256;
        };
        let mut house = House::open_configured(folder.path(), turn).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut host = Seated::open(&admin, code, "host", None).await;
        let mut players = Vec::new();
        for number in 0..=CUT {
            let mut visitor = house.visitor();
            visitor.join(code, &format!("P{number}"), &format!("r-{number}")).await.expect("a seat");
            players.push(visitor);
        }
        let mut steady = Seated::open(&players[0], code, "player", None).await;
        steady.until_show(|_| true).await;
        let first = steady.position.expect("welcomed").seq;
        let end = first + events;
        let recording = tokio::spawn(async move {
            let mut record = Record::new();
            while record.len() < usize::try_from(events).expect("a small number") {
                let received = steady.next().await.expect("who is not cut stays");
                record.extend(received.seq.map(|seq| (seq, received.message)));
            }
            record
        });
        let cut: Vec<_> = players
            .into_iter()
            .skip(1)
            .zip(1..)
            .map(|(visitor, seed)| tokio::spawn(read_under_cuts(visitor, code, (first, end), seed)))
            .collect();
        for number in 0..events {
            host.host(|_| if number % 2 == 0 { HostCommand::Lock } else { HostCommand::Unlock }).await;
        }
        let record = recording.await.expect("the steady one read all");
        let (mut heard, mut cuts, mut skips) = (0, 0, 0);
        for reader in cut {
            let story = reader.await.expect("a reader ends");
            for (seq, message) in &story.events {
                assert_eq!(Some(message), record.get(seq), "event {seq}");
            }
            heard += story.events.len();
            cuts += story.cuts;
            skips += story.skipped;
        }
        assert!(cuts > CUT && heard > 0, "{cuts} cuts, {heard} events");
        assert_eq!(heard as u64 + skips, CUT * events, "every event is heard once, or in a snapshot that says so");
        eprintln!("{events} events to {CUT} players: {cuts} cuts, {heard} heard, {skips} in snapshots");
    });
}

/// What one heard whose line was cut again and again.
#[derive(Default)]
struct Story {
    /// Each event, in order.
    events: Vec<(u64, Message)>,
    cuts: u64,
    /// Events that a snapshot stood for.
    skipped: u64,
}

async fn read_under_cuts(visitor: Visitor, code: JoinCode, (first, end): (u64, u64), seed: u64) -> Story {
    let mut random = StdRng::seed_from_u64(seed);
    let mut story = Story::default();
    let mut position: Option<Position> = None;
    let mut last = first;
    while last < end {
        let mut line = Seated::open(&visitor, code, "player", position).await;
        let frames = random.random_range(1..60);
        for _ in 0..frames {
            if last >= end {
                break;
            }
            let received = match line.next().await {
                Ok(received) => received,
                // A room that is full of links of one seat closes the oldest.
                Err(Ended::Closed(Close::OpenedElsewhere) | Ended::Lost) => break,
                Err(ended) => panic!("{ended:?}"),
            };
            if let Message::Snapshot(snapshot) = &received.message {
                assert!(snapshot.position.seq >= last, "a snapshot never goes back");
                story.skipped += snapshot.position.seq.max(first) - last;
                last = snapshot.position.seq;
            }
            if let Some(seq) = received.seq {
                assert_eq!(seq, last + 1, "no hole and no double");
                assert!(is_event(&received.message), "{:?}", received.message);
                last = seq;
                story.events.push((seq, received.message));
            }
        }
        position = line.position.map(|at| Position { seq: last, ..at });
        drop(line);
        story.cuts += 1;
        // At once, after a moment, or so late that the ring has gone by.
        sleep(Duration::from_millis([0, 5, 50, 400][random.random_range(0..4)])).await;
    }
    story
}

/// R019: half an hour is what a token lives; a socket lives on as long as its token is renewed.
#[test]
fn a_socket_outlives_its_token_as_often_as_it_is_renewed() {
    let folder = folder();
    on_runtime_for(WATCH, async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        assert_eq!(house.running.house.config.token_life, TOKEN_LIFE);
        let clock = house.running.house.clock.clone();
        house.add_account("mo@northwind.example", Role::Member).await;
        let (access, mut refresh) = tokens(&house, "mo@northwind.example").await;
        let code = house.open_room(quiz(1)).await;
        let mut line = Raw::open(&house, &format!("/ws/{code}?token={access}")).await;
        let (mut renewals, mut ends_at) = (0, clock.now() + TOKEN_LIFE);
        for step in 0..HOUR_S / STEP_S {
            if is_soak() {
                sleep(Duration::from_secs(STEP_S)).await;
            } else {
                clock.pass(Millis(STEP_S.cast_signed() * 1_000));
            }
            let came = line.settle(&format!("still-{step}")).await.expect("the socket stands");
            if clock.now() >= ends_at - WARNING {
                if !came.iter().any(|message| message["type"] == "refresh") {
                    line.until("refresh").await;
                }
                line.say(json!({ "type": "refresh", "data": { "token": refresh } })).await;
                let refreshed = line.until("refreshed").await;
                refresh = refreshed["data"]["refresh_token"].as_str().expect("a token").to_owned();
                ends_at = clock.now() + TOKEN_LIFE;
                renewals += 1;
            }
        }
        assert!(renewals >= 2, "{renewals} renewals");
        line.settle("end").await.expect("the socket stands");
    });
}
