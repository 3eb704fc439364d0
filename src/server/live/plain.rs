//! A link's own task on a plain TCP stream: reads with our codec, and writes only after the socket was full.
//!
//! Knows nothing of what is said; see [`Hear`] for that.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustix::net::{RecvFlags, Shutdown, recv, shutdown};
use tokio::io::Interest;
use tokio::net::TcpStream;

use crate::server::live::codec::{Bounds, Decoder};
use crate::server::live::link::Link;
use crate::server::live::reader::{self, Hear};

/// Bytes that are read at once.
const READ_BYTES: usize = 16_384;
/// Reads in one go before others get their turn.
const READS: usize = 8;

thread_local! {
    /// One buffer for all links of a thread: a link keeps bytes only of a message that is not whole yet.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// The task of one link.
struct Task<H> {
    link: Arc<Link>,
    decoder: Decoder,
    hear: H,
    /// Whether what comes is not listened to any more, because the peer has said its last.
    is_deaf: bool,
    is_shut: bool,
}

/// Runs a link to its end. What was read before is in `early`.
pub async fn run(link: Arc<Link>, hear: impl Hear, bounds: Bounds, mut early: Vec<u8>) {
    let mut task = Task { link, decoder: Decoder::new(bounds), hear, is_deaf: false, is_shut: false };
    task.take(&mut early);
    drop(early);
    poll_fn(|cx| task.poll(cx)).await;
    task.link.end();
    if let Some(stream) = task.link.stream() {
        // Others may hold the stream for a moment longer; the peer should not have to wait for them.
        let _ = shutdown(stream, Shutdown::Both);
    }
}

impl<H: Hear> Task<H> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let link = Arc::clone(&self.link);
        link.register(cx.waker());
        link.poll_slow(cx);
        let Some(stream) = link.stream().filter(|_| !link.is_ended()) else { return Poll::Ready(()) };
        if !self.is_shut && self.is_deaf && link.has_said_close() {
            // Both have said their close; the peer sees the end after all that we wrote.
            self.is_shut = true;
            let _ = shutdown(stream, Shutdown::Write);
        }
        for _ in 0..READS {
            if !self.is_deaf && link.is_backed_up() {
                return Poll::Pending;
            }
            match stream.poll_read_ready(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Ready(Ok(())) => match self.read(stream) {
                    Ok(ControlFlow::Continue(())) => {}
                    Ok(ControlFlow::Break(())) => return Poll::Ready(()),
                    Err(why) if why.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => return Poll::Ready(()),
                },
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Reads once; breaks at the end of the stream.
    fn read(&mut self, stream: &TcpStream) -> io::Result<ControlFlow<()>> {
        BUFFER.with_borrow_mut(|buffer| {
            let mut count = None;
            let read = stream.try_io(Interest::READABLE, || {
                let taken = recv(stream, &mut **buffer, RecvFlags::empty()).map(|(_, taken)| taken)?;
                count = Some(taken);
                // A short read has emptied the socket: saying so spares the read that would find nothing.
                let is_empty = taken > 0 && taken < READ_BYTES;
                if is_empty { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
            });
            match (count, read) {
                (Some(0), _) => Ok(ControlFlow::Break(())),
                (Some(count), _) => {
                    self.link.shard().note_read(count);
                    self.take(&mut buffer[..count]);
                    Ok(ControlFlow::Continue(()))
                }
                (None, Err(why)) => Err(why),
                (None, Ok(())) => Ok(ControlFlow::Continue(())),
            }
        })
    }

    /// Takes bytes that were read just now.
    fn take(&mut self, mut bytes: &mut [u8]) {
        self.link.note_read(self.link.shard().clock.now());
        while !self.is_deaf {
            match self.decoder.next(&mut bytes) {
                Ok(None) => return,
                Ok(Some(inbound)) => self.is_deaf = !reader::take(&self.link, &mut self.hear, inbound),
                Err(broken) => {
                    self.link.close(reader::why_broken(broken), None);
                    self.is_deaf = true;
                }
            }
        }
    }
}
