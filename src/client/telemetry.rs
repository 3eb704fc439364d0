//! What a page tells of its own connection: that it stood, broke, came back, was ended.
//!
//! It watches what the line does and decides nothing. Nothing of a person, a room or a game is in it.

use crate::client::line::{News, Output, Standing};
use crate::client::moment::Moment;
use crate::protocol::close::Close;
use crate::protocol::telemetry::{ClientEvent, Report};
use crate::protocol::view::Audience;

/// The connection of one page, as far as it is worth telling.
#[derive(Debug)]
pub struct Watch {
    page: Audience,
    stand: Stand,
    /// Tries since it stood last.
    attempts: u32,
}

#[derive(Clone, Copy, Debug)]
enum Stand {
    /// It has not stood yet, or was ended and is wanted again.
    Awaited {
        since: Moment,
    },
    Stands {
        since: Moment,
    },
    Lost {
        since: Moment,
    },
}

impl Watch {
    /// The page has just been opened.
    pub fn new(page: Audience, now: Moment) -> Self {
        Self { page, stand: Stand::Awaited { since: now }, attempts: 0 }
    }

    /// Sees what the line gives out, in order; sometimes there is something to tell.
    pub fn see(&mut self, output: &Output, now: Moment) -> Option<Report> {
        match output {
            Output::Open(_) => {
                self.attempts += 1;
                None
            }
            Output::Tell(News::Standing(standing)) => self.stand_so(*standing, now),
            Output::Tell(News::Message(_) | News::Back | News::Settled(..))
            | Output::HangUp
            | Output::Send(_)
            | Output::Keep(_) => None,
        }
    }

    fn stand_so(&mut self, standing: Standing, now: Moment) -> Option<Report> {
        match (standing, self.stand) {
            (Standing::Connected(_), Stand::Awaited { since }) => {
                let report = self.report(ClientEvent::Connect);
                self.stands(now);
                Some(Report { duration: Some(now - since), ..report })
            }
            (Standing::Connected(_), Stand::Lost { since }) => {
                let report = self.report(ClientEvent::Reconnect);
                self.stands(now);
                Some(Report { outage: Some(now - since), ..report })
            }
            (Standing::Reconnecting | Standing::Offline, Stand::Stands { since }) => {
                self.stand = Stand::Lost { since: now };
                Some(Report { duration: Some(now - since), attempts: None, ..self.report(ClientEvent::Disconnect) })
            }
            (Standing::Ended(close), stand) => {
                // The end of a session is what everybody has been waiting for.
                let event = if close == Close::Over { ClientEvent::Disconnect } else { ClientEvent::Error };
                let stood = if let Stand::Stands { since } = stand { Some(now - since) } else { None };
                self.stand = Stand::Awaited { since: now };
                Some(Report { duration: stood, ..self.report(event) })
            }
            (Standing::Connecting, _)
            | (Standing::Connected(_), Stand::Stands { .. })
            | (Standing::Reconnecting | Standing::Offline, Stand::Awaited { .. } | Stand::Lost { .. }) => None,
        }
    }

    fn stands(&mut self, now: Moment) {
        self.stand = Stand::Stands { since: now };
        self.attempts = 0;
    }

    fn report(&self, event: ClientEvent) -> Report {
        let attempts = (self.attempts > 0).then_some(self.attempts);
        Report { event, page: self.page, duration: None, attempts, outage: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Millis;

    fn check(steps: &[(i64, Output, Option<&str>)]) {
        let mut watch = Watch::new(Audience::Players, Moment(0));
        for (at, output, expected) in steps {
            let report = watch.see(output, Moment(*at));
            let text = report.map(|report| report.text());
            assert_eq!(text.as_deref(), *expected, "{output:?} at {at}");
        }
    }

    fn stand(standing: Standing) -> Output {
        Output::Tell(News::Standing(standing))
    }

    #[test]
    fn a_connection_that_breaks_and_comes_back_is_told_with_its_lengths_and_tries() {
        check(&[
            (0, Output::Open(None), None),
            (10, stand(Standing::Connecting), None),
            (
                250,
                stand(Standing::Connected(None)),
                Some(r#"{"event":"connect","page":"players","duration_s":0.250,"attempts":1}"#),
            ),
            (900, stand(Standing::Connected(Some(Millis(20)))), None),
            (
                10_250,
                stand(Standing::Reconnecting),
                Some(r#"{"event":"disconnect","page":"players","duration_s":10.000}"#),
            ),
            (10_300, Output::Open(None), None),
            (12_000, Output::Open(None), None),
            (14_000, stand(Standing::Offline), None),
            (
                22_750,
                stand(Standing::Connected(None)),
                Some(r#"{"event":"reconnect","page":"players","outage_s":12.500,"attempts":2}"#),
            ),
        ]);
    }

    #[test]
    fn an_end_is_told_once_and_only_what_is_wrong_is_an_error() {
        check(&[
            (0, Output::Open(None), None),
            (100, stand(Standing::Ended(Close::NoRoom)), Some(r#"{"event":"error","page":"players","attempts":1}"#)),
        ]);
        check(&[
            (0, Output::Open(None), None),
            (
                500,
                stand(Standing::Connected(None)),
                Some(r#"{"event":"connect","page":"players","duration_s":0.500,"attempts":1}"#),
            ),
            (
                2_500,
                stand(Standing::Ended(Close::Over)),
                Some(r#"{"event":"disconnect","page":"players","duration_s":2.000}"#),
            ),
        ]);
    }
}
