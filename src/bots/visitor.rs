//! One visitor: joins by the form like any browser, opens the socket, folds what it is told with the product's own code.
//!
//! Knows no strategy; bots and the house's tests share it.

use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message as WsMessage, Utf8Bytes};

use crate::domain::code::JoinCode;
use crate::domain::ids::CommandId;
use crate::domain::time::Timestamp;
use crate::protocol::close::Close;
use crate::protocol::command::Command;
use crate::protocol::frame;
use crate::protocol::message::{Position, Received};

/// A server that answers at all has begun and ended its answer by then.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a server is: plain http, because a rehearsal runs beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// Host and port.
    authority: String,
    /// What stands before every path; empty or starting with a slash.
    base: String,
}

/// A visitor with cookies.
#[derive(Clone, Debug)]
pub struct Visitor {
    door: Door,
    origin: Option<String>,
    cookies: Vec<String>,
    /// The access token of a program.
    bearer: Option<String>,
    /// The compression that is taken; what comes stays as it is.
    encoding: &'static str,
    /// Who a proxy says it asks for.
    forwarded_for: Option<String>,
}

/// An open socket.
pub struct Wire {
    socket: WebSocketStream<TcpStream>,
}

/// Why nothing more comes from a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The server said why.
    Closed(Close),
    /// It did not.
    Lost,
}

impl Door {
    /// Reads an address such as `http://127.0.0.1:3000/quiz`.
    ///
    /// # Errors
    /// When it is not plain http.
    pub fn parse(url: &str) -> anyhow::Result<Self> {
        let rest = url.strip_prefix("http://").with_context(|| format!("`{url}` must start with http://"))?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        ensure!(!authority.is_empty(), "`{url}` names no host");
        let authority = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
        let path = path.trim_end_matches('/');
        let base = if path.is_empty() { String::new() } else { format!("/{path}") };
        Ok(Self { authority, base })
    }

    fn origin(&self) -> String {
        format!("http://{}", self.authority)
    }
}

impl Visitor {
    /// A visitor who was never here.
    pub fn new(door: Door) -> Self {
        Self {
            origin: Some(door.origin()),
            door,
            cookies: Vec::new(),
            bearer: None,
            encoding: "identity",
            forwarded_for: None,
        }
    }

    /// The same visitor with the same cookies at another door: the server has moved.
    #[must_use]
    pub fn at(&self, door: Door) -> Self {
        Self { origin: Some(door.origin()), door, ..self.clone() }
    }

    /// The same visitor, sent by another site's page, or by no page at all.
    #[must_use]
    pub fn with_origin(self, origin: Option<&str>) -> Self {
        Self { origin: origin.map(str::to_owned), ..self }
    }

    /// The same visitor, who shows an access token.
    #[must_use]
    pub fn with_bearer(self, token: &str) -> Self {
        Self { bearer: Some(token.to_owned()), ..self }
    }

    /// The same visitor, who takes a compression.
    #[must_use]
    pub fn accepting(self, encoding: &'static str) -> Self {
        Self { encoding, ..self }
    }

    /// The same visitor, whose requests come as if a proxy had forwarded them.
    #[must_use]
    pub fn forwarded_for(self, chain: &str) -> Self {
        Self { forwarded_for: Some(chain.to_owned()), ..self }
    }

    /// Gets a page or file.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<Response<Bytes>> {
        let request = self.request(path).body(Full::default()).context("a sound request")?;
        self.send(request).await
    }

    /// Asks only for the head of a page or file, as scanners of links do.
    ///
    /// # Errors
    /// When the server cannot be reached.
    #[cfg(test)]
    pub async fn head(&mut self, path: &str) -> anyhow::Result<Response<Bytes>> {
        let request = self.request(path).method("HEAD").body(Full::default()).context("a sound request")?;
        self.send(request).await
    }

    /// Gets a page or file, unless it is still the one with this tag.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn get_if_changed(&mut self, path: &str, tag: &str) -> anyhow::Result<Response<Bytes>> {
        let request = self.request(path).header(header::IF_NONE_MATCH, tag);
        self.send(request.body(Full::default()).context("a sound request")?).await
    }

    /// Sends a form.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<Response<Bytes>> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .request(path)
            .method("POST")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::from(body))
            .context("a sound request")?;
        self.send(request).await
    }

    /// Sends a form that holds one file.
    ///
    /// # Errors
    /// When the server cannot be reached.
    #[cfg(test)]
    pub async fn send_file(&mut self, path: &str, field: &str, file: &[u8]) -> anyhow::Result<Response<Bytes>> {
        let head = format!(
            "--mark\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"list.csv\"\r\nContent-Type: text/csv\r\n\r\n"
        );
        let body = [head.as_bytes(), file, b"\r\n--mark--\r\n"].concat();
        let request = self
            .request(path)
            .method("POST")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=mark")
            .body(Full::from(body))
            .context("a sound request")?;
        self.send(request).await
    }

    /// Asks a server function, as pages do.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn ask(&mut self, path: &str, arguments: &str) -> anyhow::Result<Response<Bytes>> {
        let request = self
            .request(path)
            .method("POST")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(arguments.to_owned()))
            .context("a sound request")?;
        self.send(request).await
    }

    /// Joins a room under a name.
    ///
    /// # Errors
    /// When the server cannot be reached, or sends the form back.
    pub async fn join(&mut self, code: JoinCode, name: &str, request_id: &str) -> anyhow::Result<()> {
        let fields = [("code", code.as_str()), ("name", name), ("request_id", request_id)];
        let response = self.post("/join", &fields).await?;
        let target = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if response.status() == StatusCode::SEE_OTHER && target.contains("/play/") {
            return Ok(());
        }
        bail!("not let in ({})", response.status())
    }

    /// Opens a room's socket as `player`, `stage` or `host`, from a position if one is known.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses the upgrade.
    pub async fn connect(&self, code: JoinCode, role: &str, position: Option<Position>) -> anyhow::Result<Wire> {
        let place = position.map(|at| format!("&epoch={}&seq={}", at.epoch, at.seq)).unwrap_or_default();
        self.open(&format!("/ws/{code}?as={role}{place}"), &[frame::SUBPROTOCOL]).await
    }

    /// Opens any socket, and offers these subprotocols.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses the upgrade.
    pub async fn open(&self, path: &str, subprotocols: &[&str]) -> anyhow::Result<Wire> {
        Ok(Wire { socket: self.upgrade(path, subprotocols).await? })
    }

    /// The same, without what knows the messages.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses the upgrade.
    pub async fn upgrade(&self, path: &str, subprotocols: &[&str]) -> anyhow::Result<WebSocketStream<TcpStream>> {
        let url = format!("ws://{}{}{path}", self.door.authority, self.door.base);
        let mut request = url.into_client_request().context("a sound address")?;
        let headers = request.headers_mut();
        let bearer = self.bearer.as_ref().map(|token| format!("Bearer {token}"));
        let cookies = (!self.cookies.is_empty()).then(|| self.cookies.join("; "));
        let subprotocols = (!subprotocols.is_empty()).then(|| subprotocols.join(", "));
        for (name, value) in [
            (header::ORIGIN, self.origin.clone()),
            (header::COOKIE, cookies),
            (header::AUTHORIZATION, bearer),
            (header::SEC_WEBSOCKET_PROTOCOL, subprotocols),
        ] {
            if let Some(value) = value {
                headers.insert(name, value.parse().context("a sound header")?);
            }
        }
        let stream = TcpStream::connect(&self.door.authority).await.context("the server cannot be reached")?;
        stream.set_nodelay(true)?;
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await.context("no socket")?;
        Ok(socket)
    }

    fn request(&self, path: &str) -> http::request::Builder {
        let request = Request::builder()
            .uri(format!("{}{path}", self.door.base))
            .header(header::HOST, &self.door.authority)
            .header(header::ACCEPT_ENCODING, self.encoding);
        let cookies = (!self.cookies.is_empty()).then(|| self.cookies.join("; "));
        let bearer = self.bearer.as_ref().map(|token| format!("Bearer {token}"));
        let said = [
            (header::ORIGIN.as_str(), self.origin.clone()),
            (header::COOKIE.as_str(), cookies),
            (header::AUTHORIZATION.as_str(), bearer),
            ("x-forwarded-for", self.forwarded_for.clone()),
        ];
        said.into_iter().fold(request, |request, (name, value)| match value {
            Some(value) => request.header(name, value),
            None => request,
        })
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> anyhow::Result<Response<Bytes>> {
        let stream = TcpStream::connect(&self.door.authority)
            .await
            .map_err(|why| anyhow!("the server cannot be reached: {why}"))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let asked = format!("{} {}", request.method(), request.uri());
        let response = timeout(PATIENCE, sender.send_request(request)).await;
        let (parts, body) = response.map_err(|_| anyhow!("{asked} is not answered"))??.into_parts();
        let body = timeout(PATIENCE, body.collect()).await;
        let body = body.map_err(|_| anyhow!("{asked}: the answer does not end"))??.to_bytes();
        connection.abort();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            self.keep_cookie(cookie.to_str().unwrap_or_default());
        }
        Ok(Response::from_parts(parts, body))
    }

    fn keep_cookie(&mut self, set_cookie: &str) {
        let pair = set_cookie.split(';').next().unwrap_or_default().to_owned();
        let name = pair.split('=').next().unwrap_or_default().to_owned();
        self.cookies.retain(|kept| kept.split('=').next() != Some(name.as_str()));
        if !set_cookie.to_ascii_lowercase().contains("max-age=0") {
            self.cookies.push(pair);
        }
    }
}

impl Wire {
    /// The next message.
    ///
    /// # Errors
    /// [`Ended`] when none comes any more.
    pub async fn next(&mut self) -> Result<Received, Ended> {
        frame::received(&self.text().await?).map_err(|_| Ended::Lost)
    }

    /// The next message as it came.
    ///
    /// # Errors
    /// [`Ended`] when none comes any more.
    pub async fn text(&mut self) -> Result<Utf8Bytes, Ended> {
        loop {
            match self.socket.next().await {
                Some(Ok(WsMessage::Text(text))) => return Ok(text),
                Some(Ok(WsMessage::Close(close))) => {
                    let code = close.and_then(|close| Close::of_code(u16::from(close.code)));
                    return Err(code.map_or(Ended::Lost, Ended::Closed));
                }
                // The codec answers pings by itself when the next message is read or sent.
                Some(Ok(WsMessage::Ping(_))) => drop(self.socket.flush().await),
                Some(Ok(WsMessage::Binary(_) | WsMessage::Pong(_) | WsMessage::Frame(_))) => {}
                Some(Err(_)) | None => return Err(Ended::Lost),
            }
        }
    }

    /// Sends a command.
    ///
    /// # Errors
    /// When the socket has ended.
    pub async fn ask(&mut self, command: &Command, id: &CommandId) -> Result<(), SocketError> {
        self.send_text(frame::command(command, Timestamp(0), Some(id))).await
    }

    /// Sends any text.
    ///
    /// # Errors
    /// When the socket has ended.
    pub async fn send_text(&mut self, text: String) -> Result<(), SocketError> {
        self.socket.send(WsMessage::Text(text.into())).await
    }

    /// Sends any message, for tests of the codec's edges.
    ///
    /// # Errors
    /// When the socket has ended.
    pub async fn send(&mut self, message: WsMessage) -> Result<(), SocketError> {
        self.socket.send(message).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_port_and_path() {
        let door = Door::parse("http://quiz.example/rooms/").expect("an address");
        assert_eq!((door.authority.as_str(), door.base.as_str()), ("quiz.example:80", "/rooms"));
        assert!(Door::parse("https://quiz.example").is_err());
        assert!(Door::parse("http://").is_err());
    }
}
