//! Joiners, movers, leavers, over HTTP: what is written, in what order, and what is left alone.

use std::time::Duration;

use rollcall::plan::finding::Code;
use rollcall::sim::FaultKind::{self, AccessDenied, EmptyObject, Html, KmsMissing, ServerError};
use rollcall::sim::{Fault, Options, Service, World};
use serde_json::{Value, json};

use crate::stage::{
    CONFIG, LADDER, Stage, WORLD, actions, agent, codes, hours_ago, owned, owned_with, person, unpaced, verdicts, view,
};

const ASSIGNED: &str = "assign_group Agents: done";

/// A stage whose group is assigned already, with a ladder, and with this appended to the configuration.
async fn stage(world: &[String], config: &str) -> Stage {
    Stage::with(&format!("{WORLD}\n{}", world.join("\n")), &format!("{CONFIG}{config}"), unpaced()).await
}

/// What was written, in order.
fn written(stage: &Stage) -> Vec<String> {
    stage.sim.journal().into_iter().filter(|entry| entry.write).map(|entry| entry.operation).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaver_is_marked_quarantined_and_deleted() {
    // Somebody is still in the group, so that it is not empty.
    let (bo, stays) = (agent("bo@x.com"), owned("bo@x.com", "bo@x.com"));
    let ana = person("ana@x.com", &[]);
    let marked = stage(&[owned("ana@x.com", "ana@x.com"), stays.clone(), bo.clone(), ana.clone()], LADDER).await;
    let report = marked.sync().await;
    assert_eq!(actions(&report), [ASSIGNED, "mark_absent ana@x.com: done"]);
    let since = marked.user("ana@x.com")["tags"]["rollcall:absent-since"].as_str().unwrap().to_owned();
    assert!(since.parse::<jiff::Timestamp>().is_ok() && since.ends_with('Z'), "{since}");
    assert_eq!(actions(&marked.sync().await), [""; 0], "the grace has only begun");

    let aged = owned_with("ana@x.com", "ana@x.com", &[("rollcall:absent-since", &hours_ago(73))]);
    let parked = stage(&[aged, stays.clone(), bo.clone(), ana.clone()], LADDER).await;
    assert_eq!(actions(&parked.sync().await), [ASSIGNED, "quarantine_user ana@x.com: done"]);
    let user = parked.user("ana@x.com");
    assert_eq!((&user["routing_profile"], &user["security_profiles"]), (&json!("Parking"), &json!(["NoAccess"])));
    assert!(user["tags"]["rollcall:was-routing-profile"].is_string());
    let order: Vec<String> =
        written(&parked).into_iter().filter(|name| name != "CreateApplicationAssignment").collect();
    assert_eq!(order, ["TagResource", "UpdateUserRoutingProfile", "UpdateUserSecurityProfiles", "TagResource"]);
    let again = parked.sync().await;
    assert_eq!((actions(&again).len(), codes(&again)), (0, vec![Code::Leaver]));

    let (since, at) = (hours_ago(2000), hours_ago(721));
    let aged = [("rollcall:absent-since", since.as_str()), ("rollcall:quarantined-at", at.as_str())];
    let quick = "[[instances.quick_connects]]\nname = \"Ana\"\ntype = \"USER\"\ntarget = \"ana@x.com\"\n".to_owned();
    let gone = stage(&[owned_with("ana@x.com", "ana@x.com", &aged), stays, quick, bo, ana], LADDER).await;
    let report = gone.sync().await;
    assert_eq!(actions(&report), [ASSIGNED, "delete_user ana@x.com: done"]);
    assert_eq!(gone.logins(), ["bo@x.com"]);
    assert_eq!(codes(&report), [Code::Leaver, Code::QuickConnectLeft]);
    let deleted = &view(&report)["targets"][0]["actions"][1]["user"];
    assert_eq!(deleted["Username"], "ana@x.com");
    assert_eq!(deleted["IdentityInfo"]["FirstName"], "Given ana");
    assert!(deleted["PhoneConfig"].is_object() && deleted["Tags"]["rollcall:owner"] == "rollcall", "{deleted:#}");
    assert_eq!((actions(&gone.sync().await).len(), gone.logins().len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_user_goes_down_the_ladder_though_the_present_one_is_an_administrator() {
    let present = owned("ana@x.com", "ana@x.com").replace("[\"Agent\"]", "[\"Admin\"]");
    let earlier = owned_with("ana.old@x.com", "ana@x.com", &[("rollcall:absent-since", &hours_ago(73))]);
    let stage = stage(&[present, earlier, agent("ana@x.com")], LADDER).await;
    let before = stage.user("ana@x.com");
    assert_eq!(actions(&stage.sync().await), [ASSIGNED, "quarantine_user ana.old@x.com: done"]);
    assert_eq!(stage.user("ana@x.com"), before);
    assert_eq!(actions(&stage.sync().await), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_back_has_what_they_had() {
    let world = |ana: String, groups: &[&str]| {
        [ana, owned("bo@x.com", "bo@x.com"), agent("bo@x.com"), person("ana@x.com", groups)]
    };
    let before = owned_with("ana@x.com", "ana@x.com", &[("rollcall:absent-since", &hours_ago(80))]).replace(
        "security_profiles = [\"Agent\"]",
        "security_profiles = [\"Agent\", \"CallCenterManager\"]\nrouting_profile = \"VIP\"",
    );
    let away = stage(&world(before, &[]), LADDER).await;
    let had = away.user("ana@x.com");
    away.sync().await;
    assert_eq!(away.user("ana@x.com")["routing_profile"], "Parking");

    // The same user, as the tags now have it, in a world where Ana is back.
    let user = away.user("ana@x.com");
    let tags: Vec<(String, String)> = user["tags"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(key, _)| key.contains("was-") || key.contains("-at") || key.contains("-since"))
        .map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(tags.len(), 4, "{tags:?}");
    let tags: Vec<(&str, &str)> = tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let parked = owned_with("ana@x.com", "ana@x.com", &tags).replace(
        "security_profiles = [\"Agent\"]",
        "security_profiles = [\"NoAccess\"]\nrouting_profile = \"Parking\"",
    );
    let back = stage(&world(parked, &["Agents"]), LADDER).await;
    let report = back.sync().await;
    assert_eq!(actions(&report), [ASSIGNED, "restore_user ana@x.com: done"]);
    let now = back.user("ana@x.com");
    for field in ["routing_profile", "security_profiles", "first_name", "phone"] {
        assert_eq!(now[field], had[field], "{field}");
    }
    let keys: Vec<&String> = now["tags"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["rollcall:mapping", "rollcall:owner", "rollcall:principal"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_takes_one_call_for_each_family_and_the_mapping_is_written_last() {
    let mapping = "tags = { team = \"vip\" }\nhierarchy = \"EMEA/London\"\nrouting_profile = \"VIP\"\n\
                   security_profiles = [\"CallCenterManager\"]\n\
                   phone = { type = \"desk\", number = \"+442079460000\", auto_accept = false, after_contact_work = \"unlimited\" }\n";
    let config = format!("{mapping}\n[policy]\nattributes.name = \"enforce\"\n");
    let moved = owned("ana@x.com", "ana@x.com").replace("group_id:Agents", "group_id:Supervisors");
    let moved = format!("{moved}secondary_email = \"ana@home.org\"\nfirst_name = \"Anna\"\n").replacen(
        "first_name = \"Given ana\"\n",
        "",
        1,
    );
    let stage = stage(&[moved, agent("ana@x.com")], &config).await;
    let report = stage.sync().await;
    assert_eq!(actions(&report), [ASSIGNED, "update_user ana@x.com: done"]);
    let mut order = written(&stage);
    order.retain(|name| name != "CreateApplicationAssignment");
    assert_eq!(
        order,
        [
            "UpdateUserIdentityInfo",
            "UpdateUserRoutingProfile",
            "UpdateUserSecurityProfiles",
            "UpdateUserHierarchy",
            "UpdateUserConfig",
            "TagResource"
        ]
    );
    let user = stage.user("ana@x.com");
    assert_eq!((&user["first_name"], &user["secondary_email"]), (&json!("Given ana"), &json!("ana@home.org")));
    assert_eq!((&user["routing_profile"], &user["hierarchy"]), (&json!("VIP"), &json!("EMEA/London")));
    assert_eq!(user["phone"]["number"], "+442079460000");
    assert_eq!(
        (&user["phone"]["auto_accept"], &user["phone"]["after_contact_work_seconds"]),
        (&json!(false), &json!(0))
    );
    assert_eq!(user["tags"]["team"], "vip");
    stage.sim.clear_journal();
    assert_eq!((actions(&stage.sync().await).len(), stage.writes().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_index_lags_everything_is_looked_at_and_nothing_written_twice() {
    let aged = |login: &str| owned_with(login, login, &[("rollcall:absent-since", &hours_ago(100))]);
    let (since, at) = (hours_ago(900), hours_ago(50));
    let parked =
        owned_with("fay@x.com", "fay@x.com", &[("rollcall:absent-since", &since), ("rollcall:quarantined-at", &at)]);
    let world = [
        owned("ana@x.com", "ana@x.com"),
        aged("bo@x.com"),
        aged("cy@x.com"),
        owned("di@x.com", "di@x.com").replace("Family di", "Former"),
        crate::stage::user("ed@x.com"),
        parked,
        person("ana@x.com", &[]),
        person("bo@x.com", &[]),
        agent("cy@x.com"),
        agent("di@x.com"),
        agent("ed@x.com"),
        agent("fay@x.com"),
    ];
    let config = format!("{LADDER}\n").replace("[policy]\n", "[policy]\nadopt = true\nattributes.name = \"enforce\"\n");
    let options = Options { search_lag_seconds: 3600, ..unpaced() };
    let stage = Stage::with(&format!("{WORLD}\n{}", world.join("\n")), &format!("{CONFIG}{config}"), options).await;
    let report = stage.sync().await;
    let done = [
        ASSIGNED,
        "restore_user fay@x.com: done",
        "adopt_user ed@x.com: done",
        "update_user di@x.com: done",
        "update_user ed@x.com: done",
        "unmark_absent cy@x.com: done",
        "mark_absent ana@x.com: done",
        "quarantine_user bo@x.com: done",
    ];
    assert_eq!(actions(&report), done);
    stage.sim.clear_journal();
    let again = stage.sync().await;
    let so: Vec<String> = done[1..].iter().map(|line| line.replace("done", "already_so")).collect();
    assert_eq!(actions(&again), so);
    assert_eq!((verdicts(&again), stage.writes().len()), (vec!["converged"], 0));
    stage.sim.set_options(unpaced());
    stage.sim.clear_journal();
    assert_eq!((actions(&stage.sync().await).len(), stage.writes().len()), (0, 0), "and then the plan is empty");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_copies_at_work_do_everything_once() {
    let aged = |login: &str| owned_with(login, login, &[("rollcall:absent-since", &hours_ago(100))]);
    let mut world: Vec<String> = vec![aged("bo@x.com"), owned("ana@x.com", "ana@x.com"), owned("z@x.com", "z@x.com")];
    world.push(person("bo@x.com", &[]));
    world.push(person("ana@x.com", &[]));
    world.push(agent("z@x.com"));
    world.extend((0..20).map(|n| agent(&format!("new{n:02}@x.com"))));
    let stage = stage(&world, LADDER).await;
    let (one, other) = tokio::join!(stage.sync(), stage.sync());
    for report in [&one, &other] {
        assert_eq!(verdicts(report), ["converged"], "{:#?}", actions(report));
    }
    assert_eq!(stage.logins().len(), 23);
    let parked = stage.user("bo@x.com");
    assert_eq!(parked["routing_profile"], "Parking");
    let was = parked["tags"]["rollcall:was-routing-profile"].as_str().unwrap();
    assert_ne!(Some(was), parked["routing_profile_id"].as_str(), "what was is not what is");
    stage.sim.clear_journal();
    assert_eq!((actions(&stage.sync().await).len(), stage.writes().len()), (0, 0));
}

/// Runs a pass, and changes the world once the answer to this operation is on its way: after everything was read, or
/// between the looks.
async fn meanwhile(stage: &Stage, service: Service, operation: &str, change: impl FnOnce(&Stage)) -> Vec<String> {
    let mut slow = Fault::new(service, operation, FaultKind::Slow);
    slow.delay_ms = Some(1500);
    stage.sim.inject(slow.times(1));
    let changing = async {
        // Whoever exists has been listed by then.
        while stage.calls(operation) == 0 || stage.calls("ListUsers") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        change(stage);
    };
    let (report, ()) = tokio::join!(stage.sync(), changing);
    actions(&report).into_iter().filter(|line| line != ASSIGNED).collect()
}

fn world_of(parts: &[String]) -> World {
    World::parse(&format!("{WORLD}\n{}", parts.join("\n"))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn right_before_anything_is_taken_it_looks_again() {
    let aged = owned_with("ana@x.com", "ana@x.com", &[("rollcall:absent-since", &hours_ago(100))]);
    let others = [owned("bo@x.com", "bo@x.com"), agent("bo@x.com")];
    let with = |ana: &str, person: String| [vec![ana.to_owned()], others.to_vec(), vec![person]].concat();
    let outside = with(&aged, person("ana@x.com", &[]));

    // Back in the group between the look at the user and the look at the person.
    let back = with(&aged, agent("ana@x.com"));
    let stage_one = stage(&outside, LADDER).await;
    let done =
        meanwhile(&stage_one, Service::Connect, "DescribeUser", |stage| stage.sim.set_world(world_of(&back))).await;
    assert_eq!(done, ["quarantine_user ana@x.com: skipped"]);
    assert_eq!(stage_one.user("ana@x.com")["routing_profile"], "Basic Routing Profile");

    // The owner tag taken away, the user deleted, another mark, another person's: after reading, before looking.
    let foreign = aged.replace("\"rollcall:owner\" = \"rollcall\", ", "");
    let other_mark = owned_with("ana@x.com", "ana@x.com", &[("rollcall:absent-since", &hours_ago(1))]);
    let anothers = aged.replace("{user_id:ana@x.com}", "{user_id:bo@x.com}");
    let admin = aged.replace("[\"Agent\"]", "[\"Agent\", \"Admin\"]");
    for (changed, what) in [
        (foreign.as_str(), "foreign"),
        ("", "deleted"),
        (&other_mark, "mark"),
        (&anothers, "person"),
        (&admin, "administrator"),
    ] {
        let stage = stage(&outside, LADDER).await;
        let world = with(changed, person("ana@x.com", &[]));
        let done =
            meanwhile(&stage, Service::Connect, "SearchUsers", |stage| stage.sim.set_world(world_of(&world))).await;
        assert_eq!(done, ["quarantine_user ana@x.com: skipped"], "{what}");
        assert_eq!(stage.writes().keys().filter(|name| *name != "CreateApplicationAssignment").count(), 0, "{what}");
    }

    // Enabled again.
    let mut disabled = outside.clone();
    disabled[3] = agent("ana@x.com");
    let stage = stage(&disabled, LADDER).await;
    assert!(stage.sim.set_enabled("ana@x.com", false));
    let done = meanwhile(&stage, Service::Connect, "DescribeUser", |stage| {
        assert!(stage.sim.set_enabled("ana@x.com", true));
    })
    .await;
    assert_eq!(done, ["quarantine_user ana@x.com: skipped"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_no_leave_to_remove() {
    let (since, at) = (hours_ago(2000), hours_ago(721));
    let due =
        owned_with("ana@x.com", "ana@x.com", &[("rollcall:absent-since", &since), ("rollcall:quarantined-at", &at)]);
    let world = [due, owned("bo@x.com", "bo@x.com"), agent("bo@x.com"), person("ana@x.com", &[])];
    for (service, operation, kinds) in [
        (Service::IdentityStore, "IsMemberInGroups", [AccessDenied, EmptyObject, Html, ServerError]),
        (Service::Connect, "ListQuickConnects", [AccessDenied, EmptyObject, Html, ServerError]),
        (Service::Connect, "DescribeUser", [AccessDenied, EmptyObject, Html, ServerError]),
        (Service::IdentityStore, "IsMemberInGroups", [KmsMissing, AccessDenied, Html, ServerError]),
    ] {
        for kind in kinds {
            let stage = stage(&world, LADDER).await;
            stage.sim.inject(Fault::new(service, operation, kind));
            let report = stage.sync().await;
            assert_eq!(actions(&report), [ASSIGNED, "delete_user ana@x.com: skipped"], "{operation} {kind:?}");
            assert_eq!(verdicts(&report), ["incomplete"]);
            assert_eq!(stage.logins().len(), 2, "{operation} {kind:?}");
            let error = &view(&report)["targets"][0]["actions"][1]["error"];
            assert!(error["message"].as_str().unwrap().contains("no answer"), "{error:#}");
            assert!(!error["causes"].as_array().unwrap().is_empty(), "{error:#}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_no_longer_exist_are_deleted_and_a_missing_key_is_no_proof_of_it() {
    let (since, at) = (hours_ago(2000), hours_ago(721));
    let due =
        owned_with("ana@x.com", "bo@x.com", &[("rollcall:absent-since", &since), ("rollcall:quarantined-at", &at)])
            .replace("{user_id:bo@x.com}", "90679d1234-11111111-2222-4333-8444-555555555555");
    let world = [due, owned("bo@x.com", "bo@x.com"), agent("bo@x.com")];
    let stage_one = stage(&world, LADDER).await;
    // The first look of this operation is the last look: two members are listed, not described.
    stage_one.sim.inject(Fault::new(Service::IdentityStore, "DescribeUser", FaultKind::KmsMissing));
    let report = stage_one.sync().await;
    // With one member alone, reading describes; then nothing is planned at all.
    assert!(verdicts(&report) == ["failed"] || actions(&report)[1].ends_with("skipped"), "{:?}", actions(&report));
    assert_eq!(stage_one.logins().len(), 2);
    stage_one.sim.clear_faults();
    let report = stage_one.sync().await;
    assert!(actions(&report).contains(&"delete_user ana@x.com: done".to_owned()), "{:?}", actions(&report));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_forty_days_ahead_removes_nobody() {
    let marked = owned_with("ana@x.com", "ana@x.com", &[("rollcall:absent-since", &hours_ago(100))]);
    let stage =
        stage(&[marked, owned("bo@x.com", "bo@x.com"), agent("bo@x.com"), person("ana@x.com", &[])], LADDER).await;
    let behind = stage.sim.now().checked_sub(jiff::SignedDuration::from_hours(24 * 40)).unwrap();
    stage.sim.set_clock(behind);
    let report = stage.sync().await;
    assert_eq!(actions(&report), [ASSIGNED]);
    assert!(codes(&report).contains(&Code::ClockSkew));
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_are_new_then_known_then_gone() {
    let stage = stage(&[owned("ana@x.com", "ana@x.com"), agent("ana@x.com"), agent("bo+1@x.com")], "").await;
    let runner = stage.runner();
    let stop = tokio_util::sync::CancellationToken::new();
    let request = rollcall::pass::Request::new(rollcall::model::settings::Mode::Plan, rollcall::report::Cause::Cli);
    let states = |report: &rollcall::report::RunReport| -> Vec<Value> {
        let view = view(report);
        view["targets"][0]["findings"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect()
    };
    let first = runner.run(&request, &stop).await;
    assert_eq!(states(&first), ["new"]);
    let second = runner.run(&request, &stop).await;
    assert_eq!(states(&second), ["still"]);
    let since = |report| view(report)["targets"][0]["findings"][0]["since"].clone();
    assert_eq!(since(&second), since(&first));
    stage.sim.inject(Fault::new(Service::Connect, "ListUsers", FaultKind::AccessDenied).times(1));
    let failed = runner.run(&request, &stop).await;
    assert_eq!((verdicts(&failed), failed.targets[0].gone().len()), (vec!["failed"], 0), "not read is not gone");
    stage.sim.set_world(world_of(&[owned("ana@x.com", "ana@x.com"), agent("ana@x.com")]));
    let last = runner.run(&request, &stop).await;
    assert_eq!((codes(&last).len(), last.targets[0].gone().len()), (0, 1));
    assert_eq!(runner.run(&request, &stop).await.targets[0].gone().len(), 0, "gone is told once");
}
