//! The program is killed at any instant, and the next pass repairs everything.
//!
//! `ROLLCALL_KILL_SEED=N` chooses other instants; a failure prints the seed and the instant.

mod scene;
mod told;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::process::Stdio;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use fastrand::Rng;
use futures::FutureExt;
use futures::stream::{self, StreamExt};
use rollcall::sim::{Fault, FaultKind, Service};
use serde_json::Value;

use self::scene::{LATENCY, Scene, config, end, halfway};
use crate::stage::{RATES, Stage, actions, unpaced, verdicts};

/// Passes that are killed.
const KILLS: usize = 50;
/// Simulators at work at the same time.
const SIDE_BY_SIDE: usize = 5;

/// When the program is killed.
#[derive(Debug, Clone)]
enum Moment {
    /// So long after its start, wherever it is by then.
    After(Duration),
    /// So many calls of an operation of Connect have been answered (`*`: of any), the next one has come and is not.
    Within(String, u64),
    /// The last write is carried out, and the program is not told.
    Written,
}

/// A pass that nobody kills: how long it takes, what it calls, and what it leaves.
struct Whole {
    took: Duration,
    reads: u64,
    calls: BTreeMap<String, u64>,
    writes: usize,
    end: Value,
}

impl Whole {
    async fn watch() -> Self {
        let (scene, begun) = (Scene::new().await, Instant::now());
        let stage = &scene.stage;
        let ended = stage.cli(&["sync"]).await;
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        let took = begun.elapsed();
        let journal = stage.sim.journal();
        let of_connect = || journal.iter().filter(|entry| entry.service == Service::Connect);
        let mut calls = BTreeMap::new();
        for entry in of_connect() {
            *calls.entry(entry.operation.clone()).or_default() += 1;
        }
        let reads = of_connect().take_while(|entry| !entry.write && entry.operation != "DescribeUser").count() as u64;
        scene.settled();
        Self { took, reads, calls, writes: landed(stage), end: end(stage) }
    }

    /// Half of the instants by the clock; the others in the middle of what matters, wherever the machine is slow.
    fn moments(&self, rng: &mut Rng) -> Vec<Moment> {
        let longest = u64::try_from(self.took.as_millis()).unwrap();
        let calls = |operation: &str| self.calls[operation];
        let all: u64 = self.calls.values().sum();
        let mut moments = Vec::new();
        for n in 0..KILLS {
            moments.push(match n % 10 {
                0..=4 => Moment::After(Duration::from_millis(rng.u64(0..longest))),
                5 => Moment::Within("*".to_owned(), rng.u64(0..self.reads)),
                6 => Moment::Within("*".to_owned(), rng.u64(self.reads..all)),
                // The tags of quarantines come last: what was, and the date, five each.
                7 => Moment::Within("TagResource".to_owned(), calls("TagResource") - 1 - rng.u64(0..10)),
                8 => Moment::Within("UntagResource".to_owned(), rng.u64(0..calls("UntagResource"))),
                _ if n < 10 => Moment::Written,
                _ => {
                    let operation = *rng.choice(&["UpdateUserRoutingProfile", "UpdateUserSecurityProfiles"]).unwrap();
                    Moment::Within(operation.to_owned(), rng.u64(0..calls(operation)))
                }
            });
        }
        moments
    }
}

/// Calls that wrote something.
fn landed(stage: &Stage) -> usize {
    stage.sim.journal().iter().filter(|entry| entry.write && entry.status == Some(200)).count()
}

/// Starts a pass and kills it. False where it had ended by itself by then.
async fn kill(stage: &Stage, moment: &Moment, whole: &Whole) -> bool {
    let connect = |operation: &str, kind| Fault::new(Service::Connect, operation, kind);
    match moment {
        Moment::After(_) => {}
        Moment::Within(operation, calls) => stage.sim.inject(connect(operation, FaultKind::Hang).after(*calls)),
        Moment::Written => {
            let last = connect("TagResource", FaultKind::Slow).after(whole.calls["TagResource"] - 1);
            stage.sim.inject(Fault { delay_ms: Some(60_000), ..last });
        }
    }
    let mut command = stage.command(&["sync"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    let has_come = || match moment {
        Moment::After(time) => begun.elapsed() >= *time,
        Moment::Within(..) => stage.sim.journal().iter().any(|entry| entry.code.as_deref() == Some("hang")),
        Moment::Written => landed(stage) == whole.writes,
    };
    while !has_come() && child.try_wait().unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let was_alive = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    stage.sim.clear_faults();
    // What was on its way when it died is carried out all the same.
    tokio::time::sleep(LATENCY * 4).await;
    was_alive
}

/// Where a killed pass stood.
#[derive(Debug, Default)]
struct Spread {
    before_the_first_write: usize,
    between: usize,
    after_the_last: usize,
    into_quarantine: usize,
    out_of_quarantine: usize,
    moving: usize,
}

impl Spread {
    fn count(&mut self, stage: &Stage, whole: &Whole) {
        match landed(stage) {
            0 => self.before_the_first_write += 1,
            writes if writes < whole.writes => self.between += 1,
            _ => self.after_the_last += 1,
        }
        let [into, out, moving] = halfway(stage);
        self.into_quarantine += into;
        self.out_of_quarantine += out;
        self.moving += moving;
    }
}

/// Kills a pass, and holds the next one to everything that is promised.
async fn survives(moment: Moment, whole: &Whole, spread: &Mutex<Spread>) {
    let (mut scene, mut moment) = (Scene::new().await, moment);
    while !kill(&scene.stage, &moment, whole).await {
        // It was quicker than the one that was watched.
        moment = Moment::After(whole.took / 2);
        scene = Scene::new().await;
    }
    spread.lock().unwrap().count(&scene.stage, whole);
    scene.stage.config = format!("{}{RATES}", config());
    scene.stage.sim.set_options(unpaced());
    let next = scene.stage.cli(&["sync"]).await;
    assert_eq!(next.code, Some(0), "{moment:?}: {next:#?}");
    scene.settled();
    assert_eq!(end(&scene.stage), whole.end, "{moment:?}");
    scene.stage.sim.clear_journal();
    let further = scene.stage.sync().await;
    assert_eq!((verdicts(&further), actions(&further)), (vec!["converged"], Vec::new()), "{moment:?}");
    assert_eq!(scene.stage.writes().len(), 0, "{moment:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_instant_the_next_pass_repairs_everything() {
    let seed = std::env::var("ROLLCALL_KILL_SEED").map_or(20_270_401, |seed| seed.parse().unwrap());
    let whole = Whole::watch().await;
    let spread = Mutex::new(Spread::default());
    let mut rng = Rng::with_seed(seed);
    let kills = whole.moments(&mut rng).into_iter().map(async |moment| {
        let told = format!("ROLLCALL_KILL_SEED={seed}, {moment:?}");
        let kill = AssertUnwindSafe(survives(moment, &whole, &spread)).catch_unwind().await;
        kill.err().map(|_| told)
    });
    let failed: Vec<String> =
        stream::iter(kills).buffer_unordered(SIDE_BY_SIDE).filter_map(async |told| told).collect().await;
    assert!(failed.is_empty(), "not repaired: {failed:#?}");
    let spread = spread.into_inner().unwrap();
    println!("of a pass of {:?} with {} writes: {spread:?}", whole.took, whole.writes);
    assert!(spread.before_the_first_write >= 5 && spread.between >= 20 && spread.after_the_last >= 1, "{spread:?}");
    assert!(spread.into_quarantine >= 3 && spread.out_of_quarantine >= 3 && spread.moving >= 1, "{spread:?}");
}
