//! The simulator's clock: real time, moved by an offset that tests set. It keeps running from wherever it is put.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// A clock that can be set.
#[derive(Debug, Default)]
pub(super) struct Clock {
    offset: Mutex<SignedDuration>,
}

impl Clock {
    /// What the clock shows.
    pub(super) fn now(&self) -> Timestamp {
        let offset = *self.offset.lock().unwrap_or_else(PoisonError::into_inner);
        let real = Timestamp::now();
        real.checked_add(offset).unwrap_or(real)
    }

    /// Sets the clock, from where it runs on.
    pub(super) fn set(&self, now: Timestamp) {
        self.shift(now.duration_since(Timestamp::now()));
    }

    /// Sets the clock so far ahead of real time (behind it, where negative).
    pub(super) fn shift(&self, offset: SignedDuration) {
        *self.offset.lock().unwrap_or_else(PoisonError::into_inner) = offset;
    }
}

/// A time as the JSON protocols write it: seconds since 1970, with milliseconds.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 stay exact for 200,000 years")]
pub(super) fn epoch_seconds(at: Timestamp) -> Value {
    Value::from(at.as_millisecond() as f64 / 1000.0)
}

/// A time as a signature carries it (`20250131T120000Z`).
pub(super) fn amz_date(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A time as the `Date` header writes it.
pub(super) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
