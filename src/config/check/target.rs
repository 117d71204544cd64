//! `[[target]]`: a Connect instance, and how to reach it.

use std::collections::BTreeMap;

use super::profiles::{self, Fallback};
use super::section::Section;
use super::{mapping, policy, rates};
use crate::config::form::{self, Arn};
use crate::config::{ApplicationRef, IdentityCenter, Role, Target, file};
use crate::model::id::{ApplicationArn, InstanceId, TargetName};
use crate::model::limits::Rates;
use crate::model::settings::{Accept, LoginFrom, Mapping, Mode, Policy, Settings};

/// What the file says for all targets.
pub(super) struct Installation<'a> {
    /// The value of the owner tag.
    pub(super) owner: &'a str,
    /// Where people come from.
    pub(super) identity_center: &'a IdentityCenter,
    /// What a mapping that says nothing gives.
    pub(super) defaults: Fallback,
    /// The policy.
    pub(super) policy: Policy,
    /// Whether foreign users are taken over.
    pub(super) adopt: bool,
    /// The profiles of people who have left.
    pub(super) quarantine: Fallback,
    /// How many calls may be made.
    pub(super) rates: Rates,
    /// Known findings.
    pub(super) accepts: Vec<Accept>,
}

/// Checks every target.
pub(super) fn targets(
    top: &mut Section<'_, '_>,
    written: Option<&[file::Target]>,
    installation: &Installation<'_>,
) -> Vec<Target> {
    if written.is_some_and(<[_]>::is_empty) {
        top.wrong_with("target", "is empty", "add `[[target]]`: there is nothing to do without one");
    }
    let written = written.unwrap_or_default().iter().enumerate();
    written.map(|(index, target)| self::target(&mut top.item("target", index), target, installation)).collect()
}

fn target(section: &mut Section<'_, '_>, written: &file::Target, installation: &Installation<'_>) -> Target {
    let region = section.region("region", written.region.as_deref()).unwrap_or_default();
    let (instance, instance_account) = instance(section, written.instance_id.as_deref(), &region);
    let role = section.role(written.role_arn.as_deref(), written.external_id.as_deref());
    let account = account(section, role.as_ref(), instance_account);
    let application_region = section.region("application_region", written.application_region.as_deref());
    Target {
        settings: settings(section, written, installation),
        region,
        instance,
        account,
        role,
        application: application(section, written.application.as_deref(), installation.identity_center),
        application_region: application_region.unwrap_or_else(|| installation.identity_center.region.clone()),
        rates: rates::rates(&mut section.inner("rates"), &written.rates, installation.rates.clone()),
    }
}

fn settings(section: &mut Section<'_, '_>, written: &file::Target, installation: &Installation<'_>) -> Settings {
    let policy = policy::policy(&mut section.inner("policy"), &written.policy, installation.policy.clone());
    let quarantine = profiles::checked(&mut section.inner("quarantine"), written.quarantine.as_ref());
    let own_quarantine = written.quarantine.is_some();
    let settings = Settings {
        name: name(section, written.name.as_deref()),
        owner: installation.owner.to_owned(),
        mode: written.mode.map_or(Mode::Apply, Into::into),
        login_from: written.login_from.map_or(LoginFrom::Email, Into::into),
        send_email: written.send_email.unwrap_or(false),
        secondary_email: written.secondary_email.unwrap_or(true),
        quarantine: profiles::quarantine(section, quarantine, &installation.quarantine, policy.removals),
        policy,
        mappings: mappings(section, written, installation),
        accepts: installation.accepts.clone(),
    };
    quarantine_apart(section, &settings, own_quarantine);
    settings
}

/// Whoever is in quarantine must not have what a mapping gives. Names and ids of the same profile are told apart here, and
/// meet in the plan.
fn quarantine_apart(section: &mut Section<'_, '_>, settings: &Settings, own: bool) {
    let Some(quarantine) = &settings.quarantine else { return };
    let mut note = |key: &str, profile: &str, group: &str| {
        let message = format!("is `{profile}`, which the mapping of `{group}` gives to those who work");
        let hint = "quarantine wants profiles of its own: without queues, and without permissions";
        if own {
            section.inner("quarantine").wrong_with(key, message, hint);
        } else {
            section.top().inner("quarantine").wrong_with(key, message, hint);
        }
    };
    let mapping_with = |is: &dyn Fn(&Mapping) -> bool| settings.mappings.iter().find(|mapping| is(mapping));
    if let Some(mapping) = mapping_with(&|mapping| mapping.routing_profile == quarantine.routing_profile) {
        note("routing_profile", &quarantine.routing_profile, mapping.group.as_str());
    }
    let shared = quarantine.security_profiles.iter().find_map(|profile| {
        let mapping = mapping_with(&|mapping| mapping.security_profiles.contains(profile))?;
        Some((profile, mapping))
    });
    if let Some((profile, mapping)) = shared {
        note("security_profiles", profile, mapping.group.as_str());
    }
}

/// The name is a metric's label and a part of addresses.
fn name(section: &mut Section<'_, '_>, written: Option<&str>) -> TargetName {
    let name = section.text("name", written).unwrap_or_default();
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if name.len() > 64 || !name.chars().all(fits) {
        section.wrong_with("name", "is no name of a target", "up to 64 letters from A to Z, digits, `-`, `_` and `.`");
    }
    TargetName::new(name)
}

/// The instance's id, and its account where the file gives the ARN.
fn instance(section: &mut Section<'_, '_>, written: Option<&str>, region: &str) -> (InstanceId, Option<String>) {
    let Some(text) = written else { return (InstanceId::new(""), None) };
    if form::is_uuid(text) {
        return (InstanceId::new(text.to_ascii_lowercase()), None);
    }
    let Some((its_region, account, id)) = Arn::parse(text).and_then(Arn::connect_instance) else {
        let hint = "for example `aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb`, or the ARN that ends in it";
        section.wrong_with("instance_id", "is no id of a Connect instance", hint);
        return (InstanceId::new(""), None);
    };
    if !region.is_empty() && its_region != region {
        let message = format!("is an instance of the Region `{its_region}`, and the target's is `{region}`");
        section.wrong_with(
            "instance_id",
            message,
            format!("set `region = \"{its_region}\"`, or name another instance"),
        );
    }
    (InstanceId::new(id.to_ascii_lowercase()), Some(account.to_owned()))
}

/// The account that the role or the instance is in.
fn account(section: &mut Section<'_, '_>, role: Option<&Role>, instance: Option<String>) -> Option<String> {
    let of_role = role.and_then(|role| Arn::parse(&role.arn)).and_then(Arn::role_account);
    if let (Some(role), Some(instance)) = (of_role, instance.as_deref())
        && role != instance
    {
        let message = format!("is a role of the account {role}, and the instance is in {instance}");
        section.wrong_with("role_arn", message, "a role reaches the instances of its own account only");
    }
    of_role.map(ToOwned::to_owned).or(instance)
}

fn application(
    section: &mut Section<'_, '_>,
    written: Option<&str>,
    identity_center: &IdentityCenter,
) -> Option<ApplicationRef> {
    let text = section.text("application", written)?;
    if !text.starts_with("arn:") {
        return Some(ApplicationRef::Name(text));
    }
    let Some(instance) = Arn::parse(&text).and_then(Arn::application_instance) else {
        let hint = "for example `arn:aws:sso::111122223333:application/ssoins-1234567890abcdef/apl-1234567890abcdef`";
        section.wrong_with("application", "is no ARN of an application of Identity Center", hint);
        return None;
    };
    let configured =
        identity_center.instance_arn.as_deref().and_then(Arn::parse).and_then(Arn::identity_center_instance);
    if let Some(configured) = configured.filter(|configured| *configured != instance) {
        let message = format!("belongs to `{instance}`, and `identity_center.instance_arn` is `{configured}`");
        section.wrong_with("application", message, "people and applications come from one Identity Center instance");
    }
    Some(ApplicationRef::Arn(ApplicationArn::new(text)))
}

fn mappings(section: &mut Section<'_, '_>, written: &file::Target, installation: &Installation<'_>) -> Vec<Mapping> {
    let own = profiles::checked(&mut section.inner("defaults"), Some(&written.defaults));
    let defaults = own.or(installation.defaults.clone());
    let adopt = written.policy.adopt.unwrap_or(installation.adopt);
    let list = written.mapping.as_deref();
    if list.is_some_and(<[_]>::is_empty) {
        section.wrong_with(
            "mapping",
            "is empty",
            "add `[[target.mapping]]`: without a group there is nobody to look after",
        );
    }
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    let mut mappings = Vec::new();
    for (index, mapping) in list.unwrap_or_default().iter().enumerate() {
        let mut section = section.item("mapping", index);
        let line = section.line();
        if let Some(group) = mapping.group.as_deref().filter(|group| !group.is_empty()) {
            if let Some(line) = first.get(group) {
                let message = format!("is `{group}` again, which has a mapping on line {line}");
                section.wrong_with("group", message, "the first mapping of a group always wins: leave one of them out");
            } else {
                first.insert(group, line);
            }
        }
        mappings.push(mapping::mapping(&mut section, mapping, &defaults, adopt));
    }
    mappings
}
