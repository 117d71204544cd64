//! `status`: asks the running daemon.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use comfy_table::{Table, presets};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{ExitStatus, Stop, screen};
use crate::cli::{Output, StatusArgs};
use crate::config::{Config, Http};
use crate::daemon::{Status, TargetStatus};
use crate::report::things;

/// How long the daemon may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) async fn run(file: &Path, args: &StatusArgs) -> Result<ExitStatus, Stop> {
    let http = match (Config::load(file), args.address) {
        (Ok(config), _) => Some(config.http),
        // Whoever says where to ask needs no file.
        (Err(_), Some(_)) => None,
        (Err(error), None) => return Err(error.into()),
    };
    let address = args.address.or_else(|| http.as_ref().map(|http| reachable(http.listen)));
    let Some(address) = address.filter(|address| address.port() != 0) else {
        return Err(Stop::Usage {
            message: "the configuration lets the system choose a port, so nobody knows where to ask".to_owned(),
            hint: Some("give `--address`; the daemon's log names it in the line `event=listening`".to_owned()),
        });
    };
    let unable = |source| Stop::Io { doing: format!("failed to ask the daemon at `{address}`"), source };
    let (ready, said) = get(address, "/readyz", None).await.map_err(unable)?;
    let is_ready = ready == StatusCode::OK;
    let token = http.as_ref().and_then(token);
    let (code, body) = get(address, "/v1/status", token.as_deref()).await.map_err(unable)?;
    if let (StatusCode::OK, Ok(status)) = (code, serde_json::from_slice::<Status>(&body)) {
        match args.output {
            Output::Table => screen::out(&table(&status))?,
            Output::Json => screen::out(&format!("{}\n", String::from_utf8_lossy(&body)))?,
        }
    } else {
        // Whoever has no token still learns whether it is well.
        let said = String::from_utf8_lossy(&said);
        screen::out(&format!("{}\n", if is_ready { "ready" } else { said.trim() }))?;
        screen::err(&format!("its targets are told only to whoever has a token (the daemon answered {code})\n"));
    }
    Ok(if is_ready { ExitStatus::Success } else { ExitStatus::Failure })
}

/// Where a daemon that listens there can be asked: one that listens everywhere listens on this host too.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// A token that can read, if this user has one.
fn token(http: &Http) -> Option<String> {
    let of_file = |path: &Path| std::fs::read_to_string(path).ok();
    let variables = ["ROLLCALL_HTTP_READ_TOKEN", "ROLLCALL_HTTP_TOKEN"];
    let files = [http.read_token_file.as_deref(), http.token_file.as_deref()];
    let found = files.into_iter().flatten().find_map(of_file);
    let found = found.or_else(|| variables.iter().find_map(|name| std::env::var(name).ok()));
    found.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty())
}

async fn get(address: SocketAddr, path: &str, token: Option<&str>) -> std::io::Result<(StatusCode, Bytes)> {
    let ask = async {
        let stream = TokioIo::new(TcpStream::connect(address).await?);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.map_err(other)?;
        tokio::spawn(connection);
        let mut request = Request::get(path).header("host", address.to_string());
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Empty::<Bytes>::new()).map_err(other)?;
        let response = sender.send_request(request).await.map_err(other)?;
        let status = response.status();
        Ok((status, response.into_body().collect().await.map_err(other)?.to_bytes()))
    };
    let late = |_| std::io::Error::new(std::io::ErrorKind::TimedOut, format!("no answer within {PATIENCE:?}"));
    tokio::time::timeout(PATIENCE, ask).await.map_err(late)?
}

fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> std::io::Error {
    std::io::Error::other(error)
}

/// For people: the process, and a line for each target.
fn table(status: &Status) -> String {
    let next = status.next_pass_at.as_deref().unwrap_or("never");
    let mut text = vec![
        format!("rollcall {} is {} since {}", status.version, status.state, seconds(&status.started_at)),
        format!("next pass {next} (`{}` in {})", status.cron, status.timezone),
    ];
    if let Some(reload) = status.config.last_reload.as_ref().filter(|reload| !reload.successful) {
        let error = reload.error.as_deref().unwrap_or_default();
        text.push(format!("the configuration was refused at {}, and the old one stays: {error}", seconds(&reload.at)));
    }
    if let Some(error) = &status.history.error {
        let since = status.history.since.as_deref().map(seconds).unwrap_or_default();
        text.push(format!("the history cannot be written since {since}: {error}"));
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.add_row(["target", "mode", "last pass", "verdict", "members", "unable", "errors", "withheld", ""]);
    for target in &status.targets {
        table.add_row(line(target));
    }
    text.push(String::new());
    text.extend(table.lines().map(|line| line.trim_end().to_owned()));
    for target in status.targets.iter().filter(|target| target.consecutive_failures > 0) {
        let error = target.error.as_deref().unwrap_or("it could not be read");
        let failures = usize::try_from(target.consecutive_failures).unwrap_or(usize::MAX);
        text.push(format!("\n{}: {} in a row: {error}", target.name, things(failures, "failed read")));
    }
    text.join("\n") + "\n"
}

/// A time without what is smaller than a second.
fn seconds(time: &str) -> String {
    time.split_once('.').map_or_else(|| time.to_owned(), |(time, _)| format!("{time}Z"))
}

fn line(target: &TargetStatus) -> [String; 9] {
    let number = |number: Option<usize>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    [
        target.name.clone(),
        target.mode.clone(),
        text(&target.last_attempt_at.as_deref().map(seconds)),
        text(&target.verdict),
        number(target.members),
        number(target.unable),
        target.errors.to_string(),
        target.withheld.to_string(),
        if target.busy { "busy" } else { "" }.to_owned(),
    ]
}
