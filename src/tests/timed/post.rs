//! Personal links by mail: who is written to, with which link, and which mail does not leave any more.

use std::path::Path;

use http::StatusCode;
use serde_json::{Value, json};

use crate::domain::ids::{PersonId, SeatId};
use crate::domain::person::PersonDraft;
use crate::domain::time::Millis;
use crate::server::config::mail::{MailConfig, MailServer, Sender};
use crate::tests::house::{House, PATIENCE, folder, on_runtime, quiz};
use crate::tests::timed::{OURS, Place, ask, dump, follow, open_session};

/// A session to which people are invited, in a house whose mail nobody takes, so that it waits where it can be read.
async fn invited(folder: &Path, people: &[(&str, &str)]) -> (Place, Vec<(PersonId, SeatId)>) {
    let server = MailServer::parse("smtp://127.0.0.1:9?tls=none").expect("an address");
    let from = Sender::parse("quiz@northwind.example").expect("a sender");
    let turn = |config: &mut crate::server::config::Config| config.mail = Some(MailConfig { server, from });
    let mut house = House::open_configured(folder, turn).await;
    let mut admin = house.set_up().await;
    let (session, code) = open_session(&house, &mut admin, OURS, quiz(3), &[]).await;
    let mut place = Place { house, admin, session, code };
    let mut ids = Vec::new();
    for (first_name, email) in people {
        let (first_name, email) = ((*first_name).to_owned(), (*email).to_owned());
        let draft = PersonDraft { first_name, email, ..PersonDraft::default() };
        let (store, now) = (&place.house.running.house.store, place.house.running.house.clock.now());
        ids.push(store.add_person(OURS, draft, now).await.expect("somebody new").id);
    }
    let asked = json!({ "id": session, "who": { "These": ids } });
    assert_eq!(place.ask("invite_people", asked).await, (StatusCode::OK, json!(people.len())));
    let rows = place.rows().await;
    let seat = |id: PersonId| rows.iter().find(|row| row.person == Some(id)).expect("a seat").seat;
    let guests = ids.into_iter().map(|id| (id, seat(id))).collect();
    (place, guests)
}

/// Sends links to everybody who has not begun.
async fn mail_all(place: &mut Place) -> Value {
    let (status, mailed) = place.ask("mail_links", json!({ "id": place.session, "seats": null })).await;
    assert_eq!(status, StatusCode::OK, "{mailed}");
    mailed
}

/// The answer where nobody's mail was refused.
fn mailed(sent: u32, already: u32, without_address: u32) -> Value {
    let (refused, names): (u32, [&str; 0]) = (0, []);
    json!({
        "sent": sent, "already": already, "without_address": without_address, "refused": refused, "refused_names": names,
    })
}

async fn rows_of(folder: &Path, table: &str) -> Vec<String> {
    let rows = dump(folder).await;
    rows.into_iter().filter(|row| row.starts_with(&format!("{table}: "))).collect()
}

/// Lets time pass until as many mails are left: each is tried again and again, and one round ends with the first one that
/// the mail server is asked for in vain.
async fn until_mails(place: &Place, folder: &Path, count: usize) -> Vec<String> {
    let waiting = async {
        loop {
            place.pass(Millis(31_000));
            let rows = rows_of(folder, "mail_out").await;
            if rows.len() == count {
                return rows;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("it does not come to that")
}

#[test]
fn links_are_written_to_those_who_have_not_begun_and_have_an_address() {
    let folder = folder();
    on_runtime(async {
        let people = [("Ada", "ada@x.example"), ("Bo", "bo@x.example"), ("Cy", ""), ("Di", "di@x.example")];
        let (mut place, guests) = invited(folder.path(), &people).await;
        let (session, ada, bo, di) = (place.session, guests[0].1, guests[1].1, guests[3].1);
        // One has begun, and another's link was taken back.
        let link = place.link(bo).await;
        let mut browser = place.house.visitor();
        follow(&mut browser, &link).await;
        place.does(&mut browser, "start", &[]).await;
        assert_eq!(place.manage(di, json!("revoke")).await, "");

        assert_eq!(mail_all(&mut place).await, mailed(1, 0, 1));
        let waiting = rows_of(folder.path(), "mail_out").await;
        let token = place.link(ada).await;
        assert_eq!(waiting.len(), 1, "{waiting:?}");
        assert!(waiting[0].contains("ada@x.example") && waiting[0].contains(&token), "{waiting:?}");

        // Named, also who has begun is written to; whose link was taken back is not.
        let named = place.ask("mail_links", json!({ "id": session, "seats": [bo, di] })).await;
        assert_eq!(named, (StatusCode::OK, mailed(1, 0, 0)));
        let rows = rows_of(folder.path(), "audit").await;
        assert_eq!(rows.iter().filter(|row| row.contains("'links_mailed'")).count(), 2);

        place.close().await;
        let (status, _) = place.ask("mail_links", json!({ "id": session, "seats": [bo] })).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "a closed session lets nobody in");
    });
}

#[test]
fn an_address_that_nobody_can_be_written_to_at_keeps_nobody_else_from_their_link() {
    let folder = folder();
    on_runtime(async {
        // Forms refuse such an address; one of before stands in the list.
        let people = [("Ada", "ada@x..example"), ("Bo", "bo@x.example"), ("Cy", "cy@x.example")];
        let (mut place, _) = invited(folder.path(), &people).await;
        let expected = json!({ "sent": 2, "already": 0, "without_address": 0, "refused": 1, "refused_names": ["Ada"] });
        assert_eq!(mail_all(&mut place).await, expected);
        let waiting = rows_of(folder.path(), "mail_out").await;
        assert!(waiting.len() == 2 && waiting.iter().all(|row| !row.contains("ada@")), "{waiting:?}");
    });
}

#[test]
fn who_is_asked_to_write_twice_writes_once() {
    let folder = folder();
    on_runtime(async {
        let people = [("Ada", "ada@x.example"), ("Bo", "bo@x.example")];
        let (mut place, guests) = invited(folder.path(), &people).await;
        let (mut one, mut other) = (place.admin.clone(), place.admin.clone());
        let asked = json!({ "id": place.session, "seats": null });
        let (one, other) =
            tokio::join!(ask(&mut one, "mail_links", asked.clone()), ask(&mut other, "mail_links", asked.clone()));
        for count in ["sent", "already"] {
            let counts = (one.1[count].as_u64(), other.1[count].as_u64());
            assert_eq!(counts.0.zip(counts.1).map(|(one, other)| one + other), Some(2), "{count}: {counts:?}");
        }
        assert_eq!(mail_all(&mut place).await, mailed(0, 2, 0));
        assert_eq!(rows_of(folder.path(), "mail_out").await.len(), 2);
        // Another link is another mail.
        assert_eq!(place.manage(guests[0].1, json!("renew")).await, "");
        assert_eq!(mail_all(&mut place).await, mailed(1, 1, 0));
    });
}

#[test]
fn a_mail_whose_link_does_not_hold_any_more_is_not_sent() {
    let folder = folder();
    on_runtime(async {
        let people = [("Ada", "ada@x.example"), ("Bo", "bo@x.example"), ("Cy", "cy@x.example"), ("Di", "di@x.example")];
        let (mut place, guests) = invited(folder.path(), &people).await;
        assert_eq!(mail_all(&mut place).await, mailed(4, 0, 0));
        assert_eq!(place.manage(guests[0].1, json!("renew")).await, "");
        assert_eq!(place.manage(guests[1].1, json!("revoke")).await, "");
        let cy = guests[2].0.to_string();
        place.admin.post("/api/delete_person", &[("id", &cy)]).await.expect("the house answers");
        let left = rows_of(folder.path(), "mail_out").await;
        assert!(left.iter().all(|row| !row.contains("cy@x.example")), "at once: {left:?}");

        // Only what is still true goes on waiting.
        let left = until_mails(&place, folder.path(), 1).await;
        assert!(left[0].contains("di@x.example"), "{left:?}");
        place.close().await;
        until_mails(&place, folder.path(), 0).await;
    });
}

#[test]
fn without_a_mail_server_it_is_said_that_there_is_none() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        place.invite("Ada").await;
        // Ada has no address, so nothing needs to be sent; the page offers no button either.
        assert_eq!(mail_all(&mut place).await, mailed(0, 0, 1));
        let (_, page) = place.ask("timed_page", json!({ "id": place.session })).await;
        assert_eq!(page["can_mail"], json!(false));
    });
}
