//! The report as metrics.

use std::collections::BTreeMap;

use super::{Cause, Standing, TargetReport, Verdict};
use crate::aws::Outcome;
use crate::aws::operation::OPERATIONS;
use crate::metrics::{Metrics, forget, unix};
use crate::model::settings::Mode;
use crate::plan::finding::CODES;
use crate::plan::{ActionKind, Counts, Guard};

/// The word for the findings that the configuration accepts.
const ACCEPTED: &str = "accepted";

/// Makes the series of calls that alert rules look at: an increase from nothing is none.
pub fn calls(metrics: &Metrics) {
    for operation in OPERATIONS {
        for outcome in [Outcome::Ok, Outcome::Throttled, Outcome::Denied] {
            metrics.requests.with_label_values(&[operation.service.prefix(), operation.name, outcome.as_str()]);
        }
    }
}

/// Makes the series of a target that alert rules look at, so that they are there before its first pass.
pub fn begin(metrics: &Metrics, target: &str) {
    for cause in [Cause::Schedule, Cause::Http, Cause::Startup] {
        for verdict in Verdict::ALL {
            metrics.passes.with_label_values(&[target, cause.as_str(), verdict.as_str()]);
        }
    }
    for kind in ActionKind::ALL {
        for result in ["done", "already_so", "failed", "skipped"] {
            metrics.actions.with_label_values(&[target, kind.as_str(), result]);
        }
    }
    for gauge in [&metrics.last_attempt, &metrics.last_complete, &metrics.last_converged] {
        gauge.with_label_values(&[target]);
    }
    metrics.failures.with_label_values(&[target]);
    metrics.blocked.with_label_values(&[target]);
    for ownership in ["owned", "foreign", "elsewhere"] {
        metrics.connect_users.with_label_values(&[target, ownership]);
    }
    for guard in Guard::ALL {
        metrics.withheld.with_label_values(&[target, guard.as_str()]);
    }
    for code in CODES {
        metrics.findings.with_label_values(&[target, code.as_str(), code.severity().as_str()]);
    }
}

/// What every pass adds: how it came out, and what came of its actions.
pub fn pass(metrics: &Metrics, report: &TargetReport, cause: Cause, mode: Mode) {
    let target = report.name.as_str();
    metrics.passes.with_label_values(&[target, cause.as_str(), report.verdict().as_str()]).inc();
    metrics.pass_seconds.with_label_values(&[target]).observe(report.elapsed.as_secs_f64());
    if mode == Mode::Plan || report.mode == Mode::Plan {
        return;
    }
    let mut actions: BTreeMap<(ActionKind, &'static str), u64> = BTreeMap::new();
    for (action, outcome) in report.actions() {
        *actions.entry((action.kind(), outcome.as_str())).or_default() += 1;
    }
    for ((kind, result), count) in actions {
        metrics.actions.with_label_values(&[target, kind.as_str(), result]).inc_by(count);
    }
}

/// How a target stands after a pass of everybody. Where it could not be read, only that is told: what was last seen stays.
pub fn standing(metrics: &Metrics, target: &str, standing: &Standing) {
    let times = [
        (&metrics.last_attempt, standing.last.as_ref().map(|last| last.at)),
        (&metrics.last_complete, standing.last_complete),
        (&metrics.last_converged, standing.last_converged),
    ];
    for (gauge, time) in times {
        gauge.with_label_values(&[target]).set(time.map_or(0.0, unix));
    }
    metrics.failures.with_label_values(&[target]).set(standing.failures.into());
    let Some(report) = &standing.read else { return };
    if let Some(counts) = report.counts() {
        of_counts(metrics, target, counts);
        of_guards(metrics, target, report);
        of_findings(metrics, target, report);
    }
}

fn of_counts(metrics: &Metrics, target: &str, counts: &Counts) {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    metrics.blocked.with_label_values(&[target]).set(number(counts.blocked));
    let foreign = counts.connect_users.saturating_sub(counts.owned + counts.elsewhere);
    for (ownership, count) in [("owned", counts.owned), ("foreign", foreign), ("elsewhere", counts.elsewhere)] {
        metrics.connect_users.with_label_values(&[target, ownership]).set(number(count));
    }
    // A group may have another name now.
    forget(&metrics.members, |labels| labels["target"] == target && !counts.by_mapping.contains_key(labels["mapping"]));
    for (mapping, count) in &counts.by_mapping {
        metrics.members.with_label_values(&[target, mapping]).set(number(*count));
    }
}

fn of_guards(metrics: &Metrics, target: &str, report: &TargetReport) {
    for guard in Guard::ALL {
        let held = report.withheld().iter().filter(|held| held.guard == guard).count();
        metrics.withheld.with_label_values(&[target, guard.as_str()]).set(i64::try_from(held).unwrap_or(i64::MAX));
    }
}

fn of_findings(metrics: &Metrics, target: &str, report: &TargetReport) {
    let mut counted: BTreeMap<(&'static str, &'static str), i64> =
        CODES.iter().map(|code| ((code.as_str(), code.severity().as_str()), 0)).collect();
    for finding in report.findings() {
        let severity = if finding.accepted { ACCEPTED } else { finding.code().severity().as_str() };
        *counted.entry((finding.code().as_str(), severity)).or_default() += 1;
    }
    forget(&metrics.findings, |labels| {
        labels["target"] == target && !counted.contains_key(&(labels["code"], labels["severity"]))
    });
    for ((code, severity), count) in counted {
        metrics.findings.with_label_values(&[target, code, severity]).set(count);
    }
}
