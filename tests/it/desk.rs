//! Runs that somebody asks for while others are under way: together, beside one another, called off, or after a reload.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rollcall::config::Config;
use rollcall::daemon::{ApprovalRefused, ConfigStatus, Desk, Entry, Refused};
use rollcall::metrics::Metrics;
use rollcall::model::id::TargetName;
use rollcall::model::settings::Mode;
use rollcall::pass::{NotApproved, Request, Runner, Setup};
use rollcall::report::json::State;
use rollcall::report::{Cause, RunReport};
use rollcall::sim::{Fault, FaultKind, Service};
use tokio_util::sync::CancellationToken;

use crate::guards::six_of_ten;
use crate::stage::{CONFIG, SECOND, SECOND_INSTANCE, Stage, WORLD, actions, agent, unpaced, verdicts};

/// A creation every half second, and nothing else that waits.
const SLOW_CREATES: &str = "\n[rates.connect]\nrequests_per_second = 5000.0\nburst = 1\nshare = 1.0\n\
    operations = { CreateUser = 2.0 }\n[rates.identity_store]\nrequests_per_second = 5000.0\nburst = 5000\n\
    [rates.sso_admin]\nrequests_per_second = 5000.0\nburst = 5000\n";

struct Office {
    stage: Stage,
    desk: Arc<Desk>,
    metrics: Arc<Metrics>,
}

impl Office {
    fn open(stage: Stage) -> Self {
        let metrics = Arc::new(Metrics::new("0").unwrap());
        let runner = Runner::metered(stage.setup(), &metrics);
        let config = ConfigStatus { path: None, loaded_at: String::new(), last_reload: None };
        let desk = Desk::new(Arc::new(runner), Arc::clone(&metrics), config, CancellationToken::new());
        Self { stage, desk: Arc::new(desk), metrics }
    }

    fn everybody(&self) -> Entry {
        self.desk.submit(Request::new(Mode::Apply, Cause::Http)).unwrap()
    }

    fn somebody(&self, person: &str) -> Entry {
        let request = Request { person: Some(person.to_owned()), ..Request::new(Mode::Apply, Cause::Http) };
        self.desk.submit(request).unwrap()
    }

    /// The text that Prometheus reads.
    fn metrics(&self) -> String {
        String::from_utf8(self.metrics.text()).unwrap()
    }

    /// The value of the one series that has all these parts.
    fn value(&self, name: &str, labels: &[&str]) -> Option<f64> {
        let text = self.metrics();
        let mut found = text.lines().filter(|line| {
            line.split(['{', ' ']).next() == Some(name) && labels.iter().all(|label| line.contains(label))
        });
        let line = found.next()?;
        assert_eq!(found.next(), None, "{name} {labels:?}");
        line.rsplit(' ').next().unwrap().parse().ok()
    }
}

async fn over(entry: &Entry) -> &RunReport {
    assert!(entry.wait(Duration::from_secs(30)).await, "the run does not end");
    entry.run.report().unwrap()
}

async fn until(what: impl Fn() -> bool) {
    let begun = Instant::now();
    while !what() {
        assert!(begun.elapsed() < Duration::from_secs(20), "what was waited for does not come");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn agents(count: usize) -> Vec<String> {
    (0..count).map(|n| agent(&format!("agent{n}@x.com"))).collect()
}

async fn slow(count: usize) -> Office {
    let mut stage = Stage::new(&agents(count)).await;
    stage.configure(SLOW_CREATES);
    Office::open(stage)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_requests_are_one_run_now_and_one_after_it() {
    let mut options = unpaced();
    options.latency_ms = 100;
    let stage = Stage::with(&format!("{WORLD}\n{}", agents(3).join("\n")), CONFIG, options).await;
    let office = Office::open(stage);
    let first = office.everybody();
    until(|| first.run.state() == State::Running).await;
    let rest: Vec<Entry> = (0..999).map(|_| office.everybody()).collect();
    assert!(rest.iter().all(|entry| entry.run.id() == rest[0].run.id()));
    assert_ne!(first.run.id(), rest[0].run.id());
    assert_eq!(rest[0].run.state(), State::Queued);
    assert_eq!(verdicts(over(&first).await), ["converged"]);
    assert_eq!(verdicts(over(&rest[0]).await), ["converged"]);
    assert_eq!(office.desk.runs().len(), 2);
    assert_eq!(office.stage.calls("SearchUsers"), 2);
    assert_eq!(office.stage.writes()["CreateUser"], 3);
    assert_eq!(office.stage.calls("ListGroupMemberships"), 2, "what waited has read for itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_in_target_person_or_mode_is_another_run() {
    let office = slow(4).await;
    let first = office.everybody();
    until(|| first.run.state() == State::Running).await;
    let queued = office.everybody();
    let dry = office.desk.submit(Request::new(Mode::Plan, Cause::Http)).unwrap();
    let target = Some(TargetName::new("support"));
    let named = office.desk.submit(Request { target, ..Request::new(Mode::Apply, Cause::Http) }).unwrap();
    let ids: std::collections::BTreeSet<&str> =
        [&first, &queued, &dry, &named].into_iter().map(|entry| entry.run.id()).collect();
    assert_eq!(ids.len(), 4);
    let none = Request { target: Some(TargetName::new("nowhere")), ..Request::new(Mode::Apply, Cause::Http) };
    assert_eq!(office.desk.submit(none).unwrap_err(), Refused::NoTarget(TargetName::new("nowhere")));
    for entry in [&first, &queued, &dry, &named] {
        assert_eq!(verdicts(over(entry).await), ["converged"]);
    }
    assert_eq!(office.stage.writes()["CreateUser"], 4, "passes of one target never overlap");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_persons_pass_goes_beside_a_long_one_which_then_lets_them_be() {
    let office = slow(8).await;
    let long = office.everybody();
    until(|| long.run.progress().1 > 0).await;
    let short = office.somebody("agent7@x.com");
    until(|| short.run.state() != State::Queued).await;
    let same = office.somebody("agent7@x.com");
    assert_ne!(short.run.id(), same.run.id());
    let report = over(&short).await;
    assert_eq!(actions(report), ["create_user agent7@x.com: done"]);
    assert_ne!(long.run.state(), State::Done, "it waited for nobody");
    let after = over(&same).await;
    assert!(actions(after).iter().all(|line| !line.ends_with("done")), "{:?}", actions(after));
    let all = actions(over(&long).await);
    assert!(all.contains(&"create_user agent7@x.com: skipped".to_owned()), "{all:?}");
    assert_eq!(all.iter().filter(|line| line.ends_with("@x.com: done")).count(), 7, "{all:?}");
    assert_eq!(office.stage.writes()["CreateUser"], 8);
    // What was skipped is not trouble for long: the next pass has nothing to do.
    assert_eq!(verdicts(over(&office.everybody()).await), ["converged"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_persons_pass_sets_no_timestamp_and_counts_no_failure() {
    let office = Office::open(Stage::new(&agents(1)).await);
    over(&office.somebody("agent0@x.com")).await;
    over(&office.somebody("nobody@x.com")).await;
    let target = r#"target="support""#;
    for name in ["attempt", "complete", "converged"] {
        assert_eq!(office.value(&format!("rollcall_last_{name}_timestamp_seconds"), &[target]), Some(0.0));
    }
    assert_eq!(office.value("rollcall_consecutive_failures", &[target]), Some(0.0));
    assert_eq!(office.value("rollcall_passes_total", &[target, r#"cause="http""#, r#"verdict="failed""#]), Some(1.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_what_it_saw_and_counts_as_no_attempt() {
    let office = Office::open(six_of_ten(&[]).await);
    let dry = office.desk.submit(Request::new(Mode::Plan, Cause::Http)).unwrap();
    assert_eq!(verdicts(over(&dry).await), ["held"]);
    let target = r#"target="support""#;
    for name in ["attempt", "complete", "converged"] {
        assert_eq!(office.value(&format!("rollcall_last_{name}_timestamp_seconds"), &[target]), Some(0.0));
    }
    let status = office.desk.status().targets.remove(0);
    assert_eq!((status.verdict, status.members, status.withheld), (None, Some(4), 6));
    assert_eq!(office.value("rollcall_withheld_actions", &["max-removals"]), Some(6.0));
    // What it withheld can be approved all the same.
    let code = dry.run.report().unwrap().targets[0].approval().unwrap();
    over(&office.desk.approve(code, "Kim", "test").unwrap()).await;
    assert_eq!(office.stage.writes()["UpdateUserRoutingProfile"], 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_leaves_out_what_is_busy() {
    let world = format!("{WORLD}\n{SECOND_INSTANCE}\n{}", agents(4).join("\n"));
    let mut stage = Stage::with(&world, CONFIG, unpaced()).await;
    stage.configure(SECOND).configure(SLOW_CREATES);
    let office = Office::open(stage);
    office.desk.tick();
    until(|| office.desk.runs()[0].targets().count() == 2 && office.desk.runs()[0].state() == State::Running).await;
    let names = |run: usize| office.desk.runs()[run].targets().map(ToString::to_string).collect::<Vec<_>>();
    until(|| !office.desk.runner().is_busy(&TargetName::new("sales"))).await;
    assert!(office.desk.runner().is_busy(&TargetName::new("support")));
    office.desk.tick();
    assert_eq!(office.desk.runs().len(), 2);
    assert_eq!(names(0), ["sales"]);
    until(|| office.desk.runs()[0].state() == State::Done).await;
    assert_eq!(office.desk.runs()[1].state(), State::Running, "targets do not wait for one another");
    until(|| office.desk.runs()[1].state() == State::Done).await;
    assert_eq!(office.desk.runs().len(), 2, "what was left out is not made up");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_lets_through_what_is_still_planned_and_that_once() {
    let office = Office::open(six_of_ten(&[]).await);
    let held = over(&office.everybody()).await.targets[0].approval().unwrap().to_owned();
    assert_eq!(office.value("rollcall_withheld_actions", &["max-removals"]), Some(6.0));
    let refused = office.desk.approve("00000000", "Kim", "test").unwrap_err();
    assert_eq!(refused, ApprovalRefused::Code(NotApproved::Unknown));
    let approved = office.desk.approve(&held, "Kim", "test").unwrap();
    let lines = actions(over(&approved).await);
    assert_eq!(lines.iter().filter(|line| line.starts_with("quarantine_user") && line.ends_with("done")).count(), 6);
    assert_eq!(office.value("rollcall_withheld_actions", &["max-removals"]), Some(0.0));
    let refused = office.desk.approve(&held, "Kim", "test").unwrap_err();
    assert_eq!(refused, ApprovalRefused::Code(NotApproved::Stale));
    assert_eq!(office.stage.writes()["UpdateUserRoutingProfile"], 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_reaches_the_pass_that_waits_and_series_of_a_target_that_is_gone_disappear() {
    let world = format!("{WORLD}\n{SECOND_INSTANCE}\n{}", agents(3).join("\n"));
    let mut stage = Stage::with(&world, CONFIG, unpaced()).await;
    stage.configure(&SECOND.replace("Supervisors", "Agents")).configure(SLOW_CREATES);
    let office = Office::open(stage);
    let first = office.everybody();
    // Three creations in each target and an assignment: two and a half seconds of work, of which both have some left.
    until(|| first.run.progress().1 == 7).await;
    let waiting = office.everybody();
    assert!(office.metrics().contains(r#"target="sales""#));
    let config = format!("{CONFIG}{SLOW_CREATES}").replace("name = \"support\"", "name = \"support\"\nmode = \"plan\"");
    let config = Arc::new(Config::parse(&config, &|_| None).unwrap());
    let before = office.desk.runner().setup();
    office.desk.runner().reload(Setup::new(config, before.access.clone()));
    assert!(!office.metrics().contains(r#"target="sales""#));
    assert_eq!(verdicts(over(&first).await), ["converged", "converged"], "what has begun goes on as it began");
    let report = over(&waiting).await;
    assert_eq!(report.targets[0].mode, Mode::Plan);
    assert_eq!(verdicts(report), ["converged", "failed"]);
    let trouble = report.targets[1].trouble().unwrap();
    assert!(trouble.message.contains("taken out of the configuration"), "{trouble:?}");
    let status = office.desk.status();
    assert_eq!(status.targets.iter().map(|target| target.name.as_str()).collect::<Vec<_>>(), ["support"]);
    assert!(!office.metrics().contains(r#"target="sales""#), "no pass that ends later brings them back");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_called_off_is_skipped_and_the_next_pass_repairs_it() {
    let office = slow(12).await;
    let run = office.everybody();
    until(|| run.run.progress().0 > 2).await;
    office.stage.sim.inject(Fault::new(Service::Connect, "CreateUser", FaultKind::Hang));
    tokio::time::sleep(Duration::from_millis(600)).await;
    let begun = Instant::now();
    office.desk.stop().cancel();
    assert_eq!(office.desk.submit(Request::new(Mode::Apply, Cause::Http)).unwrap_err(), Refused::Ending);
    assert!(office.desk.finish(Duration::from_millis(2_300)).await, "runs went on for {:?}", begun.elapsed());
    let report = run.run.report().unwrap();
    assert_eq!(verdicts(report), ["incomplete"]);
    let lines = actions(report);
    assert!(lines.iter().all(|line| line.ends_with(": done") || line.ends_with(": skipped")), "{lines:?}");
    office.stage.sim.clear_faults();
    let report = office.stage.sync().await;
    assert_eq!(verdicts(&report), ["converged"]);
    assert_eq!(office.stage.logins().len(), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_told_and_counted_and_ends_by_itself() {
    let office = Office::open(Stage::new(&agents(2)).await);
    over(&office.everybody()).await;
    let target = r#"target="support""#;
    let complete = office.value("rollcall_last_complete_timestamp_seconds", &[target]).unwrap();
    assert!(complete > 0.0);
    office.stage.sim.inject(Fault::new(Service::Connect, "ListUsers", FaultKind::AccessDenied));
    for times in 1..=2 {
        assert_eq!(verdicts(over(&office.everybody()).await), ["failed"]);
        assert_eq!(office.value("rollcall_consecutive_failures", &[target]), Some(f64::from(times)));
    }
    let status = office.desk.status().targets.remove(0);
    assert_eq!((status.verdict.as_deref(), status.consecutive_failures), (Some("failed"), 2));
    assert_eq!((status.members, status.owned), (Some(2), Some(0)), "what was last seen is still shown");
    assert_eq!(office.value("rollcall_last_complete_timestamp_seconds", &[target]), Some(complete));
    assert!(office.value("rollcall_last_attempt_timestamp_seconds", &[target]).unwrap() > complete);
    let denied = [r#"operation="ListUsers""#, r#"outcome="denied""#, r#"service="connect""#];
    assert!(office.value("rollcall_aws_requests_total", &denied).unwrap() >= 2.0);
    office.stage.sim.clear_faults();
    assert_eq!(verdicts(over(&office.everybody()).await), ["converged"]);
    assert_eq!(office.value("rollcall_consecutive_failures", &[target]), Some(0.0));
    assert!(!office.metrics().contains('@'), "nobody is in a label");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alert_rules_count_is_there_from_the_start() {
    let office = Office::open(Stage::new(&[]).await);
    let target = r#"target="support""#;
    for (name, labels) in [
        ("rollcall_passes_total", vec![target, r#"cause="schedule""#, r#"verdict="converged""#]),
        ("rollcall_actions_total", vec![target, r#"kind="create_user""#, r#"result="failed""#]),
        ("rollcall_last_complete_timestamp_seconds", vec![target]),
        ("rollcall_members_blocked", vec![target]),
        ("rollcall_withheld_actions", vec![target, r#"guard="empty-group""#]),
        ("rollcall_findings", vec![target, r#"code="login-case""#, r#"severity="error""#]),
        (
            "rollcall_aws_requests_total",
            vec![r#"service="connect""#, r#"operation="ListUsers""#, r#"outcome="throttled""#],
        ),
    ] {
        assert_eq!(office.value(name, &labels), Some(0.0), "{name}");
    }
    assert_eq!(office.value("rollcall_config_last_reload_successful", &[]), Some(1.0));
    assert_eq!(office.value("rollcall_build_info", &[r#"version="0""#]), Some(1.0));
}
