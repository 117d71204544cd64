//! What targets must not have in common, and what they must.

use std::collections::BTreeMap;

use super::section::Section;
use crate::config::Target;
use crate::model::limits::Rate;

/// Compares the targets with one another.
pub(super) fn check(top: &mut Section<'_, '_>, targets: &[Target]) {
    names(top, targets);
    instances(top, targets);
    rates(top, targets);
}

fn names(top: &mut Section<'_, '_>, targets: &[Target]) {
    let named = |target: &Target| Some(target.settings.name.clone()).filter(|name| !name.as_str().is_empty());
    for (index, first) in repeated(targets, named) {
        let line = top.item("target", first).line();
        let message = format!("is the name of the target on line {line} too");
        top.item("target", index).wrong_with("name", message, "targets are told apart by their names");
    }
}

/// Replicas of an instance in several Regions have one id, and are instances of their own.
fn instances(top: &mut Section<'_, '_>, targets: &[Target]) {
    let known = |target: &Target| {
        Some((target.region.clone(), target.instance.clone())).filter(|(_, id)| !id.as_str().is_empty())
    };
    for (index, first) in repeated(targets, known) {
        let line = top.item("target", first).line();
        let message = format!("is the instance of the target on line {line} too");
        let hint = "two targets would undo each other's work: put all mappings of an instance into one";
        top.item("target", index).wrong_with("instance_id", message, hint);
    }
}

/// Where a quota is shared, so is the rate.
fn rates(top: &mut Section<'_, '_>, targets: &[Target]) {
    let region = |region: &String| Some(region.clone()).filter(|region| !region.is_empty());
    let connect = |target: &Target| Some((target.account.clone(), region(&target.region)?));
    agree(top, targets, "connect", connect, |target| &target.rates.connect);
    agree(top, targets, "identity_store", |_| Some(()), |target| &target.rates.identity_store);
    let sso_admin = |target: &Target| target.application.as_ref().and_then(|_| region(&target.application_region));
    agree(top, targets, "sso_admin", sso_admin, |target| &target.rates.sso_admin);
}

fn agree<K: Ord>(
    top: &mut Section<'_, '_>,
    targets: &[Target],
    service: &str,
    quota: impl Fn(&Target) -> Option<K>,
    rate: impl Fn(&Target) -> &Rate,
) {
    for (index, first) in repeated(targets, quota) {
        if rate(&targets[index]) != rate(&targets[first]) {
            let message = format!("differs from that of `target[{first}]`, and both share one quota");
            let hint = format!("give both the same rate, or set it once in `[rates.{service}]`");
            top.item("target", index).inner("rates").wrong_with(service, message, hint);
        }
    }
}

/// The targets whose key an earlier one has, each with the first that has it.
fn repeated<K: Ord>(targets: &[Target], key: impl Fn(&Target) -> Option<K>) -> Vec<(usize, usize)> {
    let mut first = BTreeMap::new();
    let mut found = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        let Some(key) = key(target) else { continue };
        let earlier = *first.entry(key).or_insert(index);
        if earlier != index {
            found.push((index, earlier));
        }
    }
    found
}
