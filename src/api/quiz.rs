//! Quizzes: list, open for editing, save, copy, delete.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::ApiError;
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
