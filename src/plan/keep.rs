//! What becomes of a Connect user that a member has: adopted, given over, given back, unmarked, put right.

use std::collections::BTreeSet;

use super::action::{Account, Action, Change, ProfileIds, Write};
use super::attributes::{Comparison, Standing, security_names};
use super::finding::Kind;
use super::guard::Draft;
use super::marks::Marks;
use super::pass::Pass;
use super::resolve::{Member, ResolvedMapping, of_person};
use super::roster::Link;
use crate::model::connect::{Attributes, ConnectUser};
use crate::model::id::PrincipalId;
use crate::model::snapshot::Scope;
use crate::model::tag;

impl<'a> Pass<'a> {
    /// Keeps an owned user as its member should have it. Somebody who is back from quarantine gets what they had first,
    /// and everything else in the next pass.
    pub(super) fn keep(&self, member: &Member<'a>, user: &ConnectUser, draft: &mut Draft) {
        let (Some(attributes), Some(mapping)) = (&user.attributes, self.winning(member)) else { return };
        let is_free = self.fence.is_free(user);
        if is_free {
            let marks = Marks::read(&attributes.tags, self.snapshot.time);
            if marks.in_quarantine() {
                self.restore(member, user, attributes, marks, draft);
                return;
            }
            if marks.absent_since.is_there() {
                let was = attributes.tags.get(tag::ABSENT_SINCE).cloned();
                draft.actions.push(Action {
                    write: Write::UnmarkAbsent { principal: member.person.id.clone(), account: Account::from(user) },
                    changes: vec![Change::replace(format!("tag:{}", tag::ABSENT_SINCE), was, None)],
                    mapping: Some(mapping.name().to_owned()),
                });
            }
        }
        // What a mapping lacks stops what comes from it.
        let standing = if is_free && mapping.profiles.is_some() { Standing::Owned } else { Standing::Untouchable };
        self.put_right(member, user, attributes, mapping, standing, draft);
    }

    /// Compares a user with the mapping, and corrects or reports.
    fn put_right(
        &self,
        member: &Member<'_>,
        user: &ConnectUser,
        attributes: &Attributes,
        mapping: &ResolvedMapping<'_>,
        standing: Standing,
        draft: &mut Draft,
    ) {
        let comparison = Comparison {
            person: member.person,
            user: attributes,
            mapping,
            catalog: &self.snapshot.catalog,
            modes: self.settings.policy.attributes,
            standing,
        };
        let compared = comparison.compared();
        let mut note = |kind| draft.findings.push(of_person(kind, member.person, Some(&user.login)));
        if !compared.differences.is_empty() {
            note(Kind::AttributeDiffers { differences: compared.differences });
        }
        if compared.tags_without_room > 0 {
            note(Kind::TagsFull { tags: attributes.tags.len(), needed: compared.tags_without_room });
        }
        if !compared.update.is_empty() {
            draft.actions.push(Action {
                write: Write::UpdateUser {
                    principal: member.person.id.clone(),
                    account: Account::from(user),
                    update: Box::new(compared.update),
                },
                changes: compared.changes,
                mapping: Some(mapping.name().to_owned()),
            });
        }
    }

    /// Gives back exactly what the tags remember; where one of the profiles no longer exists, the mapping's.
    fn restore(
        &self,
        member: &Member<'_>,
        user: &ConnectUser,
        attributes: &Attributes,
        marks: Marks,
        draft: &mut Draft,
    ) {
        let catalog = &self.snapshot.catalog;
        let mapping = self.winning(member);
        let mapped = mapping.and_then(|mapping| mapping.profiles.as_ref());
        let was = &marks.was;
        let routing = was.routing_profile.as_ref().filter(|id| catalog.routing_profiles.contains_key(*id));
        let exists =
            |ids: &BTreeSet<_>| !ids.is_empty() && ids.iter().all(|id| catalog.security_profiles.contains_key(id));
        // Whoever held a protected profile was never taken down, so a memory of one is somebody else's writing.
        let is_ours = |ids: &BTreeSet<_>| ids.is_disjoint(&self.fence.protected_profiles());
        let security = Some(&was.security_profiles).filter(|ids| exists(ids) && is_ours(ids));
        let (Some(routing), Some(security)) = (
            routing.or(mapped.map(|profiles| &profiles.routing)).cloned(),
            security.or(mapped.map(|profiles| &profiles.security)).cloned(),
        ) else {
            // What they had is gone, and the mapping names something that does not exist either: `profile-missing`.
            return;
        };
        let had = attributes.routing_profile.as_ref().map(|id| catalog.routing_profile(id).to_owned());
        let mut changes = vec![
            Change::replace("routing_profile", had, Some(catalog.routing_profile(&routing).to_owned())),
            Change::replace(
                "security_profiles",
                Some(security_names(&attributes.security_profiles, catalog)),
                Some(security_names(&security, catalog)),
            ),
        ];
        changes.retain(|change| change.from != change.to);
        let carried = tag::MARKS.into_iter().filter_map(|key| Some((key, attributes.tags.get(key)?)));
        changes.extend(carried.map(|(key, value)| Change::replace(format!("tag:{key}"), Some(value.clone()), None)));
        draft.actions.push(Action {
            write: Write::RestoreUser {
                principal: member.person.id.clone(),
                account: Account::from(user),
                profiles: ProfileIds { routing, security },
                marks,
            },
            changes,
            mapping: mapping.map(|mapping| mapping.name().to_owned()),
        });
    }

    /// Takes over a foreign user with exactly the member's login, where the policy says so.
    pub(super) fn adopt(&self, member: &Member<'_>, user: &ConnectUser, draft: &mut Draft) {
        let Some(mapping) = self.winning(member).filter(|resolved| resolved.mapping.adopt) else { return };
        let (Some(group), Some(attributes)) = (mapping.group, &user.attributes) else { return };
        if !self.fence.may_adopt(user) {
            return;
        }
        let tags = self.own_tags(member, group.id.as_str());
        let needed = tags.keys().filter(|key| !attributes.tags.contains_key(*key)).count();
        if attributes.tags.len() + needed > tag::LIMIT {
            let kind = Kind::TagsFull { tags: attributes.tags.len(), needed };
            draft.findings.push(of_person(kind, member.person, Some(&user.login)));
            return;
        }
        let change = |(key, value): (&String, &String)| {
            Change::replace(format!("tag:{key}"), attributes.tags.get(key).cloned(), Some(value.clone()))
        };
        draft.actions.push(Action {
            changes: tags.iter().map(change).collect(),
            write: Write::AdoptUser {
                principal: member.person.id.clone(),
                account: Account::from(user),
                tags: tags.clone(),
            },
            mapping: Some(mapping.name().to_owned()),
        });
        if mapping.profiles.is_some() {
            let mut adopted = attributes.clone();
            adopted.tags.extend(tags);
            self.put_right(member, user, &adopted, mapping, Standing::Adopted, draft);
        }
    }

    /// The member's login is that of a user who was made for somebody else. It may go to the member only if the other no
    /// longer exists and somebody approves.
    pub(super) fn reused(
        &self,
        member: &Member<'_>,
        link: &Link<'_>,
        user: &ConnectUser,
        carried: PrincipalId,
        draft: &mut Draft,
    ) {
        let directory = &self.snapshot.directory;
        let is_gone = !directory.principals.contains_key(&carried) && directory.outsiders.get(&carried) == Some(&None);
        let has_another = link.linked.is_some() || !link.ambiguous.is_empty();
        if !is_gone || has_another || self.snapshot.scope == Scope::OnePerson {
            let kind = Kind::EmailReused { carried };
            draft.findings.push(of_person(kind, member.person, Some(&user.login)));
            return;
        }
        let to = member.person.id.to_string();
        draft.actions.push(Action {
            changes: vec![Change::replace(format!("tag:{}", tag::PRINCIPAL), Some(carried.to_string()), Some(to))],
            write: Write::RelinkUser { principal: member.person.id.clone(), account: Account::from(user), carried },
            mapping: self.winning(member).map(|mapping| mapping.name().to_owned()),
        });
    }
}
