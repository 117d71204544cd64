//! Random worlds, and random faults during a few passes of each. Everything follows from one number:
//!
//! ```console
//! $ ROLLCALL_FAULT_SEED=17 cargo nextest run --locked any_schedule_of_faults     # this one alone
//! $ ROLLCALL_FAULT_SEED=1000 ROLLCALL_FAULT_SEEDS=500 cargo nextest run --locked any_schedule_of_faults
//! ```

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rollcall::aws::Effect;
use rollcall::aws::operation::{self, OPERATIONS};
use rollcall::sim::{Fault, FaultKind, Options, Service};

use super::{IMPATIENT, Picture, SLOW, ensure, harmless, honest, is_lie, nobody_made_up};
use crate::stage::{Stage, actions, unpaced, verdicts};
use crate::worlds::{Play, play, untouchable};

/// So many schedules are played where nobody says how many.
const SEEDS: u64 = 200;
const SIDE_BY_SIDE: usize = 24;
/// Passes in which a world has to come to rest.
const PASSES: usize = 4;

/// A world, and the faults of each pass over it.
#[derive(Debug, Clone)]
struct Schedule {
    play: Play,
    passes: Vec<Vec<Fault>>,
    page_sizes: Vec<usize>,
    search_lag_seconds: u32,
}

/// A fault of one operation, or, seldom, of all of a service.
fn fault() -> impl Strategy<Value = Fault> {
    let service = prop_oneof![
        Just(operation::Service::IdentityStore),
        Just(operation::Service::SsoAdmin),
        Just(operation::Service::Connect),
    ];
    let calls = prop_oneof![
        5 => (0..OPERATIONS.len(), 0.05..0.9_f64).prop_map(|(at, probability)| {
            (OPERATIONS[at].service, OPERATIONS[at].name, probability)
        }),
        1 => (service, 0.01..0.15_f64).prop_map(|(service, probability)| (service, "*", probability)),
    ];
    // Whoever waits for an answer that never comes makes the test slow, so that is rarer than the rest.
    let kind = (0..FaultKind::ALL.len(), 0..3_u8).prop_map(|(at, patience)| match FaultKind::ALL[at] {
        FaultKind::Hang | FaultKind::Slow | FaultKind::Stall if patience > 0 => FaultKind::Throttle,
        kind => kind,
    });
    let count = prop_oneof![Just(None), (1..8_u64).prop_map(Some)];
    (calls, kind, any::<u64>(), 0..4_u64, count).prop_map(
        |((service, operation, probability), kind, seed, skip, count)| {
            let service = match service {
                operation::Service::IdentityStore => Service::IdentityStore,
                operation::Service::SsoAdmin => Service::Sso,
                operation::Service::Connect => Service::Connect,
            };
            let fault = Fault::new(service, operation, kind).after(skip).likely(probability, seed);
            Fault { count, delay_ms: Some(SLOW), ..fault }
        },
    )
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let lag = prop_oneof![2 => Just(0_u32), 1 => Just(3600)];
    (play(), vec(vec(fault(), 1..5), 1..4), vec(1..5_usize, 0..4), lag).prop_map(
        |(play, passes, page_sizes, search_lag_seconds)| Schedule { play, passes, page_sizes, search_lag_seconds },
    )
}

impl Schedule {
    /// The schedule of a seed: the same one each time.
    fn of(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        schedule().new_tree(&mut TestRunner::new_with_rng(Config::default(), rng)).unwrap().current()
    }

    fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.passes.iter().flatten()
    }

    /// Whether some answer may look good and be none: then the world may become another for a time, or, where users of
    /// Connect are hidden, get users who would not have been created.
    fn has_lies(&self) -> bool {
        let is_empty = |operation: &str| {
            let known = OPERATIONS.iter().filter(|one| one.name == operation || operation == "*");
            known.into_iter().any(|one| one.effect == Effect::Write && one.name != "CreateUser")
        };
        self.faults().any(|fault| {
            // The good answer of most writes is empty.
            is_lie(fault.kind) || fault.kind == FaultKind::EmptyObject && is_empty(&fault.operation)
        })
    }

    fn paged(&self) -> Options {
        Options { page_sizes: self.page_sizes.clone(), ..self.play.paged() }
    }

    /// What the world becomes where nothing goes wrong.
    async fn calm(&self) -> Result<Picture, String> {
        let stage = self.play.stage(unpaced()).await;
        for _ in 0..PASSES {
            let report = stage.sync().await;
            if actions(&report).is_empty() {
                return Ok(Picture::of(&stage));
            }
        }
        Err("without any fault there is still something to do".to_owned())
    }

    async fn hold(&self) -> Result<(), String> {
        let goal = self.calm().await?;
        let options = Options { search_lag_seconds: self.search_lag_seconds, ..self.paged() };
        let mut stage = self.play.stage(options).await;
        let usual = stage.config.clone();
        stage.configure(IMPATIENT);
        let untouchable = untouchable(&stage.sim.snapshot(), self.play.adopt);
        let first = Picture::of(&stage);
        for faults in &self.passes {
            for fault in faults {
                stage.sim.inject(fault.clone());
            }
            self.pass(&stage, [&first, &goal]).await?;
            stage.sim.clear_faults();
            let now = stage.sim.snapshot();
            let users = now["instances"][0]["users"].as_array().unwrap();
            let touched: Vec<_> = untouchable.iter().filter(|user| !users.contains(user)).collect();
            ensure!(touched.is_empty(), "touched: {touched:#?}");
        }
        stage.config = usual;
        stage.sim.set_options(self.paged());
        self.come_to_rest(&stage, [&first, &goal]).await
    }

    /// One pass, and what has to hold after it.
    async fn pass(&self, stage: &Stage, [first, goal]: [&Picture; 2]) -> Result<(), String> {
        let before = Picture::of(stage);
        stage.sim.clear_journal();
        let report = stage.sync().await;
        honest(&report)?;
        let now = Picture::of(stage);
        harmless(first, &now, goal).map_err(|why| format!("{why}, after {:#?}", actions(&report)))?;
        if !self.has_lies() {
            nobody_made_up(first, &now, goal)?;
        }
        if report.targets[0].trouble().is_some() {
            ensure!(now == before && stage.writes().is_empty(), "nothing was read, and yet written");
        }
        Ok(())
    }

    /// Passes without faults, until nothing is left to do; then the world is what it would have become.
    async fn come_to_rest(&self, stage: &Stage, [first, goal]: [&Picture; 2]) -> Result<(), String> {
        for _ in 0..PASSES {
            let report = stage.sync().await;
            honest(&report)?;
            ensure!(verdicts(&report) == ["converged"], "{:?}: {:#?}", verdicts(&report), actions(&report));
            let now = Picture::of(stage);
            harmless(first, &now, goal)?;
            if actions(&report).is_empty() {
                ensure!(self.has_lies() || now == *goal, "another world: {:?}", differences(&now, goal));
                return Ok(());
            }
        }
        Err(format!("still at work after {PASSES} passes"))
    }
}

fn differences(now: &Picture, goal: &Picture) -> String {
    let differing = now.differing(goal);
    let shown =
        differing.iter().map(|login| format!("{login}: {:?} for {:?}", now.users.get(*login), goal.users.get(*login)));
    shown.collect::<Vec<_>>().join("\n")
}

/// The seeds to play: those that the environment names, else the first ones.
fn seeds() -> impl Iterator<Item = u64> {
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        Some(text.parse::<u64>().unwrap_or_else(|_| panic!("{name} is a number, and `{text}` is none")))
    };
    let (first, count) = (number("ROLLCALL_FAULT_SEED"), number("ROLLCALL_FAULT_SEEDS"));
    let count = count.unwrap_or(if first.is_some() { 1 } else { SEEDS });
    (0..count).map(move |n| first.unwrap_or(0).wrapping_add(n))
}

#[tokio::test(flavor = "multi_thread")]
async fn any_schedule_of_faults_does_no_harm_and_is_got_over() {
    let played = stream::iter(seeds()).map(async |seed| (seed, Schedule::of(seed).hold().await));
    let mut played = std::pin::pin!(played.buffer_unordered(SIDE_BY_SIDE));
    let mut broken = Vec::new();
    while let Some((seed, result)) = played.next().await {
        if let Err(why) = result {
            let again = format!("ROLLCALL_FAULT_SEED={seed} cargo nextest run --locked any_schedule_of_faults");
            broken.push(format!("seed {seed}: {why}\nto play it again: {again}\n{:#?}", Schedule::of(seed)));
        }
    }
    assert!(broken.is_empty(), "{} schedules broke something:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn a_seed_is_one_world_and_one_schedule() {
    let drawn: Vec<String> = (0..50).map(|seed| format!("{:?}", Schedule::of(seed))).collect();
    let again: Vec<String> = (0..50).map(|seed| format!("{:?}", Schedule::of(seed))).collect();
    assert_eq!(drawn, again);
    assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), 50);
}

#[test]
fn the_first_schedules_have_faults_of_every_kind_and_lies_in_some_only() {
    let schedules: Vec<Schedule> = (0..SEEDS).map(Schedule::of).collect();
    let kinds: BTreeSet<FaultKind> = schedules.iter().flat_map(Schedule::faults).map(|fault| fault.kind).collect();
    assert_eq!(kinds, FaultKind::ALL.into());
    let honest = schedules.iter().filter(|schedule| !schedule.has_lies()).count();
    assert!(honest > 60, "only {honest} of {SEEDS} schedules have to end in the very same world");
}
