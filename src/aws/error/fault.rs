//! What can be wrong with an attempt beside what the SDK sees, and how the SDK is told.

use std::fmt;
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::retry::ErrorKind;

/// What is wrong with an attempt, where the SDK itself would see nothing or something else.
#[derive(Debug, thiserror::Error)]
pub(in crate::aws) enum Fault {
    /// The attempt took too long.
    #[error("no answer within {}", Seconds(*.0))]
    Attempt(Duration),
    /// All attempts together took too long.
    #[error("no answer within {}, all attempts taken together", Seconds(*.0))]
    Call(Duration),
    /// The connection ended in the middle of the answer.
    #[error("the answer broke off")]
    BrokeOff(#[source] BoxError),
    /// The answer is not the service's.
    #[error("the answer {0}")]
    Unreadable(String),
}

struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0.as_secs_f64())
    }
}

impl From<Fault> for ConnectorError {
    /// With what the SDK has to know to retry the attempt, or not.
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Attempt(_) => Self::timeout(fault.into()),
            Fault::Call(_) => Self::other(fault.into(), None),
            Fault::BrokeOff(_) => Self::io(fault.into()),
            Fault::Unreadable(_) => Self::other(fault.into(), Some(ErrorKind::TransientError)),
        }
    }
}
