//! What a link's own task does with what it reads: takes messages apart and hands them on.
//!
//! It waits for nothing: what a room cannot take now is refused with words. It knows who is on the other end, and nothing
//! of the game.

use std::sync::Arc;

use tokio::sync::mpsc;
use tracing::debug;

use crate::domain::ids::{CommandId, SeatId};
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::close::Close;
use crate::protocol::command::Command;
use crate::protocol::frame;
use crate::protocol::message::{Message, Pong, Position};
use crate::protocol::refusal::Refusal;
use crate::room::input::Who;
use crate::server::live::channel::LinkEnd;
use crate::server::live::codec::{Broken, Inbound, Opcode};
use crate::server::live::credit::Credit;
use crate::server::live::keeper::Ask;
use crate::server::live::link::Link;
use crate::server::live::out::Follow;
use crate::server::live::rooms::RoomHandle;

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

/// Hears for a link in one room. The room is told when it is gone, whatever ended it.
pub struct Reader {
    end: Arc<LinkEnd>,
    room: RoomHandle,
    credit: Credit,
    /// The round trip that the room was last told.
    told: Option<Millis>,
}

impl Reader {
    /// Joins a room: from a position on, if the link was there before.
    pub async fn join(end: Arc<LinkEnd>, room: RoomHandle, position: Option<Position>) -> Option<Self> {
        let follow = Follow {
            place: end.place,
            channel: Arc::clone(&room.channel),
            inbox: room.inbox.clone(),
            audience: end.audience,
            cursor: None,
            you: None,
            resync_at: None,
        };
        end.link.follow(follow);
        let join = Ask::Join { link: Arc::clone(&end), position };
        room.inbox.send(join).await.ok()?;
        Some(Self { end, room, credit: Credit::default(), told: None })
    }

    fn now(&self) -> Timestamp {
        self.end.link.shard().clock.now()
    }

    fn seat(&self) -> Option<SeatId> {
        match self.end.who {
            Some(Who::Seat(seat)) => Some(seat),
            Some(Who::Host) | None => None,
        }
    }

    fn obey(&mut self, command: Command, id: Option<CommandId>, received_at: Timestamp) -> Result<(), Refusal> {
        let link = Arc::clone(&self.end);
        let ask = match command {
            Command::Ping(_) => {
                let round_trip_ms = self.end.link.round_trip().map(|length| length.0);
                let pong = Message::Pong(Pong { server_time: received_at, round_trip_ms });
                self.end.link.tell(&frame::reply(&pong, self.now(), id.as_ref()));
                return Ok(());
            }
            Command::Pong(_) => return Ok(()),
            Command::Answer(answer) => {
                let seat = self.seat().ok_or(Refusal::NotPlayer)?;
                let id = id.ok_or(Refusal::NoId)?;
                let round_trip = self.end.link.round_trip();
                Ask::Answer { link, seat, answer, id, received_at, round_trip }
            }
            Command::Host(command) => {
                if self.end.who != Some(Who::Host) {
                    return Err(Refusal::NotHost);
                }
                Ask::Host { link, command, id: id.ok_or(Refusal::NoId)? }
            }
        };
        self.room.inbox.try_send(ask).map_err(|_| Refusal::Busy)
    }
}

impl Hear for Reader {
    fn on_text(&mut self, text: &str) {
        let received_at = self.end.link.read_at();
        let limits = self.end.link.shard().limits;
        let (id, asked) = frame::asked(text);
        let outcome = match asked {
            Ok(Command::Answer(_)) => self.credit.answer(received_at, &limits),
            Ok(Command::Ping(_) | Command::Pong(_)) => Ok(()),
            Ok(Command::Host(_)) | Err(_) => self.credit.message(received_at, &limits),
        };
        let outcome = outcome.and(asked).and_then(|command| self.obey(command, id.clone(), received_at));
        if let Err(refusal) = outcome {
            self.end.link.tell(&frame::refusal(&refusal, self.now(), id.as_ref()));
            if self.credit.is_overdrawn(&limits) {
                self.end.link.close(Close::TooFast, None);
            }
        }
    }

    fn on_binary(&mut self, _: &[u8]) {
        self.end.link.close(Close::NotText, None);
    }

    /// Tells the room when the round trip has changed so much that the host should see it.
    fn on_round_trip(&mut self, round_trip: Millis) {
        let Some(seat) = self.seat() else { return };
        let differs = |told: Millis| (told.0 - round_trip.0).abs() > 5 + told.0 / 4;
        if self.told.is_none_or(differs) && self.room.inbox.try_send(Ask::Measured { seat, round_trip }).is_ok() {
            self.told = Some(round_trip);
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        debug!(connection = self.end.link.id, "link ended");
        self.end.link.unfollow(self.end.place);
        let gone = Ask::Gone(Arc::clone(&self.end));
        if let Err(mpsc::error::TrySendError::Full(gone)) = self.room.inbox.try_send(gone) {
            let inbox = self.room.inbox.clone();
            tokio::spawn(async move { inbox.send(gone).await });
        }
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
