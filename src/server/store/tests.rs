//! The store on a fresh file in a temporary folder: what is acknowledged is there, what is refused changed nothing.

mod accounts;
mod audit;
mod forgetting;
mod mail;
mod people;

use std::fs;
use std::path::Path;

use futures_util::future::join_all;
use tempfile::TempDir;

use crate::domain::chat::ChatText;
use crate::domain::code::JoinCode;
use crate::domain::ids::{AdminId, CommandId, MessageId, OrganisationId, QuizId, SeatId, SessionId, TurnNo};
use crate::domain::name::Nickname;
use crate::domain::question::{Choice, Question, QuestionKind};
use crate::domain::quiz::Quiz;
use crate::domain::role::Role;
use crate::domain::time::{Millis, Timestamp};
use crate::room::fact::{Fact, FactBody, Opened};
use crate::server::store::admin::NewAdmin;
use crate::server::store::open::{OpenError, SCHEMA};
use crate::server::store::quiz::QUIZZES_MAX;
use crate::server::store::session::NewSession;
use crate::server::store::{Store, StoreError};

const NOW: Timestamp = Timestamp(1_795_177_085_250);
const ORGANISATION: OrganisationId = OrganisationId(1);
const ADMIN: AdminId = AdminId(1);
const QUIZ: QuizId = QuizId(1);

/// A store with an organisation, an admin and a quiz.
async fn fresh() -> (Store, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(folder.path()).await.expect("a fresh store");
    store.set_up(ada(), vec![quiz()], NOW).await.expect("the first admin");
    (store, folder)
}

fn ada() -> NewAdmin {
    NewAdmin {
        organisation: "Analytical Engines".to_owned(),
        name: "Ada".to_owned(),
        email: "ada@quiz.example".to_owned(),
        password_hash: "$argon2id$".to_owned(),
    }
}

fn quiz() -> Quiz {
    let question = Question { prompt: "Is water wet?".to_owned(), ..Question::blank(QuestionKind::TrueFalse) };
    Quiz { title: "Water".to_owned(), description: String::new(), language: "en".to_owned(), questions: vec![question] }
}

fn code(text: &str) -> JoinCode {
    JoinCode::parse(text).expect("a good code")
}

fn fact(no: u32, body: FactBody) -> Fact {
    Fact { no, at: NOW + Millis(i64::from(no)), command: None, body }
}

fn seat_taken(no: u32, seat: u32) -> Fact {
    let name = Nickname::parse(&format!("Player {seat}")).expect("a name");
    fact(no, FactBody::SeatTaken { seat: SeatId(seat), name })
}

fn answered(no: u32, seat: u32, turn: u32) -> Fact {
    let body = FactBody::Answered {
        seat: SeatId(seat),
        turn: TurnNo(turn),
        choice: Choice::of(&[1]).expect("a place"),
        received_at: NOW,
        elapsed: Millis(1_200),
        credited: Millis(40),
    };
    Fact { command: CommandId::parse(&format!("c-{no}")).ok(), ..fact(no, body) }
}

/// What somebody wrote while messages are kept; the message is named like its fact.
fn written(no: u32, by: Option<u32>, text: &str) -> Fact {
    let text = ChatText::parse(text).ok();
    let body = FactBody::ChatSent { message: MessageId(u64::from(no)), by: by.map(SeatId), text };
    Fact { command: CommandId::parse(&format!("c-{no}")).ok(), ..fact(no, body) }
}

/// Numbers of the facts whose texts are still there.
async fn texts(store: &Store, session: SessionId) -> Vec<u32> {
    let facts = store.facts(session).await.expect("facts");
    let has_text = |fact: &Fact| matches!(&fact.body, FactBody::ChatSent { text: Some(_), .. });
    facts.iter().filter(|fact| has_text(fact)).map(|fact| fact.no).collect()
}

/// Whether a word stands anywhere in the folder's database or in its log.
fn is_on_disk(folder: &Path, word: &str) -> bool {
    let files = ["podium.db", "podium.db-wal", "podium.db-shm"].map(|name| fs::read(folder.join(name)));
    files.into_iter().flatten().any(|bytes| bytes.windows(word.len()).any(|part| part == word.as_bytes()))
}

async fn open_session(store: &Store, text: &str) -> SessionId {
    let id = store.reserve_session().await.expect("an id");
    let opened = fact(1, FactBody::Opened(Opened { session: id, code: code(text), quiz: quiz() }));
    let title = "Water".to_owned();
    let new =
        NewSession { id, organisation: ORGANISATION, quiz: QUIZ, admin: Some(ADMIN), code: code(text), title, opened };
    store.open_session(new).await.expect("an open session");
    id
}

/// Asks the database itself, over the writing connection.
async fn ask<T>(store: &Store, sql: &'static str) -> T
where
    T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + Send + Unpin + 'static,
{
    let asked =
        store.write(move |db| Box::pin(async move { Ok(sqlx::query_scalar::<_, T>(sql).fetch_one(db).await?) }));
    asked.await.expect("an answer")
}

#[tokio::test]
async fn every_kind_of_fact_is_read_as_it_was_written() {
    let (store, _folder) = fresh().await;
    let session = open_session(&store, "KFX7QM").await;
    let opened = fact(1, FactBody::Opened(Opened { session, code: code("KFX7QM"), quiz: quiz() }));
    let (turn, seat) = (TurnNo(1), SeatId(2));
    let rest = vec![
        seat_taken(2, 1),
        seat_taken(3, 2),
        fact(4, FactBody::Locked),
        fact(5, FactBody::Unlocked),
        fact(6, FactBody::TurnOpened { turn, answers_at: NOW, deadline: Some(NOW + Millis(20_000)) }),
        fact(7, FactBody::AnswersOpened { turn }),
        answered(8, 1, 1),
        fact(9, FactBody::TurnClosed { turn }),
        fact(10, FactBody::TurnStruck { turn }),
        fact(11, FactBody::StandingsShown { turn }),
        fact(12, FactBody::SeatRemoved { seat }),
        fact(13, FactBody::SeatBlocked { seat: SeatId(1) }),
        fact(14, FactBody::ChatOpened),
        fact(15, FactBody::ChatKept { until: NOW + Millis(86_400_000) }),
        written(16, Some(1), "Hello \"you\" \u{1F44B}"),
        written(17, None, "Hello"),
        fact(18, FactBody::ChatClosed),
        fact(19, FactBody::PodiumShown),
        fact(20, FactBody::Closed),
    ];
    store.append(session, rest.clone()).await.expect("stored");
    let expected: Vec<Fact> = std::iter::once(opened).chain(rest).collect();
    assert_eq!(store.facts(session).await.expect("facts"), expected);
    assert_eq!(store.last_at_ms().await, Ok(NOW + Millis(20)));
}

#[tokio::test]
async fn plain_rows_follow_from_facts() {
    let (store, _folder) = fresh().await;
    let session = open_session(&store, "KFX7QM").await;
    let body = FactBody::SeatBlocked { seat: SeatId(2) };
    store
        .append(session, vec![seat_taken(2, 1), seat_taken(3, 2), answered(4, 1, 1), fact(5, body)])
        .await
        .expect("stored");
    assert_eq!(ask::<String>(&store, "select group_concat(name, ',') from seat").await, "Player 1,Player 2");
    assert_eq!(ask::<i64>(&store, "select sum(is_blocked * seat) from seat where left_at_ms is not null").await, 2);
    let answer = "select turn || seat || choice || received_at_ms || ' ' || elapsed_ms || ' ' || credited_ms || command_id from answer";
    assert_eq!(ask::<String>(&store, answer).await, "11[1]1795177085250 1200 40c-4");
    for table in
        ["select organisation_id from fact", "select organisation_id from seat", "select organisation_id from answer"]
    {
        assert_eq!(ask::<i64>(&store, table).await, ORGANISATION.0);
    }
}

#[tokio::test]
async fn a_text_that_was_taken_away_is_nowhere_on_the_disk() {
    let (store, folder) = fresh().await;
    let session = open_session(&store, "KFX7QM").await;
    let until = NOW + Millis(86_400_000);
    let (kept, removed) = (FactBody::ChatKept { until }, FactBody::ChatRemoved { message: MessageId(5) });
    let start =
        vec![seat_taken(2, 1), fact(3, kept.clone()), written(4, Some(1), "harmless"), written(5, None, "Zuckerhut")];
    store.append(session, start).await.expect("stored");
    let row = "select group_concat(message || coalesce(seat, 'host') || organisation_id || text, ' ') from chat";
    assert_eq!(ask::<String>(&store, row).await, "411harmless 5host1Zuckerhut");
    assert_eq!(ask::<i64>(&store, "select chat_kept_until_ms from session").await, until.0);
    assert!(is_on_disk(folder.path(), "Zuckerhut"));
    store.append(session, vec![fact(6, removed)]).await.expect("stored");
    assert_eq!(texts(&store, session).await, [4]);

    // In one group: what was kept before the end goes, what was written after the new beginning stays.
    let group =
        vec![written(7, None, "Pfefferminz"), fact(8, FactBody::ChatNotKept), fact(9, kept), written(10, None, "new")];
    store.append(session, group).await.expect("stored");
    assert_eq!(texts(&store, session).await, [10]);
    store.close().await;
    for gone in ["Zuckerhut", "harmless", "Pfefferminz"] {
        assert!(!is_on_disk(folder.path(), gone), "{gone}");
    }
}

#[tokio::test]
async fn messages_are_deleted_on_the_day_that_was_said() {
    let (store, folder) = fresh().await;
    let (one, other) = (open_session(&store, "AAAAAA").await, open_session(&store, "BBBBBB").await);
    for (session, days) in [(one, 1), (other, 2)] {
        let until = NOW + Millis(days * 86_400_000);
        let facts = vec![fact(2, FactBody::ChatKept { until }), written(3, None, &format!("Zuckerhut{days}"))];
        store.append(session, facts).await.expect("stored");
    }
    assert_eq!(store.sweep_chat(NOW + Millis(86_399_999)).await, Ok(0));
    assert_eq!(store.sweep_chat(NOW + Millis(86_400_000)).await, Ok(1));
    assert_eq!((texts(&store, one).await.len(), texts(&store, other).await.len()), (0, 1));
    store.append(other, vec![fact(4, FactBody::ChatNotKept)]).await.expect("stored");
    assert_eq!(ask::<i64>(&store, "select count(*) from session where chat_kept_until_ms is not null").await, 1);
    store.close().await;
    assert!(!is_on_disk(folder.path(), "Zuckerhut"));
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let (store, folder) = fresh().await;
    let session = open_session(&store, "KFX7QM").await;
    store.append(session, vec![seat_taken(2, 1)]).await.expect("stored");
    let answers: Vec<Fact> = (3..103).map(|no| answered(no, 1, no)).collect();
    let acknowledged = join_all(answers.chunks(7).map(|chunk| store.append(session, chunk.to_vec()))).await;
    assert!(acknowledged.iter().all(Result::is_ok));

    // What a killed process leaves behind is what is in the folder now, while it is still open.
    let left = tempfile::tempdir().expect("a temporary folder");
    for name in ["podium.db", "podium.db-wal"] {
        fs::copy(folder.path().join(name), left.path().join(name)).expect("a copied file");
    }
    let again = Store::open(left.path()).await.expect("the same store");
    assert_eq!(again.facts(session).await.expect("facts").len(), 102);
    assert_eq!(again.open_sessions().await.expect("sessions").len(), 1);
    assert_eq!(ask::<i64>(&again, "select count(*) from answer").await, 100);
    assert!(again.reserve_session().await.expect("an id") > session);
}

#[tokio::test]
async fn one_bad_batch_does_not_fail_its_neighbours() {
    let (store, _folder) = fresh().await;
    let mut sessions = Vec::new();
    for text in ["AAAAAA", "BBBBBB", "CCCCCC"] {
        sessions.push(open_session(&store, text).await);
    }
    // All of these wait before the writer takes the first, so they share a transaction.
    let unknown = SessionId(77);
    let (appends, missing, harmless) = tokio::join!(
        join_all([
            store.append(sessions[0], vec![seat_taken(2, 1)]),
            store.append(sessions[1], vec![seat_taken(2, 1), seat_taken(1, 2)]),
            store.append(unknown, vec![seat_taken(1, 1)]),
            store.append(sessions[2], vec![seat_taken(2, 1), answered(3, 9, 1)]),
            store.append(sessions[0], vec![seat_taken(3, 2)]),
        ]),
        store.delete_quiz(ORGANISATION, QuizId(99), NOW),
        store.end_login("none".to_owned(), NOW),
    );
    let is_contradiction = |result: &Result<(), StoreError>| matches!(result, Err(StoreError::Contradiction(_)));
    assert_eq!(
        appends.iter().map(is_contradiction).collect::<Vec<_>>(),
        [false, true, true, true, false],
        "{appends:?}"
    );
    assert_eq!((missing, harmless), (Err(StoreError::NotFound), Ok(())));
    let counts = join_all(sessions.iter().map(|session| store.facts(*session))).await;
    assert_eq!(counts.into_iter().map(|facts| facts.expect("facts").len()).collect::<Vec<_>>(), [3, 1, 1]);
}

#[tokio::test]
async fn a_log_with_a_hole_is_not_half_a_game() {
    let (store, _folder) = fresh().await;
    let session = open_session(&store, "KFX7QM").await;
    store.append(session, vec![fact(3, FactBody::Locked)]).await.expect("stored");
    assert!(matches!(store.facts(session).await, Err(StoreError::Unreadable(why)) if why.contains("fact 2")));
}

#[tokio::test]
async fn a_code_belongs_to_one_open_session() {
    let (store, _folder) = fresh().await;
    let first = open_session(&store, "KFX7QM").await;
    let id = store.reserve_session().await.expect("an id");
    let opened = fact(1, FactBody::Opened(Opened { session: id, code: code("KFX7QM"), quiz: quiz() }));
    let title = "Water".to_owned();
    let new = NewSession {
        id,
        organisation: ORGANISATION,
        quiz: QUIZ,
        admin: Some(ADMIN),
        code: code("KFX7QM"),
        title,
        opened,
    };
    assert_eq!(store.open_session(new.clone()).await, Err(StoreError::Taken));
    assert_eq!(store.facts(id).await, Ok(Vec::new()), "nothing of it is stored");

    store.append(first, vec![fact(2, FactBody::Closed)]).await.expect("stored");
    assert_eq!(store.session_by_code(code("KFX7QM")).await, Ok(None));
    store.open_session(new).await.expect("the code is free again");
    let found = store.session_by_code(code("KFX7QM")).await.expect("readable").expect("an open session");
    assert_eq!((found.id, found.organisation, found.admin), (id, ORGANISATION, Some(ADMIN)));
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_is_forgotten_when_there_is_room() {
    let (store, _folder) = fresh().await;
    let session = open_session(&store, "KFX7QM").await;
    let pages: i64 = ask(&store, "pragma page_count").await;
    assert!(pages < 96);
    ask::<i64>(&store, "pragma max_page_count = 96").await;
    let much: Vec<Fact> = (2..4_000).map(|no| seat_taken(no, no)).collect();
    let (full, other) = tokio::join!(store.append(session, much.clone()), store.end_login("none".to_owned(), NOW));
    assert!(matches!(full, Err(StoreError::NotSaved(_))), "{full:?}");
    assert!(matches!(other, Err(StoreError::NotSaved(_)) | Ok(())), "{other:?}");
    assert_eq!(store.facts(session).await.expect("facts").len(), 1, "reading works, and nothing of it is stored");

    ask::<i64>(&store, "pragma max_page_count = 1000000").await;
    assert_eq!(store.check().await, Ok(()));
    store.append(session, much).await.expect("stored");
    assert_eq!(store.facts(session).await.expect("facts").len(), 3_999);
}

#[tokio::test]
async fn commits_reach_the_disk_and_readers_cannot_write() {
    let (store, _folder) = fresh().await;
    assert_eq!(ask::<i64>(&store, "pragma synchronous").await, 2, "FULL");
    assert_eq!(ask::<String>(&store, "pragma journal_mode").await, "wal");
    assert_eq!(ask::<i64>(&store, "pragma foreign_keys").await, 1);
    assert!(sqlx::query("delete from quiz").execute(&store.readers).await.is_err());
}

#[tokio::test]
async fn a_quiz_is_saved_from_its_last_version_only() {
    let (store, _folder) = fresh().await;
    let (first, version) = store.quiz(ORGANISATION, QUIZ).await.expect("the quiz");
    assert_eq!((first.clone(), version), (quiz(), 1));
    let later = Quiz { title: "Wetter".to_owned(), ..first };
    let save = |version| store.save_quiz(ORGANISATION, QUIZ, version, later.clone(), NOW + Millis(5));
    assert_eq!(save(1).await, Ok(2));
    assert_eq!(save(1).await, Err(StoreError::Changed));
    assert_eq!(store.quiz(ORGANISATION, QUIZ).await.expect("the quiz").0.title, "Wetter");
    let rows = store.quizzes(ORGANISATION).await.expect("the list");
    assert_eq!((rows[0].title.as_str(), rows[0].question_count, rows[0].problem_count), ("Wetter", 1, 1));
}

#[tokio::test]
async fn another_organisations_quiz_is_not_there() {
    let (store, _folder) = fresh().await;
    let other = OrganisationId(2);
    assert_eq!(store.quiz(other, QUIZ).await, Err(StoreError::NotFound));
    assert_eq!(store.save_quiz(other, QUIZ, 1, quiz(), NOW).await, Err(StoreError::NotFound));
    assert_eq!(store.delete_quiz(other, QUIZ, NOW).await, Err(StoreError::NotFound));
    assert_eq!(store.quizzes(other).await, Ok(Vec::new()));
    assert!(store.quiz(ORGANISATION, QUIZ).await.is_ok());
}

#[tokio::test]
async fn a_deleted_quiz_leaves_its_sessions_alone() {
    let (store, _folder) = fresh().await;
    let session = open_session(&store, "KFX7QM").await;
    store.delete_quiz(ORGANISATION, QUIZ, NOW).await.expect("deleted");
    assert_eq!(store.facts(session).await.expect("facts").len(), 1);
    assert_eq!(store.open_sessions().await.expect("sessions")[0].title, "Water");
}

#[tokio::test]
async fn one_quiz_more_than_fits_is_refused() {
    let (store, _folder) = fresh().await;
    let added = join_all((1..QUIZZES_MAX).map(|_| store.add_quiz(ORGANISATION, quiz(), NOW))).await;
    assert!(added.iter().all(Result::is_ok));
    assert_eq!(store.add_quiz(ORGANISATION, quiz(), NOW).await, Err(StoreError::TooMany(QUIZZES_MAX)));
}

#[tokio::test]
async fn the_first_admin_is_made_once() {
    let (store, _folder) = fresh().await;
    assert_eq!(store.has_admin().await, Ok(true));
    assert_eq!(store.set_up(ada(), vec![], NOW).await, Err(StoreError::Taken));
    assert_eq!(store.add_admin(ada(), None, vec![], NOW).await, Err(StoreError::Taken));
    let grace = NewAdmin { email: "grace@quiz.example".to_owned(), ..ada() };
    store.add_admin(grace, None, vec![quiz()], NOW).await.expect("a second admin");
    let row = store.admin_by_email("grace@quiz.example").await.expect("readable").expect("a row");
    assert_eq!((row.organisation, row.role), (ORGANISATION, Role::Admin));
    assert_eq!(
        store.quizzes(ORGANISATION).await.expect("the list").len(),
        1,
        "samples come with the organisation only"
    );
}

#[tokio::test]
async fn a_closed_store_says_so_and_leaves_no_log_behind() {
    let (store, folder) = fresh().await;
    let session = open_session(&store, "KFX7QM").await;
    store.close().await;
    assert_eq!(store.append(session, vec![fact(2, FactBody::Locked)]).await, Err(StoreError::Closed));
    assert!(!folder.path().join("podium.db-wal").exists());
    let again = Store::open(folder.path()).await.expect("the folder is free");
    assert_eq!(again.facts(session).await.expect("facts").len(), 1);
}

#[tokio::test]
async fn a_second_instance_is_refused_but_a_command_is_not() {
    let (store, folder) = fresh().await;
    let second = Store::open(folder.path()).await.expect_err("refused");
    assert!(matches!(second, OpenError::InUse { .. }));
    assert!(second.to_string().starts_with("another Podium is using the data folder "), "{second}");

    let command = Store::open_beside(folder.path()).await.expect("a command beside");
    command.set_password("ada@quiz.example".to_owned(), "$new$".to_owned(), NOW).await.expect("changed");
    command.close().await;
    let row = store.admin_by_email("ada@quiz.example").await.expect("readable").expect("a row");
    assert_eq!(row.password_hash, "$new$");
    store.append(open_session(&store, "KFX7QM").await, vec![seat_taken(2, 1)]).await.expect("the server goes on");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let (store, folder) = fresh().await;
    store
        .write(|db| {
            Box::pin(async {
                sqlx::query(
                    "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                     values (9999, 'from the future', true, x'00', 0)",
                )
                .execute(db)
                .await?;
                Ok(())
            })
        })
        .await
        .expect("a newer schema");
    store.close().await;
    let refused = check_refused_unchanged(folder.path()).await;
    assert!(matches!(refused, OpenError::Newer { found: 9999, .. }), "{refused}");
}

/// Opens what cannot be opened, and looks that nothing was changed.
async fn check_refused_unchanged(folder: &Path) -> OpenError {
    let read = || fs::read(folder.join("podium.db")).ok();
    let before = read();
    let refused = Store::open(folder).await.expect_err("refused");
    assert!(!refused.to_string().contains('\n'), "{refused}");
    assert_eq!(read(), before, "{refused}");
    refused
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_left_alone() {
    let (store, folder) = fresh().await;
    let file = folder.path().join("podium.db");
    open_session(&store, "KFX7QM").await;
    store.close().await;
    let good = fs::read(&file).expect("the file");
    let half = good.len() / 2;
    let mut broken_header = good.clone();
    broken_header[3] ^= 0xff;
    let mut broken_page = good.clone();
    broken_page[4_096..4_196].fill(0xff);
    for (what, bytes) in [
        ("empty", Vec::new()),
        ("garbage", vec![b'x'; 8_192]),
        ("half", good[..half].to_vec()),
        ("header", broken_header),
        ("page", broken_page),
    ] {
        fs::write(&file, bytes).expect("a written file");
        let refused = check_refused_unchanged(folder.path()).await;
        assert!(matches!(refused, OpenError::Damaged { .. }), "{what}: {refused}");
        for leftover in ["podium.db-wal", "podium.db-shm"] {
            let _ = fs::remove_file(folder.path().join(leftover));
        }
    }

    fs::write(&file, &good).expect("a written file");
    fs::write(folder.path().join("podium.db-wal"), vec![b'x'; 64]).expect("a written file");
    assert!(matches!(check_refused_unchanged(folder.path()).await, OpenError::Damaged { .. }));
    fs::remove_file(&file).expect("a removed file");
    let refused = check_refused_unchanged(folder.path()).await;
    assert!(matches!(refused, OpenError::Damaged { .. }), "a log without its database");
    fs::remove_file(folder.path().join("podium.db-wal")).expect("a removed file");
    assert!(Store::open(folder.path()).await.is_ok(), "an empty folder is a fresh one");
}

#[tokio::test]
async fn a_database_of_another_program_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("podium.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut db = sqlx::ConnectOptions::connect(&options).await.expect("a database");
    sqlx::query("create table recipe (id integer primary key)").execute(&mut db).await.expect("a table");
    sqlx::Connection::close(db).await.expect("closed");
    let refused = Store::open(folder.path()).await.expect_err("refused");
    assert!(refused.to_string().contains("it holds none of Podium's tables"), "{refused}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_told_with_its_cure() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("file");
    fs::write(&file, "no folder").expect("a written file");
    let refused = Store::open(&file.join("data")).await.expect_err("refused").to_string();
    assert!(
        refused.starts_with("cannot make the data folder ") && refused.ends_with("; choose another with --data-dir"),
        "{refused}"
    );
    // A folder in the way of the lock file stands for a folder without the right to write, which root always has.
    let taken = folder.path().join("taken");
    fs::create_dir_all(taken.join("podium.lock")).expect("a folder");
    let refused = Store::open(&taken).await.expect_err("refused").to_string();
    assert!(refused.starts_with("cannot write to the data folder "), "{refused}");
}

#[tokio::test]
async fn a_new_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("a/data");
    let store = Store::open(&data).await.expect("a fresh store");
    store.set_up(ada(), vec![], NOW).await.expect("the first admin");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for name in ["podium.db", "podium.db-wal", "podium.lock"] {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
}

/// Law 12. A line here never changes; a new migration adds one.
#[test]
fn old_migrations_never_change() {
    let checksums: Vec<String> = SCHEMA
        .iter()
        .map(|migration| {
            let digits: String = migration.checksum.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            format!("{} {digits}", migration.version)
        })
        .collect();
    assert_eq!(
        checksums,
        [
            "1 8688ee651d6f4c46",
            "2 b60a827c8e50cb30",
            "3 1a2d69b011a519e0",
            "4 4b074b43f9df7167",
            "5 29fbfc5d52c0b9b4",
            "6 9d50faa455fd366a",
            "7 f2542a286ea41b29",
            "8 da77251ed8113a1e",
            "9 fa4034bf99fe6939",
            "10 91d93668e9f7d9b3"
        ]
    );
}
