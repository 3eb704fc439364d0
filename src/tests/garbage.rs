//! Garbage against the real room socket, and links that come and go by the thousand: nothing moves, nothing is left behind.
//!
//! Where a test is about numbers, the numbers are constants; `PODIUM_SOAK=1` raises the one that takes long.

use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config as Runs, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message as WsMessage;

use crate::domain::code::JoinCode;
use crate::domain::role::Role;
use crate::protocol::command::HostCommand;
use crate::protocol::view::HostView;
use crate::server::config::{Config, SocketEngine};
use crate::tests::house::{House, Seated, folder, on_runtime, quiz};
use crate::tests::raw::{Bare, Raw, masked, token_of};

/// A house in which nobody is stopped for sending too much.
async fn patient_house(folder: &std::path::Path, engine: SocketEngine) -> House {
    let turn = |config: &mut Config| {
        config.socket_engine = engine;
        config.limits.messages_per_minute = u32::MAX;
        config.limits.answers_per_10s = u32::MAX;
        config.limits.pings_per_10s = u32::MAX;
        config.limits.links_per_seat_max = 100;
    };
    House::open_configured(folder, turn).await
}

/// A bystander who must miss nothing, and the host who gives them something to miss.
struct Watch {
    host: Seated,
    bystander: Seated,
    code: JoinCode,
}

impl Watch {
    async fn begin(house: &mut House) -> Self {
        let admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let host = Seated::open(&admin, code, "host", None).await;
        let mut visitor = house.visitor();
        visitor.join(code, "Bea", "form-bea").await.expect("a seat");
        let mut bystander = Seated::open(&visitor, code, "player", None).await;
        bystander.until_show(|_| true).await;
        Self { host, bystander, code }
    }

    /// Something happens, and the bystander hears of it, after everything before it and without a hole.
    async fn check(&mut self) {
        self.host.host(|_| HostCommand::Lock).await;
        self.bystander.until_show(|show| show.locked).await;
        self.host.host(|_| HostCommand::Unlock).await;
        self.bystander.until_show(|show| !show.locked).await;
        let seqs = &self.bystander.seqs;
        assert!(seqs.windows(2).all(|two| two[1] == two[0] + 1), "a hole: {seqs:?}");
    }

    /// The room as its host sees it, but for the round trips of links, which nobody asks for.
    async fn page(&self, house: &House) -> HostView {
        let room = house.running.house.rooms.find(self.code).expect("it runs");
        let mut page = room.host_page().await.expect("it answers").0;
        page.people.iter_mut().for_each(|person| person.round_trip = None);
        page
    }
}

/// What a client may send in good faith; nothing of it changes a room in its lobby.
const CORPUS: [&str; 10] = [
    r#"{"type":"ping","data":{},"correlation_id":"p-1"}"#,
    r#"{"type":"pong"}"#,
    r#"{"type":"answer","data":{"turn":1,"choice":[1]},"correlation_id":"a-1"}"#,
    r#"{"type":"answer","payload":{"turn":1,"choice":[0,1,2],"correlation_id":"a-2"},"timestamp":1640995200}"#,
    r#"{"type":"answer","turn":1,"choice":[3],"correlation_id":"a-3"}"#,
    r#"{"type":"host","data":{"do":"next","step":0},"correlation_id":"h-1"}"#,
    r#"{"type":"host","data":{"do":"remove","seat":1},"correlation_id":"h-2"}"#,
    r#"{"type":"join_session","data":{"session_id":"KFX7QM","position":{"epoch":3,"seq":9}}}"#,
    r#"{"type":"refresh","data":{"token":"eyJhbGciOiJIUzI1NiJ9.e30.x"}}"#,
    r#"{"type":"score_update","user_id":"1","score":1000000,"rank":1}"#,
];

/// One thing that a hostile or broken client sends.
#[derive(Clone, Debug)]
enum Sent {
    /// A text, of which the socket lives on.
    Text(String),
    /// Bytes that end it, or leave it waiting for more.
    Bytes(Vec<u8>),
}

fn mutated() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "1e400",
        "-1",
        "9223372036854775808",
        "null",
        "[]",
        "{",
        "}",
        "\"",
        "\\u0000",
        "\\ud800",
        "\u{2028}",
        "[[[[[[[[",
        "\"type\":\"host\",",
        "'; drop table seat; --",
        "%s%n",
        "\u{202e}",
    ]);
    let change = (any::<prop::sample::Index>(), 0_usize..12, pieces);
    (prop::sample::select(&CORPUS[..]), prop::collection::vec(change, 1..4)).prop_map(|(text, changes)| {
        let mut letters: Vec<char> = text.chars().collect();
        for (at, gone, piece) in changes {
            let at = at.index(letters.len() + 1);
            let end = (at + gone).min(letters.len());
            letters.splice(at..end, piece.chars());
        }
        letters.into_iter().collect()
    })
}

fn sent() -> impl Strategy<Value = Sent> {
    prop_oneof![
        60 => mutated().prop_map(Sent::Text),
        20 => ".{0,200}".prop_map(Sent::Text),
        10 => prop::sample::select(&CORPUS[..]).prop_map(|text| Sent::Text(text.to_owned())),
        4 => prop::collection::vec(any::<u8>(), 1..200).prop_map(|bytes| Sent::Bytes(masked(0x82, &bytes))),
        3 => (any::<u8>(), prop::collection::vec(any::<u8>(), 0..60)).prop_map(|(first, bytes)| Sent::Bytes(masked(first, &bytes))),
        3 => prop::collection::vec(any::<u8>(), 1..60).prop_map(Sent::Bytes),
    ]
}

/// R006, R096, R097; Netra 10: malformed messages. Check I3.
#[test]
fn ten_thousand_random_frames_move_nothing_and_the_bystander_misses_nothing() {
    const FRAMES: usize = 10_000;
    /// Texts that are sent in one go before their answers are read.
    const GO: usize = 100;
    let folder = folder();
    on_runtime(async {
        let mut house = patient_house(folder.path(), SocketEngine::Own).await;
        let mut watch = Watch::begin(&mut house).await;
        let token = token_of(&house, "mo@northwind.example", Role::Member).await;
        let path = format!("/ws/{}?token={token}", watch.code);
        // The seat stays present whatever becomes of its other links.
        let mut anchor = Raw::open(&house, &path).await;
        anchor.settle("in").await.expect("open");
        let (links, before) = (house.running.house.rooms.link_count(), watch.page(&house).await);

        let seed = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        let mut runner = TestRunner::new_with_rng(Runs::default(), seed);
        let mut garbled = Raw::open(&house, &path).await;
        let (mut waiting, mut texts, mut bytes) = (0, 0, 0);
        for number in 0..FRAMES {
            match sent().new_tree(&mut runner).expect("a frame").current() {
                Sent::Text(text) => {
                    // A mutation that says that it leaves is no garbage.
                    if !text.contains("leave") {
                        garbled.send(WsMessage::Text(text.into())).await;
                        (waiting, texts) = (waiting + 1, texts + 1);
                    }
                }
                Sent::Bytes(hostile) => {
                    let mut bare = Bare::open(&house, &path).await;
                    bare.send(&hostile).await;
                    bytes += 1;
                }
            }
            if waiting == GO {
                let came = garbled.settle(&format!("go-{number}")).await.expect("texts do not end a socket");
                let is_known = |message: &Value| {
                    let kind = message["type"].as_str().unwrap_or_default();
                    ["error", "pong", "connection", "snapshot", "session_update", "presence"].contains(&kind)
                };
                assert!(came.iter().all(is_known), "{came:?}");
                waiting = 0;
            }
        }
        assert!(texts > 8_000 && bytes > 500, "{texts} texts, {bytes} others");
        garbled.settle("end").await.expect("open");
        garbled.leave().await;
        house.until_links(links).await;
        assert_eq!(watch.page(&house).await, before);
        watch.check().await;
        anchor.settle("still").await.expect("open");
    });
}

/// Frames that no client may send, with the code that tells why: the forty of check W2.
fn invalid_frames() -> Vec<(String, Vec<u8>, u16)> {
    const PROTOCOL: u16 = 1002;
    const NOT_UTF8: u16 = 1007;
    let text = br#"{"type":"ping"}"#;
    let mut unmasked = masked(0x81, text);
    unmasked.splice(1..6, [text.len() as u8]);
    unmasked.truncate(2 + text.len());
    let mut frames = vec![("unmasked".to_owned(), unmasked, PROTOCOL)];
    let mut add = |name: String, bytes: Vec<u8>, code: u16| frames.push((name, bytes, code));
    for bit in [0x40, 0x20, 0x10] {
        add(format!("reserved bit {bit:#x}"), masked(0x81 | bit, text), PROTOCOL);
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        add(format!("opcode {opcode}"), masked(0x80 | opcode, b""), PROTOCOL);
    }
    for (name, first) in [("ping", 0x09), ("pong", 0x0a), ("close", 0x08)] {
        add(format!("a {name} in pieces"), masked(first, b""), PROTOCOL);
    }
    for (name, first) in [("ping", 0x89), ("pong", 0x8a), ("close", 0x88)] {
        add(format!("a {name} of 126 bytes"), masked(first, &[b'x'; 126]), PROTOCOL);
    }
    add("a continuation of nothing".to_owned(), masked(0x80, b"x"), PROTOCOL);
    add("a continuation of nothing that goes on".to_owned(), masked(0x00, b"x"), PROTOCOL);
    add("a text inside a text".to_owned(), [masked(0x01, b"{"), masked(0x81, b"}")].concat(), PROTOCOL);
    add("a binary inside a text".to_owned(), [masked(0x01, b"{"), masked(0x82, b"}")].concat(), PROTOCOL);
    for (name, bytes) in [
        ("a lone continuation byte", &[0x80][..]),
        ("an overlong slash", &[0xc0, 0xaf]),
        ("a surrogate", &[0xed, 0xa0, 0x80]),
        ("beyond the last letter", &[0xf4, 0x90, 0x80, 0x80]),
        ("a letter that is cut", &[0xe2, 0x82]),
    ] {
        add(name.to_owned(), masked(0x81, bytes), NOT_UTF8);
    }
    let split = [masked(0x01, &[0xce, 0xba, 0xf4]), masked(0x80, &[0x90, 0x80, 0x80])].concat();
    add("bad text over two frames".to_owned(), split, NOT_UTF8);
    add("a close of one byte".to_owned(), masked(0x88, &[3]), PROTOCOL);
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 5000] {
        add(format!("a close with {code}"), masked(0x88, &code.to_be_bytes()), PROTOCOL);
    }
    add("a close whose reason is no text".to_owned(), masked(0x88, &[0x03, 0xe8, 0xff]), NOT_UTF8);
    add("binary".to_owned(), masked(0x82, b"x"), 1003);
    frames
}

/// Check W2, with one of the socket engines.
fn check_invalid_frames(engine: SocketEngine) {
    let folder = folder();
    on_runtime(async {
        let mut house = patient_house(folder.path(), engine).await;
        let mut watch = Watch::begin(&mut house).await;
        let token = token_of(&house, "mo@northwind.example", Role::Member).await;
        let path = format!("/ws/{}?token={token}", watch.code);
        let links = house.running.house.rooms.link_count();
        let frames = invalid_frames();
        assert_eq!(frames.len(), 40);
        for (name, bytes, code) in frames {
            let mut bare = Bare::open(&house, &path).await;
            bare.until("connection").await;
            bare.send(&bytes).await;
            let end = bare.until_end(Duration::from_secs(2)).await;
            assert_eq!(end.map(|(code, _)| code), Some(code), "{name}");
        }
        house.until_links(links).await;
        watch.check().await;
    });
}

/// R097; check W2.
#[test]
fn forty_invalid_frames_end_their_socket_and_nothing_else() {
    check_invalid_frames(SocketEngine::Own);
}

/// R097; check W2.
#[test]
fn forty_invalid_frames_end_their_socket_and_nothing_else_by_the_librarys_codec_too() {
    check_invalid_frames(SocketEngine::Library);
}

/// What a process holds.
#[derive(Clone, Copy, Debug)]
struct Held {
    descriptors: usize,
    tasks: usize,
    resident_kb: usize,
}

impl Held {
    fn now() -> Self {
        let descriptors = std::fs::read_dir("/proc/self/fd").expect("a process knows what it holds").count();
        let status = std::fs::read_to_string("/proc/self/status").expect("a process knows itself");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory stands there");
        let resident_kb = line.trim().trim_end_matches(" kB").parse().expect("a number");
        let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        Self { descriptors, tasks, resident_kb }
    }
}

/// Says to the test below that it runs in a process of its own.
const ALONE: &str = "PODIUM_TEST_ALONE";

/// R029. It starts itself once more, because a process that runs other tests at the same time cannot count what it holds.
#[test]
fn links_that_come_and_go_leave_nothing_behind() {
    if std::env::var_os(ALONE).is_none() {
        let name = "tests::garbage::links_that_come_and_go_leave_nothing_behind";
        let program = std::env::current_exe().expect("a test knows its program");
        let run = std::process::Command::new(program).args([name, "--exact"]).env(ALONE, "1").output();
        let run = run.expect("it starts");
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&run.stderr));
        return;
    }
    /// What the allocator keeps for the next time, however many come: a twentieth of a small server.
    const SLACK_KB: usize = 4_096;
    const ROUND: usize = 500;
    let cycles = if std::env::var_os("PODIUM_SOAK").is_some() { 10_000 } else { 1_000 };
    let folder = folder();
    on_runtime(async {
        let mut house = patient_house(folder.path(), SocketEngine::Own).await;
        let mut watch = Watch::begin(&mut house).await;
        let token = token_of(&house, "mo@northwind.example", Role::Member).await;
        let path = format!("/ws/{}?token={token}", watch.code);
        let links = house.running.house.rooms.link_count();
        // Buffers and tables reach their size with the first few hundred.
        come_and_go(&house, &path, ROUND).await;
        house.until_links(links).await;
        watch.check().await;
        // The database opens readers as it needs them; here it has all of them.
        let reads = (0..64).map(|_| house.running.house.store.open_session_ids());
        futures_util::future::join_all(reads).await;
        let before = Held::now();
        for _ in 0..cycles / ROUND {
            come_and_go(&house, &path, ROUND).await;
            // Who reads nothing for longer would be told by a snapshot.
            watch.check().await;
        }
        house.until_links(links).await;
        watch.check().await;
        watch.bystander.until_show(|show| show.presence.here == 1).await;
        let after = returned(before).await;
        assert!(after.descriptors <= before.descriptors, "{before:?}, then {after:?}");
        assert!(after.tasks <= before.tasks, "{before:?}, then {after:?}");
        let allowed = before.resident_kb + before.resident_kb / 20 + SLACK_KB;
        assert!(after.resident_kb <= allowed, "{before:?}, then {after:?}");
        assert_eq!(watch.page(&house).await.people.len(), 2);
    });
}

/// Opens a socket and ends it, so many times; each second one is killed without a close.
async fn come_and_go(house: &House, path: &str, times: usize) {
    for time in 0..times {
        let mut raw = Raw::open(house, path).await;
        raw.next().await.expect("a welcome");
        if time % 2 == 0 {
            raw.leave().await;
        }
    }
}

/// What is held once tasks that were about to end have ended, or after a second.
async fn returned(before: Held) -> Held {
    for _ in 0..100 {
        let now = Held::now();
        if now.descriptors <= before.descriptors && now.tasks <= before.tasks {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Held::now()
}
