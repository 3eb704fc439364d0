//! The task around the keeper of a timed session: waits for asks and for the time, reads the clock, has facts stored.
//!
//! It knows neither what is asked nor what is told; that is the keeper's.

use std::sync::Arc;
use std::time::Duration;
use std::vec::Drain;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::domain::ids::OrganisationId;
use crate::domain::time::{Millis, Timestamp};
use crate::room::timed::TimedRoom;
use crate::server::live::channel::Channel;
use crate::server::live::duty::{Kept, RESTORE_RETRY, SLEEP_MAX_MS, Tools, keep};
use crate::server::live::ends::Ends;
use crate::server::live::farewell::Farewell;
use crate::server::live::keeper::Ask;
use crate::server::live::people_news::PeopleNews;
use crate::server::live::timed::keeper::TimedKeeper;

/// A closed session stays this long in memory, so that a reload still finds it there.
const CLOSED_LINGER: Millis = Millis(600_000);

/// A deadline that the disk did not take is tried again after this time, and not in a tight circle.
const RETRY: Millis = Millis(1_000);

/// The task around a keeper.
pub struct TimedDuty {
    keeper: TimedKeeper,
    organisation: OrganisationId,
    tools: Tools,
    news: PeopleNews,
    closed_at: Option<Timestamp>,
    /// Until when nothing is tried again that the disk did not take, unless somebody asks.
    rests_until: Timestamp,
}

impl TimedDuty {
    /// Begins to keep a session whose facts are stored.
    pub fn new(
        organisation: OrganisationId,
        room: TimedRoom,
        channel: Arc<Channel>,
        tools: Tools,
        news: PeopleNews,
    ) -> Self {
        let parts = (tools.limits, tools.metrics.clone(), tools.shards.clone());
        let keeper = TimedKeeper::new(room, channel, parts, tools.clock.now());
        let (closed_at, rests_until) = (None, Timestamp(0));
        Self { keeper, organisation, tools, news, closed_at, rests_until }
    }

    /// Keeps the session until there is nothing more to keep.
    pub async fn run(mut self, inbox: mpsc::Receiver<Ask>, farewell: &Farewell, ended: &CancellationToken) {
        let batch_max = self.tools.limits.batch_max as usize;
        keep(&mut self, (inbox, batch_max), farewell, ended).await;
        info!(session.id = %self.keeper.room().session(), "timed session left");
    }
}

impl Kept for TimedDuty {
    fn end(&mut self) {
        self.keeper.channel().end();
        self.keeper.end(self.tools.clock.now());
    }

    fn is_done(&mut self) -> bool {
        if !self.keeper.room().is_closed() {
            return false;
        }
        self.keeper.channel().end();
        let now = self.tools.clock.now();
        now - *self.closed_at.get_or_insert(now) > CLOSED_LINGER
    }

    fn sleep_for(&self) -> Option<Duration> {
        let closed = self.closed_at.map(|at| at + CLOSED_LINGER + Millis(1));
        let at = [self.keeper.wake_at(), closed].into_iter().flatten().min()?;
        let left = (at.max(self.rests_until) - self.tools.clock.now()).0.clamp(0, SLEEP_MAX_MS);
        Some(Duration::from_millis(left.unsigned_abs()))
    }

    async fn take_batch(&mut self, asks: Drain<'_, Ask>) {
        let now = self.tools.clock.now();
        let session = self.keeper.room().session();
        let mut batch = self.keeper.take(asks, now);
        let saves = std::mem::take(&mut batch.saves);
        if !saves.facts.is_empty() {
            match self.tools.store.append_timed(self.organisation, session, saves, now).await {
                Ok(()) => self.news.tell(),
                Err(why) => {
                    error!(session.id = %session, error = %why, "facts not stored, the session goes back to what is");
                    let room = self.stored_room().await;
                    batch = self.keeper.go_back(room, batch);
                    self.rests_until = self.tools.clock.now() + RETRY;
                }
            }
        }
        let received = std::mem::take(&mut batch.received);
        self.keeper.tell_all(batch, now);
        let replied_at = self.tools.clock.now();
        received.into_iter().for_each(|at| self.tools.metrics.processed(replied_at - at));
    }

    fn leave(&mut self) {
        self.keeper.leave();
    }

    fn links(&self) -> &Ends {
        self.keeper.links()
    }
}

impl TimedDuty {
    /// The session as it is stored; waited for, because nothing else can happen in it meanwhile.
    async fn stored_room(&self) -> TimedRoom {
        let session = self.keeper.room().session();
        loop {
            let restored = match self.tools.store.timed_facts(session).await {
                Ok(facts) => TimedRoom::restore(facts, self.tools.limits).map_err(|why| why.to_string()),
                Err(why) => Err(why.to_string()),
            };
            match restored {
                Ok(room) => return room,
                Err(why) => warn!(session.id = %session, error = %why, "the session cannot be read back yet"),
            }
            tokio::time::sleep(RESTORE_RETRY).await;
        }
    }
}
