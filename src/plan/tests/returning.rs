//! Those who come back: unmarked at once, and given exactly what they had.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::world::{World, person_id};
use crate::model::id::{PrincipalId, RoutingProfileId, SecurityProfileId};
use crate::model::settings::{AttributeMode, Limit, Removals};
use crate::model::tag;

const NOTHING: [&str; 0] = [];

fn leave(world: &mut World) {
    world.group("Agents").members.remove(&person_id("ana@x.com"));
}

fn come_back(world: &mut World) {
    world.group("Agents").members.insert(person_id("ana@x.com"));
}

/// Ana, with what a supervisor gave her, is in quarantine.
fn quarantined() -> World {
    let mut world = World::converged(&["ana@x.com", "bo@x.com"]);
    world.settings.policy.removals = Removals::Delete;
    world.settings.policy.attributes.security_profiles = AttributeMode::Seed;
    let user = world.user("ana@x.com");
    user.routing_profile = Some(RoutingProfileId::new("rp-vip"));
    user.security_profiles = ["sp-agent", "sp-manager"].map(SecurityProfileId::new).into();
    leave(&mut world);
    world.carry_out();
    world.wait(SignedDuration::from_hours(72));
    assert_eq!(world.carry_out(), ["quarantine_user ana@x.com"]);
    world
}

#[test]
fn somebody_who_is_back_in_time_is_unmarked() {
    let mut world = World::converged(&["ana@x.com", "bo@x.com"]);
    world.settings.policy.removals = Removals::Delete;
    let before = world.clone();
    leave(&mut world);
    world.carry_out();
    come_back(&mut world);
    assert_eq!(world.carry_out(), ["unmark_absent ana@x.com"]);
    assert_eq!(world.snapshot.users, before.snapshot.users);
}

#[test]
fn somebody_who_is_back_from_quarantine_has_what_they_had() {
    let mut world = quarantined();
    come_back(&mut world);
    world.settings.policy.max_changes = Limit::Count(0);
    world.settings.policy.max_removals = Limit::Count(0);
    assert_eq!(world.carry_out(), ["restore_user ana@x.com"], "past any guard");
    let user = world.user("ana@x.com").clone();
    assert_eq!(user.routing_profile, Some(RoutingProfileId::new("rp-vip")));
    assert_eq!(user.security_profiles, ["sp-agent", "sp-manager"].map(SecurityProfileId::new).into());
    assert!(tag::MARKS.iter().all(|key| !user.tags.contains_key(*key)), "{:?}", user.tags);
    assert_eq!(world.lines(), NOTHING);
}

#[test]
fn where_a_profile_is_gone_the_mappings_is_given() {
    let mut world = quarantined();
    come_back(&mut world);
    world.snapshot.catalog.routing_profiles.remove(&RoutingProfileId::new("rp-vip"));
    world.snapshot.catalog.security_profiles.remove(&SecurityProfileId::new("sp-manager"));
    world.carry_out();
    let user = world.user("ana@x.com");
    assert_eq!(user.routing_profile, Some(RoutingProfileId::new("rp-basic")));
    assert_eq!(user.security_profiles, BTreeSet::from([SecurityProfileId::new("sp-agent")]));
}

#[test]
fn what_they_had_is_given_back_though_the_mapping_lacks_a_profile() {
    let mut world = quarantined();
    come_back(&mut world);
    world.settings.mappings[0].routing_profile = "Nowhere".to_owned();
    assert_eq!(world.lines(), ["restore_user ana@x.com by Agents", "profile-missing"]);
    world.snapshot.catalog.routing_profiles.remove(&RoutingProfileId::new("rp-vip"));
    assert_eq!(world.lines(), ["profile-missing"], "but nothing is made up");
}

#[test]
fn a_quarantine_that_was_cut_short_is_given_back_as_well() {
    let mut world = quarantined();
    world.user("ana@x.com").tags.remove(tag::QUARANTINED_AT);
    come_back(&mut world);
    assert_eq!(world.carry_out(), ["restore_user ana@x.com"]);
    assert_eq!(world.user("ana@x.com").routing_profile, Some(RoutingProfileId::new("rp-vip")));
}

#[test]
fn a_memory_that_names_an_administrators_profile_is_not_believed() {
    let mut world = quarantined();
    world.user("ana@x.com").tags.insert(tag::WAS_SECURITY_PROFILES.to_owned(), "sp-admin sp-agent".to_owned());
    come_back(&mut world);
    let mut trusting = world.clone();
    world.carry_out();
    assert_eq!(world.user("ana@x.com").security_profiles, BTreeSet::from([SecurityProfileId::new("sp-agent")]));
    trusting.settings.policy.protect_admins = false;
    trusting.carry_out();
    let both = ["sp-admin", "sp-agent"].map(SecurityProfileId::new);
    assert_eq!(trusting.user("ana@x.com").security_profiles, both.into(), "where they may be taken down it may be so");
}

#[test]
fn other_attributes_wait_for_the_next_pass() {
    let mut world = quarantined();
    come_back(&mut world);
    world.settings.policy.attributes.name = AttributeMode::Enforce;
    world.person("ana@x.com").family_name = Some("Silva".to_owned());
    assert_eq!(world.carry_out(), ["restore_user ana@x.com"]);
    assert_eq!(world.carry_out(), ["update_user ana@x.com"]);
}

#[test]
fn somebody_who_is_back_without_an_email_has_what_they_had_and_a_finding() {
    let mut world = quarantined();
    come_back(&mut world);
    world.person("ana@x.com").email = None;
    assert_eq!(world.lines(), ["restore_user ana@x.com by Agents", "email-missing"]);
}

#[test]
fn a_login_whose_first_person_is_gone_is_given_over_only_after_approval() {
    let mut world = World::converged(&["ana@x.com"]);
    let earlier = PrincipalId::new("p-earlier");
    world.user("ana@x.com").tags.insert(tag::PRINCIPAL.to_owned(), earlier.to_string());
    assert_eq!(crate::plan::unknown_people(&world.snapshot, &world.settings), [earlier.clone()].into());
    assert_eq!(world.lines(), ["email-reused ana@x.com"], "nobody was asked whether they still exist");
    let somebody = world.person("ana@x.com").clone();
    world.snapshot.directory.outsiders.insert(earlier.clone(), Some(somebody));
    assert_eq!(world.lines(), ["email-reused ana@x.com"]);
    world.snapshot.directory.outsiders.insert(earlier, None);
    assert_eq!(world.lines(), ["relink_user ana@x.com withheld by login-reused"]);
    let mut plan = world.plan();
    let code = plan.approval().unwrap().to_owned();
    assert!(!plan.approve("00000000"));
    assert!(plan.approve(&code));
    assert_eq!((plan.actions().len(), plan.withheld().len(), plan.approval()), (1, 0, None));
    world.carry_out_one(&plan.actions()[0].write);
    assert_eq!(world.lines(), NOTHING);
}
