//! Every operation of AWS that Rollcall calls, in one table. What is not in it cannot be called: the connector refuses
//! it. So the table is also the truth about permissions, which hints, the check and the policy file take from it.

use std::fmt;

use self::Resource::{Agent, Any, Application, Group, HierarchyGroup, Instance, Membership};
use self::Resource::{QuickConnect, RoutingProfile, SecurityProfile, Store, User};

/// A service, as IAM and the metrics name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Identity Store.
    IdentityStore,
    /// SSO Admin, which administers Identity Center.
    SsoAdmin,
    /// Amazon Connect.
    Connect,
}

impl Service {
    /// The prefix of its IAM actions.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::IdentityStore => "identitystore",
            Self::SsoAdmin => "sso",
            Self::Connect => "connect",
        }
    }

    /// The name that the SDK has for it.
    fn sdk_name(self) -> &'static str {
        match self {
            Self::IdentityStore => "identitystore",
            Self::SsoAdmin => "SSO Admin",
            Self::Connect => "Connect",
        }
    }
}

/// A kind of resource that a policy statement names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Operations that know no resource.
    Any,
    /// The identity store.
    Store,
    /// Its groups.
    Group,
    /// Its users.
    User,
    /// Its memberships.
    Membership,
    /// An application of Identity Center.
    Application,
    /// A Connect instance.
    Instance,
    /// Its users.
    Agent,
    /// Its routing profiles.
    RoutingProfile,
    /// Its security profiles.
    SecurityProfile,
    /// Its hierarchy groups.
    HierarchyGroup,
    /// Its quick connects.
    QuickConnect,
}

/// Whether an operation changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It reads.
    Read,
    /// It writes.
    Write,
}

/// What a good answer of an operation looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// A JSON object that has this member.
    With(&'static str),
    /// Nothing, or any JSON object.
    Empty,
}

/// One operation.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// The service.
    pub service: Service,
    /// The name, as in the service's reference.
    pub name: &'static str,
    /// Whether it changes anything.
    pub effect: Effect,
    /// What an IAM policy has to allow it on.
    pub resources: &'static [Resource],
    /// Actions that IAM wants allowed as well.
    pub also: &'static [&'static str],
    pub(super) answer: Answer,
}

impl Operation {
    /// The IAM action.
    #[must_use]
    pub fn action(&self) -> String {
        format!("{}:{}", self.service.prefix(), self.name)
    }

    /// The operation that the SDK means.
    pub(super) fn of_sdk(service: &str, name: &str) -> Option<&'static Self> {
        OPERATIONS.iter().copied().find(|operation| operation.service.sdk_name() == service && operation.name == name)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service.prefix(), self.name)
    }
}

macro_rules! operations {
    ($($constant:ident: $service:ident $name:literal $effect:ident $resources:expr, $answer:expr $(, also $also:expr)?;)*) => {
        $(#[doc = concat!("`", $name, "` of `", stringify!($service), "`.")]
        pub static $constant: Operation = Operation {
            service: Service::$service,
            name: $name,
            effect: Effect::$effect,
            resources: &$resources,
            also: operations!(@also $($also)?),
            answer: $answer,
        };)*

        /// All of them.
        pub static OPERATIONS: &[&Operation] = &[$(&$constant),*];
    };
    (@also) => { &[] };
    (@also $also:expr) => { &$also };
}

use Answer::{Empty, With};

operations! {
    GET_GROUP_ID: IdentityStore "GetGroupId" Read [Store, Group], With("GroupId");
    DESCRIBE_GROUP: IdentityStore "DescribeGroup" Read [Store, Group], With("GroupId");
    LIST_GROUP_MEMBERSHIPS: IdentityStore "ListGroupMemberships" Read [Store, Group, Membership],
        With("GroupMemberships");
    LIST_PRINCIPALS: IdentityStore "ListUsers" Read [Store, User], With("Users");
    DESCRIBE_PRINCIPAL: IdentityStore "DescribeUser" Read [Store, User], With("UserId");

    GET_USER_ID: IdentityStore "GetUserId" Read [Store, User], With("UserId");
    IS_MEMBER_IN_GROUPS: IdentityStore "IsMemberInGroups" Read [Store, Group, User, Membership], With("Results");

    LIST_INSTANCES: SsoAdmin "ListInstances" Read [Any], With("Instances");
    LIST_APPLICATIONS: SsoAdmin "ListApplications" Read [Any], With("Applications");
    DESCRIBE_APPLICATION: SsoAdmin "DescribeApplication" Read [Application], With("ApplicationArn");
    GET_ASSIGNMENT_CONFIGURATION: SsoAdmin "GetApplicationAssignmentConfiguration" Read [Application],
        With("AssignmentRequired");
    LIST_ASSIGNMENTS: SsoAdmin "ListApplicationAssignments" Read [Application], With("ApplicationAssignments");
    DESCRIBE_ASSIGNMENT: SsoAdmin "DescribeApplicationAssignment" Read [Application], With("ApplicationArn");
    CREATE_ASSIGNMENT: SsoAdmin "CreateApplicationAssignment" Write [Application], Empty;

    DESCRIBE_INSTANCE: Connect "DescribeInstance" Read [Instance], With("Instance");
    LIST_USERS: Connect "ListUsers" Read [Instance], With("UserSummaryList");
    SEARCH_USERS: Connect "SearchUsers" Read [Instance, Agent], With("Users"),
        also ["connect:DescribeUser", "connect:ListUserProficiencies"];
    DESCRIBE_USER: Connect "DescribeUser" Read [Agent], With("User");
    LIST_ROUTING_PROFILES: Connect "ListRoutingProfiles" Read [Instance], With("RoutingProfileSummaryList");
    LIST_SECURITY_PROFILES: Connect "ListSecurityProfiles" Read [Instance], With("SecurityProfileSummaryList");
    LIST_HIERARCHY_GROUPS: Connect "ListUserHierarchyGroups" Read [Instance], With("UserHierarchyGroupSummaryList");
    DESCRIBE_HIERARCHY_GROUP: Connect "DescribeUserHierarchyGroup" Read [HierarchyGroup], With("HierarchyGroup");
    CREATE_USER: Connect "CreateUser" Write [Agent, RoutingProfile, SecurityProfile, HierarchyGroup], With("UserId"),
        also ["connect:TagResource"];
    TAG_RESOURCE: Connect "TagResource" Write [Agent], Empty;
    UNTAG_RESOURCE: Connect "UntagResource" Write [Agent], Empty;
    UPDATE_IDENTITY: Connect "UpdateUserIdentityInfo" Write [Agent], Empty;
    UPDATE_ROUTING_PROFILE: Connect "UpdateUserRoutingProfile" Write [Agent, RoutingProfile], Empty;
    UPDATE_SECURITY_PROFILES: Connect "UpdateUserSecurityProfiles" Write [Agent, SecurityProfile], Empty;
    UPDATE_HIERARCHY: Connect "UpdateUserHierarchy" Write [Agent, HierarchyGroup], Empty;
    // The operation is newer than the published list of actions, so the action that it replaces is named as well.
    UPDATE_PHONE: Connect "UpdateUserConfig" Write [Agent], Empty, also ["connect:UpdateUserPhoneConfig"];
    DELETE_USER: Connect "DeleteUser" Write [Agent], Empty;
    LIST_QUICK_CONNECTS: Connect "ListQuickConnects" Read [QuickConnect], With("QuickConnectSummaryList");
    DESCRIBE_QUICK_CONNECT: Connect "DescribeQuickConnect" Read [QuickConnect], With("QuickConnect");
}
