//! What a fault does to a call: in its place, or to its answer.

use std::time::Duration;

use hyper::StatusCode;

use super::answer::{Answer, Refusal, RefusalKind};
use super::fault::{Fault, FaultKind};
use super::gate::Verdict;
use super::service::Service;

/// How long an answer is held back where a fault does not say, in milliseconds.
const DELAY_MS: u64 = 1_000;

/// What comes in the place of a call.
#[derive(Debug)]
pub(super) enum Blow {
    /// An error of the service.
    Refusal(Refusal),
    /// Something that no service sends.
    Verdict(Verdict),
}

/// What a fault puts in the place of a call, if it is one that does.
pub(super) fn before(fault: &Fault, service: Service, operation: &str, caller: &str) -> Option<Blow> {
    let refusal = match fault.kind {
        FaultKind::Throttle => throttled(service),
        FaultKind::ServerError => {
            let refusal = RefusalKind::Internal.refusal(service, "An internal failure occurred.");
            Refusal { status: fault.status, ..refusal }
        }
        FaultKind::AccessDenied => {
            let action = format!("{service}:{operation}");
            let message = format!(
                "User: {caller} is not authorized to perform: {action} because no identity-based policy allows the \
                 {action} action"
            );
            RefusalKind::AccessDenied.refusal(service, message)
        }
        FaultKind::ExpiredCredentials => expired(service),
        FaultKind::Conflict => conflict(service),
        FaultKind::KmsMissing => kms_missing(service),
        FaultKind::Html => {
            let page = "<html><body>Service error</body></html>";
            return Some(Blow::Verdict(Verdict::Send(instead(fault, "text/html", page))));
        }
        FaultKind::EmptyObject => {
            let content_type =
                if service == Service::Connect { "application/json" } else { "application/x-amz-json-1.1" };
            return Some(Blow::Verdict(Verdict::Send(instead(fault, content_type, "{}"))));
        }
        FaultKind::ResetBefore => return Some(Blow::Verdict(Verdict::Reset)),
        FaultKind::Hang => return Some(Blow::Verdict(Verdict::Hang)),
        FaultKind::ResetAfter
        | FaultKind::Slow
        | FaultKind::HalfBody
        | FaultKind::Stall
        | FaultKind::RepeatToken
        | FaultKind::LostToken
        | FaultKind::EmptyList => return None,
    };
    Some(Blow::Refusal(refusal))
}

/// What a fault makes of an answer, and how long it is held back.
pub(super) fn after(fault: Option<&Fault>, answer: Answer) -> (Verdict, Option<Duration>) {
    match fault.map(|fault| (fault.kind, fault.delay_ms)) {
        Some((FaultKind::ResetAfter, _)) => (Verdict::Reset, None),
        Some((FaultKind::HalfBody, _)) => (Verdict::SendHalf(answer), None),
        Some((FaultKind::Stall, _)) => (Verdict::Stall(answer), None),
        Some((FaultKind::Slow, delay)) => {
            (Verdict::Send(answer), Some(Duration::from_millis(delay.unwrap_or(DELAY_MS))))
        }
        _ => (Verdict::Send(answer), None),
    }
}

/// There are too many calls.
pub(super) fn throttled(service: Service) -> Refusal {
    RefusalKind::Throttled.refusal(service, "Rate exceeded")
}

/// The credentials are over.
pub(super) fn expired(service: Service) -> Refusal {
    RefusalKind::ExpiredCredentials.refusal(service, "The security token included in the request is expired")
}

fn conflict(service: Service) -> Refusal {
    let message = "A conflict with a previous successful write was detected.";
    match service {
        Service::Connect => Refusal::new("ResourceConflictException", message),
        Service::IdentityStore => Refusal::new("ConflictException", message).with("Reason", "CONCURRENT_MODIFICATION"),
        Service::Sso | Service::Sts => Refusal::new("ConflictException", message),
    }
}

fn kms_missing(service: Service) -> Refusal {
    let reason = if service == Service::Sso { "KMS_NotFoundException" } else { "KMS_KEY_NOT_FOUND" };
    Refusal::new("ResourceNotFoundException", "The encryption key was not found.").with("Reason", reason)
}

/// An answer that no service gave.
fn instead(fault: &Fault, content_type: &str, body: &str) -> Answer {
    let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
    let headers = vec![("content-type", content_type.to_owned())];
    Answer { status, headers, body: body.as_bytes().to_vec(), code: None }
}
