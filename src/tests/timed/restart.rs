//! What a restart, a kill or a disk that takes nothing leaves of a timed session: everything that anybody was told.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::bots::visitor::Visitor;
use crate::domain::limits::Limits;
use crate::domain::time::Millis;
use crate::protocol::message::Message;
use crate::protocol::timed::SeatState;
use crate::tests::faults::keep_disk_busy;
use crate::tests::house::{House, PATIENCE, folder, on_runtime, quiz};
use crate::tests::timed::{Guest, OURS, Place, ask, database, number, open_session, refusal};

/// Everything that anybody sees, but for the moment at which it was made.
async fn seen(place: &mut Place, browsers: &[(Guest, Visitor)]) -> Vec<Value> {
    let mut seen = vec![json!(place.rows().await)];
    let mut admin = place.admin.clone();
    for path in ["results.csv".to_owned()]
        .into_iter()
        .chain((1..=20).flat_map(|seat| ["json", "csv"].map(|kind| format!("seats/{seat}/transcript.{kind}"))))
    {
        let answer = admin.get(&format!("/sessions/{}/{path}", place.session)).await.expect("the house answers");
        seen.push(json!([path, answer.status().as_u16(), String::from_utf8_lossy(answer.body())]));
    }
    for (guest, browser) in browsers {
        let mut browser = browser.at(place.house.door());
        let (_, entry) = ask(&mut browser, "own_seat", json!({ "code": place.code })).await;
        let (_, own) = ask(&mut browser, "own_result", json!({ "code": place.code, "attempt": 1 })).await;
        let link = place.ask("seat_link", json!({ "id": place.session, "seat": guest.seat })).await.1;
        let url = link["url"].as_str().and_then(|url| url.split("/session").nth(1)).map(str::to_owned);
        seen.push(json!([guest.seat, entry["Seated"]["seat"], entry["Seated"]["show"], own, url]));
    }
    seen
}

#[test]
fn twenty_people_in_all_states_find_everything_as_it_was() {
    let folder = folder();
    let (known, browsers, before) = on_runtime(async {
        let changes = [("attempts", "2"), ("shuffles_questions", "on"), ("shuffles_options", "on"), ("compares", "on")];
        let mut place = Place::open(folder.path(), &changes).await;
        let mut browsers = Vec::new();
        for number in 0..20_u32 {
            let guest = place.invite(&format!("Person {number}")).await;
            let mut browser = place.browser(&guest).await;
            if number % 10 == 1 {
                drop(place.socket(&browser).await);
            }
            if number % 10 >= 2 {
                assert_eq!(place.does(&mut browser, "start", &[]).await, "");
                for turn in 1..=number % 4 {
                    let (turn, choice) = (turn.to_string(), ((number + turn) % 4).to_string());
                    let fields = [("turn", turn.as_str()), ("choice", choice.as_str()), ("go_to", turn.as_str())];
                    assert_eq!(place.does(&mut browser, "answer", &fields).await, "");
                }
            }
            let deeds: &[Value] = match number % 10 {
                3 => &[json!({ "extend": 90_000 })],
                4 => &[json!("pause")],
                5 => &[json!("pause"), json!({ "extend": 30_000 }), json!("resume")],
                6 => &[json!("end")],
                7 => &[json!("revoke")],
                8 => &[json!("renew")],
                9 => &[json!("add_attempt")],
                _ => &[],
            };
            for deed in deeds {
                assert_eq!(place.manage(guest.seat, deed.clone()).await, "", "{deed}");
            }
            if number % 10 == 9 {
                assert_eq!(place.does(&mut browser, "finish", &[]).await, "");
            }
            if number == 19 {
                assert_eq!(place.does(&mut browser, "start", &[]).await, "");
            }
            browsers.push((guest, browser));
        }
        place.house.until_links(0).await;
        let before = seen(&mut place, &browsers).await;
        (place.kill(), browsers, before)
    });
    on_runtime(async {
        let mut place = known.reopen(folder.path()).await;
        let states: Vec<SeatState> = place.rows().await.into_iter().map(|row| row.state).collect();
        for state in SeatState::ALL.into_iter().filter(|state| *state != SeatState::Expired) {
            assert!(states.contains(&state), "nobody is {state:?}");
        }
        let after = seen(&mut place, &browsers).await;
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before, after);
        }
        assert_eq!(before.len(), after.len());
    });
}

/// G1: what was acknowledged is there, once, however often the process is killed.
#[test]
fn answers_that_were_acknowledged_survive_every_kill_once() {
    let folder = folder();
    let acknowledged: Arc<Mutex<Vec<String>>> = Arc::default();
    let turn = |limits: &mut Limits| limits.answers_per_10s = 10_000;
    let (mut known, browsers) = on_runtime(async {
        let mut place = Place::open_with(folder.path(), turn, &[]).await;
        let mut browsers = Vec::new();
        for name in ["Ada", "Bo", "Cy"] {
            let guest = place.invite(name).await;
            browsers.push(place.started(&guest).await);
        }
        (place.kill(), browsers)
    });
    for round in 0..4 {
        known = on_runtime(async {
            let place = known.reopen_with(folder.path(), turn).await;
            for (seat, browser) in browsers.iter().enumerate() {
                let mut sitting = place.socket(&browser.at(place.house.door())).await;
                let acknowledged = Arc::clone(&acknowledged);
                tokio::spawn(async move {
                    for number in 0..60_u32 {
                        let asked = format!("{round}-{seat}-{number}");
                        let choice = u8::try_from(number % 4).expect("small");
                        let reply = sitting.answer(number % 3 + 1, choice, &asked).await;
                        assert!(matches!(reply, Message::AnswerTaken(_)), "{reply:?}");
                        acknowledged.lock().expect("nobody panics here").push(asked);
                    }
                });
            }
            let wanted = (round + 1) * 20;
            let waiting = async {
                while acknowledged.lock().expect("nobody panics here").len() < wanted {
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
            };
            tokio::time::timeout(PATIENCE, waiting).await.expect("answers are taken");
            place.kill()
        });
    }
    on_runtime(async {
        let mut place = known.reopen(folder.path()).await;
        let mut db = database(folder.path()).await;
        let stored = "select command_id from fact where kind = 'answered'";
        let stored: Vec<String> = sqlx::query_scalar(stored).fetch_all(&mut db).await.expect("facts");
        let acknowledged = acknowledged.lock().expect("nobody panics here").clone();
        for asked in &acknowledged {
            assert_eq!(stored.iter().filter(|stored| *stored == asked).count(), 1, "{asked}");
        }
        let distinct: std::collections::HashSet<&String> = stored.iter().collect();
        assert_eq!(distinct.len(), stored.len(), "nothing twice");
        assert_eq!(number(folder.path(), "select count(*) from timed_answer").await, 9);
        assert_eq!(number(folder.path(), "select sum(changes + 1) from timed_answer").await, stored.len() as i64);
        assert!(place.rows().await.iter().all(|row| row.answered == 3));
    });
}

async fn counted(folder: &Path) -> i64 {
    number(folder, "select count(*) from timed_answer").await
}

#[test]
fn what_the_disk_did_not_take_is_told_and_counts_when_it_is_sent_again() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        let ada = place.invite("Ada").await;
        let mut browser = place.started(&ada).await;
        let mut sitting = place.socket(&browser).await;
        let before = sitting.until_view(|_| true).await;

        let busy = keep_disk_busy(folder.path()).await;
        let mut admin = place.admin.clone();
        let asked = json!({ "id": place.session, "seat": ada.seat, "deed": { "extend": 60_000 } });
        let (reply, (_, wrong)) = tokio::join!(sitting.answer(1, 1, "a-1"), ask(&mut admin, "manage_seat", asked));
        assert_eq!(refusal(&reply), "not_saved", "{reply:?}");
        assert_eq!(wrong, json!({ "Refused": "not saved, please try again; Send it again in a moment." }));
        let page = place.page(&mut browser).await;
        assert_eq!(page, before, "as if nothing had been");

        sqlx::Connection::close(busy).await.expect("closed");
        assert_eq!(counted(folder.path()).await, 0);
        let reply = sitting.answer(1, 1, "a-1").await;
        assert!(matches!(reply, Message::AnswerTaken(_)), "{reply:?}");
        assert_eq!(counted(folder.path()).await, 1);
        assert_eq!(place.does(&mut browser, "finish", &[]).await, "");
        sitting.until_view(|view| view.state == SeatState::Finished).await;
        let facts = number(folder.path(), "select count(*) - max(no) from fact").await;
        assert_eq!(facts, 0, "numbered without gaps");
    });
}

#[test]
fn a_deadline_that_passes_while_the_disk_takes_nothing_is_told_once_when_it_does() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[("minutes", "0.5")]).await;
        let ada = place.invite("Ada").await;
        let browser = place.started(&ada).await;
        let mut sitting = place.socket(&browser).await;
        let deadline = sitting.until_view(|_| true).await.deadline.expect("a limit");
        let busy = keep_disk_busy(folder.path()).await;
        place.pass(Millis(31_000));
        let reply = sitting.answer(1, 1, "a-1").await;
        assert!(["too_late", "not_saved"].contains(&refusal(&reply)), "{reply:?}");
        assert_eq!(sitting.expired, 0, "nothing is told that is not stored");
        sqlx::Connection::close(busy).await.expect("closed");
        sitting.until_view(|view| view.state == SeatState::Expired).await;
        sitting.until_view(|view| view.summary.is_some()).await;
        sitting.settle().await;
        assert_eq!(sitting.expired, 1);
        assert_eq!(place.row(ada.seat).await.ended_at, Some(deadline));
    });
}

/// Transactions that failed, as the house's numbers have it.
async fn failures(visitor: &mut Visitor) -> u32 {
    let answer = visitor.get("/metrics").await.expect("the house answers");
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("podium_commit_failures_total "));
    line.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("no number: {text}"))
}

#[test]
fn a_deadline_that_the_disk_does_not_take_is_tried_again_in_peace() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_as(folder.path(), &["--metrics-networks", "127.0.0.1"]).await;
        let mut admin = house.set_up().await;
        let (session, code) = open_session(&house, &mut admin, OURS, quiz(1), &[("minutes", "0.5")]).await;
        let mut place = Place { house, admin, session, code };
        let ada = place.invite("Ada").await;
        place.started(&ada).await;
        let mut db = database(folder.path()).await;
        // Refused at once, where a busy disk would be waited for.
        let full = "create trigger full before insert on fact begin select raise(rollback, 'full'); end";
        sqlx::query(full).execute(&mut db).await.expect("a trigger");
        place.pass(Millis(30_000));
        let mut visitor = place.house.visitor();
        let first = async { while failures(&mut visitor).await == 0 {} };
        tokio::time::timeout(PATIENCE, first).await.expect("the deadline is to be stored");
        let before = failures(&mut visitor).await;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let tries = failures(&mut visitor).await - before;
        assert!(tries <= 5, "{tries} tries in a second");
        assert_eq!(place.row(ada.seat).await.ended_at, None, "nothing is seen that is not stored");
        sqlx::query("drop trigger full").execute(&mut db).await.expect("gone");
        place.until_state(ada.seat, SeatState::Expired).await;
    });
}
