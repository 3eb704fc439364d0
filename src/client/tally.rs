//! What a page can tell about its own connection: what went over it, how often it was lost, how long the last time.
//!
//! Decides nothing and reads no clock; the line tells it what happened.

use crate::client::moment::Moment;
use crate::domain::time::Millis;

/// Counts since the page was opened.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    sent: u32,
    received: u32,
    ignored: u32,
    reconnects: u32,
    connected_at: Option<Moment>,
    lost_at: Option<Moment>,
    last_outage: Option<(Millis, Moment)>,
}

/// What a tally says at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How long the connection stands; `None` while there is none.
    pub connected_for: Option<Millis>,
    /// Messages sent, over all connections.
    pub sent: u32,
    /// Messages received, over all connections.
    pub received: u32,
    /// Received messages that could not be read, or that only a newer page knows.
    pub ignored: u32,
    /// How often the connection was lost and came back.
    pub reconnects: u32,
    /// The last outage that is over, if there was any.
    pub last_outage: Option<Outage>,
    /// The round trip: as the server measured it, or by our own pings until it has.
    pub round_trip: Option<Millis>,
    /// How far the clock of this device goes behind the server's; negative when it goes ahead.
    pub clock_behind: Millis,
}

/// A time without a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// How long it was.
    pub length: Millis,
    /// How long it is over.
    pub ago: Millis,
}

impl Tally {
    /// Messages were sent.
    pub fn sent(&mut self, count: usize) {
        self.sent = self.sent.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// A message arrived.
    pub fn received(&mut self) {
        self.received = self.received.saturating_add(1);
    }

    /// The message that arrived said nothing to us.
    pub fn ignored(&mut self) {
        self.ignored = self.ignored.saturating_add(1);
    }

    /// The connection stands, since now or as before.
    pub fn connected(&mut self, now: Moment) {
        if self.connected_at.is_some() {
            return;
        }
        self.connected_at = Some(now);
        if let Some(lost_at) = self.lost_at.take() {
            self.reconnects = self.reconnects.saturating_add(1);
            self.last_outage = Some((now - lost_at, now));
        }
    }

    /// There is no connection, since now or as before.
    pub fn lost(&mut self, now: Moment) {
        if self.connected_at.take().is_some() {
            self.lost_at = Some(now);
        }
    }

    /// There is no connection, and none is wanted: that is no outage.
    pub fn ended(&mut self) {
        (self.connected_at, self.lost_at) = (None, None);
    }

    /// What there is to tell; round trip and clock are for who measures them.
    pub fn figures(&self, now: Moment) -> Figures {
        Figures {
            connected_for: self.connected_at.map(|at| now - at),
            sent: self.sent,
            received: self.received,
            ignored: self.ignored,
            reconnects: self.reconnects,
            last_outage: self.last_outage.map(|(length, ended)| Outage { length, ago: now - ended }),
            round_trip: None,
            clock_behind: Millis(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_told_once_it_is_over() {
        let mut tally = Tally::default();
        tally.lost(Moment(0));
        tally.connected(Moment(100));
        assert_eq!(tally.figures(Moment(600)).connected_for, Some(Millis(500)));
        assert_eq!(tally.figures(Moment(600)).reconnects, 0, "the first connection comes back from nowhere");
        tally.lost(Moment(1_000));
        tally.lost(Moment(2_000));
        assert_eq!(tally.figures(Moment(2_000)).connected_for, None);
        assert_eq!(tally.figures(Moment(2_000)).last_outage, None);
        tally.connected(Moment(4_500));
        tally.connected(Moment(5_000));
        let figures = tally.figures(Moment(5_500));
        assert_eq!(figures.last_outage, Some(Outage { length: Millis(3_500), ago: Millis(1_000) }));
        assert_eq!((figures.reconnects, figures.connected_for), (1, Some(Millis(1_000))));
    }

    #[test]
    fn what_is_left_on_purpose_is_no_outage() {
        let mut tally = Tally::default();
        tally.connected(Moment(0));
        tally.ended();
        tally.connected(Moment(9_000));
        let figures = tally.figures(Moment(9_000));
        assert_eq!((figures.reconnects, figures.last_outage), (0, None));
    }
}
