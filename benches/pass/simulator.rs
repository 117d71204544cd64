//! The simulator as a process of its own, and worlds for it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde::Deserialize;
use serde_json::{Value, json};

use super::Result;

/// The rate of an operation.
pub(crate) struct Quota {
    pub(crate) per_second: f64,
    pub(crate) burst: u32,
}

/// A world with one instance.
pub(crate) struct World {
    /// People in the group.
    pub(crate) members: usize,
    /// Further people in the directory.
    pub(crate) others: usize,
    /// Whether every member has a Connect user, as it should be.
    pub(crate) served: bool,
}

impl World {
    pub(crate) fn text(&self) -> String {
        let Self { members, others, served } = self;
        let user = "{ instance = \"support\", security_profiles = [\"Agent\"], tags = { \"rollcall:owner\" = \"rollcall\", \
                    \"rollcall:principal\" = \"{user_id}\", \"rollcall:mapping\" = \"{group_id:Agents}\" } }";
        let users = if *served { format!("connect_users = {user}\n") } else { String::new() };
        format!(
            r#"
[identity_center]
region = "eu-west-1"
store = "d-9067f0a1b2"
arn = "arn:aws:sso:::instance/ssoins-68040f5b1c2d3e4f"

[[groups]]
name = "Agents"

[[applications]]
name = "Amazon Connect"
arn = "arn:aws:sso::111122223333:application/ssoins-68040f5b1c2d3e4f/apl-0123456789abcdef"
assigned_groups = ["Agents"]

[[instances]]
id = "11111111-1111-4111-8111-111111111111"
alias = "support"
region = "eu-west-2"
quota = 200000
routing_profiles = ["Basic Routing Profile"]
security_profiles = ["Admin", "Agent"]

[[crowd]]
count = {members}
user_name = "agent{{n:06}}@example.com"
given_name = "Agent"
family_name = "Number{{n}}"
groups = ["Agents"]
{users}
[[crowd]]
count = {others}
user_name = "other{{n:06}}@example.com"
"#
        )
    }
}

/// A configuration that fits every [`World`]. `rates` are those of Connect; nothing else waits.
pub(crate) fn config(rates: &str) -> String {
    format!(
        r#"
[identity_center]
region = "eu-west-1"
identity_store_id = "d-9067f0a1b2"

[rates.connect]
{rates}
[rates.identity_store]
requests_per_second = 1e6
burst = 1000000
[rates.sso_admin]
requests_per_second = 1e6
burst = 1000000

# The benchmark's creations are meant.
[policy]
max_changes = 1000000

[[target]]
name = "support"
region = "eu-west-2"
instance_id = "11111111-1111-4111-8111-111111111111"
application = "arn:aws:sso::111122223333:application/ssoins-68040f5b1c2d3e4f/apl-0123456789abcdef"

[[target.mapping]]
group = "Agents"
"#
    )
}

/// A call that the simulator saw.
#[derive(Debug, Deserialize)]
pub(crate) struct Call {
    pub(crate) at: jiff::Timestamp,
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) status: Option<u16>,
    pub(crate) access_key: String,
}

/// A simulator, which ends with this value.
pub(crate) struct Simulator {
    process: Child,
    address: String,
    folder: tempfile::TempDir,
}

impl Simulator {
    pub(crate) fn start(world: &World) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("world.toml");
        fs::write(&file, world.text())?;
        let mut process = Command::new(env!("CARGO_BIN_EXE_rollcall"))
            .args(["sim", "--listen", "127.0.0.1:0", "--world"])
            .arg(&file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = process.stdout.take().ok_or("no stdout")?;
        let mut endpoint = String::new();
        BufReader::new(stdout).read_line(&mut endpoint)?;
        let address = endpoint.trim().trim_start_matches("http://").to_owned();
        Ok(Self { process, address, folder })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Lets every call through, however often it comes.
    pub(crate) fn take_everything(&self) -> Result<()> {
        self.control("POST", "options", &json!({ "throttle": false })).map(drop)
    }

    /// Takes creations at this rate, and everything else however often it comes; answers after so many milliseconds.
    pub(crate) fn take_creations(&self, quota: &Quota, latency: u32) -> Result<()> {
        let free = json!({ "requests_per_second": 1e6, "burst": 1e6 });
        let rate = json!({ "requests_per_second": quota.per_second, "burst": quota.burst });
        let connect = json!({ "requests_per_second": 1e6, "burst": 1e6, "operations": { "CreateUser": rate } });
        let options =
            json!({ "latency_ms": latency, "rates": { "identitystore": free, "sso": free, "connect": connect } });
        self.control("POST", "options", &options).map(drop)
    }

    /// What was called since this was asked last.
    pub(crate) fn journal(&self) -> Result<Vec<Call>> {
        let calls = serde_json::from_value(self.control("GET", "journal", &Value::Null)?)?;
        self.control("DELETE", "journal", &Value::Null)?;
        Ok(calls)
    }

    fn control(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = send(&self.address, &format!("{method} /_sim/{path}"), "", &body)?;
        let (_, body) = answer.split_once("\r\n\r\n").ok_or("an answer without an end of its head")?;
        Ok(serde_json::from_str(body)?)
    }

    /// A command that has the simulator for AWS, and nothing else of this process' environment but where programs are.
    pub(crate) fn command(&self, program: &str, config: &str) -> Result<Command> {
        let file = self.folder.path().join("rollcall.toml");
        fs::write(&file, config)?;
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(std::env::vars().filter(|(name, _)| name == "PATH" || name == "HOME"))
            .env("ROLLCALL_CONFIG", file)
            .env("AWS_ENDPOINT_URL", format!("http://{}", self.address))
            .env("AWS_ACCESS_KEY_ID", "AKIABENCH")
            .env("AWS_SECRET_ACCESS_KEY", "secret-of-the-benchmark")
            .env("AWS_EC2_METADATA_DISABLED", "true");
        Ok(command)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends one request, and reads the whole answer.
pub(crate) fn send(address: &str, line: &str, headers: &str, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    write!(
        stream,
        "{line} HTTP/1.1\r\nHost: {address}\r\n{headers}Content-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
