//! The report as JSON, whose names are a promise: members may be added, never removed or changed.

use serde_json::{Value, json};

use super::{RunReport, TargetReport, Trouble};
use crate::apply::{Failure, Outcome, Skip};
use crate::model::id::Login;
use crate::model::settings::Mode;
use crate::plan::finding::Finding;
use crate::plan::{Action, Change, Withheld, Write};

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
        "served": counts.map(|counts| counts.served),
        "actions": actions
            .iter()
            .enumerate()
            .map(|(position, (action, outcome))| of_action(action, outcome, report.deleted(position)))
            .collect::<Vec<_>>(),
        "withheld": report.withheld().iter().map(of_withheld).collect::<Vec<_>>(),
        "approval": report.approval(),
        "findings": report.findings().iter().map(|finding| of_finding(finding, report)).collect::<Vec<_>>(),
        "requests": report.requests,
    })
}

fn of_withheld(held: &Withheld) -> Value {
    let Withheld { action, guard } = held;
    json!({
        "kind": action.kind().as_str(),
        "login": action.login().map(Login::as_str),
        "principal": action.principal().map(ToString::to_string),
        "mapping": action.mapping,
        "changes": changes(action),
        "guard": guard.as_str(),
    })
}

fn changes(action: &Action) -> Vec<Value> {
    action.changes.iter().map(|Change { field, from, to }| json!({"field": field, "from": from, "to": to})).collect()
}

fn of_action(action: &Action, outcome: &Outcome, deleted: Option<&Value>) -> Value {
    let is_assignment = matches!(action.write, Write::AssignGroup { .. });
    let error = match outcome {
        Outcome::Failed(failure) => Some(trouble(&of_failure(failure))),
        Outcome::Skipped(skip) => Some(trouble(&of_skip(skip))),
        Outcome::Planned | Outcome::Done | Outcome::AlreadySo => None,
    };
    json!({
        "kind": action.kind().as_str(),
        "login": action.login().map(Login::as_str),
        "group": action.mapping.as_deref().filter(|_| is_assignment),
        "principal": action.principal().map(ToString::to_string),
        "mapping": action.mapping,
        "changes": changes(action),
        "result": outcome.as_str(),
        "error": error,
        // A deleted user, whole, as it was right before.
        "user": deleted,
    })
}

/// An action that was not tried, in words.
pub(super) fn of_skip(skip: &Skip) -> Trouble {
    let plain = Trouble::plain(skip.as_str());
    match skip {
        Skip::NoAnswer(failure) => {
            let Trouble { message, mut causes, hint } = of_failure(failure);
            causes.insert(0, message);
            Trouble { causes, hint, ..plain }
        }
        _ => plain,
    }
}

/// A failed action in words.
pub(super) fn of_failure(failure: &Failure) -> Trouble {
    match failure {
        Failure::Call(error) => Trouble::of(error, error.hint()),
        Failure::LoginTaken => Trouble::of(failure, None),
    }
}

fn of_finding(finding: &Finding, report: &TargetReport) -> Value {
    let age = report.age(finding);
    json!({
        "id": finding.id(&report.name),
        "code": finding.code().as_str(),
        "severity": finding.code().severity().as_str(),
        "state": if age.is_new { "new" } else { "still" },
        "accepted": finding.accepted,
        "login": finding.login.as_ref().map(Login::as_str),
        "email": finding.email,
        "principal": finding.principal.as_ref().map(ToString::to_string),
        "evidence": finding.evidence(),
        "message": finding.message(),
        "fix": finding.fix(),
        "since": age.since.to_string(),
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
