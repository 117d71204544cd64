//! From the table's kinds to the ARNs and the tags of one call.

use serde_json::Value;

use super::policy::Resource;
use super::table::Kind;
use crate::sim::call::{Call, list, text};
use crate::sim::state::State;
use crate::sim::state::directory::Membership;

/// The resources of these kinds that a call is about. Ids are the call's own, whether there is such a thing or not; an
/// instance is one of the caller's account, since the service looks nowhere else.
pub(super) fn of(kinds: &[Kind], call: &Call<'_>, state: &State) -> Vec<Resource> {
    kinds.iter().flat_map(|kind| arns(*kind, call, state)).map(|arn| tagged(arn, state)).collect()
}

fn arns(kind: Kind, call: &Call<'_>, state: &State) -> Vec<String> {
    let named = |member| vec![call.text(member).to_owned()];
    let directory = |kind: &str, id: &str| whole(id, &format!("arn:aws:identitystore:::{kind}"));
    let place = instance(call);
    let part = |kind: &str, id: &str| whole(id, &format!("{place}/{kind}"));
    match kind {
        Kind::Everything => vec!["*".to_owned()],
        Kind::Store => {
            let stores = format!("arn:aws:identitystore::{}:identitystore", call.account);
            vec![whole(call.text("IdentityStoreId"), &stores)]
        }
        Kind::Person => {
            let of_member = call.input.get("MemberId").and_then(Value::as_object).and_then(|id| text(id, "UserId"));
            let found = of_member.or_else(|| call.optional("UserId"));
            let id = found.or_else(|| membership(call, state).map(|membership| membership.person.as_str()));
            vec![directory("user", id.unwrap_or("*"))]
        }
        Kind::Group => {
            let several = list(&call.input, "GroupIds").iter().filter_map(Value::as_str);
            let found = call.optional("GroupId");
            let one = found.or_else(|| membership(call, state).map(|membership| membership.group.as_str()));
            let mut groups: Vec<&str> = several.chain(one).collect();
            if groups.is_empty() {
                groups.push("*");
            }
            groups.into_iter().map(|id| directory("group", id)).collect()
        }
        Kind::Membership => vec![directory("membership", call.text("MembershipId"))],
        Kind::AllPeople => vec![directory("user", "*")],
        Kind::AllGroups => vec![directory("group", "*")],
        Kind::AllMemberships => vec![directory("membership", "*")],
        Kind::Center => named("InstanceArn"),
        Kind::Application => named("ApplicationArn"),
        Kind::Role => named("RoleArn"),
        Kind::Tagged => named("resourceArn"),
        Kind::Instance => vec![place],
        Kind::Agent => vec![part("agent", call.text("UserId"))],
        Kind::AgentToBe => vec![part("agent", "*")],
        Kind::RoutingProfile => vec![part("routing-profile", call.text("RoutingProfileId"))],
        Kind::SecurityProfile => {
            let ids = list(&call.input, "SecurityProfileIds").iter().filter_map(Value::as_str);
            ids.map(|id| part("security-profile", id)).collect()
        }
        Kind::HierarchyGroup => vec![part("agent-group", call.text("HierarchyGroupId"))],
        Kind::HierarchyGroupIfAny => {
            let id = call.optional("HierarchyGroupId").filter(|id| !id.is_empty());
            id.map(|id| part("agent-group", id)).into_iter().collect()
        }
        Kind::QuickConnect => vec![part("transfer-destination", call.text("QuickConnectId"))],
        Kind::AllQuickConnects => vec![part("transfer-destination", "*")],
    }
}

/// An id as an ARN, which it may be already.
fn whole(id: &str, before: &str) -> String {
    if id.starts_with("arn:") { id.to_owned() } else { format!("{before}/{id}") }
}

fn instance(call: &Call<'_>) -> String {
    whole(call.text("InstanceId"), &format!("arn:aws:connect:{}:{}:instance", call.region, call.account))
}

/// The membership that a call names by its id alone.
fn membership<'s>(call: &Call<'_>, state: &'s State) -> Option<&'s Membership> {
    state.directory.membership(call.optional("MembershipId")?)
}

/// Users carry tags; nothing else has any here.
fn tagged(arn: String, state: &State) -> Resource {
    let user = state.instances.values().find_map(|instance| {
        let rest = arn.strip_prefix(&instance.arn)?;
        instance.users.get(rest.strip_prefix("/agent/")?)
    });
    let tags = user.map(|user| user.tags.clone()).unwrap_or_default();
    Resource { arn, tags }
}
