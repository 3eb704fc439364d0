//! When the time is up: while somebody looks, while they are away, while the server is down or stood still; and who answers
//! at the last moment, or at once from everywhere.

use std::path::Path;

use serde_json::json;

use crate::domain::ids::TurnNo;
use crate::domain::question::Choice;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::command::Answer;
use crate::protocol::message::Message;
use crate::protocol::timed::{EndReason, SeatState, SeatView};
use crate::room::timed::input::TimedInput;
use crate::tests::house::{folder, id, on_runtime};
use crate::tests::timed::{Place, Sitting, ask, number, refusal};

/// Ten seconds, the shortest time limit; and two attempts, so that what is over is told from what is not begun.
const SHORT: [(&str, &str); 2] = [("minutes", "0.1667"), ("attempts", "1")];

async fn ended_at(folder: &Path) -> i64 {
    number(folder, "select ended_at_ms from timed_seat where seat = 1").await
}

#[test]
fn who_looks_when_the_time_is_up_is_told_once_and_it_ended_at_the_deadline() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &SHORT).await;
        let ada = place.invite("Ada").await;
        let browser = place.started(&ada).await;
        let (mut phone, mut laptop) = (place.socket(&browser).await, place.socket(&browser).await);
        let deadline = phone.until_view(|_| true).await.deadline.expect("a limit");
        assert!(matches!(phone.answer(1, 1, "a-1").await, Message::AnswerTaken(_)));
        place.pass(Millis(10_000));
        for sitting in [&mut phone, &mut laptop] {
            let view = sitting.until_view(|view| view.ended.is_some()).await;
            assert_eq!((view.state, view.ended, view.page), (SeatState::Expired, Some(EndReason::TimeUp), None));
            // Nobody knows how it went before the last answer that may be on its way.
            sitting.until_view(|view| view.summary.is_some()).await;
            sitting.settle().await;
            assert_eq!(sitting.expired, 1);
        }
        assert_eq!(refusal(&phone.answer(2, 1, "a-2").await), "too_late");
        assert_eq!(refusal(&phone.go_to(2, "g-2").await), "attempt_over");
        let row = place.row(ada.seat).await;
        assert_eq!((row.state, row.ended_at, row.answered), (SeatState::Expired, Some(deadline), 1));
        assert_eq!(ended_at(folder.path()).await, deadline.0);
    });
}

#[test]
fn who_was_away_when_the_time_was_up_sees_it_at_once_and_may_not_answer() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &SHORT).await;
        let ada = place.invite("Ada").await;
        let mut browser = place.started(&ada).await;
        let deadline = place.page(&mut browser).await.deadline.expect("a limit");
        place.pass(Millis(60_000));
        place.until_state(ada.seat, SeatState::Expired).await;
        let wrong = place.does(&mut browser, "answer", &[("turn", "1"), ("choice", "1"), ("go_to", "2")]).await;
        assert!(wrong.starts_with("Too late by ") && wrong.ends_with("What came in time counts."), "{wrong}");
        let mut sitting = place.socket(&browser).await;
        let view = sitting.until_view(|_| true).await;
        assert_eq!((view.state, view.ended), (SeatState::Expired, Some(EndReason::TimeUp)));
        assert_eq!(refusal(&sitting.answer(1, 1, "a-1").await), "too_late");
        assert_eq!(sitting.expired, 0, "it is no news any more");
        assert_eq!(number(folder.path(), "select count(*) from timed_answer").await, 0);
        assert_eq!(ended_at(folder.path()).await, deadline.0);
        assert!(!place.does(&mut browser, "start", &[]).await.is_empty(), "the only attempt was made");
    });
}

/// Whoever is first after a time in which nothing ran, the time was up at the deadline.
#[test]
fn after_a_stall_nothing_that_is_asked_comes_before_the_end() {
    for (late, what) in [
        ("finish", json!(null)),
        ("start", json!(null)),
        ("", json!({ "extend": 60_000 })),
        ("", json!("pause")),
        ("", json!("end")),
    ] {
        let folder = folder();
        on_runtime(async {
            let mut place = Place::open(folder.path(), &SHORT).await;
            let ada = place.invite("Ada").await;
            let mut browser = place.started(&ada).await;
            let deadline = place.page(&mut browser).await.deadline.expect("a limit");
            // The session sleeps on and is woken by what is asked.
            place.pass(Millis(30_000));
            if late.is_empty() {
                let wrong = place.manage(ada.seat, what.clone()).await;
                assert!(wrong.contains("nothing is under way"), "{what}: {wrong}");
            } else {
                place.does(&mut browser, late, &[]).await;
            }
            let row = place.until_state(ada.seat, SeatState::Expired).await;
            assert_eq!((row.ended_at, row.extra), (Some(deadline), Millis(0)), "{late} {what}");
        });
    }
}

/// R023, X06: the server was down at the deadline.
#[test]
fn a_server_that_was_down_at_the_deadline_ends_it_at_the_deadline_and_moves_no_other() {
    let folder = folder();
    let (known, seats, pages) = on_runtime(async {
        let mut place = Place::open(folder.path(), &SHORT).await;
        let (ada, bo) = (place.invite("Ada").await, place.invite("Bo").await);
        let (mut first, mut second) = (place.started(&ada).await, place.started(&bo).await);
        assert_eq!(place.manage(bo.seat, json!({ "extend": 3_600_000 })).await, "");
        let pages = [place.page(&mut first).await, place.page(&mut second).await];
        (place.kill(), (ada, bo), pages)
    });
    // The clock that starts with the house is never before what is stored, so the time that passes is real.
    let deadline = pages[0].deadline.expect("a limit");
    on_runtime(async {
        let waiting = async {
            while crate::server::clock::Clock::start(Timestamp(0)).now() <= deadline {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(15), waiting).await.expect("ten seconds pass");
        let mut place = known.reopen(folder.path()).await;
        let row = place.until_state(seats.0.seat, SeatState::Expired).await;
        assert_eq!(row.ended_at, Some(deadline), "not when the house came back");
        let row = place.row(seats.1.seat).await;
        assert_eq!((row.state, row.deadline), (SeatState::Active, pages[1].deadline), "unchanged");
        let mut browser = place.browser(&seats.0).await;
        assert_eq!(place.page(&mut browser).await.ended, Some(EndReason::TimeUp));
    });
}

/// The wall clock goes back an hour while the server is down: what is stored says how late it is at least.
#[test]
fn a_wall_clock_that_was_turned_back_gives_nobody_time() {
    let folder = folder();
    let (known, browser, begun) = on_runtime(async {
        let mut place = Place::open(folder.path(), &[("minutes", "10")]).await;
        place.pass(Millis(3_600_000));
        let ada = place.invite("Ada").await;
        let mut browser = place.started(&ada).await;
        let begun = place.page(&mut browser).await;
        (place.kill(), browser, begun)
    });
    on_runtime(async {
        let place = known.reopen(folder.path()).await;
        let mut browser = browser.at(place.house.door());
        let back = place.page(&mut browser).await;
        assert_eq!(back, begun);
        let left = back.deadline.expect("a limit") - place.house.running.house.clock.now();
        assert!(left <= Millis(600_000), "{left:?}");
        place.pass(Millis(600_000));
        let mut sitting = place.socket(&browser).await;
        let over = sitting.until_view(|view| view.ended.is_some()).await;
        assert_eq!(over.ended, Some(EndReason::TimeUp));
        assert_eq!(Some(ended_at(folder.path()).await), begun.deadline.map(|deadline| deadline.0));
    });
}

#[test]
fn nobody_starts_before_the_window_or_after_it_and_its_end_is_the_end() {
    let folder = folder();
    on_runtime(async {
        // By a clock two hours before UTC, as the browser of the form has it.
        let now = crate::server::clock::Clock::start(Timestamp(0)).now();
        let moment = |after: i64| (now + Millis(after + 7_200_000)).to_string()[..19].to_owned();
        let (opens, closes) = (moment(3_600_000), moment(7_200_000));
        let changes = [
            ("opens_at", opens.as_str()),
            ("closes_at", closes.as_str()),
            ("opens_zone", "120"),
            ("closes_zone", "120"),
            ("minutes", "90"),
        ];
        let mut place = Place::open(folder.path(), &changes).await;
        let (ada, bo) = (place.invite("Ada").await, place.invite("Bo").await);
        let (mut early, mut late) = (place.browser(&ada).await, place.browser(&bo).await);
        let wrong = place.does(&mut early, "start", &[]).await;
        assert!(wrong.starts_with("This session has not opened yet. Come back"), "{wrong}");
        place.pass(Millis(3_600_000));
        assert_eq!(place.does(&mut early, "start", &[]).await, "");
        let deadline = place.page(&mut early).await.deadline.expect("a limit");
        assert!(deadline <= now + Millis(7_200_000) && deadline > now + Millis(7_198_000), "with the window");
        let mut sitting = place.socket(&early).await;
        place.pass(Millis(3_600_000));
        sitting.until_view(|view| view.ended == Some(EndReason::TimeUp)).await;
        let wrong = place.does(&mut late, "start", &[]).await;
        assert!(wrong.starts_with("This session is over"), "{wrong}");
        assert_eq!(place.row(ada.seat).await.ended_at, Some(deadline));
        // Who was given an attempt by the host is bound to no window.
        assert_eq!(place.manage(bo.seat, json!("add_attempt")).await, "");
        assert_eq!(place.does(&mut late, "start", &[]).await, "");
    });
}

#[test]
fn who_is_done_learns_nothing_while_somebody_has_time_beyond_the_window() {
    let folder = folder();
    on_runtime(async {
        let now = crate::server::clock::Clock::start(Timestamp(0)).now();
        let closes = (now + Millis(3_600_000)).to_string()[..19].to_owned();
        let changes =
            [("closes_at", closes.as_str()), ("closes_zone", "0"), ("minutes", "90"), ("feedback", "when_closed")];
        let mut place = Place::open(folder.path(), &changes).await;
        let (ada, bo) = (place.invite("Ada").await, place.invite("Bo").await);
        let mut browser = place.started(&ada).await;
        place.started(&bo).await;
        let mut sitting = place.socket(&browser).await;
        sitting.finish("f-1").await;
        assert_eq!(place.manage(bo.seat, json!({ "extend": 1_800_000 })).await, "");
        place.pass(Millis(3_610_000));
        assert_eq!(place.row(bo.seat).await.state, SeatState::Active, "for half an hour more");
        assert_eq!(place.page(&mut browser).await.summary, None);
        let own = json!({ "code": place.code, "attempt": 1 });
        let (_, result) = ask(&mut browser, "own_result", own.clone()).await;
        assert_eq!((&result["summary"], &result["lines"][0]["solution"]), (&json!(null), &json!(null)), "{result}");
        place.pass(Millis(1_800_000));
        place.until_state(bo.seat, SeatState::Expired).await;
        sitting.until_view(|view| view.summary.is_some()).await;
        let (_, result) = ask(&mut browser, "own_result", own).await;
        assert!(!result["lines"][0]["solution"].is_null(), "{result}");
    });
}

/// The keeper is asked directly, with the moment at which bytes were read: no network is as exact.
#[test]
fn what_was_read_by_the_end_of_the_grace_counts_and_nothing_later() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &SHORT).await;
        let ada = place.invite("Ada").await;
        let mut browser = place.started(&ada).await;
        let deadline = place.page(&mut browser).await.deadline.expect("a limit");
        let room = place.house.running.house.rooms.find(place.code).expect("it runs");
        let grace = place.house.running.house.config.limits.grace_ms;
        place.pass(Millis(10_000));
        place.until_state(ada.seat, SeatState::Expired).await;
        for (turn, after, counts) in [(1, -200, true), (2, 0, true), (3, grace, true), (1, grace + 1, false)] {
            let received_at = deadline + Millis(after);
            let answer = Answer { turn: TurnNo(turn), choice: Choice::of(&[1]).expect("a place") };
            let asked = id(&format!("late-{turn}-{after}"));
            let taken = room.timed(TimedInput::Answer { seat: ada.seat, answer, id: asked, received_at }).await;
            assert_eq!(taken.is_ok(), counts, "{after} ms after the deadline: {taken:?}");
        }
        let view: SeatView = place.page(&mut browser).await;
        assert_eq!((view.state, view.answered), (SeatState::Expired, vec![true; 3]));
        assert_eq!(number(folder.path(), "select count(*) from timed_answer").await, 3);
        assert_eq!(ended_at(folder.path()).await, deadline.0);
    });
}

#[test]
fn two_devices_that_start_at_once_start_one_attempt_and_see_the_same() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[("attempts", "5"), ("shuffles_questions", "on")]).await;
        let ada = place.invite("Ada").await;
        let (mut phone, mut laptop) = (place.browser(&ada).await, place.browser(&ada).await);
        let (first, second) = tokio::join!(place.does(&mut phone, "start", &[]), place.does(&mut laptop, "start", &[]));
        assert_eq!((first.as_str(), second.as_str()), ("", ""));
        let (mut one, mut other) = (place.socket(&phone).await, place.socket(&laptop).await);
        let (one_taken, other_taken) = tokio::join!(one.answer(1, 1, "phone-1"), other.answer(1, 2, "laptop-1"));
        for taken in [one_taken, other_taken] {
            assert!(matches!(taken, Message::AnswerTaken(_)), "{taken:?}");
        }
        one.go_to(3, "phone-2").await;
        let is_there = |view: &SeatView| view.page.as_ref().is_some_and(|page| page.turn == TurnNo(3));
        let (here, there) = (one.until_view(is_there).await, other.until_view(is_there).await);
        assert_eq!(here, there);
        assert_eq!((here.attempt, here.attempts_left, here.answered.as_slice()), (1, 4, &[true, false, false][..]));
        assert_eq!(number(folder.path(), "select count(*) from fact where kind = 'started'").await, 1);
        assert_eq!(number(folder.path(), "select count(*) from timed_answer").await, 1);
        assert_eq!(number(folder.path(), "select changes from timed_answer").await, 1);
    });
}

/// A15, G1: the same answer from five sockets and the form, a hundred times.
#[test]
fn a_hundred_submissions_at_once_are_one_row_and_every_command_has_one_result() {
    let folder = folder();
    on_runtime(async {
        let turn = |limits: &mut crate::domain::limits::Limits| limits.answers_per_10s = 1_000;
        let mut place = Place::open_with(folder.path(), turn, &[]).await;
        let ada = place.invite("Ada").await;
        let browser = place.started(&ada).await;
        let mut sockets = Vec::new();
        for _ in 0..5 {
            sockets.push(place.socket(&browser).await);
        }
        // Ten commands, each from every socket twice.
        let by_socket = sockets.into_iter().map(async |mut socket: Sitting| {
            let mut replies = Vec::new();
            for number in 0..20_u8 {
                let command = number % 10;
                let reply = socket.answer(1, command % 4, &format!("c-{command}")).await;
                let Message::AnswerTaken(taken) = reply else { panic!("{reply:?}") };
                replies.push((command, taken));
            }
            replies
        });
        let by_form = async {
            let mut browser = browser.clone();
            for number in 0..10 {
                let (choice, id) = ((number % 4).to_string(), format!("c-{number}"));
                let fields = [("turn", "1"), ("choice", choice.as_str()), ("id", id.as_str())];
                assert_eq!(place.does(&mut browser, "answer", &fields).await, "");
            }
        };
        let (replies, ()) = tokio::join!(futures_util::future::join_all(by_socket), by_form);
        let mut results = std::collections::HashMap::new();
        for (command, taken) in replies.into_iter().flatten() {
            let first = *results.entry(command).or_insert(taken);
            assert_eq!(first, taken, "command {command}");
        }
        assert_eq!(results.len(), 10);
        assert_eq!(number(folder.path(), "select count(*) from timed_answer").await, 1);
        assert_eq!(number(folder.path(), "select count(*) from fact where kind = 'answered'").await, 10);
        let mut browser = browser;
        let (_, entry) = ask(&mut browser, "own_seat", json!({ "code": place.code })).await;
        let last = number(folder.path(), "select json_extract(choice, '$[0]') from timed_answer").await;
        assert_eq!(entry["Seated"]["seat"]["page"]["choice"], json!([last]), "what is told is what is kept");
    });
}
