//! How long creations take, against the least that the quota allows; and what becomes of them beside somebody else who
//! takes half of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::process;
use super::simulator::{Call, Quota, Simulator, World, config, send};
use super::{Result, table};

/// Creations, the quota that they are made at (AWS's own is two a second), milliseconds until an answer comes, and calls a
/// second of somebody else.
const ROWS: [(usize, f64, u32, Option<f64>); 5] = [
    (100, 5.0, 0, None),
    (1_000, 30.0, 0, None),
    (1_000, 30.0, 800, None),
    (5_000, 130.0, 0, None),
    (1_000, 50.0, 0, Some(25.0)),
];
/// What is taken of the quota, and how many calls a rested bucket holds: the defaults.
const SHARE: f64 = 0.8;
const BURST: u32 = 5;

const HEAD: [&str; 9] = [
    "creations",
    "quota a second",
    "answers after ms",
    "somebody else",
    "floor s",
    "ours s",
    "ratio",
    "throttled %",
    "of theirs %",
];

pub(crate) fn measure() -> Result<()> {
    let rows = ROWS.into_iter().map(row);
    table("Creations, from the first to the last", &HEAD, rows.collect::<Result<_>>()?);
    Ok(())
}

fn row((count, per_second, latency, other): (usize, f64, u32, Option<f64>)) -> Result<Vec<String>> {
    let simulator = Simulator::start(&World { members: count, others: 0, served: false })?;
    simulator.take_creations(&Quota { per_second, burst: BURST }, latency)?;
    let rates = format!(
        "requests_per_second = 1e6\nburst = {BURST}\nshare = {SHARE}\noperations = {{ CreateUser = {per_second:?} }}\n"
    );
    let mut command = simulator.command(env!("CARGO_BIN_EXE_rollcall"), &config(&rates))?;
    command.args(["sync", "--output", "json"]);
    let somebody = other.map(|other| Somebody::start(simulator.address(), other));
    let took = process::run(command)?;
    drop(somebody);
    let report: serde_json::Value = serde_json::from_str(&took.stdout)?;
    if report["verdict"] != "converged" {
        return Err(format!("not everybody was created: {}", report["verdict"]).into());
    }
    let journal = simulator.journal()?;
    let (ours, theirs): (Vec<&Call>, Vec<&Call>) =
        journal.iter().filter(|call| call.operation == "CreateUser").partition(|call| call.access_key != SOMEBODY);
    let span = match (ours.first(), ours.last()) {
        (Some(first), Some(last)) => last.at.duration_since(first.at).as_secs_f64(),
        _ => return Err("nobody was created".into()),
    };
    let figure = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    // Beside somebody else the floor is what they leave of the whole quota.
    let rate = other.map_or(per_second * SHARE, |other| per_second - other);
    let floor = (figure(count) - f64::from(BURST)) / rate;
    Ok(vec![
        count.to_string(),
        format!("{per_second:.0}"),
        latency.to_string(),
        other.map(|other| format!("{other:.0} a second")).unwrap_or_default(),
        format!("{floor:.2}"),
        format!("{span:.2}"),
        format!("{:.3}", span / floor),
        format!("{:.2}", throttled(&ours)),
        if theirs.is_empty() { String::new() } else { format!("{:.2}", throttled(&theirs)) },
    ])
}

/// How many of a hundred calls were refused as too many.
fn throttled(calls: &[&Call]) -> f64 {
    let refused = calls.iter().filter(|call| call.status == Some(429)).count();
    let figure = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    100.0 * figure(refused) / figure(calls.len().max(1))
}

/// Whom the simulator's journal knows somebody else by.
const SOMEBODY: &str = "AKIASOMEBODY";

/// Somebody else, who makes calls of CreateUser at a steady rate until this value is dropped.
struct Somebody {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Somebody {
    fn start(address: &str, per_second: f64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (address, stopped) = (address.to_owned(), Arc::clone(&stop));
        let work = move || {
            let begun = Instant::now();
            let mut nth = 0_u32;
            let mut random = fastrand::Rng::with_seed(5);
            while !stopped.load(Ordering::Relaxed) {
                // One in each slot, at any moment of it. An answer that does not come is the next slot's matter.
                let _ = call(&address);
                nth += 1;
                let next = Duration::from_secs_f64((f64::from(nth) + random.f64()) / per_second);
                thread::sleep(next.saturating_sub(begun.elapsed()));
            }
        };
        Self { stop, thread: Some(thread::spawn(work)) }
    }
}

impl Drop for Somebody {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A call that counts against the quota, and creates nobody: it names no user.
fn call(address: &str) -> Result<()> {
    let date = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let day = date.get(..8).unwrap_or_default();
    let signature = "0".repeat(64);
    let headers = format!(
        "X-Amz-Date: {date}\r\nAuthorization: AWS4-HMAC-SHA256 Credential={SOMEBODY}/{day}/eu-west-2/connect/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={signature}\r\n"
    );
    send(address, "PUT /users/11111111-1111-4111-8111-111111111111", &headers, "{}").map(drop)
}
