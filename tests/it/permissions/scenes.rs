//! What the program does with permissions, in small worlds: each thing that it reads or writes happens in some scene.

use std::collections::BTreeSet;

use rollcall::aws::operation::OPERATIONS;
use rollcall::model::settings::Mode;
use rollcall::report::RunReport;
use rollcall::sim::Options;

use crate::stage::{
    CONFIG, INSTANCE, LADDER, Stage, WORLD, actions, agent, hours_ago, owned, owned_with, person, user, verdicts,
};

/// The instance, Identity Center and the application of the policies' examples.
pub(super) const EXAMPLE: &str = "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb";
const CENTER: &str = "ssoins-1234567890abcdef";
const APPLICATION: &str = "apl-1234567890abcdef";
const GROUP: &str = "22222222-2222-4222-8222-222222222222";
/// The routing profile `VIP`.
const ROUTING: &str = "77777777-7777-4777-8777-777777777777";
/// Somebody who is nobody's person any more.
const GONE: &str = "90679d1234-11111111-2222-4333-8444-555555555555";

/// A world, a configuration, and what is done with them.
pub(super) struct Scene {
    pub(super) name: &'static str,
    additions: Vec<String>,
    config: String,
    act: Act,
    is_assigned: bool,
    /// The last line of what comes out where everything is allowed, and the one before it.
    ends: [&'static str; 2],
}

#[derive(Clone, Copy)]
enum Act {
    Sync,
    /// A pass, and another that is approved what the first one withheld.
    Approved,
    Plan,
    OnePerson,
    Check,
    Explain,
    Export,
}

/// The ids of the policies' examples in place of the tests' own, in a world or a configuration.
fn with_example_ids(text: &str) -> String {
    let profiles = r#"["Admin", { name = "Agent", id = "cccccccc-2222-4333-8444-dddddddddddd" },
        { name = "CallCenterManager", id = "eeeeeeee-3333-4444-8555-ffffffffffff" },
        { name = "NoAccess", id = "99999999-4444-4555-8666-777777777777" }]"#;
    text.replace("\"VIP\", \"Parking\"]", &format!("{{ name = \"VIP\", id = \"{ROUTING}\" }}, \"Parking\"]"))
        .replace(r#"["Admin", "Agent", "CallCenterManager", "NoAccess"]"#, profiles)
        .replace("d-9067f0a1b2", "d-1234567890")
        .replace("ssoins-68040f5b1c2d3e4f", CENTER)
        .replace("apl-0123456789abcdef", APPLICATION)
        .replace(INSTANCE, EXAMPLE)
        .replace("[[groups]]\nname = \"Agents\"", &format!("[[groups]]\nid = \"{GROUP}\"\nname = \"Agents\""))
}

impl Scene {
    fn new(name: &'static str, act: Act, additions: &[String], config: &str) -> Self {
        Self {
            name,
            additions: additions.to_vec(),
            config: format!("{CONFIG}{config}"),
            act,
            is_assigned: false,
            ends: [""; 2],
        }
    }

    /// A pass.
    pub(super) fn syncing(name: &'static str, additions: &[String], config: &str) -> Self {
        Self::new(name, Act::Sync, additions, config)
    }

    /// The group by its id, the application by its name.
    fn named_the_other_way(mut self) -> Self {
        self.config = with_example_ids(&self.config)
            .replace("group = \"Agents\"", &format!("group = \"{GROUP}\""))
            .replace(&format!("arn:aws:sso::111122223333:application/{CENTER}/{APPLICATION}"), "Amazon Connect");
        self
    }

    /// Something else in the configuration.
    pub(super) fn reconfigured(mut self, from: &str, to: &str) -> Self {
        self.config = self.config.replace(from, to);
        self
    }

    fn ends(mut self, action: &'static str, verdict: &'static str) -> Self {
        self.ends = [action, verdict];
        self
    }

    /// Holds what came out against what the scene is there for.
    pub(super) fn is_as_named(&self, lines: &[String]) {
        let name = self.name;
        assert!(!lines.is_empty(), "{name}");
        for line in lines {
            assert!(!line.ends_with("false") && !line.starts_with("Err") && !line.contains("failed"), "{name}: {line}");
        }
        if self.ends != [""; 2] {
            assert_eq!(lines[lines.len() - 2..], self.ends, "{name}");
        }
    }

    /// The group is assigned already.
    fn assigned(mut self) -> Self {
        self.is_assigned = true;
        self
    }

    pub(super) fn world(&self) -> String {
        let world = with_example_ids(&format!("{WORLD}\n{}", self.additions.join("\n")));
        let assigned = if self.is_assigned { "assigned_groups = [\"Agents\"]\n" } else { "" };
        world.replace("name = \"Amazon Connect\"\n", &format!("name = \"Amazon Connect\"\n{assigned}"))
    }

    pub(super) fn config(&self) -> String {
        with_example_ids(&self.config)
    }

    pub(super) async fn stage(&self, options: Options) -> Stage {
        Stage::with(&self.world(), &self.config(), options).await
    }

    /// What comes out, and the actions that were asked for.
    pub(super) async fn play(&self, options: Options) -> (Vec<String>, BTreeSet<String>) {
        let stage = self.stage(options).await;
        let lines = match self.act {
            Act::Sync => told(&stage.sync().await),
            Act::Plan => told(&stage.plan().await),
            Act::OnePerson => told(&stage.run_for(Mode::Apply, "ana@x.com").await),
            Act::Approved => {
                let first = stage.sync().await;
                let codes: Vec<&str> = first.targets[0].approval().into_iter().collect();
                [told(&first), told(&stage.sync_with(&codes).await)].concat()
            }
            Act::Check => {
                let checked = stage.runner().check().await;
                let trials = checked.targets.iter().flat_map(|target| &target.trials).chain(&checked.center);
                trials.map(|trial| format!("{} {}", trial.operation, trial.result.is_ok())).collect()
            }
            Act::Explain => {
                let explained = stage.runner().explain("ana@x.com", None).await;
                explained.iter().map(|one| format!("{:?}", one.result)).collect()
            }
            Act::Export => {
                let surveyed = stage.runner().survey(None).await;
                let users = surveyed.iter().map(|one| one.result.as_ref().map(|snapshot| snapshot.users.len()));
                users.map(|users| format!("{users:?}")).collect()
            }
        };
        (lines, asked(&stage))
    }
}

/// What matters of a report.
fn told(report: &RunReport) -> Vec<String> {
    let mut lines = actions(report);
    lines.extend(verdicts(report).into_iter().map(str::to_owned));
    lines.extend(report.targets.iter().filter_map(|target| target.trouble()).map(|trouble| format!("{trouble:?}")));
    lines
}

/// The actions that the calls of a stage need.
fn asked(stage: &Stage) -> BTreeSet<String> {
    let journal = stage.sim.journal();
    let called = journal.iter().filter_map(|entry| {
        let of = |prefix: &str| entry.service.name() == prefix;
        OPERATIONS.iter().find(|operation| of(operation.service.prefix()) && operation.name == entry.operation)
    });
    called
        .flat_map(|operation| {
            std::iter::once(operation.action()).chain(operation.also.iter().map(|&also| also.to_owned()))
        })
        .collect()
}

const HIERARCHY: &str = "hierarchy = \"EMEA/London\"\n";
const QUICK_CONNECT: &str = "[[instances.quick_connects]]\nname = \"Ana\"\ntype = \"USER\"\ntarget = \"ana@x.com\"\n";
const BOTH_PROFILES: &str = "security_profiles = [\"Agent\", \"CallCenterManager\"]\n";

/// Whatever reads and writes nothing.
pub(super) fn readings() -> Vec<Scene> {
    let ana = || [owned("ana@x.com", "ana@x.com"), agent("ana@x.com")];
    let [user, person] = ana();
    let ladder = format!("{HIERARCHY}{LADDER}");
    vec![
        Scene::new("a plan", Act::Plan, &ana(), HIERARCHY).ends("assign_group Agents: planned", "pending"),
        Scene::new("a target to be planned only", Act::Sync, &ana(), "")
            .reconfigured("region = \"eu-west-2\"", "region = \"eu-west-2\"\nmode = \"plan\"")
            .ends("assign_group Agents: planned", "pending"),
        Scene::new("a plan, by other names", Act::Plan, &ana(), "").named_the_other_way(),
        Scene::new("a check", Act::Check, &[user, QUICK_CONNECT.to_owned(), person], &ladder).assigned(),
        Scene::new("a check, by other names", Act::Check, &ana(), "").named_the_other_way(),
        Scene::new("an explanation", Act::Explain, &ana(), HIERARCHY).assigned(),
        Scene::new("an export", Act::Export, &ana(), HIERARCHY),
        Scene::new("an explanation of a stranger", Act::Explain, &[], ""),
    ]
}

const ABSENT: &str = "rollcall:absent-since";
const QUARANTINED: &str = "rollcall:quarantined-at";

/// Ana's user, with marks of so many hours ago.
fn marked(marks: &[(&str, i64)]) -> String {
    let marks: Vec<(&str, String)> = marks.iter().map(|(key, hours)| (*key, hours_ago(*hours))).collect();
    let marks: Vec<(&str, &str)> = marks.iter().map(|(key, at)| (*key, at.as_str())).collect();
    owned_with("ana@x.com", "ana@x.com", &marks)
}

/// Ana's user in quarantine, with what she had before.
fn parked() -> String {
    let routing = format!("\"rollcall:was-routing-profile\" = \"{ROUTING}\"");
    let security = "\"rollcall:was-security-profiles\" = \"cccccccc-2222-4333-8444-dddddddddddd\"";
    marked(&[(ABSENT, 200), (QUARANTINED, 100)])
        .replace("security_profiles = [\"Agent\"]", "security_profiles = [\"NoAccess\"]\nrouting_profile = \"Parking\"")
        .replace("tags = { ", &format!("tags = {{ {routing}, {security}, "))
}

/// Ana, in the group or not, beside somebody who stays in it, so that it is not empty.
fn beside(users: &str, groups: &[&str]) -> Vec<String> {
    vec![users.to_owned(), owned("bo@x.com", "bo@x.com"), agent("bo@x.com"), person("ana@x.com", groups)]
}

/// All that can happen to a user, and to the group.
pub(super) fn lives() -> Vec<Scene> {
    let sync =
        |name, world: &[String], config: &str, action| Scene::syncing(name, world, config).ends(action, "converged");
    let (ana, ours) = (agent("ana@x.com"), owned("ana@x.com", "ana@x.com"));
    let only = std::slice::from_ref(&ana);
    let new = format!("{HIERARCHY}{BOTH_PROFILES}");
    let moved = ours
        .replace("group_id:Agents", "group_id:Supervisors")
        .replace("first_name = \"Given ana\"", "first_name = \"Anna\"");
    let every_family = format!(
        "{new}routing_profile = \"VIP\"\n\
         phone = {{ type = \"desk\", number = \"+442079460000\", auto_accept = false, after_contact_work = \"30s\" }}\n\
         [policy]\nattributes.name = \"enforce\"\n"
    );
    let handed_over = ours.replace("{user_id:ana@x.com}", GONE);
    let mut leaving = beside(&marked(&[(ABSENT, 2000), (QUARANTINED, 721)]), &[]);
    leaving.insert(2, QUICK_CONNECT.to_owned());
    let absent = marked(&[(ABSENT, 80)]);
    vec![
        sync("new", only, &new, "create_user ana@x.com: done"),
        sync("new, by other names", only, "", "create_user ana@x.com: done").named_the_other_way(),
        Scene::new("one person", Act::OnePerson, only, "").ends("create_user ana@x.com: done", "converged"),
        sync("adopted", &[user("ana@x.com"), ana.clone()], "adopt = true\n", "adopt_user ana@x.com: done"),
        sync("moved", &[moved, ana.clone()], &every_family, "update_user ana@x.com: done"),
        sync("marked", &beside(&ours, &[]), LADDER, "mark_absent ana@x.com: done"),
        sync("soon back", &beside(&absent, &["Agents"]), LADDER, "unmark_absent ana@x.com: done"),
        sync("quarantined", &beside(&absent, &[]), LADDER, "quarantine_user ana@x.com: done"),
        sync("back", &beside(&parked(), &["Agents"]), LADDER, "restore_user ana@x.com: done"),
        Scene::new("handed over", Act::Approved, &[handed_over, ana.clone()], "")
            .ends("relink_user ana@x.com: done", "converged"),
        sync("deleted", &leaving, LADDER, "delete_user ana@x.com: done"),
    ]
}
