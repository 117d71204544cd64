//! Pace: no more calls in a second than the service allows, fewer where it refuses some, and none that waits for ever.
//!
//! AWS counts calls by account, Region and operation (SSO Admin: all its operations together), so there is a token
//! bucket for each such scope, shared by everything that holds the same [`Pace`]. The SDK has nothing that fits: its
//! adaptive limiter acts only after the first throttling, and no limiter that is to be had keeps a queue.
//!
//! A call that waits here has not begun: it is not signed yet, and no time-out counts. How long a call takes is no
//! matter: tokens come by the clock, not by answers.

mod bucket;
mod flow;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) use self::bucket::Bucket;
use super::operation::{Operation, Service};
use crate::metrics::Metrics;
use crate::model::limits::Rate;

/// The buckets of a process, and the count of what goes through them. Clones share both.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    buckets: Arc<Mutex<BTreeMap<Key, Arc<Bucket>>>>,
    metrics: Option<Arc<Metrics>>,
}

impl Pace {
    /// A set of full buckets.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, for a process whose calls are counted.
    #[must_use]
    pub fn counted(metrics: Arc<Metrics>) -> Self {
        Self { metrics: Some(metrics), ..Self::default() }
    }

    pub(super) fn metrics(&self) -> Option<&Arc<Metrics>> {
        self.metrics.as_ref()
    }

    /// The bucket that this operation draws from. A rate that differs from the one that the bucket had takes effect at
    /// once, so that a reloaded configuration needs nothing else.
    pub(super) fn bucket(&self, scope: &Scope, operation: &'static Operation, rate: &Rate) -> Arc<Bucket> {
        let shared = operation.service == Service::SsoAdmin;
        let key = Key {
            scope: scope.clone(),
            service: operation.service,
            operation: if shared { None } else { Some(operation.name) },
        };
        let per_second = if shared { rate.per_second("") } else { rate.per_second(operation.name) };
        let mut buckets = lock(&self.buckets);
        let bucket = buckets.entry(key).or_insert_with(|| Arc::new(Bucket::new(per_second, rate.burst)));
        bucket.measure(per_second, rate.burst);
        Arc::clone(bucket)
    }
}

/// What AWS counts calls by, besides the operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Scope {
    /// The account of the role, or nothing: the account of the process' own credentials.
    pub(super) account: Option<String>,
    pub(super) region: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    scope: Scope,
    service: Service,
    operation: Option<&'static str>,
}

/// Who goes first where several wait: the earlier variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    /// Another attempt at a call that has had its turn already.
    Retry,
    /// A call that somebody is waiting for.
    Urgent,
    /// Any other call.
    Regular,
}

/// No holder of these locks can panic halfway through a change, so a poisoned lock holds a whole value.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
