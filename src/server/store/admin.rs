//! Admins and the organisations they belong to.
//!
//! Knows a password only as the hash that `auth` made of it.

use sqlx::SqliteConnection;

use crate::domain::ids::{AdminId, OrganisationId};
use crate::domain::quiz::Quiz;
use crate::domain::time::Timestamp;
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
    /// A PHC string.
    pub password_hash: String,
}

/// An admin.
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
    /// `owner`, `admin`, `host` or `viewer`.
    pub role: String,
    /// A PHC string.
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
                begin_organisation(db, new, quizzes, at).await
            })
        })
        .await
    }

    /// Makes an admin of the first organisation, or its owner where there is none yet: the operator's way in.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the address has a login already.
    pub async fn add_admin(&self, new: NewAdmin, quizzes: Vec<Quiz>, at: Timestamp) -> Result<AdminId, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let first: Option<i64> =
                    sqlx::query_scalar("select min(id) from organisation").fetch_one(&mut *db).await?;
                match first {
                    Some(organisation) => insert(db, OrganisationId(organisation), new, "admin", at).await,
                    None => begin_organisation(db, new, quizzes, at).await,
                }
            })
        })
        .await
    }

    /// Gives an admin another password and ends all their logins.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if nobody has the address.
    pub async fn set_password(&self, email: String, password_hash: String) -> Result<AdminId, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let id: Option<i64> =
                    sqlx::query_scalar("update admin set password_hash = $2 where email = $1 returning id")
                        .bind(&email)
                        .bind(&password_hash)
                        .fetch_optional(&mut *db)
                        .await?;
                let id = id.ok_or(StoreError::NotFound)?;
                sqlx::query("delete from login where admin_id = $1").bind(id).execute(db).await?;
                Ok(AdminId(id))
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
        Ok(found.map(row))
    }

    /// The admin whose login has this key, and until when it lives without being used; `None` if it has ended.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn admin_by_login(&self, key: &str, now: Timestamp) -> Result<Option<(AdminRow, Timestamp)>, StoreError> {
        let found: Option<(i64, i64, String, String, String, String, String, i64)> = sqlx::query_as(
            "select admin.id, admin.organisation_id, organisation.name, admin.name, email, role, password_hash,
                 login.idle_until_ms
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
        Ok(found.map(|(id, of, of_name, name, email, role, hash, idle_until)| {
            (row((id, of, of_name, name, email, role, hash)), Timestamp(idle_until))
        }))
    }
}

/// The first organisation, with its owner and quizzes.
fn begin_organisation(
    db: &mut SqliteConnection,
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
        insert(db, OrganisationId(id), new, "owner", at).await
    })
}

fn insert<'db>(
    db: &'db mut SqliteConnection,
    organisation: OrganisationId,
    new: NewAdmin,
    role: &'static str,
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
        .bind(role)
        .bind(&new.password_hash)
        .bind(at.0)
        .fetch_one(db)
        .await
        .map_err(|error| if is_taken(&error) { StoreError::Taken } else { error.into() })?;
        Ok(AdminId(id))
    })
}

fn row((id, organisation, organisation_name, name, email, role, password_hash): Columns) -> AdminRow {
    let (id, organisation) = (AdminId(id), OrganisationId(organisation));
    AdminRow { id, organisation, organisation_name, name, email, role, password_hash }
}
