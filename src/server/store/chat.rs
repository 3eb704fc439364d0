//! Messages that a host has kept: written beside the log, and deleted from there without a trace.
//!
//! Knows which facts of the chat have which plain rows; who may write, and until when, is the room's business. Deleted
//! texts are overwritten in the file (`pragma secure_delete`); copies in the write-ahead log go with its next round.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

use crate::domain::chat::ChatText;
use crate::domain::ids::{MessageId, SeatId, SessionId};
use crate::domain::time::Timestamp;
use crate::room::fact::{Fact, FactBody};
use crate::server::store::{Store, StoreError};

impl Store {
    /// Deletes the messages whose time is over; returns how many there were.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn sweep_chat(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                // Uses the partial index session_by_chat_end, then the key of chat.
                let done = sqlx::query(
                    "delete from chat
                     where session_id in (select id from session where chat_kept_until_ms <= $1)",
                )
                .bind(now.0)
                .execute(db)
                .await?;
                Ok(done.rows_affected())
            })
        })
        .await
    }
}

/// What the facts of a group mean for the chat's rows.
#[derive(Default)]
pub(super) struct ChatRows<'a> {
    written: Vec<Written<'a>>,
    removed: Vec<(SessionId, MessageId)>,
    /// Sessions that keep nothing any more, with the number of the fact that says so.
    ended: Vec<(SessionId, u32)>,
    /// The last word on how long a session's messages are kept.
    kept_until: BTreeMap<SessionId, Option<Timestamp>>,
}

#[derive(Serialize)]
struct Written<'a> {
    session: SessionId,
    no: u32,
    message: MessageId,
    seat: Option<SeatId>,
    at: Timestamp,
    text: &'a ChatText,
}

impl<'a> ChatRows<'a> {
    /// Notes what follows from a message.
    pub(super) fn sent(&mut self, session: SessionId, fact: &'a Fact) {
        if let FactBody::ChatSent { message, by, text: Some(text) } = &fact.body {
            let (message, seat) = (*message, *by);
            self.written.push(Written { session, no: fact.no, message, seat, at: fact.at, text });
        }
    }

    /// Notes that a message was taken away.
    pub(super) fn removed(&mut self, session: SessionId, message: MessageId) {
        self.removed.push((session, message));
    }

    /// Notes that messages are kept from here on.
    pub(super) fn kept(&mut self, session: SessionId, until: Timestamp) {
        self.kept_until.insert(session, Some(until));
    }

    /// Notes that nothing is kept any more.
    pub(super) fn not_kept(&mut self, session: SessionId, no: u32) {
        self.ended.push((session, no));
        self.kept_until.insert(session, None);
    }

    /// Writes it down: what was written first, so that what was taken back in the same group goes as well.
    pub(super) async fn write(self, db: &mut SqliteConnection) -> Result<(), StoreError> {
        if !self.kept_until.is_empty() {
            let sessions: Vec<_> = self.kept_until.into_iter().collect();
            set_end(db, &json(&sessions)?).await?;
        }
        if !self.written.is_empty() {
            insert(db, &json(&self.written)?).await?;
        }
        if !self.removed.is_empty() {
            delete_removed(db, &json(&self.removed)?).await?;
        }
        if !self.ended.is_empty() {
            delete_before(db, &json(&self.ended)?).await?;
        }
        Ok(())
    }
}

fn json(rows: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(rows).map_err(|why| StoreError::Contradiction(why.to_string()))
}

async fn set_end(db: &mut SqliteConnection, json: &str) -> Result<(), StoreError> {
    sqlx::query(
        "update session
         set chat_kept_until_ms = item.value ->> '$[1]'
         from json_each($1) as item
         where session.id = item.value ->> '$[0]'",
    )
    .bind(json)
    .execute(db)
    .await?;
    Ok(())
}

async fn insert(db: &mut SqliteConnection, json: &str) -> Result<(), StoreError> {
    sqlx::query(
        "insert into chat (session_id, no, organisation_id, message, seat, sent_at_ms, text)
         select
             item.value ->> '$.session',
             item.value ->> '$.no',
             session.organisation_id,
             item.value ->> '$.message',
             item.value ->> '$.seat',
             item.value ->> '$.at',
             item.value ->> '$.text'
         from json_each($1) as item
         left join session on session.id = item.value ->> '$.session'",
    )
    .bind(json)
    .execute(db)
    .await?;
    Ok(())
}

async fn delete_removed(db: &mut SqliteConnection, json: &str) -> Result<(), StoreError> {
    sqlx::query(
        "delete from chat
         where (session_id, message) in (select value ->> '$[0]', value ->> '$[1]' from json_each($1))",
    )
    .bind(json)
    .execute(db)
    .await?;
    Ok(())
}

async fn delete_before(db: &mut SqliteConnection, json: &str) -> Result<(), StoreError> {
    sqlx::query(
        "delete from chat
         where (session_id, no) in (
             select chat.session_id, chat.no
             from json_each($1) as item
             join chat on chat.session_id = item.value ->> '$[0]' and chat.no < item.value ->> '$[1]'
         )",
    )
    .bind(json)
    .execute(db)
    .await?;
    Ok(())
}
