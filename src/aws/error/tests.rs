use super::*;
use crate::aws::operation::{CREATE_USER, LIST_INSTANCES, LIST_USERS, OPERATIONS};

fn place() -> Place {
    let instance = Some("i-1".to_owned());
    Place { region: "eu-west-2".to_owned(), account: Some("111122223333".to_owned()), instance, ..Place::default() }
}

fn error(kind: ErrorKind, operation: Option<&'static Operation>) -> Error {
    Error::plain(kind, operation, &place(), "do something", "a reason")
}

#[test]
fn what_was_done_and_why_it_failed_are_told_apart() {
    let error = error(ErrorKind::Timeout, None);
    assert_eq!(error.to_string(), "failed to do something");
    assert_eq!(error.source().unwrap().to_string(), "a reason");
    assert!(error.source().unwrap().source().is_none());
}

#[test]
fn every_operation_that_is_denied_has_a_policy_statement() {
    for operation in OPERATIONS {
        let hint = error(ErrorKind::Denied, Some(operation)).hint().unwrap();
        let statement: serde_json::Value = serde_json::from_str(&hint[hint.find('{').unwrap()..]).unwrap();
        assert_eq!(statement["Effect"], "Allow");
        assert_eq!(statement["Action"][0], operation.action());
        assert!(statement["Resource"].as_array().is_some_and(|resources| !resources.is_empty()), "{statement}");
    }
}

#[test]
fn a_statement_names_the_place_as_far_as_it_is_known() {
    let hint = error(ErrorKind::Denied, Some(&CREATE_USER)).hint().unwrap();
    for part in [
        r#""Action":["connect:CreateUser","connect:TagResource"]"#,
        "arn:aws:connect:eu-west-2:111122223333:instance/i-1/agent/*",
        "arn:aws:connect:eu-west-2:111122223333:instance/i-1/security-profile/*",
    ] {
        assert!(hint.contains(part), "{hint}");
    }
    let hint = error(ErrorKind::Denied, Some(&LIST_INSTANCES)).hint().unwrap();
    assert!(hint.contains(r#""Resource":["*"]"#), "{hint}");
}

#[test]
fn a_hint_fits_the_operation() {
    let hint = |kind, operation| error(kind, Some(operation)).hint().unwrap();
    assert!(hint(ErrorKind::NotFound, &LIST_USERS).contains("`instance_id`"));
    assert!(hint(ErrorKind::NotFound, &LIST_INSTANCES).contains("`identity_center.region`"));
    assert!(hint(ErrorKind::Quota, &CREATE_USER).contains("quota of users"));
    assert!(hint(ErrorKind::Conflict, &LIST_INSTANCES).contains("instance_arn"));
}

#[test]
fn other_partitions_have_their_own_arns() {
    let arn =
        |region: &str| Place { region: region.to_owned(), ..place() }.arn(crate::aws::operation::Resource::Instance);
    assert!(arn("cn-north-1").starts_with("arn:aws-cn:connect:"));
    assert!(arn("us-gov-west-1").starts_with("arn:aws-us-gov:connect:"));
    assert!(arn("us-east-1").starts_with("arn:aws:connect:"));
}
