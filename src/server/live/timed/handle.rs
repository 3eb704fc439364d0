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
            && self.look_timed(move |room, _, _| room.lets_in(claim.seat, claim.link)).await.unwrap_or(false)
    }

    /// Whether an attempt of a seat runs.
    pub async fn runs_for(&self, seat: SeatId) -> bool {
        self.look_timed(move |room, _, _| room.is_active(seat)).await.unwrap_or(false)
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
