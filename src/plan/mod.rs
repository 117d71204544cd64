//! From what was read to what is to be done: [`plan`]. Pure: the same snapshot and settings always give the same plan,
//! in the same order. There is no clock, no I/O, no metric and no way to fail in here; what cannot be decided for one
//! person becomes a finding for that person.
//!
//! Read `resolve` (who should exist), then `drift` and `leavers` (what is different), then `guard` (what may be done).
//!
//! | member's login in Connect       | whose                | what happens                                 |
//! |---------------------------------|----------------------|----------------------------------------------|
//! | exactly there                   | ours                 | served; `attribute-differs` where it differs |
//! | exactly there                   | foreign              | served; adopted where the policy says so     |
//! | exactly there                   | ours, another person | `email-reused`                               |
//! | not there, our tag elsewhere    | ours                 | `login-case` or `login-changed`              |
//! | in another case                 | anybody's            | `login-case`, nothing is created             |
//! | under the user name, or domain  | nobody's             | `email-mismatch`, held or created            |
//! | not there at all                |                      | created                                      |

mod action;
mod application;
mod attributes;
mod drift;
pub mod finding;
mod guard;
mod leavers;
mod letters;
pub mod likeness;
pub mod login;
mod name;
mod ownership;
mod resolve;
mod roster;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

pub use action::{Action, ActionKind, Change, Write};
use finding::{Finding, Kind};
use guard::{Draft, Fence};
pub use ownership::Ownership;

use crate::model::connect::SignIn;
use crate::model::directory::Principal;
use crate::model::id::{Login, PrincipalId};
use crate::model::settings::Settings;
use crate::model::snapshot::Snapshot;

/// What one pass is to do, and what it noticed. Only [`plan`] makes one, so what holds a plan has passed the guards.
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use]
pub struct Plan {
    actions: Vec<Action>,
    findings: Vec<Finding>,
    counts: Counts,
}

impl Plan {
    /// What is to be done, in order.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// What was noticed: errors first, then by code and subject.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many there were of whom.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The finding that makes the whole target impossible, where there is one: nothing is planned then.
    #[must_use]
    pub fn refusal(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.kind.refuses_target())
    }

    /// Takes the plan apart, once it has been carried out.
    #[must_use]
    pub fn into_parts(self) -> (Vec<Action>, Vec<Finding>, Counts) {
        (self.actions, self.findings, self.counts)
    }

    /// The same plan for one person only, who is named by login, e-mail or principal id; `None` where nobody who was
    /// read bears that name.
    #[must_use]
    pub fn only_for(&self, snapshot: &Snapshot, person: &str) -> Option<Self> {
        let named = |text: Option<&str>| text.is_some_and(|text| text.eq_ignore_ascii_case(person));
        let people = snapshot.directory.principals.values().filter(|principal| {
            let Principal { id, user_name, email, .. } = principal;
            named(Some(id.as_str())) || named(user_name.as_deref()) || named(email.as_deref())
        });
        let ids: BTreeSet<&PrincipalId> = people.map(|principal| &principal.id).collect();
        if ids.is_empty() && !snapshot.users.iter().any(|user| named(Some(user.login.as_str()))) {
            return None;
        }
        let concerns = |login: Option<&Login>, principal: Option<&PrincipalId>| {
            named(login.map(Login::as_str)) || principal.is_some_and(|id| ids.contains(id))
        };
        let mut plan = self.clone();
        plan.actions.retain(|action| concerns(action.login(), action.principal()));
        plan.findings.retain(|finding| concerns(finding.login.as_ref(), finding.principal.as_ref()));
        Some(plan)
    }
}

/// How many people and users were read, before anything was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// People who are to be able to work.
    pub members: usize,
    /// Those of them who, as far as can be seen, cannot sign in.
    pub blocked: usize,
    /// Users of the instance.
    pub connect_users: usize,
    /// Those of them that are ours.
    pub owned: usize,
    /// Those of them that another installation owns.
    pub elsewhere: usize,
    /// Members by the mapping that won, by its group's display name.
    pub by_mapping: BTreeMap<String, usize>,
}

/// Makes the plan of one pass.
pub fn plan(snapshot: &Snapshot, settings: &Settings) -> Plan {
    let fence = Fence::new(settings, &snapshot.catalog);
    let mut draft = Draft::default();
    note_readings(snapshot, &mut draft.findings);
    if let SignIn::Other(sign_in) = &snapshot.instance.sign_in {
        draft.findings.push(Finding::of_target(Kind::InstanceNotSaml { sign_in: sign_in.clone() }));
    } else {
        let desired = resolve::resolve(snapshot, settings, &mut draft.findings);
        drift::drift(snapshot, settings, &desired, &fence, &mut draft);
    }
    let today = snapshot.time.to_zoned(TimeZone::UTC).date();
    guard::guard(draft, settings, &fence, &snapshot.users, today)
}

/// What the readings themselves say, before anybody is looked at.
fn note_readings(snapshot: &Snapshot, findings: &mut Vec<Finding>) {
    /// Clocks that are further apart are a fault.
    const SKEW_SECONDS: u64 = 5 * 60;
    let skew = snapshot.skew.as_secs();
    if skew.unsigned_abs() > SKEW_SECONDS {
        findings.push(Finding::of_target(Kind::ClockSkew { seconds: skew }));
    }
    let users = snapshot.users.len();
    let missing = snapshot.users.iter().filter(|user| user.attributes.is_none()).count();
    if missing * 100 > users {
        findings.push(Finding::of_target(Kind::IndexBehind { missing, users }));
    }
    if snapshot.instance.replicated {
        findings.push(Finding::of_target(Kind::InstanceReplicated));
    }
}
