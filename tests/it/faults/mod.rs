//! Faults of every kind, at every operation and at random, and what has to hold through all of them: what went wrong is
//! told, nobody is touched who may not be, nobody is removed who would have stayed, nothing is done twice, and once the
//! services behave again the world becomes what it would have been.

mod life;
mod matrix;
mod schedules;

use std::collections::{BTreeMap, BTreeSet};

use rollcall::commands::ExitStatus;
use rollcall::report::RunReport;
use rollcall::sim::FaultKind;
use serde_json::Value;

use crate::stage::{Stage, view};

/// Leaves a check with a sentence where something does not hold.
macro_rules! ensure {
    ($holds:expr, $($sentence:tt)+) => {
        if !$holds {
            return Err(format!($($sentence)+));
        }
    };
}
use ensure;

/// What the assignments of the application are called among logins.
const ASSIGNMENTS: &str = "(assignments)";

/// Time-outs for passes in which the service does not answer, and how long an answer that is slow takes in milliseconds.
const IMPATIENT: &str = "\n[timeouts]\nconnect = \"1s\"\nattempt = \"2s\"\ncall = \"4s\"\n";
const SLOW: u64 = 2_500;

/// Whether an answer with this fault looks like a good one and is none, so that no caller can know.
fn is_lie(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::LostToken | FaultKind::EmptyList)
}

/// What has to be the same in the end, by whatever way it was reached: not the ids of users who were created, and not
/// the times in marks.
#[derive(Debug, Clone, PartialEq)]
struct Picture {
    users: BTreeMap<String, Value>,
    assignments: Value,
}

impl Picture {
    fn of(stage: &Stage) -> Self {
        let world = stage.sim.snapshot();
        let user = |user: &Value| {
            let mut user = user.clone();
            let login = user["login"].as_str().unwrap().to_owned();
            let members = user.as_object_mut().unwrap();
            members.retain(|name, _| !["id", "arn"].contains(&name.as_str()));
            for mark in ["rollcall:absent-since", "rollcall:quarantined-at"] {
                if let Some(time) = members["tags"].get_mut(mark) {
                    *time = Value::from(time.as_str().is_some_and(|time| time.parse::<jiff::Timestamp>().is_ok()));
                }
            }
            (login, user)
        };
        Self {
            users: world["instances"][0]["users"].as_array().unwrap().iter().map(user).collect(),
            assignments: world["applications"][0]["assignments"].clone(),
        }
    }

    fn logins(&self) -> BTreeSet<&str> {
        self.users.keys().map(String::as_str).collect()
    }

    fn in_quarantine(&self) -> BTreeSet<&str> {
        let is_in = |user: &&Value| !user["tags"]["rollcall:quarantined-at"].is_null();
        self.users.iter().filter(|(_, user)| is_in(user)).map(|(login, _)| login.as_str()).collect()
    }

    /// Whose the user with this login is.
    fn person(&self, login: &str) -> Option<&str> {
        self.users.get(login).and_then(|user| user["tags"]["rollcall:principal"].as_str())
    }

    /// The logins of whoever is another than in the other picture.
    fn differing<'p>(&'p self, other: &'p Self) -> BTreeSet<&'p str> {
        let both = self.logins().into_iter().chain(other.logins());
        let mut differing: BTreeSet<&str> =
            both.filter(|login| self.users.get(*login) != other.users.get(*login)).collect();
        if self.assignments != other.assignments {
            differing.insert(ASSIGNMENTS);
        }
        differing
    }
}

/// Holds a report against itself: its verdict and its exit code follow from what it tells, and whatever did not come out
/// well has its reason. Gives the logins of whom it tells that something did not come out well.
fn honest(report: &RunReport) -> Result<BTreeSet<String>, String> {
    let told = view(report);
    let target = &told["targets"][0];
    let list = |name: &str| target[name].as_array().cloned().unwrap_or_default();
    let is_unwell = |action: &&Value| ["failed", "skipped"].contains(&action["result"].as_str().unwrap());
    let (actions, withheld) = (list("actions"), list("withheld"));
    let unwell: Vec<&Value> = actions.iter().filter(is_unwell).collect();
    let exit = match target["error"].is_null() {
        false => ExitStatus::Failure,
        true if !unwell.is_empty() => ExitStatus::Incomplete,
        true if !withheld.is_empty() => ExitStatus::Held,
        true => ExitStatus::Success,
    };
    ensure!(ExitStatus::of_sync(report.verdict()) == exit, "the exit code should be {exit:?}: {told:#}");
    ensure!(exit != ExitStatus::Failure || actions.is_empty(), "nothing was read, and something done: {told:#}");
    let errors = unwell.iter().map(|action| &action["error"]).chain([&target["error"]]);
    for error in errors.filter(|error| !error.is_null()) {
        ensure!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "no reason: {error:#}");
    }
    ensure!(unwell.iter().all(|action| action["error"].is_object()), "no reason: {unwell:#?}");
    let name = |action: &Value| action["login"].as_str().unwrap_or(ASSIGNMENTS).to_owned();
    Ok(unwell.into_iter().chain(&withheld).map(name).collect())
}

/// Holds what came of a pass against how it was before and how it should become: nobody is removed who would have
/// stayed, and nobody's user is given to somebody else. That nobody is created twice, `nobody_made_up` says: a login is
/// there once, and one that nobody should have is a second one of somebody.
fn harmless(before: &Picture, now: &Picture, wanted: &Picture) -> Result<(), String> {
    let gone = |from: &'_ Picture, to: &'_ Picture| -> BTreeSet<String> {
        from.logins().difference(&to.logins()).map(|login| (*login).to_owned()).collect()
    };
    let (deleted, may_be_deleted) = (gone(before, now), gone(before, wanted));
    ensure!(deleted.is_subset(&may_be_deleted), "deleted: {deleted:?}, and not only {may_be_deleted:?}");
    let parked = now.in_quarantine();
    let may_be_parked: BTreeSet<&str> = wanted.in_quarantine().union(&before.in_quarantine()).copied().collect();
    ensure!(parked.is_subset(&may_be_parked), "in quarantine: {parked:?}, and not only {may_be_parked:?}");
    for login in now.logins().into_iter().filter(|login| before.users.contains_key(*login)) {
        let person = now.person(login);
        let may_be = [before.person(login), wanted.person(login)];
        ensure!(may_be.contains(&person), "`{login}` is {person:?}'s, not one of {may_be:?}");
    }
    Ok(())
}

/// Whoever was created is somebody who should be.
fn nobody_made_up(before: &Picture, now: &Picture, wanted: &Picture) -> Result<(), String> {
    let made: BTreeSet<&str> = now.logins().difference(&before.logins()).copied().collect();
    ensure!(made.is_subset(&wanted.logins()), "created: {made:?}, and not only {:?}", wanted.logins());
    Ok(())
}
