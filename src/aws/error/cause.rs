//! Why a call failed: the SDK's chain of errors, or the service's refusal, brought down to a kind and a sentence.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::error::metadata::ErrorMetadata;

use super::ErrorKind;
use super::fault::Fault;
use crate::aws::answer::Refusal;

/// A kind, the sentence for it, and the code where it is not the refusal's own.
pub(super) struct Told {
    pub(super) kind: ErrorKind,
    pub(super) sentence: String,
    pub(super) code: Option<String>,
}

impl Told {
    pub(super) fn new(kind: ErrorKind, sentence: impl Into<String>) -> Self {
        Self { kind, sentence: sentence.into(), code: None }
    }
}

/// What a refusal of the service means.
pub(super) fn of_refusal(
    refusal: &Refusal,
    message: Option<&str>,
    response: Option<&HttpResponse>,
    request_id: Option<&str>,
) -> Told {
    let status = response.map_or(0, |response| response.status().as_u16());
    let Some(code) = refusal.code.as_deref() else {
        let kind = match status {
            429 => ErrorKind::Throttled,
            500.. => ErrorKind::ServerError,
            _ => ErrorKind::Unreadable,
        };
        return Told::new(kind, format!("HTTP status {status}, and no error that the service would send"));
    };
    let mut sentence = code.to_owned();
    if let Some(message) = message {
        sentence = format!("{sentence}: {}", first_line(message));
    }
    if let Some(reason) = &refusal.reason {
        sentence = format!("{sentence} ({reason})");
    }
    if let Some(id) = request_id {
        sentence = format!("{sentence} (request `{id}`)");
    }
    Told::new(kind_of_code(code, status, refusal), sentence)
}

fn kind_of_code(code: &str, status: u16, refusal: &Refusal) -> ErrorKind {
    match code {
        "LimitExceededException" | "ServiceQuotaExceededException" => ErrorKind::Quota,
        "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" | "ForbiddenException" => ErrorKind::Denied,
        // The key is not found, not what was asked for.
        "ResourceNotFoundException" if refusal.reason.is_some() => ErrorKind::Invalid,
        "ResourceNotFoundException" => ErrorKind::NotFound,
        "ConflictException" | "ResourceConflictException" | "ConditionalOperationFailedException" => {
            ErrorKind::Conflict
        }
        "DuplicateResourceException" => ErrorKind::Duplicate,
        _ if is_throttling(code) => ErrorKind::Throttled,
        _ if is_about_credentials(code) => ErrorKind::Credentials,
        _ if status >= 500 => ErrorKind::ServerError,
        _ => ErrorKind::Invalid,
    }
}

fn is_throttling(code: &str) -> bool {
    code.starts_with("Throttl") || code == "TooManyRequestsException" || code == "RequestLimitExceeded"
}

fn is_about_credentials(code: &str) -> bool {
    const WORDS: [&str; 8] = [
        "ExpiredToken",
        "UnrecognizedClient",
        "InvalidClientTokenId",
        "InvalidSignature",
        "SignatureDoesNotMatch",
        "MissingAuthenticationToken",
        "IncompleteSignature",
        "RequestExpired",
    ];
    WORDS.iter().any(|word| code.starts_with(word))
}

/// Why no answer came at all: our connector's finding, the credentials, or the network.
pub(super) fn of_dispatch(error: &(dyn StdError + 'static)) -> Told {
    if let Some(fault) = find::<Fault>(error) {
        return of_fault(fault);
    }
    if let Some(told) = find::<CredentialsError>(error).and_then(of_credentials) {
        return told;
    }
    match find::<ConnectorError>(error) {
        Some(connector) if connector.is_timeout() => {
            Told::new(ErrorKind::Timeout, format!("no connection in time ({})", deepest(error)))
        }
        Some(connector) if connector.is_io() => {
            Told::new(ErrorKind::Connection, format!("no connection ({})", deepest(error)))
        }
        Some(connector) if connector.is_user() => Told::new(ErrorKind::Invalid, deepest(error)),
        _ if chain(error).any(|error| error.to_string().contains("identity")) => {
            Told::new(ErrorKind::Credentials, deepest(error))
        }
        Some(_) => Told::new(ErrorKind::Connection, deepest(error)),
        None => Told::new(ErrorKind::Invalid, deepest(error)),
    }
}

fn of_fault(fault: &Fault) -> Told {
    let kind = match fault {
        Fault::Attempt(_) | Fault::Call(_) => ErrorKind::Timeout,
        Fault::BrokeOff(_) => ErrorKind::Connection,
        Fault::Unreadable(_) => ErrorKind::Unreadable,
    };
    let detail = fault.source().map(|source| format!(" ({})", deepest(source))).unwrap_or_default();
    Told::new(kind, format!("{fault}{detail}"))
}

fn of_credentials(error: &CredentialsError) -> Option<Told> {
    if matches!(error, CredentialsError::CredentialsNotLoaded(_)) {
        return Some(Told::new(
            ErrorKind::Credentials,
            "there are no credentials anywhere that the SDK looks for them",
        ));
    }
    // STS refuses, or cannot be reached: the latter is a matter of the network, not of credentials.
    if let Some(refusal) = find::<ErrorMetadata>(error).filter(|refusal| refusal.code().is_some()) {
        let code = refusal.code().unwrap_or_default();
        let message = refusal.message().map(|message| format!(": {}", first_line(message))).unwrap_or_default();
        let code = Some(code.to_owned());
        let sentence = format!("the role cannot be assumed: {}{message}", code.as_deref().unwrap_or_default());
        return Some(Told { kind: ErrorKind::Credentials, sentence, code });
    }
    if find::<ConnectorError>(error).is_some_and(|connector| connector.is_timeout() || connector.is_io()) {
        return None;
    }
    Some(Told::new(ErrorKind::Credentials, format!("no credentials; the last place asked says: {}", deepest(error))))
}

/// The error and everything under it.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// What the last error of the chain says: those above it only say that there is one.
pub(super) fn deepest(error: &(dyn StdError + 'static)) -> String {
    let text = chain(error).last().map(ToString::to_string).unwrap_or_default();
    first_line(&text)
}

/// The first line. Some services add what they would have signed, session token and all, in the lines that follow.
pub(super) fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_end().trim_end_matches('.').to_owned()
}
