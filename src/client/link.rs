//! One browser's connection to a room: does with a WebSocket and with timers what the [`Line`] decides.
//!
//! It decides nothing by itself and knows no views. A link is one socket at most, five listeners and one interval; all of
//! them end when it is dropped.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use web_sys::{CloseEvent, Event, EventTarget, MessageEvent, VisibilityState, WebSocket};

use crate::client::address::Address;
use crate::client::backoff::Patience;
use crate::client::beacon;
use crate::client::clock;
use crate::client::dom::{BeforePaint, Interval, Listener, window};
use crate::client::line::course::Course;
use crate::client::line::{Input, Line, News, Output, Outset, Standing};
use crate::client::moment::SleepWatch;
use crate::client::storage;
use crate::client::tally::Figures;
use crate::client::telemetry::Watch;
use crate::client::wake_lock::WakeLock;
use crate::domain::base_path::BasePath;
use crate::domain::code::JoinCode;
use crate::domain::ids::CommandId;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::command::{Answer, Command};
use crate::protocol::frame::SUBPROTOCOL;
use crate::protocol::message::Position;
use crate::protocol::view::Audience;

/// Where a link begins.
#[derive(Clone, Debug)]
pub struct Start {
    /// The path below which the product lives.
    pub base: BasePath,
    /// The room; absent for admins, who look at the people of their organisation.
    pub code: Option<JoinCode>,
    /// Who looks.
    pub audience: Audience,
    /// Where the page's view stands in the stream.
    pub position: Position,
    /// Where the page's view stands in the session.
    pub course: Course,
    /// The server's time when the page was made.
    pub server_time: Timestamp,
}

/// What a link tells its page.
pub trait Page {
    /// What came since the page was painted last, in order.
    fn hear(&self, news: Vec<News>);

    /// The server's time, some times a second.
    fn tick(&self, server_time: Timestamp);
}

/// A connection to a room, lost and made again until it is dropped.
pub struct Link {
    heart: Rc<Heart>,
    _interval: Interval,
    _listeners: [Listener; 5],
}

struct Heart {
    code: Option<JoinCode>,
    address: Address,
    line: RefCell<Line>,
    socket: RefCell<Option<Socket>>,
    news: RefCell<Vec<News>>,
    painting: RefCell<Option<BeforePaint>>,
    is_painting: Cell<bool>,
    page: Box<dyn Page>,
    wake_lock: WakeLock,
    watch: RefCell<Watch>,
}

/// A WebSocket with its listeners.
struct Socket {
    socket: WebSocket,
    _listeners: [Listener; 2],
}

/// Fine enough for a countdown in tenths; browsers slow it down in hidden pages.
const TICK_MS: i32 = 100;
/// The close code of a page that is left. Source: RFC 6455, 7.4.1.
const NORMAL_CLOSURE: u16 = 1000;

impl Link {
    /// Opens the connection. Returns the answers from before a reload too, which are sent again.
    pub fn open(start: &Start, page: Box<dyn Page>) -> (Self, Vec<(CommandId, Answer)>) {
        let (kept, patience) = match (start.audience, start.code) {
            (Audience::Players, Some(code)) => (storage::kept_answers(code), Patience::Player),
            _ => (Vec::new(), Patience::Endless),
        };
        let (position, course, seed) = (start.position, start.course, clock::seed());
        let mut line = Line::new(Outset { position, course, kept: kept.clone(), patience, seed });
        line.hint_time(start.server_time, clock::now());

        let location = window().location();
        let text = |part: Result<String, _>| part.unwrap_or_default();
        let (scheme, host) = (text(location.protocol()), text(location.host()));
        let heart = Rc::new(Heart {
            code: start.code,
            address: Address::below(&scheme, &host, &start.base, start.code, start.audience),
            line: RefCell::new(line),
            socket: RefCell::default(),
            news: RefCell::default(),
            painting: RefCell::default(),
            is_painting: Cell::new(false),
            page,
            wake_lock: WakeLock::default(),
            watch: RefCell::new(Watch::new(start.audience, clock::now())),
        });
        let beat = Rc::downgrade(&heart);
        heart.painting.replace(Some(BeforePaint::new(move || with(&beat, Heart::paint))));

        let link = Self { _interval: interval(&heart), _listeners: listeners(&heart), heart };
        link.heart.wake_lock.ask();
        if !is_visible() {
            link.heart.give(Input::Hidden);
        }
        link.heart.give(Input::Start);
        (link, kept)
    }

    /// Asks something of the room; the page hears what became of it under this id.
    pub fn ask(&self, command: Command) -> CommandId {
        let id = clock::command_id();
        self.heart.give(Input::Ask(id.clone(), command));
        id
    }

    /// Says something that is worth nothing later, if there is a connection.
    pub fn say(&self, command: Command) {
        self.heart.give(Input::Say(command));
    }

    /// Tries to connect now, also where the connection had ended for good.
    pub fn reconnect(&self) {
        self.heart.wake_lock.ask_again();
        self.heart.give(Input::Reconnect);
    }

    /// Ends the connection on purpose: nothing is tried any more until somebody asks for it.
    pub fn leave(&self) {
        self.heart.give(Input::Leave);
    }

    /// What there is to tell about the connection.
    pub fn figures(&self) -> Figures {
        self.heart.line.borrow().figures(clock::now(), Timestamp(clock::wall_ms()))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.heart.hang_up();
    }
}

fn with(heart: &Weak<Heart>, run: impl FnOnce(&Rc<Heart>)) {
    if let Some(heart) = heart.upgrade() {
        run(&heart);
    }
}

fn is_visible() -> bool {
    window().document().is_none_or(|document| document.visibility_state() != VisibilityState::Hidden)
}

fn interval(heart: &Rc<Heart>) -> Interval {
    let heart = Rc::downgrade(heart);
    let mut watch = SleepWatch::new(clock::now(), clock::wall_ms());
    Interval::new(TICK_MS, move || {
        with(&heart, |heart| {
            if let Some(unseen) = watch.slept(clock::now(), clock::wall_ms()) {
                heart.give(Input::Slept(unseen));
            }
            heart.give(Input::Tick);
            heart.page.tick(heart.line.borrow().server_time(clock::now()));
        });
    })
}

fn listeners(heart: &Rc<Heart>) -> [Listener; 5] {
    let window = window();
    let document = window.document().expect("a page has a document");
    let on = |target: &EventTarget, kind, run: fn(&Rc<Heart>)| {
        let heart = Rc::downgrade(heart);
        Listener::new(target, kind, move |_: Event| with(&heart, run))
    };
    [
        on(&document, "visibilitychange", Heart::see),
        on(&window, "online", |heart| heart.give(Input::NetworkBack)),
        on(&window, "offline", |heart| heart.give(Input::NetworkLost)),
        // A page that the browser had put aside and takes back may have lost its socket without a word. For how long it
        // was away, the clocks tell.
        on(&document, "resume", |heart| heart.give(Input::Slept(Millis(0)))),
        taken_back(heart, &window),
    ]
}

/// The event comes at the end of every loading too; then the page was not away, and its first try must go on.
fn taken_back(heart: &Rc<Heart>, window: &EventTarget) -> Listener {
    let heart = Rc::downgrade(heart);
    Listener::new(window, "pageshow", move |event: Event| {
        let was_away = js_sys::Reflect::get(&event, &"persisted".into()).is_ok_and(|persisted| persisted.is_truthy());
        if was_away {
            with(&heart, |heart| heart.give(Input::Slept(Millis(0))));
        }
    })
}

impl Heart {
    fn see(self: &Rc<Self>) {
        if is_visible() {
            self.wake_lock.ask();
            self.give(Input::Shown);
        } else {
            self.give(Input::Hidden);
            // A hidden page is not painted: what waits for that is told now.
            self.paint();
        }
    }

    fn give(self: &Rc<Self>, input: Input) {
        let outputs = self.line.borrow_mut().apply(input, clock::now());
        for output in outputs {
            if let Some(report) = self.watch.borrow_mut().see(&output, clock::now()) {
                beacon::send(&report);
            }
            match output {
                Output::Open(position) => self.connect(position),
                Output::HangUp => self.hang_up(),
                Output::Send(text) => self.send(&text),
                Output::Keep(answers) => {
                    if let Some(code) = self.code {
                        storage::keep_answers(code, &answers);
                    }
                }
                Output::Tell(news) => {
                    if let News::Standing(Standing::Ended(_)) = news {
                        self.wake_lock.give_up();
                    }
                    self.news.borrow_mut().push(news);
                }
            }
        }
        if self.news.borrow().is_empty() {
            return;
        }
        if !is_visible() {
            self.paint();
        } else if !self.is_painting.replace(true)
            && let Some(painting) = self.painting.borrow_mut().as_mut()
        {
            painting.ask();
        }
    }

    /// Tells the page everything that came since the last time, at once.
    fn paint(self: &Rc<Self>) {
        self.is_painting.set(false);
        let news = self.news.take();
        if !news.is_empty() {
            self.page.hear(news);
        }
    }

    fn connect(self: &Rc<Self>, position: Option<Position>) {
        self.hang_up();
        // Fails only for an address that is none, and ours is made of the page's.
        let Ok(socket) = WebSocket::new_with_str(&self.address.from(position), SUBPROTOCOL) else { return };
        let (reader, closer) = (Rc::downgrade(self), Rc::downgrade(self));
        let read = Listener::new(&socket, "message", move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                with(&reader, |heart| heart.give(Input::Frame(text)));
            }
        });
        let close = Listener::new(&socket, "close", move |event: CloseEvent| {
            with(&closer, |heart| {
                heart.hang_up();
                heart.give(Input::Closed { code: event.code(), reason: event.reason() });
            });
        });
        self.socket.replace(Some(Socket { socket, _listeners: [read, close] }));
    }

    fn hang_up(&self) {
        // Taken out first: the listeners go with it, so that nothing of the old socket is heard any more.
        if let Some(Socket { socket, .. }) = self.socket.take() {
            let _ = socket.close_with_code(NORMAL_CLOSURE);
        }
    }

    fn send(&self, text: &str) {
        if let Some(open) = &*self.socket.borrow() {
            // A socket that is closing takes nothing, and the browser complains; what matters waits in the outbox.
            if open.socket.ready_state() == WebSocket::OPEN {
                let _ = open.socket.send_with_str(text);
            }
        }
    }
}
