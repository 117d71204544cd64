//! The ledger: what was asked of AWS within one scope, how it came out, and what time the services say it is.
//!
//! It counts attempts, not calls, because attempts are what quotas and bills count.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::{DateTime, Format};
use jiff::{SignedDuration, Timestamp};

use super::error::{self, ErrorKind};
use super::operation::Operation;

/// How an attempt came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Well.
    Ok,
    /// The service wants fewer calls.
    Throttled,
    /// Not allowed, or not signed by anybody whom the service knows.
    Denied,
    /// No such thing.
    NotFound,
    /// At odds with something that is there already.
    Conflict,
    /// No room for more.
    Quota,
    /// A request that the service does not take.
    Invalid,
    /// The service failed.
    ServerError,
    /// No answer in time.
    Timeout,
    /// No connection, or one that broke.
    Connection,
    /// An answer that is not the service's.
    Unreadable,
}

impl Outcome {
    /// The word for metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Throttled => "throttled",
            Self::Denied => "denied",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Quota => "quota",
            Self::Invalid => "invalid",
            Self::ServerError => "server_error",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Unreadable => "unreadable",
        }
    }
}

impl From<ErrorKind> for Outcome {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Throttled => Self::Throttled,
            ErrorKind::Denied | ErrorKind::Credentials => Self::Denied,
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::Conflict | ErrorKind::Duplicate => Self::Conflict,
            ErrorKind::Quota => Self::Quota,
            ErrorKind::Invalid => Self::Invalid,
            ErrorKind::ServerError => Self::ServerError,
            ErrorKind::Timeout => Self::Timeout,
            // What was called off made no attempt, and so never comes here.
            ErrorKind::Connection | ErrorKind::CalledOff => Self::Connection,
            ErrorKind::Unreadable => Self::Unreadable,
        }
    }
}

/// A count of attempts. Clones share it, so that it can be looked at while calls are under way.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    attempts: BTreeMap<(&'static str, &'static str, Outcome), u64>,
    earliest: Option<Timestamp>,
    skew: SignedDuration,
}

impl Ledger {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Attempts by the service's IAM prefix, the operation, and how they came out.
    #[must_use]
    pub fn attempts(&self) -> BTreeMap<(&'static str, &'static str, Outcome), u64> {
        self.read(|entries| entries.attempts.clone())
    }

    /// Attempts by operation, named like `connect:ListUsers`.
    #[must_use]
    pub fn requests(&self) -> BTreeMap<String, u64> {
        let mut requests = BTreeMap::new();
        for ((service, operation, _), count) in self.attempts() {
            *requests.entry(format!("{service}:{operation}")).or_default() += count;
        }
        requests
    }

    /// The earliest `Date` of the services' answers; `None` while there is none.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.read(|entries| entries.earliest)
    }

    /// The widest difference between an answer's `Date` and the host's clock when it came (positive: the service is
    /// ahead).
    #[must_use]
    pub fn skew(&self) -> SignedDuration {
        self.read(|entries| entries.skew)
    }

    fn read<T>(&self, look: impl FnOnce(&Entries) -> T) -> T {
        look(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, operation: &'static Operation, outcome: Outcome, date: Option<Timestamp>) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *entries.attempts.entry((operation.service.prefix(), operation.name, outcome)).or_default() += 1;
        if let Some(date) = date {
            entries.earliest = Some(entries.earliest.map_or(date, |earliest| earliest.min(date)));
            entries.skew = wider(entries.skew, date.duration_since(Timestamp::now()));
        }
    }
}

/// The wider of two differences, whichever way they point.
pub(super) fn wider(one: SignedDuration, other: SignedDuration) -> SignedDuration {
    if other.unsigned_abs() > one.unsigned_abs() { other } else { one }
}

fn date(response: &HttpResponse) -> Option<Timestamp> {
    let date = DateTime::from_str(response.headers().get("date")?, Format::HttpDate).ok()?;
    Timestamp::from_second(date.secs()).ok()
}

/// Which operation an attempt belongs to, and how it came out; `None` where nothing was sent.
pub(super) fn attempt(
    context: &FinalizerInterceptorContextRef<'_>,
    config: &ConfigBag,
) -> Option<(&'static Operation, Outcome)> {
    let call = config.load::<Metadata>()?;
    let operation = Operation::of_sdk(call.service(), call.name())?;
    match context.output_or_error()? {
        Ok(_) => Some((operation, Outcome::Ok)),
        Err(error) => match error::kind_of_attempt(error, context.response()) {
            // Without credentials nothing was signed, and nothing was sent.
            ErrorKind::Credentials if context.response().is_none() => None,
            kind => Some((operation, kind.into())),
        },
    }
}

impl Intercept for Ledger {
    fn name(&self) -> &'static str {
        "Ledger"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some((operation, outcome)) = attempt(context, config) else { return Ok(()) };
        self.note(operation, outcome, context.response().and_then(date));
        Ok(())
    }
}
