//! The accept loop: streams in, requests out to the router.
//!
//! It knows nothing of routes. Own code on hyper, because `axum::serve` sets no TCP_NODELAY and no header time-out, caps
//! no connections and forgets upgraded ones when it stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tracing::{debug, warn};

use crate::server::clock::Clock;
use crate::server::live::meter::MeteredStream;

/// A request's head has to be there after this.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);
/// Requests that are under way when the house stops get this long.
const DRAIN: Duration = Duration::from_secs(5);
/// After a failed accept, mostly for want of descriptors, nothing is accepted for a moment.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections beyond the links, for pages and files.
const PAGES_MAX: u32 = 4_000;

/// Serves until told to stop, then lets requests under way finish within a bounded time.
///
/// `links_max` sizes the cap on open connections.
pub async fn serve(listener: TcpListener, router: Router, clock: Clock, links_max: u32, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new((links_max + PAGES_MAX) as usize));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                let (router, clock, stop) = (router.clone(), clock.clone(), stop.clone());
                connections.spawn(connection(stream, peer, place, router, clock, stop));
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

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
    router: Router,
    clock: Clock,
    stop: CancellationToken,
) {
    // Without this, small frames wait for each other's acknowledgement.
    if let Err(why) = stream.set_nodelay(true) {
        debug!(error = %why, "no TCP_NODELAY");
    }
    let stream = MeteredStream::new(stream, clock);
    let meter = stream.meter();
    // The place is kept until the connection has ended, upgraded or not.
    let place = Arc::new(place);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(Arc::clone(&meter));
        request.extensions_mut().insert(Arc::clone(&place));
        router.clone().oneshot(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(why) = ended {
        debug!(error = %why, peer = %peer, "connection ended");
    }
}
