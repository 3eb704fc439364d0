//! People through the front door: the list and its forms, and what admins are told at `/admin/stream`.
//!
//! R060, R061: the client of document 002 in its own words, and ours; R020 for both.

use std::fs;
use std::path::Path;

use http::StatusCode;
use serde_json::{Value, json};

use crate::bots::visitor::Visitor;
use crate::commands::org::Whose;
use crate::commands::output::Output;
use crate::commands::people::{Export, Import, PeopleCommand};
use crate::domain::ids::{AdminId, OrganisationId};
use crate::domain::limits::Limits;
use crate::domain::person::PersonDraft;
use crate::domain::role::Role;
use crate::protocol::frame::SUBPROTOCOL;
use crate::protocol::message::{Message, Position};
use crate::protocol::people::PeopleView;
use crate::protocol::view::Audience;
use crate::server::config::Place;
use crate::server::people_file::{self, FILE_BYTES_MAX, workbook};
use crate::server::table_file::made;
use crate::tests::house::{House, PATIENCE, folder, on_runtime};
use crate::tests::raw::{Raw, token_of, token_of_stranger};

const STREAM: &str = "/admin/stream";
const OURS: OrganisationId = OrganisationId(1);

/// Adds somebody by the form.
async fn add(admin: &mut Visitor, first_name: &str, email: &str) {
    let fields = [("first_name", first_name), ("last_name", "King"), ("email", email), ("tags", "north, 2027")];
    let answer = admin.post("/people", &fields).await.expect("the house answers");
    let location = answer.headers()["location"].to_str().expect("plain").to_owned();
    assert_eq!((answer.status(), location.as_str()), (StatusCode::SEE_OTHER, "/people"));
}

async fn html(admin: &mut Visitor, path: &str) -> String {
    let answer = admin.get(path).await.expect("the house answers");
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    String::from_utf8_lossy(answer.body()).into_owned()
}

/// The fields of 002's record, as its document lists them.
fn own_fields(person: &Value) -> Value {
    json!({
        "id": person["id"], "first_name": person["first_name"], "last_name": person["last_name"],
        "email": person["email"], "status": person["status"],
    })
}

/// R060, R061. 002: the admin stream: initial, user_added, user_update, user_deleted, ping.
#[test]
fn a_table_in_an_admins_browser_is_told_who_is_added_changed_and_deleted_in_its_own_words() {
    let folder = folder();
    on_runtime(async {
        let quick = |limits: &mut Limits| limits.heartbeat_ms = 1_000;
        let mut house = House::open_with(folder.path(), quick).await;
        let mut admin = house.set_up().await;
        add(&mut admin, "Ada", "ada@quiz.example").await;
        add(&mut admin, "Bo", "bo@quiz.example").await;

        let mut table = Raw::of(&admin, STREAM).await;
        assert_eq!(table.next().await.expect("a welcome")["type"], "connected");
        let initial = table.next().await.expect("the people");
        assert_eq!(initial["type"], "initial");
        let people: Vec<Value> = initial["data"].as_array().expect("a list").iter().map(own_fields).collect();
        let record = |id: i64, name: &str, last: &str, email: &str| json!({ "id": id, "first_name": name, "last_name": last, "email": email, "status": "not_invited" });
        let (ada, bo) = (record(1, "Ada", "King", "ada@quiz.example"), record(2, "Bo", "King", "bo@quiz.example"));
        assert_eq!(people, [bo, ada], "the newest first");

        add(&mut admin, "Cy", "cy@quiz.example").await;
        let added = table.until("user_added").await;
        assert_eq!(own_fields(&added["data"]), record(3, "Cy", "King", "cy@quiz.example"));

        let fields = [
            ("id", "1"),
            ("version", "1"),
            ("first_name", "Ada"),
            ("last_name", "Lovelace"),
            ("email", "ada@quiz.example"),
        ];
        admin.post("/people/save", &fields).await.expect("the house answers");
        let update = table.until("user_update").await["data"].clone();
        assert_eq!(update, json!({ "id": 1, "version": 2, "last_name": "Lovelace", "tags": [] }), "only what is new");

        admin.post("/api/delete_person", &[("id", "2")]).await.expect("the house answers");
        assert_eq!(table.until("user_deleted").await["data"], json!({ "id": 2 }));

        // Its ping comes as a message; its pong is heard.
        table.until("ping").await;
        table.say(json!({ "type": "pong" })).await;
        // What it does not know it is told, and goes on.
        table.say(json!({ "type": "nonsense" })).await;
        assert_eq!(table.until("error").await["data"]["code"], "unknown_type");
        table.say(json!({ "type": "host", "data": { "do": "next", "step": 0 }, "correlation_id": "h-1" })).await;
        table.until("error").await;
        add(&mut admin, "Di", "di@quiz.example").await;
        assert_eq!(table.until("user_added").await["data"]["first_name"], "Di");
    });
}

/// R017, R020. 002: without a good session of an admin the stream is closed with 1008 and not one message before it.
#[test]
fn only_who_may_manage_people_is_told_of_them() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        add(&mut admin, "Ada", "ada@quiz.example").await;
        let refused = Some((1008, "Unauthorized".to_owned()));
        assert_eq!(Raw::open(&house, STREAM).await.next().await, Err(refused.clone()), "nobody");
        assert_eq!(Raw::open(&house, "/admin/stream?token=x").await.next().await, Err(refused.clone()), "a bad token");
        for (role, may) in Role::ALL.into_iter().zip([true, true, false, false, false]) {
            let token = token_of(&house, &format!("{role}@northwind.example"), role).await;
            let first = Raw::open(&house, &format!("{STREAM}?token={token}")).await.next().await;
            match may {
                true => assert_eq!(first.expect("a welcome")["type"], "connected", "{role}"),
                false => assert_eq!(first, Err(refused.clone()), "{role}"),
            }
        }
        // Another organisation's owner has a desk of their own, at which nothing of ours is told.
        let token = token_of_stranger(&house).await;
        let mut elsewhere = Raw::open(&house, &format!("{STREAM}?token={token}")).await;
        elsewhere.until("connected").await;
        assert_eq!(elsewhere.until("initial").await["data"], json!([]));
        add(&mut admin, "Bo", "bo@quiz.example").await;
        let mut ours = Raw::of(&admin, STREAM).await;
        assert_eq!(ours.until("initial").await["data"].as_array().map(Vec::len), Some(2));
        let told = elsewhere.settle("still").await.expect("open");
        assert!(told.is_empty(), "{told:?}");
    });
}

/// R043 for admins: what was missed comes once and in order; what is too old is said to be by a snapshot.
#[test]
fn an_admin_who_comes_back_gets_what_was_missed() {
    let folder = folder();
    on_runtime(async {
        let few = |limits: &mut Limits| limits.ring_frames_max = 4;
        let mut house = House::open_with(folder.path(), few).await;
        let mut admin = house.set_up().await;
        let position = {
            let mut wire = admin.open(STREAM, &[SUBPROTOCOL]).await.expect("a socket");
            let Message::Connected(welcome) = wire.next().await.expect("a welcome").message else {
                panic!("no welcome")
            };
            assert_eq!(
                (welcome.audience, welcome.session, welcome.account),
                (Some(Audience::Admins), None, Some(AdminId(1)))
            );
            let Message::Snapshot(snapshot) = wire.next().await.expect("people").message else { panic!("no snapshot") };
            assert_eq!(snapshot.view.read::<PeopleView>(), Some(PeopleView::default()));
            welcome.position.expect("a position")
        };
        for name in ["Ada", "Bo", "Cy"] {
            add(&mut admin, name, &format!("{name}@quiz.example")).await;
        }
        let back = |position: Position| format!("{STREAM}?epoch={}&seq={}", position.epoch, position.seq);
        let mut wire = admin.open(&back(position), &[SUBPROTOCOL]).await.expect("a socket");
        let Message::Connected(welcome) = wire.next().await.expect("a welcome").message else { panic!("no welcome") };
        assert!(welcome.recovered);
        for (seq, name) in (1..).zip(["Ada", "Bo", "Cy"]) {
            let received = wire.next().await.expect("what was missed");
            let Message::UserAdded(person) = received.message else { panic!("{received:?}") };
            let person: Value = person.read().expect("a person");
            assert_eq!((received.seq, person["first_name"].as_str()), (Some(seq), Some(name)));
        }
        for name in ["Di", "Ed"] {
            add(&mut admin, name, &format!("{name}@quiz.example")).await;
        }
        let mut wire = admin.open(&back(position), &[SUBPROTOCOL]).await.expect("a socket");
        let Message::Connected(welcome) = wire.next().await.expect("a welcome").message else { panic!("no welcome") };
        assert!(!welcome.recovered, "five changes, four are kept");
        let Message::Snapshot(snapshot) = wire.next().await.expect("people").message else { panic!("no snapshot") };
        assert_eq!(snapshot.view.read::<PeopleView>().map(|view| (view.people.len(), view.total)), Some((5, 5)));
    });
}

#[test]
fn what_another_process_changes_is_told_within_a_second_or_two() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let mut table = Raw::of(&admin, STREAM).await;
        table.until("initial").await;
        // Not by a form, so nobody lets the desk know.
        let draft = PersonDraft { first_name: "Ada".to_owned(), ..PersonDraft::default() };
        let now = house.running.house.clock.now();
        house.running.house.store.add_person(OURS, draft, now).await.expect("somebody new");
        assert_eq!(table.until("user_added").await["data"]["first_name"], "Ada");
    });
}

/// The first page opens the desk, and what is stored before its first second is over is not in the page.
#[test]
fn what_changes_just_after_a_page_was_made_is_told_to_it() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        let asked = json!({ "filter": { "search": "", "tag": null, "sort": "newest" }, "after": "" });
        let page = admin.ask("/api/people_page", &asked.to_string()).await.expect("the house answers");
        let page: Value = serde_json::from_slice(page.body()).expect("JSON");
        let (store, now) = (&house.running.house.store, house.running.house.clock.now());
        let ada = PersonDraft { first_name: "Ada".to_owned(), ..PersonDraft::default() };
        store.add_person(OURS, ada, now).await.expect("somebody");
        let position = &page["position"];
        let mut table = Raw::of(&admin, &format!("{STREAM}?epoch={}&seq={}", position["epoch"], position["seq"])).await;
        assert_eq!(table.until("user_added").await["data"]["first_name"], "Ada");
    });
}

#[test]
fn a_file_comes_in_beside_the_running_house_and_goes_out_again() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        add(&mut admin, "Ada", "ada@quiz.example").await;
        let mut table = Raw::of(&admin, STREAM).await;
        table.until("initial").await;
        let (list, out) = (folder.path().join("list.csv"), folder.path().join("out.csv"));
        let text = "E-mail;First name;Last name;Tags\nbo@quiz.example;Bo;=1+1;\nADA@quiz.example;Again;;\n;;Nobody;\n;Cy;;a, b\n";
        fs::write(&list, text).expect("written");
        let place = || Place { data_dir: folder.path().to_owned() };
        let import = |file: &Path| {
            let (whose, output) = (Whose::default(), Output::default());
            PeopleCommand::Import(Import { place: place(), whose, file: file.to_owned(), output })
        };
        import(&list).run().await.expect("two come in");
        for name in ["Bo", "Cy"] {
            assert_eq!(table.until("user_added").await["data"]["first_name"], name);
        }
        assert_eq!(house.running.house.store.count_people(OURS).await, Ok(3), "nobody twice, nobody without a name");
        // Once more: everybody with an address is known, and who has none comes again.
        fs::write(&list, "first_name,email\nBo,bo@quiz.example\n").expect("written");
        let again = import(&list).run().await;
        assert_eq!(again.map_err(|why| why.to_string()), Err("nobody came in".to_owned()));

        let export = |file: &Path| {
            PeopleCommand::Export(Export { place: place(), whose: Whose::default(), file: Some(file.to_owned()) })
        };
        export(&out).run().await.expect("written");
        let text = fs::read_to_string(&out).expect("a file");
        let lines: Vec<&str> = text.lines().map(|line| line.rsplitn(3, ',').nth(2).expect("id and time")).collect();
        let expected = [
            "first_name,last_name,email,tags",
            "Cy,,,\"a, b\"",
            "Bo,'=1+1,bo@quiz.example,",
            "Ada,King,ada@quiz.example,\"2027, north\"",
        ];
        assert_eq!(lines, expected);

        // The same as a workbook, which is a list like any other.
        let book = folder.path().join("out.XLSX");
        export(&book).run().await.expect("written");
        let found = people_file::read(&fs::read(&book).expect("a file")).expect("a list");
        let names: Vec<&str> = found.people.iter().map(|(_, draft)| draft.last_name.as_str()).collect();
        assert_eq!((names, found.wrong.len()), (vec!["", "=1+1", "King"], 0));
        let again = import(&book).run().await.map_err(|why| why.to_string());
        assert_eq!(again, Ok(()), "Cy has no address and comes again");
        assert_eq!(house.running.house.store.count_people(OURS).await, Ok(4));
    });
}

/// I4: what is not taken in leaves nobody behind, and says why.
#[test]
fn a_workbook_comes_in_by_the_form_and_a_hostile_one_does_not() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        let mut take_in = async |file: &[u8]| -> String {
            let answer = admin.send_file("/people/import", "list", file).await.expect("the house answers");
            assert_eq!(answer.headers()["location"], "/people/import");
            html(&mut admin, "/people/import").await
        };
        let (before, behind) = made::around();
        let heading = made::row(1, &["First name", "E-mail"]);
        let old = [&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1][..], &[0; 600]].concat();
        let rows: String = (2..=100_002).map(|number| made::row(number, &["A"])).collect();
        let bomb = made::packed(&[], &[before, (&heading, 1), (" ", 300_000), behind]);
        let long = made::workbook(&format!("{heading}{rows}"));
        for (file, words) in [
            (bomb, "unpacks into far more"),
            (long, "has more than 100000 rows"),
            (old, "an older Office document"),
            (made::workbook(&made::row(1, &["E-mail"])), "No column is called first_name"),
            (made::workbook(""), "The file is empty"),
            (b"%PDF-1.7".to_vec(), "is a PDF, not a table"),
            (format!("first_name\n{}", ",".repeat(1_000_000)).into_bytes(), "has more than 1000 columns"),
        ] {
            let page = take_in(&file).await;
            assert!(page.contains(words) && !page.contains("came in."), "{words}");
        }
        assert_eq!(house.running.house.store.count_people(OURS).await, Ok(0));
        let rows = [heading, made::row(2, &["Ada", "ada@quiz.example"]), made::row(4, &["", "bo@quiz.example"])];
        let page = take_in(&made::workbook(&rows.concat())).await;
        for part in ["1 person came in.", "1 line did not.", "Line 4: First name: Fill this in."] {
            assert!(page.contains(part), "{part}: {page}");
        }
        let book = admin.get("/people.xlsx").await.expect("the house answers");
        assert_eq!(book.headers()["content-type"], workbook::CONTENT_TYPE);
        let found = people_file::read(book.body()).expect("a list");
        assert_eq!(found.people.len(), 1);
        let left: Vec<String> = fs::read_dir(folder.path())
            .expect("the folder")
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .filter(|name| !name.starts_with("podium.") && name != "signing.key")
            .collect();
        assert!(left.is_empty(), "no piece of the workbook is left: {left:?}");
        token_of_stranger(&house).await;
        let mut olga = house.signed_in("olga@contoso.example").await;
        let theirs = olga.get("/people.xlsx").await.expect("the house answers");
        assert_eq!(people_file::read(theirs.body()).map(|found| found.people.len()), Ok(0));
    });
}

#[test]
fn a_list_comes_in_by_the_form_and_says_line_by_line_what_did_not() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        let mut take_in = async |file: &[u8]| -> String {
            let answer = admin.send_file("/people/import", "list", file).await.expect("the house answers");
            assert_eq!(answer.headers()["location"], "/people/import");
            html(&mut admin, "/people/import").await
        };
        let text = "first_name,email\nAda,ada@quiz.example\nBo,no address\nCy,ADA@quiz.example\n<b>Di</b>,\n";
        let page = take_in(text.as_bytes()).await;
        for part in
            ["2 people came in.", "2 lines did not.", "Line 3: Email: Write an e-mail", "Line 4: Somebody in your list"]
        {
            assert!(page.contains(part), "{part}: {page}");
        }
        for (file, words) in [
            (&b""[..], "Choose a file first."),
            (b"email\nx@y\n", "No column is called first_name"),
            (b"first_name\nZo\xEB\n", "The file is not in UTF-8"),
            (&vec![b'x'; FILE_BYTES_MAX + 1], "The file has more than 32 MB"),
        ] {
            let page = take_in(file).await;
            assert!(page.contains(words) && !page.contains("came in."), "{words}");
        }
        let answer = admin.post("/people/import", &[("list", "x")]).await.expect("the house answers");
        assert_eq!(answer.headers()["location"], "/people/import", "no file at all");
        assert_eq!(house.running.house.store.count_people(OURS).await, Ok(2));
        assert!(html(&mut admin, "/people").await.contains("&lt;b&gt;Di&lt;/b&gt;"), "a name is a text");

        let list = admin.get("/people.csv").await.expect("the house answers");
        assert_eq!(list.headers()["content-type"], "text/csv; charset=utf-8");
        let list = String::from_utf8_lossy(list.body()).into_owned();
        let lines: Vec<&str> = list.lines().map(|line| line.rsplitn(3, ',').nth(2).expect("id and time")).collect();
        assert_eq!(lines, ["first_name,last_name,email,tags", "<b>Di</b>,,,", "Ada,,ada@quiz.example,"]);
        token_of_stranger(&house).await;
        let mut olga = house.signed_in("olga@contoso.example").await;
        let theirs = olga.get("/people.csv").await.expect("the house answers");
        assert_eq!(theirs.body(), "first_name,last_name,email,tags,id,added_at\n");
    });
}

/// A list that takes a while to come in, and how many people are in it.
fn long_list() -> (String, u32) {
    const ROWS: u32 = 5_000;
    let rows: String = (0..ROWS).map(|number| format!("Person{number},p{number}@quiz.example\n")).collect();
    (format!("first_name,email\n{rows}"), ROWS)
}

/// Waits until so many people are known.
async fn until_people(house: &House, least: u32) {
    let waiting = async {
        while house.running.house.store.count_people(OURS).await.expect("a count") < least {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("they come in");
}

#[test]
fn a_long_list_may_take_longer_than_other_requests() {
    let folder = folder();
    let admin = on_runtime(async { House::open(folder.path()).await.set_up().await });
    on_runtime(async {
        let house = House::open_with(folder.path(), |limits| limits.body_ms = 100).await;
        let mut admin = admin.at(house.door());
        let (list, rows) = long_list();
        let answer = admin.send_file("/people/import", "list", list.as_bytes()).await.expect("the house answers");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(house.running.house.store.count_people(OURS).await, Ok(rows));
    });
}

#[test]
fn a_list_that_has_begun_to_come_in_comes_in_to_its_end_when_the_browser_has_gone() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        let (list, rows) = long_list();
        tokio::select! {
            _ = admin.send_file("/people/import", "list", list.as_bytes()) => {}
            () = until_people(&house, 1) => {}
        }
        until_people(&house, rows).await;
    });
}

#[test]
fn the_list_shows_finds_and_pages_people_without_scripts() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        assert!(html(&mut admin, "/people").await.contains("Nobody is in your list yet"));
        for number in 0..53 {
            add(&mut admin, &format!("Person{number:02}"), &format!("p{number}@quiz.example")).await;
        }
        let first = html(&mut admin, "/people").await;
        assert!(first.contains("Person52 King") && !first.contains("Person02 King"), "fifty, the newest first");
        let next = first.split("href=\"").find(|rest| rest.starts_with("/people?after=")).expect("a next page");
        let next = next.split('"').next().expect("an address").replace("&amp;", "&");
        let second = html(&mut admin, &next).await;
        assert!(second.contains("Person02 King") && !second.contains("Person03 King"), "{next}");
        let found = html(&mut admin, "/people?q=person17+king&tag=north&sort=name").await;
        assert!(found.contains("Person17 King") && !found.contains("Person18 King"));
        assert!(html(&mut admin, "/people?q=nobody").await.contains("Nobody fits"));
        let bad = String::from_utf8_lossy(admin.get("/people?after=x").await.expect("an answer").body()).into_owned();
        assert!(bad.contains("This page of the list is not there"), "{bad}");
    });
}

#[test]
fn a_form_that_cannot_be_kept_comes_back_with_what_was_typed_and_what_is_wrong() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        add(&mut admin, "Ada", "ada@quiz.example").await;
        for (fields, words) in [
            ([("first_name", ""), ("last_name", "Öz"), ("email", "")], "First name: Fill this in."),
            ([("first_name", "Bo"), ("last_name", "Öz"), ("email", "a@b\nBcc:")], "Write an e-mail address"),
            ([("first_name", "Bo"), ("last_name", "Öz"), ("email", "ADA@quiz.example")], "Somebody else in your list"),
        ] {
            let answer = admin.post("/people", &fields).await.expect("the house answers");
            assert_eq!(answer.headers()["location"], "/people/new", "{fields:?}");
            let page = html(&mut admin, "/people/new").await;
            assert!(page.contains(words) && page.contains("value=\"Öz\""), "{words}");
        }
        // Two admins write about the same person: the later one is told.
        house.add_account("mo@northwind.example", Role::Admin).await;
        let mut other = house.signed_in("mo@northwind.example").await;
        let save = |last: &'static str| {
            [("id", "1"), ("version", "1"), ("first_name", "Ada"), ("last_name", last), ("email", "")]
        };
        admin.post("/people/save", &save("Lovelace")).await.expect("the house answers");
        let answer = other.post("/people/save", &save("Byron")).await.expect("the house answers");
        assert_eq!(answer.headers()["location"], "/people/1");
        let page = html(&mut other, "/people/1").await;
        assert!(page.contains("Somebody else changed this person") && page.contains("value=\"Byron\""));
        assert!(html(&mut other, "/people").await.contains("Ada Lovelace"), "nothing was lost");
    });
}

/// T1 for people: another organisation's ids lead nowhere, and nothing changes.
#[test]
fn people_of_another_organisation_are_not_there() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        add(&mut admin, "Canary", "canary@quiz.example").await;
        let store = &house.running.house.store;
        let before = store.people_changes_after(OURS, 0, 100).await.expect("changes");
        token_of_stranger(&house).await;
        let mut olga = house.signed_in("olga@contoso.example").await;
        for path in ["/people", "/people?q=canary", "/people/1", "/people?sort=name&after=0."] {
            let answer = olga.get(path).await.expect("the house answers");
            let text = String::from_utf8_lossy(answer.body()).into_owned();
            assert!(!text.contains("Canary") && !text.contains("canary@"), "{path}");
            let expected = if path == "/people/1" { StatusCode::NOT_FOUND } else { StatusCode::OK };
            assert_eq!(answer.status(), expected, "{path}");
        }
        let fields = [("id", "1"), ("version", "1"), ("first_name", "X"), ("last_name", ""), ("email", "")];
        olga.post("/people/save", &fields).await.expect("the house answers");
        olga.post("/api/delete_person", &[("id", "1")]).await.expect("the house answers");
        let asked = olga.ask("/api/person_to_edit", r#"{"id":1}"#).await.expect("the house answers");
        assert!(String::from_utf8_lossy(asked.body()).contains("NotFound"), "{:?}", asked.body());
        assert_eq!(store.people_changes_after(OURS, 0, 100).await, Ok(before));
        assert!(html(&mut admin, "/people").await.contains("Canary"));
    });
}
