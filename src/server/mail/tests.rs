//! Mail against a mail server that listens and speaks SMTP, written here; what arrives is taken apart.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::*;
use crate::domain::calendar::CalendarEntry;
use crate::domain::ids::{SeatId, SessionId};
use crate::server::config::mail::{MailServer, Safety, Sender};
use crate::server::mail::invite::InviteMail;
use crate::server::store::admin::NewAdmin;
use crate::server::store::mail::{MailState, MailTrace};

const NOW: Timestamp = Timestamp(1_795_177_085_250);
const OURS: OrganisationId = OrganisationId(1);
/// Nothing in a test takes longer than this; what does has not happened.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a mail server took.
struct Letter {
    from: String,
    to: Vec<String>,
    data: String,
}

/// How a mail server behaves.
#[derive(Clone, Default)]
struct Manners {
    /// What it says to recipients, one after the other; then it takes them.
    to_recipients: Arc<Mutex<VecDeque<&'static str>>>,
    /// What it says to who signs in.
    to_logins: Option<&'static str>,
    /// What it can do besides.
    can: &'static [&'static str],
}

/// A mail server on this machine.
struct Post {
    address: SocketAddr,
    letters: mpsc::UnboundedReceiver<Letter>,
    /// Every line that somebody said to it.
    heard: Arc<Mutex<Vec<String>>>,
}

impl Post {
    async fn open(manners: Manners) -> Self {
        Self::open_at("127.0.0.1:0".parse().expect("an address"), manners).await
    }

    async fn open_at(address: SocketAddr, manners: Manners) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (took, letters) = mpsc::unbounded_channel();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let hears = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((wire, _)) = listener.accept().await {
                tokio::spawn(converse(wire, manners.clone(), took.clone(), Arc::clone(&hears)));
            }
        });
        Self { address, letters, heard }
    }

    async fn letter(&mut self) -> Letter {
        timeout(PATIENCE, self.letters.recv()).await.expect("no letter comes").expect("the post is open")
    }

    fn has_heard(&self, word: &str) -> bool {
        self.heard.lock().expect("unbroken").iter().any(|line| line.contains(word))
    }
}

/// Speaks SMTP as a server does. Source: RFC 5321.
async fn converse(
    wire: TcpStream,
    manners: Manners,
    took: mpsc::UnboundedSender<Letter>,
    heard: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let (reads, mut writes) = wire.into_split();
    let mut lines = BufReader::new(reads).lines();
    let mut say = async |line: &str| writes.write_all(format!("{line}\r\n").as_bytes()).await.ok();
    say("220 post.example ESMTP").await?;
    let (mut from, mut to) = (String::new(), Vec::new());
    loop {
        let line = lines.next_line().await.ok()??;
        heard.lock().expect("unbroken").push(line.clone());
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                for can in manners.can {
                    say(&format!("250-{can}")).await?;
                }
                say("250 8BITMIME").await?;
            }
            "AUTH" => say(manners.to_logins.unwrap_or("235 welcome")).await?,
            "MAIL" => {
                from = line;
                say("250 go on").await?;
            }
            "RCPT" => {
                let reply = manners.to_recipients.lock().expect("unbroken").pop_front();
                if reply.is_none() {
                    to.push(line);
                }
                say(reply.unwrap_or("250 go on")).await?;
            }
            "DATA" => {
                say("354 go on").await?;
                let mut data = String::new();
                loop {
                    let line = lines.next_line().await.ok()??;
                    if line == "." {
                        break;
                    }
                    data.push_str(line.strip_prefix('.').unwrap_or(&line));
                    data.push_str("\r\n");
                }
                let letter = Letter { from: std::mem::take(&mut from), to: std::mem::take(&mut to), data };
                took.send(letter).ok()?;
                say("250 taken").await?;
            }
            "RSET" | "NOOP" => say("250 well").await?,
            "QUIT" => {
                say("221 bye").await?;
                return None;
            }
            _ => say("502 what?").await?,
        }
    }
}

/// An office with a store and a clock that only the test moves.
struct Rig {
    mailer: Mailer,
    clock: Clock,
    store: Store,
    _folder: TempDir,
    _stop: DropGuard,
}

impl Rig {
    async fn open(address: SocketAddr, turn: impl FnOnce(&mut MailServer)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(folder.path()).await.expect("a fresh store");
        let owner = NewAdmin {
            organisation: "Northwind".to_owned(),
            name: "Ines".to_owned(),
            email: "ines@northwind.example".to_owned(),
            password_hash: "$argon2id$".to_owned(),
        };
        store.set_up(owner, vec![], NOW).await.expect("an organisation");
        Self::begin(store, folder, Clock::still(NOW), config(address, turn))
    }

    fn begin(store: Store, folder: TempDir, clock: Clock, config: MailConfig) -> Self {
        let mailer = Mailer::new(Some(&config), store.clone(), clock.clone()).expect("a mail server");
        let stop = CancellationToken::new();
        let (runs, until) = (mailer.clone(), stop.clone());
        tokio::spawn(async move { runs.deliver(until).await });
        Self { mailer, clock, store, _folder: folder, _stop: stop.drop_guard() }
    }

    async fn until(&self, mail: MailId, mut is_it: impl FnMut(&MailTrace) -> bool) -> MailTrace {
        let waiting = async {
            loop {
                let trace = self.store.mail(OURS, mail).await.expect("a trace");
                if is_it(&trace) {
                    return trace;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, waiting).await.expect("it does not come to that")
    }
}

fn config(address: SocketAddr, turn: impl FnOnce(&mut MailServer)) -> MailConfig {
    let mut server = MailServer::parse(&format!("smtp://{address}?tls=none")).expect("an address");
    turn(&mut server);
    MailConfig { server, from: Sender::parse("Quiz Nïght, Ltd. <quiz@school.example>").expect("a sender") }
}

fn mail(subject: &str) -> Mail {
    Mail {
        to: Recipient { name: "Ada \"the\" King, née Øz".to_owned(), address: "ada@quiz.example".to_owned() },
        subject: subject.to_owned(),
        text: "Hello\n.\nSecret-Canary\nfrom éverybody".to_owned(),
        html: "<p>Hello".to_owned(),
        calendar: None,
    }
}

/// The value of a head's line, unfolded.
fn head(data: &str, name: &str) -> Option<String> {
    let heads = data.split("\r\n\r\n").next().expect("a head");
    let unfolded = heads.replace("\r\n ", " ").replace("\r\n\t", " ");
    unfolded.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned))
}

/// The parts of a letter, each with its kind, decoded.
fn parts(data: &str) -> Vec<(String, String)> {
    let kind = head(data, "Content-Type").expect("a kind");
    assert!(kind.starts_with("multipart/alternative"), "{kind}");
    let boundary = kind.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a boundary");
    let pieces: Vec<&str> = data.split(&format!("--{boundary}")).collect();
    assert!(pieces.last().expect("an end").starts_with("--"));
    pieces[1..pieces.len() - 1]
        .iter()
        .map(|piece| {
            let piece = piece.trim_start_matches("\r\n");
            let (_, body) = piece.split_once("\r\n\r\n").expect("a body");
            let body = body.strip_suffix("\r\n").unwrap_or(body);
            let text = match head(piece, "Content-Transfer-Encoding").as_deref() {
                Some("quoted-printable") => unquoted(body),
                Some("base64") => unpacked(body),
                Some("7bit") | None => body.to_owned(),
                Some(other) => panic!("an unknown encoding {other}"),
            };
            (head(piece, "Content-Type").expect("a kind"), text)
        })
        .collect()
}

/// Source: RFC 2045, 6.7.
fn unquoted(body: &str) -> String {
    let body = body.replace("=\r\n", "");
    let mut pieces = body.split('=');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).expect("two digits"));
        bytes.extend(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// Source: RFC 4648, 4.
fn unpacked(body: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in body.bytes().filter(|letter| !b"\r\n=".contains(letter)) {
        let place = LETTERS.iter().position(|other| *other == letter).expect("a letter of base64");
        bits = bits << 6 | u32::try_from(place).expect("below 64");
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).expect("a byte"));
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

#[tokio::test]
async fn an_invite_arrives_as_text_page_and_calendar() {
    let mut post = Post::open(Manners::default()).await;
    let rig = Rig::open(post.address, |_| {}).await;
    let mut outcomes = rig.mailer.outcomes();
    let invite = InviteMail {
        organisation_name: "Northwind".to_owned(),
        person_name: "Ada \"the\" King, née Øz".to_owned(),
        address: "Ada@Quiz.example".to_owned(),
        quiz_title: "Комета, or: stars".to_owned(),
        invite_url: "https://quiz.example/i/abc".to_owned(),
        question_count: 12,
        limit_ms: Some(Millis(1_800_000)),
        opens_at: Some(NOW),
        closes_at: None,
        note: "Viel Glück!".to_owned(),
    };
    let made = invite.mail(NOW);
    assert!(rig.mailer.is_on());
    let id = rig.mailer.send(OURS, made.clone()).await.expect("taken");
    let letter = post.letter().await;
    assert!(letter.from.starts_with("MAIL FROM:<quiz@school.example>"), "{}", letter.from);
    assert_eq!(letter.to, ["RCPT TO:<ada@quiz.example>"]);
    for (name, words) in
        [("From", "<quiz@school.example>"), ("To", "<ada@quiz.example>"), ("Auto-Submitted", "auto-generated")]
    {
        assert!(head(&letter.data, name).is_some_and(|value| value.contains(words)), "{name}: {}", letter.data);
    }
    assert_eq!(head(&letter.data, "Message-ID"), Some(format!("<podium.{id}.{}@school.example>", NOW.0)));
    assert_eq!(head(&letter.data, "Date").as_deref(), Some("Fri, 20 Nov 2026 12:18:05 +0000"));
    let heads = letter.data.split("\r\n\r\n").next().expect("a head");
    assert!(heads.is_ascii() && heads.lines().all(|line| line.len() <= 998), "{heads}");

    let parts = parts(&letter.data);
    let kinds: Vec<&str> = parts.iter().map(|(kind, _)| kind.split(';').next().expect("a kind")).collect();
    assert_eq!(kinds, ["text/plain", "text/html", "text/calendar"]);
    let lines = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    assert_eq!(lines(&parts[0].1), lines(&made.text));
    assert_eq!(lines(&parts[1].1), lines(&made.html));
    assert!(parts[2].0.contains("method=PUBLISH"), "{}", parts[2].0);
    let entry: CalendarEntry = made.calendar.expect("it has a time");
    assert_eq!(lines(&parts[2].1), lines(&entry.written()));

    let outcome = timeout(PATIENCE, outcomes.recv()).await.expect("told").expect("told");
    assert_eq!(outcome, MailOutcome { organisation: OURS, mail: id, given_up: None });
    let trace = rig.store.mail(OURS, id).await.expect("a trace");
    assert_eq!((trace.state, trace.tries, trace.last_error, trace.done_at), (MailState::Sent, 1, None, Some(NOW)));
    assert_eq!(rig.store.mail(OrganisationId(2), id).await, Err(StoreError::NotFound), "nobody else's");
}

#[tokio::test]
async fn what_is_not_taken_now_is_tried_again_later_and_later() {
    let manners = Manners::default();
    manners.to_recipients.lock().expect("unbroken").extend(["451 greylisted", "452 full"]);
    let mut post = Post::open(manners).await;
    let rig = Rig::open(post.address, |_| {}).await;
    let id = rig.mailer.send(OURS, mail("One")).await.expect("taken");
    let trace = rig.until(id, |trace| trace.tries == 1).await;
    let why = "the mail server does not take it now (451): greylisted";
    assert_eq!((trace.state, trace.last_error.as_deref()), (MailState::Waiting, Some(why)));
    // Another one does not wait for it.
    rig.mailer.send(OURS, mail("Two")).await.expect("taken");
    rig.until(MailId(id.0 + 1), |trace| trace.tries == 1).await;
    rig.clock.pass(FIRST_WAIT);
    let letter = post.letter().await;
    assert_eq!(head(&letter.data, "Subject").as_deref(), Some("One"));
    let text = &parts(&letter.data)[0].1;
    assert_eq!(text.replace("\r\n", "\n").trim_end(), "Hello\n.\nSecret-Canary\nfrom éverybody");
    assert_eq!(rig.until(id, |trace| trace.state == MailState::Sent).await.tries, 2);
    assert_eq!(head(&post.letter().await.data, "Subject").as_deref(), Some("Two"));
}

#[tokio::test]
async fn what_is_never_taken_is_given_up_in_words_and_forgotten() {
    let manners = Manners::default();
    manners.to_recipients.lock().expect("unbroken").push_back("550 no such user here");
    let mut post = Post::open(manners).await;
    let rig = Rig::open(post.address, |_| {}).await;
    let mut outcomes = rig.mailer.outcomes();
    let id = rig.mailer.send(OURS, mail("One")).await.expect("taken");
    let outcome = timeout(PATIENCE, outcomes.recv()).await.expect("told").expect("told");
    let why = Some("the mail server does not take it (550): no such user here".to_owned());
    assert_eq!(outcome, MailOutcome { organisation: OURS, mail: id, given_up: why.clone() });
    let trace = rig.store.mail(OURS, id).await.expect("a trace");
    assert_eq!((trace.state, trace.last_error), (MailState::Failed, why));
    assert_eq!(rig.store.due_mails(NOW + Millis(i64::from(u32::MAX)), 10).await, Ok(vec![]));
    rig.mailer.send(OURS, mail("Two")).await.expect("taken");
    assert_eq!(head(&post.letter().await.data, "Subject").as_deref(), Some("Two"), "others go on");
}

#[tokio::test]
async fn a_mail_is_given_up_after_so_many_tries() {
    let manners = Manners::default();
    manners.to_recipients.lock().expect("unbroken").extend(["451 not now"; TRIES_MAX as usize]);
    let post = Post::open(manners).await;
    let rig = Rig::open(post.address, |_| {}).await;
    let id = rig.mailer.send(OURS, mail("One")).await.expect("taken");
    for tries in 1..TRIES_MAX {
        let trace = rig.until(id, |trace| trace.tries == tries).await;
        assert_eq!(trace.state, MailState::Waiting);
        rig.clock.pass(wait_after(tries));
        rig.mailer.0.came.notify_one();
    }
    let trace = rig.until(id, |trace| trace.state == MailState::Failed).await;
    assert!(trace.last_error.is_some_and(|why| why.ends_with("not now (tried 12 times)")));
    let all: i64 = (1..TRIES_MAX).map(|tries| wait_after(tries).0).sum();
    assert!((10 * 3_600_000..24 * 3_600_000).contains(&all), "{all}");
}

#[tokio::test]
async fn nothing_is_said_to_a_mail_server_that_cannot_encrypt() {
    let starts_tls: &[&str] = &["STARTTLS"];
    for can in [&[][..], starts_tls] {
        let post = Post::open(Manners { can, ..Manners::default() }).await;
        let login = Some(("quiz".to_owned(), "pass-canary".into()));
        let safely = |server: &mut MailServer| (server.safety, server.login) = (Safety::StartTls, login);
        let rig = Rig::open(post.address, safely).await;
        let id = rig.mailer.send(OURS, mail("One")).await.expect("taken");
        let trace = rig.until(id, |trace| trace.tries == 1).await;
        assert_eq!(trace.state, MailState::Waiting);
        assert!(trace.last_error.is_some_and(|why| why.contains("mail server")), "{can:?}");
        for word in ["MAIL", "RCPT", "AUTH", "DATA", "canary"] {
            assert!(!post.has_heard(word), "{can:?}: {word}");
        }
    }
}

#[tokio::test]
async fn a_mail_server_that_lets_nobody_in_is_left_in_peace_for_a_while() {
    let can: &[&str] = &["AUTH PLAIN LOGIN"];
    let mut post = Post::open(Manners { can, to_logins: Some("535 wrong password"), ..Manners::default() }).await;
    let login = Some(("quiz".to_owned(), "pass-canary".into()));
    let rig = Rig::open(post.address, |server| server.login = login).await;
    let (one, two) = (rig.mailer.send(OURS, mail("One")).await, rig.mailer.send(OURS, mail("Two")).await);
    let (one, two) = (one.expect("taken"), two.expect("taken"));
    let trace = rig.until(one, |trace| trace.tries == 1).await;
    let why = trace.last_error.expect("a reason");
    assert!(why.starts_with("the mail server does not deal with us (535)") && !why.contains("canary"), "{why}");
    // The second is not even tried, however often somebody knocks.
    for _ in 0..5 {
        rig.mailer.0.came.notify_one();
        tokio::task::yield_now().await;
    }
    assert_eq!(rig.store.mail(OURS, two).await.map(|trace| trace.tries), Ok(0));
    rig.clock.pass(REST);
    rig.until(two, |trace| trace.tries == 1).await;
    assert!(post.letters.try_recv().is_err());
}

#[tokio::test]
async fn what_waits_is_sent_after_a_restart_too() {
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let rig = Rig::open(closed, |_| {}).await;
    let id = rig.mailer.send(OURS, mail("One")).await.expect("taken");
    let trace = rig.until(id, |trace| trace.tries == 1).await;
    assert!(trace.last_error.is_some_and(|why| why.starts_with("the mail server cannot be reached")));
    let Rig { mailer, store, _folder: folder, _stop: stop, .. } = rig;
    drop((mailer, stop));
    store.close().await;

    let mut post = Post::open(Manners::default()).await;
    let store = Store::open(folder.path()).await.expect("the same store");
    let rig = Rig::begin(store, folder, Clock::still(NOW + FIRST_WAIT), config(post.address, |_| {}));
    let letter = post.letter().await;
    assert_eq!(head(&letter.data, "Message-ID"), Some(format!("<podium.{id}.{}@school.example>", NOW.0)));
    rig.until(id, |trace| trace.state == MailState::Sent && trace.tries == 2).await;
}

/// L1: what a mail says is there only until it is sent.
#[tokio::test]
async fn nothing_of_a_mail_that_was_sent_is_left_on_disk() {
    let mut post = Post::open(Manners::default()).await;
    let rig = Rig::open(post.address, |_| {}).await;
    let id = rig.mailer.send(OURS, mail("One")).await.expect("taken");
    post.letter().await;
    rig.until(id, |trace| trace.state == MailState::Sent).await;
    let Rig { store, _folder: folder, .. } = rig;
    store.close().await;
    for entry in std::fs::read_dir(folder.path()).expect("the folder") {
        let path = entry.expect("readable").path();
        let bytes = std::fs::read(&path).expect("readable");
        let canary = b"Secret-Canary";
        assert!(!bytes.windows(canary.len()).any(|part| part == canary), "{}", path.display());
    }
}

#[tokio::test]
async fn a_mail_whose_link_leads_nowhere_is_taken_back_and_others_go_on() {
    let mut post = Post::open(Manners::default()).await;
    let rig = Rig::open(post.address, |_| {}).await;
    let nowhere = InviteClaim { session: SessionId(99), seat: SeatId(1), link: 1 };
    let mails = vec![
        ready(mail("One"), Some(nowhere)).expect("it can be sent"),
        ready(mail("Two"), None).expect("it can be sent"),
    ];
    let ids = rig.mailer.send_all(OURS, mails).await.expect("taken");
    assert_eq!(head(&post.letter().await.data, "Subject").as_deref(), Some("Two"));
    assert_eq!(rig.store.mail(OURS, ids[0]).await, Err(StoreError::NotFound));
}

#[tokio::test]
async fn without_a_mail_server_nothing_is_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(folder.path()).await.expect("a fresh store");
    let mailer = Mailer::new(None, store.clone(), Clock::still(NOW)).expect("no mail server");
    assert!(!mailer.is_on());
    assert_eq!(mailer.send(OURS, mail("One")).await, Err(MailError::Off));
    assert_eq!(store.due_mails(NOW, 10).await, Ok(vec![]));
    timeout(PATIENCE, mailer.deliver(CancellationToken::new())).await.expect("there is nothing to do");
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_is_refused_before_it_is_kept() {
    let post = Post::open(Manners::default()).await;
    let rig = Rig::open(post.address, |_| {}).await;
    let sly = Mail { subject: "x\r\nBcc: eve@x.example".to_owned(), ..mail("One") };
    let refused = rig.mailer.send(OURS, sly).await;
    let why = "The subject must be one line without control characters.";
    assert_eq!(refused, Err(MailError::Bad(why.to_owned())));
    assert_eq!(rig.store.mail(OURS, MailId(1)).await, Err(StoreError::NotFound));
}
