//! `[policy]`, at the top and in a target.

use jiff::SignedDuration;

use super::section::Section;
use crate::config::file::{self, LimitText};
use crate::model::settings::{AttributeMode, AttributeModes, Limit, LoginGlob, Mismatches, Policy, Removals, Renames};

/// What holds where no file says anything.
pub(super) fn default() -> Policy {
    Policy {
        mismatches: Mismatches::Hold,
        renames: Renames::Report,
        removals: Removals::Report,
        grace: SignedDuration::from_hours(72),
        delete_after: SignedDuration::from_hours(30 * 24),
        max_removals: Limit::Percent(10),
        max_changes: Limit::Percent(25),
        protect: Vec::new(),
        protect_admins: true,
        attributes: AttributeModes {
            routing_profile: AttributeMode::Seed,
            security_profiles: AttributeMode::Report,
            name: AttributeMode::Report,
            hierarchy: AttributeMode::Seed,
            phone: AttributeMode::Seed,
            tags: AttributeMode::Seed,
        },
    }
}

/// What the table says, and `base` for the rest.
pub(super) fn policy(section: &mut Section<'_, '_>, written: &file::Policy, base: Policy) -> Policy {
    let file::Policy {
        adopt: _, // belongs to the mappings
        mismatches,
        renames,
        removals,
        grace,
        delete_after,
        max_removals,
        max_changes,
        protect,
        protect_admins,
        attributes,
    } = written;
    Policy {
        mismatches: mismatches.map_or(base.mismatches, Into::into),
        renames: renames.map_or(base.renames, Into::into),
        removals: removals.map_or(base.removals, Into::into),
        grace: section.positive("grace", grace.as_deref()).unwrap_or(base.grace),
        delete_after: section.positive("delete_after", delete_after.as_deref()).unwrap_or(base.delete_after),
        max_removals: limit(section, "max_removals", max_removals.as_ref()).unwrap_or(base.max_removals),
        max_changes: limit(section, "max_changes", max_changes.as_ref()).unwrap_or(base.max_changes),
        protect: globs(section, protect.as_deref()).unwrap_or(base.protect),
        protect_admins: protect_admins.unwrap_or(base.protect_admins),
        attributes: modes(attributes, base.attributes),
    }
}

fn modes(written: &file::Attributes, base: AttributeModes) -> AttributeModes {
    let file::Attributes { routing_profile, security_profiles, name, hierarchy, phone, tags } = written;
    AttributeModes {
        routing_profile: routing_profile.map_or(base.routing_profile, Into::into),
        security_profiles: security_profiles.map_or(base.security_profiles, Into::into),
        name: name.map_or(base.name, Into::into),
        hierarchy: hierarchy.map_or(base.hierarchy, Into::into),
        phone: phone.map_or(base.phone, Into::into),
        tags: tags.map_or(base.tags, Into::into),
    }
}

/// `10%`, or a number of people.
fn limit(section: &mut Section<'_, '_>, name: &str, written: Option<&LimitText>) -> Option<Limit> {
    let limit = match written? {
        LimitText::Number(number) => u64::try_from(*number).ok().map(Limit::Count),
        LimitText::Text(text) => percent(text).map(Limit::Percent),
    };
    if limit.is_none() {
        let hint = "`\"0%\"` to `\"100%\"`, or a number of people such as `25`, which is not in quotes";
        section.wrong_with(name, "is neither a percentage nor a number of people", hint);
    }
    limit
}

/// `0%` to `100%`, without a sign or leading zeros.
fn percent(text: &str) -> Option<u8> {
    let digits = text.strip_suffix('%')?;
    digits.parse().ok().filter(|percent: &u8| *percent <= 100 && percent.to_string() == digits)
}

fn globs(section: &mut Section<'_, '_>, written: Option<&[String]>) -> Option<Vec<LoginGlob>> {
    section.texts("protect", written);
    let mut list = section.inner("protect");
    let texts = written?.iter().enumerate();
    Some(texts.filter_map(|(index, text)| glob(&mut list, index, text)).collect())
}

fn glob(list: &mut Section<'_, '_>, index: usize, text: &str) -> Option<LoginGlob> {
    match LoginGlob::parse(text) {
        Ok(glob) => Some(glob),
        Err(error) => {
            let path = list.path().item(index);
            list.wrong_at(&path, format_args!("is no glob: {}", error.kind()), GLOB);
            None
        }
    }
}

/// What globs can say.
pub(super) const GLOB: &str =
    "`*` stands for any letters, `?` for one, `[ab]` for one of these, `{a,b}` for one of those";
