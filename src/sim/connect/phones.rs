//! A user's phone settings, from and to the two forms that the service has for them: `PhoneConfig`, which knows no
//! channels, and a list for each setting, which does.

use serde_json::{Map, Value, json};

use super::{parameter, request};
use crate::sim::answer::Refusal;
use crate::sim::call::{list, owned, text};
use crate::sim::state::phone::{Channel, Handling, Phone};

/// Members of `PhoneConfig`, and the list that says the same by channel.
const TWICE: [(&str, &str); 5] = [
    ("AutoAccept", "AutoAcceptConfigs"),
    ("AfterContactWorkTimeLimit", "AfterContactWorkConfigs"),
    ("PhoneType", "PhoneNumberConfigs"),
    ("DeskPhoneNumber", "PhoneNumberConfigs"),
    ("PersistentConnection", "PersistentConnectionConfigs"),
];

/// The most seconds that work after a chat can take.
const CHAT_LIMIT: u64 = 5_400;

/// The settings that a new user is made with.
pub(super) fn created(input: &Map<String, Value>) -> Result<Phone, Refusal> {
    let mut phone = Phone::default();
    if let Some(config) = input.get("PhoneConfig").and_then(Value::as_object) {
        for (member, list) in TWICE {
            if config.contains_key(member) && input.contains_key(list) {
                return Err(request(format!("PhoneConfig.{member} and {list} cannot be set together")));
            }
        }
        set_config(&mut phone, config)?;
    }
    set_channels(&mut phone, input)?;
    Ok(phone)
}

/// Takes over a `PhoneConfig`, whole: what it does not say of contacts is off, and every channel is set alike.
pub(super) fn set_config(phone: &mut Phone, config: &Map<String, Value>) -> Result<(), Refusal> {
    if let Some(kind) = owned(config, "PhoneType") {
        phone.kind = kind;
    }
    phone.number = owned(config, "DeskPhoneNumber").filter(|_| phone.kind == "DESK_PHONE");
    phone.persistent = config.get("PersistentConnection").and_then(Value::as_bool);
    let auto_accept = config.get("AutoAccept").and_then(Value::as_bool).unwrap_or_default();
    phone.all_channels(auto_accept, seconds(config));
    check_number(phone)
}

/// Takes over the lists that an input has; what they do not name stays.
pub(super) fn set_channels(phone: &mut Phone, input: &Map<String, Value>) -> Result<(), Refusal> {
    for (channel, entry) in channels(input, "AutoAcceptConfigs", false)? {
        let handling = phone.channels.entry(channel).or_default();
        handling.auto_accept = entry.get("AutoAccept").and_then(Value::as_bool).unwrap_or_default();
        handling.callback_auto_accept = entry.get("AgentFirstCallbackAutoAccept").and_then(Value::as_bool);
        voice_only(channel, handling.callback_auto_accept.is_some(), "AgentFirstCallbackAutoAccept")?;
    }
    for (channel, entry) in channels(input, "AfterContactWorkConfigs", false)? {
        let handling = phone.channels.entry(channel).or_default();
        let config = |member: &str| entry.get(member).and_then(Value::as_object).map(seconds);
        handling.after_contact_work = config("AfterContactWorkConfig").unwrap_or_default();
        handling.callback_after_contact_work = config("AgentFirstCallbackAfterContactWorkConfig");
        let callback = handling.callback_after_contact_work.is_some();
        voice_only(channel, callback, "AgentFirstCallbackAfterContactWorkConfig")?;
        if channel == Channel::Chat && handling.after_contact_work > CHAT_LIMIT {
            handling.after_contact_work = CHAT_LIMIT;
        }
    }
    for (_, entry) in channels(input, "PhoneNumberConfigs", true)? {
        text(entry, "PhoneType").unwrap_or_default().clone_into(&mut phone.kind);
        phone.number = owned(entry, "PhoneNumber").filter(|_| phone.kind == "DESK_PHONE");
        check_number(phone)?;
    }
    for (_, entry) in channels(input, "PersistentConnectionConfigs", true)? {
        phone.persistent = entry.get("PersistentConnection").and_then(Value::as_bool);
    }
    for (_, entry) in channels(input, "VoiceEnhancementConfigs", true)? {
        phone.enhancement = owned(entry, "VoiceEnhancementMode");
    }
    Ok(())
}

/// What a list says of one channel.
type Entry<'v> = (Channel, &'v Map<String, Value>);

/// The entries of a list, with their channels, each of which may stand there once.
fn channels<'v>(input: &'v Map<String, Value>, name: &str, voice: bool) -> Result<Vec<Entry<'v>>, Refusal> {
    let mut entries: Vec<Entry<'v>> = Vec::new();
    for entry in list(input, name).iter().filter_map(Value::as_object) {
        let channel = entry.get("Channel").and_then(|channel| serde_json::from_value(channel.clone()).ok());
        let channel: Channel = channel.ok_or_else(|| parameter(format!("{name} names an unknown channel")))?;
        if entries.iter().any(|(other, _)| *other == channel) {
            return Err(parameter(format!("{name} names a channel twice")));
        }
        voice_only(channel, voice, name)?;
        entries.push((channel, entry));
    }
    Ok(entries)
}

fn voice_only(channel: Channel, concerns: bool, what: &str) -> Result<(), Refusal> {
    if concerns && channel != Channel::Voice {
        return Err(parameter(format!("{what} can be set for the VOICE channel only")));
    }
    Ok(())
}

fn check_number(phone: &Phone) -> Result<(), Refusal> {
    if phone.kind == "DESK_PHONE" && phone.number.is_none() {
        return Err(parameter("a desk phone needs a phone number"));
    }
    Ok(())
}

fn seconds(config: &Map<String, Value>) -> u64 {
    config.get("AfterContactWorkTimeLimit").and_then(Value::as_u64).unwrap_or_default()
}

/// The settings as an output has them. SearchUsers shows times in milliseconds, everything else in seconds.
pub(super) fn shown(phone: &Phone, milliseconds: bool) -> Map<String, Value> {
    let unit = if milliseconds { 1000 } else { 1 };
    let voice = phone.voice();
    let mut config = json!({
        "PhoneType": phone.kind,
        "AutoAccept": voice.auto_accept,
        "AfterContactWorkTimeLimit": voice.after_contact_work.saturating_mul(unit),
    });
    let mut number = json!({"Channel": "VOICE", "PhoneType": phone.kind});
    if let Some(digits) = &phone.number {
        config["DeskPhoneNumber"] = json!(digits);
        number["PhoneNumber"] = json!(digits);
    }
    let mut output = Map::new();
    if let Some(persistent) = phone.persistent {
        config["PersistentConnection"] = json!(persistent);
        let list = json!([{"Channel": "VOICE", "PersistentConnection": persistent}]);
        output.insert("PersistentConnectionConfigs".to_owned(), list);
    }
    if let Some(mode) = &phone.enhancement {
        let list = json!([{"Channel": "VOICE", "VoiceEnhancementMode": mode}]);
        output.insert("VoiceEnhancementConfigs".to_owned(), list);
    }
    let each = |one: fn(Channel, Handling, u64) -> Value| -> Value {
        phone.channels.iter().map(|(channel, handling)| one(*channel, *handling, unit)).collect()
    };
    output.insert("PhoneConfig".to_owned(), config);
    output.insert("PhoneNumberConfigs".to_owned(), json!([number]));
    output.insert("AutoAcceptConfigs".to_owned(), each(auto_accept));
    output.insert("AfterContactWorkConfigs".to_owned(), each(after_contact_work));
    output
}

fn auto_accept(channel: Channel, handling: Handling, _: u64) -> Value {
    let mut shown = json!({"Channel": channel, "AutoAccept": handling.auto_accept});
    if let Some(callback) = handling.callback_auto_accept {
        shown["AgentFirstCallbackAutoAccept"] = json!(callback);
    }
    shown
}

fn after_contact_work(channel: Channel, handling: Handling, unit: u64) -> Value {
    let limit = |seconds: u64| json!({"AfterContactWorkTimeLimit": seconds.saturating_mul(unit)});
    let mut shown = json!({"Channel": channel, "AfterContactWorkConfig": limit(handling.after_contact_work)});
    if let Some(seconds) = handling.callback_after_contact_work {
        shown["AgentFirstCallbackAfterContactWorkConfig"] = limit(seconds);
    }
    shown
}
