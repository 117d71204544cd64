//! Tags of users. Other things of an instance can carry tags in the service; here they have none.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{instance_with_id, missing, parameter};
use crate::sim::answer::Refusal;
use crate::sim::call::{Call, list as items};
use crate::sim::state::State;
use crate::sim::state::instance::Instance;

/// Tags that a resource can carry.
const LIMIT: usize = 50;

pub(super) fn list(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let (instance, id) = tagged(call, state)?;
    let user = instance.users.get(&id).ok_or_else(|| missing("User", &id))?;
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
    let (instance, id) = tagged(call, state)?;
    let mut user = instance.users.get(&id).ok_or_else(|| missing("User", &id))?.clone();
    change(&mut user.tags);
    if user.tags.len() > LIMIT {
        return Err(parameter(format!("a resource cannot have more than {LIMIT} tags")));
    }
    instance.users.put(user, call.now);
    Ok(Value::Null)
}

/// The instance and the user's id that an ARN names (`arn:aws:connect:REGION:ACCOUNT:instance/ID/agent/ID`).
fn tagged<'s>(call: &Call<'_>, state: &'s mut State) -> Result<(&'s mut Instance, String), Refusal> {
    let arn = call.text("resourceArn");
    let resource = arn.splitn(6, ':').nth(5).filter(|_| arn.starts_with("arn:aws:connect:"));
    let mut parts = resource.ok_or_else(|| parameter(format!("{arn} is not the ARN of a resource")))?.split('/');
    match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("instance"), Some(instance), Some("agent"), Some(user), None) => {
            let instance = instance_with_id(call, state, instance)?;
            if arn != instance.arn_of("agent", user) {
                return Err(missing("Resource", arn));
            }
            Ok((instance, user.to_owned()))
        }
        _ => Err(missing("Resource", arn)),
    }
}
