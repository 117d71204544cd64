use std::sync::Mutex as StdMutex;

use futures::future::join_all;

use super::*;
use crate::aws::operation::{CREATE_ASSIGNMENT, CREATE_USER, LIST_INSTANCES, LIST_USERS};

const PER_SECOND: f64 = 1.6;
const BURST: u32 = 5;

fn rate() -> Rate {
    Rate { requests_per_second: 2.0, burst: BURST, share: 0.8, operations: BTreeMap::new() }
}

fn scope(region: &str) -> Scope {
    Scope { account: None, region: region.to_owned() }
}

async fn seconds(work: impl Future) -> f64 {
    let begun = Instant::now();
    work.await;
    begun.elapsed().as_secs_f64()
}

async fn take_many(bucket: &Bucket, count: u32) {
    join_all((0..count).map(|_| bucket.take(Turn::Regular))).await;
}

#[tokio::test(start_paused = true)]
async fn many_calls_take_the_time_that_the_rate_asks_for_and_hardly_more() {
    for count in [100_u32, 500] {
        let bucket = Pace::new().bucket(&scope("r"), &CREATE_USER, &rate());
        let least = f64::from(count - BURST) / PER_SECOND;
        let took = seconds(take_many(&bucket, count)).await;
        assert!(took >= least - 1e-6, "{count} calls took {took} s, less than {least} s");
        assert!(took <= least * 1.05, "{count} calls took {took} s, more than 1.05 times {least} s");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_come_one_after_the_other_keep_the_same_pace() {
    let bucket = Pace::new().bucket(&scope("r"), &CREATE_USER, &rate());
    let least = f64::from(100 - BURST) / PER_SECOND;
    let took = seconds(async {
        for _ in 0..100 {
            bucket.take(Turn::Regular).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    })
    .await;
    assert!((least..=least * 1.05).contains(&(took - 0.3)), "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_rested_bucket_holds_the_burst_and_no_more() {
    let bucket = Pace::new().bucket(&scope("r"), &CREATE_USER, &rate());
    tokio::time::sleep(Duration::from_hours(1)).await;
    let first = seconds(take_many(&bucket, BURST)).await;
    let next = seconds(take_many(&bucket, 1)).await;
    assert!(first < 1e-9 && next >= 1.0 / PER_SECOND, "{first} {next}");
}

#[tokio::test(start_paused = true)]
async fn first_come_first_served_but_retries_overtake() {
    let bucket = Pace::new().bucket(&scope("r"), &CREATE_USER, &rate());
    take_many(&bucket, BURST).await;
    let order = StdMutex::new(Vec::new());
    let queue = async |name: &'static str, turn, after| {
        tokio::time::sleep(Duration::from_millis(after)).await;
        bucket.take(turn).await;
        order.lock().unwrap().push(name);
    };
    tokio::join!(
        queue("first", Turn::Regular, 0),
        queue("second", Turn::Regular, 1),
        queue("urgent", Turn::Urgent, 2),
        queue("retry", Turn::Retry, 3),
        queue("later retry", Turn::Retry, 4),
    );
    assert_eq!(*order.lock().unwrap(), ["retry", "later retry", "urgent", "first", "second"]);
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_costs_no_token_and_lets_the_next_one_through() {
    let bucket = Pace::new().bucket(&scope("r"), &CREATE_USER, &rate());
    take_many(&bucket, BURST).await;
    let took = seconds(async {
        let gives_up = tokio::time::timeout(Duration::from_millis(100), bucket.take(Turn::Regular));
        let (gave_up, ()) = tokio::join!(gives_up, bucket.take(Turn::Regular));
        assert!(gave_up.is_err());
    })
    .await;
    assert!((0.6..0.7).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn operations_have_buckets_of_their_own_except_those_of_sso_admin() {
    let pace = Pace::new();
    let same =
        |one, other| Arc::ptr_eq(&pace.bucket(&scope("r"), one, &rate()), &pace.bucket(&scope("r"), other, &rate()));
    assert!(same(&CREATE_USER, &CREATE_USER));
    assert!(!same(&CREATE_USER, &LIST_USERS));
    assert!(same(&CREATE_ASSIGNMENT, &LIST_INSTANCES));
    let elsewhere = Scope { account: Some("444455556666".to_owned()), ..scope("r") };
    assert!(!Arc::ptr_eq(
        &pace.bucket(&scope("r"), &CREATE_USER, &rate()),
        &pace.bucket(&scope("s"), &CREATE_USER, &rate())
    ));
    assert!(!Arc::ptr_eq(
        &pace.bucket(&scope("r"), &CREATE_USER, &rate()),
        &pace.bucket(&elsewhere, &CREATE_USER, &rate())
    ));
}

#[tokio::test(start_paused = true)]
async fn the_estimate_counts_what_is_queued_and_what_the_bucket_holds() {
    let bucket = Pace::new().bucket(&scope("r"), &CREATE_USER, &rate());
    assert!(bucket.seconds_for(5).abs() < 1e-9);
    assert!((bucket.seconds_for(21) - 10.0).abs() < 1e-9);
    take_many(&bucket, BURST).await;
    assert!((bucket.seconds_for(16) - 10.0).abs() < 1e-9);
}

#[tokio::test(start_paused = true)]
async fn a_new_rate_takes_effect_at_once() {
    let pace = Pace::new();
    take_many(&pace.bucket(&scope("r"), &CREATE_USER, &rate()), BURST).await;
    let faster = Rate { requests_per_second: 20.0, ..rate() };
    let took = seconds(take_many(&pace.bucket(&scope("r"), &CREATE_USER, &faster), 16)).await;
    assert!((1.0..1.05).contains(&took), "{took}");
}
