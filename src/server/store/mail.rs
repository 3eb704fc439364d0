//! Mail that waits to be sent, and traces of mail that was.
//!
//! Knows when each is tried next, and nothing of how mail is sent. What a mail says, and with it every link in it, is there
//! only for as long as it waits; then a trace is left: to whom, about what, when, and why not. A mail with a personal link
//! says which, so that it is not kept twice and is taken back when the link does not hold any more.

use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

use crate::domain::ids::{MailId, OrganisationId};
use crate::domain::time::{Millis, Timestamp};
use crate::server::auth::invite::InviteClaim;
use crate::server::store::{Store, StoreError, unreadable};

/// Mails of one organisation that may wait: a mail to everybody in a long list.
pub const WAITING_MAX: u32 = 20_000;
/// Whoever was sent a link is not sent the same one again before this time is over: a second click, or a second admin.
pub const AGAIN_AFTER: Millis = Millis(5 * 60_000);

/// A mail that is about to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMail {
    /// The address.
    pub recipient: String,
    /// What stands above it.
    pub subject: String,
    /// What it says.
    pub parts: Parts,
    /// The personal link that is in it, if one is.
    pub link: Option<InviteClaim>,
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
    /// [`StoreError::Taken`] if the link in it is on its way or was sent just before, [`StoreError::TooMany`] beyond
    /// [`WAITING_MAX`].
    pub async fn add_mail(
        &self,
        organisation: OrganisationId,
        new: NewMail,
        at: Timestamp,
    ) -> Result<MailId, StoreError> {
        self.add_mails(organisation, vec![new], at).await?.pop().ok_or(StoreError::Taken)
    }

    /// Keeps mails until they are sent, but for those with a link that waits already or was sent less than
    /// [`AGAIN_AFTER`] ago. Returns the mails that are kept, in their order.
    ///
    /// # Errors
    /// [`StoreError::TooMany`] beyond [`WAITING_MAX`]; then none of them is kept.
    pub async fn add_mails(
        &self,
        organisation: OrganisationId,
        new: Vec<NewMail>,
        at: Timestamp,
    ) -> Result<Vec<MailId>, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let mut kept = Vec::with_capacity(new.len());
                for mail in &new {
                    kept.extend(keep(&mut *db, organisation, mail, at).await?);
                }
                // Uses the index mail_out_by_organisation.
                let waiting: u32 = sqlx::query_scalar(
                    "select count(*) from mail_out where organisation_id = $1 and state = 'waiting'",
                )
                .bind(organisation.0)
                .fetch_one(db)
                .await?;
                if waiting > WAITING_MAX { Err(StoreError::TooMany(WAITING_MAX)) } else { Ok(kept) }
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

    /// Whether a mail waits and what it says is still true: the link in it, if one is, leads to a seat of a session that
    /// is open.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn mail_holds(&self, id: MailId) -> Result<bool, StoreError> {
        // By the key of timed_seat.
        let holds: Option<bool> = sqlx::query_scalar(
            "select mail_out.session_id is null or exists (
                 select 1
                 from timed_seat
                 join session on session.id = timed_seat.session_id
                 where timed_seat.session_id = mail_out.session_id
                   and timed_seat.seat = mail_out.seat
                   and timed_seat.link = mail_out.link
                   and timed_seat.state <> 'revoked'
                   and session.closed_at_ms is null
             )
             from mail_out
             where id = $1 and state = 'waiting'",
        )
        .bind(id.0)
        .fetch_optional(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        Ok(holds.unwrap_or(false))
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

/// Keeps a mail inside a write, unless the link in it is on its way or was sent just before.
async fn keep(
    db: &mut SqliteConnection,
    organisation: OrganisationId,
    mail: &NewMail,
    at: Timestamp,
) -> Result<Option<MailId>, StoreError> {
    let parts = serde_json::to_string(&mail.parts).map_err(|why| StoreError::Contradiction(why.to_string()))?;
    // Uses the partial index mail_out_by_seat. Without a link nothing is equal to it.
    let id: Option<i64> = sqlx::query_scalar(
        "insert into mail_out
             (organisation_id, recipient, subject, parts, state, tries, next_at_ms, made_at_ms, session_id, seat, link)
         select $1, $2, $3, $4, 'waiting', 0, $5, $5, $6, $7, $8
         where not exists (
             select 1
             from mail_out as other
             where other.session_id = $6
               and other.seat = $7
               and other.link = $8
               and (other.state = 'waiting' or (other.state = 'sent' and other.done_at_ms > $9))
         )
         returning id",
    )
    .bind(organisation.0)
    .bind(&mail.recipient)
    .bind(&mail.subject)
    .bind(parts)
    .bind(at.0)
    .bind(mail.link.map(|link| link.session.0))
    .bind(mail.link.map(|link| link.seat.0))
    .bind(mail.link.map(|link| link.link))
    .bind((at - AGAIN_AFTER).0)
    .fetch_optional(db)
    .await?;
    Ok(id.map(MailId))
}
