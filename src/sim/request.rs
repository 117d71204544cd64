//! From HTTP to an operation and its input: which service a request addresses, which operation it names, and where the
//! model says that the members travel (path, query, form or body).

use std::collections::BTreeMap;

use hyper::header::{CONTENT_TYPE, HeaderMap};
use hyper::http::request::Parts;
use serde_json::{Map, Value};

use super::answer::{Refusal, RefusalKind};
use super::constraints::{self, Member, Model, Operation, Place, Shape};
use super::service::Service;

/// A call, as it can be read from its request alone.
#[derive(Debug)]
pub(super) struct Routed {
    pub(super) service: Service,
    /// Whatever the request says, where the simulator has no such operation.
    pub(super) operation: String,
    /// The input, or why it cannot be read.
    pub(super) input: Result<Map<String, Value>, Refusal>,
}

/// Reads a request.
pub(super) fn route(parts: &Parts, body: &[u8]) -> Routed {
    if let Some(target) = header(&parts.headers, "x-amz-target") {
        return json_target(target, body);
    }
    let form = header(&parts.headers, CONTENT_TYPE.as_str()).unwrap_or_default();
    if parts.uri.path() == "/" && form.starts_with("application/x-www-form-urlencoded") {
        return query_action(body);
    }
    rest(parts, body)
}

/// The text of a header.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn unknown(service: Service, what: &str) -> Routed {
    let refusal = RefusalKind::UnknownOperation.refusal(service, format!("the simulator has no operation `{what}`"));
    Routed { service, operation: what.to_owned(), input: Err(refusal) }
}

fn json_target(target: &str, body: &[u8]) -> Routed {
    let (prefix, operation) = target.split_once('.').unwrap_or((target, ""));
    let Some(service) = Service::of_target(prefix) else { return unknown(Service::IdentityStore, target) };
    let known = constraints::model(service).and_then(|model| model.operation(operation));
    let Some((operation, _)) = known else { return unknown(service, operation) };
    Routed { service, operation: operation.to_owned(), input: object(service, body) }
}

fn object(service: Service, body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(RefusalKind::Unreadable.refusal(service, "the body is not a JSON object")),
        Err(error) => Err(RefusalKind::Unreadable.refusal(service, format!("the body is not JSON: {error}"))),
    }
}

fn rest(parts: &Parts, body: &[u8]) -> Routed {
    let service = Service::Connect;
    let path = parts.uri.path();
    let Some(model) = constraints::model(service) else { return unknown(service, path) };
    let found = model.operations().find_map(|(name, operation)| {
        let labels = (operation.method == parts.method.as_str()).then(|| labels(&operation.uri, path)).flatten()?;
        Some((name, operation, labels))
    });
    let Some((name, operation, labels)) = found else {
        return unknown(service, &format!("{} {path}", parts.method));
    };
    let query = pairs(parts.uri.query().unwrap_or_default(), false);
    let input = object(service, body).and_then(|body| bind(model, operation, body, &labels, &query));
    Routed { service, operation: name.to_owned(), input }
}

/// The labels of a path, decoded, if it has the form of the template.
fn labels<'a>(template: &'a str, path: &str) -> Option<BTreeMap<&'a str, String>> {
    let mut labels = BTreeMap::new();
    let mut segments = path.split('/');
    for expected in template.split('/') {
        let segment = segments.next()?;
        match expected.strip_prefix('{').and_then(|label| label.strip_suffix('}')) {
            Some(_) if segment.is_empty() => return None,
            Some(label) => drop(labels.insert(label, decoded(segment, false))),
            None if segment == expected => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(labels)
}

/// Puts the members of path and query beside those of the body.
fn bind(
    model: &Model,
    operation: &Operation,
    mut body: Map<String, Value>,
    labels: &BTreeMap<&str, String>,
    query: &[(String, String)],
) -> Result<Map<String, Value>, Refusal> {
    let Some(members) = model.members(operation) else { return Ok(body) };
    for (name, member) in members {
        let wire = member.name.as_deref().unwrap_or(name);
        let texts: Vec<&str> = match member.place {
            None => continue,
            Some(Place::Path) => labels.get(wire).map(String::as_str).into_iter().collect(),
            Some(Place::Query) => {
                query.iter().filter(|(key, _)| key == wire).map(|(_, value)| value.as_str()).collect()
            }
        };
        body.remove(name);
        if !texts.is_empty() {
            body.insert(name.clone(), typed(Service::Connect, model, member, &texts)?);
        }
    }
    Ok(body)
}

/// Text from a path, a query or a form, as the type that the model wants.
fn typed(service: Service, model: &Model, member: &Member, texts: &[&str]) -> Result<Value, Refusal> {
    let first = texts.first().copied().unwrap_or_default();
    let wrong =
        || RefusalKind::Unreadable.refusal(service, format!("`{first}` is not of the type that the operation takes"));
    match model.shape(&member.shape) {
        Some(Shape::Integer { .. }) => first.parse::<i64>().map(Value::from).map_err(|_| wrong()),
        Some(Shape::Boolean) => first.parse::<bool>().map(Value::from).map_err(|_| wrong()),
        Some(Shape::List { .. }) => Ok(texts.iter().copied().map(Value::from).collect()),
        _ => Ok(Value::from(first)),
    }
}

fn query_action(body: &[u8]) -> Routed {
    let service = Service::Sts;
    let pairs = pairs(&String::from_utf8_lossy(body), true);
    let action = pairs.iter().find(|(key, _)| key == "Action").map_or("", |(_, value)| value.as_str());
    let Some(model) = constraints::model(service) else { return unknown(service, action) };
    let Some((name, operation)) = model.operation(action) else { return unknown(service, action) };
    Routed { service, operation: name.to_owned(), input: form(model, operation, &pairs) }
}

/// A form's members. Those of lists and structures (`Tags.member.1.Key`) mean nothing to the simulator and are
/// dropped.
fn form(model: &Model, operation: &Operation, pairs: &[(String, String)]) -> Result<Map<String, Value>, Refusal> {
    let mut input = Map::new();
    for (key, value) in pairs {
        if let Some(member) = model.members(operation).and_then(|members| members.get(key)) {
            input.insert(key.clone(), typed(Service::Sts, model, member, &[value])?);
        }
    }
    Ok(input)
}

fn pairs(text: &str, form: bool) -> Vec<(String, String)> {
    let split = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(key, form), decoded(value, form))
    };
    text.split('&').filter(|pair| !pair.is_empty()).map(split).collect()
}

/// Undoes percent-encoding; in a form, `+` is a space.
fn decoded(text: &str, form: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = text.get(at + 1..at + 3).filter(|_| byte == b'%');
        if let Some(code) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(code);
            at += 3;
        } else {
            out.push(if form && byte == b'+' { b' ' } else { byte });
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
