//! Errors as `application/problem+json` (RFC 9457).

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

/// Why a request was not answered as asked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Problem {
    /// The kind of problem; always `about:blank`, since the status says it all.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong with this request, and what to do about it.
    detail: String,
    #[serde(skip)]
    header: Option<(HeaderName, &'static str)>,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            header: None,
        }
    }

    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(super) fn unauthorized(detail: impl Into<String>) -> Self {
        Self {
            header: Some((WWW_AUTHENTICATE, "Bearer realm=\"rollcall\"")),
            ..Self::new(StatusCode::UNAUTHORIZED, detail)
        }
    }

    pub(super) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "this path does not take this method; the header `Allow` names those it takes",
        )
    }

    pub(super) fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "the body did not come within 10 seconds")
    }

    pub(super) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    pub(super) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "a body holds at most 64 KiB")
    }

    pub(super) fn not_json() -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body has to be `application/json`")
    }

    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    pub(super) fn unavailable(detail: impl Into<String>) -> Self {
        Self { header: Some((RETRY_AFTER, "5")), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let header = self.header.clone();
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some((name, value)) = header {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// What every path with a token may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "for the description of the paths only")]
pub(super) enum Guarded {
    /// No token, or one that is not known.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Problem),
    /// A token that can only read; or none is configured, and the request is no local read.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem),
}

/// What every path with a body may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "for the description of the paths only")]
pub(super) enum Bodied {
    /// The body is no JSON.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// The body did not come within 10 seconds.
    #[response(status = 408, content_type = "application/problem+json")]
    TooSlow(Problem),
    /// The body is larger than 64 KiB.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// The body is not said to be JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(Problem),
    /// The body or the query does not fit; members that are not known included.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
    /// The process is ending, or too much waits already.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Problem),
}

/// No target has this name.
#[derive(IntoResponses)]
#[response(status = 404, content_type = "application/problem+json")]
#[expect(dead_code, reason = "for the description of the paths only")]
pub(super) struct NoTarget(Problem);

/// The query does not fit.
#[derive(IntoResponses)]
#[response(status = 422, content_type = "application/problem+json")]
#[expect(dead_code, reason = "for the description of the paths only")]
pub(super) struct Unfit(Problem);
