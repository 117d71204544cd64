use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

use super::*;

const MEMBERSHIPS: Answer = Answer::With("GroupMemberships");

#[test]
fn the_promised_member_makes_an_answer() {
    assert_eq!(check(MEMBERSHIPS, br#"{"GroupMemberships":[]}"#), Ok(()));
    assert_eq!(check(MEMBERSHIPS, br#"{"NextToken":"\"x","GroupMemberships":[{"a":{"b":[1]}}]}"#), Ok(()));
    assert_eq!(check(Answer::With("AssignmentRequired"), br#"{"AssignmentRequired":false}"#), Ok(()));
}

#[test]
fn anything_else_is_no_empty_list() {
    let no = |body: &str| check(MEMBERSHIPS, body.as_bytes()).unwrap_err();
    assert_eq!(no("{}"), "has no `GroupMemberships`");
    assert_eq!(no(r#"{"GroupMemberships":null}"#), "has no `GroupMemberships`");
    assert_eq!(no(r#"{"Inner":{"GroupMemberships":[]}}"#), "has no `GroupMemberships`");
    assert_eq!(no(r#"{"GroupMemberships":[{"MemberId"#), "is cut off");
    assert_eq!(no(""), "is empty");
    assert_eq!(no("<html>log in</html>"), "is not the JSON object of the service");
    assert_eq!(no(r#"["GroupMemberships"]"#), "is not the JSON object of the service");
    assert_eq!(no(r#"{"GroupMemberships":[]}<html>"#), "is not the JSON object of the service");
}

#[test]
fn an_operation_that_answers_nothing_may_answer_an_object_but_no_page() {
    assert_eq!(check(Answer::Empty, b""), Ok(()));
    assert_eq!(check(Answer::Empty, b" \n"), Ok(()));
    assert_eq!(check(Answer::Empty, b"{}"), Ok(()));
    assert!(check(Answer::Empty, b"<html></html>").is_err());
}

fn refusal(header: Option<&'static str>, body: &'static str) -> Refusal {
    let mut response = HttpResponse::new(StatusCode::try_from(400).unwrap(), SdkBody::from(body));
    if let Some(header) = header {
        response.headers_mut().insert("x-amzn-errortype", header);
    }
    Refusal::read(&response)
}

#[test]
fn a_code_is_read_wherever_a_service_puts_it() {
    let code = |header, body| refusal(header, body).code;
    let expected = Some("LimitExceededException".to_owned());
    assert_eq!(code(Some("LimitExceededException:http://internal/"), "{}"), expected);
    assert_eq!(code(None, r#"{"__type":"com.amazonaws.connect#LimitExceededException"}"#), expected);
    assert_eq!(code(None, r#"{"code":"LimitExceededException","message":"full"}"#), expected);
    assert_eq!(code(None, "<html></html>"), None);
}

#[test]
fn what_is_missing_and_why_is_read_too() {
    let body = r#"{"__type":"ResourceNotFoundException","ResourceType":"GROUP","Reason":"KMS_KEY_NOT_FOUND"}"#;
    let refusal = refusal(None, body);
    assert_eq!(refusal.resource_type.as_deref(), Some("GROUP"));
    assert_eq!(refusal.reason.as_deref(), Some("KMS_KEY_NOT_FOUND"));
}
