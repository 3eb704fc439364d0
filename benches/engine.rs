//! How fast the pure parts are: answers taken, ranks made, a frame encoded, a log read again.
//!
//! Nothing here touches a disk or a socket; `cargo bench --bench engine` needs no server.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use podium::domain::code::JoinCode;
use podium::domain::ids::{CommandId, SeatId, SessionId, TurnNo};
use podium::domain::limits::Limits;
use podium::domain::name::Nickname;
use podium::domain::question::{AnswerOption, Choice, Question, QuestionKind};
use podium::domain::quiz::Quiz;
use podium::domain::time::{Millis, Timestamp};
use podium::protocol::command::{Answer, HostCommand};
use podium::protocol::frame;
use podium::protocol::state::State;
use podium::protocol::view::Audience;
use podium::room::Room;
use podium::room::effect::Effect;
use podium::room::fact::{Fact, Opened};
use podium::room::input::{Input, Who};

const START: Timestamp = Timestamp(1_795_177_000_000);

fn id(text: String) -> CommandId {
    CommandId::parse(&text).expect("a good id")
}

fn quiz() -> Quiz {
    let option = |place: u8| AnswerOption { text: format!("Answer {place}"), is_right: place == 0 };
    let question = Question {
        prompt: "Which one?".to_owned(),
        options: (0..4).map(option).collect(),
        reading_ms: 0,
        ..Question::blank(QuestionKind::Single)
    };
    Quiz {
        title: "A quiz".to_owned(),
        description: String::new(),
        language: "en".to_owned(),
        questions: vec![question; 10],
    }
}

/// A room with its log.
struct Hall {
    room: Room,
    facts: Vec<Fact>,
    now: Timestamp,
    seats: u32,
}

impl Hall {
    /// So many people, all here.
    fn with(seats: u32) -> Self {
        let code = JoinCode::parse("KFX7QM").expect("a good code");
        let opened = Opened { session: SessionId(1), code, quiz: quiz() };
        let (room, fact) = Room::open(opened, Limits::default(), START);
        let mut hall = Self { room, facts: vec![fact], now: START, seats };
        for no in 1..=seats {
            let name = Nickname::parse(&format!("Player {no}")).expect("a good name");
            hall.apply(Input::TakeSeat { name, id: id(format!("seat-{no}")) });
            hall.apply(Input::Arrived { who: Who::Seat(SeatId(no)), round_trip: Some(Millis(40)) });
        }
        hall
    }

    fn apply(&mut self, input: Input) {
        let effects = self.room.apply(input, self.now).expect("the house plays by the rules");
        self.facts.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Record(fact) => Some(fact),
            _ => None,
        }));
    }

    fn next(&mut self) {
        let command = HostCommand::Next { step: self.room.step() };
        let no = self.room.next_fact_no();
        self.apply(Input::Host { command, id: id(format!("next-{no}")) });
    }

    /// Everybody's answer to a turn, each a little later than the one before.
    fn answers(&self, turn: u32) -> Vec<Input> {
        let answer = |no: u32| Input::Answer {
            seat: SeatId(no),
            answer: Answer {
                turn: TurnNo(turn),
                choice: Choice::of(&[u8::from((no + turn).is_multiple_of(3))]).expect("a place"),
            },
            id: id(format!("answer-{turn}-{no}")),
            received_at: self.now + Millis(i64::from(no * 7 % 20_000)),
            round_trip: Some(Millis(40)),
        };
        (1..=self.seats).map(answer).collect()
    }

    /// Asks so many questions and has all of them answered by all.
    fn played(mut self, turns: u32) -> Self {
        for turn in 1..=turns {
            self.next();
            self.answers(turn).into_iter().for_each(|answer| self.apply(answer));
            self.next();
            self.now = self.now + Millis(30_000);
        }
        self
    }
}

fn answers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("answers");
    group.throughput(Throughput::Elements(1_000));
    let mut hall = Hall::with(1_000);
    hall.next();
    let answers = hall.answers(1);
    group.bench_function("apply 1,000 in a room of 1,000", |bencher| {
        bencher.iter_batched(
            || (hall.room.clone(), answers.clone()),
            |(mut room, answers)| {
                for answer in answers {
                    black_box(room.apply(answer, hall.now).expect("in time"));
                }
                room
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn standings(criterion: &mut Criterion) {
    let mut hall = Hall::with(2_000).played(3);
    hall.next();
    hall.answers(4).into_iter().skip(1).for_each(|answer| hall.apply(answer));
    let close = Input::Host { command: HostCommand::Close { step: hall.room.step() }, id: id("close".to_owned()) };
    criterion.bench_function("close a question answered by 2,000 and rank them", |bencher| {
        bencher.iter_batched(
            || (hall.room.clone(), close.clone()),
            |(mut room, close)| {
                black_box(room.apply(close, hall.now).expect("open"));
                room
            },
            BatchSize::LargeInput,
        );
    });
}

fn frames(criterion: &mut Criterion) {
    let hall = Hall::with(2_000).played(3);
    for (audience, what) in
        [(Audience::Players, "encode the first ten rows"), (Audience::Host, "encode the host's 2,000 rows")]
    {
        criterion.bench_function(what, |bencher| {
            bencher.iter(|| frame::state(&State::Leaderboard(hall.room.leaderboard(audience)), hall.now));
        });
    }
}

fn restore(criterion: &mut Criterion) {
    let hall = Hall::with(2_000).played(10);
    let mut group = criterion.benchmark_group("log");
    group.throughput(Throughput::Elements(hall.facts.len() as u64));
    group.sample_size(20);
    group.bench_function("restore 2,000 seats and ten turns", |bencher| {
        bencher.iter_batched(
            || hall.facts.clone(),
            |facts| Room::restore(facts, Limits::default(), hall.now).expect("a whole log"),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(engine, answers, standings, frames, restore);
criterion_main!(engine);
