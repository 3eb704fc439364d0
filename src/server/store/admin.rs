//! Accounts and the organisations they belong to: admins, and members, who only play.
//!
//! Knows a password only as the hash that `auth` made of it.

use sqlx::SqliteConnection;

use crate::domain::audit::{AuditAction, AuditActor, AuditDetail, AuditSubject};
use crate::domain::ids::{AdminId, OrganisationId};
use crate::domain::quiz::Quiz;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::server::store::account::{give_role, read_role, remove};
use crate::server::store::audit::{self, AuditEntry};
use crate::server::store::ending::end_account;
use crate::server::store::{Borrowing, Store, StoreError, is_taken, quiz, unreadable};

/// Somebody who is about to be an admin.
#[derive(Clone, Debug)]
pub struct NewAdmin {
    /// The organisation's name; used where there is none yet.
    pub organisation: String,
    /// Their name.
    pub name: String,
    /// Their address, in lower case.
    pub email: String,
    /// A PHC string, or [`NO_PASSWORD`].
    pub password_hash: String,
}

/// What stands in the place of a password's hash where there is no password: nothing that is typed fits it.
pub const NO_PASSWORD: &str = "";

/// A login of an account, and until when it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginOf {
    /// The account.
    pub admin: AdminRow,
    /// When it ends, however much it is used.
    pub ends_at: Timestamp,
    /// When it ends if it is not used.
    pub idle_until: Timestamp,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminRow {
    /// Their id.
    pub id: AdminId,
    /// Their organisation.
    pub organisation: OrganisationId,
    /// Its name.
    pub organisation_name: String,
    /// Their name.
    pub name: String,
    /// Their address, in lower case.
    pub email: String,
    /// What they are in it.
    pub role: Role,
    /// A PHC string, or [`NO_PASSWORD`].
    pub password_hash: String,
}

type Columns = (i64, i64, String, String, String, String, String);

impl Store {
    /// Whether anybody can log in yet.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn has_admin(&self) -> Result<bool, StoreError> {
        sqlx::query_scalar("select exists (select 1 from admin)")
            .fetch_one(&mut *self.reader().await?)
            .await
            .map_err(unreadable)
    }

    /// The organisation that was made first, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn first_organisation(&self) -> Result<Option<OrganisationId>, StoreError> {
        let first: Option<i64> = sqlx::query_scalar("select min(id) from organisation")
            .fetch_one(&mut *self.reader().await?)
            .await
            .map_err(unreadable)?;
        Ok(first.map(OrganisationId))
    }

    /// Makes the organisation, its owner and its first quizzes, all or nothing; only where there is no admin yet.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if there is one already.
    pub async fn set_up(&self, new: NewAdmin, quizzes: Vec<Quiz>, at: Timestamp) -> Result<AdminId, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let is_set_up: bool =
                    sqlx::query_scalar("select exists (select 1 from admin)").fetch_one(&mut *db).await?;
                if is_set_up {
                    return Err(StoreError::Taken);
                }
                begin_organisation(db, None, new, quizzes, at).await
            })
        })
        .await
    }

    /// Makes an account of the first organisation, or its owner where there is none yet: the operator's way in. Without a
    /// role it is an admin.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the address has a login already, [`StoreError::NeedsOwner`] if the first one is to be
    /// anything else.
    pub async fn add_admin(
        &self,
        new: NewAdmin,
        role: Option<Role>,
        quizzes: Vec<Quiz>,
        at: Timestamp,
    ) -> Result<AdminId, StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                let first: Option<i64> =
                    sqlx::query_scalar("select min(id) from organisation").fetch_one(&mut *db).await?;
                match (first, role) {
                    (Some(organisation), role) => {
                        let whose = (OrganisationId(organisation), by);
                        insert_and_note(db, whose, new, role.unwrap_or(Role::Admin), at).await
                    }
                    (None, None | Some(Role::Owner)) => begin_organisation(db, Some(by), new, quizzes, at).await,
                    (None, Some(Role::Admin | Role::Host | Role::Viewer | Role::Member)) => Err(StoreError::NeedsOwner),
                }
            })
        })
        .await
    }

    /// Makes an account of an organisation. Without a role it is an admin, or the owner where there is none yet.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the organisation is not there; otherwise as [`Store::add_admin`].
    pub async fn add_admin_to(
        &self,
        organisation: OrganisationId,
        new: NewAdmin,
        role: Option<Role>,
        at: Timestamp,
    ) -> Result<AdminId, StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                let is_there: bool = sqlx::query_scalar("select exists (select 1 from organisation where id = $1)")
                    .bind(organisation.0)
                    .fetch_one(&mut *db)
                    .await?;
                if !is_there {
                    return Err(StoreError::NotFound);
                }
                let usual = match need_owner(&mut *db, organisation.0).await {
                    Err(StoreError::NeedsOwner) => Role::Owner,
                    owned => owned.map(|()| Role::Admin)?,
                };
                let id = insert_and_note(&mut *db, (organisation, by), new, role.unwrap_or(usual), at).await?;
                need_owner(db, organisation.0).await?;
                Ok(id)
            })
        })
        .await
    }

    /// Gives an account another password and ends all its grants and logins.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if nobody has the address.
    pub async fn set_password(
        &self,
        email: String,
        password_hash: String,
        at: Timestamp,
    ) -> Result<AdminId, StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                let (organisation, id, _) = by_email(&mut *db, &email).await?;
                sqlx::query("update admin set password_hash = $2 where id = $1")
                    .bind(id.0)
                    .bind(&password_hash)
                    .execute(&mut *db)
                    .await?;
                end_account(&mut *db, id, at).await?;
                let (action, subject) = (AuditAction::PasswordReset, AuditSubject::Account(id));
                audit::write_down(db, AuditEntry { organisation, by, action, subject, detail: None }, at).await?;
                Ok(id)
            })
        })
        .await
    }

    /// Gives an account another role and ends all its grants and logins, so that nothing goes on under the old one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if nobody has the address, [`StoreError::NeedsOwner`] if it was the last owner's.
    pub async fn set_role(&self, email: String, role: Role, at: Timestamp) -> Result<AdminId, StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                let (organisation, id, before) = by_email(&mut *db, &email).await?;
                give_role(db, (organisation, by), id, (before, role), at).await?;
                Ok(id)
            })
        })
        .await
    }

    /// Removes an account and ends all its grants and logins. What it has made stays its organisation's.
    ///
    /// # Errors
    /// As [`Store::set_role`].
    pub async fn remove_admin(&self, email: String, at: Timestamp) -> Result<AdminId, StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                let (organisation, id, role) = by_email(&mut *db, &email).await?;
                remove(db, (organisation, by), id, role, at).await?;
                Ok(id)
            })
        })
        .await
    }

    /// The admin with this address, in lower case.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn admin_by_email(&self, email: &str) -> Result<Option<AdminRow>, StoreError> {
        let found: Option<Columns> = sqlx::query_as(
            "select admin.id, admin.organisation_id, organisation.name, admin.name, email, role, password_hash
             from admin
             join organisation on organisation.id = admin.organisation_id
             where email = $1",
        )
        .bind(email)
        .fetch_optional(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        found.map(row).transpose()
    }

    /// The account with this id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn admin_by_id(&self, id: AdminId) -> Result<AdminRow, StoreError> {
        by_id(&mut *self.reader().await?, id).await
    }

    /// The account whose login has this key; `None` if it has ended.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn admin_by_login(&self, key: &str, now: Timestamp) -> Result<Option<LoginOf>, StoreError> {
        let found: Option<(i64, i64, String, String, String, String, String, i64, i64)> = sqlx::query_as(
            "select admin.id, admin.organisation_id, organisation.name, admin.name, email, role, password_hash,
                 login.ends_at_ms, login.idle_until_ms
             from login
             join admin on admin.id = login.admin_id
             join organisation on organisation.id = admin.organisation_id
             where login.key = $1 and login.ends_at_ms > $2 and login.idle_until_ms > $2",
        )
        .bind(key)
        .bind(now.0)
        .fetch_optional(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        let Some((id, of, of_name, name, email, role, hash, ends_at, idle_until)) = found else { return Ok(None) };
        let admin = row((id, of, of_name, name, email, role, hash))?;
        Ok(Some(LoginOf { admin, ends_at: Timestamp(ends_at), idle_until: Timestamp(idle_until) }))
    }
}

/// An organisation, with its owner and quizzes. Unless it is said who makes it, it is its owner.
pub(super) fn begin_organisation(
    db: &mut SqliteConnection,
    by: Option<AuditActor>,
    new: NewAdmin,
    quizzes: Vec<Quiz>,
    at: Timestamp,
) -> Borrowing<'_, Result<AdminId, StoreError>> {
    Box::pin(async move {
        let id: i64 = sqlx::query_scalar("insert into organisation (name, created_at_ms) values ($1, $2) returning id")
            .bind(&new.organisation)
            .bind(at.0)
            .fetch_one(&mut *db)
            .await?;
        // Lists show the last one first, so the one to begin with comes last.
        for sample in quizzes.into_iter().rev() {
            quiz::insert(db, OrganisationId(id), sample, at).await?;
        }
        let organisation = OrganisationId(id);
        let owner = insert(&mut *db, organisation, new, Role::Owner, at).await?;
        let by = by.unwrap_or(AuditActor::Account(owner));
        for (action, subject, detail) in [
            (AuditAction::OrganisationMade, AuditSubject::Organisation(organisation), None),
            (AuditAction::AccountCreated, AuditSubject::Account(owner), Some(AuditDetail::Role(Role::Owner))),
        ] {
            audit::write_down(&mut *db, AuditEntry { organisation, by, action, subject, detail }, at).await?;
        }
        Ok(owner)
    })
}

/// Inserts an account inside a write.
pub(super) fn insert<'db>(
    db: &'db mut SqliteConnection,
    organisation: OrganisationId,
    new: NewAdmin,
    role: Role,
    at: Timestamp,
) -> Borrowing<'db, Result<AdminId, StoreError>> {
    Box::pin(async move {
        let id = sqlx::query_scalar(
            "insert into admin (organisation_id, email, name, role, password_hash, created_at_ms)
             values ($1, $2, $3, $4, $5, $6)
             returning id",
        )
        .bind(organisation.0)
        .bind(&new.email)
        .bind(&new.name)
        .bind(role.name())
        .bind(&new.password_hash)
        .bind(at.0)
        .fetch_one(db)
        .await
        .map_err(|error| if is_taken(&error) { StoreError::Taken } else { error.into() })?;
        Ok(AdminId(id))
    })
}

/// Inserts an account inside a write, and writes down who made it.
async fn insert_and_note(
    db: &mut SqliteConnection,
    (organisation, by): (OrganisationId, AuditActor),
    new: NewAdmin,
    role: Role,
    at: Timestamp,
) -> Result<AdminId, StoreError> {
    let id = insert(&mut *db, organisation, new, role, at).await?;
    let (subject, detail) = (AuditSubject::Account(id), Some(AuditDetail::Role(role)));
    let entry = AuditEntry { organisation, by, action: AuditAction::AccountCreated, subject, detail };
    audit::write_down(db, entry, at).await?;
    Ok(id)
}

/// The account with this id, as the transaction sees it.
pub(super) async fn by_id(db: &mut SqliteConnection, id: AdminId) -> Result<AdminRow, StoreError> {
    let found: Columns = sqlx::query_as(
        "select admin.id, admin.organisation_id, organisation.name, admin.name, email, role, password_hash
         from admin
         join organisation on organisation.id = admin.organisation_id
         where admin.id = $1",
    )
    .bind(id.0)
    .fetch_one(db)
    .await?;
    row(found)
}

/// Organisation, id and role of the account with this address.
async fn by_email(db: &mut SqliteConnection, email: &str) -> Result<(OrganisationId, AdminId, Role), StoreError> {
    let found: Option<(i64, i64, String)> =
        sqlx::query_as("select organisation_id, id, role from admin where email = $1")
            .bind(email)
            .fetch_optional(db)
            .await?;
    let (organisation, id, role) = found.ok_or(StoreError::NotFound)?;
    Ok((OrganisationId(organisation), AdminId(id), read_role(&role)?))
}

/// Refuses what has left an organisation without an owner; the transaction takes it back.
pub(super) async fn need_owner(db: &mut SqliteConnection, organisation: i64) -> Result<(), StoreError> {
    let has_owner: bool =
        sqlx::query_scalar("select exists (select 1 from admin where organisation_id = $1 and role = 'owner')")
            .bind(organisation)
            .fetch_one(db)
            .await?;
    if has_owner { Ok(()) } else { Err(StoreError::NeedsOwner) }
}

fn row(
    (id, organisation, organisation_name, name, email, role, password_hash): Columns,
) -> Result<AdminRow, StoreError> {
    let (id, organisation) = (AdminId(id), OrganisationId(organisation));
    let role = read_role(&role)?;
    Ok(AdminRow { id, organisation, organisation_name, name, email, role, password_hash })
}
