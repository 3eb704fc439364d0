//! The audit log: who did what and when. Rows are only added, and swept when their time is over.
//!
//! What changes something that belongs in it does two things. Its caller asks a store that knows in whose name it writes:
//! `house.store.by(AuditActor::Account(admin.id)).delete_person(…)`. Its function in the store makes an [`AuditEntry`] from
//! `self.actor` and calls [`write_down`] with the connection of the open transaction, so that the change and the entry
//! are both there or neither is:
//!
//! ```text
//! let by = self.actor;
//! self.write(move |db| {
//!     Box::pin(async move {
//!         …the change…
//!         let subject = AuditSubject::Person(id);
//!         let entry = AuditEntry { organisation, by, action: AuditAction::PersonDeleted, subject, detail: None };
//!         audit::write_down(db, entry, at).await
//!     })
//! })
//! .await
//! ```
//!
//! What changes nothing in the store and belongs in the log all the same, such as an export, calls [`Store::write_down`].

use sqlx::SqliteConnection;

use crate::domain::audit::{AuditAction, AuditActor, AuditDetail, AuditFilter, AuditRecord, AuditSubject};
use crate::domain::ids::OrganisationId;
use crate::domain::time::Timestamp;
use crate::server::store::{Borrowing, Store, StoreError, unreadable};

/// Something that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Whose log it stands in.
    pub organisation: OrganisationId,
    /// Who did it.
    pub by: AuditActor,
    /// What.
    pub action: AuditAction,
    /// To what.
    pub subject: AuditSubject,
    /// What else there is to say.
    pub detail: Option<AuditDetail>,
}

/// Entries, newest first, and the number of the last one if there are more.
pub type AuditRows = (Vec<AuditRecord>, Option<i64>);

type Columns = (i64, i64, String, Option<i64>, String, String, i64, Option<String>);

/// The three statements that list entries, each by its own index: audit_by_organisation, audit_by_area, and for one account
/// audit_by_actor with audit_by_subject. Conditions that are always true only name a place that the others need.
macro_rules! listing {
    ($which:literal) => {
        concat!(
            "select no, at_ms, actor_kind, actor_id, action, subject_kind, subject_id, detail
             from audit
             where organisation_id = $1 and no < $2 and ",
            $which,
            " order by no desc limit $5"
        )
    };
}
const ALL: &str = listing!("$3 is null and $4 is null");
const OF_AREA: &str = listing!("area = $3 and $4 is null");
const OF_ACCOUNT: &str = listing!(
    "($3 is null or area = $3) and no in (
         select no from audit where organisation_id = $1 and actor_id = $4
         union
         select no from audit where organisation_id = $1 and subject_kind = 'account' and subject_id = $4
     )"
);

impl Store {
    /// One page of an organisation's log, newest first, of what stands before the entry with this number.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn audit(
        &self,
        organisation: OrganisationId,
        filter: AuditFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<AuditRows, StoreError> {
        let statement = match (filter.account, filter.area) {
            (None, None) => ALL,
            (None, Some(_)) => OF_AREA,
            (Some(_), _) => OF_ACCOUNT,
        };
        let mut rows: Vec<Columns> = sqlx::query_as(statement)
            .bind(organisation.0)
            .bind(before.unwrap_or(i64::MAX))
            .bind(filter.area.map(|area| area.name()))
            .bind(filter.account.map(|account| account.0))
            .bind(limit.saturating_add(1))
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(unreadable)?;
        let has_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| has_more).map(|(no, ..)| *no);
        Ok((rows.into_iter().map(record).collect::<Result<_, _>>()?, next))
    }

    /// Writes down what changed nothing in the store.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn write_down(
        &self,
        organisation: OrganisationId,
        action: AuditAction,
        subject: AuditSubject,
        detail: Option<AuditDetail>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let entry = AuditEntry { organisation, by: self.actor, action, subject, detail };
        self.write(move |db| write_down(db, entry, at)).await
    }

    /// Forgets what was done so long ago that it is kept no longer.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn sweep_audit(&self, before: Timestamp) -> Result<(), StoreError> {
        // Uses the index audit_by_time.
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query("delete from audit where at_ms < $1").bind(before.0).execute(db).await?;
                Ok(())
            })
        })
        .await
    }
}

/// Writes down what is done, in the transaction that does it.
pub(super) fn write_down(
    db: &mut SqliteConnection,
    entry: AuditEntry,
    at: Timestamp,
) -> Borrowing<'_, Result<(), StoreError>> {
    Box::pin(async move {
        let AuditEntry { organisation, by, action, subject, detail } = entry;
        let detail = detail.map(|detail| serde_json::to_string(&detail).map_err(unreadable)).transpose()?;
        sqlx::query(
            "insert into audit
                 (organisation_id, at_ms, actor_kind, actor_id, area, action, subject_kind, subject_id, detail)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(organisation.0)
        .bind(at.0)
        .bind(by.kind())
        .bind(by.account().map(|account| account.0))
        .bind(action.area().name())
        .bind(action.name())
        .bind(subject.kind())
        .bind(subject.id())
        .bind(detail)
        .execute(db)
        .await?;
        Ok(())
    })
}

fn record((no, at, kind, actor, action, subject_kind, subject, detail): Columns) -> Result<AuditRecord, StoreError> {
    let wrong = |why: &dyn std::fmt::Display| unreadable(format!("entry {no} of the audit log: {why}"));
    Ok(AuditRecord {
        no,
        at: Timestamp(at),
        by: AuditActor::read(&kind, actor).map_err(|why| wrong(&why))?,
        action: AuditAction::read(&action).map_err(|why| wrong(&why))?,
        subject: AuditSubject::read(&subject_kind, subject).map_err(|why| wrong(&why))?,
        detail: detail.map(|text| serde_json::from_str(&text).map_err(|why| wrong(&why))).transpose()?,
    })
}
