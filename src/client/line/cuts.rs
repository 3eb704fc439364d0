//! A line and a server through everything that networks do: cuts in the middle of a stream, silence, lost and doubled
//! replies, broken frames, restarts. Whatever happens, nothing is missed, nothing comes twice, and every command ends once.
//!
//! The server is a model: a ring of numbered events, snapshots, epochs, and commands that are done once for each id.
//! What a client has seen is one number, into which each event is folded; it must equal the server's at the same position.
//! A failing case is printed with its seed and kept for the next run by proptest.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::domain::ids::{Epoch, SeatId, SessionId, TurnNo};
use crate::domain::question::Choice;
use crate::protocol::command::HostCommand;
use crate::protocol::event::{Event, SessionUpdate, UserJoined};
use crate::protocol::frame;
use crate::protocol::message::{Done, Pong, Snapshot, Welcome};
use crate::protocol::refusal::Refusal;
use crate::protocol::state::TakenAnswer;
use crate::protocol::view::{Audience, Phase};

/// Few, so that it is fallen out of often.
const RING: usize = 12;

/// What happens.
#[derive(Clone, Debug)]
enum Move {
    /// So many events, one of which leads on if `steps`.
    Tell { events: usize, steps: bool },
    /// The page asks something.
    Ask(Wish),
    /// Time goes by, and what is on its way arrives.
    Time { tenths: u8 },
    /// So many frames still arrive, then both ends know that the connection is lost.
    Cut { arrive: usize },
    /// So many frames still arrive, then nothing does in either direction, and nobody knows.
    Silence { arrive: usize },
    /// A cut or silent network works again.
    Mend,
    /// The server starts anew, with or without a word.
    Restart { says_when: bool },
    /// The next frame of the server cannot be read.
    Garble,
    /// The server says something that only newer pages know, as an event.
    SayNews,
    /// The server has lost this client's place and sends a snapshot.
    LosePlace,
    /// The next reply is lost, comes twice, or is a "busy".
    Reply(Mishap),
    /// The page is hidden or seen.
    Look { is_shown: bool },
    /// The machine slept for some seconds.
    Sleep { seconds: i64 },
    /// Somebody taps, or the browser speaks of networks.
    Nudge(Nudge),
}

#[derive(Clone, Copy, Debug)]
enum Wish {
    Lock,
    /// For the step that the page shows.
    Next,
    Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mishap {
    Lost,
    Doubled,
    Busy,
}

#[derive(Clone, Copy, Debug)]
enum Nudge {
    Reconnect,
    NetworkBack,
    NetworkLost,
}

fn a_move() -> impl Strategy<Value = Move> {
    let wish = prop_oneof![Just(Wish::Lock), Just(Wish::Next), Just(Wish::Answer)];
    let mishap = prop_oneof![Just(Mishap::Lost), Just(Mishap::Doubled), Just(Mishap::Busy)];
    let nudge = prop_oneof![Just(Nudge::Reconnect), Just(Nudge::NetworkBack), Just(Nudge::NetworkLost)];
    prop_oneof![
        6 => (1..20_usize, any::<bool>()).prop_map(|(events, steps)| Move::Tell { events, steps }),
        6 => wish.prop_map(Move::Ask),
        8 => (1..80_u8).prop_map(|tenths| Move::Time { tenths }),
        3 => (0..6_usize).prop_map(|arrive| Move::Cut { arrive }),
        2 => (0..6_usize).prop_map(|arrive| Move::Silence { arrive }),
        4 => Just(Move::Mend),
        1 => any::<bool>().prop_map(|says_when| Move::Restart { says_when }),
        1 => Just(Move::Garble),
        1 => Just(Move::SayNews),
        1 => Just(Move::LosePlace),
        3 => mishap.prop_map(Move::Reply),
        2 => any::<bool>().prop_map(|is_shown| Move::Look { is_shown }),
        1 => (1..90_i64).prop_map(|seconds| Move::Sleep { seconds }),
        2 => nudge.prop_map(Move::Nudge),
    ]
}

/// What a client has seen, or a server has told, as one number that no event leaves as it was.
fn fold(seen: u64, event: &str) -> u64 {
    event.bytes().fold(seen, |seen, byte| (seen ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)) | 1
}

/// The view in a snapshot: where the room stands, and what was told.
#[derive(Serialize, Deserialize)]
struct Picture {
    show: Part,
    seen: u64,
}

#[derive(Serialize, Deserialize)]
struct Part {
    step: u32,
    scene: Place,
}

#[derive(Serialize, Deserialize)]
struct Place {
    phase: Phase,
}

struct Server {
    epoch: u64,
    step: u32,
    /// What was told at each number of this epoch; the first is where it began.
    seen: Vec<u64>,
    ring: VecDeque<(u64, String)>,
    /// Which commands were done, or refused for good, with the reply.
    replies: HashMap<CommandId, String>,
    /// How often each was done.
    done: BTreeMap<CommandId, u32>,
    /// The order in which commands came for the first time.
    came: Vec<CommandId>,
}

impl Server {
    fn position(&self) -> Position {
        Position { epoch: Epoch(self.epoch), seq: self.seen.len() as u64 - 1 }
    }

    fn told(&self) -> u64 {
        *self.seen.last().expect("never empty")
    }

    /// Encodes an event by its number and content.
    fn push(&mut self, content: &str, encode: impl FnOnce(u64) -> String) {
        let seq = self.seen.len() as u64;
        self.seen.push(fold(self.told(), content));
        if self.ring.len() == RING {
            self.ring.pop_front();
        }
        self.ring.push_back((seq, encode(seq)));
    }

    fn tell_somebody(&mut self) {
        let name = format!("{}/{}", self.epoch, self.seen.len());
        let joined = UserJoined { user: SeatId(2), name: name.clone(), participant_count: 2, round_trip: None };
        self.push(&name, |seq| frame::event(&Event::UserJoined(joined), Timestamp(0), seq));
    }

    fn lead_on(&mut self) {
        self.step += 1;
        let step = self.step;
        let update = SessionUpdate {
            state: Phase::Reading,
            step,
            locked: false,
            question_number: None,
            deadline: None,
            time_remaining: None,
            scene: None,
        };
        let content = format!("step {step}");
        self.push(&content, |seq| frame::event(&Event::SessionUpdate(update), Timestamp(0), seq));
    }

    /// An event that today's page does not know: it changes nothing there.
    fn say_news(&mut self) {
        let seq = self.seen.len() as u64;
        self.push("", |_| format!(r#"{{"type":"fireworks","data":{{}},"seq":{seq}}}"#));
        let unchanged = self.seen[self.seen.len() - 2];
        *self.seen.last_mut().expect("just pushed") = unchanged;
    }

    fn restart(&mut self) {
        self.epoch += 1;
        self.seen = vec![self.told()];
        self.ring.clear();
    }

    fn greet(&self, wanted: Option<Position>) -> Vec<String> {
        let first = self.seen.len() as u64 - self.ring.len() as u64;
        let resumed = wanted.filter(|wanted| {
            wanted.epoch.0 == self.epoch && wanted.seq + 1 >= first && wanted.seq <= self.position().seq
        });
        let mut frames = vec![self.welcome(resumed)];
        match resumed {
            Some(from) => {
                frames.extend(self.ring.iter().filter(|(seq, _)| *seq > from.seq).map(|(_, text)| text.clone()))
            }
            None => frames.push(self.snapshot()),
        }
        frames
    }

    fn welcome(&self, resumed: Option<Position>) -> String {
        let welcome = Message::Connected(Welcome {
            protocol: frame::SUBPROTOCOL.to_owned(),
            connection: 1,
            session: Some(SessionId(1)),
            account: None,
            audience: Some(Audience::Host),
            seat: None,
            position: Some(resumed.unwrap_or(self.position())),
            recovered: resumed.is_some(),
            server_time: Timestamp(0),
            message_bytes_max: 10_240,
            heartbeat_ms: 30_000,
        });
        frame::state(&welcome, Timestamp(0))
    }

    fn snapshot(&self) -> String {
        let view =
            Picture { show: Part { step: self.step, scene: Place { phase: Phase::Reading } }, seen: self.told() };
        frame::snapshot(&Snapshot { position: self.position(), audience: Audience::Host, view }, Timestamp(0))
    }

    /// Does a command once and repeats its first reply; a busy server does nothing.
    fn obey(&mut self, id: CommandId, command: Command, is_busy: bool) -> String {
        if !self.came.contains(&id) {
            self.came.push(id.clone());
        }
        if let Some(reply) = self.replies.get(&id) {
            return reply.clone();
        }
        let refuse = |refusal: &Refusal| frame::refusal(refusal, Timestamp(0), Some(&id));
        if is_busy {
            return refuse(&Refusal::Busy);
        }
        let reply = match command {
            Command::Host(HostCommand::Next { step }) if step != self.step => refuse(&Refusal::MovedOn),
            Command::Host(asked) => {
                *self.done.entry(id.clone()).or_default() += 1;
                if let HostCommand::Next { .. } = asked {
                    self.lead_on();
                }
                frame::reply(&Message::Done(Done { step: self.step }), Timestamp(0), Some(&id))
            }
            Command::Answer(answer) => {
                *self.done.entry(id.clone()).or_default() += 1;
                let taken = TakenAnswer {
                    turn: answer.turn,
                    choice: answer.choice,
                    received_at: Timestamp(0),
                    elapsed: Millis(0),
                    credited: Millis(0),
                };
                frame::reply(&Message::AnswerTaken(taken), Timestamp(0), Some(&id))
            }
            Command::Chat(_)
            | Command::UserTyping(_)
            | Command::GoTo(_)
            | Command::Finish(_)
            | Command::JoinSession(_)
            | Command::LeaveSession(_)
            | Command::Refresh(_)
            | Command::Ping(_)
            | Command::Pong(_) => unreachable!("answered before"),
        };
        self.replies.insert(id, reply.clone());
        reply
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Network {
    Whole,
    Cut,
    Silent,
}

/// A line, a server, and what is between them.
struct World {
    line: Line,
    now: Moment,
    server: Server,
    network: Network,
    /// Frames on their way down, while the page has a connection.
    down: Option<VecDeque<String>>,
    /// Nothing goes over this connection any more, even when the network works again; the page finds out by itself.
    is_dead: bool,
    /// How much of the ring is on its way already.
    cursor: u64,
    mishap: Option<Mishap>,
    garbles: bool,
    /// What the page has seen; its position is the line's own.
    seen: u64,
    step: u32,
    asked: Vec<CommandId>,
    /// The steps of those that name one.
    steps: BTreeMap<CommandId, u32>,
    /// Which of those have left, whether they arrived or not.
    sent: BTreeSet<CommandId>,
    settled: BTreeMap<CommandId, Vec<Result<(), String>>>,
}

impl World {
    fn new() -> Self {
        let server = Server {
            epoch: 7,
            step: 1,
            seen: vec![1],
            ring: VecDeque::new(),
            replies: HashMap::new(),
            done: BTreeMap::new(),
            came: Vec::new(),
        };
        let line = Line::new(Outset {
            position: server.position(),
            course: Course { step: 1, is_over: false },
            kept: Vec::new(),
            patience: Patience::Player,
            seed: 3,
        });
        let mut world = Self {
            line,
            now: Moment(0),
            server,
            network: Network::Whole,
            down: None,
            is_dead: false,
            cursor: 0,
            mishap: None,
            garbles: false,
            seen: 1,
            step: 1,
            asked: Vec::new(),
            steps: BTreeMap::new(),
            sent: BTreeSet::new(),
            settled: BTreeMap::new(),
        };
        world.give(Input::Start);
        world
    }

    fn give(&mut self, input: Input) {
        for output in self.line.apply(input, self.now) {
            match output {
                Output::Open(position) => self.connect(position),
                Output::HangUp => self.down = None,
                Output::Send(text) => self.arrive(&text),
                Output::Keep(_) => {}
                Output::Tell(news) => self.hear(news),
            }
        }
    }

    fn connect(&mut self, position: Option<Position>) {
        self.down = Some(VecDeque::new());
        self.is_dead = self.network != Network::Whole;
        if !self.is_dead {
            let frames = self.server.greet(position);
            self.down = Some(frames.into());
            self.cursor = self.server.position().seq;
        }
    }

    /// A frame of the line reaches the server, or not.
    fn arrive(&mut self, text: &str) {
        let (id, asked) = frame::asked(text);
        if let (Some(id), Ok(Command::Host(HostCommand::Next { step }))) = (&id, &asked)
            && self.sent.insert(id.clone())
        {
            assert_eq!(*step, self.step, "{id:?} leaves for a step that is gone");
        }
        let (Some(down), false) = (&mut self.down, self.is_dead) else { return };
        match (id, asked) {
            (id, Ok(Command::Ping(_))) => {
                let pong = Message::Pong(Pong { server_time: Timestamp(0), round_trip_ms: None });
                down.push_back(frame::reply(&pong, Timestamp(0), id.as_ref()));
            }
            (Some(id), Ok(command)) => {
                let mishap = self.mishap.take();
                let reply = self.server.obey(id, command, mishap == Some(Mishap::Busy));
                // The game goes on first, then the one who asked is answered.
                self.feed();
                let times = match mishap {
                    Some(Mishap::Lost) => 0,
                    Some(Mishap::Doubled) => 2,
                    Some(Mishap::Busy) | None => 1,
                };
                if let Some(down) = &mut self.down {
                    down.extend(std::iter::repeat_n(reply, times));
                }
            }
            (None, Ok(_)) | (_, Err(_)) => panic!("the line sends {text}"),
        }
    }

    /// What the server has told since goes on its way.
    fn feed(&mut self) {
        if let (Some(down), false) = (&mut self.down, self.is_dead) {
            let new = self.server.ring.iter().filter(|(seq, _)| *seq > self.cursor);
            down.extend(new.map(|(_, text)| text.clone()));
            self.cursor = self.server.position().seq;
        }
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Message(message) => match *message {
                Message::Snapshot(snapshot) => {
                    let picture: Picture = snapshot.view.read().expect("our own view");
                    (self.seen, self.step) = (picture.seen, picture.show.step);
                }
                Message::UserJoined(joined) => self.seen = fold(self.seen, &joined.name),
                Message::SessionUpdate(update) => {
                    self.seen = fold(self.seen, &format!("step {}", update.step));
                    self.step = update.step;
                }
                Message::Done(_) | Message::AnswerTaken(_) => {}
                other => panic!("the page is told {other:?}"),
            },
            News::Settled(id, result) => {
                if let (Err(_), Some(step)) = (&result, self.steps.get(&id))
                    && !self.sent.contains(&id)
                {
                    assert_ne!(*step, self.step, "{id:?} is dropped for no reason");
                }
                self.settled.entry(id).or_default().push(result.map_err(|why| why.code));
            }
            News::Standing(Standing::Ended(close)) => panic!("ended by {close:?}"),
            News::Standing(_) | News::Back => {}
        }
    }

    /// What is on its way arrives, up to so many frames.
    fn deliver(&mut self, most: usize) {
        for _ in 0..most {
            if self.is_dead {
                return;
            }
            let Some(mut text) = self.down.as_mut().and_then(VecDeque::pop_front) else { return };
            if std::mem::take(&mut self.garbles) {
                text.truncate(text.len() / 2);
            }
            self.give(Input::Frame(text));
            self.check();
        }
    }

    /// Where the page stands, it has seen what the server had told there.
    fn check(&self) {
        if let Some(Position { epoch, seq }) = self.line.position
            && epoch.0 == self.server.epoch
        {
            let told = self.server.seen[usize::try_from(seq).expect("a small number")];
            assert_eq!(self.seen, told, "at {seq} of epoch {epoch}");
        }
    }

    fn lose(&mut self, reason: &str) {
        if self.down.take().is_some() {
            let code = if reason.is_empty() { 1006 } else { Close::Restart.code() };
            self.give(Input::Closed { code, reason: reason.to_owned() });
        }
    }

    fn tick(&mut self, tenths: u32) {
        for _ in 0..tenths {
            self.now = self.now + Millis(100);
            if self.network == Network::Cut {
                self.lose("");
            }
            self.feed();
            self.deliver(usize::MAX);
            self.give(Input::Tick);
        }
    }

    fn play(&mut self, happening: &Move) {
        match happening {
            Move::Tell { events, steps } => {
                (0..*events).for_each(|_| self.server.tell_somebody());
                if *steps {
                    self.server.lead_on();
                }
                self.feed();
            }
            Move::Ask(wish) => {
                let id = CommandId::parse(&format!("c{:04}", self.asked.len())).expect("a good id");
                self.asked.push(id.clone());
                let command = match wish {
                    Wish::Lock => Command::Host(HostCommand::Lock),
                    Wish::Next => {
                        self.steps.insert(id.clone(), self.step);
                        Command::Host(HostCommand::Next { step: self.step })
                    }
                    Wish::Answer => Command::Answer(Answer { turn: TurnNo(1), choice: Choice::default() }),
                };
                self.give(Input::Ask(id, command));
            }
            Move::Time { tenths } => self.tick(u32::from(*tenths)),
            Move::Cut { arrive } => {
                self.deliver(*arrive);
                self.network = Network::Cut;
                self.lose("");
            }
            Move::Silence { arrive } => {
                self.deliver(*arrive);
                (self.network, self.is_dead) = (Network::Silent, true);
            }
            Move::Mend => self.network = Network::Whole,
            Move::Restart { says_when } => {
                self.server.restart();
                self.cursor = 0;
                if !self.is_dead {
                    self.lose(if *says_when { "the server restarts retry_ms=700" } else { "" });
                }
            }
            Move::Garble => self.garbles = true,
            Move::SayNews => self.server.say_news(),
            Move::LosePlace => {
                if let (Some(down), false) = (&mut self.down, self.is_dead) {
                    down.extend([self.server.welcome(None), self.server.snapshot()]);
                    self.cursor = self.server.position().seq;
                }
            }
            Move::Reply(mishap) => self.mishap = Some(*mishap),
            Move::Look { is_shown: true } => self.give(Input::Shown),
            Move::Look { is_shown: false } => self.give(Input::Hidden),
            Move::Sleep { seconds } => {
                self.now = self.now + Millis(seconds * 1_000);
                self.give(Input::Slept(Millis(0)));
            }
            Move::Nudge(Nudge::Reconnect) => self.give(Input::Reconnect),
            Move::Nudge(Nudge::NetworkBack) => self.give(Input::NetworkBack),
            Move::Nudge(Nudge::NetworkLost) => self.give(Input::NetworkLost),
        }
        self.check();
    }

    /// The network is well again, somebody looks, and time goes by.
    fn end_well(&mut self) {
        self.play(&Move::Mend);
        self.play(&Move::Look { is_shown: true });
        (self.mishap, self.garbles) = (None, false);
        self.tick(1_500);
    }
}

proptest! {
    #[test]
    fn nothing_is_missed_nothing_comes_twice_and_every_command_ends_once(
        moves in proptest::collection::vec(a_move(), 1..60),
    ) {
        let mut world = World::new();
        for happening in &moves {
            world.play(happening);
        }
        world.end_well();

        prop_assert_eq!(world.line.position, Some(world.server.position()));
        prop_assert_eq!(world.seen, world.server.told());
        prop_assert!(matches!(world.line.standing(), Standing::Connected(_)), "{:?}", world.line.standing());
        for id in &world.asked {
            let ends = world.settled.get(id).map_or(&[][..], Vec::as_slice);
            let done = world.server.done.get(id).copied().unwrap_or_default();
            match ends {
                [Ok(())] => prop_assert_eq!(done, 1, "{:?} is acknowledged", id),
                [Err(why)] => {
                    prop_assert_eq!(done, 0, "{:?} is refused", id);
                    prop_assert!(why == "moved_on" || why == "outbox_full", "{:?} is refused: {}", id, why);
                }
                ends => prop_assert!(false, "{:?} ends with {:?}", id, ends),
            }
        }
        let mut in_order = world.server.came.clone();
        in_order.sort();
        prop_assert_eq!(&world.server.came, &in_order, "commands leave in the order in which they were asked");
    }
}
