//! People, groups and memberships.
//!
//! A person's attributes are kept as they came in, under the names that the service has for them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

/// The tables, and what looks things up in them.
#[derive(Debug, Clone, Default)]
pub(in crate::sim) struct Directory {
    people: BTreeMap<String, Arc<Person>>,
    groups: BTreeMap<String, Group>,
    memberships: BTreeMap<String, Membership>,
    user_names: HashMap<String, String>,
    emails: HashMap<String, String>,
    group_names: HashMap<String, String>,
    /// Membership ids and people, by group.
    members: HashMap<String, BTreeMap<String, String>>,
    /// Group ids and memberships, by person.
    groups_of: HashMap<String, BTreeMap<String, String>>,
}

/// A person.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sim) struct Person {
    pub(in crate::sim) id: String,
    /// `UserName`, `Name`, `Emails`, ….
    pub(in crate::sim) attributes: Map<String, Value>,
    pub(in crate::sim) enabled: bool,
    pub(in crate::sim) revision: u64,
    pub(in crate::sim) created: Timestamp,
    pub(in crate::sim) updated: Timestamp,
}

impl Person {
    /// The user name.
    pub(in crate::sim) fn user_name(&self) -> Option<&str> {
        self.attributes.get("UserName").and_then(Value::as_str)
    }

    /// The only e-mail address that there can be.
    pub(in crate::sim) fn email(&self) -> Option<&str> {
        self.attributes.get("Emails")?.get(0)?.get("Value")?.as_str()
    }
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) struct Group {
    pub(in crate::sim) id: String,
    pub(in crate::sim) name: Option<String>,
    pub(in crate::sim) description: Option<String>,
    pub(in crate::sim) revision: u64,
    pub(in crate::sim) created: Timestamp,
    pub(in crate::sim) updated: Timestamp,
}

/// One person in one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) struct Membership {
    pub(in crate::sim) id: String,
    pub(in crate::sim) group: String,
    pub(in crate::sim) person: String,
    pub(in crate::sim) created: Timestamp,
}

/// What only one may have, and another has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sim) enum Taken {
    UserName,
    Email,
    GroupName,
    Membership,
}

/// User names and e-mail addresses are the same whatever their case.
fn folded(text: &str) -> String {
    text.to_lowercase()
}

impl Directory {
    pub(in crate::sim) fn people(&self) -> &BTreeMap<String, Arc<Person>> {
        &self.people
    }

    pub(in crate::sim) fn groups(&self) -> &BTreeMap<String, Group> {
        &self.groups
    }

    pub(in crate::sim) fn person(&self, id: &str) -> Option<&Person> {
        self.people.get(id).map(Arc::as_ref)
    }

    pub(in crate::sim) fn group(&self, id: &str) -> Option<&Group> {
        self.groups.get(id)
    }

    pub(in crate::sim) fn membership(&self, id: &str) -> Option<&Membership> {
        self.memberships.get(id)
    }

    pub(in crate::sim) fn person_named(&self, user_name: &str) -> Option<&Person> {
        self.person(self.user_names.get(&folded(user_name))?)
    }

    pub(in crate::sim) fn person_with_email(&self, email: &str) -> Option<&Person> {
        self.person(self.emails.get(&folded(email))?)
    }

    pub(in crate::sim) fn group_named(&self, name: &str) -> Option<&Group> {
        self.group(self.group_names.get(name)?)
    }

    /// The membership of a person in a group.
    pub(in crate::sim) fn membership_of(&self, group: &str, person: &str) -> Option<&Membership> {
        self.membership(self.groups_of.get(person)?.get(group)?)
    }

    /// Ids of a group's memberships, with the people.
    pub(in crate::sim) fn members(&self, group: &str) -> Option<&BTreeMap<String, String>> {
        self.members.get(group)
    }

    /// Ids of a person's groups, with the memberships.
    pub(in crate::sim) fn groups_of(&self, person: &str) -> Option<&BTreeMap<String, String>> {
        self.groups_of.get(person)
    }

    /// Adds a person, or replaces the one with that id.
    pub(in crate::sim) fn put_person(&mut self, person: Person) -> Result<(), Taken> {
        let other = |index: &HashMap<String, String>, name: Option<&str>| {
            name.and_then(|name| index.get(&folded(name))).is_some_and(|id| *id != person.id)
        };
        if other(&self.user_names, person.user_name()) {
            return Err(Taken::UserName);
        }
        if other(&self.emails, person.email()) {
            return Err(Taken::Email);
        }
        if let Some(before) = self.people.remove(&person.id) {
            self.forget_names(&before);
        }
        if let Some(name) = person.user_name() {
            self.user_names.insert(folded(name), person.id.clone());
        }
        if let Some(email) = person.email() {
            self.emails.insert(folded(email), person.id.clone());
        }
        self.people.insert(person.id.clone(), Arc::new(person));
        Ok(())
    }

    /// Takes a person out, and their memberships with them.
    pub(in crate::sim) fn remove_person(&mut self, id: &str) -> Option<Arc<Person>> {
        let person = self.people.remove(id)?;
        self.forget_names(&person);
        for (group, membership) in self.groups_of.remove(id).unwrap_or_default() {
            self.memberships.remove(&membership);
            self.members.get_mut(&group).and_then(|members| members.remove(&membership));
        }
        Some(person)
    }

    /// Adds a group, or replaces the one with that id.
    pub(in crate::sim) fn put_group(&mut self, group: Group) -> Result<(), Taken> {
        let holder = group.name.as_ref().and_then(|name| self.group_names.get(name));
        if holder.is_some_and(|id| *id != group.id) {
            return Err(Taken::GroupName);
        }
        if let Some(name) = self.groups.get(&group.id).and_then(|before| before.name.as_ref()) {
            self.group_names.remove(name);
        }
        if let Some(name) = &group.name {
            self.group_names.insert(name.clone(), group.id.clone());
        }
        self.members.entry(group.id.clone()).or_default();
        self.groups.insert(group.id.clone(), group);
        Ok(())
    }

    /// Takes a group out, and its memberships with it.
    pub(in crate::sim) fn remove_group(&mut self, id: &str) -> Option<Group> {
        let group = self.groups.remove(id)?;
        if let Some(name) = &group.name {
            self.group_names.remove(name);
        }
        for (membership, person) in self.members.remove(id).unwrap_or_default() {
            self.memberships.remove(&membership);
            self.groups_of.get_mut(&person).and_then(|groups| groups.remove(id));
        }
        Some(group)
    }

    /// Puts a person into a group. Both have to exist.
    pub(in crate::sim) fn add_membership(&mut self, membership: Membership) -> Result<(), Taken> {
        let Membership { id, group, person, .. } = &membership;
        let groups = self.groups_of.entry(person.clone()).or_default();
        if groups.contains_key(group) {
            return Err(Taken::Membership);
        }
        groups.insert(group.clone(), id.clone());
        self.members.entry(group.clone()).or_default().insert(id.clone(), person.clone());
        self.memberships.insert(id.clone(), membership);
        Ok(())
    }

    /// Takes a person out of a group.
    pub(in crate::sim) fn remove_membership(&mut self, id: &str) -> Option<Membership> {
        let membership = self.memberships.remove(id)?;
        self.members.get_mut(&membership.group).and_then(|members| members.remove(id));
        self.groups_of.get_mut(&membership.person).and_then(|groups| groups.remove(&membership.group));
        Some(membership)
    }

    fn forget_names(&mut self, person: &Person) {
        if let Some(name) = person.user_name() {
            self.user_names.remove(&folded(name));
        }
        if let Some(email) = person.email() {
            self.emails.remove(&folded(email));
        }
    }
}
