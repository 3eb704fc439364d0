//! Logins: one row for each browser in which an admin is signed in.
//!
//! Keeps the hash of what the cookie holds, never the value; what a record means is `auth`'s business.

use crate::domain::audit::{AuditAction, AuditActor, AuditDetail, AuditSubject, SignInWay};
use crate::domain::ids::{AdminId, OrganisationId};
use crate::domain::time::Timestamp;
use crate::server::store::account::see;
use crate::server::store::audit::{self, AuditEntry};
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
    /// When it began.
    pub begun_at: Timestamp,
    /// The kind of browser, in words.
    pub browser: String,
    /// How somebody came in.
    pub way: SignInWay,
}

/// What is read again of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptLogin {
    /// JSON.
    pub record: String,
    /// When it ends, however much it is used.
    pub ends_at: Timestamp,
    /// When it ends if it is not used.
    pub idle_until: Timestamp,
}

impl Store {
    /// Keeps a login, in place of what had the same key. A new one is written into the audit log.
    ///
    /// # Errors
    /// [`StoreError::Contradiction`] if there is no such admin.
    pub async fn save_login(&self, login: LoginRow, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let is_known: bool = sqlx::query_scalar("select exists (select 1 from login where key = $1)")
                    .bind(&login.key)
                    .fetch_one(&mut *db)
                    .await?;
                sqlx::query(
                    "insert into login
                         (key, organisation_id, admin_id, record, ends_at_ms, idle_until_ms, begun_at_ms, browser)
                     values ($1, $2, $3, $4, $5, $6, $7, $8)
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
                .bind(login.begun_at.0)
                .bind(&login.browser)
                .execute(&mut *db)
                .await?;
                if is_known {
                    return Ok(());
                }
                see(&mut *db, login.admin, at).await?;
                let entry = AuditEntry {
                    organisation: login.organisation,
                    by: AuditActor::Account(login.admin),
                    action: AuditAction::SignedIn,
                    subject: AuditSubject::Account(login.admin),
                    detail: Some(AuditDetail::Way(login.way)),
                };
                audit::write_down(db, entry, at).await
            })
        })
        .await
    }

    /// Notes that a login is in use, if it is still there.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn prolong_login(&self, key: String, idle_until: Timestamp, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let admin: Option<i64> =
                    sqlx::query_scalar("update login set idle_until_ms = $2 where key = $1 returning admin_id")
                        .bind(&key)
                        .bind(idle_until.0)
                        .fetch_optional(&mut *db)
                        .await?;
                match admin {
                    Some(admin) => see(db, AdminId(admin), at).await,
                    None => Ok(()),
                }
            })
        })
        .await
    }

    /// The login with this key, if it has not ended.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn login(&self, key: &str, now: Timestamp) -> Result<Option<KeptLogin>, StoreError> {
        let found: Option<(String, i64, i64)> = sqlx::query_as(
            "select record, ends_at_ms, idle_until_ms
             from login
             where key = $1 and ends_at_ms > $2 and idle_until_ms > $2",
        )
        .bind(key)
        .bind(now.0)
        .fetch_optional(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        Ok(found.map(|(record, ends_at, idle_until)| KeptLogin {
            record,
            ends_at: Timestamp(ends_at),
            idle_until: Timestamp(idle_until),
        }))
    }

    /// Which of these logins have not ended, each with when it ends if it is not used.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn live_logins(&self, keys: Vec<String>, now: Timestamp) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let keys = serde_json::to_string(&keys).map_err(unreadable)?;
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "select key, idle_until_ms
             from login
             where key in (select value from json_each($1)) and ends_at_ms > $2 and idle_until_ms > $2",
        )
        .bind(keys)
        .bind(now.0)
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        Ok(rows.into_iter().map(|(key, idle_until)| (key, Timestamp(idle_until))).collect())
    }

    /// Ends a login, if it is still there: whoever has its cookie signs out.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn end_login(&self, key: String, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let gone: Option<(i64, i64)> =
                    sqlx::query_as("delete from login where key = $1 returning organisation_id, admin_id")
                        .bind(&key)
                        .fetch_optional(&mut *db)
                        .await?;
                let Some((organisation, admin)) = gone else { return Ok(()) };
                note(&mut *db, Ending::Login(key), at).await?;
                let entry = AuditEntry {
                    organisation: OrganisationId(organisation),
                    by: AuditActor::Account(AdminId(admin)),
                    action: AuditAction::SignedOut,
                    subject: AuditSubject::Account(AdminId(admin)),
                    detail: None,
                };
                audit::write_down(db, entry, at).await
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
