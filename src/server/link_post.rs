//! Personal links by mail: who of a timed session is written to, and with what.
//!
//! It makes no mail and sends none; that is `mail`'s business. Links leave only in the mail itself.

use crate::domain::audit::{AuditAction, AuditDetail};
use crate::domain::ids::{PersonId, SeatId, SessionId};
use crate::domain::person::full_name;
use crate::protocol::timed::{SeatState, TimedShow};
use crate::server::ask::Asked;
use crate::server::auth::Admin;
use crate::server::auth::invite::InviteClaim;
use crate::server::mail::invite::InviteMail;
use crate::server::mail::{MailError, ready};
use crate::server::store::StoreError;

/// Mails that are kept at once: others who write wait no longer than this takes.
const AT_ONCE: usize = 200;
/// People who are named if no mail could be made for them; the rest is counted.
const NAMED_MAX: usize = 20;

/// What became of sending links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted {
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

impl Posted {
    fn add(&mut self, part: Self) {
        self.sent += part.sent;
        self.already += part.already;
        self.without_address += part.without_address;
        self.refused += part.refused;
        self.refused_names.extend(part.refused_names);
        self.refused_names.truncate(NAMED_MAX);
    }
}

/// Writes to people of a timed session: to these seats, or to everybody who has not begun. Who came by the code has no
/// address, and who is done or has no link that holds needs none. It goes on to its end also when nobody waits for the
/// answer any more, and is written into the audit log.
///
/// # Errors
/// [`MailError`], with [`StoreError::NotFound`] if the session does not run; those before the failure are written to.
pub async fn post(
    asked: Asked,
    admin: Admin,
    session: SessionId,
    seats: Option<Vec<SeatId>>,
) -> Result<Posted, MailError> {
    let posting = tokio::spawn(post_to_the_end(asked, admin, session, seats));
    posting.await.unwrap_or_else(|why| Err(MailError::Store(StoreError::NotSaved(why.to_string()))))
}

async fn post_to_the_end(
    asked: Asked,
    admin: Admin,
    session: SessionId,
    seats: Option<Vec<SeatId>>,
) -> Result<Posted, MailError> {
    let (show, links) = meant(&asked, &admin, session, seats).await?;
    let (mut posted, mut outcome) = (Posted::default(), Ok(()));
    for links in links.chunks(AT_ONCE) {
        match write_to(&asked, &admin, &show, links).await {
            Ok(part) => posted.add(part),
            Err(why) => {
                outcome = Err(why);
                break;
            }
        }
    }
    // Also what was cut off: those before are written to.
    if outcome.is_ok() || posted.sent > 0 {
        let detail = Some(AuditDetail::Count(posted.sent));
        asked.write_down(&admin, AuditAction::LinksMailed, session, detail).await?;
    }
    outcome.map(|()| posted)
}

/// The links that are to be sent, each with whose it is.
async fn meant(
    asked: &Asked,
    admin: &Admin,
    session: SessionId,
    seats: Option<Vec<SeatId>>,
) -> Result<(TimedShow, Vec<(InviteClaim, PersonId)>), StoreError> {
    let found = asked.house.rooms.look_at_timed(admin.organisation, session, move |room, _| {
        let is_meant = |seat: SeatId, state: SeatState| match &seats {
            Some(seats) => seats.contains(&seat) && state != SeatState::Revoked,
            None => matches!(state, SeatState::Invited | SeatState::Opened),
        };
        let claim = |seat: SeatId, link: u32| InviteClaim { session, seat, link };
        let meant = room.seats().filter(|seat| is_meant(seat.id, seat.state()));
        let links: Vec<_> = meant.filter_map(|seat| Some((claim(seat.id, seat.generation), seat.person?))).collect();
        (room.show(), links)
    });
    let (show, links) = found.await?;
    if show.is_closed { Err(StoreError::NotFound) } else { Ok((show, links)) }
}

/// Has mails with these links sent.
async fn write_to(
    asked: &Asked,
    admin: &Admin,
    show: &TimedShow,
    links: &[(InviteClaim, PersonId)],
) -> Result<Posted, MailError> {
    let house = &asked.house;
    let (mut posted, mut mails) = (Posted::default(), Vec::with_capacity(links.len()));
    for (claim, person) in links {
        let person = match house.store.person(admin.organisation, *person).await {
            Ok(person) => person,
            // Deleted just now.
            Err(StoreError::NotFound) => continue,
            Err(why) => return Err(why.into()),
        };
        if person.email.is_empty() {
            posted.without_address += 1;
            continue;
        }
        let name = full_name(&person.first_name, &person.last_name);
        let mail = InviteMail {
            organisation_name: admin.organisation_name.clone(),
            person_name: name.clone(),
            address: person.email,
            quiz_title: show.title.clone(),
            invite_url: asked.address(&house.auth.inviter().path(*claim)),
            question_count: show.question_count,
            limit_ms: show.settings.limit,
            opens_at: show.settings.opens_at,
            closes_at: show.settings.closes_at,
            note: String::new(),
        };
        match ready(mail.mail(house.clock.now()), Some(*claim)) {
            Ok(mail) => mails.push(mail),
            // One bad address keeps nobody else from their link.
            Err(_) => {
                posted.refused += 1;
                posted.refused_names.push(name);
            }
        }
    }
    if mails.is_empty() {
        return Ok(posted);
    }
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let asked_for = number(mails.len());
    posted.sent = number(house.mail.send_all(admin.organisation, mails).await?.len());
    posted.already = asked_for.saturating_sub(posted.sent);
    Ok(posted)
}
