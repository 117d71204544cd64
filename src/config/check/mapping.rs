//! `[[target.mapping]]`: a group and what its members get.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::profiles::{self, Fallback};
use super::section::Section;
use crate::config::{file, form};
use crate::model::connect::{AfterContactWork, Device, Phone, is_telephone_number};
use crate::model::settings::{GroupRef, Mapping};
use crate::model::tag;

/// Tags that mark a user for a time: absent since, quarantined at, the routing profile and, in two parts, the security
/// profiles that they had before.
const MARKS: usize = 5;
/// How many tags a mapping can give: what a user can carry, without Rollcall's own and without the marks.
const MOST_TAGS: usize = tag::LIMIT - tag::OWN - MARKS;
/// The longest time for work after a contact that Connect takes, in seconds.
const LONGEST_WORK: i64 = 2_000_000;

/// Checks one mapping. What it does not say comes from `defaults` and `adopt`.
pub(super) fn mapping(
    section: &mut Section<'_, '_>,
    written: &file::Mapping,
    defaults: &Fallback,
    adopt: bool,
) -> Mapping {
    let routing_profile = section.text("routing_profile", written.routing_profile.as_deref());
    let security_profiles = profiles::security_profiles(section, written.security_profiles.as_deref());
    Mapping {
        group: GroupRef::parse(&section.text("group", written.group.as_deref()).unwrap_or_default()),
        routing_profile: routing_profile.or_else(|| defaults.routing_profile.clone()).unwrap_or_default(),
        security_profiles: security_profiles.or_else(|| defaults.security_profiles.clone()).unwrap_or_default(),
        hierarchy: section.text("hierarchy", written.hierarchy.as_deref()),
        phone: written.phone.as_ref().and_then(|phone| self::phone(&mut section.inner("phone"), phone)),
        tags: tags(section, &written.tags),
        assign: written.assign.unwrap_or(true),
        adopt: written.adopt.unwrap_or(adopt),
    }
}

fn phone(section: &mut Section<'_, '_>, written: &file::Phone) -> Option<Phone> {
    let after_contact_work = after_contact_work(section, written.after_contact_work.as_deref());
    let number = written.number.as_deref();
    if number.is_some_and(|number| !is_telephone_number(number)) {
        let hint = "`+`, country and number, digits only, for example `+442079460000`";
        section.wrong_with("number", "is no telephone number", hint);
    }
    let device = match (written.kind?, number) {
        (file::PhoneType::Soft, None) => Device::Soft,
        (file::PhoneType::Desk, Some(number)) => Device::Desk(number.to_owned()),
        (file::PhoneType::Soft, Some(_)) => {
            section.wrong_with("number", "is given for a soft phone", "leave it out, or set `type = \"desk\"`");
            Device::Soft
        }
        (file::PhoneType::Desk, None) => {
            section.missing("number", "a desk phone needs one, for example `number = \"+442079460000\"`");
            Device::Soft
        }
    };
    Some(Phone { device, auto_accept: written.auto_accept, after_contact_work })
}

fn after_contact_work(section: &mut Section<'_, '_>, written: Option<&str>) -> Option<AfterContactWork> {
    const NAME: &str = "after_contact_work";
    if written == Some("unlimited") {
        return Some(AfterContactWork::Unlimited);
    }
    let duration = section.duration(NAME, written)?;
    if duration.is_zero() {
        let hint = "`\"1s\"` is the shortest; write `\"unlimited\"` if no limit is meant";
        section.wrong_with(NAME, "cannot be 0, which Connect reads as no limit at all", hint);
        return None;
    }
    if duration > SignedDuration::from_secs(LONGEST_WORK) {
        let hint = "write `\"unlimited\"` if no limit is meant";
        section.wrong_with(
            NAME,
            format_args!("is more than {LONGEST_WORK} seconds, the most that Connect takes"),
            hint,
        );
        return None;
    }
    u32::try_from(duration.as_secs()).ok().map(AfterContactWork::Seconds)
}

fn tags(section: &mut Section<'_, '_>, written: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    if written.len() > MOST_TAGS {
        let message = format!("has {} tags, and a mapping can give {MOST_TAGS}", written.len());
        let (limit, own) = (tag::LIMIT, tag::OWN);
        let hint =
            format!("a Connect user carries {limit}: {own} are Rollcall's own, and {MARKS} are for people who leave");
        section.wrong_with("tags", message, hint);
    }
    let mut table = section.inner("tags");
    for (key, value) in written {
        if let Some(reason) = wrong_key(key) {
            table.wrong(key, reason);
        } else if value.chars().count() > 256 {
            table.wrong(key, "has a value of more than 256 letters");
        } else if let Some(letter) = value.chars().find(|letter| !form::is_tag_letter(*letter)) {
            table.wrong(key, format_args!("has `{}`, which a tag's value cannot have", letter.escape_debug()));
        }
    }
    written.clone()
}

/// Why a tag cannot have this key.
fn wrong_key(key: &str) -> Option<&'static str> {
    let folded = key.to_ascii_lowercase();
    match key.chars().count() {
        0 => Some("is a tag without a key"),
        129.. => Some("is longer than the 128 letters that a tag's key can have"),
        _ if folded.starts_with("aws:") => Some("begins with `aws:`, which is for AWS alone"),
        _ if folded.starts_with("rollcall:") => Some("begins with `rollcall:`, which is for Rollcall's own tags"),
        _ if !key.chars().all(form::is_tag_letter) => Some("has letters that a tag's key cannot have"),
        _ => None,
    }
}
