//! What a browser tells of its own connection: that it stood, broke, came back, and how long that took.
//!
//! It knows nothing of who somebody is, of rooms, or of what was said. Sent to the own server only, and only counted
//! there.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::domain::time::Millis;
use crate::protocol::view::Audience;

/// One thing that happened to a browser's connection.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// What happened.
    pub event: ClientEvent,
    /// Which page it is.
    pub page: Audience,
    /// Until it stood, for a connect; for how long it had stood, for a disconnect and an error. Seconds on the wire.
    #[serde(default, rename = "duration_s", deserialize_with = "seconds")]
    pub duration: Option<Millis>,
    /// Tries that it took.
    #[serde(default)]
    pub attempts: Option<u32>,
    /// Without a connection. Seconds on the wire.
    #[serde(default, rename = "outage_s", deserialize_with = "seconds")]
    pub outage: Option<Millis>,
}

/// What can happen to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientEvent {
    /// The first one stands.
    Connect,
    /// It broke.
    Disconnect,
    /// It stands again.
    Reconnect,
    /// The server ended it for good.
    Error,
}

impl ClientEvent {
    /// As it stands on the wire and in what is counted.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Disconnect => "disconnect",
            Self::Reconnect => "reconnect",
            Self::Error => "error",
        }
    }
}

impl Report {
    /// The longest report in bytes.
    pub const BYTES_MAX: usize = 2_048;
    /// A week; nothing that a page lives through is longer, and what is cannot be true.
    const SECONDS_MAX: f64 = 604_800.0;

    /// As it stands on the wire. Written by hand, because the code that writes fractions would be a good part of a page's.
    pub fn text(&self) -> String {
        let page = match self.page {
            Audience::Host => "host",
            Audience::Stage => "stage",
            Audience::Players => "players",
            Audience::Admins => "admins",
        };
        let mut text = format!(r#"{{"event":"{}","page":"{page}""#, self.event.name());
        for (name, length) in [("duration_s", self.duration), ("outage_s", self.outage)] {
            if let Some(Millis(ms)) = length {
                text.push_str(&format!(r#","{name}":{}.{:03}"#, ms / 1_000, ms % 1_000));
            }
        }
        if let Some(attempts) = self.attempts {
            text.push_str(&format!(r#","attempts":{attempts}"#));
        }
        text.push('}');
        text
    }
}

/// Reads seconds, and refuses what cannot be true.
fn seconds<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Millis>, D::Error> {
    let Some(seconds) = Option::<f64>::deserialize(reader)? else { return Ok(None) };
    if !(0.0..=Report::SECONDS_MAX).contains(&seconds) {
        return Err(D::Error::custom("no time that a page lives through"));
    }
    // Within these bounds every number of milliseconds is exact.
    Ok(Some(Millis((seconds * 1_000.0).round() as i64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_as_it_is_written() {
        let report = Report {
            event: ClientEvent::Reconnect,
            page: Audience::Players,
            duration: None,
            attempts: Some(3),
            outage: Some(Millis(12_050)),
        };
        assert_eq!(report.text(), r#"{"event":"reconnect","page":"players","outage_s":12.050,"attempts":3}"#);
        assert_eq!(serde_json::from_str::<Report>(&report.text()).ok(), Some(report));
        for page in Audience::ALL {
            let report = Report { event: ClientEvent::Error, page, duration: None, attempts: None, outage: None };
            assert_eq!(serde_json::from_str::<Report>(&report.text()).ok(), Some(report));
        }
    }

    #[test]
    fn what_cannot_be_true_or_is_not_asked_for_is_none() {
        for text in [
            r#"{"event":"connect","page":"players","duration_s":-1}"#,
            r#"{"event":"connect","page":"players","duration_s":604801}"#,
            r#"{"event":"connect","page":"players","outage_s":1e300}"#,
            r#"{"event":"connect","page":"players","attempts":-1}"#,
            r#"{"event":"connect","page":"players","name":"Ada"}"#,
            r#"{"event":"dance","page":"players"}"#,
            r#"{"event":"connect","page":"KFX7QM"}"#,
        ] {
            assert!(serde_json::from_str::<Report>(text).is_err(), "{text}");
        }
    }
}
