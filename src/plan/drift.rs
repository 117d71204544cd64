//! What is different between the people who should be able to work and the Connect users that exist: first member by
//! member, then what is left of the Connect users.

use std::collections::BTreeSet;

use super::action::{Action, Change, Write};
use super::application;
use super::attributes::{self, Comparison};
use super::finding::{Finding, Kind};
use super::guard::{Draft, Fence};
use super::leavers;
use super::name;
use super::ownership::Ownership;
use super::resolve::{Desired, Member, ResolvedMapping, Unusable, of_person};
use super::roster::{Exact, Link, Roster, Strays};
use crate::model::connect::{ConnectUser, NewUser};
use crate::model::id::{ConnectUserId, Login};
use crate::model::settings::{Mismatches, Settings};
use crate::model::snapshot::Snapshot;
use crate::model::tag;

/// Compares both worlds of one target.
pub(super) fn drift(
    snapshot: &Snapshot,
    settings: &Settings,
    desired: &Desired<'_>,
    fence: &Fence<'_>,
    draft: &mut Draft,
) {
    let roster = Roster::new(&snapshot.users, &settings.owner);
    let links: Vec<(&Member<'_>, Link<'_>)> =
        desired.members.iter().map(|member| (member, roster.link(&member.person.id, member.usable()))).collect();
    let mut taken = vec![false; snapshot.users.len()];
    for exact in links.iter().filter_map(|(_, link)| link.exact) {
        taken[exact.at] = true;
    }
    let claimed = links.iter().flat_map(|(_, link)| claimed_by(link)).map(|user| &user.id).collect();
    let strays = Strays::new(&roster, &taken, &claimed);
    let pass = Pass { snapshot, settings, desired, fence, strays: &strays };
    let mut explained = BTreeSet::new();
    for (member, link) in &links {
        pass.member(member, link, &mut explained, draft);
    }
    application::assignments(&snapshot.application, desired, &mut draft.actions, &mut draft.findings);
    // What stands in the way of a member has been said; the rest belongs to nobody.
    let rest: Vec<_> = strays.unclaimed.iter().copied().filter(|user| !explained.contains(&user.id)).collect();
    leavers::rest(snapshot, settings, desired, fence, &roster, &rest, draft);
    count(snapshot, desired, &roster, &links, draft);
}

/// The Connect users that a member speaks for though they would not let the person in.
fn claimed_by<'a>(link: &Link<'a>) -> impl Iterator<Item = &'a ConnectUser> {
    let Link { exact, linked, superseded, ambiguous, reused_from: _ } = link;
    let linked = linked.filter(|linked| exact.is_none_or(|exact| exact.user.id != linked.id));
    linked.into_iter().chain(superseded.iter().chain(ambiguous).copied())
}

fn count(
    snapshot: &Snapshot,
    desired: &Desired<'_>,
    roster: &Roster<'_>,
    links: &[(&Member<'_>, Link<'_>)],
    draft: &mut Draft,
) {
    let counts = &mut draft.counts;
    counts.members = links.len();
    counts.connect_users = snapshot.users.len();
    let mut by_mapping = vec![0; desired.mappings.len()];
    for (member, link) in links {
        let enters = link.exact.is_some() && application::lets_in(&snapshot.application, desired, member);
        counts.blocked += usize::from(!enters);
        if let Some(winning) = member.mappings.first() {
            by_mapping[*winning] += 1;
        }
    }
    for (resolved, members) in desired.mappings.iter().zip(by_mapping) {
        *counts.by_mapping.entry(resolved.name().to_owned()).or_default() += members;
    }
    (counts.owned, counts.elsewhere) = (roster.owned, roster.elsewhere);
}

/// What every decision about a member looks at.
struct Pass<'a> {
    snapshot: &'a Snapshot,
    settings: &'a Settings,
    desired: &'a Desired<'a>,
    fence: &'a Fence<'a>,
    strays: &'a Strays<'a>,
}

impl<'a> Pass<'a> {
    /// Decides about one member. Connect users that a finding of theirs explains are noted in `explained`.
    fn member(
        &self,
        member: &Member<'a>,
        link: &Link<'a>,
        explained: &mut BTreeSet<&'a ConnectUserId>,
        draft: &mut Draft,
    ) {
        let login = match &member.login {
            Ok(login) => login,
            Err(unusable) => {
                draft.findings.push(self.unusable(member, unusable));
                return;
            }
        };
        if !member.rivals.is_empty() {
            let kind = Kind::LoginDuplicate { others: member.rivals.clone() };
            draft.findings.push(of_person(kind, member.person, Some(login)));
            explained.extend(self.strays.differing_in_case(login).iter().map(|user| &user.id));
            return;
        }
        self.note_link(member, login, link, draft);
        match link.exact {
            Some(exact) => self.served(member, login, exact, draft),
            // Another user of theirs is in the way: note_link has said what to do first.
            None if link.linked.is_some() || !link.ambiguous.is_empty() => {}
            None => self.unserved(member, login, explained, draft),
        }
    }

    fn unusable(&self, member: &Member<'_>, unusable: &Unusable) -> Finding {
        match unusable {
            Unusable::Missing => {
                let person = member.person;
                let known_as = person.user_name.as_ref().or(person.display_name.as_ref()).cloned();
                of_person(Kind::EmailMissing { from: self.settings.login_from, known_as }, person, None)
            }
            Unusable::Unfit(login, unfit) => {
                of_person(Kind::LoginInvalid { unfit: *unfit }, member.person, Some(login))
            }
        }
    }

    /// What the owned users of a person have to say: names that changed, users beside the right one, differences.
    fn note_link(&self, member: &Member<'a>, login: &Login, link: &Link<'a>, draft: &mut Draft) {
        let mut note = |kind, login: &Login| draft.findings.push(of_person(kind, member.person, Some(login)));
        for earlier in &link.superseded {
            note(Kind::Superseded { by: login.clone() }, &earlier.login);
        }
        if !link.ambiguous.is_empty() {
            let logins = link.ambiguous.iter().map(|user| user.login.clone()).collect();
            note(Kind::PrincipalDuplicate { logins }, login);
        }
        if let Some(carried) = &link.reused_from {
            note(Kind::EmailReused { carried: carried.clone() }, login);
        }
        let Some(linked) = link.linked else { return };
        if linked.login != *login {
            let wanted = login.clone();
            let in_case = linked.login.folded() == login.folded();
            note(if in_case { Kind::LoginCase { wanted } } else { Kind::LoginChanged { wanted } }, &linked.login);
        }
        if let (Some(mapping), Some(user)) = (self.winning(member), &linked.attributes) {
            let comparison = Comparison {
                person: member.person,
                user,
                mapping,
                catalog: &self.snapshot.catalog,
                modes: self.settings.policy.attributes,
            };
            let differences = comparison.differences();
            if !differences.is_empty() {
                note(Kind::AttributeDiffers { differences }, &linked.login);
            }
        }
    }

    /// The member's login is there. A foreign user may be adopted.
    fn served(&self, member: &Member<'_>, login: &Login, exact: Exact<'_>, draft: &mut Draft) {
        match exact.ownership {
            Ownership::Elsewhere(owner) => {
                let kind = Kind::OwnedElsewhere { owner: owner.to_owned() };
                draft.findings.push(of_person(kind, member.person, Some(login)));
            }
            Ownership::Foreign => self.adopt(member, exact.user, draft),
            Ownership::Owned { .. } | Ownership::Unknown => {}
        }
    }

    fn adopt(&self, member: &Member<'_>, exact: &ConnectUser, draft: &mut Draft) {
        let Some(mapping) = self.winning(member).filter(|resolved| resolved.mapping.adopt) else { return };
        let (Some(group), Some(attributes)) = (mapping.group, &exact.attributes) else { return };
        if !self.fence.may_adopt(exact) {
            return;
        }
        if attributes.tags.len() + tag::OWN > tag::LIMIT {
            let kind = Kind::TagsFull { tags: attributes.tags.len() };
            draft.findings.push(of_person(kind, member.person, Some(&exact.login)));
            return;
        }
        let tags = self.own_tags(member, group.id.as_str());
        draft.actions.push(Action {
            changes: tags.iter().map(|(key, value)| Change::set(format!("tag:{key}"), value)).collect(),
            write: Write::AdoptUser {
                principal: member.person.id.clone(),
                user: exact.id.clone(),
                arn: exact.arn.clone(),
                login: exact.login.clone(),
                tags,
            },
            mapping: Some(mapping.name().to_owned()),
        });
    }

    /// Nobody has the member's login. Something like it may be in the way; else the user is created.
    fn unserved(
        &self,
        member: &Member<'a>,
        login: &Login,
        explained: &mut BTreeSet<&'a ConnectUserId>,
        draft: &mut Draft,
    ) {
        let in_case = self.strays.differing_in_case(login);
        if let Some(first) = in_case.first() {
            let kind = Kind::LoginCase { wanted: login.clone() };
            draft.findings.push(of_person(kind, member.person, Some(&first.login)));
            explained.extend(in_case.iter().map(|user| &user.id));
            return;
        }
        let mut mismatched = self.strays.mismatched(member.person.user_name.as_deref(), member.person.email.as_deref());
        mismatched.retain(|user| !self.fence.protects(&user.login));
        if let Some(first) = mismatched.first() {
            let created = self.settings.policy.mismatches == Mismatches::Create;
            let existing = mismatched.iter().map(|user| user.login.clone()).collect();
            let kind = Kind::EmailMismatch { wanted: login.clone(), existing, created };
            draft.findings.push(of_person(kind, member.person, Some(&first.login)));
            explained.extend(mismatched.iter().map(|user| &user.id));
            if !created {
                return;
            }
        }
        self.create(member, login, draft);
    }

    fn create(&self, member: &Member<'_>, login: &Login, draft: &mut Draft) {
        let Some(mapping) = self.winning(member).filter(|_| !self.fence.protects(login)) else { return };
        let (Some(profiles), Some(group)) = (&mapping.profiles, mapping.group) else { return };
        let name = name::of(member.person, login);
        if name.derived {
            let kind = Kind::NameDerived { first: name.first.clone(), last: name.last.clone() };
            draft.findings.push(of_person(kind, member.person, Some(login)));
        }
        let mut tags = mapping.mapping.tags.clone();
        tags.extend(self.own_tags(member, group.id.as_str()));
        let email = member.person.email.as_ref();
        let user = NewUser {
            login: login.clone(),
            first_name: name.first,
            last_name: name.last,
            email: email.filter(|_| self.settings.send_email).cloned(),
            secondary_email: email.filter(|email| self.settings.secondary_email && is_sendable(email)).cloned(),
            routing_profile: profiles.routing.clone(),
            security_profiles: profiles.security.clone(),
            hierarchy: profiles.hierarchy.clone(),
            phone: mapping.mapping.phone.clone(),
            tags,
        };
        draft.actions.push(Action {
            changes: self.changes(&user),
            write: Write::CreateUser { principal: member.person.id.clone(), user: Box::new(user) },
            mapping: Some(mapping.name().to_owned()),
        });
    }

    /// What a created user will have, in names.
    fn changes(&self, user: &NewUser) -> Vec<Change> {
        let catalog = &self.snapshot.catalog;
        let routing = catalog.routing_profiles.get(&user.routing_profile).map(String::as_str);
        let mut changes = vec![
            Change::set("first_name", &user.first_name),
            Change::set("last_name", &user.last_name),
            Change::set("routing_profile", routing.unwrap_or(user.routing_profile.as_str())),
            Change::set(
                "security_profiles",
                attributes::security_names(&user.security_profiles, &catalog.security_profiles),
            ),
        ];
        changes.extend(user.email.as_ref().map(|email| Change::set("email", email)));
        changes.extend(user.secondary_email.as_ref().map(|email| Change::set("secondary_email", email)));
        if let Some(id) = &user.hierarchy {
            let path = catalog.hierarchy_groups.get(id).map_or(id.as_str(), String::as_str);
            changes.push(Change::set("hierarchy", path));
        }
        if let Some(phone) = &user.phone {
            let said = attributes::phone_words(phone).into_iter().filter_map(|(field, value)| Some((field, value?)));
            changes.extend(said.map(|(field, value)| Change::set(field, value)));
        }
        changes.extend(user.tags.iter().map(|(key, value)| Change::set(format!("tag:{key}"), value)));
        changes
    }

    fn own_tags(&self, member: &Member<'_>, group: &str) -> std::collections::BTreeMap<String, String> {
        [(tag::OWNER, self.settings.owner.as_str()), (tag::PRINCIPAL, member.person.id.as_str()), (tag::MAPPING, group)]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    }

    fn winning(&self, member: &Member<'_>) -> Option<&'a ResolvedMapping<'a>> {
        self.desired.mappings.get(*member.mappings.first()?)
    }
}

/// Whether Connect takes the address as a secondary one: `[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,63}`, at most
/// 265 characters.
fn is_sendable(email: &str) -> bool {
    let Some((local, domain)) = email.split_once('@') else { return false };
    let Some((host, top)) = domain.rsplit_once('.') else { return false };
    let all = |text: &str, extra: &str| {
        !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || extra.contains(letter))
    };
    email.len() <= 265
        && all(local, "._%+-")
        && all(host, ".-")
        && (2..=63).contains(&top.len())
        && top.bytes().all(|byte| byte.is_ascii_alphabetic())
}
