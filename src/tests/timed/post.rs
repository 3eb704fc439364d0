//! Personal links by mail: who is written to, and with which link.

use http::StatusCode;
use serde_json::json;

use crate::domain::person::PersonDraft;
use crate::server::config::mail::{MailConfig, MailServer, Sender};
use crate::tests::house::{House, folder, on_runtime, quiz};
use crate::tests::timed::{OURS, Place, dump, follow, open_session};

#[test]
fn links_are_written_to_those_who_have_not_begun_and_have_an_address() {
    let folder = folder();
    on_runtime(async {
        // Nobody takes the mail, so it waits where it can be read.
        let server = MailServer::parse("smtp://127.0.0.1:9?tls=none").expect("an address");
        let from = Sender::parse("quiz@northwind.example").expect("a sender");
        let turn = |config: &mut crate::server::config::Config| config.mail = Some(MailConfig { server, from });
        let mut house = House::open_configured(folder.path(), turn).await;
        let mut admin = house.set_up().await;
        let (session, code) = open_session(&house, &mut admin, OURS, quiz(3), &[]).await;
        let mut place = Place { house, admin, session, code };
        let mut people = Vec::new();
        for (first_name, email) in
            [("Ada", "ada@x.example"), ("Bo", "bo@x.example"), ("Cy", ""), ("Di", "di@x.example")]
        {
            let draft =
                PersonDraft { first_name: first_name.to_owned(), email: email.to_owned(), ..PersonDraft::default() };
            let (store, now) = (&place.house.running.house.store, place.house.running.house.clock.now());
            people.push(store.add_person(OURS, draft, now).await.expect("somebody new").id);
        }
        let asked = json!({ "id": session, "who": { "These": people } });
        assert_eq!(place.ask("invite_people", asked).await, (StatusCode::OK, json!(4)));
        let rows = place.rows().await;
        let seat = |place: usize| rows.iter().find(|row| row.person == Some(people[place])).expect("a seat").seat;
        let (ada, bo, di) = (seat(0), seat(1), seat(3));
        // One has begun, and another's link was taken back.
        let link = place.link(bo).await;
        let mut browser = place.house.visitor();
        follow(&mut browser, &link).await;
        place.does(&mut browser, "start", &[]).await;
        assert_eq!(place.manage(di, json!("revoke")).await, "");

        let mailed = place.ask("mail_links", json!({ "id": session, "seats": null })).await;
        assert_eq!(mailed, (StatusCode::OK, json!({ "sent": 1, "without_address": 1 })));
        let rows_of = async |table: &str| {
            let rows = dump(folder.path()).await;
            rows.into_iter().filter(|row| row.starts_with(&format!("{table}: "))).collect::<Vec<_>>()
        };
        let waiting = rows_of("mail_out").await;
        let token = place.link(ada).await;
        assert_eq!(waiting.len(), 1, "{waiting:?}");
        assert!(waiting[0].contains("ada@x.example") && waiting[0].contains(&token), "{waiting:?}");

        // Named, also who has begun is written to; whose link was taken back is not.
        let mailed = place.ask("mail_links", json!({ "id": session, "seats": [bo, di] })).await;
        assert_eq!(mailed, (StatusCode::OK, json!({ "sent": 1, "without_address": 0 })));
        let told = rows_of("audit").await.into_iter().filter(|row| row.contains("'links_mailed'")).count();
        assert_eq!(told, 2);
    });
}

#[test]
fn without_a_mail_server_it_is_said_that_there_is_none() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        place.invite("Ada").await;
        let (status, answer) = place.ask("mail_links", json!({ "id": place.session, "seats": null })).await;
        // Ada has no address, so nothing needs to be sent; the page offers no button either.
        assert_eq!((status, answer), (StatusCode::OK, json!({ "sent": 0, "without_address": 1 })));
        let (_, page) = place.ask("timed_page", json!({ "id": place.session })).await;
        assert_eq!(page["can_mail"], json!(false));
    });
}
