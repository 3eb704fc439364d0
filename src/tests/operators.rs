//! What operators see of the house: how it is, what it has to say, who is connected. Through the front door, by every role
//! and from another organisation.
//!
//! R058, R064, R066.

use http::StatusCode;
use serde_json::{Value, json};
use sqlx::Connection;

use crate::api::house::NOTICES;
use crate::bots::visitor::{Ended, Visitor};
use crate::domain::code::JoinCode;
use crate::domain::ids::{AdminId, NoticeId, OrganisationId};
use crate::domain::limits::Limits;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::protocol::close::Close;
use crate::protocol::frame::SUBPROTOCOL;
use crate::protocol::health::Health;
use crate::protocol::message::Message;
use crate::protocol::notice::{NoticeLevel, Notification};
use crate::server::notices::Notice;
use crate::server::store::notice::{NOTICES_MAX, NoticeReader};
use crate::tests::faults::keep_disk_busy;
use crate::tests::house::{House, Seated, folder, on_runtime, quiz};
use crate::tests::raw::{Raw, token_of_stranger};
use crate::tests::timed::open_session;

const STREAM: &str = "/admin/stream";
const OURS: OrganisationId = OrganisationId(1);

/// Asks a server function as a page does.
async fn ask(visitor: &mut Visitor, function: &str, arguments: Value) -> Value {
    let answer = visitor.ask(&format!("/api/{function}"), &arguments.to_string()).await.expect("the house answers");
    assert_eq!(answer.status(), StatusCode::OK, "{function}: {:?}", answer.body());
    serde_json::from_slice(answer.body()).expect("JSON")
}

/// Posts to a server function as a plain form does; what it answers.
async fn post(visitor: &mut Visitor, function: &str, fields: &[(&str, &str)]) -> StatusCode {
    visitor.post(&format!("/api/{function}"), fields).await.expect("the house answers").status()
}

async fn html(visitor: &mut Visitor, path: &str) -> String {
    let answer = visitor.get(path).await.expect("the house answers");
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    String::from_utf8_lossy(answer.body()).into_owned()
}

/// The owner of another organisation, signed in.
async fn stranger(house: &House) -> Visitor {
    token_of_stranger(house).await;
    house.signed_in("olga@contoso.example").await
}

/// Waits until something is so.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    while !is_so().await {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

async fn unread(admin: &mut Visitor) -> Value {
    ask(admin, "me", json!({})).await["desk"]["unread"].clone()
}

/// R064: figures come by themselves and move; what cannot be read is absent.
#[test]
fn the_houses_own_admins_are_told_how_it_is_every_few_seconds() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        house.open_room(quiz(1)).await;
        let mut desk = Raw::of(&admin, STREAM).await;
        let first = desk.until("health").await;
        let rooms = |health: &Value| health["data"]["rooms_open"].as_u64();
        let next = desk.until_one(|told| told["type"] == "health" && rooms(told) == Some(1)).await;
        assert!(next["seq"].is_null() && next["timestamp"].is_null(), "a state, in its document's words: {next}");
        let health: Health = serde_json::from_value(next["data"].clone()).expect("the fields of the contract");
        assert!(health.at > serde_json::from_value::<Timestamp>(first["data"]["at"].clone()).expect("a time"));
        assert_eq!(health.connections.admin, 1);
        assert!(health.process_memory_bytes > Some(1_000_000) && health.database_bytes > Some(4_096));
        assert!(health.machine_memory_used_bytes < health.machine_memory_total_bytes);
        assert!(health.process_cpu_permille.is_some() && health.disk_free_bytes.is_some());

        let requests = |told: &Value| told["data"]["request_latency"]["count"].as_u64() > Some(0);
        html(&mut admin, "/quizzes").await;
        let told = desk.until_one(|told| told["type"] == "health" && requests(told)).await;
        assert!(told["data"]["request_latency"]["p95_us"].as_u64() > Some(0), "{told}");

        // Nobody else's desk is told anything of the machine, while ours is.
        let olga = stranger(&house).await;
        let mut elsewhere = Raw::of(&olga, STREAM).await;
        elsewhere.until("initial").await;
        for _ in 0..2 {
            desk.until("health").await;
        }
        let told = elsewhere.settle("still").await.expect("open");
        assert!(told.iter().all(|told| told["type"] != "health"), "{told:?}");
    });
}

#[test]
fn the_dashboard_shows_each_role_what_it_may_see() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut owner = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        until(async || !house.running.house.vitals.history().is_empty()).await;
        let (charts, people) = ("How the house is", "People you know");
        let page = html(&mut owner, "/dashboard").await;
        for part in [charts, people, &code.spaced(), "role=\"img\"", "As a table"] {
            assert!(page.contains(part), "{part}");
        }
        for role in [Role::Host, Role::Viewer] {
            let email = format!("{role}@northwind.example");
            house.add_account(&email, role).await;
            let page = html(&mut house.signed_in(&email).await, "/dashboard").await;
            assert!(page.contains(&code.spaced()), "{role}");
            assert!(!page.contains(charts) && !page.contains(people) && !page.contains("/notices"), "{role}");
            let start = page.contains("/host/");
            assert_eq!(start, role == Role::Host, "{role}");
        }
        let page = html(&mut stranger(&house).await, "/dashboard").await;
        assert!(page.contains(people) && !page.contains(charts) && !page.contains(&code.spaced()));
        // The first page and the figures beside it are the same that the function gives.
        let figures = ask(&mut owner, "dashboard_page", json!({ "with_history": true })).await;
        assert!(figures["health"].as_array().is_some_and(|history| !history.is_empty()));
        let figures = ask(&mut owner, "dashboard_page", json!({ "with_history": false })).await;
        assert!(figures["health"].is_null() && figures["people"] == 0);
    });
}

/// R058: tripping a limit shows a notice on two open admin pages.
#[test]
fn a_limit_that_trips_is_told_to_all_admins_of_the_organisation_and_kept() {
    let folder = folder();
    on_runtime(async {
        let one_seat = |limits: &mut Limits| limits.seats_max = 1;
        let mut house = House::open_with(folder.path(), one_seat).await;
        let mut ines = house.set_up().await;
        house.add_account("mo@northwind.example", Role::Admin).await;
        let mut mo = house.signed_in("mo@northwind.example").await;
        let mut olga = stranger(&house).await;
        let mut desks = [Raw::of(&ines, STREAM).await, Raw::of(&mo, STREAM).await];
        let mut elsewhere = Raw::of(&olga, STREAM).await;
        for desk in desks.iter_mut().chain([&mut elsewhere]) {
            desk.until("initial").await;
        }
        let code = house.open_room(quiz(1)).await;
        house.visitor().join(code, "Ada", "r-1").await.expect("a seat");
        for name in ["Bo", "Cy"] {
            assert!(house.visitor().join(code, name, name).await.is_err(), "the room is full");
        }
        let mut ids = Vec::new();
        for desk in &mut desks {
            let told = desk.until("notification").await["data"].clone();
            let notice: Notification = serde_json::from_value(told).expect("a notice");
            assert_eq!((notice.level, notice.code.as_str()), (NoticeLevel::Warning, "room_full"));
            assert_eq!(notice.room, Some(code.to_string()));
            assert!(notice.text.contains(&code.spaced()), "{}", notice.text);
            ids.push(notice.id);
            let more = desk.settle("once").await.expect("open");
            assert!(more.iter().all(|told| told["type"] != "notification"), "once a minute: {more:?}");
        }
        assert_eq!(ids[0], ids[1]);
        let told = elsewhere.settle("still").await.expect("open");
        assert!(told.iter().all(|told| told["type"] != "notification"), "{told:?}");

        assert!(html(&mut ines, "/notices").await.contains("is full. Somebody was turned away."));
        assert!(!html(&mut olga, "/notices").await.contains("is full."));
        assert_eq!(
            (unread(&mut ines).await, unread(&mut mo).await, unread(&mut olga).await),
            (json!(1), json!(1), json!(0))
        );

        // Read by one, for the other it is still new; and nobody marks what they may not see.
        let id = ids[0].to_string();
        assert_eq!(post(&mut olga, "read_notice", &[("id", &id)]).await, StatusCode::NOT_FOUND);
        assert!(!post(&mut ines, "read_notice", &[("id", &id)]).await.is_client_error());
        assert!(!post(&mut ines, "read_notice", &[("id", &id)]).await.is_client_error(), "twice does no harm");
        assert_eq!((unread(&mut ines).await, unread(&mut mo).await), (json!(0), json!(1)));
        let page = ask(&mut mo, "notices_page", json!({ "level": "error", "before": null })).await;
        assert_eq!(page["rows"], json!([]), "of another level");
        let page = ask(&mut mo, "notices_page", json!({ "level": "warning", "before": null })).await;
        assert_eq!((&page["rows"][0]["is_read"], &page["next"]), (&json!(false), &json!(null)));
        post(&mut mo, "read_all_notices", &[("id", &id)]).await;
        assert_eq!(unread(&mut mo).await, json!(0));
    });
}

#[test]
fn an_admin_who_was_away_gets_the_notices_that_were_missed() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        let start = ask(&mut admin, "me", json!({})).await["desk"].clone();
        let raise = |code| {
            let text = "Something is so.".to_owned();
            house.running.house.notices.raise(Some(OURS), Notice { level: NoticeLevel::Info, code, text, room: None });
        };
        raise("first");
        raise("second");
        let position = format!("{STREAM}?epoch={}&seq={}", start["position"]["epoch"], start["position"]["seq"]);
        let mut desk = Raw::of(&admin, &position).await;
        assert_eq!(desk.until("notification").await["data"]["code"], "first");
        assert_eq!(desk.until("notification").await["data"]["code"], "second");
    });
}

/// What concerns the house alone is told to its own organisation, whoever caused it.
#[test]
fn wrong_passwords_are_told_to_whose_account_it_is_and_never_with_an_address() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_as(folder.path(), &["--wrong-passwords-told", "3"]).await;
        let ines = house.set_up().await;
        let olga = stranger(&house).await;
        let mut ours = Raw::of(&ines, STREAM).await;
        let mut theirs = Raw::of(&olga, STREAM).await;
        ours.until("initial").await;
        theirs.until("initial").await;
        let wrong = [("email", "olga@contoso.example"), ("password", "wrong"), ("next", "")];
        for _ in 0..2 {
            house.visitor().post("/login", &wrong).await.expect("the house answers");
        }
        let told = theirs.settle("two").await.expect("open");
        assert!(told.iter().all(|told| told["type"] != "notification"), "two are not three: {told:?}");
        house.visitor().post("/login", &wrong).await.expect("the house answers");
        let notice = theirs.until("notification").await["data"].clone();
        let words = "3 wrong passwords were tried for the account olga@contoso.example within a quarter of an hour.";
        assert_eq!((&notice["code"], &notice["text"]), (&json!("wrong_passwords"), &json!(words)));
        let notice = ours.until("notification").await["data"].clone();
        assert_eq!(notice["code"], "wrong_passwords_network");
        for word in ["127.0.0.1", "olga", "contoso"] {
            assert!(!notice.to_string().contains(word), "{word} in {notice}");
        }
    });
}

/// A disk with less room than the operator calls little, which any disk is with this setting.
#[test]
fn a_disk_that_is_nearly_full_is_told_once() {
    let folder = folder();
    on_runtime(async {
        let flags = ["--disk-warn-mb", "1073741824", "--disk-error-mb", "0", "--slow-commit-ms", "600000"];
        let mut house = House::open_as(folder.path(), &flags).await;
        let mut admin = house.set_up().await;
        until(async || unread(&mut admin).await == json!(1)).await;
        let page = ask(&mut admin, "notices_page", json!({ "level": null, "before": null })).await;
        assert_eq!(page["rows"][0]["notice"]["code"], "disk_nearly_full");
        let mut desk = Raw::of(&admin, STREAM).await;
        for _ in 0..2 {
            let told = desk.next().await.expect("open");
            assert_ne!(told["type"], "notification", "it was told before");
        }
    });
}

/// Told while nothing can be kept, and found by who comes later.
#[test]
fn a_disk_that_takes_nothing_is_told_at_once_and_so_is_that_it_takes_writes_again() {
    let folder = folder();
    on_runtime(async {
        let flags = ["--slow-commit-ms", "600000", "--disk-warn-mb", "0", "--disk-error-mb", "0"];
        let mut house = House::open_as(folder.path(), &flags).await;
        let mut admin = house.set_up().await;
        let mut desk = Raw::of(&admin, STREAM).await;
        desk.until("initial").await;
        let busy = keep_disk_busy(folder.path()).await;
        admin.post("/quizzes", &[]).await.expect("the house answers");
        assert_eq!(desk.until("notification").await["data"]["code"], "disk_not_writable");
        busy.close().await.expect("closed");
        admin.post("/quizzes", &[]).await.expect("the house answers");
        assert_eq!(desk.until("notification").await["data"]["code"], "disk_writable");
        until(async || unread(&mut admin).await == json!(2)).await;
    });
}

#[test]
fn a_slow_disk_is_told() {
    let folder = folder();
    on_runtime(async {
        let flags = ["--slow-commit-ms", "100", "--disk-warn-mb", "0", "--disk-error-mb", "0"];
        let mut house = House::open_as(folder.path(), &flags).await;
        let admin = house.set_up().await;
        let mut desk = Raw::of(&admin, STREAM).await;
        desk.until("initial").await;
        let busy = keep_disk_busy(folder.path()).await;
        let mut other = admin.clone();
        let writing = tokio::spawn(async move { other.post("/quizzes", &[]).await });
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        busy.close().await.expect("closed");
        writing.await.expect("it ends").expect("the house answers");
        let notice = desk.until("notification").await["data"].clone();
        assert_eq!((&notice["code"], &notice["level"]), (&json!("disk_slow"), &json!("warning")), "{notice}");
    });
}

#[test]
fn old_notices_are_swept_and_never_more_are_kept_than_fit() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_as(folder.path(), &["--slow-commit-ms", "600000"]).await;
        house.set_up().await;
        let store = &house.running.house.store;
        let reader = NoticeReader { admin: AdminId(1), organisation: OURS, sees_house: false };
        let notice = |id: i64, at: i64| Notification {
            id: NoticeId(id),
            level: NoticeLevel::Info,
            code: "test".to_owned(),
            text: "Something is so.".to_owned(),
            room: None,
            at: Timestamp(at),
        };
        for id in 1..=4 {
            store.add_notice(Some(OURS), notice(id, id * 1_000)).await.expect("kept");
        }
        store.add_notice(Some(OURS), notice(4, 9_000)).await.expect("the same again is not another one");
        store.read_notices_up_to(reader, NoticeId(2)).await.expect("read");
        store.sweep_notices(Timestamp(2_000)).await.expect("swept");
        let kept = store.notices(reader, None, None, 10).await.expect("readable");
        let kept: Vec<(i64, i64, bool)> = kept.iter().map(|(it, is_read)| (it.id.0, it.at.0, *is_read)).collect();
        assert_eq!(kept, [(4, 4_000, false), (3, 3_000, false), (2, 2_000, true)]);
        assert_eq!(store.count_unread(reader).await, Ok(2));
        let most = i64::from(NOTICES_MAX);
        let adding = (5..=most + 3).map(|id| store.add_notice(Some(OURS), notice(id, 5_000)));
        futures_util::future::join_all(adding).await;
        store.sweep_notices(Timestamp(0)).await.expect("swept");
        assert_eq!(store.count_unread(reader).await, Ok(NOTICES_MAX), "the two oldest have gone");
    });
}

/// R066: since when, last activity, kind of client; close one.
#[test]
fn an_admin_sees_who_is_connected_and_closes_a_connection() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut ada = house.visitor();
        ada.join(code, "Ada", "r-1").await.expect("a seat");
        let mut phone = Seated::open(&ada, code, "player", None).await;
        phone.until_show(|_| true).await;
        let mut stage = Raw::of(&admin, &format!("/ws/{code}?as=stage")).await;
        stage.next().await.expect("a welcome");
        let all = |search: &str, kind: Value| json!({ "filter": { "search": search, "kind": kind }, "after": 0 });
        let page = ask(&mut admin, "connections_page", all("", json!(null))).await;
        let rows = page["rows"].as_array().expect("rows").clone();
        let seen: Vec<_> = rows.iter().map(|row| (row["kind"].clone(), row["who"].clone())).collect();
        assert_eq!(seen, [(json!("player"), json!("Ada")), (json!("stage"), json!("Ines"))]);
        let row = &rows[0];
        assert_eq!(
            (&row["rooms"], &row["client"], &row["dialect"]),
            (&json!([{ "code": code, "timed": null }]), &json!("A program"), &json!(null))
        );
        assert_eq!(rows[1]["dialect"], "Trivia");
        assert!(row["since"].as_i64() <= row["heard_at"].as_i64() && row["heard_at"].as_i64() <= page["now"].as_i64());
        for (search, kind, found) in [
            ("ada", json!(null), 1),
            (&code.spaced().to_lowercase(), json!(null), 2),
            ("nobody", json!(null), 0),
            ("", json!("stage"), 1),
            ("ada", json!("stage"), 0),
        ] {
            let page = ask(&mut admin, "connections_page", all(search, kind.clone())).await;
            assert_eq!(page["rows"].as_array().map(Vec::len), Some(found), "{search} {kind}");
        }
        let after = json!({ "filter": { "search": "", "kind": null }, "after": row["id"] });
        let page = ask(&mut admin, "connections_page", after).await;
        assert_eq!((page["rows"].as_array().map(Vec::len), &page["is_first"]), (Some(1), &json!(false)));
        assert!(html(&mut admin, "/connections").await.contains("Ada"));

        // Another organisation sees none of them and closes none.
        let id = row["id"].to_string();
        let mut olga = stranger(&house).await;
        assert_eq!(ask(&mut olga, "connections_page", all("", json!(null))).await["rows"], json!([]));
        assert_eq!(post(&mut olga, "close_connection", &[("id", &id)]).await, StatusCode::NOT_FOUND);
        assert!(!post(&mut admin, "close_connection", &[("id", &id)]).await.is_client_error());
        assert_eq!(phone.until_end().await, Ended::Closed(Close::Gone));
        assert_eq!(post(&mut admin, "close_connection", &[("id", &id)]).await, StatusCode::NOT_FOUND, "it is gone");
        // The seat is still there.
        Seated::open(&ada, code, "player", None).await.until_show(|_| true).await;
    });
}

#[test]
fn who_is_in_a_timed_session_has_a_name_and_a_way_to_the_session() {
    let folder = folder();
    on_runtime(async {
        let flags = ["--slow-commit-ms", "600000", "--disk-warn-mb", "0", "--disk-error-mb", "0"];
        let mut house = House::open_as(folder.path(), &flags).await;
        let mut admin = house.set_up().await;
        let (session, code) = open_session(&house, &mut admin, OURS, quiz(1), &[("is_open", "on")]).await;
        let mut ada = house.visitor();
        let fields = [("code", code.as_str()), ("name", "Ada"), ("request_id", "r-1")];
        ada.post("/join", &fields).await.expect("the house answers");
        let stream = format!("/session/{session}/stream");
        let mut wire = ada.open(&stream, &[SUBPROTOCOL]).await.expect("a socket");
        while !matches!(wire.next().await.expect("open").message, Message::SeatUpdate(_)) {}
        for search in ["", "ada"] {
            let asked = json!({ "filter": { "search": search, "kind": "player" }, "after": 0 });
            let page = ask(&mut admin, "connections_page", asked).await;
            assert_eq!(page["rows"].as_array().map(Vec::len), Some(1), "{search}: {page}");
            let row = &page["rows"][0];
            assert_eq!((&row["who"], &row["rooms"]), (&json!("Ada"), &json!([{ "code": code, "timed": session }])));
        }
        let link = format!("href=\"/sessions/{session}\"");
        let page = html(&mut admin, "/connections").await;
        assert!(page.contains(&link) && !page.contains("href=\"/host/"), "{page}");

        let (level, text) = (NoticeLevel::Info, "Something is so.".to_owned());
        let notice = Notice { level, code: "test", text, room: Some(code) };
        house.running.house.notices.raise(Some(OURS), notice);
        until(async || unread(&mut admin).await != json!(0)).await;
        let page = html(&mut admin, "/notices").await;
        assert!(page.contains(&link) && !page.contains("href=\"/host/"), "{page}");
    });
}

/// What is marked as read is all that there is, which an older page does not know.
#[test]
fn all_notices_are_marked_as_read_on_the_first_page_alone() {
    let folder = folder();
    on_runtime(async {
        let flags = ["--slow-commit-ms", "600000", "--disk-warn-mb", "0", "--disk-error-mb", "0"];
        let mut house = House::open_as(folder.path(), &flags).await;
        let mut admin = house.set_up().await;
        for number in 1..=i64::from(NOTICES) + 1 {
            let notice = Notification {
                id: NoticeId(number),
                level: NoticeLevel::Info,
                code: "test".to_owned(),
                text: format!("Something is so, for the time {number}."),
                room: None,
                at: Timestamp(number),
            };
            house.running.house.store.add_notice(Some(OURS), notice).await.expect("kept");
        }
        let page = ask(&mut admin, "notices_page", json!({ "level": null, "before": null })).await;
        let older = format!("/notices?before={}", page["next"]);
        let first = html(&mut admin, "/notices").await;
        assert!(first.contains("Mark all as read") && first.contains(&older), "{first}");
        let second = html(&mut admin, &older).await;
        assert!(
            second.contains("Something is so, for the time 1.") && !second.contains("Mark all as read"),
            "{second}"
        );
    });
}

/// Whose room somebody plays in says whose connection it is, whatever account their browser is signed in with.
#[test]
fn who_plays_elsewhere_is_seen_there_and_not_at_home() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut olga = stranger(&house).await;
        olga.join(code, "Ola", "r-1").await.expect("a seat");
        let mut phone = Seated::open(&olga, code, "player", None).await;
        phone.until_show(|_| true).await;
        let mut desk = Raw::of(&olga, STREAM).await;
        desk.until("initial").await;

        let all = json!({ "filter": { "search": "", "kind": null }, "after": 0 });
        let ours = ask(&mut admin, "connections_page", all.clone()).await["rows"].clone();
        let theirs = ask(&mut olga, "connections_page", all).await["rows"].clone();
        let who = |rows: &Value| -> Vec<Value> {
            rows.as_array().expect("rows").iter().map(|row| json!([row["who"], row["rooms"]])).collect()
        };
        assert_eq!(who(&ours), [json!(["Ola", [{ "code": code, "timed": null }]])]);
        assert_eq!(who(&theirs), [json!(["Olga", []])], "her desk, which is in no room");
        let id = ours[0]["id"].to_string();
        assert_eq!(post(&mut olga, "close_connection", &[("id", &id)]).await, StatusCode::NOT_FOUND);
        assert!(!post(&mut admin, "close_connection", &[("id", &id)]).await.is_client_error());
        assert_eq!(phone.until_end().await, Ended::Closed(Close::Gone));
    });
}

/// One more connection than a page holds is on the next one.
#[test]
fn connections_come_in_pages() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code: JoinCode = house.open_room(quiz(1)).await;
        let mut links = Vec::new();
        for number in 0..3 {
            let mut visitor = house.visitor();
            visitor.join(code, &format!("P{number}"), &format!("r-{number}")).await.expect("a seat");
            let mut seated = Seated::open(&visitor, code, "player", None).await;
            seated.until_show(|_| true).await;
            links.push(seated);
        }
        let inside = &house.running.house;
        let names = async |search: &str, after: u64| {
            let (seen, has_more) = crate::server::connections::page(inside, OURS, (search, None), after, 2).await;
            let last = seen.last().map_or(0, |seen| seen.line.id);
            (seen.into_iter().map(|seen| seen.who).collect::<Vec<_>>(), has_more, last)
        };
        let (first, has_more, last) = names("", 0).await;
        assert_eq!((first, has_more), (vec!["P0".to_owned(), "P1".to_owned()], true));
        let (second, has_more, _) = names("", last).await;
        assert_eq!((second, has_more), (vec!["P2".to_owned()], false));
        let (found, has_more, _) = names("p", 0).await;
        assert_eq!((found.len(), has_more), (2, true), "what is looked for comes in pages, too");
    });
}

#[test]
fn what_podium_pages_are_told_has_the_words_of_the_contract() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let mut wire = admin.open(STREAM, &[crate::protocol::frame::SUBPROTOCOL]).await.expect("a socket");
        let mut has_health = false;
        while !has_health {
            let received = wire.next().await.expect("open");
            if let Message::Health(news) = received.message {
                assert!(received.seq.is_none() && news.read::<Health>().is_some());
                has_health = true;
            }
        }
        let text = "Something is so.".to_owned();
        let notice = Notice { level: NoticeLevel::Error, code: "test", text, room: None };
        house.running.house.notices.raise(None, notice);
        loop {
            let received = wire.next().await.expect("open");
            if let Message::Notification(news) = received.message {
                assert!(received.seq.is_some(), "an event, replayed like others");
                assert_eq!(news.read::<Notification>().map(|it| it.code), Some("test".to_owned()));
                break;
            }
        }
    });
}

/// Every page of an admin opens a desk: the oldest goes when there is one too many, and a person's own sockets are not
/// counted with them.
#[test]
fn one_page_more_than_an_admin_may_have_open_closes_the_oldest() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_with(folder.path(), |limits| limits.links_per_seat_max = 1).await;
        let admin = house.set_up().await;
        let mut person = Raw::of(&admin, "/ws").await;
        person.next().await.expect("a welcome");
        let mut desks = Vec::new();
        for _ in 0..=Limits::DESKS_PER_LINK {
            let mut desk = Raw::of(&admin, STREAM).await;
            desk.until("initial").await;
            desks.push(desk);
        }
        assert_eq!(desks[0].until_end().await.map(|(code, _)| code), Some(Close::OpenedElsewhere.code()));
        desks[1].settle("still").await.expect("open");
        person.settle("still").await.expect("open");
    });
}
