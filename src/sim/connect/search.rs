//! SearchUsers: criteria and filters over an index that may lag behind. It compares text without regard to case, so
//! that a caller who needs an exact login has to look again; the service does not say which of the two it does.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{instance_mut, parameter, phones};
use crate::sim::answer::{Refusal, RefusalKind};
use crate::sim::call::{Call, list, listing, text, without_nulls};
use crate::sim::service::Service;
use crate::sim::state::instance::{Instance, User};
use crate::sim::state::{State, after};

/// Users on a page where a request does not say, and at most.
const PAGE: usize = 100;
const MOST: usize = 500;

pub(super) fn users(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let instance = instance_mut(call, state)?;
    let criteria = call.input.get("SearchCriteria").and_then(Value::as_object);
    let criteria = criteria.map_or(Ok(Condition::All(Vec::new())), |node| criterion(instance, node))?;
    let filter = call.input.get("SearchFilter").and_then(Value::as_object);
    let filter = filter.map_or(Ok(Condition::All(Vec::new())), |node| search_filter(instance, node))?;
    let condition = Condition::All(vec![criteria, filter]);

    let arn = instance.arn.clone();
    let index = instance.users.indexed(call.now, call.search_lag());
    let everyone = condition.is_trivial();
    let total = if everyone { index.len() } else { index.values().filter(|user| condition.holds(user)).count() };
    let entries = |key: Option<&str>| after(index, key).filter(|(_, user)| everyone || condition.holds(user));
    let page = call.pages.page(&call.input, PAGE, MOST, entries)?;
    let shown = page.items.into_iter().map(|user| shown(&arn, user)).collect();
    let mut output = listing("Users", shown, page.next);
    output["ApproximateTotalCount"] = json!(total);
    Ok(output)
}

fn shown(instance: &str, user: &User) -> Value {
    let mut shown = phones::shown(&user.phone, true);
    let members = without_nulls(json!({
        "Arn": format!("{instance}/agent/{}", user.id),
        "Id": user.id,
        "Username": user.login,
        "DirectoryUserId": user.directory_id,
        "HierarchyGroupId": user.hierarchy,
        "IdentityInfo": without_nulls(json!({"FirstName": user.first_name, "LastName": user.last_name})),
        "RoutingProfileId": user.routing_profile,
        "SecurityProfileIds": user.security_profiles,
        "Tags": user.tags,
    }));
    if let Value::Object(members) = members {
        shown.extend(members);
    }
    Value::Object(shown)
}

/// What a user has to be like to be found.
#[derive(Debug)]
enum Condition {
    /// Everything; nothing at all is true of everybody.
    All(Vec<Condition>),
    /// At least one.
    Any(Vec<Condition>),
    /// A field's text, in lower case.
    Text { field: Field, value: String, comparison: Comparison },
    /// A tag, with this value if there is one.
    Tag { key: String, value: Option<String> },
    /// One of these hierarchy groups.
    Hierarchy(BTreeSet<String>),
    /// Nobody: proficiencies, of which users have none here.
    Never,
}

#[derive(Debug, Clone, Copy)]
enum Field {
    Login,
    FirstName,
    LastName,
    RoutingProfile,
    SecurityProfile,
    Id,
}

#[derive(Debug, Clone, Copy)]
enum Comparison {
    Exact,
    Begins,
    Contains,
}

impl Condition {
    fn is_trivial(&self) -> bool {
        matches!(self, Condition::All(all) if all.iter().all(Condition::is_trivial))
    }

    fn holds(&self, user: &User) -> bool {
        match self {
            Condition::All(all) => all.iter().all(|condition| condition.holds(user)),
            Condition::Any(any) => any.iter().any(|condition| condition.holds(user)),
            Condition::Text { field, value, comparison } => {
                field.texts(user).into_iter().any(|text| comparison.holds(&text.to_lowercase(), value))
            }
            Condition::Tag { key, value } => {
                user.tags.get(key).is_some_and(|tag| value.as_ref().is_none_or(|value| value == tag))
            }
            Condition::Hierarchy(groups) => user.hierarchy.as_ref().is_some_and(|group| groups.contains(group)),
            Condition::Never => false,
        }
    }
}

impl Field {
    fn named(name: &str) -> Option<Field> {
        match name {
            "Username" => Some(Field::Login),
            "FirstName" => Some(Field::FirstName),
            "LastName" => Some(Field::LastName),
            "RoutingProfileId" => Some(Field::RoutingProfile),
            "SecurityProfileId" => Some(Field::SecurityProfile),
            "resourceId" => Some(Field::Id),
            _ => None,
        }
    }

    fn texts(self, user: &User) -> Vec<&str> {
        match self {
            Field::Login => vec![&user.login],
            Field::FirstName => user.first_name.as_deref().into_iter().collect(),
            Field::LastName => user.last_name.as_deref().into_iter().collect(),
            Field::RoutingProfile => vec![&user.routing_profile],
            Field::SecurityProfile => user.security_profiles.iter().map(String::as_str).collect(),
            Field::Id => vec![&user.id],
        }
    }
}

impl Comparison {
    fn holds(self, text: &str, value: &str) -> bool {
        match self {
            Comparison::Exact => text == value,
            Comparison::Begins => text.starts_with(value),
            Comparison::Contains => text.contains(value),
        }
    }
}

/// A node of `SearchCriteria`: everything that it holds has to be true.
fn criterion(instance: &Instance, node: &Map<String, Value>) -> Result<Condition, Refusal> {
    let mut all = Vec::new();
    let below = |member: &str| -> Result<Vec<Condition>, Refusal> {
        list(node, member).iter().filter_map(Value::as_object).map(|node| criterion(instance, node)).collect()
    };
    if node.contains_key("OrConditions") {
        all.push(Condition::Any(below("OrConditions")?));
    }
    if node.contains_key("AndConditions") {
        all.push(Condition::All(below("AndConditions")?));
    }
    if let Some(condition) = node.get("StringCondition").and_then(Value::as_object) {
        all.push(string_condition(condition)?);
    }
    if node.contains_key("ListCondition") {
        all.push(Condition::Never);
    }
    all.extend(hierarchy_condition(instance, node));
    Ok(Condition::All(all))
}

fn string_condition(condition: &Map<String, Value>) -> Result<Condition, Refusal> {
    let name = text(condition, "FieldName").unwrap_or_default();
    let field = Field::named(name).ok_or_else(|| parameter(format!("FieldName {name} cannot be searched by")))?;
    let value = text(condition, "Value").ok_or_else(|| parameter("a string condition needs a value"))?;
    let comparison = match text(condition, "ComparisonType") {
        Some("STARTS_WITH") => Comparison::Begins,
        Some("CONTAINS") if !(2..=25).contains(&value.chars().count()) => {
            return Err(parameter("CONTAINS takes a value of 2 to 25 characters"));
        }
        Some("CONTAINS") => Comparison::Contains,
        _ => Comparison::Exact,
    };
    Ok(Condition::Text { field, value: value.to_lowercase(), comparison })
}

fn hierarchy_condition(instance: &Instance, node: &Map<String, Value>) -> Option<Condition> {
    let condition = node.get("HierarchyGroupCondition")?.as_object()?;
    let value = text(condition, "Value").unwrap_or_default();
    let children = text(condition, "HierarchyGroupMatchType") == Some("WITH_CHILD_GROUPS");
    let groups = instance.hierarchy.iter();
    let matching = groups.filter(|(id, group)| *id == value || children && group.path.iter().any(|id| id == value));
    Some(Condition::Hierarchy(matching.map(|(id, _)| id.clone()).collect()))
}

fn search_filter(instance: &Instance, filter: &Map<String, Value>) -> Result<Condition, Refusal> {
    let member = |name: &str| filter.get(name).and_then(Value::as_object);
    match (member("TagFilter"), member("UserAttributeFilter")) {
        (Some(_), Some(_)) => {
            let message = "TagFilter and UserAttributeFilter cannot be used together";
            Err(RefusalKind::AccessDenied.refusal(Service::Connect, message))
        }
        (Some(tags), None) => Ok(tag_filter(tags)),
        (None, Some(attributes)) => Ok(attribute_filter(instance, attributes)),
        (None, None) => Ok(Condition::All(Vec::new())),
    }
}

fn tag_filter(filter: &Map<String, Value>) -> Condition {
    let mut all = Vec::new();
    if filter.contains_key("OrConditions") {
        let groups = list(filter, "OrConditions").iter().filter_map(Value::as_array);
        all.push(Condition::Any(groups.map(|group| tag_conditions(group)).collect()));
    }
    all.push(tag_conditions(list(filter, "AndConditions")));
    all.extend(filter.get("TagCondition").and_then(tag_condition));
    Condition::All(all)
}

fn attribute_filter(instance: &Instance, filter: &Map<String, Value>) -> Condition {
    let and = |node: &Map<String, Value>| {
        let mut all = vec![tag_conditions(list(node, "TagConditions"))];
        all.extend(hierarchy_condition(instance, node));
        Condition::All(all)
    };
    let mut all = Vec::new();
    if filter.contains_key("OrConditions") {
        let nodes = list(filter, "OrConditions").iter().filter_map(Value::as_object);
        all.push(Condition::Any(nodes.map(and).collect()));
    }
    all.extend(filter.get("AndCondition").and_then(Value::as_object).map(and));
    all.extend(filter.get("TagCondition").and_then(tag_condition));
    all.extend(hierarchy_condition(instance, filter));
    Condition::All(all)
}

fn tag_conditions(conditions: &[Value]) -> Condition {
    Condition::All(conditions.iter().filter_map(tag_condition).collect())
}

fn tag_condition(condition: &Value) -> Option<Condition> {
    let condition = condition.as_object()?;
    let key = text(condition, "TagKey")?.to_owned();
    let value = text(condition, "TagValue").filter(|value| !value.is_empty()).map(str::to_owned);
    Some(Condition::Tag { key, value })
}
