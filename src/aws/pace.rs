//! Pace: no more calls in a second than the service allows, and in the order in which they were asked for.
//!
//! AWS counts calls by account, Region and operation (SSO Admin: all its operations together), so there is a token
//! bucket for each such scope, shared by everything that holds the same [`Pace`]. The SDK has nothing that fits: its
//! adaptive limiter acts only after the first throttling, and no limiter that is to be had keeps a queue.
//!
//! A call that waits here has not begun: it is not signed yet, and no time-out counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

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

/// Who goes first where several wait: the earlier variant, and among equals whoever came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    /// Another attempt at a call that has had its turn already.
    Retry,
    /// A call that somebody is waiting for.
    Urgent,
    /// Any other call.
    Regular,
}

/// A token bucket with a queue.
#[derive(Debug)]
pub(super) struct Bucket {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    per_second: f64,
    burst: f64,
    tokens: f64,
    filled_at: Instant,
    arrivals: u64,
    queue: BTreeMap<(Turn, u64), Arc<Notify>>,
}

impl Bucket {
    fn new(per_second: f64, burst: u32) -> Self {
        let burst = f64::from(burst.max(1));
        let state =
            State { per_second, burst, tokens: burst, filled_at: Instant::now(), arrivals: 0, queue: BTreeMap::new() };
        Self { state: Mutex::new(state) }
    }

    fn measure(&self, per_second: f64, burst: u32) {
        let mut state = lock(&self.state);
        state.refill();
        state.per_second = per_second;
        state.burst = f64::from(burst.max(1));
    }

    /// Waits for a token and takes it. To stop waiting, drop the future: the place in the queue goes with it.
    pub(super) async fn take(&self, turn: Turn) {
        let place = Place::join(self, turn);
        while let Some(wait) = place.try_take() {
            match wait {
                // Whoever gets ahead meanwhile wakes this place up, so that it falls back in line.
                Wait::ForToken(time) => {
                    tokio::select! { () = tokio::time::sleep(time) => {}, () = place.moved.notified() => {} }
                }
                Wait::ForOthers => place.moved.notified().await,
            }
        }
    }

    /// Seconds until so many further calls will have had their turn, as things stand.
    pub(super) fn seconds_for(&self, calls: u64) -> f64 {
        let mut state = lock(&self.state);
        state.refill();
        #[expect(clippy::cast_precision_loss, reason = "an estimate, of numbers far below 2^52")]
        let wanted = calls as f64 + state.queue.len() as f64;
        ((wanted - state.tokens) / state.per_second).max(0.0)
    }
}

impl State {
    fn refill(&mut self) {
        let now = Instant::now();
        let elapsed = now.duration_since(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.per_second).min(self.burst);
        self.filled_at = now;
    }

    fn wake_first(&self) {
        if let Some(first) = self.queue.values().next() {
            first.notify_one();
        }
    }
}

/// Timers count in milliseconds: a shorter wait would be none.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

enum Wait {
    ForToken(Duration),
    ForOthers,
}

/// A place in the queue, which is given up when it is dropped.
struct Place<'a> {
    bucket: &'a Bucket,
    key: (Turn, u64),
    moved: Arc<Notify>,
}

impl<'a> Place<'a> {
    fn join(bucket: &'a Bucket, turn: Turn) -> Self {
        let moved = Arc::new(Notify::new());
        let mut state = lock(&bucket.state);
        let key = (turn, state.arrivals);
        state.arrivals += 1;
        state.wake_first();
        state.queue.insert(key, Arc::clone(&moved));
        Self { bucket, key, moved }
    }

    /// Takes a token where it is this place's turn and there is one; else says what to wait for.
    fn try_take(&self) -> Option<Wait> {
        let mut state = lock(&self.bucket.state);
        if state.queue.keys().next() != Some(&self.key) {
            return Some(Wait::ForOthers);
        }
        state.refill();
        if state.tokens >= 1.0 {
            state.tokens -= 1.0;
            return None;
        }
        let time = Duration::try_from_secs_f64((1.0 - state.tokens) / state.per_second).unwrap_or(Duration::MAX);
        Some(Wait::ForToken(time.clamp(SHORTEST_WAIT, Duration::from_hours(24))))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.bucket.state);
        state.queue.remove(&self.key);
        state.wake_first();
    }
}

/// No holder of these locks can panic halfway through a change, so a poisoned lock holds a whole value.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
