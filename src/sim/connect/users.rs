//! Users of an instance: describing, making, changing and deleting them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{MOST, PAGE, instance, instance_mut, logins, parameter, phones, user};
use crate::sim::answer::Refusal;
use crate::sim::call::{Call, list as items, listing, owned, without_nulls};
use crate::sim::clock::epoch_seconds;
use crate::sim::state::instance::{Instance, User};
use crate::sim::state::{State, after};

pub(super) fn list(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let instance = instance(call, state)?;
    let page = call.pages.page(&call.input, PAGE, MOST, |key| after(instance.users.live(), key))?;
    let shown = page.items.into_iter().map(|user| {
        json!({
            "Id": user.id,
            "Arn": instance.arn_of("agent", &user.id),
            "Username": user.login,
            "LastModifiedTime": epoch_seconds(user.modified),
            "LastModifiedRegion": instance.region,
        })
    });
    Ok(listing("UserSummaryList", shown.collect(), page.next))
}

pub(super) fn describe(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let instance = instance(call, state)?;
    let user = user(call, instance)?;
    let mut shown = phones::shown(&user.phone, false);
    let members = without_nulls(json!({
        "Id": user.id,
        "Arn": instance.arn_of("agent", &user.id),
        "Username": user.login,
        "IdentityInfo": without_nulls(json!({
            "FirstName": user.first_name,
            "LastName": user.last_name,
            "Email": user.email,
            "SecondaryEmail": user.secondary_email,
            "Mobile": user.mobile,
        })),
        "DirectoryUserId": user.directory_id,
        "SecurityProfileIds": user.security_profiles,
        "RoutingProfileId": user.routing_profile,
        "HierarchyGroupId": user.hierarchy,
        "Tags": user.tags,
        "LastModifiedTime": epoch_seconds(user.modified),
        "LastModifiedRegion": instance.region,
    }));
    if let Value::Object(members) = members {
        shown.extend(members);
    }
    Ok(json!({"User": shown}))
}

pub(super) fn create(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let login = call.text("Username");
    let found = instance(call, state)?;
    logins::check_login(found, login)?;
    logins::check_credentials(found, &call.input)?;
    let identity = call.input.get("IdentityInfo").and_then(Value::as_object);
    logins::check_identity(found, identity)?;
    let routing_profile = routing_profile(call, found)?;
    let security_profiles = security_profiles(call, found)?;
    let hierarchy = hierarchy(call, found)?;
    let phone = phones::created(&call.input)?;
    if is_taken(found, login, call.pages.options.logins_ignore_case) {
        let message = "A resource with the specified name already exists.";
        return Err(Refusal::new("DuplicateResourceException", message));
    }
    let quota = call.pages.options.user_quota.unwrap_or(found.quota);
    if found.users.live().len() >= quota {
        let message = "The allowed limit for the resource has been exceeded.";
        return Err(Refusal::new("LimitExceededException", message));
    }
    let id = state.new_id("user", login);
    let found = instance_mut(call, state)?;
    let mut user = User {
        id,
        login: login.to_owned(),
        first_name: None,
        last_name: None,
        email: None,
        secondary_email: None,
        mobile: None,
        directory_id: owned(&call.input, "DirectoryUserId"),
        routing_profile,
        security_profiles,
        hierarchy,
        phone,
        tags: tags(&call.input),
        modified: call.now,
    };
    set_identity(&mut user, identity);
    let output = json!({"UserId": user.id, "UserArn": found.arn_of("agent", &user.id)});
    found.users.put(user, call.now);
    Ok(output)
}

fn is_taken(instance: &Instance, login: &str, ignore_case: bool) -> bool {
    let alike = |user: &Arc<User>| user.login.eq_ignore_ascii_case(login);
    instance.users.with_login(login).is_some() || ignore_case && instance.users.live().values().any(alike)
}

pub(super) fn delete(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let instance = instance_mut(call, state)?;
    let id = user(call, instance)?.id.clone();
    // Quick connects that lead to the user stay behind, as they do in the service.
    instance.users.remove(&id, call.now);
    Ok(Value::Null)
}

pub(super) fn update_identity(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let identity = call.input.get("IdentityInfo").and_then(Value::as_object);
    change(call, state, |user, instance| {
        logins::check_identity(instance, identity)?;
        set_identity(user, identity);
        Ok(())
    })
}

pub(super) fn update_routing_profile(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    change(call, state, |user, instance| {
        user.routing_profile = routing_profile(call, instance)?;
        Ok(())
    })
}

pub(super) fn update_security_profiles(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    change(call, state, |user, instance| {
        user.security_profiles = security_profiles(call, instance)?;
        Ok(())
    })
}

pub(super) fn update_hierarchy(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    change(call, state, |user, instance| {
        user.hierarchy = hierarchy(call, instance)?;
        Ok(())
    })
}

pub(super) fn update_phone(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let empty = Map::new();
    let config = call.input.get("PhoneConfig").and_then(Value::as_object).unwrap_or(&empty);
    change(call, state, |user, _| phones::set_config(&mut user.phone, config))
}

pub(super) fn update_channels(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    change(call, state, |user, _| phones::set_channels(&mut user.phone, &call.input))
}

/// Changes the user that a call names; a refusal leaves them as they were.
fn change(
    call: &Call<'_>,
    state: &mut State,
    change: impl FnOnce(&mut User, &Instance) -> Result<(), Refusal>,
) -> Result<Value, Refusal> {
    let instance = instance_mut(call, state)?;
    let mut changed = user(call, instance)?.clone();
    change(&mut changed, instance)?;
    changed.modified = call.now;
    instance.users.put(changed, call.now);
    Ok(Value::Null)
}

/// Names and addresses, whole: what is not there is cleared.
fn set_identity(user: &mut User, identity: Option<&Map<String, Value>>) {
    let member = |name: &str| identity.and_then(|identity| owned(identity, name)).filter(|text| !text.is_empty());
    user.first_name = member("FirstName");
    user.last_name = member("LastName");
    user.email = member("Email");
    user.secondary_email = member("SecondaryEmail");
    user.mobile = member("Mobile");
}

fn routing_profile(call: &Call<'_>, instance: &Instance) -> Result<String, Refusal> {
    let id = call.text("RoutingProfileId");
    if !instance.routing_profiles.contains_key(id) {
        return Err(parameter(format!("RoutingProfileId {id} is not a routing profile of the instance")));
    }
    Ok(id.to_owned())
}

fn security_profiles(call: &Call<'_>, instance: &Instance) -> Result<Vec<String>, Refusal> {
    let mut ids: Vec<String> = Vec::new();
    for id in items(&call.input, "SecurityProfileIds").iter().filter_map(Value::as_str) {
        if !instance.security_profiles.contains_key(id) {
            return Err(parameter(format!("SecurityProfileId {id} is not a security profile of the instance")));
        }
        if !ids.iter().any(|other| other == id) {
            ids.push(id.to_owned());
        }
    }
    Ok(ids)
}

fn hierarchy(call: &Call<'_>, instance: &Instance) -> Result<Option<String>, Refusal> {
    match call.optional("HierarchyGroupId").filter(|id| !id.is_empty()) {
        Some(id) if !instance.hierarchy.contains_key(id) => {
            Err(parameter(format!("HierarchyGroupId {id} is not a hierarchy group of the instance")))
        }
        id => Ok(id.map(str::to_owned)),
    }
}

fn tags(input: &Map<String, Value>) -> BTreeMap<String, String> {
    let tags = input.get("Tags").and_then(Value::as_object).into_iter().flatten();
    tags.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}
