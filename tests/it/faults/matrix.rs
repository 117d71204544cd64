//! Every operation that a pass calls, with every fault that it can have: once at its first call, and from its last call
//! on for good.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};
use rollcall::aws::Effect;
use rollcall::aws::operation::{self, OPERATIONS, Operation};
use rollcall::report::RunReport;
use rollcall::sim::{Fault, FaultKind, Service};
use serde_json::Value;

use super::life::{self, Act};
use super::{IMPATIENT, Picture, SLOW, ensure, harmless, honest, is_lie, nobody_made_up};
use crate::stage::{Stage, actions, codes};

/// So many cases are played side by side: most of their time is waiting to try again.
const SIDE_BY_SIDE: usize = 16;

/// When a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// The first call, and no other.
    First,
    /// The last call, and whatever is tried after it.
    Last,
}

#[derive(Debug, Clone, Copy)]
struct Case {
    act: Act,
    operation: &'static Operation,
    kind: FaultKind,
    moment: Moment,
}

/// What a pass without faults comes to.
struct Calm {
    code: String,
    before: Picture,
    after: Picture,
    actions: Vec<String>,
    findings: usize,
    calls: BTreeMap<&'static str, u64>,
}

fn service(operation: &Operation) -> Service {
    match operation.service {
        operation::Service::IdentityStore => Service::IdentityStore,
        operation::Service::SsoAdmin => Service::Sso,
        operation::Service::Connect => Service::Connect,
    }
}

/// The name that tells operations of two services apart.
fn name(operation: &'static Operation) -> &'static str {
    match (operation.service, operation.name) {
        (operation::Service::IdentityStore, "ListUsers") => "identitystore:ListUsers",
        (operation::Service::IdentityStore, "DescribeUser") => "identitystore:DescribeUser",
        (_, name) => name,
    }
}

/// The calls of each operation so far, and how many of them a fault struck.
fn calls(stage: &Stage) -> BTreeMap<&'static str, (u64, u64)> {
    let mut calls = BTreeMap::new();
    for entry in stage.sim.journal() {
        let of = OPERATIONS.iter().find(|one| service(one) == entry.service && one.name == entry.operation);
        let (all, struck): &mut (u64, u64) = calls.entry(name(of.unwrap())).or_default();
        *all += 1;
        *struck += u64::from(entry.fault.is_some());
    }
    calls
}

impl Calm {
    async fn of(act: Act) -> Self {
        let stage = life::stage().await;
        let (before, code) = (Picture::of(&stage), life::approval(&stage).await);
        stage.sim.clear_journal();
        let report = act.play(&stage, &code).await;
        honest(&report).unwrap();
        let calls = calls(&stage).into_iter().map(|(name, (all, _))| (name, all)).collect();
        let (actions, findings) = (actions(&report), codes(&report).len());
        Self { code, before, after: Picture::of(&stage), actions, findings, calls }
    }
}

/// Whether a fault of this kind can befall an operation, and can be told from a good answer.
fn makes_sense(kind: FaultKind, operation: &Operation) -> bool {
    let writes = operation.effect == Effect::Write;
    match kind {
        FaultKind::RepeatToken | FaultKind::LostToken | FaultKind::EmptyList => {
            operation.name.starts_with("List") || operation.name.starts_with("Search")
        }
        FaultKind::Conflict => writes,
        // The good answer of most writes is empty.
        FaultKind::EmptyObject => !writes || operation.name == "CreateUser",
        // Identity Center's own lists do not declare that anything could be missing.
        FaultKind::KmsMissing => {
            service(operation) != Service::Connect && !["ListInstances", "ListApplications"].contains(&operation.name)
        }
        _ => true,
    }
}

/// What an act adds to those before it: of the first everything, of the others what was not called before.
fn cases(calms: &[(Act, Calm)], moment: Moment, effect: Effect) -> Vec<Case> {
    let mut seen = BTreeSet::new();
    let mut cases = Vec::new();
    for (act, calm) in calms {
        for operation in OPERATIONS.iter().copied().filter(|one| one.effect == effect) {
            if calm.calls.contains_key(name(operation)) && seen.insert(name(operation)) {
                let kinds = FaultKind::ALL.into_iter().filter(|kind| makes_sense(*kind, operation));
                cases.extend(kinds.map(|kind| Case { act: *act, operation, kind, moment }));
            }
        }
    }
    cases
}

impl Case {
    /// Plays a pass with the fault and then passes without; gives the operation if the fault struck it.
    async fn play(self, calm: &Calm, goal: &Picture) -> Result<Option<&'static str>, String> {
        let Self { act, operation, kind, moment } = self;
        let mut stage = life::stage().await;
        let usual = stage.config.clone();
        if matches!(kind, FaultKind::Hang | FaultKind::Slow | FaultKind::Stall) {
            stage.configure(IMPATIENT);
        }
        let untouchable = life::untouchable(&stage);
        let fault = Fault { delay_ms: Some(SLOW), ..Fault::new(service(operation), operation.name, kind) };
        let last = calm.calls[name(operation)] - 1;
        stage.sim.inject(match moment {
            Moment::First => fault.times(1),
            Moment::Last => fault.after(last),
        });
        let report = act.play(&stage, &calm.code).await;
        let struck = calls(&stage).get(name(operation)).is_some_and(|(_, struck)| *struck > 0);
        let now = Picture::of(&stage);
        calm.is_kept(&stage, &report, &now, is_lie(kind))?;
        stage.sim.clear_faults();
        stage.config = usual;
        let mut passes = 0;
        while Picture::of(&stage) != *goal {
            passes += 1;
            let report = stage.sync_with(&[&calm.code]).await;
            honest(&report)?;
            let now = Picture::of(&stage);
            // A lie may have cost somebody a rung that has to be climbed back.
            ensure!(
                now == *goal || is_lie(kind) && passes < 3,
                "not as it should be after {passes} passes: {:?}, {:#?}",
                now.differing(goal),
                actions(&report)
            );
        }
        ensure!(life::untouchable(&stage) == untouchable, "somebody was touched who may not be");
        Ok(struck.then_some(name(operation)))
    }
}

impl Calm {
    /// Whether a pass with a fault kept everything that has to be kept, and told what it did not do.
    fn is_kept(&self, stage: &Stage, report: &RunReport, now: &Picture, is_lie: bool) -> Result<(), String> {
        let unwell = honest(report)?;
        harmless(&self.before, now, &self.after)?;
        nobody_made_up(&self.before, now, &self.after)?;
        if report.targets[0].trouble().is_some() {
            let writes = stage.writes();
            ensure!(writes.is_empty() && *now == self.before, "nothing was read, and yet written: {writes:?}");
            return Ok(());
        }
        let untold: Vec<&str> =
            now.differing(&self.after).into_iter().filter(|login| !unwell.contains(*login)).collect();
        // Whoever is lied to cannot say who is concerned; but that it is another world shows.
        let shows = is_lie && (actions(report) != self.actions || codes(report).len() != self.findings);
        ensure!(untold.is_empty() || shows, "not done, and not told: {untold:?}; told: {:#?}", actions(report));
        Ok(())
    }
}

async fn calms() -> Vec<(Act, Calm)> {
    stream::iter(Act::ALL).then(async |act| (act, Calm::of(act).await)).collect().await
}

async fn every_case_holds(moment: Moment, effect: Effect) {
    let calms = calms().await;
    let goal = &calms[0].1.after;
    let cases = cases(&calms, moment, effect);
    let calm_of = |act: Act| calms.iter().find(|(one, _)| *one == act).map(|(_, calm)| calm).unwrap();
    let play = async |case: Case| (case, case.play(calm_of(case.act), goal).await);
    let mut played: Vec<_> = stream::iter(cases).map(play).buffer_unordered(SIDE_BY_SIDE).collect().await;
    // On a busy machine a good answer may come too late, so that the call that is meant is never made: once more, alone.
    for (case, result) in &mut played {
        if matches!(result, Ok(None)) {
            *result = case.play(calm_of(case.act), goal).await;
        }
    }
    let broken: Vec<String> = played
        .iter()
        .filter_map(|(case, result)| {
            let Case { act, operation, kind, moment } = case;
            result.as_ref().err().map(|why| format!("{act:?} {operation} {kind:?} {moment:?}: {why}"))
        })
        .collect();
    assert!(broken.is_empty(), "{} of {} cases:\n{}", broken.len(), played.len(), broken.join("\n"));
    let spared: Vec<String> = played
        .iter()
        .filter(|(_, result)| matches!(result, Ok(None)))
        .map(|(case, _)| format!("{} {:?}", case.operation, case.kind))
        .collect();
    assert_eq!(spared, [""; 0], "these faults struck nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_at_the_first_call_of_any_reading_operation_does_no_harm() {
    every_case_holds(Moment::First, Effect::Read).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_from_the_last_call_of_any_reading_operation_on_does_no_harm() {
    every_case_holds(Moment::Last, Effect::Read).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_at_the_first_call_of_any_writing_operation_does_no_harm() {
    every_case_holds(Moment::First, Effect::Write).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_from_the_last_call_of_any_writing_operation_on_does_no_harm() {
    every_case_holds(Moment::Last, Effect::Write).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_of_the_program_is_struck() {
    let calms = calms().await;
    let effects = [Effect::Read, Effect::Write];
    let struck: BTreeSet<&str> = effects
        .into_iter()
        .flat_map(|effect| cases(&calms, Moment::First, effect))
        .map(|case| name(case.operation))
        .collect();
    let all: BTreeSet<&str> = OPERATIONS.iter().map(|operation| name(operation)).collect();
    assert_eq!(struck, all);
    let kinds: BTreeSet<&str> = calms[0].1.actions.iter().filter_map(|line| line.split(' ').next()).collect();
    let every = rollcall::plan::ActionKind::ALL.map(rollcall::plan::ActionKind::as_str);
    assert_eq!(kinds, every.into_iter().collect(), "a pass does all that can be done: {:#?}", calms[0].1.actions);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pass_without_faults_leaves_nothing_to_do() {
    let stage = life::stage().await;
    let code = life::approval(&stage).await;
    let untouchable = life::untouchable(&stage);
    assert!(untouchable.iter().all(Value::is_object));
    Act::Everybody.play(&stage, &code).await;
    let after = Picture::of(&stage);
    stage.sim.clear_journal();
    assert_eq!(actions(&stage.sync().await), [""; 0]);
    assert_eq!((stage.writes().len(), Picture::of(&stage)), (0, after));
    assert_eq!(life::untouchable(&stage), untouchable);
}
