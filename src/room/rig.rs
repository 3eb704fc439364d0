//! A room in the hands of a test: commands in short words, a clock moved by hand, the log kept.
//!
//! Every input that goes through it is held to law 2, and to facts standing before what is told of them.

use crate::domain::chat::ChatText;
use crate::domain::code::JoinCode;
use crate::domain::ids::{CommandId, MessageId, SeatId, SessionId, TurnNo};
use crate::domain::limits::Limits;
use crate::domain::name::Nickname;
use crate::domain::question::{AnswerOption, Choice, Question, QuestionKind};
use crate::domain::quiz::Quiz;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::command::{Answer, HostCommand};
use crate::protocol::event::Event;
use crate::protocol::refusal::Refusal;
use crate::protocol::state::{ScoreUpdate, TakenAnswer};
use crate::protocol::view::{QuestionFace, Scene};
use crate::room::Room;
use crate::room::effect::Effect;
use crate::room::fact::{Fact, FactBody, Opened};
use crate::room::input::{Input, Who};

/// When every test begins.
pub(super) const START: Timestamp = Timestamp(1_795_177_000_000);
/// The right answer of every question of [`quiz`].
pub(super) const RIGHT: &[u8] = &[0];
/// A wrong one.
pub(super) const WRONG: &[u8] = &[1];

pub(super) fn id(text: &str) -> CommandId {
    CommandId::parse(text).expect("tests use good ids")
}

pub(super) fn name(text: &str) -> Nickname {
    Nickname::parse(text).expect("tests use good names")
}

pub(super) fn text(text: &str) -> ChatText {
    ChatText::parse(text).expect("tests use good messages")
}

pub(super) fn choice(places: &[u8]) -> Choice {
    Choice::of(places).expect("tests use possible places")
}

/// A question with four options, the first of them right; three seconds to read, twenty to answer.
pub(super) fn question(prompt: &str) -> Question {
    let option = |place: u8| AnswerOption { text: format!("{prompt}, option {place}"), is_right: place == 0 };
    Question {
        prompt: prompt.to_owned(),
        options: (0..4).map(option).collect(),
        explanation: format!("{prompt}, explained"),
        ..Question::blank(QuestionKind::Single)
    }
}

/// So many questions.
pub(super) fn quiz(questions: u32) -> Quiz {
    let questions = (1..=questions).map(|no| question(&format!("Question {no}"))).collect();
    Quiz { title: "A quiz".to_owned(), description: String::new(), language: "en".to_owned(), questions }
}

pub(super) fn opened(quiz: Quiz) -> Opened {
    Opened { session: SessionId(7), code: JoinCode::parse("KFX7QM").expect("a good code"), quiz }
}

/// A room, its log, its clock.
#[derive(Clone, Debug)]
pub(super) struct Rig {
    pub room: Room,
    pub limits: Limits,
    pub now: Timestamp,
    /// Everything that was recorded.
    pub facts: Vec<Fact>,
    /// What the last input brought about.
    pub effects: Vec<Effect>,
    ids: u32,
}

impl Rig {
    /// A room with so many questions and the usual limits.
    pub fn new(questions: u32) -> Self {
        Self::with(quiz(questions), Limits::default())
    }

    pub fn with(quiz: Quiz, limits: Limits) -> Self {
        let (room, fact) = Room::open(opened(quiz), limits, START);
        Self { room, limits, now: START, facts: vec![fact], effects: Vec::new(), ids: 0 }
    }

    /// A room in which these people wait for the first question.
    pub fn with_people<const N: usize>(questions: u32, names: [&str; N]) -> (Self, [SeatId; N]) {
        let mut rig = Self::new(questions);
        let seats = names.map(|name| rig.join(name));
        (rig, seats)
    }

    /// Applies an input at the present time.
    pub fn apply(&mut self, input: Input) -> Result<(), Refusal> {
        let before = self.room.clone();
        self.effects = match self.room.apply(input, self.now) {
            Ok(effects) => effects,
            Err(refusal) => {
                assert_eq!(self.room, before, "a refused input leaves the room equal to what it was");
                self.effects.clear();
                return Err(refusal);
            }
        };
        let recorded: Vec<Fact> = self.recorded().cloned().collect();
        self.facts.extend(recorded);
        let is_record = |effect: &Effect| matches!(effect, Effect::Record(_));
        let recorded = self.effects.iter().position(is_record).unwrap_or(usize::MAX);
        let is_of_game = |effect: &Effect| {
            matches!(effect, Effect::Tell(_, Event::SessionUpdate(_)) | Effect::TellHost(_) | Effect::CloseSeat(_))
        };
        if let Some(told) = self.effects.iter().position(is_of_game) {
            assert!(recorded < told, "facts stand before what is told of them: {:?}", self.effects);
        }
        // What is written while nothing is kept is told without a fact.
        let is_chat_fact = |effect: &Effect| {
            matches!(
                effect,
                Effect::Record(Fact { body: FactBody::ChatSent { .. } | FactBody::ChatRemoved { .. }, .. })
            )
        };
        if let Some(recorded) = self.effects.iter().position(is_chat_fact) {
            let told = self.effects.iter().position(|effect| matches!(effect, Effect::TellChat(..)));
            assert!(
                told.is_some_and(|told| recorded < told),
                "a message is told once it is a fact: {:?}",
                self.effects
            );
        }
        Ok(())
    }

    /// The facts of the last input.
    pub fn recorded(&self) -> impl Iterator<Item = &Fact> {
        self.effects.iter().filter_map(|effect| if let Effect::Record(fact) = effect { Some(fact) } else { None })
    }

    /// The kinds of those facts.
    pub fn recorded_kinds(&self) -> Vec<&'static str> {
        self.recorded().map(|fact| fact.body.kind()).collect()
    }

    fn fresh_id(&mut self) -> CommandId {
        self.ids += 1;
        id(&format!("c{}", self.ids))
    }

    pub fn take_seat(&mut self, typed: &str) -> Result<SeatId, Refusal> {
        let id = self.fresh_id();
        self.apply(Input::TakeSeat { name: name(typed), id })?;
        let seated =
            self.effects.iter().find_map(|effect| if let Effect::Seated(seat) = effect { Some(*seat) } else { None });
        Ok(seated.expect("a seat was given"))
    }

    pub fn arrive(&mut self, seat: SeatId) {
        let arrived = Input::Arrived { who: Who::Seat(seat), round_trip: None };
        self.apply(arrived).expect("somebody with a seat may arrive");
    }

    pub fn leave(&mut self, seat: SeatId) {
        self.apply(Input::Left { who: Who::Seat(seat) }).expect("leaving is never refused");
    }

    /// Takes a seat and opens a link.
    pub fn join(&mut self, typed: &str) -> SeatId {
        let seat = self.take_seat(typed).expect("the door is open");
        self.arrive(seat);
        seat
    }

    pub fn host(&mut self, command: HostCommand) -> Result<(), Refusal> {
        let id = self.fresh_id();
        self.apply(Input::Host { command, id })
    }

    /// Whatever comes next.
    pub fn next(&mut self) {
        let step = self.room.step();
        self.host(HostCommand::Next { step }).expect("the host may go on");
    }

    pub fn close(&mut self) {
        let step = self.room.step();
        self.host(HostCommand::Close { step }).expect("the host may close the question");
    }

    pub fn skip(&mut self) {
        let step = self.room.step();
        self.host(HostCommand::Skip { step }).expect("the host may skip the question");
    }

    pub fn end(&mut self) {
        let step = self.room.step();
        self.host(HostCommand::End { step }).expect("the host may end the session");
    }

    /// Goes on to the options of the next question.
    pub fn ask(&mut self) {
        self.next();
        self.open_answers();
    }

    /// Waits until the options are open.
    pub fn open_answers(&mut self) {
        if let Scene::Reading(face) = &self.room.scene {
            let wait = face.answers_at - self.now;
            self.wait(wait.0);
        }
    }

    /// Lets time pass, with a tick whenever the room wants one on the way.
    pub fn wait(&mut self, ms: i64) {
        let until = self.now + Millis(ms);
        while let Some(at) = self.room.wake_at().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            let before = self.room.clone();
            self.apply(Input::Tick).expect("a tick is never refused");
            assert_ne!(self.room, before, "a room that wakes has something to do");
        }
        self.now = until;
    }

    pub fn answer(&mut self, seat: SeatId, places: &[u8]) -> Result<TakenAnswer, Refusal> {
        let id = self.fresh_id();
        let turn = self.turn();
        self.answer_with(seat, turn, places, &id, self.now, None)
    }

    pub fn answer_with(
        &mut self,
        seat: SeatId,
        turn: TurnNo,
        places: &[u8],
        id: &CommandId,
        received_at: Timestamp,
        round_trip: Option<i64>,
    ) -> Result<TakenAnswer, Refusal> {
        let answer = Answer { turn, choice: choice(places) };
        let round_trip = round_trip.map(Millis);
        self.apply(Input::Answer { seat, answer, id: id.clone(), received_at, round_trip })?;
        let taken =
            self.effects.iter().find_map(|effect| if let Effect::Taken(taken) = effect { Some(*taken) } else { None });
        Ok(taken.expect("the answer was taken"))
    }

    /// Writes a message.
    pub fn write(&mut self, who: Who, typed: &str) -> Result<MessageId, Refusal> {
        let id = self.fresh_id();
        self.write_with(who, typed, &id)
    }

    pub fn write_with(&mut self, who: Who, typed: &str, id: &CommandId) -> Result<MessageId, Refusal> {
        self.apply(Input::Write { who, text: text(typed), id: id.clone() })?;
        let taken = self
            .effects
            .iter()
            .find_map(|effect| if let Effect::ChatTaken(message) = effect { Some(*message) } else { None });
        Ok(taken.expect("the message was taken"))
    }

    /// The turn that is on or was last.
    pub fn turn(&self) -> TurnNo {
        self.room.scene.turn().unwrap_or(TurnNo(0))
    }

    /// The open question.
    pub fn face(&self) -> QuestionFace {
        self.room.scene.question().expect("a question is on").clone()
    }

    pub fn you(&self, seat: SeatId) -> ScoreUpdate {
        self.room.you(seat).expect("the seat is taken")
    }

    /// What the log would give back after a crash.
    pub fn restored(&self) -> Room {
        Room::restore(stored(&self.facts), self.limits, self.now).expect("an own log is whole")
    }

    /// Crashes and comes back.
    pub fn restart(&mut self) {
        self.room = self.restored();
    }
}

/// The facts as they come back from the disk: the log, and beside it the texts that were not erased.
pub(super) fn stored(facts: &[Fact]) -> Vec<Fact> {
    let json = |fact: &Fact| serde_json::to_string(fact).expect("facts are plain data");
    let mut stored: Vec<Fact> =
        facts.iter().map(|fact| serde_json::from_str(&json(fact)).expect("a fact reads back")).collect();
    for (place, fact) in stored.iter_mut().enumerate() {
        if let (FactBody::ChatSent { message, text, .. }, FactBody::ChatSent { text: written, .. }) =
            (&mut fact.body, &facts[place].body)
        {
            let erases = |later: &Fact| match &later.body {
                FactBody::ChatNotKept => true,
                FactBody::ChatRemoved { message: removed } => removed == message,
                _ => false,
            };
            *text = written.clone().filter(|_| !facts[place..].iter().any(erases));
        }
    }
    stored
}
