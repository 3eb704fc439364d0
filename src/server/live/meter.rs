//! A stream that notes when bytes were last read, and how many came since the last whole message.
//!
//! It knows nothing of what the bytes mean. The time of the read is the time an answer arrived, before any queue; the
//! count bounds what a peer can make the codec hold.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::domain::time::Timestamp;
use crate::server::clock::Clock;

/// What a stream has noted; shared with the link that lives on it.
#[derive(Debug, Default)]
pub struct Meter {
    read_at: AtomicI64,
    unclaimed: AtomicU64,
    unclaimed_max: AtomicU64,
    written: AtomicU64,
}

impl Meter {
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
}

impl MeteredStream {
    /// Wraps a stream that was just accepted.
    pub fn new(stream: TcpStream, clock: Clock) -> Self {
        let meter = Arc::new(Meter::default());
        meter.note_read(0, clock.now());
        Self { stream, meter, clock }
    }

    /// The stream itself, for who measures differently.
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// The stream's meter.
    pub fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }
}

impl AsyncRead for MeteredStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        let bytes = buf.filled().len() - before;
        if bytes > 0 && !self.meter.note_read(bytes, self.clock.now()) {
            return Poll::Ready(Err(io::Error::other("too many bytes without a whole message")));
        }
        read
    }
}

impl AsyncWrite for MeteredStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = &written {
            self.meter.written.fetch_add(*count as u64, Ordering::Relaxed);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
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
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        if let Poll::Ready(Ok(count)) = &written {
            self.meter.written.fetch_add(*count as u64, Ordering::Relaxed);
        }
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
