//! The laws that hold for every game, tried on games that nobody would think up.
//!
//! A game is a list of moves drawn at random: people come, answer late, twice or to another question, hosts click at the
//! wrong moment, clocks tick at odd times, the process crashes. What a move means is found from what everybody can see of
//! the room, so that two rooms that look the same are moved the same way.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde::Serialize;

use crate::domain::ids::{CommandId, MessageId, SeatId, TurnNo};
use crate::domain::limits::Limits;
use crate::domain::question::{Choice, Question, QuestionKind};
use crate::domain::quiz::Quiz;
use crate::domain::score::{Verdict, verdict};
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::command::{Answer, HostCommand, Switch};
use crate::protocol::event::HostEvent;
use crate::protocol::refusal::Refusal;
use crate::protocol::state::{State, TakenAnswer};
use crate::protocol::view::{Audience, HostView, Phase, PlayerView, Scene, StageView};
use crate::room::Room;
use crate::room::effect::{Effect, StateKey};
use crate::room::fact::{Fact, FactBody};
use crate::room::input::{Input, Who};
use crate::room::rig::{self, Rig};
use crate::room::sums::sums;

/// One thing that happens in a random game.
#[derive(Clone, Debug)]
enum Move {
    TakeSeat {
        name: usize,
        id: u8,
    },
    Answer {
        seat: u32,
        turn_off: u32,
        places: Vec<u8>,
        ago_ms: i64,
        round_trip: Option<i64>,
        id: u8,
    },
    Lead {
        how: u8,
        step_off: u32,
        id: u16,
    },
    Send {
        how: u8,
        seat: u32,
        id: u16,
    },
    Arrive {
        seat: u32,
        round_trip: Option<i64>,
    },
    Leave {
        seat: u32,
    },
    Measure {
        seat: u32,
        round_trip: i64,
    },
    /// Whatever leads to open options.
    GoOn {
        id: u16,
    },
    Write {
        seat: u32,
        words: u8,
        id: u8,
    },
    Type {
        seat: u32,
    },
    StopTyping {
        seat: u32,
    },
    TurnChat {
        how: u8,
        id: u16,
    },
    /// One of the messages that the host sees, or none that is there.
    RemoveMessage {
        place: usize,
        id: u16,
    },
    Tick,
    Wait {
        ms: i64,
    },
    /// Until the room wants to be woken, give or take a little.
    WaitForRoom {
        off_ms: i64,
    },
    /// The process dies and comes back.
    Crash,
    /// The keeper tells what is due.
    TellDue,
}

/// Some look alike, so that some seats are refused.
const NAMES: [&str; 9] = ["Ada", "ADA", "Bo", "Cy", "Dee", "Eve", "Еve", "Finn", "Gus"];

/// Small, so that games run into them.
fn limits() -> Limits {
    Limits { seats_max: 5, presence_named: 3, chat_per_minute: 3, chat_shown: 4, return_ms: 2_000, ..Limits::default() }
}

/// Mostly somebody who may well be seated, sometimes the host (0) or nobody at all.
fn a_seat() -> impl Strategy<Value = u32> {
    prop_oneof![8 => 1..5_u32, 1 => 0..9_u32]
}

fn a_round_trip() -> impl Strategy<Value = Option<i64>> {
    proptest::option::of(-5..900_i64)
}

fn an_answer() -> impl Strategy<Value = Move> {
    // The turn that is on, mostly; what there is to choose, mostly; in time, mostly; sometimes an id that was used before.
    let turn_off = prop_oneof![9 => Just(1_u32), 1 => 0..4_u32];
    let places =
        prop_oneof![8 => (0..3_u8).prop_map(|place| vec![place]), 1 => proptest::collection::vec(0..5_u8, 0..4)];
    let ago_ms = prop_oneof![3 => Just(0_i64), 1 => 0..700_i64];
    (a_seat(), turn_off, places, ago_ms, a_round_trip(), 0..40_u8).prop_map(
        |(seat, turn_off, places, ago_ms, round_trip, id)| Move::Answer {
            seat,
            turn_off,
            places,
            ago_ms,
            round_trip,
            id,
        },
    )
}

fn a_click() -> impl Strategy<Value = Move> {
    let how = prop_oneof![9 => Just(0_u8), 1 => Just(1), 1 => Just(2), 1 => 0..4_u8];
    let step_off = prop_oneof![12 => Just(1_u32), 1 => 0..3_u32];
    (how, step_off, 0..500_u16).prop_map(|(how, step_off, id)| Move::Lead { how, step_off, id })
}

fn a_move() -> impl Strategy<Value = Move> {
    let a_name = || (0..NAMES.len(), 0..30_u8);
    prop_oneof![
        3 => a_name().prop_map(|(name, id)| Move::TakeSeat { name, id }),
        20 => an_answer(),
        4 => a_click(),
        1 => (prop_oneof![3 => 1..4_u8, 1 => 0..1_u8], 1..7_u32, 0..500_u16)
            .prop_map(|(how, seat, id)| Move::Send { how, seat, id }),
        6 => (a_seat(), a_round_trip()).prop_map(|(seat, round_trip)| Move::Arrive { seat, round_trip }),
        2 => a_seat().prop_map(|seat| Move::Leave { seat }),
        2 => (a_seat(), 0..300_i64).prop_map(|(seat, round_trip)| Move::Measure { seat, round_trip }),
        12 => (500..1_000_u16).prop_map(|id| Move::GoOn { id }),
        8 => (a_seat(), 0..200_u8, 0..100_u8).prop_map(|(seat, words, id)| Move::Write { seat, words, id }),
        2 => a_seat().prop_map(|seat| Move::Type { seat }),
        1 => a_seat().prop_map(|seat| Move::StopTyping { seat }),
        2 => (prop_oneof![4 => Just(0_u8), 2 => Just(2), 1 => 0..4_u8], 0..500_u16)
            .prop_map(|(how, id)| Move::TurnChat { how, id }),
        2 => (0..5_usize, 0..500_u16).prop_map(|(place, id)| Move::RemoveMessage { place, id }),
        2 => Just(Move::Tick),
        3 => (0..5_000_i64).prop_map(|ms| Move::Wait { ms }),
        4 => (-5..5_i64).prop_map(|off_ms| Move::WaitForRoom { off_ms }),
        1 => Just(Move::Crash),
        4 => Just(Move::TellDue),
    ]
}

/// Some people come first, so that there is somebody to play with.
fn a_game() -> impl Strategy<Value = Vec<Move>> {
    let come = |seat: u32| {
        let name = seat as usize * 2 % NAMES.len();
        [Move::TakeSeat { name, id: 100 + seat as u8 }, Move::Arrive { seat, round_trip: Some(40) }]
    };
    (prop_oneof![1 => 0..3_u32, 4 => 3..5_u32], proptest::collection::vec(a_move(), 1..160))
        .prop_map(move |(people, moves)| (1..=people).flat_map(come).chain(moves).collect())
}

/// Questions of every kind, with and without reading time and limit.
fn a_quiz() -> Quiz {
    let mut quiz = rig::quiz(7);
    quiz.questions[0].kind = QuestionKind::Multiple;
    quiz.questions[0].options[2].is_right = true;
    quiz.questions[1].limit_ms = None;
    quiz.questions[2].reading_ms = 0;
    quiz.questions[3].kind = QuestionKind::TrueFalse;
    quiz.questions[3].options.truncate(2);
    quiz
}

/// Seat 0 stands for the host where people come and go.
fn who(seat: u32) -> Who {
    if seat == 0 { Who::Host } else { Who::Seat(SeatId(seat)) }
}

/// The input that a move means for a room; `None` if it only moves the clock, or the house around the room.
fn input(rig: &mut Rig, a_move: &Move) -> Option<Input> {
    let at = rig.room.step();
    let step = |off: u32| (at + off).saturating_sub(1);
    Some(match a_move {
        Move::TakeSeat { name, id } => {
            Input::TakeSeat { name: rig::name(NAMES[*name]), id: rig::id(&format!("seat-{id}")) }
        }
        Move::Answer { seat, turn_off, places, ago_ms, round_trip, id } => Input::Answer {
            seat: SeatId(*seat),
            answer: Answer { turn: TurnNo((rig.turn().0 + turn_off).saturating_sub(1)), choice: rig::choice(places) },
            id: rig::id(&format!("answer-{id}")),
            received_at: rig.now - Millis(*ago_ms),
            round_trip: round_trip.map(Millis),
        },
        Move::Lead { how, step_off, id } => {
            let step = step(*step_off);
            let command = match how {
                0 => HostCommand::Next { step },
                1 => HostCommand::Close { step },
                2 => HostCommand::Skip { step },
                _ => HostCommand::End { step },
            };
            Input::Host { command, id: rig::id(&format!("host-{id}")) }
        }
        Move::GoOn { id } => match rig.room.phase() {
            Phase::Reading | Phase::Answering => {
                let opens_at = rig.room.wake_at().filter(|_| rig.room.phase() == Phase::Reading);
                rig.now = opens_at.map_or(rig.now + Millis(300), |at| rig.now.max(at));
                Input::Tick
            }
            Phase::Lobby | Phase::Reveal | Phase::Standings | Phase::Podium | Phase::Closed => {
                let command = HostCommand::Next { step: step(1) };
                Input::Host { command, id: rig::id(&format!("host-{id}")) }
            }
        },
        Move::Send { how, seat, id } => {
            let seat = SeatId(*seat);
            let command = match how {
                0 => HostCommand::Lock,
                1 => HostCommand::Unlock,
                2 => HostCommand::Remove { seat },
                _ => HostCommand::Block { seat },
            };
            Input::Host { command, id: rig::id(&format!("host-{id}")) }
        }
        Move::Arrive { seat, round_trip } => Input::Arrived { who: who(*seat), round_trip: round_trip.map(Millis) },
        Move::Leave { seat } => Input::Left { who: who(*seat) },
        Move::Measure { seat, round_trip } => Input::Measured { seat: SeatId(*seat), round_trip: Millis(*round_trip) },
        Move::Write { seat, words, id } => Input::Write {
            who: who(*seat),
            text: rig::text(&format!("words {words}")),
            id: rig::id(&format!("write-{id}")),
        },
        Move::Type { seat } => Input::Types { who: who(*seat) },
        Move::StopTyping { seat } => Input::StopsTyping { who: who(*seat) },
        Move::TurnChat { how, id } => {
            let command = match how {
                0 => HostCommand::Chat { switch: Switch::On },
                1 => HostCommand::Chat { switch: Switch::Off },
                2 => HostCommand::ChatHistory { switch: Switch::On },
                _ => HostCommand::ChatHistory { switch: Switch::Off },
            };
            Input::Host { command, id: rig::id(&format!("host-{id}")) }
        }
        Move::RemoveMessage { place, id } => {
            let chat = rig.room.host_view().chat;
            let message = chat.messages.get(*place).map_or(MessageId(7), |message| message.message_id);
            Input::Host { command: HostCommand::RemoveMessage { message }, id: rig::id(&format!("host-{id}")) }
        }
        Move::Tick => Input::Tick,
        Move::Wait { ms } => {
            rig.now = rig.now + Millis(*ms);
            return None;
        }
        Move::WaitForRoom { off_ms } => {
            let at = rig.room.wake_at()? + Millis(*off_ms);
            rig.now = rig.now.max(at);
            Input::Tick
        }
        Move::Crash | Move::TellDue => return None,
    })
}

/// Plays a move; what a refused one says is part of what can be seen.
fn play(rig: &mut Rig, a_move: &Move) -> Result<(), Refusal> {
    rig.effects.clear();
    match input(rig, a_move) {
        Some(input) => rig.apply(input),
        None => {
            if matches!(a_move, Move::Crash) {
                rig.restart();
            }
            Ok(())
        }
    }
}

/// What all audiences have folded together from what they were told.
struct Watchers {
    host: HostView,
    stage: StageView,
    players: BTreeMap<SeatId, PlayerView>,
    due: BTreeSet<StateKey>,
    due_you: BTreeSet<SeatId>,
}

impl Watchers {
    /// Each begins with a snapshot.
    fn of(room: &Room) -> Self {
        let mut watchers = Self {
            host: room.host_view(),
            stage: room.stage_view(),
            players: BTreeMap::new(),
            due: BTreeSet::new(),
            due_you: BTreeSet::new(),
        };
        (1..=20).for_each(|seat| watchers.look_in(room, SeatId(seat)));
        watchers
    }

    fn look_in(&mut self, room: &Room, seat: SeatId) {
        if let Some(view) = room.player_view(seat) {
            self.players.insert(seat, view);
        }
    }

    /// Takes in what an input brought about; states wait until they are told.
    fn hear(&mut self, room: &Room, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Tell(Audience::Host, event) => self.host.apply(&HostEvent::Open(event.clone())),
                Effect::Tell(Audience::Stage, event) => self.stage.apply(event),
                Effect::Tell(Audience::Players, event) => {
                    self.players.values_mut().for_each(|player| player.show.apply(event));
                }
                Effect::TellChat(Audience::Host, event) => self.host.apply(&HostEvent::Chat(event.clone())),
                Effect::TellChat(Audience::Players, event) => {
                    self.players.values_mut().for_each(|player| player.chat.apply(event));
                }
                Effect::TellChat(Audience::Stage | Audience::Admins, event) => panic!("nobody there chats: {event:?}"),
                Effect::Tell(Audience::Admins, event) => panic!("no room has admins: {event:?}"),
                Effect::TellHost(cue) => self.host.apply(&HostEvent::Cue(cue.clone())),
                Effect::Changed(key) => drop(self.due.insert(*key)),
                Effect::You(seat) => drop(self.due_you.insert(*seat)),
                Effect::EveryYou => self.due_you.extend(self.players.keys()),
                Effect::CloseSeat(seat) => drop(self.players.remove(seat)),
                Effect::Seated(seat) => self.look_in(room, *seat),
                Effect::Record(_)
                | Effect::Types(..)
                | Effect::CrowdTypes(_)
                | Effect::Taken(_)
                | Effect::ChatTaken(_)
                | Effect::Done(_)
                | Effect::CloseAll => {}
            }
        }
    }

    /// Takes over the states that are due, each audience its own.
    fn tell_due(&mut self, room: &Room, now: Timestamp) {
        for key in std::mem::take(&mut self.due) {
            let state = |audience| match key {
                StateKey::Presence => Some(State::Presence(room.presence())),
                StateKey::Leaderboard => Some(State::Leaderboard(room.leaderboard(audience))),
                StateKey::Time => room.time_update(now).map(State::TimeUpdate),
                StateKey::Latency => (audience == Audience::Host).then(|| State::Latency(room.latency())),
            };
            state(Audience::Host).inspect(|state| self.host.take(state));
            state(Audience::Stage).inspect(|state| self.stage.take(state));
            if let Some(state) = state(Audience::Players) {
                self.players.values_mut().for_each(|player| player.take(&state));
            }
        }
        for seat in std::mem::take(&mut self.due_you) {
            if let (Some(player), Some(you)) = (self.players.get_mut(&seat), room.you(seat)) {
                player.you = you;
            }
        }
    }
}

/// Scores, ranks and moves of the room are those of the log.
fn check_sums(rig: &Rig) {
    let sums = sums(rig.room.quiz(), &rig.facts);
    assert_eq!(sums.len(), rig.room.presence().seats as usize);
    let board = rig.room.leaderboard(Audience::Host);
    if board.version == 0 {
        assert_eq!((board.rows.len(), board.climber), (0, None));
        return;
    }
    let mut order: Vec<SeatId> = sums.keys().copied().collect();
    order.sort_by_key(|seat| (Reverse(sums[seat].score), sums[seat].time_ms, *seat));
    assert_eq!(board.rows.iter().map(|row| row.seat).collect::<Vec<_>>(), order);
    for row in &board.rows {
        let sum = &sums[&row.seat];
        let rank = 1 + sums.values().filter(|other| other.score > sum.score).count();
        let rank_before = |before| 1 + sums.values().filter(|other| other.score_before.unwrap_or(0) > before).count();
        let moved = match sum.score_before {
            Some(before) if board.version > 1 => rank_before(before) as i32 - rank as i32,
            Some(_) | None => 0,
        };
        assert_eq!((row.score, row.rank as usize, row.moved), (sum.score, rank, moved), "seat {}", row.seat);
        let you = rig.you(row.seat);
        assert_eq!((you.score, you.rank), (row.score, row.rank), "seat {}", row.seat);
    }
    let places = board.rows.iter().map(|row| row.moved).max().filter(|moved| *moved > 0);
    let climber = places.and_then(|places| board.rows.iter().find(|row| row.moved == places));
    let named = board.climber.map(|climber| (climber.name, climber.places as i32));
    assert_eq!(named, climber.map(|row| (row.name.clone(), row.moved)));
}

/// A quiz with another key and another explanation for one question, and quite other questions after it.
fn with_other_secrets(quiz: &Quiz, turn: TurnNo) -> Quiz {
    let mut other = quiz.clone();
    let place = turn.0 as usize - 1;
    let question = &mut other.questions[place];
    question.options.iter_mut().for_each(|option| option.is_right = !option.is_right);
    question.explanation = "Quite another explanation".to_owned();
    for question in &mut other.questions[place + 1..] {
        *question = Question { points: 7, ..rig::question("Quite another question") };
    }
    other
}

/// All that may leave the house for players and the stage, as text.
fn public_text(rig: &Rig) -> String {
    let mut text = String::new();
    let mut say = |what: String| {
        text.push_str(&what);
        text.push('\n');
    };
    for effect in &rig.effects {
        match effect {
            Effect::Tell(Audience::Host | Audience::Admins, _) | Effect::TellHost(_) | Effect::Record(_) => {}
            Effect::Tell(Audience::Stage | Audience::Players, event) => say(json(event)),
            Effect::Taken(taken) => say(json(taken)),
            Effect::TellChat(..) | Effect::Types(..) | Effect::CrowdTypes(_) | Effect::ChatTaken(_) => {
                say(format!("{effect:?}"));
            }
            Effect::Changed(_)
            | Effect::You(_)
            | Effect::EveryYou
            | Effect::Seated(_)
            | Effect::Done(_)
            | Effect::CloseSeat(_)
            | Effect::CloseAll => say(format!("{effect:?}")),
        }
    }
    say(json(&rig.room.stage_view()));
    say(json(&rig.room.show(Audience::Players)));
    for seat in 0..10 {
        say(json(&rig.room.player_view(SeatId(seat))));
    }
    say(json(&rig.room.time_update(rig.now)));
    // When something happens tells as much as what does.
    say(format!("{:?} {:?}", rig.room.wake_at(), rig.room.next_fact_no()));
    text
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("views and events are plain data")
}

proptest! {
    // Of the usual number, which `make soak` raises.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 2, ..ProptestConfig::default() })]

    /// Law 3, for every audience; and law 2, which the rig checks at every move.
    #[test]
    fn what_was_seen_and_what_was_told_make_what_is_to_be_seen(game in a_game()) {
        let mut rig = Rig::with(a_quiz(), limits());
        let mut watchers = Watchers::of(&rig.room);
        for a_move in game.iter().chain([&Move::TellDue]) {
            let _ = play(&mut rig, a_move);
            watchers.hear(&rig.room, &rig.effects);
            match a_move {
                // A new life of the room is a new epoch, and begins with snapshots.
                Move::Crash => watchers = Watchers::of(&rig.room),
                Move::TellDue => {
                    watchers.tell_due(&rig.room, rig.now);
                    prop_assert_eq!(&watchers.host, &rig.room.host_view());
                    prop_assert_eq!(&watchers.stage, &rig.room.stage_view());
                    prop_assert_eq!(watchers.players.len(), rig.room.presence().seats as usize);
                    for (seat, player) in &watchers.players {
                        prop_assert_eq!(Some(player.clone()), rig.room.player_view(*seat));
                    }
                }
                _ => {}
            }
        }
    }

    /// Law 4, after every move.
    #[test]
    fn a_restored_room_is_the_room_that_wrote_the_log(game in a_game()) {
        let mut rig = Rig::with(a_quiz(), limits());
        for a_move in &game {
            let facts = rig.facts.len();
            let _ = play(&mut rig, a_move);
            if rig.facts.len() > facts {
                let mut expected = rig.room.clone();
                expected.forget_unstored(rig.now);
                prop_assert_eq!(rig.restored(), expected);
            }
        }
    }

    /// Law 5, until each reveal: two rooms that differ only in what is secret cannot be told apart.
    #[test]
    fn nothing_that_leaves_the_house_depends_on_a_secret(game in a_game(), secret in 1..=7_u32) {
        let quiz = a_quiz();
        let mut one = Rig::with(quiz.clone(), limits());
        let mut other = Rig::with(with_other_secrets(&quiz, TurnNo(secret)), limits());
        for a_move in &game {
            let said = (play(&mut one, a_move), play(&mut other, a_move));
            let is_out = one.facts.iter().any(|fact| match &fact.body {
                FactBody::TurnClosed { turn } => turn.0 >= secret,
                FactBody::TurnOpened { turn, .. } => turn.0 > secret,
                _ => false,
            });
            if is_out {
                break;
            }
            prop_assert_eq!(said.0, said.1);
            prop_assert_eq!(public_text(&one), public_text(&other));
        }
    }

    /// Law 7: one answer of a seat counts for a turn, and its id has one reply.
    #[test]
    fn at_most_one_answer_of_a_seat_counts(game in a_game()) {
        let mut rig = Rig::with(a_quiz(), limits());
        let mut latest: BTreeMap<SeatId, (CommandId, TakenAnswer)> = BTreeMap::new();
        for a_move in &game {
            let asked = input(&mut rig.clone(), a_move);
            let result = play(&mut rig, a_move);
            let Some(Input::Answer { seat, id, .. }) = asked else { continue };
            let taken = rig.effects.iter().find_map(|effect| {
                if let Effect::Taken(taken) = effect { Some(*taken) } else { None }
            });
            match (latest.get(&seat), taken) {
                (Some((known, first)), taken) if *known == id => {
                    prop_assert!(taken == Some(*first) && rig.effects.len() == 1 || result == Err(Refusal::NoSeat));
                }
                (_, Some(taken)) => drop(latest.insert(seat, (id, taken))),
                (_, None) => {}
            }
        }
        let mut counted = BTreeSet::new();
        for fact in &rig.facts {
            if let FactBody::Answered { seat, turn, .. } = &fact.body {
                prop_assert!(counted.insert((*seat, *turn)), "seat {} has two answers to turn {}", seat, turn);
            }
        }
    }

    /// An id has one message, as long as its writer is remembered and the house does not restart.
    #[test]
    fn what_is_sent_again_is_not_written_again(game in a_game()) {
        let mut rig = Rig::with(a_quiz(), limits());
        let mut latest: BTreeMap<Who, (CommandId, MessageId)> = BTreeMap::new();
        for a_move in &game {
            let asked = input(&mut rig.clone(), a_move);
            let _ = play(&mut rig, a_move);
            if matches!(a_move, Move::Crash) {
                latest.clear();
            }
            let Some(Input::Write { who, id, .. }) = asked else { continue };
            let taken = rig.effects.iter().find_map(|effect| {
                if let Effect::ChatTaken(message) = effect { Some(*message) } else { None }
            });
            match (latest.get(&who), taken) {
                (Some((known, first)), taken) if *known == id => {
                    prop_assert_eq!((taken, rig.effects.len()), (Some(*first), 1));
                }
                (_, Some(message)) => drop(latest.insert(who, (id, message))),
                (_, None) => {}
            }
        }
    }

    /// Scores and ranks follow from the log, whatever happened.
    #[test]
    fn scores_are_those_of_the_log(game in a_game()) {
        let mut rig = Rig::with(a_quiz(), limits());
        for a_move in &game {
            let facts = rig.facts.len();
            let _ = play(&mut rig, a_move);
            if rig.facts.len() > facts {
                check_sums(&rig);
            }
        }
    }

    /// A room that wants to be woken does something then, and does not want the same again.
    #[test]
    fn a_room_never_wakes_for_nothing(game in a_game()) {
        let mut rig = Rig::with(a_quiz(), limits());
        for a_move in &game {
            let _ = play(&mut rig, a_move);
            let mut later = rig.clone();
            if let Some(at) = later.room.wake_at() {
                later.now = later.now.max(at);
                let before = later.room.clone();
                prop_assert!(later.apply(Input::Tick).is_ok());
                prop_assert_ne!(&later.room, &before);
                prop_assert!(later.room.wake_at().is_none_or(|next| next > later.now || later.recorded().count() > 0));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    /// A hundred people, five questions, each answered at its own moment.
    #[test]
    fn five_hundred_answers_add_up(answers in proptest::collection::vec((0..4_u8, 0..20_250_i64, 0..900_i64), 500)) {
        let mut rig = Rig::with(rig::quiz(5), Limits::default());
        let seats: Vec<SeatId> = (0..100).map(|no| rig.join(&format!("Player {no}"))).collect();
        for (turn, answers) in (1..).zip(answers.chunks(100)) {
            rig.ask();
            let opened_at = rig.now;
            let mut answers: Vec<_> = seats.iter().zip(answers).collect();
            answers.sort_by_key(|(_, (_, after_ms, _))| *after_ms);
            for (seat, (place, after_ms, round_trip)) in answers {
                rig.now = opened_at + Millis(*after_ms);
                rig.answer_with(*seat, TurnNo(turn), &[*place], &rig::id(&format!("tap-{turn}")), rig.now, Some(*round_trip))
                    .map_err(|why| TestCaseError::fail(why.to_string()))?;
            }
            let Scene::Reveal(revealed) = rig.room.show(Audience::Host).scene else {
                return Err(TestCaseError::fail("all have answered, so the question is closed"));
            };
            let chosen = |fact: &Fact| match &fact.body {
                FactBody::Answered { turn: of, choice, .. } if of.0 == turn => Some(*choice),
                _ => None,
            };
            let chosen: Vec<Choice> = rig.facts.iter().filter_map(chosen).collect();
            let question = &rig.room.quiz().questions[turn as usize - 1];
            let right = chosen.iter().filter(|choice| verdict(question, **choice) == Verdict::Right).count();
            let counts: Vec<u32> =
                (0..4).map(|place| chosen.iter().filter(|choice| choice.has(place)).count() as u32).collect();
            prop_assert_eq!((chosen.len(), revealed.answered, revealed.right as usize), (100, 100, right));
            prop_assert_eq!(revealed.counts, counts);
            check_sums(&rig);
            rig.next();
        }
    }
}
