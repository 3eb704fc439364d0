//! Shards: few tasks that write for many links.
//!
//! A keeper appends to a feed and marks it; each shard with links in that room makes one pass over them and hands every one
//! the same bytes. A broadcast wakes no task of a link. The shard also looks at links whose time has come. Knows neither
//! rooms nor what is written.

use std::cell::OnceCell;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::domain::limits::Limits;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::dialect::Dialect;
use crate::protocol::view::Audience;
use crate::server::clock::{Clock, Stopwatch};
use crate::server::live::channel::{Channel, News};
use crate::server::live::link::Link;
use crate::server::live::out;
use crate::server::live::wheel::{TICK, Wheel};
use crate::server::metrics::{Metrics, Traffic};

/// Shards of a process: as many as cores it is meant for.
pub const SHARDS: usize = 2;
/// Links that are written to before others get their turn: a third of a millisecond.
const PASS_LINKS: usize = 128;
/// A shard that looks at nothing for so long was not let: the process was stopped, or the machine slept.
const ASLEEP: Millis = Millis(1_500);
/// Work that is taken at once.
const WORK_MAX: usize = 256;

/// Where a shard is given its work.
#[derive(Debug)]
pub struct Shard {
    number: usize,
    work: mpsc::UnboundedSender<Work>,
    /// Server time.
    pub clock: Clock,
    /// The bounds.
    pub limits: Limits,
    /// What is counted.
    pub metrics: Metrics,
    traffic: Traffic,
    /// Since when the process has not stood still.
    awake_since: AtomicI64,
    /// Messages and bytes that left and were not counted yet.
    sent: [AtomicU64; 2],
}

/// What a shard does. Each link and each room waits at most once, which bounds what waits.
#[derive(Debug)]
pub enum Work {
    /// Something is due for this link alone.
    Mail(Arc<Link>),
    /// A room has news, told at this moment.
    News(Arc<Channel>, Stopwatch),
}

/// All shards of a process. A clone is the same.
#[derive(Clone, Debug)]
pub struct Shards(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shards: [Arc<Shard>; SHARDS],
    next: AtomicUsize,
}

/// What is new in a room, ready to be written.
#[derive(Debug)]
pub struct Batch {
    /// What it is; nothing but the change itself when links have to look for themselves.
    pub news: News,
    /// The number of the ping in it, if the round trip is measured.
    pub number: u64,
    frames: [OnceCell<Bytes>; Dialect::ALL.len()],
}

impl Shards {
    /// Starts the shards; they run as long as somebody may give them work.
    pub fn start(clock: &Clock, limits: &Limits, metrics: &Metrics) -> Self {
        let shards = std::array::from_fn(|number| {
            let (work, todo) = mpsc::unbounded_channel();
            let shard = Shard::new(number, work, (clock.clone(), *limits, metrics.clone()));
            tokio::spawn(run(Worker::new(&shard), todo));
            shard
        });
        Self(Arc::new(Inner { shards, next: AtomicUsize::new(0) }))
    }

    /// Shards that work only when a test lets them.
    #[cfg(test)]
    pub fn by_hand(clock: &Clock, limits: &Limits) -> (Self, Vec<ByHand>) {
        let mut hands = Vec::new();
        let shards = std::array::from_fn(|number| {
            let (work, todo) = mpsc::unbounded_channel();
            let shard = Shard::new(number, work, (clock.clone(), *limits, Metrics::default()));
            hands.push(ByHand { worker: Worker::new(&shard), todo });
            shard
        });
        (Self(Arc::new(Inner { shards, next: AtomicUsize::new(0) })), hands)
    }

    /// The shard of one more link; they take turns.
    pub fn next(&self) -> Arc<Shard> {
        let next = self.0.next.fetch_add(1, Ordering::Relaxed);
        Arc::clone(&self.0.shards[next % SHARDS])
    }

    /// Lets every shard that has links in a room write what is new in these audiences' feeds.
    pub fn publish(&self, channel: &Arc<Channel>, told: [bool; Audience::ALL.len()]) {
        let at = Stopwatch::start();
        for shard in &self.0.shards {
            let mut is_news = false;
            for audience in Audience::ALL.into_iter().filter(|audience| told[*audience as usize]) {
                is_news |= channel.mark(audience, shard.number);
            }
            if is_news {
                shard.give(Work::News(Arc::clone(channel), at));
            }
        }
    }
}

impl Shard {
    /// A shard that does nothing.
    #[cfg(test)]
    pub fn for_tests() -> Arc<Self> {
        let (work, _) = mpsc::unbounded_channel();
        Self::new(0, work, (Clock::start(Timestamp(0)), Limits::default(), Metrics::default()))
    }

    fn new(
        number: usize,
        work: mpsc::UnboundedSender<Work>,
        (clock, limits, metrics): (Clock, Limits, Metrics),
    ) -> Arc<Self> {
        let traffic = metrics.traffic();
        let (awake_since, sent) = (AtomicI64::new(0), Default::default());
        Arc::new(Self { number, work, clock, limits, traffic, metrics, awake_since, sent })
    }

    /// Its number, from 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Gives it something to do.
    pub fn give(&self, work: Work) {
        // After the house has stopped there is nothing left to do.
        let _ = self.work.send(work);
    }

    /// Since when the process has not stood still. What a peer did before that may not have been noticed yet.
    pub fn awake_since(&self) -> Timestamp {
        Timestamp(self.awake_since.load(Ordering::Relaxed))
    }

    /// Messages have left. Counted soon; counting each by itself would cost more than writing it.
    pub fn note_sent(&self, messages: u64, bytes: usize) {
        self.sent[0].fetch_add(messages, Ordering::Relaxed);
        self.sent[1].fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Bytes have come.
    pub fn note_read(&self, bytes: usize) {
        self.traffic.received(bytes);
    }

    fn count_sent(&self) {
        let [messages, bytes] = [0, 1].map(|which: usize| self.sent[which].swap(0, Ordering::Relaxed));
        if messages + bytes > 0 {
            self.metrics.sent(messages, bytes);
            self.traffic.sent(usize::try_from(bytes).unwrap_or_default());
        }
    }
}

impl Batch {
    fn new(news: News, now: Timestamp) -> Self {
        Self { news, number: u64::try_from(now.0).unwrap_or_default(), frames: Default::default() }
    }

    /// All of it in one run of bytes.
    pub fn frames(&self, dialect: Dialect) -> &Bytes {
        self.frames[dialect as usize].get_or_init(|| {
            let mut frames: Vec<Bytes> = self.news.told.iter().map(|told| told.frames(dialect)).collect();
            if self.news.measures {
                frames.push(out::ping(self.number));
            }
            if frames.len() == 1 { frames.remove(0) } else { frames.concat().into() }
        })
    }
}

/// One shard at work.
struct Worker {
    number: usize,
    clock: Clock,
    /// Gone once nobody gives it work any more.
    shard: Weak<Shard>,
    metrics: Metrics,
    looked_at: Timestamp,
    /// Links with the time at which each should be looked at. Of several times for one link the first counts.
    wheel: Wheel<(Weak<Link>, Timestamp)>,
}

async fn run(mut worker: Worker, mut todo: mpsc::UnboundedReceiver<Work>) {
    let mut work = Vec::with_capacity(WORK_MAX);
    let tick = Duration::from_millis(TICK.0.unsigned_abs());
    loop {
        tokio::select! {
            biased;
            count = todo.recv_many(&mut work, WORK_MAX) => if count == 0 { return },
            () = tokio::time::sleep(tick), if !worker.wheel.is_empty() => {}
        }
        for (count, item) in work.drain(..).enumerate() {
            worker.work(item).await;
            if count % PASS_LINKS == PASS_LINKS - 1 {
                tokio::task::yield_now().await;
            }
        }
        worker.visit_due().await;
        if let Some(shard) = worker.shard.upgrade() {
            shard.count_sent();
        }
    }
}

impl Worker {
    fn new(shard: &Arc<Shard>) -> Self {
        let (clock, metrics) = (shard.clock.clone(), shard.metrics.clone());
        let wheel = Wheel::new(clock.now());
        let looked_at = clock.now();
        Self { number: shard.number, clock, shard: Arc::downgrade(shard), metrics, looked_at, wheel }
    }

    async fn work(&mut self, item: Work) {
        match item {
            Work::Mail(link) => self.look_again(&link, link.open_mail()),
            Work::News(channel, told_at) => {
                self.pass(&channel).await;
                self.metrics.broadcast_written(told_at);
            }
        }
    }

    /// Hands every link of a room what is new for it.
    async fn pass(&mut self, channel: &Channel) {
        let (news, followers) = channel.take_news(self.number);
        let now = self.clock.now();
        let batches = news.map(|news| news.map(|news| Batch::new(news, now)));
        for some in followers.chunks(PASS_LINKS) {
            for follower in some {
                if let Some(batch) = &batches[follower.audience as usize] {
                    self.look_again(&follower.link, follower.link.push(follower.place, batch));
                }
            }
            tokio::task::yield_now().await;
        }
    }

    /// Lets nobody pay for a time in which nothing could be read.
    fn wake_up(&self, now: Timestamp) {
        if let Some(shard) = self.shard.upgrade() {
            shard.awake_since.store(now.0, Ordering::Relaxed);
        }
    }

    /// Looks at a link then, if that is sooner than it would be anyway.
    fn look_again(&mut self, link: &Arc<Link>, at: Option<Timestamp>) {
        if let Some(at) = at
            && link.is_visited_after(at)
        {
            link.set_visit(at);
            self.wheel.put(at, (Arc::downgrade(link), at));
        }
    }

    async fn visit_due(&mut self) {
        let now = self.clock.now();
        if now - self.looked_at > ASLEEP && !self.wheel.is_empty() {
            self.wake_up(now);
        }
        self.looked_at = now;
        let due = self.wheel.due(now);
        for some in due.chunks(PASS_LINKS) {
            for (link, at) in some {
                if let Some(link) = link.upgrade()
                    && link.is_visited_at(*at)
                {
                    link.set_visit(Timestamp(i64::MAX));
                    self.look_again(&link, link.visit(now));
                }
            }
            tokio::task::yield_now().await;
        }
    }
}

/// One shard in the hands of a test.
#[cfg(test)]
pub struct ByHand {
    worker: Worker,
    todo: mpsc::UnboundedReceiver<Work>,
}

#[cfg(test)]
impl ByHand {
    /// Does the next thing that there is to do; whether there was one.
    pub fn work(&mut self) -> bool {
        let Ok(item) = self.todo.try_recv() else { return false };
        at_once(self.worker.work(item));
        true
    }

    /// Looks at the links whose time has come.
    pub fn visit(&mut self) {
        at_once(self.worker.visit_due());
    }
}

/// Runs what only ever gives others their turn.
#[cfg(test)]
fn at_once(future: impl Future<Output = ()>) {
    let mut future = std::pin::pin!(future);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    while future.as_mut().poll(&mut cx).is_pending() {}
}
