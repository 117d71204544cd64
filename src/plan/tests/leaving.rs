//! The ladder of those who leave: one rung in a pass, each in its time, each dated.

use jiff::SignedDuration;

use super::world::{World, person_id};
use crate::model::directory::Status;
use crate::model::id::{GroupId, SecurityProfileId};
use crate::model::settings::{LoginGlob, Removals, Renames};
use crate::model::tag;
use crate::plan::finding::{Code, Kind};
use crate::plan::{ActionKind, Reason, Write};

const NOTHING: [&str; 0] = [];

/// Ana is outside, Bo stays.
fn world(removals: Removals) -> World {
    let mut world = World::converged(&["ana@x.com", "bo@x.com"]);
    world.settings.policy.removals = removals;
    world.group("Agents").members.remove(&person_id("ana@x.com"));
    world.snapshot.directory.principals.remove(&person_id("ana@x.com"));
    world
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

#[test]
fn a_leaver_goes_down_one_rung_in_a_pass_each_in_its_time() {
    let mut world = world(Removals::Delete);
    assert_eq!(world.carry_out(), ["mark_absent ana@x.com"]);
    assert_eq!(world.user("ana@x.com").tags[tag::ABSENT_SINCE], "2026-11-21T09:00:00Z");
    assert_eq!(world.carry_out(), NOTHING, "the grace has only begun");
    world.wait(hours(72) - SignedDuration::from_secs(1));
    assert_eq!(world.carry_out(), NOTHING);
    world.wait(SignedDuration::from_secs(1));
    assert_eq!(world.carry_out(), ["quarantine_user ana@x.com"]);
    let user = world.user("ana@x.com").clone();
    assert_eq!(user.routing_profile.unwrap().as_str(), "rp-parking");
    assert_eq!(user.security_profiles, [SecurityProfileId::new("sp-none")].into());
    assert_eq!(user.tags[tag::QUARANTINED_AT], "2026-11-24T09:00:00Z");
    assert_eq!(user.tags[tag::WAS_ROUTING_PROFILE], "rp-basic");
    assert_eq!(user.tags[tag::WAS_SECURITY_PROFILES], "sp-agent");
    world.wait(hours(30 * 24) - SignedDuration::from_secs(1));
    assert_eq!(world.carry_out(), NOTHING);
    world.wait(SignedDuration::from_secs(1));
    assert_eq!(world.carry_out(), ["delete_user ana@x.com"]);
    assert_eq!(world.lines(), NOTHING);
}

#[test]
fn the_policy_says_how_far_it_goes() {
    let mut world = world(Removals::Report);
    assert_eq!(world.lines(), ["leaver ana@x.com"]);
    world.settings.policy.removals = Removals::Quarantine;
    for _ in 0..2 {
        world.carry_out();
        world.wait(hours(24 * 365));
    }
    assert!(world.user("ana@x.com").tags.contains_key(tag::QUARANTINED_AT));
    assert_eq!(world.lines(), ["leaver ana@x.com"], "nobody is deleted who may only be quarantined");
    world.settings.policy.removals = Removals::Report;
    assert_eq!(world.lines(), ["leaver ana@x.com"], "what was begun stays where it is");
}

#[test]
fn without_grace_it_is_still_one_rung_in_a_pass() {
    let mut world = world(Removals::Delete);
    (world.settings.policy.grace, world.settings.policy.delete_after) = (hours(0), hours(0));
    assert_eq!(world.carry_out(), ["mark_absent ana@x.com"]);
    assert_eq!(world.carry_out(), ["quarantine_user ana@x.com"]);
    assert_eq!(world.carry_out(), ["delete_user ana@x.com"]);
}

#[test]
fn every_rung_says_what_is_next_and_when() {
    let mut world = world(Removals::Delete);
    let next = |world: &World| {
        let plan = world.plan();
        let Kind::Leaver { rung, .. } = plan.findings()[0].kind.clone() else { panic!("{plan:?}") };
        let (kind, due) = rung.next.unwrap();
        (kind, due.to_string(), plan.findings()[0].message())
    };
    assert_eq!(next(&world).0, ActionKind::MarkAbsent);
    world.carry_out();
    let (kind, due, message) = next(&world);
    assert_eq!((kind, due.as_str()), (ActionKind::QuarantineUser, "2026-11-24T09:00:00Z"));
    assert_eq!(
        message,
        "the person of the Connect user `ana@x.com` is in no mapped group any more; marked absent since 2026-11-21 \
         09:00 UTC; next is quarantine, due 2026-11-24 09:00 UTC"
    );
    world.wait(hours(72));
    world.carry_out();
    let (kind, due, _) = next(&world);
    assert_eq!((kind, due.as_str()), (ActionKind::DeleteUser, "2026-12-24T09:00:00Z"));
}

#[test]
fn the_disabled_are_quarantined_and_never_deleted() {
    let mut world = World::converged(&["ana@x.com", "bo@x.com"]);
    world.settings.policy.removals = Removals::Delete;
    world.person("ana@x.com").status = Status::Disabled;
    for done in ["mark_absent ana@x.com", "quarantine_user ana@x.com"] {
        assert_eq!(world.carry_out(), [done]);
        world.wait(hours(24 * 400));
    }
    assert_eq!(world.lines(), ["leaver ana@x.com", "member-disabled"]);
    let plan = {
        world.group("Agents").members.remove(&person_id("ana@x.com"));
        world.plan()
    };
    let Write::DeleteUser { departed } = &plan.actions()[0].write else { panic!("{plan:?}") };
    assert_eq!(departed.reason, Reason::Outside(vec![GroupId::new("g-agents")]), "now they are outside as well");
}

#[test]
fn a_mark_that_is_no_use_is_written_anew_and_never_due() {
    for value in ["yesterday", "2099-01-01T00:00:00Z"] {
        for key in [tag::ABSENT_SINCE, tag::QUARANTINED_AT] {
            let mut world = world(Removals::Delete);
            world.user("ana@x.com").tags.insert(key.to_owned(), value.to_owned());
            let lines = world.lines();
            assert_eq!(
                lines,
                ["mark_absent ana@x.com by Agents", "leaver ana@x.com", "tag-invalid ana@x.com"],
                "{key} {value}"
            );
            world.carry_out();
            assert_eq!(world.user("ana@x.com").tags[key], "2026-11-21T09:00:00Z");
            assert_eq!(world.carry_out(), NOTHING);
        }
    }
}

#[test]
fn a_quarantine_that_was_cut_short_forgets_nothing() {
    let mut world = world(Removals::Quarantine);
    world.carry_out();
    world.wait(hours(72));
    // Killed after the tags of what they had, and after the profiles, but before the date.
    let user = world.user("ana@x.com");
    user.tags.insert(tag::WAS_ROUTING_PROFILE.to_owned(), "rp-vip".to_owned());
    user.tags.insert(tag::WAS_SECURITY_PROFILES.to_owned(), "sp-agent sp-manager".to_owned());
    user.routing_profile = Some(crate::model::id::RoutingProfileId::new("rp-parking"));
    assert_eq!(world.carry_out(), ["quarantine_user ana@x.com"]);
    let tags = &world.user("ana@x.com").tags;
    assert_eq!(
        (tags[tag::WAS_ROUTING_PROFILE].as_str(), tags[tag::WAS_SECURITY_PROFILES].as_str()),
        ("rp-vip", "sp-agent sp-manager")
    );
}

#[test]
fn nobody_under_protection_leaves() {
    let mut world = world(Removals::Delete);
    world.settings.policy.protect = vec![LoginGlob::parse("ANA@*").unwrap()];
    assert_eq!(world.lines(), ["leaver ana@x.com"]);
    world.settings.policy.protect.clear();
    world.user("ana@x.com").security_profiles.insert(SecurityProfileId::new("sp-admin"));
    assert_eq!(world.lines(), ["leaver ana@x.com"]);
    world.settings.policy.protect_admins = false;
    assert_eq!(world.lines(), ["mark_absent ana@x.com by Agents", "leaver ana@x.com"]);
}

#[test]
fn nobody_is_taken_down_while_the_clocks_disagree() {
    for skew in [SignedDuration::from_mins(6), SignedDuration::from_hours(-960)] {
        let mut world = world(Removals::Delete);
        world.snapshot.skew = skew;
        assert_eq!(world.lines(), ["leaver ana@x.com", "clock-skew"]);
        world.snapshot.skew = SignedDuration::ZERO;
        world.carry_out();
        world.wait(hours(24 * 400));
        world.snapshot.skew = skew;
        assert_eq!(world.carry_out(), NOTHING);
    }
}

#[test]
fn what_nobody_can_quarantine_into_stops_the_ladder_there() {
    let mut world = world(Removals::Delete);
    world.settings.quarantine.as_mut().unwrap().routing_profile = "Parkin".to_owned();
    assert_eq!(world.carry_out(), ["mark_absent ana@x.com"]);
    world.wait(hours(72));
    assert_eq!(world.lines(), ["profile-missing", "leaver ana@x.com"]);
    let plan = world.plan();
    assert!(plan.findings()[0].message().contains("needed by `[quarantine]`"), "{}", plan.findings()[0].message());
}

#[test]
fn nobody_is_quarantined_into_what_a_mapping_gives() {
    let mut world = world(Removals::Delete);
    // By id, where the mapping names it: the configuration cannot tell.
    world.settings.quarantine.as_mut().unwrap().security_profiles.push("sp-agent".to_owned());
    world.carry_out();
    world.wait(hours(72));
    assert_eq!(world.lines(), ["profile-missing", "leaver ana@x.com"]);
    let message = world.plan().findings()[0].message();
    assert!(message.contains("`Agent`, which the mapping of `Agents` gives"), "{message}");
}

#[test]
fn fifty_tags_leave_no_room_for_a_mark() {
    let mut world = world(Removals::Quarantine);
    let tags = &mut world.user("ana@x.com").tags;
    tags.extend((0..47).map(|n| (format!("k{n}"), String::new())));
    assert_eq!(world.lines(), ["leaver ana@x.com", "tags-full ana@x.com"]);
    world.user("ana@x.com").tags.remove("k0");
    assert_eq!(world.carry_out(), ["mark_absent ana@x.com"]);
    world.wait(hours(72));
    assert_eq!(world.lines(), ["leaver ana@x.com", "tags-full ana@x.com"], "quarantine needs three more");
}

#[test]
fn somebody_elses_id_on_a_user_makes_neither_of_them_leave() {
    let mut world = World::converged(&["ana@x.com", "bo@x.com"]);
    world.settings.policy.removals = Removals::Delete;
    world.user("ana@x.com").tags.insert(tag::PRINCIPAL.to_owned(), person_id("bo@x.com").to_string());
    // Bo's own user is exact; Ana's login is a member's, so nobody who carries Bo's id is superseded by it.
    assert_eq!(world.lines(), ["email-reused ana@x.com"]);
}

#[test]
fn of_several_users_of_somebody_who_left_each_is_a_leaver_of_its_own() {
    let mut world = world(Removals::Report);
    world.owned("bo.z@x.com", "gone@x.com");
    world.owned("bo.a@x.com", "gone@x.com");
    let lines = world.lines();
    let leavers: Vec<_> = lines.iter().filter(|line| line.starts_with("leaver bo")).collect();
    assert_eq!(leavers, ["leaver bo.a@x.com", "leaver bo.z@x.com"]);
}

#[test]
fn an_earlier_user_of_the_same_person_goes_down_the_ladder() {
    let mut world = World::converged(&["ana@x.com"]);
    world.settings.policy.removals = Removals::Delete;
    world.owned("ana.old@x.com", "ana@x.com");
    for done in ["mark_absent ana.old@x.com", "quarantine_user ana.old@x.com", "delete_user ana.old@x.com"] {
        assert_eq!(world.plan().findings()[0].code(), Code::Superseded);
        assert_eq!(world.carry_out(), [done]);
        world.wait(hours(24 * 40));
    }
    assert_eq!(world.lines(), NOTHING);
}

#[test]
fn a_rename_is_reported_or_makes_a_new_user() {
    let mut world = World::converged(&["ana@x.com"]);
    world.settings.policy.removals = Removals::Delete;
    world.person("ana@x.com").email = Some("ana.silva@x.com".to_owned());
    assert_eq!(world.lines(), ["login-changed ana@x.com"]);
    world.settings.policy.renames = Renames::Recreate;
    assert_eq!(world.lines(), ["create_user ana.silva@x.com by Agents", "login-changed ana@x.com"]);
    world.carry_out();
    assert_eq!(world.lines(), ["mark_absent ana@x.com by Agents", "superseded ana@x.com"]);
}

#[test]
fn a_rename_in_case_alone_makes_no_second_user() {
    let mut world = World::converged(&["ana@x.com"]);
    world.settings.policy.renames = Renames::Recreate;
    world.person("ana@x.com").email = Some("Ana@x.com".to_owned());
    assert_eq!(world.lines(), ["login-case ana@x.com"]);
}

#[test]
fn of_several_users_of_one_person_none_is_preferred_where_none_fits() {
    let mut world = World::converged(&["bo@x.com"]);
    world.settings.policy.removals = Removals::Delete;
    world.settings.policy.renames = Renames::Recreate;
    world.member("ana@x.com");
    world.owned("ana1@x.com", "ana@x.com");
    world.owned("ana2@x.com", "ana@x.com");
    assert_eq!(world.lines(), ["principal-duplicate ana@x.com"]);
}

#[test]
fn whom_the_index_does_not_carry_is_left_alone() {
    let mut world = world(Removals::Delete);
    let user = world.snapshot.users.iter_mut().find(|user| user.login.as_str() == "ana@x.com").unwrap();
    user.attributes = None;
    assert_eq!(world.lines(), ["index-behind"]);
}
