//! Worlds of a few people each, drawn at random: everything that can be said of a person and of the Connect users around
//! them.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use rollcall::sim::Options;
use serde_json::Value;

use crate::stage::{CONFIG, Stage, WORLD, hours_ago, unpaced};

/// One person and the Connect users around them.
#[derive(Debug, Clone)]
struct Case {
    groups: usize,
    email: usize,
    status: usize,
    user: usize,
    tags: usize,
    marks: usize,
    profiles: usize,
}

/// A world, a configuration, and how the services page.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Play {
    cases: Vec<Case>,
    removals: usize,
    enforce: bool,
    pub(crate) adopt: bool,
    recreate: bool,
    page_size: usize,
    empty_pages: bool,
    short_pages: bool,
}

prop_compose! {
    fn case()(
        groups in 0..4_usize, email in 0..6_usize, status in 0..5_usize, user in 0..6_usize,
        tags in 0..7_usize, marks in 0..6_usize, profiles in 0..4_usize,
    ) -> Case {
        Case { groups, email, status, user, tags, marks, profiles }
    }
}

prop_compose! {
    pub(crate) fn play()(
        cases in vec(case(), 1..8), removals in 0..3_usize, enforce in any::<bool>(), adopt in any::<bool>(),
        recreate in any::<bool>(), page_size in 1..4_usize, empty_pages in any::<bool>(), short_pages in any::<bool>(),
    ) -> Play {
        Play { cases, removals, enforce, adopt, recreate, page_size, empty_pages, short_pages }
    }
}

impl Play {
    pub(crate) fn world(&self) -> String {
        let (mut users, mut people) = (String::new(), String::new());
        for (n, case) in self.cases.iter().enumerate() {
            let name = format!("person{n}@x.com");
            let email = match case.email {
                0 => format!("renamed{n}@x.com"),
                1 => format!("person{n}+x@x.com"),
                _ => name.clone(),
            };
            let groups = [&[] as &[&str], &["Agents"], &["Supervisors"], &["Agents", "Supervisors"]][case.groups];
            let status = if case.status == 0 { "disabled" } else { "enabled" };
            let _ = write!(
                people,
                "[[people]]\nuser_name = \"{name}\"\nemail = \"{email}\"\ngiven_name = \"Given\"\nfamily_name = \"Number{n}\"\n\
                 groups = {groups:?}\nstatus = \"{status}\"\n"
            );
            let login = match case.user {
                0 | 1 => continue,
                2 => format!("Person{n}@x.com"),
                3 => format!("person{n}@y.com"),
                _ => name.clone(),
            };
            let id = if case.tags == 1 { format!("person{}@x.com", (n + 1) % self.cases.len()) } else { name.clone() };
            let own = match case.tags {
                0 => String::new(),
                6 => "\"rollcall:owner\" = \"another\"".to_owned(),
                _ => format!(
                    "\"rollcall:owner\" = \"rollcall\", \"rollcall:principal\" = \"{{user_id:{id}}}\", \
                     \"rollcall:mapping\" = \"{{group_id:Agents}}\""
                ),
            };
            let marks = match case.marks {
                0 => format!(", \"rollcall:absent-since\" = \"{}\"", hours_ago(100)),
                1 => format!(
                    ", \"rollcall:absent-since\" = \"{}\", \"rollcall:quarantined-at\" = \"{}\"",
                    hours_ago(2000),
                    hours_ago(1000)
                ),
                2 => ", \"rollcall:absent-since\" = \"yesterday\"".to_owned(),
                _ => String::new(),
            };
            let marks = if own.is_empty() { "" } else { &marks };
            let security = ["Agent", "Admin", "CallCenterManager", "Agent"][case.profiles];
            let _ = write!(
                users,
                "[[instances.users]]\nlogin = \"{login}\"\nfirst_name = \"Some\"\nlast_name = \"Body\"\n\
                 security_profiles = [\"{security}\"]\ntags = {{ {own}{marks} }}\n"
            );
        }
        // Somebody stays in each group, so that guards do not stand in the way of everything.
        let stays = "[[people]]\nuser_name = \"stays@x.com\"\ngroups = [\"Agents\", \"Supervisors\"]\n";
        // Assigned already: two copies that assign one group at a time wait for each other.
        let assigned =
            WORLD.replace("[[instances]]", "assigned_groups = [\"Agents\", \"Supervisors\"]\n\n[[instances]]");
        format!("{assigned}\n{users}\n{people}\n{stays}")
    }

    pub(crate) fn config(&self) -> String {
        let removals = ["report", "quarantine", "delete"][self.removals];
        let name = if self.enforce { "enforce" } else { "report" };
        let renames = if self.recreate { "recreate" } else { "report" };
        format!(
            "{CONFIG}\n[[target.mapping]]\ngroup = \"Supervisors\"\nsecurity_profiles = [\"CallCenterManager\"]\n\
             [policy]\nremovals = \"{removals}\"\nadopt = {}\nrenames = \"{renames}\"\nmax_removals = 100\n\
             attributes = {{ name = \"{name}\", security_profiles = \"{name}\" }}\n\
             [quarantine]\nrouting_profile = \"Parking\"\nsecurity_profiles = [\"NoAccess\"]\n",
            self.adopt
        )
    }

    pub(crate) async fn stage(&self, options: Options) -> Stage {
        Stage::with(&self.world(), &self.config(), options).await
    }

    pub(crate) fn paged(&self) -> Options {
        Options {
            page_size: Some(self.page_size),
            empty_pages: self.empty_pages,
            short_pages: self.short_pages,
            ..unpaced()
        }
    }
}

/// Users whom nobody may change: foreign ones (adopting gives them tags), another installation's, administrators.
pub(crate) fn untouchable(world: &Value, adopted: bool) -> Vec<Value> {
    let users = world["instances"][0]["users"].as_array().unwrap();
    let is_ours = |user: &&Value| user["tags"]["rollcall:owner"] == "rollcall";
    let is_admin = |user: &&Value| user["security_profiles"].as_array().unwrap().contains(&Value::from("Admin"));
    let is_foreign = |user: &&Value| user["tags"]["rollcall:owner"].is_null();
    let kept = users.iter().filter(|user| is_admin(user) || !(is_ours(user) || adopted && is_foreign(user)));
    kept.cloned().collect()
}
