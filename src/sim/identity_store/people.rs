//! Users of Identity Store, whom the simulator calls people.

use serde_json::{Map, Value, json};

use super::{PAGE, arn, bare, check_revision, filter, invalid, missing, operations, taken, unique_attribute};
use crate::sim::answer::Refusal;
use crate::sim::call::{Call, list as items, listing, text};
use crate::sim::clock::epoch_seconds;
use crate::sim::constraints;
use crate::sim::state::directory::Person;
use crate::sim::state::{State, after};

pub(super) fn id(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let person = match unique_attribute(call)? {
        Some(("userName", name)) => state.directory.person_named(name),
        Some(("emails.value", email)) => state.directory.person_with_email(email),
        Some((path, _)) => return Err(invalid(format!("{path} is not a unique attribute of a user"))),
        None => None,
    };
    let id = &person.ok_or_else(|| missing("USER", ""))?.id;
    Ok(json!({"IdentityStoreId": state.center.store, "UserId": id, "UserArn": arn("user", id)}))
}

pub(super) fn describe(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    Ok(shown(call, state, named(call, state)?))
}

pub(super) fn list(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    if let Some(name) = filter(call, "UserName")? {
        let found = state.directory.person_named(name).map(|person| shown(call, state, person));
        return Ok(listing("Users", found.into_iter().collect(), None));
    }
    let page = call.pages.page(&call.input, PAGE, PAGE, |key| after(state.directory.people(), key))?;
    let people = page.items.into_iter().map(|person| shown(call, state, person)).collect();
    Ok(listing("Users", people, page.next))
}

pub(super) fn create(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let mut attributes = call.input.clone();
    attributes.remove("IdentityStoreId");
    let name = call.optional("UserName").ok_or_else(|| invalid("userName is a required attribute"))?;
    check_names(&attributes)?;
    if matches!(name, "Administrator" | "AWSAdministrators") {
        return Err(invalid(format!("{name} is a reserved name")));
    }
    let id = state.new_id("person", name);
    let person = Person { id, attributes, enabled: true, revision: 1, created: call.now, updated: call.now };
    put(state, person)
}

/// Identity Center's own people have all their names, though the model requires none. Those of other directories, whom
/// a world may hold, need not.
fn check_names(attributes: &Map<String, Value>) -> Result<(), Refusal> {
    let names = attributes.get("Name").and_then(Value::as_object);
    let mut missing = Vec::new();
    if text(attributes, "DisplayName").is_none() {
        missing.push("displayname");
    }
    match names {
        None => missing.push("name"),
        Some(names) => {
            let parts = [("GivenName", "givenname"), ("FamilyName", "familyname")];
            missing.extend(parts.into_iter().filter(|(part, _)| text(names, part).is_none()).map(|(_, shown)| shown));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let sentences = missing.iter().map(|name| format!("{name}: The attribute {name} is required"));
    Err(invalid(sentences.collect::<Vec<_>>().join(", ")))
}

pub(super) fn update(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let mut person = named(call, state)?.clone();
    check_revision(call, person.revision)?;
    for (path, value) in operations(call) {
        if path == "userStatus" {
            person.enabled = match value.and_then(Value::as_str) {
                Some("ENABLED") => true,
                Some("DISABLED") => false,
                _ => return Err(invalid("userStatus is ENABLED or DISABLED")),
            };
        } else {
            set(&mut person.attributes, path, value)?;
        }
    }
    let mut whole = person.attributes.clone();
    whole.insert("IdentityStoreId".to_owned(), json!(state.center.store));
    constraints::check(call.service, "CreateUser", &whole)?;
    if person.user_name().is_none() {
        return Err(invalid("userName is a required attribute"));
    }
    person.revision += 1;
    person.updated = call.now;
    put(state, person)
}

pub(super) fn delete(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let person = named(call, state)?;
    check_revision(call, person.revision)?;
    let id = person.id.clone();
    state.directory.remove_person(&id);
    Ok(Value::Null)
}

fn named<'s>(call: &Call<'_>, state: &'s State) -> Result<&'s Person, Refusal> {
    let id = bare(call.text("UserId"), "user");
    state.directory.person(id).ok_or_else(|| missing("USER", id))
}

fn put(state: &mut State, person: Person) -> Result<Value, Refusal> {
    let id = person.id.clone();
    let output = json!({
        "IdentityStoreId": state.center.store,
        "UserId": id,
        "UserArn": arn("user", &id),
        "Revision": person.revision.to_string(),
    });
    state.directory.put_person(person).map_err(taken)?;
    Ok(output)
}

/// Sets or removes the attribute that a path (`name.givenName`) leads to.
fn set(attributes: &mut Map<String, Value>, path: &str, value: Option<&Value>) -> Result<(), Refusal> {
    let wrong = || invalid(format!("{path} is not an attribute that can be set"));
    let (parents, last) = path.rsplit_once('.').map_or((None, path), |(parents, last)| (Some(parents), last));
    let mut object = attributes;
    for parent in parents.into_iter().flat_map(|parents| parents.split('.')) {
        let inner = object.entry(capitalised(parent)).or_insert_with(|| Value::Object(Map::new()));
        object = inner.as_object_mut().ok_or_else(wrong)?;
    }
    match value {
        Some(value) => drop(object.insert(capitalised(last), capitalised_members(value))),
        None => drop(object.remove(&capitalised(last))),
    }
    Ok(())
}

/// An attribute's name in paths (`givenName`) as the name of its member (`GivenName`).
fn capitalised(name: &str) -> String {
    let mut rest = name.chars();
    rest.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(rest).collect()
}

/// Documents may write the members of an e-mail address in either way.
fn capitalised_members(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (capitalised(name), capitalised_members(value))).collect()
        }
        Value::Array(items) => items.iter().map(capitalised_members).collect(),
        other => other.clone(),
    }
}

fn shown(call: &Call<'_>, state: &State, person: &Person) -> Value {
    let mut user = person.attributes.clone();
    let wanted: Vec<&str> = items(&call.input, "Extensions").iter().filter_map(Value::as_str).collect();
    let extensions = user.remove("Extensions");
    if let Some(Value::Object(extensions)) = extensions.filter(|_| !wanted.is_empty()) {
        let chosen: Map<_, _> = extensions.into_iter().filter(|(name, _)| wanted.contains(&name.as_str())).collect();
        user.insert("Extensions".to_owned(), Value::Object(chosen));
    }
    for (name, value) in [
        ("IdentityStoreId", json!(state.center.store)),
        ("UserId", json!(person.id)),
        ("UserArn", json!(arn("user", &person.id))),
        ("Revision", json!(person.revision.to_string())),
        ("UserStatus", json!(if person.enabled { "ENABLED" } else { "DISABLED" })),
        ("CreatedAt", epoch_seconds(person.created)),
        ("UpdatedAt", epoch_seconds(person.updated)),
    ] {
        user.insert(name.to_owned(), value);
    }
    Value::Object(user)
}
