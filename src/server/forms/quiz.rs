//! A new quiz.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;

use crate::domain::question::{Question, QuestionKind};
use crate::domain::quiz::Quiz;
use crate::server::House;
use crate::server::auth::Admin;
use crate::server::forms::{failed, see, send_back_whole};
use crate::server::store::StoreError;

/// Makes a blank quiz and leads to its editor.
pub async fn add(State(house): State<House>, Extension(admin): Extension<Admin>) -> Response {
    let blank = Quiz {
        title: String::new(),
        description: String::new(),
        language: "en".to_owned(),
        questions: vec![Question::blank(QuestionKind::Single)],
    };
    match house.store.add_quiz(admin.organisation, blank, house.clock.now()).await {
        Ok(id) => see(&format!("/quizzes/{id}")),
        Err(StoreError::TooMany(most)) => {
            send_back_whole(&house, "/quizzes", &format!("There are {most} quizzes already. Delete one first."))
        }
        Err(why) => send_back_whole(&house, "/quizzes", &failed(&why)),
    }
}
