//! What a link's own task does with what it reads, whatever codec read it.
//!
//! Knows nothing of what is said: that is heard by a [`Hear`].

use std::sync::Arc;

use crate::domain::time::Millis;
use crate::protocol::close::Close;
use crate::server::live::codec::{Broken, Inbound, Opcode};
use crate::server::live::link::Link;

/// What takes the messages of a link. It ends when it is dropped.
pub trait Hear: Send + 'static {
    /// A whole message of text.
    fn on_text(&mut self, text: &str);
    /// A whole binary message.
    fn on_binary(&mut self, bytes: &[u8]);
    /// The round trip that is known after a pong.
    fn on_round_trip(&mut self, round_trip: Millis);
}

/// Takes what came, whatever codec read it; false once nothing more is to be read.
pub fn take(link: &Arc<Link>, hear: &mut impl Hear, inbound: Inbound<'_>) -> bool {
    match inbound {
        Inbound::Text(text) => hear.on_text(text),
        Inbound::Binary(bytes) => hear.on_binary(bytes),
        Inbound::Ping(payload) => link.send(Opcode::Pong, payload),
        Inbound::Pong(payload) => {
            if let Some(round_trip) = link.ponged(payload) {
                hear.on_round_trip(round_trip);
            }
        }
        Inbound::Close(code) => {
            link.answer_close(code);
            return false;
        }
    }
    true
}

/// Why a link is closed whose bytes cannot be read.
pub fn why_broken(broken: Broken) -> Close {
    match broken {
        Broken::Protocol => Close::Protocol,
        Broken::NotUtf8 => Close::NotUtf8,
        Broken::TooLarge => Close::TooLarge,
    }
}

/// Sends everything back: what conformance suites talk to.
pub struct Echo(pub Arc<Link>);

impl Hear for Echo {
    fn on_text(&mut self, text: &str) {
        self.0.send(Opcode::Text, text.as_bytes());
    }

    fn on_binary(&mut self, bytes: &[u8]) {
        self.0.send(Opcode::Binary, bytes);
    }

    fn on_round_trip(&mut self, _: Millis) {}
}
