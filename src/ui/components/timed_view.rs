//! A seat's own page of a timed session as it stands in the browser: what everybody sees, and what only this seat does.

use serde::{Deserialize, Serialize};

use crate::api::timed::OwnSeat;
use crate::domain::code::JoinCode;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::timed::WARNINGS_MS;
use crate::protocol::message::{EncodedView, Message};
use crate::protocol::timed::{SeatState, SeatView, TimedPlayersView, TimedShow};
use crate::protocol::view::{Audience, Show};
use crate::ui::live::LiveView;

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedView {
    /// What everybody sees.
    pub show: TimedShow,
    /// What only this seat sees.
    pub seat: SeatView,
}

impl TimedView {
    /// The page as the server made it.
    pub fn of(own: &OwnSeat) -> Self {
        Self { show: own.show.clone(), seat: own.seat.clone() }
    }
}

impl LiveView for TimedView {
    const AUDIENCE: Audience = Audience::Players;

    fn show(&self) -> Option<&Show> {
        None
    }

    fn code(&self) -> Option<JoinCode> {
        Some(self.show.code)
    }

    fn fold(&mut self, message: &Message) {
        match message {
            Message::SeatUpdate(seat) => {
                if let Some(seat) = seat.read() {
                    self.seat = seat;
                }
            }
            Message::TimeUpdate(update) if self.seat.state == SeatState::Active => {
                self.seat.deadline = Some(update.deadline);
            }
            _ => {}
        }
    }

    fn replace(&mut self, view: &EncodedView) {
        if let Some(TimedPlayersView { timed }) = view.read() {
            self.show = timed;
        }
    }
}

/// What is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimedPicture {
    /// Nothing runs and nothing is over: what it is about, and the way to begin.
    Ready,
    /// A question.
    Question,
    /// The host stopped the clock.
    Stopped,
    /// An attempt is over.
    Over,
}

impl TimedPicture {
    /// What fits how far the seat is.
    pub fn of(state: SeatState) -> Self {
        match state {
            SeatState::Invited | SeatState::Opened => Self::Ready,
            SeatState::Active => Self::Question,
            SeatState::Paused => Self::Stopped,
            SeatState::Finished | SeatState::Expired | SeatState::Revoked => Self::Over,
        }
    }

    /// The name that the stylesheet knows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Question => "question",
            Self::Stopped => "stopped",
            Self::Over => "over",
        }
    }
}

/// A time that is left as a clock shows it: `18:42`, from an hour on `1:05:00`.
pub fn clock(left: Millis) -> String {
    let seconds = left.whole_seconds_up();
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// What is said about the time at its chosen moments; nothing between them.
pub fn warning(now: Timestamp, deadline: Timestamp) -> Option<&'static str> {
    // Each is said for as long as a slow reader may be busy with something else.
    const HEARD: Millis = Millis(5_000);
    let left = deadline - now;
    let said = WARNINGS_MS.into_iter().zip(["5 minutes left.", "1 minute left.", "10 seconds left."]);
    said.into_iter().find(|(at, _)| left <= *at && left.0 > at.0 - HEARD.0).map(|(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_reads_like_a_clock() {
        for (ms, text) in [(-5, "0:00"), (1, "0:01"), (61_000, "1:01"), (1_122_000, "18:42"), (3_900_000, "1:05:00")] {
            assert_eq!(clock(Millis(ms)), text);
        }
    }

    #[test]
    fn the_time_is_spoken_of_at_few_moments() {
        let said = |left: i64| warning(Timestamp(0), Timestamp(left));
        for (left, words) in [
            (300_001, None),
            (300_000, Some("5 minutes left.")),
            (295_001, Some("5 minutes left.")),
            (295_000, None),
            (60_000, Some("1 minute left.")),
            (30_000, None),
            (10_000, Some("10 seconds left.")),
            (4_000, None),
        ] {
            assert_eq!(said(left), words, "{left}");
        }
    }
}
