//! Somebody is forgotten: nothing that is theirs stays, in memory or on disk, and nobody else loses anything.

use serde_json::json;

use crate::bots::visitor::Ended;
use crate::domain::person::PersonDraft;
use crate::domain::time::Millis;
use crate::protocol::close::Close;
use crate::protocol::frame::SUBPROTOCOL;
use crate::protocol::message::Message;
use crate::protocol::timed::Progress;
use crate::tests::chat::is_on_disk;
use crate::tests::house::{folder, on_runtime};
use crate::tests::raw::Raw;
use crate::tests::timed::{Known, OURS, Place, dump, number};

/// The first name of whom is forgotten, and their address.
const CANARY: &str = "Zwetschgendatschi";
const CANARY_EMAIL: &str = "marillenknoedel@quiz.example";

#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Running,
    JustClosed,
    LongClosed,
}

fn check_forgotten(when: When) {
    let folder = folder();
    let (known, kept) = on_runtime(async {
        let mut place = Place::open(folder.path(), &[("attempts", "2")]).await;
        let bo = place.invite("Bo").await;
        let (session, canary) = (place.session, place.invite(CANARY).await);
        // Everything that is known of somebody.
        let (store, now) = (&place.house.running.house.store, place.house.running.house.clock.now());
        let draft =
            PersonDraft { first_name: CANARY.to_owned(), email: CANARY_EMAIL.to_owned(), ..PersonDraft::default() };
        store.save_person(OURS, canary.person, 1, draft, now).await.expect("saved");
        let cy = place.invite("Cy").await;
        let mut others = Vec::new();
        for guest in [&bo, &cy] {
            let browser = place.started(guest).await;
            let mut sitting = place.socket(&browser).await;
            sitting.answer(1, 1, &format!("other-{}", guest.seat)).await;
            others.push((browser, sitting));
        }
        let browser = place.started(&canary).await;
        let mut sitting = place.socket(&browser).await;
        for turn in 1..=3 {
            assert!(matches!(sitting.answer(turn, 2, &format!("canary-{turn}")).await, Message::AnswerTaken(_)));
        }
        sitting.finish("canary-f").await;
        place.does(&mut browser.clone(), "start", &[]).await;
        sitting.answer(1, 3, "canary-again").await;
        assert!(is_on_disk(folder.path(), CANARY) && is_on_disk(folder.path(), "canary-2"));
        if when != When::Running {
            place.close().await;
        }
        if when == When::LongClosed {
            place.pass(Millis(601_000));
            assert_eq!(sitting.until_end().await, Ended::Closed(Close::Over));
            place.until_gone().await;
        }

        let seat = format!(",{},", canary.seat);
        let rows = async |table: &str| -> Vec<String> {
            let start = format!("{table}: {session}");
            let all = dump(folder.path()).await.into_iter();
            all.filter(|row| row.strip_prefix(&start).is_some_and(|rest| !rest.starts_with(&seat))).collect()
        };
        let before = (rows("timed_seat").await, rows("timed_answer").await);
        assert_eq!((before.0.len(), before.1.len()), (2, 2));

        let mut table = Raw::of(&place.admin, "/admin/stream").await;
        table.until("initial").await;
        let mut host = match when {
            When::Running => {
                Some(place.admin.open(&format!("/ws/{}?as=host", place.code), &[SUBPROTOCOL]).await.expect("a socket"))
            }
            When::JustClosed | When::LongClosed => None,
        };
        let id = canary.person.to_string();
        let answer = place.admin.post("/api/delete_person", &[("id", &id)]).await.expect("the house answers");
        assert!(!answer.status().is_server_error(), "{:?}", answer.body());
        let told = table.until("user_deleted").await;
        assert_eq!(told["data"]["id"], json!(canary.person));
        if when != When::LongClosed {
            assert_eq!(sitting.until_end().await, Ended::Closed(Close::Removed));
        }
        if let Some(host) = &mut host {
            loop {
                let Message::Progress(progress) = host.next().await.expect("open").message else { continue };
                if progress.read::<Progress>().expect("progress").gone == [canary.seat] {
                    break;
                }
            }
        }
        let dead = place.house.visitor().get(&canary.link).await.expect("the house answers");
        assert_eq!(dead.headers()["location"], "/session/link");
        assert!(!place.is_let_in(&mut browser.clone()).await);

        let all = dump(folder.path()).await;
        for gone in [CANARY, CANARY_EMAIL, "marillen", "canary-"] {
            let found = all.iter().find(|row| row.to_lowercase().contains(&gone.to_lowercase()));
            assert_eq!(found, None, "{gone}");
        }
        assert_eq!((rows("timed_seat").await, rows("timed_answer").await), before, "nobody else lost anything");
        let gaps = "select count(*) - max(no) from fact where session_id = 1";
        assert_eq!(number(folder.path(), gaps).await, 0, "numbered without gaps");
        if when == When::Running {
            let (_, other) = &mut others[0];
            assert!(matches!(other.answer(2, 1, "other-on").await, Message::AnswerTaken(_)), "the others go on");
        }
        let kept = place.rows().await;
        assert_eq!(kept.len(), 2);
        drop(others);
        let known = Known { admin: place.admin, session: place.session, code: place.code };
        place.house.running.stop().await;
        (known, kept)
    });
    for gone in [CANARY, CANARY_EMAIL, "canary-2"] {
        assert!(!is_on_disk(folder.path(), gone), "{gone}");
    }
    on_runtime(async {
        let mut place = known.reopen(folder.path()).await;
        let rows: Vec<_> = place.rows().await.into_iter().map(|row| (row.seat, row.name, row.answered)).collect();
        let kept: Vec<_> = kept.into_iter().map(|row| (row.seat, row.name, row.answered)).collect();
        assert_eq!(rows, kept, "the session comes back without them");
        if when == When::Running {
            let di = place.invite("Di").await;
            assert_eq!(di.seat.0, 4, "no seat is given twice");
        }
    });
}

#[test]
fn who_is_forgotten_in_the_middle_leaves_nothing_and_the_others_go_on() {
    check_forgotten(When::Running);
}

#[test]
fn who_is_forgotten_just_after_the_close_leaves_nothing() {
    check_forgotten(When::JustClosed);
}

#[test]
fn who_is_forgotten_long_after_the_close_leaves_nothing() {
    check_forgotten(When::LongClosed);
}
