//! People: whom an organisation knows by name, and the changes that its admins are told of.
//!
//! A change is written in the transaction that makes it, as the event that it will be told as; whoever tells reads on from
//! the last one ([`Store::people_changes_after`]). So nothing is told that is not stored, everything in the order in which
//! it was stored, and what another process changed is told as well.

use std::fmt;

use sqlx::SqliteConnection;
use thiserror::Error;

use crate::domain::audit::{AuditAction, AuditDetail, AuditSubject};
use crate::domain::code::JoinCode;
use crate::domain::ids::{OrganisationId, PersonId, SeatId, SessionId};
use crate::domain::person::{PeopleFilter, PeopleSort, PersonDraft};
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::people::{PeopleEvent, PersonGone, PersonPatch, PersonRecord, PersonStatus, Sitting};
use crate::protocol::timed::SeatState;
use crate::server::store::audit::{self, AuditEntry};
use crate::server::store::{Borrowing, Store, StoreError, is_taken, unreadable};

/// People of one organisation.
pub const PEOPLE_MAX: u32 = 200_000;
/// Tags that are offered for choosing.
const TAGS_SHOWN: u32 = 200;
/// Words that are searched for, as many as the statements have places for; what comes after them is not looked at.
const WORDS: usize = 4;

/// Where a page of people ended: the next one begins behind it, whoever came or went meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeopleCursor {
    /// What the last person was sorted by; empty where ids are the order.
    pub name: String,
    /// The last person.
    pub id: PersonId,
}

impl PeopleCursor {
    /// Reads what a cursor prints; an empty text is the beginning.
    ///
    /// # Errors
    /// [`BadCursor`] for any other text.
    pub fn parse(text: &str) -> Result<Option<Self>, BadCursor> {
        if text.is_empty() {
            return Ok(None);
        }
        let (id, name) = text.split_once('.').ok_or(BadCursor)?;
        Ok(Some(Self { name: name.to_owned(), id: id.parse().map_err(|_| BadCursor)? }))
    }
}

impl fmt::Display for PeopleCursor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.id, self.name)
    }
}

/// No page ended there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this page of the list is not there; begin with the first")]
pub struct BadCursor;

/// People in their order, and where they ended if there are more.
pub type PeopleRows = (Vec<PersonRecord>, Option<PeopleCursor>);

type Columns = (i64, u32, String, String, Option<String>, String, i64, String);

/// The four statements that list people: in one of two orders, all or those with a tag.
macro_rules! listing {
    ($from:literal, $after:literal, $order:literal) => {
        concat!(
            "select person.id, version, first_name, last_name, email, tags, created_at_ms, sort_name from ",
            $from,
            " and instr(search_text, $3) > 0 and instr(search_text, $4) > 0
              and instr(search_text, $5) > 0 and instr(search_text, $6) > 0
              and ",
            $after,
            " order by ",
            $order,
            " limit $9"
        )
    };
}
// Each uses the index of its order: person_by_organisation, person_by_name, the key of person_tag. Conditions that are
// always true only name a place that the others need.
const NEWEST: &str =
    listing!("person where organisation_id = $1 and $2 is null", "$7 = '' and person.id < $8", "person.id desc");
const BY_NAME: &str = listing!(
    "person where organisation_id = $1 and $2 is null",
    "(sort_name, person.id) > ($7, $8)",
    "sort_name, person.id"
);
const TAGGED_NEWEST: &str = listing!(
    "person_tag cross join person on person.id = person_tag.person_id
     where person_tag.organisation_id = $1 and tag = $2",
    "$7 = '' and person_id < $8",
    "person_id desc"
);
const TAGGED_BY_NAME: &str = listing!(
    "person_tag cross join person on person.id = person_tag.person_id
     where person_tag.organisation_id = $1 and tag = $2",
    "(sort_name, person.id) > ($7, $8)",
    "sort_name, person.id"
);

impl Store {
    /// One page of people, behind a cursor.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn people(
        &self,
        organisation: OrganisationId,
        filter: &PeopleFilter,
        after: Option<&PeopleCursor>,
        limit: u32,
    ) -> Result<PeopleRows, StoreError> {
        let search = filter.search.to_lowercase();
        let mut words = [""; WORDS];
        words.iter_mut().zip(search.split_whitespace()).for_each(|(place, word)| *place = word);
        let (statement, first) = match (filter.sort, filter.tag.is_some()) {
            (PeopleSort::Newest, false) => (NEWEST, i64::MAX),
            (PeopleSort::Newest, true) => (TAGGED_NEWEST, i64::MAX),
            (PeopleSort::Name, false) => (BY_NAME, 0),
            (PeopleSort::Name, true) => (TAGGED_BY_NAME, 0),
        };
        let is_by_name = filter.sort == PeopleSort::Name;
        let mut rows: Vec<Columns> = sqlx::query_as(statement)
            .bind(organisation.0)
            .bind(&filter.tag)
            .bind(words[0])
            .bind(words[1])
            .bind(words[2])
            .bind(words[3])
            .bind(after.filter(|_| is_by_name).map_or("", |after| &after.name))
            .bind(after.map_or(first, |after| after.id.0))
            .bind(limit.saturating_add(1))
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(unreadable)?;
        let has_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let last = rows.last().filter(|_| has_more);
        let name_of = |name: &String| if is_by_name { name.clone() } else { String::new() };
        let next = last.map(|(id, .., name)| PeopleCursor { name: name_of(name), id: PersonId(*id) });
        let mut people = rows.into_iter().map(record).collect::<Result<Vec<_>, _>>()?;
        add_sittings(&mut *self.reader().await?, &mut people).await?;
        Ok((people, next))
    }

    /// How many people an organisation knows.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn count_people(&self, organisation: OrganisationId) -> Result<u32, StoreError> {
        count(&mut *self.reader().await?, organisation).await.map_err(unreadable)
    }

    /// The tags that people of an organisation have, in the order of the alphabet.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn people_tags(&self, organisation: OrganisationId) -> Result<Vec<String>, StoreError> {
        // From each tag to the next by the key: as many steps as there are tags, however many people have them.
        sqlx::query_scalar(
            "with recursive found (tag) as (
                 select min(tag) from person_tag where organisation_id = $1
                 union all
                 select (select min(tag) from person_tag where organisation_id = $1 and tag > found.tag)
                 from found
                 where found.tag is not null
             )
             select tag from found where tag is not null limit $2",
        )
        .bind(organisation.0)
        .bind(TAGS_SHOWN)
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)
    }

    /// Somebody.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the organisation does not know them.
    pub async fn person(&self, organisation: OrganisationId, id: PersonId) -> Result<PersonRecord, StoreError> {
        let found: Option<Columns> = sqlx::query_as(ONE)
            .bind(id.0)
            .bind(organisation.0)
            .fetch_optional(&mut *self.reader().await?)
            .await
            .map_err(unreadable)?;
        let mut found = record(found.ok_or(StoreError::NotFound)?)?;
        add_sittings(&mut *self.reader().await?, std::slice::from_mut(&mut found)).await?;
        Ok(found)
    }

    /// Keeps somebody new; the draft is checked.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if somebody else has the address, [`StoreError::TooMany`] beyond [`PEOPLE_MAX`].
    pub async fn add_person(
        &self,
        organisation: OrganisationId,
        draft: PersonDraft,
        at: Timestamp,
    ) -> Result<PersonRecord, StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                if count(db, organisation).await? >= PEOPLE_MAX {
                    return Err(StoreError::TooMany(PEOPLE_MAX));
                }
                let new = insert(&mut *db, organisation, draft, at).await?;
                let subject = AuditSubject::Person(new.id);
                let entry = AuditEntry { organisation, by, action: AuditAction::PersonAdded, subject, detail: None };
                audit::write_down(db, entry, at).await?;
                Ok(new)
            })
        })
        .await
    }

    /// Keeps people who were read from a file, each with the number of its line; returns the lines that cannot be kept, each
    /// with the reason: [`StoreError::Taken`] or, beyond [`PEOPLE_MAX`], [`StoreError::TooMany`].
    ///
    /// # Errors
    /// [`StoreError::NotSaved`]; then nobody of them was kept.
    pub async fn import_people(
        &self,
        organisation: OrganisationId,
        people: Vec<(usize, PersonDraft)>,
        at: Timestamp,
    ) -> Result<Vec<(usize, StoreError)>, StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                let before = count(db, organisation).await?;
                let mut count = before;
                let mut refused = Vec::new();
                for (line, draft) in people {
                    if count >= PEOPLE_MAX {
                        refused.push((line, StoreError::TooMany(PEOPLE_MAX)));
                        continue;
                    }
                    match insert(db, organisation, draft, at).await {
                        Ok(_) => count += 1,
                        // A statement that breaks a rule changes nothing; the others of the transaction stand.
                        Err(StoreError::Taken) => refused.push((line, StoreError::Taken)),
                        Err(why) => return Err(why),
                    }
                }
                if count > before {
                    let subject = AuditSubject::Organisation(organisation);
                    let (action, detail) = (AuditAction::PeopleImported, Some(AuditDetail::Count(count - before)));
                    audit::write_down(db, AuditEntry { organisation, by, action, subject, detail }, at).await?;
                }
                Ok(refused)
            })
        })
        .await
    }

    /// Keeps what is written about somebody in place of the version that it was made from; the draft is checked.
    ///
    /// # Errors
    /// [`StoreError::Changed`] if that is not the last version any more, [`StoreError::NotFound`] if the organisation does
    /// not know them, [`StoreError::Taken`] if somebody else has the address.
    pub async fn save_person(
        &self,
        organisation: OrganisationId,
        id: PersonId,
        version: u32,
        draft: PersonDraft,
        at: Timestamp,
    ) -> Result<PersonRecord, StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                let found: Option<Columns> =
                    sqlx::query_as(ONE).bind(id.0).bind(organisation.0).fetch_optional(&mut *db).await?;
                let old = record(found.ok_or(StoreError::NotFound)?)?;
                if old.version != version {
                    return Err(StoreError::Changed);
                }
                let keys = Keys::of(&draft)?;
                sqlx::query(
                    "update person
                     set version = version + 1, first_name = $2, last_name = $3, email = $4, tags = $5, sort_name = $6,
                         search_text = $7, changed_at_ms = $8
                     where id = $1",
                )
                .bind(id.0)
                .bind(&draft.first_name)
                .bind(&draft.last_name)
                .bind(&keys.email)
                .bind(&keys.tags)
                .bind(&keys.sort_name)
                .bind(&keys.search_text)
                .bind(at.0)
                .execute(&mut *db)
                .await
                .map_err(|error| if is_taken(&error) { StoreError::Taken } else { error.into() })?;
                tag(db, organisation, id, &draft.tags).await?;
                let PersonDraft { first_name, last_name, email, tags } = draft;
                let new = PersonRecord { version: version + 1, first_name, last_name, email, tags, ..old.clone() };
                note(db, organisation, id, PeopleEvent::UserUpdate(old.patch_to(&new)), at).await?;
                let subject = AuditSubject::Person(id);
                let entry = AuditEntry { organisation, by, action: AuditAction::PersonEdited, subject, detail: None };
                audit::write_down(db, entry, at).await?;
                Ok(new)
            })
        })
        .await
    }

    /// Forgets somebody and everything that is theirs.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the organisation does not know them.
    pub async fn delete_person(
        &self,
        organisation: OrganisationId,
        id: PersonId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                let deleted = sqlx::query("delete from person where id = $1 and organisation_id = $2")
                    .bind(id.0)
                    .bind(organisation.0)
                    .execute(&mut *db)
                    .await?;
                if deleted.rows_affected() == 0 {
                    return Err(StoreError::NotFound);
                }
                // What was told of them was theirs, too.
                sqlx::query("delete from person_change where person_id = $1").bind(id.0).execute(&mut *db).await?;
                note(db, organisation, id, PeopleEvent::UserDeleted(PersonGone { id }), at).await?;
                let subject = AuditSubject::Person(id);
                let entry = AuditEntry { organisation, by, action: AuditAction::PersonDeleted, subject, detail: None };
                audit::write_down(db, entry, at).await
            })
        })
        .await
    }

    /// What changed about an organisation's people after the row with this number, oldest first, each with its number.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn people_changes_after(
        &self,
        organisation: OrganisationId,
        no: i64,
        limit: u32,
    ) -> Result<Vec<(i64, PeopleEvent)>, StoreError> {
        // Uses the index person_change_by_organisation.
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "select no, body from person_change where organisation_id = $1 and no > $2 order by no limit $3",
        )
        .bind(organisation.0)
        .bind(no)
        .bind(limit)
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        rows.into_iter().map(|(no, body)| Ok((no, serde_json::from_str(&body).map_err(unreadable)?))).collect()
    }

    /// The number of the last change; 0 before the first.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn last_people_change(&self) -> Result<i64, StoreError> {
        // From the counter and not from the rows, which are swept.
        let last: Option<i64> = sqlx::query_scalar("select seq from sqlite_sequence where name = 'person_change'")
            .fetch_optional(&mut *self.reader().await?)
            .await
            .map_err(unreadable)?;
        Ok(last.unwrap_or_default())
    }

    /// Forgets changes that everybody has been told of.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn sweep_people_changes(&self, before: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query("delete from person_change where at_ms < $1").bind(before.0).execute(db).await?;
                Ok(())
            })
        })
        .await
    }
}

const ONE: &str = "select id, version, first_name, last_name, email, tags, created_at_ms, sort_name
                   from person
                   where id = $1 and organisation_id = $2";

async fn count(db: &mut SqliteConnection, organisation: OrganisationId) -> Result<u32, sqlx::Error> {
    sqlx::query_scalar("select count(*) from person where organisation_id = $1")
        .bind(organisation.0)
        .fetch_one(db)
        .await
}

/// What is kept beside the draft's own words.
struct Keys {
    email: Option<String>,
    tags: String,
    sort_name: String,
    search_text: String,
}

impl Keys {
    fn of(draft: &PersonDraft) -> Result<Self, StoreError> {
        let PersonDraft { first_name, last_name, email, tags } = draft;
        Ok(Self {
            email: (!email.is_empty()).then(|| email.clone()),
            tags: serde_json::to_string(tags).map_err(unreadable)?,
            sort_name: format!("{last_name} {first_name}").trim().to_lowercase(),
            search_text: format!("{first_name} {last_name} {email} {}", tags.join(" ")).to_lowercase(),
        })
    }
}

/// Inserts somebody inside a write.
fn insert(
    db: &mut SqliteConnection,
    organisation: OrganisationId,
    draft: PersonDraft,
    at: Timestamp,
) -> Borrowing<'_, Result<PersonRecord, StoreError>> {
    Box::pin(async move {
        let keys = Keys::of(&draft)?;
        let id: i64 = sqlx::query_scalar(
            "insert into person
                 (organisation_id, version, first_name, last_name, email, tags, sort_name, search_text, created_at_ms,
                  changed_at_ms)
             values ($1, 1, $2, $3, $4, $5, $6, $7, $8, $8)
             returning id",
        )
        .bind(organisation.0)
        .bind(&draft.first_name)
        .bind(&draft.last_name)
        .bind(&keys.email)
        .bind(&keys.tags)
        .bind(&keys.sort_name)
        .bind(&keys.search_text)
        .bind(at.0)
        .fetch_one(&mut *db)
        .await
        .map_err(|error| if is_taken(&error) { StoreError::Taken } else { error.into() })?;
        let id = PersonId(id);
        tag(db, organisation, id, &draft.tags).await?;
        let PersonDraft { first_name, last_name, email, tags } = draft;
        let sitting = not_invited();
        let new = PersonRecord { id, version: 1, first_name, last_name, email, tags, created_at: at, sitting };
        note(db, organisation, id, PeopleEvent::UserAdded(new.clone()), at).await?;
        Ok(new)
    })
}

/// Writes a person's tags anew.
async fn tag(
    db: &mut SqliteConnection,
    organisation: OrganisationId,
    id: PersonId,
    tags: &[String],
) -> Result<(), StoreError> {
    sqlx::query("delete from person_tag where person_id = $1").bind(id.0).execute(&mut *db).await?;
    for tag in tags {
        sqlx::query("insert into person_tag (organisation_id, tag, person_id) values ($1, $2, $3)")
            .bind(organisation.0)
            .bind(tag)
            .bind(id.0)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Writes down what admins are to be told, in the transaction that makes it true.
async fn note(
    db: &mut SqliteConnection,
    organisation: OrganisationId,
    id: PersonId,
    event: PeopleEvent,
    at: Timestamp,
) -> Result<(), StoreError> {
    let body = serde_json::to_string(&event).map_err(unreadable)?;
    sqlx::query("insert into person_change (organisation_id, person_id, body, at_ms) values ($1, $2, $3, $4)")
        .bind(organisation.0)
        .bind(id.0)
        .bind(&body)
        .bind(at.0)
        .execute(db)
        .await?;
    Ok(())
}

fn record(
    (id, version, first_name, last_name, email, tags, created_at, _): Columns,
) -> Result<PersonRecord, StoreError> {
    let tags = serde_json::from_str(&tags).map_err(|why| unreadable(format!("person {id}: {why}")))?;
    let (email, created_at) = (email.unwrap_or_default(), Timestamp(created_at));
    let sitting = not_invited();
    Ok(PersonRecord { id: PersonId(id), version, first_name, last_name, email, tags, created_at, sitting })
}

fn not_invited() -> Sitting {
    Sitting { status: PersonStatus::NotInvited, progress: "0/0".to_owned(), ..Sitting::default() }
}

/// Person, session, code, seat, link, fact, state, answered, total, deadline, stopped with, end.
type SittingColumns = (i64, i64, String, u32, u32, u32, String, u32, u32, Option<i64>, Option<i64>, Option<i64>);

/// Adds to records how far people are with what they were invited to last.
async fn add_sittings(db: &mut SqliteConnection, people: &mut [PersonRecord]) -> Result<(), StoreError> {
    let ids: Vec<PersonId> = people.iter().map(|person| person.id).collect();
    let sittings = sittings_of(db, &ids).await.map_err(unreadable)?;
    for (id, sitting) in sittings {
        if let Some(person) = people.iter_mut().find(|person| person.id == id) {
            person.sitting = sitting;
        }
    }
    Ok(())
}

/// How far these people are with what they were invited to last; those who were invited to nothing are left out.
async fn sittings_of(db: &mut SqliteConnection, people: &[PersonId]) -> Result<Vec<(PersonId, Sitting)>, StoreError> {
    // Uses the index timed_seat_by_person twice for each person.
    let rows: Vec<SittingColumns> = sqlx::query_as(
        "select seat.person_id, seat.session_id, session.code, seat.seat, seat.link, seat.fact, seat.state,
                seat.answered, seat.total, seat.deadline_ms, seat.stopped_with_ms, seat.ended_at_ms
         from json_each($1) as asked
         join timed_seat as seat
           on seat.person_id = asked.value
          and seat.session_id = (select max(session_id) from timed_seat where person_id = asked.value)
         join session on session.id = seat.session_id",
    )
    .bind(serde_json::to_string(people).map_err(unreadable)?)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(sitting).collect()
}

fn sitting(
    (person, session, code, seat, link, fact, state, answered, total, deadline, stopped_with, ended_at): SittingColumns,
) -> Result<(PersonId, Sitting), StoreError> {
    let known = SeatState::ALL.into_iter().find(|known| known.name() == state);
    let state = known.ok_or_else(|| unreadable(format!("a seat of person {person} is {state}")))?;
    let code = JoinCode::parse(&code).map_err(unreadable)?;
    // Addresses are made where they are told: the store knows neither keys nor hosts.
    let page = ended_at.map(|_| format!("/sessions/{session}/seats/{seat}"));
    let sitting = Sitting {
        status: PersonStatus::from(state),
        progress: format!("{answered}/{total}"),
        invite_url: None,
        token_valid: state != SeatState::Revoked,
        session_timer: None,
        deadline: deadline.map(Timestamp),
        stopped_with: stopped_with.map(Millis),
        transcript: page.as_ref().map(|page| format!("{page}/transcript")),
        summary: page,
        session: Some(SessionId(session)),
        code: Some(code),
        seat: Some(SeatId(seat)),
        link,
        fact,
    };
    Ok((PersonId(person), sitting))
}

/// Writes down for admins how far these people are now, in the transaction that makes it true.
pub(super) async fn note_progress(
    db: &mut SqliteConnection,
    organisation: OrganisationId,
    people: &[PersonId],
    at: Timestamp,
) -> Result<(), StoreError> {
    if people.is_empty() {
        return Ok(());
    }
    let sittings = sittings_of(db, people).await?;
    let mut events = Vec::with_capacity(people.len());
    for id in people {
        let found = sittings.iter().find(|(person, _)| person == id);
        let sitting = found.map_or_else(not_invited, |(_, sitting)| sitting.clone());
        let patch = PersonPatch {
            id: *id,
            version: None,
            first_name: None,
            last_name: None,
            email: None,
            tags: None,
            sitting: Some(sitting),
        };
        events.push((id.0, serde_json::to_string(&PeopleEvent::UserUpdate(patch)).map_err(unreadable)?));
    }
    sqlx::query(
        "insert into person_change (organisation_id, person_id, body, at_ms)
         select $1, item.value ->> '$[0]', item.value ->> '$[1]', $3 from json_each($2) as item",
    )
    .bind(organisation.0)
    .bind(serde_json::to_string(&events).map_err(unreadable)?)
    .bind(at.0)
    .execute(db)
    .await?;
    Ok(())
}
