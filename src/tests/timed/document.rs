//! The client of a timed session in document 002, written after its `useSessionWebSocket`: it offers no subprotocol, shows
//! how much time is left, and leaves when the time is up.
//!
//! R023; X06.

use serde_json::{Value, json};

use crate::bots::visitor::Visitor;
use crate::domain::ids::SessionId;
use crate::domain::time::Millis;
use crate::protocol::timed::SeatState;
use crate::tests::house::{House, folder, on_runtime, quiz};
use crate::tests::raw::{End, Raw, token_of_stranger};
use crate::tests::timed::{OURS, Place, open_session};

/// The composable: what it holds, and what it was told.
struct SessionWebSocket {
    ws: Raw,
    remaining_seconds: Option<i64>,
    session_expired: u32,
    told: Vec<Value>,
}

impl SessionWebSocket {
    async fn connect(browser: &Visitor, session: SessionId) -> Self {
        let ws = Raw::of(browser, &format!("/session/{session}/stream")).await;
        Self { ws, remaining_seconds: None, session_expired: 0, told: Vec::new() }
    }

    /// `ws.onmessage`
    async fn on_message(&mut self) -> Result<(), End> {
        let message = self.ws.next().await?;
        if message["type"] == "ping" {
            self.ws.say(json!({ "type": "pong" })).await;
        } else if message["type"] == "time_update" {
            self.remaining_seconds = Some(message["remaining_seconds"].as_i64().expect("a number, beside the type"));
        } else if message["type"] == "session_expired" {
            self.session_expired += 1;
        }
        self.told.push(message);
        Ok(())
    }

    /// Reads on until it is told of the time once more. Returns what is left.
    async fn until_told(&mut self) -> i64 {
        self.remaining_seconds = None;
        loop {
            self.on_message().await.expect("the socket stays open");
            if let Some(seconds) = self.remaining_seconds {
                return seconds;
            }
        }
    }
}

/// What the document says to who has no session that is active, before any frame.
async fn is_refused(visitor: &Visitor, session: impl std::fmt::Display) {
    let first = Raw::of(visitor, &format!("/session/{session}/stream")).await.next().await;
    assert_eq!(first, Err(Some((1008, "Invalid or expired session".to_owned()))));
}

#[test]
fn the_stream_of_the_document_lets_in_nobody_whose_session_is_not_active() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[("minutes", "1")]).await;
        let session = place.session;
        let (ada, bo, cy, di) =
            (place.invite("Ada").await, place.invite("Bo").await, place.invite("Cy").await, place.invite("Di").await);
        is_refused(&place.house.visitor(), session).await;
        is_refused(&place.house.visitor().with_origin(None), session).await;
        let not_started = place.browser(&ada).await;
        is_refused(&not_started, session).await;
        let finished = place.started(&bo).await;
        for unknown in ["99", "0", "-1", "x", "KFX7QM", "9999999999999999999999"] {
            is_refused(&finished, unknown).await;
        }
        place.does(&mut finished.clone(), "finish", &[]).await;
        is_refused(&finished, session).await;
        let revoked = place.started(&cy).await;
        place.manage(cy.seat, json!("revoke")).await;
        is_refused(&revoked, session).await;
        is_refused(&place.admin, session).await;
        // A running attempt in one session opens no other.
        let mut admin = place.admin.clone();
        let (other, _) = open_session(&place.house, &mut admin, OURS, quiz(1), &[]).await;
        let running = place.started(&di).await;
        is_refused(&running, other).await;
        // A live room is no timed session.
        let room = place.house.open_room(quiz(1)).await;
        is_refused(&running, room).await;
        let mut open = SessionWebSocket::connect(&running, session).await;
        assert!(open.until_told().await > 50);
        place.pass(Millis(60_000));
        place.until_state(di.seat, SeatState::Expired).await;
        is_refused(&running, session).await;
    });
}

#[test]
fn the_client_of_the_document_counts_down_and_is_told_once_that_the_time_is_up() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[("minutes", "1")]).await;
        let ada = place.invite("Ada").await;
        let browser = place.started(&ada).await;
        let mut client = SessionWebSocket::connect(&browser, place.session).await;
        let at_once = client.until_told().await;
        assert!((58..=60).contains(&at_once), "{at_once}");
        let mut last = at_once;
        for _ in 0..2 {
            place.pass(Millis(10_000));
            let before = last;
            while last > before - 9 {
                let seconds = client.until_told().await;
                assert!(seconds <= last && seconds >= before - 13, "{seconds} after {last}");
                last = seconds;
            }
        }
        // What the host gives is told at once, without any clock.
        place.manage(ada.seat, json!({ "extend": 20_000 })).await;
        let mut more = client.until_told().await;
        while more <= last {
            more = client.until_told().await;
        }
        assert!((last + 16..=last + 20).contains(&more), "{more} after {last}");
        place.manage(ada.seat, json!("pause")).await;
        place.pass(Millis(500_000));
        place.manage(ada.seat, json!("resume")).await;
        let after = client.until_told().await;
        assert!(after <= more && after >= more - 5, "{after} after {more}: no time went by");

        place.pass(Millis(60_000));
        while client.session_expired == 0 {
            client.on_message().await.expect("the socket stays open");
        }
        let told = client.ws.settle("still").await.expect("the socket stays open");
        assert!(!told.iter().any(|message| message["type"] == "session_expired"), "{told:?}");
        for message in &client.told {
            // The document's form: beside the type, without an envelope, and nothing of the questions or the answers.
            assert!(message.get("data").is_none() && message.get("timestamp").is_none(), "{message}");
            let text = message.to_string();
            assert!(!text.contains("Question") && !text.contains("Ada"), "{text}");
        }
        let kinds: Vec<&str> = client.told.iter().filter_map(|message| message["type"].as_str()).collect();
        assert!(
            kinds.iter().all(|kind| ["connected", "time_update", "session_expired", "ping"].contains(kind)),
            "{kinds:?}"
        );
        is_refused(&browser, place.session).await;
    });
}

/// What the composable does by itself: it comes back after the server did, and goes on counting.
#[test]
fn the_client_of_the_document_comes_back_after_a_restart() {
    let folder = folder();
    let (known, browser) = on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        let ada = place.invite("Ada").await;
        let browser = place.started(&ada).await;
        let mut client = SessionWebSocket::connect(&browser, place.session).await;
        assert!(client.until_told().await > 1_190);
        (place.kill(), browser)
    });
    on_runtime(async {
        let place = known.reopen(folder.path()).await;
        let mut client = SessionWebSocket::connect(&browser.at(place.house.door()), place.session).await;
        assert!((1_150..=1_200).contains(&client.until_told().await));
    });
}

/// The number in the address says nothing about who may in.
#[test]
fn another_organisations_sessions_are_no_sessions_at_the_stream() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[]).await;
        let ada = place.invite("Ada").await;
        let browser = place.started(&ada).await;
        token_of_stranger(&place.house).await;
        let olga = theirs(&place.house).await;
        is_refused(&browser, olga.0).await;
        is_refused(&olga.1, place.session).await;
    });
}

/// A session of another organisation, and its owner.
async fn theirs(house: &House) -> (SessionId, Visitor) {
    let mut olga = house.signed_in("olga@contoso.example").await;
    let organisation = crate::domain::ids::OrganisationId(2);
    let (session, _) = open_session(house, &mut olga, organisation, quiz(1), &[]).await;
    (session, olga)
}
