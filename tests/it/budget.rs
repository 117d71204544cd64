//! How many calls a pass may make, and how fast. The calls are the cost: AWS allows two a second of most.

use std::time::{Duration, Instant};

use rollcall::sim::{Fault, FaultKind, Options, Service};

use crate::stage::{CONFIG, Stage, WORLD, actions, agent, unpaced, verdicts};

/// So many members who are in step, in a directory with so many others, spread among them.
async fn crowd(members: usize, others: usize) -> Stage {
    let world = format!(
        "{WORLD}\n[[crowd]]\ncount = {members}\nuser_name = \"agent{{n}}@x.com\"\ngiven_name = \"Agent\"\nfamily_name = \"Number{{n}}\"\n\
         groups = [\"Agents\"]\nconnect_users = {{ instance = \"support\", security_profiles = [\"Agent\"], tags = {{ \
         \"rollcall:owner\" = \"rollcall\", \"rollcall:principal\" = \"{{user_id}}\", \"rollcall:mapping\" = \"{{group_id:Agents}}\" }} }}\n\
         [[crowd]]\ncount = {others}\nuser_name = \"other{{n}}@x.com\"\n"
    );
    let stage = Stage::with(&world, CONFIG, unpaced()).await;
    // The application's group is assigned, so that nothing is left to do.
    stage.sync().await;
    stage.sim.clear_journal();
    stage
}

fn calls_of(stage: &Stage, service: Service) -> usize {
    stage.sim.journal().iter().filter(|entry| entry.service == service).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_group_costs_pages_and_no_describe() {
    let stage = crowd(2_000, 2_000).await;
    let report = stage.sync().await;
    assert_eq!((verdicts(&report), actions(&report).len()), (vec!["converged"], 0));
    assert_eq!(stage.calls("DescribeUser"), 0);
    // One look-up, 20 pages of memberships, and at most the 40 pages of the directory.
    assert!(calls_of(&stage, Service::IdentityStore) <= 1 + 20 + 40, "{:?}", report.requests);
    // 2 ListUsers, 4 SearchUsers, the instance, two sorts of profiles.
    assert!(calls_of(&stage, Service::Connect) <= 9, "{:?}", report.requests);
    assert!(calls_of(&stage, Service::Sso) <= 4, "{:?}", report.requests);
    assert_eq!(stage.writes().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_group_in_a_large_directory_is_described() {
    let stage = crowd(50, 6_000).await;
    let report = stage.sync().await;
    assert_eq!(verdicts(&report), ["converged"]);
    assert!(calls_of(&stage, Service::IdentityStore) <= 60, "{:?}", report.requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_counts_what_the_service_saw_retries_included() {
    let stage = crowd(20, 20).await;
    stage.sim.inject(Fault::new(Service::Connect, "SearchUsers", FaultKind::Throttle).times(1));
    let report = stage.sync().await;
    assert_eq!(verdicts(&report), ["converged"]);
    assert_eq!(report.requests["connect:SearchUsers"], 2);
    let seen = stage.sim.journal().len();
    assert_eq!(usize::try_from(report.requests.values().sum::<u64>()).unwrap(), seen, "{:?}", report.requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn creations_keep_the_pace_that_is_configured_and_are_never_throttled() {
    let people: Vec<String> = (1..=100).map(|n| agent(&format!("agent{n}@x.com"))).collect();
    let world = format!("{WORLD}\n{}", people.join("\n"));
    let mut options = Options::default();
    options
        .rates
        .connect
        .operations
        .insert("CreateUser".to_owned(), rollcall::sim::Rate { requests_per_second: 25.0, burst: 5.0 });
    let mut stage = Stage::with(&world, CONFIG, options).await;
    stage.configure("[rates.connect]\noperations = { CreateUser = 25.0 }\n");
    let begun = Instant::now();
    let report = stage.sync().await;
    let took = begun.elapsed();
    assert_eq!(verdicts(&report), ["converged"]);
    assert_eq!(stage.calls("CreateUser"), 100, "no attempt was refused");
    let journal = stage.sim.journal();
    let created: Vec<_> =
        journal.iter().filter(|entry| entry.operation == "CreateUser").map(|entry| entry.at).collect();
    let span = created.last().unwrap().duration_since(created[0]).as_secs_f64();
    let least = (100.0 - 5.0) / (25.0 * 0.8);
    // That the pace is kept to a twentieth is shown on a clock that stands still; this machine may be busy.
    assert!(span <= least * 1.5 && span >= least * 0.95, "{span} s, {least} s at the rate");
    assert!(took < Duration::from_mins(1), "{took:?}");
}
