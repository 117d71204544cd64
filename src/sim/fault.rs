//! Faults that tests ask for: by service and operation, after so many calls, for so many calls.

use serde::{Deserialize, Serialize};

use super::service::Service;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// `ThrottlingException`; nothing is done.
    Throttle,
    /// The service's own 500, or another status where the fault gives one; nothing is done.
    ServerError,
    /// The connection is reset before anything is done.
    ResetBefore,
    /// The call is carried out, then the connection is reset.
    ResetAfter,
    /// The call is carried out, and its answer held back for `delay_ms`.
    Slow,
    /// No answer ever; nothing is done.
    Hang,
    /// The call is carried out, and the connection closed after half of the answer's body.
    HalfBody,
    /// The call is carried out, and after half of the answer's body nothing more ever comes.
    Stall,
    /// A page of HTML with status 200, or the fault's own status; nothing is done.
    Html,
    /// Status 200 and `{}`; nothing is done.
    EmptyObject,
    /// A page whose `NextToken` is the one that was asked with, so that the listing never ends.
    RepeatToken,
    /// The caller may not do this; nothing is done.
    AccessDenied,
    /// The caller's credentials have expired; nothing is done.
    ExpiredCredentials,
    /// `ConflictException` of Identity Store and SSO Admin, `ResourceConflictException` of Connect; nothing is done.
    Conflict,
    /// `ResourceNotFoundException` whose `Reason` is a missing encryption key; nothing is done.
    KmsMissing,
}

/// A fault, as asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The service that it strikes.
    pub service: Service,
    /// The operation that it strikes; `*` is every one.
    pub operation: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// Calls to let pass before the first that it strikes.
    #[serde(default)]
    pub skip: u64,
    /// Calls that it strikes; none: for ever.
    #[serde(default)]
    pub count: Option<u64>,
    /// Milliseconds, for [`FaultKind::Slow`]; none: 1,000.
    #[serde(default)]
    pub delay_ms: Option<u64>,
    /// HTTP status, for [`FaultKind::ServerError`] and [`FaultKind::Html`].
    #[serde(default)]
    pub status: Option<u16>,
}

impl Fault {
    /// A fault that strikes every call of an operation from now on.
    #[must_use]
    pub fn new(service: Service, operation: &str, kind: FaultKind) -> Fault {
        let operation = operation.to_owned();
        Fault { service, operation, kind, skip: 0, count: None, delay_ms: None, status: None }
    }

    /// The same fault, for so many calls only.
    #[must_use]
    pub fn times(self, count: u64) -> Fault {
        Fault { count: Some(count), ..self }
    }

    /// The same fault, after so many calls.
    #[must_use]
    pub fn after(self, skip: u64) -> Fault {
        Fault { skip, ..self }
    }
}

/// The faults in force, in the order in which they were asked for.
#[derive(Debug, Default)]
pub(super) struct Faults {
    faults: Vec<Fault>,
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.faults.clear();
    }

    pub(super) fn in_force(&self) -> &[Fault] {
        &self.faults
    }

    /// The fault that strikes a call, which is then one call nearer to its end. A fault that still lets calls pass
    /// counts this one.
    pub(super) fn strike(&mut self, service: Service, operation: &str) -> Option<Fault> {
        let mut struck = None;
        for fault in &mut self.faults {
            let concerns = fault.service == service && (fault.operation == "*" || fault.operation == operation);
            if !concerns || fault.count == Some(0) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
            } else {
                fault.count = fault.count.map(|count| count - 1);
                struck = Some(fault.clone());
                break;
            }
        }
        self.faults.retain(|fault| fault.count != Some(0));
        struck
    }
}
