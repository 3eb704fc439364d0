//! What ended before its time, in the order in which it did.
//!
//! Rows are written in the transaction that ends something, by whichever process does it; every process that serves reads
//! on from where it was. What follows from them is `auth`'s business.

use sqlx::SqliteConnection;

use crate::domain::ids::{AdminId, GrantId};
use crate::domain::time::Timestamp;
use crate::server::store::{Borrowing, Store, StoreError, unreadable};

/// Something that ended before its time. When an account ends, each of its grants and logins is told as well.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// What a program had signed in with.
    Grant(GrantId),
    /// A browser's login, by its key.
    Login(String),
    /// All that an account had opened; it may be gone, or have another role or password.
    Account(AdminId),
}

impl Store {
    /// What ended after the row with this number, each with its own number, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn endings_after(&self, no: i64) -> Result<Vec<(i64, Ending)>, StoreError> {
        let rows: Vec<(i64, String, String)> =
            sqlx::query_as("select no, kind, what from ending where no > $1 order by no")
                .bind(no)
                .fetch_all(&self.readers)
                .await
                .map_err(unreadable)?;
        rows.into_iter().map(|(no, kind, what)| Ok((no, read(&kind, what)?))).collect()
    }

    /// Forgets what ended so long ago that nothing of it can be left.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn sweep_endings(&self, before: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query("delete from ending where at_ms < $1").bind(before.0).execute(db).await?;
                Ok(())
            })
        })
        .await
    }
}

/// Notes that something has ended, in the transaction that ends it.
pub(super) fn note(db: &mut SqliteConnection, ending: Ending, at: Timestamp) -> Borrowing<'_, Result<(), StoreError>> {
    Box::pin(async move {
        let (kind, what) = match ending {
            Ending::Grant(id) => ("grant", id.to_string()),
            Ending::Login(key) => ("login", key),
            Ending::Account(id) => ("account", id.to_string()),
        };
        sqlx::query("insert into ending (kind, what, at_ms) values ($1, $2, $3)")
            .bind(kind)
            .bind(&what)
            .bind(at.0)
            .execute(db)
            .await?;
        Ok(())
    })
}

/// Ends all grants and logins of an account, and notes it.
pub(super) fn end_account(
    db: &mut SqliteConnection,
    id: AdminId,
    at: Timestamp,
) -> Borrowing<'_, Result<(), StoreError>> {
    Box::pin(async move {
        sqlx::query(
            "insert into ending (kind, what, at_ms)
             select 'grant', cast(id as text), $2 from token_grant where admin_id = $1
             union all
             select 'login', key, $2 from login where admin_id = $1",
        )
        .bind(id.0)
        .bind(at.0)
        .execute(&mut *db)
        .await?;
        note(&mut *db, Ending::Account(id), at).await?;
        sqlx::query("delete from token_grant where admin_id = $1").bind(id.0).execute(&mut *db).await?;
        sqlx::query("delete from login where admin_id = $1").bind(id.0).execute(db).await?;
        Ok(())
    })
}

fn read(kind: &str, what: String) -> Result<Ending, StoreError> {
    match kind {
        "grant" => what.parse().map(Ending::Grant).map_err(unreadable),
        "login" => Ok(Ending::Login(what)),
        "account" => what.parse().map(Ending::Account).map_err(unreadable),
        other => Err(StoreError::Unreadable(format!("an ending of the kind {other}"))),
    }
}
