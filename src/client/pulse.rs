//! Whether an open connection is alive: when to ping, and when silence means that it is lost.
//!
//! Browsers do not show protocol pings and notice a dead network after minutes, so this asks by itself. Knows nothing of
//! sockets; it is told what was read and sent.

use crate::client::moment::Moment;
use crate::domain::time::Millis;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Nothing.
    Fine,
    /// Send a ping.
    Ping,
    /// The other side is silent for too long.
    Silent,
    /// A doubt was not cleared up in time.
    Unanswered,
}

/// The signs of life of one connection.
#[derive(Clone, Debug)]
pub struct Pulse {
    heartbeat: Millis,
    last_read: Moment,
    last_sent: Moment,
    last_ping: Moment,
    pings: u32,
    /// Until when an answer is due; anything that arrives is one.
    answer_due: Option<Moment>,
}

impl Pulse {
    /// The clock and the latency should be good soon, and the best of three is good.
    const EARLY_PINGS: u32 = 3;
    /// Between those.
    const EARLY_GAP: Millis = Millis(1_000);
    /// After sleep or a change of network an answer is due this soon; longer, and a person would reload the page.
    const CHECK: Millis = Millis(3_000);

    /// A connection was opened; its pings begin at once.
    pub fn new(now: Moment, heartbeat: Millis) -> Self {
        // The bounds keep a broken welcome from flooding the server or from never asking.
        let heartbeat = Millis(heartbeat.0.clamp(1_000, 600_000));
        Self { heartbeat, last_read: now, last_sent: now, last_ping: now, pings: 0, answer_due: None }
    }

    /// Something arrived.
    pub fn read(&mut self, now: Moment) {
        self.last_read = now;
        self.answer_due = None;
    }

    /// Something was sent.
    pub fn sent(&mut self, now: Moment) {
        self.last_sent = now;
    }

    /// A ping was sent.
    pub fn pinged(&mut self, now: Moment) {
        self.sent(now);
        self.last_ping = now;
        self.pings = self.pings.saturating_add(1);
    }

    /// When something arrived last.
    pub fn last_read(&self) -> Moment {
        self.last_read
    }

    /// Time went by that the steady clock did not see.
    pub fn slept(&mut self, unseen: Millis) {
        self.last_read = self.last_read + Millis(-unseen.0);
    }

    /// Whether nothing has arrived for so long that nothing is to be expected any more.
    pub fn is_silent(&self, now: Moment) -> bool {
        now - self.last_read >= Millis(self.heartbeat.0 * 4 / 3)
    }

    /// There is a doubt: an answer is due soon. The caller sends a ping.
    pub fn doubt(&mut self, now: Moment) {
        self.answer_due.get_or_insert(now + Self::CHECK);
    }

    /// Whether a doubt is open already.
    pub fn is_in_doubt(&self) -> bool {
        self.answer_due.is_some()
    }

    /// Looks at the clock.
    pub fn look(&self, now: Moment) -> Sign {
        // A doubt decides alone: where timers were held back, silence says nothing, because nobody has asked.
        if let Some(due) = self.answer_due {
            return if now >= due { Sign::Unanswered } else { Sign::Fine };
        }
        if self.is_silent(now) {
            return Sign::Silent;
        }
        let early = self.pings < Self::EARLY_PINGS && (self.pings == 0 || now - self.last_ping >= Self::EARLY_GAP);
        let half = Millis(self.heartbeat.0 / 2);
        let quiet = now - self.last_read.min(self.last_sent) >= half && now - self.last_ping >= half;
        if early || quiet { Sign::Ping } else { Sign::Fine }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEARTBEAT: Millis = Millis(30_000);

    /// When a connection to a silent server pings, and when it is given up.
    #[test]
    fn silence_is_asked_into_and_ends_at_four_thirds_of_the_heartbeat() {
        let mut pulse = Pulse::new(Moment(0), HEARTBEAT);
        let mut pings = Vec::new();
        for at in (0..).step_by(100).map(Moment) {
            match pulse.look(at) {
                Sign::Fine => {}
                Sign::Ping => {
                    pulse.pinged(at);
                    pings.push(at.0);
                }
                Sign::Silent => {
                    assert_eq!(at, Moment(40_000));
                    break;
                }
                Sign::Unanswered => panic!("nothing was doubted"),
            }
        }
        assert_eq!(pings, [0, 1_000, 2_000, 17_000, 32_000]);
    }

    #[test]
    fn whoever_only_listens_still_shows_a_sign_of_life() {
        let mut pulse = Pulse::new(Moment(0), HEARTBEAT);
        (0..3).for_each(|n| pulse.pinged(Moment(n * 1_000)));
        pulse.read(Moment(16_900));
        assert_eq!(pulse.look(Moment(16_900)), Sign::Fine);
        pulse.read(Moment(17_000));
        assert_eq!(pulse.look(Moment(17_000)), Sign::Ping);
    }

    #[test]
    fn a_doubt_ends_with_anything_that_arrives_or_after_three_seconds() {
        let mut pulse = Pulse::new(Moment(0), HEARTBEAT);
        (0..3).for_each(|n| pulse.pinged(Moment(n * 1_000)));
        pulse.doubt(Moment(5_000));
        pulse.read(Moment(5_200));
        assert_eq!(pulse.look(Moment(8_000)), Sign::Fine);
        pulse.doubt(Moment(9_000));
        pulse.doubt(Moment(11_000));
        assert_eq!(pulse.look(Moment(11_900)), Sign::Fine);
        assert_eq!(pulse.look(Moment(12_000)), Sign::Unanswered);
    }

    #[test]
    fn a_doubt_is_cleared_up_before_silence_counts() {
        let mut pulse = Pulse::new(Moment(0), HEARTBEAT);
        pulse.doubt(Moment(60_000));
        assert!(pulse.is_silent(Moment(60_000)));
        assert_eq!(pulse.look(Moment(60_000)), Sign::Fine);
        pulse.read(Moment(60_050));
        assert!(!pulse.is_silent(Moment(60_100)));
    }

    #[test]
    fn time_that_the_steady_clock_did_not_see_is_silence_too() {
        let mut pulse = Pulse::new(Moment(0), HEARTBEAT);
        pulse.slept(Millis(39_000));
        assert!(!pulse.is_silent(Moment(900)));
        assert!(pulse.is_silent(Moment(1_000)));
    }
}
