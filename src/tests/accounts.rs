//! Accounts through the front door: one's own logins and password, other people's roles, removal, and what ends with them.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::bots::visitor::{Ended, Visitor};
use crate::domain::role::Role;
use crate::domain::time::Millis;
use crate::protocol::close::Close;
use crate::protocol::message::Message;
use crate::server::auth::password::hash_now;
use crate::server::store::admin::NewAdmin;
use crate::tests::house::{House, PASSWORD, Seated, folder, on_runtime, quiz};

const INES: &str = "ines@northwind.example";
const MO: &str = "mo@northwind.example";

async fn page(visitor: &mut Visitor, path: &str) -> String {
    let answer = visitor.get(path).await.expect("the house answers");
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    String::from_utf8(answer.body().to_vec()).expect("UTF-8")
}

/// Posts a form that leads back to a page, and returns what that page says then.
async fn post(visitor: &mut Visitor, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = visitor.post(path, fields).await.expect("the house answers");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
    let back = answer.headers()[header::LOCATION].to_str().expect("plain").to_owned();
    page(visitor, &back).await
}

async fn is_signed_in(visitor: &mut Visitor) -> bool {
    visitor.ask("/api/me", "{}").await.expect("the house answers").status() == StatusCode::OK
}

async fn account(visitor: &mut Visitor) -> Value {
    let answer = visitor.ask("/api/account_page", "{}").await.expect("the house answers");
    serde_json::from_slice(answer.body()).expect("JSON")
}

async fn log_in(house: &House, email: &str, password: &str) -> Response<Bytes> {
    let asked = json!({ "email": email, "password": password }).to_string();
    house.visitor().with_origin(None).ask("/api/v1/auth/login", &asked).await.expect("the house answers")
}

/// A socket ends within two seconds, because its credential did.
async fn ends(seated: &mut Seated) {
    let ended = timeout(Duration::from_secs(2), seated.until_end()).await.expect("within two seconds");
    assert_eq!(ended, Ended::Closed(Close::CredentialEnded));
}

#[test]
fn who_looks_sees_every_login_of_their_own_and_ends_one() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut here = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut there = house.signed_in(INES).await;
        let clock = house.running.house.clock.clone();
        clock.pass(Millis(3_600_000));
        assert!(is_signed_in(&mut here).await);
        let access: Value = serde_json::from_slice(log_in(&house, INES, PASSWORD).await.body()).expect("JSON");
        let found = account(&mut here).await;
        assert_eq!(
            (found["logins"].as_array().map(Vec::len), found["programs"].as_array().map(Vec::len)),
            (Some(2), Some(1))
        );
        let this: Vec<&Value> =
            found["logins"].as_array().expect("a list").iter().filter(|it| it["is_this"] == true).collect();
        assert_eq!(this.len(), 1);
        let used =
            |login: &Value| login["used_at"].as_i64().expect("a time") - login["begun_at"].as_i64().expect("a time");
        assert!(used(this[0]) >= 3_600_000, "used since: {found}");
        let other =
            found["logins"].as_array().expect("a list").iter().find(|it| it["is_this"] == false).expect("another");
        let name = other["name"].as_str().expect("a text").to_owned();
        assert_eq!(name.len(), 16, "a part of the hash, which opens nothing");

        let mut socket = Seated::open(&there, code, "host", None).await;
        socket.until_show(|_| true).await;
        let told = post(&mut here, "/account/revoke", &[("login", &name)]).await;
        assert!(told.contains("That one is signed out."));
        ends(&mut socket).await;
        assert!(!is_signed_in(&mut there).await && is_signed_in(&mut here).await);
        let told = post(&mut here, "/account/revoke", &[("login", &name)]).await;
        assert!(told.contains("signed out already"));

        let program = found["programs"][0]["id"].to_string();
        post(&mut here, "/account/revoke", &[("program", &program)]).await;
        let token = access["access_token"].as_str().expect("a token");
        let mut program = house.visitor().with_origin(None).with_bearer(token);
        assert_eq!(program.get("/api/v1/me").await.expect("the house answers").status(), StatusCode::UNAUTHORIZED);
        let told = post(&mut here, "/account/revoke-others", &[]).await;
        assert!(told.contains("You are signed in nowhere else."));
    });
}

#[test]
fn nobody_ends_what_is_somebody_elses() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut ines = house.set_up().await;
        house.add_account(MO, Role::Host).await;
        let mut mo = house.signed_in(MO).await;
        let hers = account(&mut ines).await["logins"][0]["name"].as_str().expect("a text").to_owned();
        post(&mut mo, "/account/revoke", &[("login", &hers)]).await;
        post(&mut mo, "/account/revoke", &[("login", "%")]).await;
        post(&mut mo, "/account/revoke-others", &[]).await;
        assert!(is_signed_in(&mut ines).await && is_signed_in(&mut mo).await);
    });
}

#[test]
fn a_new_password_asks_for_the_old_one_and_ends_everything_else() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut here = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut there = house.signed_in(INES).await;
        let mut socket = Seated::open(&there, code, "host", None).await;
        socket.until_show(|_| true).await;
        let refused =
            post(&mut here, "/account/password", &[("old", "not this one"), ("new", "another passphrase")]).await;
        assert!(refused.contains("This is not your password."));
        let refused = post(&mut here, "/account/password", &[("old", PASSWORD), ("new", "123456789")]).await;
        assert!(refused.contains("10 to 256 characters"));
        assert!(is_signed_in(&mut there).await);
        let told = post(&mut here, "/account/password", &[("old", PASSWORD), ("new", "another passphrase")]).await;
        assert!(told.contains("Your password is changed."));
        ends(&mut socket).await;
        assert!(!is_signed_in(&mut there).await && is_signed_in(&mut here).await);
        assert_eq!(log_in(&house, INES, PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(log_in(&house, INES, "another passphrase").await.status(), StatusCode::OK);
    });
}

/// Who found an open browser guesses no oftener than who stands at the door.
#[test]
fn the_old_password_is_not_guessed_for_ever() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut ines = house.set_up().await;
        let guess = [("old", "not this one"), ("new", "another passphrase")];
        for _ in 0..house.running.house.config.limits.wrong_passwords_per_15min {
            let answer = ines.post("/account/password", &guess).await.expect("the house answers");
            assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        }
        let answer = ines.post("/account/password", &guess).await.expect("the house answers");
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(answer.headers().contains_key(header::RETRY_AFTER));
    });
}

/// Check A4.
#[test]
fn a_role_is_another_and_an_account_is_gone_at_the_next_request_and_on_open_sockets() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut ines = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let id = house.add_account(MO, Role::Host).await.to_string();
        let mut mo = house.signed_in(MO).await;
        let mut socket = Seated::open(&mo, code, "host", None).await;
        socket.until_show(|_| true).await;
        post(&mut ines, "/accounts/role", &[("id", &id), ("role", "viewer")]).await;
        ends(&mut socket).await;
        assert!(!is_signed_in(&mut mo).await);
        let mut mo = house.signed_in(MO).await;
        assert_eq!(mo.post("/quizzes", &[]).await.expect("the house answers").status(), StatusCode::FORBIDDEN);

        let tokens: Value = serde_json::from_slice(log_in(&house, MO, PASSWORD).await.body()).expect("JSON");
        let token = tokens["access_token"].as_str().expect("a token").to_owned();
        let mut socket = Seated::open(&mo, code, "stage", None).await;
        socket.until_show(|_| true).await;
        let told = post(&mut ines, "/accounts/remove", &[("id", &id)]).await;
        assert!(told.contains("The account is removed.") && !told.contains(MO));
        ends(&mut socket).await;
        let mut program = house.visitor().with_origin(None).with_bearer(&token);
        let replay = async |mo: &mut Visitor, program: &mut Visitor| {
            assert!(!is_signed_in(mo).await);
            assert_eq!(program.get("/api/v1/me").await.expect("the house answers").status(), StatusCode::UNAUTHORIZED);
        };
        replay(&mut mo, &mut program).await;
        house.running.stop().await;
        let house = House::open(folder.path()).await;
        replay(&mut mo.at(house.door()), &mut program.at(house.door())).await;
        assert_eq!(log_in(&house, MO, PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    });
}

#[test]
fn an_admin_changes_no_owner_and_the_last_owner_stays() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut ines = house.set_up().await;
        house.add_account(MO, Role::Admin).await;
        let cy = house.add_account("cy@northwind.example", Role::Host).await.to_string();
        let mut mo = house.signed_in(MO).await;
        let only_owners = "Only an owner can do this to an owner";
        for (path, fields) in [
            ("/accounts/role", &[("id", "1"), ("role", "host")][..]),
            ("/accounts/remove", &[("id", "1")]),
            ("/accounts/revoke", &[("id", "1")]),
            ("/accounts/role", &[("id", &cy), ("role", "owner")]),
        ] {
            assert!(post(&mut mo, path, fields).await.contains(only_owners), "{path}");
        }
        assert!(is_signed_in(&mut ines).await);
        assert!(!page(&mut mo, "/accounts").await.contains("value=\"owner\""), "what cannot be given is not offered");
        let last = "This is the last owner";
        assert!(post(&mut ines, "/accounts/role", &[("id", "1"), ("role", "admin")]).await.contains(last));
        assert!(post(&mut ines, "/accounts/remove", &[("id", "1")]).await.contains(last));

        let store = &house.running.house.store;
        let (name, email) = ("Eve".to_owned(), "eve@elsewhere.example".to_owned());
        let password_hash = hash_now(PASSWORD).expect("a hash");
        let eve = NewAdmin { organisation: "Elsewhere".to_owned(), name, email, password_hash };
        let eve = store.add_organisation(eve).await.to_string();
        for (path, fields) in [
            ("/accounts/role", &[("id", eve.as_str()), ("role", "host")][..]),
            ("/accounts/remove", &[("id", &eve)]),
            ("/accounts/revoke", &[("id", &eve)]),
        ] {
            assert!(post(&mut ines, path, fields).await.contains("not there any more"), "{path}");
        }
        assert!(!page(&mut ines, "/accounts").await.contains("eve@"));
        assert_eq!(log_in(&house, "eve@elsewhere.example", PASSWORD).await.status(), StatusCode::OK);
    });
}

#[test]
fn an_admin_sees_who_was_here_and_ends_all_of_an_account() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut ines = house.set_up().await;
        let id = house.add_account(MO, Role::Host).await.to_string();
        assert!(page(&mut ines, "/accounts").await.contains("never"));
        let mut mo = house.signed_in(MO).await;
        assert!(log_in(&house, MO, PASSWORD).await.status().is_success());
        assert!(page(&mut ines, "/accounts").await.contains("just now, 2 logins open"));
        house.running.house.clock.pass(Millis(2 * 3_600_000));
        assert!(post(&mut ines, "/accounts/revoke", &[("id", &id)]).await.contains("2 h ago"));
        assert!(!is_signed_in(&mut mo).await);
        assert!(is_signed_in(&mut house.signed_in(MO).await).await, "the password is still good");
    });
}

/// Check L4.
#[test]
fn what_only_an_account_sees_is_kept_nowhere() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut ines = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let pages = ["/quizzes", "/quizzes/1", "/people", "/account", "/accounts", "/audit"].map(str::to_owned);
        for path in
            pages.into_iter().chain([format!("/host/{code}"), format!("/stage/{code}"), "/api/v1/me".to_owned()])
        {
            let answer = ines.get(&path).await.expect("the house answers");
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store", "{path}");
        }
        ines.post("/logout", &[]).await.expect("the house answers");
        let answer = ines.get("/account").await.expect("the house answers");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    });
}

/// Check A3, on HTTP and on an open socket, to the second: a login ends when it was not used, and at last in any case.
#[test]
fn a_login_ends_to_the_second_also_under_an_open_socket() {
    let folder = folder();
    on_runtime(async {
        let flags = ["--login-hours", "2", "--login-idle-minutes", "60"];
        let mut house = House::open_as(folder.path(), &flags).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let clock = house.running.house.clock.clone();
        let answers = async |seated: &mut Seated| {
            seated.wire.send_text(r#"{"type":"ping","correlation_id":"p"}"#.to_owned()).await.expect("sent");
            let pong = async {
                while !matches!(seated.next().await?.message, Message::Pong(_)) {}
                Ok::<_, Ended>(())
            };
            timeout(Duration::from_secs(2), pong).await.expect("an answer within two seconds").is_ok()
        };
        // Not used for an hour: pings are no use.
        let mut idle = house.signed_in(INES).await;
        let mut socket = Seated::open(&idle, code, "host", None).await;
        socket.until_show(|_| true).await;
        clock.pass(Millis(59 * 60_000 + 57_000));
        assert!(answers(&mut socket).await);
        let begun = clock.now();
        timeout(Duration::from_secs(6), socket.until_end()).await.expect("at its end");
        let left = clock.now() - begun;
        assert!((1_000..=4_500).contains(&left.0), "{} ms", left.0);
        assert!(!is_signed_in(&mut idle).await);

        // Used over the socket alone, it goes on; after two hours it ends all the same.
        let mut busy = house.signed_in(INES).await;
        let mut socket = Seated::open(&busy, code, "host", None).await;
        let begun = clock.now();
        for _ in 0..2 {
            clock.pass(Millis(45 * 60_000));
            socket
                .wire
                .send_text(r#"{"type":"chat","data":{"text":"still here"},"correlation_id":"c"}"#.to_owned())
                .await
                .expect("sent");
            // Noted within a second.
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            assert!(answers(&mut socket).await);
        }
        clock.pass(Millis(2 * 3_600_000 - (clock.now() - begun).0 - 3_000));
        assert!(answers(&mut socket).await && is_signed_in(&mut busy).await, "before its end");
        timeout(Duration::from_secs(5), socket.until_end()).await.expect("at its end");
        let lived = clock.now() - begun;
        assert!((7_199_000..=7_201_500).contains(&lived.0), "{} ms", lived.0);
        assert!(!is_signed_in(&mut busy).await);
    });
}
