//! Clocks that are wrong: the services' against the host's, and both at once. Hosts whose clock is wrong are tried from
//! outside, in `tests/daemon/test_clocks.py`.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rollcall::model::settings::Mode;
use rollcall::pass::{Request, Runner};
use rollcall::plan::finding::Code;
use rollcall::report::{Cause, RunReport};
use rollcall::sim::{Fault, FaultKind, Service};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::stage::{CONFIG, LADDER, Stage, WORLD, actions, agent, codes, owned, owned_with, person, unpaced, view};

const ABSENT_SINCE: &str = "rollcall:absent-since";
const QUARANTINED_AT: &str = "rollcall:quarantined-at";

/// How far a clock is moved: past the marks of the last hour, past every grace period, and as far back.
const JUMPS: [SignedDuration; 4] = [
    SignedDuration::from_hours(-1),
    SignedDuration::from_mins(-6),
    SignedDuration::from_hours(40 * 24),
    SignedDuration::from_hours(-40 * 24),
];

/// So long before now (after it, where negative), as tags have it.
fn ago(time: SignedDuration) -> String {
    Timestamp::now().checked_sub(time).unwrap().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

/// On each rung somebody who has an hour left, and somebody who has none; somebody who has only just left.
async fn ladder() -> Stage {
    let marked = |login: &str, time| owned_with(login, login, &[(ABSENT_SINCE, &ago(time))]);
    let parked = |login: &str, time| {
        owned_with(login, login, &[(ABSENT_SINCE, &ago(hours(2000))), (QUARANTINED_AT, &ago(time))])
    };
    let mut world = vec![
        owned("new@x.com", "new@x.com"),
        marked("early@x.com", hours(71)),
        marked("due@x.com", hours(73)),
        parked("parked@x.com", hours(30 * 24 - 1)),
        parked("over@x.com", hours(30 * 24 + 1)),
        owned("stays@x.com", "stays@x.com"),
        agent("stays@x.com"),
    ];
    world.extend(LEFT.map(|login| person(login, &[])));
    Stage::with(&format!("{WORLD}\n{}", world.join("\n")), &format!("{CONFIG}{LADDER}"), unpaced()).await
}

const LEFT: [&str; 5] = ["new@x.com", "early@x.com", "due@x.com", "parked@x.com", "over@x.com"];

/// What the ladder comes to while the clocks are right.
const RIGHT: [&str; 3] =
    ["mark_absent new@x.com: done", "quarantine_user due@x.com: done", "delete_user over@x.com: done"];

fn users(stage: &Stage) -> BTreeMap<&'static str, Value> {
    LEFT.into_iter().map(|login| (login, stage.user(login))).collect()
}

fn steps(report: &RunReport) -> Vec<String> {
    actions(report).into_iter().filter(|line| !line.starts_with("assign_group")).collect()
}

async fn sync(runner: &Runner) -> RunReport {
    runner.run(&Request::new(Mode::Apply, Cause::Schedule), &CancellationToken::new()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_services_clock_is_wrong_nobody_moves_and_then_everybody_has_the_time_that_they_had() {
    for jump in JUMPS {
        let stage = ladder().await;
        let (runner, before) = (stage.runner(), users(&stage));
        stage.sim.set_clock(stage.sim.now() + jump);
        for _ in 0..2 {
            let report = sync(&runner).await;
            assert_eq!(steps(&report), [""; 0], "{jump}");
            assert!(codes(&report).contains(&Code::ClockSkew), "{jump}");
            assert_eq!(users(&stage), before, "{jump}");
        }
        stage.sim.set_clock(Timestamp::now());
        let report = sync(&runner).await;
        assert_eq!(steps(&report), RIGHT, "{jump}");
        assert!(!codes(&report).contains(&Code::ClockSkew), "{jump}");
        for login in ["early@x.com", "parked@x.com"] {
            assert_eq!(stage.user(login), before[login], "{jump}");
        }
        let marked = stage.user("new@x.com")["tags"][ABSENT_SINCE].as_str().unwrap().parse::<Timestamp>().unwrap();
        assert!(marked.duration_since(Timestamp::now()).abs() < SignedDuration::from_mins(1), "{jump}: {marked}");
        assert_eq!(steps(&sync(&runner).await), [""; 0], "{jump}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_while_a_target_is_read_moves_nobody() {
    for jump in JUMPS {
        let stage = ladder().await;
        let before = users(&stage);
        let mut slow = Fault::new(Service::Connect, "SearchUsers", FaultKind::Slow);
        slow.delay_ms = Some(1_000);
        stage.sim.inject(slow);
        let jumping = async {
            // Some answers have come by then, and one is still held back.
            while stage.sim.journal().iter().filter(|entry| entry.status == Some(200)).count() < 5 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            stage.sim.set_clock(stage.sim.now() + jump);
        };
        let (report, ()) = tokio::join!(stage.sync(), jumping);
        assert_eq!((steps(&report), users(&stage)), (Vec::new(), before), "{jump}");
        assert!(codes(&report).contains(&Code::ClockSkew), "{jump}");
    }
}

/// Dates that a clock left behind which was ahead: all clocks are right again, and the marks lie in the future.
#[tokio::test(flavor = "multi_thread")]
async fn dates_that_a_clock_left_in_the_future_begin_anew_and_take_nobody() {
    for ahead in [hours(-1), hours(-40 * 24)] {
        let marked = owned_with("ana@x.com", "ana@x.com", &[(ABSENT_SINCE, &ago(ahead))]);
        let both = [(ABSENT_SINCE, ago(hours(800))), (QUARANTINED_AT, ago(ahead))];
        let both = both.each_ref().map(|(key, value)| (*key, value.as_str()));
        let world = [
            marked,
            owned_with("bo@x.com", "bo@x.com", &both),
            owned("cy@x.com", "cy@x.com"),
            agent("cy@x.com"),
            person("ana@x.com", &[]),
            person("bo@x.com", &[]),
        ];
        let stage =
            Stage::with(&format!("{WORLD}\n{}", world.join("\n")), &format!("{CONFIG}{LADDER}"), unpaced()).await;
        let since = stage.user("bo@x.com")["tags"][ABSENT_SINCE].clone();
        let report = stage.sync().await;
        assert_eq!(steps(&report), ["mark_absent ana@x.com: done", "mark_absent bo@x.com: done"], "{ahead}");
        assert_eq!(codes(&report).iter().filter(|code| **code == Code::TagInvalid).count(), 2, "{ahead}");
        for (login, key) in [("ana@x.com", ABSENT_SINCE), ("bo@x.com", QUARANTINED_AT)] {
            let anew = stage.user(login)["tags"][key].as_str().unwrap().parse::<Timestamp>().unwrap();
            assert!(Timestamp::now().duration_since(anew).abs() < SignedDuration::from_mins(1), "{ahead}: {anew}");
        }
        assert_eq!(stage.user("bo@x.com")["tags"][ABSENT_SINCE], since, "what can be read stays");
        assert_eq!(steps(&stage.sync().await), [""; 0], "{ahead}: each time has only begun");
    }
}

/// Four were quarantined an hour ago, and four more are due, of twenty: more than a tenth, and than three. Whatever the
/// clock does, the four of today count, wherever it puts them.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_does_not_empty_the_limit_of_a_day() {
    for age in [hours(1), hours(-1), hours(-40 * 24)] {
        let mut world = Vec::new();
        for n in 0..20 {
            let login = format!("agent{n:02}@x.com");
            let marks = [(ABSENT_SINCE, ago(hours(100))), (QUARANTINED_AT, ago(age))];
            let marks = marks.each_ref().map(|(key, at)| (*key, at.as_str()));
            world.push(match n {
                0..4 => owned_with(&login, &login, &marks),
                4..6 => owned_with(&login, &login, &marks[..1]),
                _ => owned(&login, &login),
            });
        }
        world.extend((0..20).map(|n| person(&format!("agent{n:02}@x.com"), if n < 6 { &[] } else { &["Agents"] })));
        let stage =
            Stage::with(&format!("{WORLD}\n{}", world.join("\n")), &format!("{CONFIG}{LADDER}"), unpaced()).await;
        for pass in 0..2 {
            let report = stage.sync().await;
            assert!(!steps(&report).iter().any(|line| line.starts_with("quarantine")), "{age}: {:?}", steps(&report));
            let view = view(&report);
            let withheld = view["targets"][0]["withheld"].as_array().unwrap();
            assert_eq!(withheld.len(), 2, "{age}, pass {pass}: {withheld:?}");
            assert!(withheld.iter().all(|one| one["guard"] == "max-removals"), "{age}: {withheld:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_stays_as_old_as_it_is_whatever_the_clock_does() {
    let stage = Stage::new(&[agent("ana+1@x.com")]).await;
    let runner = stage.runner();
    let found = |report: &RunReport| {
        let view = view(report);
        let findings = view["targets"][0]["findings"].as_array().unwrap();
        let one = findings.iter().find(|finding| finding["code"] == "login-invalid").unwrap();
        (one["state"].clone(), one["since"].clone())
    };
    let (first, since) = found(&sync(&runner).await);
    assert_eq!(first, "new");
    for jump in JUMPS {
        stage.sim.set_clock(Timestamp::now() + jump);
        assert_eq!(found(&sync(&runner).await), ("still".into(), since.clone()), "{jump}");
    }
}
