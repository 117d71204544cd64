//! What is said of Connect users that no member speaks for, and of those who differ.

use super::world::World;
use crate::model::connect::{AfterContactWork, Device, Phone};
use crate::model::directory::Status;
use crate::model::id::{GroupId, RoutingProfileId, SecurityProfileId};
use crate::model::settings::{AttributeMode, GroupRef, LoginGlob};
use crate::model::tag;
use crate::plan::finding::{Code, Finding, Kind};

#[test]
fn somebody_who_left_every_mapped_group_is_a_leaver() {
    let mut world = World::converged(&["ana@x.com", "bo@x.com"]);
    world.group("Agents").members.remove(&super::world::person_id("ana@x.com"));
    assert_eq!(world.lines(), ["leaver ana@x.com"]);
    world.person("bo@x.com").status = Status::Disabled;
    assert_eq!(world.lines(), ["leaver ana@x.com", "leaver bo@x.com", "member-disabled"]);
}

#[test]
fn while_a_group_cannot_be_found_its_people_have_not_left() {
    let mut world = World::converged(&["ana@x.com"]);
    world.snapshot.directory.groups.insert(GroupRef::parse("Agents"), None);
    assert_eq!(world.lines(), ["group-missing", "assignment-left"]);
    let Kind::GroupMissing { owned, .. } = world.plan().findings()[0].kind.clone() else { panic!() };
    assert_eq!(owned, 1);
}

#[test]
fn people_of_a_mapping_that_is_gone_are_unmapped() {
    let mut world = World::converged(&["ana@x.com"]);
    world.mapping("Others");
    world.group("Others");
    world.settings.mappings.remove(0);
    world.application().groups = [GroupId::new("g-others")].into();
    assert_eq!(world.lines(), ["group-empty", "unmapped ana@x.com"]);
}

#[test]
fn a_foreign_user_with_nobodys_login_is_an_orphan_unless_protected() {
    let mut world = World::converged(&["ana@x.com"]);
    world.foreign("breakglass");
    world.foreign("zoe@x.com").tags.insert(tag::OWNER.to_owned(), "another".to_owned());
    assert_eq!(world.lines(), ["orphan breakglass", "orphan zoe@x.com"]);
    world.settings.policy.protect = vec![LoginGlob::parse("{breakglass,zoe@*}").unwrap()];
    assert_eq!(world.lines(), [""; 0]);
}

#[test]
fn nobody_is_told_to_delete_a_user_whose_group_may_be_the_one_that_cannot_be_found() {
    let mut world = World::converged(&["ana@x.com"]);
    world.foreign("zoe@x.com");
    let fix_of = |world: &World| {
        let plan = world.plan();
        let orphan = plan.findings().iter().find(|finding| finding.code() == Code::Orphan);
        orphan.map(Finding::fix).unwrap()
    };
    assert!(fix_of(&world).contains("delete `zoe@x.com`"), "{}", fix_of(&world));
    world.mapping("Agents-mistyped");
    assert_eq!(world.lines(), ["group-missing", "orphan zoe@x.com"]);
    assert!(fix_of(&world).contains("`group-missing` first"), "{}", fix_of(&world));
    assert!(!fix_of(&world).contains("delete"), "{}", fix_of(&world));
}

#[test]
fn a_near_miss_names_the_member_matched_or_not() {
    for (stray, likeness) in [
        ("Alexandra.Smith@x.com", "case"),
        ("alexandrasmith@x.com", "dots"),
        ("alexandra-smith@x.com", "dots"),
        ("álexandra.smith@x.com", "accents"),
        ("alexandra.smith+1@x.com", "plus-tag"),
        ("alexandra.smith@y.com", "domain"),
        ("smith.alexandra@x.com", "swapped-names"),
        ("alexandra.smyth@x.com", "letters"),
        ("alexandr.smiht@x.com", ""),
    ] {
        let mut world = World::converged(&["alexandra.smith@x.com", "bo@x.com"]);
        world.foreign(stray);
        let found: Vec<String> = (world.plan().findings().iter())
            .filter_map(|finding| match &finding.kind {
                Kind::NearMiss { likeness, member, .. } => Some(format!("{} {member}", likeness.as_str())),
                _ => None,
            })
            .collect();
        let expected: Vec<String> =
            Some(format!("{likeness} alexandra.smith@x.com")).filter(|_| !likeness.is_empty()).into_iter().collect();
        assert_eq!(found, expected, "{stray}");
    }
}

#[test]
fn somebody_who_left_is_not_to_be_deleted_for_being_like_a_member() {
    let mut world = World::converged(&["alexandra.smith@x.com"]);
    world.owned("alexandrasmith@x.com", "another@x.com");
    assert_eq!(world.lines(), ["near-miss alexandrasmith@x.com", "leaver alexandrasmith@x.com"]);
    let fixes: Vec<String> = world.plan().findings().iter().map(Finding::fix).collect();
    assert!(fixes.iter().all(|fix| !fix.contains("delete")), "{fixes:?}");
}

#[test]
fn numbers_that_differ_make_two_people() {
    let mut world = World::converged(&["agent1@x.com"]);
    world.foreign("agent2@x.com");
    assert_eq!(world.lines(), ["orphan agent2@x.com"]);
    world.foreign("agent.01@x.com");
    assert_eq!(world.lines(), ["near-miss agent.01@x.com", "orphan agent.01@x.com", "orphan agent2@x.com"]);
}

#[test]
fn people_of_the_same_name_are_alike_whatever_their_login() {
    let mut world = World::converged(&["ana@x.com"]);
    let person = world.person("ana@x.com");
    (person.given_name, person.family_name) = (Some("Ana".to_owned()), Some("Silva".to_owned()));
    let tagged = world.snapshot.users[0].attributes.as_mut().unwrap();
    (tagged.first_name, tagged.last_name) = (Some("Ana".to_owned()), Some("Silva".to_owned()));
    let stray = world.foreign("asilva");
    (stray.first_name, stray.last_name) = (Some("ANA".to_owned()), Some("Sílva".to_owned()));
    assert_eq!(world.lines(), ["near-miss asilva", "orphan asilva"]);
}

#[test]
fn an_email_mismatch_is_neither_an_orphan_nor_a_near_miss() {
    let mut world = World::empty();
    world.member("ana@x.com");
    world.foreign("ana@y.com");
    assert_eq!(world.lines(), ["email-mismatch ana@y.com"]);
}

#[test]
fn differences_are_reported_as_the_modes_ask() {
    let mut world = World::converged(&["ana@x.com"]);
    let attributes = world.snapshot.users[0].attributes.as_mut().unwrap();
    attributes.routing_profile = Some(RoutingProfileId::new("rp-vip"));
    assert_eq!(world.lines(), [""; 0], "a routing profile is a seed, and supervisors may change it");
    world.settings.policy.attributes.routing_profile = AttributeMode::Report;
    assert_eq!(world.lines(), ["attribute-differs ana@x.com"]);
    world.settings.policy.attributes.routing_profile = AttributeMode::Ignore;
    assert_eq!(world.lines(), [""; 0]);
    let attributes = world.snapshot.users[0].attributes.as_mut().unwrap();
    attributes.security_profiles.insert(SecurityProfileId::new("sp-manager"));
    attributes.last_name = Some("Other".to_owned());
    let message = world.plan().findings()[0].message();
    assert_eq!(
        message,
        "`ana@x.com` is not as its mapping has it: last name is `Other`, should be `Last ana`; \
         security profiles is `Agent, CallCenterManager`, should be `Agent`"
    );
}

#[test]
fn what_a_mapping_does_not_say_is_not_compared() {
    let mut world = World::converged(&["ana@x.com"]);
    world.settings.policy.attributes.phone = AttributeMode::Report;
    world.settings.policy.attributes.tags = AttributeMode::Report;
    let attributes = world.snapshot.users[0].attributes.as_mut().unwrap();
    attributes.tags.insert("team".to_owned(), "sales".to_owned());
    attributes.phone = Some(Phone { device: Device::Soft, auto_accept: Some(true), after_contact_work: None });
    assert_eq!(world.lines(), [""; 0]);
    let wanted =
        Phone { device: Device::Soft, auto_accept: None, after_contact_work: Some(AfterContactWork::Seconds(30)) };
    world.settings.mappings[0].phone = Some(wanted);
    world.settings.mappings[0].tags.insert("team".to_owned(), "support".to_owned());
    let plan = world.plan();
    let Kind::AttributeDiffers { differences } = &plan.findings()[0].kind else { panic!("{plan:?}") };
    let fields: Vec<&str> = differences.iter().map(|difference| difference.field.as_str()).collect();
    assert_eq!(fields, ["after_contact_work", "tag:team"]);
}

#[test]
fn a_mark_that_is_no_time_or_lies_in_the_future_is_told() {
    for (value, invalid) in [
        ("2026-11-20T09:00:00Z", false),
        ("2026-11-21T09:04:00Z", false),
        ("2026-11-21T09:06:00Z", true),
        ("yesterday", true),
        ("", true),
    ] {
        let mut world = World::converged(&["ana@x.com"]);
        let attributes = world.snapshot.users[0].attributes.as_mut().unwrap();
        attributes.tags.insert(tag::ABSENT_SINCE.to_owned(), value.to_owned());
        // Ana is here, so whatever the mark says is taken away.
        let mut expected = vec!["unmark_absent ana@x.com by Agents"];
        expected.extend(invalid.then_some("tag-invalid ana@x.com"));
        assert_eq!(world.lines(), expected, "{value:?}");
    }
}
