//! AWS Identity Store: `AWSIdentityStore.*`.

mod groups;
mod memberships;
mod people;

use serde_json::Value;

use super::answer::Refusal;
use super::call::{Call, text};
use super::state::State;
use super::state::directory::Taken;

/// Items on a page where a request does not say, and at most.
const PAGE: usize = 100;

/// Carries out a call.
pub(super) fn answer(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    enter(call, state)?;
    match call.operation {
        "GetUserId" => people::id(call, state),
        "DescribeUser" => people::describe(call, state),
        "ListUsers" => people::list(call, state),
        "CreateUser" => people::create(call, state),
        "UpdateUser" => people::update(call, state),
        "DeleteUser" => people::delete(call, state),
        "GetGroupId" => groups::id(call, state),
        "DescribeGroup" => groups::describe(call, state),
        "ListGroups" => groups::list(call, state),
        "CreateGroup" => groups::create(call, state),
        "UpdateGroup" => groups::update(call, state),
        "DeleteGroup" => groups::delete(call, state),
        "GetGroupMembershipId" => memberships::id(call, state),
        "DescribeGroupMembership" => memberships::describe(call, state),
        "ListGroupMemberships" => memberships::list(call, state),
        "ListGroupMembershipsForMember" => memberships::list_for_member(call, state),
        "IsMemberInGroups" => memberships::is_member(call, state),
        "CreateGroupMembership" => memberships::create(call, state),
        "DeleteGroupMembership" => memberships::delete(call, state),
        _ => Err(call.unknown_operation()),
    }
}

/// Lets a call into the identity store that it names, if the caller's account and Region are the store's.
fn enter(call: &Call<'_>, state: &State) -> Result<(), Refusal> {
    let named = call.text("IdentityStoreId");
    let (account, id) = match named.strip_prefix("arn:aws:identitystore::") {
        Some(rest) => rest.split_once(":identitystore/").unwrap_or((rest, "")),
        None => (state.center.account.as_str(), named),
    };
    let center = &state.center;
    if call.account != center.account || account != center.account {
        return Err(call.denied(&format!("arn:aws:identitystore::{}:identitystore/{id}", center.account)));
    }
    if call.region != center.region || id != center.store {
        return Err(missing("IDENTITY_STORE", id));
    }
    Ok(())
}

fn missing(kind: &str, id: &str) -> Refusal {
    Refusal::new("ResourceNotFoundException", format!("{kind} not found."))
        .with("ResourceType", kind)
        .with("ResourceId", id)
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("ValidationException", message)
}

fn taken(taken: Taken) -> Refusal {
    let message = match taken {
        Taken::UserName => "Duplicate UserName",
        Taken::Email => "Duplicate EmailAddress",
        Taken::GroupName => "Duplicate GroupDisplayName",
        Taken::Membership => "Member and Group relationship already exists.",
    };
    Refusal::new("ConflictException", message).with("Reason", "UNIQUENESS_CONSTRAINT_VIOLATION")
}

/// Holds the revision that a call was made for, where it names one, against the one that there is.
fn check_revision(call: &Call<'_>, revision: u64) -> Result<(), Refusal> {
    match call.optional("Revision") {
        Some(named) if named != revision.to_string() => {
            let message = "The resource was changed since that revision.";
            Err(Refusal::new("ConflictException", message).with("Reason", "CONCURRENT_MODIFICATION"))
        }
        _ => Ok(()),
    }
}

/// The bare id, of an ARN too.
fn bare<'v>(id: &'v str, kind: &str) -> &'v str {
    id.strip_prefix("arn:aws:identitystore:::")
        .and_then(|rest| rest.strip_prefix(kind)?.strip_prefix('/'))
        .unwrap_or(id)
}

fn arn(kind: &str, id: &str) -> String {
    format!("arn:aws:identitystore:::{kind}/{id}")
}

/// The attribute that an `AlternateIdentifier` asks for: its path and value; `None` is the id of an outside provider,
/// of which the simulator has none.
fn unique_attribute<'v>(call: &'v Call<'_>) -> Result<Option<(&'v str, &'v str)>, Refusal> {
    let identifier = call.input.get("AlternateIdentifier").and_then(Value::as_object);
    let Some(attribute) = identifier.and_then(|identifier| identifier.get("UniqueAttribute")?.as_object()) else {
        return Ok(None);
    };
    let value = text(attribute, "AttributeValue").ok_or_else(|| invalid("AttributeValue must be a string"))?;
    Ok(Some((text(attribute, "AttributePath").unwrap_or_default(), value)))
}

/// The deprecated filter of a listing: its value, if the call has one. Only `path` can be filtered by.
fn filter<'v>(call: &'v Call<'_>, path: &str) -> Result<Option<&'v str>, Refusal> {
    let Some(filter) = super::call::list(&call.input, "Filters").first().and_then(Value::as_object) else {
        return Ok(None);
    };
    match text(filter, "AttributePath") {
        Some(named) if named == path => Ok(text(filter, "AttributeValue")),
        _ => Err(invalid(format!("The only attribute path that can be filtered by is {path}"))),
    }
}

/// The changes of an update: attribute paths, with their values.
fn operations<'v>(call: &'v Call<'_>) -> impl Iterator<Item = (&'v str, Option<&'v Value>)> {
    super::call::list(&call.input, "Operations").iter().filter_map(Value::as_object).map(|operation| {
        let value = operation.get("AttributeValue").filter(|value| !value.is_null());
        (text(operation, "AttributePath").unwrap_or_default(), value)
    })
}
