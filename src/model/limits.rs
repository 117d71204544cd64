//! How long a call may take, and how often calls may be made.

use std::collections::BTreeMap;
use std::time::Duration;

/// Time-outs of every call. They count while a request is under way, not while it waits for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To open a connection.
    pub connect: Duration,
    /// One attempt, from the first byte sent to the last received.
    pub attempt: Duration,
    /// All attempts of a call together.
    pub call: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(3), attempt: seconds(10), call: seconds(40) }
    }
}

/// The rates of the three services that Rollcall calls.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// Amazon Connect: per account, Region and operation.
    pub connect: Rate,
    /// Identity Store: per account, Region and operation.
    pub identity_store: Rate,
    /// SSO Admin: per account and Region, all operations together.
    pub sso_admin: Rate,
}

impl Default for Rates {
    /// AWS's own default quotas, of which a fifth is left to other callers.
    fn default() -> Self {
        let rate =
            |requests_per_second, burst| Rate { requests_per_second, burst, share: 0.8, operations: BTreeMap::new() };
        Self { connect: rate(2.0, 5), identity_store: rate(20.0, 20), sso_admin: rate(20.0, 20) }
    }
}

/// A token bucket's measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// Tokens a second before `share` is taken.
    pub requests_per_second: f64,
    /// Tokens that a rested bucket holds; `share` does not scale it.
    pub burst: u32,
    /// The part of the rate that Rollcall takes, above 0 and up to 1.
    pub share: f64,
    /// Rates of single operations whose quota differs, by the operation's name.
    pub operations: BTreeMap<String, f64>,
}

impl Rate {
    /// Tokens a second for this operation, after `share`.
    #[must_use]
    pub fn per_second(&self, operation: &str) -> f64 {
        self.operations.get(operation).copied().unwrap_or(self.requests_per_second) * self.share
    }
}
