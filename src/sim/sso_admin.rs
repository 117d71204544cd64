//! IAM Identity Center's administration: `SWBExternalService.*`.

use std::collections::BTreeSet;
use std::ops::Bound;

use serde_json::{Value, json};

use super::answer::Refusal;
use super::call::{Call, listing, text, without_nulls};
use super::clock::epoch_seconds;
use super::state::center::{Application, GROUPS_PER_APPLICATION, Principal};
use super::state::{GENESIS, State, after};

/// Items on a page where a request does not say, and at most.
const PAGE: usize = 100;
/// Applications on a page, at most.
const APPLICATIONS: usize = 50;

/// Carries out a call.
pub(super) fn answer(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    match call.operation {
        "ListInstances" => instances(call, state),
        "ListApplications" => applications(call, state),
        "DescribeApplication" => describe(call, state),
        "GetApplicationAssignmentConfiguration" => configuration(call, state),
        "PutApplicationAssignmentConfiguration" => configure(call, state),
        "ListApplicationAssignments" => assignments(call, state),
        "ListApplicationAssignmentsForPrincipal" => assignments_for_principal(call, state),
        "DescribeApplicationAssignment" => assignment(call, state),
        "CreateApplicationAssignment" => assign(call, state),
        "DeleteApplicationAssignment" => unassign(call, state),
        _ => Err(call.unknown_operation()),
    }
}

/// Lets a call in if the caller's account owns Identity Center, and Identity Center is in the call's Region.
fn enter(call: &Call<'_>, state: &State, resource: &str) -> Result<(), Refusal> {
    if call.account != state.center.account {
        return Err(call.denied(resource));
    }
    if call.region != state.center.region {
        return Err(missing("Instance", resource));
    }
    Ok(())
}

fn missing(what: &str, id: &str) -> Refusal {
    Refusal::new("ResourceNotFoundException", format!("{what} {id} was not found"))
}

fn application<'s>(call: &Call<'_>, state: &'s State) -> Result<(&'s str, &'s Application), Refusal> {
    let arn = call.text("ApplicationArn");
    enter(call, state, arn)?;
    let found = state.center.applications.get_key_value(arn).ok_or_else(|| missing("Application", arn))?;
    Ok((found.0, found.1))
}

fn application_mut<'s>(call: &Call<'_>, state: &'s mut State) -> Result<&'s mut Application, Refusal> {
    let arn = call.text("ApplicationArn");
    enter(call, state, arn)?;
    state.center.applications.get_mut(arn).ok_or_else(|| missing("Application", arn))
}

fn principal(call: &Call<'_>) -> Principal {
    Principal { id: call.text("PrincipalId").to_owned(), kind: call.text("PrincipalType").to_owned() }
}

fn instances(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let center = &state.center;
    let everywhere = call.text("RegionScope") == "ALL_REGIONS";
    let visible = call.account == center.account && (everywhere || call.region == center.region);
    let entries = |key: Option<&str>| {
        let seen = key.is_some_and(|key| key >= center.arn.as_str());
        (visible && !seen).then_some((center.arn.as_str(), center)).into_iter()
    };
    let page = call.pages.page(&call.input, PAGE, PAGE, entries)?;
    let shown = page.items.into_iter().map(|center| {
        json!({
            "InstanceArn": center.arn,
            "IdentityStoreId": center.store,
            "IdentityStoreArn": store_arn(state),
            "OwnerAccountId": center.account,
            "CreatedDate": epoch_seconds(GENESIS),
            "Status": "ACTIVE",
            "PrimaryRegion": center.region,
            "Regions": [{"RegionName": center.region, "Status": "ACTIVE", "IsPrimaryRegion": true}],
        })
    });
    Ok(listing("Instances", shown.collect(), page.next))
}

fn store_arn(state: &State) -> String {
    format!("arn:aws:identitystore::{}:identitystore/{}", state.center.account, state.center.store)
}

fn applications(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let instance = call.text("InstanceArn");
    enter(call, state, instance)?;
    if instance != state.center.arn {
        return Err(call.denied(instance));
    }
    let filter = call.input.get("Filter").and_then(Value::as_object);
    let wanted = |member: &str| filter.and_then(|filter| text(filter, member));
    let (account, provider) = (wanted("ApplicationAccount"), wanted("ApplicationProvider"));
    let entries = |key: Option<&str>| {
        after(&state.center.applications, key)
            .filter(|_| account.is_none_or(|account| account == state.center.account))
            .filter(|(_, application)| provider.is_none_or(|provider| provider == application.provider))
            .map(|(arn, application)| (arn, (arn, application)))
    };
    let page = call.pages.page(&call.input, APPLICATIONS, APPLICATIONS, entries)?;
    let shown = page.items.into_iter().map(|(arn, application)| shown(state, arn, application)).collect();
    Ok(listing("Applications", shown, page.next))
}

fn describe(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let (arn, application) = application(call, state)?;
    Ok(shown(state, arn, application))
}

fn shown(state: &State, arn: &str, application: &Application) -> Value {
    without_nulls(json!({
        "ApplicationArn": arn,
        "ApplicationProviderArn": application.provider,
        "Name": application.name,
        "Description": application.description,
        "ApplicationAccount": state.center.account,
        "InstanceArn": state.center.arn,
        "IdentityStoreArn": store_arn(state),
        "Status": if application.enabled { "ENABLED" } else { "DISABLED" },
        "PortalOptions": {"Visibility": "ENABLED", "SignInOptions": {"Origin": "IDENTITY_CENTER"}},
        "CreatedDate": epoch_seconds(GENESIS),
        "CreatedFrom": state.center.region,
    }))
}

fn configuration(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let (_, application) = application(call, state)?;
    Ok(json!({"AssignmentRequired": application.assignment_required}))
}

fn configure(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let required = call.input.get("AssignmentRequired").and_then(Value::as_bool).unwrap_or_default();
    application_mut(call, state)?.assignment_required = required;
    Ok(Value::Null)
}

fn assignments(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let (arn, application) = application(call, state)?;
    let page = call.pages.page(&call.input, PAGE, PAGE, |key| principals_after(&application.assignments, key))?;
    let shown = page.items.into_iter().map(|principal| assignment_shown(arn, principal)).collect();
    Ok(listing("ApplicationAssignments", shown, page.next))
}

/// Principals are in the order of their ids, which are unique among people and groups together.
fn principals_after<'s>(
    assigned: &'s BTreeSet<Principal>,
    id: Option<&str>,
) -> impl Iterator<Item = (&'s str, &'s Principal)> + use<'s> {
    // No kind sorts behind this one.
    let last = id.map(|id| Principal { id: id.to_owned(), kind: "~".to_owned() });
    let start = last.map_or(Bound::Unbounded, Bound::Excluded);
    assigned.range((start, Bound::Unbounded)).map(|principal| (principal.id.as_str(), principal))
}

fn assignments_for_principal(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let instance = call.text("InstanceArn");
    enter(call, state, instance)?;
    if instance != state.center.arn {
        return Err(call.denied(instance));
    }
    let asked = principal(call);
    // A person is assigned through their groups as well.
    let groups = state.directory.groups_of(&asked.id).filter(|_| asked.kind == "USER");
    let group_principals = groups.into_iter().flat_map(|groups| groups.keys());
    let principals: Vec<Principal> = group_principals
        .map(|id| Principal { id: id.clone(), kind: "GROUP".to_owned() })
        .chain([asked.clone()])
        .collect();
    let filter = call.input.get("Filter").and_then(Value::as_object);
    let only = filter.and_then(|filter| text(filter, "ApplicationArn"));
    let entries = |key: Option<&str>| {
        after(&state.center.applications, key)
            .filter(|(arn, _)| only.is_none_or(|only| only == *arn))
            .filter(|(_, application)| principals.iter().any(|one| application.assignments.contains(one)))
            .map(|(arn, _)| (arn, arn))
    };
    let page = call.pages.page(&call.input, PAGE, PAGE, entries)?;
    let shown = page.items.into_iter().map(|arn| assignment_shown(arn, &asked)).collect();
    Ok(listing("ApplicationAssignments", shown, page.next))
}

fn assignment(call: &Call<'_>, state: &State) -> Result<Value, Refusal> {
    let (arn, application) = application(call, state)?;
    let principal = principal(call);
    if !application.assignments.contains(&principal) {
        return Err(missing("Assignment of", &principal.id));
    }
    Ok(assignment_shown(arn, &principal))
}

fn assignment_shown(arn: &str, principal: &Principal) -> Value {
    json!({"ApplicationArn": arn, "PrincipalId": principal.id, "PrincipalType": principal.kind})
}

fn assign(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let principal = principal(call);
    application(call, state)?;
    let exists = match principal.kind.as_str() {
        "GROUP" => state.directory.group(&principal.id).is_some(),
        _ => state.directory.person(&principal.id).is_some(),
    };
    if !exists {
        return Err(missing("Principal", &principal.id));
    }
    let application = application_mut(call, state)?;
    if application.assignments.contains(&principal) {
        if call.pages.options.repeated_assignments_succeed {
            return Ok(Value::Null);
        }
        let message = format!("Principal {} is assigned to the application already", principal.id);
        return Err(Refusal::new("ConflictException", message));
    }
    if principal.kind == "GROUP" && application.groups() >= GROUPS_PER_APPLICATION {
        let message = "The application has as many groups assigned as it can have";
        return Err(Refusal::new("ServiceQuotaExceededException", message));
    }
    application.assignments.insert(principal);
    Ok(Value::Null)
}

fn unassign(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let principal = principal(call);
    let removed = application_mut(call, state)?.assignments.remove(&principal);
    if removed { Ok(Value::Null) } else { Err(missing("Assignment of", &principal.id)) }
}
