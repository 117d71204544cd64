//! Time stands still here and is moved on by hand, so that what is told of it is exact.

use std::collections::VecDeque;
use std::sync::Mutex as StdMutex;
use std::time::Duration;

use futures::future::{join, join_all};
use tokio::time::{Instant, sleep};

use super::*;
use crate::aws::operation::{CREATE_ASSIGNMENT, CREATE_USER, LIST_INSTANCES, LIST_USERS};

const PER_SECOND: f64 = 1.6;
const BURST: u32 = 5;

fn rate() -> Rate {
    Rate { requests_per_second: 2.0, burst: BURST, share: 0.8, operations: BTreeMap::new() }
}

fn creating() -> Arc<Bucket> {
    Pace::new().bucket(&scope("r"), &CREATE_USER, &rate())
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
    join_all((0..count).map(|_| bucket.take(Turn::Regular, "a"))).await;
}

#[tokio::test(start_paused = true)]
async fn many_calls_take_the_time_that_the_rate_asks_for_and_hardly_more() {
    for count in [100_u32, 500] {
        let bucket = creating();
        let least = f64::from(count - BURST) / PER_SECOND;
        let took = seconds(take_many(&bucket, count)).await;
        assert!(took >= least - 1e-6, "{count} calls took {took} s, less than {least} s");
        assert!(took <= least * 1.05, "{count} calls took {took} s, more than 1.05 times {least} s");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_come_one_after_the_other_keep_the_same_pace() {
    let bucket = creating();
    let least = f64::from(100 - BURST) / PER_SECOND;
    let took = seconds(async {
        for _ in 0..100 {
            bucket.take(Turn::Regular, "a").await;
            sleep(Duration::from_millis(300)).await;
        }
    })
    .await;
    assert!((least..=least * 1.05).contains(&(took - 0.3)), "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_rested_bucket_holds_the_burst_and_no_more() {
    let bucket = creating();
    sleep(Duration::from_hours(1)).await;
    let first = seconds(take_many(&bucket, BURST)).await;
    let next = seconds(take_many(&bucket, 1)).await;
    assert!(first < 1e-9 && next >= 1.0 / PER_SECOND, "{first} {next}");
}

#[tokio::test(start_paused = true)]
async fn first_come_first_served_but_retries_overtake() {
    let bucket = creating();
    take_many(&bucket, BURST).await;
    let order = StdMutex::new(Vec::new());
    let queue = async |name: &'static str, turn, after| {
        sleep(Duration::from_millis(after)).await;
        bucket.take(turn, "a").await;
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
    let bucket = creating();
    take_many(&bucket, BURST).await;
    let took = seconds(async {
        let gives_up = tokio::time::timeout(Duration::from_millis(100), bucket.take(Turn::Regular, "a"));
        let (gave_up, ()) = tokio::join!(gives_up, bucket.take(Turn::Regular, "a"));
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
async fn the_estimate_counts_what_the_bucket_holds() {
    let bucket = creating();
    assert!(bucket.seconds_for(5, "a").abs() < 1e-9);
    assert!((bucket.seconds_for(21, "a") - 10.0).abs() < 1e-9);
    take_many(&bucket, BURST).await;
    assert!((bucket.seconds_for(16, "a") - 10.0).abs() < 1e-9);
}

#[tokio::test(start_paused = true)]
async fn estimates_come_true_whoever_else_is_in_the_queue() {
    for slowed in [false, true] {
        let bucket = creating();
        take_many(&bucket, BURST).await;
        if slowed {
            bucket.slow_down(Instant::now());
        }
        let of = async |name: &'static str, turn, count: u32| {
            let took = seconds(join_all((0..count).map(|_| bucket.take(turn, name)))).await;
            (name, took)
        };
        let told = async {
            // Everybody is in the queue by now.
            sleep(Duration::from_millis(1)).await;
            [("many", 160), ("few", 10), ("none", 5)].map(|(name, calls)| bucket.seconds_for(calls, name))
        };
        let (many, few, _, told) = tokio::join!(
            of("many", Turn::Regular, 160),
            of("few", Turn::Regular, 10),
            of("urgent", Turn::Urgent, 3),
            told
        );
        for (took, told) in [(many, told[0]), (few, told[1])] {
            assert!((took.1 - told).abs() < 0.7, "slowed: {slowed}: {took:?}, {told} s were told");
        }
        // Who asks before having begun would wait for their own part of the others' turns.
        assert!(told[2] > 5.0 && told[2] < told[1], "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_has_few_calls_does_not_wait_for_who_has_many() {
    let bucket = creating();
    take_many(&bucket, BURST).await;
    let all_of = async |name, count: u32, after| {
        sleep(Duration::from_millis(after)).await;
        seconds(join_all((0..count).map(|_| bucket.take(Turn::Regular, name)))).await
    };
    let (large, small, late) =
        tokio::join!(all_of("large", 300, 0), all_of("small", 10, 1), all_of("late", 10, 100_000));
    // They take turns, two at first, so that ten calls take the time of twenty.
    assert!(small <= 20.0 / PER_SECOND + 0.7, "{small}");
    assert!(late <= 20.0 / PER_SECOND + 0.7, "who comes later has nothing to make up for: {late}");
    // And whoever has many loses nothing but the turns of the others.
    assert!(large <= 320.0 / PER_SECOND + 0.7, "{large}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_halves_the_rate_and_time_brings_it_back_in_steps() {
    let bucket = creating();
    take_many(&bucket, BURST).await;
    let sent = Instant::now();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(bucket.slow_down(sent), Some(PER_SECOND / 2.0));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(bucket.slow_down(sent), None, "what was under way together is one refusal, whenever its answers come");
    // What was in the bucket is gone, and so the next call waits for a whole token at half the rate.
    let took = seconds(take_many(&bucket, 1)).await;
    assert!((took - (2.0 / PER_SECOND - 1.0)).abs() < 0.01, "{took}");
    // That one tells of the halved rate, however soon.
    assert_eq!(bucket.slow_down(Instant::now()), Some(PER_SECOND / 4.0));
    // From a quarter on a tenth comes back every 20 seconds: 20 × 1.6 × (0.25 + 0.35 + … + 0.95) is 153.6, in 160 s.
    let took = seconds(take_many(&bucket, 153)).await;
    assert!((159.0..161.0).contains(&took), "{took}");
    // And the sixteen seconds after that are at the whole rate.
    let took = seconds(take_many(&bucket, 32)).await;
    assert!((18.5..20.5).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn however_often_it_is_refused_it_goes_on() {
    let bucket = creating();
    for _ in 0..30 {
        sleep(Duration::from_millis(1)).await;
        bucket.slow_down(Instant::now());
    }
    let took = seconds(take_many(&bucket, 1)).await;
    assert!(took <= 16.0 / PER_SECOND, "{took}");
}

/// A service that takes two calls a second, five at once, of whoever calls.
struct Service {
    calls: StdMutex<VecDeque<Instant>>,
    tokens: StdMutex<(f64, Instant)>,
}

impl Service {
    fn new() -> Self {
        Self { calls: StdMutex::default(), tokens: StdMutex::new((5.0, Instant::now())) }
    }

    fn takes(&self) -> bool {
        let mut state = self.tokens.lock().unwrap();
        let now = Instant::now();
        let tokens = (state.0 + 2.0 * now.duration_since(state.1).as_secs_f64()).min(5.0);
        let takes = tokens >= 1.0;
        *state = (if takes { tokens - 1.0 } else { tokens }, now);
        if takes {
            self.calls.lock().unwrap().push_back(now);
        }
        takes
    }
}

#[tokio::test(start_paused = true)]
async fn beside_somebody_who_takes_half_the_quota_few_are_refused_and_nobody_starves() {
    let (bucket, service) = (creating(), Service::new());
    let refused = StdMutex::new((0_u32, 0_u32));
    // Ours: 1,000 calls, of which whoever is refused tries again after a second, before the others.
    let ours = async {
        let one = async || {
            let mut turn = Turn::Regular;
            loop {
                bucket.take(turn, "a").await;
                let sent = Instant::now();
                // An answer takes its time.
                sleep(Duration::from_millis(80)).await;
                refused.lock().unwrap().1 += 1;
                if service.takes() {
                    break;
                }
                refused.lock().unwrap().0 += 1;
                bucket.slow_down(sent);
                sleep(Duration::from_secs(1)).await;
                turn = Turn::Retry;
            }
        };
        seconds(join_all((0..1_000).map(|_| one()))).await
    };
    // The other: one call a second, at no particular instants, come what may.
    let other = async {
        let mut random = fastrand::Rng::with_seed(7);
        let mut lost = 0;
        for _ in 0..900 {
            sleep(Duration::from_secs_f64(2.0 * random.f64())).await;
            lost += u32::from(!service.takes());
        }
        lost
    };
    let (took, lost) = join(ours, other).await;
    let (refused, attempts) = *refused.lock().unwrap();
    let share = f64::from(refused) / f64::from(attempts);
    assert!(refused > 0, "there was nothing to give way to");
    assert!(share <= 0.05, "{refused} of {attempts} attempts were refused");
    assert!(took <= 1_000.0 / 1.0 * 1.35, "{took} s, and 1000 s was the least that the other left room for");
    assert!(lost <= 45, "the other lost {lost} of 900 calls");
}

#[tokio::test(start_paused = true)]
async fn a_new_rate_takes_effect_at_once() {
    let pace = Pace::new();
    take_many(&pace.bucket(&scope("r"), &CREATE_USER, &rate()), BURST).await;
    let faster = Rate { requests_per_second: 20.0, ..rate() };
    let took = seconds(take_many(&pace.bucket(&scope("r"), &CREATE_USER, &faster), 16)).await;
    assert!((1.0..1.05).contains(&took), "{took}");
}
