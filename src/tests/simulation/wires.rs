//! What is between browsers and the house: bytes that come late, in pieces or not at all, and what a page does with them.
//!
//! It knows nothing of why a network fails; `trouble` does.

use crate::client::line::{Input, News, Output, Standing};
use crate::client::moment::Moment;
use crate::protocol::command::Command;
use crate::protocol::message::{Message, Position};
use crate::protocol::view::Audience;
use crate::server::live::codec::Opcode;
use crate::tests::simulation::browser::{Connection, Mishap, Network};
use crate::tests::simulation::house::Wish;
use crate::tests::simulation::ledger::{self, Ear};
use crate::tests::simulation::world::World;

impl World {
    pub(super) fn deliver(&mut self, number: usize, most: usize) -> bool {
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

    pub(super) fn is_on(&self, number: usize, id: u64) -> bool {
        self.browsers[number].connection.as_ref().is_some_and(|connection| connection.number == id)
    }

    /// A frame has reached a browser.
    pub(super) fn hear(&mut self, number: usize, id: u64, text: &str) {
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
            Some(Mishap::Lost) => self.browsers[number].has_lost = true,
            Some(Mishap::Doubled) => {
                self.give(number, Input::Frame(text.to_owned()));
                self.give(number, Input::Frame(text.to_owned()));
            }
            Some(Mishap::Garbled) => {
                self.browsers[number].has_lost = true;
                self.give(number, Input::Frame(text[..text.len() / 2].to_owned()));
            }
        }
    }

    pub(super) fn send(&mut self, number: usize, opcode: Opcode, payload: &[u8]) {
        if let Some(connection) = &mut self.browsers[number].connection {
            connection.send(opcode, payload);
        }
    }

    pub(super) fn carry_up(&mut self, number: usize, most: usize) -> bool {
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

    /// Lets a line take an input, and does what it wants.
    pub(super) fn give(&mut self, number: usize, input: Input) {
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

    pub(super) fn fold(&mut self, number: usize, message: &Message) {
        let room = self.browsers[number].room;
        let tab = self.browsers[number].tab().expect("it was told something");
        tab.view.take(message);
        ledger::check_deadline(&tab.view.show().scene, room, &self.disk);
    }

    pub(super) fn connect(&mut self, number: usize, position: Option<Position>) {
        self.hang_up(number);
        let buffer = if self.chance.one_in(4) { 40 + self.chance.below(400) } else { 6_000 };
        let browser = &mut self.browsers[number];
        browser.has_lost = false;
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

    pub(super) fn hang_up(&mut self, number: usize) {
        let browser = &mut self.browsers[number];
        if let Some(connection) = browser.connection.take()
            && browser.network == Network::Whole
        {
            self.house.hang_up(connection.number);
        }
    }

    /// The browser learns that its connection is gone.
    pub(super) fn lose(&mut self, number: usize) {
        self.browsers[number].connection = None;
        self.give(number, Input::Closed { code: 1006, reason: String::new() });
    }

    /// A message goes up, now and then twice, or before the one that was sent before it.
    pub(super) fn put_up(&mut self, number: usize, text: String) {
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
}
