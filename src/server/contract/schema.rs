//! Types as JSON schemas: one schema for each message, envelope included, and the types that they share.
//!
//! The envelope is written here by hand, because no type has it; the rest comes from the types and their doc sentences.
//! Knows nothing of what a message is for.

use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use crate::domain::ids::CommandId;
use crate::protocol::dialect::Dialect;

/// Where shared types stand in the document; every reference begins so.
const SHARED: &str = "/components/schemas";
/// The form of a time, which [`crate::domain::time::Timestamp`] prints.
const TIME: &str = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$";

/// What a message is in the traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Begins a connection, or begins it anew.
    Opening,
    /// Numbered without gaps and replayed.
    Event,
    /// Only the latest counts.
    State,
    /// Answers one command.
    Reply,
    /// About the connection itself.
    Notice,
    /// Asks for something.
    Command,
}

impl Class {
    /// Its name in the document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Event => "event",
            Self::State => "state",
            Self::Reply => "reply",
            Self::Notice => "notice",
            Self::Command => "command",
        }
    }
}

/// A message as the contract has it.
#[derive(Clone, Debug)]
pub struct Word {
    /// Its canonical type.
    pub name: String,
    /// What it is, from its doc sentence.
    pub says: String,
    /// The JSON schema of the whole frame.
    pub schema: Value,
    /// What nobody can read off the type; absent only until somebody writes the row, which a test demands.
    pub row: Option<Row>,
}

/// What the contract adds to a type.
#[derive(Clone, Debug)]
pub struct Row {
    /// What it is in the traffic.
    pub class: Class,
    /// Who may send it, or which audiences get it.
    pub who: &'static str,
    /// Other names that are understood.
    pub also: &'static [&'static str],
    /// A frame as it stands on the wire, really encoded.
    pub example: String,
}

impl Row {
    /// A row whose message has no other name.
    pub fn new(class: Class, who: &'static str, example: String) -> Self {
        Self { class, who, also: &[], example }
    }

    /// The same row, with other names that are understood.
    #[must_use]
    pub fn with_also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }

    /// The example as a value.
    pub fn frame(&self) -> Value {
        serde_json::from_str(&self.example).expect("an encoded frame is JSON")
    }

    /// Its canonical type.
    fn name(&self) -> String {
        self.frame()["type"].as_str().expect("a frame has a type").to_owned()
    }

    /// What a dialect makes of the example: the frames that its client reads, perhaps none.
    pub fn spoken(&self, dialect: Dialect) -> Vec<Value> {
        let texts = dialect.translate(&self.example);
        texts.iter().map(|text| serde_json::from_str(text).expect("a dialect is JSON")).collect()
    }
}

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the client.
    Asked,
    /// From the server.
    Told,
}

/// The messages of an enum that is tagged by `type`, in its order, each with its row; and the types they share.
///
/// What clients send is written out in each message, because what one may leave away differs from what one always gets.
pub fn words<T: JsonSchema>(way: Way, mut rows: Vec<Row>) -> (Vec<Word>, Map<String, Value>) {
    let mut generator = match way {
        Way::Asked => settings(|settings| settings.inline_subschemas = true).for_deserialize(),
        Way::Told => settings(|_| {}).for_serialize(),
    }
    .into_generator();
    let all = root::<T>(&mut generator);
    let words = variants(&all).map(|(name, says, data)| {
        let at = rows.iter().position(|row| row.name() == name);
        let row = at.map(|at| rows.remove(at));
        let schema = envelope(way, &name, &data, row.as_ref().map(|row| row.class));
        Word { name, says, schema, row }
    });
    let words = words.collect();
    assert!(rows.is_empty(), "the contract has a row for no message: {}", rows[0].example);
    let mut shared = generator.take_definitions(true);
    shared.values_mut().for_each(plain);
    (words, shared)
}

/// The types of an enum's messages.
pub fn names<T: JsonSchema>() -> Vec<String> {
    let all = root::<T>(&mut settings(|_| {}).into_generator());
    variants(&all).map(|(name, _, _)| name).collect()
}

fn settings(turn: impl FnOnce(&mut SchemaSettings)) -> SchemaSettings {
    // AsyncAPI's own form of a schema is built on draft 7.
    SchemaSettings::draft07().with(|settings| {
        settings.definitions_path = SHARED.into();
        turn(settings);
    })
}

fn root<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    let mut all = T::json_schema(generator).to_value();
    plain(&mut all);
    all
}

/// Name, sentence and data of each variant.
fn variants(all: &Value) -> impl Iterator<Item = (String, String, Value)> {
    let each = all["oneOf"].as_array().expect("an enum that is tagged by its type");
    each.iter().map(|one| {
        let name = one["properties"]["type"]["const"].as_str().expect("a type").to_owned();
        let says = one["description"].as_str().unwrap_or_default().to_owned();
        (name, says, one["properties"]["data"].clone())
    })
}

fn envelope(way: Way, name: &str, data: &Value, class: Option<Class>) -> Value {
    let mut required = vec!["type"];
    let mut properties = json!({
        "type": { "const": name },
        "data": data,
        "timestamp": { "type": "string", "format": "date-time", "pattern": TIME },
        "correlation_id": {
            "type": "string",
            "pattern": format!("^[!-~]{{1,{}}}$", CommandId::LENGTH_MAX),
            "description": "An id that the client makes up; a reply carries the id of its command, and a command that comes again with its id is not done again.",
        },
    });
    if way == Way::Told {
        required.extend(["data", "timestamp"]);
        properties["room"] = json!({ "type": "string", "description": "The code of the room that it belongs to; absent on what belongs to none." });
    }
    if class == Some(Class::Event) {
        required.push("seq");
        properties["seq"] = json!({
            "type": "integer",
            "minimum": 1,
            "description": "Its number among the events of the audience; the next one has the next number.",
        });
    }
    json!({ "type": "object", "required": required, "properties": properties })
}

/// Takes the marks of links out of doc sentences.
fn plain(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if let (true, Value::String(text)) = (name == "description", &mut *field) {
                    *text = text.replace("[`", "`").replace("`]", "`").replace('\n', " ");
                }
                plain(field);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
