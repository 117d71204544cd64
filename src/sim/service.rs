//! The four services that share the simulator's port, by the names that a credential scope gives them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A service of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// AWS Identity Store: JSON 1.1.
    IdentityStore,
    /// IAM Identity Center's administration (`sso-admin`): JSON 1.1.
    Sso,
    /// Amazon Connect: REST and JSON.
    Connect,
    /// AWS Security Token Service: form in, XML out.
    Sts,
}

impl Service {
    /// The name in a credential scope, which is also the name in faults, rates and the journal.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Service::IdentityStore => "identitystore",
            Service::Sso => "sso",
            Service::Connect => "connect",
            Service::Sts => "sts",
        }
    }

    /// The service that an `X-Amz-Target` prefix addresses.
    pub(super) fn of_target(prefix: &str) -> Option<Service> {
        match prefix {
            "AWSIdentityStore" => Some(Service::IdentityStore),
            "SWBExternalService" => Some(Service::Sso),
            _ => None,
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
