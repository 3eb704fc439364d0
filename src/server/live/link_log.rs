//! What one link leaves behind: a line when it opens, a line with its counts when it ends, and the metrics of both.
//!
//! It knows no frames and no game; the link tells it what happened, in one call each. A link that ends without a word
//! still leaves its line: dropping it is the end.

use tracing::info;

use crate::domain::ids::SessionId;
use crate::server::live::out::Sent;
use crate::server::metrics::label::Purpose;
use crate::server::metrics::{LinkGauge, Metrics};

/// The close code of a connection that was lost without a closing. Source: RFC 6455, 7.4.1.
const LOST: u16 = 1006;

/// The record of one link.
pub struct LinkLog {
    metrics: Metrics,
    gauge: LinkGauge,
    connection: u64,
    session: Option<SessionId>,
    purpose: Purpose,
    messages_in: u64,
    bytes_in: u64,
    sent: Sent,
    close: Option<u16>,
}

impl LinkLog {
    /// Begins the record. `connection` is the number that stands in the lines of the request, too.
    pub fn open(metrics: &Metrics, connection: u64, purpose: Purpose, session: Option<SessionId>) -> Self {
        let named = session.map(|id| id.to_string()).unwrap_or_default();
        info!(connection, session.id = named, door = purpose.name(), "link opened");
        Self {
            gauge: metrics.link_opened(purpose),
            metrics: metrics.clone(),
            connection,
            session,
            purpose,
            messages_in: 0,
            bytes_in: 0,
            sent: Sent::default(),
            close: None,
        }
    }

    /// A message of so many bytes has come; `kind` as for [`Metrics::received`].
    pub fn received(&mut self, kind: &'static str, bytes: usize) {
        self.messages_in += 1;
        self.bytes_in += bytes as u64;
        self.metrics.received(kind);
    }

    /// What left in all, and the code of the close, whichever side said it.
    pub fn ending(&mut self, sent: Sent, close: Option<u16>) {
        (self.sent, self.close) = (sent, close);
    }

    /// What the connection was opened for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The house's metrics, for what happens to a link besides.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }
}

impl Drop for LinkLog {
    fn drop(&mut self) {
        let code = self.close.unwrap_or(LOST);
        self.metrics.closed(code);
        let duration_ms = u64::try_from(self.gauge.open_for().as_millis()).unwrap_or(u64::MAX);
        info!(
            connection = self.connection,
            session.id = self.session.map(|id| id.to_string()).unwrap_or_default(),
            door = self.purpose.name(),
            code,
            duration_ms,
            messages_in = self.messages_in,
            messages_out = self.sent.messages,
            bytes_in = self.bytes_in,
            bytes_out = self.sent.bytes,
            "link closed"
        );
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::MakeWriter;

    use super::*;
    use crate::protocol::view::Audience;
    use crate::server::metrics::Reading;

    /// What was logged, for a test to read.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("one thread").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Written {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    fn lines_of(run: impl FnOnce()) -> Vec<serde_json::Value> {
        let written = Written::default();
        let log = tracing_subscriber::fmt().json().flatten_event(true).with_writer(written.clone()).finish();
        tracing::subscriber::with_default(log, run);
        let text = String::from_utf8(written.0.lock().expect("one thread").clone()).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("a line is an object")).collect()
    }

    #[test]
    fn one_number_joins_the_lines_of_a_link_and_the_last_has_its_counts() {
        let metrics = Metrics::default();
        let lines = lines_of(|| {
            let mut log = LinkLog::open(&metrics, 17, Purpose::Session(Audience::Players), Some(SessionId(3)));
            log.received("answer", 120);
            log.received("ping", 30);
            log.ending(Sent { messages: 5, bytes: 4_000 }, Some(1012));
        });
        let [opened, closed] = lines.as_slice() else { panic!("two lines: {lines:?}") };
        assert_eq!((&opened["message"], &opened["connection"]), (&"link opened".into(), &17.into()));
        assert_eq!((&closed["message"], &closed["connection"]), (&"link closed".into(), &17.into()));
        for (field, value) in
            [("code", 1012), ("messages_in", 2), ("messages_out", 5), ("bytes_in", 150), ("bytes_out", 4_000)]
        {
            assert_eq!(closed[field], value, "{field} in {closed}");
        }
        assert!(closed["duration_ms"].is_u64(), "{closed}");
    }

    #[test]
    fn a_link_that_is_lost_is_counted_as_such() {
        let metrics = Metrics::default();
        drop(LinkLog::open(&metrics, 1, Purpose::Person, None));
        let mut told = LinkLog::open(&metrics, 2, Purpose::Session(Audience::Stage), Some(SessionId(3)));
        told.ending(Sent::default(), Some(4408));
        drop(told);
        let text = metrics.text(Reading::default());
        for line in [
            "podium_closes_total{code=\"1006\"} 1",
            "podium_closes_total{code=\"4408\"} 1",
            "podium_connections_total{door=\"stage\"} 1",
            "podium_connections_total{door=\"person\"} 1",
            "podium_connections_open{door=\"stage\"} 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }
}
