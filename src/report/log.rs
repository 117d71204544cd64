//! The report as log lines: one for each finding, and one that ends each pass, whose names are a promise.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tracing::{error, info, warn};

use super::{Cause, TargetReport, Trouble};
use crate::apply::{Outcome, Progress};
use crate::model::id::TargetName;
use crate::plan::finding::Finding;
use crate::plan::{ActionKind, Withheld};

/// What changes a Connect user and takes nothing away.
const UPDATES: [ActionKind; 6] = [
    ActionKind::AdoptUser,
    ActionKind::RelinkUser,
    ActionKind::UpdateUser,
    ActionKind::MarkAbsent,
    ActionKind::UnmarkAbsent,
    ActionKind::RestoreUser,
];

/// How people appear in log lines.
#[derive(Clone)]
pub enum People {
    /// As they are.
    Plain,
    /// As a keyed hash: the same person is the same word, and nobody without the key can tell who it is.
    Hashed {
        /// The key.
        key: Vec<u8>,
    },
}

impl std::fmt::Debug for People {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            Self::Hashed { .. } => "Hashed",
        })
    }
}

impl People {
    /// The word that stands for a person.
    #[must_use]
    pub fn word(&self, person: &str) -> String {
        match self {
            Self::Plain => person.to_owned(),
            // A key of any length will do, so this cannot fail; were it to, nobody would be shown.
            Self::Hashed { key } => Hmac::<Sha256>::new_from_slice(key).map_or_else(
                |_| "person".to_owned(),
                |mut mac| {
                    mac.update(person.as_bytes());
                    let leading =
                        mac.finalize().into_bytes().iter().take(6).fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
                    format!("person-{leading:012x}")
                },
            ),
        }
    }
}

/// Writes how far the actions of a target have come, if there are any.
pub fn progress(target: &TargetName, progress: &Progress) {
    let (done, total) = progress.get();
    if total > 0 {
        let eta_seconds = progress.seconds_left().ceil();
        info!(event = "progress", target = target.as_str(), done, total, eta_seconds, "actions are under way");
    }
}

/// Writes that somebody is deleted whom the history has not taken down: only the report will say who it was.
pub fn unrecorded(target: &TargetName, login: Option<&str>) {
    warn!(
        event = "deletion-unrecorded",
        target = target.as_str(),
        login,
        "a user is deleted before the history has taken down who it was: only the report of the run will say"
    );
}

/// Writes the lines of a pass that has ended.
pub fn pass(target: &TargetReport, cause: Cause, people: &People) {
    let is_new = |finding: &&Finding| !finding.accepted && target.age(finding).is_new;
    for finding in target.findings().iter().filter(is_new) {
        of_finding(finding, "new", target, people);
    }
    for finding in target.gone() {
        of_finding(finding, "gone", target, people);
    }
    of_actions(target, people);
    of_withheld(target, people);
    of_pass(target, cause);
}

fn of_finding(finding: &Finding, state: &str, target: &TargetReport, people: &People) {
    let veil = |person: &str| people.word(person);
    let login = finding.login.as_ref().map(|login| veil(login.as_str()));
    let email = finding.email.as_deref().map(veil);
    info!(
        event = "finding",
        target = target.name.as_str(),
        code = finding.code().as_str(),
        severity = finding.code().severity().as_str(),
        state,
        login,
        email,
        principal = finding.principal.as_ref().map(ToString::to_string),
        fix = finding.fix_veiled(&veil),
        "{}",
        finding.message_veiled(&veil),
    );
}

/// A line for each action that was to be carried out: what came of it.
fn of_actions(target: &TargetReport, people: &People) {
    let name = target.name.as_str();
    // The sentences of errors may name the person, so only the kind of trouble is told where people are hashed.
    let cause = |trouble: Trouble| match people {
        People::Plain => trouble.causes.join(": "),
        People::Hashed { .. } => String::new(),
    };
    let is_plain = matches!(people, People::Plain);
    for (position, (action, outcome)) in target.actions().iter().enumerate() {
        let login = action.login().map(|login| people.word(login.as_str()));
        let principal = action.principal().map(ToString::to_string);
        let (kind, mapping, result) = (action.kind().as_str(), action.mapping.as_deref(), outcome.as_str());
        match outcome {
            Outcome::Planned => {}
            Outcome::Done | Outcome::AlreadySo => {
                info!(
                    event = "action",
                    target = name,
                    kind,
                    login,
                    principal,
                    mapping,
                    result,
                    // Nobody else remembers a user who was deleted.
                    user = target.deleted(position).filter(|_| is_plain).map(ToString::to_string),
                    "an action came out well"
                );
            }
            Outcome::Skipped(skip) => {
                let (reason, cause) = (skip.as_str(), cause(Trouble::of_skip(skip)));
                warn!(
                    event = "action",
                    target = name,
                    kind,
                    login,
                    principal,
                    mapping,
                    result,
                    reason,
                    cause,
                    "an action was skipped"
                );
            }
            Outcome::Failed(failure) => {
                let cause = cause(Trouble::of_failure(failure));
                error!(
                    event = "action",
                    target = name,
                    kind,
                    login,
                    principal,
                    mapping,
                    result,
                    cause,
                    "an action failed"
                );
            }
        }
    }
}

/// What is held back is told one by one, and how to approve it.
fn of_withheld(target: &TargetReport, people: &People) {
    for Withheld { action, guard } in target.withheld() {
        let login = action.login().map(|login| people.word(login.as_str()));
        let (kind, guard) = (action.kind().as_str(), guard.as_str());
        warn!(event = "withheld", target = target.name.as_str(), kind, login, guard, "a guard holds an action back");
    }
    if let Some(approval) = target.approval() {
        let count = target.withheld().len();
        warn!(event = "approval", target = target.name.as_str(), approval, count, "what is withheld can be approved");
    }
}

fn of_pass(target: &TargetReport, cause: Cause) {
    if let Some(trouble) = target.trouble() {
        let causes = trouble.causes.join(": ");
        error!(event = "trouble", target = target.name.as_str(), causes, hint = trouble.hint, "{}", trouble.message);
    }
    let counts = target.counts().cloned().unwrap_or_default();
    let done = |kinds: &[ActionKind]| target.count(kinds, |outcome| matches!(outcome, Outcome::Done));
    let failed = target.actions().iter().filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_))).count();
    info!(
        event = "pass",
        target = target.name.as_str(),
        verdict = target.verdict().as_str(),
        cause = cause.as_str(),
        members = counts.members,
        blocked = counts.blocked,
        created = done(&[ActionKind::CreateUser]),
        updated = done(&UPDATES),
        removed = done(&[ActionKind::QuarantineUser, ActionKind::DeleteUser]),
        withheld = target.withheld().len(),
        failed,
        elapsed_seconds = (target.elapsed.as_secs_f64() * 1000.0).round() / 1000.0,
        "the pass is over",
    );
}
