//! Sessions: opened with their first fact, found by code while they are open.
//!
//! Closing is no call of its own: it follows from the fact that says so.

use crate::domain::code::JoinCode;
use crate::domain::ids::{AdminId, OrganisationId, QuizId, SessionId};
use crate::domain::pace::Pace;
use crate::domain::time::Timestamp;
use crate::room::fact::Fact;
use crate::server::store::{Store, StoreError, fact, is_taken, unreadable};

/// A session that is about to open.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// From [`Store::reserve_session`].
    pub id: SessionId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What it was made from.
    pub quiz: QuizId,
    /// Who opens it; nobody if it is opened from the command line.
    pub admin: Option<AdminId>,
    /// The title of the quiz that is played.
    pub title: String,
    /// How people find it.
    pub code: JoinCode,
    /// The fact that opens it.
    pub opened: Fact,
}

/// A session that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Who opened it; gone if that admin is.
    pub admin: Option<AdminId>,
    /// The title of the quiz that is played.
    pub title: String,
    /// How people find it.
    pub code: JoinCode,
    /// Since when.
    pub opened_at: Timestamp,
    /// How it moves.
    pub pace: Pace,
}

type Columns = (i64, i64, Option<i64>, String, String, i64, String);

impl Store {
    /// A session id that was never given out, by whichever process. A session that is never opened leaves a gap.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn reserve_session(&self) -> Result<SessionId, StoreError> {
        self.write(|db| {
            Box::pin(async {
                let last = sqlx::query_scalar("update session_number set last = last + 1 returning last");
                Ok(SessionId(last.fetch_one(db).await?))
            })
        })
        .await
    }

    /// Opens a session, together with its first fact.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if an open session has the code; [`StoreError::NotSaved`].
    pub async fn open_session(&self, new: NewSession) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query(
                    "insert into session (id, organisation_id, quiz_id, admin_id, title, code, opened_at_ms)
                     values ($1, $2, $3, $4, $5, $6, $7)",
                )
                .bind(new.id.0)
                .bind(new.organisation.0)
                .bind(new.quiz.0)
                .bind(new.admin.map(|admin| admin.0))
                .bind(&new.title)
                .bind(new.code.as_str())
                .bind(new.opened.at.0)
                .execute(&mut *db)
                .await
                .map_err(|error| if is_taken(&error) { StoreError::Taken } else { error.into() })?;
                fact::insert(db, &[(new.id, &new.opened)]).await
            })
        })
        .await
    }

    /// All sessions that are open, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn open_sessions(&self) -> Result<Vec<SessionRow>, StoreError> {
        // Uses the partial index session_code_open, which holds open sessions only.
        let rows: Vec<Columns> = sqlx::query_as(
            "select id, organisation_id, admin_id, title, code, opened_at_ms, pace
             from session
             where closed_at_ms is null
             order by id",
        )
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        rows.into_iter().map(row).collect()
    }

    /// The ids of all sessions that are open.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn open_session_ids(&self) -> Result<Vec<SessionId>, StoreError> {
        // Asked once a second; the partial index session_code_open holds all of it.
        let ids: Vec<i64> = sqlx::query_scalar("select id from session where closed_at_ms is null")
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(unreadable)?;
        Ok(ids.into_iter().map(SessionId).collect())
    }

    /// The open session with this code.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn session_by_code(&self, code: JoinCode) -> Result<Option<SessionRow>, StoreError> {
        let found: Option<Columns> = sqlx::query_as(
            "select id, organisation_id, admin_id, title, code, opened_at_ms, pace
             from session
             where code = $1 and closed_at_ms is null",
        )
        .bind(code.as_str())
        .fetch_optional(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        found.map(row).transpose()
    }
}

fn row((id, organisation, admin, title, code, opened_at, pace): Columns) -> Result<SessionRow, StoreError> {
    Ok(SessionRow {
        id: SessionId(id),
        organisation: OrganisationId(organisation),
        admin: admin.map(AdminId),
        title,
        code: JoinCode::parse(&code).map_err(unreadable)?,
        opened_at: Timestamp(opened_at),
        pace: Pace::of_name(&pace).ok_or_else(|| unreadable(format!("session {id} has the pace {pace}")))?,
    })
}
