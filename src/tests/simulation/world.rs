//! Two rooms, the people in them, and everything that can happen to them, drawn from one seed.
//!
//! Time is moved by hand, and whatever runs at the same time in the product is done here one small thing after the other,
//! in an order that the seed draws. What must hold stands in `ledger`.

use crate::client::line::Input;
use crate::domain::ids::{Epoch, TurnNo};
use crate::domain::limits::Limits;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::close::Close;
use crate::protocol::command::{Command, HostCommand};
use crate::protocol::view::{Audience, Scene};
use crate::room::Room;
use crate::room::fact::Opened;
use crate::tests::simulation::browser::{Browser, Network, Role, State, View};
use crate::tests::simulation::chance::Chance;
use crate::tests::simulation::disk::Disk;
use crate::tests::simulation::house::{Fate, House};
use crate::tests::simulation::ledger::{self, Ledger};
use crate::tests::simulation::quiz;

/// Two rooms, so that one could hear of the other.
pub(super) const ROOMS: usize = 2;
/// When every run begins.
pub(super) const START: i64 = 1_795_177_000_000;

/// Everything.
pub struct World {
    pub(super) chance: Chance,
    pub(super) now: i64,
    /// How far the wall clock was set off.
    pub(super) wall: i64,
    pub(super) limits: Limits,
    pub(super) disk: Disk,
    pub(super) house: House,
    pub(super) browsers: Vec<Browser>,
    pub(super) ledger: Ledger,
    pub(super) connections: u64,
    /// Nothing bad happens any more.
    pub(super) is_calm: bool,
    pub(super) trace: u64,
    /// The same of what players and stage were sent until the reveal of one turn.
    pub(super) public: u64,
    /// Whether that turn is still to be revealed.
    pub(super) is_secret: bool,
    pub(super) secret: TurnNo,
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
    /// A world whose first room has one turn with the key that is asked for; nobody may notice it before its reveal.
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

    pub(super) fn step(&mut self) {
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
                // The process stands still, and the browsers go on.
                for _ in 0..self.chance.within(20..300) {
                    self.tick(100);
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

    /// Time goes by for everybody.
    pub(super) fn pass(&mut self, ms: i64) {
        self.tick(ms);
        self.house.visit();
    }

    /// Time goes by for the browsers; the house will see it by its clock.
    pub(super) fn tick(&mut self, ms: i64) {
        self.now += ms;
        self.house.clock.pass(Millis(ms));
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
    pub(super) fn pump(&mut self, count: usize) {
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
    pub(super) fn settle(&mut self) {
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
    pub(super) fn go_on(&mut self, halves: usize) {
        for _ in 0..halves {
            self.pass(500);
            self.settle();
        }
    }

    pub(super) fn keep(&mut self, room: usize) -> bool {
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

    pub(super) fn look(&self) {
        for (room, desk) in self.house.desks.iter().enumerate().filter(|(_, desk)| desk.is_stored()) {
            ledger::check_deadline(&desk.keeper.room().show(Audience::Stage).scene, room, &self.disk);
        }
    }

    /// All is well from here on, and time goes by.
    pub(super) fn end_well(&mut self) {
        self.is_calm = true;
        for number in 0..self.browsers.len() {
            let browser = &mut self.browsers[number];
            (browser.network, browser.is_stalled, browser.mishap) = (Network::Whole, false, None);
            if browser.has_lost {
                self.hang_up(number);
                self.lose(number);
            }
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

    pub(super) fn check_end(&self) {
        self.ledger.check_logs(&self.disk, ROOMS, &self.limits);
        for (room, desk) in self.house.desks.iter().enumerate() {
            assert!(desk.is_stored(), "nothing waits for the disk");
            let kept = desk.keeper.room();
            ledger::check_ranks(kept, kept.quiz(), self.disk.facts(room));
            let now = self.house.clock.now();
            let mut expected = kept.clone();
            expected.forget_unstored(now);
            let restored = Room::restore(self.disk.facts(room).to_vec(), self.limits, now);
            assert_eq!(restored.as_ref(), Ok(&expected), "law 4: the facts are the room");
        }
        self.browsers.iter().for_each(|browser| self.check_browser(browser));
    }

    /// Law 3: what a page has folded together is what the server would render.
    pub(super) fn check_browser(&self, browser: &Browser) {
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
    pub(super) fn note(&mut self, bytes: &[u8]) {
        self.trace = self.trace.rotate_left(5) ^ ledger::hash(bytes);
    }
}

/// A number that no other life of a room has.
pub(super) fn epoch(chance: &mut Chance) -> Epoch {
    Epoch(chance.draw() >> 11)
}
