//! What Rollcall promises never to do, with hostile services.

use std::time::Duration;

use futures::future::join_all;
use rollcall::plan::finding::Code;
use rollcall::report::RunReport;
use rollcall::sim::{Fault, FaultKind, Options, Service};
use tokio_util::sync::CancellationToken;

use crate::stage::{CONFIG, INSTANCE, Stage, WORLD, actions, agent, codes, owned, unpaced, user, verdicts, view};

/// Every operation that a pass reads with, and its service.
const READS: [(Service, &str); 13] = [
    (Service::Sso, "ListInstances"),
    (Service::IdentityStore, "GetGroupId"),
    (Service::IdentityStore, "ListGroupMemberships"),
    (Service::IdentityStore, "ListUsers"),
    (Service::Sso, "DescribeApplication"),
    (Service::Sso, "GetApplicationAssignmentConfiguration"),
    (Service::Sso, "ListApplicationAssignments"),
    (Service::Connect, "DescribeInstance"),
    (Service::Connect, "ListUsers"),
    (Service::Connect, "SearchUsers"),
    (Service::Connect, "ListRoutingProfiles"),
    (Service::Connect, "ListSecurityProfiles"),
    (Service::Connect, "ListUserHierarchyGroups"),
];

/// A world in which each of [`READS`] is called.
async fn stage() -> Stage {
    let agents: Vec<String> = ["ana", "bo", "cy", "di", "ed"].map(|name| agent(&format!("{name}@x.com"))).into();
    let world = format!("{WORLD}\n{}\n{}", user("zoe@x.com"), agents.join("\n"));
    let mut stage = Stage::with(&world, CONFIG, unpaced()).await;
    stage.configure("hierarchy = \"EMEA/London\"\n");
    stage
}

/// One pass with a fault that strikes one read for ever.
async fn pass_with(fault: Fault, options: Options) -> (Stage, RunReport) {
    let stage = stage().await;
    stage.sim.set_options(options);
    stage.sim.inject(fault);
    let report = stage.sync().await;
    (stage, report)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_fails_the_pass_and_nothing_is_written() {
    let kinds = [
        FaultKind::AccessDenied,
        FaultKind::ServerError,
        FaultKind::Html,
        FaultKind::EmptyObject,
        FaultKind::HalfBody,
        FaultKind::ExpiredCredentials,
        FaultKind::ResetBefore,
    ];
    let cases = kinds.into_iter().flat_map(|kind| READS.map(|(service, operation)| (kind, service, operation)));
    // Most of the time is spent in waiting to try again, so that the cases go side by side.
    join_all(cases.map(|(kind, service, operation)| async move {
        let (stage, report) = pass_with(Fault::new(service, operation, kind), unpaced()).await;
        assert_eq!(verdicts(&report), ["failed"], "{kind:?} {operation}");
        assert_eq!(stage.writes().len(), 0, "{kind:?} {operation}");
        let trouble = report.targets[0].trouble().unwrap();
        assert!(!trouble.causes.is_empty(), "{kind:?} {operation}: {trouble:?}");
        assert!(trouble.hint.is_some(), "{kind:?} {operation}: {trouble:?}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_repeats_its_token_is_an_error_and_not_a_short_list() {
    let mut struck = 0;
    for (service, operation) in READS {
        let fault = Fault::new(service, operation, FaultKind::RepeatToken).after(1);
        let (stage, report) = pass_with(fault, Options { page_size: Some(1), ..unpaced() }).await;
        let calls =
            stage.sim.journal().iter().filter(|entry| entry.service == service && entry.operation == operation).count();
        // Where everything fits on the first page the fault never strikes.
        if calls > 1 {
            struck += 1;
            assert_eq!(verdicts(&report), ["failed"], "{operation}");
            assert_eq!(stage.writes().len(), 0, "{operation}");
        }
    }
    assert!(struck >= 5, "only {struck} listings have several pages");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_encryption_key_is_not_a_missing_group_or_person() {
    for operation in ["GetGroupId", "ListGroupMemberships", "ListUsers"] {
        let stage = stage().await;
        stage.sim.inject(Fault::new(Service::IdentityStore, operation, FaultKind::KmsMissing));
        let report = stage.sync().await;
        assert_eq!((verdicts(&report), codes(&report).len()), (vec!["failed"], 0), "{operation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_never_answers_is_given_up() {
    let mut stage = stage().await;
    stage.config = format!("{CONFIG}[timeouts]\nconnect = \"1s\"\nattempt = \"1s\"\ncall = \"2s\"\n");
    stage.sim.inject(Fault::new(Service::Connect, "SearchUsers", FaultKind::Hang));
    let report = tokio::time::timeout(Duration::from_secs(30), stage.sync()).await.unwrap();
    assert_eq!(verdicts(&report), ["failed"]);
    let trouble = report.targets[0].trouble().unwrap();
    assert!(trouble.causes[0].contains("no answer within"), "{trouble:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_persons_trouble_stays_theirs() {
    let stage = Stage::new(&[agent("ana@x.com"), agent("bo@x.com"), agent("cy@x.com")]).await;
    stage.sim.inject(Fault::new(Service::Connect, "CreateUser", FaultKind::AccessDenied).after(1).times(1));
    let report = stage.sync().await;
    assert_eq!(verdicts(&report), ["incomplete"]);
    assert_eq!(stage.logins().len(), 2, "the others were created");
    let view = view(&report);
    let failed: Vec<_> = view["targets"][0]["actions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|action| action["result"] == "failed")
        .collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0]["error"]["hint"].as_str().unwrap().contains("connect:CreateUser"), "{:#}", failed[0]);
    assert_eq!(verdicts(&stage.sync().await), ["converged"], "the next pass is the retry");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_quota_stops_creations_and_nothing_else() {
    let people: Vec<String> = (1..=30).map(|n| agent(&format!("agent{n}@x.com"))).collect();
    let world = format!("{WORLD}\n{}", people.join("\n"));
    let mut stage = Stage::with(&world, CONFIG, Options { user_quota: Some(3), ..unpaced() }).await;
    stage.configure(
        "[rates.connect]\nrequests_per_second = 10.0\nburst = 1\nshare = 1.0\n\
         [rates.identity_store]\nrequests_per_second = 5000.0\nburst = 5000\n",
    );
    let report = stage.sync().await;
    assert_eq!(verdicts(&report), ["incomplete"]);
    assert_eq!(stage.logins().len(), 3);
    let quota_short = report.targets[0].findings().iter().find(|finding| finding.code() == Code::QuotaShort).unwrap();
    assert_eq!(quota_short.evidence()["left_out"], 27);
    let lines = actions(&report);
    assert_eq!(lines[0], "assign_group Agents: done", "the rest goes on");
    assert!(lines.iter().filter(|line| line.ends_with(": skipped")).count() > 20, "{lines:#?}");
    let attempts = stage.calls("CreateUser");
    assert!(attempts < 10, "{attempts} attempts: a quota is never retried, and what waits is called off");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_somebody_took_meanwhile_is_told_and_left_to_them() {
    let people: Vec<String> = (1..=12).map(|n| agent(&format!("agent{n:02}@x.com"))).collect();
    let mut stage = Stage::new(&people).await;
    stage.configure(
        "[rates.connect]\nrequests_per_second = 10.0\nburst = 1\nshare = 1.0\n\
         [rates.identity_store]\nrequests_per_second = 5000.0\nburst = 5000\n",
    );
    // Once the pass creates, somebody else creates the last person by hand.
    let takes = async {
        while stage.calls("CreateUser") == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stage.create_by_hand("agent12@x.com").await;
    };
    let (report, ()) = tokio::join!(stage.sync(), takes);
    assert_eq!(verdicts(&report), ["incomplete"]);
    let failed: Vec<String> = actions(&report).into_iter().filter(|line| line.ends_with(": failed")).collect();
    assert_eq!(failed, ["create_user agent12@x.com: failed"]);
    assert_eq!(codes(&report), [Code::LoginTaken]);
    assert_eq!(stage.logins().len(), 12);
    assert!(codes(&stage.sync().await).is_empty(), "a served foreign user is no finding");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_of_assignments_is_retried() {
    let stage = Stage::new(&[agent("ana@x.com")]).await;
    stage.sim.inject(Fault::new(Service::Sso, "CreateApplicationAssignment", FaultKind::Conflict).times(2));
    assert_eq!(actions(&stage.sync().await)[0], "assign_group Agents: done");
    assert_eq!(stage.calls("CreateApplicationAssignment"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_begun_is_called_off_when_the_program_ends() {
    let people: Vec<String> = (1..=20).map(|n| agent(&format!("agent{n}@x.com"))).collect();
    let mut stage = Stage::new(&people).await;
    stage.configure(
        "[rates.connect]\nrequests_per_second = 2.0\nburst = 5\nshare = 1.0\n\
         [rates.identity_store]\nrequests_per_second = 5000.0\nburst = 5000\n",
    );
    let stop = CancellationToken::new();
    let (report, ()) = tokio::join!(stage.run_until(&stop), async {
        while stage.calls("CreateUser") < 5 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stop.cancel();
    });
    let lines = actions(&report);
    let done = lines.iter().filter(|line| line.ends_with(": done")).count() - 1;
    assert_eq!(stage.logins().len(), done, "the report tells what was done");
    assert!(lines.iter().filter(|line| line.ends_with(": skipped")).count() >= 13, "{lines:#?}");
    assert_eq!(verdicts(&report), ["incomplete"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_is_not_ours_is_written_to() {
    let stage = Stage::new(&[
        user("foreign@x.com"),
        owned("left@x.com", "left@x.com"),
        "[[people]]\nuser_name = \"left@x.com\"\n".to_owned(),
        agent("ana@x.com"),
    ])
    .await;
    let before = stage.sim.snapshot()["instances"][0]["users"].clone();
    let report = stage.sync().await;
    assert_eq!(codes(&report), [Code::Orphan, Code::Leaver]);
    let after = stage.sim.snapshot()["instances"][0]["users"].clone();
    for user in before.as_array().unwrap() {
        assert!(after.as_array().unwrap().contains(user), "{user:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_in_mode_plan_is_never_written_to() {
    let mut stage = Stage::new(&[agent("ana@x.com")]).await;
    stage.config = CONFIG.replace("region = \"eu-west-2\"", "region = \"eu-west-2\"\nmode = \"plan\"");
    let report = stage.sync().await;
    assert_eq!(verdicts(&report), ["pending"]);
    assert_eq!(stage.writes().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_a_pass_is_the_services_and_a_wrong_clock_is_told() {
    let stage = Stage::new(&[agent("ana@x.com")]).await;
    let moved = stage.sim.now() + Duration::from_hours(1);
    stage.sim.set_clock(moved);
    let report = stage.plan().await;
    assert!(codes(&report).contains(&Code::ClockSkew));
    assert!(report.targets[0].time.duration_since(moved).as_secs().abs() < 60, "{}", report.targets[0].time);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_does_not_use_saml_fails_its_target() {
    let world = WORLD.replace("identity_management = \"SAML\"", "identity_management = \"CONNECT_MANAGED\"");
    let stage = Stage::with(&format!("{world}\n{}", agent("ana@x.com")), CONFIG, unpaced()).await;
    let report = stage.sync().await;
    assert_eq!((verdicts(&report), codes(&report)), (vec!["failed"], vec![Code::InstanceNotSaml]));
    assert_eq!(stage.writes().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_targets_failure_stops_no_other() {
    let second = "22222222-2222-4222-8222-222222222222";
    let world = format!(
        "{WORLD}\n{}\n[[instances]]\nid = \"{second}\"\nalias = \"sales\"\nregion = \"eu-west-2\"\n\
         identity_management = \"SAML\"\nrouting_profiles = [\"Basic Routing Profile\"]\nsecurity_profiles = [\"Agent\"]\n",
        agent("ana@x.com")
    );
    let mut stage = Stage::with(&world, CONFIG, unpaced()).await;
    let third = "33333333-3333-4333-8333-333333333333";
    stage.configure(&format!(
        "[[target]]\nname = \"gone\"\nregion = \"eu-west-2\"\ninstance_id = \"{third}\"\n[[target.mapping]]\ngroup = \"Agents\"\n\
         [[target]]\nname = \"sales\"\nregion = \"eu-west-2\"\ninstance_id = \"{second}\"\n[[target.mapping]]\ngroup = \"Agents\"\n"
    ));
    let report = stage.sync().await;
    assert_eq!(verdicts(&report), ["converged", "failed", "converged"], "{INSTANCE}: {:#}", view(&report));
    assert_eq!(stage.calls("ListGroupMemberships"), 1, "groups are read once for all targets");
}
