//! Amazon Connect: REST and JSON.

mod catalog;
mod logins;
mod phones;
mod search;
mod tags;
mod users;

use serde_json::Value;

use super::answer::Refusal;
use super::call::Call;
use super::state::State;
use super::state::instance::{Instance, User};

/// Items on a page where a request does not say.
const PAGE: usize = 100;
/// Items on a page of a listing, at most.
const MOST: usize = 1000;

/// Carries out a call.
pub(super) fn answer(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    match call.operation {
        "DescribeInstance" => catalog::instance(call, state),
        "ListRoutingProfiles" => catalog::routing_profiles(call, state),
        "ListSecurityProfiles" => catalog::security_profiles(call, state),
        "ListUserHierarchyGroups" => catalog::hierarchy_groups(call, state),
        "DescribeUserHierarchyGroup" => catalog::hierarchy_group(call, state),
        "DescribeUserHierarchyStructure" => catalog::hierarchy_structure(call, state),
        "ListQuickConnects" => catalog::quick_connects(call, state),
        "DescribeQuickConnect" => catalog::quick_connect(call, state),
        "ListUsers" => users::list(call, state),
        "DescribeUser" => users::describe(call, state),
        "CreateUser" => users::create(call, state),
        "DeleteUser" => users::delete(call, state),
        "UpdateUserIdentityInfo" => users::update_identity(call, state),
        "UpdateUserRoutingProfile" => users::update_routing_profile(call, state),
        "UpdateUserSecurityProfiles" => users::update_security_profiles(call, state),
        "UpdateUserHierarchy" => users::update_hierarchy(call, state),
        "UpdateUserPhoneConfig" => users::update_phone(call, state),
        "UpdateUserConfig" => users::update_channels(call, state),
        "SearchUsers" => search::users(call, state),
        "TagResource" => tags::add(call, state),
        "UntagResource" => tags::remove(call, state),
        "ListTagsForResource" => tags::list(call, state),
        _ => Err(call.unknown_operation()),
    }
}

/// The instance that a call names, if it is in the call's Region and the caller's account.
fn instance<'s>(call: &Call<'_>, state: &'s State) -> Result<&'s Instance, Refusal> {
    instance_with_id(call, state, call.text("InstanceId"))
}

/// The same, to change it.
fn instance_mut<'s>(call: &Call<'_>, state: &'s mut State) -> Result<&'s mut Instance, Refusal> {
    let id = instance(call, state)?.id.clone();
    state.instances.get_mut(&id).ok_or_else(|| missing("Instance", &id))
}

fn instance_with_id<'s>(call: &Call<'_>, state: &'s State, id: &str) -> Result<&'s Instance, Refusal> {
    match state.instances.get(id).filter(|instance| instance.region == call.region) {
        Some(instance) if instance.account == call.account => Ok(instance),
        Some(instance) => Err(call.denied(&instance.arn)),
        None => Err(missing("Instance", id)),
    }
}

/// The user that a call names.
fn user<'s>(call: &Call<'_>, instance: &'s Instance) -> Result<&'s User, Refusal> {
    let id = call.text("UserId");
    instance.users.get(id).ok_or_else(|| missing("User", id))
}

fn missing(what: &str, id: &str) -> Refusal {
    Refusal::new("ResourceNotFoundException", format!("{what} {id} was not found"))
}

/// A member has a value that the service does not take.
fn parameter(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterException", message)
}

/// The request does not go together.
fn request(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidRequestException", message)
}
