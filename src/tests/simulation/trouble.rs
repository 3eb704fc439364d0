//! Bad luck: networks that break, devices that sleep, frames that get lost, a process that dies.
//!
//! It knows nothing of what must hold all the same.

use crate::client::line::Input;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::frame;
use crate::tests::simulation::browser::{Mishap, Network, State};
use crate::tests::simulation::house::House;
use crate::tests::simulation::world::{self, ROOMS, START, World};

impl World {
    pub(super) fn trouble(&mut self) {
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
    pub(super) fn cut(&mut self, number: usize) {
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
    pub(super) fn repeat(&mut self, number: usize) {
        let browser = &self.browsers[number];
        let place = self.chance.below(browser.asked.len().max(1));
        let Some((id, (command, _))) = browser.asked.iter().nth(place) else { return };
        let text = frame::command(command, Timestamp(0), Some(id));
        self.put_up(number, text);
    }

    /// The process ends, with or without a word, and another one begins; the wall clock may be another.
    pub(super) fn crash(&mut self) {
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
        let epochs = [0; ROOMS].map(|_| world::epoch(&mut self.chance));
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
}
