//! The conformance kit: it passes a real house and a good client, and names what is broken in others.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use http::header;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message as WsMessage;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::bots::visitor::{Door, Ended, Visitor};
use crate::client::backoff::{Backoff, Patience};
use crate::conform::client::{self, Pace};
use crate::conform::game::{self, Told, kind, shape};
use crate::conform::server::{self, Subject};
use crate::domain::code::JoinCode;
use crate::domain::role::Role;
use crate::protocol::close::Close;
use crate::protocol::frame;
use crate::protocol::message::{Message, Position, Unread};
use crate::tests::house::{House, PASSWORD, folder, on_runtime, quiz};

async fn token(house: &House, email: &str) -> Option<String> {
    let asked = json!({ "email": email, "password": PASSWORD }).to_string();
    let answer = house.visitor().with_origin(None).ask("/api/v1/auth/login", &asked).await.expect("the house answers");
    let tokens: Value = serde_json::from_slice(answer.body()).expect("JSON");
    tokens["access_token"].as_str().map(str::to_owned)
}

/// A house with a host and a member who plays, and a way to check rooms of it.
struct Site {
    house: House,
    host: Option<String>,
    player: Option<String>,
}

impl Site {
    async fn open(folder: &std::path::Path) -> Self {
        let mut house = House::open_with(folder, |limits| limits.messages_per_minute = 6_000).await;
        house.set_up().await;
        house.add_account("mo@northwind.example", Role::Member).await;
        let host = token(&house, "ines@northwind.example").await;
        let player = token(&house, "mo@northwind.example").await;
        assert!(host.is_some() && player.is_some(), "both are signed in");
        Self { house, host, player }
    }

    async fn subject(&mut self, address: SocketAddr) -> Subject {
        let code = self.house.open_room(quiz(1)).await;
        let url = format!("ws://{address}/ws/{code}");
        Subject::parse(&url, self.host.clone(), self.player.clone()).expect("an address")
    }
}

#[test]
fn a_real_house_passes_every_check_also_when_it_is_checked_again() {
    let folder = folder();
    on_runtime(async {
        let mut site = Site::open(folder.path()).await;
        for _ in 0..2 {
            let subject = site.subject(site.house.running.address).await;
            let report = server::check(&subject).await.to_string();
            assert!(report.contains("0 failed") && !report.contains("skipped"), "{report}");
        }
    });
}

/// The first frame of each kind to each.
fn first_of_each(told: Vec<Told>) -> Vec<Told> {
    let mut kept: Vec<Told> = Vec::new();
    for one in told {
        if !kept.iter().any(|other| (other.to, kind(other)) == (one.to, kind(&one))) {
            kept.push(one);
        }
    }
    kept
}

#[test]
fn the_recorded_game_has_the_shapes_that_the_house_tells_now() {
    let folder = folder();
    on_runtime(async {
        let mut site = Site::open(folder.path()).await;
        let subject = site.subject(site.house.running.address).await;
        let mut players = server::players(&subject).await.expect("connections").expect("a host");
        let played = first_of_each(players.play().await.expect("a whole game"));
        let shapes =
            |told: &[Told]| told.iter().map(|one| (one.to, kind(one), shape(&one.frame))).collect::<BTreeSet<_>>();
        let lines: String =
            played.iter().map(|one| format!("{}\n", serde_json::to_string(one).expect("plain data"))).collect();
        assert_eq!(
            shapes(&game::recorded()),
            shapes(&played),
            "the game is told in another shape; src/conform/game.jsonl should be:\n\n{lines}"
        );
    });
}

/// What is done to each frame of the server, from the first one on.
type Spoil = Box<dyn FnMut(Value) -> Vec<Value> + Send>;

/// A server with one thing broken: the real house behind somebody who changes what it says.
#[derive(Clone, Copy)]
struct Broken {
    /// The check that has to notice.
    notices: &'static str,
    spoil: fn() -> Spoil,
    close: fn(u16) -> u16,
}

fn each(spoil: fn(&mut Value)) -> Spoil {
    Box::new(move |mut frame| {
        spoil(&mut frame);
        vec![frame]
    })
}

const SOUND: fn() -> Spoil = || each(|_| {});

const BROKEN: &[Broken] = &[
    Broken { notices: server::STRANGER, spoil: SOUND, close: |code| if code == 1008 { 1000 } else { code } },
    Broken {
        notices: "a binary message ends with 1003",
        spoil: SOUND,
        close: |code| if code == 1003 { 1002 } else { code },
    },
    Broken {
        notices: server::WELCOME,
        spoil: || {
            each(|frame| {
                if frame["type"] == "connected" {
                    frame["type"] = "hello".into()
                }
            })
        },
        close: |code| code,
    },
    Broken {
        notices: server::PING,
        spoil: || {
            each(|frame| {
                if frame["type"] == "pong" {
                    frame["data"]["server_time"] = "now".into()
                }
            })
        },
        close: |code| code,
    },
    Broken {
        notices: server::BAD_MESSAGES,
        spoil: || {
            each(|frame| {
                if frame["type"] == "error" {
                    frame["data"]["help"] = Value::Null
                }
            })
        },
        close: |code| code,
    },
    Broken {
        notices: server::FOREIGN_EPOCH,
        spoil: || {
            each(|frame| {
                if frame["data"]["recovered"] == false {
                    frame["data"]["recovered"] = true.into()
                }
            })
        },
        close: |code| code,
    },
    Broken {
        notices: server::RESUME,
        spoil: || Box::new(|frame| if frame["seq"].is_u64() { vec![frame.clone(), frame] } else { vec![frame] }),
        close: |code| code,
    },
    Broken {
        notices: server::TWICE,
        spoil: || {
            let mut is_known = false;
            Box::new(move |mut frame| {
                if frame["correlation_id"].as_str().is_some_and(|id| id.ends_with("-twice")) {
                    if is_known {
                        frame["type"] = "error".into();
                    }
                    is_known = true;
                }
                vec![frame]
            })
        },
        close: |code| code,
    },
    Broken {
        notices: server::GAME,
        spoil: || {
            each(|frame| {
                if let (true, Some(data)) = (frame["type"] == "session_update", frame["data"].as_object_mut()) {
                    data.remove("question_number");
                }
            })
        },
        close: |code| code,
    },
    Broken {
        notices: server::GAPLESS,
        spoil: || {
            each(|frame| {
                if let Some(seq) = frame["seq"].as_u64() {
                    frame["seq"] = (seq * 2).into()
                }
            })
        },
        close: |code| code,
    },
    Broken {
        notices: server::ENVELOPE,
        spoil: || {
            each(|frame| {
                if frame["type"] == "session_update" {
                    frame["timestamp"] = 1_795_177_085.into()
                }
            })
        },
        close: |code| code,
    },
];

#[test]
fn one_thing_that_is_broken_fails_its_own_line() {
    let folder = folder();
    on_runtime(async {
        let mut site = Site::open(folder.path()).await;
        let house = site.house.running.address;
        let mut checks = JoinSet::new();
        for broken in BROKEN {
            let subject = site.subject(crooked(house, *broken).await).await;
            checks.spawn(async move { (broken.notices, server::check(&subject).await) });
        }
        while let Some(checked) = checks.join_next().await {
            let (notices, report) = checked.expect("no panic");
            assert!(report.failures().any(|failed| failed == notices), "{notices}\n{report}");
        }
        let sound = Broken { notices: "", spoil: SOUND, close: |code| code };
        let subject = site.subject(crooked(house, sound).await).await;
        let report = server::check(&subject).await;
        for broken in BROKEN {
            assert!(!report.failures().any(|failed| failed == broken.notices), "{report}");
        }
    });
}

/// Listens in front of a house and breaks what it says.
async fn crooked(house: SocketAddr, broken: Broken) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(pass_on(stream, house, broken));
        }
    });
    address
}

async fn pass_on(stream: TcpStream, house: SocketAddr, broken: Broken) {
    let mut onward = None;
    #[allow(clippy::result_large_err)]
    let look = |request: &Request, mut response: Response| {
        let path = request.uri().path_and_query().expect("a path").as_str();
        let mut copy = format!("ws://{house}{path}").into_client_request().expect("an address");
        for name in [header::AUTHORIZATION, header::SEC_WEBSOCKET_PROTOCOL] {
            if let Some(value) = request.headers().get(&name) {
                copy.headers_mut().insert(name, value.clone());
            }
        }
        onward = Some(copy);
        let agreed = header::HeaderValue::from_static(frame::SUBPROTOCOL);
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, agreed);
        Ok(response)
    };
    let Ok(mut client) = tokio_tungstenite::accept_hdr_async(stream, look).await else { return };
    let upstream = TcpStream::connect(house).await.expect("the house is there");
    let (mut server, _) =
        tokio_tungstenite::client_async(onward.expect("a handshake"), upstream).await.expect("a socket");
    let mut spoil = (broken.spoil)();
    loop {
        tokio::select! {
            said = client.next() => match said {
                Some(Ok(message)) if server.send(message.clone()).await.is_ok() => {}
                _ => return,
            },
            told = server.next() => match told {
                Some(Ok(WsMessage::Text(text))) => {
                    for frame in spoil(serde_json::from_str(&text).expect("the house speaks JSON")) {
                        if client.send(WsMessage::Text(frame.to_string().into())).await.is_err() {
                            return;
                        }
                    }
                }
                Some(Ok(WsMessage::Close(Some(close)))) => {
                    let code = (broken.close)(u16::from(close.code)).into();
                    let _ = client.send(WsMessage::Close(Some(CloseFrame { code, ..close }))).await;
                    let _ = client.flush().await;
                    return;
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
}

/// A tenth of what people wait for.
const TENTH: u32 = 10;

fn pace() -> Pace {
    let usual = Pace::default();
    Pace { base: usual.base / TENTH, patience: usual.patience / TENTH, quiet: usual.quiet / TENTH }
}

/// A client made of the product's own parts: back-off, reader, close codes.
async fn good_client(door: Door) {
    let visitor = Visitor::new(door);
    let code = JoinCode::parse("KFX7QM").expect("a code");
    let mut backoff = Backoff::new(Patience::Player, 7);
    let mut position: Option<Position> = None;
    loop {
        let mut ended = Ended::Lost;
        if let Ok(mut wire) = visitor.connect(code, "player", position).await {
            ended = loop {
                let seq = match wire.text().await.map(|text| frame::received(&text)) {
                    Err(ended) => break ended,
                    Ok(Err(Unread::Broken)) => break Ended::Lost,
                    Ok(Err(Unread::Unknown { seq })) => seq,
                    Ok(Ok(received)) => {
                        match received.message {
                            Message::Connected(welcome) => position = welcome.position,
                            Message::Snapshot(snapshot) => position = Some(snapshot.position),
                            _ => {}
                        }
                        received.seq
                    }
                };
                if let (Some(seq), Some(position)) = (seq, &mut position) {
                    position.seq = seq;
                }
            };
        }
        if matches!(ended, Ended::Closed(close) if close.is_final()) {
            return;
        }
        let wait = match ended {
            // What the script's restart asks for.
            Ended::Closed(Close::Restart) => backoff.hinted_wait(crate::domain::time::Millis(2_000)),
            Ended::Closed(_) | Ended::Lost => backoff.next_wait(),
        };
        tokio::time::sleep(std::time::Duration::from_millis(wait.0.unsigned_abs()) / TENTH).await;
    }
}

#[test]
fn a_client_of_our_own_parts_passes() {
    on_runtime(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let door = Door::parse(&format!("http://{}", listener.local_addr().expect("an address"))).expect("an address");
        let client = tokio::spawn(good_client(door));
        let report = client::check(&listener, pace()).await;
        assert_eq!(report.failed(), 0, "{report}");
        assert!(report.to_string().starts_with("passed   offers podium.v1"), "{report}");
        client.await.expect("it went home by itself");
    });
}

#[test]
fn a_client_that_comes_back_at_once_from_nowhere_and_for_ever_fails_line_by_line() {
    on_runtime(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let client = tokio::spawn(async move {
            let visitor = Visitor::new(Door::parse(&format!("http://{address}")).expect("an address"));
            loop {
                if let Ok(mut wire) = visitor.open("/ws/KFX7QM", &[]).await {
                    while wire.text().await.is_ok() {}
                }
                tokio::task::yield_now().await;
            }
        });
        let report = client::check(&listener, pace()).await;
        client.abort();
        let failed: Vec<&str> = report.failures().collect();
        assert_eq!(
            failed,
            [client::OFFERS, client::WAITS, client::WAITS_LONGER, client::RESUMES, client::HINT, client::STAYS_AWAY],
            "{report}"
        );
    });
}

#[test]
fn a_client_that_gives_up_at_unknown_types_and_reads_no_further_fails_those_lines() {
    on_runtime(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let client = tokio::spawn(async move {
            let visitor = Visitor::new(Door::parse(&format!("http://{address}")).expect("an address"));
            let mut wire = visitor.open("/ws/KFX7QM", &[frame::SUBPROTOCOL]).await.expect("a socket");
            while let Ok(text) = wire.text().await {
                if frame::received(&text).is_err() {
                    return;
                }
            }
        });
        let report = client::check(&listener, pace()).await;
        client.await.expect("it went home");
        let failed: Vec<&str> = report.failures().collect();
        assert_eq!(failed[..2], [client::PONGS, client::SKIPS], "{report}");
        assert!(report.to_string().contains("nobody came within"), "{report}");
    });
}
