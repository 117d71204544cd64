//! Who is in which group.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{PAGE, arn, bare, groups, missing, taken};
use crate::sim::answer::Refusal;
use crate::sim::call::{self, Call, listing};
use crate::sim::clock::epoch_seconds;
use crate::sim::state::directory::{Membership, Person};
use crate::sim::state::{State, after};

pub(super) fn id(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let group = groups::named(call, state)?;
    let person = member(call, state)?;
    let membership = state.directory.membership_of(&group.id, &person.id);
    let id = &membership.ok_or_else(|| missing("GROUP_MEMBERSHIP", ""))?.id;
    Ok(json!({"IdentityStoreId": state.center.store, "MembershipId": id, "MembershipArn": arn("membership", id)}))
}

pub(super) fn describe(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let id = bare(call.text("MembershipId"), "membership");
    let membership = state.directory.membership(id).ok_or_else(|| missing("GROUP_MEMBERSHIP", id))?;
    Ok(shown(state, membership))
}

pub(super) fn list(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let group = groups::named(call, state)?;
    let none = BTreeMap::new();
    let members = state.directory.members(&group.id).unwrap_or(&none);
    let page = call.pages.page(&call.input, PAGE, PAGE, |key| after(members, key).map(|(id, _)| (id, id)))?;
    Ok(listing("GroupMemberships", all_shown(state, page.items), page.next))
}

pub(super) fn list_for_member(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let person = member(call, state)?;
    let none = BTreeMap::new();
    let groups = state.directory.groups_of(&person.id).unwrap_or(&none);
    let entries = |key: Option<&str>| after(groups, key).map(|(group, membership)| (group, membership.as_str()));
    let page = call.pages.page(&call.input, PAGE, PAGE, entries)?;
    Ok(listing("GroupMemberships", all_shown(state, page.items), page.next))
}

pub(super) fn is_member(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let person = member(call, state)?;
    let mut results = Vec::new();
    for group in call::list(&call.input, "GroupIds").iter().filter_map(Value::as_str) {
        let group = bare(group, "group");
        state.directory.group(group).ok_or_else(|| missing("GROUP", group))?;
        let exists = state.directory.membership_of(group, &person.id).is_some();
        results.push(json!({"GroupId": group, "MemberId": {"UserId": person.id}, "MembershipExists": exists}));
    }
    Ok(json!({"Results": results}))
}

pub(super) fn create(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let group = groups::named(call, state)?.id.clone();
    let person = member(call, state)?.id.clone();
    let id = state.new_id("membership", &format!("{group} {person}"));
    let membership = Membership { id: id.clone(), group, person, created: call.now };
    state.directory.add_membership(membership).map_err(taken)?;
    Ok(json!({"IdentityStoreId": state.center.store, "MembershipId": id, "MembershipArn": arn("membership", &id)}))
}

pub(super) fn delete(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let id = bare(call.text("MembershipId"), "membership");
    state.directory.remove_membership(id).ok_or_else(|| missing("GROUP_MEMBERSHIP", id))?;
    Ok(Value::Null)
}

fn member<'s>(call: &Call<'_>, state: &'s State) -> Result<&'s Person, Refusal> {
    let member = call.input.get("MemberId").and_then(Value::as_object);
    let id = bare(member.and_then(|member| call::text(member, "UserId")).unwrap_or_default(), "user");
    state.directory.person(id).ok_or_else(|| missing("USER", id))
}

fn all_shown(state: &State, ids: Vec<&str>) -> Vec<Value> {
    ids.into_iter().filter_map(|id| state.directory.membership(id)).map(|found| shown(state, found)).collect()
}

fn shown(state: &State, membership: &Membership) -> Value {
    json!({
        "IdentityStoreId": state.center.store,
        "MembershipId": membership.id,
        "MembershipArn": arn("membership", &membership.id),
        "GroupId": membership.group,
        "MemberId": {"UserId": membership.person},
        "CreatedAt": epoch_seconds(membership.created),
        "UpdatedAt": epoch_seconds(membership.created),
    })
}
