//! A link's own task on axum's WebSocket: for streams that are not plain TCP, and to fall back to by a setting.
//!
//! It reads when its own reading waker fired, writes what the link lends it, and keeps at most one write under way; a
//! broadcast never polls the read side. Knows nothing of what is said; see [`Hear`] for that.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use axum::extract::ws::{CloseFrame, Message as WsMessage, Utf8Bytes, WebSocket};
use bytes::Bytes;
use futures_util::task::AtomicWaker;
use futures_util::{Sink, Stream};

use crate::server::live::codec::{Broken, Inbound, Opcode};
use crate::server::live::link::Link;
use crate::server::live::meter::Meter;
use crate::server::live::reader::{self, Hear};

/// Messages that are read in one go before others get their turn.
const READS: usize = 64;

/// Notes that the read side has something, and wakes the task.
#[derive(Default)]
struct ReadWaker {
    fired: AtomicBool,
    task: AtomicWaker,
}

impl Wake for ReadWaker {
    fn wake(self: Arc<Self>) {
        self.fired.store(true, Ordering::Release);
        self.task.wake();
    }
}

/// The task of one link.
struct Task<H> {
    link: Arc<Link>,
    socket: WebSocket,
    meter: Arc<Meter>,
    hear: H,
    reading: Arc<ReadWaker>,
    read_waker: Waker,
    is_flushed: bool,
    written: u64,
}

/// Runs a link to its end.
pub async fn run(link: Arc<Link>, socket: WebSocket, meter: Arc<Meter>, hear: impl Hear) {
    meter.bound_messages(u64::from(link.shard().limits.message_bytes_max) + 1_024);
    let reading = Arc::new(ReadWaker::default());
    // The first poll has to ask the read side once, or nothing would ever wake it.
    reading.fired.store(true, Ordering::Release);
    let read_waker = Waker::from(Arc::clone(&reading));
    let written = meter.written();
    let mut task = Task { link, socket, meter, hear, reading, read_waker, is_flushed: true, written };
    poll_fn(|cx| task.poll(cx)).await;
    task.link.end();
}

impl<H: Hear> Task<H> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.link.register(cx.waker());
        self.reading.task.register(cx.waker());
        if self.reading.fired.swap(false, Ordering::AcqRel) && self.read().is_ready() {
            return Poll::Ready(());
        }
        if self.write(cx).is_ready() || self.link.is_ended() {
            return Poll::Ready(());
        }
        Poll::Pending
    }

    /// Reads what is there; ready when the stream is over.
    fn read(&mut self) -> Poll<()> {
        for _ in 0..READS {
            let mut cx = Context::from_waker(&self.read_waker);
            match Pin::new(&mut self.socket).poll_next(&mut cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Ready(Some(Ok(message))) => {
                    self.meter.claim();
                    self.link.note_read(self.meter.read_at());
                    self.take(&message);
                }
                Poll::Ready(Some(Err(error))) => match broken(error) {
                    Some(broken) => {
                        self.link.close(reader::why_broken(broken), None);
                        return Poll::Pending;
                    }
                    None => return Poll::Ready(()),
                },
            }
        }
        // There may be more; others go first.
        self.read_waker.wake_by_ref();
        Poll::Pending
    }

    fn take(&mut self, message: &WsMessage) {
        let inbound = match message {
            WsMessage::Text(text) => Inbound::Text(text),
            WsMessage::Binary(bytes) => Inbound::Binary(bytes),
            WsMessage::Pong(payload) => Inbound::Pong(payload),
            // The codec answers pings and closes by itself.
            WsMessage::Ping(_) | WsMessage::Close(_) => return,
        };
        if !self.link.is_ending() {
            reader::take(&self.link, &mut self.hear, inbound);
        }
    }

    /// Writes what is due, in one go, as long as the peer takes it; ready when the stream is lost.
    fn write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if !self.is_flushed {
                match Pin::new(&mut self.socket).poll_flush(cx) {
                    Poll::Pending => {
                        let written = self.meter.written();
                        if written != self.written {
                            self.written = written;
                            self.link.took_some();
                        }
                        return Poll::Pending;
                    }
                    Poll::Ready(Err(_)) => return Poll::Ready(()),
                    Poll::Ready(Ok(())) => {
                        self.is_flushed = true;
                        self.link.took_all();
                    }
                }
            }
            let due = self.link.lend_due();
            if due.is_empty() {
                return Poll::Pending;
            }
            self.is_flushed = false;
            for message in due.into_iter().filter_map(message_of) {
                if Pin::new(&mut self.socket).start_send(message).is_err() {
                    return Poll::Ready(());
                }
            }
        }
    }
}

/// A frame of ours as the library has it.
fn message_of((opcode, payload): (Opcode, Bytes)) -> Option<WsMessage> {
    match opcode {
        Opcode::Text => Utf8Bytes::try_from(payload).ok().map(WsMessage::Text),
        Opcode::Binary => Some(WsMessage::Binary(payload)),
        Opcode::Ping => Some(WsMessage::Ping(payload)),
        Opcode::Pong => Some(WsMessage::Pong(payload)),
        Opcode::Close => {
            let reason = payload.get(2..).map(|reason| String::from_utf8_lossy(reason).into_owned());
            let code = payload.first_chunk::<2>().map(|code| u16::from_be_bytes(*code));
            let close = code.map(|code| CloseFrame { code, reason: reason.unwrap_or_default().into() });
            Some(WsMessage::Close(close))
        }
        // We never send a message in pieces.
        Opcode::Continuation => None,
    }
}

/// What an error of the codec means; `None` if the stream itself is lost.
fn broken(error: axum::Error) -> Option<Broken> {
    use tokio_tungstenite::tungstenite::Error as Codec;
    use tokio_tungstenite::tungstenite::error::ProtocolError;
    let source = error.into_inner();
    match source.downcast_ref::<Codec>()? {
        Codec::Capacity(_) => Some(Broken::TooLarge),
        Codec::Utf8(_) => Some(Broken::NotUtf8),
        Codec::Protocol(why) => {
            (!matches!(why, ProtocolError::ResetWithoutClosingHandshake)).then_some(Broken::Protocol)
        }
        _ => None,
    }
}
