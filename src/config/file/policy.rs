//! `[policy]`, `[defaults]` and `[quarantine]` as written, at the top of the file and in a target.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::json;

use super::DURATION;
use super::word::{AttributeMode, Mismatches, Removals, Renames};

/// What Rollcall may do, to whom, and how much of it. A target's own `policy` overrides this key by key.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Policy")]
pub(in crate::config) struct Policy {
    /// Whether Connect users whom somebody else made, with exactly the right login, are taken over. A mapping can have
    /// its own word.
    #[schemars(example = false, extend("default" = false))]
    pub(in crate::config) adopt: Option<bool>,
    /// What happens to a person for whom a Connect user under a similar login exists.
    #[schemars(example = &"hold", extend("default" = "hold"))]
    pub(in crate::config) mismatches: Option<Mismatches>,
    /// What happens when somebody's e-mail changes.
    #[schemars(example = &"report", extend("default" = "report"))]
    pub(in crate::config) renames: Option<Renames>,
    /// How far the Connect user of somebody who has left may be taken down.
    #[schemars(example = &"report", extend("default" = "report"))]
    pub(in crate::config) removals: Option<Removals>,
    /// From the mark of absence to quarantine. An integer and `s`, `m`, `h` or `d`.
    #[schemars(example = &"72h", extend("default" = "72h", "pattern" = DURATION))]
    pub(in crate::config) grace: Option<String>,
    /// From quarantine to deletion, with `removals = "delete"`. An integer and `s`, `m`, `h` or `d`.
    #[schemars(example = &"30d", extend("default" = "30d", "pattern" = DURATION))]
    pub(in crate::config) delete_after: Option<String>,
    /// The most quarantines in any 24 hours, and the most deletions in a pass: a part of the owned users who are not
    /// in quarantine, of which 3 are always allowed, or a number, of which 0 allows none.
    #[schemars(example = &"10%", extend("default" = "10%"))]
    pub(in crate::config) max_removals: Option<LimitText>,
    /// The most users created, taken over and changed in a pass: a part of the users in the instance, of which 500
    /// are always allowed, or a number, of which 0 allows none.
    #[schemars(example = &"25%", extend("default" = "25%"))]
    pub(in crate::config) max_changes: Option<LimitText>,
    /// Globs over logins, without regard to case: these are never touched, never created, and no finding.
    #[schemars(example = json!(["*@breakglass.example", "admin"]), extend("default" = []))]
    pub(in crate::config) protect: Option<Vec<String>>,
    /// Whether holders of the security profile `Admin` are never touched either.
    #[schemars(example = true, extend("default" = true))]
    pub(in crate::config) protect_admins: Option<bool>,
    #[serde(default)]
    pub(in crate::config) attributes: Attributes,
}

/// How closely each attribute of a Connect user is kept.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Attributes")]
pub(in crate::config) struct Attributes {
    /// Routing profile.
    #[schemars(example = &"seed", extend("default" = "seed"))]
    pub(in crate::config) routing_profile: Option<AttributeMode>,
    /// Security profiles.
    #[schemars(example = &"report", extend("default" = "report"))]
    pub(in crate::config) security_profiles: Option<AttributeMode>,
    /// First and last name.
    #[schemars(example = &"report", extend("default" = "report"))]
    pub(in crate::config) name: Option<AttributeMode>,
    /// Hierarchy group.
    #[schemars(example = &"seed", extend("default" = "seed"))]
    pub(in crate::config) hierarchy: Option<AttributeMode>,
    /// Phone settings.
    #[schemars(example = &"seed", extend("default" = "seed"))]
    pub(in crate::config) phone: Option<AttributeMode>,
    /// The tags that the mapping gives.
    #[schemars(example = &"seed", extend("default" = "seed"))]
    pub(in crate::config) tags: Option<AttributeMode>,
}

/// Profiles of Connect, by name or id.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Profiles")]
pub(in crate::config) struct Profiles {
    /// Routing profile, by name or id.
    #[schemars(length(min = 1), example = &"Basic Routing Profile")]
    pub(in crate::config) routing_profile: Option<String>,
    /// Security profiles, by name or id; one to ten.
    #[schemars(length(min = 1, max = 10), example = json!(["Agent"]))]
    pub(in crate::config) security_profiles: Option<Vec<String>>,
}

/// A part such as `10%`, or a number.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(in crate::config) enum LimitText {
    /// Text, which is a percentage if it is right.
    Text(String),
    /// Exactly so many.
    Number(i64),
}

impl JsonSchema for LimitText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Limit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "integer"], "pattern": "^(100|[1-9]?[0-9])%$", "minimum": 0})
    }
}
