//! Who comes to a room, goes and comes back, for the metrics.
//!
//! It knows links and times, nothing of the game, and changes nothing. What it remembers is one time for each person who
//! is away, so never more than there are seats.

use std::collections::HashMap;

use crate::domain::ids::Epoch;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::message::Position;
use crate::protocol::view::Audience;
use crate::room::input::Who;
use crate::server::live::channel::LinkEnd;
use crate::server::metrics::Metrics;
use crate::server::metrics::label::Recovery;

/// One person, as far as a room can tell; all projectors are one.
type Person = (Audience, Option<Who>);

/// The comings and goings of one room.
pub struct Attendance {
    metrics: Metrics,
    /// Since when somebody has no link any more.
    gone: HashMap<Person, Timestamp>,
    /// Links of people who are back and were not welcomed yet, with how long they had been away, if that is known.
    back: HashMap<u64, Option<Millis>>,
    seats_here: i64,
}

impl Attendance {
    /// Nobody has come yet.
    pub fn new(metrics: Metrics) -> Self {
        Self { metrics, gone: HashMap::new(), back: HashMap::new(), seats_here: 0 }
    }

    /// A link has come, of somebody who has so many others. Who was gone is back; so is who stood in an earlier life of
    /// the room, which nobody here remembers.
    pub fn came(
        &mut self,
        link: &LinkEnd,
        others: usize,
        (position, epoch): (Option<Position>, Epoch),
        now: Timestamp,
    ) {
        let away = self.gone.remove(&person(link)).map(|since| now - since);
        if away.is_some() || position.is_some_and(|position| position.epoch != epoch) {
            self.back.insert(link.place, away);
        }
        self.metrics.links_of_person(others + 1);
        if others == 0 {
            self.move_seats(link, 1);
        }
    }

    /// A link has been welcomed, with all that it missed or with a snapshot.
    pub fn welcomed(&mut self, link: &LinkEnd, how: Recovery) {
        if let Some(away) = self.back.remove(&link.place) {
            self.metrics.resumed(away, how);
        }
    }

    /// A link has gone, of somebody who has so many others left.
    pub fn went(&mut self, link: &LinkEnd, others: usize, now: Timestamp) {
        self.back.remove(&link.place);
        if others == 0 {
            self.gone.insert(person(link), now);
            self.move_seats(link, -1);
        }
    }

    fn move_seats(&mut self, link: &LinkEnd, by: i64) {
        if let Some(Who::Seat(_)) = link.who {
            self.seats_here += by;
            self.metrics.seats_moved(by);
        }
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        // A room that ends takes those who are still here with it.
        self.metrics.seats_moved(-self.seats_here);
    }
}

fn person(link: &LinkEnd) -> Person {
    (link.audience, link.who)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SeatId;
    use crate::server::metrics::Reading;

    const LIFE: Epoch = Epoch(7);

    fn link(id: u64) -> LinkEnd {
        LinkEnd::for_tests(id, Audience::Players, Some(Who::Seat(SeatId(1))))
    }

    fn at(epoch: Epoch) -> (Option<Position>, Epoch) {
        (Some(Position { epoch, seq: 3 }), LIFE)
    }

    fn check(metrics: &Metrics, lines: &[&str]) {
        let text = metrics.text(Reading::default());
        for line in lines {
            assert!(text.lines().any(|found| found == *line), "{line} in\n{text}");
        }
    }

    #[test]
    fn outages_are_counted_with_their_lengths_and_first_visits_are_none() {
        let metrics = Metrics::default();
        let mut attendance = Attendance::new(metrics.clone());
        attendance.came(&link(1), 0, at(LIFE), Timestamp(0));
        attendance.welcomed(&link(1), Recovery::Replay);
        check(&metrics, &["podium_reconnects_total{recovery=\"replay\"} 0", "podium_seats_here 1"]);

        attendance.went(&link(1), 0, Timestamp(1_000));
        check(&metrics, &["podium_seats_here 0"]);
        attendance.came(&link(2), 0, at(LIFE), Timestamp(5_000));
        attendance.welcomed(&link(2), Recovery::Replay);
        // A second tab is no coming back, and who fell behind is not welcomed as one.
        attendance.came(&link(3), 1, at(LIFE), Timestamp(5_500));
        attendance.welcomed(&link(3), Recovery::Replay);
        attendance.welcomed(&link(2), Recovery::Snapshot);
        attendance.went(&link(3), 1, Timestamp(5_600));
        attendance.went(&link(2), 0, Timestamp(6_000));
        attendance.came(&link(4), 0, (None, LIFE), Timestamp(26_000));
        attendance.welcomed(&link(4), Recovery::Snapshot);
        check(
            &metrics,
            &[
                "podium_reconnects_total{recovery=\"replay\"} 1",
                "podium_reconnects_total{recovery=\"snapshot\"} 1",
                "podium_reconnect_outage_seconds_sum 24.0",
                "podium_reconnect_outage_seconds_count 2",
                "podium_connections_per_person_count 4",
                "podium_seats_here 1",
            ],
        );
        drop(attendance);
        check(&metrics, &["podium_seats_here 0"]);
    }

    #[test]
    fn who_stood_in_an_earlier_life_of_the_room_is_back_for_an_unknown_time() {
        let metrics = Metrics::default();
        let mut attendance = Attendance::new(metrics.clone());
        attendance.came(&link(1), 0, at(Epoch(6)), Timestamp(0));
        attendance.welcomed(&link(1), Recovery::Snapshot);
        check(
            &metrics,
            &["podium_reconnects_total{recovery=\"snapshot\"} 1", "podium_reconnect_outage_seconds_count 0"],
        );
    }
}
