//! AWS Security Token Service: assuming the world's roles.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::answer::{Refusal, RefusalKind};
use super::call::Call;
use super::state::State;
use super::state::sessions::Session;

/// How long credentials last where a request does not say, in seconds.
const DURATION: i64 = 3_600;

/// Carries out a call.
pub(super) fn answer(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    match call.operation {
        "AssumeRole" => assume_role(call, state),
        "GetCallerIdentity" => Ok(json!({
            "Arn": call.caller,
            "UserId": "AIDASIMULATED0000000",
            "Account": call.account,
        })),
        _ => Err(call.unknown_operation()),
    }
}

fn assume_role(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    let arn = call.text("RoleArn");
    let role = state.roles.get(arn).cloned();
    // The service does not say which of the two was wrong: that would tell strangers which roles exist.
    let permitted = role
        .filter(|role| role.external_id.as_ref().is_none_or(|expected| call.optional("ExternalId") == Some(expected)));
    let Some(role) = permitted else {
        let message = format!("User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}", call.caller);
        return Err(RefusalKind::AccessDenied.refusal(call.service, message));
    };
    let session_name = call.text("RoleSessionName");
    let role_name = role.arn.rsplit('/').next().unwrap_or_default();
    let session_arn = format!("arn:aws:sts::{}:assumed-role/{role_name}/{session_name}", role.account);
    let lasts = call.input.get("DurationSeconds").and_then(Value::as_i64).unwrap_or(DURATION);
    let expires = call.now.checked_add(SignedDuration::from_secs(lasts)).unwrap_or(call.now);
    let random = || uuid::Uuid::new_v4().simple().to_string();
    let access_key = format!("ASIA{}", random().to_uppercase().chars().take(16).collect::<String>());
    let token = random() + &random();
    let session = Session { account: role.account, role: role.arn, arn: session_arn, token, expires };
    let output = json!({
        "Credentials": {
            "AccessKeyId": access_key,
            "SecretAccessKey": random(),
            "SessionToken": session.token,
            "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        },
        "AssumedRoleUser": {"AssumedRoleId": format!("AROASIMULATED0000000:{session_name}"), "Arn": session.arn},
    });
    state.sessions.insert(access_key, session);
    Ok(output)
}
