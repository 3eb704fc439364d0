//! Quizzes: list, open for editing, save, copy, delete.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::{ApiError, Json};
use crate::domain::ids::QuizId;
use crate::domain::quiz::Quiz;
use crate::domain::time::Timestamp;

/// A quiz in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuizCard {
    /// Its id.
    pub id: QuizId,
    /// Its title; may be empty while it is being written.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// Its language, as a BCP 47 tag.
    pub language: String,
    /// How many questions it has.
    pub question_count: u32,
    /// How many things keep it from being played; 0 when it is ready.
    pub problem_count: u32,
    /// When it was last saved.
    pub changed_at: Timestamp,
}

/// A quiz in the editor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditedQuiz {
    /// Its id.
    pub id: QuizId,
    /// Counts its saves; a save names the version it was made from.
    pub version: u32,
    /// The quiz as it was saved last, ready or not.
    pub quiz: Quiz,
}

/// The organisation's quizzes, the last changed first.
///
/// # Errors
/// [`ApiError::NotSignedIn`].
#[server(prefix = "/api", endpoint = "quizzes", input = Json, output = Json)]
pub async fn quizzes() -> Result<Vec<QuizCard>, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::Look).await?;
    let rows = asked.house.store.quizzes(admin.organisation).await?;
    let card = |row: crate::server::store::quiz::QuizRow| QuizCard {
        id: row.id,
        title: row.title,
        description: row.description,
        language: row.language,
        question_count: row.question_count,
        problem_count: row.problem_count,
        changed_at: row.changed_at,
    };
    Ok(rows.into_iter().map(card).collect())
}

/// A quiz as it was saved last.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`].
#[server(prefix = "/api", endpoint = "quiz_to_edit", input = Json, output = Json)]
pub async fn quiz_to_edit(
    /// Which quiz.
    id: QuizId,
) -> Result<EditedQuiz, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::WriteQuizzes).await?;
    let (quiz, version) = asked.house.store.quiz(admin.organisation, id).await?;
    Ok(EditedQuiz { id, version, quiz })
}

/// Saves a quiz, ready or not, and returns its new version; `version` is the one that it was made from.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Changed`] if that is not the last version any more,
/// [`ApiError::Refused`] if it is beyond every measure.
#[server(prefix = "/api", endpoint = "save_quiz", input = Json, output = Json)]
pub async fn save_quiz(
    /// Which quiz.
    id: QuizId,
    /// The version that it was made from.
    version: u32,
    /// The quiz as it is now.
    quiz: Quiz,
) -> Result<u32, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::WriteQuizzes).await?;
    if let Some(why) = quiz.too_large() {
        return Err(ApiError::Refused(why));
    }
    let now = asked.house.clock.now();
    Ok(asked.house.store.save_quiz(admin.organisation, id, version, quiz.cleaned(), now).await?)
}

/// Copies a quiz and returns the copy's id. Taken as a plain form, so that the list can ask it without scripts.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Refused`] if there are too many.
#[server(prefix = "/api", endpoint = "copy_quiz")]
pub async fn copy_quiz(
    /// Which quiz.
    id: QuizId,
) -> Result<QuizId, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::WriteQuizzes).await?;
    let (quiz, _) = asked.house.store.quiz(admin.organisation, id).await?;
    Ok(asked.house.store.add_quiz(admin.organisation, quiz.copy(), asked.house.clock.now()).await?)
}

/// Forgets a quiz. Rooms that play it go on. Taken as a plain form, so that the list can ask it without scripts.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`].
#[server(prefix = "/api", endpoint = "delete_quiz")]
pub async fn delete_quiz(
    /// Which quiz.
    id: QuizId,
) -> Result<(), ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::WriteQuizzes).await?;
    Ok(asked.house.store_of(&admin).delete_quiz(admin.organisation, id, asked.house.clock.now()).await?)
}
