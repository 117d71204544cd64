//! `[timeouts]` and `[rates]` as written.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::json;

use super::DURATION;

/// How long calls to AWS may take. Durations are an integer and `s`, `m`, `h` or `d`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Time-outs")]
pub(in crate::config) struct Timeouts {
    /// To open a connection.
    #[schemars(example = &"3s", extend("default" = "3s", "pattern" = DURATION))]
    pub(in crate::config) connect: Option<String>,
    /// One attempt.
    #[schemars(example = &"10s", extend("default" = "10s", "pattern" = DURATION))]
    pub(in crate::config) attempt: Option<String>,
    /// All attempts of a call together, without the time that they wait for their turn.
    #[schemars(example = &"40s", extend("default" = "40s", "pattern" = DURATION))]
    pub(in crate::config) call: Option<String>,
}

/// How many calls are made. The defaults are AWS's own quotas; targets that share an account and Region share them.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Rates")]
pub(in crate::config) struct Rates {
    /// Amazon Connect: for each account, Region and operation.
    #[serde(default)]
    #[schemars(extend("default" = {"requests_per_second": 2.0, "burst": 5, "share": 0.8}))]
    pub(in crate::config) connect: Rate,
    /// Identity Store: for each account, Region and operation.
    #[serde(default)]
    #[schemars(extend("default" = {"requests_per_second": 20.0, "burst": 20, "share": 0.8}))]
    pub(in crate::config) identity_store: Rate,
    #[serde(default)]
    #[schemars(extend("default" = {"requests_per_second": 20.0, "burst": 20, "share": 0.8}))]
    pub(in crate::config) sso_admin: SharedRate,
}

/// The quota of a service that counts each operation by itself.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Rate")]
pub(in crate::config) struct Rate {
    /// Requests a second that the quota allows.
    #[schemars(example = 2.0, extend("exclusiveMinimum" = 0))]
    pub(in crate::config) requests_per_second: Option<f64>,
    /// Requests that the quota allows at once after a rest.
    #[schemars(example = 5, range(min = 1))]
    pub(in crate::config) burst: Option<i64>,
    /// The part of `requests_per_second` that Rollcall takes; the rest is left to other callers.
    #[schemars(example = 0.8, extend("exclusiveMinimum" = 0), range(max = 1))]
    pub(in crate::config) share: Option<f64>,
    /// Requests a second for operations whose quota was raised, by the operation's name.
    #[serde(default)]
    #[schemars(example = json!({"SearchUsers": 5.0}), extend("default" = {}))]
    pub(in crate::config) operations: BTreeMap<String, f64>,
}

/// The quota of SSO Admin, which is one for all operations together, for each account and Region.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Shared rate", transform = refuse_operations)]
pub(in crate::config) struct SharedRate {
    /// Requests a second that the quota allows.
    #[schemars(example = 20.0, extend("exclusiveMinimum" = 0))]
    pub(in crate::config) requests_per_second: Option<f64>,
    /// Requests that the quota allows at once after a rest.
    #[schemars(example = 20, range(min = 1))]
    pub(in crate::config) burst: Option<i64>,
    /// The part of `requests_per_second` that Rollcall takes; the rest is left to other callers.
    #[schemars(example = 0.8, extend("exclusiveMinimum" = 0), range(max = 1))]
    pub(in crate::config) share: Option<f64>,
}

/// Says why a key that the other services have cannot be given here: a schema that nothing matches, and the reason.
fn refuse_operations(schema: &mut Schema) {
    if let Some(properties) = schema.pointer_mut("/properties").and_then(|properties| properties.as_object_mut()) {
        let reason = "SSO Admin has one quota for all its operations together";
        properties.insert("operations".to_owned(), json!({"not": {}, "description": reason}));
    }
}
