//! Timed sessions: facts of everybody's own way through the questions, and the plain rows that follow from them.
//!
//! Knows which rows follow from which batch; what they mean is the room's business. What admins are told of somebody is
//! noted in the same transaction, so that nothing is told that is not stored.

use serde::Serialize;
use sqlx::SqliteConnection;

use crate::domain::audit::{AuditAction, AuditActor, AuditSubject};
use crate::domain::code::JoinCode;
use crate::domain::ids::{AdminId, CommandId, OrganisationId, PersonId, QuizId, SeatId, SessionId};
use crate::domain::question::Choice;
use crate::domain::time::Timestamp;
use crate::protocol::timed::SeatRow;
use crate::room::timed::fact::{TimedBody, TimedFact};
use crate::server::store::audit::{self, AuditEntry};
use crate::server::store::person;
use crate::server::store::{Store, StoreError, is_taken, unreadable};

/// A timed session that is about to open.
#[derive(Clone, Debug)]
pub struct NewTimedSession {
    /// From [`Store::reserve_session`].
    pub id: SessionId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What it was made from.
    pub quiz: QuizId,
    /// Who opens it; nobody where a command does.
    pub admin: Option<AdminId>,
    /// The title of the quiz.
    pub title: String,
    /// How people find it.
    pub code: JoinCode,
    /// When.
    pub at: Timestamp,
}

/// What one batch of a timed session leaves behind.
#[derive(Clone, Debug, Default)]
pub struct TimedBatch {
    /// What happened, in order.
    pub facts: Vec<TimedFact>,
    /// How far the seats are that something happened to.
    pub seats: Vec<SeatSave>,
    /// The answers that were given.
    pub answers: Vec<AnswerSave>,
    /// Seats that are forgotten.
    pub erased: Vec<SeatId>,
}

/// How far a seat is.
#[derive(Clone, Debug, Serialize)]
pub struct SeatSave {
    /// The same as the host sees.
    pub row: SeatRow,
    /// Counts links.
    pub link: u32,
    /// The number of the last fact about it.
    pub fact: u32,
    /// Questions that there are.
    pub total: u32,
}

/// An answer as it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerSave {
    /// Whose.
    pub seat: SeatId,
    /// Of which attempt.
    pub attempt: u32,
    /// The question's place in the quiz, from 1.
    pub question: u32,
    /// Its place in the order in which the seat was asked, from 1.
    pub turn: u32,
    /// What was chosen, by place in the quiz.
    pub choice: Choice,
    /// Answers that were given before this one.
    pub changes: u32,
    /// When it arrived.
    pub received_at: Timestamp,
    /// What it earned.
    pub points: u32,
}

/// An answer of a session, as lists of results have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRow {
    /// Whose.
    pub name: String,
    /// Their address, if the organisation knows one.
    pub email: String,
    /// The answer.
    pub answer: AnswerSave,
}

/// A timed session, as lists have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedSessionRow {
    /// The session.
    pub id: SessionId,
    /// The title of its quiz.
    pub title: String,
    /// How people find it while it is open.
    pub code: JoinCode,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Whether its host closed it.
    pub is_closed: bool,
    /// People in it.
    pub seats: u32,
    /// Those who are at it.
    pub under_way: u32,
    /// Those who are done.
    pub done: u32,
}

/// Id, title, code, opening, closing, seats, those under way, those who are done.
type SessionColumns = (i64, String, String, i64, Option<i64>, u32, u32, u32);
/// Number, time, kind, command, body, and the name beside the log.
type Columns = (u32, i64, String, Option<String>, Option<String>, Option<String>);
/// Name, address, seat, attempt, question, turn, choice, changes, time, points.
type AnswerColumns = (String, Option<String>, u32, u32, u32, u32, String, u32, i64, u32);

impl Store {
    /// Opens a timed session, together with its first facts.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if an open session has the code; [`StoreError::NotSaved`].
    pub async fn open_timed_session(&self, new: NewTimedSession, batch: TimedBatch) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query(
                    "insert into session (id, organisation_id, quiz_id, admin_id, title, code, opened_at_ms, pace)
                     values ($1, $2, $3, $4, $5, $6, $7, 'own')",
                )
                .bind(new.id.0)
                .bind(new.organisation.0)
                .bind(new.quiz.0)
                .bind(new.admin.map(|admin| admin.0))
                .bind(&new.title)
                .bind(new.code.as_str())
                .bind(new.at.0)
                .execute(&mut *db)
                .await
                .map_err(|error| if is_taken(&error) { StoreError::Taken } else { error.into() })?;
                save(&mut *db, (new.organisation, new.id), batch, new.at).await?;
                let entry = AuditEntry {
                    organisation: new.organisation,
                    by: new.admin.map_or(AuditActor::CommandLine, AuditActor::Account),
                    action: AuditAction::TimedSessionOpened,
                    subject: AuditSubject::Session(new.id),
                    detail: None,
                };
                audit::write_down(db, entry, new.at).await
            })
        })
        .await
    }

    /// Keeps one batch of a timed session, all of it or nothing.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`] if the disk did not take it, [`StoreError::Contradiction`] if the session has a fact with
    /// one of these numbers already, or somebody is not known any more whom a seat is for.
    pub async fn append_timed(
        &self,
        organisation: OrganisationId,
        session: SessionId,
        batch: TimedBatch,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if batch.facts.is_empty() {
            return Ok(());
        }
        self.write(move |db| Box::pin(async move { save(db, (organisation, session), batch, at).await })).await
    }

    /// All facts of a timed session, in their order, with those names that still stand beside the log.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`], also when a number is missing.
    pub async fn timed_facts(&self, session: SessionId) -> Result<Vec<TimedFact>, StoreError> {
        let rows: Vec<Columns> = sqlx::query_as(
            "select fact.no, fact.at_ms, fact.kind, fact.command_id, fact.body, timed_seat.name
             from fact
             left join timed_seat
               on fact.kind = 'seat_given'
              and timed_seat.session_id = fact.session_id
              and timed_seat.seat = fact.body ->> '$.seat'
             where fact.session_id = $1
             order by fact.no",
        )
        .bind(session.0)
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        rows.into_iter().zip(1..).map(|(row, expected)| read_fact(session, row, expected)).collect()
    }

    /// How many facts a session has.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn fact_count(&self, session: SessionId) -> Result<u32, StoreError> {
        // The numbers of facts have no holes.
        sqlx::query_scalar("select coalesce(max(no), 0) from fact where session_id = $1")
            .bind(session.0)
            .fetch_one(&mut *self.reader().await?)
            .await
            .map_err(unreadable)
    }

    /// The timed sessions of an organisation that were opened last: at most `limit` of them.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn timed_sessions(
        &self,
        organisation: OrganisationId,
        limit: u32,
    ) -> Result<Vec<TimedSessionRow>, StoreError> {
        // Uses the index session_by_organisation, then the key of timed_seat.
        let rows: Vec<SessionColumns> = sqlx::query_as(
            "select session.id, title, code, opened_at_ms, closed_at_ms, count(seat),
                    count(case when state in ('active', 'paused') then 1 end),
                    count(case when state in ('finished', 'expired') then 1 end)
             from session
             left join timed_seat on timed_seat.session_id = session.id
             where session.organisation_id = $1 and pace = 'own'
             group by session.id
             order by opened_at_ms desc, session.id desc
             limit $2",
        )
        .bind(organisation.0)
        .bind(limit)
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        rows.into_iter()
            .map(|(id, title, code, opened_at, closed_at, seats, under_way, done)| {
                Ok(TimedSessionRow {
                    id: SessionId(id),
                    title,
                    code: JoinCode::parse(&code).map_err(unreadable)?,
                    opened_at: Timestamp(opened_at),
                    is_closed: closed_at.is_some(),
                    seats,
                    under_way,
                    done,
                })
            })
            .collect()
    }

    /// Whether an organisation has this timed session, open or closed.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn has_timed_session(
        &self,
        organisation: OrganisationId,
        session: SessionId,
    ) -> Result<bool, StoreError> {
        let found: Option<i64> =
            sqlx::query_scalar("select id from session where id = $1 and organisation_id = $2 and pace = 'own'")
                .bind(session.0)
                .bind(organisation.0)
                .fetch_optional(&mut *self.reader().await?)
                .await
                .map_err(unreadable)?;
        Ok(found.is_some())
    }

    /// Whose a timed session is, if there is one with this id.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn timed_session_owner(&self, session: SessionId) -> Result<Option<OrganisationId>, StoreError> {
        let owner: Option<i64> =
            sqlx::query_scalar("select organisation_id from session where id = $1 and pace = 'own'")
                .bind(session.0)
                .fetch_optional(&mut *self.reader().await?)
                .await
                .map_err(unreadable)?;
        Ok(owner.map(OrganisationId))
    }

    /// Answers of a session behind a place in it, in the order of seats: at most `limit` of them.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn timed_answers_after(
        &self,
        session: SessionId,
        (seat, attempt, question): (SeatId, u32, u32),
        limit: u32,
    ) -> Result<Vec<AnswerRow>, StoreError> {
        // By the key of timed_answer.
        let rows: Vec<AnswerColumns> = sqlx::query_as(
            "select timed_seat.name, person.email, timed_answer.seat, timed_answer.attempt, question, turn, choice,
                    changes, received_at_ms, points
             from timed_answer
             join timed_seat on timed_seat.session_id = timed_answer.session_id and timed_seat.seat = timed_answer.seat
             left join person on person.id = timed_seat.person_id
             where timed_answer.session_id = $1
               and (timed_answer.seat, timed_answer.attempt, question) > ($2, $3, $4)
             order by timed_answer.seat, timed_answer.attempt, question
             limit $5",
        )
        .bind(session.0)
        .bind(seat.0)
        .bind(attempt)
        .bind(question)
        .bind(limit)
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        rows.into_iter().map(answer_row).collect()
    }

    /// The seats that somebody has in sessions that are open, and in those that are over.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn timed_seats_of(
        &self,
        organisation: OrganisationId,
        person: PersonId,
    ) -> Result<Vec<(SessionId, SeatId)>, StoreError> {
        // Uses the index timed_seat_by_person.
        let rows: Vec<(i64, u32)> = sqlx::query_as(
            "select session_id, seat from timed_seat where person_id = $1 and organisation_id = $2 order by session_id",
        )
        .bind(person.0)
        .bind(organisation.0)
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        Ok(rows.into_iter().map(|(session, seat)| (SessionId(session), SeatId(seat))).collect())
    }
}

fn answer_row(
    (name, email, seat, attempt, question, turn, choice, changes, received_at, points): AnswerColumns,
) -> Result<AnswerRow, StoreError> {
    let choice = serde_json::from_str(&choice).map_err(unreadable)?;
    let (seat, received_at) = (SeatId(seat), Timestamp(received_at));
    let answer = AnswerSave { seat, attempt, question, turn, choice, changes, received_at, points };
    Ok(AnswerRow { name, email: email.unwrap_or_default(), answer })
}

/// Puts a fact together again; see [`TimedBody`] for the stored form.
fn read_fact(
    session: SessionId,
    (no, at_ms, kind, command, body, name): Columns,
    expected: u32,
) -> Result<TimedFact, StoreError> {
    if no != expected {
        return Err(unreadable(format!("fact {expected} of session {session} is missing")));
    }
    let tell = |why: String| unreadable(format!("fact {no} of session {session}: {why}"));
    let command = command.map(|id| CommandId::parse(&id)).transpose().map_err(|why| tell(why.to_string()))?;
    let data = body.map_or_else(String::new, |body| format!(r#","data":{body}"#));
    let body = serde_json::from_str(&format!(r#"{{"kind":"{kind}"{data}}}"#)).map_err(|why| tell(why.to_string()))?;
    let body = match (body, name) {
        (TimedBody::SeatGiven { seat, person, .. }, Some(name)) => TimedBody::SeatGiven { seat, person, name },
        (body, _) => body,
    };
    Ok(TimedFact { no, at: Timestamp(at_ms), command, body })
}

fn json(rows: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(rows).map_err(|why| StoreError::Contradiction(why.to_string()))
}

/// Writes one batch: its facts, the rows that follow from them, and what admins are to be told of it.
async fn save(
    db: &mut SqliteConnection,
    (organisation, session): (OrganisationId, SessionId),
    batch: TimedBatch,
    at: Timestamp,
) -> Result<(), StoreError> {
    let TimedBatch { facts, seats, answers, erased } = batch;
    insert_facts(db, session, &facts).await?;
    if !seats.is_empty() {
        save_seats(db, session, &json(&seats)?).await?;
    }
    if !answers.is_empty() {
        save_answers(db, session, &json(&answers)?).await?;
    }
    let mut people: Vec<PersonId> = seats.iter().filter_map(|seat| seat.row.person).collect();
    for seat in erased {
        people.extend(erase(db, session, seat).await?);
    }
    if facts.iter().any(|fact| matches!(fact.body, TimedBody::Closed)) {
        sqlx::query("update session set closed_at_ms = $2 where id = $1")
            .bind(session.0)
            .bind(at.0)
            .execute(&mut *db)
            .await?;
    }
    people.sort_unstable();
    people.dedup();
    person::note_progress(db, organisation, &people, at).await
}

/// Inserts facts: one statement for all of them.
async fn insert_facts(db: &mut SqliteConnection, session: SessionId, facts: &[TimedFact]) -> Result<(), StoreError> {
    // An unknown session has no organisation, which the column refuses.
    sqlx::query(
        "insert into fact (session_id, no, organisation_id, at_ms, kind, command_id, body)
         select
             $1,
             item.value ->> '$.no',
             (select organisation_id from session where id = $1),
             item.value ->> '$.at',
             item.value ->> '$.body.kind',
             item.value ->> '$.command',
             item.value -> '$.body.data'
         from json_each($2) as item",
    )
    .bind(session.0)
    .bind(json(&facts)?)
    .execute(db)
    .await?;
    Ok(())
}

async fn save_seats(db: &mut SqliteConnection, session: SessionId, json: &str) -> Result<(), StoreError> {
    // The `where` is for SQLite's parser, which would read `on conflict` as the condition of a join.
    sqlx::query(
        "insert into timed_seat
             (session_id, seat, organisation_id, person_id, name, link, fact, state, attempt, attempts_left, answered,
              total, started_at_ms, deadline_ms, stopped_with_ms, ended_at_ms, score, last_at_ms)
         select
             $1,
             item.value ->> '$.row.seat',
             (select organisation_id from session where id = $1),
             item.value ->> '$.row.person',
             item.value ->> '$.row.name',
             item.value ->> '$.link',
             item.value ->> '$.fact',
             item.value ->> '$.row.state',
             item.value ->> '$.row.attempt',
             item.value ->> '$.row.attempts_left',
             item.value ->> '$.row.answered',
             item.value ->> '$.total',
             item.value ->> '$.row.started_at',
             item.value ->> '$.row.deadline',
             item.value ->> '$.row.stopped_with',
             item.value ->> '$.row.ended_at',
             item.value ->> '$.row.score',
             item.value ->> '$.row.last_at'
         from json_each($2) as item
         where true
         on conflict (session_id, seat) do update set
             link = excluded.link,
             fact = excluded.fact,
             state = excluded.state,
             attempt = excluded.attempt,
             attempts_left = excluded.attempts_left,
             answered = excluded.answered,
             started_at_ms = excluded.started_at_ms,
             deadline_ms = excluded.deadline_ms,
             stopped_with_ms = excluded.stopped_with_ms,
             ended_at_ms = excluded.ended_at_ms,
             score = excluded.score,
             last_at_ms = excluded.last_at_ms",
    )
    .bind(session.0)
    .bind(json)
    .execute(db)
    .await?;
    Ok(())
}

async fn save_answers(db: &mut SqliteConnection, session: SessionId, json: &str) -> Result<(), StoreError> {
    sqlx::query(
        "insert into timed_answer
             (session_id, seat, attempt, question, organisation_id, turn, choice, changes, received_at_ms, points)
         select
             $1,
             item.value ->> '$.seat',
             item.value ->> '$.attempt',
             item.value ->> '$.question',
             (select organisation_id from session where id = $1),
             item.value ->> '$.turn',
             item.value -> '$.choice',
             item.value ->> '$.changes',
             item.value ->> '$.received_at',
             item.value ->> '$.points'
         from json_each($2) as item
         where true
         on conflict (session_id, seat, attempt, question) do update set
             choice = excluded.choice,
             changes = excluded.changes,
             received_at_ms = excluded.received_at_ms,
             points = excluded.points",
    )
    .bind(session.0)
    .bind(json)
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets a seat: its rows go, and its facts keep their numbers and say nothing. Returns whose it was.
async fn erase(db: &mut SqliteConnection, session: SessionId, seat: SeatId) -> Result<Option<PersonId>, StoreError> {
    sqlx::query("delete from timed_answer where session_id = $1 and seat = $2")
        .bind(session.0)
        .bind(seat.0)
        .execute(&mut *db)
        .await?;
    let person: Option<Option<i64>> =
        sqlx::query_scalar("delete from timed_seat where session_id = $1 and seat = $2 returning person_id")
            .bind(session.0)
            .bind(seat.0)
            .fetch_optional(&mut *db)
            .await?;
    // What waits for them, and traces of what was sent, which hold their address. Uses the partial index mail_out_by_seat.
    sqlx::query("delete from mail_out where session_id = $1 and seat = $2")
        .bind(session.0)
        .bind(seat.0)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "update fact
         set kind = 'gone', command_id = null, body = json_object('seat', $2)
         where session_id = $1 and body ->> '$.seat' = $2 and kind not in ('opened', 'erased')",
    )
    .bind(session.0)
    .bind(seat.0)
    .execute(db)
    .await?;
    Ok(person.flatten().map(PersonId))
}
