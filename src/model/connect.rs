//! A Connect instance and the application that signs people into it, as they were read.

use std::collections::{BTreeMap, BTreeSet};

use super::id::{
    ApplicationArn, ConnectUserId, GroupId, HierarchyGroupId, InstanceId, Login, PrincipalId, RoutingProfileId,
    SecurityProfileId,
};

/// An account of a Connect instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectUser {
    /// Connect's id.
    pub id: ConnectUserId,
    /// Connect's ARN, which tags hang on.
    pub arn: String,
    /// `Username`.
    pub login: Login,
    /// What SearchUsers says of them; `None` where the index does not carry a user whom ListUsers has, so that their
    /// owner is unknown and nothing may be planned for them.
    pub attributes: Option<Attributes>,
}

/// What SearchUsers carries of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Routing profile.
    pub routing_profile: Option<RoutingProfileId>,
    /// Security profiles, one to ten.
    pub security_profiles: BTreeSet<SecurityProfileId>,
    /// Hierarchy group.
    pub hierarchy: Option<HierarchyGroupId>,
    /// Phone settings, where the service shows any.
    pub phone: Option<Phone>,
    /// All tags.
    pub tags: BTreeMap<String, String>,
}

/// How a user's phone is set up. Times are in seconds whatever operation they came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone {
    /// Soft phone, or a desk phone and its number.
    pub device: Device,
    /// Whether contacts are accepted without a click; `None` is not known or not asked for.
    pub auto_accept: Option<bool>,
    /// Time for work after a contact; `None` is not known or not asked for.
    pub after_contact_work: Option<AfterContactWork>,
}

impl Phone {
    /// Whether somebody with these settings has everything that this one says.
    #[must_use]
    pub fn is_met_by(&self, other: Option<&Self>) -> bool {
        other.is_some_and(|other| {
            self.device == other.device
                && self.auto_accept.is_none_or(|wanted| other.auto_accept == Some(wanted))
                && self.after_contact_work.is_none_or(|wanted| other.after_contact_work == Some(wanted))
        })
    }
}

/// Where a call rings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Device {
    /// In the browser.
    Soft,
    /// On a telephone with this number (E.164).
    Desk(String),
}

/// Whether this is a telephone number as E.164 has it: `+`, a digit that is not 0, and 1 to 14 more.
#[must_use]
pub fn is_telephone_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Time for work after a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterContactWork {
    /// So many seconds, never 0.
    Seconds(u32),
    /// Until the person says that they are done, which Connect writes as 0.
    Unlimited,
}

/// The instance itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The bare id.
    pub id: InstanceId,
    /// The ARN.
    pub arn: String,
    /// The alias, where it has one.
    pub alias: Option<String>,
    /// How people sign in, which never changes after the instance was made.
    pub sign_in: SignIn,
    /// Whether it is replicated into another Region.
    pub replicated: bool,
}

/// `IdentityManagementType`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// By an identity provider: the only kind that Rollcall serves.
    Saml,
    /// Anything else, as the service names it.
    Other(String),
}

/// What a mapping can refer to by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Routing profiles by id, with their names.
    pub routing_profiles: BTreeMap<RoutingProfileId, String>,
    /// Security profiles by id, with their names.
    pub security_profiles: BTreeMap<SecurityProfileId, String>,
    /// Hierarchy groups by id, with their path from the top, levels joined by `/`; only those that a mapping may mean.
    pub hierarchy_groups: BTreeMap<HierarchyGroupId, String>,
}

impl Catalog {
    /// The name of a routing profile, the id where it is not known.
    #[must_use]
    pub fn routing_profile<'a>(&'a self, id: &'a RoutingProfileId) -> &'a str {
        self.routing_profiles.get(id).map_or(id.as_str(), String::as_str)
    }

    /// The name of a security profile, the id where it is not known.
    #[must_use]
    pub fn security_profile<'a>(&'a self, id: &'a SecurityProfileId) -> &'a str {
        self.security_profiles.get(id).map_or(id.as_str(), String::as_str)
    }

    /// The path of a hierarchy group, the id where it is not known.
    #[must_use]
    pub fn hierarchy_group<'a>(&'a self, id: &'a HierarchyGroupId) -> &'a str {
        self.hierarchy_groups.get(id).map_or(id.as_str(), String::as_str)
    }
}

/// What is known of the application that signs people in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplicationState {
    /// The target names none.
    NotConfigured,
    /// No application has that ARN or name.
    Missing,
    /// Several applications have that name.
    Ambiguous(Vec<ApplicationArn>),
    /// It exists.
    Found(Application),
}

/// An application and its direct assignments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its ARN.
    pub arn: ApplicationArn,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Whether it can be used at all.
    pub enabled: bool,
    /// Whether only assigned people may use it.
    pub assignment_required: bool,
    /// Groups that are assigned.
    pub groups: BTreeSet<GroupId>,
    /// People who are assigned one by one.
    pub people: BTreeSet<PrincipalId>,
}

/// All that one `CreateUser` call says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// `Username`.
    pub login: Login,
    /// First name, in Normalization Form C and within the service's length.
    pub first_name: String,
    /// Last name, likewise.
    pub last_name: String,
    /// The primary address; SAML instances refuse one.
    pub email: Option<String>,
    /// The secondary address.
    pub secondary_email: Option<String>,
    /// Routing profile.
    pub routing_profile: RoutingProfileId,
    /// Security profiles, one to ten.
    pub security_profiles: BTreeSet<SecurityProfileId>,
    /// Hierarchy group.
    pub hierarchy: Option<HierarchyGroupId>,
    /// Phone settings.
    pub phone: Option<Phone>,
    /// All tags, our own among them.
    pub tags: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_numbers_begin_with_the_country() {
        assert!(is_telephone_number("+442079460000"));
        for text in ["442079460000", "+0442079460000", "+", "+4", "+44 20 7946 0000", "+1234567890123456"] {
            assert!(!is_telephone_number(text), "{text}");
        }
    }
}
