//! The task around the keeper of a timed session: waits for asks and for the time, reads the clock, has facts stored.
//!
//! It knows neither what is asked nor what is told; that is the keeper's.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::domain::ids::OrganisationId;
use crate::domain::time::{Millis, Timestamp};
use crate::room::timed::TimedRoom;
use crate::server::live::channel::Channel;
use crate::server::live::duty::{RESTORE_RETRY, SLEEP_MAX_MS, Tools};
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
    inbox: mpsc::Receiver<Ask>,
    organisation: OrganisationId,
    tools: Tools,
    news: PeopleNews,
    is_leaving: bool,
    closed_at: Option<Timestamp>,
    /// Until when nothing is tried again that the disk did not take, unless somebody asks.
    rests_until: Timestamp,
}

impl TimedDuty {
    /// Begins to keep a session whose facts are stored.
    pub fn new(
        organisation: OrganisationId,
        room: TimedRoom,
        (channel, inbox): (Arc<Channel>, mpsc::Receiver<Ask>),
        tools: Tools,
        news: PeopleNews,
    ) -> Self {
        let parts = (tools.limits, tools.metrics.clone(), tools.shards.clone());
        let keeper = TimedKeeper::new(room, channel, parts, tools.clock.now());
        let (closed_at, rests_until) = (None, Timestamp(0));
        Self { keeper, inbox, organisation, tools, news, is_leaving: false, closed_at, rests_until }
    }

    /// Keeps the session until it has been closed for a while, until it is ended from outside, or until the house stops and
    /// its links have gone.
    pub async fn run(mut self, farewell: &Farewell, ended: &CancellationToken) {
        let batch_max = self.tools.limits.batch_max as usize;
        let mut asks = Vec::with_capacity(16);
        loop {
            let sleep = self.sleep_for();
            tokio::select! {
                biased;
                () = farewell.over() => break,
                () = ended.cancelled() => {
                    self.end();
                    break;
                }
                () = farewell.begun(), if !self.is_leaving => {
                    self.is_leaving = true;
                    self.keeper.leave();
                    farewell.bring(self.keeper.links().all());
                }
                count = self.inbox.recv_many(&mut asks, batch_max) => if count == 0 { break },
                () = tokio::time::sleep(sleep.unwrap_or(Duration::MAX)), if sleep.is_some() => {}
            }
            while asks.len() < batch_max
                && let Ok(ask) = self.inbox.try_recv()
            {
                asks.push(ask);
            }
            let is_ended = tokio::select! {
                biased;
                () = self.take_batch(asks.drain(..)) => false,
                // Its facts may be gone for good, and then it would wait for ever to be stored.
                () = ended.cancelled() => true,
            };
            if is_ended || self.is_done() {
                self.end();
                break;
            }
            if self.is_leaving && self.keeper.links().is_empty() {
                break;
            }
        }
        info!(session.id = %self.keeper.room().session(), "timed session left");
    }

    /// Leaves a session that was closed a while ago, or ended elsewhere.
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

    /// How long nothing happens by itself; `None` if nothing ever does.
    fn sleep_for(&self) -> Option<Duration> {
        let closed = self.closed_at.map(|at| at + CLOSED_LINGER + Millis(1));
        let at = [self.keeper.wake_at(), closed].into_iter().flatten().min()?;
        let left = (at.max(self.rests_until) - self.tools.clock.now()).0.clamp(0, SLEEP_MAX_MS);
        Some(Duration::from_millis(left.unsigned_abs()))
    }

    /// Law 6: applied, committed, told, in this order, and nothing else meanwhile.
    async fn take_batch(&mut self, asks: impl Iterator<Item = Ask>) {
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
