//! Sessions that go: with their facts, seats, answers and messages, piece by piece.
//!
//! Others who write wait no longer than one piece takes. The session's own row goes last, so that a deletion that was cut
//! off is gone on with by the next.

use crate::domain::ids::SessionId;
use crate::domain::time::Timestamp;
use crate::server::store::{Store, StoreError, unreadable};

/// Rows that go at once.
const AT_ONCE: u32 = 2_000;
/// Sessions of one sweep; the next one goes on.
const SWEPT_AT_ONCE: u32 = 1_000;

/// What a session has beside its own row, in the order in which it can go: what refers to other rows before these.
const PIECES: [&str; 6] = [
    "delete from chat where (session_id, no) in (select session_id, no from chat where session_id = $1 limit $2)",
    "delete from answer
     where (session_id, turn, seat) in (select session_id, turn, seat from answer where session_id = $1 limit $2)",
    "delete from timed_answer
     where (session_id, seat, attempt, question) in (
         select session_id, seat, attempt, question from timed_answer where session_id = $1 limit $2
     )",
    "delete from timed_seat
     where (session_id, seat) in (select session_id, seat from timed_seat where session_id = $1 limit $2)",
    "delete from fact where (session_id, no) in (select session_id, no from fact where session_id = $1 limit $2)",
    "delete from seat where (session_id, seat) in (select session_id, seat from seat where session_id = $1 limit $2)",
];

impl Store {
    /// Deletes the sessions that ended at this time or before; returns how many there were.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`]; what was deleted before stays deleted.
    pub async fn sweep_sessions(&self, ended: Timestamp) -> Result<u64, StoreError> {
        // Uses the index session_by_end.
        let over: Vec<i64> = sqlx::query_scalar(
            "select id from session where closed_at_ms is not null and closed_at_ms <= $1 order by closed_at_ms limit $2",
        )
        .bind(ended.0)
        .bind(SWEPT_AT_ONCE)
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        let mut swept = 0;
        for session in over {
            self.delete_session(SessionId(session)).await?;
            swept += 1;
        }
        Ok(swept)
    }

    /// Deletes a session and everything of it; one that is not there is deleted already.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`]; asking again goes on.
    pub async fn delete_session(&self, id: SessionId) -> Result<(), StoreError> {
        while self.delete_piece(id).await? {}
        Ok(())
    }

    /// Deletes the next piece; false when nothing is left.
    async fn delete_piece(&self, id: SessionId) -> Result<bool, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                for piece in PIECES {
                    let gone = sqlx::query(piece).bind(id.0).bind(AT_ONCE).execute(&mut *db).await?;
                    if gone.rows_affected() > 0 {
                        return Ok(true);
                    }
                }
                sqlx::query("delete from session where id = $1").bind(id.0).execute(db).await?;
                Ok(false)
            })
        })
        .await
    }
}
