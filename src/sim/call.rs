//! A call that has been let in: who makes it, and what it asks for.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::answer::{Refusal, RefusalKind};
use super::pages::Pages;
use super::service::Service;

/// A call whose input has passed the model's constraints.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) service: Service,
    pub(super) operation: &'a str,
    pub(super) input: Map<String, Value>,
    /// The caller's account.
    pub(super) account: String,
    /// The Region of the credential scope.
    pub(super) region: String,
    /// The caller's ARN.
    pub(super) caller: String,
    pub(super) now: Timestamp,
    pub(super) pages: Pages<'a>,
}

impl Call<'_> {
    /// A member that is text; empty where it is absent, which the constraints let pass for optional members only.
    pub(super) fn text(&self, member: &str) -> &str {
        self.optional(member).unwrap_or_default()
    }

    /// A member that is text, where present.
    pub(super) fn optional(&self, member: &str) -> Option<&str> {
        text(&self.input, member)
    }

    /// A refusal in the words that IAM has for a caller without permission.
    pub(super) fn denied(&self, resource: &str) -> Refusal {
        self.forbidden(&format!("{}:{}", self.service, self.operation), resource, false)
    }

    /// The same for an action that may be another than the call's own, and that something may deny outright.
    pub(super) fn forbidden(&self, action: &str, resource: &str, outright: bool) -> Refusal {
        let why = if outright {
            "with an explicit deny in an identity-based policy".to_owned()
        } else {
            format!("because no identity-based policy allows the {action} action")
        };
        let caller = &self.caller;
        let message = format!("User: {caller} is not authorized to perform: {action} on resource: {resource} {why}");
        RefusalKind::AccessDenied.refusal(self.service, message)
    }

    /// A refusal for an operation that the service's model has and the simulator cannot do.
    pub(super) fn unknown_operation(&self) -> Refusal {
        let message = format!("the simulator cannot do `{}`", self.operation);
        RefusalKind::UnknownOperation.refusal(self.service, message)
    }

    /// How long SearchUsers takes to see a write.
    pub(super) fn search_lag(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.pages.options.search_lag_seconds))
    }
}

/// A member of an object that is text, where present.
pub(super) fn text<'v>(object: &'v Map<String, Value>, member: &str) -> Option<&'v str> {
    object.get(member).and_then(Value::as_str)
}

/// A member of an object that is text, as a string of its own.
pub(super) fn owned(object: &Map<String, Value>, member: &str) -> Option<String> {
    text(object, member).map(str::to_owned)
}

/// The items of a member that is a list.
pub(super) fn list<'v>(object: &'v Map<String, Value>, member: &str) -> &'v [Value] {
    object.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// An object without the members that are `null`.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
}

/// The output of a listing: its items under `name`, and the token of the next page.
pub(super) fn listing(name: &str, items: Vec<Value>, next: Option<String>) -> Value {
    let mut output = Map::new();
    output.insert(name.to_owned(), Value::Array(items));
    if let Some(next) = next {
        output.insert("NextToken".to_owned(), Value::from(next));
    }
    Value::Object(output)
}
