//! Faults that tests ask for: by service and operation, after so many calls, for so many calls, or by chance.
//!
//! Chance is no generator that calls draw from in the order of their arrival, but a hash: of the seed, the operation, its
//! arguments, and how often it has been called with them since the fault is in force. So it does not matter how calls
//! that run side by side overtake one another: the third attempt to describe a certain user is struck in each run, or in
//! none. What belongs to a page and the tags that are written are no part of the arguments, because tokens and times
//! differ from run to run. Only where the arguments hold ids that the simulator gave out, to users that a run created,
//! does the order of creation matter. `skip` and `count` go by the order of arrival.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::constraints;
use super::service::Service;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// A page without the token of the next one, so that the listing ends early and looks whole.
    LostToken,
    /// A page with nothing on it and no successor, as if there were nothing at all.
    EmptyList,
    /// The caller may not do this; nothing is done.
    AccessDenied,
    /// The caller's credentials have expired; nothing is done.
    ExpiredCredentials,
    /// `ConflictException` of Identity Store and SSO Admin, `ResourceConflictException` of Connect; nothing is done.
    Conflict,
    /// `ResourceNotFoundException` whose `Reason` is a missing encryption key; nothing is done. Connect and STS have no
    /// such key, and operations that do not declare this error cannot tell of it.
    KmsMissing,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [FaultKind; 17] = [
        FaultKind::Throttle,
        FaultKind::ServerError,
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::Slow,
        FaultKind::Hang,
        FaultKind::HalfBody,
        FaultKind::Stall,
        FaultKind::Html,
        FaultKind::EmptyObject,
        FaultKind::RepeatToken,
        FaultKind::LostToken,
        FaultKind::EmptyList,
        FaultKind::AccessDenied,
        FaultKind::ExpiredCredentials,
        FaultKind::Conflict,
        FaultKind::KmsMissing,
    ];

    /// Whether it is about pages, so that only listings can have it.
    #[must_use]
    pub fn is_of_pages(self) -> bool {
        matches!(self, FaultKind::RepeatToken | FaultKind::LostToken | FaultKind::EmptyList)
    }
}

/// A fault, as asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// How likely it strikes a call that it could strike, from 0 to 1; none: it does.
    #[serde(default)]
    pub probability: Option<f64>,
    /// Decides which calls these are: with the same seed the same ones.
    #[serde(default)]
    pub seed: u64,
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
        let (skip, count, probability, seed) = (0, None, None, 0);
        Fault { service, operation, kind, skip, count, probability, seed, delay_ms: None, status: None }
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

    /// The same fault, for a part of the calls: which, the seed decides.
    #[must_use]
    pub fn likely(self, probability: f64, seed: u64) -> Fault {
        Fault { probability: Some(probability), seed, ..self }
    }

    fn concerns(&self, service: Service, operation: &str) -> bool {
        self.service == service
            && (self.operation == "*" || self.operation == operation)
            && (self.kind != FaultKind::KmsMissing || tells_of_key(service, operation))
    }

    /// Why there can be no such fault: the service has no such operation, or the operation cannot fail in this way.
    pub(super) fn check(&self) -> Result<(), String> {
        let Fault { service, operation, kind, probability, .. } = self;
        let model = constraints::model(*service);
        let known = model.and_then(|model| Some((model, model.operation(operation)?.1)));
        if known.is_none() && operation != "*" {
            return Err(format!("`{service}` has no operation `{operation}` here"));
        }
        if *kind == FaultKind::KmsMissing
            && (!has_key(*service) || known.is_some() && !tells_of_key(*service, operation))
        {
            return Err(format!(
                "`{service}` has no encryption key that can be missing, or `{operation}` cannot tell of it"
            ));
        }
        let pages = known.and_then(|(model, operation)| model.members(operation));
        if kind.is_of_pages() && operation != "*" && !pages.is_some_and(|members| members.contains_key("NextToken")) {
            return Err(format!("`{operation}` of `{service}` has no pages"));
        }
        match probability {
            Some(probability) if !(0.0..=1.0).contains(probability) => {
                Err(format!("the probability is {probability}, which is not between 0 and 1"))
            }
            _ => Ok(()),
        }
    }
}

/// Whether the service encrypts what it keeps with a key of the customer's.
fn has_key(service: Service) -> bool {
    matches!(service, Service::IdentityStore | Service::Sso)
}

/// Whether an operation can say that this key is missing.
fn tells_of_key(service: Service, operation: &str) -> bool {
    let known = constraints::model(service).and_then(|model| model.operation(operation));
    has_key(service) && known.is_some_and(|(_, operation)| operation.declares("ResourceNotFoundException"))
}

/// The faults in force, in the order in which they were asked for.
#[derive(Debug, Default)]
pub(super) struct Faults {
    faults: Vec<InForce>,
}

/// A fault, and the calls that chance has decided about so far, by what they ask for.
#[derive(Debug)]
struct InForce {
    fault: Fault,
    seen: HashMap<String, u64>,
}

impl InForce {
    /// Whether chance lets it strike this call.
    fn falls(&mut self, service: Service, operation: &str, input: Option<&Map<String, Value>>) -> bool {
        let Some(probability) = self.fault.probability else { return true };
        let mut arguments = input.cloned().unwrap_or_default();
        for member in ["NextToken", "MaxResults", "Tags"] {
            arguments.remove(member);
        }
        let call = format!("{service} {operation} {}", Value::Object(arguments));
        let seen = self.seen.entry(call.clone()).or_default();
        *seen += 1;
        let digest = Sha256::digest(format!("{} {seen} {call}", self.fault.seed));
        let leading = digest.iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        f64::from(leading) / (f64::from(u32::MAX) + 1.0) < probability
    }
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.faults.push(InForce { fault, seen: HashMap::new() });
    }

    pub(super) fn clear(&mut self) {
        self.faults.clear();
    }

    pub(super) fn in_force(&self) -> Vec<&Fault> {
        self.faults.iter().map(|one| &one.fault).collect()
    }

    /// The fault that strikes a call, which is then one call nearer to its end. A fault that still lets calls pass
    /// counts this one.
    pub(super) fn strike(
        &mut self,
        service: Service,
        operation: &str,
        input: Option<&Map<String, Value>>,
    ) -> Option<Fault> {
        let mut struck = None;
        for one in &mut self.faults {
            let fault = &mut one.fault;
            if !fault.concerns(service, operation) || fault.count == Some(0) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
            } else if one.falls(service, operation, input) {
                one.fault.count = one.fault.count.map(|count| count - 1);
                struck = Some(one.fault.clone());
                break;
            }
        }
        self.faults.retain(|one| one.fault.count != Some(0));
        struck
    }
}
