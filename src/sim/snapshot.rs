//! Everything that exists, as JSON for assertions. Its form is the simulator's own, not a service's.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::state::State;
use super::state::directory::{Directory, Person};
use super::state::instance::{HierarchyGroup, Instance, Named, User};

/// The whole state.
pub(super) fn of(state: &State, now: Timestamp) -> Value {
    let directory = &state.directory;
    let center = &state.center;
    let applications = center.applications.iter().map(|(arn, application)| {
        let assigned = |principal: &super::state::center::Principal| {
            json!({"principal_id": principal.id, "principal_type": principal.kind})
        };
        json!({
            "arn": arn,
            "name": application.name,
            "status": if application.enabled { "ENABLED" } else { "DISABLED" },
            "assignment_required": application.assignment_required,
            "assignments": application.assignments.iter().map(assigned).collect::<Vec<_>>(),
        })
    });
    json!({
        "now": now,
        "identity_center": {
            "account": center.account,
            "region": center.region,
            "identity_store_id": center.store,
            "instance_arn": center.arn,
        },
        "groups": groups(directory),
        "people": directory.people().values().map(|one| person(directory, one)).collect::<Vec<_>>(),
        "applications": applications.collect::<Vec<_>>(),
        "instances": state.instances.values().map(instance).collect::<Vec<_>>(),
        "roles": state.roles.values().map(|role| json!({"arn": role.arn, "account": role.account})).collect::<Vec<_>>(),
    })
}

fn groups(directory: &Directory) -> Vec<Value> {
    let shown = directory.groups().values().map(|group| {
        let members = directory.members(&group.id).into_iter().flat_map(BTreeMap::values);
        json!({
            "id": group.id,
            "name": group.name,
            "description": group.description,
            "members": members.collect::<Vec<_>>(),
        })
    });
    shown.collect()
}

fn person(directory: &Directory, person: &Person) -> Value {
    let name = |member: &str| person.attributes.get("Name").and_then(|name| name.get(member));
    let groups = directory.groups_of(&person.id).into_iter().flat_map(BTreeMap::keys);
    json!({
        "id": person.id,
        "user_name": person.user_name(),
        "email": person.email(),
        "given_name": name("GivenName"),
        "family_name": name("FamilyName"),
        "display_name": person.attributes.get("DisplayName"),
        "status": if person.enabled { "ENABLED" } else { "DISABLED" },
        "groups": groups.collect::<Vec<_>>(),
    })
}

fn instance(instance: &Instance) -> Value {
    let names = |named: &BTreeMap<String, Named>| -> Value {
        named.iter().map(|(id, named)| (id.clone(), json!(named.name))).collect()
    };
    let hierarchy: Value =
        instance.hierarchy.iter().map(|(id, group)| (id.clone(), json!(path(instance, group)))).collect();
    let quick_connects = instance
        .quick_connects
        .iter()
        .map(|(id, quick)| json!({"id": id, "name": quick.name, "type": quick.kind, "target": quick.target}));
    json!({
        "id": instance.id,
        "arn": instance.arn,
        "account": instance.account,
        "region": instance.region,
        "alias": instance.alias,
        "identity_management": instance.identity_management,
        "status": instance.status,
        "replicas": instance.replicas,
        "quota": instance.quota,
        "routing_profiles": names(&instance.routing_profiles),
        "security_profiles": names(&instance.security_profiles),
        "hierarchy": hierarchy,
        "quick_connects": quick_connects.collect::<Vec<_>>(),
        "users": instance.users.live().values().map(|one| user(instance, one)).collect::<Vec<_>>(),
    })
}

/// A hierarchy group's names from the top, with `/` between them.
fn path(instance: &Instance, group: &HierarchyGroup) -> String {
    let names = group.path.iter().filter_map(|id| instance.hierarchy.get(id)).map(|group| group.name.as_str());
    names.collect::<Vec<_>>().join("/")
}

fn user(instance: &Instance, user: &User) -> Value {
    let name = |named: &BTreeMap<String, Named>, id: &str| named.get(id).map(|named| named.name.clone());
    let profiles = user.security_profiles.iter().map(|id| name(&instance.security_profiles, id));
    let group = user.hierarchy.as_ref().and_then(|id| instance.hierarchy.get(id));
    let voice = user.phone.voice();
    json!({
        "id": user.id,
        "arn": instance.arn_of("agent", &user.id),
        "login": user.login,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "secondary_email": user.secondary_email,
        "mobile": user.mobile,
        "routing_profile": name(&instance.routing_profiles, &user.routing_profile),
        "routing_profile_id": user.routing_profile,
        "security_profiles": profiles.collect::<Vec<_>>(),
        "security_profile_ids": user.security_profiles,
        "hierarchy": group.map(|group| path(instance, group)),
        "hierarchy_group_id": user.hierarchy,
        "phone": {
            "type": user.phone.kind,
            "number": user.phone.number,
            "auto_accept": voice.auto_accept,
            "after_contact_work_seconds": voice.after_contact_work,
        },
        "tags": user.tags,
    })
}
