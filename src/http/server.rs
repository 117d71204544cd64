//! The server: so many connections at a time, headers that have to come in time, and an end that waits for no one who
//! does not end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Connections at the same time; whoever comes after them waits in the system's queue.
const CONNECTIONS: usize = 256;
/// How long the headers of a request may take, and a connection may be silent.
const HEADERS: Duration = Duration::from_secs(10);
/// How long the other side may take nothing of an answer.
#[cfg(target_os = "linux")]
const STUCK: Duration = Duration::from_secs(10);
/// How long answers under way are waited for at the end. Streams end by themselves then.
const LAST: Duration = Duration::from_millis(150);
/// The pause after the system had no room for another connection.
const PAUSE: Duration = Duration::from_millis(100);

/// The address that a request came from.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// A listening server.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
}

impl Server {
    /// Listens; nothing is answered yet.
    ///
    /// # Errors
    /// Where the address is taken, or not this host's.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await? })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until it is told to end; then answers under way are finished, but not waited for longer than a moment.
    pub async fn run(self, router: Router, end: CancellationToken) {
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        let graceful = GracefulShutdown::new();
        loop {
            let (stream, peer, permit) = tokio::select! {
                () = end.cancelled() => break,
                accepted = accept(&self.listener, &room) => accepted,
            };
            cut_when_stuck(&stream);
            tokio::spawn(serve(stream, peer, router.clone(), graceful.watcher(), permit));
        }
        drop(self.listener);
        let _ = tokio::time::timeout(LAST, graceful.shutdown()).await;
    }
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    let permit = Arc::clone(room).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, permit),
            // A connection that broke before it was taken, or no file descriptor to be had: the next may be better.
            Err(error) => {
                tracing::debug!(event = "accept-failed", %error, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Lets the system cut a connection whose other side takes nothing for that long: an answer that nobody reads would else
/// keep its place for ever.
fn cut_when_stuck(stream: &TcpStream) {
    #[cfg(target_os = "linux")]
    if let Err(error) = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(STUCK)) {
        tracing::debug!(event = "connection-failed", %error, "a connection cannot be watched over");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = stream;
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    watcher: Watcher,
    permit: Option<OwnedSemaphorePermit>,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(event = "connection-failed", %error, "a connection ended badly");
    }
    drop(permit);
}
