//! Crowds: many people and Connect users from one pattern.

use super::placeholder::{Names, numbered};
use super::seed;
use super::state::State;
use super::world::{CrowdFile, File, PersonFile, UserFile, WorldError};

/// Adds everybody of a crowd.
pub(super) fn gather(state: &mut State, crowd: &CrowdFile, file: &File) -> Result<(), WorldError> {
    let instance_id = crowd.connect_users.as_ref().map(|users| instance_id(state, users, file)).transpose()?;
    if crowd.user_name.is_none() && instance_id.is_none() {
        return Err(WorldError::Impossible("a crowd has neither a `user_name` nor `connect_users`".to_owned()));
    }
    let end = crowd.start.checked_add(crowd.count);
    let end = end.ok_or_else(|| WorldError::Impossible("a crowd's numbers go on without end".to_owned()))?;
    for number in crowd.start..end {
        let person = person(crowd, number);
        let id = person.as_ref().map(|person| seed::person(state, person)).transpose()?;
        let (Some(users), Some(instance_id)) = (&crowd.connect_users, &instance_id) else { continue };
        let names = Names { directory: &state.directory, person: id.as_deref() };
        let Some(instance) = state.instances.get_mut(instance_id) else { continue };
        seed::user(instance, &user(users, person.as_ref(), number), &names)?;
    }
    Ok(())
}

/// The id of the instance that a crowd's users are in.
fn instance_id(state: &State, users: &UserFile, file: &File) -> Result<String, WorldError> {
    let first = || file.instances.first().map(|instance| instance.alias.clone());
    let wanted = users.instance.clone().or_else(first).unwrap_or_default();
    let found = state.instances.values().find(|instance| instance.id == wanted || instance.alias == wanted);
    let missing = || WorldError::Unknown { place: "a crowd".to_owned(), kind: "instance", name: wanted.clone() };
    Ok(found.ok_or_else(missing)?.id.clone())
}

fn person(crowd: &CrowdFile, number: usize) -> Option<PersonFile> {
    let text = |pattern: &Option<String>| pattern.as_ref().map(|pattern| numbered(pattern, number, None));
    Some(PersonFile {
        id: None,
        user_name: text(&crowd.user_name)?,
        email: text(&crowd.email),
        given_name: text(&crowd.given_name).or_else(|| Some("Person".to_owned())),
        family_name: text(&crowd.family_name).or_else(|| Some(number.to_string())),
        display_name: text(&crowd.display_name),
        status: crowd.status,
        groups: crowd.groups.clone(),
    })
}

/// The Connect user of a number: what the pattern leaves out is taken from the person.
fn user(pattern: &UserFile, person: Option<&PersonFile>, number: usize) -> UserFile {
    let email = person.and_then(|person| person.email.as_ref().or(Some(&person.user_name)));
    let text =
        |pattern: &Option<String>| pattern.as_ref().map(|pattern| numbered(pattern, number, email.map(String::as_str)));
    let given = person.and_then(|person| person.given_name.clone());
    let family = person.and_then(|person| person.family_name.clone());
    let tags = pattern.tags.iter();
    UserFile {
        instance: None,
        id: text(&pattern.id),
        login: text(&pattern.login).or_else(|| email.cloned()),
        first_name: text(&pattern.first_name).or(given).or_else(|| Some("Person".to_owned())),
        last_name: text(&pattern.last_name).or(family).or_else(|| Some(number.to_string())),
        email: text(&pattern.email),
        secondary_email: text(&pattern.secondary_email),
        mobile: text(&pattern.mobile),
        directory_id: text(&pattern.directory_id),
        tags: tags.map(|(key, value)| (key.clone(), numbered(value, number, email.map(String::as_str)))).collect(),
        ..pattern.clone()
    }
}
