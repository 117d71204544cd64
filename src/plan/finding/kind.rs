//! The kinds of findings, each with its evidence as fields.

use jiff::Timestamp;

use crate::model::id::{GroupId, Login, PrincipalId};
use crate::model::settings::LoginFrom;
use crate::plan::ActionKind;
use crate::plan::likeness::Likeness;
use crate::plan::login::Unfit;

/// The closed set of findings, each with its evidence.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// The attribute that becomes the login is absent.
    EmailMissing {
        /// The attribute.
        from: LoginFrom,
        /// What else the person is known by: the user name, else the display name.
        known_as: Option<String>,
    },
    /// The login could not pass SAML sign-in.
    LoginInvalid {
        /// What is wrong with it.
        unfit: Unfit,
    },
    /// A Connect user's login differs from the wanted one in case only.
    LoginCase {
        /// The login that would let the person in.
        wanted: Login,
    },
    /// Connect users with the person's user name, or their e-mail but for the domain.
    EmailMismatch {
        /// The login that would let the person in.
        wanted: Login,
        /// What stands in Connect instead.
        existing: Vec<Login>,
        /// Whether the right one is created all the same.
        created: bool,
    },
    /// Other members want the same login.
    LoginDuplicate {
        /// The others.
        others: Vec<PrincipalId>,
    },
    /// CreateUser said that the login is taken, and the holder is not ours or cannot be found.
    LoginTaken,
    /// An owned user's person has another login now.
    LoginChanged {
        /// The login that Identity Center sends now.
        wanted: Login,
        /// Whether a user with it is made in its place.
        recreated: bool,
    },
    /// An owned user has a member's login, but was made for another person.
    EmailReused {
        /// The person whom the user was made for.
        carried: PrincipalId,
    },
    /// Several owned users carry the person's id, and none has the right login.
    PrincipalDuplicate {
        /// Their logins.
        logins: Vec<Login>,
    },
    /// No group has that name or id.
    GroupMissing {
        /// As the configuration names it.
        group: String,
        /// Owned users whose tag may mean this group.
        owned: usize,
    },
    /// A profile or hierarchy group that the configuration names does not exist in the instance.
    ProfileMissing {
        /// Which sort.
        sort: ProfileSort,
        /// As the configuration names it.
        name: String,
        /// The likest name that exists.
        nearest: Option<String>,
        /// The mappings that need it, by group.
        mappings: Vec<String>,
    },
    /// Quarantine names a profile that a mapping gives to those who work, so that nobody is quarantined.
    QuarantineShared {
        /// Which sort.
        sort: ProfileSort,
        /// The profile's name.
        name: String,
        /// The mapping, by its group.
        mapping: String,
    },
    /// The application does not exist, or its name is not unique.
    ApplicationMissing {
        /// ARNs that have this name, where there are several.
        candidates: Vec<String>,
    },
    /// The application is switched off.
    ApplicationDisabled {
        /// Its ARN or name.
        application: String,
    },
    /// A mapped group is not assigned, and the configuration forbids doing it.
    AssignmentMissing {
        /// The group.
        group: String,
    },
    /// The instance does not sign people in by SAML.
    InstanceNotSaml {
        /// How it does, as the service says it.
        sign_in: String,
    },
    /// The instance's quota of users is used up.
    QuotaShort {
        /// How many people could not be created in this pass.
        left_out: usize,
    },
    /// A Connect user who belongs to nobody is like a member.
    NearMiss {
        /// The member's login.
        member: Login,
        /// In what they are alike.
        likeness: Likeness,
        /// Whether the Connect user is ours, so that it goes down the ladder in any case.
        owned: bool,
    },
    /// A foreign user whose login is no member's.
    Orphan {
        /// Another installation that owns them, where one does.
        owner: Option<String>,
        /// Whether they hold the security profile `Admin`.
        admin: bool,
        /// Whether a mapped group cannot be found, so that they may well be in it.
        unsure: bool,
    },
    /// An owned user whose person has left.
    Leaver {
        /// How the person left.
        departure: Departure,
        /// Where they stand.
        rung: Rung,
    },
    /// An owned user beside the one with the right login.
    Superseded {
        /// The login that counts.
        by: Login,
        /// Where the earlier one stands.
        rung: Rung,
    },
    /// Attributes are not as the mapping has them.
    AttributeDiffers {
        /// Each difference.
        differences: Vec<Difference>,
    },
    /// Nobody is in the group.
    GroupEmpty {
        /// Its name.
        group: String,
        /// Owned users that were set up by it.
        owned: usize,
    },
    /// An owned user whose mapping is gone, or who was never anybody's.
    Unmapped {
        /// The group that the tag names, where there is such a tag.
        mapping: Option<GroupId>,
    },
    /// People are assigned to the application one by one.
    AssignmentDirect {
        /// How many.
        people: usize,
    },
    /// A member's login belongs to another installation's user.
    OwnedElsewhere {
        /// The other owner.
        owner: String,
    },
    /// A mark cannot be read, or lies in the future.
    TagInvalid {
        /// The tag's key.
        key: &'static str,
        /// Its value.
        value: String,
    },
    /// There is no room for our tags.
    TagsFull {
        /// How many tags the user has.
        tags: usize,
        /// How many more are wanted.
        needed: usize,
    },
    /// Quick connects lead to a user who was deleted.
    QuickConnectLeft {
        /// Their names.
        names: Vec<String>,
    },
    /// The search index does not carry all users.
    IndexBehind {
        /// How many it lacks.
        missing: usize,
        /// Of how many.
        users: usize,
    },
    /// The services' clock and the host's are apart.
    ClockSkew {
        /// By so many seconds; positive where the service is ahead.
        seconds: i64,
    },
    /// The instance is replicated into another Region.
    InstanceReplicated,
    /// A disabled person is in a mapped group.
    MemberDisabled {
        /// The groups.
        groups: Vec<String>,
    },
    /// A person is in several mapped groups.
    SeveralGroups {
        /// All of them, the winning one first.
        groups: Vec<String>,
    },
    /// A name had to be made up.
    NameDerived {
        /// First name.
        first: String,
        /// Last name.
        last: String,
    },
    /// Everybody may use the application.
    AssignmentNotRequired,
    /// A group is assigned that no mapping names.
    AssignmentLeft {
        /// The group.
        group: GroupId,
    },
    /// No application is configured.
    AssignmentUnchecked,
}

impl Kind {
    /// Whether it makes the whole target impossible.
    #[must_use]
    pub fn refuses_target(&self) -> bool {
        matches!(self, Self::InstanceNotSaml { .. })
    }

    /// Whether it is about a name of the configuration, or what stands behind one, and about nobody in particular.
    #[must_use]
    pub fn concerns_name(&self) -> bool {
        self.concerns_group()
            || matches!(
                self,
                Self::ProfileMissing { .. }
                    | Self::QuarantineShared { .. }
                    | Self::ApplicationMissing { .. }
                    | Self::ApplicationDisabled { .. }
                    | Self::AssignmentMissing { .. }
                    | Self::AssignmentNotRequired
                    | Self::AssignmentUnchecked
                    | Self::InstanceNotSaml { .. }
                    | Self::InstanceReplicated
            )
    }

    /// Whether it is about a group that a mapping names.
    #[must_use]
    pub fn concerns_group(&self) -> bool {
        matches!(self, Self::GroupMissing { .. } | Self::GroupEmpty { .. })
    }

    /// What the finding is about where that is no person: a group, a profile.
    pub(super) fn thing(&self) -> Option<String> {
        match self {
            Self::GroupMissing { group, .. } | Self::GroupEmpty { group, .. } | Self::AssignmentMissing { group } => {
                Some(group.clone())
            }
            Self::ProfileMissing { sort, name, .. } => Some(format!("{} {name}", sort.as_str())),
            Self::QuarantineShared { sort, name, .. } => Some(format!("quarantine {} {name}", sort.as_str())),
            Self::AssignmentLeft { group } => Some(group.to_string()),
            _ => None,
        }
    }

    /// The mark that it is about, where it is about one.
    pub(super) fn mark(&self) -> Option<&'static str> {
        match self {
            Self::TagInvalid { key, .. } => Some(key),
            _ => None,
        }
    }

    /// Whether it is about one Connect user of perhaps several that a person has.
    pub(super) fn concerns_user(&self) -> bool {
        matches!(
            self,
            Self::Leaver { .. }
                | Self::Superseded { .. }
                | Self::Unmapped { .. }
                | Self::NearMiss { .. }
                | Self::TagInvalid { .. }
                | Self::QuickConnectLeft { .. }
        )
    }
}

/// A sort of profile that a mapping names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProfileSort {
    /// A routing profile.
    Routing,
    /// A security profile.
    Security,
    /// A hierarchy group.
    Hierarchy,
}

impl ProfileSort {
    /// The words for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Routing => "routing profile",
            Self::Security => "security profile",
            Self::Hierarchy => "hierarchy group",
        }
    }
}

/// How somebody left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// In no mapped group any more, or deleted: the memberships do not tell which.
    Outside,
    /// Disabled, though still in a mapped group.
    Disabled,
}

/// How far the account of somebody who has left has been taken down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rung {
    /// Since when they are marked as absent.
    pub absent_since: Option<Timestamp>,
    /// Since when they are in quarantine.
    pub quarantined_at: Option<Timestamp>,
    /// What comes next, and when it is due; nothing where the policy ends here.
    pub next: Option<(ActionKind, Timestamp)>,
}

/// An attribute that is not as the mapping has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The attribute.
    pub field: String,
    /// What the Connect user has.
    pub is: Option<String>,
    /// What the mapping says.
    pub should: Option<String>,
}
