//! What happened, told to an audience: ordered, numbered without gaps, replayable.
//!
//! An event is a fold: [`Show::apply`], [`StageView::apply`] and [`HostView::apply`] turn the view before it into the
//! view after it. Nothing in an [`Event`] depends on a key before its reveal; what only the host may know is a [`HostEvent`].

use serde::{Deserialize, Serialize};

use crate::domain::ids::{SeatId, TurnNo};
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::chat::ChatEvent;
use crate::protocol::view::{Cue, HostPerson, HostView, Phase, Scene, Show, StagePerson, StageView};

/// What any audience may be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// The session went on.
    SessionUpdate(SessionUpdate),
    /// Somebody's first link opened.
    UserJoined(UserJoined),
    /// Somebody's last link closed, or the host took the seat away. Where lists of people are shown, also: a seat was
    /// taken and nobody is on it yet.
    UserLeft(UserLeft),
}

/// What the host is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum HostEvent {
    /// What others may be told as well.
    Open(Event),
    /// What is right, and what comes next.
    Cue(CueEvent),
    /// What is told of the chat, to players as well.
    Chat(ChatEvent),
}

/// The host's cue, in the form of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum CueEvent {
    /// Replaces the cue.
    Cue(Cue),
}

/// The session went on, or its door was locked or unlocked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct SessionUpdate {
    /// Where the session stands now.
    pub state: Phase,
    /// Steps so far.
    pub step: u32,
    /// Whether new people are kept out.
    pub locked: bool,
    /// The turn that is on or was last; absent before the first and at the end.
    pub question_number: Option<TurnNo>,
    /// When the time is up, if the clock runs.
    pub deadline: Option<Timestamp>,
    /// The same in whole seconds from the moment this was told, for clients without a clock.
    pub time_remaining: Option<u32>,
    /// What is on now. Absent when only the options opened ([`Phase::Answering`]) or only the lock moved.
    pub scene: Option<Scene>,
}

/// Somebody is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct UserJoined {
    /// The seat.
    pub user: SeatId,
    /// Its name.
    pub name: String,
    /// Seats with an open link, this one included.
    pub participant_count: u32,
    /// The link's round trip as last measured; only the host is told.
    pub round_trip: Option<Millis>,
}

/// Why somebody is not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// No link is open, or none was yet; the seat stays.
    Away,
    /// The host took the seat away; the person may come back with another.
    Removed,
    /// The host took the seat away for good.
    Blocked,
}

/// Somebody is not there any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct UserLeft {
    /// The seat.
    pub user: SeatId,
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: LeaveReason,
    /// Seats with an open link.
    pub participant_count: u32,
    /// When it happened.
    pub left_at: Timestamp,
}

impl Show {
    /// Folds an event into the view.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::SessionUpdate(update) => {
                self.step = update.step;
                self.locked = update.locked;
                if let Some(scene) = &update.scene {
                    self.scene = scene.clone();
                } else if let (Phase::Answering, Scene::Reading(question)) = (update.state, &self.scene) {
                    self.scene = Scene::Answering(question.clone());
                }
            }
            Event::UserJoined(_) | Event::UserLeft(_) => {}
        }
    }
}

impl StageView {
    /// Folds an event into the view.
    pub fn apply(&mut self, event: &Event) {
        self.show.apply(event);
        match event {
            Event::SessionUpdate(_) => {}
            Event::UserJoined(joined) => {
                let person = StagePerson { seat: joined.user, name: joined.name.clone(), is_here: true };
                match self.people.binary_search_by_key(&joined.user, |person| person.seat) {
                    Ok(at) => self.people[at] = person,
                    Err(at) => self.people.insert(at, person),
                }
            }
            Event::UserLeft(left) => {
                let found = self.people.binary_search_by_key(&left.user, |person| person.seat);
                match (left.reason, found) {
                    (LeaveReason::Away, Ok(at)) => self.people[at].is_here = false,
                    (LeaveReason::Away, Err(at)) => {
                        let person = StagePerson { seat: left.user, name: left.name.clone(), is_here: false };
                        self.people.insert(at, person);
                    }
                    (LeaveReason::Removed | LeaveReason::Blocked, Ok(at)) => drop(self.people.remove(at)),
                    (LeaveReason::Removed | LeaveReason::Blocked, Err(_)) => {}
                }
            }
        }
    }
}

impl HostView {
    /// Folds an event into the view.
    pub fn apply(&mut self, event: &HostEvent) {
        match event {
            HostEvent::Cue(CueEvent::Cue(cue)) => self.cue = cue.clone(),
            HostEvent::Open(event) => self.apply_open(event),
            HostEvent::Chat(event) => self.chat.apply(event),
        }
    }

    fn apply_open(&mut self, event: &Event) {
        self.show.apply(event);
        match event {
            Event::SessionUpdate(_) => {}
            Event::UserJoined(joined) => {
                let person = HostPerson {
                    seat: joined.user,
                    name: joined.name.clone(),
                    is_here: true,
                    away_since: None,
                    round_trip: joined.round_trip,
                };
                match self.people.binary_search_by_key(&joined.user, |person| person.seat) {
                    Ok(at) => self.people[at] = person,
                    Err(at) => self.people.insert(at, person),
                }
            }
            Event::UserLeft(left) => {
                let found = self.people.binary_search_by_key(&left.user, |person| person.seat);
                match (left.reason, found) {
                    (LeaveReason::Away, Ok(at)) => {
                        self.people[at].is_here = false;
                        self.people[at].away_since = Some(left.left_at);
                        self.people[at].round_trip = None;
                    }
                    (LeaveReason::Away, Err(at)) => {
                        let person = HostPerson {
                            seat: left.user,
                            name: left.name.clone(),
                            is_here: false,
                            away_since: Some(left.left_at),
                            round_trip: None,
                        };
                        self.people.insert(at, person);
                    }
                    (LeaveReason::Removed | LeaveReason::Blocked, Ok(at)) => drop(self.people.remove(at)),
                    (LeaveReason::Removed | LeaveReason::Blocked, Err(_)) => {}
                }
            }
        }
    }
}
