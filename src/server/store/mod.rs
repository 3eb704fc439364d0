//! The store: everything that is on disk, behind one handle. The only home of SQL.
//!
//! It knows rows, not rules: what a fact means is the room's business, who may ask is `auth`'s.
//! One task writes, and commits what waits together in one transaction ([`writer`]); a few read-only connections read.
//! What a call has returned is on disk (WAL, `synchronous=FULL`), whatever happens next.
//!
//! Reading order: [`open`] (folder, lock, schema), [`writer`], [`fact`], then one file for each noun.

pub mod account;
pub mod admin;
pub mod audit;
pub mod backup;
mod chat;
pub mod colleague;
pub mod ending;
pub mod fact;
mod forgetting;
pub mod grant;
pub mod identity;
pub mod login;
pub mod mail;
pub mod notice;
pub mod open;
pub mod organisation;
pub mod person;
pub mod quiz;
pub mod session;
pub mod timed;
mod writer;

use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqlitePool};
use thiserror::Error;

use crate::domain::audit::AuditActor;
use crate::domain::time::Timestamp;
use crate::server::clock::Stopwatch;
use crate::server::metrics::Metrics;
use crate::server::store::open::Folder;
use crate::server::store::writer::{Borrowing, Writer};

/// The database and everything in it. A clone is the same store.
#[derive(Clone, Debug)]
pub struct Store {
    writer: Writer,
    readers: SqlitePool,
    folder: Arc<Folder>,
    metrics: Metrics,
    /// In whose name it is written; see [`Store::by`].
    actor: AuditActor,
}

/// Why the store did not do it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// The disk did not take it (full, read-only, broken). Nothing of it is stored; a later try may succeed.
    #[error("not saved: {0}")]
    NotSaved(String),
    /// What is already stored contradicts it, for example a fact with this number. A later try will not succeed.
    #[error("contradicts what is stored: {0}")]
    Contradiction(String),
    /// What must be unique is there already.
    #[error("there is one already")]
    Taken,
    /// There are as many already as there may be.
    #[error("there are {0} already, which is the most")]
    TooMany(u32),
    /// It would leave an organisation without an owner.
    #[error("every organisation needs an owner")]
    NeedsOwner,
    /// The row that was asked for is not there.
    #[error("not there")]
    NotFound,
    /// The row is not the version that was named any more.
    #[error("changed in the meantime")]
    Changed,
    /// It could not be read, or what was read makes no sense.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
}

impl Store {
    /// The same store, which writes into the audit log that it was them who did it. Without this it was the server.
    #[must_use]
    pub fn by(&self, actor: AuditActor) -> Self {
        Self { actor, ..self.clone() }
    }

    /// The highest time that any fact carries; the server's clock must not start below it.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn last_at_ms(&self) -> Result<Timestamp, StoreError> {
        // Runs once, at the start: a scan of the log.
        let last: Option<i64> = sqlx::query_scalar("select max(at_ms) from fact")
            .fetch_one(&mut *self.reader().await?)
            .await
            .map_err(unreadable)?;
        Ok(Timestamp(last.unwrap_or_default()))
    }

    /// Whether the store takes writes. After a failed one it tries again, so that a disk with room is noticed at once.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`] with the reason.
    pub async fn check(&self) -> Result<(), StoreError> {
        if self.writer.is_well() {
            return Ok(());
        }
        self.write(|db| {
            Box::pin(async {
                // Any real write will do; this one touches the first page and changes nothing.
                sqlx::query("pragma user_version = 0").execute(db).await?;
                Ok(())
            })
        })
        .await
    }

    /// Whether the disk took the last commit.
    pub fn is_well(&self) -> bool {
        self.writer.is_well()
    }

    /// Writes that wait for the disk.
    pub fn waiting(&self) -> usize {
        self.writer.waiting()
    }

    /// Bytes of the database with its log, if they can be read.
    pub fn bytes(&self) -> Option<u64> {
        self.folder.database_bytes()
    }

    /// Reading connections that are in use, and those that are not.
    pub fn pool(&self) -> (usize, usize) {
        let (all, idle) = (self.readers.size() as usize, self.readers.num_idle());
        (all.saturating_sub(idle), idle)
    }

    /// A connection for reading, as soon as one is free.
    async fn reader(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        let since = Stopwatch::start();
        let reader = self.readers.acquire().await.map_err(unreadable)?;
        self.metrics.reader_waited(since.elapsed());
        Ok(reader)
    }

    /// Finishes what waits, folds the log into the database and lets the folder go.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        self.folder.release();
    }
}

/// Maps a failure of reading.
fn unreadable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unreadable(error.to_string())
}

impl From<sqlx::Error> for StoreError {
    /// Maps a failure of writing: broken rules of the schema are contradictions, everything else is the disk.
    fn from(error: sqlx::Error) -> Self {
        use sqlx::error::ErrorKind;
        match &error {
            sqlx::Error::Database(database) => match database.kind() {
                ErrorKind::UniqueViolation
                | ErrorKind::ForeignKeyViolation
                | ErrorKind::NotNullViolation
                | ErrorKind::CheckViolation
                | ErrorKind::ExclusionViolation => Self::Contradiction(error.to_string()),
                _ => Self::NotSaved(error.to_string()),
            },
            sqlx::Error::RowNotFound => Self::NotFound,
            _ => Self::NotSaved(error.to_string()),
        }
    }
}

/// Whether a failure is a second one of what must be unique. Ask only where one constraint alone can cause it.
fn is_taken(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(database) if database.is_unique_violation())
}

#[cfg(test)]
mod tests;
