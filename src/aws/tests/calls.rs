//! What every call has in common: pace, time, retries, credentials, errors.

use std::time::Instant;

use serde_json::{Value, json};

use super::double::{Reply, error, ok};
use super::*;
use crate::model::id::ConnectUserId;
use crate::model::reference::Role;

fn user() -> Reply {
    ok(json!({ "User": { "Id": "u1", "Arn": "arn", "Username": "u1@example.com" } }))
}

async fn describe(target: &Target) -> Result<(), Error> {
    target.describe_user(&ConnectUserId::new("u1")).await.map(|_| ())
}

/// One call of Connect with these time-outs, at no particular pace.
async fn one_call(double: &Double, timeouts: Timeouts) -> Result<(), Error> {
    let access = Access::simulated(&double.endpoint(), timeouts);
    describe(&target_of(&access, target_at(None), &fast()).await.0).await
}

#[tokio::test]
async fn throttling_is_retried_and_counted() {
    let double = Double::start(|asked| if asked.nth == 1 { error(429, "ThrottlingException") } else { user() }).await;
    let (target, ledger) = target(&double, None).await;
    describe(&target).await.unwrap();
    let counted = |outcome| ledger.attempts()[&("connect", "DescribeUser", outcome)];
    assert_eq!((counted(Outcome::Throttled), counted(Outcome::Ok)), (1, 1));
}

#[tokio::test]
async fn waiting_for_a_turn_costs_no_time_of_the_call_retries_included() {
    let double =
        Double::start(|asked| if asked.nth == 3 { error(500, "InternalServiceException") } else { user() }).await;
    let slow = Rate { requests_per_second: 2.5, burst: 1, share: 1.0, operations: [].into() };
    let access = Access::simulated(&double.endpoint(), timeouts(200, 300));
    let (target, _) = target_of(&access, target_at(None), &Rates { connect: slow, ..fast() }).await;
    let begun = Instant::now();
    futures::future::try_join_all((0..4).map(|_| describe(&target))).await.unwrap();
    assert_eq!(double.asked().len(), 5);
    assert!(begun.elapsed() >= Duration::from_millis(1_590), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn silence_ends_each_attempt_and_then_the_call() {
    let double = Double::start(|_| Reply::Hang).await;
    let error = one_call(&double, timeouts(100, 10_000)).await.unwrap_err();
    assert_eq!((error.kind(), cause(&error).as_str()), (ErrorKind::Timeout, "no answer within 0.1 s"));
    assert_eq!(double.asked().len(), 3);

    let double = Double::start(|_| Reply::Hang).await;
    let error = one_call(&double, timeouts(100, 150)).await.unwrap_err();
    assert_eq!(cause(&error), "no answer within 0.15 s, all attempts taken together");
    assert_eq!(double.asked().len(), 2);
}

#[tokio::test]
async fn half_a_body_that_never_ends_is_cut_off_in_time() {
    let double = Double::start(|asked| if asked.nth == 1 { Reply::Stall("{".to_owned()) } else { user() }).await;
    one_call(&double, timeouts(100, 10_000)).await.unwrap();
}

#[tokio::test]
async fn nobody_there_is_a_matter_of_the_connection() {
    let endpoint = {
        let double = Double::start(|_| Reply::Hang).await;
        double.endpoint()
    };
    tokio::task::yield_now().await;
    let access = Access::simulated(&endpoint, Timeouts::default());
    let error = describe(&target_of(&access, target_at(None), &fast()).await.0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(cause(&error).contains("refused"), "{}", cause(&error));
    assert!(error.hint().unwrap().contains("eu-west-2"));
}

#[tokio::test]
async fn connect_denies_without_declaring_it() {
    let denied = json!({ "Message": "User: arn:aws:iam::1:user/x is not authorized to perform: connect:DescribeUser" });
    let double = Double::start(move |_| {
        let mut body = denied.clone();
        body["__type"] = json!("AccessDeniedException");
        Reply::Json(403, body)
    })
    .await;
    let error = one_call(&double, Timeouts::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(
        cause(&error).starts_with("AccessDeniedException: User: arn:aws:iam::1:user/x is not"),
        "{}",
        cause(&error)
    );
    let hint = error.hint().unwrap();
    let statement: Value = serde_json::from_str(&hint[hint.find('{').unwrap()..]).unwrap();
    assert_eq!(statement["Action"], json!(["connect:DescribeUser"]));
    assert_eq!(statement["Resource"], json!([format!("arn:aws:connect:eu-west-2:*:instance/{INSTANCE}/agent/*")]));
    assert_eq!(double.asked().len(), 1);
}

#[tokio::test]
async fn expired_credentials_are_told_from_missing_permission() {
    let double = Double::start(|_| error(403, "ExpiredTokenException")).await;
    let error = one_call(&double, Timeouts::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Credentials, Some("ExpiredTokenException")));
    assert!(error.hint().unwrap().contains("expired"));
}

#[tokio::test]
async fn what_a_service_would_have_signed_stays_out_of_the_error() {
    let message =
        "The signature does not match.\n\nThe Canonical String should have been\n'x-amz-security-token:SECRET'";
    let body = json!({ "__type": "InvalidSignatureException", "Message": message, "message": message });
    let double = Double::start(move |_| Reply::Json(403, body.clone())).await;
    let error = one_call(&double, Timeouts::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
    assert!(!format!("{error} {} {error:?}", cause(&error)).contains("SECRET"));
}

fn role() -> Role {
    Role { arn: "arn:aws:iam::444455556666:role/rollcall".to_owned(), external_id: Some("e-1".to_owned()) }
}

#[tokio::test]
async fn a_role_is_assumed_with_its_external_id_and_its_keys_are_used() {
    let double = Double::start(|asked| match asked.operation.as_str() {
        "AssumeRole" => Reply::Text(200, "text/xml", ASSUMED.to_owned()),
        _ => user(),
    })
    .await;
    let access = Access::simulated(&double.endpoint(), Timeouts::default());
    let at = TargetAt { role: Some(role()), ..target_at(None) };
    let (target, ledger) = target_of(&access, at, &fast()).await;
    describe(&target).await.unwrap();
    describe(&target.counted(&Ledger::new())).await.unwrap();
    let asked = double.asked();
    assert_eq!(double.count("AssumeRole"), 1, "the keys are good for an hour");
    for part in
        ["RoleArn=arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Frollcall", "ExternalId=e-1", "RoleSessionName=rollcall"]
    {
        assert!(asked[0].text.contains(part), "{}", asked[0].text);
    }
    assert!(asked[1].authorization.contains("Credential=ASIAROLE/"), "{}", asked[1].authorization);
    assert_eq!(ledger.requests().into_iter().collect::<Vec<_>>(), [("connect:DescribeUser".to_owned(), 2)]);
}

const ASSUMED: &str = r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
<AssumedRoleUser><AssumedRoleId>AROA:rollcall</AssumedRoleId><Arn>arn:aws:sts::444455556666:assumed-role/rollcall/rollcall</Arn></AssumedRoleUser>
</AssumeRoleResult></AssumeRoleResponse>"#;

#[tokio::test]
async fn a_role_that_may_not_be_assumed_says_so() {
    let refused = r#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
        <Code>AccessDenied</Code><Message>User: x is not authorized to perform: sts:AssumeRole</Message></Error>
        <RequestId>r</RequestId></ErrorResponse>"#;
    let double = Double::start(|_| Reply::Text(403, "text/xml", refused.to_owned())).await;
    let access = Access::simulated(&double.endpoint(), Timeouts::default());
    let at = TargetAt { role: Some(role()), ..target_at(None) };
    let (target, ledger) = target_of(&access, at, &fast()).await;
    let error = describe(&target).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Credentials, Some("AccessDenied")));
    let expected = "the role cannot be assumed: AccessDenied: User: x is not authorized to perform: sts:AssumeRole";
    assert_eq!(cause(&error), expected);
    assert!(error.hint().unwrap().contains("trust policy"));
    assert!(ledger.requests().is_empty(), "nothing was sent to the service");
}

#[test]
fn what_is_awaited_can_be_spawned() {
    fn sendable<T: Send>(_: impl Fn() -> T) {}
    fn never<T>() -> T {
        unreachable!("only its type is looked at")
    }
    sendable(|| {
        let (target, center): (&'static Target, &'static IdentityCenter) = (never(), never());
        let (none, groups) = (never::<&'static BTreeSet<String>>(), never::<&'static BTreeSet<GroupRef>>());
        async move { (target.read(none).await, center.read(groups).await, target.find_user(never()).await) }
    });
}
