//! The written contract against the house: nothing is missing from it, nothing in it is invented, and every door does what
//! it says.

use std::fs;
use std::path::Path;

use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::domain::limits::Limits;
use crate::protocol::chat::ChatEvent;
use crate::protocol::close::Close;
use crate::protocol::dialect::Dialect;
use crate::protocol::event::{CueEvent, Event};
use crate::protocol::frame;
use crate::protocol::health::HealthState;
use crate::protocol::message::Unread;
use crate::protocol::notice::NoticeEvent;
use crate::protocol::people::PeopleEvent;
use crate::protocol::state::State;
use crate::protocol::timed::TimedEvent;
use crate::server::contract::doors::{DoorRow, ECHO};
use crate::server::contract::schema::{Class, Word, names};
use crate::server::contract::{CONTRACT, answer};
use crate::server::routes::{DOORS, Guard};
use crate::tests::house::{House, folder, on_runtime, quiz};

fn source(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path)).expect("the source is there")
}

fn document() -> Value {
    serde_json::from_str(&answer::text()).expect("JSON")
}

/// The names of an enum's variants or a struct's fields, read from the source, because no type can list them.
fn members(path: &str, declaration: &str) -> Vec<String> {
    let source = source(path);
    let (_, body) = source.split_once(declaration).expect("it is declared there");
    let (body, _) = body.split_once("\n}").expect("it ends");
    let member = |line: &str| {
        let line = line.strip_prefix("    ")?.trim_start_matches("pub ");
        let end = line.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(line.len());
        (end > 0 && line.starts_with(char::is_alphabetic)).then(|| line[..end].to_owned())
    };
    body.lines().filter_map(member).collect()
}

/// `TooLate` as `too_late`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names
}

#[test]
fn the_golden_copy_is_what_the_program_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/contract/asyncapi.json");
    let golden = fs::read_to_string(path).unwrap_or_default();
    assert!(
        golden == answer::text(),
        "the contract has changed; look at the difference, raise VERSION if old clients could misread it, and run \
         `cargo run --features ssr -- contract > src/server/contract/asyncapi.json`"
    );
}

#[test]
fn every_message_has_its_row_and_each_class_is_as_its_type() {
    assert_eq!(
        sorted(CONTRACT.asked.iter().map(|word| word.name.clone()).collect()),
        sorted(variants("command.rs", "Command"))
    );
    assert_eq!(
        sorted(CONTRACT.told.iter().map(|word| word.name.clone()).collect()),
        sorted(variants("message.rs", "Message"))
    );
    for (words, file) in [(&CONTRACT.asked, "asked.rs"), (&CONTRACT.told, "told.rs")] {
        for Word { name, says, row, .. } in words {
            assert!(
                row.is_some(),
                "the message `{name}` has no row: add who, class and example to src/server/contract/{file}"
            );
            assert!(says.ends_with('.'), "the message `{name}` has no doc sentence");
        }
    }
    let of_desks = [names::<PeopleEvent>(), names::<NoticeEvent>(), names::<TimedEvent>()].concat();
    let events = [names::<Event>(), names::<CueEvent>(), names::<ChatEvent>(), of_desks].concat();
    let of_one_seat = ["score_update", "typing_indicator", "seat_update"].map(str::to_owned).to_vec();
    let states = [names::<State>(), names::<HealthState>(), of_one_seat].concat();
    for (class, expected) in [(Class::Event, events), (Class::State, states)] {
        let of_class = CONTRACT.told.iter().filter(|word| word.row.as_ref().is_some_and(|row| row.class == class));
        let said: Vec<String> = of_class.map(|word| word.name.clone()).collect();
        assert_eq!(sorted(said), sorted(expected), "the messages of class {class:?} in src/server/contract/told.rs");
    }
}

fn variants(file: &str, name: &str) -> Vec<String> {
    members(&format!("protocol/{file}"), &format!("pub enum {name} {{")).iter().map(|name| snake(name)).collect()
}

#[test]
fn every_example_fits_its_schema_and_our_own_reader_reads_it() {
    let document = document();
    for (way, words) in [("asked", &CONTRACT.asked), ("told", &CONTRACT.told)] {
        for word in words {
            let key = format!("{way}.{}", word.name);
            let message = &document["components"]["messages"][&key];
            let schema = json!({
                "$schema": "http://json-schema.org/draft-07/schema#",
                "allOf": [message["payload"]],
                "components": document["components"],
            });
            let validator = jsonschema::validator_for(&schema).expect("a schema");
            let example = &message["examples"][0]["payload"];
            let wrong: Vec<String> = validator.iter_errors(example).map(|wrong| wrong.to_string()).collect();
            assert!(wrong.is_empty(), "{key}: {wrong:?}\n{example}");
            for spoilt in [
                json!({}),
                json!({"type": "nonsense", "data": {}}),
                json!([]),
                json!({ "type": word.name, "data": 7, "timestamp": "now" }),
            ] {
                assert!(!validator.is_valid(&spoilt), "{key} takes {spoilt}");
            }
            let text = &word.row.as_ref().expect("a row").example;
            match way {
                "asked" => drop(frame::asked(text).1.unwrap_or_else(|why| panic!("{key}: {why}"))),
                _ => drop(frame::received(text).unwrap_or_else(|why: Unread| panic!("{key}: {why:?}"))),
            }
        }
    }
}

#[test]
fn every_type_that_a_client_may_name_is_in_the_contract() {
    let source = source("protocol/frame.rs");
    let (_, reader) = source.split_once("pub fn asked").expect("the reader of commands");
    let (reader, _) = reader.split_once("\n}").expect("it ends");
    let patterns = reader.lines().filter_map(|line| line.trim().strip_prefix("Some(\"")?.split_once(')'));
    let known = patterns.flat_map(|(types, _)| types.split('|').map(|name| name.trim().trim_matches('"').to_owned()));
    // Known only to be refused.
    let known: Vec<String> = known.filter(|name| name != "score_update").collect();
    let rows = CONTRACT.asked.iter().flat_map(|word| {
        let also = word.row.iter().flat_map(|row| row.also.iter().map(|name| (*name).to_owned()));
        also.chain([word.name.clone()])
    });
    assert_eq!(sorted(rows.collect()), sorted(known), "names of commands in src/server/contract/asked.rs");
}

#[test]
fn every_close_refusal_dialect_and_limit_is_in_the_contract() {
    let closes: Vec<String> = CONTRACT.closes.iter().map(|row| format!("{:?}", row.close)).collect();
    assert_eq!(closes, members("protocol/close.rs", "pub enum Close {"), "Close::ALL in src/protocol/close.rs");
    let dialects: Vec<String> = Dialect::ALL.map(|dialect| format!("{dialect:?}")).to_vec();
    assert_eq!(
        dialects,
        members("protocol/dialect.rs", "pub enum Dialect {"),
        "Dialect::ALL in src/protocol/dialect.rs"
    );
    assert_eq!(CONTRACT.dialects.len(), dialects.len());
    let limits: Vec<String> = CONTRACT.limits.iter().map(|row| row.name.to_owned()).collect();
    assert_eq!(limits, members("domain/limits.rs", "pub struct Limits {"));
    for row in &CONTRACT.limits {
        assert!(row.least <= row.default && row.default <= row.most, "{}", row.name);
    }
    let refusals: Vec<String> = CONTRACT.refusals.iter().map(|row| row.code.to_owned()).collect();
    let all = members("protocol/refusal.rs", "pub enum Refusal {");
    let missing: Vec<&String> = all.iter().filter(|name| !refusals.contains(&snake(name))).collect();
    assert!(missing.is_empty(), "no example in src/server/contract/refusals.rs for {missing:?}");
    assert_eq!(refusals.len(), all.len());
}

#[test]
fn what_stays_away_is_told_to_stay_away() {
    for row in &CONTRACT.closes {
        let is_told = row.next.starts_with("Stay away");
        assert_eq!(is_told, row.close.is_final(), "{:?}: {}", row.close, row.next);
    }
    assert_eq!(CONTRACT.closes.len(), Close::ALL.len());
}

/// A path that a door's path stands for.
fn filled(path: &str, code: &str) -> String {
    path.replace("{session}", code).replace("{room_id}", code).replace("{session_id}", code)
}

#[test]
fn every_door_that_opens_a_socket_is_in_the_contract_with_its_dialect() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_as(folder.path(), &["--echo"]).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        for door in DOORS.iter().filter(|door| door.method == Method::GET) {
            let path = filled(door.path, code.as_str());
            let is_socket = admin.open(&path, &[]).await.is_ok();
            let row = CONTRACT.doors.iter().find(|row| row.path == door.path);
            assert_eq!(is_socket, row.is_some(), "{}: sockets have a row in src/server/contract/doors.rs", door.path);
        }
        // A timed session has doors of its own; its tests open them.
        let of_rooms = CONTRACT.doors.iter().filter(|row| ![ECHO, "seat"].contains(&row.name));
        for DoorRow { name, path, dialect, guard, .. } in of_rooms {
            assert!([Guard::Room, Guard::Person, Guard::Desk].contains(guard), "{name}");
            let welcome = CONTRACT.told.iter().find(|word| word.name == "connected").expect("a welcome");
            let expected = welcome.row.as_ref().expect("a row").spoken(*dialect);
            let mut wire = admin.open(&filled(path, code.as_str()), &[]).await.expect("a socket");
            let first: Value = serde_json::from_str(&wire.text().await.expect("a welcome")).expect("JSON");
            // A host has no seat, which the example has; a person's own connection is in no session yet.
            let fields = |frame: &Value| -> Vec<String> {
                let fields = frame.as_object().expect("an object").keys().cloned();
                fields.filter(|field| !["session_id", "user_id"].contains(&field.as_str())).collect()
            };
            let (fields, promised) = (fields(&first), fields(&expected[0]));
            assert_eq!((&first["type"], fields), (&expected[0]["type"], promised), "{name}");
        }
    });
}

#[test]
fn both_forms_are_served_to_anybody_and_not_sent_twice() {
    let folder = folder();
    on_runtime(async {
        let house = House::open(folder.path()).await;
        for (path, kind) in [("/ws/asyncapi.json", "application/json"), ("/protocol", "text/html; charset=utf-8")] {
            let answer = house.visitor().get(path).await.expect("the house answers");
            assert_eq!(
                (answer.status(), &answer.headers()[header::CONTENT_TYPE]),
                (StatusCode::OK, &kind.parse().expect("a value"))
            );
            let tag = answer.headers()[header::ETAG].to_str().expect("plain").to_owned();
            let again = house.visitor().get_if_changed(path, &tag).await.expect("the house answers");
            assert_eq!((again.status(), again.body().len()), (StatusCode::NOT_MODIFIED, 0), "{path}");
        }
        let page = house.visitor().get("/protocol").await.expect("the house answers");
        let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("plain");
        assert!(policy.contains("style-src 'self'") && !policy.contains("script-src"), "{policy}");
        let html = String::from_utf8_lossy(page.body()).into_owned();
        let anchors = html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next());
        for anchor in anchors {
            assert!(html.contains(&format!("id=\"{anchor}\"")), "the contents lead nowhere: {anchor}");
        }
        for row in &CONTRACT.closes {
            assert!(html.contains(&row.close.code().to_string()), "{:?}", row.close);
        }
        for word in CONTRACT.asked.iter().chain(&CONTRACT.told) {
            assert!(html.contains(&format!("<h3><code>{}</code></h3>", word.name)), "{}", word.name);
        }
        for name in CONTRACT.schemas.keys() {
            assert!(html.contains(&format!("<summary><code>{name}</code></summary>")), "{name}");
        }
        assert!(!html.contains("<script"), "the page runs nothing");
        assert!(!html.contains("href=\"/"), "what the page loads lies beside it, also below a path");
        assert!(html.contains("href=\"work.css\""), "{html}");
    });
}

/// R008.
#[test]
fn a_changed_variable_changes_what_is_said_and_what_is_enforced() {
    let folder = folder();
    on_runtime(async {
        let flags = ["--links-per-seat-max", "0", "--message-bytes-max", "600"];
        let mut house = House::open_as(folder.path(), &flags).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let config = house.visitor().get("/ws/config").await.expect("the house answers");
        let config: Value = serde_json::from_slice(config.body()).expect("JSON");
        let config = &config["websocket_config"];
        assert_eq!(config["connection_limits"]["max_connections_per_user"], 0, "as many as they like");
        assert_eq!(config["connection_limits"]["max_message_bytes"], 600);
        assert_eq!(config["features"]["echo_supported"], false);
        let sockets = config["endpoints"]["sockets"].as_object().expect("the doors");
        let named: Vec<&str> = sockets.values().filter_map(Value::as_str).collect();
        for door in CONTRACT.doors.iter() {
            assert_eq!(named.contains(&door.path), door.name != ECHO, "{}", door.path);
        }
        for path in ["contract", "protocol"] {
            let path = config["endpoints"][path].as_str().expect("an address").to_owned();
            assert_eq!(house.visitor().get(&path).await.expect("the house answers").status(), StatusCode::OK);
        }
        let mut links = Vec::new();
        for _ in 0..=Limits::default().links_per_seat_max {
            links.push(admin.open(&format!("/ws/{code}"), &["podium.v1"]).await.expect("a socket"));
        }
        for link in &mut links {
            link.send_text(r#"{"type":"ping"}"#.to_owned()).await.expect("sent");
            while !link.text().await.expect("the oldest is open too").contains("\"pong\"") {}
        }
        links[0].send_text(format!("{:601}", "x")).await.expect("sent");
        let ended = loop {
            if let Err(ended) = links[0].text().await {
                break ended;
            }
        };
        assert_eq!(ended, crate::bots::visitor::Ended::Closed(Close::TooLarge));
    });
}
