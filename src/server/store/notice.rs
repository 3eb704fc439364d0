//! Notices: what the house told its operators by itself, and who of them has read it.
//!
//! A notice belongs to an organisation, or to the house itself. Who may see the latter is said by who asks: a reader names
//! the organisation, and whether the house's own are to be among them ([`NoticeReader`]).

use crate::domain::ids::{AdminId, NoticeId, OrganisationId};
use crate::domain::time::Timestamp;
use crate::protocol::notice::{NoticeLevel, Notification};
use crate::server::store::{Store, StoreError, unreadable};

/// Notices that are kept, whatever their age; more only come from a house in which something is very wrong.
pub const NOTICES_MAX: u32 = 10_000;

/// Who reads notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeReader {
    /// The account.
    pub admin: AdminId,
    /// Its organisation.
    pub organisation: OrganisationId,
    /// Whether those of the house are among them.
    pub sees_house: bool,
}

type Columns = (i64, String, String, String, Option<String>, i64, bool);

impl Store {
    /// Keeps a notice; one that is kept already changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn add_notice(
        &self,
        organisation: Option<OrganisationId>,
        notice: Notification,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query(
                    "insert into notice (id, organisation_id, level, code, text, room, at_ms)
                     values ($1, $2, $3, $4, $5, $6, $7)
                     on conflict (id) do nothing",
                )
                .bind(notice.id.0)
                .bind(organisation.map(|id| id.0))
                .bind(notice.level.name())
                .bind(notice.code)
                .bind(notice.text)
                .bind(notice.room)
                .bind(notice.at.0)
                .execute(db)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Notices with whether they were read, the newest first: those before an id, of one level or of all.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn notices(
        &self,
        reader: NoticeReader,
        level: Option<NoticeLevel>,
        before: Option<NoticeId>,
        limit: u32,
    ) -> Result<Vec<(Notification, bool)>, StoreError> {
        // Uses notice_by_organisation, once for each of the two.
        let rows: Vec<Columns> = sqlx::query_as(
            "select id, level, code, text, room, at_ms,
                    exists (select 1 from notice_read where admin_id = $1 and notice_id = id)
             from notice
             where (organisation_id = $2 or ($3 and organisation_id is null))
               and id < $4
               and ($5 is null or level = $5)
             order by id desc
             limit $6",
        )
        .bind(reader.admin.0)
        .bind(reader.organisation.0)
        .bind(reader.sees_house)
        .bind(before.map_or(i64::MAX, |id| id.0))
        .bind(level.map(NoticeLevel::name))
        .bind(limit)
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        rows.into_iter().map(notice).collect()
    }

    /// How many notices somebody has not read.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn count_unread(&self, reader: NoticeReader) -> Result<u32, StoreError> {
        sqlx::query_scalar(
            "select count(*)
             from notice
             where (organisation_id = $2 or ($3 and organisation_id is null))
               and not exists (select 1 from notice_read where admin_id = $1 and notice_id = id)",
        )
        .bind(reader.admin.0)
        .bind(reader.organisation.0)
        .bind(reader.sees_house)
        .fetch_one(&mut *self.reader().await?)
        .await
        .map_err(unreadable)
    }

    /// Notes that somebody has read a notice.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it is none of theirs.
    pub async fn read_notice(&self, reader: NoticeReader, id: NoticeId) -> Result<(), StoreError> {
        if self.read_notices(reader, id, id).await? == 0 && !self.has_notice(reader, id).await? {
            return Err(StoreError::NotFound);
        }
        Ok(())
    }

    /// Notes that somebody has read all notices up to one; later ones may have come since they looked.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn read_notices_up_to(&self, reader: NoticeReader, last: NoticeId) -> Result<(), StoreError> {
        self.read_notices(reader, NoticeId(0), last).await.map(drop)
    }

    async fn read_notices(&self, reader: NoticeReader, from: NoticeId, to: NoticeId) -> Result<u64, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let done = sqlx::query(
                    "insert into notice_read (admin_id, notice_id)
                     select $1, id
                     from notice
                     where (organisation_id = $2 or ($3 and organisation_id is null))
                       and id between $4 and $5
                     on conflict do nothing",
                )
                .bind(reader.admin.0)
                .bind(reader.organisation.0)
                .bind(reader.sees_house)
                .bind(from.0)
                .bind(to.0)
                .execute(db)
                .await?;
                Ok(done.rows_affected())
            })
        })
        .await
    }

    async fn has_notice(&self, reader: NoticeReader, id: NoticeId) -> Result<bool, StoreError> {
        sqlx::query_scalar(
            "select exists (
                 select 1 from notice where id = $1 and (organisation_id = $2 or ($3 and organisation_id is null))
             )",
        )
        .bind(id.0)
        .bind(reader.organisation.0)
        .bind(reader.sees_house)
        .fetch_one(&mut *self.reader().await?)
        .await
        .map_err(unreadable)
    }

    /// Forgets notices that were raised before, and the oldest beyond [`NOTICES_MAX`].
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn sweep_notices(&self, before: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                // Runs once an hour; a scan of a table that is bounded by this very statement.
                sqlx::query(
                    "delete from notice
                     where at_ms < $1
                        or id <= (select id from notice order by id desc limit 1 offset $2)",
                )
                .bind(before.0)
                .bind(NOTICES_MAX)
                .execute(db)
                .await?;
                Ok(())
            })
        })
        .await
    }
}

fn notice((id, level, code, text, room, at_ms, is_read): Columns) -> Result<(Notification, bool), StoreError> {
    let level = NoticeLevel::of_name(&level).ok_or_else(|| unreadable(format!("a notice of the level {level}")))?;
    Ok((Notification { id: NoticeId(id), level, code, text, room, at: Timestamp(at_ms) }, is_read))
}
