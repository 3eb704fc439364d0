//! What must never stand in the log, whatever its level: a whole visit at `trace`, and nothing secret in it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::header;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::bots::visitor::Visitor;
use crate::domain::person::PersonDraft;
use crate::domain::role::Role;
use crate::server::config::LogFormat;
use crate::server::log;
use crate::tests::house::{House, PASSWORD, folder, quiz};
use crate::tests::issuer::{CLIENT, Issuer, Known, value_of};
use crate::tests::raw::Raw;
use crate::tests::timed::{OURS, ask, open_session};

/// Who signs in by another house's word, and has no password from then on.
const MO: &str = "mo@northwind.example";

/// Everything that was logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panics here").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Asks for a socket as a program does, and reads what comes until it stops.
async fn ask_for_socket(house: &House, target: &str, headers: &str) -> String {
    let address = house.running.address;
    let mut stream = TcpStream::connect(address).await.expect("the house is there");
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_millis(500), stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// Check L1. One thread, so that all of the house writes into this test's own log.
#[test]
fn no_token_ticket_cookie_or_password_is_logged_at_any_level() {
    let folder = folder();
    // Where there is only one log, the first thread that comes by a line decides for all whether it is wanted, and that may
    // be another test's thread, which has none. A second one makes `tracing` ask them both.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for (level, format) in [("trace", LogFormat::Text), ("debug,hyper=trace,tungstenite=trace", LogFormat::Json)] {
        let lines = Lines::default();
        let filter = log::filter(level).expect("a good filter");
        let guard = log::log(filter, format, lines.clone()).set_default();
        let canaries = runtime.block_on(visit(folder.path()));
        drop(guard);
        let logged = String::from_utf8(lines.0.lock().expect("nobody panics here").clone()).expect("text");
        assert!(logged.contains("the house is open") && logged.contains("socket_url"), "something is logged");
        assert!(canaries.len() >= 8 && canaries.iter().all(|canary| canary.len() > 15), "{canaries:?}");
        for canary in canaries {
            assert!(!logged.contains(&canary), "{canary} is in a log at {level}");
        }
    }
}

/// A visit of everybody who has a secret; returns the secrets.
async fn visit(folder: &std::path::Path) -> Vec<String> {
    let issuer = Issuer::open().await;
    let mut house = House::open_as(folder, &issuer.flags()).await;
    let mut canaries = vec![PASSWORD.to_owned(), CLIENT.1.to_owned()];
    let mut cookies = Vec::new();
    let mut admin = match &house.running.setup_url {
        Some(url) => {
            canaries.push(url.rsplit('/').next().expect("a token").to_owned());
            let url = url.clone();
            let path = url.split_once("/setup").expect("a path").1.to_owned();
            house.visitor().get(&format!("/setup{path}")).await.expect("the page");
            let admin = house.set_up().await;
            house.add_account(MO, Role::Host).await;
            admin
        }
        None => house.visitor(),
    };
    let email = "ines@northwind.example";
    for password in ["not the right password", PASSWORD] {
        let fields = [("email", email), ("password", password), ("next", "")];
        let answer = admin.post("/login", &fields).await.expect("the house answers");
        let set = answer.headers().get_all(header::SET_COOKIE).iter();
        cookies.extend(set.map(|set| set.to_str().expect("plain").to_owned()));
        canaries.push(password.to_owned());
    }
    admin.post("/accounts/invite", &[("role", "host")]).await.expect("the house answers");
    let page = admin.get("/accounts").await.expect("the house answers");
    let page = String::from_utf8_lossy(page.body()).into_owned();
    let invite: String = page.split("/welcome/").nth(1).expect("a link").chars().take(32).collect();
    house.visitor().get(&format!("/welcome/{invite}")).await.expect("the page");
    let colleague = [("token", invite.as_str()), ("name", "Bo"), ("email", email), ("password", PASSWORD)];
    house.visitor().post("/welcome", &colleague).await.expect("refused");
    canaries.push(invite);
    // The second time another issuer says the same, which is refused.
    let known = Known { subject: "mo-1", email: MO, is_verified: true };
    let mut elsewhere = house.visitor();
    let page = elsewhere.post("/login/openid", &[]).await.expect("the house answers");
    let page = page.headers()[header::LOCATION].to_str().expect("plain").to_owned();
    canaries.extend(value_of(&page, "state"));
    let back = elsewhere.get(&issuer.say_yes(&page, &known)).await.expect("the house answers");
    let set = back.headers().get_all(header::SET_COOKIE).iter();
    cookies.extend(set.map(|set| set.to_str().expect("plain").to_owned()));
    assert_eq!(issuer.given().len(), 3, "a code and two tokens");
    canaries.extend(issuer.given());

    let code = house.open_room(quiz(1)).await;
    let mut program = house.visitor().with_origin(None);
    let body = format!(r#"{{"email":"{email}","password":"{PASSWORD}"}}"#);
    let pair = program.ask("/api/v1/auth/login", &body).await.expect("the house answers");
    let pair: serde_json::Value = serde_json::from_slice(pair.body()).expect("JSON");
    let text = |name: &str| pair[name].as_str().expect("a text").to_owned();
    let (access, refresh) = (text("access_token"), text("refresh_token"));
    let mut signed_in = program.clone().with_bearer(&access);
    let ticket = signed_in.ask("/api/v1/auth/ticket", "{}").await.expect("the house answers");
    let ticket: serde_json::Value = serde_json::from_slice(ticket.body()).expect("JSON");
    let ticket = ticket["ticket"].as_str().expect("a ticket").to_owned();

    let socket = |role: &str| format!("/ws/{code}?as={role}");
    ask_for_socket(&house, &format!("{}&token={access}", socket("player")), "").await;
    ask_for_socket(&house, &format!("{}&ticket={ticket}", socket("player")), "").await;
    ask_for_socket(&house, &socket("host"), &format!("Authorization: Bearer {access}\r\n")).await;
    let protocol = format!("Sec-WebSocket-Protocol: podium.v1, podium.token.{access}\r\n");
    let answer = ask_for_socket(&house, &socket("host"), &protocol).await;
    assert!(answer.contains("101") && !answer.contains(&access), "no token is echoed: {answer}");
    assert!(answer.to_ascii_lowercase().contains("sec-websocket-protocol: podium.v1\r\n"), "{answer}");
    let message = format!(r#"{{"type":"refresh","data":{{"token":"{refresh}"}},"correlation_id":"r"}}"#);
    if let Ok(mut wire) = admin.connect(code, "host", None).await {
        wire.send_text(message).await.expect("sent");
        let _ = tokio::time::timeout(Duration::from_millis(300), async { while wire.next().await.is_ok() {} }).await;
    }
    let mut player = house.visitor();
    player.join(code, "Ada", "r-1").await.expect("a seat");
    let device = player.ask("/api/device_ticket", &format!(r#"{{"code":"{code}"}}"#)).await.expect("a ticket");
    let device: serde_json::Value = serde_json::from_slice(device.body()).expect("JSON");
    let device = device["url"].as_str().and_then(|url| url.rsplit('/').next()).expect("a token").to_owned();
    house.visitor().get(&format!("/seat/{device}")).await.expect("the page");
    house.visitor().post("/seat", &[("ticket", &device)]).await.expect("carried");
    signed_in.ask("/api/v1/auth/refresh", &format!(r#"{{"refresh_token":"{refresh}"}}"#)).await.expect("a pair");
    signed_in.ask("/api/v1/auth/refresh", &format!(r#"{{"refresh_token":"{refresh}"}}"#)).await.expect("refused");
    canaries.extend(sit(&house, &mut admin).await);
    admin.post("/logout", &[]).await.expect("the house answers");
    house.running.stop().await;

    canaries.extend([access.clone(), refresh, ticket, device]);
    // The signature alone would do for who has the rest.
    canaries.extend(access.rsplit('.').next().map(str::to_owned));
    let values = cookies.iter().filter_map(|set| set.split(';').next()?.split_once('='));
    canaries.extend(values.map(|(_, value)| value.to_owned()).filter(|value| value.len() > 15));
    canaries
}

/// Somebody follows a personal link, starts and answers; returns the token, its proof and the seat's cookie.
async fn sit(house: &House, admin: &mut Visitor) -> Vec<String> {
    let (session, code) = open_session(house, admin, OURS, quiz(1), &[]).await;
    let (store, now) = (&house.running.house.store, house.running.house.clock.now());
    let draft = PersonDraft { first_name: "Ada".to_owned(), ..PersonDraft::default() };
    let person = store.add_person(OURS, draft, now).await.expect("somebody new").id;
    // Both tell the link.
    let mut table = Raw::of(admin, "/admin/stream").await;
    ask(admin, "invite_people", json!({ "id": session, "who": { "These": [person] } })).await;
    let told = table.until_one(|told| told["data"]["invite_url"].is_string()).await;
    let (_, link) = ask(admin, "seat_link", json!({ "id": session, "seat": 1 })).await;
    let url = link["url"].as_str().expect("an address");
    let token = url.split("token=").nth(1).expect("a token").to_owned();
    assert!(told["data"]["invite_url"].as_str().is_some_and(|url| url.ends_with(&token)), "{told}");
    let mut browser = house.visitor();
    let answer = browser.get(&format!("/session?token={token}")).await.expect("the house answers");
    let cookie = answer.headers()[header::SET_COOKIE].to_str().expect("plain");
    let cookie = cookie.split([';', '=']).nth(1).expect("a value").to_owned();
    house.visitor().get(&format!("/session?token={token}x")).await.expect("the house answers");
    browser.post("/session/start", &[("code", code.as_str())]).await.expect("the house answers");
    let mut wire = browser.open(&format!("/session/{session}/stream"), &[]).await.expect("a socket");
    wire.text().await.expect("a welcome");
    browser.post("/session/finish", &[("code", code.as_str())]).await.expect("the house answers");
    let proof = token.rsplit('-').next().expect("four parts").to_owned();
    let signature = cookie.rsplit('.').next().expect("three parts").to_owned();
    vec![token, proof, cookie, signature]
}
