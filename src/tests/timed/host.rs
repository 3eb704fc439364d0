//! What a host does about a seat, what does not fit, and who may not.

use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::{Value, json};

use crate::bots::visitor::Ended;
use crate::domain::role::{Right, Role};
use crate::domain::time::Millis;
use crate::protocol::close::Close;
use crate::protocol::message::Message;
use crate::protocol::timed::{EndReason, SeatState};
use crate::tests::house::{folder, on_runtime};
use crate::tests::raw::token_of_stranger;
use crate::tests::timed::{Place, ask, dump, location, refusal};

#[test]
fn time_that_is_given_in_the_last_second_holds() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[("minutes", "0.5")]).await;
        let ada = place.invite("Ada").await;
        let browser = place.started(&ada).await;
        let mut sitting = place.socket(&browser).await;
        let before = sitting.until_view(|_| true).await.deadline.expect("a limit");
        place.pass(Millis(27_000));
        assert_eq!(place.manage(ada.seat, json!({ "extend": 60_000 })).await, "");
        let view = sitting.until_view(|view| view.deadline != Some(before)).await;
        assert_eq!((view.deadline, view.extra), (Some(before + Millis(60_000)), Millis(60_000)));
        place.pass(Millis(30_000));
        assert!(matches!(sitting.answer(1, 1, "a-1").await, Message::AnswerTaken(_)), "past the first deadline");
        assert_eq!((sitting.expired, place.row(ada.seat).await.state), (0, SeatState::Active));
        place.pass(Millis(36_000));
        let row = place.until_state(ada.seat, SeatState::Expired).await;
        assert_eq!(row.ended_at, Some(before + Millis(60_000)));
    });
}

#[test]
fn a_stopped_clock_moves_the_deadline_by_exactly_as_long_as_it_stood() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[("minutes", "1")]).await;
        let ada = place.invite("Ada").await;
        let mut browser = place.started(&ada).await;
        let mut sitting = place.socket(&browser).await;
        let before = sitting.until_view(|_| true).await.deadline.expect("a limit");
        assert_eq!(place.manage(ada.seat, json!("pause")).await, "");
        let stopped = sitting.until_view(|view| view.state == SeatState::Paused).await;
        assert_eq!((stopped.deadline, stopped.page), (None, None));
        let left = stopped.stopped_with.expect("what is left");
        place.pass(Millis(3_600_000));
        assert_eq!(refusal(&sitting.answer(1, 1, "a-1").await), "clock_stopped");
        let wrong = place.does(&mut browser, "finish", &[]).await;
        assert!(wrong.starts_with("The host has stopped the clock"), "{wrong}");
        assert_eq!(place.row(ada.seat).await.state, SeatState::Paused, "an hour later");
        assert_eq!(place.manage(ada.seat, json!("pause")).await, "", "it stands already");
        assert_eq!(place.manage(ada.seat, json!("resume")).await, "");
        let resumed = sitting.until_view(|view| view.state == SeatState::Active).await;
        let facts = "select max(at_ms) - min(at_ms) from fact where kind in ('paused', 'resumed')";
        let stood = crate::tests::timed::number(folder.path(), facts).await;
        assert!(stood >= 3_600_000, "{stood}");
        assert_eq!(resumed.deadline, Some(before + Millis(stood)));
        let now = place.house.running.house.clock.now();
        let remaining = resumed.deadline.expect("it runs") - now;
        assert!(remaining.0 <= left.0 && remaining.0 > left.0 - 5_000, "{remaining:?} of {left:?}");
        assert!(matches!(sitting.answer(1, 1, "a-2").await, Message::AnswerTaken(_)));
    });
}

#[test]
fn a_host_ends_an_attempt_and_gives_another_one() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        let ada = place.invite("Ada").await;
        let mut browser = place.started(&ada).await;
        let mut sitting = place.socket(&browser).await;
        sitting.answer(1, 1, "a-1").await;
        assert_eq!(place.manage(ada.seat, json!("end")).await, "");
        let over = sitting.until_view(|view| view.ended.is_some()).await;
        assert_eq!((over.state, over.ended), (SeatState::Finished, Some(EndReason::EndedByHost)));
        assert_eq!(refusal(&sitting.answer(2, 1, "a-2").await), "attempt_over");
        assert!(place.does(&mut browser, "start", &[]).await.starts_with("There is no attempt left"));
        assert_eq!(place.manage(ada.seat, json!("add_attempt")).await, "");
        sitting.until_view(|view| view.attempts_left == 1).await;
        assert_eq!(place.does(&mut browser, "start", &[]).await, "");
        let again = sitting.until_view(|view| view.state == SeatState::Active).await;
        assert_eq!((again.attempt, again.attempts_left, again.answered), (2, 0, vec![false; 3]));
        sitting.finish("f").await;
        sitting.until_view(|view| view.ended.is_some()).await;
        let row = place.row(ada.seat).await;
        assert!(row.score.is_some_and(|score| score > 0), "the better attempt counts: {row:?}");
    });
}

#[test]
fn whose_link_is_revoked_is_out_within_two_seconds_and_answers_nothing_more() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        let ada = place.invite("Ada").await;
        let mut browser = place.started(&ada).await;
        let mut sitting = place.socket(&browser).await;
        sitting.answer(1, 1, "a-1").await;
        let since = Instant::now();
        assert_eq!(place.manage(ada.seat, json!("revoke")).await, "");
        assert_eq!(sitting.until_end().await, Ended::Closed(Close::Removed));
        assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
        assert!(!place.is_let_in(&mut browser).await);
        for what in ["start", "answer", "finish"] {
            let fields = [("code", place.code.as_str()), ("turn", "2"), ("choice", "1")];
            let answer = browser.post(&format!("/session/{what}"), &fields).await.expect("the house answers");
            assert_eq!(location(&answer), "/session/link", "{what}");
        }
        let row = place.row(ada.seat).await;
        assert_eq!((row.state, row.answered), (SeatState::Revoked, 1), "what was answered stays");
        assert_eq!(place.manage(ada.seat, json!("revoke")).await, "", "once more changes nothing");
        assert!(!place.manage(ada.seat, json!("add_attempt")).await.is_empty());
        let (status, _) = place.ask("seat_link", json!({ "id": place.session, "seat": ada.seat })).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_closed_session_ends_what_runs_and_nobody_starts_any_more() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        let (ada, bo) = (place.invite("Ada").await, place.invite("Bo").await);
        let (browser, mut other) = (place.started(&ada).await, place.browser(&bo).await);
        let mut sitting = place.socket(&browser).await;
        place.close().await;
        let over = sitting.until_view(|view| view.ended.is_some()).await;
        assert_eq!((over.ended, over.attempts_left), (Some(EndReason::EndedByHost), 0));
        assert!(over.summary.is_some());
        assert_eq!(refusal(&sitting.answer(1, 1, "a-1").await), "attempt_over");
        assert!(place.does(&mut other, "start", &[]).await.starts_with("This session is over"));
        for deed in [json!({ "extend": 60_000 }), json!("pause"), json!("resume"), json!("end"), json!("add_attempt")] {
            assert!(!place.manage(ada.seat, deed.clone()).await.is_empty(), "{deed}");
        }
        // After a while it is only kept on disk: who is still here is sent home.
        place.pass(Millis(601_000));
        assert_eq!(sitting.until_end().await, Ended::Closed(Close::Over));
        place.until_gone().await;
        let (status, _) = place.ask("close_session", json!({ "id": place.session })).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(place.row(ada.seat).await.state, SeatState::Finished, "the host's page is there still");
    });
}

#[test]
fn what_does_not_fit_is_refused_in_words() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        let ada = place.invite("Ada").await;
        for deed in [json!({ "extend": 60_000 }), json!("pause"), json!("resume"), json!("end")] {
            let wrong = place.manage(ada.seat, deed.clone()).await;
            assert_eq!(wrong, "nothing is under way at this seat; Look at how far they are now.", "{deed}");
        }
        place.started(&ada).await;
        for by in [0, -1, 604_800_001, i64::MAX] {
            let wrong = place.manage(ada.seat, json!({ "extend": by })).await;
            assert!(wrong.starts_with("this is no time that can be added"), "{by}: {wrong}");
        }
        assert_eq!(place.manage(ada.seat, json!({ "extend": 604_800_000 })).await, "");
        assert!(!place.manage(ada.seat, json!({ "extend": 1 })).await.is_empty(), "all in all");
        let nobody = crate::domain::ids::SeatId(99);
        let wrong = place.manage(nobody, json!("revoke")).await;
        assert!(wrong.starts_with("this seat is not in the room any more"), "{wrong}");
        // Without a limit there is none that could be moved.
        let changes = [("minutes", "")];
        let mut admin = place.admin.clone();
        let (house, quiz) = (&place.house, crate::tests::house::quiz(1));
        (place.session, place.code) =
            crate::tests::timed::open_session(house, &mut admin, crate::tests::timed::OURS, quiz, &changes).await;
        let bo = place.invite("Bo").await;
        place.started(&bo).await;
        let wrong = place.manage(bo.seat, json!({ "extend": 60_000 })).await;
        assert!(wrong.starts_with("there is no time limit"), "{wrong}");
    });
}

#[test]
fn only_who_may_run_rooms_here_does_anything_about_a_seat() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        let ada = place.invite("Ada").await;
        let mut browser = place.started(&ada).await;
        token_of_stranger(&place.house).await;
        let mut olga = place.house.signed_in("olga@contoso.example").await;
        let mut accounts = Vec::new();
        for role in [Role::Viewer, Role::Member] {
            assert!(!role.may(Right::RunRooms));
            let email = format!("{role}@northwind.example");
            place.house.add_account(&email, role).await;
            accounts.push(place.house.signed_in(&email).await);
        }
        let before = dump(folder.path()).await;
        let (id, seat) = (place.session, ada.seat);
        let deed = |deed: Value| ("manage_seat", json!({ "id": id, "seat": seat, "deed": deed }));
        for (function, arguments) in [
            deed(json!({ "extend": 60_000 })),
            deed(json!("pause")),
            deed(json!("resume")),
            deed(json!("end")),
            deed(json!("add_attempt")),
            deed(json!("revoke")),
            deed(json!("renew")),
            ("close_session", json!({ "id": id })),
            ("seat_link", json!({ "id": id, "seat": seat })),
            ("invite_people", json!({ "id": id, "who": { "These": [] } })),
        ] {
            for account in &mut accounts {
                let (status, answer) = ask(account, function, arguments.clone()).await;
                assert_eq!((status, answer), (StatusCode::FORBIDDEN, json!("NotAllowed")), "{function} {arguments}");
            }
            let (status, answer) = ask(&mut olga, function, arguments.clone()).await;
            assert_eq!((status, answer), (StatusCode::NOT_FOUND, json!("NotFound")), "{function} {arguments}");
            for nobody in [&mut place.house.visitor(), &mut browser] {
                let (status, answer) = ask(nobody, function, arguments.clone()).await;
                assert_eq!((status, answer), (StatusCode::UNAUTHORIZED, json!("NotSignedIn")), "{function}");
            }
        }
        assert_eq!(dump(folder.path()).await, before);
    });
}
