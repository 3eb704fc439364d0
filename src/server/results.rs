//! What is left of a timed session, for programs and spreadsheets: answers and transcripts as CSV and JSON.
//!
//! Lists leave as they are read, a part at a time, so that a long one needs no more memory than a short one; cells that a
//! spreadsheet would take for a formula are made harmless.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::{HeaderName, StatusCode, header};
use serde::Deserialize;

use crate::domain::audit::{AuditAction, AuditSubject};
use crate::domain::ids::{SeatId, SessionId};
use crate::domain::question::Choice;
use crate::domain::quiz::Quiz;
use crate::protocol::timed::{Transcript, TranscriptLine};
use crate::server::House;
use crate::server::auth::Admin;
use crate::server::people_file::{harmless, written};
use crate::server::store::timed::AnswerRow;
use crate::server::store::{Store, StoreError};

/// Answers that are read at once.
const READ_AT_ONCE: u32 = 1_000;

/// The first row of the list of answers.
const ANSWER_COLUMNS: [&str; 13] = [
    "seat",
    "name",
    "email",
    "attempt",
    "place",
    "question",
    "prompt",
    "answer",
    "right_answer",
    "points",
    "changes",
    "received_at",
    "topic",
];

/// The first row of a transcript.
const TRANSCRIPT_COLUMNS: [&str; 9] =
    ["place", "prompt", "answer", "right_answer", "points", "seconds", "changes", "received_at", "topic"];

/// Which attempt of a seat is meant; the last one unless it is named.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Which {
    attempt: Option<u32>,
}

/// Every answer of a session: `GET /sessions/{id}/results.csv`.
pub async fn answers_as_csv(
    State(house): State<House>,
    Extension(admin): Extension<Admin>,
    Path(session): Path<i64>,
) -> Response {
    let session = SessionId(session);
    let quiz = house.rooms.look_at_timed(admin.organisation, session, |room, _| room.quiz().clone()).await;
    match quiz {
        Ok(quiz) => {
            let (subject, now) = (AuditSubject::Session(session), house.clock.now());
            let store = house.store_of(&admin);
            if let Err(why) =
                store.write_down(admin.organisation, AuditAction::ResultsExported, subject, None, now).await
            {
                return not_there(&why);
            }
            let body = Body::from_stream(answers(house.store, session, Arc::new(quiz)));
            (file("text/csv; charset=utf-8", &format!("session-{session}.csv")), body).into_response()
        }
        Err(why) => not_there(&why),
    }
}

/// One attempt of a seat, question by question: `GET /sessions/{id}/seats/{seat}/transcript.json`.
pub async fn transcript_as_json(
    State(house): State<House>,
    Extension(admin): Extension<Admin>,
    Path((session, seat)): Path<(i64, u32)>,
    Query(which): Query<Which>,
) -> Response {
    match transcript(&house, &admin, SessionId(session), SeatId(seat), which.attempt).await {
        Ok(transcript) => {
            let name = format!("session-{session}-seat-{seat}.json");
            (file("application/json", &name), axum::Json(transcript)).into_response()
        }
        Err(why) => not_there(&why),
    }
}

/// The same as a list: `GET /sessions/{id}/seats/{seat}/transcript.csv`.
pub async fn transcript_as_csv(
    State(house): State<House>,
    Extension(admin): Extension<Admin>,
    Path((session, seat)): Path<(i64, u32)>,
    Query(which): Query<Which>,
) -> Response {
    match transcript(&house, &admin, SessionId(session), SeatId(seat), which.attempt).await {
        Ok(transcript) => {
            let heading = [TRANSCRIPT_COLUMNS.map(str::to_owned).to_vec()];
            let rows = heading.into_iter().chain(transcript.lines.iter().map(line));
            let name = format!("session-{session}-seat-{seat}.csv");
            (file("text/csv; charset=utf-8", &name), written(rows)).into_response()
        }
        Err(why) => not_there(&why),
    }
}

/// One attempt of a seat for those who look after the session; the last one unless it is named.
///
/// # Errors
/// [`StoreError::NotFound`] if the organisation has no such session, seat or attempt.
pub async fn transcript(
    house: &House,
    admin: &Admin,
    session: SessionId,
    seat: SeatId,
    attempt: Option<u32>,
) -> Result<Transcript, StoreError> {
    let found = house
        .rooms
        .look_at_timed(admin.organisation, session, move |room, _| {
            let last = room.seat(seat)?.last()?.no;
            room.transcript(seat, attempt.unwrap_or(last))
        })
        .await?;
    found.ok_or(StoreError::NotFound)
}

/// The list of answers, heading included, as it is read.
fn answers(
    store: Store,
    session: SessionId,
    quiz: Arc<Quiz>,
) -> impl stream::Stream<Item = Result<Bytes, StoreError>> + Send + 'static {
    let start = Some((SeatId(0), 0, 0));
    let heading = stream::iter([Ok(Bytes::from(written([ANSWER_COLUMNS.map(str::to_owned)])))]);
    let rows = stream::try_unfold((store, quiz, start), move |(store, quiz, after)| async move {
        let Some(after) = after else { return Ok(None) };
        let rows = store.timed_answers_after(session, after, READ_AT_ONCE).await?;
        let is_last = rows.len() < READ_AT_ONCE as usize;
        let next = rows.last().filter(|_| !is_last).map(|row| {
            let answer = &row.answer;
            (answer.seat, answer.attempt, answer.question)
        });
        let bytes = written(rows.iter().map(|row| answer_cells(row, &quiz)));
        Ok(Some((Bytes::from(bytes), (store, quiz, next))))
    });
    futures_util::StreamExt::chain(heading, rows)
}

fn answer_cells(AnswerRow { name, email, answer }: &AnswerRow, quiz: &Quiz) -> Vec<String> {
    let question = usize::try_from(answer.question).ok().and_then(|no| quiz.questions.get(no.checked_sub(1)?));
    let texts: Vec<String> = question
        .map(|question| question.options.iter().map(|option| option.text.clone()).collect())
        .unwrap_or_default();
    let prompt = question.map(|question| question.prompt.clone()).unwrap_or_default();
    let key = question.map(|question| question.key()).unwrap_or_default();
    vec![
        answer.seat.to_string(),
        harmless(name),
        harmless(email),
        answer.attempt.to_string(),
        answer.turn.to_string(),
        answer.question.to_string(),
        harmless(&prompt),
        harmless(&words(answer.choice, &texts)),
        harmless(&words(key, &texts)),
        answer.points.to_string(),
        answer.changes.to_string(),
        answer.received_at.to_string(),
        harmless(&question.map(|question| question.topic.clone()).unwrap_or_default()),
    ]
}

fn line(line: &TranscriptLine) -> Vec<String> {
    let last = line.given.last();
    let seconds = format!("{}.{:03}", line.time.0 / 1_000, line.time.0 % 1_000);
    vec![
        line.turn.to_string(),
        harmless(&line.prompt),
        harmless(&last.map(|given| words(given.choice, &line.options)).unwrap_or_default()),
        harmless(&line.solution.as_ref().map(|solution| words(solution.key, &line.options)).unwrap_or_default()),
        line.solution.as_ref().map(|solution| solution.points.to_string()).unwrap_or_default(),
        seconds,
        line.given.len().saturating_sub(1).to_string(),
        last.map(|given| given.received_at.to_string()).unwrap_or_default(),
        harmless(&line.topic),
    ]
}

/// The texts of a choice, with semicolons between them.
fn words(choice: Choice, options: &[String]) -> String {
    choice.places().filter_map(|place| options.get(place).cloned()).collect::<Vec<_>>().join("; ")
}

/// The head of a file that is kept and not shown.
fn file(kind: &'static str, name: &str) -> [(HeaderName, String); 3] {
    [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ]
}

fn not_there(why: &StoreError) -> Response {
    match why {
        StoreError::NotFound => (StatusCode::NOT_FOUND, "this is not here (any more)\n").into_response(),
        why => {
            let reference = crate::server::chance::reference();
            tracing::error!(reference = %reference, error = %why, "results could not be read");
            let words = format!("something went wrong on our side, please try again (reference {reference})\n");
            (StatusCode::INTERNAL_SERVER_ERROR, words).into_response()
        }
    }
}
