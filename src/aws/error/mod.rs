//! What went wrong with a call, in words that help.
//!
//! The SDK's own texts are thin ("service error", "dispatch failure"). Here an error says what was being done, what the
//! service answered in its own sentence, and what to do about it. Nothing in it is a secret.

mod cause;
mod fault;
mod hint;

use std::error::Error as StdError;
use std::fmt;

use aws_smithy_runtime_api::client::interceptors::context::Error as Erased;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

pub(super) use self::fault::Fault;
use super::answer::Refusal;
use super::iam::Place;
use super::operation::Operation;

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorKind {
    /// Too many calls, even after the retries.
    Throttled,
    /// The credentials are good, but may not do this.
    Denied,
    /// There is no such thing.
    NotFound,
    /// At odds with another write.
    Conflict,
    /// Something with that name exists.
    Duplicate,
    /// No room for more.
    Quota,
    /// The service, or the SDK, refuses the request or a setting as it is.
    Invalid,
    /// The service failed.
    ServerError,
    /// No answer in time.
    Timeout,
    /// No connection, or one that broke.
    Connection,
    /// An answer that is not the service's, or makes no sense.
    Unreadable,
    /// No credentials, expired ones, unknown ones, or a role that cannot be assumed.
    Credentials,
    /// Called off before it began, because the program is ending or the call has become senseless.
    CalledOff,
}

/// A failure: what was being done, and (as its source) why it failed.
#[derive(Debug)]
pub struct Error(Box<Details>);

#[derive(Debug)]
struct Details {
    kind: ErrorKind,
    doing: String,
    operation: Option<&'static Operation>,
    place: Place,
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    resource_type: Option<String>,
    reason: Option<String>,
    cause: Cause,
}

/// Why it failed, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Cause(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}", self.0.doing)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0.cause)
    }
}

impl Error {
    /// An error of a call, as the SDK gives it. `doing` completes "failed to …".
    pub(super) fn of_call<E>(
        operation: &'static Operation,
        place: &Place,
        doing: String,
        error: &SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let response = error.raw_response();
        let refusal = response.map(Refusal::read).unwrap_or_default();
        let request_id = error.request_id().map(str::to_owned);
        let told = match error {
            SdkError::ServiceError(_) => cause::of_refusal(&refusal, error.message(), response, request_id.as_deref()),
            SdkError::ResponseError(_) => cause::Told::new(ErrorKind::Unreadable, cause::deepest(error)),
            _ => cause::of_dispatch(error),
        };
        Self(Box::new(Details {
            kind: told.kind,
            doing,
            operation: Some(operation),
            place: place.clone(),
            code: told.code.or(refusal.code),
            message: error.message().map(cause::first_line),
            request_id,
            resource_type: refusal.resource_type,
            reason: refusal.reason,
            cause: Cause(told.sentence),
        }))
    }

    /// An error that was found without the SDK's help: `cause` is the sentence that says why.
    pub(super) fn plain(
        kind: ErrorKind,
        operation: Option<&'static Operation>,
        place: &Place,
        doing: impl Into<String>,
        cause: impl Into<String>,
    ) -> Self {
        Self(Box::new(Details {
            kind,
            doing: doing.into(),
            operation,
            place: place.clone(),
            code: None,
            message: None,
            request_id: None,
            resource_type: None,
            reason: None,
            cause: Cause(cause.into()),
        }))
    }

    /// An answer that makes no sense: `what` is the sentence that says why.
    pub(super) fn unreadable(
        operation: &'static Operation,
        place: &Place,
        doing: impl Into<String>,
        what: impl Into<String>,
    ) -> Self {
        Self::plain(ErrorKind::Unreadable, Some(operation), place, doing, what)
    }

    /// A call that was called off before it began.
    pub(super) fn called_off(operation: &'static Operation, place: &Place, doing: impl Into<String>) -> Self {
        Self::plain(ErrorKind::CalledOff, Some(operation), place, doing, "it was called off before it began")
    }

    /// The kind of failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation that failed; `None` where it never came to a call.
    #[must_use]
    pub fn operation(&self) -> Option<&'static Operation> {
        self.0.operation
    }

    /// AWS's error code, such as `AccessDeniedException`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// AWS's own sentence.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// AWS's id of the request, which their support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// What to do about it, in one sentence, where there is anything.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        hint::of(&self.0)
    }

    /// Whether the service says that there is no such thing of this kind (`GROUP`, `USER`). A missing encryption key and
    /// a missing identity store come under the same code and mean something else.
    pub(super) fn says_gone(&self, resource_type: &str) -> bool {
        self.0.kind == ErrorKind::NotFound
            && self.0.reason.is_none()
            && self.0.resource_type.as_deref() == Some(resource_type)
    }
}

/// The kind of one attempt's error, for the ledger.
pub(super) fn kind_of_attempt(error: &OrchestratorError<Erased>, response: Option<&HttpResponse>) -> ErrorKind {
    if error.is_response_error() {
        return ErrorKind::Unreadable;
    }
    match response {
        Some(response) if !response.status().is_success() => {
            cause::of_refusal(&Refusal::read(response), None, Some(response), None).kind
        }
        Some(_) => ErrorKind::Unreadable,
        None => cause::of_dispatch(error).kind,
    }
}

#[cfg(test)]
mod tests;
