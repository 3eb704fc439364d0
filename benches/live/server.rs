//! The subject: the release server on a fresh data folder, set up through its own doors like anybody's.
//!
//! It is ended the hard way, by kill, which it has to survive anyway; the answers' figure looks afterwards at what is there.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use podium::domain::code::JoinCode;
use podium::domain::ids::OrganisationId;
use podium::domain::question::{AnswerOption, Question, QuestionKind};
use podium::domain::quiz::Quiz;
use podium::domain::time::Timestamp;
use podium::serve;
use podium::server::config::Settings;
use podium::server::store::Store;
use tempfile::TempDir;

use crate::http::{Browser, upgrade};
use crate::process;

/// What is not as the server comes: the bounds that keep one person from sending like a load generator, seats, and who may
/// read the server's own counts.
pub const SETTINGS: [&str; 10] = [
    "--messages-per-minute",
    "60000",
    "--answers-per-10s",
    "1000",
    "--seats-max",
    "10000",
    "--chat-per-minute",
    "600",
    "--metrics-networks",
    "127.0.0.1",
];
/// A start that takes longer is none.
const START: Duration = Duration::from_secs(30);
/// Connections that take seats at once.
const DOORS: usize = 32;

/// A running server.
pub struct Server {
    process: Process,
    folder: TempDir,
    /// Where it listens.
    pub address: SocketAddr,
    admin: Browser,
    last_quiz: String,
}

impl Server {
    /// Starts it and makes the first admin.
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// The same with some settings more.
    pub fn start_with(settings: &[&str]) -> Result<Self> {
        let folder = fresh_folder()?;
        let log = File::create(folder.path().join("server.log"))?;
        let mut child = process::on_subject_core(env!("CARGO_BIN_EXE_podium"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder.path())
            .args(SETTINGS)
            .args(settings)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("the release server does not start")?;
        let stdout = child.stdout.take().context("its output is a pipe")?;
        match greeting(stdout).and_then(|(address, token)| Ok((address, first_admin(address, &token)?))) {
            Ok((address, admin)) => {
                Ok(Self { process: Process::Child(child), folder, address, admin, last_quiz: String::new() })
            }
            Err(why) => {
                end(&mut child);
                let log = fs::read_to_string(folder.path().join("server.log")).unwrap_or_default();
                Err(why.context(format!("the release server is not ready; its log:\n{log}")))
            }
        }
    }

    /// Starts it within this process, where its allocations are counted with the generator's own.
    pub fn start_inside() -> Result<Self> {
        let folder = fresh_folder()?;
        let data = folder.path().to_str().context("a plain path")?.to_owned();
        let line = [&["podium", "--listen", "127.0.0.1:0", "--data-dir", &data], &SETTINGS[..]].concat();
        let config = Line::try_parse_from(line)?.settings.resolve().map_err(anyhow::Error::msg)?;
        let runtime = tokio::runtime::Runtime::new()?;
        let running = runtime.block_on(serve::start(config))?;
        let (address, setup_url) = (running.address, running.setup_url.clone().context("a set-up link")?);
        let admin = first_admin(address, setup_url.rsplit('/').next().unwrap_or_default())?;
        Ok(Self { process: Process::Own(runtime), folder, address, admin, last_quiz: String::new() })
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        match &self.process {
            Process::Child(child) => child.id(),
            Process::Own(_) => std::process::id(),
        }
    }

    /// Its data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The admin on a connection of their own.
    pub fn admin(&self) -> Result<Browser> {
        self.admin.again()
    }

    /// Opens a room with so many questions that wait for everybody.
    pub fn open_room(&mut self, questions: usize) -> Result<JoinCode> {
        let quiz = keep_quiz(self.folder.path(), quiz(questions))?;
        self.last_quiz.clone_from(&quiz);
        let target = self.admin.post("/rooms", &[("quiz", &quiz)])?;
        let code = target.strip_prefix("/host/").with_context(|| format!("no room was opened, but {target}"))?;
        JoinCode::parse(code).context("a room's code")
    }

    /// The path of the editor of the quiz of the last room.
    pub fn quiz_path(&self) -> String {
        format!("/quizzes/{}", self.last_quiz)
    }

    /// Takes seats through the door; returns the cookie of each.
    pub fn take_seats(&self, code: JoinCode, count: usize) -> Result<Vec<String>> {
        let join = |first: usize| -> Result<Vec<String>> {
            let mut door = Browser::open(self.address)?;
            let join = |number| {
                take_seat(&mut door, code, number)?;
                Ok(door.cookie())
            };
            (first..count).step_by(DOORS).map(join).collect()
        };
        let cookies: Result<Vec<Vec<String>>> = thread::scope(|scope| {
            let doors: Vec<_> = (0..DOORS).map(|first| scope.spawn(move || join(first))).collect();
            doors.into_iter().map(|door| door.join().expect("a door does not panic")).collect()
        });
        Ok(cookies?.concat())
    }

    /// A player with a seat.
    pub fn player(&self, code: JoinCode) -> Result<Browser> {
        let mut player = Browser::open(self.address)?;
        take_seat(&mut player, code, 0)?;
        Ok(player)
    }

    /// Opens a player's link.
    pub fn player_link(&self, code: JoinCode, cookie: &str) -> Result<(std::net::TcpStream, Vec<u8>)> {
        upgrade(self.address, &format!("/ws/{code}?as=player"), cookie)
    }

    /// Opens the host's link.
    pub fn host_link(&self, code: JoinCode) -> Result<(std::net::TcpStream, Vec<u8>)> {
        upgrade(self.address, &format!("/ws/{code}?as=host"), &self.admin.cookie())
    }

    /// What the server itself has counted under a name, all labels together.
    pub fn counted(&self, name: &str) -> Result<f64> {
        let answer = Browser::open(self.address)?.get_plain("/metrics")?;
        let text = String::from_utf8(answer.body)?;
        let of_name = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
        let values: Vec<f64> =
            text.lines().filter(of_name).filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect();
        ensure!(!values.is_empty(), "the server does not count {name}");
        Ok(values.iter().sum())
    }

    /// Kills it; what it left behind.
    pub fn kill(mut self) -> Result<TempDir> {
        self.process.end();
        let empty = tempfile::tempdir()?;
        Ok(std::mem::replace(&mut self.folder, empty))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.end();
    }
}

/// Where a server runs.
enum Process {
    /// In a process of its own, as the release that people run.
    Child(Child),
    /// In this one; it ends with the runtime.
    Own(#[allow(dead_code, reason = "held, because the server lives as long")] tokio::runtime::Runtime),
}

impl Process {
    fn end(&mut self) {
        match self {
            Self::Child(child) => end(child),
            Self::Own(_) => {}
        }
    }
}

/// Settings as on a command line.
#[derive(Parser)]
struct Line {
    #[command(flatten)]
    settings: Settings,
}

/// A folder on the disk of the checkout: the usual place for temporary files is often memory, where nothing waits.
pub fn fresh_folder() -> Result<TempDir> {
    tempfile::Builder::new().prefix("bench-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("no folder for data")
}

/// Ends a child of ours and waits for it; one that has ended already is fine.
pub fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Address and set-up token, from the lines that the server prints.
fn greeting(stdout: impl std::io::Read + Send + 'static) -> Result<(SocketAddr, String)> {
    let (lines, heard) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    let mut address = None;
    loop {
        let line = heard.recv_timeout(START).context("it did not say where it is")?;
        if let Some(found) = line.strip_prefix("Podium is ready at http://") {
            address = Some(found.trim().parse().context("an address")?);
        }
        if let (Some(address), Some((_, token))) = (address, line.split_once("/setup/")) {
            return Ok((address, token.trim().to_owned()));
        }
    }
}

/// Takes a seat as somebody who was never here.
fn take_seat(door: &mut Browser, code: JoinCode, number: usize) -> Result<()> {
    door.forget();
    let (name, id) = (format!("Seat {number}"), format!("bench-{number}"));
    let target = door.post("/join", &[("code", code.as_str()), ("name", &name), ("request_id", &id)])?;
    ensure!(target.starts_with("/play/"), "{name} was not let in: {target}");
    Ok(())
}

fn first_admin(address: SocketAddr, token: &str) -> Result<Browser> {
    let mut admin = Browser::open(address)?;
    let (email, password) = ("bench@example.org", "a long password for a short life");
    let fields =
        [("token", token), ("organisation", "Bench"), ("name", "Bench"), ("email", email), ("password", password)];
    admin.post("/setup", &fields)?;
    let target = admin.post("/login", &[("email", email), ("password", password), ("next", "")])?;
    ensure!(target == "/dashboard", "the first admin was led to {target}");
    Ok(admin)
}

/// Puts a quiz into the data folder like an operator's command, beside the server; returns its number.
fn keep_quiz(folder: &Path, quiz: Quiz) -> Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = Store::open_beside(folder).await?;
        let at = SystemTime::UNIX_EPOCH.elapsed()?.as_millis();
        // The first organisation of a fresh folder.
        let id = store.add_quiz(OrganisationId(1), quiz, Timestamp(i64::try_from(at)?)).await?;
        store.close().await;
        Ok(id.to_string())
    })
}

fn quiz(questions: usize) -> Quiz {
    let option = |(place, text): (usize, &str)| AnswerOption { text: text.to_owned(), is_right: place == 1 };
    let question = |number: usize| Question {
        prompt: format!("Question {number}: which of these planets is the hottest at its surface?"),
        options: ["Mercury", "Venus", "Mars", "Jupiter"].into_iter().enumerate().map(option).collect(),
        reading_ms: 0,
        limit_ms: None,
        ..Question::blank(QuestionKind::Single)
    };
    Quiz {
        title: "Bench".to_owned(),
        description: String::new(),
        language: "en".to_owned(),
        questions: (1..=questions).map(question).collect(),
    }
}
