//! The house as its operators see it: how it is, what it has to say, who is connected.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::{ApiError, Json};
use crate::domain::code::JoinCode;
use crate::domain::ids::{NoticeId, SessionId};
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::health::Health;
use crate::protocol::message::Position;
use crate::protocol::notice::{NoticeLevel, Notification};

/// Where a page of an admin begins in what admins are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskStart {
    /// Up to where the page has everything.
    pub position: Position,
    /// The server's time when the page was made.
    pub server_time: Timestamp,
    /// Notices that were not read.
    pub unread: u32,
    /// The newest notice that is counted in it.
    pub newest: NoticeId,
}

/// What the dashboard starts from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DashboardPage {
    /// How many people the organisation knows, for who may see them.
    pub people: Option<u32>,
    /// How many timed sessions are open.
    pub timed_sessions: u32,
    /// The last figures of the house, oldest first, for who may see them.
    pub health: Option<Vec<Health>>,
}

/// What the dashboard shows beside the rooms.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`].
#[server(name = AskDashboard, prefix = "/api", endpoint = "dashboard_page", input = Json, output = Json)]
pub async fn dashboard_page(
    /// Whether the readings are wanted; a page that has them is told the next ones.
    with_history: bool,
) -> Result<DashboardPage, ApiError> {
    use crate::domain::role::Right;
    let (asked, admin) = crate::server::ask::as_admin(Right::Look).await?;
    let house = &asked.house;
    let people = match admin.role.may(Right::ManagePeople) {
        true => Some(house.store.count_people(admin.organisation).await?),
        false => None,
    };
    let sees_house = with_history && admin.role.may(Right::SeeHouse) && house.is_of(admin.organisation).await?;
    let health = sees_house.then(|| house.vitals.history());
    let is_timed_here = |room: &crate::server::live::rooms::RoomHandle| {
        room.organisation == admin.organisation
            && room.pace == crate::domain::pace::Pace::Own
            && !room.channel.is_over()
    };
    let timed_sessions = house.rooms.all().iter().filter(|room| is_timed_here(room)).count();
    Ok(DashboardPage { people, timed_sessions: u32::try_from(timed_sessions).unwrap_or(u32::MAX), health })
}

/// Notices of one page.
pub const NOTICES: u32 = 50;

/// A notice, and whether the reader has read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRow {
    /// The notice.
    pub notice: Notification,
    /// Whether it was read.
    pub is_read: bool,
    /// The timed session whose code it names, while that runs.
    pub timed: Option<SessionId>,
}

/// One page of notices, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticesPage {
    /// The only level that is shown, if there is one.
    pub level: Option<NoticeLevel>,
    /// The notices.
    pub rows: Vec<NoticeRow>,
    /// Before which notice the next page begins, if there is one.
    pub next: Option<NoticeId>,
    /// Whether this is the first page.
    pub is_first: bool,
}

/// One page of the notices that the reader may see; `before` is where the page before it ended.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`].
#[server(name = AskNotices, prefix = "/api", endpoint = "notices_page", input = Json, output = Json)]
pub async fn notices_page(
    /// The only level that is looked for.
    level: Option<NoticeLevel>,
    /// The last notice of the page before; nothing for the first page.
    before: Option<NoticeId>,
) -> Result<NoticesPage, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::SeeHouse).await?;
    let reader = asked.house.reader(&admin).await?;
    let mut rows = asked.house.store.notices(reader, level, before, NOTICES + 1).await?;
    let has_more = rows.len() > NOTICES as usize;
    rows.truncate(NOTICES as usize);
    let rooms = &asked.house.rooms;
    let timed_of = |notice: &Notification| {
        let code = JoinCode::parse(notice.room.as_deref()?).ok()?;
        rooms.find(code).filter(|room| room.organisation == admin.organisation)?.timed_session()
    };
    let row = |(notice, is_read): (Notification, bool)| NoticeRow { timed: timed_of(&notice), notice, is_read };
    let rows: Vec<NoticeRow> = rows.into_iter().map(row).collect();
    let next = rows.last().filter(|_| has_more).map(|row| row.notice.id);
    Ok(NoticesPage { level, rows, next, is_first: before.is_none() })
}

/// Notes that a notice was read. Taken as a plain form, so that the list can ask it without scripts.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`], [`ApiError::NotFound`].
#[server(prefix = "/api", endpoint = "read_notice")]
pub async fn read_notice(
    /// Which.
    id: NoticeId,
) -> Result<(), ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::SeeHouse).await?;
    let reader = asked.house.reader(&admin).await?;
    Ok(asked.house.store.read_notice(reader, id).await?)
}

/// Notes that all notices up to one were read; the same kind of form.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`].
#[server(prefix = "/api", endpoint = "read_all_notices")]
pub async fn read_all_notices(
    /// The newest that was there.
    id: NoticeId,
) -> Result<(), ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::SeeHouse).await?;
    let reader = asked.house.reader(&admin).await?;
    Ok(asked.house.store.read_notices_up_to(reader, id).await?)
}

/// Connections of one page.
pub const CONNECTIONS: usize = 200;

/// What a connection is for, as a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionKind {
    /// A player's.
    Player,
    /// A host's.
    Host,
    /// A stage.
    Stage,
    /// An admin's desk.
    Admin,
    /// A person's own, which enters and leaves sessions.
    Person,
}

/// A room that somebody is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectedRoom {
    /// Its code.
    pub code: JoinCode,
    /// The session, if it is a timed one.
    pub timed: Option<SessionId>,
}

/// An open connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionRow {
    /// Its number, as it stands in the log.
    pub id: u64,
    /// What it is for.
    pub kind: ConnectionKind,
    /// Whose it is: a name in a room, or an account's. Empty for a stage.
    pub who: String,
    /// The rooms that it is in.
    pub rooms: Vec<ConnectedRoom>,
    /// What is on the other side: a browser and a system.
    pub client: String,
    /// The words that it speaks, if not those of our own pages.
    pub dialect: Option<String>,
    /// When it was opened.
    pub since: Timestamp,
    /// When it was last heard.
    pub heard_at: Timestamp,
    /// The round trip, if it was measured.
    pub round_trip: Option<Millis>,
    /// Bytes that wait for it alone.
    pub queued_bytes: u32,
}

/// What is looked for among connections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionFilter {
    /// A part of a name, a room's code or a browser's name; empty finds all.
    pub search: String,
    /// The only kind.
    pub kind: Option<ConnectionKind>,
}

/// One page of connections, in the order in which they were opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionsPage {
    /// What was looked for.
    pub filter: ConnectionFilter,
    /// The connections.
    pub rows: Vec<ConnectionRow>,
    /// The last connection of this page, if there are more.
    pub next: Option<u64>,
    /// Whether this is the first page.
    pub is_first: bool,
    /// The server's time.
    pub now: Timestamp,
}

/// One page of the organisation's open connections; `after` is where the page before it ended.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`].
#[server(name = AskConnections, prefix = "/api", endpoint = "connections_page", input = Json, output = Json)]
pub async fn connections_page(
    /// What is looked for.
    filter: ConnectionFilter,
    /// The last connection of the page before; 0 for the first page.
    after: u64,
) -> Result<ConnectionsPage, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::SeeHouse).await?;
    use crate::protocol::dialect::Dialect;
    use crate::protocol::view::Audience;
    use crate::server::connections::{Seen, page};
    use crate::server::metrics::label::Purpose;
    let house = &asked.house;
    let purpose = filter.kind.map(|kind| match kind {
        ConnectionKind::Player => Purpose::Session(Audience::Players),
        ConnectionKind::Host => Purpose::Session(Audience::Host),
        ConnectionKind::Stage => Purpose::Session(Audience::Stage),
        ConnectionKind::Admin => Purpose::Session(Audience::Admins),
        ConnectionKind::Person => Purpose::Person,
    });
    let row = |Seen { line, who }: Seen| ConnectionRow {
        id: line.id,
        kind: match line.purpose {
            Purpose::Session(Audience::Players) => ConnectionKind::Player,
            Purpose::Session(Audience::Host) => ConnectionKind::Host,
            Purpose::Session(Audience::Stage) => ConnectionKind::Stage,
            Purpose::Session(Audience::Admins) => ConnectionKind::Admin,
            Purpose::Person => ConnectionKind::Person,
        },
        who,
        rooms: line
            .places
            .iter()
            .map(|(room, _)| ConnectedRoom { code: room.code, timed: room.timed_session() })
            .collect(),
        client: line.agent.words(),
        dialect: (line.dialect != Dialect::Podium).then(|| format!("{:?}", line.dialect)),
        since: line.since,
        heard_at: line.heard_at,
        round_trip: line.round_trip,
        queued_bytes: u32::try_from(line.queued_bytes).unwrap_or(u32::MAX),
    };
    let (seen, has_more) = page(house, admin.organisation, (&filter.search, purpose), after, CONNECTIONS).await;
    let rows: Vec<ConnectionRow> = seen.into_iter().map(row).collect();
    let next = rows.last().filter(|_| has_more).map(|row| row.id);
    Ok(ConnectionsPage { filter, rows, next, is_first: after == 0, now: house.clock.now() })
}

/// Closes a connection; a browser comes back by itself. Taken as a plain form, so that the list can ask it without
/// scripts.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`], [`ApiError::NotFound`] if it is not there (any more).
#[server(prefix = "/api", endpoint = "close_connection")]
pub async fn close_connection(
    /// Which.
    id: u64,
) -> Result<(), ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::SeeHouse).await?;
    if asked.house.roll.close(admin.organisation, id) { Ok(()) } else { Err(ApiError::NotFound) }
}
