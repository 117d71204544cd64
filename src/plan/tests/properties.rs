//! What holds for every world.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::world::World;
use crate::model::directory::Status;
use crate::model::id::{Login, PrincipalId};
use crate::model::settings::{LoginGlob, Mismatches};
use crate::model::tag;
use crate::plan::likeness::Likeness;
use crate::plan::{Action, ActionKind, Ownership, Write};

/// Logins that are often alike.
fn login() -> impl Strategy<Value = String> {
    let local = prop_oneof![
        "(ana|bo|alexandra|zoë)",
        "(ana|bo|alexandra)[._](silva|smith|smyth|smit)",
        "(silva|smith)[._](ana|alexandra)",
        "agent0?[1-9]",
        "(Ana|ANA|Agent1)",
        "(ana|bo)[+](x|y)",
    ];
    (local, prop_oneof![Just("@x.com"), Just("@y.com"), Just("")])
        .prop_map(|(local, domain)| format!("{local}{domain}"))
}

#[derive(Debug, Clone)]
enum Owner {
    Nobody,
    Us(Option<String>),
    Another,
    NotKnown,
}

fn owner() -> impl Strategy<Value = Owner> {
    prop_oneof![
        Just(Owner::Nobody),
        proptest::option::of(login()).prop_map(Owner::Us),
        Just(Owner::Another),
        Just(Owner::NotKnown)
    ]
}

prop_compose! {
    fn world()(
        members in vec((login(), proptest::option::weighted(0.8, login()), 0..4_u8), 0..8),
        users in vec((login(), owner()), 0..8),
        adopt in any::<bool>(),
        create in any::<bool>(),
        protect in proptest::option::weighted(0.2, Just("agent*")),
    ) -> World {
        let mut world = World::empty();
        for (id, email, status) in members {
            let person = world.member(&id);
            person.email = email;
            person.status = if status == 0 { Status::Disabled } else { Status::Enabled };
        }
        for (login, owner) in users {
            if world.snapshot.users.iter().any(|user| user.login.as_str() == login) {
                continue;
            }
            match owner {
                Owner::Nobody => { world.foreign(&login); }
                Owner::Us(Some(person)) => { world.owned(&login, &person); }
                Owner::Us(None) => { world.owned(&login, "").tags.remove(tag::PRINCIPAL); }
                Owner::Another => { world.foreign(&login).tags.insert(tag::OWNER.into(), "another".into()); }
                Owner::NotKnown => {
                    world.foreign(&login);
                    world.snapshot.users.last_mut().unwrap().attributes = None;
                }
            }
        }
        world.settings.mappings[0].adopt = adopt;
        world.settings.policy.mismatches = if create { Mismatches::Create } else { Mismatches::Hold };
        world.settings.policy.protect = protect.into_iter().map(|glob| LoginGlob::parse(glob).unwrap()).collect();
        world
    }
}

proptest! {
    #[test]
    fn twice_the_same_is_once(mut world in world()) {
        world.carry_out();
        let again = world.plan();
        prop_assert_eq!(again.actions(), &[]);
    }

    #[test]
    fn the_order_of_what_was_read_does_not_matter(world in world(), turn in 0..8_usize) {
        let mut turned = world.clone();
        let by = turn.min(turned.snapshot.users.len());
        turned.snapshot.users.rotate_left(by);
        prop_assert_eq!(world.plan(), turned.plan());
    }

    #[test]
    fn nobody_is_touched_who_may_not_be(world in world()) {
        for action in world.plan().actions() {
            if let Write::AdoptUser { account, .. } = &action.write {
                let user = world.snapshot.users.iter().find(|other| other.id == account.id).unwrap();
                prop_assert_eq!(Ownership::of(user, "rollcall"), Ownership::Foreign);
            }
            if let Some(login) = action.login() {
                prop_assert!(!world.settings.policy.protect.iter().any(|glob| glob.matches(login)));
            }
        }
    }

    #[test]
    fn every_member_without_a_user_is_either_created_or_told_why_not(mut world in world(), has_profile in any::<bool>()) {
        if !has_profile {
            world.settings.mappings[0].routing_profile = "Nowhere".to_owned();
        }
        let plan = world.plan();
        let planned = plan.actions().iter().chain(plan.withheld().iter().map(|held| &held.action));
        let created: BTreeSet<&PrincipalId> = planned
            .filter(|action| action.kind() == ActionKind::CreateUser)
            .filter_map(Action::principal)
            .collect();
        for (id, person) in &world.snapshot.directory.principals {
            let has_user = person.email.as_deref().is_some_and(|email| {
                world.snapshot.users.iter().any(|user| user.login.as_str() == email)
            });
            let shut_out = plan.counts().shut_out.iter().find(|member| member.principal == *id);
            let remedy = shut_out.and_then(|member| member.remedy(plan.findings()));
            if person.status == Status::Disabled || shut_out.is_some_and(|member| member.has_user) {
                prop_assert!(remedy.is_none());
            } else if !has_user {
                prop_assert_eq!(created.contains(id), remedy.is_none(), "{}: {:?}", id, remedy);
            }
        }
    }

    #[test]
    fn the_tables_find_what_comparing_all_pairs_would_find(
        members in vec(login(), 1..12),
        strays in vec(login(), 1..12),
    ) {
        use crate::plan::likeness::{Face, best_candidates, compare_for_test};
        let logins = |texts: &[String]| texts.iter().map(Login::new).collect::<Vec<_>>();
        let (members, strays) = (logins(&members), logins(&strays));
        let face = |login| Face { login, first_name: None, last_name: None };
        let faces: Vec<Face<'_>> = strays.iter().map(face).collect();
        let found = best_candidates(&faces, members.iter().map(face));
        for (stray, found) in faces.iter().zip(found) {
            let mut best: Option<(usize, Likeness)> = None;
            for (position, member) in members.iter().enumerate() {
                let Some(likeness) = compare_for_test(stray, &face(member)) else { continue };
                if best.is_none_or(|(_, so_far)| likeness < so_far) {
                    best = Some((position, likeness));
                }
            }
            prop_assert_eq!(found, best, "{}", stray.login);
        }
    }
}
