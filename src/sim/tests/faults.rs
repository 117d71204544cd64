//! What goes wrong on request, and the journal that tells of it.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::sim::{Fault, FaultKind};

fn on_create(kind: FaultKind) -> Fault {
    Fault::new(Service::Connect, "CreateUser", kind).times(1)
}

/// CreateUser over a connection that may be cut: the bytes that came, if it was closed in an orderly way.
async fn create_over_a_wire(simulator: &Simulator, login: &str) -> std::io::Result<Vec<u8>> {
    let line = format!("PUT /users/{INSTANCE}");
    let body = new_user(simulator, login).to_string();
    raw(simulator, &Client::default().request(simulator, Service::Connect, &line, "", &body)).await
}

#[tokio::test]
async fn a_fault_lets_calls_pass_strikes_and_is_over() {
    let simulator = workshop().await;
    simulator.inject(Fault::new(Service::IdentityStore, "ListGroups", FaultKind::Throttle).after(1).times(2));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(Client::default().store(&simulator, "ListGroups", json!({})).await.status);
        assert_eq!(Client::default().store(&simulator, "ListUsers", json!({})).await.status, 200);
    }
    assert_eq!(statuses, [200, 400, 400, 200]);
}

#[tokio::test]
async fn a_fault_of_every_operation_lasts_until_it_is_cleared() {
    let simulator = workshop().await;
    simulator.inject(Fault::new(Service::Sso, "*", FaultKind::ServerError));
    for _ in 0..3 {
        let answer = Client::default().sso(&simulator, "ListInstances", json!({})).await;
        assert_eq!((answer.status, answer.code().as_str()), (500, "InternalServerException"));
    }
    simulator.clear_faults();
    assert_eq!(Client::default().sso(&simulator, "ListInstances", json!({})).await.status, 200);
}

#[tokio::test]
async fn errors_on_request_are_the_services_own() {
    let simulator = workshop().await;
    for (kind, store, connect) in [
        (FaultKind::Throttle, (400, "ThrottlingException"), (429, "ThrottlingException")),
        (FaultKind::ServerError, (500, "InternalServerException"), (500, "InternalServiceException")),
        (FaultKind::AccessDenied, (400, "AccessDeniedException"), (403, "AccessDeniedException")),
        (FaultKind::ExpiredCredentials, (400, "ExpiredTokenException"), (403, "ExpiredTokenException")),
        (FaultKind::Conflict, (400, "ConflictException"), (409, "ResourceConflictException")),
    ] {
        simulator.inject(Fault::new(Service::IdentityStore, "*", kind).times(1));
        simulator.inject(Fault::new(Service::Connect, "*", kind).times(1));
        let answer = Client::default().store(&simulator, "ListGroups", json!({})).await;
        assert_eq!((answer.status, answer.code().as_str()), store, "{kind:?}");
        let answer = create_user(&simulator, new_user(&simulator, "new")).await;
        assert_eq!((answer.status, answer.code().as_str()), connect, "{kind:?}");
    }
    assert!(user(&simulator, "new").is_none(), "none of them does anything");
}

#[tokio::test]
async fn a_missing_key_is_told_in_the_words_of_the_two_services_that_have_one() {
    let simulator = workshop().await;
    simulator.inject(Fault::new(Service::IdentityStore, "*", FaultKind::KmsMissing));
    simulator.inject(Fault::new(Service::Sso, "*", FaultKind::KmsMissing));
    let client = Client::default();
    for (answer, reason) in [
        (client.store(&simulator, "ListGroups", json!({})).await, "KMS_KEY_NOT_FOUND"),
        (
            client.sso(&simulator, "DescribeApplication", json!({"ApplicationArn": APPLICATION})).await,
            "KMS_NotFoundException",
        ),
    ] {
        assert_eq!((answer.status, answer.code().as_str()), (400, "ResourceNotFoundException"));
        assert_eq!(answer.json()["Reason"], reason);
        assert!(answer.json().get("ResourceType").is_none(), "{}", answer.body);
    }
    let instances = client.sso(&simulator, "ListInstances", json!({})).await;
    assert_eq!(instances.status, 200, "an operation that does not declare the error");
}

#[tokio::test]
async fn faults_that_cannot_be_are_refused() {
    let simulator = workshop().await;
    let refused = async |fault: Value| {
        let answer = control(&simulator, "POST", "faults", &fault.to_string()).await;
        assert_eq!(answer.status, 400, "{fault}");
        answer.json()["error"].as_str().unwrap().to_owned()
    };
    let fault =
        |service: &str, operation: &str, kind: &str| json!({"service": service, "operation": operation, "kind": kind});
    assert!(refused(fault("connect", "ListUsers", "kms_missing")).await.contains("no encryption key"));
    assert!(refused(fault("sts", "*", "kms_missing")).await.contains("no encryption key"));
    assert!(refused(fault("sso", "ListInstances", "kms_missing")).await.contains("cannot tell of it"));
    assert!(refused(fault("connect", "CreateUsers", "throttle")).await.contains("no operation `CreateUsers`"));
    assert!(refused(fault("connect", "CreateUser", "lost_token")).await.contains("no pages"));
    let mut likely = fault("connect", "CreateUser", "throttle");
    likely["probability"] = json!(1.5);
    assert!(refused(likely).await.contains("between 0 and 1"));
    assert_eq!(control(&simulator, "GET", "faults", "").await.json(), json!([]));
}

/// Which of so many calls are struck: DescribeUser of each person, in the order of `people`.
async fn struck(fault: &Fault, people: &[String], times: usize) -> Vec<(String, usize)> {
    let simulator = workshop().await;
    simulator.inject(fault.clone());
    let mut struck = Vec::new();
    for time in 0..times {
        for id in people {
            // Another operation in between changes nothing.
            Client::default().store(&simulator, "ListUsers", json!({})).await;
            let answer = Client::default().store(&simulator, "DescribeUser", json!({"UserId": id})).await;
            if answer.status != 200 {
                struck.push((id.clone(), time));
            }
        }
    }
    struck.sort();
    struck
}

#[tokio::test]
async fn chance_strikes_the_same_calls_whatever_the_order() {
    let world = workshop().await.snapshot();
    let people = world["people"].as_array().unwrap().iter().take(5);
    let people: Vec<String> = people.map(|person| person["id"].as_str().unwrap().to_owned()).collect();
    let backwards: Vec<String> = people.iter().rev().cloned().collect();
    let fault = |seed| Fault::new(Service::IdentityStore, "*", FaultKind::ServerError).likely(0.3, seed);
    let one = struck(&fault(7), &people, 8).await;
    assert_eq!(struck(&fault(7), &backwards, 8).await, one);
    assert_ne!(struck(&fault(8), &people, 8).await, one);
    assert!((4..=22).contains(&one.len()), "{} of 40 at 0.3", one.len());
    assert_eq!(struck(&fault(7).likely(0.0, 7), &people, 2).await.len(), 0);
    assert_eq!(struck(&fault(7).likely(1.0, 7), &people, 2).await.len(), 10);
    assert_eq!(struck(&fault(7).times(2), &people, 8).await.len(), 2, "what chance lets pass is not counted");
}

#[tokio::test]
async fn a_listing_may_end_early_or_be_empty_and_look_whole() {
    let simulator = start(World::workshop(), Options { page_size: Some(2), ..unthrottled() }).await;
    let client = Client::default();
    simulator.inject(Fault::new(Service::IdentityStore, "ListUsers", FaultKind::LostToken).times(1));
    let lost = client.store(&simulator, "ListUsers", json!({})).await.json();
    assert_eq!((lost["Users"].as_array().unwrap().len(), lost.get("NextToken")), (2, None));
    simulator.inject(Fault::new(Service::IdentityStore, "ListUsers", FaultKind::EmptyList).times(1));
    let empty = client.store(&simulator, "ListUsers", json!({})).await.json();
    assert_eq!((&empty["Users"], empty.get("NextToken")), (&json!([]), None));
    let whole = client.store(&simulator, "ListUsers", json!({})).await.json();
    assert!(whole["NextToken"].is_string());
}

#[tokio::test]
async fn a_reset_comes_before_or_after_the_write() {
    let simulator = workshop().await;
    simulator.inject(on_create(FaultKind::ResetBefore));
    let error = create_over_a_wire(&simulator, "before").await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert!(user(&simulator, "before").is_none());
    simulator.inject(on_create(FaultKind::ResetAfter));
    let error = create_over_a_wire(&simulator, "after").await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert!(user(&simulator, "after").is_some());
    let journal = simulator.journal();
    assert!(journal.iter().all(|entry| entry.status.is_none() && entry.code.as_deref() == Some("reset")));
    let told: Vec<_> = journal.iter().map(|entry| entry.fault).collect();
    assert_eq!(told, [Some(FaultKind::ResetBefore), Some(FaultKind::ResetAfter)]);
}

#[tokio::test]
async fn half_a_body_is_less_than_was_announced() {
    let simulator = workshop().await;
    simulator.inject(on_create(FaultKind::HalfBody));
    let answer = parsed(&create_over_a_wire(&simulator, "half").await.unwrap());
    let announced: usize = answer.headers["content-length"].parse().unwrap();
    assert_eq!(answer.body.len(), announced / 2);
    assert!(user(&simulator, "half").is_some());
}

#[tokio::test]
async fn answers_that_no_service_gives_do_nothing() {
    let simulator = workshop().await;
    simulator.inject(on_create(FaultKind::Html));
    let page = create_user(&simulator, new_user(&simulator, "new")).await;
    assert_eq!((page.status, page.headers["content-type"].as_str()), (200, "text/html"));
    simulator.inject(Fault { status: Some(502), ..on_create(FaultKind::Html) });
    assert_eq!(create_user(&simulator, new_user(&simulator, "new")).await.status, 502);
    simulator.inject(on_create(FaultKind::EmptyObject));
    let empty = create_user(&simulator, new_user(&simulator, "new")).await;
    assert_eq!((empty.status, empty.body.as_str()), (200, "{}"));
    assert!(user(&simulator, "new").is_none());
}

#[tokio::test]
async fn a_slow_answer_comes_after_its_write_and_a_hanging_one_never() {
    let simulator = workshop().await;
    simulator.inject(Fault { delay_ms: Some(60_000), ..on_create(FaultKind::Slow) });
    let waited = tokio::time::timeout(Duration::from_millis(300), create_over_a_wire(&simulator, "slow")).await;
    assert!(waited.is_err());
    assert!(user(&simulator, "slow").is_some());
    simulator.inject(on_create(FaultKind::Hang));
    let waited = tokio::time::timeout(Duration::from_millis(300), create_over_a_wire(&simulator, "hang")).await;
    assert!(waited.is_err());
    assert!(user(&simulator, "hang").is_none());
}

#[tokio::test]
async fn stopping_closes_what_hangs() {
    let simulator = workshop().await;
    simulator.inject(on_create(FaultKind::Hang));
    let line = format!("PUT /users/{INSTANCE}");
    let body = new_user(&simulator, "hang").to_string();
    let request = Client::default().request(&simulator, Service::Connect, &line, "", &body);
    let mut stream = TcpStream::connect(simulator.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    while simulator.journal().is_empty() {
        tokio::task::yield_now().await;
    }
    let address = simulator.address();
    tokio::time::timeout(Duration::from_secs(5), simulator.stop()).await.expect("stopping does not wait");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn the_journal_tells_what_was_asked_in_order() {
    let simulator = workshop().await;
    let client = Client::default();
    client.sso(&simulator, "ListInstances", json!({})).await;
    let headers = "x-amz-target: AWSIdentityStore.DeleteUser\r\namz-sdk-request: attempt=3; max=4\r\n";
    client.send(&simulator, Service::IdentityStore, "POST /", headers, "{}").await;
    create_user(&simulator, new_user(&simulator, "new")).await;
    let journal = simulator.journal();
    let told: Vec<_> =
        journal.iter().map(|one| (one.service, one.operation.as_str(), one.status, one.attempt, one.write)).collect();
    assert_eq!(
        told,
        [
            (Service::Sso, "ListInstances", Some(200), 1, false),
            (Service::IdentityStore, "DeleteUser", Some(400), 3, true),
            (Service::Connect, "CreateUser", Some(200), 1, true),
        ]
    );
    assert_eq!(journal[1].code.as_deref(), Some("ValidationException"));
    assert_eq!((journal[2].access_key.as_str(), journal[2].region.as_str()), ("AKIDEXAMPLE", "eu-west-2"));
    simulator.clear_journal();
    assert!(simulator.journal().is_empty());
}

#[tokio::test]
async fn latency_is_added_to_every_call() {
    let simulator = start(World::workshop(), Options { latency_ms: 150, ..unthrottled() }).await;
    let before = std::time::Instant::now();
    Client::default().sso(&simulator, "ListInstances", json!({})).await;
    assert!(before.elapsed() >= Duration::from_millis(150));
}
