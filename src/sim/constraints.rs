//! The rules of AWS's published service models, and the walk that holds a request against them.
//!
//! `constraints/models.json` is made from the models by `constraints/generate.py`; its head says how. What a service
//! checks beyond its model (uniqueness, the rules of user names, …) is not here but with the operation.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{LazyLock, OnceLock};

use fancy_regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::answer::{Refusal, RefusalKind};
use super::service::Service;

static MODELS: LazyLock<BTreeMap<Service, Model>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the resource is part of the program, and a test reads it")]
    serde_json::from_str(include_str!("constraints/models.json")).expect("`models.json` is well-formed")
});

/// The operations of a service, and the shapes of their inputs.
#[derive(Debug, Deserialize)]
pub(super) struct Model {
    operations: BTreeMap<String, Operation>,
    shapes: BTreeMap<String, Shape>,
}

/// How an operation is called.
#[derive(Debug, Deserialize)]
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) uri: String,
    input: Option<String>,
    /// The errors that it declares. Those of the front end, which any operation may meet, are not among them.
    #[serde(default)]
    errors: Vec<String>,
}

/// What a value has to look like.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Shape {
    Structure {
        members: BTreeMap<String, Member>,
        #[serde(default)]
        required: Vec<String>,
        #[serde(default)]
        union: bool,
    },
    List {
        item: String,
        #[serde(flatten)]
        size: Bounds,
    },
    Map {
        key: String,
        value: String,
        #[serde(flatten)]
        size: Bounds,
    },
    String {
        #[serde(flatten)]
        length: Bounds,
        pattern: Option<Pattern>,
        #[serde(rename = "enum")]
        choices: Option<Vec<String>>,
    },
    Integer {
        #[serde(flatten)]
        range: Bounds,
    },
    Boolean,
    Document,
}

/// A member of a structure, and where it travels if not in the body.
#[derive(Debug, Deserialize)]
pub(super) struct Member {
    pub(super) shape: String,
    #[serde(rename = "in")]
    pub(super) place: Option<Place>,
    /// Its name there.
    #[serde(rename = "as")]
    pub(super) name: Option<String>,
}

/// Where a member travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Place {
    Path,
    Query,
}

/// The least and the most: of a number, of characters, of items.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct Bounds {
    min: Option<i64>,
    max: Option<i64>,
}

/// A pattern that the whole of a string has to match; compiled when first used.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub(super) struct Pattern {
    source: String,
    compiled: OnceLock<Regex>,
}

impl From<String> for Pattern {
    fn from(source: String) -> Pattern {
        Pattern { source, compiled: OnceLock::new() }
    }
}

impl Pattern {
    fn accepts(&self, text: &str) -> bool {
        #[expect(clippy::expect_used, reason = "a test compiles every pattern of the resource")]
        let compiled = self.compiled.get_or_init(|| {
            Regex::new(&format!(r"\A(?:{})\z", self.source)).expect("the patterns of `models.json` compile")
        });
        compiled.is_match(text).unwrap_or(false)
    }
}

/// The names of the operations of each service, in order.
pub(super) fn operations() -> BTreeMap<Service, Vec<&'static str>> {
    MODELS.iter().map(|(service, model)| (*service, model.operations().map(|(name, _)| name).collect())).collect()
}

/// The model of a service.
pub(super) fn model(service: Service) -> Option<&'static Model> {
    MODELS.get(&service)
}

impl Operation {
    /// Whether it is among the errors that the operation declares.
    pub(super) fn declares(&self, code: &str) -> bool {
        self.errors.iter().any(|declared| declared == code)
    }
}

impl Model {
    /// The operation of that name.
    pub(super) fn operation(&self, name: &str) -> Option<(&str, &Operation)> {
        self.operations.get_key_value(name).map(|(name, operation)| (name.as_str(), operation))
    }

    /// All operations.
    pub(super) fn operations(&self) -> impl Iterator<Item = (&str, &Operation)> {
        self.operations.iter().map(|(name, operation)| (name.as_str(), operation))
    }

    /// The members that an operation takes.
    pub(super) fn members(&self, operation: &Operation) -> Option<&BTreeMap<String, Member>> {
        match self.shapes.get(operation.input.as_ref()?)? {
            Shape::Structure { members, .. } => Some(members),
            _ => None,
        }
    }

    /// The shape of that name.
    pub(super) fn shape(&self, name: &str) -> Option<&Shape> {
        self.shapes.get(name)
    }

    /// Holds an input against the model. Members that the model does not have are left alone, as the services do.
    fn check(&self, operation: &Operation, input: &Map<String, Value>) -> Result<(), Vec<Problem>> {
        let mut walk = Walk { model: self, problems: Vec::new() };
        if let Some(shape) = operation.input.as_ref().and_then(|name| self.shapes.get(name)) {
            walk.fields(shape, input, "");
        }
        if walk.problems.is_empty() { Ok(()) } else { Err(walk.problems) }
    }
}

/// Something that the model does not allow.
#[derive(Debug, PartialEq, Eq)]
struct Problem {
    kind: RefusalKind,
    text: String,
}

struct Walk<'a> {
    model: &'a Model,
    problems: Vec<Problem>,
}

impl Walk<'_> {
    fn value(&mut self, shape: &str, value: &Value, path: &str) {
        let Some(shape) = self.model.shapes.get(shape) else { return };
        match (shape, value) {
            (Shape::Structure { .. }, Value::Object(fields)) => self.fields(shape, fields, path),
            (Shape::List { item, size }, Value::Array(items)) => {
                self.size(items.len(), *size, value, path);
                for (index, value) in items.iter().enumerate() {
                    self.value(item, value, &format!("{path}.{}.member", index + 1));
                }
            }
            (Shape::Map { key, value: inner, size }, Value::Object(entries)) => {
                self.size(entries.len(), *size, value, path);
                for (name, value) in entries {
                    self.value(key, &Value::from(name.as_str()), &format!("{path}.key"));
                    self.value(inner, value, &format!("{path}.{name}.member"));
                }
            }
            (Shape::String { length, pattern, choices }, Value::String(text)) => {
                self.size(text.chars().count(), *length, value, path);
                if let Some(pattern) = pattern.as_ref().filter(|pattern| !pattern.accepts(text)) {
                    self.rule(value, path, &format!("satisfy regular expression pattern: {}", pattern.source));
                }
                if let Some(choices) = choices.as_ref().filter(|choices| !choices.contains(text)) {
                    self.rule(value, path, &format!("satisfy enum value set: [{}]", choices.join(", ")));
                }
            }
            (Shape::Integer { range }, Value::Number(number)) if number.is_i64() || number.is_u64() => {
                self.range(number.as_i64().unwrap_or(i64::MAX), *range, value, path, "value");
            }
            (Shape::Boolean, Value::Bool(_)) | (Shape::Document, _) => {}
            _ => self.problems.push(Problem {
                kind: RefusalKind::Unreadable,
                text: format!("Value {value} at '{path}' is not of the type that the operation takes"),
            }),
        }
    }

    fn fields(&mut self, shape: &Shape, fields: &Map<String, Value>, path: &str) {
        let Shape::Structure { members, required, union } = shape else { return };
        let present = |name: &String| fields.get(name).filter(|value| !value.is_null());
        for name in required.iter().filter(|name| present(name).is_none()) {
            let at = below(path, name);
            let text = format!("Value null at '{at}' failed to satisfy constraint: Member must not be null");
            self.problems.push(Problem { kind: RefusalKind::Missing, text });
        }
        for (name, member) in members {
            if let Some(value) = present(name) {
                self.value(&member.shape, value, &below(path, name));
            }
        }
        if *union && members.keys().filter(|name| present(name).is_some()).count() != 1 {
            let text = format!("Value at '{path}' failed to satisfy constraint: exactly one member must be set");
            self.problems.push(Problem { kind: RefusalKind::Missing, text });
        }
    }

    fn size(&mut self, size: usize, bounds: Bounds, value: &Value, path: &str) {
        self.range(i64::try_from(size).unwrap_or(i64::MAX), bounds, value, path, "length");
    }

    fn range(&mut self, number: i64, bounds: Bounds, value: &Value, path: &str, what: &str) {
        if let Some(min) = bounds.min.filter(|min| number < *min) {
            self.rule(value, path, &format!("have {what} greater than or equal to {min}"));
        }
        if let Some(max) = bounds.max.filter(|max| number > *max) {
            self.rule(value, path, &format!("have {what} less than or equal to {max}"));
        }
    }

    fn rule(&mut self, value: &Value, path: &str, rule: &str) {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let text = format!("Value '{shown}' at '{path}' failed to satisfy constraint: Member must {rule}");
        self.problems.push(Problem { kind: RefusalKind::Invalid, text });
    }
}

/// The path of a member, in the services' own spelling (`alternateIdentifier.uniqueAttribute`).
fn below(path: &str, member: &str) -> String {
    let mut rest = member.chars();
    let first = rest.next().map(|first| first.to_ascii_lowercase());
    let separator = if path.is_empty() { "" } else { "." };
    first.into_iter().fold(format!("{path}{separator}"), |mut path, first| {
        path.push(first);
        path + rest.as_str()
    })
}

/// Holds an operation's input against the service's model.
pub(super) fn check(service: Service, operation: &str, input: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(model) = model(service) else { return Ok(()) };
    let Some((_, operation)) = model.operation(operation) else { return Ok(()) };
    let Err(problems) = model.check(operation, input) else { return Ok(()) };
    let worst = [RefusalKind::Unreadable, RefusalKind::Missing]
        .into_iter()
        .find(|kind| problems.iter().any(|problem| problem.kind == *kind))
        .unwrap_or(RefusalKind::Invalid);
    // Some operations have no error of their own for a wrong value: to them it is a wrong request.
    let declared = operation.declares(worst.code(service));
    let kind = if worst == RefusalKind::Invalid && !declared { RefusalKind::Missing } else { worst };
    let count = problems.len();
    let mut message = format!("{count} validation error{} detected:", if count == 1 { "" } else { "s" });
    for (index, problem) in problems.iter().enumerate() {
        let _ = write!(message, "{} {}", if index == 0 { "" } else { ";" }, problem.text);
    }
    Err(kind.refusal(service, message))
}

/// Whether a text could be sent where the service's model wants this shape.
pub(super) fn accepts(service: Service, shape: &str, text: &str) -> bool {
    let Some(model) = model(service) else { return true };
    let mut walk = Walk { model, problems: Vec::new() };
    walk.value(shape, &Value::from(text), "");
    walk.problems.is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(service: Service, operation: &str, input: &Value) -> Option<&'static str> {
        check(service, operation, input.as_object().unwrap()).err().map(|refusal| refusal.code)
    }

    #[test]
    fn every_shape_exists_and_every_pattern_compiles() {
        for service in [Service::IdentityStore, Service::Sso, Service::Connect, Service::Sts] {
            let model = model(service).unwrap();
            assert!(model.operations().count() > 0);
            for shape in model.shapes.values() {
                match shape {
                    Shape::Structure { members, required, .. } => {
                        assert!(members.values().all(|member| model.shapes.contains_key(&member.shape)));
                        assert!(required.iter().all(|name| members.contains_key(name)));
                    }
                    Shape::List { item, .. } => assert!(model.shapes.contains_key(item)),
                    Shape::Map { key, value, .. } => {
                        assert!(model.shapes.contains_key(key) && model.shapes.contains_key(value));
                    }
                    Shape::String { pattern, .. } => {
                        let _ = pattern.as_ref().is_some_and(|pattern| pattern.accepts("x"));
                    }
                    Shape::Integer { .. } | Shape::Boolean | Shape::Document => {}
                }
            }
        }
    }

    #[test]
    fn json_services_speak_of_validation_and_connect_of_parameters_and_requests() {
        let store = json!({"IdentityStoreId": "nonsense", "GroupId": "g"});
        assert_eq!(verdict(Service::IdentityStore, "DescribeGroup", &store), Some("ValidationException"));
        assert_eq!(verdict(Service::IdentityStore, "DescribeGroup", &json!({})), Some("ValidationException"));
        let missing = json!({"InstanceId": "i", "UserId": "u"});
        assert_eq!(verdict(Service::Connect, "UpdateUserRoutingProfile", &missing), Some("InvalidRequestException"));
        let eleven = json!({"InstanceId": "i", "UserId": "u", "SecurityProfileIds": vec!["p"; 11]});
        assert_eq!(verdict(Service::Connect, "UpdateUserSecurityProfiles", &eleven), Some("InvalidParameterException"));
    }

    #[test]
    fn a_wrong_value_is_refused_with_an_error_that_the_operation_declares() {
        let instance = |characters: usize| json!({"InstanceId": "i".repeat(characters)});
        assert_eq!(verdict(Service::Connect, "DescribeInstance", &instance(101)), Some("InvalidRequestException"));
        assert_eq!(verdict(Service::Connect, "DescribeInstance", &instance(100)), None);
        assert_eq!(verdict(Service::Connect, "ListUsers", &instance(101)), Some("InvalidParameterException"));
    }

    #[test]
    fn look_ahead_keeps_reserved_tag_keys_out() {
        let tags = |key: &str| json!({"resourceArn": "arn", "tags": {key: "v"}});
        assert_eq!(verdict(Service::Connect, "TagResource", &tags("aws:x")), Some("InvalidParameterException"));
        assert_eq!(verdict(Service::Connect, "TagResource", &tags("team:x")), None);
        assert_eq!(verdict(Service::Connect, "TagResource", &tags("näme 1")), None);
    }

    #[test]
    fn digits_are_ascii_and_patterns_cover_the_whole_string() {
        let user = |mobile: &str| json!({"InstanceId": "i", "UserId": "u", "IdentityInfo": {"Mobile": mobile}});
        assert_eq!(verdict(Service::Connect, "UpdateUserIdentityInfo", &user("+441632960001")), None);
        for wrong in ["+44١٢٣", "441632960001", "+44 1632", "+441632960001x"] {
            let verdict = verdict(Service::Connect, "UpdateUserIdentityInfo", &user(wrong));
            assert_eq!(verdict, Some("InvalidParameterException"), "{wrong}");
        }
    }

    #[test]
    fn a_message_counts_and_names_what_is_wrong() {
        let input = json!({"IdentityStoreId": "d-9067f0a1b2", "MaxResults": 101});
        let refusal = check(Service::IdentityStore, "ListUsers", input.as_object().unwrap()).unwrap_err();
        assert_eq!(
            refusal.message,
            "1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: \
             Member must have value less than or equal to 100"
        );
    }
}
