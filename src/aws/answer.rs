//! Answers: whether one is the service's at all, and what a refusal says.
//!
//! The SDK takes a 200 with `{}`, or one that lacks what the operation promises, for an empty list, and an empty list
//! of members is the most dangerous thing that Rollcall can read. So every good answer has to show the member that
//! its operation always carries.

use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::operation::Answer;

/// Checks the body of a 200.
///
/// # Errors
/// A phrase that completes "the answer …".
pub(super) fn check(answer: Answer, body: &[u8]) -> Result<(), String> {
    match answer {
        Answer::Empty if body.iter().all(u8::is_ascii_whitespace) => Ok(()),
        Answer::Empty => members(body, "").map(|_| ()),
        Answer::With(member) if members(body, member)? => Ok(()),
        Answer::With(member) => Err(format!("has no `{member}`")),
    }
}

/// Whether the body, a JSON object, has the member with a value.
fn members(body: &[u8], wanted: &str) -> Result<bool, String> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err("is empty".to_owned());
    }
    let mut parser = serde_json::Deserializer::from_slice(body);
    let found = serde::Deserializer::deserialize_map(&mut parser, Members { wanted });
    found.and_then(|found| parser.end().map(|()| found)).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => "is cut off".to_owned(),
        _ => "is not the JSON object of the service".to_owned(),
    })
}

struct Members<'a> {
    wanted: &'a str,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if key == self.wanted {
                found |= map.next_value::<Option<IgnoredAny>>()?.is_some();
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// What the service says when it refuses.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The error's code, without namespace.
    pub(super) code: Option<String>,
    /// What kind of thing was not found (Identity Store).
    pub(super) resource_type: Option<String>,
    /// What is wrong with the encryption key (Identity Store, SSO Admin).
    pub(super) reason: Option<String>,
}

#[derive(Deserialize, Default)]
struct RefusalBody {
    #[serde(rename = "__type")]
    kind: Option<String>,
    code: Option<String>,
    #[serde(rename = "ResourceType")]
    resource_type: Option<String>,
    #[serde(rename = "Reason")]
    reason: Option<String>,
}

impl Refusal {
    /// Reads an answer that is no success.
    pub(super) fn read(response: &HttpResponse) -> Self {
        let body: RefusalBody =
            response.body().bytes().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
        let code = response.headers().get("x-amzn-errortype").map(str::to_owned).or(body.kind).or(body.code);
        let bare = |code: String| {
            let code = code.split(':').next().unwrap_or_default();
            code.rsplit('#').next().unwrap_or_default().to_owned()
        };
        Self { code: code.map(bare), resource_type: body.resource_type, reason: body.reason }
    }
}

#[cfg(test)]
mod tests;
