//! The sockets: every one of the route table, with what its address may carry and what it speaks.
//!
//! Method, path and guard come from the table; a test opens every door and compares.

use crate::protocol::dialect::Dialect;
use crate::server::routes::{DOORS, Guard};

/// One socket.
#[derive(Clone, Debug)]
pub struct DoorRow {
    /// Its name in the document.
    pub name: &'static str,
    /// Where; names in braces stand for any value.
    pub path: &'static str,
    /// Who may open it.
    pub guard: Guard,
    /// What it speaks to who offers no `podium.v1`.
    pub dialect: Dialect,
    /// What it is for.
    pub says: &'static str,
    /// What may stand in the query.
    pub query: Vec<(&'static str, &'static str)>,
}

/// The door that sends everything back; it has no messages of its own.
pub const ECHO: &str = "echo";

/// What the query of a room's door may say, beside what every door takes.
const PLACE: &[(&str, &str)] = &[
    ("as", "player, stage or host; as a rule what the credential makes you"),
    ("epoch", "the epoch of your position, together with seq: go on from there"),
    ("seq", "the number of the last event that you have"),
];
/// How a program shows who it is where it can send no header.
const CREDENTIAL: &[(&str, &str)] = &[
    ("ticket", "a single-use ticket from POST /api/v1/auth/ticket"),
    ("token", "an access token, for who can send no header; masked in every log"),
];

/// All sockets that the route table has.
pub fn doors() -> Vec<DoorRow> {
    let row = |name, path, dialect, says, query: &[&[(&'static str, &'static str)]]| {
        let door = DOORS.iter().find(|door| door.path == path).expect("the contract names doors of the route table");
        DoorRow { name, path, guard: door.guard, dialect, says, query: query.concat() }
    };
    vec![
        row("room", "/ws/{session}", Dialect::Trivia, "A session, by its join code or its id.", &[PLACE, CREDENTIAL]),
        row(
            "leaderboard",
            "/ws/quiz-realtime/{room_id}",
            Dialect::ClauseBot,
            "The same session, for clients of a live leaderboard.",
            &[PLACE, CREDENTIAL],
        ),
        row(
            "person",
            "/ws",
            Dialect::Netra,
            "An account's own connection: it enters and leaves sessions with join_session and leave_session.",
            &[CREDENTIAL],
        ),
        row("events", "/api/ws", Dialect::MasterX, "The same, for clients that take events by type.", &[CREDENTIAL]),
        row(
            "admin",
            "/admin/stream",
            Dialect::Catalytic,
            "The people of the caller's organisation: the newest of them, then whatever changes about any of them; notices, and to the house's own admins how the house is.",
            &[&PLACE[1..], CREDENTIAL],
        ),
        row(
            "seat",
            "/session/{session_id}/stream",
            Dialect::CatalyticSeat,
            "One seat of a timed session, by the session's join code or its id: the seat's own page and its time.",
            &[&PLACE[1..], CREDENTIAL],
        ),
        row(
            ECHO,
            "/ws/echo",
            Dialect::Podium,
            "Sends everything back as it came, where the operator opened it with --echo; no message of this contract.",
            &[],
        ),
    ]
}

/// A guard in words.
pub fn guard_words(guard: Guard) -> &'static str {
    match guard {
        Guard::Anyone => "anybody",
        Guard::Seat => "anybody; the answer depends on the seat that the browser holds",
        Guard::May(_) => "an account whose role may do this",
        Guard::Account => "an account",
        Guard::Room => "whoever has a seat in the room or hosts it, and accounts of its organisation",
        Guard::Person => "whoever has an account",
        Guard::Desk => "an account that may manage people (owner, admin)",
    }
}
