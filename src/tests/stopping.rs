//! How the house stops: told once it closes door by door and within ten seconds, told twice at once. And what a program of
//! its own leaves behind: its exit code, its log, its folder.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::bots::visitor::{Door, Ended, Visitor};
use crate::protocol::close::Close;
use crate::serve;
use crate::tests::house::{House, PASSWORD, PATIENCE, Seated, config, folder, on_runtime, quiz};
use crate::tests::patience::{HALF_A_HEAD, UPLOAD, exchange, read_nothing};

/// The longest that stopping may take. Source: the grace of container runtimes, ten seconds.
const STOPPED_WITHIN: Duration = Duration::from_secs(10);
/// The folder of the program that this file plays when a test has started it once more.
const FOLDER: &str = "STOPPING_TEST_FOLDER";
/// The descriptors that it may have.
const FILES: &str = "STOPPING_TEST_FILES";

fn upgrade(code: &str) -> String {
    format!(
        "GET /ws/{code}?as=player HTTP/1.1\r\nHost: podium.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

#[test]
fn a_house_that_stops_says_so_first_and_waits_for_nobody_who_does_not_go() {
    let folder = folder();
    on_runtime(async {
        let flags = ["--metrics-networks", "127.0.0.1", "--links-per-seat-max", "100"];
        let mut house = House::open_as(folder.path(), &flags).await;
        let address = house.running.address;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut links = Vec::new();
        for name in ["Ada", "Grace", "Mary"] {
            let mut visitor = house.visitor();
            visitor.join(code, name, &format!("form-{name}")).await.expect("a seat");
            for _ in 0..80 {
                links.push(Seated::open(&visitor, code, "player", None).await);
            }
        }
        for seated in &mut links {
            seated.until_show(|_| true).await;
        }
        // One who never answers a close, one who stopped in the middle of a head, one in the middle of a form, and one who
        // takes no answer.
        let silent = links.pop().expect("the last one");
        let mut half = TcpStream::connect(address).await.expect("a connection");
        half.write_all(HALF_A_HEAD.as_bytes()).await.expect("sent");
        let mut upload = TcpStream::connect(address).await.expect("a connection");
        upload.write_all(UPLOAD.as_bytes()).await.expect("sent");
        let taking_nothing = tokio::spawn(read_nothing(address));

        let since = Instant::now();
        let mut visitor = house.visitor();
        let stopping = tokio::spawn(house.running.stop());
        let not_ready = loop {
            let answer = visitor.get("/readyz").await.expect("it answers while it closes");
            if answer.status() != 200 {
                break answer;
            }
        };
        assert_eq!((not_ready.status().as_u16(), &not_ready.body()[..]), (503, &b"stopping\n"[..]));
        let refused =
            exchange(address, &upgrade(code.as_str()).replace("Connection: Upgrade", "Connection: close, Upgrade"))
                .await;
        assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("\r\nretry-after: 5\r\n"), "{refused}");
        for seated in &mut links {
            assert_eq!(seated.until_end().await, Ended::Closed(Close::Restart));
        }
        assert!(since.elapsed() < Duration::from_secs(5), "all were told within {:?}", since.elapsed());
        timeout(PATIENCE, stopping).await.expect("it stops").expect("without a panic");
        assert!(since.elapsed() < STOPPED_WITHIN, "{:?}", since.elapsed());
        assert!(is_folded(folder.path()), "the log is folded into the database");
        taking_nothing.abort();
        drop((silent, half, upload));
    });
}

/// Whether everything is in the database itself.
fn is_folded(folder: &Path) -> bool {
    fs::metadata(folder.join("podium.db-wal")).map_or(true, |log| log.len() == 0)
}

/// Plays the program, if a test has started this file once more for that; whether it did.
fn played_the_program() -> bool {
    let Some(folder) = env::var_os(FOLDER) else { return false };
    if let Ok(files) = env::var(FILES) {
        let limit = Rlimit { current: Some(files.parse().expect("a number")), ..getrlimit(Resource::Nofile) };
        setrlimit(Resource::Nofile, limit).expect("less is always allowed");
    }
    let config = config(Path::new(&folder), &["--log", "trace", "--log-format", "json"]);
    let runtime = Runtime::new().expect("a runtime");
    let ended = runtime.block_on(serve::run(config));
    runtime.shutdown_timeout(Duration::from_millis(500));
    ended.expect("the program ends well");
    true
}

/// A program of its own: the server, started by a test.
struct Program {
    child: Option<Child>,
    log: std::path::PathBuf,
    url: String,
    setup_url: String,
}

impl Program {
    /// Starts the test of this name once more, as the program.
    fn start(folder: &Path, test: &str, variables: &[(&str, &str)]) -> Self {
        let (_, module) = module_path!().split_once("::").expect("a module of the crate");
        let log = folder.join("log");
        let data = folder.join("data");
        let mut child = Command::new(env::current_exe().expect("this file"))
            .args([&format!("{module}::{test}"), "--exact", "--nocapture"])
            .env(FOLDER, &data)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).expect("a file"))
            .spawn()
            .expect("a process");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut after = |words: &str| {
            let found = lines.find_map(|line| line.ok()?.split_once(words).map(|(_, rest)| rest.to_owned()));
            found.unwrap_or_else(|| panic!("no {words:?}; its log: {}", fs::read_to_string(&log).unwrap_or_default()))
        };
        let url = after("Podium is ready at ");
        let setup_url = after("Make the first admin, once, at ");
        // Whoever writes to an output that nobody holds any more would end by that.
        std::thread::spawn(move || lines.count());
        Self { child: Some(child), log, url, setup_url }
    }

    fn visitor(&self) -> Visitor {
        Visitor::new(Door::parse(&self.url).expect("an address"))
    }

    fn pid(&self) -> Pid {
        Pid::from_child(self.child.as_ref().expect("it runs"))
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it runs");
    }

    /// Processor time that it has used.
    fn cpu_ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid().as_raw_nonzero())).expect("it runs");
        let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
        // Source: proc_pid_stat(5): utime and stime are fields 14 and 15, the name is the second.
        fields[11].parse::<u64>().expect("a number") + fields[12].parse::<u64>().expect("a number")
    }

    async fn ended(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("it runs");
        let waiting = tokio::task::spawn_blocking(move || child.wait());
        timeout(PATIENCE, waiting).await.expect("it ends").expect("no panic").expect("its status")
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("its log")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// S1, and L1 on the way: nothing secret that this test has typed is in the log of the finest level.
#[test]
fn sigterm_ends_the_program_with_code_0_and_its_log_holds_no_secret() {
    if played_the_program() {
        return;
    }
    let folder = folder();
    let test = "sigterm_ends_the_program_with_code_0_and_its_log_holds_no_secret";
    let mut program = Program::start(folder.path(), test, &[]);
    on_runtime(async {
        let token = program.setup_url.rsplit('/').next().expect("a token").to_owned();
        let mut admin = program.visitor();
        let fields = [
            ("token", token.as_str()),
            ("organisation", "Northwind"),
            ("name", "Ines"),
            ("email", "ines@northwind.example"),
            ("password", PASSWORD),
        ];
        admin.get(&format!("/setup/{token}")).await.expect("the page");
        assert_eq!(admin.post("/setup", &fields).await.expect("an answer").status(), 303);
        admin
            .post("/login", &[("email", "ines@northwind.example"), ("password", "canary-wrong")])
            .await
            .expect("answers");
        let quizzes = admin.get("/quizzes?token=canary-page").await.expect("the page");
        assert_eq!(quizzes.status(), 200);
        let address = program.url.trim_start_matches("http://").to_owned();
        let asked = upgrade("KFX7QM").replace("?as=player", "?as=player&token=canary-socket");
        let asked = asked.replace("\r\n\r\n", "\r\nAuthorization: Bearer canary-bearer\r\n\r\n");
        let mut socket = TcpStream::connect(&address).await.expect("a connection");
        socket.write_all(asked.as_bytes()).await.expect("sent");
        let mut begin = [0; 12];
        socket.read_exact(&mut begin).await.expect("an answer");
        let mut half = TcpStream::connect(&address).await.expect("a connection");
        half.write_all(HALF_A_HEAD.as_bytes()).await.expect("sent");

        let since = Instant::now();
        program.signal(Signal::TERM);
        let status = program.ended().await;
        assert_eq!(status.code(), Some(0), "{}", program.log());
        assert!(since.elapsed() < STOPPED_WITHIN, "{:?}", since.elapsed());
        assert!(is_folded(&folder.path().join("data")));

        let log = program.log();
        let lines: Vec<serde_json::Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let page = lines.iter().find(|line| line["message"] == "request answered" && line["route"] == "/quizzes");
        let page = page.unwrap_or_else(|| panic!("no line of the page in {log}"));
        assert_eq!((&page["method"], &page["status"]), (&"GET".into(), &200.into()));
        assert!(page["connection"].is_u64() && page["duration_ms"].is_f64(), "{page}");
        for message in ["told to stop", "stopped"] {
            assert!(lines.iter().any(|line| line["message"] == message), "{message}");
        }
        for secret in [token.as_str(), PASSWORD, "canary", "ines@northwind"] {
            let found = log.lines().find(|line| line.contains(secret));
            assert_eq!(found, None, "{secret} is in the log");
        }
    });
}

#[test]
fn told_twice_the_program_ends_at_once() {
    if played_the_program() {
        return;
    }
    let folder = folder();
    let mut program = Program::start(folder.path(), "told_twice_the_program_ends_at_once", &[]);
    on_runtime(async {
        // A form that is being read holds up the first stop until it is cut.
        let address = program.url.trim_start_matches("http://").to_owned();
        let mut half = TcpStream::connect(&address).await.expect("a connection");
        half.write_all(UPLOAD.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n").as_bytes()).await.expect("sent");
        let mut begun = [0; 12];
        timeout(PATIENCE, half.read_exact(&mut begun)).await.expect("in time").expect("it reads on");
        assert_eq!(&begun, b"HTTP/1.1 100");

        program.signal(Signal::INT);
        program.signal(Signal::TERM);
        // Stopping once ends well, so this is the second signal's doing.
        let status = program.ended().await;
        assert!(!status.success(), "{status}");
        assert!(program.log().contains("told to stop"));
    });
}

#[test]
fn without_descriptors_the_program_neither_spins_nor_dies() {
    if played_the_program() {
        return;
    }
    let folder = folder();
    let test = "without_descriptors_the_program_neither_spins_nor_dies";
    let mut program = Program::start(folder.path(), test, &[(FILES, "64")]);
    on_runtime(async {
        let address = program.url.trim_start_matches("http://").to_owned();
        let mut held = Vec::new();
        for _ in 0..100 {
            held.push(TcpStream::connect(&address).await.expect("the kernel's queue takes it"));
        }
        let refused = "a connection could not be accepted";
        timeout(PATIENCE, async {
            while !program.log().contains(refused) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .expect("there are no descriptors left");
        let (ticks, lines) = (program.cpu_ticks(), program.log().matches(refused).count());
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (ticks, lines) = (program.cpu_ticks() - ticks, program.log().matches(refused).count() - lines);
        // A hundred ticks are a whole core.
        assert!(ticks <= 30 && lines <= 20, "{ticks} ticks and {lines} lines in a second");

        drop(held);
        let answer = timeout(PATIENCE, program.visitor().get("/healthz")).await.expect("in time").expect("an answer");
        assert_eq!(answer.status(), 200);
        program.signal(Signal::TERM);
        assert_eq!(program.ended().await.code(), Some(0));
    });
}
