//! Token buckets: how often an operation may be called. They fill with real time, because a clock that a test moves
//! must not hand out calls.

use std::collections::HashMap;
use std::time::Instant;

use serde::{Deserialize, Serialize};

/// How often something may be done.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Calls a second, in the long run.
    pub requests_per_second: f64,
    /// Calls at once after a quiet time.
    pub burst: f64,
}

/// Buckets by whatever shares one.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    filled: HashMap<String, (f64, Instant)>,
}

impl Buckets {
    /// Takes a token of the bucket `key` at the moment `now`; false where there is none left.
    pub(super) fn take(&mut self, key: String, rate: Rate, now: Instant) -> bool {
        let (tokens, since) = self.filled.entry(key).or_insert((rate.burst, now));
        let elapsed = now.saturating_duration_since(*since).as_secs_f64();
        *tokens = (*tokens + elapsed * rate.requests_per_second).min(rate.burst);
        *since = now;
        let granted = *tokens >= 1.0;
        if granted {
            *tokens -= 1.0;
        }
        granted
    }

    /// Fills every bucket.
    pub(super) fn clear(&mut self) {
        self.filled.clear();
    }
}
