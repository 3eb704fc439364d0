//! A house for tests: the real server on a free port with a fresh folder, production settings but for what a test turns.
//!
//! It starts and stops like the program does; visitors come through the front door and fold with production code.

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use clap::Parser;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::bots::visitor::{Door, Ended, Visitor, Wire};
use crate::domain::code::JoinCode;
use crate::domain::ids::{AdminId, CommandId, OrganisationId};
use crate::domain::limits::Limits;
use crate::domain::question::{AnswerOption, Question, QuestionKind};
use crate::domain::quiz::Quiz;
use crate::domain::role::Role;
use crate::protocol::command::{Answer, Command, HostCommand};
use crate::protocol::message::{Message, Position, Received};
use crate::protocol::view::{Phase, Show};
use crate::serve::{self, Running};
use crate::server::auth::password::hash_now;
use crate::server::config::{Config, Settings};
use crate::server::store::admin::NewAdmin;

/// Nothing in a test takes longer than this; what does has not happened.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A running server.
pub struct House {
    /// What runs.
    pub running: Running,
    admin: Option<(OrganisationId, AdminId)>,
}

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    settings: Settings,
}

/// Runs a test on a runtime of its own. What is left when it ends stops like a killed process: at once and unasked.
pub fn on_runtime<R>(test: impl Future<Output = R>) -> R {
    on_runtime_for(PATIENCE * 3, test)
}

/// The same for a test that may take so long.
pub fn on_runtime_for<R>(most: Duration, test: impl Future<Output = R>) -> R {
    let runtime = Runtime::new().expect("a runtime");
    let result = runtime.block_on(async { tokio::time::timeout(most, test).await.expect("the test hangs") });
    runtime.shutdown_timeout(Duration::from_secs(5));
    result
}

impl House {
    /// Opens a house in a folder with the usual limits.
    pub async fn open(folder: &Path) -> Self {
        Self::open_with(folder, |_| {}).await
    }

    /// Opens a house in a folder, with limits of the test's own.
    pub async fn open_with(folder: &Path, turn: impl FnOnce(&mut Limits)) -> Self {
        Self::open_configured(folder, |config| turn(&mut config.limits)).await
    }

    /// Opens a house in a folder, with settings of the test's own.
    pub async fn open_configured(folder: &Path, turn: impl FnOnce(&mut Config)) -> Self {
        let mut config = config(folder, &[]);
        turn(&mut config);
        let running = serve::start(config).await.expect("the house opens");
        Self { running, admin: None }
    }

    /// Opens a house in a folder, with flags of the test's own.
    pub async fn open_as(folder: &Path, flags: &[&str]) -> Self {
        let running = serve::start(config(folder, flags)).await.expect("the house opens");
        Self { running, admin: None }
    }

    /// How visitors reach it: below its base, as a proxy would ask that hands on whole paths.
    pub fn door(&self) -> Door {
        let base = self.running.house.config.base().as_str();
        Door::parse(&format!("http://{}{base}", self.running.address)).expect("an address")
    }

    /// Somebody who was never here, on a page at the house's public address if it has one.
    pub fn visitor(&self) -> Visitor {
        let visitor = Visitor::new(self.door());
        match &self.running.house.config.public_url {
            Some(url) => visitor.with_origin(Some(&url.origin())),
            None => visitor,
        }
    }

    /// Waits until so many links are open in rooms.
    pub async fn until_links(&self, count: u32) {
        let waiting = async {
            while self.running.house.rooms.link_count() != count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("links are given back");
    }

    /// Makes the first admin through the set-up link.
    pub async fn set_up(&mut self) -> Visitor {
        let url = self.running.setup_url.clone().expect("a house without admin has a set-up link");
        let token = url.rsplit('/').next().expect("a token").to_owned();
        let mut host = self.visitor();
        let fields = [
            ("token", token.as_str()),
            ("organisation", "Northwind"),
            ("name", "Ines"),
            ("email", "ines@northwind.example"),
            ("password", PASSWORD),
        ];
        let answer = host.post("/setup", &fields).await.expect("the house answers");
        assert_eq!(answer.status(), 303, "set-up leads on");
        host
    }

    /// Makes an account with the house's password.
    pub async fn add_account(&self, email: &str, role: Role) -> AdminId {
        let password_hash = hash_now(PASSWORD).expect("a hash");
        let (name, organisation) = ("Mo".to_owned(), "Northwind".to_owned());
        let new = NewAdmin { organisation, name, email: email.to_owned(), password_hash };
        let (house, now) = (&self.running.house, self.running.house.clock.now());
        house.store.add_admin(new, Some(role), vec![], now).await.expect("an account")
    }

    /// A browser in which somebody is signed in.
    pub async fn signed_in(&self, email: &str) -> Visitor {
        let mut visitor = self.visitor();
        let fields = [("email", email), ("password", PASSWORD), ("next", "")];
        let answer = visitor.post("/login", &fields).await.expect("the house answers");
        assert_eq!(answer.status(), 303, "signing in leads on");
        visitor
    }

    /// Opens a room for a quiz, past the doors: how rooms are opened by hand is a test of its own.
    pub async fn open_room(&mut self, quiz: Quiz) -> JoinCode {
        let store = &self.running.house.store;
        if self.admin.is_none() {
            let row = store.admin_by_email("ines@northwind.example").await.expect("readable").expect("set up before");
            self.admin = Some((row.organisation, row.id));
        }
        let (organisation, admin) = self.admin.expect("just looked up");
        let now = self.running.house.clock.now();
        let id = store.add_quiz(organisation, quiz.clone(), now).await.expect("the quiz is stored");
        self.running.house.rooms.open(organisation, admin, id, quiz).await.expect("the room opens")
    }
}

/// The settings of a house in a folder on a free port, with flags of the test's own.
pub fn config(folder: &Path, flags: &[&str]) -> Config {
    let folder = folder.to_str().expect("a plain path");
    let line = [&["podium", "--listen", "127.0.0.1:0", "--data-dir", folder], flags].concat();
    Line::try_parse_from(line).expect("good settings").settings.resolve().expect("good settings")
}

/// The password of the house's first admin.
pub const PASSWORD: &str = "correct horse battery";

/// A quiz of so many questions with four options each, the second one right; no reading time, a long limit.
pub fn quiz(questions: usize) -> Quiz {
    let question = |number: usize| {
        let option = |place: usize| AnswerOption { text: format!("{number}.{place}"), is_right: place == 1 };
        Question {
            prompt: format!("Question {number}?"),
            options: (0..4).map(option).collect(),
            reading_ms: 0,
            limit_ms: Some(60_000),
            ..Question::blank(QuestionKind::Single)
        }
    };
    Quiz {
        title: "House quiz".to_owned(),
        description: String::new(),
        language: "en".to_owned(),
        questions: (1..=questions).map(question).collect(),
    }
}

/// A fresh folder.
pub fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// An id.
pub fn id(text: &str) -> CommandId {
    CommandId::parse(text).expect("a good id")
}

/// What every audience's view has.
#[derive(serde::Deserialize)]
struct Shown {
    show: Show,
}

/// Somebody on a socket, with the view folded from what came.
pub struct Seated {
    /// The socket.
    pub wire: Wire,
    /// What all see, once a snapshot came.
    pub show: Option<Show>,
    /// Where the stream stands.
    pub position: Option<Position>,
    /// The numbers of all events that came.
    pub seqs: Vec<u64>,
    asked: u32,
}

impl Seated {
    /// Opens the socket.
    pub async fn open(visitor: &Visitor, code: JoinCode, role: &str, position: Option<Position>) -> Self {
        let wire = visitor.connect(code, role, position).await.expect("a socket");
        Self { wire, show: None, position, seqs: Vec::new(), asked: 0 }
    }

    /// The next message, folded.
    pub async fn next(&mut self) -> Result<Received, Ended> {
        let received = tokio::time::timeout(PATIENCE, self.wire.next()).await.expect("nothing comes")?;
        if let Some(seq) = received.seq {
            self.seqs.push(seq);
            if let Some(position) = &mut self.position {
                position.seq = seq;
            }
        }
        match &received.message {
            Message::Connected(welcome) => self.position = welcome.position,
            Message::Snapshot(snapshot) => {
                // What all see is part of every audience's view.
                let Shown { show } = snapshot.view.read().expect("a view");
                self.show = Some(show);
                self.position = Some(snapshot.position);
            }
            Message::SessionUpdate(update) => {
                let event = crate::protocol::event::Event::SessionUpdate(update.clone());
                self.show.iter_mut().for_each(|show| show.apply(&event));
            }
            Message::Presence(presence) => {
                self.show.iter_mut().for_each(|show| show.presence = presence.clone());
            }
            Message::Leaderboard(board) => {
                self.show.iter_mut().for_each(|show| show.leaderboard = board.clone());
            }
            _ => {}
        }
        Ok(received)
    }

    /// Reads on until a message is the one.
    pub async fn until<T>(&mut self, mut is_it: impl FnMut(&Message) -> Option<T>) -> T {
        loop {
            let received = self.next().await.expect("the socket stays open");
            if let Some(found) = is_it(&received.message) {
                return found;
            }
        }
    }

    /// Reads on until what all see is as wanted.
    pub async fn until_show(&mut self, mut is_it: impl FnMut(&Show) -> bool) -> Show {
        loop {
            if let Some(show) = self.show.as_ref().filter(|show| is_it(show)) {
                return show.clone();
            }
            self.next().await.expect("the socket stays open");
        }
    }

    /// Reads on until the session is in a phase.
    pub async fn until_phase(&mut self, phase: Phase) -> Show {
        self.until_show(|show| show.scene.phase() == phase).await
    }

    /// Reads on until the socket ends.
    pub async fn until_end(&mut self) -> Ended {
        loop {
            if let Err(ended) = self.next().await {
                return ended;
            }
        }
    }

    /// Sends a host's command for the step that is on, and reads on until it is done.
    pub async fn host(&mut self, command: impl FnOnce(u32) -> HostCommand) {
        let step = self.until_show(|_| true).await.step;
        self.asked += 1;
        let asked = id(&format!("host-{}-{step}", self.asked));
        self.wire.ask(&Command::Host(command(step)), &asked).await.expect("sent");
        loop {
            let received = self.next().await.expect("the socket stays open");
            if received.correlation_id.as_ref() == Some(&asked) {
                assert!(matches!(received.message, Message::Done(_)), "{:?}", received.message);
                return;
            }
        }
    }

    /// Sends an answer and returns the reply.
    pub async fn answer(&mut self, answer: Answer, asked: &CommandId) -> Message {
        self.wire.ask(&Command::Answer(answer), asked).await.expect("sent");
        loop {
            let received = self.next().await.expect("the socket stays open");
            if received.correlation_id.as_ref() == Some(asked) {
                return received.message;
            }
        }
    }
}
