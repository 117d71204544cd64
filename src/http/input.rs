//! What requests bring: bodies, queries and names, each with a problem that says what is wrong with it.

use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::problem::Problem;

/// The most bytes of a body.
const MOST: usize = 64 * 1024;
/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// A JSON body; an empty one is the same as `{}`.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_json = media_type.is_none_or(|text| {
            text.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
        });
        let is_named = media_type.is_some();
        let body = tokio::time::timeout(PATIENCE, Limited::new(request.into_body(), MOST).collect()).await;
        let bytes = match body {
            Err(_) => return Err(Problem::too_slow()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(Problem::too_large()),
            Ok(Err(_)) => return Err(Problem::malformed("the body broke off")),
            Ok(Ok(body)) => body.to_bytes(),
        };
        if bytes.is_empty() {
            return parse(b"{}").map(Self);
        }
        // Without a media type a browser's form could pose as JSON.
        if !is_json || !is_named {
            return Err(Problem::not_json());
        }
        parse(&bytes).map(Self)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // A list would be read as the members in their order.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::invalid("the body has to be an object"));
    }
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Problem::invalid(format!("the body does not fit: {error}")),
        _ => Problem::malformed(format!("the body is no JSON: {error}")),
    })
}

/// The query of an address.
pub(super) struct Asked<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(query)| Self(query))
            .map_err(|rejection| Problem::invalid(format!("the query does not fit: {}", rejection.body_text())))
    }
}

/// The most letters of a name.
const LONGEST_NAME: usize = 256;

/// A name that somebody gave: something, and nothing that would move about in a log or a terminal.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Name(String);

impl Name {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let trimmed = text.trim();
        if trimmed.is_empty() || text.chars().count() > LONGEST_NAME || text.chars().any(char::is_control) {
            return Err(format!("it has to have 1 to {LONGEST_NAME} letters, none of them a control character"));
        }
        Ok(Self(trimmed.to_owned()))
    }
}

impl PartialSchema for Name {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(LONGEST_NAME))
            .pattern(Some(r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"))
            .into()
    }
}

impl ToSchema for Name {}
