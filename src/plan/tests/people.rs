//! What happens to members.

use super::world::{World, person_id};
use crate::model::directory::Status;
use crate::model::id::{Login, SecurityProfileId};
use crate::model::settings::{Accept, LoginFrom, LoginGlob, Mismatches};
use crate::model::tag;
use crate::plan::Write;
use crate::plan::finding::Kind;

#[test]
fn equal_worlds_need_nothing() {
    let world = World::converged(&["ana@x.com", "bo@x.com"]);
    assert_eq!(world.lines(), [""; 0]);
    let plan = world.plan();
    assert_eq!((plan.counts().members, plan.counts().blocked, plan.counts().owned), (2, 0, 2));
    assert_eq!(plan.counts().by_mapping["Agents"], 2);
}

#[test]
fn a_member_without_a_connect_user_is_created_with_all_that_the_call_needs() {
    let mut world = World::empty();
    world.member("ana@x.com");
    assert_eq!(world.lines(), ["create_user ana@x.com by Agents"]);
    let plan = world.plan();
    let Write::CreateUser { user, principal } = &plan.actions()[0].write else { panic!("{plan:?}") };
    assert_eq!(principal, &person_id("ana@x.com"));
    assert_eq!(user.login, Login::new("ana@x.com"));
    assert_eq!((user.first_name.as_str(), user.last_name.as_str()), ("First ana", "Last ana"));
    assert_eq!((&user.email, user.secondary_email.as_deref()), (&None, Some("ana@x.com")));
    let tags: Vec<_> = user.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(tags, ["rollcall:mapping=g-agents", "rollcall:owner=rollcall", "rollcall:principal=p-ana@x.com"]);
    assert_eq!(plan.counts().blocked, 1);
}

#[test]
fn an_address_that_the_service_refuses_is_left_out_and_so_is_one_that_nobody_wants() {
    let mut world = World::empty();
    world.settings.login_from = LoginFrom::Username;
    world.member("o'brien@x.com").user_name = Some("obrien".to_owned());
    let secondary = |world: &World| {
        let plan = world.plan();
        let Write::CreateUser { user, .. } = &plan.actions()[0].write else { panic!("{plan:?}") };
        user.secondary_email.clone()
    };
    assert_eq!(secondary(&world), None);
    world.person("o'brien@x.com").user_name = None;
    world.snapshot.directory.principals.get_mut(&person_id("o'brien@x.com")).unwrap().email =
        Some("ob@x.com".to_owned());
    world.snapshot.directory.principals.get_mut(&person_id("o'brien@x.com")).unwrap().user_name = Some("ob".to_owned());
    assert_eq!(secondary(&world).as_deref(), Some("ob@x.com"));
    world.settings.secondary_email = false;
    assert_eq!(secondary(&world), None);
}

#[test]
fn a_person_without_the_attribute_has_no_login() {
    let mut world = World::empty();
    world.member("ana@x.com").email = None;
    assert_eq!(world.lines(), ["email-missing"]);
    world.settings.login_from = LoginFrom::Username;
    assert_eq!(world.lines(), ["create_user ana by Agents"]);
}

#[test]
fn a_login_that_cannot_pass_is_reported_and_never_tried() {
    let mut world = World::empty();
    world.member("ana+test@x.com");
    world.member("josé@x.com");
    assert_eq!(world.lines(), ["login-invalid ana+test@x.com", "login-invalid josé@x.com"]);
}

#[test]
fn a_login_in_another_case_is_found_but_does_not_pass() {
    let mut world = World::empty();
    world.member("agent1@x.com");
    world.foreign("Agent1@x.com");
    assert_eq!(world.lines(), ["login-case Agent1@x.com"]);
    assert_eq!(world.plan().counts().blocked, 1);
}

#[test]
fn a_login_under_the_user_name_or_another_domain_holds_the_creation() {
    for existing in ["ana", "ANA", "ana@old.com", "Ana@old.com"] {
        let mut world = World::empty();
        world.member("ana@x.com");
        world.foreign(existing);
        assert_eq!(world.lines(), [format!("email-mismatch {existing}")], "{existing}");
        world.settings.policy.mismatches = Mismatches::Create;
        let expected = ["create_user ana@x.com by Agents".to_owned(), format!("email-mismatch {existing}")];
        assert_eq!(world.lines(), expected, "{existing}");
    }
}

#[test]
fn a_protected_user_is_in_nobodys_way() {
    let mut world = World::empty();
    world.member("admin@x.com");
    world.foreign("admin");
    world.settings.policy.protect = vec![LoginGlob::parse("ADMIN").unwrap()];
    assert_eq!(world.lines(), ["create_user admin@x.com by Agents"]);
    world.settings.policy.protect.push(LoginGlob::parse("*@x.com").unwrap());
    assert_eq!(world.lines(), [""; 0], "a protected login is not created either");
}

#[test]
fn two_members_with_one_login_are_both_left_alone() {
    let mut world = World::empty();
    world.member("ana@x.com");
    world.member("bo@x.com").email = Some("Ana@x.com".to_owned());
    world.foreign("ANA@x.com");
    assert_eq!(world.lines(), ["login-duplicate ana@x.com", "login-duplicate Ana@x.com"]);
}

#[test]
fn a_served_foreign_user_is_no_finding_and_is_adopted_only_where_the_mapping_says_so() {
    let mut world = World::empty();
    world.member("ana@x.com");
    world.foreign("ana@x.com");
    assert_eq!(world.lines(), [""; 0]);
    assert_eq!(world.plan().counts().blocked, 0);
    world.settings.mappings[0].adopt = true;
    assert_eq!(world.lines(), ["adopt_user ana@x.com by Agents"]);
    let plan = world.plan();
    let Write::AdoptUser { tags, .. } = &plan.actions()[0].write else { panic!("{plan:?}") };
    assert_eq!(tags.keys().collect::<Vec<_>>(), [tag::MAPPING, tag::OWNER, tag::PRINCIPAL]);
}

#[test]
fn administrators_protected_users_and_those_of_other_owners_are_never_adopted() {
    let adoptable = || {
        let mut world = World::empty();
        world.settings.mappings[0].adopt = true;
        world.member("ana@x.com");
        world.foreign("ana@x.com");
        world
    };
    let mut world = adoptable();
    world.settings.policy.protect = vec![LoginGlob::parse("ana@*").unwrap()];
    assert_eq!(world.lines(), [""; 0]);

    let mut world = adoptable();
    let attributes = world.snapshot.users[0].attributes.as_mut().unwrap();
    attributes.security_profiles.insert(SecurityProfileId::new("sp-admin"));
    assert_eq!(world.lines(), [""; 0]);
    world.settings.policy.protect_admins = false;
    assert_eq!(world.lines(), ["adopt_user ana@x.com by Agents"]);

    let mut world = adoptable();
    let attributes = world.snapshot.users[0].attributes.as_mut().unwrap();
    attributes.tags.insert(tag::OWNER.to_owned(), "another".to_owned());
    assert_eq!(world.lines(), ["owned-elsewhere ana@x.com"]);

    let mut world = adoptable();
    world.snapshot.users[0].attributes = None;
    assert_eq!(world.lines(), ["index-behind"], "of an unknown owner nothing is planned");

    let mut world = adoptable();
    let attributes = world.snapshot.users[0].attributes.as_mut().unwrap();
    attributes.tags.extend((0..48).map(|n| (format!("k{n}"), String::new())));
    assert_eq!(world.lines(), ["tags-full ana@x.com"]);
}

#[test]
fn a_changed_email_is_reported_and_nothing_is_created_beside_it() {
    let mut world = World::converged(&["ana@x.com"]);
    world.person("ana@x.com").email = Some("ana.silva@x.com".to_owned());
    assert_eq!(world.lines(), ["login-changed ana@x.com"]);
    world.person("ana@x.com").email = Some("Ana@x.com".to_owned());
    assert_eq!(world.lines(), ["login-case ana@x.com"], "renames included");
}

#[test]
fn of_several_users_of_one_person_the_exact_one_counts() {
    let mut world = World::converged(&["ana@x.com"]);
    world.owned("ana.old@x.com", "ana@x.com");
    assert_eq!(world.lines(), ["superseded ana.old@x.com"]);
    world.person("ana@x.com").email = Some("ana.new@x.com".to_owned());
    assert_eq!(world.lines(), ["principal-duplicate ana.new@x.com"]);
}

#[test]
fn an_address_that_another_person_had_is_never_handed_over_silently() {
    let mut world = World::empty();
    world.member("ana@x.com");
    world.owned("ana@x.com", "gone@x.com");
    assert_eq!(world.lines(), ["email-reused ana@x.com"]);
}

#[test]
fn a_user_handed_over_by_hand_is_linked_by_its_login() {
    let mut world = World::converged(&["ana@x.com"]);
    let tags = &mut world.snapshot.users[0].attributes.as_mut().unwrap().tags;
    tags.remove(tag::PRINCIPAL);
    tags.remove(tag::MAPPING);
    assert_eq!(world.lines(), ["update_user ana@x.com by Agents"]);
    world.group("Agents").members.clear();
    assert_eq!(world.lines(), ["group-empty", "unmapped ana@x.com"]);
}

#[test]
fn the_first_listed_mapping_wins() {
    let mut world = World::empty();
    world.mapping("Supervisors").routing_profile = "VIP".to_owned();
    world.member("ana@x.com");
    world.group("Supervisors").members.insert(person_id("ana@x.com"));
    world.application().groups.insert(crate::model::id::GroupId::new("g-supervisors"));
    assert_eq!(world.lines(), ["create_user ana@x.com by Agents", "several-groups ana@x.com"]);
    world.settings.mappings.reverse();
    assert_eq!(world.lines(), ["create_user ana@x.com by Supervisors", "several-groups ana@x.com"]);
    assert_eq!(world.plan().counts().by_mapping["Supervisors"], 1);
}

#[test]
fn a_disabled_person_is_no_member_and_an_unknown_status_is_not_disabled() {
    let mut world = World::empty();
    world.member("ana@x.com").status = Status::Disabled;
    assert_eq!(world.lines(), ["member-disabled"]);
    world.person("ana@x.com").status = Status::Unknown;
    assert_eq!(world.lines(), ["create_user ana@x.com by Agents"]);
}

#[test]
fn a_membership_whose_principal_is_gone_is_nobodys_trouble() {
    let mut world = World::converged(&["ana@x.com"]);
    world.group("Agents").members.insert(person_id("gone@x.com"));
    assert_eq!(world.lines(), [""; 0]);
}

#[test]
fn a_name_that_had_to_be_made_up_is_told() {
    let mut world = World::empty();
    world.member("ana@x.com").family_name = None;
    assert_eq!(world.lines(), ["create_user ana@x.com by Agents", "name-derived ana@x.com"]);
}

#[test]
fn an_accepted_finding_is_marked_until_its_day() {
    let mut world = World::empty();
    world.member("o'brien@x.com");
    let accept = |until: Option<&str>| Accept {
        code: "login-invalid".to_owned(),
        login: Some(LoginGlob::parse("O'Brien@*").unwrap()),
        until: until.map(|until| until.parse().unwrap()),
        why: None,
    };
    for (until, expected) in [
        (None, "login-invalid o'brien@x.com (accepted)"),
        (Some("2026-11-21"), "login-invalid o'brien@x.com (accepted)"),
        (Some("2026-11-20"), "login-invalid o'brien@x.com"),
    ] {
        world.settings.accepts = vec![accept(until)];
        assert_eq!(world.lines(), [expected], "{until:?}");
    }
}

#[test]
fn a_finding_keeps_its_identity_and_another_target_has_another() {
    let mut world = World::empty();
    world.member("ana+1@x.com");
    let one = world.plan().findings()[0].clone();
    let mut later = one.clone();
    later.kind = match later.kind {
        Kind::LoginInvalid { .. } => Kind::LoginInvalid { unfit: crate::plan::login::Unfit::Short },
        other => panic!("{other:?}"),
    };
    assert_eq!(one.id(&world.settings.name), later.id(&world.settings.name), "evidence is no part of it");
    assert_ne!(one.id(&world.settings.name), one.id(&crate::model::id::TargetName::new("sales")));
}

#[test]
fn what_a_terminal_would_act_on_is_written_out() {
    let mut world = World::empty();
    world.member("\u{202e}live\u{1b}[31m@x.com");
    let message = world.plan().findings()[0].message();
    assert!(message.starts_with("`\\u{202e}live\\u{1b}[31m@x.com` cannot"), "{message}");
    let mut world = World::empty();
    world.member("zoë@x.com");
    assert!(world.plan().findings()[0].message().ends_with("`ë` may not stand in it"));
}
