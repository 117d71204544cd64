//! Who may ask: tokens, and what is open to this host alone where there is none.

use std::fmt;
use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, VIA};
use axum::http::uri::Authority;
use axum::http::{self, HeaderMap, HeaderName, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::problem::Problem;
use super::{App, Peer};
use crate::config;

/// What a token is good for. Whoever is let through has it among the extensions of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Power {
    /// Reads, for want of any token on either side.
    Local,
    /// Reads only.
    Read,
    /// Everything.
    Trigger,
}

/// Headers that tell of a proxy in between, so that the peer's address says nothing of who asks.
const FORWARDED: [HeaderName; 6] = [
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
    VIA,
];

/// The tokens in force. Those of files are read anew when the file changes.
pub struct Tokens {
    trigger: Mutex<Option<Token>>,
    read: Mutex<Option<Token>>,
    /// For comparing in constant time: both sides are hashed with it first, so that not even their lengths tell.
    key: [u8; 16],
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

/// A token, and where it came from.
struct Token {
    value: Vec<u8>,
    file: Option<(PathBuf, Stamp)>,
}

/// What tells one state of a file from another.
type Stamp = (i64, i64, u64, u64);

/// Why there is no token where there should be one.
#[derive(Debug, thiserror::Error)]
pub enum TokenProblem {
    /// The file cannot be read.
    #[error("failed to read the token `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is nothing in it.
    #[error("the token {0} is empty")]
    Empty(String),
    /// One token would do as both.
    #[error("the token that can only read is the same as the one that can trigger")]
    Same,
}

impl Tokens {
    /// The tokens that the configuration's files or the environment name.
    ///
    /// # Errors
    /// Where a token is configured and there is none, or both are the same.
    pub fn load(config: &config::Http) -> Result<Self, TokenProblem> {
        let tokens = Self::none();
        tokens.reload(config)?;
        Ok(tokens)
    }

    /// Takes the tokens of another configuration over; where something is wrong with them the old ones stay.
    ///
    /// # Errors
    /// Likewise.
    pub fn reload(&self, config: &config::Http) -> Result<(), TokenProblem> {
        let trigger = find(config.token_file.as_deref(), "ROLLCALL_HTTP_TOKEN")?;
        let read = find(config.read_token_file.as_deref(), "ROLLCALL_HTTP_READ_TOKEN")?;
        if let (Some(trigger), Some(read)) = (&trigger, &read)
            && trigger.value == read.value
        {
            return Err(TokenProblem::Same);
        }
        *lock(&self.trigger) = trigger;
        *lock(&self.read) = read;
        Ok(())
    }

    /// One token, which can trigger.
    #[must_use]
    pub fn of(token: &str) -> Self {
        let token = Token { value: token.as_bytes().to_vec(), file: None };
        Self { trigger: Mutex::new(Some(token)), ..Self::none() }
    }

    fn none() -> Self {
        Self { trigger: Mutex::default(), read: Mutex::default(), key: *uuid::Uuid::new_v4().as_bytes() }
    }

    /// Whether there is one that can trigger, and one at all.
    fn there_are(&self) -> (bool, bool) {
        let (trigger, read) = (lock(&self.trigger).is_some(), lock(&self.read).is_some());
        (trigger, trigger || read)
    }

    /// What a presented token is good for.
    fn power(&self, presented: &[u8]) -> Option<Power> {
        // Both are always compared, so that time does not tell which of them there is.
        let [trigger, read] = [&self.trigger, &self.read].map(|token| {
            let mut token = lock(token);
            token.as_mut().is_some_and(|token| {
                token.refresh();
                self.is_same(presented, &token.value)
            })
        });
        if trigger { Some(Power::Trigger) } else { read.then_some(Power::Read) }
    }

    fn is_same(&self, one: &[u8], other: &[u8]) -> bool {
        // A key of any length will do, so neither can fail; were it to, nobody would be let in.
        let hash = |text: &[u8]| Hmac::<Sha256>::new_from_slice(&self.key).ok().map(|mac| mac.chain_update(text));
        match (hash(one), hash(other)) {
            (Some(one), Some(other)) => one.verify(&other.finalize().into_bytes()).is_ok(),
            _ => false,
        }
    }
}

fn lock(token: &Mutex<Option<Token>>) -> MutexGuard<'_, Option<Token>> {
    token.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A token by its file or, where none is named, by its variable.
fn find(file: Option<&Path>, variable: &str) -> Result<Option<Token>, TokenProblem> {
    if let Some(path) = file {
        let (value, stamp) = read(path)?;
        return Ok(Some(Token { value, file: Some((path.to_owned(), stamp)) }));
    }
    match std::env::var(variable) {
        Ok(value) if value.trim().is_empty() => Err(TokenProblem::Empty(format!("in `{variable}`"))),
        Ok(value) => Ok(Some(Token { value: value.trim().as_bytes().to_vec(), file: None })),
        Err(_) => Ok(None),
    }
}

fn read(path: &Path) -> Result<(Vec<u8>, Stamp), TokenProblem> {
    let unreadable = |source| TokenProblem::Unreadable { path: path.to_owned(), source };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    let value = fs::read(path).map_err(unreadable)?.trim_ascii().to_vec();
    if value.is_empty() {
        return Err(TokenProblem::Empty(format!("in `{}`", path.display())));
    }
    if metadata.mode() & 0o007 != 0 {
        let file = path.display().to_string();
        tracing::warn!(event = "token-exposed", file, "every user of this host can read the token: `chmod o= FILE`");
    }
    Ok((value, stamp(&metadata)))
}

fn stamp(metadata: &fs::Metadata) -> Stamp {
    (metadata.mtime(), metadata.mtime_nsec(), metadata.ino(), metadata.len())
}

impl Token {
    /// Reads the file anew where it has changed. While it cannot be read the token stays as it was: files are replaced,
    /// and there may be a moment without one.
    fn refresh(&mut self) {
        let Some((path, known)) = &mut self.file else { return };
        let now = fs::metadata(&*path).map(|metadata| stamp(&metadata)).ok();
        if now.is_none_or(|now| now == *known) {
            return;
        }
        match read(path) {
            Ok((value, stamp)) => {
                tracing::info!(event = "token-changed", file = path.display().to_string(), "a token was read anew");
                self.value = value;
                *known = stamp;
            }
            Err(error) => {
                tracing::warn!(event = "token-refused", %error, "the changed token cannot be used, and the old one stays");
            }
        }
    }
}

/// Lets through whoever may ask for this.
pub(super) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    match power(&app.tokens, &request) {
        Ok(power) => {
            request.extensions_mut().insert(power);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// What whoever sent this may do, by the tokens that are in force now.
pub(super) fn power<B>(tokens: &Tokens, request: &http::Request<B>) -> Result<Power, Problem> {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    admit(tokens, &Asked::of(request), peer)
}

/// What of a request decides whether it is let through.
struct Asked<'a> {
    method: &'a Method,
    headers: &'a HeaderMap,
    /// The name of this host that it was sent to.
    host: &'a str,
}

impl<'a> Asked<'a> {
    fn of<B>(request: &'a http::Request<B>) -> Self {
        // Where the address is a whole one, the header does not count (RFC 9112).
        let named = request.uri().authority().map(Authority::as_str);
        let header = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        Self { method: request.method(), headers: request.headers(), host: named.or(header).unwrap_or_default() }
    }
}

fn admit(tokens: &Tokens, asked: &Asked<'_>, peer: Option<SocketAddr>) -> Result<Power, Problem> {
    let Asked { method, headers, .. } = asked;
    let triggers = !matches!(**method, Method::GET | Method::HEAD);
    let (can_trigger, can_read) = tokens.there_are();
    if triggers && !can_trigger {
        return Err(Problem::forbidden(
            "no token that can trigger is configured, so nothing can be: set `http.token_file` or `ROLLCALL_HTTP_TOKEN`",
        ));
    }
    if !can_read {
        return if is_local(asked, peer) {
            Ok(Power::Local)
        } else {
            Err(Problem::forbidden(
                "no token is configured, so only this host may read, directly and by a loopback address",
            ))
        };
    }
    let presented = headers.get(AUTHORIZATION).map(axum::http::HeaderValue::as_bytes).and_then(bearer);
    let Some(presented) = presented else {
        return Err(Problem::unauthorized("send a token: `Authorization: Bearer …`"));
    };
    match tokens.power(presented) {
        None => Err(Problem::unauthorized("the token is not known here")),
        Some(Power::Local | Power::Read) if triggers => Err(Problem::forbidden("this token can only read")),
        Some(power) => Ok(power),
    }
}

/// The token in an `Authorization` header. The scheme's case does not matter.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

/// Whether somebody on this host asks, directly and by a name of this host: a page of another site, whose name was made to
/// point here, has its own name in `Host`.
fn is_local(asked: &Asked<'_>, peer: Option<SocketAddr>) -> bool {
    let is_forwarded = FORWARDED.iter().any(|name| asked.headers.contains_key(name));
    peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback()) && !is_forwarded && is_loopback_name(asked.host)
}

fn is_loopback_name(host: &str) -> bool {
    if let Some(inside) = host.strip_prefix('[') {
        let address = inside.split(']').next().and_then(|address| address.parse::<IpAddr>().ok());
        return address.is_some_and(|address| address.is_loopback());
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(trigger: Option<&str>, read: Option<&str>) -> Tokens {
        let token =
            |value: Option<&str>| Mutex::new(value.map(|value| Token { value: value.as_bytes().to_vec(), file: None }));
        Tokens { trigger: token(trigger), read: token(read), key: [7; 16] }
    }

    fn status(tokens: &Tokens, method: &Method, headers: &[(&str, &str)], peer: &str) -> u16 {
        let mut request = axum::http::Request::builder().method(method).uri("/v1/status");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(axum::body::Body::empty()).unwrap();
        let peer = format!("{peer}:4711").parse().unwrap();
        match admit(tokens, &Asked::of(&request), Some(peer)) {
            Ok(_) => 200,
            Err(problem) => problem.into_response().status().as_u16(),
        }
    }

    #[test]
    fn each_token_does_what_it_is_for() {
        let tokens = tokens(Some("trigger"), Some("read"));
        for (header, get, post) in [
            ("Bearer trigger", 200, 200),
            ("bearer  trigger", 200, 200),
            ("Bearer read", 200, 403),
            ("Bearer other", 401, 401),
            ("Bearer ", 401, 401),
            ("Bearer", 401, 401),
            ("Basic trigger", 401, 401),
        ] {
            let headers = [("authorization", header), ("host", "127.0.0.1")];
            assert_eq!(status(&tokens, &Method::GET, &headers, "127.0.0.1"), get, "GET {header}");
            assert_eq!(status(&tokens, &Method::POST, &headers, "127.0.0.1"), post, "POST {header}");
        }
        assert_eq!(
            status(&tokens, &Method::GET, &[("host", "localhost")], "127.0.0.1"),
            401,
            "this host needs one too"
        );
    }

    #[test]
    fn without_a_token_only_this_host_reads_and_nobody_triggers() {
        let none = tokens(None, None);
        for (host, peer, expected) in [
            ("127.0.0.1:8080", "127.0.0.1", 200),
            ("localhost:8080", "127.0.0.1", 200),
            ("LOCALHOST", "127.0.0.9", 200),
            ("[::1]:8080", "[::1]", 200),
            ("127.0.0.1", "[::ffff:127.0.0.1]", 200),
            ("rollcall.example.com", "127.0.0.1", 403),
            ("localhost.example.com", "127.0.0.1", 403),
            ("[::2]:8080", "[::1]", 403),
            ("", "127.0.0.1", 403),
            ("127.0.0.1:8080", "10.0.0.7", 403),
        ] {
            assert_eq!(status(&none, &Method::GET, &[("host", host)], peer), expected, "{host} from {peer}");
            assert_eq!(status(&none, &Method::POST, &[("host", host)], peer), 403);
        }
        for forwarding in ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"]
        {
            let headers = [("host", "127.0.0.1"), (forwarding, "anything")];
            assert_eq!(status(&none, &Method::GET, &headers, "127.0.0.1"), 403, "{forwarding}");
        }
        let read_only = tokens(None, Some("read"));
        let headers = [("authorization", "Bearer read"), ("host", "127.0.0.1")];
        assert_eq!(status(&read_only, &Method::GET, &headers, "10.0.0.7"), 200);
        assert_eq!(status(&read_only, &Method::POST, &headers, "10.0.0.7"), 403);
        assert_eq!(status(&read_only, &Method::GET, &[("host", "127.0.0.1")], "127.0.0.1"), 401);
    }

    #[test]
    fn a_token_is_read_anew_when_its_file_changes_and_stays_while_the_file_is_no_use() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, "one\n").unwrap();
        let config =
            config::Http { listen: ([127, 0, 0, 1], 0).into(), token_file: Some(path.clone()), read_token_file: None };
        let tokens = Tokens::load(&config).unwrap();
        assert_eq!(tokens.power(b"one"), Some(Power::Trigger));
        fs::write(&path, "another").unwrap();
        assert_eq!(tokens.power(b"another"), Some(Power::Trigger));
        assert_eq!(tokens.power(b"one"), None);
        fs::write(&path, " \n").unwrap();
        assert_eq!(tokens.power(b"another"), Some(Power::Trigger));
        fs::remove_file(&path).unwrap();
        assert_eq!(tokens.power(b"another"), Some(Power::Trigger));
        assert!(matches!(Tokens::load(&config), Err(TokenProblem::Unreadable { .. })));
        fs::write(&path, " \n").unwrap();
        assert!(matches!(Tokens::load(&config), Err(TokenProblem::Empty(_))));
        fs::write(&path, "same").unwrap();
        let both = config::Http { read_token_file: Some(path.clone()), ..config };
        assert!(matches!(Tokens::load(&both), Err(TokenProblem::Same)));
    }
}
