//! The accept loop: streams in, requests out to the router.
//!
//! It knows nothing of routes. Own code on hyper, because `axum::serve` sets no TCP_NODELAY and no time-outs, caps no
//! connections and forgets upgraded ones when it stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tracing::{debug, warn};

use crate::domain::limits::Limits;
use crate::domain::time::Millis;
use crate::server::clock::Clock;
use crate::server::live::meter::MeteredStream;
use crate::server::metrics::Metrics;

/// Requests that are under way when the house closes get this long.
const DRAIN: Duration = Duration::from_millis(1_500);
/// After a failed accept, mostly for want of descriptors, nothing is accepted for a moment.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections that wait in the kernel until they are accepted, if its own bound is not lower. Whoever finds the queue full
/// tries again after a whole second, and a house full of phones comes back in the same moment.
const QUEUE: u32 = 4_096;
/// Connections beyond the links, for pages and files.
const PAGES_MAX: u32 = 4_000;

/// What listeners of one house share. A clone is the same.
#[derive(Clone)]
pub struct Terms {
    /// Server time.
    pub clock: Clock,
    /// What is counted.
    pub metrics: Metrics,
    /// The bounds: how many connections, and how long a head and an answer may take.
    pub limits: Limits,
    /// Cancelled when nothing is accepted any more.
    pub close: CancellationToken,
    /// The number of the last connection.
    numbers: Arc<AtomicU64>,
}

impl Terms {
    /// Terms of a house in which nobody has come in yet.
    pub fn new(clock: Clock, metrics: Metrics, limits: Limits) -> Self {
        Self { clock, metrics, limits, close: CancellationToken::new(), numbers: Arc::default() }
    }
}

/// Takes an address. Fails if another program has it, or if it is none of this machine.
pub fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that starts again takes its address over from connections that are still ending.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

/// Serves until it is closed, then lets requests under way finish within a bounded time.
pub async fn serve(listener: TcpListener, router: Router, terms: Terms) {
    let places = Arc::new(Semaphore::new((terms.limits.links_max + PAGES_MAX) as usize));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = terms.close.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                connections.spawn(connection(stream, peer, place, router.clone(), terms.clone()));
            }
            Err(why) => {
                warn!(error = %why, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    connections.close();
    if tokio::time::timeout(DRAIN, connections.wait()).await.is_err() {
        warn!(connections = connections.len(), "connections were still open at the end");
    }
}

/// Waits for a free place, then for a stream: beyond the cap the kernel's queue holds newcomers.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed");
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

/// Serves one connection until it has ended or has become a socket.
async fn connection(stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit, router: Router, terms: Terms) {
    // Without this, small frames wait for each other's acknowledgement.
    if let Err(why) = stream.set_nodelay(true) {
        debug!(error = %why, "no TCP_NODELAY");
    }
    let number = terms.numbers.fetch_add(1, Ordering::Relaxed) + 1;
    let stream = MeteredStream::new(stream, number, terms.clock.clone(), terms.metrics.traffic());
    let meter = stream.meter();
    let given = Arc::clone(&meter);
    // The place is kept until the connection has ended, upgraded or not.
    let place = Arc::new(place);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(Arc::clone(&given));
        request.extensions_mut().insert(Arc::clone(&place));
        router.clone().oneshot(request)
    });
    let mut http = http1::Builder::new();
    let head = Duration::from_millis(terms.limits.head_ms.unsigned_abs());
    http.timer(TokioTimer::new()).header_read_timeout(head);
    let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::pin!(connection);
    let untaken = meter.left_lying(&terms.clock, Millis(terms.limits.reply_ms));
    tokio::pin!(untaken);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = &mut untaken => return debug!(connection = number, "an answer was not taken, the connection is cut"),
        () = terms.close.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(why) = ended {
        debug!(error = %why, connection = number, "connection ended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More than the 128 that a queue has unless it is asked for more.
    const AT_ONCE: usize = 1_000;
    const PATIENCE: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn a_thousand_who_come_at_once_wait_in_the_queue() {
        let listener = open("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let address = listener.local_addr().expect("it has one");
        let mut waiting = Vec::new();
        // Nobody is accepted meanwhile: who found the queue full would wait for ever.
        for number in 0..AT_ONCE {
            let coming = tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await;
            waiting.push(coming.unwrap_or_else(|_| panic!("no place for {number}")).expect("a connection"));
        }
        assert_eq!(waiting.len(), AT_ONCE);
    }
}
