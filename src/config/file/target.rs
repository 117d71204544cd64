//! `[[target]]`, its mappings, `[[accept]]` and `[[expect]]` as written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::policy::{Policy, Profiles};
use super::word::{LoginFrom, Mode, PhoneType};
use super::{REGION, ROLE_ARN, Rates};

/// A Connect instance, and the Identity Center application that signs people into it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Target")]
pub(in crate::config) struct Target {
    /// Name of the target in reports, metrics and addresses: letters, digits, `-`, `_` and `.`.
    #[schemars(required, example = &"support-eu", extend("pattern" = "^[A-Za-z0-9_.-]{1,64}$"))]
    pub(in crate::config) name: Option<String>,
    /// Region of the Connect instance.
    #[schemars(required, example = &"eu-west-2", extend("pattern" = REGION))]
    pub(in crate::config) region: Option<String>,
    /// Id or ARN of the Connect instance.
    #[schemars(required, example = &"aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb")]
    pub(in crate::config) instance_id: Option<String>,
    /// Whether anything is written.
    #[schemars(example = &"apply", extend("default" = "apply"))]
    pub(in crate::config) mode: Option<Mode>,
    /// Role to take on for Amazon Connect, where the instance is in another account.
    #[schemars(example = &"arn:aws:iam::444455556666:role/rollcall", extend("pattern" = ROLE_ARN))]
    pub(in crate::config) role_arn: Option<String>,
    /// External id that the role asks for.
    #[schemars(length(min = 2, max = 1224), example = &"rollcall-5d41")]
    pub(in crate::config) external_id: Option<String>,
    /// ARN or unique name of the application in Identity Center. Without it assignments are neither checked nor made.
    #[schemars(
        length(min = 1),
        example = &"arn:aws:sso::111122223333:application/ssoins-1234567890abcdef/apl-1234567890abcdef"
    )]
    pub(in crate::config) application: Option<String>,
    /// Region that the application was made in. By default that of `identity_center`.
    #[schemars(example = &"eu-west-1", extend("pattern" = REGION))]
    pub(in crate::config) application_region: Option<String>,
    /// What the application sends as `RoleSessionName`.
    #[schemars(example = &"email", extend("default" = "email"))]
    pub(in crate::config) login_from: Option<LoginFrom>,
    /// Whether users are created with a primary e-mail address. Instances with SAML refuse one.
    #[schemars(example = false, extend("default" = false))]
    pub(in crate::config) send_email: Option<bool>,
    /// Whether users are created with a secondary e-mail address: with SAML the only one that notifications reach.
    #[schemars(example = true, extend("default" = true))]
    pub(in crate::config) secondary_email: Option<bool>,
    /// Overrides `[defaults]` key by key.
    #[serde(default)]
    pub(in crate::config) defaults: Profiles,
    /// Overrides `[policy]` key by key.
    #[serde(default)]
    pub(in crate::config) policy: Policy,
    /// Overrides `[quarantine]` key by key.
    pub(in crate::config) quarantine: Option<Profiles>,
    /// Overrides `[rates]` key by key.
    #[serde(default)]
    pub(in crate::config) rates: Rates,
    /// Groups and what their members get. Of several mappings that apply to a person, the first listed wins.
    #[schemars(required, length(min = 1))]
    pub(in crate::config) mapping: Option<Vec<Mapping>>,
}

/// A group of Identity Center, and what its members get.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Mapping")]
pub(in crate::config) struct Mapping {
    /// Display name or id of the group.
    #[schemars(required, length(min = 1), example = &"ConnectAgents")]
    pub(in crate::config) group: Option<String>,
    /// Routing profile, by name or id. By default that of `defaults`.
    #[schemars(length(min = 1), example = &"Basic Routing Profile")]
    pub(in crate::config) routing_profile: Option<String>,
    /// Security profiles, by name or id; one to ten. By default those of `defaults`.
    #[schemars(length(min = 1, max = 10), example = json!(["Agent"]))]
    pub(in crate::config) security_profiles: Option<Vec<String>>,
    /// Hierarchy group: its path from the top, levels joined by `/`, or its id.
    #[schemars(length(min = 1), example = &"EMEA/London")]
    pub(in crate::config) hierarchy: Option<String>,
    pub(in crate::config) phone: Option<Phone>,
    /// Tags besides those that Rollcall needs for itself.
    #[serde(default)]
    #[schemars(example = json!({"team": "support"}), extend("default" = {}))]
    pub(in crate::config) tags: BTreeMap<String, String>,
    /// Whether Rollcall assigns the group to the application.
    #[schemars(example = true, extend("default" = true))]
    pub(in crate::config) assign: Option<bool>,
    /// Whether Connect users whom somebody else made, with exactly the right login, are taken over. By default the
    /// policy's word.
    #[schemars(example = false)]
    pub(in crate::config) adopt: Option<bool>,
}

/// Phone settings.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Phone")]
pub(in crate::config) struct Phone {
    /// Where a call rings.
    #[serde(rename = "type")]
    #[schemars(required, example = &"soft")]
    pub(in crate::config) kind: Option<PhoneType>,
    /// Number of a desk phone, with its country (E.164). A soft phone has none.
    #[schemars(example = &"+442079460000", extend("pattern" = r"^\+[1-9][0-9]{1,14}$"))]
    pub(in crate::config) number: Option<String>,
    /// Whether contacts are accepted without a click.
    #[schemars(example = false)]
    pub(in crate::config) auto_accept: Option<bool>,
    /// Time for work after a contact: an integer and `s`, `m`, `h` or `d`, or `unlimited`. `0s` is refused, since
    /// Connect reads it as no limit.
    #[schemars(example = &"30s", extend("pattern" = "^([0-9]+[smhd]|unlimited)$"))]
    pub(in crate::config) after_contact_work: Option<String>,
}

/// A finding that is known and that nobody can mend now.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Accepted finding")]
pub(in crate::config) struct Accept {
    /// The finding's code.
    #[schemars(required, example = &"login-invalid")]
    pub(in crate::config) code: Option<String>,
    /// Glob over logins, without regard to case: whose findings. Without it everybody's.
    #[schemars(length(min = 1), example = &"o'brien@*")]
    pub(in crate::config) login: Option<String>,
    /// The last day (UTC) on which it is accepted. Without it for good.
    #[schemars(example = &"2027-03-31", extend("format" = "date"))]
    pub(in crate::config) until: Option<String>,
    /// The reason, for those who read the report.
    #[schemars(length(min = 1), example = &"mailbox rename requested")]
    pub(in crate::config) why: Option<String>,
}

/// What a member of exactly these groups is expected to get. At least one of `mapping`, `routing_profile`,
/// `security_profiles` and `hierarchy` has to be said.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Expectation")]
pub(in crate::config) struct Expect {
    /// Groups, as the target's mappings name them.
    #[schemars(required, length(min = 1), example = json!(["ConnectAgents", "ConnectSupervisors"]))]
    pub(in crate::config) groups: Option<Vec<String>>,
    /// Name of the target.
    #[schemars(required, example = &"support-eu")]
    pub(in crate::config) target: Option<String>,
    /// Group of the mapping that should win.
    #[schemars(length(min = 1), example = &"ConnectSupervisors")]
    pub(in crate::config) mapping: Option<String>,
    /// Routing profile, as the mapping or the defaults name it.
    #[schemars(length(min = 1), example = &"Basic Routing Profile")]
    pub(in crate::config) routing_profile: Option<String>,
    /// Security profiles, as the mapping or the defaults name them, in any order.
    #[schemars(length(min = 1, max = 10), example = json!(["CallCenterManager"]))]
    pub(in crate::config) security_profiles: Option<Vec<String>>,
    /// Hierarchy group, as the mapping names it.
    #[schemars(length(min = 1), example = &"EMEA/London")]
    pub(in crate::config) hierarchy: Option<String>,
}
