//! Timed sessions through the front door: links, forms, functions and sockets of the real server, and what is on its disk.
//!
//! Here stands what the tests share: a house with one session, people who were invited to it, a seat's own socket, and a
//! look into the database. What pages make of it is not tested here.
//!
//! Reading order: `way` (from link to summary), `links`, `document` (clients that were written before Podium), `expiry`,
//! `host`, `restart`, `people` (somebody is forgotten), `isolation`, `post` (links by mail), `results`, `limits`.

mod document;
mod expiry;
mod host;
mod isolation;
mod limits;
mod links;
mod people;
mod post;
mod restart;
mod results;
mod way;

use std::path::Path;

use http::{Response, StatusCode};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection};

use crate::bots::visitor::{Ended, Visitor, Wire};
use crate::domain::code::JoinCode;
use crate::domain::ids::{OrganisationId, PersonId, QuizId, SeatId, SessionId, TurnNo};
use crate::domain::limits::Limits;
use crate::domain::person::PersonDraft;
use crate::domain::question::Choice;
use crate::domain::quiz::Quiz;
use crate::domain::time::Millis;
use crate::protocol::command::{Answer, Command};
use crate::protocol::frame::SUBPROTOCOL;
use crate::protocol::message::{Message, Received};
use crate::protocol::state::TimeUpdate;
use crate::protocol::timed::{Finish, GoTo, SeatRow, SeatState, SeatView, TimedHostView};
use crate::tests::house::{House, PATIENCE, id, quiz};

/// The organisation of the house's first admin.
pub const OURS: OrganisationId = OrganisationId(1);

/// What the form of a new session sends, but for what a test changes.
const USUAL: [(&str, &str); 3] = [("minutes", "20"), ("attempts", "1"), ("may_go_back", "on")];

/// A house with an admin and one timed session.
struct Place {
    house: House,
    admin: Visitor,
    session: SessionId,
    code: JoinCode,
}

/// What is known of a place whose house was killed.
struct Known {
    admin: Visitor,
    session: SessionId,
    code: JoinCode,
}

/// Somebody who was invited.
#[derive(Clone, Debug)]
struct Guest {
    person: PersonId,
    seat: SeatId,
    /// The personal link, as a path.
    link: String,
}

impl Place {
    /// Opens a house with a session of three questions, whose form differs so from the usual one.
    async fn open(folder: &Path, changes: &[(&str, &str)]) -> Self {
        Self::open_with(folder, |_| {}, changes).await
    }

    /// The same with limits of the test's own.
    async fn open_with(folder: &Path, turn: impl FnOnce(&mut Limits), changes: &[(&str, &str)]) -> Self {
        let mut house = House::open_with(folder, turn).await;
        let mut admin = house.set_up().await;
        let (session, code) = open_session(&house, &mut admin, OURS, quiz(3), changes).await;
        Self { house, admin, session, code }
    }

    /// Adds somebody to the people of the organisation and invites them; they have their link.
    async fn invite(&mut self, first_name: &str) -> Guest {
        let draft = PersonDraft { first_name: first_name.to_owned(), ..PersonDraft::default() };
        let (store, now) = (&self.house.running.house.store, self.house.running.house.clock.now());
        let person = store.add_person(OURS, draft, now).await.expect("somebody new").id;
        let asked = json!({ "id": self.session, "who": { "These": [person] } });
        assert_eq!(self.ask("invite_people", asked).await, (StatusCode::OK, json!(1)));
        let row = self.rows().await.into_iter().find(|row| row.person == Some(person)).expect("a seat");
        Guest { person, seat: row.seat, link: self.link(row.seat).await }
    }

    /// The personal link that holds for a seat.
    async fn link(&mut self, seat: SeatId) -> String {
        let (status, link) = self.ask("seat_link", json!({ "id": self.session, "seat": seat })).await;
        assert_eq!(status, StatusCode::OK, "{link}");
        let url = link["url"].as_str().expect("an address");
        url[url.find("/session?token=").expect("a link")..].to_owned()
    }

    /// A browser that followed a link.
    async fn browser(&self, guest: &Guest) -> Visitor {
        let mut browser = self.house.visitor();
        assert_eq!(follow(&mut browser, &guest.link).await, format!("/session/{}", self.code));
        browser
    }

    /// A browser that followed a link and started.
    async fn started(&self, guest: &Guest) -> Visitor {
        let mut browser = self.browser(guest).await;
        self.does(&mut browser, "start", &[]).await;
        browser
    }

    /// Sends a seat's form, which leads back to its page. Returns what was wrong.
    async fn does(&self, browser: &mut Visitor, what: &str, fields: &[(&str, &str)]) -> String {
        let fields = [&[("code", self.code.as_str())], fields].concat();
        let answer = browser.post(&format!("/session/{what}"), &fields).await.expect("the house answers");
        assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, format!("/session/{}", self.code)));
        let (_, flash) = ask(browser, "flash", json!({})).await;
        flash["errors"][0][1].as_str().unwrap_or_default().to_owned()
    }

    /// Asks a function as the admin.
    async fn ask(&mut self, function: &str, arguments: Value) -> (StatusCode, Value) {
        ask(&mut self.admin, function, arguments).await
    }

    /// Does something about a seat. Returns what was wrong.
    async fn manage(&mut self, seat: SeatId, deed: Value) -> String {
        let asked = json!({ "id": self.session, "seat": seat, "deed": deed });
        let (status, answer) = self.ask("manage_seat", asked).await;
        if status == StatusCode::OK {
            return String::new();
        }
        answer["Refused"].as_str().map_or_else(|| answer.to_string(), str::to_owned)
    }

    async fn close(&mut self) {
        assert_eq!(self.ask("close_session", json!({ "id": self.session })).await.0, StatusCode::OK);
    }

    /// How far everybody is, as the host's page starts from.
    async fn rows(&mut self) -> Vec<SeatRow> {
        let (status, page) = self.ask("timed_page", json!({ "id": self.session })).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let view: TimedHostView = serde_json::from_value(page["view"].clone()).expect("a host's view");
        view.seats
    }

    async fn row(&mut self, seat: SeatId) -> SeatRow {
        self.rows().await.into_iter().find(|row| row.seat == seat).expect("a seat")
    }

    /// Waits until a seat is so far.
    async fn until_state(&mut self, seat: SeatId, state: SeatState) -> SeatRow {
        let waiting = async {
            loop {
                let row = self.row(seat).await;
                if row.state == state {
                    return row;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("the seat gets there")
    }

    /// What a seat's own page starts from.
    async fn page(&self, browser: &mut Visitor) -> SeatView {
        let (status, entry) = ask(browser, "own_seat", json!({ "code": self.code })).await;
        assert_eq!(status, StatusCode::OK, "{entry}");
        serde_json::from_value(entry["Seated"]["seat"].clone()).unwrap_or_else(|why| panic!("{why}: {entry}"))
    }

    /// Whether a browser has a seat that holds.
    async fn is_let_in(&self, browser: &mut Visitor) -> bool {
        ask(browser, "own_seat", json!({ "code": self.code })).await.1 != json!("NoSeat")
    }

    async fn socket(&self, browser: &Visitor) -> Sitting {
        Sitting::open(browser, self.session).await
    }

    /// Waits until the session is only on disk.
    async fn until_gone(&self) {
        let gone = async {
            while self.house.running.house.rooms.find(self.code).is_some() {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.expect("it leaves the memory");
    }

    fn pass(&self, length: Millis) {
        self.house.running.house.clock.pass(length);
    }

    /// The house ends like a killed process, when its runtime does.
    fn kill(self) -> Known {
        let Self { house: _, admin, session, code } = self;
        Known { admin, session, code }
    }
}

impl Known {
    /// Opens a house again on the same folder.
    async fn reopen(self, folder: &Path) -> Place {
        self.reopen_with(folder, |_| {}).await
    }

    /// The same with limits of the test's own.
    async fn reopen_with(self, folder: &Path, turn: impl FnOnce(&mut Limits)) -> Place {
        let house = House::open_with(folder, turn).await;
        let Self { admin, session, code } = self;
        Place { admin: admin.at(house.door()), house, session, code }
    }
}

/// Opens a session by the form.
pub async fn open_session(
    house: &House,
    admin: &mut Visitor,
    organisation: OrganisationId,
    quiz: Quiz,
    changes: &[(&str, &str)],
) -> (SessionId, JoinCode) {
    let (store, now) = (&house.running.house.store, house.running.house.clock.now());
    let quiz = store.add_quiz(organisation, quiz, now).await.expect("the quiz is stored");
    let place = post_session(admin, quiz, changes).await;
    let session = place.strip_prefix("/sessions/").and_then(|id| id.parse().ok());
    let session = SessionId(session.unwrap_or_else(|| panic!("no session was opened: {place}")));
    let (_, page) = ask(admin, "timed_page", json!({ "id": session })).await;
    let code = page["view"]["timed"]["code"].as_str().expect("a code");
    (session, JoinCode::parse(code).expect("a good code"))
}

/// Sends the form of a new session. Returns where it leads.
async fn post_session(admin: &mut Visitor, quiz: QuizId, changes: &[(&str, &str)]) -> String {
    let quiz = quiz.to_string();
    let usual = USUAL.into_iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    let fields: Vec<(&str, &str)> =
        [("quiz", quiz.as_str())].into_iter().chain(usual).chain(changes.to_vec()).collect();
    let answer = admin.post("/sessions", &fields).await.expect("the house answers");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    location(&answer)
}

/// Follows a personal link. Returns where it leads.
async fn follow(browser: &mut Visitor, link: &str) -> String {
    let answer = browser.get(link).await.expect("the house answers");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{link}");
    location(&answer)
}

fn location<B>(answer: &Response<B>) -> String {
    answer.headers().get("location").map(|path| path.to_str().expect("plain").to_owned()).unwrap_or_default()
}

/// Asks a function. Returns the status and the answer.
pub async fn ask(visitor: &mut Visitor, function: &str, arguments: Value) -> (StatusCode, Value) {
    let answer = visitor.ask(&format!("/api/{function}"), &arguments.to_string()).await.expect("the house answers");
    (answer.status(), serde_json::from_slice(answer.body()).unwrap_or_default())
}

/// A seat's own socket, with its page as it was told last.
struct Sitting {
    wire: Wire,
    view: Option<SeatView>,
    /// What was told of the time, in order.
    times: Vec<TimeUpdate>,
    /// How often the time was said to be up.
    expired: u32,
}

impl Sitting {
    /// Opens the socket and waits for the page.
    async fn open(browser: &Visitor, session: SessionId) -> Self {
        let mut sitting = Self::begin(browser, session).await;
        sitting.until_view(|_| true).await;
        sitting
    }

    /// Opens the socket.
    async fn begin(browser: &Visitor, session: SessionId) -> Self {
        let wire = browser.open(&format!("/session/{session}/stream"), &[SUBPROTOCOL]).await.expect("a socket");
        Self { wire, view: None, times: Vec::new(), expired: 0 }
    }

    /// The next message, taken over.
    async fn next(&mut self) -> Result<Received, Ended> {
        let received = tokio::time::timeout(PATIENCE, self.wire.next()).await.expect("nothing comes")?;
        match &received.message {
            Message::SeatUpdate(view) => self.view = Some(view.read().expect("a seat's view")),
            Message::TimeUpdate(update) => self.times.push(*update),
            Message::SessionExpired(_) => self.expired += 1,
            _ => {}
        }
        Ok(received)
    }

    /// Reads on until the page is as wanted.
    async fn until_view(&mut self, mut is_it: impl FnMut(&SeatView) -> bool) -> SeatView {
        loop {
            if let Some(view) = self.view.as_ref().filter(|view| is_it(view)) {
                return view.clone();
            }
            self.next().await.expect("the socket stays open");
        }
    }

    /// Sends a command and reads on until its reply.
    async fn ask(&mut self, command: Command, asked: &str) -> Message {
        let asked = id(asked);
        self.wire.ask(&command, &asked).await.expect("sent");
        loop {
            let received = self.next().await.expect("the socket stays open");
            if received.correlation_id.as_ref() == Some(&asked) {
                return received.message;
            }
        }
    }

    /// Answers a question, by its place and the option's.
    async fn answer(&mut self, turn: u32, place: u8, asked: &str) -> Message {
        self.ask(answer(turn, place), asked).await
    }

    async fn go_to(&mut self, turn: u32, asked: &str) -> Message {
        self.ask(Command::GoTo(GoTo { turn: TurnNo(turn) }), asked).await
    }

    async fn finish(&mut self, asked: &str) -> Message {
        self.ask(Command::Finish(Finish {}), asked).await
    }

    /// What came until the answer to a ping.
    async fn settle(&mut self) {
        let reply = self.ask(Command::Ping(crate::protocol::command::Ping::default()), "settle").await;
        assert!(matches!(reply, Message::Pong(_)), "{reply:?}");
    }

    /// Reads on until the socket ends.
    async fn until_end(&mut self) -> Ended {
        loop {
            if let Err(ended) = self.next().await {
                return ended;
            }
        }
    }
}

fn answer(turn: u32, place: u8) -> Command {
    Command::Answer(Answer { turn: TurnNo(turn), choice: Choice::of(&[place]).expect("a place") })
}

/// The name of a refusal; empty if it is none.
fn refusal(message: &Message) -> &str {
    if let Message::Error(error) = message { &error.code } else { "" }
}

/// The database as another program sees it.
async fn database(folder: &Path) -> SqliteConnection {
    let file = SqliteConnectOptions::new().filename(folder.join("podium.db")).busy_timeout(PATIENCE);
    file.connect().await.expect("the database is there")
}

/// One number from the database.
async fn number(folder: &Path, sql: &'static str) -> i64 {
    let mut db = database(folder).await;
    sqlx::query_scalar::<_, Option<i64>>(sql).fetch_one(&mut db).await.expect("a number").unwrap_or_default()
}

/// Every row of every table, as text.
async fn dump(folder: &Path) -> Vec<String> {
    let mut db = database(folder).await;
    let tables = "select name from sqlite_schema where type = 'table' order by name";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut db).await.expect("tables");
    assert!(tables.iter().any(|table| table == "timed_seat"), "{tables:?}");
    let mut rows = Vec::new();
    for table in tables {
        let columns = format!(
            "select group_concat('quote(\"' || name || '\")', ' || '','' || ') from pragma_table_info('{table}')"
        );
        let columns: String = sqlx::query_scalar(AssertSqlSafe(columns)).fetch_one(&mut db).await.expect("columns");
        let all = format!("select '{table}: ' || {columns} from \"{table}\" order by 1");
        rows.extend(sqlx::query_scalar::<_, String>(AssertSqlSafe(all)).fetch_all(&mut db).await.expect("rows"));
    }
    rows
}
