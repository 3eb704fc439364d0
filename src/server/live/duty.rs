//! The task around a room's keeper: waits for asks and for the time, reads the clock, has facts stored.
//!
//! It knows neither what is asked nor what is told; that is the keeper's.

use std::sync::Arc;
use std::time::Duration;
use std::vec::Drain;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::domain::limits::Limits;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::close::Close;
use crate::room::Room;
use crate::server::clock::Clock;
use crate::server::live::channel::Channel;
use crate::server::live::ends::Ends;
use crate::server::live::farewell::Farewell;
use crate::server::live::keeper::{Ask, Keeper};
use crate::server::live::shard::Shards;
use crate::server::metrics::Metrics;
use crate::server::store::Store;

/// A closed room stays this long, so that a reload still shows the end.
const CLOSED_LINGER_MS: i64 = 600_000;
/// Timers of the runtime stand still while the machine sleeps; looking at the clock this often bounds the delay.
pub(super) const SLEEP_MAX_MS: i64 = 1_000;
/// Between two tries to get a room back after its facts could not be stored.
pub(super) const RESTORE_RETRY: Duration = Duration::from_secs(1);

/// What keepers and desks work with.
#[derive(Clone)]
pub struct Tools {
    /// Where facts go.
    pub store: Store,
    /// Server time.
    pub clock: Clock,
    /// The bounds.
    pub limits: Limits,
    /// What is counted.
    pub metrics: Metrics,
    /// Who writes to links.
    pub shards: Shards,
}

/// What a task keeps: a live room, or a timed session.
pub(super) trait Kept: Send {
    /// Law 6: applied, committed, told, in this order, and nothing else meanwhile.
    fn take_batch(&mut self, asks: Drain<'_, Ask>) -> impl Future<Output = ()> + Send;

    /// How long nothing happens by itself; `None` if nothing ever does.
    fn sleep_for(&self) -> Option<Duration>;

    /// Whether it was closed a while ago.
    fn is_done(&mut self) -> bool;

    /// Sends home whoever is still here: nobody keeps it any more.
    fn end(&mut self);

    /// Asks whoever comes from now on to come back later.
    fn leave(&mut self);

    /// Who is here.
    fn links(&self) -> &Ends;
}

/// Keeps something until it has been closed for a while, until it is ended from outside, or until the house stops and its
/// links have gone.
pub(super) async fn keep(
    kept: &mut impl Kept,
    (mut inbox, batch_max): (mpsc::Receiver<Ask>, usize),
    farewell: &Farewell,
    ended: &CancellationToken,
) {
    let mut asks = Vec::with_capacity(16);
    // Whether the links have been brought to the farewell.
    let mut is_leaving = false;
    loop {
        let sleep = kept.sleep_for();
        tokio::select! {
            biased;
            () = farewell.over() => break,
            () = ended.cancelled() => {
                kept.end();
                break;
            }
            () = farewell.begun(), if !is_leaving => {
                is_leaving = true;
                kept.leave();
                farewell.bring(kept.links().all());
            }
            count = inbox.recv_many(&mut asks, batch_max) => if count == 0 { break },
            () = tokio::time::sleep(sleep.unwrap_or(Duration::MAX)), if sleep.is_some() => {}
        }
        // What arrived before a deadline's timer fired is applied before the deadline.
        while asks.len() < batch_max
            && let Ok(ask) = inbox.try_recv()
        {
            asks.push(ask);
        }
        let is_ended = tokio::select! {
            biased;
            () = kept.take_batch(asks.drain(..)) => false,
            // Its facts may be gone for good, and then it would wait for ever to be stored.
            () = ended.cancelled() => true,
        };
        if is_ended || kept.is_done() {
            kept.end();
            break;
        }
        if is_leaving && kept.links().is_empty() {
            break;
        }
    }
}

/// The task around a keeper.
pub struct Duty {
    keeper: Keeper,
    store: Store,
    clock: Clock,
    limits: Limits,
    metrics: Metrics,
    closed_at: Option<Timestamp>,
}

impl Duty {
    /// Begins to keep a room whose facts are stored.
    pub fn new(room: Room, channel: Arc<Channel>, tools: Tools) -> Self {
        let Tools { store, clock, limits, metrics, shards } = tools;
        let keeper = Keeper::new(room, channel, (limits, metrics.clone(), shards), clock.now());
        Self { keeper, store, clock, limits, metrics, closed_at: None }
    }

    /// Keeps the room until there is nothing more to keep.
    pub async fn run(mut self, inbox: mpsc::Receiver<Ask>, farewell: &Farewell, ended: &CancellationToken) {
        let batch_max = self.limits.batch_max as usize;
        keep(&mut self, (inbox, batch_max), farewell, ended).await;
        info!(session.id = %self.keeper.room().session(), "room left");
    }
}

impl Kept for Duty {
    fn end(&mut self) {
        self.keeper.channel().end();
        self.keeper.links().all().for_each(|link| link.link.close(Close::Over, None));
    }

    fn is_done(&mut self) -> bool {
        if !self.keeper.room().is_closed() {
            return false;
        }
        self.keeper.channel().end();
        let now = self.clock.now();
        now - *self.closed_at.get_or_insert(now) > Millis(CLOSED_LINGER_MS)
    }

    fn sleep_for(&self) -> Option<Duration> {
        let now = self.clock.now();
        let closed = self.closed_at.map(|at| at + Millis(CLOSED_LINGER_MS + 1));
        let at = [self.keeper.wake_at(now), closed].into_iter().flatten().min()?;
        let left = (at - now).0.clamp(0, SLEEP_MAX_MS);
        Some(Duration::from_millis(left.unsigned_abs()))
    }

    async fn take_batch(&mut self, asks: Drain<'_, Ask>) {
        let now = self.clock.now();
        let session = self.keeper.room().session();
        let mut batch = self.keeper.take(asks, now);
        let facts = batch.facts();
        if !facts.is_empty()
            && let Err(why) = self.store.append(session, facts).await
        {
            error!(session.id = %session, error = %why, "facts not stored, the room goes back to what is");
            let room = self.stored_room().await;
            batch = self.keeper.go_back(room, batch);
        }
        let received = std::mem::take(&mut batch.received);
        self.keeper.tell_all(batch, now);
        let replied_at = self.clock.now();
        received.into_iter().for_each(|at| self.metrics.processed(replied_at - at));
    }

    fn leave(&mut self) {
        self.keeper.leave();
    }

    fn links(&self) -> &Ends {
        self.keeper.links()
    }
}

impl Duty {
    /// The room as it is stored; waited for, because nothing else can happen in this room meanwhile.
    async fn stored_room(&self) -> Room {
        let session = self.keeper.room().session();
        loop {
            let restored = match self.store.facts(session).await {
                Ok(facts) => Room::restore(facts, self.limits, self.clock.now()).map_err(|why| why.to_string()),
                Err(why) => Err(why.to_string()),
            };
            match restored {
                Ok(room) => return room,
                Err(why) => warn!(session.id = %session, error = %why, "the room cannot be read back yet"),
            }
            tokio::time::sleep(RESTORE_RETRY).await;
        }
    }
}
