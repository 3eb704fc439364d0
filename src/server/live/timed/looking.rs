//! Timed sessions whether they run or not: what is asked of one that is closed is read from its facts.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::domain::ids::{OrganisationId, PersonId, SeatId, SessionId};
use crate::domain::pace::Pace;
use crate::domain::person::full_name;
use crate::domain::time::Timestamp;
use crate::protocol::message::Position;
use crate::protocol::people::PersonRecord;
use crate::protocol::refusal::Refusal;
use crate::protocol::view::Audience;
use crate::room::timed::TimedRoom;
use crate::room::timed::effect::TimedEffect;
use crate::room::timed::input::{Manage, TimedInput};
use crate::server::auth::invite::InviteClaim;
use crate::server::live::channel::Channel;
use crate::server::live::rooms::Rooms;
use crate::server::live::timed::InviteError;
use crate::server::store::StoreError;
use crate::server::store::timed::TimedBatch;

/// Closed sessions that are kept after they were read.
const READ_LATELY_MAX: usize = 4;

/// Closed sessions that were read a moment ago, with the number of their facts; the last one last.
pub type ReadLately = VecDeque<(SessionId, u32, Arc<TimedRoom>)>;

/// A seat whose session just has too much to do.
fn busy(refusal: &Refusal) -> StoreError {
    StoreError::NotSaved(refusal.to_string())
}

impl Rooms {
    /// Looks at a timed session of an organisation.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the organisation has none with this id.
    pub async fn look_at_timed<R: Send + 'static>(
        &self,
        organisation: OrganisationId,
        session: SessionId,
        look: impl FnOnce(&TimedRoom, Timestamp) -> R + Send + 'static,
    ) -> Result<R, StoreError> {
        if let Some(room) = self.find_timed(organisation, session) {
            // One that is just going away answers from its facts the next time.
            return room.look_timed(move |room, _, now| look(room, now)).await.ok_or(StoreError::NotFound);
        }
        let room = self.read_timed(organisation, session).await?;
        Ok(look(&room, self.tools().clock.now()))
    }

    /// Looks at a timed session as a seat of it, with the position of who follows it where it runs.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the link that the seat came from does not hold.
    pub async fn look_as_seat<R: Send + 'static>(
        &self,
        claim: InviteClaim,
        look: impl FnOnce(&TimedRoom, Option<Position>, Timestamp) -> Option<R> + Send + 'static,
    ) -> Result<R, StoreError> {
        let holds = move |room: &TimedRoom| room.lets_in(claim.seat, claim.link);
        let found = match self.find_session(claim.session).filter(|room| room.pace == Pace::Own) {
            Some(room) => {
                let look = move |room: &TimedRoom, channel: &Channel, now| {
                    let position = channel.with(Audience::Players, |feed| feed.position());
                    holds(room).then(|| look(room, Some(position), now)).flatten()
                };
                // One that is just going away answers from its facts the next time.
                room.look_timed(look).await.flatten()
            }
            None => {
                let tools = self.tools();
                let owner = tools.store.timed_session_owner(claim.session).await?.ok_or(StoreError::NotFound)?;
                let room = self.read_timed(owner, claim.session).await?;
                holds(&room).then(|| look(&room, None, tools.clock.now())).flatten()
            }
        };
        found.ok_or(StoreError::NotFound)
    }

    /// A session that runs no more, from its facts. One is read at a time, and the last few are kept as long as no fact
    /// was added to them: a whole class looks at its results at once.
    async fn read_timed(&self, organisation: OrganisationId, session: SessionId) -> Result<Arc<TimedRoom>, StoreError> {
        let tools = self.tools();
        if !tools.store.has_timed_session(organisation, session).await? {
            return Err(StoreError::NotFound);
        }
        let mut known = self.read_lately().lock().await;
        let facts = tools.store.fact_count(session).await?;
        if let Some(at) = known.iter().position(|(id, count, _)| (*id, *count) == (session, facts)) {
            let found = known.remove(at).expect("it was found there");
            let room = Arc::clone(&found.2);
            known.push_back(found);
            return Ok(room);
        }
        let facts = tools.store.timed_facts(session).await?;
        let count = u32::try_from(facts.len()).unwrap_or(u32::MAX);
        // Hundreds of thousands of facts take a moment in which nobody else should have to wait.
        let restored = tokio::task::spawn_blocking(move || TimedRoom::restore(facts, tools.limits)).await;
        let restored = restored.map_err(|why| StoreError::Unreadable(why.to_string()))?;
        let room = Arc::new(restored.map_err(|why| StoreError::Unreadable(why.to_string()))?);
        known.retain(|(id, ..)| *id != session);
        if known.len() == READ_LATELY_MAX {
            known.pop_front();
        }
        known.push_back((session, count, Arc::clone(&room)));
        Ok(room)
    }

    /// Invites people to a session that runs; those who have a seat in it keep it. Returns how many did not have one.
    ///
    /// # Errors
    /// [`InviteError`].
    pub async fn invite(
        &self,
        organisation: OrganisationId,
        session: SessionId,
        people: Vec<PersonRecord>,
    ) -> Result<u32, InviteError> {
        let room = self.find_timed(organisation, session).ok_or(InviteError::NotFound)?;
        let before = room.look_timed(|room, _, _| room.seats().count()).await.ok_or(InviteError::NotFound)?;
        for person in people {
            let name = full_name(&person.first_name, &person.last_name);
            let input = TimedInput::Invite { person: person.id, name: name.clone() };
            room.timed(input).await.map_err(|why| InviteError::Refused { name, why })?;
        }
        let after = room.look_timed(|room, _, _| room.seats().count()).await.ok_or(InviteError::NotFound)?;
        Ok(u32::try_from(after.saturating_sub(before)).unwrap_or(u32::MAX))
    }

    /// Forgets all that somebody did in timed sessions, and ends their links.
    ///
    /// # Errors
    /// [`StoreError`]; asking again goes on where this ended.
    pub async fn forget_person(&self, organisation: OrganisationId, person: PersonId) -> Result<(), StoreError> {
        for (session, seat) in self.tools().store.timed_seats_of(organisation, person).await? {
            let erase = TimedInput::Manage { seat, what: Manage::Erase };
            match self.find_timed(organisation, session) {
                Some(room) => match room.timed(erase).await {
                    // Somebody else was first.
                    Ok(_) | Err(Refusal::NoSeat) => {}
                    Err(refusal) => return Err(busy(&refusal)),
                },
                None => self.erase_in_closed(organisation, session, seat).await?,
            }
        }
        Ok(())
    }

    /// The same in a session that runs no more: nobody else writes to it.
    async fn erase_in_closed(
        &self,
        organisation: OrganisationId,
        session: SessionId,
        seat: SeatId,
    ) -> Result<(), StoreError> {
        let mut room = TimedRoom::clone(&*self.read_timed(organisation, session).await?);
        let now = self.tools().clock.now();
        let erase = TimedInput::Manage { seat, what: Manage::Erase };
        let Ok(effects) = room.apply(erase, now) else { return Ok(()) };
        let facts = effects.into_iter().filter_map(TimedEffect::into_fact).collect();
        let batch = TimedBatch { facts, erased: vec![seat], ..TimedBatch::default() };
        self.tools().store.append_timed(organisation, session, batch, now).await?;
        self.people_news().tell();
        Ok(())
    }
}
