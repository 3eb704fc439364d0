//! Identities: who an account is at an issuer of OpenID Connect.
//!
//! An identity is (issuer, subject), and nothing else: an address may belong to somebody else tomorrow. Whether an account
//! may be found by its address the first time is decided here, because it has to be in one transaction with the link. From
//! then on it has no password: whoever made it had not proven the address.

use sqlx::SqliteConnection;

use crate::domain::audit::{AuditAction, AuditActor, AuditDetail, AuditSubject, SignInWay};
use crate::domain::ids::{AdminId, OrganisationId};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::server::store::admin::{NO_PASSWORD, NewAdmin, insert};
use crate::server::store::audit::{self, AuditEntry};
use crate::server::store::colleague::use_invite;
use crate::server::store::ending::end_account;
use crate::server::store::{Store, StoreError, unreadable};

/// Somebody who comes with an issuer's word, which was checked.
#[derive(Clone, Debug)]
pub struct Comer {
    /// Who says so.
    pub issuer: String,
    /// Who they are there.
    pub subject: String,
    /// Their address in lower case, only if the issuer says that it is really theirs.
    pub email: Option<String>,
    /// Their name, for a new account.
    pub name: String,
    /// The hash of the secret part of a colleague's link, if they came by one.
    pub invite_hash: Option<String>,
    /// Where newcomers go and what they are, if this one may be one.
    pub newcomer: Option<(OrganisationId, Role)>,
}

/// What became of somebody who came with an issuer's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// They have this account.
    Account(AdminId),
    /// There is no account for them, and none may be made.
    Nobody,
    /// An account has their address, but another identity.
    Another,
}

impl Store {
    /// Finds or makes the account of somebody who comes with an issuer's word. One that is found by its address loses its
    /// password, and all its grants and logins end.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn come_in(&self, comer: Comer, at: Timestamp) -> Result<Came, StoreError> {
        self.write(move |db| Box::pin(come_in(db, comer, at))).await
    }

    /// The issuers that vouch for an account.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn issuers_of(&self, admin: AdminId) -> Result<Vec<String>, StoreError> {
        // Uses the index identity_by_admin.
        sqlx::query_scalar("select issuer from identity where admin_id = $1 order by issuer")
            .bind(admin.0)
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(unreadable)
    }
}

async fn come_in(db: &mut SqliteConnection, comer: Comer, at: Timestamp) -> Result<Came, StoreError> {
    let known: Option<i64> = sqlx::query_scalar("select admin_id from identity where issuer = $1 and subject = $2")
        .bind(&comer.issuer)
        .bind(&comer.subject)
        .fetch_optional(&mut *db)
        .await?;
    if let Some(admin) = known {
        return Ok(Came::Account(AdminId(admin)));
    }
    // Whose address is not proven is nobody here yet.
    let Some(email) = comer.email.clone() else { return Ok(Came::Nobody) };
    let same: Option<(i64, i64, bool)> = sqlx::query_as(
        "select id, organisation_id, exists (select 1 from identity where admin_id = admin.id)
         from admin
         where email = $1",
    )
    .bind(&email)
    .fetch_optional(&mut *db)
    .await?;
    let (admin, organisation) = match same {
        // One issuer's word for an address is not another's, nor is one subject the next who gets the address.
        Some((_, _, true)) => return Ok(Came::Another),
        Some((admin, organisation, false)) => {
            let (admin, organisation) = (AdminId(admin), OrganisationId(organisation));
            take_password(&mut *db, organisation, admin, at).await?;
            (admin, organisation)
        }
        None => match make(&mut *db, &comer, email, at).await? {
            Some(made) => made,
            None => return Ok(Came::Nobody),
        },
    };
    sqlx::query(
        "insert into identity (issuer, subject, organisation_id, admin_id, linked_at_ms) values ($1, $2, $3, $4, $5)",
    )
    .bind(&comer.issuer)
    .bind(&comer.subject)
    .bind(organisation.0)
    .bind(admin.0)
    .bind(at.0)
    .execute(&mut *db)
    .await?;
    let entry = AuditEntry {
        organisation,
        by: AuditActor::Account(admin),
        action: AuditAction::IdentityLinked,
        subject: AuditSubject::Account(admin),
        detail: None,
    };
    audit::write_down(db, entry, at).await?;
    Ok(Came::Account(admin))
}

/// Takes the password from an account that has one, and ends all its grants and logins: somebody else may have typed the
/// address that is proven now, and must not stay in.
async fn take_password(
    db: &mut SqliteConnection,
    organisation: OrganisationId,
    admin: AdminId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let taken = sqlx::query("update admin set password_hash = $2 where id = $1 and password_hash <> $2")
        .bind(admin.0)
        .bind(NO_PASSWORD)
        .execute(&mut *db)
        .await?;
    if taken.rows_affected() == 0 {
        return Ok(());
    }
    end_account(&mut *db, admin, at).await?;
    let entry = AuditEntry {
        organisation,
        by: AuditActor::Account(admin),
        action: AuditAction::PasswordRemoved,
        subject: AuditSubject::Account(admin),
        detail: None,
    };
    audit::write_down(db, entry, at).await
}

/// Makes an account: by a colleague's link, or as a newcomer's.
async fn make(
    db: &mut SqliteConnection,
    comer: &Comer,
    email: String,
    at: Timestamp,
) -> Result<Option<(AdminId, OrganisationId)>, StoreError> {
    let new = NewAdmin {
        organisation: String::new(),
        name: comer.name.clone(),
        email,
        password_hash: NO_PASSWORD.to_owned(),
    };
    if let Some(hash) = &comer.invite_hash {
        return match use_invite(&mut *db, hash.clone(), new, SignInWay::OpenId, at).await {
            Ok(admin) => {
                let organisation: i64 = sqlx::query_scalar("select organisation_id from admin where id = $1")
                    .bind(admin.0)
                    .fetch_one(db)
                    .await?;
                Ok(Some((admin, OrganisationId(organisation))))
            }
            // The link ended meanwhile, or is for another address.
            Err(StoreError::NotFound) => Ok(None),
            Err(why) => Err(why),
        };
    }
    let Some((organisation, role)) = comer.newcomer else { return Ok(None) };
    let admin = insert(&mut *db, organisation, new, role, at).await?;
    let entry = AuditEntry {
        organisation,
        by: AuditActor::Account(admin),
        action: AuditAction::AccountCreated,
        subject: AuditSubject::Account(admin),
        detail: Some(AuditDetail::Role(role)),
    };
    audit::write_down(db, entry, at).await?;
    Ok(Some((admin, organisation)))
}
