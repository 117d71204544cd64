//! IAM: whether policies allow a call.
//!
//! * `policy` evaluates, by itself: `document` is a policy's text, `condition` and `pattern` what stands in it.
//! * `table` and `resources` say what a call of the simulated services asks for.
//!
//! Only identity-based policies are known; who may assume a role is the world's matter. Whatever a policy has and this
//! does not know is refused when the policy is read, so that nothing is allowed by being overlooked.

mod condition;
mod document;
mod pattern;
pub(super) mod policy;
mod resources;
mod table;

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::answer::Refusal;
use super::call::Call;
use super::state::State;
use condition::Context;
use policy::{Denial, Reason, Request};
pub use policy::{Policies, Policy, PolicyError};

impl Policies {
    /// Lets a call pass if the policies of its caller allow all that it asks for. `role` is the caller's, if they have
    /// assumed one.
    pub(super) fn admit(&self, role: Option<&str>, call: &Call<'_>, state: &State) -> Result<(), Refusal> {
        let row = table::row(call.service, call.operation).ok_or_else(|| call.unknown_operation())?;
        let attached = match role {
            None => self.caller.as_slice(),
            Some(role) => self.roles.get(role).map_or(&[][..], Vec::as_slice),
        };
        let context = context(row.tags.and_then(|member| call.input.get(member)));
        let own = (call.operation, row.resources);
        // A user who is created without tags is not tagged.
        let also = row.also.iter().filter(|(name, _)| *name != "TagResource" || context != Context::default());
        for (name, kinds) in std::iter::once(&own).chain(also) {
            let action = format!("{}:{name}", call.service);
            let resources = resources::of(kinds, call, state);
            let request = Request { action: &action, resources: &resources, context: &context };
            policy::evaluate(attached, &request).map_err(|Denial { resource, reason }| {
                call.forbidden(&action, &resource, reason != Reason::NotAllowed)
            })?;
        }
        Ok(())
    }
}

/// What a request's tags, or their keys, put into its context.
fn context(tags: Option<&Value>) -> Context {
    let mut context = Context::default();
    match tags {
        Some(Value::Object(tags)) if !tags.is_empty() => {
            context.add("aws:TagKeys", tags.keys().cloned());
            for (key, value) in tags {
                context.add(&format!("aws:RequestTag/{key}"), value.as_str().map(str::to_owned));
            }
        }
        Some(Value::Array(keys)) if !keys.is_empty() => {
            context.add("aws:TagKeys", keys.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        _ => {}
    }
    context
}
