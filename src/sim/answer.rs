//! Answers and errors in the form in which each service sends them.

use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::service::Service;

/// A refusal: an error code of the service, its message, and what else its shape carries.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) members: Map<String, Value>,
    /// In place of the status that goes with the code.
    pub(super) status: Option<u16>,
}

impl Refusal {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { code, message: message.into(), members: Map::new(), status: None }
    }

    /// The same refusal with one more member in its body.
    pub(super) fn with(mut self, member: &str, value: impl Into<Value>) -> Refusal {
        self.members.insert(member.to_owned(), value.into());
        self
    }
}

/// What every service may refuse a call for, each with a code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefusalKind {
    /// Nothing is signed.
    MissingAuthentication,
    /// The `Authorization` header is not one.
    IncompleteSignature,
    /// The signature does not hold: its date or its scope is wrong.
    InvalidSignature,
    /// The session token does not belong to the access key.
    UnknownCredentials,
    /// The session is over.
    ExpiredCredentials,
    /// The caller may not do this.
    AccessDenied,
    /// Too many calls.
    Throttled,
    /// The service's own failure.
    Internal,
    /// There is no such operation, or the simulator does not have it.
    UnknownOperation,
    /// The body is not what the operation takes.
    Unreadable,
    /// A required member is missing.
    Missing,
    /// A member breaks a rule of the model.
    Invalid,
}

impl RefusalKind {
    /// The refusal, as `service` names it.
    pub(super) fn refusal(self, service: Service, message: impl Into<String>) -> Refusal {
        Refusal::new(self.code(service), message)
    }

    /// The code that `service` has for it.
    pub(super) fn code(self, service: Service) -> &'static str {
        match service {
            Service::Sts => self.query_code(),
            Service::Connect => match self {
                RefusalKind::Internal => "InternalServiceException",
                RefusalKind::Missing | RefusalKind::Unreadable => "InvalidRequestException",
                RefusalKind::Invalid => "InvalidParameterException",
                other => other.json_code(),
            },
            Service::IdentityStore | Service::Sso => self.json_code(),
        }
    }

    fn json_code(self) -> &'static str {
        match self {
            RefusalKind::MissingAuthentication => "MissingAuthenticationTokenException",
            RefusalKind::IncompleteSignature => "IncompleteSignatureException",
            RefusalKind::InvalidSignature => "InvalidSignatureException",
            RefusalKind::UnknownCredentials => "UnrecognizedClientException",
            RefusalKind::ExpiredCredentials => "ExpiredTokenException",
            RefusalKind::AccessDenied => "AccessDeniedException",
            RefusalKind::Throttled => "ThrottlingException",
            RefusalKind::Internal => "InternalServerException",
            RefusalKind::UnknownOperation => "UnknownOperationException",
            RefusalKind::Unreadable => "SerializationException",
            RefusalKind::Missing | RefusalKind::Invalid => "ValidationException",
        }
    }

    fn query_code(self) -> &'static str {
        match self {
            RefusalKind::MissingAuthentication => "MissingAuthenticationToken",
            RefusalKind::IncompleteSignature => "IncompleteSignature",
            RefusalKind::InvalidSignature => "SignatureDoesNotMatch",
            RefusalKind::UnknownCredentials => "InvalidClientTokenId",
            RefusalKind::ExpiredCredentials => "ExpiredToken",
            RefusalKind::AccessDenied => "AccessDenied",
            RefusalKind::Throttled => "Throttling",
            RefusalKind::Internal => "InternalFailure",
            RefusalKind::UnknownOperation => "InvalidAction",
            RefusalKind::Unreadable => "MalformedInput",
            RefusalKind::Missing | RefusalKind::Invalid => "ValidationError",
        }
    }
}

/// What goes onto the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// The error code, for the journal.
    pub(super) code: Option<String>,
}

impl Answer {
    /// A successful answer. `Null` is an operation without output.
    pub(super) fn success(service: Service, operation: &str, output: &Value, request_id: &str) -> Answer {
        let (content_type, body) = match service {
            Service::Connect if output.is_null() => ("application/json", Vec::new()),
            Service::Connect => ("application/json", output.to_string().into_bytes()),
            Service::Sts => ("text/xml", success_xml(operation, output, request_id).into_bytes()),
            Service::IdentityStore | Service::Sso if output.is_null() => (JSON_1_1, b"{}".to_vec()),
            Service::IdentityStore | Service::Sso => (JSON_1_1, output.to_string().into_bytes()),
        };
        let headers = vec![("content-type", content_type.to_owned())];
        Answer { status: StatusCode::OK, headers, body, code: None }
    }

    /// An error answer.
    pub(super) fn refusal(service: Service, refusal: &Refusal, request_id: &str) -> Answer {
        let status = refusal.status.unwrap_or_else(|| status(service, refusal.code));
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (content_type, body) = match service {
            Service::Connect => ("application/json", rest_error(refusal).to_string()),
            Service::Sts => ("text/xml", error_xml(refusal, status, request_id)),
            Service::IdentityStore | Service::Sso => (JSON_1_1, json_error(service, refusal, request_id).to_string()),
        };
        let mut headers = vec![("content-type", content_type.to_owned())];
        if service == Service::Connect {
            // The service appends where the error's shape is defined; clients have to cut that off.
            let name = format!("{}:http://internal.amazon.com/coral/com.amazonaws.connect/", refusal.code);
            headers.push(("x-amzn-errortype", name));
        }
        Answer { status, headers, body: body.into_bytes(), code: Some(refusal.code.to_owned()) }
    }
}

const JSON_1_1: &str = "application/x-amz-json-1.1";

fn json_error(service: Service, refusal: &Refusal, request_id: &str) -> Value {
    let mut body = refusal.members.clone();
    if is_of_the_front_end(refusal.code) {
        body.insert("__type".to_owned(), json!(format!("com.amazon.coral.service#{}", refusal.code)));
        body.insert("message".to_owned(), json!(refusal.message));
        return Value::Object(body);
    }
    let name = match service {
        Service::IdentityStore => format!("com.amazonaws.identitystore#{}", refusal.code),
        _ => refusal.code.to_owned(),
    };
    body.insert("__type".to_owned(), json!(name));
    body.insert("Message".to_owned(), json!(refusal.message));
    if service == Service::IdentityStore {
        body.insert("RequestId".to_owned(), json!(request_id));
    }
    Value::Object(body)
}

fn rest_error(refusal: &Refusal) -> Value {
    let mut body = refusal.members.clone();
    let member = if is_of_the_front_end(refusal.code) { "message" } else { "Message" };
    body.insert(member.to_owned(), json!(refusal.message));
    Value::Object(body)
}

/// Errors that are sent before a service sees the call. Their message has another spelling.
fn is_of_the_front_end(code: &str) -> bool {
    matches!(
        code,
        "MissingAuthenticationTokenException"
            | "IncompleteSignatureException"
            | "InvalidSignatureException"
            | "UnrecognizedClientException"
            | "ExpiredTokenException"
            | "UnknownOperationException"
            | "SerializationException"
    )
}

fn status(service: Service, code: &str) -> u16 {
    match service {
        Service::IdentityStore | Service::Sso => match code {
            "InternalServerException" => 500,
            _ => 400,
        },
        Service::Connect => match code {
            "MissingAuthenticationTokenException"
            | "IncompleteSignatureException"
            | "InvalidSignatureException"
            | "UnrecognizedClientException"
            | "ExpiredTokenException"
            | "AccessDeniedException" => 403,
            "ResourceNotFoundException" | "UnknownOperationException" => 404,
            "DuplicateResourceException" | "ResourceConflictException" => 409,
            "ThrottlingException" | "LimitExceededException" => 429,
            "InternalServiceException" => 500,
            _ => 400,
        },
        Service::Sts => match code {
            "MissingAuthenticationToken"
            | "SignatureDoesNotMatch"
            | "InvalidClientTokenId"
            | "ExpiredToken"
            | "AccessDenied" => 403,
            "InternalFailure" => 500,
            _ => 400,
        },
    }
}

const STS_NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

fn success_xml(operation: &str, output: &Value, request_id: &str) -> String {
    let result = elements(output);
    format!(
        "<{operation}Response xmlns=\"{STS_NAMESPACE}\"><{operation}Result>{result}</{operation}Result>\
         <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    )
}

fn error_xml(refusal: &Refusal, status: StatusCode, request_id: &str) -> String {
    let side = if status.is_server_error() { "Receiver" } else { "Sender" };
    let message = escaped(&refusal.message);
    format!(
        "<ErrorResponse xmlns=\"{STS_NAMESPACE}\"><Error><Type>{side}</Type><Code>{}</Code>\
         <Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
        refusal.code
    )
}

/// Objects become elements, everything else text.
fn elements(value: &Value) -> String {
    match value {
        Value::Object(members) => members.iter().fold(String::new(), |xml, (name, value)| {
            let inner = elements(value);
            xml + "<" + name + ">" + &inner + "</" + name + ">"
        }),
        Value::String(text) => escaped(text),
        other => other.to_string(),
    }
}

/// Text as XML can hold it. What XML 1.0 has no way to write, however escaped, becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            // As it is, a parser would make a line feed of it.
            '\r' => xml.push_str("&#13;"),
            '\t' | '\n' => xml.push(character),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => xml.push(char::REPLACEMENT_CHARACTER),
            _ => xml.push(character),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_holds_no_character_that_xml_cannot() {
        assert_eq!(escaped("<a> & \u{e9}\u{1f600}"), "&lt;a&gt; &amp; \u{e9}\u{1f600}");
        assert_eq!(escaped("\0\u{1}\u{b}\u{1f} \u{fffe}\u{ffff}"), "\u{fffd}\u{fffd}\u{fffd}\u{fffd} \u{fffd}\u{fffd}");
        assert_eq!(escaped("a\tb\nc\rd"), "a\tb\nc&#13;d");
    }
}
