//! The whole way: somebody is invited, follows the link, starts, answers, hands in and sees how it went.

use http::StatusCode;
use serde_json::json;

use crate::bots::visitor::Visitor;
use crate::domain::ids::TurnNo;
use crate::protocol::frame::SUBPROTOCOL;
use crate::protocol::message::Message;
use crate::protocol::timed::{EndReason, Progress, SeatState, SeatView, TimedHostView, TimedPlayersView};
use crate::protocol::view::Audience;
use crate::tests::house::{folder, on_runtime};
use crate::tests::raw::Raw;
use crate::tests::timed::{Place, Sitting, ask, dump, follow, number};

/// A12: what looks at links before people do changes nothing.
#[test]
fn who_only_looks_at_a_link_changes_nothing_and_starts_no_clock() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        let ada = place.invite("Ada").await;
        let before = dump(folder.path()).await;
        for _ in 0..10 {
            for answer in [
                place.house.visitor().get(&ada.link).await.expect("the house answers"),
                place.house.visitor().head(&ada.link).await.expect("the house answers"),
                place.house.visitor().with_origin(None).get(&ada.link).await.expect("the house answers"),
            ] {
                assert_eq!(answer.status(), StatusCode::SEE_OTHER);
                let location = answer.headers()["location"].to_str().expect("plain");
                assert_eq!(location, format!("/session/{}", place.code), "without the token");
                let cookie = answer.headers()["set-cookie"].to_str().expect("plain");
                let token = ada.link.split('=').nth(1).expect("a token");
                assert!(cookie.contains("HttpOnly") && !cookie.contains(token), "{cookie}");
                assert!(answer.body().is_empty() || !String::from_utf8_lossy(answer.body()).contains(token));
            }
        }
        assert_eq!(dump(folder.path()).await, before);
        assert_eq!(place.row(ada.seat).await.state, SeatState::Invited);
    });
}

/// Waits until admins are told that somebody is so far; returns what they are told.
async fn until_status(table: &mut Raw, status: &str) -> serde_json::Value {
    table.until_one(|told| told["type"] == "user_update" && told["data"]["status"] == status).await["data"].clone()
}

#[test]
fn somebody_who_was_invited_goes_from_the_link_to_the_summary_over_the_socket() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        let mut table = Raw::of(&place.admin, "/admin/stream").await;
        table.until("initial").await;
        let mut host =
            place.admin.open(&format!("/ws/{}?as=host", place.code), &[SUBPROTOCOL]).await.expect("a socket");
        let mut view = loop {
            if let Message::Snapshot(snapshot) = host.next().await.expect("open").message {
                assert_eq!(snapshot.audience, Audience::Host);
                break snapshot.view.read::<TimedHostView>().expect("a host's view");
            }
        };

        let ada = place.invite("Ada").await;
        let invited = until_status(&mut table, "invited").await;
        assert_eq!((&invited["token_valid"], &invited["progress"]), (&json!(true), &json!("0/3")));
        let told = invited["invite_url"].as_str().expect("a link");
        assert_eq!(follow(&mut place.house.visitor(), told).await, format!("/session/{}", place.code));

        let mut browser = place.browser(&ada).await;
        let mut sitting = Sitting::begin(&browser, place.session).await;
        let Message::Connected(welcome) = sitting.next().await.expect("open").message else { panic!("no welcome") };
        assert_eq!((welcome.seat, welcome.audience), (Some(ada.seat), Some(Audience::Players)));
        let Message::Snapshot(snapshot) = sitting.next().await.expect("open").message else { panic!("no snapshot") };
        let all: TimedPlayersView = snapshot.view.read().expect("what all see");
        assert_eq!((all.timed.title.as_str(), all.timed.question_count), ("House quiz", 3));
        let opened = sitting.until_view(|_| true).await;
        assert_eq!((opened.state, opened.page, opened.attempts_left), (SeatState::Opened, None, 1));
        until_status(&mut table, "opened").await;

        assert_eq!(place.does(&mut browser, "start", &[]).await, "");
        let begun = sitting.until_view(|view| view.state == SeatState::Active).await;
        let deadline = begun.deadline.expect("a limit");
        while sitting.times.is_empty() {
            sitting.next().await.expect("open");
        }
        let time = sitting.times[0];
        assert_eq!((time.deadline, time.turn), (deadline, TurnNo(1)));
        assert!((1_190..=1_200).contains(&time.remaining_seconds), "{time:?}");
        let active = until_status(&mut table, "active").await;
        assert!(active["session_timer"].as_str().is_some_and(|timer| timer.starts_with("19:") || timer == "20:00"));
        assert_eq!((&active["transcript"], &active["summary"]), (&json!(null), &json!(null)));

        for (turn, choice) in [(1, 1), (2, 0)] {
            let taken = sitting.answer(turn, choice, &format!("a-{turn}")).await;
            let Message::AnswerTaken(taken) = taken else { panic!("{taken:?}") };
            assert_eq!(taken.turn, TurnNo(turn));
            // What is acknowledged is on disk.
            assert_eq!(number(folder.path(), "select count(*) from timed_answer").await, i64::from(turn));
            let reply = sitting.go_to(turn + 1, &format!("g-{turn}")).await;
            assert!(matches!(reply, Message::Done(done) if done.step == turn + 1), "{reply:?}");
        }
        let is_third = |view: &SeatView| view.page.as_ref().is_some_and(|page| page.turn == TurnNo(3));
        let page = sitting.until_view(is_third).await.page.expect("a question");
        assert_eq!(
            (page.turn, page.prompt.as_str(), page.choice, page.solution),
            (TurnNo(3), "Question 3?", None, None)
        );
        until_progress(&mut host, &mut view, |view| view.seats.first().is_some_and(|row| row.answered == 2)).await;

        assert!(matches!(sitting.finish("f-1").await, Message::Done(_)));
        let over = sitting.until_view(|view| view.ended.is_some()).await;
        let summary = over.summary.expect("the session shows it at the end");
        assert_eq!((over.state, over.ended), (SeatState::Finished, Some(EndReason::HandedIn)));
        assert_eq!((summary.right, summary.answered, summary.total), (1, 2, 3));
        assert!(summary.score > 0 && summary.score * 3 == summary.score_max, "{summary:?}");
        until_progress(&mut host, &mut view, |view| view.seats[0].score == Some(summary.score)).await;
        assert!(view.seats[0].is_here);

        let done = until_status(&mut table, "finished").await;
        let page = format!("/sessions/{}/seats/{}", place.session, ada.seat);
        assert_eq!((&done["progress"], &done["summary"]), (&json!("2/3"), &json!(page)));
        assert_eq!((&done["transcript"], &done["session_timer"]), (&json!(format!("{page}/transcript")), &json!(null)));
        assert!(!place.does(&mut browser, "answer", &[("turn", "3"), ("choice", "1")]).await.is_empty());
        assert_eq!(number(folder.path(), "select count(*) from timed_answer").await, 2);
    });
}

/// Reads on until the host's view, folded from what came, is as wanted.
async fn until_progress(
    host: &mut crate::bots::visitor::Wire,
    view: &mut TimedHostView,
    is_it: impl Fn(&TimedHostView) -> bool,
) {
    while !is_it(view) {
        if let Message::Progress(progress) = host.next().await.expect("open").message {
            view.apply(&progress.read::<Progress>().expect("progress"));
        }
    }
}

#[test]
fn somebody_goes_the_same_way_without_scripts() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[("shuffles_options", "on")]).await;
        let ada = place.invite("Ada").await;
        let mut browser = place.browser(&ada).await;
        assert!(!place.does(&mut browser, "answer", &[("turn", "1"), ("choice", "1")]).await.is_empty());
        assert_eq!(place.does(&mut browser, "start", &[]).await, "");
        for turn in 1..=3_u32 {
            let page = place.page(&mut browser).await.page.expect("a question");
            assert_eq!(page.turn, TurnNo(turn));
            let right = page.options.iter().position(|option| *option == format!("{turn}.1")).expect("an option");
            let (right, turn, next) = (right.to_string(), turn.to_string(), (turn + 1).min(3).to_string());
            let id = format!("form-{turn}");
            let fields = [("turn", turn.as_str()), ("choice", right.as_str()), ("go_to", next.as_str()), ("id", &id)];
            // Sent twice, as impatient people do.
            for _ in 0..2 {
                assert_eq!(place.does(&mut browser, "answer", &fields).await, "");
            }
        }
        assert_eq!(place.does(&mut browser, "finish", &[]).await, "");
        let over = place.page(&mut browser).await;
        let summary = over.summary.expect("a summary");
        assert_eq!((over.state, summary.right, summary.score), (SeatState::Finished, 3, summary.score_max));
        let (status, own) = ask(&mut browser, "own_result", json!({ "code": place.code, "attempt": 1 })).await;
        assert_eq!((status, own["lines"].as_array().map(Vec::len)), (StatusCode::OK, Some(3)), "{own}");
        let changes = number(folder.path(), "select sum(changes) from timed_answer").await;
        assert_eq!(changes, 0, "what was sent twice was answered once");
        let mut stranger: Visitor = place.house.visitor();
        let (status, _) = ask(&mut stranger, "own_result", json!({ "code": place.code, "attempt": 1 })).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    });
}
