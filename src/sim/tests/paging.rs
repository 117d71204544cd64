//! Pages and their tokens.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::sim::{Fault, FaultKind};

async fn crowd(options: Options) -> Simulator {
    let world = "[[groups]]\nname = \"G\"\n[[instances]]\nalias = \"i\"\n\
                 [[crowd]]\ncount = 250\nuser_name = \"p{n}@x.org\"\ngroups = [\"G\"]\nconnect_users = {}\n";
    start(World::parse(world).unwrap(), options).await
}

/// Every page of the members of the only group: how many each has.
async fn sizes(simulator: &Simulator, size: usize) -> Vec<usize> {
    let (mut sizes, mut members, mut token) = (Vec::new(), BTreeSet::new(), Value::Null);
    loop {
        let input = json!({"GroupId": group(simulator, "G"), "MaxResults": size, "NextToken": token});
        let page = Client::default().store(simulator, "ListGroupMemberships", input).await.json();
        let page_members = page["GroupMemberships"].as_array().unwrap();
        sizes.push(page_members.len());
        members.extend(page_members.iter().map(|one| one["MemberId"]["UserId"].as_str().unwrap().to_owned()));
        token = page["NextToken"].clone();
        if token.is_null() {
            assert_eq!(members.len(), sizes.iter().sum::<usize>(), "nobody comes twice");
            return sizes;
        }
        assert!(sizes.len() < 1000, "the listing does not end");
    }
}

#[tokio::test]
async fn pages_hold_everybody_once() {
    let simulator = crowd(unthrottled()).await;
    assert_eq!(sizes(&simulator, 100).await, [100, 100, 50]);
    assert_eq!(sizes(&simulator, 50).await, [50; 5], "a last page that is full has no token");
}

#[tokio::test]
async fn pages_can_be_small_short_and_empty() {
    let simulator = crowd(Options { page_size: Some(60), ..unthrottled() }).await;
    assert_eq!(sizes(&simulator, 100).await, [60, 60, 60, 60, 10]);
    simulator.set_options(Options { short_pages: true, ..unthrottled() });
    assert_eq!(sizes(&simulator, 100).await, [50; 5]);
    simulator.set_options(Options { empty_pages: true, ..unthrottled() });
    assert_eq!(sizes(&simulator, 100).await, [0, 100, 0, 100, 0, 50]);
}

#[tokio::test]
async fn pages_can_change_their_size_in_the_middle_of_a_listing() {
    let simulator = crowd(Options { page_sizes: vec![100, 1, 60], ..unthrottled() }).await;
    assert_eq!(sizes(&simulator, 100).await, [100, 1, 60, 89]);
    assert_eq!(sizes(&simulator, 50).await, [50, 1, 50, 50, 1, 50, 48], "never more than was asked for");
    simulator.set_options(Options { page_sizes: vec![200, 0], page_size: Some(90), ..unthrottled() });
    assert_eq!(sizes(&simulator, 100).await, [90, 1, 90, 1, 68]);
}

#[tokio::test]
async fn a_page_has_a_hundred_users_unless_more_are_asked_for_and_never_more_than_documented() {
    let simulator = crowd(unthrottled()).await;
    let id = simulator.snapshot()["instances"][0]["id"].as_str().unwrap().to_owned();
    let count = async |query: &str| {
        let path = format!("/users-summary/{id}{query}");
        let page = Client::default().connect(&simulator, "GET", &path, Value::Null).await;
        page.json()["UserSummaryList"].as_array().map(Vec::len).ok_or_else(|| page.code())
    };
    assert_eq!(count("").await, Ok(100));
    assert_eq!(count("?maxResults=1000").await, Ok(250));
    assert_eq!(count("?maxResults=1001").await, Err("InvalidParameterException".to_owned()));
    assert_eq!(count("?maxResults=x").await, Err("InvalidRequestException".to_owned()));
    let search = json!({"InstanceId": id, "MaxResults": 501});
    assert_eq!(
        Client::default().connect(&simulator, "POST", "/search-users", search).await.code(),
        "InvalidParameterException"
    );
}

#[tokio::test]
async fn tokens_of_strangers_are_refused() {
    let simulator = crowd(unthrottled()).await;
    let client = Client::default();
    let first = client.store(&simulator, "ListUsers", json!({"MaxResults": 10})).await.json();
    let token = first["NextToken"].as_str().unwrap().to_owned();
    let good = client.store(&simulator, "ListUsers", json!({"MaxResults": 20, "NextToken": token})).await;
    assert_eq!(good.status, 200);
    let last = token.len() - 1;
    let altered = format!("{}{}", &token[..last], if token.ends_with('0') { '1' } else { '0' });
    for (operation, stranger) in
        [("ListUsers", altered.as_str()), ("ListUsers", "abcd"), ("ListUsers", "zz"), ("ListGroups", token.as_str())]
    {
        let refused = client.store(&simulator, operation, json!({"NextToken": stranger})).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "ValidationException"), "{stranger}");
    }
    let other_arguments = json!({"NextToken": token, "Extensions": ["aws:identitystore:enterprise"]});
    assert_eq!(client.store(&simulator, "ListUsers", other_arguments).await.code(), "ValidationException");
    let other_run = crowd(unthrottled()).await;
    assert_eq!(client.store(&other_run, "ListUsers", json!({"NextToken": token})).await.code(), "ValidationException");
}

#[tokio::test]
async fn a_token_lasts_a_day() {
    let simulator = crowd(unthrottled()).await;
    let id = simulator.snapshot()["instances"][0]["id"].as_str().unwrap().to_owned();
    let client = Client::default();
    let page = client.connect(&simulator, "GET", &format!("/users-summary/{id}"), Value::Null).await.json();
    let path = format!("/users-summary/{id}?nextToken={}", page["NextToken"].as_str().unwrap());
    simulator.set_clock(simulator.now() + SignedDuration::from_hours(23));
    assert_eq!(client.connect(&simulator, "GET", &path, Value::Null).await.status, 200);
    simulator.set_clock(simulator.now() + SignedDuration::from_hours(2));
    let late = client.connect(&simulator, "GET", &path, Value::Null).await;
    assert_eq!((late.status, late.code().as_str()), (400, "InvalidToken"));
}

#[tokio::test]
async fn a_repeated_token_never_ends() {
    let simulator = crowd(unthrottled()).await;
    simulator.inject(Fault::new(Service::IdentityStore, "ListUsers", FaultKind::RepeatToken));
    let client = Client::default();
    let first = client.store(&simulator, "ListUsers", json!({})).await.json();
    let token = first["NextToken"].clone();
    let second = client.store(&simulator, "ListUsers", json!({"NextToken": token})).await.json();
    assert_eq!(second["NextToken"], token);
    assert_eq!(second["Users"], first["Users"]);
}

#[tokio::test]
async fn somebody_deleted_between_pages_hides_nobody_else() {
    let simulator = crowd(unthrottled()).await;
    let client = Client::default();
    let first = client.store(&simulator, "ListUsers", json!({"MaxResults": 100})).await.json();
    for user in first["Users"].as_array().unwrap() {
        client.store(&simulator, "DeleteUser", json!({"UserId": user["UserId"]})).await;
    }
    let token = first["NextToken"].clone();
    let second = client.store(&simulator, "ListUsers", json!({"MaxResults": 100, "NextToken": token})).await.json();
    assert_eq!(second["Users"].as_array().unwrap().len(), 100);
    assert!(second["NextToken"].is_string());
}
