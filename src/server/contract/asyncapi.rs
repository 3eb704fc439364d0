//! The contract as an AsyncAPI 3.0 document.
//!
//! What AsyncAPI has no word for stands in fields that begin with `x-`. Nothing is decided here.
//!
//! Source: the AsyncAPI specification 3.0.0.

use serde_json::{Map, Value, json};

use crate::protocol::dialect::Dialect;
use crate::server::contract::dialects;
use crate::server::contract::doors::{DoorRow, ECHO, guard_words};
use crate::server::contract::schema::Word;
use crate::server::contract::story::CHAPTERS;
use crate::server::contract::{Contract, VERSION};

/// The whole document.
pub fn document(contract: &Contract) -> Value {
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Podium",
            "version": VERSION,
            "description": "Live quizzes and timed sessions over WebSocket. The page for people is at /protocol on the same server.",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "servers": {
            "podium": {
                "host": "{host}",
                "protocol": "wss",
                "description": "Your own server; ws where it is reached over plain http.",
                "variables": { "host": { "description": "Host, and port where it is not the usual one." } },
            },
        },
        "channels": named(&contract.doors, |door| (door.name.to_owned(), channel(door, contract))),
        "operations": contract.doors.iter().flat_map(|door| operations(door, contract)).collect::<Map<_, _>>(),
        "components": { "messages": messages(contract), "schemas": contract.schemas },
        "x-conversation": CHAPTERS.iter().map(|(title, says)| json!({ "title": title, "says": says })).collect::<Value>(),
        "x-dialects": contract.dialects.iter().map(|row| json!({
            "name": dialects::name(row.dialect),
            "data": row.place,
            "timestamp": row.clock,
            "names": row.names.iter().map(|(canonical, own)| ((*canonical).to_owned(), json!(own))).collect::<Map<_, _>>(),
            "heartbeat": row.heartbeat,
        })).collect::<Value>(),
        "x-close-codes": contract.closes.iter().map(|row| json!({
            "code": row.close.code(),
            "name": format!("{:?}", row.close),
            "reason": row.close.reason(),
            "final": row.close.is_final(),
            "next": row.next,
        })).collect::<Value>(),
        "x-refusals": contract.refusals.iter().map(|row| json!({
            "code": row.code,
            "error": row.error,
            "recoverable": row.recoverable,
            "help": row.help,
        })).collect::<Value>(),
        "x-limits": contract.limits.iter().map(|row| json!({
            "name": row.name,
            "description": row.says,
            "variable": row.variable,
            "least": row.least,
            "default": row.default,
            "most": row.most,
        })).collect::<Value>(),
    })
}

fn named<T>(rows: &[T], row: impl Fn(&T) -> (String, Value)) -> Map<String, Value> {
    rows.iter().map(row).collect()
}

fn reference(to: &str) -> Value {
    json!({ "$ref": format!("#/{to}") })
}

/// The name of a message in the document: the two ways have types of the same name.
fn key(way: &str, word: &Word) -> String {
    format!("{way}.{}", word.name)
}

/// The words of both ways, each with its name in the document.
fn all_words(contract: &Contract) -> impl Iterator<Item = (String, &Word)> {
    let asked = contract.asked.iter().map(|word| (key("asked", word), word));
    asked.chain(contract.told.iter().map(|word| (key("told", word), word)))
}

fn channel(door: &DoorRow, contract: &Contract) -> Value {
    let of_door = all_words(contract).filter(|_| door.name != ECHO);
    let messages: Map<_, _> =
        of_door.map(|(key, _)| (key.clone(), reference(&format!("components/messages/{key}")))).collect();
    let parameters = door.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameters: Map<_, _> = parameters
        .map(|name| (name.to_owned(), json!({ "description": "A join code or the id of a session." })))
        .collect();
    let query: Map<_, _> = door
        .query
        .iter()
        .map(|(name, says)| ((*name).to_owned(), json!({ "type": "string", "description": says })))
        .collect();
    json!({
        "address": door.path,
        "title": door.name,
        "description": door.says,
        "servers": [reference("servers/podium")],
        "messages": messages,
        "parameters": parameters,
        "bindings": { "ws": { "method": "GET", "query": { "type": "object", "properties": query } } },
        "x-opened-by": guard_words(door.guard),
        "x-dialect": dialects::name(door.dialect),
    })
}

/// What is said through a door, one operation for each way. The server is whose view the document takes.
fn operations(door: &DoorRow, contract: &Contract) -> Vec<(String, Value)> {
    if door.name == ECHO {
        return Vec::new();
    }
    let operation = |way: &str, action: &str, words: &[Word]| {
        let of_channel = |word| reference(&format!("channels/{}/messages/{}", door.name, key(way, word)));
        let messages: Vec<Value> = words.iter().map(of_channel).collect();
        let operation = json!({
            "action": action,
            "channel": reference(&format!("channels/{}", door.name)),
            "messages": messages,
        });
        (format!("{}.{way}", door.name), operation)
    };
    vec![operation("asked", "receive", &contract.asked), operation("told", "send", &contract.told)]
}

fn messages(contract: &Contract) -> Map<String, Value> {
    let mut messages = Map::new();
    for (key, word) in all_words(contract) {
        let mut message =
            json!({ "name": word.name, "title": word.name, "summary": word.says, "payload": word.schema });
        if let Some(row) = &word.row {
            message["x-class"] = row.class.name().into();
            message["x-who"] = row.who.into();
            message["examples"] = json!([{ "name": word.name, "payload": row.frame() }]);
            if key.starts_with("asked") {
                message["x-also"] = json!(row.also);
            } else {
                message["x-spoken"] =
                    others().map(|dialect| (dialects::name(dialect).to_owned(), json!(row.spoken(dialect)))).collect();
            }
        }
        messages.insert(key, message);
    }
    messages
}

/// The dialects beside the canonical envelope.
fn others() -> impl Iterator<Item = Dialect> {
    Dialect::ALL.into_iter().filter(|dialect| *dialect != Dialect::Podium)
}
