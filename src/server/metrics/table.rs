//! The one table of what is counted: names, labels and meanings as they stand in the text, and the instruments themselves.
//!
//! A row is a field of [`Instruments`], a line of [`TABLE`] and a registration at once, so none of the three is ever
//! forgotten. It knows nothing of when something is counted; the methods of [`Metrics`](super::Metrics) do.
//!
//! Names follow Prometheus: units in the name, `_total` behind what only grows. Labels have few values, all of them known
//! here or in the table of routes; never a room, a name, a seat, an address.
//!
//! Source: prometheus.io, "Metric and label naming".

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::TypedMetric;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// One label with a value that is known when the program is built.
pub(super) type Label = [(&'static str, &'static str); 1];
/// Labels of which one is a route.
pub(super) type Labels = Vec<(&'static str, String)>;
/// A histogram for each value of a label.
pub(super) type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// A row of the table.
pub struct Row {
    /// As it is scraped; of a histogram without `_bucket`, `_sum` and `_count`.
    pub name: &'static str,
    /// Counter, gauge or histogram.
    pub kind: MetricType,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    help: &'static str,
}

impl Row {
    /// What it says, as a sentence.
    pub fn help(&self) -> String {
        format!("{}.", self.help.trim())
    }

    /// Under what the library registers it: it puts `_total` behind counters by itself.
    fn stem(&self) -> &'static str {
        self.name.strip_suffix("_total").unwrap_or(self.name)
    }
}

/// Declares the instruments: for each its meaning, field, type, name, labels and how it begins.
macro_rules! instruments {
    ($(#[doc = $help:literal] $field:ident: $type:ty, $name:literal, by $labels:expr, from $begin:expr;)+) => {
        /// Everything that counts, one field a row.
        pub(super) struct Instruments {
            $(#[doc = $help] pub(super) $field: $type,)+
        }

        /// All rows, in the order of the text.
        pub const TABLE: &[Row] = &[
            $(Row { name: $name, kind: <$type as TypedMetric>::TYPE, labels: &$labels, help: $help },)+
        ];

        impl Instruments {
            /// Makes all instruments and has them written out by the registry, in the order of the table.
            pub(super) fn register(registry: &mut Registry) -> Self {
                let instruments = Self { $($field: $begin,)+ };
                let mut rows = TABLE.iter();
                $(
                    let row = rows.next().expect("there is a row for each instrument");
                    registry.register(row.stem(), row.help.trim(), instruments.$field.clone());
                )+
                instruments
            }
        }
    };
}

instruments! {
    /// Sockets that are open now, by who looks
    connections_open: Family<Label, Gauge>, "podium_connections_open", by ["door"], from Family::default();
    /// Sockets that were opened
    connections: Family<Label, Counter>, "podium_connections_total", by ["door"], from Family::default();
    /// How long sockets were open
    connection_seconds: Histogram, "podium_connection_duration_seconds", by [], from spans();
    /// Sockets that ended, by close code; 1006 is one that was lost without a closing
    closes: Family<Label, Counter>, "podium_closes_total", by ["code"], from Family::default();
    /// Sockets that were given up because the other side was silent or took nothing
    dead: Counter, "podium_dead_connections_total", by [], from Counter::default();
    /// Sockets that one person has open in one room, noted at each opening
    links_per_person: Histogram, "podium_connections_per_person", by [], from Histogram::new([1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0]);
    /// Messages that came over sockets
    received: Family<Label, Counter>, "podium_messages_received_total", by ["type"], from Family::default();
    /// Messages that left over sockets
    sent: Counter, "podium_messages_sent_total", by [], from Counter::default();
    /// Bytes of the messages that left over sockets
    sent_bytes: Counter, "podium_message_bytes_sent_total", by [], from Counter::default();
    /// Bytes that were read from the network, pages included
    network_in: Counter, "podium_network_receive_bytes_total", by [], from Counter::default();
    /// Bytes that were written to the network, pages included
    network_out: Counter, "podium_network_transmit_bytes_total", by [], from Counter::default();
    /// What was refused to people in rooms, by the code that they were told
    refusals: Family<Label, Counter>, "podium_refusals_total", by ["code"], from Family::default();
    /// How often a limit stopped somebody
    limits: Family<Label, Counter>, "podium_limit_trips_total", by ["limit"], from Family::default();
    /// People who came back to a room, by how they got what they had missed
    reconnects: Family<Label, Counter>, "podium_reconnects_total", by ["recovery"], from Family::default();
    /// How long people who came back had been away
    outage_seconds: Histogram, "podium_reconnect_outage_seconds", by [], from spans();
    /// Readers that were too slow for the events and were sent a snapshot in their place
    skipped: Counter, "podium_slow_readers_skipped_total", by [], from Counter::default();
    /// From telling an audience to handing its bytes to the network
    broadcast_seconds: Histogram, "podium_broadcast_duration_seconds", by [], from moments();
    /// From reading what somebody asked of a room to its reply, the disk included
    processing_seconds: Histogram, "podium_message_processing_seconds", by [], from moments();
    /// Rooms that are open
    rooms_open: Gauge, "podium_rooms_open", by [], from Gauge::default();
    /// Seats whose people are here
    seats_here: Gauge, "podium_seats_here", by [], from Gauge::default();
    /// Messages that wait for rooms
    inbox_depth: Gauge, "podium_inbox_messages", by [], from Gauge::default();
    /// How long commits took, the sync of the disk included
    commit_seconds: Histogram, "podium_commit_duration_seconds", by [], from moments();
    /// Writes that were committed together
    commit_items: Histogram, "podium_commit_items", by [], from Histogram::new([1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 512.0]);
    /// Commits that the disk did not take
    commit_failures: Counter, "podium_commit_failures_total", by [], from Counter::default();
    /// Whether the disk took the last commit, 1 or 0
    store_writable: Gauge, "podium_store_writable", by [], from Gauge::default();
    /// How long readers waited for a connection to the database
    pool_wait_seconds: Histogram, "podium_database_wait_seconds", by [], from moments();
    /// Connections to the database that read
    pool_connections: Family<Label, Gauge>, "podium_database_connections", by ["state"], from Family::default();
    /// Requests that were answered
    requests: Family<Labels, Counter>, "podium_http_requests_total", by ["method", "route", "status"], from Family::default();
    /// How long answers took until their head was there
    request_seconds: Histograms<Labels>, "podium_http_request_duration_seconds", by ["route"], from Family::new_with_constructor(moments as fn() -> Histogram);
    /// Who was refused for want of a good credential
    auth_refusals: Family<Label, Counter>, "podium_auth_refusals_total", by ["reason"], from Family::default();
    /// Requests that other sites' pages sent
    origin_refusals: Counter, "podium_origin_refusals_total", by [], from Counter::default();
    /// What browsers told of their connections
    client_events: Family<[(&'static str, &'static str); 2], Counter>, "podium_client_events_total", by ["event", "page"], from Family::default();
    /// Tries that a browser needed for a connection
    client_attempts: Histogram, "podium_client_attempts", by [], from Histogram::new([1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0]);
    /// How long a browser waited for its first connection
    client_connect_seconds: Histogram, "podium_client_connect_duration_seconds", by [], from moments();
    /// How long a browser had been connected when it lost the connection
    client_connected_seconds: Histogram, "podium_client_connected_duration_seconds", by [], from spans();
    /// How long a browser was without a connection
    client_outage_seconds: Histogram, "podium_client_outage_seconds", by [], from spans();
    /// Processor time that the program has used
    cpu_seconds: Counter<f64, AtomicU64>, "podium_process_cpu_seconds_total", by [], from Counter::default();
    /// Memory of the program that is in use
    resident_bytes: Gauge, "podium_process_resident_memory_bytes", by [], from Gauge::default();
    /// Descriptors that the program has open
    open_fds: Gauge, "podium_process_open_fds", by [], from Gauge::default();
    /// When the house opened, in seconds since 1970
    start_seconds: Gauge, "podium_process_start_time_seconds", by [], from Gauge::default();
}

/// For what should be over within a moment: from half a millisecond to ten seconds.
fn moments() -> Histogram {
    Histogram::new([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
}

/// For what people live through: from half a second to a day.
fn spans() -> Histogram {
    Histogram::new([0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0])
}
