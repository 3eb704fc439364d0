//! One life of the process: clock, shards, rooms with their keepers, and the server's ends of all connections.
//!
//! Everything in it is the product's own, but for the task around each keeper, which here does one thing at a time when it
//! is told to, and for the disk. A crash drops it whole.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::domain::chat::ChatText;
use crate::domain::ids::Epoch;
use crate::domain::limits::Limits;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::close::Close;
use crate::protocol::command::Command;
use crate::protocol::dialect::Dialect;
use crate::protocol::frame;
use crate::protocol::message::{Message, Pong, Position};
use crate::protocol::refusal::Refusal;
use crate::protocol::view::Audience;
use crate::room::Room;
use crate::room::fact::Fact;
use crate::room::input::Who;
use crate::server::clock::Clock;
use crate::server::live::channel::{Channel, LinkEnd};
use crate::server::live::codec::{Bounds, Decoder};
use crate::server::live::keeper::{Ask, Batch, Keeper};
use crate::server::live::link::{Link, Pipe, Places, Tube};
use crate::server::live::out::Follow;
use crate::server::live::reader::{self, Hear};
use crate::server::live::rooms::LinkPlace;
use crate::server::live::shard::{ByHand, SHARDS, Shards};
use crate::server::metrics::Metrics;
use crate::tests::simulation::disk::Disk;

/// One life of the process.
pub struct House {
    pub clock: Clock,
    limits: Limits,
    shards: Shards,
    hands: Vec<ByHand>,
    pub desks: Vec<Desk>,
    pub sockets: BTreeMap<u64, Socket>,
}

/// A room with its keeper, and what waits for it.
pub struct Desk {
    pub keeper: Keeper,
    pub channel: Arc<Channel>,
    pub inbox: mpsc::Sender<Ask>,
    asks: mpsc::Receiver<Ask>,
    /// What waits for a place in the inbox.
    late: VecDeque<Ask>,
    /// What is on its way to the disk.
    commit: Option<Commit>,
}

struct Commit {
    batch: Batch,
    facts: Vec<Fact>,
    at: Timestamp,
}

/// What becomes of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Saved,
    /// Nothing is on disk, and the keeper is told so.
    Refused,
    /// It is on disk, but the keeper is told that it is not.
    SavedUnheard,
}

/// The server's end of one connection.
pub struct Socket {
    pub link: Arc<Link>,
    pub tube: Arc<Tube>,
    room: usize,
    decoder: Decoder,
    ears: Ears,
    is_deaf: bool,
}

/// Hears what a link says, as a conversation does.
struct Ears {
    link: Arc<Link>,
    end: Arc<LinkEnd>,
    inbox: mpsc::Sender<Ask>,
    clock: Clock,
    told: Option<Millis>,
}

/// Who wants a connection, and to what.
pub struct Wish {
    pub number: u64,
    pub room: usize,
    pub audience: Audience,
    pub who: Option<Who>,
    pub position: Option<Position>,
    /// Bytes that the connection holds on their way.
    pub buffer: usize,
}

impl House {
    /// Brings back every room from its facts.
    pub fn start(disk: &Disk, limits: Limits, at: Timestamp, epochs: [Epoch; 2]) -> Self {
        let clock = Clock::still(at);
        let (shards, hands) = Shards::by_hand(&clock, &limits);
        let desk = |(room, epoch): (usize, Epoch)| {
            let room = Room::restore(disk.facts(room).to_vec(), limits, at).expect("an own log is whole");
            let (inbox, asks) = mpsc::channel(limits.inbox_max as usize);
            let channel = Arc::new(Channel::new(epoch, limits));
            let means = (limits, Metrics::default(), shards.clone());
            let keeper = Keeper::new(room, Arc::clone(&channel), means, at);
            Desk { keeper, channel, inbox, asks, late: VecDeque::new(), commit: None }
        };
        let desks = epochs.into_iter().enumerate().map(desk).collect();
        Self { clock, limits, shards, hands, desks, sockets: BTreeMap::new() }
    }

    /// Lets a keeper do what comes next; whether there was anything.
    pub fn keep(&mut self, room: usize, fate: Fate, disk: &mut Disk) -> bool {
        let now = self.clock.now();
        let desk = &mut self.desks[room];
        if let Some(Commit { batch, facts, at }) = desk.commit.take() {
            if fate != Fate::Refused {
                disk.append(room, facts);
            }
            let batch = if fate == Fate::Saved {
                batch
            } else {
                let stored = Room::restore(disk.facts(room).to_vec(), self.limits, now).expect("an own log is whole");
                desk.keeper.go_back(stored, batch)
            };
            desk.keeper.tell_all(batch, at);
            return true;
        }
        desk.let_in();
        let is_due = desk.keeper.wake_at(now).is_some_and(|at| at <= now);
        let batch_max = self.limits.batch_max as usize;
        let asks: Vec<Ask> = std::iter::from_fn(|| desk.asks.try_recv().ok()).take(batch_max).collect();
        if asks.is_empty() && !is_due {
            return false;
        }
        let batch = desk.keeper.take(asks.into_iter(), now);
        let facts = batch.facts();
        if facts.is_empty() {
            desk.keeper.tell_all(batch, now);
        } else {
            desk.commit = Some(Commit { batch, facts, at: now });
        }
        true
    }

    /// Lets a shard do what comes next; whether there was anything.
    pub fn work(&mut self, shard: usize) -> bool {
        self.hands[shard % SHARDS].work()
    }

    /// Lets the shards look at the links whose time has come.
    pub fn visit(&mut self) {
        self.hands.iter_mut().for_each(ByHand::visit);
    }

    /// Opens a connection into a room.
    pub fn open(&mut self, wish: Wish) -> Arc<Tube> {
        let Wish { number, room, audience, who, position, buffer } = wish;
        let tube = Arc::<Tube>::default();
        tube.end().room = buffer;
        let places = Places { link: LinkPlace::for_tests(), connection: None };
        let link = Link::new(number, Dialect::Podium, Pipe::Tube(Arc::clone(&tube)), self.shards.next(), places);
        let desk = &mut self.desks[room];
        let end = Arc::new(LinkEnd::new(Arc::clone(&link), number, audience, who, None));
        link.follow(Follow {
            place: number,
            channel: Arc::clone(&desk.channel),
            inbox: desk.inbox.clone(),
            audience,
            cursor: None,
            you: None,
            typing: Vec::new(),
            resync: None,
        });
        desk.late.push_back(Ask::Join { link: Arc::clone(&end), position });
        let bounds = Bounds {
            message_bytes_max: self.limits.message_bytes_max as usize,
            fragments_max: self.limits.fragments_max,
        };
        let ears =
            Ears { link: Arc::clone(&link), end, inbox: desk.inbox.clone(), clock: self.clock.clone(), told: None };
        let decoder = Decoder::new(bounds);
        let socket = Socket { link, tube: Arc::clone(&tube), room, decoder, ears, is_deaf: false };
        self.sockets.insert(number, socket);
        tube
    }

    /// Bytes of the peer arrive.
    pub fn read(&mut self, number: u64, mut bytes: Vec<u8>) {
        let now = self.clock.now();
        let Some(socket) = self.sockets.get_mut(&number) else { return };
        socket.link.note_read(now);
        let mut bytes = &mut bytes[..];
        while !socket.is_deaf {
            match socket.decoder.next(&mut bytes) {
                Ok(None) => return,
                Ok(Some(inbound)) => socket.is_deaf = !reader::take(&socket.link, &mut socket.ears, inbound),
                Err(broken) => panic!("the browser's frames are whole: {broken:?}"),
            }
        }
    }

    /// The peer has gone, and the server notices.
    pub fn hang_up(&mut self, number: u64) {
        if let Some(socket) = self.sockets.remove(&number) {
            socket.link.end();
            socket.tube.end().is_cut = true;
            socket.link.unfollow(number);
            self.desks[socket.room].late.push_back(Ask::Gone(socket.ears.end));
        }
    }

    /// Ends what is over, as each link's own task does.
    pub fn sweep(&mut self) {
        let is_over = |socket: &Socket| socket.link.is_ended() || (socket.is_deaf && socket.link.has_said_close());
        let over: Vec<u64> =
            self.sockets.iter().filter(|(_, socket)| is_over(socket)).map(|(number, _)| *number).collect();
        over.into_iter().for_each(|number| self.hang_up(number));
        self.desks.iter_mut().for_each(Desk::let_in);
    }

    /// Asks every link to come back in a moment.
    pub fn send_away(&self) {
        for link in self.desks.iter().flat_map(|desk| desk.keeper.links().all()) {
            link.link.close(Close::Restart, Some(700));
        }
    }
}

impl Desk {
    /// Whether what its keeper holds is on disk.
    pub fn is_stored(&self) -> bool {
        self.commit.is_none()
    }

    /// What was on its way to the disk when the process died.
    pub fn in_flight(&mut self) -> Vec<Fact> {
        self.commit.take().map(|commit| commit.facts).unwrap_or_default()
    }

    fn let_in(&mut self) {
        while let Some(ask) = self.late.pop_front() {
            if let Err(mpsc::error::TrySendError::Full(ask)) = self.inbox.try_send(ask) {
                self.late.push_front(ask);
                return;
            }
        }
    }
}

impl Ears {
    fn obey(&self, text: &str) -> Result<(), Refusal> {
        let received_at = self.link.read_at();
        let (id, asked) = frame::asked(text);
        let link = Arc::clone(&self.end);
        let ask = match (asked?, self.end.who) {
            (Command::Ping(_), _) => {
                let round_trip_ms = self.link.round_trip().map(|length| length.0);
                let pong = Message::Pong(Pong { server_time: received_at, round_trip_ms });
                self.link.tell(&frame::reply(&pong, received_at, id.as_ref()));
                return Ok(());
            }
            (Command::Answer(answer), Some(Who::Seat(seat))) => {
                let round_trip = self.link.round_trip();
                Ask::Answer { link, seat, answer, id: id.ok_or(Refusal::NoId)?, received_at, round_trip }
            }
            (Command::Answer(_), Some(Who::Host) | None) => return Err(Refusal::NotPlayer),
            (Command::Chat(draft), Some(who)) => {
                let text = ChatText::parse(&draft.text)?;
                Ask::Write { link, who, text, id: id.ok_or(Refusal::NoId)? }
            }
            (Command::UserTyping(typing), Some(who)) => Ask::Typing { who, is_typing: typing.is_typing },
            (Command::Chat(_) | Command::UserTyping(_), None) => return Err(Refusal::NotPlayer),
            (Command::Host(command), Some(Who::Host)) => Ask::Host { link, command, id: id.ok_or(Refusal::NoId)? },
            (Command::Host(_), Some(Who::Seat(_)) | None) => return Err(Refusal::NotHost),
            // The simulated rooms are live ones.
            (Command::GoTo(_) | Command::Finish(_), _) => return Err(Refusal::NotNow),
            (Command::Pong(_) | Command::JoinSession(_) | Command::LeaveSession(_) | Command::Refresh(_), _) => {
                return Ok(());
            }
        };
        self.inbox.try_send(ask).map_err(|_| Refusal::Busy)
    }
}

impl Hear for Ears {
    fn on_text(&mut self, text: &str) {
        if let Err(refusal) = self.obey(text) {
            self.link.tell(&frame::refusal(&refusal, self.clock.now(), frame::asked(text).0.as_ref()));
        }
    }

    fn on_binary(&mut self, _: &[u8]) {
        self.link.close(Close::NotText, None);
    }

    fn on_round_trip(&mut self, round_trip: Millis) {
        if let Some(Who::Seat(seat)) = self.end.who
            && self.told.is_none_or(|told| (told.0 - round_trip.0).abs() > 5 + told.0 / 4)
            && self.inbox.try_send(Ask::Measured { seat, round_trip }).is_ok()
        {
            self.told = Some(round_trip);
        }
    }
}
