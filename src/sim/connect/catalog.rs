//! The instance, and what its users refer to: profiles, hierarchy and quick connects. None of it can be changed here.

use serde_json::{Map, Value, json};

use super::{MOST, PAGE, missing};
use crate::sim::answer::Refusal;
use crate::sim::call::{Call, list, listing};
use crate::sim::clock::epoch_seconds;
use crate::sim::state::instance::{HierarchyGroup, Instance, Named, QuickConnect};
use crate::sim::state::{GENESIS, State, after};

/// The names that an output has for the levels of the hierarchy.
const LEVELS: [&str; 5] = ["LevelOne", "LevelTwo", "LevelThree", "LevelFour", "LevelFive"];

pub(super) fn instance(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let instance = super::instance(call, state)?;
    let mut output = json!({"Instance": {
        "Id": instance.id,
        "Arn": instance.arn,
        "IdentityManagementType": instance.identity_management,
        "InstanceAlias": instance.alias,
        "CreatedTime": epoch_seconds(GENESIS),
        "ServiceRole": format!(
            "arn:aws:iam::{}:role/aws-service-role/connect.amazonaws.com/AWSServiceRoleForAmazonConnect_simulated",
            instance.account
        ),
        "InstanceStatus": instance.status,
        "InboundCallsEnabled": true,
        "OutboundCallsEnabled": true,
        "InstanceAccessUrl": format!("https://{}.my.connect.aws", instance.alias),
        "Tags": {},
    }});
    if !instance.replicas.is_empty() {
        let replica = |region| json!({"Region": region, "ReplicationStatus": "INSTANCE_REPLICATION_COMPLETE"});
        output["ReplicationConfiguration"] = json!({
            "ReplicationStatusSummaryList": instance.replicas.iter().map(replica).collect::<Vec<_>>(),
            "SourceRegion": instance.region,
            "GlobalSignInEndpoint": format!("https://{}.my.connect.aws/login", instance.alias),
        });
    }
    Ok(output)
}

pub(super) fn routing_profiles(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let instance = super::instance(call, state)?;
    let page = call.pages.page(&call.input, PAGE, MOST, |key| after(&instance.routing_profiles, key))?;
    let shown = page.items.into_iter().map(|profile| summary(instance, "routing-profile", profile)).collect();
    Ok(listing("RoutingProfileSummaryList", shown, page.next))
}

pub(super) fn security_profiles(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let instance = super::instance(call, state)?;
    let page = call.pages.page(&call.input, PAGE, MOST, |key| after(&instance.security_profiles, key))?;
    let shown = page.items.into_iter().map(|profile| summary(instance, "security-profile", profile)).collect();
    Ok(listing("SecurityProfileSummaryList", shown, page.next))
}

fn summary(instance: &Instance, kind: &str, named: &Named) -> Value {
    json!({
        "Id": named.id,
        "Arn": instance.arn_of(kind, &named.id),
        "Name": named.name,
        "LastModifiedTime": epoch_seconds(GENESIS),
        "LastModifiedRegion": instance.region,
    })
}

pub(super) fn hierarchy_groups(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let instance = super::instance(call, state)?;
    let entries = |key: Option<&str>| after(&instance.hierarchy, key).map(|(id, group)| (id, (id, group)));
    let page = call.pages.page(&call.input, PAGE, MOST, entries)?;
    let shown = page.items.into_iter().map(|(id, group)| group_summary(instance, id, group)).collect();
    Ok(listing("UserHierarchyGroupSummaryList", shown, page.next))
}

fn group_summary(instance: &Instance, id: &str, group: &HierarchyGroup) -> Value {
    summary(instance, "agent-group", &Named { id: id.to_owned(), name: group.name.clone() })
}

pub(super) fn hierarchy_group(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let instance = super::instance(call, state)?;
    let id = call.text("HierarchyGroupId");
    let group = instance.hierarchy.get(id).ok_or_else(|| missing("Hierarchy group", id))?;
    let path: Map<String, Value> = LEVELS
        .into_iter()
        .zip(&group.path)
        .filter_map(|(level, id)| {
            let above = instance.hierarchy.get(id)?;
            Some((level.to_owned(), group_summary(instance, id, above)))
        })
        .collect();
    let mut shown = group_summary(instance, id, group);
    let level = group.path.len().checked_sub(1).and_then(|depth| instance.levels.get(depth));
    shown["LevelId"] = json!(level.map(|level| &level.id));
    shown["HierarchyPath"] = Value::Object(path);
    shown["Tags"] = json!({});
    Ok(json!({"HierarchyGroup": shown}))
}

pub(super) fn hierarchy_structure(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let instance = super::instance(call, state)?;
    let levels: Map<String, Value> = LEVELS
        .into_iter()
        .zip(&instance.levels)
        .map(|(name, level)| (name.to_owned(), summary(instance, "agent-group-level", level)))
        .collect();
    Ok(json!({"HierarchyStructure": levels}))
}

pub(super) fn quick_connects(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let instance = super::instance(call, state)?;
    let kinds: Vec<&str> = list(&call.input, "QuickConnectTypes").iter().filter_map(Value::as_str).collect();
    let entries = |key: Option<&str>| {
        after(&instance.quick_connects, key)
            .filter(|(_, quick)| kinds.is_empty() || kinds.contains(&quick.kind.as_str()))
            .map(|(id, quick)| (id, (id, quick)))
    };
    let page = call.pages.page(&call.input, PAGE, MOST, entries)?;
    let shown = page.items.into_iter().map(|(id, quick)| {
        let named = Named { id: id.to_owned(), name: quick.name.clone() };
        let mut shown = summary(instance, "transfer-destination", &named);
        shown["QuickConnectType"] = json!(quick.kind);
        shown
    });
    Ok(listing("QuickConnectSummaryList", shown.collect(), page.next))
}

pub(super) fn quick_connect(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let instance = super::instance(call, state)?;
    let id = call.text("QuickConnectId");
    let quick = instance.quick_connects.get(id).ok_or_else(|| missing("Quick connect", id))?;
    Ok(json!({"QuickConnect": {
        "QuickConnectARN": instance.arn_of("transfer-destination", id),
        "QuickConnectId": id,
        "Name": quick.name,
        "QuickConnectConfig": configuration(instance, quick),
        "Tags": {},
        "LastModifiedTime": epoch_seconds(GENESIS),
        "LastModifiedRegion": instance.region,
    }}))
}

fn configuration(instance: &Instance, quick: &QuickConnect) -> Value {
    let flow = instance.arn_of("contact-flow", "simulated");
    let (member, leads_to) = match quick.kind.as_str() {
        "USER" => ("UserConfig", json!({"UserId": quick.target, "ContactFlowId": flow})),
        "QUEUE" => ("QueueConfig", json!({"QueueId": quick.target, "ContactFlowId": flow})),
        "PHONE_NUMBER" => ("PhoneConfig", json!({"PhoneNumber": quick.target})),
        _ => ("FlowConfig", json!({"ContactFlowId": flow})),
    };
    json!({"QuickConnectType": quick.kind, member: leads_to})
}
