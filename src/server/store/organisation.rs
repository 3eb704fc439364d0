//! Organisations as a whole: how many there are, what each has, and how one goes with everything that is its own.
//!
//! What is theirs is deleted piece by piece, so that others who write wait no longer than one piece takes. A removal that is
//! cut off is finished by asking for it again: the organisation's own row goes last.

use crate::domain::audit::{AuditAction, AuditSubject};
use crate::domain::ids::{AdminId, OrganisationId, SessionId};
use crate::domain::quiz::Quiz;
use crate::domain::time::Timestamp;
use crate::server::store::audit::{self, AuditEntry};
use crate::server::store::ending::end_account;
use crate::server::store::{Store, StoreError, quiz, unreadable};

/// People that go at once.
const AT_ONCE: u32 = 500;

/// An organisation with what it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganisationRow {
    /// Its id.
    pub id: OrganisationId,
    /// Its name.
    pub name: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Its accounts.
    pub accounts: u32,
    /// Whom it knows by name.
    pub people: u32,
    /// Its quizzes.
    pub quizzes: u32,
    /// Its sessions that are open.
    pub open_sessions: u32,
}

type Columns = (i64, String, i64, u32, u32, u32, u32);

impl Store {
    /// All organisations, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn organisations(&self) -> Result<Vec<OrganisationRow>, StoreError> {
        let rows: Vec<Columns> = sqlx::query_as(
            "select id, name, created_at_ms,
                 (select count(*) from admin where organisation_id = organisation.id),
                 (select count(*) from person where organisation_id = organisation.id),
                 (select count(*) from quiz where organisation_id = organisation.id),
                 (select count(*) from session where organisation_id = organisation.id and closed_at_ms is null)
             from organisation
             order by id",
        )
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        let row = |(id, name, created_at, accounts, people, quizzes, open_sessions)| {
            let (id, created_at) = (OrganisationId(id), Timestamp(created_at));
            OrganisationRow { id, name, created_at, accounts, people, quizzes, open_sessions }
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// Makes an organisation that has nobody yet.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn add_organisation_named(
        &self,
        name: String,
        quizzes: Vec<Quiz>,
        at: Timestamp,
    ) -> Result<OrganisationId, StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                let id: i64 =
                    sqlx::query_scalar("insert into organisation (name, created_at_ms) values ($1, $2) returning id")
                        .bind(&name)
                        .bind(at.0)
                        .fetch_one(&mut *db)
                        .await?;
                let organisation = OrganisationId(id);
                for sample in quizzes.into_iter().rev() {
                    quiz::insert(&mut *db, organisation, sample, at).await?;
                }
                let (action, subject) = (AuditAction::OrganisationMade, AuditSubject::Organisation(organisation));
                audit::write_down(db, AuditEntry { organisation, by, action, subject, detail: None }, at).await?;
                Ok(organisation)
            })
        })
        .await
    }

    /// Gives an organisation another name.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn rename_organisation(&self, id: OrganisationId, name: String) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let renamed = sqlx::query("update organisation set name = $2 where id = $1")
                    .bind(id.0)
                    .bind(&name)
                    .execute(db)
                    .await?;
                if renamed.rows_affected() == 0 { Err(StoreError::NotFound) } else { Ok(()) }
            })
        })
        .await
    }

    /// Deletes an organisation and everything that is its own; first of all its accounts with their logins, and its rooms.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::NotSaved`] if it was cut off, and then asking again goes on.
    pub async fn remove_organisation(&self, id: OrganisationId, at: Timestamp) -> Result<(), StoreError> {
        self.end_organisation(id, at).await?;
        while let Some(session) = self.a_session_of(id).await? {
            self.delete_session(session).await?;
        }
        while self.delete_some_people(id).await? {}
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query("delete from quiz where organisation_id = $1").bind(id.0).execute(&mut *db).await?;
                sqlx::query("delete from mail_out where organisation_id = $1").bind(id.0).execute(&mut *db).await?;
                sqlx::query("delete from organisation where id = $1").bind(id.0).execute(db).await?;
                Ok(())
            })
        })
        .await?;
        self.forget_log().await
    }

    /// Ends its accounts, and its sessions for whoever would bring them back.
    async fn end_organisation(&self, id: OrganisationId, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let is_there: bool = sqlx::query_scalar("select exists (select 1 from organisation where id = $1)")
                    .bind(id.0)
                    .fetch_one(&mut *db)
                    .await?;
                if !is_there {
                    return Err(StoreError::NotFound);
                }
                let accounts: Vec<i64> = sqlx::query_scalar("select id from admin where organisation_id = $1")
                    .bind(id.0)
                    .fetch_all(&mut *db)
                    .await?;
                for account in accounts {
                    end_account(&mut *db, AdminId(account), at).await?;
                }
                sqlx::query("delete from admin where organisation_id = $1").bind(id.0).execute(&mut *db).await?;
                sqlx::query("update session set closed_at_ms = $2 where organisation_id = $1 and closed_at_ms is null")
                    .bind(id.0)
                    .bind(at.0)
                    .execute(db)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    async fn a_session_of(&self, id: OrganisationId) -> Result<Option<SessionId>, StoreError> {
        // Uses the index session_by_organisation.
        let found: Option<i64> = sqlx::query_scalar("select id from session where organisation_id = $1 limit 1")
            .bind(id.0)
            .fetch_optional(&mut *self.reader().await?)
            .await
            .map_err(unreadable)?;
        Ok(found.map(SessionId))
    }

    /// Deletes some people with their tags; false when nobody is left, and what was told of them has gone as well.
    async fn delete_some_people(&self, id: OrganisationId) -> Result<bool, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let gone = sqlx::query(
                    "delete from person where id in (select id from person where organisation_id = $1 limit $2)",
                )
                .bind(id.0)
                .bind(AT_ONCE)
                .execute(&mut *db)
                .await?;
                if gone.rows_affected() > 0 {
                    return Ok(true);
                }
                let told = sqlx::query(
                    "delete from person_change
                     where no in (select no from person_change where organisation_id = $1 limit $2)",
                )
                .bind(id.0)
                .bind(AT_ONCE)
                .execute(db)
                .await?;
                Ok(told.rows_affected() > 0)
            })
        })
        .await
    }

    /// Folds the log into the database and empties it, as far as nobody reads on in it, so that it holds nothing of what was
    /// deleted. Where somebody does, the log's next round does it.
    async fn forget_log(&self) -> Result<(), StoreError> {
        sqlx::query("pragma wal_checkpoint(truncate)")
            .fetch_all(&mut *self.reader().await?)
            .await
            .map(drop)
            .map_err(unreadable)
    }
}
