//! Facts: appended once, read whole.
//!
//! Knows which plain rows follow from which fact; it does not know what facts mean for the room.

use sqlx::sqlite::SqliteConnection;

use crate::domain::chat::ChatText;
use crate::domain::ids::{CommandId, SessionId};
use crate::domain::time::Timestamp;
use crate::room::fact::{Fact, FactBody};
use crate::server::store::chat::ChatRows;
use crate::server::store::{Store, StoreError, unreadable};

/// Number, time, kind, command, body, and the text beside the log.
type Columns = (u32, i64, String, Option<String>, Option<String>, Option<String>);

impl Store {
    /// All facts of a session, in their order, with those texts of its chat that still stand beside the log.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`], also when a number is missing: half a log would be another game.
    pub async fn facts(&self, session: SessionId) -> Result<Vec<Fact>, StoreError> {
        let rows: Vec<Columns> = sqlx::query_as(
            "select fact.no, fact.at_ms, fact.kind, fact.command_id, fact.body, chat.text
             from fact
             left join chat on chat.session_id = fact.session_id and chat.no = fact.no
             where fact.session_id = $1
             order by fact.no",
        )
        .bind(session.0)
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;

        let mut facts = Vec::with_capacity(rows.len());
        for ((no, at_ms, kind, command, body, written), expected) in rows.into_iter().zip(1..) {
            if no != expected {
                return Err(unreadable(format!("fact {expected} of session {session} is missing")));
            }
            let tell = |why: String| unreadable(format!("fact {no} of session {session}: {why}"));
            let command = command.map(|id| CommandId::parse(&id)).transpose().map_err(|why| tell(why.to_string()))?;
            let mut body = read_body(&kind, body.as_deref()).map_err(|why| tell(why.to_string()))?;
            if let FactBody::ChatSent { text, .. } = &mut body {
                *text = written.as_deref().map(ChatText::parse).transpose().map_err(|why| tell(why.to_string()))?;
            }
            facts.push(Fact { no, at: Timestamp(at_ms), command, body });
        }
        Ok(facts)
    }
}

/// Inserts the facts of several rooms and the plain rows that follow from them, with one statement for each kind of row.
pub(super) async fn insert(db: &mut SqliteConnection, items: &[(SessionId, &Fact)]) -> Result<(), StoreError> {
    // One parameter for all rows: each statement is one hop to the thread that runs SQLite, not one for each row.
    let json = serde_json::to_string(items).map_err(|why| StoreError::Contradiction(why.to_string()))?;
    let rows = Rows::that_follow(items);

    insert_facts(db, &json).await?;
    if rows.seats_taken {
        insert_seats(db, &json).await?;
    }
    if rows.answers {
        insert_answers(db, &json).await?;
    }
    if rows.seats_left {
        end_seats(db, &json).await?;
    }
    if rows.closings {
        close_sessions(db, &json).await?;
    }
    rows.chat.write(db).await
}

/// Which plain rows follow from a group of facts.
#[derive(Default)]
struct Rows<'a> {
    seats_taken: bool,
    seats_left: bool,
    answers: bool,
    closings: bool,
    chat: ChatRows<'a>,
}

impl<'a> Rows<'a> {
    fn that_follow(items: &[(SessionId, &'a Fact)]) -> Self {
        let mut rows = Self::default();
        for &(session, fact) in items {
            match fact.body {
                FactBody::SeatTaken { .. } => rows.seats_taken = true,
                FactBody::SeatRemoved { .. } | FactBody::SeatBlocked { .. } => rows.seats_left = true,
                FactBody::Answered { .. } => rows.answers = true,
                FactBody::Closed => rows.closings = true,
                FactBody::ChatSent { .. } => rows.chat.sent(session, fact),
                FactBody::ChatRemoved { message } => rows.chat.removed(session, message),
                FactBody::ChatKept { until } => rows.chat.kept(session, until),
                FactBody::ChatNotKept => rows.chat.not_kept(session, fact.no),
                FactBody::Opened(_)
                | FactBody::Locked
                | FactBody::Unlocked
                | FactBody::TurnOpened { .. }
                | FactBody::AnswersOpened { .. }
                | FactBody::TurnClosed { .. }
                | FactBody::TurnStruck { .. }
                | FactBody::StandingsShown { .. }
                | FactBody::PodiumShown
                | FactBody::ChatOpened
                | FactBody::ChatClosed => {}
            }
        }
        rows
    }
}

async fn insert_facts(db: &mut SqliteConnection, json: &str) -> Result<(), StoreError> {
    // An unknown session has no organisation, which the column refuses.
    sqlx::query(
        "insert into fact (session_id, no, organisation_id, at_ms, kind, command_id, body)
         select
             item.value ->> '$[0]',
             item.value ->> '$[1].no',
             session.organisation_id,
             item.value ->> '$[1].at',
             item.value ->> '$[1].body.kind',
             item.value ->> '$[1].command',
             item.value -> '$[1].body.data'
         from json_each($1) as item
         left join session on session.id = item.value ->> '$[0]'",
    )
    .bind(json)
    .execute(db)
    .await?;
    Ok(())
}

async fn insert_seats(db: &mut SqliteConnection, json: &str) -> Result<(), StoreError> {
    sqlx::query(
        "insert into seat (session_id, seat, organisation_id, name, taken_at_ms)
         select
             item.value ->> '$[0]',
             item.value ->> '$[1].body.data.seat',
             session.organisation_id,
             item.value ->> '$[1].body.data.name',
             item.value ->> '$[1].at'
         from json_each($1) as item
         left join session on session.id = item.value ->> '$[0]'
         where item.value ->> '$[1].body.kind' = 'seat_taken'",
    )
    .bind(json)
    .execute(db)
    .await?;
    Ok(())
}

async fn insert_answers(db: &mut SqliteConnection, json: &str) -> Result<(), StoreError> {
    sqlx::query(
        "insert into answer
             (session_id, turn, seat, organisation_id, choice, received_at_ms, elapsed_ms, credited_ms, command_id)
         select
             item.value ->> '$[0]',
             item.value ->> '$[1].body.data.turn',
             item.value ->> '$[1].body.data.seat',
             session.organisation_id,
             item.value -> '$[1].body.data.choice',
             item.value ->> '$[1].body.data.received_at',
             item.value ->> '$[1].body.data.elapsed',
             item.value ->> '$[1].body.data.credited',
             item.value ->> '$[1].command'
         from json_each($1) as item
         left join session on session.id = item.value ->> '$[0]'
         where item.value ->> '$[1].body.kind' = 'answered'",
    )
    .bind(json)
    .execute(db)
    .await?;
    Ok(())
}

async fn end_seats(db: &mut SqliteConnection, json: &str) -> Result<(), StoreError> {
    sqlx::query(
        "update seat
         set left_at_ms = item.value ->> '$[1].at',
             is_blocked = item.value ->> '$[1].body.kind' = 'seat_blocked'
         from json_each($1) as item
         where seat.session_id = item.value ->> '$[0]'
           and seat.seat = item.value ->> '$[1].body.data.seat'
           and item.value ->> '$[1].body.kind' in ('seat_removed', 'seat_blocked')",
    )
    .bind(json)
    .execute(db)
    .await?;
    Ok(())
}

async fn close_sessions(db: &mut SqliteConnection, json: &str) -> Result<(), StoreError> {
    sqlx::query(
        "update session
         set closed_at_ms = item.value ->> '$[1].at'
         from json_each($1) as item
         where session.id = item.value ->> '$[0]'
           and item.value ->> '$[1].body.kind' = 'closed'",
    )
    .bind(json)
    .execute(db)
    .await?;
    Ok(())
}

/// Puts kind and data together again; see [`FactBody`] for the stored form.
fn read_body(kind: &str, data: Option<&str>) -> serde_json::Result<FactBody> {
    let kind = serde_json::to_string(kind)?;
    match data {
        Some(data) => serde_json::from_str(&format!(r#"{{"kind":{kind},"data":{data}}}"#)),
        None => serde_json::from_str(&format!(r#"{{"kind":{kind}}}"#)),
    }
}
