//! The evidence of findings as JSON: facts by name, for programs that read reports.

use serde_json::{Value, json};

use super::{Departure, Difference, Kind, Rung};
use crate::model::id::Login;
use crate::model::settings::LoginFrom;

fn logins(logins: &[Login]) -> Vec<&str> {
    logins.iter().map(Login::as_str).collect()
}

fn differences(differences: &[Difference]) -> Vec<Value> {
    differences
        .iter()
        .map(|Difference { field, is, should }| json!({"field": field, "is": is, "should": should}))
        .collect()
}

fn rung(rung: &Rung) -> Value {
    let Rung { absent_since, quarantined_at, next } = rung;
    json!({
        "absent_since": absent_since.map(|time| time.to_string()),
        "quarantined_at": quarantined_at.map(|time| time.to_string()),
        "next": next.map(|(kind, _)| kind.as_str()),
        "due": next.map(|(_, due)| due.to_string()),
    })
}

fn with(mut evidence: Value, name: &str, value: &str) -> Value {
    evidence[name] = Value::from(value);
    evidence
}

pub(super) fn of(kind: &Kind) -> Value {
    match kind {
        Kind::EmailMissing { from, known_as } => json!({"known_as": known_as, "attribute": match from {
            LoginFrom::Email => "email",
            LoginFrom::Username => "username",
        }}),
        Kind::LoginInvalid { unfit } => json!({"reason": unfit.as_str(), "detail": unfit.to_string()}),
        Kind::LoginCase { wanted } => json!({"wanted": wanted.as_str()}),
        Kind::LoginChanged { wanted, recreated } => json!({"wanted": wanted.as_str(), "recreated": recreated}),
        Kind::EmailMismatch { wanted, existing, created } => {
            json!({"wanted": wanted.as_str(), "existing": logins(existing), "created": created})
        }
        Kind::LoginDuplicate { others } => {
            json!({"others": others.iter().map(ToString::to_string).collect::<Vec<_>>()})
        }
        Kind::EmailReused { carried } => json!({"carried_principal": carried.as_str()}),
        Kind::PrincipalDuplicate { logins: all } => json!({"logins": logins(all)}),
        Kind::GroupMissing { group, owned } | Kind::GroupEmpty { group, owned } => {
            json!({"group": group, "owned_users": owned})
        }
        Kind::ProfileMissing { sort, name, nearest, mappings } => {
            json!({"sort": sort.as_str(), "name": name, "nearest": nearest, "mappings": mappings})
        }
        Kind::QuarantineShared { sort, name, mapping } => {
            json!({"sort": sort.as_str(), "name": name, "nearest": null, "mappings": [mapping]})
        }
        Kind::ApplicationMissing { candidates } => json!({"candidates": candidates}),
        Kind::ApplicationDisabled { application } => json!({"application": application}),
        Kind::AssignmentMissing { group } => json!({"group": group}),
        Kind::InstanceNotSaml { sign_in } => json!({"identity_management_type": sign_in}),
        Kind::QuotaShort { left_out } => json!({"left_out": left_out}),
        Kind::NearMiss { member, likeness, owned } => {
            let (likeness, detail) = (likeness.as_str(), likeness.to_string());
            json!({"member": member.as_str(), "likeness": likeness, "detail": detail, "owned": owned})
        }
        Kind::Orphan { owner, admin, unsure } => json!({"owner": owner, "admin": admin, "unsure": unsure}),
        Kind::Leaver { departure, rung: at } => {
            let departure = match departure {
                Departure::Outside => "outside",
                Departure::Disabled => "disabled",
            };
            with(rung(at), "departure", departure)
        }
        Kind::Superseded { by, rung: at } => with(rung(at), "by", by.as_str()),
        Kind::AttributeDiffers { differences: all } => json!({"differences": differences(all)}),
        Kind::Unmapped { mapping } => json!({"mapping": mapping.as_ref().map(ToString::to_string)}),
        Kind::AssignmentDirect { people } => json!({"people": people}),
        Kind::OwnedElsewhere { owner } => json!({"owner": owner}),
        Kind::TagInvalid { key, value } => json!({"key": key, "value": value}),
        Kind::TagsFull { tags, needed } => json!({"tags": tags, "needed": needed}),
        Kind::QuickConnectLeft { names } => json!({"quick_connects": names}),
        Kind::IndexBehind { missing, users } => json!({"missing": missing, "users": users}),
        Kind::ClockSkew { seconds } => json!({"seconds": seconds}),
        Kind::MemberDisabled { groups } | Kind::SeveralGroups { groups } => json!({"groups": groups}),
        Kind::NameDerived { first, last } => json!({"first_name": first, "last_name": last}),
        Kind::AssignmentLeft { group } => json!({"group": group.as_str()}),
        Kind::LoginTaken | Kind::InstanceReplicated | Kind::AssignmentNotRequired | Kind::AssignmentUnchecked => {
            json!({})
        }
    }
}
