//! A stream that notes when bytes were last read, and how many came since the last whole message.
//!
//! It knows nothing of what the bytes mean. The time of the read is the time an answer arrived, before any queue; the
//! count bounds what a peer can make the codec hold; and an answer that nobody takes is found by what stays unwritten.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::domain::time::{Millis, Timestamp};
use crate::server::clock::Clock;
use crate::server::metrics::Traffic;

/// What a stream has noted; shared with the link that lives on it.
#[derive(Debug, Default)]
pub struct Meter {
    connection: u64,
    read_at: AtomicI64,
    unclaimed: AtomicU64,
    unclaimed_max: AtomicU64,
    written: AtomicU64,
    /// Since when something waits to be taken by the peer; 0 while nothing does.
    waiting_since: AtomicI64,
}

impl Meter {
    /// The number of the connection, as it stands in the log.
    pub fn connection(&self) -> u64 {
        self.connection
    }

    /// When bytes were last read.
    pub fn read_at(&self) -> Timestamp {
        Timestamp(self.read_at.load(Ordering::Relaxed))
    }

    /// Bytes written so far.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// From now on, more than this many bytes without a whole message end the stream.
    pub fn bound_messages(&self, bytes_max: u64) {
        self.unclaimed.store(0, Ordering::Relaxed);
        self.unclaimed_max.store(bytes_max, Ordering::Relaxed);
    }

    /// A whole message has come.
    pub fn claim(&self) {
        self.unclaimed.store(0, Ordering::Relaxed);
    }

    /// Resolves when the peer has left something lying for longer than this.
    pub async fn left_lying(&self, clock: &Clock, at_most: Millis) {
        loop {
            let waited = match self.waiting_since.load(Ordering::Relaxed) {
                0 => Millis(0),
                since => clock.now() - Timestamp(since),
            };
            if waited > at_most {
                return;
            }
            // What begins to wait a moment from now is looked at again in time.
            let left = (at_most.0 - waited.0 + 1).clamp(1, at_most.0.max(1));
            tokio::time::sleep(Duration::from_millis(left.unsigned_abs())).await;
        }
    }

    /// Something is being written.
    fn note_write(&self, clock: &Clock) {
        if self.waiting_since.load(Ordering::Relaxed) == 0 {
            self.waiting_since.store(clock.now().0, Ordering::Relaxed);
        }
    }

    /// Everything is written.
    fn note_flushed(&self) {
        self.waiting_since.store(0, Ordering::Relaxed);
    }

    /// Takes note of a read; false if the bound is passed.
    fn note_read(&self, bytes: usize, at: Timestamp) -> bool {
        self.read_at.store(at.0, Ordering::Relaxed);
        let unclaimed = self.unclaimed.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        let bytes_max = self.unclaimed_max.load(Ordering::Relaxed);
        bytes_max == 0 || unclaimed <= bytes_max
    }
}

/// A TCP stream with its meter.
pub struct MeteredStream {
    stream: TcpStream,
    meter: Arc<Meter>,
    clock: Clock,
    traffic: Traffic,
}

impl MeteredStream {
    /// Wraps a stream that was just accepted, under its number; what it carries is counted.
    pub fn new(stream: TcpStream, connection: u64, clock: Clock, traffic: Traffic) -> Self {
        let meter = Arc::new(Meter { connection, ..Meter::default() });
        meter.note_read(0, clock.now());
        Self { stream, meter, clock, traffic }
    }

    /// The stream itself, for who measures differently.
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// The stream's meter.
    pub fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    fn note_written(&self, written: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(count)) = written {
            self.meter.written.fetch_add(*count as u64, Ordering::Relaxed);
            self.traffic.sent(*count);
        }
    }
}

impl AsyncRead for MeteredStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        let bytes = buf.filled().len() - before;
        self.traffic.received(bytes);
        if bytes > 0 && !self.meter.note_read(bytes, self.clock.now()) {
            return Poll::Ready(Err(io::Error::other("too many bytes without a whole message")));
        }
        read
    }
}

impl AsyncWrite for MeteredStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.meter.note_write(&self.clock);
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.note_written(&written);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A codec flushes the stream only when it holds nothing back any more.
        self.meter.note_flushed();
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.meter.note_write(&self.clock);
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.note_written(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_beyond_the_bound_is_told() {
        let meter = Meter::default();
        meter.bound_messages(10);
        assert!(meter.note_read(10, Timestamp(1)));
        assert!(!meter.note_read(1, Timestamp(2)));
        meter.claim();
        assert!(meter.note_read(10, Timestamp(3)));
        assert_eq!(meter.read_at(), Timestamp(3));
    }
}
