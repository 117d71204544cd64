//! HTTP: accepting, reading, sending, and cutting connections where a fault asks for it.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::stream::{self, StreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{CONTENT_LENGTH, DATE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::answer::Answer;
use super::clock::http_date;
use super::control;
use super::gate::{Shared, Verdict};

/// Bytes of a request's body, at most; worlds are the largest.
const LARGEST: usize = 64 << 20;
/// How long the first half of a body gets to leave before the connection is closed.
const HALF: Duration = Duration::from_millis(50);

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Accepts connections until `stop`.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(connection(stream, Arc::clone(&shared)))),
                // Out of file descriptors, say: the next may be accepted again once some are closed.
                Err(error) => {
                    tracing::warn!(%error, "the simulator could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let cut = Arc::new(AtomicBool::new(false));
    let wire = Wire { stream, reset: Arc::clone(&cut) };
    let service = service_fn(move |request| respond(request, Arc::clone(&shared), Arc::clone(&cut)));
    // Whatever goes wrong here went wrong on purpose or at the client's end.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(wire), service).await;
}

async fn respond(
    request: Request<Incoming>,
    shared: Arc<Shared>,
    cut: Arc<AtomicBool>,
) -> Result<Response<Body>, io::Error> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, LARGEST).collect().await.map_err(io::Error::other)?.to_bytes();
    let request_id = uuid::Uuid::new_v4().to_string();
    if let Some(path) = parts.uri.path().strip_prefix("/_sim/") {
        let answer = control::answer(&shared, &parts.method, path, &body);
        return Ok(response(&shared, &request_id, answer, Rest::Sent));
    }
    match shared.answer(&parts, &body, &request_id).await {
        Verdict::Send(answer) => Ok(response(&shared, &request_id, answer, Rest::Sent)),
        Verdict::SendHalf(answer) => Ok(response(&shared, &request_id, answer, Rest::CutOff)),
        Verdict::Stall(answer) => Ok(response(&shared, &request_id, answer, Rest::Awaited)),
        Verdict::Hang => std::future::pending().await,
        Verdict::Reset => {
            cut.store(true, Ordering::Relaxed);
            Err(io::Error::other("a fault resets the connection"))
        }
    }
}

/// What becomes of the second half of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Sent,
    /// The connection is closed in its place.
    CutOff,
    /// It never comes.
    Awaited,
}

fn response(shared: &Shared, request_id: &str, answer: Answer, rest: Rest) -> Response<Body> {
    let Answer { status, headers, body, code: _ } = answer;
    let length = body.len();
    let body = match rest {
        Rest::Sent => Full::from(body).map_err(never).boxed_unsync(),
        Rest::CutOff | Rest::Awaited => half_body(body, rest),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let date = http_date(shared.clock.now());
    let fixed = [("x-amzn-requestid", request_id.to_owned()), (DATE.as_str(), date)];
    for (name, value) in fixed.into_iter().chain(headers) {
        match (hyper::header::HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value)) {
            (Ok(name), Ok(value)) => drop(response.headers_mut().insert(name, value)),
            _ => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    response
}

fn never(error: Infallible) -> io::Error {
    match error {}
}

/// Half of a body, and then an error, upon which the connection is closed, or nothing.
fn half_body(mut body: Vec<u8>, rest: Rest) -> Body {
    body.truncate(body.len() / 2);
    let first = stream::once(async move { Ok(Frame::data(Bytes::from(body))) });
    let then = stream::once(async move {
        if rest == Rest::Awaited {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(HALF).await;
        Err(io::Error::other("a fault closes the connection"))
    });
    BodyExt::boxed_unsync(StreamBody::new(first.chain(then)))
}

/// A connection that can be reset rather than closed.
struct Wire {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
