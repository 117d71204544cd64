//! How often operations may be called.

use std::time::{Duration, Instant};

use serde_json::json;

use super::*;
use crate::sim::Rate;
use crate::sim::bucket::Buckets;

#[test]
fn a_bucket_gives_its_burst_and_then_its_rate() {
    let rate = Rate { requests_per_second: 2.0, burst: 5.0 };
    let start = Instant::now();
    let mut buckets = Buckets::default();
    let mut take = |after_ms: u64| buckets.take("b".to_owned(), rate, start + Duration::from_millis(after_ms));
    assert_eq!([0; 6].map(&mut take), [true, true, true, true, true, false]);
    assert_eq!([500, 501, 1000, 1001].map(&mut take), [true, false, true, false]);
    // A long rest fills it to the burst and no further.
    assert_eq!([60_000; 6].map(&mut take), [true, true, true, true, true, false]);
}

#[tokio::test]
async fn each_operation_of_connect_has_five_calls_at_once() {
    let simulator = start(World::workshop(), Options::default()).await;
    let client = Client::default();
    let list = format!("/users-summary/{INSTANCE}");
    for _ in 0..5 {
        assert_eq!(client.connect(&simulator, "GET", &list, Value::Null).await.status, 200);
    }
    let refused = client.connect(&simulator, "GET", &list, Value::Null).await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "ThrottlingException"));
    let other = client.connect(&simulator, "GET", &format!("/instance/{INSTANCE}"), Value::Null).await;
    assert_eq!(other.status, 200, "another operation has its own bucket");
}

#[tokio::test]
async fn operations_of_sso_admin_share_one_bucket_unless_given_their_own() {
    let mut options = Options::default();
    options.rates.sso.requests_per_second = 0.001;
    options.rates.sso.burst = 2.0;
    let own = Rate { requests_per_second: 0.001, burst: 1.0 };
    options.rates.sso.operations.insert("DescribeApplication".to_owned(), own);
    let simulator = start(World::workshop(), options).await;
    let client = Client::default();
    let application = json!({"ApplicationArn": APPLICATION});
    assert_eq!(client.sso(&simulator, "ListInstances", json!({})).await.status, 200);
    assert_eq!(client.sso(&simulator, "ListApplicationAssignments", application.clone()).await.status, 200);
    let refused = client.sso(&simulator, "ListInstances", json!({})).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "ThrottlingException"));
    assert_eq!(client.sso(&simulator, "DescribeApplication", application.clone()).await.status, 200);
    assert_eq!(client.sso(&simulator, "DescribeApplication", application).await.status, 400);
}

#[tokio::test]
async fn identity_store_has_twenty_calls_of_an_operation() {
    let simulator = start(World::workshop(), Options::default()).await;
    let client = Client::default();
    let mut granted = 0;
    while client.store(&simulator, "ListGroups", json!({})).await.status == 200 {
        granted += 1;
        assert!(granted < 40, "nothing is refused");
    }
    assert!(granted >= 20, "{granted}");
}
