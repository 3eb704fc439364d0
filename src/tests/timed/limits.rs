//! Each limit of timed sessions one beyond it, in words.

use http::StatusCode;
use serde_json::json;

use crate::bots::visitor::Visitor;
use crate::domain::ids::QuizId;
use crate::domain::limits::Limits;
use crate::domain::person::PersonDraft;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::message::Message;
use crate::server::clock::Clock;
use crate::tests::house::{folder, on_runtime};
use crate::tests::timed::{OURS, Place, ask, location, number, post_session, refusal};

#[test]
fn one_more_than_the_seats_is_refused_by_invite_and_by_code() {
    let folder = folder();
    on_runtime(async {
        let two = |limits: &mut Limits| limits.timed_seats_max = 2;
        let mut place = Place::open_with(folder.path(), two, &[("is_open", "on")]).await;
        place.invite("Ada").await;
        place.invite("Bo").await;
        let store = &place.house.running.house.store;
        let draft = PersonDraft { first_name: "Cy".to_owned(), ..PersonDraft::default() };
        let person = store.add_person(OURS, draft, place.house.running.house.clock.now()).await.expect("somebody").id;
        for who in
            [json!({ "These": [person] }), json!({ "Everybody": { "search": "Cy", "tag": null, "sort": "newest" } })]
        {
            let (status, answer) = place.ask("invite_people", json!({ "id": place.session, "who": who })).await;
            assert_ne!(status, StatusCode::OK);
            assert_eq!(answer, json!({ "Refused": "Cy could not be invited: this room is full" }), "{who}");
        }
        // Who has a seat keeps it.
        assert_eq!(
            place.ask("invite_people", json!({ "id": place.session, "who": { "These": [1] } })).await.1,
            json!(0)
        );
        let fields = [("code", place.code.as_str()), ("name", "Di"), ("request_id", "r-1")];
        let answer = place.house.visitor().post("/join", &fields).await.expect("the house answers");
        assert_eq!(location(&answer), format!("/join/{}", place.code));
        assert_eq!(number(folder.path(), "select count(*) from timed_seat").await, 2);
    });
}

#[test]
fn forms_come_no_faster_than_answers_over_a_socket() {
    let folder = folder();
    on_runtime(async {
        let three = |limits: &mut Limits| limits.answers_per_10s = 3;
        let mut place = Place::open_with(folder.path(), three, &[]).await;
        let ada = place.invite("Ada").await;
        let mut browser = place.browser(&ada).await;
        assert_eq!(place.does(&mut browser, "start", &[]).await, "");
        for choice in ["0", "1"] {
            assert_eq!(place.does(&mut browser, "answer", &[("turn", "1"), ("choice", choice)]).await, "");
        }
        let refused = place.does(&mut browser, "answer", &[("turn", "1"), ("choice", "2")]).await;
        assert!(refused.starts_with("Too many messages"), "{refused}");
        let kept = number(folder.path(), "select max(changes) from timed_answer").await;
        assert_eq!(kept, 1, "the third was not kept");
        place.pass(Millis(20_000));
        assert_eq!(place.does(&mut browser, "answer", &[("turn", "1"), ("choice", "2")]).await, "");
    });
}

#[test]
fn who_has_the_code_comes_in_where_the_session_is_open_to_all_and_nowhere_else() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[("is_open", "on")]).await;
        let stranger = place.house.visitor();
        let join = async |name: &str, id: &str, code: &str| {
            let mut visitor = stranger.clone();
            let fields = [("code", code), ("name", name), ("request_id", id)];
            let answer = visitor.post("/join", &fields).await.expect("the house answers");
            (visitor, location(&answer))
        };
        let (mut ada, led) = join("Ada", "r-1", place.code.as_str()).await;
        assert_eq!(led, format!("/session/{}", place.code));
        assert_eq!(place.does(&mut ada, "start", &[]).await, "");
        let (_, again) = join("Ada", "r-1", place.code.as_str()).await;
        assert_eq!(again, led, "the same request takes the same seat");
        let (_, taken) = join("ada", "r-2", place.code.as_str()).await;
        assert_eq!(taken, format!("/join/{}", place.code), "the name is taken");
        assert_eq!(number(folder.path(), "select count(*) from timed_seat").await, 1);
        place.close().await;
        let (_, late) = join("Late", "r-3", place.code.as_str()).await;
        assert_eq!(late, format!("/join/{}", place.code));

        let mut admin = place.admin.clone();
        let quiz = crate::tests::house::quiz(1);
        let (_, code) = crate::tests::timed::open_session(&place.house, &mut admin, OURS, quiz, &[]).await;
        let (_, led) = join("Eve", "r-4", code.as_str()).await;
        assert_eq!(led, format!("/join/{code}"), "only who was invited");
        assert_eq!(number(folder.path(), "select count(*) from timed_seat").await, 1);
    });
}

#[test]
fn one_more_than_the_sessions_is_refused_in_words_and_a_closed_one_makes_place() {
    let folder = folder();
    on_runtime(async {
        let one = |limits: &mut Limits| limits.timed_sessions_max = 1;
        let mut place = Place::open_with(folder.path(), one, &[]).await;
        let quiz = QuizId(number(folder.path(), "select max(id) from quiz").await);
        let mut admin = place.admin.clone();
        assert_eq!(post_session(&mut admin, quiz, &[]).await, format!("/sessions/new/{quiz}"));
        let (_, flash) = ask(&mut admin, "flash", json!({})).await;
        let words = "As many rooms are open as this server carries (1); close one first.";
        assert_eq!(flash["errors"], json!([["", words]]));
        place.close().await;
        assert_eq!(post_session(&mut admin, quiz, &[]).await, "/sessions/2");
    });
}

/// What the host reads about a session, in the list and on its own page.
async fn host_pages(admin: &mut Visitor, page: &str) -> [String; 2] {
    let mut read = Vec::new();
    for path in ["/sessions", page] {
        let answer = admin.get(path).await.expect("the house answers");
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        read.push(String::from_utf8_lossy(answer.body()).into_owned());
    }
    read.try_into().expect("two pages")
}

#[test]
fn a_session_whose_window_is_over_says_so_and_is_closed_by_itself_a_day_later() {
    let folder = folder();
    on_runtime(async {
        let closes_at = Clock::start(Timestamp(0)).now() + Millis(3_600_000);
        let closes_at = closes_at.to_string()[..19].to_owned();
        let one = |limits: &mut Limits| limits.timed_sessions_max = 1;
        let window = [("closes_at", closes_at.as_str()), ("is_open", "on")];
        let mut place = Place::open_with(folder.path(), one, &window).await;
        place.invite("Ada").await;
        let mut admin = place.admin.clone();
        let path = format!("/sessions/{}", place.session);
        let [list, page] = host_pages(&mut admin, &path).await;
        assert!(!list.contains("Window over") && !page.contains("Window over"));
        assert!(page.contains("Invite people") && page.contains("The way in"));
        place.pass(Millis(3_600_000));
        let [list, page] = host_pages(&mut admin, &path).await;
        assert!(list.contains("Window over") && page.contains("Window over"));
        assert!(!page.contains("Invite people") && !page.contains("The way in"), "nobody could start");

        let rooms = place.house.running.house.rooms.clone();
        let closed = "select count(*) from session where closed_at_ms is not null";
        rooms.close_overdue().await;
        assert_eq!(number(folder.path(), closed).await, 0, "the host may still give an attempt");
        place.pass(Millis(86_400_000));
        rooms.close_overdue().await;
        assert_eq!(number(folder.path(), closed).await, 1);
        let quiz = QuizId(number(folder.path(), "select max(id) from quiz").await);
        let mut admin = place.house.signed_in("ines@northwind.example").await;
        assert_eq!(post_session(&mut admin, quiz, &[]).await, "/sessions/2", "it takes nobody's place");
        let [list, _] = host_pages(&mut admin, &path).await;
        assert!(list.contains("Closed") && !list.contains("Window over"));
    });
}

#[test]
fn a_form_that_cannot_be_kept_says_which_field_and_opens_nothing() {
    let folder = folder();
    on_runtime(async {
        let place = Place::open(folder.path(), &[]).await;
        let quiz = QuizId(number(folder.path(), "select max(id) from quiz").await);
        let mut admin = place.admin.clone();
        for (field, typed) in [
            ("minutes", "0.16"),
            ("minutes", "1440.01"),
            ("minutes", "-1"),
            ("minutes", "soon"),
            ("minutes", "1e309"),
            ("attempts", "0"),
            ("attempts", "21"),
            ("attempts", "4294967297"),
            ("opens_at", "99"),
            ("closes_at", "2020-01-01T09:00"),
            ("closes_at", "<script>"),
        ] {
            assert_eq!(post_session(&mut admin, quiz, &[(field, typed)]).await, format!("/sessions/new/{quiz}"));
            let (_, flash) = ask(&mut admin, "flash", json!({})).await;
            let named: Vec<&str> =
                flash["errors"].as_array().expect("errors").iter().filter_map(|error| error[0].as_str()).collect();
            assert_eq!(named, [field], "{typed}: {flash}");
            assert!(flash["values"].as_array().expect("values").contains(&json!([field, typed])), "{flash}");
        }
        for quiz in ["99", "x", ""] {
            let answer = admin.post("/sessions", &[("quiz", quiz)]).await.expect("the house answers");
            assert_eq!((answer.status(), location(&answer).as_str()), (StatusCode::SEE_OTHER, "/quizzes"), "{quiz}");
        }
        assert_eq!(number(folder.path(), "select count(*) from session").await, 1);
        for (field, typed) in [("minutes", "0.1667"), ("minutes", "1440"), ("minutes", "0,5"), ("attempts", "20")] {
            let led = post_session(&mut admin, quiz, &[(field, typed)]).await;
            assert!(!led.contains("new"), "{field} {typed}: {led}");
        }
        assert_eq!(number(folder.path(), "select count(*) from session").await, 5, "what is just within is opened");
    });
}

#[test]
fn too_many_answers_at_once_are_refused_with_the_wait() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        let ada = place.invite("Ada").await;
        let browser = place.started(&ada).await;
        let (mut phone, mut laptop) = (place.socket(&browser).await, place.socket(&browser).await);
        let mut refused = 0;
        for number in 0..24_u32 {
            // One allowance for the person, not for each device.
            let sitting = if number % 2 == 0 { &mut phone } else { &mut laptop };
            let reply = sitting.answer(number % 3 + 1, 1, &format!("a-{number}")).await;
            match refusal(&reply) {
                "" => {}
                code => {
                    assert_eq!(code, "too_fast");
                    let Message::Error(error) = &reply else { panic!("{reply:?}") };
                    assert!(error.error.contains("please wait"), "{error:?}");
                    refused += 1;
                }
            }
        }
        // The start was one, too; a window may turn meanwhile, never twice.
        assert!((1..=5).contains(&refused), "{refused}");
        phone.settle().await;
        assert_eq!(number(folder.path(), "select count(*) from fact where kind = 'answered'").await, 24 - refused);
    });
}

#[test]
fn an_answer_is_changed_a_hundred_times_at_most() {
    let folder = folder();
    on_runtime(async {
        let many = |limits: &mut Limits| limits.answers_per_10s = 1_000;
        let mut place = Place::open_with(folder.path(), many, &[]).await;
        let ada = place.invite("Ada").await;
        let browser = place.started(&ada).await;
        let mut sitting = place.socket(&browser).await;
        for number in 0..100_u8 {
            let taken = sitting.answer(1, number % 4, &format!("a-{number}")).await;
            assert!(matches!(taken, Message::AnswerTaken(_)), "{number}: {taken:?}");
        }
        assert_eq!(refusal(&sitting.answer(1, 0, "one-more").await), "too_many_changes");
        assert!(matches!(sitting.answer(2, 0, "another").await, Message::AnswerTaken(_)));
        assert_eq!(number(folder.path(), "select max(changes) from timed_answer").await, 99);
    });
}

#[test]
fn attempts_are_as_many_as_the_host_said() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[("attempts", "2")]).await;
        let ada = place.invite("Ada").await;
        let mut browser = place.browser(&ada).await;
        for _ in 0..2 {
            assert_eq!(place.does(&mut browser, "start", &[]).await, "");
            assert_eq!(place.does(&mut browser, "finish", &[]).await, "");
        }
        let wrong = place.does(&mut browser, "start", &[]).await;
        assert!(wrong.starts_with("There is no attempt left. Ask whoever invited you"), "{wrong}");
        assert_eq!(place.row(ada.seat).await.attempt, 2);
    });
}
