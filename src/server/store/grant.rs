//! Grants: one row for each program that is signed in with an account.
//!
//! Keeps hashes of a refresh token's two halves, never the token: the first half stays through all renewals and finds the
//! grant, the second is new each time, so that one which comes again is seen.

use sqlx::SqliteConnection;

use crate::domain::audit::{AuditAction, AuditActor, AuditSubject};
use crate::domain::ids::{AdminId, GrantId, OrganisationId};
use crate::domain::time::Timestamp;
use crate::server::store::account::see;
use crate::server::store::admin::{AdminRow, by_id};
use crate::server::store::audit::{self, AuditEntry};
use crate::server::store::ending::{Ending, note};
use crate::server::store::{Borrowing, Store, StoreError, unreadable};

/// Grants of one account; when one more begins, the oldest ends.
pub const GRANTS_MAX: i64 = 50;

/// A grant that is about to begin.
#[derive(Clone, Debug)]
pub struct NewGrant {
    /// The account's organisation.
    pub organisation: OrganisationId,
    /// The account.
    pub admin: AdminId,
    /// The hash of the first half of its refresh tokens.
    pub family_hash: String,
    /// The hash of the second half of the first one.
    pub refresh_hash: String,
    /// When it begins.
    pub begun_at: Timestamp,
    /// When it ends, however often it is renewed.
    pub ends_at: Timestamp,
}

/// What became of a try to renew a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// It goes on; what was sent is good no more.
    Renewed {
        /// The grant.
        id: GrantId,
        /// The account as it is now.
        admin: AdminRow,
        /// When it ends, however often it is renewed.
        ends_at: Timestamp,
    },
    /// What was sent had been used already: somebody has a copy, so all of it has ended.
    Reused,
    /// There is no such grant, or it has ended.
    Unknown,
}

impl Store {
    /// Begins a grant.
    ///
    /// # Errors
    /// [`StoreError::Contradiction`] if there is no such account.
    pub async fn begin_grant(&self, new: NewGrant) -> Result<GrantId, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let surplus: Vec<i64> = sqlx::query_scalar(
                    "delete from token_grant
                     where id in (select id from token_grant where admin_id = $1 order by id desc limit -1 offset $2)
                     returning id",
                )
                .bind(new.admin.0)
                .bind(GRANTS_MAX - 1)
                .fetch_all(&mut *db)
                .await?;
                let (organisation, subject) = (new.organisation, AuditSubject::Account(new.admin));
                for id in surplus {
                    note(&mut *db, Ending::Grant(GrantId(id)), new.begun_at).await?;
                    let (by, action) = (AuditActor::System, AuditAction::ProgramSignedOut);
                    let entry = AuditEntry { organisation, by, action, subject, detail: None };
                    audit::write_down(&mut *db, entry, new.begun_at).await?;
                }
                let id = sqlx::query_scalar(
                    "insert into token_grant
                         (organisation_id, admin_id, family_hash, refresh_hash, begun_at_ms, ends_at_ms, used_at_ms)
                     values ($1, $2, $3, $4, $5, $6, $5)
                     returning id",
                )
                .bind(new.organisation.0)
                .bind(new.admin.0)
                .bind(&new.family_hash)
                .bind(&new.refresh_hash)
                .bind(new.begun_at.0)
                .bind(new.ends_at.0)
                .fetch_one(&mut *db)
                .await?;
                see(&mut *db, new.admin, new.begun_at).await?;
                let (by, action) = (AuditActor::Account(new.admin), AuditAction::ProgramSignedIn);
                let entry = AuditEntry { organisation, by, action, subject, detail: None };
                audit::write_down(db, entry, new.begun_at).await?;
                Ok(GrantId(id))
            })
        })
        .await
    }

    /// The grant whose refresh tokens are of this family, if it goes on: asked before it is changed, so that guesses cost
    /// no write.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn grant_of_family(&self, family_hash: &str, now: Timestamp) -> Result<Option<GrantId>, StoreError> {
        let id: Option<i64> =
            sqlx::query_scalar("select id from token_grant where family_hash = $1 and ends_at_ms > $2")
                .bind(family_hash)
                .bind(now.0)
                .fetch_optional(&self.readers)
                .await
                .map_err(unreadable)?;
        Ok(id.map(GrantId))
    }

    /// Renews a grant if `sent_hash` is of the refresh token that is good now, and ends it if it is not.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn renew_grant(
        &self,
        family_hash: String,
        sent_hash: String,
        next_hash: String,
        now: Timestamp,
    ) -> Result<Renewal, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let found: Option<(i64, i64, String, i64)> = sqlx::query_as(
                    "select id, admin_id, refresh_hash, ends_at_ms
                     from token_grant
                     where family_hash = $1 and ends_at_ms > $2",
                )
                .bind(&family_hash)
                .bind(now.0)
                .fetch_optional(&mut *db)
                .await?;
                let Some((id, admin, good_hash, ends_at)) = found else { return Ok(Renewal::Unknown) };
                if sent_hash != good_hash {
                    end(db, Some(AuditActor::System), GrantId(id), now).await?;
                    return Ok(Renewal::Reused);
                }
                sqlx::query("update token_grant set refresh_hash = $2, used_at_ms = $3 where id = $1")
                    .bind(id)
                    .bind(&next_hash)
                    .bind(now.0)
                    .execute(&mut *db)
                    .await?;
                see(&mut *db, AdminId(admin), now).await?;
                let admin = by_id(db, AdminId(admin)).await?;
                Ok(Renewal::Renewed { id: GrantId(id), admin, ends_at: Timestamp(ends_at) })
            })
        })
        .await
    }

    /// Ends a grant, if it is still there: whoever has its tokens signs out.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn end_grant(&self, id: GrantId, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| end(db, None, id, at)).await
    }

    /// Forgets all grants that are over by themselves.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn sweep_grants(&self, now: Timestamp) -> Result<(), StoreError> {
        // Grants are few: at most GRANTS_MAX for each account.
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query("delete from token_grant where ends_at_ms <= $1").bind(now.0).execute(db).await?;
                Ok(())
            })
        })
        .await
    }
}

/// Ends a grant, if it is still there. Unless it is said who does, it is whoever it belongs to.
fn end(
    db: &mut SqliteConnection,
    by: Option<AuditActor>,
    id: GrantId,
    at: Timestamp,
) -> Borrowing<'_, Result<(), StoreError>> {
    Box::pin(async move {
        let gone: Option<(i64, i64)> =
            sqlx::query_as("delete from token_grant where id = $1 returning organisation_id, admin_id")
                .bind(id.0)
                .fetch_optional(&mut *db)
                .await?;
        let Some((organisation, admin)) = gone else { return Ok(()) };
        note(&mut *db, Ending::Grant(id), at).await?;
        let subject = AuditSubject::Account(AdminId(admin));
        let (organisation, by) = (OrganisationId(organisation), by.unwrap_or(AuditActor::Account(AdminId(admin))));
        let entry = AuditEntry { organisation, by, action: AuditAction::ProgramSignedOut, subject, detail: None };
        audit::write_down(db, entry, at).await
    })
}
