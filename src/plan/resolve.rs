//! Who should exist, with what: group membership and mappings, made into people with a login and profiles. Nothing
//! here looks at the Connect users; what concerns one person becomes a finding for that person alone.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::action::ProfileIds;
use super::finding::{Finding, Kind, ProfileSort};
use super::login::{self, Unfit};
use crate::model::connect::Catalog;
use crate::model::directory::{Group, Principal, Status};
use crate::model::id::{GroupId, HierarchyGroupId, Login, PrincipalId, RoutingProfileId, SecurityProfileId};
use crate::model::settings::{LoginFrom, Mapping, Removals, Settings};
use crate::model::snapshot::Snapshot;

/// The people and the mappings of one target.
pub(super) struct Desired<'a> {
    /// Everybody who is to be able to work, sorted by id.
    pub(super) members: Vec<Member<'a>>,
    /// People in mapped groups who are disabled.
    pub(super) disabled: BTreeSet<&'a PrincipalId>,
    /// The mappings, in their order.
    pub(super) mappings: Vec<ResolvedMapping<'a>>,
    /// The profiles of people who have left; `None` where nobody is quarantined, or where one of them does not exist.
    pub(super) quarantine: Option<ProfileIds>,
}

impl Desired<'_> {
    /// The display name of a mapped group, the id where it is not known.
    pub(super) fn name_of<'s>(&'s self, group: &'s str) -> &'s str {
        let found =
            self.mappings.iter().find(|resolved| resolved.group.is_some_and(|known| known.id.as_str() == group));
        found.map_or(group, ResolvedMapping::name)
    }
}

/// A person who is to be able to work.
pub(super) struct Member<'a> {
    pub(super) person: &'a Principal,
    /// What Identity Center sends, if it can be a login at all.
    pub(super) login: Result<Login, Unusable>,
    /// Other members with the same login but for its case.
    pub(super) rivals: Vec<PrincipalId>,
    /// Positions of the mappings whose groups have the person, the winning one first.
    pub(super) mappings: Vec<usize>,
}

impl Member<'_> {
    /// The login, where it can be used.
    pub(super) fn usable(&self) -> Option<&Login> {
        self.login.as_ref().ok()
    }
}

/// Why a person has no login.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Unusable {
    /// The attribute is absent.
    Missing,
    /// The attribute's value cannot pass.
    Unfit(Login, Unfit),
}

/// A mapping with its references looked up.
pub(super) struct ResolvedMapping<'a> {
    pub(super) mapping: &'a Mapping,
    /// The group; `None` where there is none of that name.
    pub(super) group: Option<&'a Group>,
    /// The profiles; `None` where one of them does not exist, which stops creating from this mapping only.
    pub(super) profiles: Option<WantedProfiles>,
}

impl ResolvedMapping<'_> {
    /// The group's display name, or what stands for it.
    pub(super) fn name(&self) -> &str {
        self.group.and_then(|group| group.name.as_deref()).unwrap_or(self.mapping.group.as_str())
    }
}

/// The ids behind a mapping's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WantedProfiles {
    pub(super) routing: RoutingProfileId,
    pub(super) security: BTreeSet<SecurityProfileId>,
    pub(super) hierarchy: Option<HierarchyGroupId>,
}

/// Resolves the mappings against what was read.
pub(super) fn resolve<'a>(snapshot: &'a Snapshot, settings: &'a Settings, findings: &mut Vec<Finding>) -> Desired<'a> {
    let mut missing = MissingProfiles::default();
    let mappings = resolve_mappings(snapshot, settings, &mut missing);
    let mut quarantine = quarantine(snapshot, settings, &mut missing);
    findings.extend(missing.into_findings(&snapshot.catalog));
    if let Some(shared) = quarantine.as_ref().and_then(|profiles| shared(profiles, &mappings, &snapshot.catalog)) {
        findings.push(Finding::of_target(shared));
        quarantine = None;
    }
    let mut memberships: Vec<(&PrincipalId, usize)> = Vec::new();
    for (position, resolved) in mappings.iter().enumerate() {
        memberships.extend(resolved.group.iter().flat_map(|group| &group.members).map(|member| (member, position)));
    }
    memberships.sort_unstable();
    // Both are sorted, so that one walk along both finds everybody.
    let mut people = snapshot.directory.principals.values().peekable();
    let mut members = Vec::with_capacity(memberships.len());
    let mut disabled = BTreeSet::new();
    for of_one in memberships.chunk_by(|(one, _), (other, _)| one == other) {
        let id = of_one[0].0;
        while people.next_if(|person| person.id < *id).is_some() {}
        // A membership whose principal is gone is no member, and nobody's trouble.
        let Some(person) = people.next_if(|person| person.id == *id) else { continue };
        let names = || of_one.iter().map(|(_, position)| mappings[*position].name().to_owned()).collect::<Vec<_>>();
        if person.status == Status::Disabled {
            disabled.insert(&person.id);
            findings.push(of_person(Kind::MemberDisabled { groups: names() }, person, None));
            continue;
        }
        let login = login_of(person, settings.login_from);
        if of_one.len() > 1 {
            findings.push(of_person(Kind::SeveralGroups { groups: names() }, person, login.as_ref().ok()));
        }
        let mappings = of_one.iter().map(|(_, position)| *position).collect();
        members.push(Member { person, login, rivals: Vec::new(), mappings });
    }
    note_rivals(&mut members);
    Desired { members, disabled, mappings, quarantine }
}

/// A finding about a person, and the login that they want.
pub(super) fn of_person(kind: Kind, person: &Principal, login: Option<&Login>) -> Finding {
    Finding {
        kind,
        login: login.cloned(),
        email: person.email.clone(),
        principal: Some(person.id.clone()),
        accepted: false,
    }
}

pub(super) fn login_of(person: &Principal, from: LoginFrom) -> Result<Login, Unusable> {
    let value = match from {
        LoginFrom::Email => &person.email,
        LoginFrom::Username => &person.user_name,
    };
    let login = value.as_deref().filter(|value| !value.is_empty()).map(Login::new).ok_or(Unusable::Missing)?;
    match login::check(&login) {
        Ok(()) => Ok(login),
        Err(unfit) => Err(Unusable::Unfit(login, unfit)),
    }
}

/// Notes for each member who else has the same login but for its case.
fn note_rivals(members: &mut [Member<'_>]) {
    let mut first: FxHashMap<Cow<'_, str>, usize> =
        FxHashMap::with_capacity_and_hasher(members.len(), rustc_hash::FxBuildHasher);
    let mut repeated: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
    for (position, member) in members.iter().enumerate() {
        let Some(login) = member.usable() else { continue };
        let earliest = *first.entry(login.folded()).or_insert(position);
        if earliest != position {
            repeated.entry(earliest).or_insert_with(|| vec![earliest]).push(position);
        }
    }
    drop(first);
    for positions in repeated.into_values() {
        let ids: Vec<PrincipalId> = positions.iter().map(|position| members[*position].person.id.clone()).collect();
        for (own, position) in positions.iter().enumerate() {
            members[*position].rivals =
                ids.iter().enumerate().filter(|(other, _)| *other != own).map(|(_, id)| id.clone()).collect();
        }
    }
}

fn resolve_mappings<'a>(
    snapshot: &'a Snapshot,
    settings: &'a Settings,
    missing: &mut MissingProfiles,
) -> Vec<ResolvedMapping<'a>> {
    let mut resolved: Vec<ResolvedMapping<'a>> = Vec::with_capacity(settings.mappings.len());
    let mut seen: BTreeSet<&GroupId> = BTreeSet::new();
    for mapping in &settings.mappings {
        // Two references may mean one group, by name and by id: the first listed keeps it.
        let group = snapshot.directory.groups.get(&mapping.group).and_then(Option::as_ref);
        let group = group.filter(|group| seen.insert(&group.id));
        let profiles = look_up(mapping, &snapshot.catalog, missing);
        resolved.push(ResolvedMapping { mapping, group, profiles });
    }
    resolved
}

/// What people who have left get, where the policy may give it to them.
fn quarantine(snapshot: &Snapshot, settings: &Settings, missing: &mut MissingProfiles) -> Option<ProfileIds> {
    const BY: &str = "[quarantine]";
    let wanted = settings.quarantine.as_ref().filter(|_| settings.policy.removals != Removals::Report)?;
    let catalog = &snapshot.catalog;
    let routing = missing.routing(catalog, &wanted.routing_profile, BY);
    let security: Vec<_> = wanted.security_profiles.iter().map(|name| missing.security(catalog, name, BY)).collect();
    Some(ProfileIds { routing: routing?, security: security.into_iter().collect::<Option<_>>()? })
}

/// A profile of quarantine that a mapping gives to those who work. The configuration tells names apart, and here names and
/// ids of the same profile meet.
fn shared(quarantine: &ProfileIds, mappings: &[ResolvedMapping<'_>], catalog: &Catalog) -> Option<Kind> {
    mappings.iter().find_map(|resolved| {
        let given = resolved.profiles.as_ref()?;
        let routing = Some(&given.routing).filter(|id| **id == quarantine.routing);
        let security = given.security.intersection(&quarantine.security).next();
        let (sort, name) = match (routing, security) {
            (Some(id), _) => (ProfileSort::Routing, catalog.routing_profile(id)),
            (None, Some(id)) => (ProfileSort::Security, catalog.security_profile(id)),
            (None, None) => return None,
        };
        Some(Kind::QuarantineShared { sort, name: name.to_owned(), mapping: resolved.name().to_owned() })
    })
}

fn look_up(mapping: &Mapping, catalog: &Catalog, missing: &mut MissingProfiles) -> Option<WantedProfiles> {
    let by = mapping.group.as_str();
    let routing = missing.routing(catalog, &mapping.routing_profile, by);
    let security: Vec<Option<SecurityProfileId>> =
        mapping.security_profiles.iter().map(|name| missing.security(catalog, name, by)).collect();
    let hierarchy = match &mapping.hierarchy {
        Some(path) => Some(missing.hierarchy(catalog, path, by)?),
        None => None,
    };
    Some(WantedProfiles { routing: routing?, security: security.into_iter().collect::<Option<_>>()?, hierarchy })
}

/// Profiles that were looked for in vain, and for which mappings.
#[derive(Default)]
struct MissingProfiles(BTreeMap<(ProfileSort, String), BTreeSet<String>>);

impl MissingProfiles {
    fn routing(&mut self, catalog: &Catalog, reference: &str, by: &str) -> Option<RoutingProfileId> {
        let found = find(&catalog.routing_profiles, reference, &RoutingProfileId::new(reference));
        self.note(found, ProfileSort::Routing, reference, by)
    }

    fn security(&mut self, catalog: &Catalog, reference: &str, by: &str) -> Option<SecurityProfileId> {
        let found = find(&catalog.security_profiles, reference, &SecurityProfileId::new(reference));
        self.note(found, ProfileSort::Security, reference, by)
    }

    fn hierarchy(&mut self, catalog: &Catalog, reference: &str, by: &str) -> Option<HierarchyGroupId> {
        let found = find(&catalog.hierarchy_groups, reference, &HierarchyGroupId::new(reference));
        self.note(found, ProfileSort::Hierarchy, reference, by)
    }

    fn note<I>(&mut self, found: Option<I>, sort: ProfileSort, reference: &str, by: &str) -> Option<I> {
        if found.is_none() {
            self.0.entry((sort, reference.to_owned())).or_default().insert(by.to_owned());
        }
        found
    }

    fn into_findings(self, catalog: &Catalog) -> impl Iterator<Item = Finding> {
        self.0.into_iter().map(|((sort, name), mappings)| {
            let nearest = match sort {
                ProfileSort::Routing => nearest(&name, catalog.routing_profiles.values()),
                ProfileSort::Security => nearest(&name, catalog.security_profiles.values()),
                ProfileSort::Hierarchy => nearest(&name, catalog.hierarchy_groups.values()),
            };
            Finding::of_target(Kind::ProfileMissing { sort, name, nearest, mappings: mappings.into_iter().collect() })
        })
    }
}

/// By id where the reference is one, else by the exact name.
fn find<I: Ord + Clone>(names: &BTreeMap<I, String>, reference: &str, id: &I) -> Option<I> {
    if names.contains_key(id) {
        return Some(id.clone());
    }
    names.iter().find(|(_, name)| *name == reference).map(|(id, _)| id.clone())
}

/// The likest name, if any is like it at all.
fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a String>) -> Option<String> {
    let folded = wanted.to_lowercase();
    let alike = |name: &String| strsim::jaro_winkler(&folded, &name.to_lowercase());
    names
        .map(|name| (alike(name), name))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name.clone())
}
