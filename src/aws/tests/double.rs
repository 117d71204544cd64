//! A server of a few lines that answers as a test says. It knows nothing of AWS but how a request names its operation.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use aws_smithy_types::date_time::{DateTime, Format};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request, as far as tests look at it.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The operation, with a prefix where two services have one of that name: `store:ListUsers`, `connect:ListUsers`.
    pub(super) operation: String,
    /// Which request it is for this operation, from 1.
    pub(super) nth: usize,
    pub(super) target: String,
    pub(super) authorization: String,
    pub(super) text: String,
}

impl Asked {
    pub(super) fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The page token, wherever the service puts it.
    pub(super) fn token(&self) -> Option<String> {
        let query = self.target.split_once("nextToken=").map(|(_, token)| token.split('&').next().unwrap().to_owned());
        query.or_else(|| self.body()["NextToken"].as_str().map(str::to_owned))
    }
}

pub(super) enum Reply {
    Json(u16, Value),
    Text(u16, &'static str, String),
    /// Promises more than it sends.
    Half(String),
    /// The same, and then keeps the connection open.
    Stall(String),
    Hang,
    Reset,
}

pub(super) fn ok(body: Value) -> Reply {
    Reply::Json(200, body)
}

pub(super) fn error(status: u16, code: &str) -> Reply {
    Reply::Json(
        status,
        serde_json::json!({ "__type": code, "Message": "A sentence of AWS.", "message": "A sentence of AWS." }),
    )
}

type Script = dyn Fn(&Asked) -> Reply + Send + Sync;

pub(super) struct Double {
    address: std::net::SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    server: JoinHandle<()>,
}

impl Drop for Double {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Double {
    pub(super) async fn start(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (script, journal): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&asked));
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, journal) = (Arc::clone(&script), Arc::clone(&journal));
                // A client that goes away in the middle is what some tests are about.
                tokio::spawn(async move { serve(stream, &*script, &journal).await.ok() });
            }
        });
        Self { address, asked, server }
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn count(&self, operation: &str) -> usize {
        self.asked().iter().filter(|asked| asked.operation == operation).count()
    }
}

async fn serve(stream: TcpStream, script: &Script, journal: &Mutex<Vec<Asked>>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_owned());
    }
    let header = |name: &str| {
        let line = head.iter().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
        line.map(|line| line[name.len() + 1..].trim().to_owned()).unwrap_or_default()
    };
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    let text = String::from_utf8_lossy(&body).into_owned();
    let (method, target) = head[0].split_once(' ').unwrap_or_default();
    let target = target.split(' ').next().unwrap_or_default().to_owned();
    let operation = operation(method, &target, &header("x-amz-target"), &text);
    let asked = {
        let mut journal = journal.lock().unwrap();
        let nth = 1 + journal.iter().filter(|earlier| earlier.operation == operation).count();
        let asked = Asked { operation, nth, target, authorization: header("authorization"), text };
        journal.push(asked.clone());
        asked
    };
    let date = DateTime::from(SystemTime::now()).fmt(Format::HttpDate).unwrap();
    let answer = |status: u16, kind: &str, length: usize, body: &str| {
        let head = "x-amzn-requestid: 7f-1\r\nconnection: close";
        format!(
            "HTTP/1.1 {status} X\r\ndate: {date}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n{head}\r\n\r\n{body}"
        )
    };
    let text = match script(&asked) {
        Reply::Json(status, body) => answer(status, "application/json", body.to_string().len(), &body.to_string()),
        Reply::Text(status, kind, body) => answer(status, kind, body.len(), &body),
        Reply::Half(body) => answer(200, "application/json", body.len() + 100, &body),
        Reply::Stall(body) => {
            stream.write_all(answer(200, "application/json", body.len() + 100, &body).as_bytes()).await?;
            return std::future::pending().await;
        }
        Reply::Hang => return std::future::pending().await,
        Reply::Reset => return stream.get_ref().set_zero_linger(),
    };
    stream.write_all(text.as_bytes()).await?;
    stream.shutdown().await
}

fn operation(method: &str, target: &str, header: &str, body: &str) -> String {
    if let Some(name) = header.strip_prefix("AWSIdentityStore.") {
        return if name.ends_with("User") || name == "ListUsers" { format!("store:{name}") } else { name.to_owned() };
    }
    if let Some(name) = header.strip_prefix("SWBExternalService.") {
        return name.to_owned();
    }
    if body.starts_with("Action=") {
        return "AssumeRole".to_owned();
    }
    let path: Vec<&str> = target.split('?').next().unwrap_or_default().split('/').skip(1).collect();
    let name = match (method, path.as_slice()) {
        ("GET", ["instance", _]) => "DescribeInstance",
        ("GET", ["users-summary", _]) => "connect:ListUsers",
        ("POST", ["search-users"]) => "SearchUsers",
        ("PUT", ["users", _]) => "CreateUser",
        ("GET", ["users", _, _]) => "connect:DescribeUser",
        ("GET", ["routing-profiles-summary", _]) => "ListRoutingProfiles",
        ("GET", ["security-profiles-summary", _]) => "ListSecurityProfiles",
        ("GET", ["user-hierarchy-groups-summary", _]) => "ListUserHierarchyGroups",
        ("GET", ["user-hierarchy-groups", _, _]) => "DescribeUserHierarchyGroup",
        ("POST", ["tags", _]) => "TagResource",
        _ => target,
    };
    name.to_owned()
}
