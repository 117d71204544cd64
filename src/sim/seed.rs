//! From a world as it is written down to the tables of the simulator.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::constraints;
use super::crowd;
use super::ids::{sixteen, uuid};
use super::placeholder::Names;
use super::service::Service;
use super::state::center::{Application, Center, Principal};
use super::state::directory::{Directory, Group, Membership, Person, Taken};
use super::state::instance::{HierarchyGroup, Instance, Named, QuickConnect, User, Users};
use super::state::phone::Phone;
use super::state::sessions::{Role, Sessions};
use super::state::{GENESIS, State};
use super::world::{
    ApplicationFile, File, GroupFile, IdentityManagement, InstanceFile, InstanceStatus, PersonFile, PhoneFile,
    PhoneKind, Profile, QuickConnectFile, RoleFile, Status, UserFile, WorldError,
};

/// Names of the levels of a hierarchy, where a world gives none.
const LEVELS: [&str; 5] = ["Level One", "Level Two", "Level Three", "Level Four", "Level Five"];

/// Refuses an id that no request could name, because the models have another form for it.
fn check_form(service: Service, shape: &str, id: &str) -> Result<(), WorldError> {
    if constraints::accepts(service, shape, id) {
        return Ok(());
    }
    Err(WorldError::Impossible(format!("`{id}` does not have the form of `{shape}`")))
}

/// The state that a world begins with.
pub(super) fn state(file: &File) -> Result<State, WorldError> {
    let center = &file.identity_center;
    check_form(Service::IdentityStore, "IdentityStoreId", &center.store)?;
    check_form(Service::Sso, "InstanceArn", &center.arn)?;
    check_form(Service::Sso, "AccountId", &center.account)?;
    let mut state = State {
        center: Center {
            account: center.account.clone(),
            region: center.region.clone(),
            store: center.store.clone(),
            arn: center.arn.clone(),
            applications: BTreeMap::new(),
        },
        directory: Directory::default(),
        instances: BTreeMap::new(),
        roles: BTreeMap::new(),
        sessions: Sessions::new(),
        made: 0,
    };
    for one in &file.groups {
        group(&mut state, one)?;
    }
    for one in &file.people {
        person(&mut state, one)?;
    }
    for one in &file.instances {
        instance(&mut state, one)?;
    }
    for one in &file.crowd {
        crowd::gather(&mut state, one, file)?;
    }
    for one in &file.instances {
        quick_connects(&mut state, one)?;
    }
    for one in &file.applications {
        application(&mut state, one)?;
    }
    for one in &file.roles {
        role(&mut state, one)?;
    }
    Ok(state)
}

fn group(state: &mut State, file: &GroupFile) -> Result<(), WorldError> {
    let store = state.center.store.as_str();
    let group = Group {
        id: file.id.clone().unwrap_or_else(|| uuid(&["group", store, &file.name])),
        name: Some(file.name.clone()),
        description: file.description.clone(),
        revision: 1,
        created: GENESIS,
        updated: GENESIS,
    };
    check_form(Service::Sso, "PrincipalId", &group.id)?;
    if state.directory.group(&group.id).is_some() {
        return Err(WorldError::Duplicate { kind: "groups with the id", name: group.id });
    }
    state.directory.put_group(group).map_err(|taken| duplicate(taken, &file.name, ""))
}

/// Adds a person with their memberships, and gives their id.
pub(super) fn person(state: &mut State, file: &PersonFile) -> Result<String, WorldError> {
    let name = &file.user_name;
    let id = file.id.clone().unwrap_or_else(|| uuid(&["person", &state.center.store, &name.to_lowercase()]));
    check_form(Service::Sso, "PrincipalId", &id)?;
    let email = file.email.clone().or_else(|| name.contains('@').then(|| name.clone()));
    let email = email.filter(|email| !email.is_empty());
    let person = Person {
        id: id.clone(),
        attributes: attributes(file, email.as_deref()),
        enabled: file.status == Status::Enabled,
        revision: 1,
        created: GENESIS,
        updated: GENESIS,
    };
    if state.directory.person(&id).is_some() {
        return Err(WorldError::Duplicate { kind: "people with the id", name: id });
    }
    let address = email.unwrap_or_default();
    state.directory.put_person(person).map_err(|taken| duplicate(taken, name, &address))?;
    for group in &file.groups {
        let group = state.directory.group_named(group).ok_or_else(|| unknown("a person", "group", group))?.id.clone();
        let membership =
            Membership { id: uuid(&["membership", &group, &id]), group, person: id.clone(), created: GENESIS };
        state.directory.add_membership(membership).map_err(|taken| duplicate(taken, name, &address))?;
    }
    Ok(id)
}

fn attributes(file: &PersonFile, email: Option<&str>) -> Map<String, Value> {
    let mut attributes = Map::new();
    attributes.insert("UserName".to_owned(), json!(file.user_name));
    let mut name = Map::new();
    for (member, text) in [("GivenName", &file.given_name), ("FamilyName", &file.family_name)] {
        if let Some(text) = text {
            name.insert(member.to_owned(), json!(text));
        }
    }
    let both: Vec<&str> = [&file.given_name, &file.family_name].into_iter().flatten().map(String::as_str).collect();
    if let Some(display) = file.display_name.clone().or_else(|| (!both.is_empty()).then(|| both.join(" "))) {
        attributes.insert("DisplayName".to_owned(), json!(display));
    }
    if !name.is_empty() {
        attributes.insert("Name".to_owned(), Value::Object(name));
    }
    if let Some(email) = email {
        attributes.insert("Emails".to_owned(), json!([{"Value": email, "Type": "work", "Primary": true}]));
    }
    attributes
}

fn duplicate(taken: Taken, name: &str, email: &str) -> WorldError {
    let (kind, name) = match taken {
        Taken::UserName => ("people with the user name", name),
        Taken::Email => ("people with the address", email),
        Taken::GroupName => ("groups with the name", name),
        Taken::Membership => ("memberships in one group of", name),
    };
    WorldError::Duplicate { kind, name: name.to_owned() }
}

fn unknown(place: &str, kind: &'static str, name: &str) -> WorldError {
    WorldError::Unknown { place: place.to_owned(), kind, name: name.to_owned() }
}

fn instance(state: &mut State, file: &InstanceFile) -> Result<(), WorldError> {
    let account = file.account.clone().unwrap_or_else(|| state.center.account.clone());
    let id = file.id.clone().unwrap_or_else(|| uuid(&["instance", &file.region, &file.alias]));
    let mut instance = Instance {
        arn: format!("arn:aws:connect:{}:{account}:instance/{id}", file.region),
        account,
        region: file.region.clone(),
        alias: file.alias.clone(),
        identity_management: match file.identity_management {
            IdentityManagement::Saml => "SAML".to_owned(),
            IdentityManagement::ConnectManaged => "CONNECT_MANAGED".to_owned(),
            IdentityManagement::ExistingDirectory => "EXISTING_DIRECTORY".to_owned(),
        },
        status: match file.status {
            InstanceStatus::Active => "ACTIVE".to_owned(),
            InstanceStatus::CreationInProgress => "CREATION_IN_PROGRESS".to_owned(),
            InstanceStatus::CreationFailed => "CREATION_FAILED".to_owned(),
        },
        replicas: file.replicas.clone(),
        quota: file.quota,
        first_routing_profile: file
            .routing_profiles
            .first()
            .map(|profile| profile_id("routing profiles", &id, profile))
            .unwrap_or_default(),
        routing_profiles: profiles("routing profiles", &id, &file.routing_profiles)?,
        security_profiles: profiles("security profiles", &id, &file.security_profiles)?,
        levels: levels(&id, &file.levels),
        hierarchy: hierarchy(&id, &file.hierarchy)?,
        quick_connects: BTreeMap::new(),
        users: Users::default(),
        id,
    };
    let names = Names { directory: &state.directory, person: None };
    for one in &file.users {
        user(&mut instance, one, &names)?;
    }
    let (id, alias) = (instance.id.clone(), instance.alias.clone());
    match state.instances.insert(id, instance) {
        Some(_) => Err(WorldError::Duplicate { kind: "instances", name: alias }),
        None => Ok(()),
    }
}

fn profiles(kind: &'static str, instance: &str, files: &[Profile]) -> Result<BTreeMap<String, Named>, WorldError> {
    let mut profiles = BTreeMap::new();
    for file in files {
        let (Profile::Name(name) | Profile::Full { name, .. }) = file;
        let (name, id) = (name.clone(), profile_id(kind, instance, file));
        if profiles.insert(id.clone(), Named { id, name: name.clone() }).is_some() {
            return Err(WorldError::Duplicate { kind, name });
        }
    }
    Ok(profiles)
}

fn profile_id(kind: &str, instance: &str, file: &Profile) -> String {
    match file {
        Profile::Name(name) => uuid(&[kind, instance, name]),
        Profile::Full { id, .. } => id.clone(),
    }
}

fn levels(instance: &str, names: &[String]) -> Vec<Named> {
    let given = names.iter().map(String::as_str);
    let level = |name: &str| Named { id: uuid(&["level", instance, name]), name: name.to_owned() };
    given.chain(LEVELS.into_iter().skip(names.len())).take(LEVELS.len()).map(level).collect()
}

/// The groups of these paths, and every group on the way to them.
fn hierarchy(instance: &str, paths: &[String]) -> Result<BTreeMap<String, HierarchyGroup>, WorldError> {
    let mut groups = BTreeMap::new();
    for path in paths {
        let names: Vec<&str> = path.split('/').collect();
        if names.len() > LEVELS.len() || names.iter().any(|name| name.is_empty()) {
            let message = format!("`{path}` is not a hierarchy path: one to five names, with `/` between them");
            return Err(WorldError::Impossible(message));
        }
        let ids: Vec<String> = (1..=names.len())
            .map(|depth| {
                uuid(&["hierarchy", instance, &names.iter().take(depth).copied().collect::<Vec<_>>().join("/")])
            })
            .collect();
        for (index, (id, name)) in ids.iter().zip(&names).enumerate() {
            let path = ids.iter().take(index + 1).cloned().collect();
            groups.insert(id.clone(), HierarchyGroup { name: (*name).to_owned(), path });
        }
    }
    Ok(groups)
}

/// Adds a user to an instance.
pub(super) fn user(instance: &mut Instance, file: &UserFile, names: &Names<'_>) -> Result<(), WorldError> {
    let place = || format!("a user of the instance `{}`", instance.alias);
    if file.instance.is_some() {
        let message = format!("{} says which instance it is in, which only those of a crowd have to", place());
        return Err(WorldError::Impossible(message));
    }
    let login = file.login.clone().ok_or_else(|| WorldError::Impossible(format!("{} has no login", place())))?;
    let routing_profile = match &file.routing_profile {
        Some(name) => named(&instance.routing_profiles, "routing profile", name, &place())?,
        None => instance.first_routing_profile.clone(),
    };
    let security_profiles = file.security_profiles.iter();
    let security_profiles: Vec<String> = security_profiles
        .map(|name| named(&instance.security_profiles, "security profile", name, &place()))
        .collect::<Result<_, _>>()?;
    let hierarchy = file.hierarchy.as_ref().map(|path| {
        let id = uuid(&["hierarchy", &instance.id, path]);
        let known = instance.hierarchy.contains_key(&id);
        if known { Ok(id) } else { Err(unknown(&place(), "hierarchy group", path)) }
    });
    let tags = file.tags.iter().map(|(key, value)| Ok((key.clone(), names.filled(value, &place())?)));
    let user = User {
        id: file.id.clone().unwrap_or_else(|| uuid(&["user", &instance.id, &login])),
        first_name: file.first_name.clone(),
        last_name: file.last_name.clone(),
        email: file.email.clone(),
        secondary_email: file.secondary_email.clone(),
        mobile: file.mobile.clone(),
        directory_id: file.directory_id.clone(),
        routing_profile,
        security_profiles,
        hierarchy: hierarchy.transpose()?,
        phone: phone(file.phone.as_ref()),
        tags: tags.collect::<Result<_, WorldError>>()?,
        modified: GENESIS,
        login,
    };
    let known = instance.users.with_login(&user.login).is_some() || instance.users.get(&user.id).is_some();
    if known {
        return Err(WorldError::Duplicate { kind: "Connect users", name: user.login });
    }
    instance.users.seed(user);
    Ok(())
}

fn named(
    profiles: &BTreeMap<String, Named>,
    kind: &'static str,
    name: &str,
    place: &str,
) -> Result<String, WorldError> {
    let found = profiles.values().find(|profile| profile.name == name || profile.id == name);
    found.map(|profile| profile.id.clone()).ok_or_else(|| unknown(place, kind, name))
}

fn phone(file: Option<&PhoneFile>) -> Phone {
    let mut phone = Phone::default();
    if let Some(file) = file {
        phone.all_channels(file.auto_accept, file.after_contact_work);
        if file.kind == PhoneKind::Desk {
            "DESK_PHONE".clone_into(&mut phone.kind);
            phone.number.clone_from(&file.number);
        }
    }
    phone
}

fn quick_connects(state: &mut State, file: &InstanceFile) -> Result<(), WorldError> {
    let found = state.instances.values_mut().find(|instance| {
        file.id.as_ref().map_or(instance.alias == file.alias && instance.region == file.region, |id| *id == instance.id)
    });
    let Some(instance) = found else { return Ok(()) };
    for QuickConnectFile { id, name, kind, target } in &file.quick_connects {
        let kind = kind.to_uppercase();
        let target = match kind.as_str() {
            "USER" => {
                let user = instance.users.with_login(target);
                user.ok_or_else(|| unknown("a quick connect", "Connect user", target))?.id.clone()
            }
            "QUEUE" | "PHONE_NUMBER" | "FLOW" => target.clone(),
            _ => return Err(WorldError::Impossible(format!("quick connects have no type `{kind}`"))),
        };
        let id = id.clone().unwrap_or_else(|| uuid(&["quick connect", &instance.id, name]));
        if instance.quick_connects.insert(id, QuickConnect { name: name.clone(), kind, target }).is_some() {
            return Err(WorldError::Duplicate { kind: "quick connects", name: name.clone() });
        }
    }
    Ok(())
}

fn application(state: &mut State, file: &ApplicationFile) -> Result<(), WorldError> {
    let center = &mut state.center;
    let arn = file.arn.clone().unwrap_or_else(|| {
        let instance = center.arn.rsplit('/').next().unwrap_or_default();
        format!("arn:aws:sso::{}:application/{instance}/apl-{}", center.account, sixteen(&["application", &file.name]))
    });
    check_form(Service::Sso, "ApplicationArn", &arn)?;
    let mut application = Application {
        name: file.name.clone(),
        description: file.description.clone(),
        provider: file.provider.clone(),
        enabled: file.enabled,
        assignment_required: file.assignment_required,
        assignments: [].into(),
    };
    for name in &file.assigned_groups {
        let group = state.directory.group_named(name).ok_or_else(|| unknown("an application", "group", name))?;
        application.assignments.insert(Principal { id: group.id.clone(), kind: "GROUP".to_owned() });
    }
    for name in &file.assigned_people {
        let person = state.directory.person_named(name).ok_or_else(|| unknown("an application", "person", name))?;
        application.assignments.insert(Principal { id: person.id.clone(), kind: "USER".to_owned() });
    }
    match center.applications.insert(arn.clone(), application) {
        Some(_) => Err(WorldError::Duplicate { kind: "applications", name: arn }),
        None => Ok(()),
    }
}

fn role(state: &mut State, file: &RoleFile) -> Result<(), WorldError> {
    let account = file.arn.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(":role/"));
    let Some((account, _)) = account else {
        return Err(WorldError::Impossible(format!("`{}` is not the ARN of a role", file.arn)));
    };
    let role = Role { arn: file.arn.clone(), account: account.to_owned(), external_id: file.external_id.clone() };
    match state.roles.insert(file.arn.clone(), role) {
        Some(_) => Err(WorldError::Duplicate { kind: "roles", name: file.arn.clone() }),
        None => Ok(()),
    }
}
