//! A timed room in the hands of a test: inputs in short words, a clock moved by hand, the log kept.
//!
//! Every input that goes through it is held to the laws: a refused one changes nothing, and what is told stands behind the
//! facts that it rests on.

use crate::domain::code::JoinCode;
use crate::domain::ids::{PersonId, SeatId, SessionId, TurnNo};
use crate::domain::limits::Limits;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::timed::TimedSettings;
use crate::protocol::command::Answer;
use crate::protocol::refusal::Refusal;
use crate::protocol::state::TakenAnswer;
use crate::protocol::timed::{GoTo, SeatRow, SeatView};
use crate::room::rig::{self, choice, id};
use crate::room::timed::TimedRoom;
use crate::room::timed::effect::TimedEffect;
use crate::room::timed::fact::{TimedFact, TimedOpened};
use crate::room::timed::input::{Manage, TimedInput};

/// When every test begins.
pub(super) const START: Timestamp = Timestamp(1_795_177_000_000);

/// A room, its clock and its log.
pub(super) struct Rig {
    pub room: TimedRoom,
    pub now: Timestamp,
    pub facts: Vec<TimedFact>,
    pub effects: Vec<TimedEffect>,
    commands: u32,
}

/// A minute for everything.
pub(super) fn minute() -> TimedSettings {
    TimedSettings { limit: Some(Millis(60_000)), ..TimedSettings::default() }
}

impl Rig {
    /// Three questions of a minute in all; in each the first answer is right.
    pub fn new() -> Self {
        Self::with(minute())
    }

    pub fn with(settings: TimedSettings) -> Self {
        Self::with_limits(settings, Limits::default())
    }

    pub fn with_limits(settings: TimedSettings, limits: Limits) -> Self {
        let code = JoinCode::parse("KFX7QM").expect("a good code");
        let opened = TimedOpened { session: SessionId(1), code, quiz: rig::quiz(3), settings };
        let (room, fact) = TimedRoom::open(opened, limits, START);
        Self { room, now: START, facts: vec![fact], effects: Vec::new(), commands: 0 }
    }

    /// Applies an input, keeps what it led to, and looks after the laws.
    pub fn apply(&mut self, input: TimedInput) -> Result<(), Refusal> {
        let before = self.room.clone();
        match self.room.apply(input, self.now) {
            Err(refusal) => {
                assert_eq!(self.room, before, "a refused input changes nothing");
                self.effects.clear();
                Err(refusal)
            }
            Ok(effects) => {
                let told =
                    effects.iter().position(|effect| matches!(effect, TimedEffect::Taken(_) | TimedEffect::Done));
                let stored = effects.iter().rposition(|effect| matches!(effect, TimedEffect::Record(_)));
                assert!(told.is_none() || stored.is_none() || stored < told, "facts come first: {effects:?}");
                self.facts.extend(effects.iter().filter_map(|effect| match effect {
                    TimedEffect::Record(fact) => Some(fact.clone()),
                    _ => None,
                }));
                self.effects = effects;
                Ok(())
            }
        }
    }

    /// Lets time go by, with a tick whenever one is due.
    pub fn wait(&mut self, ms: i64) {
        let end = self.now + Millis(ms);
        while let Some(at) = self.room.wake_at().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.apply(TimedInput::Tick).expect("a tick is never refused");
        }
        self.now = end;
    }

    /// A seat for somebody whom the organisation knows.
    pub fn invite(&mut self, name: &str) -> SeatId {
        let person = PersonId(i64::from(self.commands) + 100);
        self.commands += 1;
        self.apply(TimedInput::Invite { person, name: name.to_owned() }).expect("there is room");
        self.seated()
    }

    /// A seat for somebody with the code.
    pub fn take_seat(&mut self, name: &str) -> Result<SeatId, Refusal> {
        self.apply(TimedInput::TakeSeat { name: rig::name(name), id: id(&format!("seat-{name}")) })?;
        Ok(self.seated())
    }

    fn seated(&self) -> SeatId {
        let seated = self.effects.iter().find_map(|effect| match effect {
            TimedEffect::Seated(seat) => Some(*seat),
            _ => None,
        });
        seated.expect("whoever asks for a seat is told it")
    }

    pub fn start(&mut self, seat: SeatId) -> Result<(), Refusal> {
        self.apply(TimedInput::Start { seat, order: 42 })
    }

    /// Answers with a new command.
    pub fn answer(&mut self, seat: SeatId, turn: u32, places: &[u8]) -> Result<TakenAnswer, Refusal> {
        self.commands += 1;
        self.answer_as(seat, turn, places, &format!("a-{}", self.commands), self.now)
    }

    pub fn answer_as(
        &mut self,
        seat: SeatId,
        turn: u32,
        places: &[u8],
        command: &str,
        received_at: Timestamp,
    ) -> Result<TakenAnswer, Refusal> {
        let answer = Answer { turn: TurnNo(turn), choice: choice(places) };
        self.apply(TimedInput::Answer { seat, answer, id: id(command), received_at })?;
        let taken = self.effects.iter().find_map(|effect| match effect {
            TimedEffect::Taken(taken) => Some(*taken),
            _ => None,
        });
        Ok(taken.expect("an answer that is taken is acknowledged"))
    }

    pub fn go(&mut self, seat: SeatId, turn: u32) -> Result<(), Refusal> {
        self.apply(TimedInput::Go { seat, to: GoTo { turn: TurnNo(turn) } })
    }

    pub fn finish(&mut self, seat: SeatId) -> Result<(), Refusal> {
        self.apply(TimedInput::Finish { seat })
    }

    pub fn manage(&mut self, seat: SeatId, what: Manage) -> Result<(), Refusal> {
        self.apply(TimedInput::Manage { seat, what })
    }

    /// The process dies and comes back.
    pub fn restart(&mut self) {
        self.room = TimedRoom::restore(self.facts.clone(), Limits::default()).expect("an own log is whole");
    }

    pub fn view(&self, seat: SeatId) -> SeatView {
        self.room.seat_view(seat, self.now).expect("a seat whose link holds")
    }

    pub fn row(&self, seat: SeatId) -> SeatRow {
        self.room.row(seat, self.now).expect("a seat")
    }

    /// What the last input recorded.
    pub fn recorded(&self) -> Vec<&'static str> {
        let kind = |effect: &TimedEffect| match effect {
            TimedEffect::Record(fact) => Some(fact.body.kind()),
            _ => None,
        };
        self.effects.iter().filter_map(kind).collect()
    }
}
