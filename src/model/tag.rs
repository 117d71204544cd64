//! The tags that Rollcall writes on Connect users. They are the only memory that decides anything.

/// Value: the installation that owns the user.
pub const OWNER: &str = "rollcall:owner";
/// Value: the principal's id in Identity Store.
pub const PRINCIPAL: &str = "rollcall:principal";
/// Value: the id of the group whose mapping the user was set up by.
pub const MAPPING: &str = "rollcall:mapping";
/// Value: when the person was first found absent (RFC 3339, UTC).
pub const ABSENT_SINCE: &str = "rollcall:absent-since";
/// Value: when the user was quarantined (RFC 3339, UTC).
pub const QUARANTINED_AT: &str = "rollcall:quarantined-at";
/// Value: the id of the routing profile that the user had before quarantine.
pub const WAS_ROUTING_PROFILE: &str = "rollcall:was-routing-profile";
/// Value: ids of the security profiles that the user had before quarantine, at most [`PROFILES_IN_TAG`] of them, one
/// space between.
pub const WAS_SECURITY_PROFILES: &str = "rollcall:was-security-profiles";
/// Value: the rest of these ids, where there are more.
pub const WAS_SECURITY_PROFILES_2: &str = "rollcall:was-security-profiles-2";

/// The tags that last no longer than the absence of a person.
pub const MARKS: [&str; 5] =
    [ABSENT_SINCE, QUARANTINED_AT, WAS_ROUTING_PROFILE, WAS_SECURITY_PROFILES, WAS_SECURITY_PROFILES_2];

/// How many tags a Connect user can carry.
pub const LIMIT: usize = 50;
/// How many of them Rollcall writes on a user that it creates or adopts.
pub const OWN: usize = 3;
/// How many ids of security profiles fit into one value: a value has at most 256 letters.
pub const PROFILES_IN_TAG: usize = 6;
