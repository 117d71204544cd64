//! The Connect users that no member speaks for: people who have left, strangers, and those who are only nearly
//! somebody.

use jiff::Timestamp;

use super::action::Reason;
use super::finding::{Finding, Kind};
use super::guard::Draft;
use super::ladder::{Leaving, finding};
use super::likeness::{self, Face};
use super::marks::Marks;
use super::ownership::Ownership;
use super::pass::Pass;
use super::resolve::{Desired, ResolvedMapping, of_person};
use super::roster::Roster;
use crate::model::connect::ConnectUser;
use crate::model::id::{GroupId, PrincipalId};
use crate::model::settings::{GroupRef, Settings};
use crate::model::snapshot::Snapshot;

/// What there is to say and to do about users that belong to no member, about groups, and about marks.
pub(super) fn rest(pass: &Pass<'_>, unclaimed: &[&ConnectUser], draft: &mut Draft) {
    let Pass { snapshot, settings, desired, fence, roster, .. } = pass;
    groups(snapshot, settings, desired, roster, draft);
    let missing = settings.mappings.iter().any(|mapping| is_missing(snapshot, &mapping.group));
    for user in unclaimed {
        match roster.ownership_of(user) {
            Ownership::Owned { principal, mapping } => match principal {
                Some(principal) => {
                    departed(PrincipalId::new(principal), mapping, user, missing, pass, draft);
                }
                None => draft.findings.push(Finding::of_user(Kind::Unmapped { mapping: None }, &user.login)),
            },
            Ownership::Elsewhere(_) | Ownership::Foreign if fence.protects(&user.login) => {}
            Ownership::Unknown => {}
            Ownership::Elsewhere(owner) => {
                let kind = Kind::Orphan { owner: Some(owner.to_owned()), admin: fence.is_admin(user), unsure: missing };
                draft.findings.push(Finding::of_user(kind, &user.login));
            }
            Ownership::Foreign => {
                let kind = Kind::Orphan { owner: None, admin: fence.is_admin(user), unsure: missing };
                draft.findings.push(Finding::of_user(kind, &user.login));
            }
        }
    }
    near_misses(pass, unclaimed, draft);
    for (user, _) in roster.iter().filter(|(_, ownership)| ownership.is_owned()) {
        // Marks on a user that is not ours are not ours either.
        draft.findings.extend(invalid_marks(user, snapshot.time));
    }
}

/// Somebody who is in no mapped group, or disabled. `unsure` tells that a mapped group is missing, so that a tag that
/// names no known group may mean that one.
fn departed(
    principal: PrincipalId,
    mapping: Option<&str>,
    user: &ConnectUser,
    unsure: bool,
    pass: &Pass<'_>,
    draft: &mut Draft,
) {
    let ladder = pass.ladder;
    let person = pass.snapshot.directory.principals.get(&principal);
    let is_disabled = pass.desired.disabled.contains(&principal);
    let reason = if is_disabled { Reason::Disabled } else { Reason::Outside(ladder.groups()) };
    let leaving = Leaving { user, principal, person, mapping, reason };
    match mapping.filter(|group| !is_disabled && !is_mapped(pass.desired, group)) {
        None => ladder.descend(&leaving, draft),
        // Whether this person has left cannot be told while their group cannot be found: `group-missing` says so, and the
        // guard of that name holds back what would be done.
        Some(_) if unsure => drop(ladder.step(&leaving, draft)),
        Some(group) => {
            ladder.step(&leaving, draft);
            let kind = Kind::Unmapped { mapping: Some(GroupId::new(group)) };
            draft.findings.push(finding(&leaving, kind));
        }
    }
}

/// Groups that are missing, or that nobody is in.
fn groups(snapshot: &Snapshot, settings: &Settings, desired: &Desired<'_>, roster: &Roster<'_>, draft: &mut Draft) {
    let owned_by = |is_meant: &dyn Fn(&str) -> bool| {
        let mappings = roster.iter().filter_map(|(_, ownership)| match ownership {
            Ownership::Owned { mapping, .. } => mapping,
            _ => None,
        });
        mappings.filter(|mapping| is_meant(mapping)).count()
    };
    for mapping in settings.mappings.iter().filter(|mapping| is_missing(snapshot, &mapping.group)) {
        let owned = owned_by(&|tagged| match &mapping.group {
            GroupRef::Id(id) => tagged == id,
            GroupRef::Name(_) => !is_mapped(desired, tagged),
        });
        let group = mapping.group.as_str().to_owned();
        draft.findings.push(Finding::of_target(Kind::GroupMissing { group, owned }));
    }
    let empty = |resolved: &&ResolvedMapping<'_>| resolved.group.is_some_and(|group| group.members.is_empty());
    for resolved in desired.mappings.iter().filter(empty) {
        let owned = owned_by(&|tagged| resolved.group.is_some_and(|group| group.id.as_str() == tagged));
        draft.findings.push(Finding::of_target(Kind::GroupEmpty { group: resolved.name().to_owned(), owned }));
    }
}

/// Whether the service says that there is no such group.
fn is_missing(snapshot: &Snapshot, group: &GroupRef) -> bool {
    snapshot.directory.groups.get(group).is_none_or(Option::is_none)
}

fn is_mapped(desired: &Desired<'_>, group: &str) -> bool {
    desired.mappings.iter().filter_map(|resolved| resolved.group).any(|mapped| mapped.id.as_str() == group)
}

/// The member that each unclaimed user is most like, if any.
fn near_misses(pass: &Pass<'_>, unclaimed: &[&ConnectUser], draft: &mut Draft) {
    let Pass { desired, fence, roster, .. } = pass;
    let users: Vec<&ConnectUser> = unclaimed.iter().copied().filter(|user| !fence.protects(&user.login)).collect();
    let faces: Vec<Face<'_>> = users
        .iter()
        .map(|user| Face {
            login: &user.login,
            first_name: user.attributes.as_ref().and_then(|attributes| attributes.first_name.as_deref()),
            last_name: user.attributes.as_ref().and_then(|attributes| attributes.last_name.as_deref()),
        })
        .collect();
    let members: Vec<_> = desired.members.iter().filter_map(|member| Some((member.person, member.usable()?))).collect();
    let candidates = members.iter().map(|(person, login)| Face {
        login,
        first_name: person.given_name.as_deref(),
        last_name: person.family_name.as_deref(),
    });
    for (user, best) in users.iter().zip(likeness::best_candidates(&faces, candidates)) {
        let Some((position, likeness)) = best else { continue };
        let (person, login) = members[position];
        let kind = Kind::NearMiss { member: login.clone(), likeness, owned: roster.ownership_of(user).is_owned() };
        draft.findings.push(of_person(kind, person, Some(&user.login)));
    }
}

/// Marks that are no time in the past.
fn invalid_marks(user: &ConnectUser, now: Timestamp) -> Vec<Finding> {
    let Some(attributes) = &user.attributes else { return Vec::new() };
    let marks = Marks::read(&attributes.tags, now);
    let kind = |(key, value): (&'static str, &str)| Kind::TagInvalid { key, value: value.to_owned() };
    marks.invalid().into_iter().map(|mark| Finding::of_user(kind(mark), &user.login)).collect()
}
