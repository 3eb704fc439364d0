//! The operator's commands beside a running house: organisations, quizzes, rooms; and what goes by itself after its time.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::bots::visitor::Ended;
use crate::commands::backup::{Backup, Check, Restore};
use crate::commands::org::{self, OrgCommand, Whose};
use crate::commands::output::Output;
use crate::commands::quiz::{self, QuizCommand};
use crate::commands::room;
use crate::domain::code::JoinCode;
use crate::domain::ids::{OrganisationId, QuizId, TurnNo};
use crate::domain::question::Choice;
use crate::domain::time::Millis;
use crate::protocol::close::Close;
use crate::protocol::command::{Answer, HostCommand};
use crate::protocol::message::Message;
use crate::protocol::view::Phase;
use crate::room::fact::FactBody;
use crate::server::config::Place;
use crate::server::quiz_file::{self, HEADING};
use crate::server::store::Store;
use crate::server::store::backup::SESSIONS_LEFT_OUT;
use crate::tests::house::{House, PATIENCE, Seated, folder, id, on_runtime, quiz as house_quiz};
use crate::tests::raw::token_of_stranger;

const OURS: OrganisationId = OrganisationId(1);

fn place(folder: &tempfile::TempDir) -> Place {
    Place { data_dir: folder.path().to_owned() }
}

fn open(folder: &tempfile::TempDir, quiz: QuizId, org: Option<i64>) -> room::Open {
    let address = room::Address { public_url: None, listen: "127.0.0.1:3000".parse().expect("an address") };
    let whose = Whose { org: org.map(OrganisationId) };
    room::Open { place: place(folder), whose, quiz, address, output: Output::default() }
}

/// Opens a room from another store on the same folder, as the command line does.
async fn open_beside(folder: &tempfile::TempDir, quiz: QuizId, org: Option<i64>) -> anyhow::Result<JoinCode> {
    let store = Store::open_beside(folder.path()).await?;
    let opened = open(folder, quiz, org).open(&store).await;
    store.close().await;
    Ok(opened?.code())
}

/// Waits until the house keeps a room, or keeps it no more.
async fn until_kept(house: &House, code: JoinCode, is_kept: bool) {
    let waiting = async {
        while house.running.house.rooms.find(code).is_some() != is_kept {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("the house looks around");
}

#[test]
fn a_room_that_the_shell_opens_is_kept_by_the_running_house_within_a_second_or_so() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        let now = house.running.house.clock.now();
        let id = house.running.house.store.add_quiz(OURS, house_quiz(1), now).await.expect("a quiz");
        let (code, own) = (open_beside(&folder, id, None).await.expect("opened"), house.open_room(house_quiz(1)).await);
        until_kept(&house, code, true).await;
        let sessions: Vec<_> =
            [code, own].map(|code| house.running.house.rooms.find(code).expect("kept").session).into();
        assert_ne!(sessions[0], sessions[1], "no id twice");

        // It is a room like any other: its organisation hosts it, people play.
        let mut host = Seated::open(&admin, code, "host", None).await;
        let mut ada = house.visitor();
        ada.join(code, "Ada", "r-1").await.expect("a seat");
        let mut player = Seated::open(&ada, code, "player", None).await;
        player.until_phase(Phase::Lobby).await;
        host.host(|step| HostCommand::Next { step }).await;
        player.until_phase(Phase::Answering).await;
        assert!(admin.get(&format!("/host/{code}")).await.expect("the house answers").status().is_success());
        // And it comes back after a restart, once.
        let code_again = {
            house.running.stop().await;
            let house = House::open(folder.path()).await;
            let rooms = house.running.house.rooms.all();
            assert_eq!(rooms.iter().filter(|room| room.code == code).count(), 1);
            rooms.len()
        };
        assert_eq!(code_again, 2);
    });
}

#[test]
fn a_room_is_opened_only_from_a_quiz_of_that_organisation_that_can_be_played() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let store = &house.running.house.store;
        let now = house.running.house.clock.now();
        let mut unfinished = house_quiz(1);
        unfinished.questions[0].prompt.clear();
        let bad = store.add_quiz(OURS, unfinished, now).await.expect("a quiz");
        let good = store.add_quiz(OURS, house_quiz(1), now).await.expect("a quiz");
        let say = |why: anyhow::Error| format!("{why:#}");
        let refused = open_beside(&folder, bad, None).await.map_err(say);
        assert_eq!(
            refused,
            Err("no room was opened: this quiz is not finished: Question 1: Write the question.".to_owned())
        );
        let refused = open_beside(&folder, QuizId(99), None).await.map_err(say);
        assert_eq!(refused, Err("there is no quiz 99; podium quiz list shows them all".to_owned()));
        token_of_stranger(&house).await;
        let refused = open_beside(&folder, good, None).await.map_err(say);
        assert_eq!(refused, Err("say with --org which organisation is meant: 1 Northwind, 2 Contoso".to_owned()));
        assert!(open_beside(&folder, good, Some(2)).await.is_err(), "not theirs");
        assert!(open_beside(&folder, good, Some(1)).await.is_ok());
        let words = open(&folder, good, None).address.of("/join/KFX7QM");
        assert_eq!(words, "http://127.0.0.1:3000/join/KFX7QM");
    });
}

#[test]
fn a_removed_organisation_is_gone_from_the_running_house_and_others_go_on() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let ours = house.open_room(house_quiz(1)).await;
        token_of_stranger(&house).await;
        let mut olga = house.signed_in("olga@contoso.example").await;
        let store = &house.running.house.store;
        let now = house.running.house.clock.now();
        let id = store.add_quiz(OrganisationId(2), house_quiz(1), now).await.expect("a quiz");
        let theirs = open_beside(&folder, id, Some(2)).await.expect("opened");
        until_kept(&house, theirs, true).await;
        let mut ada = house.visitor();
        ada.join(theirs, "Ada", "r-1").await.expect("a seat");
        let mut player = Seated::open(&ada, theirs, "player", None).await;
        player.until_phase(Phase::Lobby).await;

        let remove = |yes: bool| {
            let (id, output) = (OrganisationId(2), Output { json: true });
            OrgCommand::Remove(org::Remove { place: place(&folder), id, yes, output })
        };
        let asked = remove(false).run().await.map_err(|why| why.to_string()).expect_err("it asks");
        assert!(asked.starts_with("Contoso has 1 accounts, 0 people, 1 quizzes and 1 open sessions"), "{asked}");
        assert!(olga.get("/quizzes").await.expect("the house answers").status().is_success(), "nothing was changed");
        remove(true).run().await.expect("removed");

        assert_eq!(player.until_end().await, Ended::Closed(Close::Over));
        until_kept(&house, theirs, false).await;
        let answer = olga.get("/quizzes").await.expect("the house answers");
        assert!(answer.headers()["location"].to_str().expect("plain").starts_with("/login"), "her login has ended");
        let left = store.organisations().await.expect("the list");
        assert_eq!((left.len(), left[0].name.as_str(), left[0].open_sessions), (1, "Northwind", 1));
        let mut bo = house.visitor();
        bo.join(ours, "Bo", "r-2").await.expect("ours goes on");
        let again = remove(true).run().await.map_err(|why| why.to_string());
        assert_eq!(again, Err("there is no organisation 2; podium org list shows them all".to_owned()));
    });
}

#[test]
fn organisations_and_quizzes_begin_at_the_shell() {
    let folder = folder();
    on_runtime(async {
        let output = Output::default();
        for name in ["Northwind", "Southwind"] {
            let add = org::Add { place: place(&folder), name: name.to_owned(), output };
            OrgCommand::Add(add).run().await.expect("added");
        }
        let rename = org::Rename { place: place(&folder), id: OrganisationId(2), name: " Contoso ".to_owned(), output };
        OrgCommand::Rename(rename).run().await.expect("renamed");
        OrgCommand::List(org::List { place: place(&folder), output }).run().await.expect("listed");
        let blank = org::Add { place: place(&folder), name: "  ".to_owned(), output };
        assert!(OrgCommand::Add(blank).run().await.is_err());

        let file = folder.path().join("Space quiz.csv");
        let import = |skip_bad: bool| {
            let whose = Whose { org: Some(OrganisationId(2)) };
            let (title, language) = (None, "de".to_owned());
            let place = place(&folder);
            QuizCommand::Import(quiz::Import { place, whose, file: file.clone(), title, language, skip_bad, output })
        };
        let good = "single,Which is red?,Mars,Venus,,,1,20,500,Rust.\n";
        fs::write(&file, format!("{HEADING}\n{good},Nothing,,,,,,,,\n")).expect("written");
        let refused = import(false).run().await.map_err(|why| why.to_string()).expect_err("one row is bad");
        assert!(refused.starts_with("1 rows or questions cannot be played, so nothing was taken in"), "{refused}");
        let store = Store::open(folder.path()).await.expect("the folder is free");
        let theirs = store.quizzes(OrganisationId(2)).await.expect("the list");
        assert_eq!(theirs.len(), 4, "the samples");
        store.close().await;
        import(true).run().await.expect("taken in");

        let out = folder.path().join("out.json");
        let whose = Whose { org: Some(OrganisationId(2)) };
        let export = |id: i64, org: i64| {
            let whose = Whose { org: Some(OrganisationId(org)) };
            QuizCommand::Export(quiz::Export { place: place(&folder), whose, id: QuizId(id), file: Some(out.clone()) })
        };
        assert!(export(9, 1).run().await.is_err(), "not theirs");
        export(9, 2).run().await.expect("written");
        let json: Value = serde_json::from_str(&fs::read_to_string(&out).expect("a file")).expect("JSON");
        assert_eq!((&json["title"], &json["language"]), (&Value::from("Space quiz"), &Value::from("de")));
        let about = quiz_file::About { title: String::new(), language: String::new() };
        let found = quiz_file::read(&fs::read(&out).expect("a file"), about).expect("a quiz");
        assert_eq!(found.quiz.questions.len(), 1);
        QuizCommand::List(quiz::List { place: place(&folder), whose, output }).run().await.expect("listed");
    });
}

#[test]
fn sessions_go_by_themselves_where_the_operator_says_so() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_as(folder.path(), &["--sessions-kept-days", "2"]).await;
        let admin = house.set_up().await;
        assert_eq!(house.running.house.config.sessions_kept, Some(Millis(2 * 86_400_000)));
        let (code, open) = (house.open_room(house_quiz(1)).await, house.open_room(house_quiz(1)).await);
        let mut host = Seated::open(&admin, code, "host", None).await;
        host.host(|step| HostCommand::End { step }).await;
        let session = house.running.house.rooms.find(code).expect("a room").session;
        let store = house.running.house.store.clone();
        crate::serve::sweep_sessions(&house.running.house).await;
        assert!(!store.facts(session).await.expect("facts").is_empty(), "two days have not passed");
        house.running.house.clock.pass(Millis(2 * 86_400_000));
        crate::serve::sweep_sessions(&house.running.house).await;
        assert!(store.facts(session).await.expect("facts").is_empty());
        let open = house.running.house.rooms.find(open).expect("a room").session;
        assert!(!store.facts(open).await.expect("facts").is_empty(), "what is open stays");
        house.running.stop().await;
        assert_eq!(
            House::open(folder.path()).await.running.house.config.sessions_kept,
            None,
            "kept for ever by default"
        );
    });
}

/// D7.
#[test]
fn a_backup_of_a_running_house_goes_on_elsewhere() {
    let (folder, elsewhere) = (folder(), folder());
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let code = house.open_room(house_quiz(2)).await;
        let mut host = Seated::open(&admin, code, "host", None).await;
        let mut ada = house.visitor();
        ada.join(code, "Ada", "r-1").await.expect("a seat");
        let mut player = Seated::open(&ada, code, "player", None).await;
        player.until_phase(Phase::Lobby).await;
        host.host(|step| HostCommand::Next { step }).await;
        player.until_phase(Phase::Answering).await;
        let answer = Answer { turn: TurnNo(1), choice: Choice::of(&[1]).expect("a place") };
        let taken = player.answer(answer, &id("a-1")).await;
        assert!(matches!(taken, Message::AnswerTaken(_)), "{taken:?}");

        let (file, output) = (folder.path().join("backup.podium"), Output::default());
        let backup = || Backup { place: place(&folder), file: file.clone(), output };
        backup().run().await.expect("written");
        let again = backup().run().await.map_err(|why| why.to_string()).expect_err("it is there");
        assert!(again.ends_with("is there already; choose another name"), "{again}");
        let mode = fs::metadata(&file).expect("a file").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "its owner's alone");
        Check { place: place(&folder), output }.run().await.expect("everything is well");
        let restore = |folder: &tempfile::TempDir, file: &Path, replace: bool| Restore {
            place: place(folder),
            file: file.to_owned(),
            replace,
            output,
        };
        let refused = restore(&folder, &file, true).run().await.map_err(|why| why.to_string()).expect_err("in use");
        assert!(refused.starts_with("another Podium is using the data folder"), "{refused}");

        restore(&elsewhere, &file, false).run().await.expect("put back");
        let there = House::open(elsewhere.path()).await;
        let restored = there.running.house.rooms.find(code).expect("the room goes on");
        let facts = there.running.house.store.facts(restored.session).await.expect("facts");
        assert!(facts.iter().any(|fact| matches!(fact.body, FactBody::Answered { .. })), "the answer is there");
        let mut player = Seated::open(&ada.at(there.door()), code, "player", None).await;
        player.until_show(|show| show.scene.phase() != Phase::Lobby).await;
        // Whatever was opened here after the backup, its links name nothing there.
        let next = there.running.house.store.reserve_session().await.expect("an id");
        assert!(next.0 > restored.session.0 + SESSIONS_LEFT_OUT, "{next} was given out before");
        there.running.stop().await;

        // What is there is put aside only when that is asked for, and what is no backup changes nothing.
        let words = |restored: anyhow::Result<()>| restored.map_err(|why| why.to_string()).expect_err("refused");
        let refused = words(restore(&elsewhere, &file, false).run().await);
        assert!(refused.contains("has a database already; with --replace"), "{refused}");
        let bytes = fs::read(&file).expect("a file");
        for (name, bytes) in [("none", None), ("cut", Some(&bytes[..bytes.len() / 2])), ("text", Some(&b"hello"[..]))] {
            let bad = folder.path().join(name);
            bytes.into_iter().for_each(|bytes| fs::write(&bad, bytes).expect("written"));
            let refused = words(restore(&elsewhere, &bad, true).run().await);
            assert!(refused.contains("is no whole backup of Podium"), "{refused}");
        }
        let database = folder.path().join("podium.db");
        let refused = words(restore(&elsewhere, &database, true).run().await);
        assert!(refused.contains("podium backup did not write it"), "{refused}");
        restore(&elsewhere, &file, true).run().await.expect("put back");
        assert!(elsewhere.path().join("podium.db.replaced").exists());
        let refused = words(restore(&elsewhere, &file, true).run().await);
        assert!(refused.contains("podium.db.replaced is there already"), "{refused}");
        Check { place: place(&elsewhere), output }.run().await.expect("everything is well");
    });
}
