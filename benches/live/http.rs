//! A plain HTTP/1.1 client: one connection, one request at a time, blocking, with the cookies that it was given.
//!
//! Our own because it also drives the page figures, where a full client would be measured with the server. It follows no
//! redirect and knows no encryption.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Nothing on the own machine takes longer, except a password's hash.
const PATIENCE: Duration = Duration::from_secs(20);

/// One connection of one visitor.
pub struct Browser {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    cookies: Vec<String>,
}

/// What came back.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Status line and headers, each with its line end.
    pub head: String,
    /// The body as it was sent, compressed or not.
    pub body: Vec<u8>,
}

impl Browser {
    /// Connects.
    pub fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).context("the server cannot be reached")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream), address, cookies: Vec::new() })
    }

    /// The same visitor on another connection.
    pub fn again(&self) -> Result<Self> {
        Ok(Self { cookies: self.cookies.clone(), ..Self::open(self.address)? })
    }

    /// Becomes somebody who was never here.
    pub fn forget(&mut self) {
        self.cookies.clear();
    }

    /// The value of the `Cookie` header.
    pub fn cookie(&self) -> String {
        self.cookies.join("; ")
    }

    /// Gets a page or file, compressed where the server can.
    pub fn get(&mut self, path: &str) -> Result<Answer> {
        let head = self.head("GET", path, "Accept-Encoding: br\r\n");
        self.ask(head.as_bytes())
    }

    /// Gets a page or file as it is.
    pub fn get_plain(&mut self, path: &str) -> Result<Answer> {
        let head = self.head("GET", path, "");
        self.ask(head.as_bytes())
    }

    /// Sends a form; returns where the server leads to.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<String> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let more = format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n", body.len());
        let answer = self.ask(format!("{}{body}", self.head("POST", path, &more)).as_bytes())?;
        match (answer.status, answer.header("location")) {
            (303, Some(target)) => Ok(target.to_owned()),
            (status, _) => bail!("POST {path} was answered with {status}: {}", String::from_utf8_lossy(&answer.body)),
        }
    }

    /// The bytes of a request without a body.
    pub fn head(&self, method: &str, path: &str, more: &str) -> String {
        let (address, cookie) = (self.address, self.cookie());
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nCookie: {cookie}\r\n{more}\r\n"
        )
    }

    /// Sends a whole request and reads the whole answer.
    pub fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.get_mut().write_all(request)?;
        let answer = self.answer()?;
        for cookie in answer.headers("set-cookie") {
            self.keep(cookie);
        }
        Ok(answer)
    }

    fn answer(&mut self) -> Result<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head)? == 0 {
                bail!("the connection ended within an answer");
            }
        }
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no status line")?;
        let mut answer = Answer { status, head, body: Vec::new() };
        if let Some(length) = answer.header("content-length") {
            answer.body = self.exactly(length.parse()?)?;
        } else if answer.header("transfer-encoding").is_some() {
            answer.body = self.chunks()?;
        }
        Ok(answer)
    }

    fn exactly(&mut self, length: usize) -> Result<Vec<u8>> {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(body)
    }

    fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let length = usize::from_str_radix(line.trim(), 16).context("no chunk length")?;
            body.extend(self.exactly(length)?);
            self.exactly(2)?;
            if length == 0 {
                return Ok(body);
            }
        }
    }

    fn keep(&mut self, set_cookie: &str) {
        let pair = set_cookie.split(';').next().unwrap_or_default();
        let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
        self.cookies.retain(|kept| name(kept) != name(pair));
        if !set_cookie.to_ascii_lowercase().contains("max-age=0") {
            self.cookies.push(pair.to_owned());
        }
    }
}

impl Answer {
    /// The first header of a name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// Opens a room's socket. Returns the stream and what the server sent right behind its consent.
pub fn upgrade(address: SocketAddr, path: &str, cookie: &str) -> Result<(TcpStream, Vec<u8>)> {
    let mut stream = TcpStream::connect(address).context("the server cannot be reached")?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(upgrade_request(address, path, cookie).as_bytes())?;
    let mut heard = Vec::with_capacity(4_096);
    let mut buffer = [0; 4_096];
    loop {
        let length = stream.read(&mut buffer)?;
        heard.extend_from_slice(&buffer[..length]);
        if let Some(end) = end_of_consent(&heard)? {
            return Ok((stream, heard.split_off(end)));
        }
        if length == 0 {
            bail!("the connection ended within the upgrade");
        }
    }
}

/// The request that asks for a socket.
pub fn upgrade_request(address: SocketAddr, path: &str, cookie: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nCookie: {cookie}\r\n\
         Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: cG9kaXVtIGJlbmNoIGtleQ==\r\nSec-WebSocket-Protocol: podium.v1\r\n\r\n"
    )
}

/// Where the head of the answer to it ends, once it is whole.
///
/// # Errors
/// If there is no socket.
pub fn end_of_consent(heard: &[u8]) -> Result<Option<usize>> {
    let Some(end) = heard.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    if !heard.starts_with(b"HTTP/1.1 101 ") {
        bail!("no socket: {}", String::from_utf8_lossy(&heard[..end]));
    }
    Ok(Some(end + 4))
}
