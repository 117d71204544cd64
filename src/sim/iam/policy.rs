//! Policies, and what they make of a request. Pure: a policy's text and a request go in, a decision comes out.
//!
//! The rules are IAM's for identity-based policies: what nothing allows is denied, what anything denies is denied
//! whatever allows it, and a request that touches several resources is allowed when each of them is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::condition::{Context, Test};
use super::document::{self, Document, Effect, Many, Members, Object};
use super::pattern::Pattern;

/// The only version of the policy language in which all of it means what people think.
const VERSION: &str = "2012-10-17";

/// Who has which policies. Whoever has none may do nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policies {
    /// Those of callers whose credentials did not come from a role.
    pub caller: Vec<Policy>,
    /// Those of roles, by the role's ARN.
    pub roles: BTreeMap<String, Vec<Policy>>,
}

/// Why a policy cannot be.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It is no JSON, or no policy.
    #[error("the policy cannot be read")]
    Unreadable(#[source] serde_json::Error),
    /// It is of another version of the language.
    #[error("the policy's `Version` is `{0}`; the simulator knows `{VERSION}` only")]
    Version(String),
    /// It says nothing.
    #[error("the policy has no statement")]
    Empty,
    /// One of its statements makes no sense, or more than the simulator understands.
    #[error("{statement} of the policy: {problem}")]
    Statement {
        /// Which one.
        statement: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// An identity-based policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy(Arc<Parsed>);

#[derive(Debug, PartialEq)]
struct Parsed {
    source: Value,
    statements: Vec<Statement>,
}

#[derive(Debug, PartialEq)]
struct Statement {
    sid: Option<String>,
    effect: Effect,
    actions: Selection,
    resources: Selection,
    tests: Vec<Test>,
}

/// What an element names, or all but that.
#[derive(Debug, PartialEq)]
struct Selection {
    all_but: bool,
    patterns: Vec<Pattern>,
}

impl Selection {
    fn has(&self, text: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(text)) != self.all_but
    }
}

/// What somebody wants to do.
#[derive(Debug)]
pub(super) struct Request<'a> {
    /// `service:Action`.
    pub(super) action: &'a str,
    /// What it touches; each of them has to be allowed.
    pub(super) resources: &'a [Resource],
    pub(super) context: &'a Context,
}

/// Something that a request touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) arn: String,
    pub(super) tags: BTreeMap<String, String>,
}

/// Why a request is denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Denial {
    /// The resource that it failed by.
    pub(super) resource: String,
    pub(super) reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    /// Nothing allows it.
    NotAllowed,
    /// The statement with this `Sid` denies it.
    Denied { sid: Option<String> },
}

/// What the policies that are attached to somebody make of a request of theirs.
pub(super) fn evaluate(attached: &[Policy], request: &Request<'_>) -> Result<(), Denial> {
    let action = request.action.to_ascii_lowercase();
    let statements = || attached.iter().flat_map(|policy| &policy.0.statements);
    let mut not_allowed = None;
    for resource in request.resources {
        let mut context = request.context.clone();
        for (key, value) in &resource.tags {
            context.add(&format!("aws:ResourceTag/{key}"), [value.clone()]);
        }
        let mut applying = statements().filter(|statement| statement.applies(&action, &resource.arn, &context));
        let denial = |reason| Denial { resource: resource.arn.clone(), reason };
        if let Some(denying) = applying.clone().find(|statement| statement.effect == Effect::Deny) {
            return Err(denial(Reason::Denied { sid: denying.sid.clone() }));
        }
        if applying.next().is_none() {
            not_allowed.get_or_insert(denial(Reason::NotAllowed));
        }
    }
    not_allowed.map_or(Ok(()), Err)
}

impl Statement {
    fn applies(&self, action: &str, resource: &str, context: &Context) -> bool {
        self.actions.has(action) && self.resources.has(resource) && self.tests.iter().all(|test| test.passes(context))
    }
}

impl Policy {
    /// Reads a policy document.
    pub fn parse(text: &str) -> Result<Policy, PolicyError> {
        let Object(document): Object<Document> = serde_json::from_str(text).map_err(PolicyError::Unreadable)?;
        let source: Value = serde_json::from_str(text).map_err(PolicyError::Unreadable)?;
        if document.version != VERSION {
            return Err(PolicyError::Version(document.version));
        }
        let Many(statements) = document.statement;
        if statements.is_empty() {
            return Err(PolicyError::Empty);
        }
        let mut sids = BTreeSet::new();
        let statements = statements.into_iter().enumerate().map(|(index, Object(written))| {
            let name = written.sid.as_ref().map(|sid| format!(" (`{sid}`)")).unwrap_or_default();
            let told =
                |problem| PolicyError::Statement { statement: format!("statement {}{name}", index + 1), problem };
            if written.sid.as_ref().is_some_and(|sid| !sids.insert(sid.clone())) {
                return Err(told("another statement has this `Sid`".to_owned()));
            }
            statement(written).map_err(told)
        });
        let statements = statements.collect::<Result<Vec<_>, _>>()?;
        Ok(Policy(Arc::new(Parsed { source, statements })))
    }
}

fn statement(written: document::Statement) -> Result<Statement, String> {
    let document::Statement { sid, effect, action, not_action, resource, not_resource, condition } = written;
    if let Some(sid) = sid.as_ref().filter(|sid| !sid.chars().all(|c| c.is_ascii_alphanumeric())) {
        return Err(format!("a `Sid` has letters and digits only, not `{sid}`"));
    }
    let actions = selection("Action", action, not_action, self::action)?;
    let resources = selection("Resource", resource, not_resource, self::resource)?;
    let mut tests = Vec::new();
    for (operator, Members(keys)) in condition.map(|Members(operators)| operators).unwrap_or_default() {
        for (key, Many(values)) in keys {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            tests.push(Test::parse(&operator, &key, &values)?);
        }
    }
    Ok(Statement { sid, effect, actions, resources, tests })
}

fn selection(
    name: &str,
    named: Option<Many<String>>,
    all_but: Option<Many<String>>,
    pattern: fn(&str) -> Result<Pattern, String>,
) -> Result<Selection, String> {
    let (Many(texts), all_but) = match (named, all_but) {
        (Some(named), None) => (named, false),
        (None, Some(all_but)) => (all_but, true),
        (Some(_), Some(_)) => return Err(format!("it has both `{name}` and `Not{name}`")),
        (None, None) => return Err(format!("it has neither `{name}` nor `Not{name}`")),
    };
    if texts.is_empty() {
        return Err(format!("its `{name}` names nothing"));
    }
    let patterns = texts.iter().map(|text| pattern(text)).collect::<Result<_, _>>()?;
    Ok(Selection { all_but, patterns })
}

/// Actions have no case.
fn action(text: &str) -> Result<Pattern, String> {
    let is_service = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let is_name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "*?".contains(c));
    match text.split_once(':') {
        Some((service, name)) if is_service(service) && is_name(name) => Ok(Pattern::text(&text.to_ascii_lowercase())),
        None if text == "*" => Ok(Pattern::text(text)),
        _ => Err(format!("`{text}` is no action: that would be `service:Name` or `*`")),
    }
}

fn resource(text: &str) -> Result<Pattern, String> {
    if text.contains("${") {
        return Err(format!("the simulator does not know policy variables, as in `{text}`"));
    }
    let segments: Vec<&str> = text.splitn(6, ':').collect();
    match segments.as_slice() {
        ["*"] => Ok(Pattern::text(text)),
        ["arn", _, service, _, _, _] if !service.contains(['*', '?']) => Ok(Pattern::arn(text)),
        _ => Err(format!("`{text}` is no resource: that would be an ARN with its service in full, or `*`")),
    }
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.source.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let source = Value::deserialize(deserializer)?;
        Policy::parse(&source.to_string()).map_err(|error| match std::error::Error::source(&error) {
            Some(cause) => D::Error::custom(format!("{error}: {cause}")),
            None => D::Error::custom(error),
        })
    }
}
