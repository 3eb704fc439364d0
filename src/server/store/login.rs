//! Logins: one row for each browser in which an admin is signed in.
//!
//! Keeps the hash of what the cookie holds, never the value; what a record means is `auth`'s business.

use crate::domain::ids::{AdminId, OrganisationId};
use crate::domain::time::Timestamp;
use crate::server::store::ending::{Ending, note};
use crate::server::store::{Store, StoreError, unreadable};

/// A login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginRow {
    /// SHA-256 of the cookie's value, in hexadecimal.
    pub key: String,
    /// The admin's organisation.
    pub organisation: OrganisationId,
    /// The admin.
    pub admin: AdminId,
    /// JSON.
    pub record: String,
    /// When it ends, however much it is used.
    pub ends_at: Timestamp,
    /// When it ends if it is not used.
    pub idle_until: Timestamp,
}

impl Store {
    /// Keeps a login, in place of what had the same key.
    ///
    /// # Errors
    /// [`StoreError::Contradiction`] if there is no such admin.
    pub async fn save_login(&self, login: LoginRow) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query(
                    "insert into login (key, organisation_id, admin_id, record, ends_at_ms, idle_until_ms)
                     values ($1, $2, $3, $4, $5, $6)
                     on conflict (key) do update
                     set organisation_id = excluded.organisation_id, admin_id = excluded.admin_id,
                         record = excluded.record, ends_at_ms = excluded.ends_at_ms,
                         idle_until_ms = excluded.idle_until_ms",
                )
                .bind(&login.key)
                .bind(login.organisation.0)
                .bind(login.admin.0)
                .bind(&login.record)
                .bind(login.ends_at.0)
                .bind(login.idle_until.0)
                .execute(db)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Notes that a login is in use, if it is still there.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn prolong_login(&self, key: String, idle_until: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query("update login set idle_until_ms = $2 where key = $1")
                    .bind(&key)
                    .bind(idle_until.0)
                    .execute(db)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// The login with this key, if it has not ended.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn login(&self, key: &str, now: Timestamp) -> Result<Option<LoginRow>, StoreError> {
        let found: Option<(String, i64, i64, String, i64, i64)> = sqlx::query_as(
            "select key, organisation_id, admin_id, record, ends_at_ms, idle_until_ms
             from login
             where key = $1 and ends_at_ms > $2 and idle_until_ms > $2",
        )
        .bind(key)
        .bind(now.0)
        .fetch_optional(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        Ok(found.map(|(key, organisation, admin, record, ends_at, idle_until)| LoginRow {
            key,
            organisation: OrganisationId(organisation),
            admin: AdminId(admin),
            record,
            ends_at: Timestamp(ends_at),
            idle_until: Timestamp(idle_until),
        }))
    }

    /// Ends a login, if it is still there.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn end_login(&self, key: String, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let gone = sqlx::query("delete from login where key = $1").bind(&key).execute(&mut *db).await?;
                if gone.rows_affected() == 0 { Ok(()) } else { note(db, Ending::Login(key), at).await }
            })
        })
        .await
    }

    /// Forgets all logins that have ended.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn sweep_logins(&self, now: Timestamp) -> Result<(), StoreError> {
        // Logins are few: one for each browser of an admin.
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query("delete from login where idle_until_ms <= $1 or ends_at_ms <= $1")
                    .bind(now.0)
                    .execute(db)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}
