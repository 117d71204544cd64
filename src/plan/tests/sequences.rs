//! What holds through any sequence of passes, hours, and things that happen to people.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

use super::world::{World, person_id};
use crate::model::connect::{Attributes, ConnectUser};
use crate::model::directory::Status;
use crate::model::id::{GroupId, Login, RoutingProfileId, SecurityProfileId};
use crate::model::settings::{AttributeMode, AttributeModes, Limit, LoginGlob, Mismatches, Removals, Renames};
use crate::model::tag;
use crate::plan::{ActionKind, Ownership, Write, login};

/// So many people there are; people are told apart by number.
const PEOPLE: usize = 7;

/// Something that happens between passes.
#[derive(Debug, Clone)]
enum Event {
    Pass,
    Hours(i64),
    Leave(usize),
    Join(usize),
    Disable(usize),
    Enable(usize),
    Vanish(usize),
    Move(usize),
    Rename(usize),
    /// A supervisor gives somebody another routing profile.
    Reassign(usize),
    /// Somebody edits a tag by hand.
    Edit(usize, &'static str, &'static str),
    ByHand(usize),
    Skew(i64),
}

fn event() -> impl Strategy<Value = Event> {
    let who = 0..PEOPLE;
    let key = prop_oneof![
        Just(tag::ABSENT_SINCE),
        Just(tag::QUARANTINED_AT),
        Just(tag::MAPPING),
        Just(tag::PRINCIPAL),
        Just(tag::OWNER),
        Just(tag::WAS_ROUTING_PROFILE),
    ];
    let value = prop_oneof![
        Just(""),
        Just("yesterday"),
        Just("2099-01-01T00:00:00Z"),
        Just("2020-01-01T00:00:00Z"),
        Just("p-person3@x.com"),
        Just("g-nowhere"),
    ];
    prop_oneof![
        8 => Just(Event::Pass),
        4 => (1..100_i64).prop_map(Event::Hours),
        3 => who.clone().prop_map(Event::Leave),
        3 => who.clone().prop_map(Event::Join),
        1 => who.clone().prop_map(Event::Disable),
        1 => who.clone().prop_map(Event::Enable),
        1 => who.clone().prop_map(Event::Vanish),
        1 => who.clone().prop_map(Event::Move),
        1 => who.clone().prop_map(Event::Rename),
        1 => who.clone().prop_map(Event::Reassign),
        1 => (who.clone(), key, value).prop_map(|(who, key, value)| Event::Edit(who, key, value)),
        1 => who.prop_map(Event::ByHand),
        1 => (-7..7_i64).prop_map(Event::Skew),
    ]
}

fn email(who: usize) -> String {
    // The one with a plus can never sign in.
    if who == PEOPLE - 1 { format!("person{who}+x@x.com") } else { format!("person{who}@x.com") }
}

fn happen(world: &mut World, event: &Event) {
    let id = |who: &usize| person_id(&email(*who));
    match event {
        Event::Pass => drop(world.carry_out()),
        Event::Hours(hours) => world.wait(SignedDuration::from_hours(*hours)),
        Event::Leave(who) => {
            world.group("Agents").members.remove(&id(who));
            world.group("Others").members.remove(&id(who));
        }
        Event::Join(who) => drop(world.member(&email(*who))),
        Event::Disable(who) => world.person(&email(*who)).status = Status::Disabled,
        Event::Enable(who) => world.person(&email(*who)).status = Status::Enabled,
        Event::Vanish(who) => drop(world.snapshot.directory.principals.remove(&id(who))),
        Event::Move(who) => {
            world.group("Agents").members.remove(&id(who));
            world.person(&email(*who));
            world.group("Others").members.insert(id(who));
        }
        Event::Rename(who) => world.person(&email(*who)).email = Some(format!("renamed{who}@x.com")),
        Event::Reassign(who) => {
            if let Some(user) = attributes(world, &email(*who)) {
                user.routing_profile = Some(RoutingProfileId::new("rp-vip"));
            }
        }
        Event::Edit(who, key, value) => {
            if let Some(user) = attributes(world, &email(*who)) {
                user.tags.insert((*key).to_owned(), (*value).to_owned());
            }
        }
        Event::ByHand(who) => {
            if attributes(world, &email(*who)).is_none() {
                world.foreign(&email(*who));
            }
        }
        Event::Skew(minutes) => world.snapshot.skew = SignedDuration::from_mins(*minutes),
    }
}

fn attributes<'w>(world: &'w mut World, login: &str) -> Option<&'w mut Attributes> {
    let user = world.snapshot.users.iter_mut().find(|user| user.login.as_str() == login)?;
    user.attributes.as_mut()
}

prop_compose! {
    fn world()(
        removals in prop_oneof![Just(Removals::Report), Just(Removals::Quarantine), Just(Removals::Delete)],
        grace in 0..100_i64,
        delete_after in 0..100_i64,
        modes in vec(prop_oneof![
            Just(AttributeMode::Seed), Just(AttributeMode::Report), Just(AttributeMode::Enforce), Just(AttributeMode::Ignore)
        ], 6),
        adopt in any::<bool>(),
        renames in prop_oneof![Just(Renames::Report), Just(Renames::Recreate)],
        mismatches in prop_oneof![Just(Mismatches::Hold), Just(Mismatches::Create)],
        max_removals in prop_oneof![Just(Limit::Percent(10)), (0..3_u64).prop_map(Limit::Count)],
        max_changes in prop_oneof![Just(Limit::Percent(25)), (0..4_u64).prop_map(Limit::Count)],
        present in vec(any::<bool>(), PEOPLE),
    ) -> World {
        let mut world = World::empty();
        world.mapping("Others").routing_profile = "VIP".to_owned();
        world.group("Others");
        world.application().groups.insert(GroupId::new("g-others"));
        let policy = &mut world.settings.policy;
        (policy.removals, policy.renames, policy.mismatches) = (removals, renames, mismatches);
        (policy.grace, policy.delete_after) = (SignedDuration::from_hours(grace), SignedDuration::from_hours(delete_after));
        (policy.max_removals, policy.max_changes) = (max_removals, max_changes);
        policy.protect = vec![LoginGlob::parse("person0@*").unwrap()];
        policy.attributes = AttributeModes {
            routing_profile: modes[0], security_profiles: modes[1], name: modes[2],
            hierarchy: modes[3], phone: modes[4], tags: modes[5],
        };
        world.settings.mappings.iter_mut().for_each(|mapping| mapping.adopt = adopt);
        for (who, present) in present.into_iter().enumerate() {
            if present {
                world.member(&email(who));
                world.owned(&email(who), &email(who));
            } else {
                world.person(&email(who));
            }
        }
        // One who administers the instance, one of another installation, one by hand whom nobody knows.
        world.owned("person1@x.com.admin", &email(1)).security_profiles.insert(SecurityProfileId::new("sp-admin"));
        world.foreign("elsewhere@x.com").tags.insert(tag::OWNER.to_owned(), "another".to_owned());
        world.foreign("stranger@x.com");
        world
    }
}

/// Users whom nothing may change, by login; adopted ones may get tags.
fn untouchable(world: &World) -> BTreeMap<&Login, (&ConnectUser, bool)> {
    let is_admin = |user: &ConnectUser| {
        let admin = SecurityProfileId::new("sp-admin");
        user.attributes.as_ref().is_some_and(|attributes| attributes.security_profiles.contains(&admin))
    };
    let protects = |login: &Login| world.settings.policy.protect.iter().any(|glob| glob.matches(login));
    let owned = |user: &ConnectUser| Ownership::of(user, "rollcall").is_owned();
    world
        .snapshot
        .users
        .iter()
        .filter(|user| !owned(user) || protects(&user.login) || is_admin(user))
        .map(|user| (&user.login, (user, protects(&user.login) || is_admin(user))))
        .collect()
}

/// One pass: what it did, with everything checked that holds for every pass.
fn checked_pass(world: &mut World) -> Result<Vec<ActionKind>, TestCaseError> {
    let before = world.clone();
    let plan = world.plan();
    let limit = |of: usize| match world.settings.policy.max_removals {
        Limit::Percent(percent) => (of * usize::from(percent) / 100).max(3),
        Limit::Count(count) => usize::try_from(count).unwrap(),
    };
    let active = before.snapshot.users.iter().filter(|user| {
        let tags = &user.attributes.as_ref().unwrap().tags;
        Ownership::of(user, "rollcall").is_owned() && !tags.contains_key(tag::QUARANTINED_AT)
    });
    let limit = limit(active.count());
    for action in plan.actions() {
        world.carry_out_one(&action.write);
        if let Write::CreateUser { user, .. } = &action.write {
            prop_assert!(login::check(&user.login).is_ok(), "{} can never sign in", user.login);
            prop_assert!(!before.settings.policy.protect.iter().any(|glob| glob.matches(&user.login)));
        }
    }
    let of = |kind| plan.actions().iter().filter(|action| action.kind() == kind).count();
    prop_assert!(of(ActionKind::DeleteUser) <= limit);
    prop_assert!(of(ActionKind::QuarantineUser) <= limit);
    for (login, (user, protected)) in untouchable(&before) {
        let now = world.snapshot.users.iter().find(|other| other.login == *login);
        let Some(now) = now else { return Err(TestCaseError::fail(format!("{login} is gone"))) };
        let adopted = plan.actions().iter().any(|action| {
            action.kind() == ActionKind::AdoptUser
                && action.write.account().is_some_and(|account| account.id == user.id)
        });
        if adopted {
            prop_assert!(!protected, "{login} was adopted");
            continue;
        }
        prop_assert_eq!(now, user, "{} was changed", login);
    }
    Ok(plan.actions().iter().map(crate::plan::Action::kind).collect())
}

fn quarantined_within_a_day(world: &World) -> usize {
    let is_recent = |user: &&ConnectUser| {
        let mark = user.attributes.as_ref().and_then(|attributes| attributes.tags.get(tag::QUARANTINED_AT));
        let mark = mark.and_then(|mark| mark.parse::<Timestamp>().ok());
        mark.is_some_and(|mark| world.snapshot.time.duration_since(mark).as_hours() < 24)
    };
    world.snapshot.users.iter().filter(is_recent).count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_touched_that_may_not_be_and_no_limit_is_passed(mut world in world(), events in vec(event(), 1..40)) {
        for event in &events {
            match event {
                Event::Pass => {
                    checked_pass(&mut world)?;
                }
                event => happen(&mut world, event),
            }
        }
    }

    #[test]
    fn a_few_passes_settle_everything(mut world in world(), events in vec(event(), 1..20)) {
        for event in &events {
            happen(&mut world, event);
        }
        // Somebody who comes back gets their profiles in the first pass, and the rest in the second; a rung is a pass.
        for _ in 0..5 {
            checked_pass(&mut world)?;
        }
        prop_assert_eq!(checked_pass(&mut world)?, &[]);
    }

    #[test]
    fn quarantines_of_a_day_never_pass_the_limit(mut world in world(), leaving in vec((0..PEOPLE, 0..12_i64), 1..20)) {
        world.settings.policy.removals = Removals::Quarantine;
        world.settings.policy.grace = SignedDuration::ZERO;
        let most = match world.settings.policy.max_removals {
            Limit::Percent(_) => 3,
            Limit::Count(count) => usize::try_from(count).unwrap(),
        };
        for (who, hours) in leaving {
            happen(&mut world, &Event::Leave(who));
            happen(&mut world, &Event::Hours(hours));
            checked_pass(&mut world)?;
            prop_assert!(quarantined_within_a_day(&world) <= most);
        }
    }

    #[test]
    fn somebody_who_comes_back_has_what_they_had(
        mut world in world(), who in 2..PEOPLE - 1, away in vec(0..60_i64, 1..12), reassigned in any::<bool>(),
    ) {
        // Nobody else does anything, and nothing is enforced that a supervisor could have changed.
        let seed = AttributeMode::Seed;
        world.settings.policy.attributes = AttributeModes {
            routing_profile: seed, security_profiles: seed, name: seed, hierarchy: seed, phone: seed, tags: seed,
        };
        world.settings.policy.delete_after = SignedDuration::from_hours(24 * 365);
        happen(&mut world, &Event::Join(who));
        if attributes(&mut world, &email(who)).is_none() {
            world.owned(&email(who), &email(who));
        }
        if reassigned {
            happen(&mut world, &Event::Reassign(who));
        }
        let before = world.user(&email(who)).clone();
        happen(&mut world, &Event::Leave(who));
        for hours in away {
            checked_pass(&mut world)?;
            happen(&mut world, &Event::Hours(hours));
        }
        happen(&mut world, &Event::Join(who));
        let done = checked_pass(&mut world)?;
        prop_assert!(!done.contains(&ActionKind::CreateUser) || world.settings.policy.max_changes != Limit::Count(0));
        prop_assert_eq!(world.user(&email(who)), &before);
    }

    #[test]
    fn nobodys_outcome_depends_on_somebody_else(mut world in world(), events in vec(event(), 1..20)) {
        world.settings.policy.max_removals = Limit::Count(1000);
        world.settings.policy.max_changes = Limit::Count(1000);
        // In either world somebody stays in each group, so that none is ever empty.
        for group in ["Agents", "Others"] {
            let email = format!("{}@zz.org", group.to_lowercase());
            world.person(&email);
            world.group(group).members.insert(person_id(&email));
        }
        let mut crowded = world.clone();
        // Utterly unlike anybody, with every sort of trouble of their own.
        for n in 0..5 {
            crowded.member(&format!("q{n}wqwq@zz.org"));
        }
        crowded.member("q+uux@zz.org");
        crowded.owned("qwqwqw@zz.org", "nobody@zz.org");
        crowded.foreign("Q0WQWQ@zz.org");
        crowded.owned("q1wqwq@zz.org", "q1wqwq@zz.org").tags.insert(tag::ABSENT_SINCE.to_owned(), "never".to_owned());
        for event in &events {
            happen(&mut world, event);
            happen(&mut crowded, event);
        }
        let of = |world: &World| {
            let plan = world.plan();
            let theirs = |login: Option<&Login>| login.is_none_or(|login| !login.as_str().ends_with("zz.org"));
            let passed = plan.actions().iter().map(|action| (action, "passed"));
            let all = passed.chain(plan.withheld().iter().map(|held| (&held.action, held.guard.as_str())));
            let theirs = all.filter(|(action, _)| theirs(action.login()));
            let mut theirs: Vec<String> = theirs.map(|(action, guard)| format!("{action:?} {guard}")).collect();
            theirs.sort();
            theirs
        };
        prop_assert_eq!(of(&world), of(&crowded));
    }
}
