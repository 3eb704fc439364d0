//! What the house tells of itself: in a form that every scraper reads, with the numbers of what really happened, and only
//! to those who may read it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use http::{StatusCode, header};
use prometheus_client::metrics::MetricType;
use serde_json::json;

use crate::bots::visitor::{Door, Visitor};
use crate::domain::ids::TurnNo;
use crate::domain::question::Choice;
use crate::domain::time::Millis;
use crate::protocol::command::{Answer, HostCommand};
use crate::protocol::frame::SUBPROTOCOL;
use crate::protocol::message::Message;
use crate::protocol::view::{Audience, Phase};
use crate::server::clock::Stopwatch;
use crate::server::metrics::label::{AuthRefusal, Limit, Purpose, Recovery};
use crate::server::metrics::table::{Row, TABLE};
use crate::server::metrics::{Metrics, Reading};
use crate::tests::house::{House, Seated, folder, id, on_runtime, quiz};
use crate::tests::raw::Raw;

/// Metrics on an address of their own.
pub const OWN_LISTENER: [&str; 2] = ["--metrics-listen", "127.0.0.1:0"];

/// The samples of a text, by name and labels as they stand there.
pub struct Scraped(BTreeMap<String, f64>);

impl Scraped {
    /// What the house tells now, to who asks its own listener for metrics.
    pub async fn of(house: &House) -> Self {
        let address = house.running.metrics_address.expect("a listener of its own");
        let door = Door::parse(&format!("http://{address}")).expect("an address");
        let answer = Visitor::new(door).get("/metrics").await.expect("the house answers");
        assert_eq!(answer.status(), StatusCode::OK);
        let form = answer.headers()[header::CONTENT_TYPE].to_str().expect("plain");
        assert_eq!(form, "application/openmetrics-text; version=1.0.0; charset=utf-8");
        Self(check_form(std::str::from_utf8(answer.body()).expect("UTF-8")))
    }

    /// A sample's value; 0 if there is none.
    pub fn at(&self, sample: &str) -> f64 {
        self.0.get(sample).copied().unwrap_or_default()
    }
}

/// Reads a text by the rules of its format, and refuses what breaks one: each sample stands once, below the `HELP` and
/// `TYPE` of its family, families stay together, counters end in `_total`, buckets rise to `+Inf`, which is the count.
///
/// Source: the OpenMetrics text format, 1.0.
fn check_form(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with("# EOF\n"), "the text is whole");
    let mut samples = BTreeMap::new();
    let (mut family, mut kind, mut seen) = (String::new(), String::new(), BTreeSet::new());
    let mut helped = String::new();
    let mut buckets: Option<(String, f64, f64)> = None;
    for line in text.lines().filter(|line| *line != "# EOF") {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').expect("a name and its help");
            assert!(seen.insert(name.to_owned()), "{name} stands in one place");
            assert!(words.len() > 10 && words.ends_with('.'), "{line}");
            name.clone_into(&mut helped);
        } else if let Some(typed) = line.strip_prefix("# TYPE ") {
            let (name, what) = typed.split_once(' ').expect("a name and its type");
            assert_eq!(name, helped, "the help stands before the type");
            assert!(["counter", "gauge", "histogram"].contains(&what), "{line}");
            (family, kind) = (name.to_owned(), what.to_owned());
        } else {
            let (sample, value) = line.rsplit_once(' ').expect("a sample and its value");
            let value: f64 = value.parse().expect("a number");
            assert!(samples.insert(sample.to_owned(), value).is_none(), "{sample} stands once");
            let name = sample.split('{').next().expect("a name");
            let ending = name.strip_prefix(family.as_str()).expect("a sample stands below its family");
            match kind.as_str() {
                "counter" => assert!(ending == "_total" && value >= 0.0, "{line}"),
                "gauge" => assert_eq!(ending, "", "{line}"),
                _ => match ending {
                    "_bucket" => {
                        let (others, bound) = bound_of(sample).expect("a bucket has a bound");
                        if let Some((same, below, count)) = &buckets
                            && *same == others
                        {
                            assert!(bound > *below && value >= *count, "{line}");
                        }
                        buckets = Some((others, bound, value));
                    }
                    // The count may stand before its buckets; the two are compared below.
                    "_count" | "_sum" => assert!(value >= 0.0, "{line}"),
                    other => panic!("{other} in {line}"),
                },
            }
        }
    }
    let is_last = |bound: f64| bound == f64::INFINITY;
    let last = |sample: &String| bound_of(sample).filter(|(_, bound)| is_last(*bound)).map(|(others, _)| others);
    let lasts: BTreeMap<String, f64> =
        samples.iter().filter_map(|(sample, value)| Some((last(sample)?, *value))).collect();
    let counts: BTreeMap<String, f64> = samples
        .iter()
        .filter(|(sample, _)| sample.split('{').next().is_some_and(|name| name.ends_with("_count")))
        .map(|(sample, value)| (sample.replacen("_count", "_bucket", 1), *value))
        .collect();
    assert_eq!(lasts, counts, "the last bucket is the count");
    samples
}

/// A bucket's bound, and its name and labels without it.
fn bound_of(sample: &str) -> Option<(String, f64)> {
    let (name, labels) = sample.strip_suffix('}')?.split_once('{')?;
    let (bounds, others): (Vec<&str>, Vec<&str>) = labels.split(',').partition(|label| label.starts_with("le="));
    let bound = bounds.first()?.strip_prefix("le=\"")?.strip_suffix('"')?;
    let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().ok()? };
    let labels = if others.is_empty() { String::new() } else { format!("{{{}}}", others.join(",")) };
    Some((format!("{name}{labels}"), bound))
}

fn right() -> Answer {
    Answer { turn: TurnNo(1), choice: Choice::of(&[1]).expect("a place") }
}

/// R084 to R087, as far as rooms, store and doors count.
#[test]
fn the_numbers_are_those_of_what_happened() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_as(folder.path(), &OWN_LISTENER).await;
        let before = Scraped::of(&house).await;
        assert_eq!(before.at("podium_rooms_open"), 0.0);
        assert_eq!(before.at("podium_store_writable"), 1.0);
        assert!(before.at("podium_process_open_fds") > 10.0);
        assert!(before.at("podium_process_resident_memory_bytes") > 1e6);
        assert!(before.at("podium_process_cpu_seconds_total") > 0.0);
        assert!(before.at("podium_process_start_time_seconds") > 1.7e9);

        let admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut host = Seated::open(&admin, code, "host", None).await;
        let mut players = Vec::new();
        for name in ["Ada", "Grace", "Mary"] {
            let mut visitor = house.visitor();
            visitor.join(code, name, &format!("form-{name}")).await.expect("a seat");
            let mut seated = Seated::open(&visitor, code, "player", None).await;
            seated.until_show(|_| true).await;
            players.push((visitor, seated));
        }
        let mut late = house.visitor();
        assert!(late.join(code, "Ada", "form-again").await.is_err(), "the name is taken");
        let during = Scraped::of(&house).await;
        assert_eq!(during.at("podium_rooms_open"), 1.0);
        assert_eq!(during.at("podium_seats_here"), 3.0);
        assert_eq!(during.at("podium_connections_per_person_count"), 4.0);
        assert_eq!(during.at("podium_refusals_total{code=\"name_taken\"}"), 1.0);
        let joins = "podium_http_requests_total{method=\"POST\",route=\"/join\",status=\"303\"}";
        assert_eq!(during.at(joins), 4.0);
        let took = "podium_http_request_duration_seconds_count{route=\"/join\"}";
        assert_eq!(during.at(took), 4.0);
        let sockets = "podium_http_requests_total{method=\"GET\",route=\"/ws/{session}\",status=\"101\"}";
        assert_eq!(during.at(sockets), 4.0);

        host.host(|step| HostCommand::Next { step }).await;
        for (index, (_, seated)) in players.iter_mut().enumerate() {
            seated.until_phase(Phase::Answering).await;
            let reply = seated.answer(right(), &id(&format!("answer-{index}"))).await;
            assert!(matches!(reply, Message::AnswerTaken(_)), "{reply:?}");
        }
        host.until_phase(Phase::Reveal).await;

        let (ada, seated) = players.remove(0);
        let position = seated.position;
        drop(seated);
        host.until_show(|show| show.presence.here == 2).await;
        let mut back = Seated::open(&ada, code, "player", position).await;
        host.until_show(|show| show.presence.here == 3).await;
        back.until(|message| matches!(message, Message::Connected(_)).then_some(())).await;

        let after = Scraped::of(&house).await;
        // Four seats were asked for, one step and three answers.
        assert_eq!(after.at("podium_message_processing_seconds_count"), 8.0);
        assert_eq!(after.at("podium_reconnects_total{recovery=\"replay\"}"), 1.0);
        assert_eq!(after.at("podium_reconnects_total{recovery=\"snapshot\"}"), 0.0);
        assert_eq!(after.at("podium_reconnect_outage_seconds_count"), 1.0);
        assert!(
            after.at("podium_commit_duration_seconds_count") >= during.at("podium_commit_duration_seconds_count") + 2.0
        );
        assert!(after.at("podium_commit_items_sum") >= after.at("podium_commit_items_count"));
        assert_eq!(after.at("podium_commit_failures_total"), 0.0);
        assert!(after.at("podium_database_wait_seconds_count") > before.at("podium_database_wait_seconds_count"));
        assert!(after.at("podium_network_transmit_bytes_total") > during.at("podium_network_transmit_bytes_total"));
        assert!(after.at("podium_network_receive_bytes_total") > during.at("podium_network_receive_bytes_total"));

        let text: Vec<&String> = after.0.keys().collect();
        for secret in [code.as_str(), "Ada", "Grace", "form-", "127.0.0.1"] {
            assert!(!text.iter().any(|sample| sample.contains(secret)), "{secret} stands in the metrics");
        }
    });
}

/// R084: connections, messages sent and received are exactly those that people's own programs counted.
#[test]
fn every_message_is_counted_once_on_its_way_in_and_out() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_as(folder.path(), &OWN_LISTENER).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut player = house.visitor();
        player.join(code, "Ada", "form-1").await.expect("a seat");
        let open = async |visitor: &Visitor, role: &str| {
            let socket = visitor.upgrade(&format!("/ws/{code}?as={role}"), &[SUBPROTOCOL]).await.expect("a socket");
            Raw::over(socket)
        };
        let mut lines = [open(&admin, "host").await, open(&player, "player").await, open(&player, "player").await];
        for (place, (kind, data)) in [
            ("ping", json!({})),
            ("host", json!({ "do": "lock" })),
            ("host", json!({ "do": "unlock" })),
            ("host", json!({ "do": "next", "step": 0 })),
            ("nonsense", json!({})),
        ]
        .into_iter()
        .enumerate()
        {
            let message = json!({ "type": kind, "data": data, "correlation_id": format!("m-{place}") });
            lines[0].say(message).await;
        }
        lines[1].say(json!({ "type": "user_typing", "data": { "is_typing": true } })).await;
        lines[2].say(json!({ "type": "pong", "data": {} })).await;

        let mut heard = 0;
        let counted = loop {
            for line in &mut lines {
                heard += line.drain(Duration::from_millis(100)).await.len();
            }
            let counted = Scraped::of(&house).await;
            // What is told a moment later is told; a number that went too far would never fit again.
            if counted.at("podium_messages_sent_total") == heard as f64 {
                break counted;
            }
        };
        let received = |kind: &str| counted.at(&format!("podium_messages_received_total{{type=\"{kind}\"}}"));
        let counts = ["ping", "host", "user_typing", "pong", "other", "answer"].map(received);
        assert_eq!(counts, [1.0, 3.0, 1.0, 1.0, 1.0, 0.0]);
        let opened = |door: &str| counted.at(&format!("podium_connections_total{{door=\"{door}\"}}"));
        assert_eq!([opened("host"), opened("player"), opened("stage")], [1.0, 2.0, 0.0]);
        let open_now =
            |scraped: &Scraped, door: &str| scraped.at(&format!("podium_connections_open{{door=\"{door}\"}}"));
        assert_eq!([open_now(&counted, "host"), open_now(&counted, "player")], [1.0, 2.0]);

        for line in lines {
            line.leave().await;
        }
        house.until_links(0).await;
        let after = Scraped::of(&house).await;
        assert_eq!([open_now(&after, "host"), open_now(&after, "player")], [0.0, 0.0]);
        assert_eq!(after.at("podium_connection_duration_seconds_count"), 3.0);
    });
}

#[test]
fn who_is_refused_is_counted_by_reason() {
    let folder = folder();
    on_runtime(async {
        let flags =
            [&OWN_LISTENER[..], &["--wrong-codes-per-minute", "1", "--wrong-passwords-per-15min", "1"]].concat();
        let mut house = House::open_as(folder.path(), &flags).await;
        house.set_up().await;
        let mut stranger = house.visitor();
        stranger.get("/quizzes").await.expect("the house answers");
        for _ in 0..2 {
            stranger
                .post("/login", &[("email", "ines@northwind.example"), ("password", "wrong")])
                .await
                .expect("answers");
            stranger.post("/join", &[("code", "ZZZZZZ"), ("name", "Eve")]).await.expect("answers");
        }
        let mut elsewhere = house.visitor().with_origin(Some("https://evil.example"));
        elsewhere.post("/join", &[("code", "ZZZZZZ"), ("name", "Eve")]).await.expect("answers");

        let scraped = Scraped::of(&house).await;
        for (sample, count) in [
            ("podium_auth_refusals_total{reason=\"not_signed_in\"}", 1.0),
            ("podium_auth_refusals_total{reason=\"wrong_password\"}", 1.0),
            ("podium_auth_refusals_total{reason=\"wrong_code\"}", 1.0),
            ("podium_limit_trips_total{limit=\"passwords\"}", 1.0),
            ("podium_limit_trips_total{limit=\"codes\"}", 1.0),
            ("podium_origin_refusals_total", 1.0),
        ] {
            assert_eq!(scraped.at(sample), count, "{sample}");
        }
    });
}

#[test]
fn metrics_are_nowhere_unless_the_operator_says_where() {
    let folder = folder();
    on_runtime(async {
        let house = House::open(folder.path()).await;
        assert!(house.running.metrics_address.is_none());
        let answer = house.visitor().get("/metrics").await.expect("the house answers");
        assert_eq!((answer.status(), answer.body().len()), (StatusCode::NOT_FOUND, 0));
        house.running.stop().await;

        for (networks, status) in [("10.0.0.0/8,::1", StatusCode::NOT_FOUND), ("10.0.0.0/8,127.0.0.1", StatusCode::OK)]
        {
            let house = House::open_as(folder.path(), &["--metrics-networks", networks]).await;
            let answer = house.visitor().get("/metrics").await.expect("the house answers");
            assert_eq!(answer.status(), status, "{networks}");
            house.running.stop().await;
        }

        let house = House::open_as(folder.path(), &OWN_LISTENER).await;
        let address = house.running.metrics_address.expect("a listener of its own");
        let mut beside = Visitor::new(Door::parse(&format!("http://{address}")).expect("an address"));
        assert_eq!(beside.get("/").await.expect("it answers").status(), StatusCode::NOT_FOUND, "no pages there");
        let answer = house.visitor().get("/metrics").await.expect("the house answers");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "nothing beside the pages");
    });
}

#[test]
fn what_browsers_tell_is_checked_and_counted() {
    let folder = folder();
    on_runtime(async {
        let house = House::open_as(folder.path(), &OWN_LISTENER).await;
        let mut browser = house.visitor();
        let beyond = format!("{:1$}", r#"{"event":"connect","page":"players"}"#, 2_049);
        for (text, status) in [
            (r#"{"event":"connect","page":"players","duration_s":0.2,"attempts":1}"#, StatusCode::NO_CONTENT),
            (r#"{"event":"disconnect","page":"players","duration_s":60}"#, StatusCode::NO_CONTENT),
            (r#"{"event":"reconnect","page":"players","attempts":3,"outage_s":7.5}"#, StatusCode::NO_CONTENT),
            (r#"{"event":"error","page":"stage"}"#, StatusCode::NO_CONTENT),
            (&beyond[..2_048], StatusCode::NO_CONTENT),
            (&beyond, StatusCode::PAYLOAD_TOO_LARGE),
            (r#"{"event":"connect","page":"players","name":"Ada"}"#, StatusCode::BAD_REQUEST),
            (r#"{"event":"connect","page":"players","outage_s":-1}"#, StatusCode::BAD_REQUEST),
            ("", StatusCode::BAD_REQUEST),
        ] {
            let answer = browser.ask("/api/v1/telemetry", text).await.expect("the house answers");
            assert_eq!(answer.status(), status, "{text}");
        }
        let scraped = Scraped::of(&house).await;
        for (sample, count) in [
            ("podium_client_events_total{event=\"connect\",page=\"player\"}", 2.0),
            ("podium_client_events_total{event=\"disconnect\",page=\"player\"}", 1.0),
            ("podium_client_events_total{event=\"reconnect\",page=\"player\"}", 1.0),
            ("podium_client_events_total{event=\"error\",page=\"stage\"}", 1.0),
            ("podium_client_attempts_sum", 4.0),
            ("podium_client_outage_seconds_sum", 7.5),
            ("podium_client_connected_duration_seconds_sum", 60.0),
            ("podium_client_connect_duration_seconds_count", 1.0),
        ] {
            assert_eq!(scraped.at(sample), count, "{sample}");
        }
        let page = browser.get("/").await.expect("the house answers");
        assert!(String::from_utf8_lossy(page.body()).contains("data-telemetry=\"/api/v1/telemetry\""));
        for _ in 0..3_000 {
            // The allowance of one address; reports from before count too.
            if house.running.house.auth.may_tell("127.0.0.1".parse().expect("an address")).is_err() {
                break;
            }
        }
        let answer =
            browser.ask("/api/v1/telemetry", r#"{"event":"connect","page":"players"}"#).await.expect("answers");
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(answer.headers().contains_key(header::RETRY_AFTER));
        assert_eq!(Scraped::of(&house).await.at("podium_limit_trips_total{limit=\"telemetry\"}"), 1.0);
        house.running.stop().await;

        let house = House::open_as(folder.path(), &["--client-telemetry", "off"]).await;
        let mut browser = house.visitor();
        let answer =
            browser.ask("/api/v1/telemetry", r#"{"event":"connect","page":"players"}"#).await.expect("answers");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        let page = browser.get("/").await.expect("the house answers");
        assert!(!String::from_utf8_lossy(page.body()).contains("data-telemetry"));
    });
}

/// Everything that can be counted, counted once.
fn one_of_each() -> String {
    let metrics = Metrics::default();
    let link = metrics.link_opened(Purpose::Session(Audience::Players));
    metrics.received("answer");
    metrics.received("other");
    metrics.sent(3, 600);
    metrics.refused("busy");
    metrics.closed(1012);
    metrics.closed(31_337);
    metrics.dead();
    metrics.resumed(Some(Millis(4_000)), Recovery::Snapshot);
    metrics.skipped();
    metrics.broadcast_written(Stopwatch::start());
    metrics.limited(Limit::Messages);
    metrics.links_of_person(2);
    metrics.processed(Millis(12));
    metrics.committed(7, std::time::Duration::from_millis(3));
    metrics.commit_failed();
    metrics.reader_waited(std::time::Duration::from_micros(20));
    metrics.auth_refused(AuthRefusal::Socket);
    metrics.origin_refused();
    metrics.started(crate::domain::time::Timestamp(1_800_000_000_000));
    let answered = crate::server::metrics::Answered {
        method: "GET",
        route: "/play/{code}",
        status: 200,
        took: std::time::Duration::from_millis(4),
    };
    metrics.answered(&answered);
    let report = r#"{"event":"reconnect","page":"host","attempts":2,"outage_s":3}"#;
    metrics.reported(&serde_json::from_str(report).expect("a report"));
    let open = metrics.text(Reading::default());
    assert!(open.contains("podium_connections_open{door=\"player\"} 1\n"), "{open}");
    drop(link);
    metrics.text(Reading { rooms_open: 2, inbox_depth: 5, is_store_writable: true, pool: (1, 3) })
}

#[test]
fn each_instrument_moves_and_the_text_has_the_right_form() {
    let text = one_of_each();
    let samples = check_form(&text);
    for (sample, value) in [
        ("podium_connections_open{door=\"player\"}", 0.0),
        ("podium_connections_total{door=\"player\"}", 1.0),
        ("podium_connection_duration_seconds_count", 1.0),
        ("podium_closes_total{code=\"1012\"}", 1.0),
        ("podium_closes_total{code=\"other\"}", 1.0),
        ("podium_dead_connections_total", 1.0),
        ("podium_messages_received_total{type=\"answer\"}", 1.0),
        ("podium_messages_sent_total", 3.0),
        ("podium_message_bytes_sent_total", 600.0),
        ("podium_slow_readers_skipped_total", 1.0),
        ("podium_broadcast_duration_seconds_count", 1.0),
        ("podium_reconnect_outage_seconds_sum", 4.0),
        ("podium_rooms_open", 2.0),
        ("podium_inbox_messages", 5.0),
        ("podium_database_connections{state=\"idle\"}", 3.0),
        ("podium_process_start_time_seconds", 1_800_000_000.0),
    ] {
        assert_eq!(samples.get(sample), Some(&value), "{sample}");
    }
    for row in TABLE {
        let name = if is_histogram(row) { format!("{}_bucket", row.name) } else { row.name.to_owned() };
        let labels = samples.keys().find_map(|sample| {
            let (found, labels) = sample.split_once('{').unwrap_or((sample, ""));
            (found == name).then(|| labels.to_owned())
        });
        let labels = labels.unwrap_or_else(|| panic!("{name} is in the table and not in the text"));
        for label in row.labels {
            assert!(labels.contains(&format!("{label}=\"")), "{name} has no label {label}");
        }
    }
}

fn is_histogram(row: &Row) -> bool {
    matches!(row.kind, MetricType::Histogram)
}

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

#[test]
fn names_follow_the_rules_and_the_readme_lists_them_all() {
    let mut list = String::from("| Metric | Kind | Labels | What it is |\n|---|---|---|---|\n");
    for row in TABLE {
        let is_counter = matches!(row.kind, MetricType::Counter);
        assert_eq!(row.name.ends_with("_total"), is_counter, "{}", row.name);
        assert!(row.name.starts_with("podium_") && row.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        let kind = row.kind.as_str();
        let labels = row.labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
        let labels = if labels.is_empty() { "–".to_owned() } else { labels };
        list.push_str(&format!("| `{}` | {kind} | {labels} | {} |\n", row.name, row.help()));
    }
    assert!(file("README.md").contains(&list), "the list in README.md should be:\n\n{list}");
}

/// The metrics that a text names, without the endings of histograms.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let names = words.filter(|word| word.starts_with("podium_"));
    let is_there = |name: &str| TABLE.iter().any(|row| row.name == name);
    names
        .map(|name| {
            let stem = ["_bucket", "_sum", "_count"].iter().find_map(|ending| name.strip_suffix(ending));
            let of_histogram = |stem: &&str| TABLE.iter().any(|row| row.name == *stem && is_histogram(row));
            if is_there(name) { name } else { stem.filter(of_histogram).unwrap_or(name) }.to_owned()
        })
        .collect()
}

fn check_named(file_name: &str) -> BTreeSet<String> {
    let names = named(&file(file_name));
    assert!(names.len() > 5, "{file_name} looks at metrics");
    for name in &names {
        assert!(TABLE.iter().any(|row| row.name == name), "{file_name} names {name}, which is not there");
    }
    names
}

#[test]
fn the_dashboard_shows_only_what_is_there() {
    const FILE: &str = "src/server/metrics/dashboard.json";
    let names = check_named(FILE);
    let dashboard: serde_json::Value = serde_json::from_str(&file(FILE)).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let mut ids = BTreeSet::new();
    for panel in panels {
        let title = panel["title"].as_str().expect("a title");
        assert!(ids.insert(panel["id"].as_u64().expect("a number")), "{title}");
        if panel["type"] == "row" {
            continue;
        }
        let targets = panel["targets"].as_array().expect("queries");
        assert!(!targets.is_empty(), "{title}");
        for target in targets {
            let query = target["expr"].as_str().expect("a query");
            assert!(!named(query).is_empty(), "{title}: {query}");
            let opened = query.matches(['(', '[', '{']).count();
            assert_eq!(opened, query.matches([')', ']', '}']).count(), "{title}: {query}");
        }
    }
    for wanted in ["podium_connections_open", "podium_broadcast_duration_seconds", "podium_reconnects_total"] {
        assert!(names.contains(wanted), "{wanted} is shown");
    }
}

#[test]
fn the_alerts_watch_only_what_is_there() {
    const FILE: &str = "src/server/metrics/alerts.yaml";
    check_named(FILE);
    let text = file(FILE);
    assert!(
        text.starts_with("# ") && text.contains("\ngroups:\n  - name: podium\n    rules:\n"),
        "rules of Prometheus"
    );
    let rules: Vec<&str> = text.split("      - alert: ").skip(1).collect();
    assert!(rules.len() >= 5, "a few rules");
    for rule in rules {
        let name = rule.lines().next().expect("a name");
        for part in ["\n        expr: ", "\n        for: ", "\n          severity: ", "\n          summary: "] {
            assert_eq!(rule.matches(part).count(), 1, "{name} has one{part:?}");
        }
        assert!(!named(rule).is_empty(), "{name} looks at a metric");
    }
}
