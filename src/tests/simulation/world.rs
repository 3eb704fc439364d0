//! Two rooms, the people in them, and everything that can happen to them, drawn from one seed.
//!
//! Time is moved by hand, and whatever runs at the same time in the product is done here one small thing after the other,
//! in an order that the seed draws. What must hold stands in `ledger`.

use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::client::line::{Input, News, Output, Standing};
use crate::client::moment::Moment;
use crate::domain::ids::{Epoch, SeatId, TurnNo};
use crate::domain::limits::Limits;
use crate::domain::name::Nickname;
use crate::domain::question::Choice;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::close::Close;
use crate::protocol::command::{Answer, Command, HostCommand};
use crate::protocol::frame;
use crate::protocol::message::{Message, Position};
use crate::protocol::view::{Audience, Phase, Scene};
use crate::room::Room;
use crate::room::fact::Opened;
use crate::server::live::codec::Opcode;
use crate::server::live::keeper::Ask;
use crate::tests::simulation::browser::{Browser, Connection, Mishap, Network, Page, Role, State, View};
use crate::tests::simulation::chance::Chance;
use crate::tests::simulation::disk::Disk;
use crate::tests::simulation::house::{Fate, House, Wish};
use crate::tests::simulation::ledger::{self, Ear, Ledger};
use crate::tests::simulation::quiz;

/// Two rooms, so that one could hear of the other.
const ROOMS: usize = 2;
/// When every run begins.
const START: i64 = 1_795_177_000_000;
/// People who may come, so that a run stays small.
const BROWSERS_MAX: usize = 16;

/// Everything.
pub struct World {
    chance: Chance,
    now: i64,
    /// How far the wall clock was set off.
    wall: i64,
    limits: Limits,
    disk: Disk,
    house: House,
    browsers: Vec<Browser>,
    ledger: Ledger,
    connections: u64,
    /// Nothing bad happens any more.
    is_calm: bool,
    trace: u64,
    /// The same of what players and stage were sent until the reveal of one turn.
    public: u64,
    is_secret: bool,
    secret: TurnNo,
}

/// What a run comes to: the same for the same seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// All that was heard, by anybody.
    pub trace: u64,
    /// What players and stage heard before the reveal of the turn whose key may be another.
    pub public: u64,
    /// Facts that were stored.
    pub facts: usize,
}

/// Small, so that runs go beyond them.
fn limits() -> Limits {
    Limits {
        seats_max: 5,
        links_per_seat_max: 4,
        presence_named: 3,
        inbox_max: 12,
        batch_max: 5,
        ring_frames_max: 10,
        queue_bytes_max: 30_000,
        return_ms: 3_000,
        heartbeat_ms: 12_000,
        stall_ms: 8_000,
        ..Limits::default()
    }
}

impl World {
    /// A world in which the key of one turn of the first room is another if `is_other`; nobody may notice before its reveal.
    pub fn new(seed: u64, keys: quiz::Keys) -> Self {
        let mut chance = Chance::new(seed);
        let secret = TurnNo(1 + u32::try_from(chance.below(3)).expect("small"));
        let limits = limits();
        let mut disk = Disk::default();
        for room in 0..ROOMS {
            let quiz = quiz::quiz(room, if room == 0 { Some((secret, keys)) } else { None });
            let opened = Opened { session: quiz::session(room), code: quiz::code(room), quiz };
            disk.open(Room::open(opened, limits, Timestamp(START)).1);
        }
        let epochs = [0; ROOMS].map(|_| epoch(&mut chance));
        let house = House::start(&disk, limits, Timestamp(START), epochs);
        let mut world = Self {
            chance,
            now: 0,
            wall: 0,
            limits,
            disk,
            house,
            browsers: Vec::new(),
            ledger: Ledger::default(),
            connections: 0,
            is_calm: false,
            trace: 0,
            public: 0,
            is_secret: true,
            secret,
        };
        for room in 0..ROOMS {
            world.visit(room, Role::Host);
            world.visit(room, Role::Stage);
            for _ in 0..3 - room {
                world.knock(room);
            }
        }
        world.go_on(6);
        world
    }

    /// Plays so many steps, then lets all become well, and looks whether everybody has everything.
    pub fn run(mut self, steps: usize) -> Outcome {
        for _ in 0..steps {
            self.step();
        }
        self.end_well();
        let facts = (0..ROOMS).map(|room| self.disk.facts(room).len()).sum();
        for room in 0..ROOMS {
            let text = format!("{:?}", self.disk.facts(room));
            self.note(text.as_bytes());
        }
        Outcome { trace: self.trace, public: self.public, facts }
    }

    fn step(&mut self) {
        match self.chance.below(200) {
            0..60 => self.somebody_acts(),
            60..110 => {
                let ms = self.chance.within(1..120);
                self.pass(ms);
            }
            110..125 => {
                let ms = self.chance.within(200..1_500);
                self.pass(ms);
            }
            125..127 => {
                let tenths = self.chance.within(20..300);
                // The process stands still, and the browsers go on.
                for _ in 0..tenths {
                    self.pass(100);
                }
            }
            127..141 => self.trouble(),
            141 => self.crash(),
            142..146 => self.somebody_comes(),
            146..150 => self.settle(),
            _ => {}
        }
        let count = self.chance.below(12);
        self.pump(count);
        self.look();
    }

    // Time, and all that runs.

    fn pass(&mut self, ms: i64) {
        self.now += ms;
        self.house.clock.pass(Millis(ms));
        self.house.visit();
        for number in 0..self.browsers.len() {
            let browser = &mut self.browsers[number];
            if self.now - browser.ticked_at >= 100 {
                browser.ticked_at = self.now;
                if std::mem::take(&mut browser.is_refused) {
                    self.lose(number);
                }
                self.wait(number);
                self.give(number, Input::Tick);
            }
        }
    }

    /// Some of the things that run at the same time go on a little.
    fn pump(&mut self, count: usize) {
        for _ in 0..count {
            match self.chance.below(8) {
                0..3 => {
                    let number = self.chance.below(self.browsers.len());
                    let most = if self.chance.one_in(3) { self.chance.below(300) } else { usize::MAX };
                    self.deliver(number, most);
                }
                3 | 4 => {
                    let number = self.chance.below(self.browsers.len());
                    let most = if self.chance.one_in(3) { self.chance.below(60) } else { usize::MAX };
                    self.carry_up(number, most);
                }
                5 => {
                    let room = self.chance.below(ROOMS);
                    self.keep(room);
                }
                6 => {
                    let shard = self.chance.below(2);
                    self.house.work(shard);
                }
                _ => self.house.sweep(),
            }
        }
    }

    /// Everything goes on until nothing is left to do.
    fn settle(&mut self) {
        for _ in 0..200 {
            let mut has_moved = false;
            for number in 0..self.browsers.len() {
                self.wait(number);
                has_moved |= self.carry_up(number, usize::MAX);
            }
            for room in 0..ROOMS {
                while self.keep(room) {
                    has_moved = true;
                }
            }
            for shard in 0..2 {
                while self.house.work(shard) {
                    has_moved = true;
                }
            }
            self.house.sweep();
            for number in 0..self.browsers.len() {
                has_moved |= self.deliver(number, usize::MAX);
            }
            if !has_moved {
                return;
            }
        }
    }

    /// So many times half a second go by.
    fn go_on(&mut self, halves: usize) {
        for _ in 0..halves {
            self.pass(500);
            self.settle();
        }
    }

    fn keep(&mut self, room: usize) -> bool {
        let fate = match self.chance.below(40) {
            0 if !self.is_calm => Fate::Refused,
            1 if !self.is_calm => Fate::SavedUnheard,
            _ => Fate::Saved,
        };
        let has_moved = self.house.keep(room, fate, &mut self.disk);
        self.ledger.tap(room, &self.house.desks[room].channel, &self.disk);
        // From its reveal on the key may be told, and what is told is not compared any more.
        self.is_secret &= !self.disk.is_revealed(0, self.secret);
        has_moved
    }

    // Bytes.

    fn deliver(&mut self, number: usize, most: usize) -> bool {
        let browser = &mut self.browsers[number];
        if browser.is_stalled || browser.network != Network::Whole {
            return false;
        }
        let Some(connection) = browser.connection.as_mut().filter(|connection| !connection.is_dead) else {
            return false;
        };
        let has_moved = most > 0 && !connection.tube.end().bytes.is_empty();
        let frames = connection.hear(most);
        let id = connection.number;
        let is_over = connection.tube.end().bytes.is_empty() && !self.house.sockets.contains_key(&id);
        if let Some(socket) = self.house.sockets.get(&id) {
            socket.link.write_on();
        }
        let mut code = None;
        for (opcode, payload) in frames {
            match opcode {
                Opcode::Text => self.hear(number, id, str::from_utf8(&payload).expect("text is UTF-8")),
                Opcode::Ping => self.send(number, Opcode::Pong, &payload),
                Opcode::Close => {
                    let number = u16::from_be_bytes(payload[..2].try_into().expect("a code"));
                    code = Some((number, String::from_utf8_lossy(&payload[2..]).into_owned()));
                }
                Opcode::Continuation | Opcode::Binary | Opcode::Pong => panic!("the server sends no {opcode:?}"),
            }
        }
        if let Some((code, reason)) = code {
            self.send(number, Opcode::Close, &code.to_be_bytes());
            self.carry_up(number, usize::MAX);
            if self.is_on(number, id) {
                self.browsers[number].connection = None;
                self.give(number, Input::Closed { code, reason });
            }
            return true;
        }
        if is_over && self.is_on(number, id) {
            self.lose(number);
            return true;
        }
        has_moved
    }

    fn is_on(&self, number: usize, id: u64) -> bool {
        self.browsers[number].connection.as_ref().is_some_and(|connection| connection.number == id)
    }

    /// A frame has reached a browser.
    fn hear(&mut self, number: usize, id: u64, text: &str) {
        if !self.is_on(number, id) {
            return;
        }
        self.note(text.as_bytes());
        let browser = &mut self.browsers[number];
        let ear = Ear { room: browser.room, audience: browser.audience(), seat: browser.seat() };
        if self.is_secret && ear.audience != Audience::Host {
            self.public = self.public.rotate_left(5) ^ ledger::hash(text.as_bytes());
        }
        let at = &mut browser.connection.as_mut().expect("looked at just now").at;
        self.ledger.hear(ear, at, text, &self.disk);
        let is_event = text.contains(r#","seq":"#);
        match browser.mishap.take_if(|_| is_event) {
            None => self.give(number, Input::Frame(text.to_owned())),
            Some(Mishap::Lost) => {}
            Some(Mishap::Doubled) => {
                self.give(number, Input::Frame(text.to_owned()));
                self.give(number, Input::Frame(text.to_owned()));
            }
            Some(Mishap::Garbled) => self.give(number, Input::Frame(text[..text.len() / 2].to_owned())),
        }
    }

    fn send(&mut self, number: usize, opcode: Opcode, payload: &[u8]) {
        if let Some(connection) = &mut self.browsers[number].connection {
            connection.send(opcode, payload);
        }
    }

    fn carry_up(&mut self, number: usize, most: usize) -> bool {
        let browser = &mut self.browsers[number];
        let Some(connection) = &mut browser.connection else { return false };
        if browser.network != Network::Whole || connection.is_dead {
            return false;
        }
        if connection.up_bytes.is_empty() || most == usize::MAX {
            while let Some(text) = connection.up.pop_front() {
                connection.send(Opcode::Text, text.as_bytes());
            }
        }
        let (id, bytes) = (connection.number, connection.say(most));
        let has_moved = !bytes.is_empty();
        if has_moved {
            self.house.read(id, bytes);
        }
        has_moved
    }

    // Pages.

    /// Lets a line take an input, and does what it wants.
    fn give(&mut self, number: usize, input: Input) {
        let moment = Moment(self.now + 1_000 * number as i64);
        let Some(tab) = self.browsers[number].tab() else { return };
        for output in tab.line.apply(input, moment) {
            match output {
                Output::Open(position) => self.connect(number, position),
                Output::HangUp => self.hang_up(number),
                Output::Send(text) => self.put_up(number, text),
                Output::Keep(answers) => self.browsers[number].kept = answers,
                Output::Tell(News::Message(message)) => self.fold(number, &message),
                Output::Tell(News::Settled(id, result)) => {
                    let browser = &mut self.browsers[number];
                    let (room, seat) = (browser.room, browser.seat());
                    let Some((command, ends)) = browser.asked.get_mut(&id) else { continue };
                    *ends += 1;
                    assert_eq!(*ends, 1, "a command ends once: {id:?}");
                    if let (Ok(()), Command::Answer(answer), Some(seat)) = (&result, &command, seat) {
                        let is_stored = self.disk.has_answered(room, seat, answer.turn);
                        assert!(is_stored, "V1: who is told that an answer is taken finds one on disk: {id:?}");
                    }
                }
                Output::Tell(News::Standing(standing)) => {
                    if let Some(tab) = self.browsers[number].tab() {
                        tab.ended = if let Standing::Ended(close) = standing { Some(close) } else { None };
                    }
                }
                Output::Tell(News::Back) => {}
            }
        }
    }

    fn fold(&mut self, number: usize, message: &Message) {
        let room = self.browsers[number].room;
        let tab = self.browsers[number].tab().expect("it was told something");
        tab.view.take(message);
        ledger::check_deadline(&tab.view.show().scene, room, &self.disk);
    }

    fn connect(&mut self, number: usize, position: Option<Position>) {
        self.hang_up(number);
        let buffer = if self.chance.one_in(4) { 40 + self.chance.below(400) } else { 6_000 };
        let browser = &mut self.browsers[number];
        match browser.network {
            Network::Cut => browser.is_refused = true,
            Network::Silent => {}
            Network::Whole => {
                self.connections += 1;
                let id = self.connections;
                let (room, audience, who) = (browser.room, browser.audience(), browser.who());
                let tube = self.house.open(Wish { number: id, room, audience, who, position, buffer });
                self.browsers[number].connection = Some(Connection::new(id, tube));
            }
        }
    }

    fn hang_up(&mut self, number: usize) {
        let browser = &mut self.browsers[number];
        if let Some(connection) = browser.connection.take()
            && browser.network == Network::Whole
        {
            self.house.hang_up(connection.number);
        }
    }

    /// The browser learns that its connection is gone.
    fn lose(&mut self, number: usize) {
        self.browsers[number].connection = None;
        self.give(number, Input::Closed { code: 1006, reason: String::new() });
    }

    /// A message goes up, now and then twice, or before the one that was sent before it.
    fn put_up(&mut self, number: usize, text: String) {
        let (is_doubled, is_early) = (self.chance.one_in(12), self.chance.one_in(12));
        let Some(connection) = &mut self.browsers[number].connection else { return };
        if is_doubled && !self.is_calm {
            connection.up.push_back(text.clone());
        }
        if is_early && !self.is_calm {
            connection.up.push_front(text);
        } else {
            connection.up.push_back(text);
        }
    }

    // People.

    /// Somebody without a page opens one.
    fn visit(&mut self, room: usize, role: Role) {
        let number = self.browsers.len();
        self.browsers.push(Browser::new(number, room, role, State::Loading(None)));
    }

    /// Somebody new wants a seat.
    fn knock(&mut self, room: usize) {
        let number = self.browsers.len();
        let mut browser = Browser::new(number, room, Role::Player(None), State::Gone);
        let name = Nickname::parse(&format!("Guest {number}")).expect("a good name");
        let id = browser.fresh_id();
        browser.state = State::AtDoor { name, id, reply: None };
        self.browsers.push(browser);
    }

    /// Whoever waits for a seat or a page looks whether it is there, or asks for it.
    fn wait(&mut self, number: usize) {
        let browser = &mut self.browsers[number];
        let (room, role) = (browser.room, browser.role);
        let inbox = &self.house.desks[room].inbox;
        match &mut browser.state {
            State::AtDoor { name, id, reply: reply @ None } => {
                let (tell, told) = oneshot::channel();
                if inbox.try_send(Ask::TakeSeat { name: name.clone(), id: id.clone(), reply: tell }).is_ok() {
                    *reply = Some(told);
                }
            }
            State::AtDoor { id, reply: Some(told), .. } => match told.try_recv() {
                Ok(Ok(seat)) => {
                    let is_taken = self.disk.seat(room, seat).0 && self.disk.knows(room, id);
                    assert!(is_taken, "law 6: a seat is given once it is stored: {seat:?}");
                    browser.role = Role::Player(Some(seat));
                    browser.state = State::Loading(None);
                }
                Ok(Err(refusal)) if refusal.is_recoverable() => self.ask_again(number),
                Ok(Err(_)) => browser.state = State::Gone,
                Err(TryRecvError::Closed) => self.ask_again(number),
                Err(TryRecvError::Empty) => {}
            },
            State::Loading(slot @ None) => {
                let page = Arc::new(Mutex::new(None));
                let put = Arc::clone(&page);
                let look = Ask::Look(Box::new(move |room, channel| {
                    let audience = match role {
                        Role::Host => Audience::Host,
                        Role::Stage => Audience::Stage,
                        Role::Player(_) => Audience::Players,
                    };
                    let position = channel.with(audience, |feed| feed.position());
                    let view = match role {
                        Role::Host => Some(View::Host(room.host_view())),
                        Role::Stage => Some(View::Stage(room.stage_view())),
                        Role::Player(seat) => seat.and_then(|seat| room.player_view(seat)).map(View::Player),
                    };
                    let page: Page = view.map(|view| (view, position));
                    *put.lock().expect("nobody else") = Some(page);
                }));
                if inbox.try_send(look).is_ok() {
                    *slot = Some(page);
                }
            }
            State::Loading(Some(slot)) => {
                let page = slot.lock().expect("nobody else").take();
                match page {
                    None => {}
                    Some(None) => browser.state = State::Gone,
                    Some(Some((view, position))) => {
                        ledger::check_deadline(&view.show().scene, room, &self.disk);
                        browser.open(view, position);
                        self.give(number, Input::Start);
                    }
                }
            }
            State::Open(_) | State::Gone => {}
        }
    }

    fn ask_again(&mut self, number: usize) {
        if let State::AtDoor { reply, .. } = &mut self.browsers[number].state {
            *reply = None;
        }
    }

    fn reload(&mut self, number: usize) {
        self.hang_up(number);
        let browser = &mut self.browsers[number];
        // What a page had asked ends with the page; answers go on.
        browser.asked.retain(|_, (command, ends)| *ends == 0 && matches!(command, Command::Answer(_)));
        browser.state = State::Loading(None);
    }

    fn somebody_comes(&mut self) {
        if self.browsers.len() >= BROWSERS_MAX {
            return;
        }
        let room = self.chance.below(ROOMS);
        if self.chance.one_in(2) {
            return self.knock(room);
        }
        // A second device.
        let number = self.chance.below(self.browsers.len());
        let Browser { room, role, .. } = self.browsers[number];
        if role != Role::Player(None) {
            self.visit(room, role);
        }
    }

    fn somebody_acts(&mut self) {
        let number = self.chance.below(self.browsers.len());
        let browser = &self.browsers[number];
        let Some(show) = browser.show() else { return };
        let (step, phase, turn) = (show.step, show.scene.phase(), show.scene.turn());
        let command = match browser.role {
            Role::Host => self.a_click(step, phase),
            Role::Player(_) | Role::Stage => self.a_tap(phase, turn),
        };
        if let Some(command) = command {
            self.ask(number, command);
        }
    }

    fn a_click(&mut self, step: u32, phase: Phase) -> Option<Command> {
        let seat = SeatId(1 + u32::try_from(self.chance.below(5)).expect("small"));
        let command = match (self.chance.below(60), phase) {
            (0, _) => HostCommand::Lock,
            (1, _) => HostCommand::Unlock,
            (2, _) => HostCommand::Remove { seat },
            (3, _) => HostCommand::Block { seat },
            (4, Phase::Reading | Phase::Answering) => HostCommand::Skip { step },
            (5, Phase::Reveal | Phase::Standings) => HostCommand::End { step },
            (6..8, _) => HostCommand::Next { step: step + 1 },
            (8..16, Phase::Answering) => HostCommand::Close { step },
            (16..30, Phase::Podium) => return None,
            (_, Phase::Lobby | Phase::Reveal | Phase::Standings | Phase::Podium) => HostCommand::Next { step },
            (_, Phase::Reading | Phase::Answering | Phase::Closed) => return None,
        };
        Some(Command::Host(command))
    }

    fn a_tap(&mut self, phase: Phase, turn: Option<TurnNo>) -> Option<Command> {
        let place = u8::try_from(self.chance.below(4)).expect("small");
        let turn = turn.unwrap_or(TurnNo(1));
        let turn = match self.chance.below(12) {
            0 => TurnNo(turn.0 + 1),
            1 => TurnNo(turn.0.saturating_sub(1)),
            2 => return Some(Command::Host(HostCommand::Unlock)),
            _ if phase == Phase::Answering || self.chance.one_in(4) => turn,
            _ => return None,
        };
        Some(Command::Answer(Answer { turn, choice: Choice::of(&[place]).expect("a place") }))
    }

    fn ask(&mut self, number: usize, command: Command) {
        let id = self.browsers[number].fresh_id();
        self.browsers[number].asked.insert(id.clone(), (command.clone(), 0));
        self.give(number, Input::Ask(id, command));
    }

    // Bad luck.

    fn trouble(&mut self) {
        let number = self.chance.below(self.browsers.len());
        match self.chance.below(16) {
            0..3 => self.cut(number),
            3 => {
                self.browsers[number].network = Network::Silent;
                if let Some(connection) = &mut self.browsers[number].connection {
                    connection.is_dead = true;
                }
            }
            4..8 => self.browsers[number].network = Network::Whole,
            8 | 9 => self.browsers[number].is_stalled ^= true,
            10 => self.reload(number),
            11 => self.give(number, Input::Slept(Millis(0))),
            12 => self.give(number, Input::Reconnect),
            13 => self.give(number, Input::NetworkLost),
            14 => {
                let mishap = match self.chance.below(3) {
                    0 => Mishap::Lost,
                    1 => Mishap::Doubled,
                    _ => Mishap::Garbled,
                };
                self.browsers[number].mishap = Some(mishap);
            }
            _ => self.repeat(number),
        }
    }

    /// The connection breaks, in the middle of a frame as likely as not; either end may notice now or later.
    fn cut(&mut self, number: usize) {
        let most = self.chance.below(400);
        self.deliver(number, most);
        if self.chance.one_in(2) {
            self.browsers[number].network = Network::Cut;
        }
        let Some(id) = self.browsers[number].connection.as_ref().map(|connection| connection.number) else { return };
        let (is_noticed_there, is_noticed_here) = (!self.chance.one_in(4), !self.chance.one_in(4));
        if is_noticed_there {
            self.house.hang_up(id);
        }
        if is_noticed_here {
            self.lose(number);
        } else if let Some(connection) = &mut self.browsers[number].connection {
            connection.is_dead = true;
        }
    }

    /// A command that was sent long ago comes once more.
    fn repeat(&mut self, number: usize) {
        let browser = &self.browsers[number];
        let place = self.chance.below(browser.asked.len().max(1));
        let Some((id, (command, _))) = browser.asked.iter().nth(place) else { return };
        let text = frame::command(command, Timestamp(0), Some(id));
        self.put_up(number, text);
    }

    /// The process ends, with or without a word, and another one begins; the wall clock may be another.
    fn crash(&mut self) {
        if self.chance.one_in(2) {
            self.house.send_away();
            self.pump(20);
        }
        for room in 0..ROOMS {
            let facts = self.house.desks[room].in_flight();
            if self.chance.one_in(2) {
                self.disk.append(room, facts);
            }
        }
        self.wall += if self.chance.one_in(3) { self.chance.within(-3_600_000..3_600_000) } else { 0 };
        let down = self.chance.within(5..5_000);
        self.now += down;
        let at = Timestamp(START + self.now + self.wall).max(self.disk.last_at());
        let epochs = [0; ROOMS].map(|_| epoch(&mut self.chance));
        self.house = House::start(&self.disk, self.limits, at, epochs);
        for number in 0..self.browsers.len() {
            match &mut self.browsers[number].state {
                State::AtDoor { .. } => self.ask_again(number),
                State::Loading(slot) => *slot = None,
                State::Open(_) | State::Gone => {}
            }
            let is_whole = self.browsers[number].network == Network::Whole;
            if is_whole && self.browsers[number].connection.as_ref().is_some_and(|connection| !connection.is_dead) {
                self.deliver(number, usize::MAX);
                self.lose(number);
            }
        }
    }

    // What must hold.

    fn look(&self) {
        for (room, desk) in self.house.desks.iter().enumerate().filter(|(_, desk)| desk.is_stored()) {
            ledger::check_deadline(&desk.keeper.room().show(Audience::Stage).scene, room, &self.disk);
        }
    }

    /// All is well from here on, and time goes by.
    fn end_well(&mut self) {
        self.is_calm = true;
        for number in 0..self.browsers.len() {
            let browser = &mut self.browsers[number];
            (browser.network, browser.is_stalled, browser.mishap) = (Network::Whole, false, None);
            if self.chance.one_in(6) {
                self.give(number, Input::Leave);
            } else {
                self.give(number, Input::Shown);
                self.give(number, Input::Reconnect);
            }
        }
        self.go_on(40);
        (0..self.browsers.len()).for_each(|number| self.give(number, Input::NetworkBack));
        self.go_on(20);
        for room in 0..ROOMS {
            let is_host =
                |browser: &Browser| browser.room == room && browser.role == Role::Host && browser.connection.is_some();
            if let Some(number) = self.browsers.iter().position(is_host) {
                self.ask(number, Command::Host(HostCommand::Lock));
            }
        }
        self.go_on(16);
        self.check_end();
    }

    fn check_end(&self) {
        self.ledger.check_logs(&self.disk, ROOMS, &self.limits);
        for (room, desk) in self.house.desks.iter().enumerate() {
            assert!(desk.is_stored(), "nothing waits for the disk");
            let kept = desk.keeper.room();
            ledger::check_ranks(kept, kept.quiz(), self.disk.facts(room));
            let now = self.house.clock.now();
            let mut expected = kept.clone();
            expected.forget_presence(now);
            let restored = Room::restore(self.disk.facts(room).to_vec(), self.limits, now);
            assert_eq!(restored.as_ref(), Ok(&expected), "law 4: the facts are the room");
        }
        self.browsers.iter().for_each(|browser| self.check_browser(browser));
    }

    /// Law 3: what a page has folded together is what the server would render.
    fn check_browser(&self, browser: &Browser) {
        let State::Open(tab) = &browser.state else { return };
        let room = self.house.desks[browser.room].keeper.room();
        let expected = match browser.role {
            Role::Host => Some(View::Host(room.host_view())),
            Role::Stage => Some(View::Stage(room.stage_view())),
            Role::Player(seat) => seat.and_then(|seat| room.player_view(seat)).map(View::Player),
        };
        if tab.ended == Some(Close::Gone) {
            return; // Somebody left, and what was asked waits for a return.
        }
        let is_ended = browser.connection.is_none();
        match expected {
            // Who was sent out keeps what was there last.
            None => assert!(is_ended, "a removed seat has no connection: {}", browser.number),
            Some(_) if room.is_closed() => {
                assert!(is_ended, "a closed room has no connections: {}", browser.number);
                assert_eq!(tab.view.show().scene, Scene::Closed, "everybody has seen the end: {}", browser.number);
            }
            // Closed because the person has too many.
            Some(_) if is_ended => {
                assert!(tab.ended.is_some(), "browser {} is connected", browser.number);
            }
            Some(expected) => assert_eq!(tab.view, expected, "law 3: browser {} has everything", browser.number),
        }
        for (id, (command, ends)) in &browser.asked {
            assert_eq!(*ends, 1, "a command ends: browser {}, {id:?} {command:?}", browser.number);
        }
    }

    /// Folds something into what the run comes to.
    fn note(&mut self, bytes: &[u8]) {
        self.trace = self.trace.rotate_left(5) ^ ledger::hash(bytes);
    }
}

/// A number that no other life of a room has.
fn epoch(chance: &mut Chance) -> Epoch {
    Epoch(chance.draw() >> 11)
}
