//! The file as it is written: every key, its type, its default and an example, and nothing of what they mean together.
//! From these types come the JSON Schema, which the shape of a file is checked against, and the comments in it are
//! what an editor shows. Everything is optional here: what has to be there is `required` in the schema, so that one
//! missing key does not hide what else is wrong.

mod limits;
mod policy;
mod target;
mod word;

use schemars::JsonSchema;
use serde::Deserialize;

pub(super) use limits::{Rate, Rates, SharedRate, Timeouts};
pub(super) use policy::{Attributes, LimitText, Policy, Profiles};
pub(super) use target::{Accept, Expect, Mapping, Phone, Target};
pub(super) use word::{Level, LogFormat, People, PhoneType};

/// `us-gov-west-1` and the like.
pub(super) const REGION: &str = "^[a-z]{2}(-[a-z]+)+-[0-9]$";
/// An integer and a unit.
pub(super) const DURATION: &str = "^[0-9]+[smhd]$";
/// The role that a target or Identity Center is reached with.
pub(super) const ROLE_ARN: &str = "^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$";

/// Configuration of Rollcall, which keeps Amazon Connect users in step with groups of IAM Identity Center. In every
/// string `${NAME}` is replaced by the environment variable of that name; `$${` is a literal `${`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Rollcall configuration")]
pub(super) struct File {
    /// Value of the tag `rollcall:owner` on the Connect users that this installation looks after. Two installations
    /// must have different ones.
    #[schemars(length(min = 1, max = 256), example = &"rollcall", extend("default" = "rollcall"))]
    pub(super) owner: Option<String>,
    #[schemars(required)]
    pub(super) identity_center: Option<IdentityCenter>,
    #[serde(default)]
    pub(super) schedule: Schedule,
    #[serde(default)]
    pub(super) http: Http,
    #[serde(default)]
    pub(super) log: Log,
    #[serde(default)]
    pub(super) history: History,
    #[serde(default)]
    pub(super) timeouts: Timeouts,
    #[serde(default)]
    pub(super) rates: Rates,
    /// What a mapping that says nothing gives. The defaults are those of a new Connect instance.
    #[serde(default)]
    #[schemars(extend("default" = {
        "routing_profile": "Basic Routing Profile", "security_profiles": ["Agent"]
    }))]
    pub(super) defaults: Profiles,
    #[serde(default)]
    pub(super) policy: Policy,
    /// What people who have left get, since Connect cannot switch a user off. Needed where `removals` is not `report`.
    pub(super) quarantine: Option<Profiles>,
    /// The Connect instances.
    #[schemars(required, length(min = 1))]
    pub(super) target: Option<Vec<Target>>,
    /// Findings that are known and that nobody can mend now: shown, but not counted as errors.
    #[serde(default)]
    pub(super) accept: Vec<Accept>,
    /// Tests of the mappings, which need no AWS.
    #[serde(default)]
    pub(super) expect: Vec<Expect>,
}

/// Where people and groups come from.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Identity Center")]
pub(super) struct IdentityCenter {
    /// Its Region.
    #[schemars(required, example = &"eu-west-1", extend("pattern" = REGION))]
    pub(super) region: Option<String>,
    /// ARN of the Identity Center instance. Not needed where the account has one only.
    #[schemars(example = &"arn:aws:sso:::instance/ssoins-1234567890abcdef")]
    pub(super) instance_arn: Option<String>,
    /// Id of the identity store. Not needed where the account has one Identity Center instance only.
    #[schemars(example = &"d-1234567890")]
    pub(super) identity_store_id: Option<String>,
    /// Role to take on for Identity Store and SSO Admin, assignments included.
    #[schemars(example = &"arn:aws:iam::111122223333:role/rollcall", extend("pattern" = ROLE_ARN))]
    pub(super) role_arn: Option<String>,
    /// External id that the role asks for.
    #[schemars(length(min = 2, max = 1224), example = &"rollcall-5d41")]
    pub(super) external_id: Option<String>,
}

/// When passes start by themselves.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Schedule")]
pub(super) struct Schedule {
    /// Second, minute, hour, day, month and weekday. Where both day and weekday are given, both must match.
    #[schemars(example = &"0 */15 * * * *", extend("default" = "0 */15 * * * *"))]
    pub(super) cron: Option<String>,
    /// Time zone of `cron`, by its IANA name; daylight saving time is followed.
    #[schemars(example = &"Europe/London", extend("default" = "UTC"))]
    pub(super) timezone: Option<String>,
    /// Up to this long after the time, by chance, so that several installations do not start at once. An integer and
    /// `s`, `m`, `h` or `d`.
    #[schemars(example = &"20s", extend("default" = "0s", "pattern" = DURATION))]
    pub(super) jitter: Option<String>,
    /// Whether a pass starts with the daemon.
    #[schemars(example = true, extend("default" = true))]
    pub(super) on_start: Option<bool>,
}

/// The status page, the API and the metrics.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "HTTP")]
pub(super) struct Http {
    /// IP address and port; port 0 is any free one, which the log then names.
    #[schemars(example = &"127.0.0.1:8080", extend("default" = "127.0.0.1:8080"))]
    pub(super) listen: Option<String>,
    /// File with the token for everything under `/v1`. The variable `ROLLCALL_HTTP_TOKEN` does the same.
    #[schemars(example = &"/run/credentials/rollcall.service/token")]
    pub(super) token_file: Option<String>,
    /// File with a token that can only read: for wall screens and dashboards. The variable
    /// `ROLLCALL_HTTP_READ_TOKEN` does the same.
    #[schemars(example = &"/run/credentials/rollcall.service/read-token")]
    pub(super) read_token_file: Option<String>,
}

/// What is written to stderr.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Log")]
pub(super) struct Log {
    /// By default text on a terminal, JSON elsewhere.
    #[schemars(example = &"json")]
    pub(super) format: Option<LogFormat>,
    /// The least severe level that is written. The variable `RUST_LOG` overrides it.
    #[schemars(example = &"info", extend("default" = "info"))]
    pub(super) level: Option<Level>,
    /// How people are named.
    #[schemars(example = &"plain", extend("default" = "plain"))]
    pub(super) people: Option<People>,
    /// File with the key of the hash. Needed where `people` is `hashed`.
    #[schemars(example = &"/run/credentials/rollcall.service/people-key")]
    pub(super) people_key_file: Option<String>,
}

/// The record of past runs.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "History")]
pub(super) struct History {
    /// Database file. Without it the history lives in memory and ends with the process.
    #[schemars(example = &"/var/lib/rollcall/history.db")]
    pub(super) path: Option<String>,
    /// How long runs are kept. An integer and `s`, `m`, `h` or `d`.
    #[schemars(example = &"400d", extend("default" = "400d", "pattern" = DURATION))]
    pub(super) keep: Option<String>,
}
