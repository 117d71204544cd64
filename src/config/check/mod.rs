//! From the file as written to a configuration: values are judged one by one and together, defaults filled in. Every
//! function goes on after a problem with a stand-in, so that all problems are found; the stand-ins are thrown away with
//! the rest where there is any problem.

mod accept;
mod across;
mod expect;
mod mapping;
mod policy;
mod profiles;
mod rates;
mod section;
mod service;
mod target;

use super::file::File;
use super::key::KeyPath;
use super::review::Review;
use super::{Config, IdentityCenter};
use crate::model::limits::Rates;
use profiles::Fallback;
use section::Section;

/// Checks the whole file. `None` where something is wrong.
pub(super) fn config(review: &mut Review<'_>, file: &File) -> Option<Config> {
    let mut top = Section::new(review, KeyPath::root());
    let owner = owner(&mut top, file.owner.as_deref());
    let identity_center = identity_center(&mut top.inner("identity_center"), file);
    let schedule = service::schedule(&mut top.inner("schedule"), &file.schedule);
    let http = service::http(&mut top.inner("http"), &file.http);
    let log = service::log(&mut top.inner("log"), &file.log);
    let history = service::history(&mut top.inner("history"), &file.history);
    let timeouts = service::timeouts(&mut top.inner("timeouts"), &file.timeouts);

    let installation = target::Installation {
        owner: &owner,
        identity_center: &identity_center,
        defaults: profiles::checked(&mut top.inner("defaults"), Some(&file.defaults)).or(Fallback::of_connect()),
        policy: policy::policy(&mut top.inner("policy"), &file.policy, policy::default()),
        adopt: file.policy.adopt.unwrap_or(false),
        quarantine: profiles::checked(&mut top.inner("quarantine"), file.quarantine.as_ref()),
        rates: rates::rates(&mut top.inner("rates"), &file.rates, Rates::default()),
        accepts: accept::accepts(&mut top, &file.accept),
    };
    let targets = target::targets(&mut top, file.target.as_deref(), &installation);
    across::check(&mut top, &targets);
    let expects = expect::expects(&mut top, &file.expect, &targets);
    review.is_clean().then_some(Config {
        owner,
        identity_center,
        schedule,
        http,
        log,
        history,
        timeouts,
        targets,
        expects,
    })
}

/// The owner is a tag's value.
fn owner(top: &mut Section<'_, '_>, written: Option<&str>) -> String {
    let Some(owner) = top.text("owner", written) else { return "rollcall".to_owned() };
    let length = owner.chars().count();
    if length > 256 {
        top.wrong("owner", format_args!("has {length} letters, and a tag's value can have 256"));
    } else if let Some(letter) = owner.chars().find(|letter| !super::form::is_tag_letter(*letter)) {
        let hint = "letters, digits, spaces and `_ . : / = + - @`";
        top.wrong_with("owner", format_args!("has `{}`, which a tag's value cannot have", letter.escape_debug()), hint);
    }
    owner
}

fn identity_center(section: &mut Section<'_, '_>, file: &File) -> IdentityCenter {
    let Some(written) = &file.identity_center else {
        return IdentityCenter { region: String::new(), instance_arn: None, identity_store_id: None, role: None };
    };
    let instance_arn = section.text("instance_arn", written.instance_arn.as_deref());
    let form = |arn: &String| super::form::Arn::parse(arn).is_some_and(|arn| arn.identity_center_instance().is_some());
    if instance_arn.as_ref().is_some_and(|arn| !form(arn)) {
        let hint = "for example `arn:aws:sso:::instance/ssoins-1234567890abcdef`";
        section.wrong_with("instance_arn", "is no ARN of an Identity Center instance", hint);
    }
    let identity_store_id = section.text("identity_store_id", written.identity_store_id.as_deref());
    if identity_store_id.as_deref().is_some_and(|id| !super::form::is_identity_store_id(id)) {
        let hint = "`d-` and ten digits or letters from a to f, for example `d-1234567890`";
        section.wrong_with("identity_store_id", "is no id of an identity store", hint);
    }
    IdentityCenter {
        region: section.region("region", written.region.as_deref()).unwrap_or_default(),
        instance_arn,
        identity_store_id,
        role: section.role(written.role_arn.as_deref(), written.external_id.as_deref()),
    }
}
