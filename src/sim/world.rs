//! Worlds: what exists when the simulator starts, as people write it down.
//!
//! ```toml
//! [identity_center]              # every key has a default
//! account = "111122223333"
//! region = "eu-west-1"
//! store = "d-9067f0a1b2"
//! arn = "arn:aws:sso:::instance/ssoins-0123456789abcdef"
//!
//! [[groups]]
//! name = "Agents"                # `id`, `description`
//!
//! [[people]]
//! user_name = "ana@example.com"  # `email` (the user name where that is an address; "" for none), `id`
//! given_name = "Ana"             # `family_name`, `display_name`, `status = "disabled"`
//! groups = ["Agents"]
//!
//! [[applications]]
//! name = "Amazon Connect"        # `arn`, `description`, `provider`, `enabled`, `assignment_required`
//! assigned_groups = ["Agents"]   # `assigned_people` by user name
//!
//! [[instances]]
//! alias = "support"              # `id`, `region`, `account`, `identity_management`, `status`, `replicas`, `quota`
//! routing_profiles = ["Basic Routing Profile", { name = "Night", id = "…" }]
//! security_profiles = ["Admin", "Agent"]
//! hierarchy = ["Europe/Support"] # every group on the way is made; `levels` names the levels
//!
//! [[instances.users]]
//! login = "ana@example.com"      # `id`, `email`, `secondary_email`, `mobile`, `directory_id`, `hierarchy`
//! first_name = "Ana"             # `last_name`
//! routing_profile = "Night"      # the first one, where absent
//! security_profiles = ["Agent"]
//! phone = { type = "desk", number = "+441632960001", auto_accept = true, after_contact_work = 30 }
//! tags = { person = "{user_id:ana@example.com}", group = "{group_id:Agents}" }
//!
//! [[instances.quick_connects]]
//! name = "Ana"                   # `id`, `type`: `user`, `queue`, `phone_number` or `flow`
//! target = "ana@example.com"     # a user's login; else whatever the type leads to
//!
//! [[roles]]
//! arn = "arn:aws:iam::222233334444:role/reader"   # `external_id`
//!
//! [[crowd]]                      # many people, many Connect users, or both
//! count = 500                    # `start` (1)
//! user_name = "agent{n:04}@example.com"           # `email`, `given_name`, `family_name`, `display_name`, `status`
//! groups = ["Agents"]
//! connect_users = { instance = "support", tags = { person = "{user_id}" } }   # and all that `instances.users` has
//! ```
//!
//! In a crowd `{n}` is the number (`{n:04}` with zeros in front), `{email}` the person's address and `{user_id}` their
//! id. `{user_id:USER NAME}` and `{group_id:GROUP}` stand for ids in the tags of every Connect user. Ids that are not
//! given follow from the names, so that the same world has the same ids each time. A world is taken as it stands: users
//! who could not be made by the service's own operations may exist in it, as they do in life.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::seed;
use super::state::State;
use super::state::sessions::HOME;

/// What exists when the simulator starts.
#[derive(Debug, Clone)]
pub struct World {
    pub(super) state: State,
}

/// Why a world cannot be.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The text is not TOML, or has keys or values that no world has.
    #[error("the world cannot be read")]
    Unreadable(#[source] Box<toml::de::Error>),
    /// Something names a thing that the world does not have.
    #[error("{place} names the {kind} `{name}`, which the world does not have")]
    Unknown {
        /// Where it is named.
        place: String,
        /// What it should be.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// Two things have what only one can have.
    #[error("there are two {kind} `{name}`")]
    Duplicate {
        /// What they are.
        kind: &'static str,
        /// What they share.
        name: String,
    },
    /// A placeholder that means nothing where it stands.
    #[error("`{{{placeholder}}}` means nothing in {place}")]
    Placeholder {
        /// The text between the braces.
        placeholder: String,
        /// Where it stands.
        place: String,
    },
    /// Anything else that does not go together.
    #[error("{0}")]
    Impossible(String),
}

impl World {
    /// Reads a world. Unknown keys are refused.
    pub fn parse(text: &str) -> Result<World, WorldError> {
        let file: File = toml::from_str(text).map_err(|error| WorldError::Unreadable(Box::new(error)))?;
        Ok(World { state: seed::state(&file)? })
    }

    /// The default world: a small contact centre whose people each show something.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "it cannot, as long as the test of it passes")]
    pub fn workshop() -> World {
        #[expect(clippy::expect_used, reason = "the world is part of the program, and a test reads it")]
        World::parse(include_str!("workshop.toml")).expect("the workshop's world is well-formed")
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) identity_center: CenterFile,
    #[serde(default)]
    pub(super) groups: Vec<GroupFile>,
    #[serde(default)]
    pub(super) people: Vec<PersonFile>,
    #[serde(default)]
    pub(super) applications: Vec<ApplicationFile>,
    #[serde(default)]
    pub(super) instances: Vec<InstanceFile>,
    #[serde(default)]
    pub(super) roles: Vec<RoleFile>,
    #[serde(default)]
    pub(super) crowd: Vec<CrowdFile>,
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CenterFile {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) store: String,
    pub(super) arn: String,
}

impl Default for CenterFile {
    fn default() -> Self {
        CenterFile {
            account: HOME.to_owned(),
            region: "eu-west-1".to_owned(),
            store: "d-9067f0a1b2".to_owned(),
            arn: "arn:aws:sso:::instance/ssoins-0123456789abcdef".to_owned(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupFile {
    pub(super) id: Option<String>,
    pub(super) name: String,
    pub(super) description: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    #[default]
    Enabled,
    Disabled,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonFile {
    pub(super) id: Option<String>,
    pub(super) user_name: String,
    pub(super) email: Option<String>,
    pub(super) given_name: Option<String>,
    pub(super) family_name: Option<String>,
    pub(super) display_name: Option<String>,
    #[serde(default)]
    pub(super) status: Status,
    #[serde(default)]
    pub(super) groups: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplicationFile {
    pub(super) arn: Option<String>,
    pub(super) name: String,
    pub(super) description: Option<String>,
    #[serde(default = "saml_provider")]
    pub(super) provider: String,
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    #[serde(default = "yes")]
    pub(super) assignment_required: bool,
    #[serde(default)]
    pub(super) assigned_groups: Vec<String>,
    #[serde(default)]
    pub(super) assigned_people: Vec<String>,
}

fn saml_provider() -> String {
    "arn:aws:sso::aws:applicationProvider/custom-saml".to_owned()
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstanceFile {
    pub(super) id: Option<String>,
    pub(super) alias: String,
    #[serde(default = "london")]
    pub(super) region: String,
    pub(super) account: Option<String>,
    #[serde(default)]
    pub(super) identity_management: IdentityManagement,
    #[serde(default)]
    pub(super) status: InstanceStatus,
    #[serde(default)]
    pub(super) replicas: Vec<String>,
    #[serde(default = "five_hundred")]
    pub(super) quota: usize,
    #[serde(default = "stock_routing_profiles")]
    pub(super) routing_profiles: Vec<Profile>,
    #[serde(default = "stock_security_profiles")]
    pub(super) security_profiles: Vec<Profile>,
    #[serde(default)]
    pub(super) levels: Vec<String>,
    #[serde(default)]
    pub(super) hierarchy: Vec<String>,
    #[serde(default)]
    pub(super) users: Vec<UserFile>,
    #[serde(default)]
    pub(super) quick_connects: Vec<QuickConnectFile>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum IdentityManagement {
    #[default]
    Saml,
    ConnectManaged,
    ExistingDirectory,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum InstanceStatus {
    #[default]
    Active,
    CreationInProgress,
    CreationFailed,
}

fn london() -> String {
    "eu-west-2".to_owned()
}

fn five_hundred() -> usize {
    500
}

fn stock_routing_profiles() -> Vec<Profile> {
    vec![Profile::Name("Basic Routing Profile".to_owned())]
}

fn stock_security_profiles() -> Vec<Profile> {
    ["Admin", "Agent", "CallCenterManager", "QualityAnalyst"].map(|name| Profile::Name(name.to_owned())).to_vec()
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Profile {
    Name(String),
    Full { name: String, id: String },
}

/// A Connect user; in a crowd, the texts are patterns and everything may be absent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserFile {
    /// The instance's alias or id; only in a crowd, and the first instance where absent.
    pub(super) instance: Option<String>,
    pub(super) id: Option<String>,
    pub(super) login: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) secondary_email: Option<String>,
    pub(super) mobile: Option<String>,
    pub(super) directory_id: Option<String>,
    pub(super) routing_profile: Option<String>,
    #[serde(default = "agent")]
    pub(super) security_profiles: Vec<String>,
    pub(super) hierarchy: Option<String>,
    pub(super) phone: Option<PhoneFile>,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
}

fn agent() -> Vec<String> {
    vec!["Agent".to_owned()]
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PhoneFile {
    #[serde(rename = "type", default)]
    pub(super) kind: PhoneKind,
    pub(super) number: Option<String>,
    #[serde(default)]
    pub(super) auto_accept: bool,
    #[serde(default)]
    pub(super) after_contact_work: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PhoneKind {
    #[default]
    Soft,
    Desk,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QuickConnectFile {
    pub(super) id: Option<String>,
    pub(super) name: String,
    #[serde(rename = "type", default = "user")]
    pub(super) kind: String,
    pub(super) target: String,
}

fn user() -> String {
    "user".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleFile {
    pub(super) arn: String,
    pub(super) external_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CrowdFile {
    pub(super) count: usize,
    #[serde(default = "one")]
    pub(super) start: usize,
    pub(super) user_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) given_name: Option<String>,
    pub(super) family_name: Option<String>,
    pub(super) display_name: Option<String>,
    #[serde(default)]
    pub(super) status: Status,
    #[serde(default)]
    pub(super) groups: Vec<String>,
    pub(super) connect_users: Option<UserFile>,
}

fn one() -> usize {
    1
}
