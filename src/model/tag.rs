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

/// How many tags a Connect user can carry.
pub const LIMIT: usize = 50;
/// How many of them Rollcall writes on a user that it creates or adopts.
pub const OWN: usize = 3;
