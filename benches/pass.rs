//! What a pass costs that has nothing to do: calls, processor time and memory, at the rates that AWS allows. The
//! simulator runs as a process of its own, so that only Rollcall is measured. Run with `cargo bench --bench pass`.

#![allow(missing_docs, clippy::print_stdout, reason = "a benchmark is a program that prints figures")]

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rollcall::aws::Access;
use rollcall::config::Config;
use rollcall::model::settings::Mode;
use rollcall::pass::{Request, Runner, Setup};
use rollcall::report::{Cause, RunReport};
use tokio_util::sync::CancellationToken;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const CONFIG: &str = r#"
[identity_center]
region = "eu-west-1"
identity_store_id = "d-9067f0a1b2"

[[target]]
name = "support"
region = "eu-west-2"
instance_id = "11111111-1111-4111-8111-111111111111"
application = "arn:aws:sso::111122223333:application/ssoins-68040f5b1c2d3e4f/apl-0123456789abcdef"

[[target.mapping]]
group = "Agents"
"#;

/// So many members who are in step with their Connect users, in a directory of so many people.
fn world(members: usize, directory: usize) -> String {
    let others = directory - members;
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
quota = 20000
routing_profiles = ["Basic Routing Profile"]
security_profiles = ["Admin", "Agent"]

[[crowd]]
count = {members}
user_name = "agent{{n:05}}@example.com"
given_name = "Agent"
family_name = "Number{{n}}"
groups = ["Agents"]
connect_users = {{ instance = "support", security_profiles = ["Agent"], tags = {{ "rollcall:owner" = "rollcall", "rollcall:principal" = "{{user_id}}", "rollcall:mapping" = "{{group_id:Agents}}" }} }}

[[crowd]]
count = {others}
user_name = "other{{n:05}}@example.com"
"#
    )
}

/// A simulator in a process of its own, which ends with this value.
struct Simulator {
    process: Child,
    endpoint: String,
}

impl Simulator {
    fn start(world: &str) -> Result<Self> {
        let file = std::env::temp_dir().join(format!("rollcall-bench-{}.toml", std::process::id()));
        fs::write(&file, world)?;
        let mut process = Command::new(env!("CARGO_BIN_EXE_rollcall"))
            .args(["sim", "--listen", "127.0.0.1:0", "--world"])
            .arg(&file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = process.stdout.take().ok_or("no stdout")?;
        let mut endpoint = String::new();
        BufReader::new(stdout).read_line(&mut endpoint)?;
        fs::remove_file(file)?;
        Ok(Self { process, endpoint: endpoint.trim().to_owned() })
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Seconds of processor time that this process has used.
fn cpu_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit_once(')').ok_or("no name in stat")?.1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |at: usize| -> Result<f64> { Ok(fields.get(at).ok_or("a short stat")?.parse()?) };
    // The 14th and 15th field of the whole, counted from 1; ticks are of a hundredth of a second.
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}

/// The most memory that this process had resident, in MiB.
fn peak_mebibytes() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes / 1024.0)
}

fn calls(report: &RunReport, service: &str) -> (u64, String) {
    let of_service: Vec<_> =
        report.requests.iter().filter_map(|(name, count)| Some((name.strip_prefix(service)?, count))).collect();
    let list: Vec<String> = of_service.iter().map(|(name, count)| format!("{name} {count}")).collect();
    (of_service.iter().map(|(_, count)| *count).sum(), list.join(", "))
}

fn measure(title: &str, world: &str, limits: (u64, u64)) -> Result<()> {
    let simulator = Simulator::start(world)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let config = Config::parse(CONFIG, &|_| None)?;
    let access = Access::simulated(&simulator.endpoint, config.timeouts);
    let runner = Runner::new(Setup::new(Arc::new(config), access));
    let request = Request::new(Mode::Apply, Cause::Cli);
    let before = cpu_seconds()?;
    let report = runtime.block_on(runner.run(&request, &CancellationToken::new()));
    let cpu = cpu_seconds()? - before;
    println!("{title}");
    println!(
        "  verdict {}, {:.1} s at the rates that AWS allows",
        report.verdict().as_str(),
        report.elapsed.as_secs_f64()
    );
    for (service, limit) in [("identitystore:", Some(limits.0)), ("connect:", Some(limits.1)), ("sso:", None)] {
        let (count, list) = calls(&report, service);
        let limit = limit.map(|limit| format!(", limit {limit}")).unwrap_or_default();
        println!("  {service} {count} calls{limit} ({list})");
    }
    println!("  {cpu:.2} s of processor time, limit 2; {:.0} MiB resident at most, limit 128\n", peak_mebibytes()?);
    Ok(())
}

fn main() -> Result<()> {
    measure(
        "10,000 members in a directory of 20,000, 10,000 Connect users, nothing to do",
        &world(10_000, 20_000),
        (302, 36),
    )?;
    measure("50 members in a directory of 20,000, 50 Connect users, nothing to do", &world(50, 20_000), (60, 36))
}
