//! What the house counts, for whoever watches over it.
//!
//! One [`Metrics`] a house, without anything global. It knows what is counted and under which name (`table`), not why
//! something happened; counting never waits, never fails and, between sockets and rooms, never allocates.
//!
//! Reading order: `table` (the one list), `label` (what labels can say), [`Metrics`] (one method for each thing that
//! happens), [`LinkGauge`], `process`, `lately` (what the last seconds were like), `scrape` (how it is asked for).

pub mod label;
mod lately;
pub(crate) mod process;
pub mod scrape;
pub mod table;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::domain::time::{Millis, Timestamp};
use crate::protocol::health::{Connections, Latencies};
use crate::protocol::telemetry::{ClientEvent, Report};
use crate::protocol::view::Audience;
use crate::server::clock::{self, Stopwatch};
use crate::server::metrics::label::{AuthRefusal, Limit, Purpose, Recovery};
use crate::server::metrics::lately::Lately;
use crate::server::metrics::table::Instruments;

/// Everything that one house counts. A clone is the same.
#[derive(Clone)]
pub struct Metrics(Arc<Parts>);

struct Parts {
    registry: Registry,
    of: Instruments,
    /// Requests, and what was asked of rooms.
    lately: [Lately; 2],
    /// The last commit and the slowest since somebody asked, in microseconds; the first is [`NO_COMMIT`] before there was one.
    commits: [AtomicU64; 2],
}

/// There was no commit yet.
const NO_COMMIT: u64 = u64::MAX;

/// What the last seconds were like.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    /// From requests to their answers.
    pub requests: Latencies,
    /// From what was asked of rooms to its reply.
    pub answers: Latencies,
    /// The last commit, if there was one since the start.
    pub last_commit: Option<Duration>,
    /// The slowest commit since somebody last asked.
    pub slowest_commit: Duration,
    /// Connections that are open now.
    pub connections: Connections,
}

/// What is only known when somebody asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    /// Rooms that are open.
    pub rooms_open: usize,
    /// Messages that wait for rooms.
    pub inbox_depth: usize,
    /// Whether the disk took the last commit.
    pub is_store_writable: bool,
    /// Reading connections to the database that are in use, and those that are not.
    pub pool: (usize, usize),
}

/// What an answered request was.
pub struct Answered<'a> {
    /// Its method.
    pub method: &'static str,
    /// The route's pattern, never the path.
    pub route: &'a str,
    /// The answer's status.
    pub status: u16,
    /// Until the answer's head was there.
    pub took: Duration,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Metrics")
    }
}

impl Default for Metrics {
    /// Nothing has happened yet, and everything whose names are known stands at zero.
    fn default() -> Self {
        let mut registry = Registry::default();
        let of = Instruments::register(&mut registry);
        for purpose in Purpose::ALL {
            drop(of.connections_open.get_or_create(&[("door", purpose.name())]));
            drop(of.connections.get_or_create(&[("door", purpose.name())]));
        }
        for limit in Limit::ALL {
            drop(of.limits.get_or_create(&[("limit", limit.name())]));
        }
        for recovery in Recovery::ALL {
            drop(of.reconnects.get_or_create(&[("recovery", recovery.name())]));
        }
        for reason in AuthRefusal::ALL {
            drop(of.auth_refusals.get_or_create(&[("reason", reason.name())]));
        }
        let commits = [AtomicU64::new(NO_COMMIT), AtomicU64::new(0)];
        Self(Arc::new(Parts { registry, of, lately: Default::default(), commits }))
    }
}

/// Links: each calls these for itself.
impl Metrics {
    /// A link has opened. It counts as open until the gauge is dropped, which also notes how long that was.
    pub fn link_opened(&self, purpose: Purpose) -> LinkGauge {
        let door = [("door", purpose.name())];
        self.of().connections.get_or_create(&door).inc();
        let open = self.of().connections_open.get_or_create_owned(&door);
        open.inc();
        LinkGauge { metrics: self.clone(), open, since: Stopwatch::start() }
    }

    /// A message has come; `kind` is the type of a command that we know, and `other` for any other.
    pub fn received(&self, kind: &'static str) {
        self.of().received.get_or_create(&[("type", kind)]).inc();
    }

    /// So many messages, and so many bytes with what is around them, were handed to the network; best told once a drain.
    pub fn sent(&self, messages: u64, bytes: u64) {
        self.of().sent.inc_by(messages);
        self.of().sent_bytes.inc_by(bytes);
    }

    /// Something was refused; `code` is [`Refusal::code`](crate::protocol::refusal::Refusal::code). Links tell what they
    /// refuse themselves; what rooms refuse their keepers tell.
    pub fn refused(&self, code: &'static str) {
        self.of().refusals.get_or_create(&[("code", code)]).inc();
    }

    /// A link has ended with this close code, whichever side sent it; 1006 if none did.
    pub fn closed(&self, code: u16) {
        self.of().closes.get_or_create(&[("code", label::close_code(code))]).inc();
    }

    /// A link was given up because its peer was silent or took nothing. Its close is told besides.
    pub fn dead(&self) {
        self.of().dead.inc();
    }

    /// Somebody has come back, after an outage if its length is known. Keepers tell this.
    pub fn resumed(&self, outage: Option<Millis>, how: Recovery) {
        self.of().reconnects.get_or_create(&[("recovery", how.name())]).inc();
        if let Some(outage) = outage {
            self.of().outage_seconds.observe(seconds(outage));
        }
    }

    /// A link fell behind the ring and goes on with a snapshot. Not told after a room's new life, which is nobody's
    /// slowness.
    pub fn skipped(&self) {
        self.of().skipped.inc();
    }

    /// The last link of an audience has handed over what was told then.
    pub fn broadcast_written(&self, told: Stopwatch) {
        self.of().broadcast_seconds.observe(told.elapsed().as_secs_f64());
    }

    /// A limit has stopped somebody.
    pub fn limited(&self, limit: Limit) {
        self.of().limits.get_or_create(&[("limit", limit.name())]).inc();
    }
}

/// Rooms.
impl Metrics {
    /// A person has opened one more link and has so many now.
    pub fn links_of_person(&self, links: usize) {
        self.of().links_per_person.observe(f64::from(u32::try_from(links).unwrap_or(u32::MAX)));
    }

    /// What somebody asked of a room was replied to after so long.
    pub fn processed(&self, took: Millis) {
        self.of().processing_seconds.observe(seconds(took));
        self.0.lately[1].observe(Duration::from_millis(took.0.max(0).unsigned_abs()));
    }

    /// So many seats more, or less, are here.
    pub fn seats_moved(&self, by: i64) {
        self.of().seats_here.inc_by(by);
    }
}

/// The store.
impl Metrics {
    /// So many writes were committed together, in so long.
    pub fn committed(&self, items: usize, took: Duration) {
        self.of().commit_seconds.observe(took.as_secs_f64());
        let us = u64::try_from(took.as_micros()).unwrap_or(NO_COMMIT - 1);
        self.0.commits[0].store(us, Ordering::Relaxed);
        self.0.commits[1].fetch_max(us, Ordering::Relaxed);
        self.of().commit_items.observe(f64::from(u32::try_from(items).unwrap_or(u32::MAX)));
    }

    /// The disk did not take a commit.
    pub fn commit_failed(&self) {
        self.of().commit_failures.inc();
    }

    /// A reader waited so long for its connection to the database.
    pub fn reader_waited(&self, waited: Duration) {
        self.of().pool_wait_seconds.observe(waited.as_secs_f64());
    }
}

/// Doors.
impl Metrics {
    /// A request was answered.
    pub fn answered(&self, answered: &Answered<'_>) {
        let route = || ("route", answered.route.to_owned());
        let labels = vec![("method", answered.method.to_owned()), route(), ("status", answered.status.to_string())];
        self.of().requests.get_or_create(&labels).inc();
        self.of().request_seconds.get_or_create(&vec![route()]).observe(answered.took.as_secs_f64());
        self.0.lately[0].observe(answered.took);
    }

    /// Somebody was refused for want of a good credential.
    pub fn auth_refused(&self, reason: AuthRefusal) {
        self.of().auth_refusals.get_or_create(&[("reason", reason.name())]).inc();
    }

    /// Another site's page has asked for something.
    pub fn origin_refused(&self) {
        self.of().origin_refusals.inc();
    }

    /// A browser has told something of its connection.
    pub fn reported(&self, report: &Report) {
        let of = self.of();
        of.client_events
            .get_or_create(&[("event", report.event.name()), ("page", Purpose::Session(report.page).name())])
            .inc();
        if let Some(attempts) = report.attempts {
            of.client_attempts.observe(f64::from(attempts));
        }
        if let Some(outage) = report.outage {
            of.client_outage_seconds.observe(seconds(outage));
        }
        if let Some(duration) = report.duration {
            let lengths = match report.event {
                ClientEvent::Connect => &of.client_connect_seconds,
                ClientEvent::Disconnect | ClientEvent::Reconnect | ClientEvent::Error => &of.client_connected_seconds,
            };
            lengths.observe(seconds(duration));
        }
    }

    /// The counters of bytes from and to the network, for a stream to hold.
    pub fn traffic(&self) -> Traffic {
        Traffic { received: self.of().network_in.clone(), sent: self.of().network_out.clone() }
    }
}

/// Whoever asks.
impl Metrics {
    /// Notes when the house opened.
    pub fn started(&self, at: Timestamp) {
        self.of().start_seconds.set(at.0 / 1_000);
    }

    /// Everything as text, with what is only known now.
    ///
    /// Source: the OpenMetrics text format, 1.0.
    pub fn text(&self, now: Reading) -> String {
        let of = self.of();
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        of.rooms_open.set(number(now.rooms_open));
        of.inbox_depth.set(number(now.inbox_depth));
        of.store_writable.set(i64::from(now.is_store_writable));
        of.pool_connections.get_or_create(&[("state", "busy")]).set(number(now.pool.0));
        of.pool_connections.get_or_create(&[("state", "idle")]).set(number(now.pool.1));
        of.cpu_seconds.inner().store(clock::cpu_time().as_secs_f64().to_bits(), Ordering::Relaxed);
        of.resident_bytes.set(process::resident_bytes().unwrap_or_default());
        of.open_fds.set(process::open_fds().unwrap_or_default());
        let mut text = String::new();
        text::encode(&mut text, &self.0.registry).expect("writing into a text does not fail");
        text
    }

    /// What happened since the last time that this was asked. There is one who asks: the house's own watch.
    pub fn moments(&self) -> Moments {
        let Parts { of, lately: [requests, answers], commits: [last, slowest], .. } = &*self.0;
        let open = |purpose: Purpose| {
            let open = of.connections_open.get_or_create(&[("door", purpose.name())]).get();
            u32::try_from(open).unwrap_or_default()
        };
        let last = Some(last.load(Ordering::Relaxed)).filter(|us| *us != NO_COMMIT);
        Moments {
            requests: requests.take(),
            answers: answers.take(),
            last_commit: last.map(Duration::from_micros),
            slowest_commit: Duration::from_micros(slowest.swap(0, Ordering::Relaxed)),
            connections: Connections {
                host: open(Purpose::Session(Audience::Host)),
                stage: open(Purpose::Session(Audience::Stage)),
                player: open(Purpose::Session(Audience::Players)),
                admin: open(Purpose::Session(Audience::Admins)),
                person: open(Purpose::Person),
            },
        }
    }

    fn of(&self) -> &Instruments {
        &self.0.of
    }
}

/// What a stream carries.
#[derive(Debug)]
pub struct Traffic {
    received: Counter,
    sent: Counter,
}

impl Traffic {
    /// So many bytes were read.
    pub fn received(&self, bytes: usize) {
        self.received.inc_by(bytes as u64);
    }

    /// So many bytes were written.
    pub fn sent(&self, bytes: usize) {
        self.sent.inc_by(bytes as u64);
    }
}

/// One open link; dropped when it has ended.
pub struct LinkGauge {
    metrics: Metrics,
    open: Gauge,
    since: Stopwatch,
}

impl LinkGauge {
    /// How long it has been open.
    pub fn open_for(&self) -> Duration {
        self.since.elapsed()
    }
}

impl Drop for LinkGauge {
    fn drop(&mut self) {
        self.open.dec();
        self.metrics.of().connection_seconds.observe(self.since.elapsed().as_secs_f64());
    }
}

/// A length of server time in seconds, never below zero.
fn seconds(length: Millis) -> f64 {
    Duration::from_millis(length.0.max(0).unsigned_abs()).as_secs_f64()
}
