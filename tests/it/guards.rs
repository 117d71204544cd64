//! Guards and approvals, as somebody at a terminal meets them.

use rollcall::plan::finding::Code;
use rollcall::sim::{Fault, FaultKind, Service};
use serde_json::Value;

use crate::stage::{
    CONFIG, LADDER, Stage, WORLD, actions, agent, codes, hours_ago, owned, owned_with, person, unpaced, verdicts,
};

/// Six are due for quarantine, of ten, apart from those who are back.
pub(crate) async fn six_of_ten(back: &[usize]) -> Stage {
    let mut world = Vec::new();
    for n in 0..10 {
        let login = format!("agent{n}@x.com");
        let since = hours_ago(100);
        let tags = [("rollcall:absent-since", since.as_str())];
        world.push(if n < 6 { owned_with(&login, &login, &tags) } else { owned(&login, &login) });
    }
    let groups = |n| if back.contains(&n) { &["Agents"][..] } else { &[] };
    world.extend((0..6).map(|n| person(&format!("agent{n}@x.com"), groups(n))));
    world.extend((6..10).map(|n| agent(&format!("agent{n}@x.com"))));
    Stage::with(&format!("{WORLD}\n{}", world.join("\n")), &format!("{CONFIG}{LADDER}"), unpaced()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_withheld_is_let_through_by_its_code_alone() {
    let stage = six_of_ten(&[]).await;
    let held = stage.cli(&["sync", "--output", "json"]).await;
    assert_eq!(held.code, Some(5), "{held:#?}");
    let report = held.json();
    let target = &report["targets"][0];
    assert_eq!((&report["verdict"], &target["verdict"]), (&Value::from("held"), &Value::from("held")));
    let withheld = target["withheld"].as_array().unwrap();
    assert_eq!(withheld.len(), 6);
    assert!(withheld.iter().all(|one| one["kind"] == "quarantine_user" && one["guard"] == "max-removals"));
    let code = target["approval"].as_str().unwrap();
    assert_eq!(stage.writes().get("UpdateUserRoutingProfile"), None);

    let table = stage.cli(&["sync"]).await;
    assert_eq!(table.code, Some(5));
    assert!(
        table.stdout.contains(&format!("6 actions withheld; to let exactly this through: --approve {code}")),
        "{table:#?}"
    );

    let wrong = stage.cli(&["sync", "--approve", "00000000"]).await;
    assert_eq!(wrong.code, Some(5));
    assert!(wrong.stdout.contains("the approval `00000000` fits no target"), "{wrong:#?}");
    assert_eq!(stage.writes().get("UpdateUserRoutingProfile"), None);

    let plan = stage.cli(&["plan", "--exit-code"]).await;
    assert_eq!(plan.code, Some(3));
    assert_eq!(stage.cli(&["plan"]).await.code, Some(0));

    let approved = stage.cli(&["sync", "--approve", "00000000", "--approve", code, "--output", "json"]).await;
    assert_eq!(approved.code, Some(0), "{approved:#?}");
    assert_eq!(stage.writes()["UpdateUserRoutingProfile"], 6);
    let again = stage.cli(&["sync", "--approve", code]).await;
    assert_eq!(again.code, Some(0), "{again:#?}");
    assert_eq!(stage.writes()["UpdateUserRoutingProfile"], 6, "an approval is of use once");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_of_something_else_lets_nothing_through() {
    let stage = six_of_ten(&[]).await;
    let code = stage.plan().await.targets[0].approval().unwrap().to_owned();
    // One of the six is back, and four would still be too many.
    let later = six_of_ten(&[0, 1]).await;
    let report = later.sync_with(&[&code]).await;
    assert_eq!((verdicts(&report), report.unused_approvals), (vec!["held"], vec![code.clone()]));
    assert_eq!(later.writes().get("UpdateUserRoutingProfile"), None);
    // A stranger in the instance changes nothing of it.
    stage.create_by_hand("somebody@x.com").await;
    assert_eq!(verdicts(&stage.sync_with(&[&code]).await), ["converged"]);
    assert_eq!(stage.writes()["UpdateUserRoutingProfile"], 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_group_takes_nobody_down_and_everything_else_goes_on() {
    let mut world: Vec<String> =
        (0..4).map(|n| owned(&format!("agent{n}@x.com"), &format!("agent{n}@x.com"))).collect();
    world.extend((0..4).map(|n| person(&format!("agent{n}@x.com"), &[])));
    world.push(person("new@x.com", &["Supervisors"]));
    let config = format!("{CONFIG}\n[[target.mapping]]\ngroup = \"Supervisors\"\n{LADDER}");
    let stage = Stage::with(&format!("{WORLD}\n{}", world.join("\n")), &config, unpaced()).await;
    let report = stage.sync().await;
    assert_eq!(verdicts(&report), ["held"]);
    let guards: Vec<&str> = report.targets[0].withheld().iter().map(|held| held.guard.as_str()).collect();
    assert_eq!(guards, ["empty-group"; 4]);
    assert!(actions(&report).contains(&"create_user new@x.com: done".to_owned()));
    assert_eq!(stage.calls("TagResource"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_somebody_who_is_gone_is_handed_over_after_approval_alone() {
    let gone = owned("ana@x.com", "ana@x.com")
        .replace("{user_id:ana@x.com}", "90679d1234-11111111-2222-4333-8444-555555555555");
    let elsewhere = owned("bo@x.com", "outside@x.com");
    let world = [gone, elsewhere, agent("ana@x.com"), agent("bo@x.com"), person("outside@x.com", &[])];
    let stage = Stage::with(&format!("{WORLD}\n{}", world.join("\n")), CONFIG, unpaced()).await;
    let report = stage.sync().await;
    assert_eq!(verdicts(&report), ["held"]);
    let held: Vec<(&str, &str)> = report.targets[0]
        .withheld()
        .iter()
        .map(|held| (held.action.login().unwrap().as_str(), held.guard.as_str()))
        .collect();
    assert_eq!(held, [("ana@x.com", "login-reused")]);
    assert_eq!(codes(&report), [Code::EmailReused], "of the other, whose first person is only elsewhere");
    let code = report.targets[0].approval().unwrap().to_owned();
    assert_eq!(actions(&stage.sync_with(&[&code]).await), ["relink_user ana@x.com: done"]);
    let again = stage.sync().await;
    assert_eq!((verdicts(&again), actions(&again).len()), (vec!["converged"], 0));

    // Whether they still exist cannot be told: then nothing is done at all.
    let stage = Stage::with(&format!("{WORLD}\n{}", world.join("\n")), CONFIG, unpaced()).await;
    stage.sim.inject(Fault::new(Service::IdentityStore, "DescribeUser", FaultKind::KmsMissing));
    assert_eq!(verdicts(&stage.sync_with(&[&code]).await), ["failed"]);
    assert_eq!(stage.writes().len(), 0);
}
