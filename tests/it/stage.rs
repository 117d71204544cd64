//! What tests play on: a simulated world, a configuration that fits it, and ways to run a pass over both.

use std::collections::BTreeMap;
use std::process::{Command, Output};
use std::sync::Arc;

use rollcall::aws::Access;
use rollcall::config::Config;
use rollcall::model::settings::Mode;
use rollcall::pass::{Request, Runner, Setup};
use rollcall::plan::finding::{Code, Finding};
use rollcall::report::{Cause, RunReport, json};
use rollcall::sim::{Options, Simulator, World};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

/// The application and the instance of [`WORLD`].
pub(crate) const APPLICATION: &str =
    "arn:aws:sso::111122223333:application/ssoins-68040f5b1c2d3e4f/apl-0123456789abcdef";
pub(crate) const INSTANCE: &str = "11111111-1111-4111-8111-111111111111";

/// A group `Agents`, an application and an instance with nobody in them. Tests append people and users.
pub(crate) const WORLD: &str = r#"
[identity_center]
region = "eu-west-1"
store = "d-9067f0a1b2"
arn = "arn:aws:sso:::instance/ssoins-68040f5b1c2d3e4f"

[[groups]]
name = "Agents"

[[groups]]
name = "Supervisors"

[[applications]]
name = "Amazon Connect"
arn = "arn:aws:sso::111122223333:application/ssoins-68040f5b1c2d3e4f/apl-0123456789abcdef"

[[instances]]
id = "11111111-1111-4111-8111-111111111111"
alias = "support"
region = "eu-west-2"
identity_management = "SAML"
routing_profiles = ["Basic Routing Profile", "VIP", "Parking"]
security_profiles = ["Admin", "Agent", "CallCenterManager", "NoAccess"]
hierarchy = ["EMEA/London"]
"#;

/// A configuration for [`WORLD`]; tests append mappings and settings of the target.
pub(crate) const CONFIG: &str = r#"
[identity_center]
region = "eu-west-1"

[[target]]
name = "support"
region = "eu-west-2"
instance_id = "11111111-1111-4111-8111-111111111111"
application = "arn:aws:sso::111122223333:application/ssoins-68040f5b1c2d3e4f/apl-0123456789abcdef"

[[target.mapping]]
group = "Agents"
"#;

/// A second instance, in the account and Region of the first. To be appended to [`WORLD`].
pub(crate) const SECOND_INSTANCE: &str = r#"
[[instances]]
id = "22222222-2222-4222-8222-222222222222"
alias = "sales"
region = "eu-west-2"
identity_management = "SAML"
"#;

/// The target that it is. To be appended to [`CONFIG`].
pub(crate) const SECOND: &str = r#"
[[target]]
name = "sales"
region = "eu-west-2"
instance_id = "22222222-2222-4222-8222-222222222222"

[[target.mapping]]
group = "Supervisors"
"#;

/// A person in the world, in the group `Agents`.
pub(crate) fn agent(email: &str) -> String {
    person(email, &["Agents"])
}

/// A person in the world.
pub(crate) fn person(email: &str, groups: &[&str]) -> String {
    let local = email.split('@').next().unwrap();
    format!(
        "[[people]]\nuser_name = \"{email}\"\ngiven_name = \"Given {local}\"\nfamily_name = \"Family {local}\"\ngroups = {groups:?}\n"
    )
}

/// A Connect user that nobody owns. To be appended before anything but users.
pub(crate) fn user(login: &str) -> String {
    format!(
        "[[instances.users]]\nlogin = \"{login}\"\nfirst_name = \"Given\"\nlast_name = \"Family\"\nsecurity_profiles = [\"Agent\"]\n"
    )
}

/// A Connect user that we own, of the person with this user name.
pub(crate) fn owned(login: &str, person: &str) -> String {
    let local = person.split('@').next().unwrap();
    format!(
        "[[instances.users]]\nlogin = \"{login}\"\nfirst_name = \"Given {local}\"\nlast_name = \"Family {local}\"\n\
         security_profiles = [\"Agent\"]\ntags = {{ \"rollcall:owner\" = \"rollcall\", \
         \"rollcall:principal\" = \"{{user_id:{person}}}\", \"rollcall:mapping\" = \"{{group_id:Agents}}\" }}\n"
    )
}

/// The same, with tags besides.
pub(crate) fn owned_with(login: &str, person: &str, tags: &[(&str, &str)]) -> String {
    let more: Vec<String> = tags.iter().map(|(key, value)| format!(", \"{key}\" = \"{value}\" }}")).collect();
    let more = more.join("").replace(" }, ", ", ");
    owned(login, person).replace(" }\n", &format!("{more}\n"))
}

/// So many hours before now, as tags have it.
pub(crate) fn hours_ago(hours: i64) -> String {
    let now = jiff::Timestamp::now().checked_sub(jiff::SignedDuration::from_hours(hours)).unwrap();
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Policy and profiles under which leavers go down to the last rung.
pub(crate) const LADDER: &str = "\n[policy]\nremovals = \"delete\"\n\n[quarantine]\n\
    routing_profile = \"Parking\"\nsecurity_profiles = [\"NoAccess\"]\n";

/// Behaviour without rates, so that tests do not wait.
pub(crate) fn unpaced() -> Options {
    Options { throttle: false, ..Options::default() }
}

/// Rates at which nothing waits, for the configuration of a target.
pub(crate) const RATES: &str = "\n[rates.connect]\nrequests_per_second = 5000.0\nburst = 5000\nshare = 1.0\n\
    [rates.identity_store]\nrequests_per_second = 5000.0\nburst = 5000\n\
    [rates.sso_admin]\nrequests_per_second = 5000.0\nburst = 5000\n";

/// A simulator, and a configuration that fits.
pub(crate) struct Stage {
    pub(crate) sim: Simulator,
    pub(crate) config: String,
    folder: tempfile::TempDir,
}

impl Stage {
    /// [`WORLD`] with these additions, and [`CONFIG`].
    pub(crate) async fn new(additions: &[String]) -> Self {
        Self::with(&format!("{WORLD}\n{}", additions.join("\n")), CONFIG, unpaced()).await
    }

    pub(crate) async fn with(world: &str, config: &str, options: Options) -> Self {
        let world = World::parse(world).unwrap_or_else(|error| panic!("{error:?}\n{world}"));
        let sim = Simulator::start(world, ([127, 0, 0, 1], 0).into(), options).await.unwrap();
        Self { sim, config: config.to_owned(), folder: tempfile::tempdir().unwrap() }
    }

    /// Appends to the configuration: keys of the last mapping, or new tables.
    pub(crate) fn configure(&mut self, text: &str) -> &mut Self {
        self.config.push_str(text);
        self
    }

    pub(crate) fn setup(&self) -> Setup {
        let text = if self.config.contains("[rates") { self.config.clone() } else { format!("{}{RATES}", self.config) };
        let config = Config::parse(&text, &|_| None).unwrap_or_else(|problems| panic!("{problems}"));
        let access = Access::simulated(&self.sim.endpoint(), config.timeouts);
        Setup::new(Arc::new(config), access)
    }

    pub(crate) fn runner(&self) -> Runner {
        Runner::new(self.setup())
    }

    pub(crate) async fn run(&self, mode: Mode) -> RunReport {
        let request = Request::new(mode, Cause::Cli);
        self.runner().run(&request, &CancellationToken::new()).await
    }

    pub(crate) async fn run_until(&self, stop: &CancellationToken) -> RunReport {
        let request = Request::new(Mode::Apply, Cause::Cli);
        self.runner().run(&request, stop).await
    }

    pub(crate) async fn plan(&self) -> RunReport {
        self.run(Mode::Plan).await
    }

    pub(crate) async fn sync(&self) -> RunReport {
        self.run(Mode::Apply).await
    }

    /// Writes that the simulator saw, by operation.
    pub(crate) fn writes(&self) -> BTreeMap<String, usize> {
        let mut writes = BTreeMap::new();
        for entry in self.sim.journal().into_iter().filter(|entry| entry.write) {
            *writes.entry(entry.operation).or_default() += 1;
        }
        writes
    }

    /// Calls that the simulator saw of one operation.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        self.sim.journal().iter().filter(|entry| entry.operation == operation).count()
    }

    /// Logins in the first instance, sorted.
    pub(crate) fn logins(&self) -> Vec<String> {
        let world = self.sim.snapshot();
        let users = world["instances"][0]["users"].as_array().unwrap_or_else(|| panic!("{world:#}"));
        let mut logins: Vec<String> = users.iter().map(|user| user["login"].as_str().unwrap().to_owned()).collect();
        logins.sort();
        logins
    }

    /// A Connect user as the simulator has it, by login.
    pub(crate) fn user(&self, login: &str) -> Value {
        let world = self.sim.snapshot();
        let users = world["instances"][0]["users"].as_array().unwrap().clone();
        users.into_iter().find(|user| user["login"] == login).unwrap_or(Value::Null)
    }

    /// Runs with these codes approved.
    pub(crate) async fn sync_with(&self, approvals: &[&str]) -> RunReport {
        let approvals = approvals.iter().map(|code| (*code).to_owned()).collect();
        let request = Request { approvals, ..Request::new(Mode::Apply, Cause::Cli) };
        self.runner().run(&request, &CancellationToken::new()).await
    }

    /// A pass of one person.
    pub(crate) async fn run_for(&self, mode: Mode, person: &str) -> RunReport {
        let request = Request { person: Some(person.to_owned()), ..Request::new(mode, Cause::Cli) };
        self.runner().run(&request, &CancellationToken::new()).await
    }

    /// Creates a Connect user as somebody at the console would, without tags.
    pub(crate) async fn create_by_hand(&self, login: &str) {
        let world = self.sim.snapshot();
        let id = |name: &str| world["instances"][0][name].as_object().and_then(|all| all.keys().next().cloned());
        let (routing, security) = (id("routing_profiles").unwrap(), id("security_profiles").unwrap());
        let body = format!(
            "{{\"Username\":\"{login}\",\"RoutingProfileId\":\"{routing}\",\"SecurityProfileIds\":[\"{security}\"],\
             \"IdentityInfo\":{{\"FirstName\":\"By\",\"LastName\":\"Hand\"}}}}"
        );
        let answer = self.call("connect", "eu-west-2", &format!("PUT /users/{INSTANCE}"), &body).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// Makes a call as somebody would who has the credentials and not the program, and gives the answer as it came.
    pub(crate) async fn call(&self, service: &str, region: &str, line: &str, body: &str) -> String {
        let date = self.sim.now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let day = &date[..8];
        let head = format!(
            "{line} HTTP/1.1\r\nHost: {}\r\nX-Amz-Date: {date}\r\nAuthorization: AWS4-HMAC-SHA256 \
             Credential=AKIAHAND/{day}/{region}/{service}/aws4_request, SignedHeaders=host;x-amz-date, Signature={}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.sim.address(),
            "0".repeat(64),
            body.len()
        );
        let mut stream = tokio::net::TcpStream::connect(self.sim.address()).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Runs the program as somebody would, with the simulator as AWS.
    pub(crate) async fn cli(&self, args: &[&str]) -> Ended {
        self.cli_with(args, &[]).await
    }

    /// The same, with these variables besides. An empty value takes a variable away.
    pub(crate) async fn cli_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Ended {
        let mut command = self.command(args);
        for (name, value) in variables {
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        }
        ended(command, &self.folder.path().display().to_string()).await
    }

    /// The program as somebody would run it, with the simulator as AWS.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let file = self.folder.path().join("rollcall.toml");
        std::fs::write(&file, &self.config).unwrap();
        let mut command = program();
        command
            .args(args)
            .env("ROLLCALL_CONFIG", &file)
            .env("AWS_ENDPOINT_URL", self.sim.endpoint())
            .env("AWS_ACCESS_KEY_ID", "AKIATEST")
            .env("AWS_SECRET_ACCESS_KEY", "secret-of-the-test");
        command
    }
}

/// The program with nothing of this process' environment.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command.env_clear().env("HOME", "/nonexistent").env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// Runs a command to its end, without standing in the simulator's way.
pub(crate) async fn ended(mut command: Command, folder: &str) -> Ended {
    let Output { status, stdout, stderr } =
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(folder, "FOLDER");
    Ended { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

/// The actions of a report, as lines.
pub(crate) fn actions(report: &RunReport) -> Vec<String> {
    let lines = report.targets.iter().flat_map(|target| target.actions()).map(|(action, outcome)| {
        let about = action.login().map(ToString::to_string).or_else(|| action.mapping.clone()).unwrap_or_default();
        format!("{} {about}: {}", action.kind().as_str(), outcome.as_str())
    });
    lines.collect()
}

/// The codes of all findings, in order.
pub(crate) fn codes(report: &RunReport) -> Vec<Code> {
    report.targets.iter().flat_map(|target| target.findings()).map(Finding::code).collect()
}

/// Verdicts by target, in order.
pub(crate) fn verdicts(report: &RunReport) -> Vec<&'static str> {
    report.targets.iter().map(|target| target.verdict().as_str()).collect()
}

/// The report as programs see it.
pub(crate) fn view(report: &RunReport) -> Value {
    serde_json::to_value(json::run(report)).unwrap()
}
