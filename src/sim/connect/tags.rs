//! Tags of users. Other things of an instance can carry tags in the service; here they have none.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{instance_with_id, missing, parameter};
use crate::sim::answer::Refusal;
use crate::sim::call::{Call, list as items};
use crate::sim::state::State;
use crate::sim::state::instance::{Instance, User};

/// Tags that a resource can carry.
const LIMIT: usize = 50;

pub(super) fn list(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let (_, user) = tagged(call, state)?;
    Ok(json!({"tags": user.tags}))
}

pub(super) fn add(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let new = call.input.get("tags").and_then(Value::as_object);
    change(call, state, |tags| {
        for (key, value) in new.into_iter().flatten() {
            tags.insert(key.clone(), value.as_str().unwrap_or_default().to_owned());
        }
    })
}

pub(super) fn remove(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let keys = items(&call.input, "tagKeys");
    change(call, state, |tags| {
        for key in keys.iter().filter_map(Value::as_str) {
            tags.remove(key);
        }
    })
}

fn change(
    call: &Call<'_>,
    state: &mut State,
    change: impl FnOnce(&mut BTreeMap<String, String>),
) -> Result<Value, Refusal> {
    let (instance, user) = tagged(call, state)?;
    let (instance, mut user) = (instance.id.clone(), user.clone());
    change(&mut user.tags);
    if user.tags.len() > LIMIT {
        return Err(parameter(format!("a resource cannot have more than {LIMIT} tags")));
    }
    if let Some(instance) = state.instances.get_mut(&instance) {
        instance.users.put(user, call.now);
    }
    Ok(Value::Null)
}

/// The user that an ARN names (`arn:aws:connect:REGION:ACCOUNT:instance/ID/agent/ID`), and their instance.
fn tagged<'s>(call: &Call<'_>, state: &'s State) -> Result<(&'s Instance, &'s User), Refusal> {
    let arn = call.text("resourceArn");
    let resource = arn.splitn(6, ':').nth(5).filter(|_| arn.starts_with("arn:aws:connect:"));
    let resource = resource.ok_or_else(|| parameter(format!("{arn} is not the ARN of a resource")))?;
    let parts: Vec<&str> = resource.split('/').collect();
    let ["instance", instance, "agent", user] = parts.as_slice() else { return Err(missing("Resource", arn)) };
    let instance = instance_with_id(call, state, instance)?;
    if arn != instance.arn_of("agent", user) {
        return Err(missing("Resource", arn));
    }
    let user = instance.users.get(user).ok_or_else(|| missing("User", user))?;
    Ok((instance, user))
}
