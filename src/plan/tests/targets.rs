//! What is said of groups, profiles, the application and the instance.

use jiff::SignedDuration;

use super::world::World;
use crate::model::connect::{ApplicationState, SignIn};
use crate::model::id::{ApplicationArn, GroupId, PrincipalId};
use crate::model::settings::GroupRef;
use crate::plan::finding::Kind;

#[test]
fn an_unassigned_group_is_assigned_before_anybody_is_created() {
    let mut world = World::empty();
    world.application().groups.clear();
    world.member("ana@x.com");
    assert_eq!(world.lines(), ["assign_group by Agents", "create_user ana@x.com by Agents"]);
    world.settings.mappings[0].assign = false;
    assert_eq!(world.lines(), ["create_user ana@x.com by Agents", "assignment-missing"]);
    world.application().assignment_required = false;
    assert_eq!(world.lines(), ["create_user ana@x.com by Agents", "assignment-not-required"]);
}

#[test]
fn trouble_with_the_application_stops_assignments_and_nothing_else() {
    let mut world = World::empty();
    world.application().groups.clear();
    world.application().enabled = false;
    world.member("ana@x.com");
    assert_eq!(world.lines(), ["create_user ana@x.com by Agents", "application-disabled"]);
    for (state, expected) in [
        (ApplicationState::Missing, "application-missing"),
        (ApplicationState::Ambiguous(vec![ApplicationArn::new("a"), ApplicationArn::new("b")]), "application-missing"),
        (ApplicationState::NotConfigured, "assignment-unchecked"),
    ] {
        world.snapshot.application = state;
        assert_eq!(world.lines(), ["create_user ana@x.com by Agents", expected]);
    }
}

#[test]
fn whoever_the_application_does_not_let_in_is_blocked() {
    let mut world = World::converged(&["ana@x.com", "bo@x.com"]);
    world.application().groups.clear();
    assert_eq!(world.plan().counts().blocked, 2);
    world.application().people.insert(super::world::person_id("ana@x.com"));
    assert_eq!(world.plan().counts().blocked, 1);
    assert_eq!(world.lines(), ["assign_group by Agents", "assignment-direct"]);
    world.application().assignment_required = false;
    assert_eq!(world.plan().counts().blocked, 0);
    world.application().enabled = false;
    assert_eq!(world.plan().counts().blocked, 2);
}

#[test]
fn a_group_that_no_mapping_names_is_left_assigned() {
    let mut world = World::converged(&["ana@x.com"]);
    world.application().groups.insert(GroupId::new("g-other"));
    assert_eq!(world.lines(), ["assignment-left"]);
}

#[test]
fn a_missing_profile_stops_creating_from_its_mapping_only() {
    let mut world = World::empty();
    world.member("ana@x.com");
    world.mapping("Supervisors").security_profiles = vec!["Agent".to_owned(), "CallCentreManager".to_owned()];
    world.group("Supervisors").members.insert(super::world::person_id("bo@x.com"));
    world.person("bo@x.com");
    world.application().groups.insert(GroupId::new("g-supervisors"));
    assert_eq!(world.lines(), ["create_user ana@x.com by Agents", "profile-missing"]);
    let Kind::ProfileMissing { nearest, mappings, .. } = world.plan().findings()[0].kind.clone() else { panic!() };
    assert_eq!((nearest.as_deref(), mappings.as_slice()), (Some("CallCenterManager"), &["Supervisors".to_owned()][..]));
}

#[test]
fn one_missing_profile_is_one_finding_however_many_need_it() {
    let mut world = World::empty();
    world.settings.mappings[0].hierarchy = Some("EMEA/Paris".to_owned());
    world.mapping("Supervisors").hierarchy = Some("EMEA/Paris".to_owned());
    world.group("Supervisors").members.insert(PrincipalId::new("gone"));
    world.group("Agents").members.insert(PrincipalId::new("gone"));
    let codes: Vec<String> = world.lines().into_iter().filter(|line| line.starts_with("profile")).collect();
    assert_eq!(codes, ["profile-missing"]);
}

#[test]
fn profiles_and_hierarchy_groups_may_be_given_by_id() {
    let mut world = World::empty();
    world.member("ana@x.com");
    world.settings.mappings[0].routing_profile = "rp-vip".to_owned();
    world.settings.mappings[0].security_profiles = vec!["sp-agent".to_owned()];
    world.settings.mappings[0].hierarchy = Some("h-london".to_owned());
    let plan = world.plan();
    let changes: Vec<String> = (plan.actions()[0].changes.iter())
        .filter(|change| !change.field.starts_with("tag:"))
        .map(|change| format!("{}={}", change.field, change.to.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        changes,
        [
            "first_name=First ana",
            "last_name=Last ana",
            "routing_profile=VIP",
            "security_profiles=Agent",
            "secondary_email=ana@x.com",
            "hierarchy=EMEA/London"
        ]
    );
}

#[test]
fn a_missing_group_is_told_and_the_others_go_on() {
    let mut world = World::converged(&["ana@x.com"]);
    world.mapping("Nobody knows");
    world.snapshot.directory.groups.insert(GroupRef::parse("Nobody knows"), None);
    world.member("bo@x.com");
    assert_eq!(world.lines(), ["create_user bo@x.com by Agents", "group-missing"]);
}

#[test]
fn one_group_under_two_names_is_mapped_once() {
    let mut world = World::converged(&["ana@x.com"]);
    let group = world.group("Agents").clone();
    let by_id = GroupRef::Id("g-agents".to_owned());
    world.mapping("Agents").group = by_id.clone();
    world.snapshot.directory.groups.insert(by_id, Some(group));
    assert_eq!(world.lines(), [""; 0]);
}

#[test]
fn an_instance_without_saml_fails_the_whole_target() {
    let mut world = World::converged(&["ana@x.com"]);
    world.member("bo@x.com");
    world.snapshot.instance.sign_in = SignIn::Other("CONNECT_MANAGED".to_owned());
    assert_eq!(world.lines(), ["instance-not-saml"]);
    assert!(world.plan().refusal().is_some());
}

#[test]
fn the_readings_tell_of_a_replica_a_slow_index_and_a_wrong_clock() {
    let mut world = World::converged(&["ana@x.com", "bo@x.com"]);
    world.snapshot.instance.replicated = true;
    world.snapshot.users[0].attributes = None;
    world.snapshot.skew = SignedDuration::from_mins(-6);
    assert_eq!(world.lines(), ["index-behind", "clock-skew", "instance-replicated"]);
    assert_eq!(world.plan().findings()[1].message(), "the service's clock is 360 s behind this host's");
    world.snapshot.skew = SignedDuration::from_mins(5);
    assert_eq!(world.lines(), ["index-behind", "instance-replicated"]);
}
