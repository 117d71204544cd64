//! What a pass corrects, what it reports, and what it leaves to people.

use super::world::{AGENTS, World};
use crate::model::connect::{AfterContactWork, Device, Phone};
use crate::model::id::{HierarchyGroupId, RoutingProfileId, SecurityProfileId};
use crate::model::settings::{AttributeMode, AttributeModes, LoginGlob};
use crate::model::tag;
use crate::plan::{Update, Write};

const NOTHING: [&str; 0] = [];

fn all(mode: AttributeMode) -> AttributeModes {
    AttributeModes {
        routing_profile: mode,
        security_profiles: mode,
        name: mode,
        hierarchy: mode,
        phone: mode,
        tags: mode,
    }
}

/// A world whose one user differs from the mapping in everything.
fn different(mode: AttributeMode) -> World {
    let mut world = World::converged(&["ana@x.com"]);
    world.settings.policy.attributes = all(mode);
    let mapping = &mut world.settings.mappings[0];
    mapping.routing_profile = "VIP".to_owned();
    mapping.security_profiles = vec!["CallCenterManager".to_owned()];
    mapping.hierarchy = Some("EMEA/London".to_owned());
    let work = AfterContactWork::Seconds(30);
    mapping.phone = Some(Phone { device: Device::Soft, auto_accept: Some(false), after_contact_work: Some(work) });
    mapping.tags.insert("team".to_owned(), "support".to_owned());
    world.person("ana@x.com").family_name = Some("Silva".to_owned());
    world
}

fn update(world: &World) -> Update {
    let plan = world.plan();
    let updates: Vec<_> = plan
        .actions()
        .iter()
        .filter_map(|action| match &action.write {
            Write::UpdateUser { update, .. } => Some(update.as_ref().clone()),
            _ => None,
        })
        .collect();
    let [update] = updates.as_slice() else { panic!("{plan:#?}") };
    update.clone()
}

#[test]
fn what_is_enforced_is_corrected_and_then_all_is_well() {
    let mut world = different(AttributeMode::Enforce);
    let plan = world.plan();
    assert_eq!(world.lines(), ["update_user ana@x.com by Agents"]);
    let fields: Vec<(&str, Option<&str>, Option<&str>)> = plan.actions()[0]
        .changes
        .iter()
        .map(|change| (change.field.as_str(), change.from.as_deref(), change.to.as_deref()))
        .collect();
    assert_eq!(
        fields,
        [
            ("last_name", Some("Last ana"), Some("Silva")),
            ("routing_profile", Some("Basic Routing Profile"), Some("VIP")),
            ("security_profiles", Some("Agent"), Some("CallCenterManager")),
            ("hierarchy", None, Some("EMEA/London")),
            ("phone", None, Some("soft")),
            ("auto_accept", None, Some("false")),
            ("after_contact_work", None, Some("30s")),
            ("tag:team", None, Some("support")),
        ]
    );
    world.carry_out();
    assert_eq!(world.lines(), NOTHING);
}

#[test]
fn seeds_and_what_is_ignored_are_left_to_people() {
    for mode in [AttributeMode::Seed, AttributeMode::Ignore] {
        assert_eq!(different(mode).lines(), NOTHING, "{mode:?}");
    }
    assert_eq!(different(AttributeMode::Report).lines(), ["attribute-differs ana@x.com"]);
}

#[test]
fn a_move_sets_everything_but_names_and_what_is_ignored() {
    for mode in [AttributeMode::Seed, AttributeMode::Report] {
        let mut world = different(mode);
        world.user("ana@x.com").tags.insert(tag::MAPPING.to_owned(), "g-former".to_owned());
        let update = update(&world);
        assert_eq!((update.first_name, update.last_name), (None, None));
        assert_eq!(update.routing_profile, Some(RoutingProfileId::new("rp-vip")));
        assert_eq!(update.security_profiles, Some([SecurityProfileId::new("sp-manager")].into()));
        assert_eq!(update.hierarchy, Some(HierarchyGroupId::new("h-london")));
        assert!(update.phone.is_some());
        assert_eq!(update.tags.len(), 2);
        assert_eq!(update.tags[tag::MAPPING], AGENTS);
        world.carry_out();
        let left: &[&str] = if mode == AttributeMode::Report { &["attribute-differs ana@x.com"] } else { &[] };
        assert_eq!(world.lines(), left, "only the name still differs");
    }
    let mut world = different(AttributeMode::Ignore);
    world.user("ana@x.com").tags.insert(tag::MAPPING.to_owned(), "g-former".to_owned());
    let tags = [(tag::MAPPING.to_owned(), AGENTS.to_owned())].into();
    assert_eq!(update(&world), Update { tags, ..Update::default() });
}

#[test]
fn a_user_handed_over_by_hand_gets_the_tags_and_is_no_mover() {
    let mut world = different(AttributeMode::Seed);
    for key in [tag::MAPPING, tag::PRINCIPAL] {
        world.user("ana@x.com").tags.remove(key);
    }
    let update = update(&world);
    assert_eq!(update.tags.keys().map(String::as_str).collect::<Vec<_>>(), [tag::MAPPING, tag::PRINCIPAL]);
    assert_eq!(Update { tags: update.tags.clone(), ..Update::default() }, update);
    world.carry_out();
    assert_eq!(world.lines(), NOTHING);
}

#[test]
fn an_owned_user_with_nobodys_login_and_no_person_was_never_anybodys() {
    let mut world = World::converged(&["ana@x.com"]);
    world.settings.policy.removals = crate::model::settings::Removals::Delete;
    world.owned("zoe@x.com", "").tags.remove(tag::PRINCIPAL);
    assert_eq!(world.lines(), ["unmapped zoe@x.com"]);
}

#[test]
fn an_adopted_user_is_corrected_in_the_pass_that_adopts_where_that_is_enforced() {
    let mut world = different(AttributeMode::Enforce);
    world.settings.policy.attributes.security_profiles = AttributeMode::Report;
    world.settings.mappings[0].adopt = true;
    for key in [tag::OWNER, tag::MAPPING, tag::PRINCIPAL] {
        world.user("ana@x.com").tags.remove(key);
    }
    assert_eq!(world.lines(), ["adopt_user ana@x.com by Agents", "update_user ana@x.com by Agents"]);
    let update = update(&world);
    assert!(update.security_profiles.is_none() && update.routing_profile.is_some());
    assert_eq!(update.tags.keys().map(String::as_str).collect::<Vec<_>>(), ["team"], "adopting writes our own tags");
    world.carry_out();
    assert_eq!(world.lines(), ["attribute-differs ana@x.com"]);
}

#[test]
fn nobody_under_protection_is_corrected_but_told_of() {
    let mut world = different(AttributeMode::Enforce);
    world.settings.policy.protect = vec![LoginGlob::parse("ana@*").unwrap()];
    assert_eq!(world.lines(), ["attribute-differs ana@x.com"]);
    world.settings.policy.protect.clear();
    world.user("ana@x.com").security_profiles.insert(SecurityProfileId::new("sp-admin"));
    assert_eq!(world.lines(), ["attribute-differs ana@x.com"]);
}

#[test]
fn a_missing_profile_stops_updates_from_its_mapping() {
    let mut world = different(AttributeMode::Enforce);
    world.settings.mappings[0].routing_profile = "Nowhere".to_owned();
    assert_eq!(world.lines(), ["profile-missing", "attribute-differs ana@x.com"]);
}

#[test]
fn a_derived_name_is_only_ever_a_seed_and_a_long_one_is_cut_before_it_is_compared() {
    let mut world = World::converged(&["ana@x.com"]);
    world.settings.policy.attributes.name = AttributeMode::Enforce;
    let person = world.person("ana@x.com");
    (person.given_name, person.family_name) = (None, Some("e\u{301}".repeat(400)));
    let update = update(&world);
    assert_eq!((update.first_name, update.last_name), (None, Some("é".repeat(300))));
    world.carry_out();
    assert_eq!(world.lines(), NOTHING);
}

#[test]
fn where_there_is_no_room_for_tags_ours_go_first() {
    let mut world = different(AttributeMode::Seed);
    let user = world.user("ana@x.com");
    user.tags.insert(tag::MAPPING.to_owned(), "g-former".to_owned());
    user.tags.extend((0..47).map(|n| (format!("k{n}"), String::new())));
    assert_eq!(world.lines(), ["update_user ana@x.com by Agents", "tags-full ana@x.com"]);
    assert_eq!(update(&world).tags.keys().collect::<Vec<_>>(), [tag::MAPPING]);
}
