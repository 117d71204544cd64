//! The report as JSON, whose names are a promise: members may be added, never removed or changed.

use serde_json::{Value, json};

use super::{RunReport, TargetReport, Trouble};
use crate::apply::{Failure, Outcome};
use crate::model::id::Login;
use crate::model::settings::Mode;
use crate::plan::finding::Finding;
use crate::plan::{Action, Change, Write};

/// The version of this form.
const SCHEMA: u32 = 1;

/// The whole report of a finished run.
#[must_use]
pub fn run(report: &RunReport) -> Value {
    json!({
        "schema": SCHEMA,
        "run": report.run,
        "state": "done",
        "mode": report.mode.as_str(),
        "cause": report.cause.as_str(),
        "verdict": report.verdict().as_str(),
        "started_at": report.started_at.to_string(),
        "finished_at": report.finished_at.to_string(),
        "elapsed_seconds": rounded(report.elapsed.as_secs_f64()),
        "requests": report.requests,
        "targets": report.targets.iter().map(|target| of_target(target, report.mode)).collect::<Vec<_>>(),
    })
}

fn of_target(report: &TargetReport, mode: Mode) -> Value {
    let actions = report.actions();
    let counts = report.counts();
    // Only what was to be carried out can be on its way.
    let total = if mode == Mode::Apply && report.mode == Mode::Apply { actions.len() } else { 0 };
    json!({
        "name": report.name.as_str(),
        "mode": report.mode.as_str(),
        "verdict": report.verdict().as_str(),
        "error": report.trouble().as_ref().map(trouble),
        "progress": {"done": total, "total": total, "eta_seconds": 0},
        "estimate_seconds": rounded(report.estimate),
        "members": counts.map(|counts| counts.members),
        "blocked": counts.map(|counts| counts.blocked),
        "connect_users": counts.map(|counts| counts.connect_users),
        "owned": counts.map(|counts| counts.owned),
        "actions": actions.iter().map(|(action, outcome)| of_action(action, outcome)).collect::<Vec<_>>(),
        // No guard of this version holds an action back, so there is never anything to approve.
        "withheld": [],
        "approval": null,
        "findings": report.findings().iter().map(|finding| of_finding(finding, report)).collect::<Vec<_>>(),
        "requests": report.requests,
    })
}

fn of_action(action: &Action, outcome: &Outcome) -> Value {
    let is_assignment = matches!(action.write, Write::AssignGroup { .. });
    let error = match outcome {
        Outcome::Failed(failure) => Some(trouble(&of_failure(failure))),
        Outcome::Skipped(skip) => {
            Some(trouble(&Trouble { message: skip.as_str().to_owned(), causes: Vec::new(), hint: None }))
        }
        Outcome::Planned | Outcome::Done | Outcome::AlreadySo => None,
    };
    json!({
        "kind": action.kind().as_str(),
        "login": action.login().map(Login::as_str),
        "group": action.mapping.as_deref().filter(|_| is_assignment),
        "principal": action.principal().map(ToString::to_string),
        "mapping": action.mapping,
        "changes": action.changes.iter().map(|Change { field, from, to }| json!({"field": field, "from": from, "to": to})).collect::<Vec<_>>(),
        "result": outcome.as_str(),
        "error": error,
    })
}

/// A failed action in words.
pub(super) fn of_failure(failure: &Failure) -> Trouble {
    match failure {
        Failure::Call(error) => Trouble::of(error, error.hint()),
        Failure::LoginTaken => Trouble::of(failure, None),
    }
}

/// One command knows nothing of earlier runs, so to it every finding is new, and as old as the pass.
fn of_finding(finding: &Finding, report: &TargetReport) -> Value {
    json!({
        "id": finding.id(&report.name),
        "code": finding.code().as_str(),
        "severity": finding.code().severity().as_str(),
        "state": "new",
        "accepted": finding.accepted,
        "login": finding.login.as_ref().map(Login::as_str),
        "email": finding.email,
        "principal": finding.principal.as_ref().map(ToString::to_string),
        "evidence": finding.evidence(),
        "message": finding.message(),
        "fix": finding.fix(),
        "since": report.time.to_string(),
    })
}

fn trouble(trouble: &Trouble) -> Value {
    let Trouble { message, causes, hint } = trouble;
    json!({"message": message, "causes": causes, "hint": hint})
}

/// Milliseconds are enough.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}
