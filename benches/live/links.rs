//! The load generator: thousands of raw sockets in one thread, one `epoll`, one buffer.
//!
//! It cuts the server's frames itself and looks no further into them than a figure needs; a WebSocket library here would
//! be slower than the server and would be what is measured. It answers pings, as a browser does by itself, and keeps one
//! gate: the events of a link are numbered without a gap, or the run ends.

use std::io::{ErrorKind, Read, Write};
use std::mem;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;
use rustix::io::Errno;

use crate::http::end_of_consent;

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// Whatever is waited for is there sooner, or something is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sockets that are read together.
pub struct Links {
    epoll: OwnedFd,
    links: Vec<Link>,
    events: Vec<epoll::Event>,
    buffer: Vec<u8>,
    pings: u64,
    bytes: u64,
    /// A link whose texts are kept, and these.
    record: Option<(usize, Vec<String>)>,
}

/// One socket.
struct Link {
    stream: TcpStream,
    /// The beginning of a frame whose rest is still to come.
    rest: Vec<u8>,
    last_seq: Option<u64>,
    /// Whether its events are numbered without a gap.
    is_numbered: bool,
    /// Whether the server has agreed to the socket; until then what comes is a head.
    is_open: bool,
}

/// One frame of the server: nothing is masked in this direction.
struct Frame<'a> {
    opcode: u8,
    payload: &'a [u8],
    length: usize,
}

impl Links {
    /// None yet.
    pub fn new() -> Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        Ok(Self {
            epoll,
            links: Vec::new(),
            events: Vec::with_capacity(1_024),
            buffer: vec![0; 65_536],
            pings: 0,
            bytes: 0,
            record: None,
        })
    }

    /// Takes over a room's link, with what was already read from it; returns its number, counted from 0.
    pub fn add(&mut self, stream: TcpStream, heard: &[u8]) -> Result<usize> {
        self.add_hearing(stream, heard, |_, _| {})
    }

    /// The same, and hands over the texts among it.
    pub fn add_hearing(
        &mut self,
        stream: TcpStream,
        heard: &[u8],
        mut hear: impl FnMut(usize, &[u8]),
    ) -> Result<usize> {
        let mut link = Link::new(stream);
        let number = self.links.len();
        let used = link.take(heard, &mut self.pings, |text| hear(number, text))?;
        link.rest.extend_from_slice(&heard[used..]);
        self.register(link)
    }

    /// Takes over a socket of the floor, which writes the same frame again and again.
    pub fn add_bare(&mut self, stream: TcpStream) -> Result<usize> {
        self.register(Link { is_numbered: false, ..Link::new(stream) })
    }

    /// Takes over a socket that has just asked for its upgrade and goes on behind an event.
    pub fn add_asking(&mut self, stream: TcpStream, last_seq: Option<u64>) -> Result<usize> {
        self.register(Link { last_seq, is_open: false, ..Link::new(stream) })
    }

    /// The same with the floor, which numbers nothing.
    pub fn add_bare_asking(&mut self, stream: TcpStream) -> Result<usize> {
        self.register(Link { is_numbered: false, is_open: false, ..Link::new(stream) })
    }

    /// The last event of a link.
    pub fn last_seq(&self, number: usize) -> Option<u64> {
        self.links[number].last_seq
    }

    /// Keeps every text of a link from now on.
    pub fn record(&mut self, number: usize) {
        self.record = Some((number, Vec::new()));
    }

    /// What was kept.
    pub fn recorded(&mut self) -> Vec<String> {
        self.record.take().map(|(_, texts)| texts).unwrap_or_default()
    }

    /// How many pings were answered since the last look.
    pub fn take_pings(&mut self) -> u64 {
        mem::take(&mut self.pings)
    }

    /// How many bytes were read, heads and frames, since the last look.
    pub fn take_bytes(&mut self) -> u64 {
        mem::take(&mut self.bytes)
    }

    fn register(&mut self, link: Link) -> Result<usize> {
        link.stream.set_nonblocking(true)?;
        let number = self.links.len();
        let flags = epoll::EventFlags::IN | epoll::EventFlags::ET;
        epoll::add(&self.epoll, &link.stream, epoll::EventData::new_u64(number as u64), flags)?;
        self.links.push(link);
        Ok(number)
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, number: usize, bytes: &[u8]) -> Result<()> {
        self.links[number].stream.write_all(bytes).context("a link does not take what is sent")
    }

    /// Waits for something to read, reads all there is, and hands over each text with the number of its link.
    pub fn turn(&mut self, wait: Duration, mut hear: impl FnMut(usize, &[u8])) -> Result<()> {
        let wait = Timespec { tv_sec: wait.as_secs().cast_signed(), tv_nsec: wait.subsec_nanos().into() };
        self.events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), Some(&wait)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(why) => bail!("epoll: {why}"),
        }
        for event in &self.events {
            let number = usize::try_from(event.data.u64()).context("a number of ours")?;
            let link = &mut self.links[number];
            let counts = (&mut self.pings, &mut self.bytes);
            let record = &mut self.record;
            let hear = |text: &[u8]| {
                if let Some((_, texts)) = record.as_mut().filter(|(recorded, _)| *recorded == number) {
                    texts.push(String::from_utf8_lossy(text).into_owned());
                }
                hear(number, text);
            };
            link.read(&mut self.buffer, counts, hear).with_context(|| format!("link {number}"))?;
        }
        Ok(())
    }

    /// Reads until a time has passed.
    pub fn idle(&mut self, length: Duration, mut hear: impl FnMut(usize, &[u8])) -> Result<()> {
        let end = Instant::now() + length;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.turn(left, &mut hear)?;
        }
        Ok(())
    }

    /// Reads until `count` texts were what is wanted; returns when the first and the last of them were.
    pub fn until(&mut self, count: usize, mut wanted: impl FnMut(usize, &[u8]) -> bool) -> Result<(Instant, Instant)> {
        let begin = Instant::now();
        let mut seen = 0;
        let mut ends: Option<(Instant, Instant)> = None;
        while seen < count {
            self.turn(PATIENCE, |number, text| {
                if wanted(number, text) {
                    seen += 1;
                    let now = Instant::now();
                    ends = Some((ends.map_or(now, |(first, _)| first), now));
                }
            })?;
            ensure!(begin.elapsed() < PATIENCE, "{seen} of {count} links have heard what all should have");
        }
        ends.context("nothing was waited for")
    }
}

impl Link {
    fn new(stream: TcpStream) -> Self {
        Self { stream, rest: Vec::new(), last_seq: None, is_numbered: true, is_open: true }
    }

    fn read(
        &mut self,
        buffer: &mut [u8],
        (pings, bytes): (&mut u64, &mut u64),
        mut hear: impl FnMut(&[u8]),
    ) -> Result<()> {
        loop {
            let length = match self.stream.read(buffer) {
                Ok(0) => bail!("the server ended the connection"),
                Ok(length) => length,
                Err(why) if why.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(why) if why.kind() == ErrorKind::Interrupted => continue,
                Err(why) => return Err(why.into()),
            };
            *bytes += length as u64;
            if self.rest.is_empty() {
                let used = self.take(&buffer[..length], pings, &mut hear)?;
                self.rest.extend_from_slice(&buffer[used..length]);
            } else {
                self.rest.extend_from_slice(&buffer[..length]);
                let mut rest = mem::take(&mut self.rest);
                let used = self.take(&rest, pings, &mut hear)?;
                rest.drain(..used);
                self.rest = rest;
            }
            if length < buffer.len() {
                // Less than there was place for: all was read, and what comes next wakes anew.
                return Ok(());
            }
        }
    }

    /// Handles the whole frames at the beginning; returns how many bytes they were.
    fn take(&mut self, bytes: &[u8], pings: &mut u64, mut hear: impl FnMut(&[u8])) -> Result<usize> {
        let mut used = 0;
        if !self.is_open {
            let Some(end) = end_of_consent(bytes)? else { return Ok(0) };
            (self.is_open, used) = (true, end);
        }
        while let Some(frame) = Frame::first(&bytes[used..]) {
            used += frame.length;
            match frame.opcode {
                TEXT => {
                    self.check(frame.payload)?;
                    hear(frame.payload);
                }
                PING => {
                    *pings += 1;
                    self.stream.write_all(&client_frame(PONG, frame.payload))?;
                }
                CLOSE => bail!("closed: {}", String::from_utf8_lossy(frame.payload.get(2..).unwrap_or_default())),
                _ => {}
            }
        }
        Ok(used)
    }

    fn check(&mut self, text: &[u8]) -> Result<()> {
        ensure!(!is(text, "error"), "refused: {}", String::from_utf8_lossy(text));
        if is(text, "snapshot") {
            // Whoever did not read for long, as the host while thousands of links open, begins anew from here.
            self.last_seq = None;
        }
        if self.is_numbered
            && let Some(seq) = seq(text)
        {
            let expected = self.last_seq.map_or(seq, |last| last + 1);
            ensure!(seq == expected, "event {seq} came where {expected} was next");
            self.last_seq = Some(seq);
        }
        Ok(())
    }
}

impl<'a> Frame<'a> {
    /// The frame at the beginning, if it is whole. Source: RFC 6455, 5.2.
    fn first(bytes: &'a [u8]) -> Option<Self> {
        let (start, payload_length) = match bytes.get(1)? & 0x7f {
            126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
            127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
            short => (2, usize::from(short)),
        };
        let length = start + payload_length;
        Some(Self { opcode: bytes[0] & 0x0f, payload: bytes.get(start..length)?, length })
    }
}

/// A text frame as a browser sends it.
pub fn client_text(text: &str) -> Vec<u8> {
    client_frame(TEXT, text.as_bytes())
}

/// A frame with a mask of zeros, which leaves the payload as it is.
fn client_frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = frame_head(opcode, payload.len());
    frame[1] |= 0x80;
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}

/// A text frame as a server sends it.
pub fn server_text(text: &[u8]) -> Vec<u8> {
    let mut frame = frame_head(TEXT, text.len());
    frame.extend_from_slice(text);
    frame
}

fn frame_head(opcode: u8, length: usize) -> Vec<u8> {
    match u8::try_from(length) {
        Ok(short) if short < 126 => vec![0x80 | opcode, short],
        _ => {
            let length = u16::try_from(length).expect("no frame of the bench is longer than 65,535 bytes");
            let [high, low] = length.to_be_bytes();
            vec![0x80 | opcode, 126, high, low]
        }
    }
}

/// Whether a message is of a type. The envelope begins with it.
pub fn is(text: &[u8], kind: &str) -> bool {
    let name = text.strip_prefix(br#"{"type":""#).and_then(|rest| rest.strip_prefix(kind.as_bytes()));
    name.is_some_and(|rest| rest.first() == Some(&b'"'))
}

/// The number of an event. The envelope ends with it; state and replies have none.
fn seq(text: &[u8]) -> Option<u64> {
    let body = text.strip_suffix(b"}")?;
    let digits = body.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, number) = body.split_at(body.len() - digits);
    before.ends_with(br#","seq":"#).then(|| std::str::from_utf8(number).ok()?.parse().ok())?
}
