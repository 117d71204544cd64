//! Routing and security profiles: `[defaults]`, `[quarantine]`, and what targets and mappings say in their place.

use super::section::Section;
use crate::config::file;
use crate::model::settings::{Profiles, Removals};

/// How many security profiles Connect gives a user.
const MOST: usize = 10;

/// What one table says of profiles, and what it leaves to the table that it overrides.
#[derive(Debug, Clone, Default)]
pub(super) struct Fallback {
    /// Routing profile.
    pub(super) routing_profile: Option<String>,
    /// Security profiles.
    pub(super) security_profiles: Option<Vec<String>>,
    written: bool,
}

impl Fallback {
    /// The profiles that every new Connect instance has for those who take calls.
    pub(super) fn of_connect() -> Self {
        let routing_profile = Some("Basic Routing Profile".to_owned());
        Self { routing_profile, security_profiles: Some(vec!["Agent".to_owned()]), written: false }
    }

    /// Key by key, this or else that.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            routing_profile: self.routing_profile.or(other.routing_profile),
            security_profiles: self.security_profiles.or(other.security_profiles),
            written: self.written || other.written,
        }
    }
}

/// Checks the names in a table; `None` is a table that is not there.
pub(super) fn checked(section: &mut Section<'_, '_>, written: Option<&file::Profiles>) -> Fallback {
    let Some(profiles) = written else { return Fallback::default() };
    Fallback {
        routing_profile: section.text("routing_profile", profiles.routing_profile.as_deref()),
        security_profiles: security_profiles(section, profiles.security_profiles.as_deref()),
        written: true,
    }
}

/// One to ten security profiles.
pub(super) fn security_profiles(section: &mut Section<'_, '_>, written: Option<&[String]>) -> Option<Vec<String>> {
    let profiles = section.texts("security_profiles", written)?;
    match profiles.len() {
        0 => section.wrong_with(
            "security_profiles",
            "is empty",
            "Connect wants at least one: name a profile without permissions if nothing is to be allowed",
        ),
        1..=MOST => return Some(profiles),
        count => {
            let message = format!("has {count} profiles, and Connect gives a user at most {MOST}");
            section.wrong("security_profiles", message);
        }
    }
    None
}

/// The profiles of a target's leavers. They have to be whole where they are given, and to be given where the policy may
/// need them.
pub(super) fn quarantine(
    section: &mut Section<'_, '_>,
    own: Fallback,
    installation: &Fallback,
    removals: Removals,
) -> Option<Profiles> {
    let own_table = own.written;
    let merged = own.or(installation.clone());
    match merged {
        Fallback { routing_profile: Some(routing_profile), security_profiles: Some(security_profiles), .. } => {
            return Some(Profiles { routing_profile, security_profiles });
        }
        Fallback { written: true, .. } if own_table => whole(&mut section.inner("quarantine"), &merged),
        Fallback { written: true, .. } => whole(&mut section.top().inner("quarantine"), &merged),
        Fallback { written: false, .. } if removals != Removals::Report && !is_written(section) => {
            let hint = "add `[quarantine]` with the `routing_profile` and `security_profiles` of people who have left";
            let message = "needs `[quarantine]`, which the file does not have, unless it is `report`";
            if section.inner("policy").has("removals") {
                section.inner("policy").wrong_with("removals", message, hint);
            } else {
                section.top().inner("policy").wrong_with("removals", message, hint);
            }
        }
        Fallback { written: false, .. } => {}
    }
    None
}

/// Whether the file has a quarantine that could not be read.
fn is_written(section: &mut Section<'_, '_>) -> bool {
    section.has("quarantine") || section.top().has("quarantine")
}

/// Names the keys that are not there.
fn whole(section: &mut Section<'_, '_>, merged: &Fallback) {
    if merged.routing_profile.is_none() {
        section.missing("routing_profile", "the profile without queues that people who have left get");
    }
    if merged.security_profiles.is_none() {
        section.missing("security_profiles", "the profiles without permissions that people who have left get");
    }
}
