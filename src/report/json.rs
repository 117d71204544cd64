//! The report as JSON, whose names are a promise: members may be added, never removed or changed. The types here are what
//! programs see, and the description of the HTTP interface is made from them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Cause, RunReport, TargetReport, Trouble};
use crate::apply::Outcome;
use crate::model::id::Login;
use crate::model::settings::Mode;
use crate::plan;

/// The version of this form.
const SCHEMA: u32 = 1;

/// What one cause started: the passes of all its targets.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = RunReport)]
pub struct Run {
    /// The version of this form.
    pub schema: u32,
    /// The run's id, a ULID: later runs sort later.
    pub run: String,
    /// Where it stands.
    pub state: State,
    /// Whether anything was to be written: `plan` or `apply`.
    pub mode: Cow<'static, str>,
    /// What started it: `schedule`, `http`, `cli` or `startup`.
    pub cause: Cow<'static, str>,
    /// The person that it is for; null where it is for everybody.
    pub person: Option<String>,
    /// The worst verdict of its targets: `failed`, `incomplete`, `held`, `pending` or `converged`; null until it is done.
    pub verdict: Option<Cow<'static, str>>,
    /// When its first pass began, by the host's clock.
    pub started_at: Option<String>,
    /// When its last pass ended, by the host's clock.
    pub finished_at: Option<String>,
    /// How long it has taken.
    pub elapsed_seconds: Option<f64>,
    /// When an action of it was last heard of, by the host's clock, where it has not told its end: it works still, or was
    /// cut off. Null where it is over, and while it is a run of the process that is asked.
    pub last_heard: Option<String>,
    /// Attempts at calls, by service and operation.
    pub requests: BTreeMap<String, u64>,
    /// One for each target, in the order of the configuration.
    pub targets: Vec<Target>,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RunState)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Another pass has to end first.
    Queued,
    /// A pass of it is under way.
    Running,
    /// Every pass of it has ended.
    Done,
}

/// One target's pass.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = TargetReport)]
pub struct Target {
    /// The target.
    pub name: String,
    /// Whether it may be written to: `plan` or `apply`.
    pub mode: Cow<'static, str>,
    /// How the pass came out; null until it has ended.
    pub verdict: Option<Cow<'static, str>>,
    /// Why it failed, where it did.
    pub error: Option<Trouble>,
    /// How far its actions have come.
    pub progress: Progress,
    /// Seconds that carrying the plan out takes at the service's rate.
    pub estimate_seconds: Option<f64>,
    /// People who are to be able to work, as read.
    pub members: Option<usize>,
    /// Those of them who, as far as can be seen, could not sign in as the pass began.
    pub blocked: Option<usize>,
    /// Users of the instance.
    pub connect_users: Option<usize>,
    /// Those of them that are ours.
    pub owned: Option<usize>,
    /// Members who have a Connect user with exactly their login.
    pub served: Option<usize>,
    /// Members who, as far as can be seen, cannot sign in after the pass; null where a mapped group is missing, so that
    /// nobody can tell. The other counts are as read, before it.
    pub unable: Option<usize>,
    /// Every action, in the order of execution.
    pub actions: Vec<Action>,
    /// What guards hold back.
    pub withheld: Vec<Withheld>,
    /// The code that approves exactly what is withheld.
    pub approval: Option<String>,
    /// What was noticed.
    pub findings: Vec<Finding>,
    /// Attempts at calls for this target alone, by service and operation.
    pub requests: BTreeMap<String, u64>,
}

/// How far a pass has come.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// Actions that have ended.
    pub done: usize,
    /// Actions in all; 0 until they are known.
    pub total: usize,
    /// Seconds that the rest takes at the service's rate.
    pub eta_seconds: f64,
}

/// One change of one user, or one assignment of a group.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Action {
    /// What kind of change.
    pub kind: Cow<'static, str>,
    /// The Connect user's login.
    pub login: Option<String>,
    /// The group that is assigned.
    pub group: Option<String>,
    /// The person's id in Identity Store.
    pub principal: Option<String>,
    /// The group whose mapping is at work.
    pub mapping: Option<String>,
    /// What it changes.
    pub changes: Vec<Change>,
    /// The code by which somebody let it through; null where no guard had held it back.
    pub approval: Option<String>,
    /// What came of it: `planned`, `done`, `already_so`, `failed` or `skipped`; `begun` where that is not known of a run
    /// that has not told its end.
    pub result: Cow<'static, str>,
    /// Why it failed or was skipped.
    pub error: Option<Trouble>,
    /// A deleted user, whole, as it was right before, with the service's own names.
    #[schema(value_type = Option<Object>)]
    pub user: Option<Value>,
}

/// One field that an action changes.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// The field.
    pub field: String,
    /// What was there.
    pub from: Option<String>,
    /// What is to be there.
    pub to: Option<String>,
}

/// An action that a guard holds back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Withheld {
    /// What kind of change.
    pub kind: Cow<'static, str>,
    /// The Connect user's login.
    pub login: Option<String>,
    /// The person's id in Identity Store.
    pub principal: Option<String>,
    /// The group whose mapping is at work.
    pub mapping: Option<String>,
    /// What it would change.
    pub changes: Vec<Change>,
    /// Who objects.
    pub guard: Cow<'static, str>,
}

/// Something that a person should know, and can mend.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// Its identity: the same while the trouble lasts.
    pub id: String,
    /// What it is.
    pub code: Cow<'static, str>,
    /// `error`, `warning` or `info`.
    pub severity: Cow<'static, str>,
    /// `new` in the first pass that has it, then `still`.
    pub state: Cow<'static, str>,
    /// Whether the configuration accepts it for now.
    pub accepted: bool,
    /// The Connect user's login where one is involved, else the one that is wanted.
    pub login: Option<String>,
    /// The directory's e-mail of the person.
    pub email: Option<String>,
    /// The person's id in Identity Store.
    pub principal: Option<String>,
    /// What was seen.
    #[schema(value_type = Object)]
    pub evidence: Value,
    /// One sentence that can be read alone.
    pub message: String,
    /// The one thing to do about it.
    pub fix: String,
    /// When it was first found.
    pub since: String,
}

/// What is known of a run that is not over.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// Its id.
    pub run: &'a str,
    /// Where it stands.
    pub state: State,
    /// Whether anything is to be written.
    pub mode: Mode,
    /// What started it.
    pub cause: Cause,
    /// The person that it is for.
    pub person: Option<&'a str>,
    /// When its first pass began.
    pub started_at: Option<Timestamp>,
    /// How long it has taken so far.
    pub elapsed: Option<Duration>,
}

/// The whole report of a finished run, as text with a line for each member.
#[must_use]
pub fn text(report: &RunReport) -> String {
    // Strings, numbers and lists of them can always be written.
    serde_json::to_string_pretty(&run(report)).map_or_else(|error| error.to_string(), |text| text + "\n")
}

/// The whole report of a finished run.
#[must_use]
pub fn run(report: &RunReport) -> Run {
    let header = Header {
        run: &report.run,
        state: State::Done,
        mode: report.mode,
        cause: report.cause,
        person: report.person.as_deref(),
        started_at: Some(report.started_at),
        elapsed: Some(report.elapsed),
    };
    let targets = report.targets.iter().map(|report_of_target| target(report_of_target, report.mode)).collect();
    Run {
        verdict: Some(report.verdict().as_str().into()),
        finished_at: Some(report.finished_at.to_string()),
        ..under_way(header, report.requests.clone(), targets)
    }
}

/// A run that is not over.
#[must_use]
pub fn under_way(header: Header<'_>, requests: BTreeMap<String, u64>, targets: Vec<Target>) -> Run {
    Run {
        schema: SCHEMA,
        run: header.run.to_owned(),
        state: header.state,
        mode: header.mode.as_str().into(),
        cause: header.cause.as_str().into(),
        person: header.person.map(str::to_owned),
        verdict: None,
        started_at: header.started_at.map(|at| at.to_string()),
        finished_at: None,
        elapsed_seconds: header.elapsed.map(|elapsed| rounded(elapsed.as_secs_f64())),
        last_heard: None,
        requests,
        targets,
    }
}

impl Target {
    /// A pass that has not ended.
    #[must_use]
    pub fn under_way(name: &str, mode: Mode, progress: Progress) -> Self {
        Self { name: name.to_owned(), mode: mode.as_str().into(), progress, ..Self::default() }
    }
}

/// A pass that has ended, within a run of this mode.
#[must_use]
pub fn target(report: &TargetReport, mode: Mode) -> Target {
    let actions = report.actions();
    let counts = report.counts();
    // Only what was to be carried out can be on its way.
    let total = if mode == Mode::Apply && report.mode == Mode::Apply { actions.len() } else { 0 };
    Target {
        name: report.name.to_string(),
        mode: report.mode.as_str().into(),
        verdict: Some(report.verdict().as_str().into()),
        error: report.trouble(),
        progress: Progress { done: total, total, eta_seconds: 0.0 },
        estimate_seconds: Some(rounded(report.estimate)),
        members: counts.map(|counts| counts.members),
        blocked: counts.map(|counts| counts.blocked),
        connect_users: counts.map(|counts| counts.connect_users),
        owned: counts.map(|counts| counts.owned),
        served: counts.map(|counts| counts.served),
        unable: report.count_of_unable(),
        actions: actions
            .iter()
            .enumerate()
            .map(|(position, (action, outcome))| Action {
                approval: report.approved_by(action).map(str::to_owned),
                user: report.deleted(position).cloned(),
                ..of_action(action, outcome)
            })
            .collect(),
        withheld: report.withheld().iter().map(of_withheld).collect(),
        approval: report.approval().map(str::to_owned),
        findings: findings(report),
        requests: report.requests.clone(),
    }
}

/// What a pass noticed.
#[must_use]
pub fn findings(report: &TargetReport) -> Vec<Finding> {
    report.findings().iter().map(|finding| of_finding(finding, report)).collect()
}

fn of_withheld(held: &plan::Withheld) -> Withheld {
    let plan::Withheld { action, guard } = held;
    Withheld {
        kind: action.kind().as_str().into(),
        login: action.login().map(ToString::to_string),
        principal: action.principal().map(ToString::to_string),
        mapping: action.mapping.clone(),
        changes: changes(action),
        guard: guard.as_str().into(),
    }
}

fn changes(action: &plan::Action) -> Vec<Change> {
    let change = |plan::Change { field, from, to }: &plan::Change| Change {
        field: field.clone(),
        from: from.clone(),
        to: to.clone(),
    };
    action.changes.iter().map(change).collect()
}

fn of_action(action: &plan::Action, outcome: &Outcome) -> Action {
    let is_assignment = matches!(action.write, plan::Write::AssignGroup { .. });
    let error = Trouble::of_outcome(outcome);
    Action {
        kind: action.kind().as_str().into(),
        login: action.login().map(ToString::to_string),
        group: action.mapping.clone().filter(|_| is_assignment),
        principal: action.principal().map(ToString::to_string),
        mapping: action.mapping.clone(),
        changes: changes(action),
        result: outcome.as_str().into(),
        error,
        approval: None,
        user: None,
    }
}

/// An action of a run that is under way: what came of it, or that it has begun.
#[must_use]
pub fn step(action: &plan::Action, outcome: Option<&Outcome>) -> Action {
    let told = of_action(action, outcome.unwrap_or(&Outcome::Planned));
    if outcome.is_some() { told } else { Action { result: "begun".into(), ..told } }
}

fn of_finding(finding: &plan::finding::Finding, report: &TargetReport) -> Finding {
    let age = report.age(finding);
    Finding {
        id: finding.id(&report.name),
        code: finding.code().as_str().into(),
        severity: finding.code().severity().as_str().into(),
        state: if age.is_new { "new" } else { "still" }.into(),
        accepted: finding.accepted,
        login: finding.login.as_ref().map(Login::to_string),
        email: finding.email.clone(),
        principal: finding.principal.as_ref().map(ToString::to_string),
        evidence: finding.evidence(),
        message: finding.message(),
        fix: finding.fix(),
        since: age.since.to_string(),
    }
}

/// Milliseconds are enough.
#[must_use]
pub fn rounded(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}
