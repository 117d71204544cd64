//! Where a Connect user is not as its mapping has it: what a pass corrects, and what it only reports. What a mapping does
//! not say is not compared.

use std::collections::BTreeSet;

use super::action::Change;
use super::finding::Difference;
use super::name;
use super::resolve::{ResolvedMapping, WantedProfiles};
use super::update::Update;
use crate::model::connect::{AfterContactWork, Attributes, Catalog, Device, Phone};
use crate::model::directory::Principal;
use crate::model::id::SecurityProfileId;
use crate::model::settings::{AttributeMode, AttributeModes};
use crate::model::tag;

/// Everything that a comparison looks at.
pub(super) struct Comparison<'a> {
    pub(super) person: &'a Principal,
    pub(super) user: &'a Attributes,
    pub(super) mapping: &'a ResolvedMapping<'a>,
    pub(super) catalog: &'a Catalog,
    pub(super) modes: AttributeModes,
    /// How the user stands to us.
    pub(super) standing: Standing,
}

/// How a user stands to us, which decides what may be corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Ours, and free to be changed.
    Owned,
    /// About to become ours in this pass: what is enforced is corrected at once, and nothing reported yet.
    Adopted,
    /// Ours, but under protection, or its mapping lacks a profile: nothing is changed.
    Untouchable,
}

/// What a comparison found.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// What is to be corrected.
    pub(super) update: Update,
    /// The same in words.
    pub(super) changes: Vec<Change>,
    /// What is only reported.
    pub(super) differences: Vec<Difference>,
    /// How many tags there is no room for.
    pub(super) tags_without_room: usize,
}

/// What is to be done about a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    Correct,
    Report,
    Leave,
}

impl Comparison<'_> {
    /// Compares.
    pub(super) fn compared(&self) -> Compared {
        let mut found = Compared::default();
        let moved = self.has_moved();
        self.names(&mut found);
        if let Some(wanted) = &self.mapping.profiles {
            self.profiles(wanted, moved, &mut found);
        }
        self.phone(moved, &mut found);
        self.tags(moved, &mut found);
        found
    }

    /// Whether the winning mapping is not the one that the user was set up by. Users handed over by hand carry no such
    /// tag, and are no movers.
    fn has_moved(&self) -> bool {
        let from = self.user.tags.get(tag::MAPPING).filter(|from| !from.is_empty());
        let winning = self.mapping.group.map(|group| group.id.as_str());
        self.standing == Standing::Owned && from.zip(winning).is_some_and(|(from, winning)| from != winning)
    }

    fn course(&self, mode: AttributeMode, moved: bool) -> Course {
        match (mode, self.standing) {
            (AttributeMode::Enforce, Standing::Owned | Standing::Adopted) => Course::Correct,
            (AttributeMode::Seed | AttributeMode::Report, Standing::Owned) if moved => Course::Correct,
            (AttributeMode::Seed | AttributeMode::Ignore, _) | (_, Standing::Adopted) => Course::Leave,
            (AttributeMode::Report, Standing::Owned)
            | (AttributeMode::Report | AttributeMode::Enforce, Standing::Untouchable) => Course::Report,
        }
    }

    /// A move sets no names, since the directory's are as good as they were before it.
    fn names(&self, found: &mut Compared) {
        let course = self.course(self.modes.name, false);
        let Principal { given_name, family_name, .. } = self.person;
        // What the service stores is composed and cut, so most people's need not be for comparing.
        if course == Course::Leave || (*given_name == self.user.first_name && *family_name == self.user.last_name) {
            return;
        }
        let (first, last) = name::given(self.person);
        let changed = |should: Option<String>, is: &Option<String>| should.filter(|should| is.as_ref() != Some(should));
        let first = changed(first, &self.user.first_name);
        let last = changed(last, &self.user.last_name);
        found.note(course, "first_name", self.user.first_name.clone(), first.clone());
        found.note(course, "last_name", self.user.last_name.clone(), last.clone());
        if course == Course::Correct {
            (found.update.first_name, found.update.last_name) = (first, last);
        }
    }

    fn profiles(&self, wanted: &WantedProfiles, moved: bool, found: &mut Compared) {
        let catalog = self.catalog;
        if self.user.routing_profile.as_ref() != Some(&wanted.routing) {
            let course = self.course(self.modes.routing_profile, moved);
            let is = self.user.routing_profile.as_ref().map(|id| catalog.routing_profile(id).to_owned());
            found.note(course, "routing_profile", is, Some(catalog.routing_profile(&wanted.routing).to_owned()));
            found.update.routing_profile = (course == Course::Correct).then(|| wanted.routing.clone());
        }
        if self.user.security_profiles != wanted.security {
            let course = self.course(self.modes.security_profiles, moved);
            let is = security_names(&self.user.security_profiles, catalog);
            found.note(course, "security_profiles", Some(is), Some(security_names(&wanted.security, catalog)));
            found.update.security_profiles = (course == Course::Correct).then(|| wanted.security.clone());
        }
        if let Some(should) = wanted.hierarchy.as_ref().filter(|should| self.user.hierarchy.as_ref() != Some(should)) {
            let course = self.course(self.modes.hierarchy, moved);
            let is = self.user.hierarchy.as_ref().map(|id| catalog.hierarchy_group(id).to_owned());
            found.note(course, "hierarchy", is, Some(catalog.hierarchy_group(should).to_owned()));
            found.update.hierarchy = (course == Course::Correct).then(|| should.clone());
        }
    }

    fn phone(&self, moved: bool, found: &mut Compared) {
        let Some(wanted) = &self.mapping.mapping.phone else { return };
        if wanted.is_met_by(self.user.phone.as_ref()) {
            return;
        }
        let course = self.course(self.modes.phone, moved);
        let is = self.user.phone.as_ref().map(phone_words);
        for (position, (field, should)) in phone_words(wanted).into_iter().enumerate() {
            let is = is.as_ref().and_then(|is| is[position].1.clone());
            found.note(course, field, is.clone(), should.filter(|should| is.as_ref() != Some(should)));
        }
        found.update.phone = (course == Course::Correct).then(|| wanted.clone());
    }

    /// The configured tags by their mode, and our own whatever the mode.
    fn tags(&self, moved: bool, found: &mut Compared) {
        let course = self.course(self.modes.tags, moved);
        let is = |key: &str| self.user.tags.get(key);
        let mut wanted: Vec<(&str, &str)> = Vec::new();
        for (key, value) in self.mapping.mapping.tags.iter().filter(|(key, value)| is(key) != Some(value)) {
            match course {
                Course::Correct => wanted.push((key, value)),
                _ => found.note(course, &format!("tag:{key}"), is(key).cloned(), Some(value.clone())),
            }
        }
        let own = if self.standing == Standing::Owned { self.own_tags() } else { Vec::new() };
        let room = tag::LIMIT.saturating_sub(self.user.tags.len());
        let new = |tags: &[(&str, &str)]| tags.iter().filter(|(key, _)| is(key).is_none()).count();
        let new_own = new(&own);
        let (wanted, own) = match room {
            room if new(&wanted) + new_own <= room => (wanted, own),
            room if new_own <= room => (Vec::new(), own),
            _ => (Vec::new(), Vec::new()),
        };
        let asked = new_own + if course == Course::Correct { self.new_configured_tags() } else { 0 };
        found.tags_without_room = if asked > room { asked } else { 0 };
        // The tag of the mapping is among the last to be written, so that a move that was cut short is done again.
        for (key, value) in wanted.into_iter().chain(own) {
            found.note(Course::Correct, &format!("tag:{key}"), is(key).cloned(), Some(value.to_owned()));
            found.update.tags.insert(key.to_owned(), value.to_owned());
        }
    }

    fn new_configured_tags(&self) -> usize {
        self.mapping.mapping.tags.keys().filter(|key| !self.user.tags.contains_key(*key)).count()
    }

    /// Tags of ours that are missing or tell of another mapping.
    fn own_tags(&self) -> Vec<(&'static str, &str)> {
        let mapping = self.mapping.group.map(|group| (tag::MAPPING, group.id.as_str()));
        let own = [Some((tag::PRINCIPAL, self.person.id.as_str())), mapping].into_iter().flatten();
        own.filter(|(key, value)| self.user.tags.get(*key).map(String::as_str) != Some(*value)).collect()
    }
}

impl Compared {
    fn note(&mut self, course: Course, field: &str, is: Option<String>, should: Option<String>) {
        if should.is_none() {
            return;
        }
        let field = field.to_owned();
        match course {
            Course::Correct => self.changes.push(Change::replace(field, is, should)),
            Course::Report => self.differences.push(Difference { field, is, should }),
            Course::Leave => {}
        }
    }
}

/// Names of security profiles, sorted, ids where a name is unknown.
pub(super) fn security_names(ids: &BTreeSet<SecurityProfileId>, catalog: &Catalog) -> String {
    let mut names: Vec<&str> = ids.iter().map(|id| catalog.security_profile(id)).collect();
    names.sort_unstable();
    names.join(", ")
}

/// A phone setting in words, for each part that is said.
pub(super) fn phone_words(phone: &Phone) -> [(&'static str, Option<String>); 3] {
    [
        (
            "phone",
            Some(match &phone.device {
                Device::Soft => "soft".to_owned(),
                Device::Desk(number) => format!("desk {number}"),
            }),
        ),
        ("auto_accept", phone.auto_accept.map(|on| on.to_string())),
        (
            "after_contact_work",
            phone.after_contact_work.map(|time| match time {
                AfterContactWork::Seconds(seconds) => format!("{seconds}s"),
                AfterContactWork::Unlimited => "unlimited".to_owned(),
            }),
        ),
    ]
}
