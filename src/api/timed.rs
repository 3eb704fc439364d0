//! Timed sessions: the list, the host's page, invites, what a host does about a seat; and a seat's own page and result.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::{ApiError, Json};
use crate::domain::code::JoinCode;
use crate::domain::ids::{PersonId, QuizId, SeatId, SessionId};
use crate::domain::person::PeopleFilter;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::message::Position;
use crate::protocol::timed::{SeatRow, SeatView, TimedHostView, TimedShow, Transcript};

/// A timed session in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimedCard {
    /// The session.
    pub id: SessionId,
    /// The title of its quiz.
    pub title: String,
    /// How people find it while it is open.
    pub code: JoinCode,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Whether it is closed.
    pub is_closed: bool,
    /// Whether its window is over though it is not closed.
    pub is_past: bool,
    /// People in it.
    pub seats: u32,
    /// Those who are at it.
    pub under_way: u32,
    /// Those who are done.
    pub done: u32,
}

/// What the form of a new session starts from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuizToTime {
    /// The quiz.
    pub id: QuizId,
    /// Its title.
    pub title: String,
    /// How many questions it has.
    pub question_count: u32,
    /// Things that have to be finished before it can be asked.
    pub problem_count: u32,
}

/// What the host's page of a timed session starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedPage {
    /// The session.
    pub id: SessionId,
    /// What the host sees.
    pub view: TimedHostView,
    /// Up to where the page has everything; absent where the session runs no more.
    pub position: Option<Position>,
    /// The server's time when the page was made.
    pub server_time: Timestamp,
    /// The whole address where everybody with the code may come in, if they may.
    pub join_url: Option<String>,
    /// Its QR code, an SVG of our own making.
    pub join_qr_svg: Option<String>,
    /// Whether whoever asks may see and invite the people of the organisation.
    pub may_invite: bool,
    /// Whether links can be sent by mail from here.
    pub can_mail: bool,
}

/// What became of sending links by mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailedLinks {
    /// Mails that are on their way.
    pub sent: u32,
    /// People to whom the same link was on its way already, or had just gone.
    pub already: u32,
    /// People whose address is not known.
    pub without_address: u32,
    /// People for whom no mail could be made, because of what is written about them.
    pub refused: u32,
    /// The first of them by name.
    pub refused_names: Vec<String>,
}

/// A personal link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatLink {
    /// The seat.
    pub seat: SeatId,
    /// Its name.
    pub name: String,
    /// The whole address. Whoever has it can answer in that name.
    pub url: String,
    /// Its QR code, an SVG of our own making.
    pub qr_svg: String,
}

/// People who can be invited to a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleToInvite {
    /// The title of the session's quiz.
    pub title: String,
    /// What was looked for.
    pub filter: PeopleFilter,
    /// Those who fit, and whether they have a seat already.
    pub people: Vec<(PersonId, String, String, bool)>,
    /// Whether more fit than are shown.
    pub has_more: bool,
    /// How many fit and have no seat yet, as far as a session takes them.
    pub free: u32,
    /// The tags that somebody has.
    pub tags: Vec<String>,
}

/// Who is invited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Invited {
    /// These people.
    These(Vec<PersonId>),
    /// Everybody who fits.
    Everybody(PeopleFilter),
}

/// What a host does about one seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatDeed {
    /// Gives more time.
    Extend(Millis),
    /// Stops the clock.
    Pause,
    /// Lets it go on.
    Resume,
    /// Ends the running attempt.
    End,
    /// Gives one more attempt.
    AddAttempt,
    /// Ends the link.
    Revoke,
    /// Makes a new link in place of those before.
    Renew,
}

/// How somebody did, for the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeatResult {
    /// The session.
    pub session: SessionId,
    /// How far they are.
    pub row: SeatRow,
    /// The attempt that is looked at, question by question; absent before the first.
    pub transcript: Option<Transcript>,
    /// The attempts that there are, by number.
    pub attempts: Vec<u32>,
}

/// A seat's own page, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SeatEntry {
    /// The seat, and what waits from a refused post.
    Seated(Box<OwnSeat>),
    /// This browser has no seat that holds: a link opens one, or the code where the session is open to all.
    NoSeat,
}

/// What a seat's own page starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnSeat {
    /// What everybody sees.
    pub show: TimedShow,
    /// What only this seat sees.
    pub seat: SeatView,
    /// Up to where the page has everything; none where the session runs no more.
    pub position: Option<Position>,
    /// The server's time when the page was made.
    pub server_time: Timestamp,
    /// Sent with an answer of a page without scripts, so that sending it twice answers once.
    pub request_id: String,
    /// What waits from a refused post.
    pub flash: crate::api::admin::Flash,
}

/// Sessions of one list; what is older is found by who was in it.
pub const LISTED: u32 = 200;
/// People who are offered at once for inviting.
pub const OFFERED: u32 = 200;

/// The organisation's timed sessions, those that were opened last first.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`].
#[server(prefix = "/api", endpoint = "timed_sessions", input = Json, output = Json)]
pub async fn timed_sessions() -> Result<Vec<TimedCard>, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::Look).await?;
    let rows = asked.house.store.timed_sessions(admin.organisation, LISTED).await?;
    let mut cards = Vec::with_capacity(rows.len());
    for row in rows {
        let crate::server::store::timed::TimedSessionRow {
            id,
            title,
            code,
            opened_at,
            is_closed,
            seats,
            under_way,
            done,
        } = row;
        // Only one that runs has a window that matters.
        let is_past = match asked.house.rooms.find_timed(admin.organisation, id).filter(|_| !is_closed) {
            Some(room) => room.look_timed(|room, _, now| room.settings().is_past(now)).await.unwrap_or(false),
            None => false,
        };
        cards.push(TimedCard { id, title, code, opened_at, is_closed, is_past, seats, under_way, done });
    }
    Ok(cards)
}

/// The quiz that a timed session is to be made of.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`], [`ApiError::NotFound`].
#[server(name = AskQuizToTime, prefix = "/api", endpoint = "quiz_to_time", input = Json, output = Json)]
pub async fn quiz_to_time(
    /// Which.
    id: QuizId,
) -> Result<QuizToTime, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::RunRooms).await?;
    let (quiz, _) = asked.house.store.quiz(admin.organisation, id).await?;
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let (question_count, problem_count) = (number(quiz.questions.len()), number(quiz.problems().len()));
    Ok(QuizToTime { id, title: quiz.title, question_count, problem_count })
}

/// What the host's page of a timed session starts from, also of one that is closed.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`], [`ApiError::NotFound`].
#[server(name = AskTimedPage, prefix = "/api", endpoint = "timed_page", input = Json, output = Json)]
pub async fn timed_page(
    /// The session.
    id: SessionId,
) -> Result<TimedPage, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::RunRooms).await?;
    let rooms = &asked.house.rooms;
    let live = match rooms.find_timed(admin.organisation, id) {
        Some(room) => room.timed_host_page().await,
        None => None,
    };
    let (view, position) = match live {
        Some((view, position)) => (view, Some(position)),
        None => (rooms.look_at_timed(admin.organisation, id, |room, now| room.host_view(now)).await?, None),
    };
    let is_open = view.timed.settings.is_open && !view.timed.is_closed;
    let join_url = is_open.then(|| asked.address(&format!("/join/{}", view.timed.code)));
    Ok(TimedPage {
        id,
        join_qr_svg: join_url.as_deref().map(crate::server::qr::svg),
        join_url,
        view,
        position,
        server_time: asked.house.clock.now(),
        may_invite: admin.role.may(crate::domain::role::Right::ManagePeople),
        can_mail: asked.house.mail.is_on(),
    })
}

/// The personal link of a seat.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`], [`ApiError::NotFound`] also where no link holds.
#[server(name = AskSeatLink, prefix = "/api", endpoint = "seat_link", input = Json, output = Json)]
pub async fn seat_link(
    /// The session.
    id: SessionId,
    /// The seat.
    seat: SeatId,
) -> Result<SeatLink, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::RunRooms).await?;
    let held = asked.house.rooms.look_at_timed(admin.organisation, id, move |room, _| {
        room.seat(seat).filter(|seat| !seat.is_revoked).map(|seat| (seat.name.clone(), seat.generation))
    });
    let (name, link) = held.await?.ok_or(ApiError::NotFound)?;
    let claim = crate::server::auth::invite::InviteClaim { session: id, seat, link };
    let url = asked.address(&asked.house.auth.inviter().path(claim));
    Ok(SeatLink { seat, name, qr_svg: crate::server::qr::svg(&url), url })
}

/// People who can be invited.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`], [`ApiError::NotFound`].
#[server(name = AskPeopleToInvite, prefix = "/api", endpoint = "people_to_invite", input = Json, output = Json)]
pub async fn people_to_invite(
    /// The session.
    id: SessionId,
    /// Who is looked for.
    filter: PeopleFilter,
) -> Result<PeopleToInvite, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::ManagePeople).await?;
    let house = &asked.house;
    let session = house.rooms.look_at_timed(admin.organisation, id, |room, _| {
        let seated: std::collections::HashSet<PersonId> = room.seats().filter_map(|seat| seat.person).collect();
        (room.quiz().title.clone(), seated)
    });
    let (title, seated) = session.await?;
    let most = house.config.limits.timed_seats_max.max(OFFERED);
    let (mut people, _) = house.store.people(admin.organisation, &filter, None, most).await?;
    let free = people.iter().filter(|person| !seated.contains(&person.id)).count();
    let has_more = people.len() > OFFERED as usize;
    people.truncate(OFFERED as usize);
    let offered = |person: crate::protocol::people::PersonRecord| {
        let name = crate::domain::person::full_name(&person.first_name, &person.last_name);
        (person.id, name, person.email, seated.contains(&person.id))
    };
    Ok(PeopleToInvite {
        title,
        filter,
        people: people.into_iter().map(offered).collect(),
        has_more,
        free: u32::try_from(free).unwrap_or(u32::MAX),
        tags: house.store.people_tags(admin.organisation).await?,
    })
}

/// Invites people; those who have a seat already keep it. Returns how many have one that did not before.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`], [`ApiError::NotFound`], [`ApiError::Refused`] with the first one
/// who did not fit in any more; those before are invited.
#[server(name = InvitePeople, prefix = "/api", endpoint = "invite_people", input = Json, output = Json)]
pub async fn invite_people(
    /// The session.
    id: SessionId,
    /// Who.
    who: Invited,
) -> Result<u32, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::ManagePeople).await?;
    let house = &asked.house;
    let people = match who {
        Invited::These(ids) => {
            let mut people = Vec::with_capacity(ids.len());
            for id in ids {
                people.push(house.store.person(admin.organisation, id).await?);
            }
            people
        }
        Invited::Everybody(filter) => {
            let most = house.config.limits.timed_seats_max;
            house.store.people(admin.organisation, &filter, None, most).await?.0
        }
    };
    let invited = house.rooms.invite(admin.organisation, id, people).await?;
    let detail = Some(crate::domain::audit::AuditDetail::Count(invited));
    asked.write_down(&admin, crate::domain::audit::AuditAction::PeopleInvited, id, detail).await?;
    Ok(invited)
}

/// Sends personal links by mail: to these seats, or to everybody who has not begun; nobody gets the same link twice within
/// a few minutes.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`], [`ApiError::NotFound`] if the session does not run,
/// [`ApiError::Refused`] where no mail can be sent, with the reason; those before it are written to.
#[server(name = MailLinks, prefix = "/api", endpoint = "mail_links", input = Json, output = Json)]
pub async fn mail_links(
    /// The session.
    id: SessionId,
    /// Whom.
    seats: Option<Vec<SeatId>>,
) -> Result<MailedLinks, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::ManagePeople).await?;
    let posted = crate::server::link_post::post(asked, admin, id, seats).await?;
    let crate::server::link_post::Posted { sent, already, without_address, refused, refused_names } = posted;
    Ok(MailedLinks { sent, already, without_address, refused, refused_names })
}

/// Does something about one seat.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`], [`ApiError::NotFound`] if the session does not run,
/// [`ApiError::Refused`] with what the session says.
#[server(name = ManageSeat, prefix = "/api", endpoint = "manage_seat", input = Json, output = Json)]
pub async fn manage_seat(
    /// The session.
    id: SessionId,
    /// The seat.
    seat: SeatId,
    /// What.
    deed: SeatDeed,
) -> Result<(), ApiError> {
    use crate::domain::audit::AuditAction;
    use crate::room::timed::input::{Manage, TimedInput};
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::RunRooms).await?;
    let room = asked.house.rooms.find_timed(admin.organisation, id).ok_or(ApiError::NotFound)?;
    let (what, action) = match deed {
        SeatDeed::Extend(by) => (Manage::Extend(by), AuditAction::SeatTimeChanged),
        SeatDeed::Pause => (Manage::Pause, AuditAction::SeatTimeChanged),
        SeatDeed::Resume => (Manage::Resume, AuditAction::SeatTimeChanged),
        SeatDeed::End => (Manage::End, AuditAction::SeatTimeChanged),
        SeatDeed::AddAttempt => (Manage::AddAttempt, AuditAction::SeatTimeChanged),
        SeatDeed::Revoke => (Manage::Revoke, AuditAction::SeatLinkRevoked),
        SeatDeed::Renew => (Manage::Renew, AuditAction::SeatLinkRenewed),
    };
    room.timed(TimedInput::Manage { seat, what }).await?;
    asked.write_down(&admin, action, id, None).await?;
    Ok(())
}

/// Closes a session: attempts that run are over with it, and nobody starts any more.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`], [`ApiError::NotFound`] if the session does not run.
#[server(name = CloseSession, prefix = "/api", endpoint = "close_session", input = Json, output = Json)]
pub async fn close_session(
    /// The session.
    id: SessionId,
) -> Result<(), ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::RunRooms).await?;
    let room = asked.house.rooms.find_timed(admin.organisation, id).ok_or(ApiError::NotFound)?;
    room.timed(crate::room::timed::input::TimedInput::Close).await?;
    asked.write_down(&admin, crate::domain::audit::AuditAction::TimedSessionClosed, id, None).await?;
    Ok(())
}

/// How somebody did, with one attempt question by question: unless it is named the one that counts, and before any is
/// over the one that runs.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`], [`ApiError::NotFound`].
#[server(name = AskSeatResult, prefix = "/api", endpoint = "seat_result", input = Json, output = Json)]
pub async fn seat_result(
    /// The session.
    id: SessionId,
    /// The seat.
    seat: SeatId,
    /// The attempt.
    attempt: Option<u32>,
) -> Result<SeatResult, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::RunRooms).await?;
    let result = asked.house.rooms.look_at_timed(admin.organisation, id, move |room, now| {
        let held = room.seat(seat)?;
        let attempts: Vec<u32> = held.attempts.iter().map(|attempt| attempt.no).collect();
        let wanted = attempt.or_else(|| held.best(room.quiz()).or(held.last()).map(|shown| shown.no));
        if wanted.is_some_and(|wanted| !attempts.contains(&wanted)) {
            return None;
        }
        let transcript = wanted.and_then(|wanted| room.transcript(seat, wanted));
        Some(SeatResult { session: room.session(), row: room.row(seat, now)?, transcript, attempts })
    });
    result.await?.ok_or(ApiError::NotFound)
}

/// What a seat's own page starts from.
///
/// # Errors
/// [`ApiError::Later`] where the session is just going away.
#[server(name = AskOwnSeat, prefix = "/api", endpoint = "own_seat", input = Json, output = Json)]
pub async fn own_seat(
    /// The code in the address.
    code: String,
) -> Result<SeatEntry, ApiError> {
    let asked = crate::server::ask::as_anyone()?;
    let Some(claim) = asked.seat_claim(&code) else { return Ok(SeatEntry::NoSeat) };
    let found = asked
        .house
        .rooms
        .look_as_seat(claim.into(), move |room, position, now| {
            Some((room.show(), room.seat_view(claim.seat, now)?, position, now))
        })
        .await;
    let (show, seat, position, server_time) = match found {
        Ok(found) => found,
        Err(crate::server::store::StoreError::NotFound) => return Ok(SeatEntry::NoSeat),
        Err(why) => return Err(why.into()),
    };
    let flash: crate::api::admin::Flash = asked.house.auth.take_flash(asked.headers()).into();
    let request_id = crate::server::chance::command_id().into();
    Ok(SeatEntry::Seated(Box::new(OwnSeat { show, seat, position, server_time, request_id, flash })))
}

/// One of the own attempts that are over, as far as the seat may know it.
///
/// # Errors
/// [`ApiError::NotFound`] without a seat that holds, or before the attempt is over.
#[server(prefix = "/api", endpoint = "own_result", input = Json, output = Json)]
pub async fn own_result(
    /// The code in the address.
    code: String,
    /// The attempt, from 1.
    attempt: u32,
) -> Result<Transcript, ApiError> {
    let asked = crate::server::ask::as_anyone()?;
    let claim = asked.seat_claim(&code).ok_or(ApiError::NotFound)?;
    let look = move |room: &crate::room::timed::TimedRoom, _, now| room.own_transcript(claim.seat, attempt, now);
    Ok(asked.house.rooms.look_as_seat(claim.into(), look).await?)
}
