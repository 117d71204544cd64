//! Groups of Identity Store.

use serde_json::{Value, json};

use super::{PAGE, arn, bare, check_revision, filter, invalid, missing, operations, taken, unique_attribute};
use crate::sim::answer::Refusal;
use crate::sim::call::{Call, listing, owned, without_nulls};
use crate::sim::clock::epoch_seconds;
use crate::sim::constraints;
use crate::sim::state::directory::Group;
use crate::sim::state::{State, after};

pub(super) fn id(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let group = match unique_attribute(call)? {
        Some(("displayName", name)) => state.directory.group_named(name),
        Some((path, _)) => return Err(invalid(format!("{path} is not a unique attribute of a group"))),
        None => None,
    };
    let id = &group.ok_or_else(|| missing("GROUP", ""))?.id;
    Ok(json!({"IdentityStoreId": state.center.store, "GroupId": id, "GroupArn": arn("group", id)}))
}

pub(super) fn describe(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    Ok(shown(state, named(call, state)?))
}

pub(super) fn list(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    if let Some(name) = filter(call, "DisplayName")? {
        let found = state.directory.group_named(name).map(|group| shown(state, group));
        return Ok(listing("Groups", found.into_iter().collect(), None));
    }
    let page = call.pages.page(&call.input, PAGE, PAGE, |key| after(state.directory.groups(), key))?;
    let groups = page.items.into_iter().map(|group| shown(state, group)).collect();
    Ok(listing("Groups", groups, page.next))
}

pub(super) fn create(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let id = state.new_id("group", call.text("DisplayName"));
    let (name, description) = (owned(&call.input, "DisplayName"), owned(&call.input, "Description"));
    let group = Group { id, name, description, revision: 1, created: call.now, updated: call.now };
    put(state, group)
}

pub(super) fn update(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let mut group = named(call, state)?.clone();
    check_revision(call, group.revision)?;
    for (path, value) in operations(call) {
        let value = match value {
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => return Err(invalid("AttributeValue must be a string")),
            None => None,
        };
        match path {
            "displayName" => group.name = value,
            "description" => group.description = value,
            other => return Err(invalid(format!("{other} is not an attribute that can be set"))),
        }
    }
    let whole = json!({
        "IdentityStoreId": state.center.store, "DisplayName": group.name, "Description": group.description,
    });
    if let Value::Object(whole) = whole {
        constraints::check(call.service, "CreateGroup", &whole)?;
    }
    group.revision += 1;
    group.updated = call.now;
    put(state, group)
}

pub(super) fn delete(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let group = named(call, state)?;
    check_revision(call, group.revision)?;
    let id = group.id.clone();
    state.directory.remove_group(&id);
    Ok(Value::Null)
}

fn put(state: &mut State, group: Group) -> Result<Value, Refusal> {
    let output = json!({
        "IdentityStoreId": state.center.store,
        "GroupId": group.id,
        "GroupArn": arn("group", &group.id),
        "Revision": group.revision.to_string(),
    });
    state.directory.put_group(group).map_err(taken)?;
    Ok(output)
}

pub(super) fn named<'s>(call: &Call<'_>, state: &'s State) -> Result<&'s Group, Refusal> {
    let id = bare(call.text("GroupId"), "group");
    state.directory.group(id).ok_or_else(|| missing("GROUP", id))
}

fn shown(state: &State, group: &Group) -> Value {
    without_nulls(json!({
        "IdentityStoreId": state.center.store,
        "GroupId": group.id,
        "GroupArn": arn("group", &group.id),
        "Revision": group.revision.to_string(),
        "DisplayName": group.name,
        "Description": group.description,
        "CreatedAt": epoch_seconds(group.created),
        "UpdatedAt": epoch_seconds(group.updated),
    }))
}
