//! The Connect users that no member speaks for: people who have left, strangers, and those who are only nearly
//! somebody.

use jiff::{SignedDuration, Timestamp};

use super::finding::{Departure, Finding, Kind};
use super::guard::{Draft, Fence};
use super::likeness::{self, Face};
use super::ownership::Ownership;
use super::resolve::{Desired, ResolvedMapping, of_person};
use super::roster::Roster;
use crate::model::connect::ConnectUser;
use crate::model::id::{GroupId, PrincipalId};
use crate::model::settings::{GroupRef, Settings};
use crate::model::snapshot::Snapshot;
use crate::model::tag;

/// How far in the future a mark may lie: clocks are never quite the same.
const FUTURE: SignedDuration = SignedDuration::from_mins(5);

/// What there is to say about users that belong to no member, about groups, and about marks.
pub(super) fn rest(
    snapshot: &Snapshot,
    settings: &Settings,
    desired: &Desired<'_>,
    fence: &Fence<'_>,
    roster: &Roster<'_>,
    unclaimed: &[&ConnectUser],
    draft: &mut Draft,
) {
    groups(snapshot, settings, desired, roster, draft);
    let missing = settings.mappings.iter().any(|mapping| is_missing(snapshot, &mapping.group));
    for user in unclaimed {
        match roster.ownership_of(user) {
            Ownership::Owned { principal, mapping } => {
                let departed = Departed { principal, mapping, unsure: missing };
                draft.findings.extend(departed.finding(user, snapshot, desired));
            }
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
    near_misses(desired, fence, unclaimed, draft);
    for user in roster.users {
        let invalid = invalid_marks(user, snapshot.time);
        // Marks on a user that is not ours are not ours either.
        if !invalid.is_empty() && roster.ownership_of(user).is_owned() {
            draft.findings.extend(invalid);
        }
    }
}

/// Groups that are missing, or that nobody is in.
fn groups(snapshot: &Snapshot, settings: &Settings, desired: &Desired<'_>, roster: &Roster<'_>, draft: &mut Draft) {
    let owned_by = |is_meant: &dyn Fn(&str) -> bool| {
        let mapping_of = |user| match roster.ownership_of(user) {
            Ownership::Owned { mapping, .. } => mapping,
            _ => None,
        };
        roster.users.iter().filter_map(mapping_of).filter(|mapping| is_meant(mapping)).count()
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

/// An owned user that no member speaks for.
struct Departed<'a> {
    principal: Option<&'a str>,
    mapping: Option<&'a str>,
    /// Whether a mapped group is missing, so that a tag that names no known group may mean that one.
    unsure: bool,
}

impl Departed<'_> {
    fn finding(&self, user: &ConnectUser, snapshot: &Snapshot, desired: &Desired<'_>) -> Option<Finding> {
        let Some(principal) = self.principal.map(PrincipalId::new) else {
            return Some(Finding::of_user(Kind::Unmapped { mapping: None }, &user.login));
        };
        let of = |kind| {
            let finding = match snapshot.directory.principals.get(&principal) {
                Some(person) => of_person(kind, person, Some(&user.login)),
                None => Finding { principal: Some(principal.clone()), ..Finding::of_user(kind, &user.login) },
            };
            Some(finding)
        };
        if desired.disabled.contains(&principal) {
            return of(Kind::Leaver { departure: Departure::Disabled });
        }
        match self.mapping.filter(|group| !is_mapped(desired, group)) {
            // Whether this person has left cannot be told while their group cannot be found: `group-missing` says so.
            Some(_) if self.unsure => None,
            Some(group) => of(Kind::Unmapped { mapping: Some(GroupId::new(group)) }),
            None => of(Kind::Leaver { departure: Departure::Outside }),
        }
    }
}

/// The member that each unclaimed user is most like, if any.
fn near_misses(desired: &Desired<'_>, fence: &Fence<'_>, unclaimed: &[&ConnectUser], draft: &mut Draft) {
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
        let kind = Kind::NearMiss { member: login.clone(), likeness };
        draft.findings.push(of_person(kind, person, Some(&user.login)));
    }
}

/// Marks that are no time in the past.
fn invalid_marks(user: &ConnectUser, now: Timestamp) -> Vec<Finding> {
    let Some(attributes) = &user.attributes else { return Vec::new() };
    let is_valid = |value: &str| value.parse::<Timestamp>().is_ok_and(|mark| mark.duration_since(now) <= FUTURE);
    let marks = [tag::ABSENT_SINCE, tag::QUARANTINED_AT].into_iter();
    let invalid = marks.filter_map(|key| Some((key, attributes.tags.get(key).filter(|value| !is_valid(value))?)));
    invalid.map(|(key, value)| Finding::of_user(Kind::TagInvalid { key, value: value.clone() }, &user.login)).collect()
}
