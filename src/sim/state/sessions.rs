//! Roles, and the credentials that were handed out for them.

use std::collections::HashMap;

use jiff::Timestamp;

/// The account of every caller whose credentials did not come from a role.
pub(in crate::sim) const HOME: &str = "111122223333";

/// A role that may be assumed.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Role {
    pub(in crate::sim) arn: String,
    /// The account that it belongs to.
    pub(in crate::sim) account: String,
    /// What a caller has to know.
    pub(in crate::sim) external_id: Option<String>,
}

/// Credentials of an assumed role.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Session {
    pub(in crate::sim) account: String,
    /// The role's ARN.
    pub(in crate::sim) role: String,
    /// `arn:aws:sts::…:assumed-role/ROLE/SESSION`.
    pub(in crate::sim) arn: String,
    pub(in crate::sim) token: String,
    pub(in crate::sim) expires: Timestamp,
}

/// Sessions by access key.
pub(in crate::sim) type Sessions = HashMap<String, Session>;
