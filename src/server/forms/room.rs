//! Opening a room from a quiz.

use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Form};
use serde::Deserialize;

use crate::domain::ids::QuizId;
use crate::server::auth::Admin;
use crate::server::forms::{failed, see, send_back_whole};
use crate::server::live::rooms::OpenRoomError;
use crate::server::metrics::label::Limit;
use crate::server::store::StoreError;
use crate::server::{House, alarms};

/// What the button sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Opening {
    quiz: String,
}

/// Opens a room and leads its host to it.
pub async fn open(
    State(house): State<House>,
    Extension(admin): Extension<Admin>,
    Form(form): Form<Opening>,
) -> Response {
    let Ok(id) = form.quiz.parse::<QuizId>() else {
        return send_back_whole(&house, "/quizzes", "Choose a quiz first.");
    };
    let quiz = match house.store.quiz(admin.organisation, id).await {
        Ok((quiz, _)) => quiz,
        Err(StoreError::NotFound) => return send_back_whole(&house, "/quizzes", "This quiz is not here any more."),
        Err(why) => return send_back_whole(&house, "/quizzes", &failed(&why)),
    };
    match house.rooms.open(admin.organisation, admin.id, id, quiz).await {
        Ok(code) => see(&format!("/host/{code}")),
        Err(why @ (OpenRoomError::TooMany(_) | OpenRoomError::NotReady(_) | OpenRoomError::BadSettings(..))) => {
            if matches!(why, OpenRoomError::TooMany(_)) {
                alarms::limited(&house, Limit::Rooms, None);
            }
            send_back_whole(&house, &format!("/quizzes/{id}"), &why.to_string())
        }
        Err(OpenRoomError::Store(why)) => send_back_whole(&house, &format!("/quizzes/{id}"), &failed(&why)),
    }
}
