//! One browser: the product's own line and views, the connection beneath them, and the person in front.
//!
//! It knows nothing of the server; the world carries bytes between the two.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::client::backoff::Patience;
use crate::client::line::course::Course;
use crate::client::line::{Line, Outset};
use crate::domain::ids::{CommandId, SeatId};
use crate::domain::name::Nickname;
use crate::protocol::close::Close;
use crate::protocol::command::{Answer, Command};
use crate::protocol::message::{Message, Position};
use crate::protocol::refusal::Refusal;
use crate::protocol::view::{Audience, HostView, PlayerView, Show, StageView};
use crate::room::input::Who;
use crate::server::live::codec::{self, Opcode};
use crate::server::live::link::Tube;
use crate::ui::live::LiveView;

/// One browser.
pub struct Browser {
    pub number: usize,
    pub room: usize,
    pub role: Role,
    pub state: State,
    pub network: Network,
    pub connection: Option<Connection>,
    /// A connection that could not be made; the browser learns it a moment later.
    pub is_refused: bool,
    /// Nothing is read, though it arrives.
    pub is_stalled: bool,
    /// Answers that survive a reload.
    pub kept: Vec<(CommandId, Answer)>,
    /// What was asked, and how often it ended.
    pub asked: BTreeMap<CommandId, (Command, u32)>,
    /// What happens to the next event on its way to the page.
    pub mishap: Option<Mishap>,
    /// An event was lost, as no network would, and only the next one shows it.
    pub has_lost: bool,
    pub ids: u32,
    pub ticked_at: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Host,
    Stage,
    /// Without a seat until one was given.
    Player(Option<SeatId>),
}

/// How far a page is.
pub enum State {
    /// The form was sent.
    AtDoor {
        name: Nickname,
        id: CommandId,
        reply: Option<oneshot::Receiver<Result<SeatId, Refusal>>>,
    },
    /// The page was asked for.
    Loading(Option<Slot>),
    Open(Box<Tab>),
    /// Somebody gave up.
    Gone,
}

/// Where a page is put when the room has made it.
pub type Slot = Arc<Mutex<Option<Page>>>;

/// What the server renders.
pub type Page = Option<(View, Position)>;

/// An open page.
pub struct Tab {
    pub line: Line,
    pub view: View,
    /// Why it was ended for good, if it was.
    pub ended: Option<Close>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum View {
    Host(HostView),
    Stage(StageView),
    Player(PlayerView),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    Whole,
    Cut,
    /// Nothing passes, and nobody is told.
    Silent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    Lost,
    Doubled,
    Garbled,
}

/// The browser's end of a connection.
pub struct Connection {
    pub number: u64,
    pub tube: Arc<Tube>,
    /// Bytes that arrived and are no whole frame yet.
    heard: Vec<u8>,
    /// Messages on their way up.
    pub up: VecDeque<String>,
    /// Bytes of messages that have begun to arrive.
    pub up_bytes: Vec<u8>,
    /// Where the frames that came stand in the stream.
    pub at: Option<Position>,
    /// Nothing passes any more, even when the network works again.
    pub is_dead: bool,
}

impl Browser {
    pub fn new(number: usize, room: usize, role: Role, state: State) -> Self {
        Self {
            number,
            room,
            role,
            state,
            network: Network::Whole,
            connection: None,
            is_refused: false,
            is_stalled: false,
            kept: Vec::new(),
            asked: BTreeMap::new(),
            mishap: None,
            has_lost: false,
            ids: 0,
            ticked_at: 0,
        }
    }

    pub fn seat(&self) -> Option<SeatId> {
        if let Role::Player(seat) = self.role { seat } else { None }
    }

    pub fn audience(&self) -> Audience {
        match self.role {
            Role::Host => Audience::Host,
            Role::Stage => Audience::Stage,
            Role::Player(_) => Audience::Players,
        }
    }

    pub fn who(&self) -> Option<Who> {
        match self.role {
            Role::Host => Some(Who::Host),
            Role::Stage => None,
            Role::Player(seat) => seat.map(Who::Seat),
        }
    }

    pub fn fresh_id(&mut self) -> CommandId {
        self.ids += 1;
        CommandId::parse(&format!("b{}-{}", self.number, self.ids)).expect("a short printable id")
    }

    pub fn tab(&mut self) -> Option<&mut Tab> {
        if let State::Open(tab) = &mut self.state { Some(tab) } else { None }
    }

    pub fn show(&self) -> Option<&Show> {
        if let State::Open(tab) = &self.state { Some(tab.view.show()) } else { None }
    }

    /// The page has arrived.
    pub fn open(&mut self, view: View, position: Position) {
        let patience = if matches!(self.role, Role::Player(_)) { Patience::Player } else { Patience::Endless };
        let seed = u32::try_from(self.number).expect("few browsers");
        let outset =
            Outset { position, course: Course::of(view.show()), kept: self.kept.clone(), patience, seed: seed * 7 + 3 };
        self.state = State::Open(Box::new(Tab { line: Line::new(outset), view, ended: None }));
    }
}

impl View {
    pub fn show(&self) -> &Show {
        match self {
            Self::Host(view) => &view.show,
            Self::Stage(view) => &view.show,
            Self::Player(view) => &view.show,
        }
    }

    /// Takes a message over, as the product's page does.
    pub fn take(&mut self, message: &Message) {
        fn take(view: &mut impl LiveView, message: &Message) {
            match message {
                Message::Snapshot(snapshot) => view.replace(&snapshot.view),
                _ => view.fold(message),
            }
        }
        match self {
            Self::Host(view) => take(view, message),
            Self::Stage(view) => take(view, message),
            Self::Player(view) => take(view, message),
        }
    }
}

impl Connection {
    pub fn new(number: u64, tube: Arc<Tube>) -> Self {
        let (heard, up, up_bytes) = (Vec::new(), VecDeque::new(), Vec::new());
        Self { number, tube, heard, up, up_bytes, at: None, is_dead: false }
    }

    /// So many bytes arrive at most; the frames that became whole. The socket can take as many more.
    pub fn hear(&mut self, most: usize) -> Vec<(Opcode, Bytes)> {
        {
            let mut end = self.tube.end();
            let count = most.min(end.bytes.len());
            self.heard.extend(end.bytes.drain(..count));
            end.room += count;
        }
        if self.heard.is_empty() {
            return Vec::new();
        }
        let bytes = Bytes::from(std::mem::take(&mut self.heard));
        let frames: Vec<(Opcode, Bytes)> = codec::payloads(&bytes).collect();
        let whole: usize = frames.iter().map(|(_, payload)| payload.len() + head_length(payload.len())).sum();
        self.heard = bytes[whole..].to_vec();
        frames
    }

    /// Puts a frame of a browser on its way.
    pub fn send(&mut self, opcode: Opcode, payload: &[u8]) {
        let frame = codec::frame(opcode, payload);
        let head = frame.len() - payload.len();
        self.up_bytes.extend_from_slice(&[frame[0], frame[1] | 0x80]);
        self.up_bytes.extend_from_slice(&frame[2..head]);
        // A mask of zeros leaves the payload as it is.
        self.up_bytes.extend_from_slice(&[0; 4]);
        self.up_bytes.extend_from_slice(payload);
    }

    /// Some of the bytes that are on their way up.
    pub fn say(&mut self, most: usize) -> Vec<u8> {
        let count = most.min(self.up_bytes.len());
        self.up_bytes.drain(..count).collect()
    }
}

fn head_length(payload: usize) -> usize {
    match payload {
        0..=125 => 2,
        126..=0xffff => 4,
        _ => 10,
    }
}
