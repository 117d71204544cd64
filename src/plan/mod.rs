//! From what was read to what is to be done: [`plan`]. Pure: the same snapshot and settings always give the same plan,
//! in the same order. There is no clock, no I/O, no metric and no way to fail in here; what cannot be decided for one
//! person becomes a finding for that person.
//!
//! Read `resolve` (who should exist), then `drift` (member by member: `create`, `keep`), `leavers` and `ladder` (who is
//! left over), then `fence` and `guard` (what may be done).
//!
//! | member's login in Connect       | whose                | what happens                                        |
//! |---------------------------------|----------------------|-----------------------------------------------------|
//! | exactly there                   | ours                 | kept: given back, unmarked, put right by its mapping |
//! | exactly there                   | foreign              | served; adopted where the policy says so            |
//! | exactly there                   | ours, another person | `email-reused`; relinked once approved, if that one is gone |
//! | not there, our tag elsewhere    | ours                 | `login-case` or `login-changed`; recreated where the policy says so |
//! | in another case                 | anybody's            | `login-case`, nothing is created                    |
//! | under the user name, or domain  | nobody's             | `email-mismatch`, held or created                   |
//! | not there at all                |                      | created                                             |
//!
//! An owned user that no member speaks for goes down the ladder: marked, quarantined, deleted, each in its time.

mod action;
mod application;
mod attributes;
mod create;
mod drift;
pub mod explain;
mod fence;
pub mod finding;
mod guard;
mod keep;
mod ladder;
mod leavers;
mod letters;
pub mod likeness;
pub mod login;
pub mod marks;
mod name;
mod ownership;
mod pass;
mod resolve;
mod roster;
mod shut_out;
#[cfg(test)]
mod tests;
mod update;

use std::collections::{BTreeMap, BTreeSet};

pub use action::{Account, Action, ActionKind, Change, Departed, Pair, ProfileIds, Reason, Write};
use fence::Fence;
use finding::{Finding, Kind};
use guard::Draft;
pub use guard::{Guard, Withheld};
pub use name::{FIRST_MAX, LAST_MAX};
pub use ownership::Ownership;
pub use shut_out::{Remedy, ShutOut, Unmade};
pub use update::Update;

use crate::model::connect::{ConnectUser, SignIn};
use crate::model::directory::Status;
use crate::model::id::{Login, PrincipalId, SecurityProfileId};
use crate::model::settings::Settings;
use crate::model::snapshot::{Scope, Snapshot};

/// What one pass is to do, and what it noticed. Only [`plan`] makes one, so what holds a plan has passed the guards.
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use]
pub struct Plan {
    actions: Vec<Action>,
    withheld: Vec<Withheld>,
    approval: Option<String>,
    released: BTreeMap<Pair, String>,
    findings: Vec<Finding>,
    counts: Counts,
}

impl Plan {
    /// What is to be done, in order.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// What a guard holds back, in order.
    #[must_use]
    pub fn withheld(&self) -> &[Withheld] {
        &self.withheld
    }

    /// The code by which exactly what is withheld can be approved; `None` where nothing is.
    #[must_use]
    pub fn approval(&self) -> Option<&str> {
        self.approval.as_deref()
    }

    /// Lets what is withheld through, if this is its code. Says whether it is.
    pub fn approve(&mut self, code: &str) -> bool {
        if self.approval.as_deref() != Some(code) {
            return false;
        }
        self.approval = None;
        self.released.extend(self.withheld.iter().map(|held| (held.action.pair(), code.to_owned())));
        self.actions.extend(self.withheld.drain(..).map(|held| held.action));
        self.actions.sort_by(|one, other| one.order().cmp(&other.order()));
        true
    }

    /// Lets those of these pairs through that are withheld, each with the code that it was approved by. What is still
    /// withheld has another code then.
    pub fn release(&mut self, pairs: &BTreeMap<Pair, String>, settings: &Settings) {
        let (released, held): (Vec<_>, Vec<_>) =
            self.withheld.drain(..).partition(|held| pairs.contains_key(&held.action.pair()));
        let codes = released.iter().filter_map(|held| pairs.get_key_value(&held.action.pair()));
        self.released.extend(codes.map(|(pair, code)| (pair.clone(), code.clone())));
        self.withheld = held;
        self.approval = guard::code(settings, &self.withheld);
        self.actions.extend(released.into_iter().map(|held| held.action));
        self.actions.sort_by(|one, other| one.order().cmp(&other.order()));
    }

    /// The code by which somebody let this action through, where a guard had held it back.
    #[must_use]
    pub fn approved_by(&self, action: &Action) -> Option<&str> {
        self.released.get(&action.pair()).map(String::as_str)
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
    pub fn into_parts(self) -> Parts {
        let Self { actions, withheld, approval, released, findings, counts } = self;
        Parts { actions, withheld, approval, released, findings, counts }
    }
}

/// What a plan consists of.
#[derive(Debug)]
pub struct Parts {
    /// What was to be done.
    pub actions: Vec<Action>,
    /// What a guard held back.
    pub withheld: Vec<Withheld>,
    /// The code that approves it.
    pub approval: Option<String>,
    /// What guards held back and somebody let through, with the code of each.
    pub released: BTreeMap<Pair, String>,
    /// What was noticed.
    pub findings: Vec<Finding>,
    /// How many there were of whom.
    pub counts: Counts,
}

/// How many people and users were read, before anything was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// People who are to be able to work.
    pub members: usize,
    /// Those of them who, as far as can be seen, cannot sign in.
    pub blocked: usize,
    /// The same one by one, sorted by the person's id.
    pub shut_out: Vec<ShutOut>,
    /// Users of the instance.
    pub connect_users: usize,
    /// Members who have a Connect user with exactly their login, whoever owns it.
    pub served: usize,
    /// Those of the Connect users that are ours.
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
    guard::guard(draft, snapshot, settings, &fence)
}

/// The security profiles whose holders are never touched, so that it can be seen once more right before a write.
#[must_use]
pub fn protected_profiles(snapshot: &Snapshot, settings: &Settings) -> BTreeSet<SecurityProfileId> {
    Fence::new(settings, &snapshot.catalog).protected_profiles()
}

/// People whom nobody asked Identity Store about, and of whom the plan has to know whether they still exist: an owned
/// user carries their id, and has the login of a member.
#[must_use]
pub fn unknown_people(snapshot: &Snapshot, settings: &Settings) -> BTreeSet<PrincipalId> {
    let principals = &snapshot.directory.principals;
    let carried = |user: &'_ ConnectUser| match Ownership::of(user, &settings.owner) {
        Ownership::Owned { principal: Some(id), .. } => {
            Some(PrincipalId::new(id)).filter(|id| !principals.contains_key(id)).map(|id| (user.login.clone(), id))
        }
        _ => None,
    };
    let strangers: BTreeMap<Login, PrincipalId> = snapshot.users.iter().filter_map(carried).collect();
    if strangers.is_empty() {
        return BTreeSet::new();
    }
    let members = principals.values().filter(|person| person.status != Status::Disabled);
    let logins = members.filter_map(|person| resolve::login_of(person, settings.login_from).ok());
    logins.filter_map(|login| strangers.get(&login).cloned()).collect()
}

/// What the readings themselves say, before anybody is looked at.
fn note_readings(snapshot: &Snapshot, findings: &mut Vec<Finding>) {
    if snapshot.is_skewed() {
        findings.push(Finding::of_target(Kind::ClockSkew { seconds: snapshot.skew.as_secs() }));
    }
    let users = snapshot.users.len();
    let missing = snapshot.users.iter().filter(|user| user.attributes.is_none()).count();
    if snapshot.scope == Scope::Everybody && missing * 100 > users {
        findings.push(Finding::of_target(Kind::IndexBehind { missing, users }));
    }
    if snapshot.instance.replicated {
        findings.push(Finding::of_target(Kind::InstanceReplicated));
    }
}
