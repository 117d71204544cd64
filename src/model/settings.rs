//! What one target is to be like: the part of the configuration that decides. Defaults have been filled in and
//! inheritance resolved, so that nothing here is optional for want of being written down.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobMatcher};
use jiff::SignedDuration;
use jiff::civil::Date;

use super::connect::Phone;
use super::id::{Login, TargetName};

/// One target: a Connect instance, and the rules for the people in it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The target's name in the configuration.
    pub name: TargetName,
    /// The value of the owner tag that marks users as ours.
    pub owner: String,
    /// Whether anything may be written.
    pub mode: Mode,
    /// Which attribute becomes the login.
    pub login_from: LoginFrom,
    /// Whether the e-mail is sent as the primary address, which SAML instances refuse.
    pub send_email: bool,
    /// Whether the e-mail is sent as the secondary address, the only one that notifications reach on SAML.
    pub secondary_email: bool,
    /// What is allowed.
    pub policy: Policy,
    /// Group by group, in order of precedence.
    pub mappings: Vec<Mapping>,
    /// The profiles of people who have left, where the policy may need them.
    pub quarantine: Option<Profiles>,
    /// Findings that are known and cannot be mended now.
    pub accepts: Vec<Accept>,
}

/// Whether a target is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Read and report only.
    Plan,
    /// Carry the plan out.
    Apply,
}

impl Mode {
    /// The word of the configuration and of the report.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
        }
    }
}

/// The attribute that the application sends as `RoleSessionName`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginFrom {
    /// The primary e-mail address.
    Email,
    /// The user name.
    Username,
}

/// One group and what its members get.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The group.
    pub group: GroupRef,
    /// Routing profile, by name or id.
    pub routing_profile: String,
    /// Security profiles, by name or id; one to ten.
    pub security_profiles: Vec<String>,
    /// Hierarchy group by path or id; `None` says nothing about it.
    pub hierarchy: Option<String>,
    /// Phone settings; `None` says nothing about them.
    pub phone: Option<Phone>,
    /// Tags besides our own.
    pub tags: BTreeMap<String, String>,
    /// Whether the group is to be assigned to the application.
    pub assign: bool,
    /// Whether foreign users with exactly the right login are taken over: the policy's word, or this mapping's own.
    pub adopt: bool,
}

/// A group as the configuration names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupRef {
    /// By display name.
    Name(String),
    /// By id.
    Id(String),
}

impl GroupRef {
    /// Text as written: an id of Identity Store is taken for one, everything else is a display name.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if is_store_id(text) { Self::Id(text.to_owned()) } else { Self::Name(text.to_owned()) }
    }

    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Name(text) | Self::Id(text) => text,
        }
    }
}

/// Whether text has the form of Identity Store's ids: `([0-9a-f]{10}-|)UUID`.
#[must_use]
pub fn is_store_id(text: &str) -> bool {
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let mut parts: Vec<&str> = text.split('-').collect();
    if parts.len() == 6 && hex(parts[0], 10) {
        parts.remove(0);
    }
    parts.len() == 5 && parts.iter().zip([8, 4, 4, 4, 12]).all(|(part, length)| hex(part, length))
}

/// A routing profile and security profiles, by name or id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profiles {
    /// Routing profile.
    pub routing_profile: String,
    /// Security profiles.
    pub security_profiles: Vec<String>,
}

/// What an installation permits.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What happens to a person whose login seems to stand under another name.
    pub mismatches: Mismatches,
    /// What happens when an e-mail changes.
    pub renames: Renames,
    /// How far the account of somebody who has left may be taken down.
    pub removals: Removals,
    /// From the mark to quarantine.
    pub grace: SignedDuration,
    /// From quarantine to deletion.
    pub delete_after: SignedDuration,
    /// The most quarantines or deletions.
    pub max_removals: Limit,
    /// The most creates, adoptions and updates.
    pub max_changes: Limit,
    /// Logins that are never touched.
    pub protect: Vec<LoginGlob>,
    /// Whether holders of the security profile `Admin` are never touched.
    pub protect_admins: bool,
    /// How closely each attribute is kept.
    pub attributes: AttributeModes,
}

/// What to do with a person for whom a Connect user under a similar login exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatches {
    /// Report, and create nothing.
    Hold,
    /// Report, and create the right one beside it.
    Create,
}

/// What to do when a person's e-mail changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renames {
    /// Report only.
    Report,
    /// Create a new user; the old one is superseded.
    Recreate,
}

/// How far removal may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removals {
    /// Nothing is touched.
    Report,
    /// Up to quarantine.
    Quarantine,
    /// Up to deletion.
    Delete,
}

/// A limit on how much may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Of a whole, rounded down.
    Percent(u8),
    /// Exactly so many.
    Count(u64),
}

/// A mode for each attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeModes {
    /// Routing profile.
    pub routing_profile: AttributeMode,
    /// Security profiles.
    pub security_profiles: AttributeMode,
    /// First and last name.
    pub name: AttributeMode,
    /// Hierarchy group.
    pub hierarchy: AttributeMode,
    /// Phone settings.
    pub phone: AttributeMode,
    /// Configured tags.
    pub tags: AttributeMode,
}

/// How closely an attribute is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeMode {
    /// Set at creation and when a member moves.
    Seed,
    /// The same, and differences are reported.
    Report,
    /// Corrected in every pass.
    Enforce,
    /// Set at creation only.
    Ignore,
}

/// A finding that is known, and for now not counted as an error.
#[derive(Debug, Clone)]
pub struct Accept {
    /// The finding's code.
    pub code: String,
    /// Whose; `None` means anybody's, and is the only form for findings that concern no person.
    pub login: Option<LoginGlob>,
    /// The last day on which it is accepted (UTC).
    pub until: Option<Date>,
    /// The reason, for those who read the report.
    pub why: Option<String>,
}

/// A glob over logins that takes no notice of case.
#[derive(Debug, Clone)]
pub struct LoginGlob {
    text: String,
    matcher: GlobMatcher,
}

impl LoginGlob {
    /// Reads a glob: `*` any letters, `?` one, `[ab]` one of these, `{a,b}` one of those.
    ///
    /// # Errors
    /// Says what is wrong with the pattern.
    pub fn parse(text: &str) -> Result<Self, globset::Error> {
        let matcher = GlobBuilder::new(text).case_insensitive(true).build()?.compile_matcher();
        Ok(Self { text: text.to_owned(), matcher })
    }

    /// Whether this login is meant.
    #[must_use]
    pub fn matches(&self, login: &Login) -> bool {
        self.matcher.is_match(login.as_str())
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// `protect` holds a whole account back, so a glob that was let through has to find what it was written for. (`!`
        /// negates at the start of a class and cannot stand in one alone.)
        #[test]
        fn a_login_with_its_own_letters_escaped_finds_itself_in_any_case(login in "[A-Za-z0-9_.@+'*?{}\\[\\]-]{1,64}") {
            let escaped: String = login
                .chars()
                .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_string() } else { format!("[{letter}]") })
                .collect();
            let glob = LoginGlob::parse(&escaped).unwrap();
            prop_assert!(glob.matches(&Login::new(&login)) && glob.matches(&Login::new(login.to_uppercase())));
            let others = [login.clone() + "x", "x".to_owned() + &login];
            prop_assert!(others.iter().all(|other| !glob.matches(&Login::new(other))));
        }

        #[test]
        fn any_text_is_a_glob_or_none(pattern in "[*?{},!\\[\\]\\\\a-c@.-]{0,16}|\\PC{0,16}", login in any::<String>()) {
            if let Ok(glob) = LoginGlob::parse(&pattern) {
                let login = Login::new(login);
                prop_assert_eq!(glob.matches(&login), glob.matches(&login));
                prop_assert_eq!(glob.as_str(), pattern);
            }
        }

        #[test]
        fn a_group_is_named_by_an_id_only_where_it_has_the_form_of_one(
            text in "([0-9a-f]{10}-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{11,13}|[0-9A-Fa-f-]{0,50}|\\PC{0,50}",
        ) {
            let group = GroupRef::parse(&text);
            prop_assert_eq!(group.as_str(), text.as_str());
            let bare = text.len() == 36 || text.len() == 47 && text.as_bytes()[10] == b'-';
            prop_assert!(matches!(group, GroupRef::Name(_)) || bare, "{}", text);
        }
    }
}
