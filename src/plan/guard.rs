//! The last gate before a plan can be carried out. A [`Draft`] holds what would make the worlds equal, a [`Plan`] what may
//! be done about it, and only this module makes one out of the other, so that nothing reaches `apply` that did not pass
//! here.
//!
//! What the fence forbids is dropped. What a guard doubts is withheld: it stays in the plan, with the guard's name, until
//! somebody approves it. A guard judges the whole plan of a target, and past a limit it withholds every action of the
//! kinds that it counts: which of a thousand leavers are the mistaken ones cannot be told.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::SignedDuration;
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use super::action::{Action, ActionKind};
use super::fence::Fence;
use super::finding::Finding;
use super::marks::Mark;
use super::ownership::Ownership;
use super::{Counts, Plan};
use crate::model::connect::ConnectUser;
use crate::model::id::{ConnectUserId, Login};
use crate::model::settings::{GroupRef, Limit, Settings};
use crate::model::snapshot::{Scope, Snapshot};
use crate::model::tag;

/// Quarantines are counted over so long.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How long a code can be used to approve what it stands for, and how long the approval is then good for.
pub const APPROVAL_LASTS: Duration = Duration::from_hours(24);
/// Removals that a percentage always allows.
const REMOVALS_ALWAYS: u64 = 3;
/// Changes that a percentage always allows.
const CHANGES_ALWAYS: u64 = 500;

/// What would make both worlds equal, before anybody asked whether it is allowed.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) actions: Vec<Action>,
    pub(super) findings: Vec<Finding>,
    pub(super) counts: Counts,
}

/// The closed set of guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// An owned user is to go to another person.
    LoginReused,
    /// The group that the tag names cannot be found, or may be one that cannot be found.
    GroupMissing,
    /// Nobody is in the group that the tag names.
    EmptyGroup,
    /// No mapping has the group that the tag names.
    Unmapped,
    /// There are too many quarantines in a day, or deletions in a pass.
    MaxRemovals,
    /// There are too many creates, adoptions and updates in a pass.
    MaxChanges,
}

impl Guard {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::LoginReused, Self::GroupMissing, Self::EmptyGroup, Self::Unmapped, Self::MaxRemovals, Self::MaxChanges];

    /// The name as it is printed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoginReused => "login-reused",
            Self::GroupMissing => "group-missing",
            Self::EmptyGroup => "empty-group",
            Self::Unmapped => "unmapped",
            Self::MaxRemovals => "max-removals",
            Self::MaxChanges => "max-changes",
        }
    }
}

/// An action that a guard holds back.
#[derive(Debug, Clone, PartialEq)]
pub struct Withheld {
    /// What would be done.
    pub action: Action,
    /// Who objects. Where several do, the first of them.
    pub guard: Guard,
}

/// Sorts a draft, drops what the fence forbids, withholds what a guard doubts, and marks what the configuration accepts.
pub(super) fn guard(draft: Draft, snapshot: &Snapshot, settings: &Settings, fence: &Fence<'_>) -> Plan {
    let Draft { mut actions, mut findings, counts } = draft;
    let users: FxHashMap<&ConnectUserId, &ConnectUser> = snapshot.users.iter().map(|user| (&user.id, user)).collect();
    let user_of = |action: &Action| action.write.account().and_then(|account| users.get(&account.id).copied());
    actions.retain(|action| fence.allows(&action.write, user_of(action)));
    actions.sort_by(|one, other| one.order().cmp(&other.order()));
    let today = snapshot.time.to_zoned(jiff::tz::TimeZone::UTC).date();
    for finding in &mut findings {
        finding.accepted = is_accepted(finding, settings, today);
    }
    // A code and a subject are a finding's identity, so no two are equal here.
    findings.sort_by_cached_key(|finding| (finding.code(), finding.subject()));
    let (mut passed, mut withheld) = (Vec::with_capacity(actions.len()), Vec::new());
    let judge = Judge::new(&actions, snapshot, settings);
    for action in actions {
        match judge.objection(&action, user_of(&action)) {
            Some(guard) => withheld.push(Withheld { action, guard }),
            None => passed.push(action),
        }
    }
    let approval = code(settings, &withheld);
    Plan { actions: passed, withheld, approval, released: BTreeMap::new(), findings, counts }
}

/// What the guards know of the whole plan.
struct Judge<'a> {
    settings: &'a Settings,
    /// One person's pass never marks, relinks or removes, and so needs no guard.
    is_whole: bool,
    too_many: BTreeSet<ActionKind>,
    /// Groups of mappings, as tags name them.
    mapped: BTreeSet<&'a str>,
    /// Those of them in which nobody is who is not disabled.
    empty: BTreeSet<&'a str>,
    /// Whether a group that is given by name cannot be found, so that any tag may mean it.
    name_missing: bool,
    /// Groups that are given by id and cannot be found.
    missing: BTreeSet<&'a str>,
}

impl<'a> Judge<'a> {
    fn new(actions: &[Action], snapshot: &'a Snapshot, settings: &'a Settings) -> Self {
        let directory = &snapshot.directory;
        let mut judge = Self {
            settings,
            is_whole: snapshot.scope == Scope::Everybody,
            too_many: too_many(actions, snapshot, settings),
            mapped: BTreeSet::new(),
            empty: BTreeSet::new(),
            name_missing: false,
            missing: BTreeSet::new(),
        };
        for mapping in &settings.mappings {
            match (directory.groups.get(&mapping.group).and_then(Option::as_ref), &mapping.group) {
                (Some(group), _) => {
                    judge.mapped.insert(group.id.as_str());
                    if !group.members.iter().any(|id| directory.is_enabled(id)) {
                        judge.empty.insert(group.id.as_str());
                    }
                }
                (None, GroupRef::Id(id)) => drop(judge.missing.insert(id)),
                (None, GroupRef::Name(_)) => judge.name_missing = true,
            }
        }
        judge
    }

    /// The guard that holds an action back, if any does. `user` is the Connect user that it changes.
    fn objection(&self, action: &Action, user: Option<&ConnectUser>) -> Option<Guard> {
        if !self.is_whole {
            return None;
        }
        let kind = action.kind();
        match kind {
            ActionKind::RelinkUser => return Some(Guard::LoginReused),
            ActionKind::MarkAbsent | ActionKind::QuarantineUser | ActionKind::DeleteUser => {
                if let Some(guard) = user.and_then(|user| self.doubt_of_group(user)) {
                    return Some(guard);
                }
            }
            _ => {}
        }
        let limit = if kind.is_removal() { Guard::MaxRemovals } else { Guard::MaxChanges };
        self.too_many.contains(&kind).then_some(limit)
    }

    /// Whether the group that a user was set up by gives cause to doubt that its people have left.
    fn doubt_of_group(&self, user: &ConnectUser) -> Option<Guard> {
        let Ownership::Owned { mapping: Some(group), .. } = Ownership::of(user, &self.settings.owner) else {
            return None;
        };
        if self.mapped.contains(group) {
            return self.empty.contains(group).then_some(Guard::EmptyGroup);
        }
        let missing = self.missing.contains(group) || self.name_missing;
        Some(if missing { Guard::GroupMissing } else { Guard::Unmapped })
    }
}

/// The kinds of which the plan has more than the policy lets pass.
fn too_many(actions: &[Action], snapshot: &Snapshot, settings: &Settings) -> BTreeSet<ActionKind> {
    let count = |kinds: &[ActionKind]| {
        u64::try_from(actions.iter().filter(|action| kinds.contains(&action.kind())).count()).unwrap_or(u64::MAX)
    };
    let mut kinds = BTreeSet::new();
    let (quarantines, deletes) = (count(&[ActionKind::QuarantineUser]), count(&[ActionKind::DeleteUser]));
    if quarantines + deletes > 0 {
        let Quarantined { not_yet, recently } = Quarantined::count(snapshot, settings);
        let removals = most(settings.policy.max_removals, not_yet, REMOVALS_ALWAYS);
        kinds.extend((quarantines > 0 && quarantines + recently > removals).then_some(ActionKind::QuarantineUser));
        kinds.extend((deletes > removals).then_some(ActionKind::DeleteUser));
    }
    let changing = [ActionKind::CreateUser, ActionKind::AdoptUser, ActionKind::UpdateUser];
    if count(&changing) > most(settings.policy.max_changes, snapshot.users.len(), CHANGES_ALWAYS) {
        kinds.extend(changing);
    }
    kinds
}

/// How many owned users are not in quarantine, and how many came into it, or may have come, within a day.
struct Quarantined {
    not_yet: usize,
    recently: u64,
}

impl Quarantined {
    fn count(snapshot: &Snapshot, settings: &Settings) -> Self {
        let owned = snapshot.users.iter().filter_map(|user| {
            let tags = user.attributes.as_ref().map(|attributes| &attributes.tags)?;
            Ownership::of_tags(tags, &settings.owner).is_owned().then_some(tags)
        });
        let mut counted = Self { not_yet: 0, recently: 0 };
        for tags in owned {
            match tags.get(tag::QUARANTINED_AT).map(|value| Mark::read(value, snapshot.time)) {
                None => counted.not_yet += 1,
                Some(Mark::At(at)) if snapshot.time.duration_since(at) >= DAY => {}
                // One whose date is no use may be of today: a clock that was set back leaves dates in the future.
                Some(_) => counted.recently += 1,
            }
        }
        counted
    }
}

/// What a limit comes to. Percentages round down, but always allow a few; a plain number is exact.
fn most(limit: Limit, of: usize, always: u64) -> u64 {
    match limit {
        Limit::Percent(percent) => {
            let of = u64::try_from(of).unwrap_or(u64::MAX);
            (of.saturating_mul(u64::from(percent)) / 100).max(always)
        }
        Limit::Count(count) => count,
    }
}

/// The code by which somebody approves exactly these actions: the same while they are the same.
pub(super) fn code(settings: &Settings, withheld: &[Withheld]) -> Option<String> {
    if withheld.is_empty() {
        return None;
    }
    let pairs = withheld.iter().map(|held| held.action.pair());
    let pairs: BTreeSet<(String, &str)> = pairs.map(|(user, kind)| (user, kind.as_str())).collect();
    let mut hash = Sha256::new();
    let target = settings.name.as_str();
    for part in [target].into_iter().chain(pairs.iter().flat_map(|(user, kind)| [user.as_str(), kind])) {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let leading = hash.finalize().iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    Some(format!("{leading:08x}"))
}

fn is_accepted(finding: &Finding, settings: &Settings, today: jiff::civil::Date) -> bool {
    let email = finding.email.as_deref().map(Login::new);
    settings.accepts.iter().any(|accept| {
        accept.code == finding.code().as_str()
            && accept.until.is_none_or(|until| today <= until)
            && accept.login.as_ref().is_none_or(|glob| {
                [finding.login.as_ref(), email.as_ref()].into_iter().flatten().any(|login| glob.matches(login))
            })
    })
}
