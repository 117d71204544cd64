//! What holds in any world, over real HTTP: whatever the size of pages, however far the index lags, and with two copies at
//! work on one instance.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rollcall::plan::finding::Code;
use rollcall::report::RunReport;
use rollcall::sim::Options;
use serde_json::Value;

use crate::stage::{CONFIG, Stage, WORLD, actions, hours_ago, unpaced, verdicts};

/// So many worlds are made by each test.
const WORLDS: u32 = 40;

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
struct Play {
    cases: Vec<Case>,
    removals: usize,
    enforce: bool,
    adopt: bool,
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
    fn play()(
        cases in vec(case(), 1..8), removals in 0..3_usize, enforce in any::<bool>(), adopt in any::<bool>(),
        recreate in any::<bool>(), page_size in 1..4_usize, empty_pages in any::<bool>(), short_pages in any::<bool>(),
    ) -> Play {
        Play { cases, removals, enforce, adopt, recreate, page_size, empty_pages, short_pages }
    }
}

impl Play {
    fn world(&self) -> String {
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

    fn config(&self) -> String {
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

    async fn stage(&self, options: Options) -> Stage {
        Stage::with(&self.world(), &self.config(), options).await
    }

    fn paged(&self) -> Options {
        Options {
            page_size: Some(self.page_size),
            empty_pages: self.empty_pages,
            short_pages: self.short_pages,
            ..unpaced()
        }
    }
}

/// Runs a check over many worlds.
fn in_many_worlds(check: &impl AsyncFn(&Play) -> Result<(), TestCaseError>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = Config { cases: WORLDS, failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
    let result = TestRunner::new(config).run(&play(), |play| runtime.block_on(check(&play)));
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Users whom nobody may change: foreign ones (adopting gives them tags), another installation's, administrators.
fn untouchable(world: &Value, adopted: bool) -> Vec<Value> {
    let users = world["instances"][0]["users"].as_array().unwrap();
    let is_ours = |user: &&Value| user["tags"]["rollcall:owner"] == "rollcall";
    let is_admin = |user: &&Value| user["security_profiles"].as_array().unwrap().contains(&Value::from("Admin"));
    let is_foreign = |user: &&Value| user["tags"]["rollcall:owner"].is_null();
    let kept = users.iter().filter(|user| is_admin(user) || !(is_ours(user) || adopted && is_foreign(user)));
    kept.cloned().collect()
}

#[test]
fn a_plan_does_not_depend_on_pages() {
    in_many_worlds(&async |play| {
        let (whole, paged) = (play.stage(unpaced()).await, play.stage(play.paged()).await);
        let (one, other) = (whole.plan().await, paged.plan().await);
        prop_assert_eq!(actions(&one), actions(&other));
        // Messages tell the minute in which something is due.
        let findings = |report: &RunReport| -> Vec<(Code, String, String)> {
            let found = report.targets[0].findings().iter();
            found.map(|finding| (finding.code(), finding.subject(), finding.fix())).collect()
        };
        prop_assert_eq!(findings(&one), findings(&other));
        prop_assert_eq!(whole.writes().len() + paged.writes().len(), 0);
        Ok(())
    });
}

#[test]
fn passes_settle_everything_and_touch_nobody_whom_they_may_not() {
    in_many_worlds(&async |play| {
        let stage = play.stage(play.paged()).await;
        let before = untouchable(&stage.sim.snapshot(), play.adopt);
        for _ in 0..4 {
            let report = stage.sync().await;
            prop_assert_eq!(verdicts(&report), ["converged"], "{:#?}", actions(&report));
            let now = stage.sim.snapshot();
            for user in &before {
                let users = now["instances"][0]["users"].as_array().unwrap();
                prop_assert!(users.contains(user), "{:#} was changed", user);
            }
        }
        stage.sim.clear_journal();
        prop_assert_eq!(actions(&stage.sync().await), Vec::<String>::new());
        prop_assert_eq!(stage.writes().len(), 0);
        Ok(())
    });
}

#[test]
fn while_the_index_lags_the_second_pass_writes_nothing() {
    in_many_worlds(&async |play| {
        let stage = play.stage(Options { search_lag_seconds: 3600, ..play.paged() }).await;
        stage.sync().await;
        stage.sim.clear_journal();
        let report = stage.sync().await;
        prop_assert_eq!(stage.writes().len(), 0, "{:#?}", actions(&report));
        Ok(())
    });
}

#[test]
fn two_copies_do_no_harm() {
    in_many_worlds(&async |play| {
        let (alone, shared) = (play.stage(unpaced()).await, play.stage(unpaced()).await);
        for _ in 0..5 {
            alone.sync().await;
            tokio::join!(shared.sync(), shared.sync());
        }
        prop_assert_eq!(shared.logins(), alone.logins());
        let profiles = |stage: &Stage| -> Vec<Value> {
            let users = stage.sim.snapshot()["instances"][0]["users"].clone();
            let mut shown: Vec<Value> = users
                .as_array()
                .unwrap()
                .iter()
                .map(|user| serde_json::json!([user["login"], user["routing_profile"], user["security_profiles"]]))
                .collect();
            shown.sort_by_key(ToString::to_string);
            shown
        };
        prop_assert_eq!(profiles(&shared), profiles(&alone));
        Ok(())
    });
}
