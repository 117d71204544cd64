//! `[[expect]]`: tests of the mappings. Whether they hold is for [`crate::config::expect`] to say.

use super::profiles;
use super::section::Section;
use crate::config::{Expect, Target, file, suggest};
use crate::model::id::TargetName;
use crate::model::settings::GroupRef;

/// Checks every expectation.
pub(super) fn expects(top: &mut Section<'_, '_>, written: &[file::Expect], targets: &[Target]) -> Vec<Expect> {
    let written = written.iter().enumerate();
    written.map(|(index, expect)| self::expect(&mut top.item("expect", index), expect, targets)).collect()
}

fn expect(section: &mut Section<'_, '_>, written: &file::Expect, targets: &[Target]) -> Expect {
    let keys = ["mapping", "routing_profile", "security_profiles", "hierarchy"];
    if !keys.iter().any(|key| section.has(key)) {
        section.wrong_itself("expects nothing", format!("add {}", suggest::list(&keys)));
    }
    let name = section.text("target", written.target.as_deref()).unwrap_or_default();
    let target = targets.iter().find(|target| target.settings.name.as_str() == name);
    if target.is_none() && !name.is_empty() {
        let names: Vec<&str> = targets.iter().map(|target| target.settings.name.as_str()).collect();
        section.wrong_with("target", format_args!("is no target: `{name}`"), suggest::hint(&name, &names));
    }
    section.texts("groups", written.groups.as_deref());
    let groups = written.groups.clone().unwrap_or_default();
    if written.groups.is_some() && groups.is_empty() {
        section.wrong_with("groups", "is empty", "somebody without groups gets nothing, and that needs no test");
    }
    let mapping = section.text("mapping", written.mapping.as_deref());
    if let Some(target) = target {
        for (index, group) in groups.iter().enumerate().filter(|(_, group)| !group.trim().is_empty()) {
            let path = section.path().key("groups").item(index);
            mapped(section, &path, group, target);
        }
        if let Some(group) = &mapping {
            let path = section.path().key("mapping");
            mapped(section, &path, group, target);
        }
    }
    Expect {
        line: section.line(),
        target: TargetName::new(name),
        groups: groups.iter().map(|group| GroupRef::parse(group)).collect(),
        mapping: mapping.map(|group| GroupRef::parse(&group)),
        routing_profile: section.text("routing_profile", written.routing_profile.as_deref()),
        security_profiles: profiles::security_profiles(section, written.security_profiles.as_deref())
            .map(|profiles| profiles.into_iter().collect()),
        hierarchy: section.text("hierarchy", written.hierarchy.as_deref()),
    }
}

/// A group has to have a mapping in the target: a misspelt one would make a test that proves nothing.
fn mapped(section: &mut Section<'_, '_>, path: &crate::config::key::KeyPath, group: &str, target: &Target) {
    let known: Vec<&str> = target.settings.mappings.iter().map(|mapping| mapping.group.as_str()).collect();
    if !known.contains(&group) {
        let message = format!("is `{group}`, which no mapping of `{}` names", target.settings.name);
        section.wrong_at(path, message, suggest::hint(group, &known));
    }
}
