//! Other programs' clients: sockets without a subprotocol, JSON as it comes, and frames written by hand.
//!
//! They share no code with the product but the bytes of a frame of the server's, so that a test shows what a stranger sees.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as WsMessage;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::bots::visitor::Visitor;
use crate::domain::role::Role;
use crate::server::auth::password::hash_now;
use crate::server::live::codec::{self, Opcode};
use crate::server::store::admin::NewAdmin;
use crate::tests::house::{House, PASSWORD, PATIENCE};

/// How a socket ended: the close code and its reason, or no word.
pub type End = Option<(u16, String)>;

/// Somebody else's client on a socket.
pub struct Raw(WebSocketStream<TcpStream>);

impl Raw {
    /// Opens a socket as a program does: no cookie, no origin, no subprotocol.
    pub async fn open(house: &House, path: &str) -> Self {
        Self::of(&house.visitor().with_origin(None), path).await
    }

    /// Opens a socket with what a browser carries.
    pub async fn of(visitor: &Visitor, path: &str) -> Self {
        Self::over(visitor.upgrade(path, &[]).await.expect("a socket"))
    }

    /// Takes over a socket that is open.
    pub fn over(socket: WebSocketStream<TcpStream>) -> Self {
        Self(socket)
    }

    /// The next message.
    ///
    /// # Errors
    /// How the socket ended.
    pub async fn next(&mut self) -> Result<Value, End> {
        loop {
            match tokio::time::timeout(PATIENCE, self.0.next()).await.expect("nothing comes") {
                Some(Ok(WsMessage::Text(text))) => return Ok(serde_json::from_str(&text).expect("JSON")),
                Some(Ok(WsMessage::Close(close))) => {
                    // The answer to the close leaves with this.
                    drop(self.0.flush().await);
                    return Err(close.map(|close| (u16::from(close.code), close.reason.to_string())));
                }
                Some(Ok(WsMessage::Ping(_))) => drop(self.0.flush().await),
                Some(Ok(WsMessage::Binary(_) | WsMessage::Pong(_) | WsMessage::Frame(_))) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// Reads on until a message of this type.
    pub async fn until(&mut self, kind: &str) -> Value {
        self.until_one(|message| message["type"] == kind).await
    }

    /// Reads on until a message is the one.
    pub async fn until_one(&mut self, mut is_it: impl FnMut(&Value) -> bool) -> Value {
        loop {
            let message = self.next().await.expect("the socket stays open");
            if is_it(&message) {
                return message;
            }
        }
    }

    /// Reads on until a ping of the protocol, which is answered.
    pub async fn until_ping(&mut self) {
        loop {
            match tokio::time::timeout(PATIENCE, self.0.next()).await.expect("nothing comes") {
                Some(Ok(WsMessage::Ping(_))) => return drop(self.0.flush().await),
                Some(Ok(WsMessage::Close(_)) | Err(_)) | None => panic!("the socket stays open"),
                Some(Ok(_)) => {}
            }
        }
    }

    /// Reads on until the socket ends.
    pub async fn until_end(&mut self) -> End {
        loop {
            if let Err(end) = self.next().await {
                return end;
            }
        }
    }

    /// Sends an object.
    pub async fn say(&mut self, message: Value) {
        self.0.send(WsMessage::Text(message.to_string().into())).await.expect("sent");
    }

    /// Sends any message, if the socket still takes it.
    pub async fn send(&mut self, message: WsMessage) {
        drop(self.0.send(message).await);
    }

    /// What comes until the answer to a ping that is sent now.
    pub async fn settle(&mut self, mark: &str) -> Result<Vec<Value>, End> {
        self.send(WsMessage::Text(json!({ "type": "ping", "correlation_id": mark }).to_string().into())).await;
        let mut came = Vec::new();
        loop {
            let message = self.next().await?;
            if message["type"] == "pong" && message["correlation_id"] == mark {
                return Ok(came);
            }
            assert_ne!(message["correlation_id"], mark, "the ping is refused: {message}");
            came.push(message);
        }
    }

    /// What comes until nothing has come for a while.
    pub async fn drain(&mut self, while_still: Duration) -> Vec<Value> {
        let mut came = Vec::new();
        while let Ok(message) = tokio::time::timeout(while_still, self.next()).await {
            came.push(message.expect("the socket stays open"));
        }
        came
    }

    /// Leaves with a close, which the server answers with its code.
    pub async fn leave(mut self) {
        drop(self.0.close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() })).await);
        assert_eq!(self.until_end().await, Some((1000, String::new())), "a close is answered");
    }
}

/// A socket whose frames are written by hand.
pub struct Bare {
    stream: TcpStream,
    came: Vec<u8>,
}

impl Bare {
    /// Opens a socket by hand.
    pub async fn open(house: &House, path: &str) -> Self {
        let mut bare = Self::ask(house, path).await;
        let head = bare.head().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        bare
    }

    /// Asks for a socket, and reads nothing yet.
    pub async fn ask(house: &House, path: &str) -> Self {
        let address = house.running.address;
        let mut stream = TcpStream::connect(address).await.expect("the house answers");
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        Self { stream, came: Vec::new() }
    }

    /// The head of the answer.
    pub async fn head(&mut self) -> String {
        loop {
            if let Some(end) = self.came.windows(4).position(|four| four == b"\r\n\r\n") {
                let head: Vec<u8> = self.came.drain(..end + 4).collect();
                return String::from_utf8(head).expect("plain ASCII");
            }
            assert!(self.read().await, "the answer is cut");
        }
    }

    /// Sends bytes, if the socket still takes them.
    pub async fn send(&mut self, bytes: &[u8]) {
        drop(self.stream.write_all(bytes).await);
    }

    /// The close frame of the server, or nothing if the stream ended without.
    pub async fn until_end(&mut self, patience: Duration) -> End {
        let reading = async { while self.close().is_none() && self.read().await {} };
        tokio::time::timeout(patience, reading).await.expect("the server ends it");
        self.close()
    }

    /// Reads on until so many messages of this type have come.
    pub async fn until(&mut self, kind: &str) {
        let wanted = format!(r#""type":"{kind}""#);
        while !self.frames().iter().any(|(_, payload)| String::from_utf8_lossy(payload).contains(&wanted)) {
            assert!(self.read().await, "the socket stays open");
        }
    }

    async fn read(&mut self) -> bool {
        let reading = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.came)).await;
        reading.expect("nothing comes").is_ok_and(|count| count > 0)
    }

    fn frames(&self) -> Vec<(Opcode, Bytes)> {
        codec::payloads(&Bytes::copy_from_slice(&self.came)).collect()
    }

    fn close(&self) -> End {
        let (_, payload) = self.frames().into_iter().find(|(opcode, _)| *opcode == Opcode::Close)?;
        let code = u16::from_be_bytes(payload.get(..2)?.try_into().expect("two bytes"));
        Some((code, String::from_utf8_lossy(&payload[2..]).into_owned()))
    }
}

/// A frame as a client sends it, with any first byte.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x1f, 0x2e, 0x3d, 0x4c];
    let mut bytes = codec::frame(Opcode::Text, payload).to_vec();
    let head = bytes.len() - payload.len();
    bytes[0] = first;
    bytes[1] |= 0x80;
    bytes.truncate(head);
    bytes.extend_from_slice(&mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

/// The tokens of a program that signs in with the house's password: access and refresh.
pub async fn tokens(house: &House, email: &str) -> (String, String) {
    let asked = json!({ "email": email, "password": PASSWORD }).to_string();
    let mut program = house.visitor().with_origin(None);
    let answer = program.ask("/api/v1/auth/login", &asked).await.expect("the house answers");
    let pair: Value = serde_json::from_slice(answer.body()).expect("JSON");
    let text = |name: &str| pair[name].as_str().expect("a text").to_owned();
    (text("access_token"), text("refresh_token"))
}

/// The access token of a new account of the house's organisation.
pub async fn token_of(house: &House, email: &str, role: Role) -> String {
    house.add_account(email, role).await;
    tokens(house, email).await.0
}

/// The access token of the owner of another organisation.
pub async fn token_of_stranger(house: &House) -> String {
    let email = "olga@contoso.example";
    let password_hash = hash_now(PASSWORD).expect("a hash");
    let (organisation, name) = ("Contoso".to_owned(), "Olga".to_owned());
    let olga = NewAdmin { organisation, name, email: email.to_owned(), password_hash };
    house.running.house.store.add_organisation(olga).await;
    tokens(house, email).await.0
}
