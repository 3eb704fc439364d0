//! Two organisations: whatever one of them asks with the other's numbers, there is nothing, and nothing changes.
//!
//! T1, T2.

use http::StatusCode;
use serde_json::{Value, json};

use crate::bots::visitor::{Ended, Visitor};
use crate::domain::code::JoinCode;
use crate::domain::ids::{OrganisationId, PersonId, SeatId, SessionId};
use crate::domain::person::PersonDraft;
use crate::protocol::close::Close;
use crate::protocol::frame::SUBPROTOCOL;
use crate::tests::house::{House, folder, on_runtime, quiz};
use crate::tests::raw::{Raw, token_of_stranger};
use crate::tests::timed::{ask, database, dump, follow, location, open_session};

/// One organisation with a session in which somebody answers.
struct Side {
    admin: Visitor,
    canary: &'static str,
    session: SessionId,
    code: JoinCode,
    quiz: i64,
    person: PersonId,
    seat: SeatId,
    browser: Visitor,
}

impl Side {
    async fn open(house: &House, mut admin: Visitor, organisation: OrganisationId, canary: &'static str) -> Self {
        let mut quiz = quiz(2);
        quiz.title = format!("{canary} quiz");
        quiz.questions[0].prompt = format!("{canary} prompt?");
        let (session, code) = open_session(house, &mut admin, organisation, quiz, &[]).await;
        let draft = PersonDraft {
            first_name: canary.to_owned(),
            email: format!("{canary}@quiz.example"),
            tags: vec![canary.to_lowercase()],
            ..PersonDraft::default()
        };
        let (store, now) = (&house.running.house.store, house.running.house.clock.now());
        let person = store.add_person(organisation, draft, now).await.expect("somebody").id;
        let invited = ask(&mut admin, "invite_people", json!({ "id": session, "who": { "These": [person] } })).await;
        assert_eq!(invited, (StatusCode::OK, json!(1)));
        let (_, link) = ask(&mut admin, "seat_link", json!({ "id": session, "seat": 1 })).await;
        let url = link["url"].as_str().expect("an address");
        let mut browser = house.visitor();
        follow(&mut browser, &url[url.find("/session?").expect("a link")..]).await;
        for (what, fields) in [("start", vec![]), ("answer", vec![("turn", "1"), ("choice", "1")])] {
            let fields = [vec![("code", code.as_str())], fields].concat();
            browser.post(&format!("/session/{what}"), &fields).await.expect("the house answers");
        }
        let quizzes = store.quizzes(organisation).await.expect("quizzes");
        let quiz = quizzes.iter().map(|card| card.id.0).max().expect("a quiz");
        Self { admin, canary, session, code, quiz, person, seat: SeatId(1), browser }
    }

    /// Every function that takes a number of theirs, with what they would ask.
    fn functions(&self) -> Vec<(&'static str, Value)> {
        let Self { session, seat, person, quiz, .. } = self;
        let deed = |deed: Value| ("manage_seat", json!({ "id": session, "seat": seat, "deed": deed }));
        let filter = json!({ "search": "", "tag": null, "sort": "newest" });
        vec![
            ("quiz_to_time", json!({ "id": quiz })),
            ("timed_page", json!({ "id": session })),
            ("seat_link", json!({ "id": session, "seat": seat })),
            ("people_to_invite", json!({ "id": session, "filter": filter })),
            ("invite_people", json!({ "id": session, "who": { "These": [] } })),
            ("invite_people", json!({ "id": session, "who": { "These": [person] } })),
            ("invite_people", json!({ "id": session, "who": { "Everybody": filter } })),
            deed(json!({ "extend": 60_000 })),
            deed(json!("pause")),
            deed(json!("resume")),
            deed(json!("end")),
            deed(json!("add_attempt")),
            deed(json!("revoke")),
            deed(json!("renew")),
            ("seat_result", json!({ "id": session, "seat": seat, "attempt": null })),
            ("seat_result", json!({ "id": session, "seat": seat, "attempt": 1 })),
            ("person_to_edit", json!({ "id": person })),
            ("close_session", json!({ "id": session })),
        ]
    }

    fn files(&self) -> Vec<String> {
        let Self { session, seat, .. } = self;
        vec![
            format!("/sessions/{session}/results.csv"),
            format!("/sessions/{session}/seats/{seat}/transcript.json"),
            format!("/sessions/{session}/seats/{seat}/transcript.json?attempt=1"),
            format!("/sessions/{session}/seats/{seat}/transcript.csv"),
        ]
    }

    fn is_clean(&self, text: &str, what: &str) {
        let (text, canary) = (text.to_lowercase(), self.canary.to_lowercase());
        assert!(!text.contains(&canary), "{what} tells of {canary}: {text}");
    }
}

/// One asks with the other's numbers.
async fn replay(asker: &mut Side, other: &Side) {
    for (function, arguments) in other.functions() {
        let (status, answer) = ask(&mut asker.admin, function, arguments.clone()).await;
        assert_eq!((status, &answer), (StatusCode::NOT_FOUND, &json!("NotFound")), "{function} {arguments}");
    }
    // The own session does not take in the other's people.
    let asked = json!({ "id": asker.session, "who": { "These": [other.person] } });
    assert_eq!(ask(&mut asker.admin, "invite_people", asked).await, (StatusCode::NOT_FOUND, json!("NotFound")));
    for path in other.files() {
        let answer = asker.admin.get(&path).await.expect("the house answers");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        other.is_clean(&String::from_utf8_lossy(answer.body()), &path);
    }
    for path in ["/people.csv"] {
        let answer = asker.admin.get(path).await.expect("the house answers");
        other.is_clean(&String::from_utf8_lossy(answer.body()), path);
    }
    for (function, arguments) in [
        ("timed_sessions", json!({})),
        ("people_page", json!({ "filter": { "search": "", "tag": null, "sort": "newest" }, "after": "" })),
        ("timed_page", json!({ "id": asker.session })),
        ("people_to_invite", json!({ "id": asker.session, "filter": { "search": "", "tag": null, "sort": "newest" } })),
    ] {
        let (status, answer) = ask(&mut asker.admin, function, arguments).await;
        assert_eq!(status, StatusCode::OK, "{function}: {answer}");
        assert!(answer.to_string().to_lowercase().contains(&asker.canary.to_lowercase()), "{function}: {answer}");
        other.is_clean(&answer.to_string(), function);
    }
    let quiz = other.quiz.to_string();
    let answer = asker.admin.post("/sessions", &[("quiz", &quiz), ("attempts", "1")]).await.expect("an answer");
    assert_eq!(location(&answer), "/quizzes");
    asker.admin.post("/api/delete_person", &[("id", &other.person.to_string())]).await.expect("an answer");

    // Sockets of accounts, and of a seat.
    let code = other.code;
    for path in [format!("/ws/{code}?as=host"), format!("/ws/{code}"), format!("/ws/{}?as=stage", other.session)] {
        let mut wire = asker.admin.open(&path, &[SUBPROTOCOL]).await.expect("an upgrade");
        assert_eq!(wire.next().await, Err(Ended::Closed(Close::NoRoom)), "{path}");
    }
    for path in [format!("/session/{}/stream", other.session), format!("/ws/{code}"), format!("/session/{code}/stream")]
    {
        let mut wire = asker.browser.open(&path, &[SUBPROTOCOL]).await.expect("an upgrade");
        let ended = wire.next().await.expect_err("nothing is told");
        assert!(matches!(ended, Ended::Closed(close) if close.is_final()), "{path}: {ended:?}");
    }
    let mut person = Raw::of(&asker.admin, "/ws").await;
    for session in [json!(code), json!(other.session), json!(other.session.to_string())] {
        for role in ["host", "stage", "player"] {
            person.say(json!({ "type": "join_session", "data": { "session": session, "as": role } })).await;
            let told = person.until("error").await;
            other.is_clean(&told.to_string(), "join_session");
        }
    }
    let told = person.settle("still").await.expect("open");
    assert!(told.iter().all(|message| message["type"] == "heartbeat"), "{told:?}");
    let (_, own) = ask(&mut asker.browser, "own_seat", json!({ "code": code })).await;
    assert_eq!(own, json!("NoSeat"));
    let (status, _) = ask(&mut asker.browser, "own_result", json!({ "code": code, "attempt": 1 })).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[test]
fn two_organisations_find_nothing_of_each_other_and_change_nothing() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let ines = house.set_up().await;
        token_of_stranger(&house).await;
        let olga = house.signed_in("olga@contoso.example").await;
        let mut ours = Side::open(&house, ines, OrganisationId(1), "Zuckerhut").await;
        let mut theirs = Side::open(&house, olga, OrganisationId(2), "Pfefferminz").await;
        // Both write down that they exported their own people.
        let is_told = |row: &String| !row.contains("'people_exported'") && !row.starts_with("sqlite_sequence: 'audit'");
        let before: Vec<String> = dump(folder.path()).await.into_iter().filter(is_told).collect();
        replay(&mut theirs, &ours).await;
        replay(&mut ours, &theirs).await;
        let after: Vec<String> = dump(folder.path()).await.into_iter().filter(is_told).collect();
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before, after);
        }
        assert_eq!(before.len(), after.len());
    });
}

/// T2: what happens on one side is told on that side alone, while both look.
#[test]
fn streams_of_one_organisation_never_tell_of_the_other() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_with(folder.path(), |limits| limits.answers_per_10s = 1_000).await;
        let ines = house.set_up().await;
        token_of_stranger(&house).await;
        let olga = house.signed_in("olga@contoso.example").await;
        let mut ours = Side::open(&house, ines, OrganisationId(1), "Zuckerhut").await;
        let theirs = Side::open(&house, olga, OrganisationId(2), "Pfefferminz").await;
        let mut streams = Vec::new();
        for (visitor, path) in [
            (&theirs.admin, "/admin/stream".to_owned()),
            (&theirs.admin, format!("/ws/{}?as=host", theirs.code)),
            (&theirs.admin, "/ws".to_owned()),
            (&theirs.browser, format!("/session/{}/stream", theirs.session)),
        ] {
            let mut raw = Raw::of(visitor, &path).await;
            raw.next().await.expect("a welcome");
            streams.push((path, raw));
        }
        let mut own = Raw::of(&ours.admin, "/admin/stream").await;
        own.until("initial").await;
        for number in 0..100_u32 {
            let (turn, choice) = ((number % 2 + 1).to_string(), (number % 4).to_string());
            let fields = [("code", ours.code.as_str()), ("turn", &turn), ("choice", &choice)];
            ours.browser.post("/session/answer", &fields).await.expect("the house answers");
        }
        let deed = json!({ "id": ours.session, "seat": 1, "deed": "end" });
        assert_eq!(ask(&mut ours.admin, "manage_seat", deed).await.0, StatusCode::OK);
        let done = own.until_one(|told| told["data"]["status"] == "finished").await;
        assert_eq!(done["data"]["progress"], "2/2");
        let mut db = database(folder.path()).await;
        let facts = "select count(*) from fact where kind = 'answered' and session_id = 1";
        let facts: i64 = sqlx::query_scalar(facts).fetch_one(&mut db).await.expect("a number");
        assert_eq!(facts, 101, "with the first one");
        for (path, raw) in &mut streams {
            for told in raw.settle("still").await.expect("open") {
                ours.is_clean(&told.to_string(), path);
                assert_ne!(told["type"], "user_update", "{path}: {told}");
            }
        }
    });
}
