//! A Connect user for a member who has none: everything that the one call says.

use super::action::{Action, Change, Write};
use super::attributes;
use super::finding::Kind;
use super::guard::Draft;
use super::name;
use super::pass::Pass;
use super::resolve::{Member, of_person};
use super::shut_out::Unmade;
use crate::model::connect::NewUser;
use crate::model::id::Login;

impl Pass<'_> {
    /// Plans a user for this member.
    ///
    /// # Errors
    /// Why there is to be none.
    pub(super) fn create(&self, member: &Member<'_>, login: &Login, draft: &mut Draft) -> Result<(), Unmade> {
        if self.fence.protects(login) {
            return Err(Unmade::Protected);
        }
        // Nobody is a member without a mapping and its group.
        let Some(mapping) = self.winning(member) else { return Ok(()) };
        let (Some(profiles), Some(group)) = (&mapping.profiles, mapping.group) else {
            return Err(Unmade::Mapping(mapping.mapping.group.clone()));
        };
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
        Ok(())
    }

    /// What a created user will have, in names.
    fn changes(&self, user: &NewUser) -> Vec<Change> {
        let catalog = &self.snapshot.catalog;
        let mut changes = vec![
            Change::set("first_name", &user.first_name),
            Change::set("last_name", &user.last_name),
            Change::set("routing_profile", catalog.routing_profile(&user.routing_profile)),
            Change::set("security_profiles", attributes::security_names(&user.security_profiles, catalog)),
        ];
        changes.extend(user.email.as_ref().map(|email| Change::set("email", email)));
        changes.extend(user.secondary_email.as_ref().map(|email| Change::set("secondary_email", email)));
        if let Some(id) = &user.hierarchy {
            changes.push(Change::set("hierarchy", catalog.hierarchy_group(id)));
        }
        if let Some(phone) = &user.phone {
            let said = attributes::phone_words(phone).into_iter().filter_map(|(field, value)| Some((field, value?)));
            changes.extend(said.map(|(field, value)| Change::set(field, value)));
        }
        changes.extend(user.tags.iter().map(|(key, value)| Change::set(format!("tag:{key}"), value)));
        changes
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
