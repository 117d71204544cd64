//! The control plane: JSON under `/_sim/`, on the same port and without signatures, for tests in any language.
//!
//! | request | does |
//! |---|---|
//! | `GET /_sim/health` | `{"status":"ok","now":…}` |
//! | `GET /_sim/operations` | the names of the operations that it answers, sorted, by service: `{"connect":[…],…}` |
//! | `GET`, `POST`, `DELETE /_sim/faults` | the faults in force; adds a [`Fault`] that can be; takes all away |
//! | `GET`, `POST /_sim/clock` | `{"now":…}`; sets it by `{"now":"2026-01-31T12:00:00Z"}` or `{"offset_seconds":n}` |
//! | `GET`, `DELETE /_sim/journal` | every [`super::Entry`]; forgets them |
//! | `GET`, `POST /_sim/options` | the [`Options`]; sets those that the body names, `null` being the default |
//! | `GET`, `POST /_sim/world` | everything that exists; puts the TOML of the body in its place |
//! | `POST /_sim/people` | `{"user_name":…,"status":"DISABLED"}` or `"ENABLED"`, as only the console can in life |
//!
//! What cannot be done is answered with 400 and `{"error":…}`.

use hyper::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::constraints;
use super::fault::Fault;
use super::gate::Shared;
use super::options::Options;
use super::world::World;

/// Answers a request to `/_sim/PATH`.
pub(super) fn answer(shared: &Shared, method: &Method, path: &str, body: &[u8]) -> Answer {
    let result = match (method.as_str(), path) {
        ("GET", "health") => Ok(json!({"status": "ok", "now": shared.clock.now()})),
        ("GET", "operations") => value(constraints::operations()),
        ("GET", "faults") => value(shared.faults().in_force()),
        ("POST", "faults") => read::<Fault>(body).and_then(|fault| {
            fault.check()?;
            shared.faults().add(fault);
            value(shared.faults().in_force())
        }),
        ("DELETE", "faults") => {
            shared.faults().clear();
            Ok(json!([]))
        }
        ("GET", "clock") => Ok(json!({"now": shared.clock.now()})),
        ("POST", "clock") => read(body).and_then(|setting| set_clock(shared, &setting)),
        ("GET", "journal") => value(shared.journal().entries()),
        ("DELETE", "journal") => {
            shared.journal().clear();
            Ok(json!([]))
        }
        ("GET", "options") => value(&*shared.options()),
        ("POST", "options") => read(body).and_then(|patch| set_options(shared, &patch)),
        ("GET", "world") => Ok(shared.snapshot()),
        ("POST", "world") => set_world(shared, body),
        ("POST", "people") => read(body).and_then(|setting| set_status(shared, &setting)),
        _ => Err(format!("there is no `{method} /_sim/{path}`")),
    };
    let (status, body) = match result {
        Ok(body) => (StatusCode::OK, body),
        Err(error) => (StatusCode::BAD_REQUEST, json!({"error": error})),
    };
    let headers = vec![("content-type", "application/json".to_owned())];
    Answer { status, headers, body: body.to_string().into_bytes(), code: None }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn value(of: impl Serialize) -> Result<Value, String> {
    serde_json::to_value(of).map_err(|error| error.to_string())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockSetting {
    now: Option<Timestamp>,
    offset_seconds: Option<i64>,
}

fn set_clock(shared: &Shared, setting: &ClockSetting) -> Result<Value, String> {
    match (setting.now, setting.offset_seconds) {
        (Some(now), None) => shared.clock.set(now),
        (None, Some(seconds)) => shared.clock.shift(SignedDuration::from_secs(seconds)),
        _ => return Err("give either `now` or `offset_seconds`".to_owned()),
    }
    Ok(json!({"now": shared.clock.now()}))
}

fn set_options(shared: &Shared, patch: &Map<String, Value>) -> Result<Value, String> {
    let mut options = shared.options();
    let mut merged = value(&*options)?;
    merge(&mut merged, patch);
    let changed: Options = serde_json::from_value(merged).map_err(|error| error.to_string())?;
    *options = changed;
    value(&*options)
}

/// Merges a patch (RFC 7396): what it gives replaces, and `null` takes away, which leaves the default.
fn merge(into: &mut Value, patch: &Map<String, Value>) {
    let Some(members) = into.as_object_mut() else { return };
    for (name, value) in patch {
        match (value, members.get_mut(name)) {
            (Value::Null, _) => drop(members.remove(name)),
            (Value::Object(inner), Some(existing)) if existing.is_object() => merge(existing, inner),
            (value, _) => drop(members.insert(name.clone(), value.clone())),
        }
    }
}

fn set_world(shared: &Shared, body: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let world = World::parse(text).map_err(|error| match std::error::Error::source(&error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    })?;
    shared.replace(world.state);
    Ok(json!({"status": "ok"}))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusSetting {
    user_name: String,
    status: Status,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Enabled,
    Disabled,
}

fn set_status(shared: &Shared, setting: &StatusSetting) -> Result<Value, String> {
    let id = shared.set_enabled(&setting.user_name, setting.status == Status::Enabled);
    let id = id.ok_or_else(|| format!("nobody has the user name `{}`", setting.user_name))?;
    Ok(json!({"user_id": id}))
}
