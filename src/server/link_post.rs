//! Personal links by mail: who of a timed session is written to, and with what.
//!
//! It makes no mail and sends none; that is `mail`'s business. Links leave only in the mail itself.

use crate::domain::ids::{SeatId, SessionId};
use crate::domain::person::full_name;
use crate::protocol::timed::SeatState;
use crate::server::House;
use crate::server::auth::Admin;
use crate::server::auth::invite::InviteClaim;
use crate::server::mail::MailError;
use crate::server::mail::invite::InviteMail;
use crate::server::store::StoreError;

/// What became of sending links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// Mails that are on their way.
    pub sent: u32,
    /// People whose address is not known.
    pub without_address: u32,
}

/// Writes to people of a timed session: to these seats, or to everybody who has not begun. Who came by the code has no
/// address, and who is done or has no link that holds needs none.
///
/// # Errors
/// [`MailError`]; those before the failure are written to.
pub async fn post(
    house: &House,
    admin: &Admin,
    session: SessionId,
    seats: Option<Vec<SeatId>>,
    address: impl Fn(&str) -> String,
) -> Result<Posted, MailError> {
    let found = house.rooms.look_at_timed(admin.organisation, session, move |room, _| {
        let is_meant = |seat: SeatId, state: SeatState| match &seats {
            Some(seats) => seats.contains(&seat) && state != SeatState::Revoked,
            None => matches!(state, SeatState::Invited | SeatState::Opened),
        };
        let meant = room.seats().filter(|seat| is_meant(seat.id, seat.state()));
        let links: Vec<_> = meant.filter_map(|seat| Some((seat.id, seat.generation, seat.person?))).collect();
        (room.show(), links)
    });
    let (show, links) = found.await?;
    let mut posted = Posted::default();
    for (seat, link, person) in links {
        let person = match house.store.person(admin.organisation, person).await {
            Ok(person) => person,
            // Deleted just now.
            Err(StoreError::NotFound) => continue,
            Err(why) => return Err(why.into()),
        };
        if person.email.is_empty() {
            posted.without_address += 1;
            continue;
        }
        let claim = InviteClaim { session, seat, link };
        let mail = InviteMail {
            organisation_name: admin.organisation_name.clone(),
            person_name: full_name(&person.first_name, &person.last_name),
            address: person.email,
            quiz_title: show.title.clone(),
            invite_url: address(&house.auth.inviter().path(claim)),
            question_count: show.question_count,
            limit_ms: show.settings.limit,
            opens_at: show.settings.opens_at,
            closes_at: show.settings.closes_at,
            note: String::new(),
        };
        house.mail.send(admin.organisation, mail.mail(house.clock.now())).await?;
        posted.sent += 1;
    }
    Ok(posted)
}
