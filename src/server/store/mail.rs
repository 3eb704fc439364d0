//! Mail that waits to be sent, and traces of mail that was.
//!
//! Knows when each is tried next, and nothing of how mail is sent. What a mail says, and with it every link in it, is there
//! only for as long as it waits; then a trace is left: to whom, about what, when, and why not.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{MailId, OrganisationId};
use crate::domain::time::Timestamp;
use crate::server::store::{Store, StoreError, unreadable};

/// Mails of one organisation that may wait: a mail to everybody in a long list.
pub const WAITING_MAX: u32 = 20_000;

/// A mail that is about to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMail {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// The address.
    pub recipient: String,
    /// What stands above it.
    pub subject: String,
    /// What it says.
    pub parts: Parts,
}

/// What a mail says, in each of its forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// The name of whom it goes to; may be empty.
    pub name: String,
    /// As plain text.
    pub text: String,
    /// As a page.
    pub html: String,
    /// As an entry of a calendar.
    pub calendar: Option<String>,
}

/// A mail that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueMail {
    /// Its id.
    pub id: MailId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// The address.
    pub recipient: String,
    /// What stands above it.
    pub subject: String,
    /// What it says.
    pub parts: Parts,
    /// How often it was tried.
    pub tries: u32,
    /// When it was made.
    pub made_at: Timestamp,
}

/// How far a mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailState {
    /// It is to be sent.
    Waiting,
    /// The mail server took it.
    Sent,
    /// It was given up.
    Failed,
}

/// What is known of a mail, whether it waits or is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailTrace {
    /// How far it is.
    pub state: MailState,
    /// How often it was tried.
    pub tries: u32,
    /// What kept it from being sent the last time, in words.
    pub last_error: Option<String>,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it was sent or given up.
    pub done_at: Option<Timestamp>,
}

impl Store {
    /// Keeps a mail until it is sent.
    ///
    /// # Errors
    /// [`StoreError::TooMany`] beyond [`WAITING_MAX`].
    pub async fn add_mail(&self, new: NewMail, at: Timestamp) -> Result<MailId, StoreError> {
        let parts = serde_json::to_string(&new.parts).map_err(|why| StoreError::Contradiction(why.to_string()))?;
        self.write(move |db| {
            Box::pin(async move {
                // Uses the index mail_out_by_organisation.
                let waiting: u32 = sqlx::query_scalar(
                    "select count(*) from mail_out where organisation_id = $1 and state = 'waiting'",
                )
                .bind(new.organisation.0)
                .fetch_one(&mut *db)
                .await?;
                if waiting >= WAITING_MAX {
                    return Err(StoreError::TooMany(WAITING_MAX));
                }
                let id = sqlx::query_scalar(
                    "insert into mail_out
                         (organisation_id, recipient, subject, parts, state, tries, next_at_ms, made_at_ms)
                     values ($1, $2, $3, $4, 'waiting', 0, $5, $5)
                     returning id",
                )
                .bind(new.organisation.0)
                .bind(&new.recipient)
                .bind(&new.subject)
                .bind(&parts)
                .bind(at.0)
                .fetch_one(db)
                .await?;
                Ok(MailId(id))
            })
        })
        .await
    }

    /// Mails whose time has come, those that wait longest first.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn due_mails(&self, now: Timestamp, limit: u32) -> Result<Vec<DueMail>, StoreError> {
        type Columns = (i64, i64, String, String, String, u32, i64);
        // Uses the partial index mail_out_by_time.
        let rows: Vec<Columns> = sqlx::query_as(
            "select id, organisation_id, recipient, subject, parts, tries, made_at_ms
             from mail_out
             where next_at_ms is not null and next_at_ms <= $1
             order by next_at_ms, id
             limit $2",
        )
        .bind(now.0)
        .bind(limit)
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        let mail = |(id, organisation, recipient, subject, parts, tries, made_at): Columns| {
            let parts = serde_json::from_str(&parts).map_err(|why| unreadable(format!("mail {id}: {why}")))?;
            let (id, organisation, made_at) = (MailId(id), OrganisationId(organisation), Timestamp(made_at));
            Ok(DueMail { id, organisation, recipient, subject, parts, tries, made_at })
        };
        rows.into_iter().map(mail).collect()
    }

    /// Notes that a mail was sent, or with a reason that it was given up; what it says is deleted.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn end_mail(&self, id: MailId, given_up: Option<String>, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query(
                    "update mail_out
                     set state = case when $2 is null then 'sent' else 'failed' end, tries = tries + 1, parts = null,
                         next_at_ms = null, last_error = $2, done_at_ms = $3
                     where id = $1 and state = 'waiting'",
                )
                .bind(id.0)
                .bind(&given_up)
                .bind(at.0)
                .execute(db)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Notes that a mail was not sent this time, and when it is tried again.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn put_off_mail(&self, id: MailId, why: String, next_at: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query(
                    "update mail_out
                     set tries = tries + 1, last_error = $2, next_at_ms = $3
                     where id = $1 and state = 'waiting'",
                )
                .bind(id.0)
                .bind(&why)
                .bind(next_at.0)
                .execute(db)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// What is known of a mail.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the organisation has no such mail, or its trace was swept out.
    pub async fn mail(&self, organisation: OrganisationId, id: MailId) -> Result<MailTrace, StoreError> {
        let found: Option<(String, u32, Option<String>, i64, Option<i64>)> = sqlx::query_as(
            "select state, tries, last_error, made_at_ms, done_at_ms
             from mail_out
             where id = $1 and organisation_id = $2",
        )
        .bind(id.0)
        .bind(organisation.0)
        .fetch_optional(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        let (state, tries, last_error, made_at, done_at) = found.ok_or(StoreError::NotFound)?;
        let state = match state.as_str() {
            "waiting" => MailState::Waiting,
            "sent" => MailState::Sent,
            "failed" => MailState::Failed,
            other => return Err(unreadable(format!("a mail in the state {other}"))),
        };
        let (made_at, done_at) = (Timestamp(made_at), done_at.map(Timestamp));
        Ok(MailTrace { state, tries, last_error, made_at, done_at })
    }

    /// Takes back a mail that still waits, because what it says is not true any more; false if it is done already.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn take_back_mail(&self, organisation: OrganisationId, id: MailId) -> Result<bool, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let gone =
                    sqlx::query("delete from mail_out where id = $1 and organisation_id = $2 and state = 'waiting'")
                        .bind(id.0)
                        .bind(organisation.0)
                        .execute(db)
                        .await?;
                Ok(gone.rows_affected() > 0)
            })
        })
        .await
    }

    /// Forgets the traces of mail that was done before this time.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn sweep_mail(&self, before: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                // Uses the partial index mail_out_by_end.
                sqlx::query("delete from mail_out where done_at_ms is not null and done_at_ms < $1")
                    .bind(before.0)
                    .execute(db)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}
