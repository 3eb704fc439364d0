//! Links by which colleagues make their accounts: made, listed until they are used, used once, taken back.
//!
//! Keeps the hash of the secret part, never the link. Rows stay for a while after their end, so that who comes late is told
//! why.

use sqlx::SqliteConnection;

use crate::domain::audit::{AuditAction, AuditActor, AuditDetail, AuditSubject, SignInWay};
use crate::domain::ids::{AdminId, ColleagueInviteId, OrganisationId};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::server::store::account::read_role;
use crate::server::store::admin::{NewAdmin, insert};
use crate::server::store::audit::{self, AuditEntry};
use crate::server::store::{Store, StoreError, unreadable};

/// Links of one organisation that may be open at once.
pub const INVITES_MAX: u32 = 200;

/// A link that is about to be made.
#[derive(Clone, Debug)]
pub struct NewColleagueInvite {
    /// Where the colleague comes to.
    pub organisation: OrganisationId,
    /// SHA-256 of the secret part, in hexadecimal.
    pub secret_hash: String,
    /// What they will be.
    pub role: Role,
    /// The only address that may be used, in lower case, if it is to be one.
    pub email: Option<String>,
    /// When it ends.
    pub ends_at: Timestamp,
}

/// A link, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColleagueInviteRow {
    /// Its id.
    pub id: ColleagueInviteId,
    /// What the colleague will be.
    pub role: Role,
    /// The only address that may be used, if it is one.
    pub email: Option<String>,
    /// Who made it; nobody if it was the command line.
    pub made_by: Option<AdminId>,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
}

/// How things stand with a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColleagueInvite {
    /// It makes an account.
    Open {
        /// Its id.
        id: ColleagueInviteId,
        /// Where the colleague comes to.
        organisation: OrganisationId,
        /// Its name.
        organisation_name: String,
        /// What they will be.
        role: Role,
        /// The only address that may be used, if it is one.
        email: Option<String>,
    },
    /// It has made one.
    Used,
    /// It was taken back.
    Revoked,
    /// Its time is over.
    Expired,
    /// There is none, or none any more.
    Unknown,
}

type Columns = (i64, String, Option<String>, Option<i64>, i64, i64);

impl Store {
    /// Makes a link.
    ///
    /// # Errors
    /// [`StoreError::TooMany`] beyond [`INVITES_MAX`] that are open.
    pub async fn invite_colleague(
        &self,
        new: NewColleagueInvite,
        at: Timestamp,
    ) -> Result<ColleagueInviteId, StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                let NewColleagueInvite { organisation, secret_hash, role, email, ends_at } = new;
                // Uses the index colleague_invite_by_organisation.
                let open: u32 = sqlx::query_scalar(
                    "select count(*) from colleague_invite
                     where organisation_id = $1 and used_at_ms is null and revoked_at_ms is null and ends_at_ms > $2",
                )
                .bind(organisation.0)
                .bind(at.0)
                .fetch_one(&mut *db)
                .await?;
                if open >= INVITES_MAX {
                    return Err(StoreError::TooMany(INVITES_MAX));
                }
                let id: i64 = sqlx::query_scalar(
                    "insert into colleague_invite
                         (organisation_id, secret_hash, role, email, made_by, made_at_ms, ends_at_ms)
                     values ($1, $2, $3, $4, $5, $6, $7)
                     returning id",
                )
                .bind(organisation.0)
                .bind(&secret_hash)
                .bind(role.name())
                .bind(&email)
                .bind(by.account().map(|account| account.0))
                .bind(at.0)
                .bind(ends_at.0)
                .fetch_one(&mut *db)
                .await?;
                let id = ColleagueInviteId(id);
                let (subject, detail) = (AuditSubject::ColleagueInvite(id), Some(AuditDetail::Role(role)));
                let entry = AuditEntry { organisation, by, action: AuditAction::ColleagueInvited, subject, detail };
                audit::write_down(db, entry, at).await?;
                Ok(id)
            })
        })
        .await
    }

    /// The links of an organisation that are open, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn open_colleague_invites(
        &self,
        organisation: OrganisationId,
        now: Timestamp,
    ) -> Result<Vec<ColleagueInviteRow>, StoreError> {
        // Uses the index colleague_invite_by_organisation.
        let rows: Vec<Columns> = sqlx::query_as(
            "select id, role, email, made_by, made_at_ms, ends_at_ms
             from colleague_invite
             where organisation_id = $1 and used_at_ms is null and revoked_at_ms is null and ends_at_ms > $2
             order by id desc",
        )
        .bind(organisation.0)
        .bind(now.0)
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        rows.into_iter().map(row).collect()
    }

    /// How things stand with the link whose secret part has this hash.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn colleague_invite(&self, secret_hash: &str, now: Timestamp) -> Result<ColleagueInvite, StoreError> {
        read(&mut *self.reader().await?, secret_hash, now).await
    }

    /// Uses a link: makes the account. Both happen or neither does.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the link is not open (any more), [`StoreError::Taken`] if the address has an account.
    pub async fn use_colleague_invite(
        &self,
        secret_hash: String,
        new: NewAdmin,
        at: Timestamp,
    ) -> Result<AdminId, StoreError> {
        self.write(move |db| Box::pin(use_invite(db, secret_hash, new, SignInWay::Invite, at))).await
    }

    /// Takes a link back.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the organisation has no such link, or it was used or taken back.
    pub async fn revoke_colleague_invite(
        &self,
        organisation: OrganisationId,
        id: ColleagueInviteId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                let revoked = sqlx::query(
                    "update colleague_invite set revoked_at_ms = $3
                     where id = $1 and organisation_id = $2 and used_at_ms is null and revoked_at_ms is null",
                )
                .bind(id.0)
                .bind(organisation.0)
                .bind(at.0)
                .execute(&mut *db)
                .await?;
                if revoked.rows_affected() == 0 {
                    return Err(StoreError::NotFound);
                }
                let subject = AuditSubject::ColleagueInvite(id);
                let action = AuditAction::ColleagueInviteRevoked;
                audit::write_down(db, AuditEntry { organisation, by, action, subject, detail: None }, at).await
            })
        })
        .await
    }

    /// Forgets links that ended before a time.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn sweep_colleague_invites(&self, before: Timestamp) -> Result<(), StoreError> {
        // Links are few: at most INVITES_MAX of an organisation are open at once.
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query("delete from colleague_invite where ends_at_ms < $1").bind(before.0).execute(db).await?;
                Ok(())
            })
        })
        .await
    }
}

/// Uses a link inside a write.
pub(super) async fn use_invite(
    db: &mut SqliteConnection,
    secret_hash: String,
    new: NewAdmin,
    way: SignInWay,
    at: Timestamp,
) -> Result<AdminId, StoreError> {
    let ColleagueInvite::Open { id, organisation, role, email, .. } = read(&mut *db, &secret_hash, at).await? else {
        return Err(StoreError::NotFound);
    };
    if email.is_some_and(|email| email != new.email) {
        return Err(StoreError::NotFound);
    }
    let account = insert(&mut *db, organisation, new, role, at).await?;
    sqlx::query("update colleague_invite set used_at_ms = $2 where id = $1")
        .bind(id.0)
        .bind(at.0)
        .execute(&mut *db)
        .await?;
    let by = AuditActor::Account(account);
    let (action, subject) = (AuditAction::ColleagueInviteUsed, AuditSubject::ColleagueInvite(id));
    let used = AuditEntry { organisation, by, action, subject, detail: Some(AuditDetail::Way(way)) };
    audit::write_down(&mut *db, used, at).await?;
    let (subject, detail) = (AuditSubject::Account(account), Some(AuditDetail::Role(role)));
    let made = AuditEntry { organisation, by, action: AuditAction::AccountCreated, subject, detail };
    audit::write_down(db, made, at).await?;
    Ok(account)
}

async fn read(db: &mut SqliteConnection, secret_hash: &str, now: Timestamp) -> Result<ColleagueInvite, StoreError> {
    type Found = (i64, i64, String, String, Option<String>, i64, bool, bool);
    let found: Option<Found> = sqlx::query_as(
        "select colleague_invite.id, organisation_id, organisation.name, role, email, ends_at_ms,
             used_at_ms is not null, revoked_at_ms is not null
         from colleague_invite
         join organisation on organisation.id = organisation_id
         where secret_hash = $1",
    )
    .bind(secret_hash)
    .fetch_optional(db)
    .await
    .map_err(unreadable)?;
    Ok(match found {
        None => ColleagueInvite::Unknown,
        Some((.., true, _)) => ColleagueInvite::Used,
        Some((.., true)) => ColleagueInvite::Revoked,
        Some((.., ends_at, false, false)) if ends_at <= now.0 => ColleagueInvite::Expired,
        Some((id, organisation, organisation_name, role, email, ..)) => ColleagueInvite::Open {
            id: ColleagueInviteId(id),
            organisation: OrganisationId(organisation),
            organisation_name,
            role: read_role(&role)?,
            email,
        },
    })
}

fn row((id, role, email, made_by, made_at, ends_at): Columns) -> Result<ColleagueInviteRow, StoreError> {
    let (id, role, made_by) = (ColleagueInviteId(id), read_role(&role)?, made_by.map(AdminId));
    let (made_at, ends_at) = (Timestamp(made_at), Timestamp(ends_at));
    Ok(ColleagueInviteRow { id, role, email, made_by, made_at, ends_at })
}
