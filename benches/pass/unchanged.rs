//! Passes that have nothing to do: how many calls they make, and what they take beside the waiting.
//!
//! Nothing is paced here, since only the calls matter: how long they take at the rates that AWS allows follows from them,
//! and is told.

use std::collections::BTreeMap;

use super::process::{self, Took};
use super::simulator::{Call, Simulator, World, config};
use super::{Result, table};

/// Members, people besides, and whether the script is run too: with more it takes too long to wait for.
const ROWS: [(usize, usize, bool); 5] =
    [(50, 50, true), (1_000, 1_000, true), (10_000, 10_000, true), (100_000, 0, false), (50, 99_950, true)];

const HEAD: [&str; 12] = [
    "members of directory",
    "floor",
    "calls",
    "ratio",
    "Identity Store",
    "at AWS's rates",
    "CPU s",
    "MiB",
    "script: calls",
    "times ours",
    "at AWS's rates",
    "CPU s",
];

pub(crate) fn measure() -> Result<()> {
    let rows = ROWS.into_iter().map(|(members, others, scripted)| row(members, others, scripted));
    table("A pass that changes nothing", &HEAD, rows.collect::<Result<_>>()?);
    Ok(())
}

fn row(members: usize, others: usize, scripted: bool) -> Result<Vec<String>> {
    let simulator = Simulator::start(&World { members, others, served: true })?;
    simulator.take_everything()?;
    let text = config("requests_per_second = 1e6\nburst = 1000000\n");
    let mut command = simulator.command(env!("CARGO_BIN_EXE_rollcall"), &text)?;
    command.args(["sync", "--output", "json"]);
    let ours = process::run(command)?;
    let report: serde_json::Value = serde_json::from_str(&ours.stdout)?;
    if report["verdict"] != "converged" || report["targets"][0]["actions"] != serde_json::json!([]) {
        return Err(format!("this was to be a pass that changes nothing: {}", report["verdict"]).into());
    }
    let calls = simulator.journal()?;
    let floor = floor(members, members + others, members);
    let mut row = vec![format!("{members} of {}", members + others)];
    row.push(floor.to_string());
    row.push(calls.len().to_string());
    row.push(format!("{:.2}", ratio(calls.len(), floor)));
    row.push(calls.iter().filter(|call| call.service == "identitystore").count().to_string());
    row.push(spoken(seconds(&calls)));
    row.push(format!("{:.2}", ours.cpu));
    row.push(format!("{:.0}", ours.memory));
    let script = if scripted { script(&simulator, &text)? } else { None };
    row.extend(match script {
        Some((took, theirs)) => [
            theirs.len().to_string(),
            format!("{:.1}", ratio(theirs.len(), calls.len())),
            spoken(seconds(&theirs)),
            format!("{:.2}", took.cpu),
        ],
        None => ["", "", "", ""].map(str::to_owned),
    });
    Ok(row)
}

/// The fewest calls that tell everything: every page once, the people one by one where that is fewer, three look-ups of
/// the instance and its profiles, three of the application, one of the group, one of the instance of Identity Center.
fn floor(members: usize, directory: usize, users: usize) -> usize {
    let people = members.min(directory.div_ceil(100));
    let identity_store = 1 + members.div_ceil(100) + people;
    let connect = users.div_ceil(1000) + users.div_ceil(500) + 3;
    identity_store + connect + 3
}

fn ratio(one: usize, other: usize) -> f64 {
    let figure = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    figure(one) / figure(other)
}

/// Seconds that these calls take at the rates that AWS allows, where operations go side by side and nothing else
/// takes time.
fn seconds(calls: &[Call]) -> f64 {
    let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for call in calls {
        *counts.entry((&call.service, &call.operation)).or_default() += 1;
    }
    let time = |((service, _), count): ((&str, &str), u32)| {
        let (rate, burst) = if service == "connect" { (2.0, 5) } else { (20.0, 20) };
        f64::from(count.saturating_sub(burst)) / rate
    };
    counts.into_iter().map(time).fold(0.0, f64::max)
}

fn spoken(seconds: f64) -> String {
    if seconds < 120.0 { format!("{seconds:.0} s") } else { format!("{:.0} min", seconds / 60.0) }
}

/// The script, if there is a Python that has boto3.
fn script(simulator: &Simulator, config: &str) -> Result<Option<(Took, Vec<Call>)>> {
    let python = std::env::var("ROLLCALL_BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut probe = simulator.command(&python, config)?;
    if !probe.args(["-c", "import boto3"]).output().is_ok_and(|output| output.status.success()) {
        return Ok(None);
    }
    let mut command = simulator.command(&python, config)?;
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/pass/plain.py"));
    let took = process::run(command)?;
    Ok(Some((took, simulator.journal()?)))
}
