//! Quizzes: kept whole, each save a new version.
//!
//! Knows nothing of whether a quiz can be played; it keeps the number of problems because lists show it.

use sqlx::SqliteConnection;

use crate::domain::audit::{AuditAction, AuditSubject};
use crate::domain::ids::{OrganisationId, QuizId};
use crate::domain::quiz::Quiz;
use crate::domain::time::Timestamp;
use crate::server::store::audit::{self, AuditEntry};
use crate::server::store::{Borrowing, Store, StoreError, unreadable};

/// Quizzes of one organisation: its list is one page.
pub const QUIZZES_MAX: u32 = 1_000;

/// A quiz in a list, without its questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuizRow {
    /// Its id.
    pub id: QuizId,
    /// Its title; may be empty.
    pub title: String,
    /// What it is about; may be empty.
    pub description: String,
    /// Its language, as a BCP 47 tag.
    pub language: String,
    /// How many questions it has.
    pub question_count: u32,
    /// How many things keep it from being played.
    pub problem_count: u32,
    /// When it was last saved.
    pub changed_at: Timestamp,
}

type Columns = (i64, String, String, String, u32, u32, i64);

impl Store {
    /// The quizzes of an organisation, the last changed first.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn quizzes(&self, organisation: OrganisationId) -> Result<Vec<QuizRow>, StoreError> {
        // Uses the index quiz_by_organisation.
        let rows: Vec<Columns> = sqlx::query_as(
            "select id, title, description, language, question_count, problem_count, changed_at_ms
             from quiz
             where organisation_id = $1
             order by changed_at_ms desc, id desc",
        )
        .bind(organisation.0)
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        Ok(rows.into_iter().map(row).collect())
    }

    /// A quiz and its version.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the organisation has no such quiz.
    pub async fn quiz(&self, organisation: OrganisationId, id: QuizId) -> Result<(Quiz, u32), StoreError> {
        let found: Option<(String, u32)> = sqlx::query_as(
            "select body, version
             from quiz
             where id = $1 and organisation_id = $2",
        )
        .bind(id.0)
        .bind(organisation.0)
        .fetch_optional(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        let (body, version) = found.ok_or(StoreError::NotFound)?;
        let quiz = serde_json::from_str(&body).map_err(|why| unreadable(format!("quiz {id}: {why}")))?;
        Ok((quiz, version))
    }

    /// Keeps a new quiz.
    ///
    /// # Errors
    /// [`StoreError::TooMany`] beyond [`QUIZZES_MAX`].
    pub async fn add_quiz(
        &self,
        organisation: OrganisationId,
        quiz: Quiz,
        at: Timestamp,
    ) -> Result<QuizId, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let count: u32 = sqlx::query_scalar("select count(*) from quiz where organisation_id = $1")
                    .bind(organisation.0)
                    .fetch_one(&mut *db)
                    .await?;
                if count >= QUIZZES_MAX {
                    return Err(StoreError::TooMany(QUIZZES_MAX));
                }
                insert(db, organisation, quiz, at).await
            })
        })
        .await
    }

    /// Keeps a quiz in place of the version that it was made from, and returns the new version.
    ///
    /// # Errors
    /// [`StoreError::Changed`] if that is not the last version any more, [`StoreError::NotFound`] if there is no quiz.
    pub async fn save_quiz(
        &self,
        organisation: OrganisationId,
        id: QuizId,
        version: u32,
        quiz: Quiz,
        at: Timestamp,
    ) -> Result<u32, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let saved: Option<u32> = sqlx::query_scalar(
                    "update quiz
                     set version = version + 1, title = $4, description = $5, language = $6, question_count = $7,
                         problem_count = $8, body = $9, changed_at_ms = $10
                     where id = $1 and organisation_id = $2 and version = $3
                     returning version",
                )
                .bind(id.0)
                .bind(organisation.0)
                .bind(version)
                .bind(&quiz.title)
                .bind(&quiz.description)
                .bind(&quiz.language)
                .bind(count(quiz.questions.len()))
                .bind(count(quiz.problems().len()))
                .bind(body(&quiz)?)
                .bind(at.0)
                .fetch_optional(&mut *db)
                .await?;
                if let Some(version) = saved {
                    return Ok(version);
                }
                let is_there: bool =
                    sqlx::query_scalar("select exists (select 1 from quiz where id = $1 and organisation_id = $2)")
                        .bind(id.0)
                        .bind(organisation.0)
                        .fetch_one(db)
                        .await?;
                Err(if is_there { StoreError::Changed } else { StoreError::NotFound })
            })
        })
        .await
    }

    /// Forgets a quiz. Sessions that were made from it keep their copy.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the organisation has no such quiz.
    pub async fn delete_quiz(&self, organisation: OrganisationId, id: QuizId, at: Timestamp) -> Result<(), StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                let deleted = sqlx::query("delete from quiz where id = $1 and organisation_id = $2")
                    .bind(id.0)
                    .bind(organisation.0)
                    .execute(&mut *db)
                    .await?;
                if deleted.rows_affected() == 0 {
                    return Err(StoreError::NotFound);
                }
                let subject = AuditSubject::Quiz(id);
                let entry = AuditEntry { organisation, by, action: AuditAction::QuizDeleted, subject, detail: None };
                audit::write_down(db, entry, at).await
            })
        })
        .await
    }
}

/// Inserts a quiz inside a write.
pub(super) fn insert(
    db: &mut SqliteConnection,
    organisation: OrganisationId,
    quiz: Quiz,
    at: Timestamp,
) -> Borrowing<'_, Result<QuizId, StoreError>> {
    Box::pin(async move {
        let id: i64 = sqlx::query_scalar(
            "insert into quiz
                 (organisation_id, version, title, description, language, question_count, problem_count, body,
                  created_at_ms, changed_at_ms)
             values ($1, 1, $2, $3, $4, $5, $6, $7, $8, $8)
             returning id",
        )
        .bind(organisation.0)
        .bind(&quiz.title)
        .bind(&quiz.description)
        .bind(&quiz.language)
        .bind(count(quiz.questions.len()))
        .bind(count(quiz.problems().len()))
        .bind(body(&quiz)?)
        .bind(at.0)
        .fetch_one(db)
        .await?;
        Ok(QuizId(id))
    })
}

fn row((id, title, description, language, question_count, problem_count, changed_at): Columns) -> QuizRow {
    let changed_at = Timestamp(changed_at);
    QuizRow { id: QuizId(id), title, description, language, question_count, problem_count, changed_at }
}

fn body(quiz: &Quiz) -> Result<String, StoreError> {
    serde_json::to_string(quiz).map_err(|why| StoreError::Contradiction(why.to_string()))
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
