//! Where an owned user is not as its mapping has it. What a mapping does not say is not compared.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;

use super::finding::Difference;
use super::resolve::{ResolvedMapping, WantedProfiles};
use crate::model::connect::{AfterContactWork, Attributes, Catalog, Device, Phone};
use crate::model::directory::Principal;
use crate::model::id::{GroupId, SecurityProfileId};
use crate::model::settings::{AttributeMode, AttributeModes};
use crate::model::tag;

/// Everything that a comparison looks at.
pub(super) struct Comparison<'a> {
    pub(super) person: &'a Principal,
    pub(super) user: &'a Attributes,
    pub(super) mapping: &'a ResolvedMapping<'a>,
    pub(super) catalog: &'a Catalog,
    pub(super) modes: AttributeModes,
}

impl Comparison<'_> {
    /// The differences that the modes ask for. A mover's seeds count as well: they are set when a member moves.
    pub(super) fn differences(&self) -> Vec<Difference> {
        let moved = self.moved_from();
        let counts = |mode: AttributeMode| match mode {
            AttributeMode::Report | AttributeMode::Enforce => true,
            AttributeMode::Seed => moved.is_some(),
            AttributeMode::Ignore => false,
        };
        let mut differences = Differences(Vec::new());
        if let Some(from) = &moved {
            differences.note("mapping", Some(from.as_str()), Some(self.mapping.name()));
        }
        // A move sets no names, so a seeded name is never a difference.
        if matches!(self.modes.name, AttributeMode::Report | AttributeMode::Enforce) {
            self.names(&mut differences);
        }
        if let Some(wanted) = &self.mapping.profiles {
            self.profiles(wanted, &counts, &mut differences);
        }
        if counts(self.modes.phone)
            && let Some(wanted) = &self.mapping.mapping.phone
        {
            phone(self.user.phone.as_ref(), wanted, &mut differences);
        }
        if counts(self.modes.tags) {
            for (key, value) in &self.mapping.mapping.tags {
                let is = self.user.tags.get(key).map(String::as_str);
                differences.note(&format!("tag:{key}"), is, Some(value));
            }
        }
        differences.0
    }

    /// The group whose mapping the user was set up by, where that is another than the winning one. Users handed over
    /// by hand carry no such tag, and are no movers.
    fn moved_from(&self) -> Option<GroupId> {
        let from = self.user.tags.get(tag::MAPPING).filter(|from| !from.is_empty())?;
        let winning = self.mapping.group?;
        (from != winning.id.as_str()).then(|| GroupId::new(from))
    }

    fn names(&self, differences: &mut Differences) {
        for (field, is, should) in [
            ("first_name", &self.user.first_name, &self.person.given_name),
            ("last_name", &self.user.last_name, &self.person.family_name),
        ] {
            // A name that the directory lacks was derived, and a derived name is only ever a seed.
            let Some(should) = should.as_deref().map(str::trim).filter(|should| !should.is_empty()) else { continue };
            if is.as_deref() == Some(should) {
                continue;
            }
            let should: String = should.nfc().collect();
            differences.note(field, is.as_deref(), Some(&should));
        }
    }

    fn profiles(
        &self,
        wanted: &WantedProfiles,
        counts: &impl Fn(AttributeMode) -> bool,
        differences: &mut Differences,
    ) {
        let name = |names: Option<&String>, id: &str| names.cloned().unwrap_or_else(|| id.to_owned());
        if counts(self.modes.routing_profile) && self.user.routing_profile.as_ref() != Some(&wanted.routing) {
            let names = &self.catalog.routing_profiles;
            let is = self.user.routing_profile.as_ref().map(|id| name(names.get(id), id.as_str()));
            let should = name(names.get(&wanted.routing), wanted.routing.as_str());
            differences.note("routing_profile", is.as_deref(), Some(&should));
        }
        if counts(self.modes.security_profiles) && self.user.security_profiles != wanted.security {
            let is = security_names(&self.user.security_profiles, &self.catalog.security_profiles);
            let should = security_names(&wanted.security, &self.catalog.security_profiles);
            differences.note("security_profiles", Some(&is), Some(&should));
        }
        if counts(self.modes.hierarchy)
            && let Some(should) = &wanted.hierarchy
            && self.user.hierarchy.as_ref() != Some(should)
        {
            let names = &self.catalog.hierarchy_groups;
            let is = self.user.hierarchy.as_ref().map(|id| name(names.get(id), id.as_str()));
            differences.note("hierarchy", is.as_deref(), Some(&name(names.get(should), should.as_str())));
        }
    }
}

struct Differences(Vec<Difference>);

impl Differences {
    fn note(&mut self, field: &str, is: Option<&str>, should: Option<&str>) {
        if is != should {
            let own = |text: Option<&str>| text.map(str::to_owned);
            self.0.push(Difference { field: field.to_owned(), is: own(is), should: own(should) });
        }
    }
}

/// Names of security profiles, sorted, ids where a name is unknown.
pub(super) fn security_names(ids: &BTreeSet<SecurityProfileId>, names: &BTreeMap<SecurityProfileId, String>) -> String {
    let mut names: Vec<&str> = ids.iter().map(|id| names.get(id).map_or(id.as_str(), String::as_str)).collect();
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

fn phone(is: Option<&Phone>, should: &Phone, differences: &mut Differences) {
    let is = is.map(phone_words);
    for (position, (field, should)) in phone_words(should).into_iter().enumerate() {
        let Some(should) = should else { continue };
        let is = is.as_ref().and_then(|is| is[position].1.as_deref());
        differences.note(field, is, Some(&should));
    }
}
