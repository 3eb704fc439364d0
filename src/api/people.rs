//! People: whom the organisation knows by name; list, look for, open for editing, delete.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::{ApiError, Json};
use crate::domain::ids::PersonId;
use crate::domain::person::PeopleFilter;
use crate::domain::time::Timestamp;
use crate::protocol::message::Position;
use crate::protocol::people::PersonRecord;

/// One page of people, and where it stands in what admins are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeoplePage {
    /// What was looked for.
    pub filter: PeopleFilter,
    /// The people, in their order.
    pub people: Vec<PersonRecord>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
    /// Whether this is the first page.
    pub is_first: bool,
    /// How many people the organisation knows, looked for or not.
    pub total: u32,
    /// The tags that somebody has.
    pub tags: Vec<String>,
    /// Up to where the page has everything.
    pub position: Position,
    /// The server's time when the page was made.
    pub server_time: Timestamp,
}

/// People of one page.
pub const PAGE: u32 = 50;

/// One page of the organisation's people; `after` is where the page before it ended.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`], [`ApiError::Refused`] if `after` is no place of ours.
#[server(name = AskPeople, prefix = "/api", endpoint = "people_page", input = Json, output = Json)]
pub async fn people_page(
    /// Who is looked for.
    filter: PeopleFilter,
    /// Where the page before it ended; empty for the first.
    after: String,
) -> Result<PeoplePage, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::ManagePeople).await?;
    let house = &asked.house;
    // Before the people are read: what changes meanwhile comes again over the link, which does no harm.
    let position = house.desks.of(admin.organisation).position().await;
    let cursor =
        crate::server::store::person::PeopleCursor::parse(&after).map_err(|why| ApiError::Refused(why.to_string()))?;
    let (mut people, next) = house.store.people(admin.organisation, &filter, cursor.as_ref(), PAGE).await?;
    let server_time = house.clock.now();
    for person in &mut people {
        person.sitting.add_timer(server_time);
        house.auth.inviter().add_link(&mut person.sitting);
    }
    Ok(PeoplePage {
        filter,
        people,
        next: next.map(|next| next.to_string()),
        is_first: cursor.is_none(),
        total: house.store.count_people(admin.organisation).await?,
        tags: house.store.people_tags(admin.organisation).await?,
        position,
        server_time,
    })
}

/// Somebody, as they were saved last.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`], [`ApiError::NotFound`].
#[server(prefix = "/api", endpoint = "person_to_edit", input = Json, output = Json)]
pub async fn person_to_edit(
    /// Who.
    id: PersonId,
) -> Result<PersonRecord, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::ManagePeople).await?;
    Ok(asked.house.store.person(admin.organisation, id).await?)
}

/// Forgets somebody and everything that is theirs. Taken as a plain form, so that the list can ask it without scripts.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`], [`ApiError::NotFound`].
#[server(prefix = "/api", endpoint = "delete_person")]
pub async fn delete_person(
    /// Who.
    id: PersonId,
) -> Result<(), ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::ManagePeople).await?;
    // Only what is theirs: an organisation that does not know them forgets nothing.
    asked.house.store.person(admin.organisation, id).await?;
    asked.house.rooms.forget_person(admin.organisation, id).await?;
    asked.house.store_of(&admin).delete_person(admin.organisation, id, asked.house.clock.now()).await?;
    asked.house.desks.look();
    Ok(())
}
