//! What holds in any world, over real HTTP: whatever the size of pages, however far the index lags, and with two copies at
//! work on one instance.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rollcall::plan::finding::Code;
use rollcall::report::RunReport;
use rollcall::sim::Options;
use serde_json::Value;

use crate::stage::{Stage, actions, unpaced, verdicts};
use crate::worlds::{Play, play, untouchable};

/// So many worlds are made by each test.
const WORLDS: u32 = 40;

/// Runs a check over many worlds.
fn in_many_worlds(check: &impl AsyncFn(&Play) -> Result<(), TestCaseError>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = Config { cases: WORLDS, failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
    let result = TestRunner::new(config).run(&play(), |play| runtime.block_on(check(&play)));
    if let Err(error) = result {
        panic!("{error}");
    }
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
