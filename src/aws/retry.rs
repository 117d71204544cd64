//! Retries are the SDK's, with two corrections.
//!
//! Connect says `LimitExceededException` when the instance has no room for another user; the SDK takes that for
//! throttling and tries twice more. SSO Admin says `ConflictException` when an earlier write has not spread yet, and
//! wants the call repeated; the SDK gives up at once.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

use super::answer::Refusal;
use super::operation::Service;

/// The corrections for the client of one service.
#[derive(Debug)]
pub(super) struct Corrections(pub(super) Service);

impl ClassifyRetry for Corrections {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(response) = context.response().filter(|response| !response.status().is_success()) else {
            return RetryAction::NoActionIndicated;
        };
        match (self.0, Refusal::read(response).code.as_deref()) {
            (Service::Connect, Some("LimitExceededException")) => RetryAction::RetryForbidden,
            (Service::SsoAdmin, Some("ConflictException")) => RetryAction::transient_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "Corrections"
    }
}
