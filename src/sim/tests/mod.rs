//! The simulator from outside: over a socket, as its clients see it.

mod connect;
mod control;
mod directory;
mod faults;
mod paging;
mod parsers;
mod permissions;
mod rates;
mod sso;
mod wire;
mod worlds;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::clock::amz_date;
use super::{Options, Service, Simulator, World};

const STORE: &str = "d-9067f0a1b2";
const INSTANCE: &str = "7c9e6f1a-2b3c-4d5e-8f90-a1b2c3d4e5f6";
const APPLICATION: &str = "arn:aws:sso::111122223333:application/ssoins-68040f5b1c2d3e4f/apl-5c1b9a7d3e2f4860";

/// An answer as it came over the socket.
#[derive(Debug)]
struct Reply {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The error code, from wherever the service puts it.
    fn code(&self) -> String {
        let header = self.headers.get("x-amzn-errortype").cloned();
        let code = header.or_else(|| Some(self.json()["__type"].as_str()?.to_owned())).unwrap_or_default();
        code.split(':').next().unwrap().rsplit('#').next().unwrap().to_owned()
    }
}

/// Who asks.
#[derive(Debug, Clone)]
struct Client {
    access_key: String,
    token: Option<String>,
    identity_region: String,
    connect_region: String,
}

impl Default for Client {
    fn default() -> Self {
        Client {
            access_key: "AKIDEXAMPLE".to_owned(),
            token: None,
            identity_region: "eu-west-1".to_owned(),
            connect_region: "eu-west-2".to_owned(),
        }
    }
}

async fn start(world: World, options: Options) -> Simulator {
    Simulator::start(world, "127.0.0.1:0".parse().unwrap(), options).await.unwrap()
}

/// The workshop without rates, which most tests would run into.
async fn workshop() -> Simulator {
    start(World::workshop(), unthrottled()).await
}

fn unthrottled() -> Options {
    Options { throttle: false, ..Options::default() }
}

/// Sends bytes, and gives whatever comes back until the connection is closed.
async fn raw(simulator: &Simulator, request: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(simulator.address()).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

fn parsed(answer: &[u8]) -> Reply {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer has a head");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    Reply { status, headers: lines.filter_map(header).collect(), body: body.to_owned() }
}

impl Client {
    /// The text of a signed request.
    fn request(&self, simulator: &Simulator, service: Service, line: &str, headers: &str, body: &str) -> String {
        let region = if service == Service::Connect { &self.connect_region } else { &self.identity_region };
        let date = amz_date(simulator.now());
        let scope = format!("{}/{}/{region}/{service}/aws4_request", self.access_key, &date[..8]);
        let token = self.token.as_ref().map_or(String::new(), |token| format!("x-amz-security-token: {token}\r\n"));
        format!(
            "{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-amz-date: {date}\r\n{token}{headers}\
             authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={}\r\n\
             content-length: {}\r\n\r\n{body}",
            "a".repeat(64),
            body.len()
        )
    }

    async fn send(&self, simulator: &Simulator, service: Service, line: &str, headers: &str, body: &str) -> Reply {
        parsed(&raw(simulator, &self.request(simulator, service, line, headers, body)).await.unwrap())
    }

    /// A call of Identity Store.
    async fn store(&self, simulator: &Simulator, operation: &str, mut input: Value) -> Reply {
        if input.get("IdentityStoreId").is_none() {
            input["IdentityStoreId"] = json!(STORE);
        }
        let headers = format!("x-amz-target: AWSIdentityStore.{operation}\r\n");
        self.send(simulator, Service::IdentityStore, "POST /", &headers, &input.to_string()).await
    }

    /// A call of SSO Admin.
    async fn sso(&self, simulator: &Simulator, operation: &str, input: Value) -> Reply {
        let headers = format!("x-amz-target: SWBExternalService.{operation}\r\n");
        self.send(simulator, Service::Sso, "POST /", &headers, &input.to_string()).await
    }

    /// A call of Connect.
    async fn connect(&self, simulator: &Simulator, method: &str, path: &str, input: Value) -> Reply {
        let body = if input.is_null() { String::new() } else { input.to_string() };
        self.send(simulator, Service::Connect, &format!("{method} {path}"), "", &body).await
    }

    /// A call of STS.
    async fn sts(&self, simulator: &Simulator, form: &str) -> Reply {
        let headers = "content-type: application/x-www-form-urlencoded\r\n";
        self.send(simulator, Service::Sts, "POST /", headers, form).await
    }
}

/// A request to the control plane.
async fn control(simulator: &Simulator, method: &str, path: &str, body: &str) -> Reply {
    let length = body.len();
    let request = format!(
        "{method} /_sim/{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    parsed(&raw(simulator, &request).await.unwrap())
}

/// The id of a group of the world, by name.
fn group(simulator: &Simulator, name: &str) -> String {
    let world = simulator.snapshot();
    let group = world["groups"].as_array().unwrap().iter().find(|group| group["name"] == name).unwrap();
    group["id"].as_str().unwrap().to_owned()
}

/// The id of a person of the world, by user name.
fn person(simulator: &Simulator, user_name: &str) -> String {
    let world = simulator.snapshot();
    let person = world["people"].as_array().unwrap().iter().find(|person| person["user_name"] == user_name).unwrap();
    person["id"].as_str().unwrap().to_owned()
}

/// The only instance's user with a login, as the world shows them.
fn user(simulator: &Simulator, login: &str) -> Option<Value> {
    let world = simulator.snapshot();
    world["instances"][0]["users"].as_array().unwrap().iter().find(|user| user["login"] == login).cloned()
}

/// The id of a profile of the only instance, by name.
fn profile(simulator: &Simulator, kind: &str, name: &str) -> String {
    let world = simulator.snapshot();
    let profiles = world["instances"][0][kind].as_object().unwrap().clone();
    profiles.into_iter().find(|(_, found)| found == name).unwrap().0
}

/// What CreateUser takes for a user with this login, and nothing that could be left out.
fn new_user(simulator: &Simulator, login: &str) -> Value {
    json!({
        "Username": login,
        "IdentityInfo": {"FirstName": "Ana", "LastName": "Lima"},
        "RoutingProfileId": profile(simulator, "routing_profiles", "Basic Routing Profile"),
        "SecurityProfileIds": [profile(simulator, "security_profiles", "Agent")],
    })
}

async fn create_user(simulator: &Simulator, input: Value) -> Reply {
    Client::default().connect(simulator, "PUT", &format!("/users/{INSTANCE}"), input).await
}
