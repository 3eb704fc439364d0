//! One connection to a server that is checked: every frame is looked at as it comes, and what is wrong with it is kept.
//!
//! It knows the envelope and the types, not the order in which things are said.

use std::fmt;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::header;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as WsMessage;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::domain::time::Timestamp;
use crate::protocol::frame::{self, SUBPROTOCOL};
use crate::protocol::message::{Position, Unread};

/// What takes longer has not happened.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// An open connection.
pub struct Wire {
    socket: WebSocketStream<TcpStream>,
    /// What was wrong with frames so far.
    pub wrong: Vec<String>,
    /// The numbers of all events so far.
    pub seqs: Vec<u64>,
    /// Where the stream stands.
    pub position: Option<Position>,
    /// Its number, from the welcome.
    connection: u64,
}

/// What comes from a server.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// A frame of text that is an object.
    Frame(Value),
    /// A pong of the protocol with its payload.
    Pong(Vec<u8>),
    /// The end, with its code and reason.
    Close(u16, String),
    /// The end, without any.
    Lost,
    /// Nothing in time.
    Silence,
}

impl fmt::Display for Heard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(frame) => write!(out, "{}", shortened(&frame.to_string())),
            Self::Pong(_) => write!(out, "a pong"),
            Self::Close(code, reason) => write!(out, "a close with {code} ({reason})"),
            Self::Lost => write!(out, "a connection that ended without a close code"),
            Self::Silence => write!(out, "nothing for {} s", PATIENCE.as_secs()),
        }
    }
}

impl Wire {
    /// Opens a connection, with the access token if there is one.
    ///
    /// # Errors
    /// What was seen instead of a socket.
    pub async fn open(authority: &str, path: &str, token: Option<&str>) -> Result<Self, String> {
        let mut request = format!("ws://{authority}{path}").into_client_request().map_err(|why| why.to_string())?;
        let headers = request.headers_mut();
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, header::HeaderValue::from_static(SUBPROTOCOL));
        if let Some(token) = token {
            let bearer = format!("Bearer {token}").parse().map_err(|_| "the token is none".to_owned())?;
            headers.insert(header::AUTHORIZATION, bearer);
        }
        let opening = async {
            let stream = TcpStream::connect(authority).await.map_err(|why| format!("no connection: {why}"))?;
            let opened = tokio_tungstenite::client_async(request, stream).await;
            opened.map_err(|why| format!("no socket: {why}"))
        };
        let (socket, answer) =
            timeout_at(Instant::now() + PATIENCE, opening).await.map_err(|_| "no answer".to_owned())??;
        let agreed = answer.headers().get(header::SEC_WEBSOCKET_PROTOCOL).and_then(|value| value.to_str().ok());
        let mut wire = Self { socket, wrong: Vec::new(), seqs: Vec::new(), position: None, connection: 0 };
        if agreed != Some(SUBPROTOCOL) {
            wire.wrong.push(format!("the subprotocol {agreed:?} was agreed on; {SUBPROTOCOL} was offered"));
        }
        Ok(wire)
    }

    /// What comes next.
    pub async fn next(&mut self) -> Heard {
        let until = Instant::now() + PATIENCE;
        loop {
            match timeout_at(until, self.socket.next()).await {
                Err(_) => return Heard::Silence,
                Ok(Some(Ok(WsMessage::Text(text)))) => {
                    if let Some(frame) = self.looked_at(&text) {
                        return Heard::Frame(frame);
                    }
                }
                Ok(Some(Ok(WsMessage::Pong(payload)))) => return Heard::Pong(payload.to_vec()),
                Ok(Some(Ok(WsMessage::Close(Some(close))))) => {
                    return Heard::Close(u16::from(close.code), close.reason.to_string());
                }
                // The library answers it when the next message is read or sent.
                Ok(Some(Ok(WsMessage::Ping(_)))) => drop(self.socket.flush().await),
                Ok(Some(Ok(WsMessage::Binary(_) | WsMessage::Frame(_)))) => {
                    self.wrong.push("a binary frame; every message is text".to_owned());
                }
                Ok(Some(Ok(WsMessage::Close(None)) | Err(_)) | None) => return Heard::Lost,
            }
        }
    }

    /// Reads on to a frame of this kind.
    ///
    /// # Errors
    /// What ended the search.
    pub async fn until(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Result<Value, String> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            match self.next().await {
                Heard::Frame(frame) if is_it(&frame) => return Ok(frame),
                Heard::Frame(_) | Heard::Pong(_) => {}
                other => return Err(format!("{other}; {what} was due")),
            }
        }
        Err(format!("{what} did not come within {} s", PATIENCE.as_secs()))
    }

    /// Reads on to the end.
    pub async fn until_end(&mut self) -> Heard {
        loop {
            match self.next().await {
                Heard::Frame(_) | Heard::Pong(_) => {}
                end => return end,
            }
        }
    }

    /// Sends a text; that the connection has ended is noticed by reading.
    pub async fn say(&mut self, text: impl Into<String>) {
        self.send(WsMessage::Text(text.into().into())).await;
    }

    /// Sends any message.
    pub async fn send(&mut self, message: WsMessage) {
        let _ = self.socket.send(message).await;
    }

    /// Sends bytes as they are, past the framing.
    pub async fn send_raw(&mut self, bytes: &[u8]) {
        let _ = self.socket.get_mut().write_all(bytes).await;
    }

    /// An id for a command that no earlier run of the kit has used in the same room.
    pub fn id(&self, name: &str) -> String {
        format!("conform-{}-{}-{name}", std::process::id(), self.connection)
    }

    /// The frame, if it is an object; what is wrong with it is kept.
    fn looked_at(&mut self, text: &str) -> Option<Value> {
        let Ok(frame @ Value::Object(_)) = serde_json::from_str(text) else {
            self.wrong.push(format!("{}; a frame is a JSON object", shortened(text)));
            return None;
        };
        if let Err(why) = envelope(&frame, text) {
            self.wrong.push(why);
        }
        if let Some(seq) = frame["seq"].as_u64() {
            self.seqs.push(seq);
            if let Some(position) = &mut self.position {
                position.seq = seq;
            }
        }
        if let Some(connection) = frame["data"]["connection"].as_u64() {
            self.connection = connection;
        }
        if let Ok(position) = serde_json::from_value(frame["data"]["position"].clone()) {
            self.position = Some(position);
        }
        Some(frame)
    }
}

/// Whether a frame is what the contract says of its envelope and its type.
fn envelope(frame: &Value, text: &str) -> Result<(), String> {
    let short = shortened(text);
    if !frame["type"].is_string() {
        return Err(format!("{short} has no `type`"));
    }
    if !frame["data"].is_object() {
        return Err(format!("{short} has no object `data`"));
    }
    if frame["timestamp"].as_str().and_then(Timestamp::parse).is_none() {
        return Err(format!("{short} has no `timestamp` in RFC 3339, UTC, with milliseconds"));
    }
    match frame::received(text) {
        Ok(_) | Err(Unread::Unknown { .. }) => Ok(()),
        Err(Unread::Broken) => Err(format!("{short} has not the `data` of its type")),
    }
}

/// The beginning of a text, for a line.
fn shortened(text: &str) -> String {
    const LENGTH: usize = 160;
    if text.chars().count() <= LENGTH { text.to_owned() } else { text.chars().take(LENGTH).chain(['…']).collect() }
}
