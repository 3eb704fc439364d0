//! Personal links: which ones open a seat, what ends them, and that they are kept nowhere.
//!
//! A3, A12. What is logged is looked at by `tests/secrets.rs`.

use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::json;

use crate::bots::visitor::{Ended, Visitor};
use crate::domain::ids::OrganisationId;
use crate::domain::time::Millis;
use crate::protocol::close::Close;
use crate::protocol::frame::SUBPROTOCOL;
use crate::protocol::message::Message;
use crate::tests::house::{folder, on_runtime, quiz};
use crate::tests::raw::token_of_stranger;
use crate::tests::timed::{OURS, Place, Sitting, ask, dump, follow, location, open_session};

/// A link that opens nothing leads to the page that says so, and gives no cookie.
async fn is_dead(place: &Place, link: &str) {
    let answer = place.house.visitor().get(link).await.expect("the house answers");
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/session/link".to_owned()), "{link}");
    assert!(answer.headers().get("set-cookie").is_none(), "{link}");
}

/// A cookie whose link does not hold any more is none, at every door.
async fn is_out(place: &Place, browser: &mut Visitor) {
    assert!(!place.is_let_in(browser).await);
    let (status, _) = ask(browser, "own_result", json!({ "code": place.code, "attempt": 1 })).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    for what in ["start", "answer", "finish"] {
        let fields = [("code", place.code.as_str()), ("turn", "1"), ("choice", "1")];
        let answer = browser.post(&format!("/session/{what}"), &fields).await.expect("the house answers");
        assert_eq!(location(&answer), "/session/link", "{what}");
    }
    let stream = format!("/session/{}/stream", place.session);
    for path in [stream, format!("/ws/{}", place.code), format!("/ws/{}?as=player", place.code)] {
        let mut wire = browser.open(&path, &[SUBPROTOCOL]).await.expect("an upgrade");
        let ended = wire.next().await.expect_err("nothing is told");
        assert!(matches!(ended, Ended::Closed(close) if close.is_final()), "{path}: {ended:?}");
    }
}

#[test]
fn a_token_that_was_altered_anywhere_opens_nothing() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        let (ada, bo) = (place.invite("Ada").await, place.invite("Bo").await);
        let token = |link: &str| link.split('=').nth(1).expect("a token").to_owned();
        let (own, other) = (token(&ada.link), token(&bo.link));
        let parts: Vec<&str> = own.split('-').collect();
        let other_proof = other.split('-').nth(3).expect("a proof");
        let flipped = if parts[3].starts_with('0') { "1" } else { "0" };
        let mut altered = vec![
            String::new(),
            "x".to_owned(),
            format!("{}-{}-{}-{}", parts[0], parts[1], parts[2], other_proof),
            format!("{}-{}-{}-{}", parts[0], bo.seat, parts[2], parts[3]),
            format!("{}-{}-{}-{}{}", parts[0], parts[1], parts[2], flipped, &parts[3][1..]),
            format!("{}-{}-2-{}", parts[0], parts[1], parts[3]),
            format!("{}-{}-0-{}", parts[0], parts[1], parts[3]),
            format!("2-{}-{}-{}", parts[1], parts[2], parts[3]),
            format!("0{own}"),
            format!("{own}0"),
            own.to_uppercase(),
            format!("{own}%00"),
            "9".repeat(4_000),
        ];
        // Guessing: proofs that nobody made.
        altered.extend((0..50).map(|guess| format!("{}-{}-{}-{:032x}", parts[0], parts[1], parts[2], guess)));
        let before = dump(folder.path()).await;
        for token in altered.iter().filter(|token| **token != own) {
            is_dead(&place, &format!("/session?token={token}")).await;
        }
        is_dead(&place, "/session").await;
        assert_eq!(dump(folder.path()).await, before);
        assert!(!before.iter().any(|row| row.contains(parts[3]) || row.contains(other_proof)), "no proof is kept");
        assert_eq!(follow(&mut place.house.visitor(), &ada.link).await, format!("/session/{}", place.code));
    });
}

#[test]
fn a_link_on_a_second_browser_opens_the_same_seat() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        let ada = place.invite("Ada").await;
        let (phone, laptop) = (place.started(&ada).await, place.browser(&ada).await);
        let (mut one, mut other) = (place.socket(&phone).await, place.socket(&laptop).await);
        one.answer(1, 2, "phone-1").await;
        let seen = other.until_view(|view| view.answered[0]).await;
        assert_eq!((seen.seat, seen.name.as_str()), (ada.seat, "Ada"));
        other.go_to(2, "laptop-1").await;
        let there = other.until_view(|view| view.page.as_ref().is_some_and(|page| page.turn.0 == 2)).await;
        let here = one.until_view(|view| view.page.as_ref().is_some_and(|page| page.turn.0 == 2)).await;
        assert_eq!(here, there);
    });
}

#[test]
fn a_renewed_link_ends_the_one_before_at_every_door_and_on_open_sockets() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        let ada = place.invite("Ada").await;
        let mut old = place.started(&ada).await;
        let mut sitting = place.socket(&old).await;
        sitting.answer(1, 1, "a-1").await;
        let since = Instant::now();
        assert_eq!(place.manage(ada.seat, json!("renew")).await, "");
        assert_eq!(sitting.until_end().await, Ended::Closed(Close::Removed));
        is_dead(&place, &ada.link).await;
        is_out(&place, &mut old).await;
        assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
        let link = place.link(ada.seat).await;
        assert_ne!(link, ada.link);
        let mut new = place.house.visitor();
        assert_eq!(follow(&mut new, &link).await, format!("/session/{}", place.code));
        let mut sitting = place.socket(&new).await;
        let view = sitting.until_view(|_| true).await;
        assert_eq!(view.answered, [true, false, false], "it goes on where it was");
        assert!(matches!(sitting.answer(2, 1, "a-2").await, Message::AnswerTaken(_)));
        is_out(&place, &mut old).await;
    });
}

#[test]
fn a_revoked_link_opens_nothing_until_it_is_renewed() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        let ada = place.invite("Ada").await;
        let mut old = place.browser(&ada).await;
        assert_eq!(place.manage(ada.seat, json!("revoke")).await, "");
        is_dead(&place, &ada.link).await;
        is_out(&place, &mut old).await;
        assert_eq!(place.manage(ada.seat, json!("renew")).await, "");
        is_dead(&place, &ada.link).await;
        is_out(&place, &mut old).await;
        let link = place.link(ada.seat).await;
        let mut new = place.house.visitor();
        follow(&mut new, &link).await;
        assert!(place.is_let_in(&mut new).await);
    });
}

#[test]
fn a_link_opens_its_own_session_and_no_other() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        let ada = place.invite("Ada").await;
        let browser = place.started(&ada).await;
        token_of_stranger(&place.house).await;
        let mut olga = place.house.signed_in("olga@contoso.example").await;
        let mut admin = place.admin.clone();
        let others = [
            open_session(&place.house, &mut admin, OURS, quiz(1), &[]).await,
            open_session(&place.house, &mut olga, OrganisationId(2), quiz(1), &[]).await,
        ];
        for (session, code) in others {
            let token = ada.link.split_once('-').expect("parts").1;
            is_dead(&place, &format!("/session?token={session}-{token}")).await;
            let there = Place { house: place.house, admin: place.admin, session, code };
            is_out(&there, &mut browser.clone()).await;
            let Place { house, admin, .. } = there;
            place = Place { house, admin, session: place.session, code: place.code };
        }
        assert!(place.is_let_in(&mut browser.clone()).await);
    });
}

#[test]
fn when_a_session_is_closed_its_links_show_the_result_and_start_nothing() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[("feedback", "when_closed")]).await;
        let ada = place.invite("Ada").await;
        let mut browser = place.started(&ada).await;
        place.does(&mut browser, "finish", &[]).await;
        assert_eq!(place.page(&mut browser).await.summary, None, "not yet");
        place.close().await;
        let mut again = place.browser(&ada).await;
        assert!(place.page(&mut again).await.summary.is_some());
        assert!(!place.does(&mut again, "start", &[]).await.is_empty());
    });
}

/// A3 for seats: the cookie holds for sixty days of server time, to the second; the link gives it again.
#[test]
fn a_seats_cookie_ends_and_the_link_gives_it_again() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[("minutes", "")]).await;
        let ada = place.invite("Ada").await;
        let mut browser = place.browser(&ada).await;
        place.pass(Millis(60 * 24 * 3_600_000 - 5_000));
        assert!(place.is_let_in(&mut browser).await);
        place.pass(Millis(6_000));
        is_out(&place, &mut browser).await;
        let mut browser = place.browser(&ada).await;
        assert!(place.is_let_in(&mut browser).await);
        let sitting = Sitting::open(&browser, place.session).await;
        assert!(sitting.view.is_some());
    });
}
