//! The opening handshake: from a request to a stream, and to whoever drives the link on it.
//!
//! It knows neither who asks nor what for. A browser cannot read the status of a refused upgrade, so who may not in is
//! upgraded all the same, and reads the reason in a close frame.
//!
//! Source: RFC 6455, section 4.2.

use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use rustix::net::sockopt::set_socket_send_buffer_size;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tracing::error;

use crate::domain::limits::Limits;
use crate::domain::time::Millis;
use crate::protocol::close::Close;
use crate::protocol::dialect::Dialect;
use crate::server::config::SocketEngine;
use crate::server::live::codec::Bounds;
use crate::server::live::link::{Link, Pipe, Places};
use crate::server::live::meter::{Meter, MeteredStream};
use crate::server::live::reader::Hear;
use crate::server::live::shard::Shard;
use crate::server::live::{fallback, plain};

/// Bytes that the library's codec reads at once; the buffer lives as long as the link.
const READ_BUFFER: usize = 2_048;
/// Frames are gathered in the library's codec up to this before it writes by itself.
const WRITE_BUFFER: usize = 131_072;
/// The library's codec never holds more; the largest frame is a host's snapshot.
const WRITE_BUFFER_MAX: usize = 8_388_608;

/// Bytes that the kernel is asked to hold for a peer that does not read; it takes twice as many. Without this, one that is
/// stuck takes megabytes, in no process's memory.
const SEND_BUFFER: usize = 65_536;

/// A request that asks for a socket as the standard says.
pub struct Handshake {
    engine: Engine,
    meter: Arc<Meter>,
    limits: Limits,
}

enum Engine {
    Own { accept_key: String, on_upgrade: OnUpgrade },
    Library(Box<WebSocketUpgrade>),
}

/// What a link is from its first byte on.
pub struct Terms {
    /// Its place among all links, given back when it is gone.
    pub places: Places,
    /// The words that it speaks.
    pub dialect: Dialect,
    /// The subprotocol that is agreed on, if one was offered that we speak.
    pub subprotocol: Option<&'static str>,
    /// Who writes for it.
    pub shard: Arc<Shard>,
}

impl Handshake {
    /// Reads the request.
    ///
    /// # Errors
    /// The answer for a request that asks for no socket, or not as the standard says.
    pub async fn read(request: Request, engine: SocketEngine, limits: Limits) -> Result<Self, Response> {
        let (mut parts, _) = request.into_parts();
        let meter = parts.extensions.get::<Arc<Meter>>().map(Arc::clone).unwrap_or_default();
        let engine = match engine {
            SocketEngine::Library => {
                let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await;
                Engine::Library(Box::new(upgrade.map_err(IntoResponse::into_response)?))
            }
            SocketEngine::Own => {
                let accept_key = accept_key(&parts.headers).map_err(IntoResponse::into_response)?;
                let no_socket = (StatusCode::UPGRADE_REQUIRED, "this connection cannot become a socket\n");
                let on_upgrade = parts.extensions.remove().ok_or_else(|| no_socket.into_response())?;
                Engine::Own { accept_key, on_upgrade }
            }
        };
        Ok(Self { engine, meter, limits })
    }

    /// Accepts. `begin` prepares the link before anything is read or written, and says who hears what comes.
    pub fn accept<H, Begun>(self, terms: Terms, begin: impl FnOnce(Arc<Link>) -> Begun + Send + 'static) -> Response
    where
        H: Hear,
        Begun: Future<Output = Option<H>> + Send + 'static,
    {
        match self.engine {
            Engine::Own { accept_key, on_upgrade } => {
                let response = switching(&accept_key, terms.subprotocol);
                tokio::spawn(drive(on_upgrade, self.meter, terms, self.limits, begin));
                response
            }
            Engine::Library(upgrade) => {
                let bytes_max = self.limits.message_bytes_max as usize;
                let upgrade = upgrade
                    .protocols(terms.subprotocol)
                    .read_buffer_size(READ_BUFFER)
                    .write_buffer_size(WRITE_BUFFER)
                    .max_write_buffer_size(WRITE_BUFFER_MAX.max(2 * bytes_max))
                    .max_message_size(bytes_max)
                    .max_frame_size(bytes_max);
                upgrade.on_upgrade(async move |socket| {
                    let link =
                        Link::new(self.meter.connection(), terms.dialect, Pipe::Library, terms.shard, terms.places);
                    if let Some(hear) = begin(Arc::clone(&link)).await {
                        link.nudge();
                        fallback::run(link, socket, self.meter, hear).await;
                    }
                })
            }
        }
    }

    /// Upgrades only so that the browser can read why it may not in.
    pub fn refuse(self, terms: Terms, close: Close, reason: String) -> Response {
        self.accept(terms, async move |link: Arc<Link>| {
            link.refuse(close, &reason);
            Some(Deaf)
        })
    }
}

/// Waits for the stream and runs the link on it.
async fn drive<H, Begun>(
    on_upgrade: OnUpgrade,
    meter: Arc<Meter>,
    terms: Terms,
    limits: Limits,
    begin: impl FnOnce(Arc<Link>) -> Begun,
) where
    H: Hear,
    Begun: Future<Output = Option<H>>,
{
    // The peer may be gone before it is upgraded.
    let Ok(upgraded) = on_upgrade.await else { return };
    let Ok(parts) = upgraded.downcast::<TokioIo<MeteredStream>>() else {
        error!("a socket was opened on a stream that is not our own; use --socket-engine library here");
        return;
    };
    let stream = parts.io.into_inner().into_stream();
    // A kernel that will not is no reason to turn somebody away.
    let _ = set_socket_send_buffer_size(&stream, SEND_BUFFER);
    let link = Link::new(meter.connection(), terms.dialect, Pipe::Plain(stream), terms.shard, terms.places);
    let bounds = Bounds { message_bytes_max: limits.message_bytes_max as usize, fragments_max: limits.fragments_max };
    if let Some(hear) = begin(Arc::clone(&link)).await {
        link.nudge();
        // A task of its own, because what the handshake needed is not needed any more.
        tokio::spawn(plain::run(link, hear, bounds, parts.read_buf.into()));
    }
}

/// The key that proves that we understood; or what is wrong with the request.
fn accept_key(headers: &HeaderMap) -> Result<String, (StatusCode, [(HeaderName, &'static str); 1], &'static str)> {
    let says = |name, word: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)))
    };
    let only = |name| {
        let mut values = headers.get_all(name).iter();
        values.next().filter(|_| values.next().is_none())
    };
    let upgrade = [(header::UPGRADE, "websocket")];
    if !says(header::CONNECTION, "upgrade") || !says(header::UPGRADE, "websocket") {
        return Err((StatusCode::UPGRADE_REQUIRED, upgrade, "this address is a WebSocket\n"));
    }
    if only(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        let version = [(header::SEC_WEBSOCKET_VERSION, "13")];
        return Err((
            StatusCode::UPGRADE_REQUIRED,
            version,
            "only version 13 of the WebSocket protocol is spoken here\n",
        ));
    }
    // Sixteen bytes in base 64.
    match only(header::SEC_WEBSOCKET_KEY).filter(|key| key.len() == 24) {
        Some(key) => Ok(derive_accept_key(key.as_bytes())),
        None => Err((StatusCode::BAD_REQUEST, upgrade, "the Sec-WebSocket-Key is missing or has not 16 bytes\n")),
    }
}

fn switching(accept_key: &str, subprotocol: Option<&'static str>) -> Response {
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    let accept_key = HeaderValue::from_str(accept_key).expect("base 64 is plain");
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept_key);
    if let Some(subprotocol) = subprotocol {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(subprotocol));
    }
    response
}

/// Whether a request offers this subprotocol.
pub fn offers(headers: &HeaderMap, subprotocol: &str) -> bool {
    let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    offered.flat_map(|value| value.split(',')).any(|offer| offer.trim() == subprotocol)
}

/// Who may not in is not listened to.
struct Deaf;

impl Hear for Deaf {
    fn on_text(&mut self, _: &str) {}
    fn on_binary(&mut self, _: &[u8]) {}
    fn on_round_trip(&mut self, _: Millis) {}
}
