//! State: keyed, latest wins. It is told at most a few times a second, only when it changed, and never queued twice.
//!
//! A state message replaces its part of the view and knows nothing of the one before it.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{SeatId, TurnNo};
use crate::domain::question::Choice;
use crate::domain::score::Verdict;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::view::{HostView, PlayerView, Scene, Show, StageView};

/// What may be due, for any audience.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum State {
    /// Who is there.
    Presence(Presence),
    /// The ranks after the last closed turn.
    Leaderboard(Leaderboard),
    /// The deadline of the open question.
    TimeUpdate(TimeUpdate),
    /// Round trips; the host only.
    Latency(Latency),
}

/// Who is there, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Presence {
    /// Seats with an open link.
    pub here: u32,
    /// Seats taken, here or away.
    pub seats: u32,
    /// Seats that answered the open question.
    pub answered: u32,
    /// Whether a host's link is open.
    pub is_host_here: bool,
}

/// The ranks after the last closed turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Leaderboard {
    /// Turns that count so far.
    pub version: u32,
    /// For players and the stage the first ten, for the host everybody; by rank, then by answer time.
    pub rows: Vec<LeaderboardRow>,
    /// Who climbed most since the turn before, if anybody climbed.
    pub climber: Option<Climber>,
}

/// One seat's place in the ranks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct LeaderboardRow {
    /// The seat.
    pub seat: SeatId,
    /// Its name.
    pub name: String,
    /// Its points.
    pub score: u32,
    /// Its rank from 1; equal scores share one.
    pub rank: u32,
    /// Places gained since the turn before; negative when lost.
    pub moved: i32,
}

/// Who climbed most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Climber {
    /// The name.
    pub name: String,
    /// Places gained.
    pub places: u32,
}

/// The deadline of the open question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct TimeUpdate {
    /// The question's turn.
    pub turn: TurnNo,
    /// When the time is up.
    pub deadline: Timestamp,
    /// The same in whole seconds from the moment this was told.
    pub remaining_seconds: u32,
}

/// Round trips of the links that are open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Latency {
    /// Seat and round trip, by seat.
    pub round_trips: Vec<(SeatId, Millis)>,
}

/// What only one seat sees: the state `you`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct ScoreUpdate {
    /// The seat.
    pub user: SeatId,
    /// Its name.
    pub name: String,
    /// Its points after the last closed turn.
    pub score: u32,
    /// Its rank from 1; equal scores share one.
    pub rank: u32,
    /// Who is just ahead, and by how many points; `None` for the first.
    pub ahead: Option<Neighbour>,
    /// Who is just behind, and by how many points; `None` for the last.
    pub behind: Option<Neighbour>,
    /// The answer to the turn that is on, once it is taken.
    pub answer: Option<TakenAnswer>,
    /// How the last closed turn went; `None` before the first.
    pub result: Option<TurnResult>,
}

/// The next seat in the ranks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Neighbour {
    /// Its name.
    pub name: String,
    /// Its rank.
    pub rank: u32,
    /// Its points.
    pub score: u32,
}

/// An answer as it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct TakenAnswer {
    /// The turn it answers.
    pub turn: TurnNo,
    /// What was chosen.
    pub choice: Choice,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The time that counts: from the opening of the options to the arrival, less the credit.
    pub elapsed: Millis,
    /// What was taken off for the way.
    pub credited: Millis,
}

/// How a closed turn went for one seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct TurnResult {
    /// The turn.
    pub turn: TurnNo,
    /// The answer's verdict; `None` if there was none.
    pub verdict: Option<Verdict>,
    /// What it earned.
    pub points: u32,
    /// The time that counted, if there was an answer.
    pub elapsed: Option<Millis>,
}

impl Show {
    /// Takes over a state.
    pub fn take(&mut self, state: &State) {
        match state {
            State::Presence(presence) => self.presence = presence.clone(),
            State::Leaderboard(leaderboard) => self.leaderboard = leaderboard.clone(),
            State::TimeUpdate(update) => {
                if let Scene::Reading(question) | Scene::Answering(question) = &mut self.scene
                    && question.turn == update.turn
                {
                    question.deadline = Some(update.deadline);
                }
            }
            State::Latency(_) => {}
        }
    }
}

impl StageView {
    /// Takes over a state.
    pub fn take(&mut self, state: &State) {
        self.show.take(state);
    }
}

impl PlayerView {
    /// Takes over a state.
    pub fn take(&mut self, state: &State) {
        self.show.take(state);
    }
}

impl HostView {
    /// Takes over a state.
    pub fn take(&mut self, state: &State) {
        self.show.take(state);
        if let State::Latency(latency) = state {
            for person in &mut self.people {
                let found = latency.round_trips.binary_search_by_key(&person.seat, |(seat, _)| *seat);
                person.round_trip = found.ok().map(|at| latency.round_trips[at].1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::JoinCode;
    use crate::domain::time::Timestamp;
    use crate::protocol::chat::Chat;
    use crate::protocol::view::{Cue, HostPerson};

    #[test]
    fn who_has_no_round_trip_any_more_shows_none() {
        let person = |seat, is_here| HostPerson {
            seat: SeatId(seat),
            name: format!("Person {seat}"),
            is_here,
            away_since: (!is_here).then_some(Timestamp(5)),
            round_trip: Some(Millis(90)),
        };
        let show = Show {
            title: "A quiz".to_owned(),
            language: "en".to_owned(),
            code: JoinCode::parse("KFX7QM").expect("a good code"),
            question_count: 1,
            step: 0,
            locked: false,
            scene: Scene::Lobby,
            presence: Presence::default(),
            leaderboard: Leaderboard::default(),
        };
        let mut view = HostView {
            show,
            people: vec![person(1, true), person(2, false)],
            cue: Cue::default(),
            chat: Chat::default(),
        };
        view.take(&State::Latency(Latency { round_trips: vec![(SeatId(1), Millis(40))] }));
        let shown: Vec<Option<Millis>> = view.people.iter().map(|person| person.round_trip).collect();
        assert_eq!(shown, [Some(Millis(40)), None]);
    }
}
