//! What guards hold back, and what they let pass.

use jiff::SignedDuration;

use super::world::{World, person_id};
use crate::model::directory::Status;
use crate::model::id::GroupId;
use crate::model::settings::{GroupRef, Limit, Removals};
use crate::model::tag;
use crate::plan::{ActionKind, Guard};

fn crowd(count: usize) -> World {
    let emails: Vec<String> = (0..count).map(|n| format!("agent{n:04}@x.com")).collect();
    let mut world = World::converged(&emails.iter().map(String::as_str).collect::<Vec<_>>());
    world.settings.policy.removals = Removals::Delete;
    world
}

fn leave(world: &mut World, from: usize, to: usize) {
    for n in from..to {
        world.group("Agents").members.remove(&person_id(&format!("agent{n:04}@x.com")));
    }
}

type Passed = Vec<(ActionKind, usize)>;
type Held = Vec<(ActionKind, Guard, usize)>;

/// Kinds and their numbers: to be done, and withheld with the guard.
fn counts(world: &World) -> (Passed, Held) {
    let plan = world.plan();
    let of = |kind| plan.actions().iter().filter(|action| action.kind() == kind).count();
    let held =
        |kind, guard| plan.withheld().iter().filter(|held| held.action.kind() == kind && held.guard == guard).count();
    let acts = ActionKind::ALL.into_iter().map(|kind| (kind, of(kind))).filter(|(_, count)| *count > 0);
    let withheld = ActionKind::ALL
        .into_iter()
        .flat_map(|kind| Guard::ALL.map(|guard| (kind, guard, held(kind, guard))))
        .filter(|(.., count)| *count > 0);
    (acts.collect(), withheld.collect())
}

fn marked_and_due(count: usize, leavers: usize) -> World {
    let mut world = crowd(count);
    leave(&mut world, 0, leavers);
    world.carry_out();
    world.wait(SignedDuration::from_hours(72));
    world
}

#[test]
fn a_tenth_may_be_quarantined_in_a_day_and_past_it_nobody_is() {
    let world = marked_and_due(100, 10);
    assert_eq!(counts(&world), (vec![(ActionKind::QuarantineUser, 10)], vec![]));
    let world = marked_and_due(100, 11);
    assert_eq!(counts(&world), (vec![], vec![(ActionKind::QuarantineUser, Guard::MaxRemovals, 11)]));
}

#[test]
fn three_are_always_allowed_by_a_percentage_and_a_number_is_exact() {
    let mut world = marked_and_due(10, 3);
    assert_eq!(counts(&world).1, []);
    world.settings.policy.max_removals = Limit::Count(2);
    assert_eq!(counts(&world).1, [(ActionKind::QuarantineUser, Guard::MaxRemovals, 3)]);
    world.settings.policy.max_removals = Limit::Count(0);
    assert_eq!(counts(&world).1, [(ActionKind::QuarantineUser, Guard::MaxRemovals, 3)]);
}

#[test]
fn quarantines_of_the_last_day_count() {
    let mut world = marked_and_due(100, 6);
    world.carry_out();
    leave(&mut world, 6, 12);
    world.settings.policy.grace = SignedDuration::ZERO;
    world.carry_out();
    // 94 are not in quarantine, so 9 may be; 6 were today, and 6 more are due.
    assert_eq!(counts(&world), (vec![], vec![(ActionKind::QuarantineUser, Guard::MaxRemovals, 6)]));
    world.wait(SignedDuration::from_hours(24));
    assert_eq!(counts(&world), (vec![(ActionKind::QuarantineUser, 6)], vec![]));
}

#[test]
fn quarantines_whose_date_is_no_use_count() {
    for date in ["2026-11-24T10:00:00Z", "2027-01-03T09:00:00Z", "yesterday"] {
        let mut world = marked_and_due(100, 12);
        for n in 0..6 {
            let tags = &mut world.user(&format!("agent{n:04}@x.com")).tags;
            tags.insert(tag::QUARANTINED_AT.to_owned(), date.to_owned());
        }
        let held = (ActionKind::QuarantineUser, Guard::MaxRemovals, 6);
        assert_eq!(counts(&world), (vec![(ActionKind::MarkAbsent, 6)], vec![held]), "{date}");
        // Written anew they lie on this day, and count on.
        world.carry_out();
        assert_eq!(counts(&world), (vec![], vec![held]), "{date}");
        world.wait(SignedDuration::from_hours(24));
        assert_eq!(counts(&world), (vec![(ActionKind::QuarantineUser, 6)], vec![]), "{date}");
    }
}

#[test]
fn deletions_count_by_pass() {
    let mut world = marked_and_due(100, 10);
    world.carry_out();
    world.wait(SignedDuration::from_hours(24 * 30));
    assert_eq!(counts(&world), (vec![], vec![(ActionKind::DeleteUser, Guard::MaxRemovals, 10)]), "a tenth of 90 is 9");
    world.settings.policy.max_removals = Limit::Count(10);
    assert_eq!(counts(&world), (vec![(ActionKind::DeleteUser, 10)], vec![]));
}

#[test]
fn changes_past_the_limit_are_withheld_together_and_the_rest_goes_on() {
    let mut world = crowd(4);
    world.settings.policy.max_changes = Limit::Count(2);
    world.settings.policy.attributes.name = crate::model::settings::AttributeMode::Enforce;
    world.settings.mappings[0].adopt = true;
    world.application().groups.clear();
    world.person("agent0000@x.com").family_name = Some("New".to_owned());
    world.member("new@x.com");
    world.member("hand@x.com");
    world.foreign("hand@x.com");
    leave(&mut world, 1, 2);
    let (acts, held) = counts(&world);
    assert_eq!(acts, [(ActionKind::AssignGroup, 1), (ActionKind::MarkAbsent, 1)]);
    assert_eq!(
        held,
        [ActionKind::CreateUser, ActionKind::AdoptUser, ActionKind::UpdateUser].map(|kind| (
            kind,
            Guard::MaxChanges,
            1
        ))
    );
    world.settings.policy.max_changes = Limit::Count(3);
    assert_eq!(counts(&world).1, []);
}

#[test]
fn five_hundred_are_always_allowed_by_a_percentage() {
    let mut world = World::empty();
    for n in 0..500 {
        world.member(&format!("agent{n:04}@x.com"));
    }
    assert_eq!(counts(&world), (vec![(ActionKind::CreateUser, 500)], vec![]));
    world.member("one-more@x.com");
    assert_eq!(counts(&world), (vec![], vec![(ActionKind::CreateUser, Guard::MaxChanges, 501)]));
}

#[test]
fn where_nobody_is_left_in_a_group_its_people_have_not_left() {
    let mut world = crowd(3);
    leave(&mut world, 0, 3);
    assert_eq!(counts(&world), (vec![], vec![(ActionKind::MarkAbsent, Guard::EmptyGroup, 3)]));
    // The disabled do not count.
    let mut world = crowd(3);
    for n in 0..3 {
        world.person(&format!("agent{n:04}@x.com")).status = Status::Disabled;
    }
    assert_eq!(counts(&world), (vec![], vec![(ActionKind::MarkAbsent, Guard::EmptyGroup, 3)]));
}

#[test]
fn where_a_group_cannot_be_found_nobody_of_an_unknown_group_has_left() {
    let mut world = crowd(3);
    world.snapshot.directory.groups.insert(GroupRef::parse("Agents"), None);
    assert_eq!(counts(&world), (vec![], vec![(ActionKind::MarkAbsent, Guard::GroupMissing, 3)]));
    // A group that is given by id is missing for its own people alone.
    let id = "1a2b3c4d-0000-4000-8000-000000000000";
    let mut world = crowd(3);
    world.settings.mappings[0].group = GroupRef::parse(id);
    world.snapshot.directory.groups = [(GroupRef::parse(id), None)].into();
    assert_eq!(counts(&world).1, [(ActionKind::MarkAbsent, Guard::Unmapped, 3)]);
    for n in 0..3 {
        world.user(&format!("agent{n:04}@x.com")).tags.insert(tag::MAPPING.to_owned(), id.to_owned());
    }
    assert_eq!(counts(&world).1, [(ActionKind::MarkAbsent, Guard::GroupMissing, 3)]);
}

#[test]
fn people_of_a_mapping_that_was_taken_out_need_a_decision() {
    let mut world = crowd(2);
    world.mapping("Others");
    world.group("Others").members.insert(person_id("o@x.com"));
    world.settings.mappings.remove(0);
    world.application().groups = [GroupId::new("g-others")].into();
    assert_eq!(
        world.lines(),
        [
            "mark_absent agent0000@x.com withheld by unmapped",
            "mark_absent agent0001@x.com withheld by unmapped",
            "unmapped agent0000@x.com",
            "unmapped agent0001@x.com"
        ]
    );
}

#[test]
fn a_code_stands_for_exactly_these_actions_of_this_target() {
    let world = marked_and_due(100, 20);
    let code = world.plan().approval().unwrap().to_owned();
    assert_eq!(code.len(), 8);
    assert_eq!(world.plan().approval(), Some(code.as_str()), "the same while they are the same");
    let mut later = world.clone();
    later.wait(SignedDuration::from_hours(1));
    assert_eq!(later.plan().approval(), Some(code.as_str()), "time is no part of it");
    let more = marked_and_due(100, 21);
    assert_ne!(more.plan().approval(), Some(code.as_str()));
    let mut other = world.clone();
    other.settings.name = crate::model::id::TargetName::new("sales");
    assert_ne!(other.plan().approval(), Some(code.as_str()));
    let mut plan = world.plan();
    assert!(plan.approve(&code));
    assert_eq!((plan.actions().len(), plan.withheld().len()), (20, 0));
}
