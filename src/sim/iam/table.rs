//! What IAM asks before an operation is carried out, as AWS's service authorization reference has it: the action, every
//! resource that it is asked for, the tags that come with the request, and the actions that depend on it.
//!
//! The reference is silent in a few places. There the table has what is harder for the caller.

use crate::sim::service::Service;
use Kind::{
    Agent, AgentToBe, AllGroups, AllMemberships, AllPeople, AllQuickConnects, Application, Center, Everything, Group,
    HierarchyGroup, HierarchyGroupIfAny, Instance, Membership, Person, QuickConnect, Role, RoutingProfile,
    SecurityProfile, Store, Tagged,
};

/// A resource that an operation is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `*`, where the service knows no resource.
    Everything,
    Store,
    Person,
    AllPeople,
    Group,
    AllGroups,
    Membership,
    AllMemberships,
    /// The instance of Identity Center.
    Center,
    Application,
    Role,
    /// The instance of Connect.
    Instance,
    /// A user.
    Agent,
    /// A user without an id yet, or all users: `agent/*`.
    AgentToBe,
    RoutingProfile,
    /// As many as the call names.
    SecurityProfile,
    HierarchyGroup,
    /// The one that the call names, if it names one.
    HierarchyGroupIfAny,
    QuickConnect,
    AllQuickConnects,
    /// Whatever `resourceArn` names.
    Tagged,
}

/// What an operation needs.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) operation: &'static str,
    pub(super) resources: &'static [Kind],
    /// The member that holds the request's tags, or their keys.
    pub(super) tags: Option<&'static str>,
    /// Other actions of the service that have to be allowed as well, and on what.
    pub(super) also: &'static [(&'static str, &'static [Kind])],
}

/// The row of an operation.
pub(super) fn row(service: Service, operation: &str) -> Option<&'static Row> {
    let rows = match service {
        Service::IdentityStore => IDENTITY_STORE,
        Service::Sso => SSO,
        Service::Connect => CONNECT,
        Service::Sts => STS,
    };
    rows.iter().find(|row| row.operation == operation)
}

const fn on(operation: &'static str, resources: &'static [Kind]) -> Row {
    Row { operation, resources, tags: None, also: &[] }
}

const fn tagging(operation: &'static str, resources: &'static [Kind], tags: &'static str) -> Row {
    Row { operation, resources, tags: Some(tags), also: &[] }
}

const IDENTITY_STORE: &[Row] = &[
    on("CreateGroup", &[Store]),
    on("CreateGroupMembership", &[Store, Group, Person]),
    on("CreateUser", &[Store]),
    on("DeleteGroup", &[Store, Group]),
    on("DeleteGroupMembership", &[Store, Group, Membership, Person]),
    on("DeleteUser", &[Store, Person]),
    on("DescribeGroup", &[Store, Group]),
    on("DescribeGroupMembership", &[Store, Group, Membership, Person]),
    on("DescribeUser", &[Store, Person]),
    // Which one it is comes out with the answer only, so the permission is needed for all.
    on("GetGroupId", &[Store, AllGroups]),
    on("GetGroupMembershipId", &[Store, Group, AllMemberships, Person]),
    on("GetUserId", &[Store, AllPeople]),
    on("IsMemberInGroups", &[Store, Group, AllMemberships, Person]),
    on("ListGroupMemberships", &[Store, Group, AllMemberships]),
    on("ListGroupMembershipsForMember", &[Store, AllMemberships, Person]),
    on("ListGroups", &[Store, AllGroups]),
    on("ListUsers", &[Store, AllPeople]),
    on("UpdateGroup", &[Store, Group]),
    on("UpdateUser", &[Store, Person]),
];

const SSO: &[Row] = &[
    on("CreateApplicationAssignment", &[Application]),
    on("DeleteApplicationAssignment", &[Application]),
    on("DescribeApplication", &[Application]),
    on("DescribeApplicationAssignment", &[Application]),
    on("GetApplicationAssignmentConfiguration", &[Application]),
    on("ListApplicationAssignments", &[Application]),
    on("ListApplicationAssignmentsForPrincipal", &[Center]),
    on("ListApplications", &[Everything]),
    on("ListInstances", &[Everything]),
    on("PutApplicationAssignmentConfiguration", &[Application]),
];

const CONNECT: &[Row] = &[
    Row {
        operation: "CreateUser",
        resources: &[AgentToBe, RoutingProfile, SecurityProfile, HierarchyGroupIfAny],
        tags: Some("Tags"),
        also: &[("TagResource", &[AgentToBe])],
    },
    on("DeleteUser", &[Agent]),
    on("DescribeInstance", &[Instance]),
    on("DescribeQuickConnect", &[QuickConnect]),
    on("DescribeUser", &[Agent]),
    on("DescribeUserHierarchyGroup", &[HierarchyGroup]),
    on("DescribeUserHierarchyStructure", &[Instance]),
    on("ListQuickConnects", &[AllQuickConnects]),
    on("ListRoutingProfiles", &[Instance]),
    on("ListSecurityProfiles", &[Instance]),
    on("ListTagsForResource", &[Tagged]),
    on("ListUserHierarchyGroups", &[Instance]),
    on("ListUsers", &[Instance]),
    Row {
        operation: "SearchUsers",
        resources: &[Instance],
        tags: None,
        also: &[("DescribeUser", &[AgentToBe]), ("ListUserProficiencies", &[Instance, AgentToBe])],
    },
    tagging("TagResource", &[Tagged], "tags"),
    tagging("UntagResource", &[Tagged], "tagKeys"),
    // The reference does not have it yet. It replaces the other, so that either may be the action.
    Row {
        operation: "UpdateUserConfig",
        resources: &[Agent],
        tags: None,
        also: &[("UpdateUserPhoneConfig", &[Agent])],
    },
    on("UpdateUserHierarchy", &[Agent, HierarchyGroupIfAny]),
    on("UpdateUserIdentityInfo", &[Agent]),
    on("UpdateUserPhoneConfig", &[Agent]),
    on("UpdateUserRoutingProfile", &[Agent, RoutingProfile]),
    on("UpdateUserSecurityProfiles", &[Agent, SecurityProfile]),
];

const STS: &[Row] = &[
    on("AssumeRole", &[Role]),
    // Needs no permission, and cannot be denied: whoever has credentials may ask whose they are.
    on("GetCallerIdentity", &[]),
];
