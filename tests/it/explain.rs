//! One person: the chain link by link, and passes for them alone, by a handful of calls.

use rollcall::model::settings::Mode;
use rollcall::sim::{Fault, FaultKind, Service};

use crate::stage::{
    CONFIG, LADDER, Stage, WORLD, actions, agent, codes, hours_ago, owned, owned_with, person, unpaced, user, verdicts,
};

async fn stage(world: &[String], config: &str) -> Stage {
    Stage::with(&format!("{WORLD}\n{}", world.join("\n")), &format!("{CONFIG}{config}"), unpaced()).await
}

/// Groups by id, so that no name is looked up.
fn by_id(stage: &mut Stage) {
    let world = stage.sim.snapshot();
    let groups = world["groups"].as_array().unwrap();
    let id = groups.iter().find(|group| group["name"] == "Agents").unwrap()["id"].as_str().unwrap().to_owned();
    stage.config = stage.config.replace("group = \"Agents\"", &format!("group = \"{id}\"")).replace(
        "region = \"eu-west-1\"",
        "region = \"eu-west-1\"\ninstance_arn = \"arn:aws:sso:::instance/ssoins-68040f5b1c2d3e4f\"\n\
         identity_store_id = \"d-9067f0a1b2\"",
    );
}

/// Calls that are no look-ups of names: of a person, or of profiles.
fn calls(stage: &Stage) -> usize {
    let look_ups = ["GetUserId", "ListRoutingProfiles", "ListSecurityProfiles"];
    stage.sim.journal().iter().filter(|entry| !look_ups.contains(&entry.operation.as_str())).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_can_work_is_ready_within_eight_calls() {
    let mut stage = stage(&[owned("ana@x.com", "ana@x.com"), agent("ana@x.com")], "").await;
    by_id(&mut stage);
    stage.sync().await;
    for name in ["ana@x.com", "ANA@X.COM"] {
        stage.sim.clear_journal();
        let answer = stage.cli(&["explain", name, "--output", "json"]).await;
        assert_eq!(answer.code, Some(0), "{answer:#?}");
        let target = &answer.json()["targets"][0];
        assert_eq!(target["verdict"], "ready", "{name}: {target:#}");
        assert!(target["unseen"].as_str().unwrap().contains("federation role"));
        let steps: Vec<&str> =
            target["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
        assert_eq!(
            steps,
            [
                "in-identity-center",
                "enabled",
                "has-login-attribute",
                "in-mapped-group",
                "group-assigned",
                "application-enabled",
                "login-sent",
                "login-allowed",
                "connect-user",
                "owner",
                "profiles",
                "next-pass"
            ]
        );
        assert!(calls(&stage) <= 8, "{:#?}", stage.sim.journal());
        assert_eq!(stage.writes().len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_cannot_work_is_told_why_and_what_to_do() {
    let world = [
        user("Ana@x.com"),
        user("bo@y.com"),
        user("cyrill@x.com"),
        agent("ana@x.com"),
        agent("bo@x.com"),
        agent("cyril@x.com"),
        agent("di+1@x.com"),
        person("ed@x.com", &[]),
        agent("fay@x.com"),
    ];
    let assigned = WORLD.replace("[[instances]]", "assigned_groups = [\"Agents\"]\n\n[[instances]]");
    let stage = Stage::with(&format!("{assigned}\n{}", world.join("\n")), CONFIG, unpaced()).await;
    assert!(stage.sim.set_enabled("fay@x.com", false));
    for (name, reason, fix) in [
        ("ana@x.com", "nobody has that login; the nearest is `Ana@x.com`: letter 1 is `A`, and `a` is sent", "delete"),
        ("bo@x.com", "`bo@y.com`", "delete it in Connect"),
        ("cyril@x.com", "letter 6 is `l`, and `@` is sent", "sync --person"),
        ("di+1@x.com", "`+` may not stand in it", "letters, digits"),
        ("ed@x.com", "in none of: Agents", "mapped group"),
        ("fay@x.com", "disabled", "enable the person"),
    ] {
        let answer = stage.cli(&["explain", name]).await;
        assert_eq!(answer.code, Some(0), "{answer:#?}");
        assert!(answer.stdout.contains("not ready: "), "{answer:#?}");
        assert!(answer.stdout.contains(reason), "{name}: {}", answer.stdout);
        let told = answer.stdout.split("fix: ").nth(1).unwrap();
        assert!(told.contains(fix), "{name}: {told}");
    }
    assert_eq!(stage.writes().len(), 0);
    let nobody = stage.cli(&["explain", "nobody@x.com"]).await;
    assert_eq!(nobody.code, Some(0), "{nobody:#?}");
    assert!(nobody.stdout.contains("not ready: nobody is called `nobody@x.com`"), "{nobody:#?}");
    stage.sim.inject(Fault::new(Service::IdentityStore, "GetUserId", FaultKind::AccessDenied).times(1));
    let denied = stage.cli(&["explain", "ana@x.com"]).await;
    assert_eq!(denied.code, Some(1), "{denied:#?}");
    assert!(denied.stdout.contains("hint: allow `identitystore:GetUserId`"), "{denied:#?}");
    let target = stage.cli(&["explain", "ana@x.com", "--target", "elsewhere"]).await;
    assert_eq!(target.code, Some(2), "{target:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_persons_pass_creates_them_and_nobody_else() {
    let mut stage = stage(&[agent("ana@x.com"), agent("bo@x.com"), user("cy@x.com")], "").await;
    by_id(&mut stage);
    let report = stage.run_for(Mode::Apply, "ana@x.com").await;
    assert_eq!(
        (actions(&report), verdicts(&report)),
        (vec!["create_user ana@x.com: done".to_owned()], vec!["converged"])
    );
    assert_eq!(codes(&report), []);
    assert!(calls(&stage) <= 8, "{:#?}", stage.sim.journal());
    assert_eq!(stage.logins(), ["ana@x.com", "cy@x.com"]);
    stage.sim.clear_journal();
    let again = stage.run_for(Mode::Apply, "ana@x.com").await;
    assert_eq!((actions(&again).len(), stage.writes().len()), (0, 0));
    assert!(calls(&stage) <= 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_persons_pass_marks_and_removes_nobody_but_gives_back() {
    let since = hours_ago(2000);
    let at = hours_ago(900);
    let tags = [("rollcall:absent-since", since.as_str()), ("rollcall:quarantined-at", at.as_str())];
    let world = [
        owned("gone@x.com", "gone@x.com"),
        owned_with("due@x.com", "due@x.com", &tags),
        owned_with("back@x.com", "back@x.com", &tags),
        owned("here@x.com", "here@x.com"),
        person("gone@x.com", &[]),
        person("due@x.com", &[]),
        agent("back@x.com"),
        agent("here@x.com"),
    ];
    let stage = stage(&world, LADDER).await;
    for name in ["gone@x.com", "due@x.com"] {
        let report = stage.run_for(Mode::Apply, name).await;
        assert_eq!((actions(&report).len(), report.targets[0].withheld().len()), (0, 0), "{name}");
    }
    assert_eq!(stage.writes().len(), 0);
    for (name, next) in [
        ("gone@x.com", "mark_absent, if no guard objects"),
        ("due@x.com", "delete_user, if no guard objects"),
        ("back@x.com", "restore_user"),
    ] {
        let answer = stage.cli(&["explain", name]).await;
        assert!(answer.stdout.contains(next), "{name}: {answer:#?}");
    }
    let report = stage.run_for(Mode::Apply, "back@x.com").await;
    assert_eq!(actions(&report), ["restore_user back@x.com: done"]);
    let nobody = stage.run_for(Mode::Apply, "nobody@x.com").await;
    assert_eq!(verdicts(&nobody), ["failed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_in_another_case_stands_in_the_way_of_one_person_as_well() {
    let stage = stage(&[user("ANA@x.com"), agent("ana@x.com")], "").await;
    let report = stage.run_for(Mode::Apply, "ana@x.com").await;
    assert_eq!((actions(&report).len(), codes(&report).len()), (0, 1));
    assert_eq!(stage.logins(), ["ANA@x.com"]);
}
