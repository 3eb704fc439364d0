//! What doors ask of a timed session.

use tokio::sync::oneshot;

use crate::domain::ids::SeatId;
use crate::domain::time::Timestamp;
use crate::protocol::message::Position;
use crate::protocol::refusal::Refusal;
use crate::protocol::timed::TimedHostView;
use crate::protocol::view::Audience;
use crate::room::timed::TimedRoom;
use crate::room::timed::input::TimedInput;
use crate::server::auth::seat::SeatClaim;
use crate::server::live::channel::Channel;
use crate::server::live::keeper::Ask;
use crate::server::live::rooms::RoomHandle;
use crate::server::live::timed::TimedAsk;

/// Whether a seat lets somebody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The number of the link that holds.
    pub link: u32,
    /// Whether one holds at all.
    pub is_revoked: bool,
    /// Whether an attempt runs.
    pub is_active: bool,
}

impl RoomHandle {
    /// Asks something of a timed session; tells the seat that it is about, where it is about one.
    ///
    /// # Errors
    /// The session's refusal; [`Refusal::NotNow`] from a live room; [`Refusal::Busy`] if the inbox is full.
    pub async fn timed(&self, input: TimedInput) -> Result<Option<SeatId>, Refusal> {
        let (reply, outcome) = oneshot::channel();
        self.inbox.try_send(Ask::Timed(TimedAsk::Asked { input, reply })).map_err(|_| Refusal::Busy)?;
        outcome.await.unwrap_or(Err(Refusal::Busy))
    }

    /// Whether somebody who holds a seat is let in: it is one of this session, and the link that it came from still holds.
    pub async fn lets_in(&self, claim: SeatClaim) -> bool {
        claim.session == self.session
            && self.hold(claim.seat).await.is_some_and(|hold| !hold.is_revoked && hold.link == claim.link)
    }

    /// Whether a seat lets somebody in; `None` if it is not there.
    pub async fn hold(&self, seat: SeatId) -> Option<Hold> {
        self.look_timed(move |room, _, _| {
            let found = room.seat(seat)?;
            Some(Hold { link: found.generation, is_revoked: found.is_revoked, is_active: room.is_active(seat) })
        })
        .await
        .flatten()
    }

    /// What the host's page starts from; `None` if the session is just going away.
    pub async fn timed_host_page(&self) -> Option<(TimedHostView, Position)> {
        let page = |room: &TimedRoom, channel: &Channel, now| {
            (room.host_view(now), channel.with(Audience::Host, |feed| feed.position()))
        };
        self.look_timed(page).await
    }

    /// Looks at the session as it is stored and told.
    pub async fn look_timed<R: Send + 'static>(
        &self,
        look: impl FnOnce(&TimedRoom, &Channel, Timestamp) -> R + Send + 'static,
    ) -> Option<R> {
        let (reply, seen) = oneshot::channel();
        let look = TimedAsk::Look(Box::new(move |room, channel, now| {
            // Whoever asked may have gone.
            let _ = reply.send(look(room, channel, now));
        }));
        self.inbox.send(Ask::Timed(look)).await.ok()?;
        seen.await.ok()
    }
}
