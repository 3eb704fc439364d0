//! Who may say what: every kind of person × every kind of message, cell by cell over real sockets.
//!
//! The table is the documentation; a cell that refuses must leave the room as it was. Check A9, R024.

use serde_json::{Value, json};

use crate::bots::visitor::Visitor;
use crate::domain::code::JoinCode;
use crate::domain::ids::SeatId;
use crate::domain::role::Role;
use crate::domain::time::Millis;
use crate::protocol::command::HostCommand;
use crate::protocol::view::{HostView, Phase};
use crate::server::config::Config;
use crate::server::config::environment::Environment;
use crate::tests::house::{House, Seated, folder, on_runtime, quiz};
use crate::tests::raw::{End, Raw, token_of, token_of_stranger};

/// Somebody at the socket of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Person {
    /// Nobody in particular, in a house that lets anybody look on.
    Spectator,
    /// Somebody with a seat, by its cookie.
    Player,
    /// Somebody whose seat the host took away.
    Removed,
    /// Who opened the session.
    Host,
    /// The projector.
    Stage,
    /// An account that may look at everything and host nothing.
    Viewer,
    /// An account that plays.
    Member,
    /// An account of another organisation.
    Stranger,
    /// An account whose token has expired.
    Expired,
}

use Outcome::{Changes, Closed, Leaves, Refused, Silent, Told};
use Person::{Expired, Host, Member, Player, Removed, Spectator, Stage, Stranger, Viewer};

/// What comes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The room has changed, and this was the reply.
    Changes(&'static str),
    /// Nothing but a reply.
    Told(&'static str),
    /// Nothing at all.
    Silent,
    /// An error with this code.
    Refused(&'static str),
    /// Told that the session is left, and then the socket ends.
    Leaves,
    /// The socket was closed at its opening, with this code.
    Closed(u16),
}

const PEOPLE: [Person; 9] = [Spectator, Player, Removed, Host, Stage, Viewer, Member, Stranger, Expired];
/// Those who are let in, in the order of the columns below.
const INSIDE: [Person; 6] = [Spectator, Player, Host, Stage, Viewer, Member];

const NOT_HOST: Outcome = Refused("not_host");
const NOT_PLAYER: Outcome = Refused("not_player");
const NOT_NOW: Outcome = Refused("not_now");
const CHAT_OFF: Outcome = Refused("chat_off");
const TAKEN: Outcome = Changes("answer_taken");
const DONE: Outcome = Changes("done");

/// A row: the message, its data, and what comes of it for each of [`INSIDE`].
type Row = (&'static str, &'static str, [Outcome; 6]);

/// A question is open, its turn is 1, and `{step}` stands for the room's step.
const TABLE: [Row; 22] = [
    //                                                 Spectator   Player    Host        Stage       Viewer    Member
    ("ping", "{}", [Told("pong"); 6]),
    ("pong", "{}", [Silent; 6]),
    ("answer", r#"{"turn":1,"choice":[1]}"#, [NOT_PLAYER, TAKEN, NOT_PLAYER, NOT_PLAYER, TAKEN, TAKEN]),
    ("go_to", r#"{"turn":2}"#, [NOT_PLAYER, NOT_NOW, NOT_PLAYER, NOT_PLAYER, NOT_NOW, NOT_NOW]),
    ("finish", "{}", [NOT_PLAYER, NOT_NOW, NOT_PLAYER, NOT_PLAYER, NOT_NOW, NOT_NOW]),
    ("host", r#"{"do":"next","step":{step}}"#, [NOT_HOST, NOT_HOST, NOT_NOW, NOT_HOST, NOT_HOST, NOT_HOST]),
    ("host", r#"{"do":"close","step":{step}}"#, [NOT_HOST, NOT_HOST, DONE, NOT_HOST, NOT_HOST, NOT_HOST]),
    ("host", r#"{"do":"skip","step":{step}}"#, [NOT_HOST, NOT_HOST, DONE, NOT_HOST, NOT_HOST, NOT_HOST]),
    ("host", r#"{"do":"end","step":{step}}"#, [NOT_HOST, NOT_HOST, DONE, NOT_HOST, NOT_HOST, NOT_HOST]),
    ("host", r#"{"do":"lock"}"#, [NOT_HOST, NOT_HOST, DONE, NOT_HOST, NOT_HOST, NOT_HOST]),
    ("host", r#"{"do":"remove","seat":1}"#, [NOT_HOST, NOT_HOST, DONE, NOT_HOST, NOT_HOST, NOT_HOST]),
    ("host", r#"{"do":"block","seat":1}"#, [NOT_HOST, NOT_HOST, DONE, NOT_HOST, NOT_HOST, NOT_HOST]),
    ("host", r#"{"do":"chat","switch":"on"}"#, [NOT_HOST, NOT_HOST, DONE, NOT_HOST, NOT_HOST, NOT_HOST]),
    ("host", r#"{"do":"chat_history","switch":"on"}"#, [NOT_HOST, NOT_HOST, DONE, NOT_HOST, NOT_HOST, NOT_HOST]),
    ("chat", r#"{"text":"Hello!"}"#, [NOT_PLAYER, CHAT_OFF, CHAT_OFF, NOT_PLAYER, CHAT_OFF, CHAT_OFF]),
    ("user_typing", r#"{"is_typing":true}"#, [NOT_PLAYER, Silent, Silent, NOT_PLAYER, Silent, Silent]),
    ("join_session", r#"{"session":"{code}"}"#, [Silent; 6]),
    ("join_session", r#"{"session":"{other}"}"#, [Refused("too_many_sessions"); 6]),
    ("leave_session", "{}", [Leaves; 6]),
    ("refresh", r#"{"token":"x"}"#, [Refused("bad_token"); 6]),
    ("score_update", r#"{"score":1000000}"#, [Refused("scores_are_ours"); 6]),
    ("nonsense", "{}", [Refused("unknown_type"); 6]),
];

impl Person {
    /// What they are when they come in; a cell of everybody who is not in [`INSIDE`].
    fn at_the_door(self) -> Option<Outcome> {
        match self {
            Spectator | Player | Host | Stage | Viewer | Member => None,
            Removed => Some(Closed(4403)),
            Stranger => Some(Closed(4404)),
            Expired => Some(Closed(1008)),
        }
    }
}

/// What everybody comes with.
struct Keys {
    admin: Visitor,
    viewer: String,
    member: String,
    stranger: String,
    expired: String,
}

/// A session with an open question, its host, and one player who is there all the time.
struct Scene {
    code: JoinCode,
    _host: Seated,
    anchor: Visitor,
    /// Somebody whom the host took out.
    gone: Visitor,
    other: JoinCode,
    _seated: Seated,
}

async fn open_scene(house: &mut House, admin: &Visitor) -> Scene {
    let code = house.open_room(quiz(2)).await;
    let mut host = Seated::open(admin, code, "host", None).await;
    let mut anchor = house.visitor();
    anchor.join(code, "Ada", "form-ada").await.expect("a seat");
    let mut seated = Seated::open(&anchor, code, "player", None).await;
    let mut gone = house.visitor();
    gone.join(code, "Grace", "form-grace").await.expect("a seat");
    host.host(|_| HostCommand::Remove { seat: SeatId(2) }).await;
    host.until_show(|show| show.presence.here == 1).await;
    host.host(|step| HostCommand::Next { step }).await;
    seated.until_phase(Phase::Answering).await;
    let other = house.open_room(quiz(1)).await;
    Scene { code, _host: host, anchor, gone, other, _seated: seated }
}

/// Opens the socket as somebody. Whoever needs a seat of their own gets it here.
async fn open(house: &House, scene: &Scene, keys: &Keys, person: Person) -> Raw {
    let code = scene.code;
    let by = async |token: &str| Raw::open(house, &format!("/ws/{code}?token={token}")).await;
    match person {
        Spectator => Raw::of(&house.visitor(), &format!("/ws/{code}")).await,
        Player => Raw::of(&scene.anchor, &format!("/ws/{code}")).await,
        Removed => Raw::of(&scene.gone, &format!("/ws/{code}")).await,
        Host => Raw::of(&keys.admin, &format!("/ws/{code}")).await,
        Stage => Raw::of(&keys.admin, &format!("/ws/{code}?as=stage")).await,
        Viewer => by(&keys.viewer).await,
        Member => by(&keys.member).await,
        Stranger => by(&keys.stranger).await,
        Expired => by(&keys.expired).await,
    }
}

/// The room as its host sees it, but for the round trips of links.
async fn page(house: &House, code: JoinCode) -> HostView {
    let room = house.running.house.rooms.find(code).expect("it runs");
    let mut page = room.host_page().await.expect("it answers").0;
    page.people.iter_mut().for_each(|person| person.round_trip = None);
    page
}

/// What came of a message: its reply, or its silence, or its end.
async fn outcome(raw: &mut Raw) -> (Option<Value>, Option<End>) {
    match raw.settle("mark").await {
        Ok(came) => (came.into_iter().find(|message| message["correlation_id"] == "cell"), None),
        Err(end) => (None, Some(end)),
    }
}

/// Says one thing as one person, and looks at what comes of it.
async fn check_cell(
    house: &House,
    scene: &Scene,
    keys: &Keys,
    person: Person,
    (kind, data, expected): (&str, &str, Outcome),
) {
    let what = format!("{person:?} says {kind} {data}");
    let mut raw = open(house, scene, keys, person).await;
    if let Some(Closed(code)) = person.at_the_door() {
        let before = page(house, scene.code).await;
        raw.send(tokio_tungstenite::tungstenite::Message::Text(format!(r#"{{"type":"{kind}"}}"#).into())).await;
        assert_eq!(raw.until_end().await.map(|(code, _)| code), Some(code), "{what}");
        assert_eq!(page(house, scene.code).await, before, "{what}");
        return;
    }
    let came = raw.settle("in").await.expect("let in");
    assert_eq!(came.first().map(|message| &message["type"]), Some(&json!("connection")), "{what}");
    let before = page(house, scene.code).await;
    let data = data.replace("{step}", &before.show.step.to_string());
    let data = data.replace("{code}", scene.code.as_str()).replace("{other}", scene.other.as_str());
    let data: Value = serde_json::from_str(&data).expect("JSON");
    raw.say(json!({ "type": kind, "data": data, "correlation_id": "cell" })).await;
    if expected == Leaves {
        raw.until("left_session").await;
        assert_eq!(raw.until_end().await.map(|(code, _)| code), Some(1001), "{what}");
        return;
    }
    if kind == "refresh" {
        // It is looked up by a task of its own.
        assert_eq!(raw.until("error").await["code"], "bad_token", "{what}");
        assert_eq!(page(house, scene.code).await, before, "{what}");
        return;
    }
    if let Changes(reply) = expected {
        let message = raw.until_one(|message| message["correlation_id"] == "cell").await;
        assert_eq!(message["type"], reply, "{what}: {message}");
        assert_ne!(page(house, scene.code).await, before, "{what}");
        return;
    }
    // A room's refusal comes from its keeper, after the mark perhaps; whatever is on its way has come with the second.
    let (mut reply, end) = outcome(&mut raw).await;
    let after = page(house, scene.code).await;
    if reply.is_none() {
        reply = outcome(&mut raw).await.0;
    }
    assert_eq!(end, None, "{what}");
    assert_eq!(after, before, "{what}");
    let said = reply.as_ref().map(|reply| (reply["type"].as_str(), reply["code"].as_str()));
    match expected {
        Told(kind) => assert_eq!(said, Some((Some(kind), None)), "{what}"),
        Refused(code) => assert_eq!(said, Some((Some("error"), Some(code))), "{what}"),
        Silent => assert_eq!(said, None, "{what}"),
        Changes(_) | Leaves | Closed(_) => unreachable!("looked at before"),
    }
}

/// Check A9.
fn check_people(people: &[Person]) {
    let folder = folder();
    on_runtime(async {
        let turn = |config: &mut Config| {
            config.environment = Environment::Staging;
            config.require_auth = false;
            // One person walks through all rows.
            config.limits.messages_per_minute = u32::MAX;
            config.limits.pings_per_10s = u32::MAX;
        };
        let mut house = House::open_configured(folder.path(), turn).await;
        let admin = house.set_up().await;
        let expired = token_of(&house, "late@northwind.example", Role::Member).await;
        house.running.house.clock.pass(Millis(31 * 60_000));
        let keys = Keys {
            admin,
            viewer: token_of(&house, "vera@northwind.example", Role::Viewer).await,
            member: token_of(&house, "mo@northwind.example", Role::Member).await,
            stranger: token_of_stranger(&house).await,
            expired,
        };
        for person in people {
            let column = INSIDE.iter().position(|inside| inside == person);
            let mut scene = open_scene(&mut house, &keys.admin).await;
            for (kind, data, outcomes) in TABLE {
                let expected = column.map_or(Silent, |column| outcomes[column]);
                check_cell(&house, &scene, &keys, *person, (kind, data, expected)).await;
                if matches!(expected, Changes(_) | Leaves) {
                    scene = open_scene(&mut house, &keys.admin).await;
                }
            }
        }
    });
}

#[test]
fn lookers_on_and_players_may_say_what_the_table_says() {
    check_people(&PEOPLE[..3]);
}

#[test]
fn hosts_and_stages_may_say_what_the_table_says() {
    check_people(&PEOPLE[3..5]);
}

#[test]
fn accounts_may_say_what_the_table_says() {
    check_people(&PEOPLE[5..]);
}

/// A message type that the table does not know fails here.
#[test]
fn every_type_of_message_is_in_the_table() {
    let source = include_str!("../protocol/frame.rs");
    let asked =
        source.split("pub fn asked").nth(1).and_then(|rest| rest.split("fn inner_id").next()).expect("it is there");
    let known = asked.lines().filter_map(|line| line.trim().strip_prefix("Some(\""));
    let names: Vec<&str> = known.filter_map(|rest| rest.split('"').next()).collect();
    assert!(names.len() >= 8, "{names:?}");
    for name in names {
        assert!(TABLE.iter().any(|(kind, _, _)| *kind == name), "{name} is in no row");
    }
}
