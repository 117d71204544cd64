//! The rules of IAM, case by case.

use std::collections::BTreeMap;
use std::error::Error;

use serde_json::{Value, json};

use super::condition::Context;
use super::pattern::Pattern;
use super::policy::{Denial, Policy, Reason, Request, Resource, evaluate};

const USER: &str = "arn:aws:connect:eu-west-2:111122223333:instance/i/agent/u";
const PROFILE: &str = "arn:aws:connect:eu-west-2:111122223333:instance/i/routing-profile/p";

fn policy(statements: Value) -> Policy {
    let mut document = json!({"Version": "2012-10-17"});
    document["Statement"] = statements;
    Policy::parse(&document.to_string()).unwrap_or_else(|error| panic!("{error:?}"))
}

/// Why a document is refused, the cause included.
fn refused(document: &str) -> String {
    let error = Policy::parse(document).unwrap_err();
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

fn refused_statement(change: &[(&str, Value)]) -> String {
    let mut statement = json!({"Sid": "One", "Effect": "Allow", "Action": "connect:*", "Resource": "*"});
    for (member, value) in change {
        match value {
            Value::Null => drop(statement.as_object_mut().unwrap().remove(*member)),
            value => statement[member] = value.clone(),
        }
    }
    refused(&json!({"Version": "2012-10-17", "Statement": statement}).to_string())
}

fn resource(arn: &str, tags: &[(&str, &str)]) -> Resource {
    let tags: BTreeMap<String, String> =
        tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Resource { arn: arn.to_owned(), tags }
}

fn context(of: &[(&str, &[&str])]) -> Context {
    let mut context = Context::default();
    for (key, values) in of {
        context.add(key, values.iter().map(|value| (*value).to_owned()));
    }
    context
}

fn ask(attached: &[Policy], action: &str, resources: &[Resource], of: &[(&str, &[&str])]) -> Result<(), Denial> {
    evaluate(attached, &Request { action, resources, context: &context(of) })
}

/// Whether one statement about everything, with this condition, allows a request with this context.
fn meets(condition: Value, of: &[(&str, &[&str])]) -> bool {
    let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    statement["Condition"] = condition;
    ask(&[policy(statement)], "connect:CreateUser", &[resource(USER, &[])], of).is_ok()
}

#[test]
fn what_nothing_allows_is_denied() {
    let denial = ask(&[], "connect:DeleteUser", &[resource(USER, &[])], &[]).unwrap_err();
    assert_eq!(denial, Denial { resource: USER.to_owned(), reason: Reason::NotAllowed });
    let other = policy(json!({"Effect": "Allow", "Action": "connect:DescribeUser", "Resource": "*"}));
    assert!(ask(&[other], "connect:DeleteUser", &[resource(USER, &[])], &[]).is_err());
}

#[test]
fn what_anything_denies_is_denied_whatever_allows_it() {
    let all = policy(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    let but = policy(json!([
        {"Effect": "Allow", "Action": "connect:DeleteUser", "Resource": USER},
        {"Sid": "NeverDelete", "Effect": "Deny", "Action": "connect:delete*", "Resource": "*"},
    ]));
    for attached in [[all.clone(), but.clone()], [but.clone(), all.clone()]] {
        let denial = ask(&attached, "connect:DeleteUser", &[resource(USER, &[])], &[]).unwrap_err();
        assert_eq!(denial.reason, Reason::Denied { sid: Some("NeverDelete".to_owned()) });
        assert_eq!(ask(&attached, "connect:DescribeUser", &[resource(USER, &[])], &[]), Ok(()));
    }
    // A denial of any resource comes before a lacking allowance of another.
    let only_users = policy(json!([
        {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:connect:*:*:instance/*/other/*"},
        {"Effect": "Deny", "Action": "*", "Resource": PROFILE},
    ]));
    let denial = ask(&[only_users], "connect:X", &[resource(USER, &[]), resource(PROFILE, &[])], &[]).unwrap_err();
    assert_eq!(denial, Denial { resource: PROFILE.to_owned(), reason: Reason::Denied { sid: None } });
}

#[test]
fn each_resource_has_to_be_allowed_by_some_statement_with_its_own_tags() {
    let owned = json!({"StringEquals": {"aws:ResourceTag/owner": "us"}});
    let one = json!({"Effect": "Allow", "Action": "connect:U", "Resource": [USER, PROFILE], "Condition": owned});
    let user = resource(USER, &[("owner", "us")]);
    let both = [user.clone(), resource(PROFILE, &[])];
    // The profile carries no tag, so that one statement about both is not enough.
    let denial = ask(&[policy(one.clone())], "connect:U", &both, &[]).unwrap_err();
    assert_eq!(denial, Denial { resource: PROFILE.to_owned(), reason: Reason::NotAllowed });
    let two = json!([one, {"Effect": "Allow", "Action": "connect:U", "Resource": PROFILE}]);
    assert_eq!(ask(&[policy(two.clone())], "connect:U", &both, &[]), Ok(()));
    let foreign = [resource(USER, &[("owner", "them")]), resource(PROFILE, &[])];
    assert_eq!(ask(&[policy(two)], "connect:U", &foreign, &[]).unwrap_err().resource, USER);
}

#[test]
fn actions_have_no_case_and_wildcards() {
    let allowed = |pattern: &str, action: &str| {
        let policy = policy(json!({"Effect": "Allow", "Action": [pattern], "Resource": "*"}));
        ask(&[policy], action, &[resource(USER, &[])], &[]).is_ok()
    };
    assert!(allowed("CONNECT:describeuser", "connect:DescribeUser"));
    assert!(allowed("connect:*User", "connect:DescribeUser"));
    assert!(allowed("connect:Describe????", "connect:DescribeUser"));
    assert!(allowed("*", "connect:DescribeUser"));
    assert!(!allowed("connect:Describe?", "connect:DescribeUser"));
    assert!(!allowed("connect:User", "connect:DescribeUser"));
    assert!(!allowed("identitystore:*", "connect:DescribeUser"));
}

#[test]
fn all_but_what_is_named() {
    let policy = policy(json!([
        {"Effect": "Allow", "NotAction": ["connect:Delete*", "connect:Create*"], "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "NotResource": ["arn:aws:connect:*:*:instance/i", "arn:aws:connect:*:*:instance/i/*"]},
    ]));
    let asked = |action, arn| ask(std::slice::from_ref(&policy), action, &[resource(arn, &[])], &[]).is_ok();
    assert!(asked("connect:DescribeUser", USER));
    assert!(!asked("connect:DeleteUser", USER));
    assert!(!asked("connect:DescribeUser", &USER.replace("/i/", "/j/")));
}

#[test]
fn wildcards_in_arns_stay_in_their_segment_unless_they_end_it() {
    let matches = |pattern: &str, arn: &str| Pattern::arn(pattern).matches(arn);
    assert!(matches("arn:aws:connect:eu-west-2:111122223333:instance/i/agent/*", USER));
    assert!(matches("arn:aws:connect:*:*:instance/?/agent/*", USER));
    assert!(matches("arn:aws:connect:eu-*-2:1*3:instance/*/u", USER), "a slash is a character like any other");
    assert!(matches("arn:aws:connect:eu-*", USER), "what ends a segment goes on beyond the colon");
    assert!(!matches("arn:aws:connect:eu-*2:111122223333:instance/i/agent/x", USER));
    assert!(!matches("arn:aws:connect:e*3:instance/i/agent/u", USER), "within a segment it does not");
    assert!(!matches("arn:aws:connect:eu-west-2?111122223333:instance/i/agent/u", USER));
    assert!(!matches("arn:aws:connect:eu-west-2:111122223333:instance/i", USER));
    assert!(!matches("ARN:aws:connect:eu-west-2:111122223333:instance/i/agent/u", USER), "case matters");
    assert!(matches("arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/1/2/test/3/object.jpg"));
    assert!(!matches("arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/1-test/object.jpg"));
    assert!(!matches("arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/test/object.jpg"));
}

#[test]
fn wildcards_in_text() {
    for (pattern, text, expected) in [
        ("", "", true),
        ("", "a", false),
        ("*", "", true),
        ("a*", "a", true),
        ("a*b*c", "a:b:b/c", true),
        ("a*b*c", "a:c", false),
        ("?", "", false),
        ("?", "é", true),
        ("**a", "ba", true),
        ("rollcall:*", "rollcall:owner", true),
        ("rollcall:*", "rollcall", false),
    ] {
        assert_eq!(Pattern::text(pattern).matches(text), expected, "{pattern} {text}");
    }
    assert!(Pattern::exact("a*").matches("a*") && !Pattern::exact("a*").matches("ab"));
}

#[test]
fn equality_is_false_of_a_missing_key_and_inequality_true() {
    let key = "aws:RequestTag/team";
    let of = |value: &'static str| [(key, vec![value])];
    let asked = |operator: &str, of: &[(&str, Vec<&str>)]| {
        let of: Vec<(&str, &[&str])> = of.iter().map(|(key, values)| (*key, values.as_slice())).collect();
        meets(json!({operator: {key: ["Blue*", "Red"]}}), &of)
    };
    //                                  missing  listed  wildcard  other
    for (operator, expected) in [
        ("StringEquals", [false, true, false, false]),
        ("StringNotEquals", [true, false, true, true]),
        ("StringLike", [false, true, true, false]),
        ("StringNotLike", [true, false, false, true]),
        ("StringEqualsIfExists", [true, true, false, false]),
        ("StringLikeIfExists", [true, true, true, false]),
        ("StringNotEqualsIfExists", [true, false, true, true]),
    ] {
        let found = [&[][..], &of("Red"), &of("Blueish"), &of("red")].map(|of| asked(operator, of));
        assert_eq!(found, expected, "{operator}");
    }
}

#[test]
fn keys_have_no_case_and_their_values_do() {
    let condition = json!({"StringEquals": {"AWS:requesttag/Team": "Blue"}});
    assert!(meets(condition.clone(), &[("aws:RequestTag/team", &["Blue"])]));
    assert!(!meets(condition.clone(), &[("aws:RequestTag/team", &["blue"])]));
    // AWS: the condition matches a tag named either way, but not both.
    assert!(!meets(condition, &[("aws:RequestTag/team", &["Blue"]), ("aws:RequestTag/TEAM", &["Green"])]));
}

#[test]
fn set_operators_look_at_every_value_or_at_any() {
    let asked = |operator: &str, keys: &[&str]| {
        let of: &[(&str, &[&str])] = &[("aws:TagKeys", keys)];
        meets(json!({operator: {"aws:TagKeys": ["key1*", "key2"]}}), if keys.is_empty() { &[] } else { of })
    };
    //                                         none  listed  both  listed and other  other
    for (operator, expected) in [
        ("ForAllValues:StringLike", [true, true, true, false, false]),
        ("ForAllValues:StringEquals", [true, true, false, false, false]),
        ("ForAllValues:StringNotLike", [true, false, false, false, true]),
        ("ForAnyValue:StringLike", [false, true, true, true, false]),
        ("ForAnyValue:StringNotLike", [false, false, false, true, true]),
        ("ForAnyValue:StringLikeIfExists", [true, true, true, true, false]),
    ] {
        let sets: [&[&str]; 5] = [&[], &["key2"], &["key2", "key1:x"], &["key2", "other"], &["other"]];
        assert_eq!(sets.map(|keys| asked(operator, keys)), expected, "{operator}");
    }
}

#[test]
fn null_asks_whether_a_key_is_missing() {
    for (value, missing) in [(json!("true"), true), (json!(true), true), (json!("false"), false), (json!(false), false)]
    {
        let condition = json!({"Null": {"aws:RequestTag/team": value, "aws:TagKeys": value}});
        assert_eq!(meets(condition.clone(), &[]), missing, "{condition}");
        let of: [(&str, &[&str]); 2] = [("aws:RequestTag/team", &["Blue"]), ("aws:TagKeys", &["team"])];
        assert_eq!(meets(condition.clone(), &of), !missing, "{condition}");
        assert!(!meets(condition, &of[..1]), "every key counts");
    }
    // AWS's own way to keep `ForAllValues` from being true of a request without keys.
    let condition = json!({"Null": {"aws:TagKeys": "false"}, "ForAllValues:StringLike": {"aws:TagKeys": "key1*"}});
    assert!(!meets(condition.clone(), &[]));
    assert!(meets(condition, &[("aws:TagKeys", &["key1"])]));
}

#[test]
fn several_operators_and_keys_have_to_hold_all_and_of_several_values_one() {
    let condition = json!({
        "StringEquals": {"aws:RequestTag/team": ["Blue", "Red"], "aws:RequestTag/site": "London"},
        "ForAllValues:StringLike": {"aws:TagKeys": ["team", "site"]},
    });
    let full: [(&str, &[&str]); 3] =
        [("aws:RequestTag/team", &["Red"]), ("aws:RequestTag/site", &["London"]), ("aws:TagKeys", &["team", "site"])];
    assert!(meets(condition.clone(), &full));
    let mut more = full;
    more[2].1 = &["team", "site", "other"];
    assert!(!meets(condition.clone(), &more));
    assert!(!meets(condition, &full[1..]));
}

#[test]
fn the_condition_of_a_denial_that_is_not_met_denies_nothing() {
    let policy = policy(json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:ResourceTag/owner": "us"}}},
    ]));
    let asked =
        |tags: &[(&str, &str)]| ask(std::slice::from_ref(&policy), "connect:U", &[resource(USER, tags)], &[]).is_ok();
    assert!(asked(&[("owner", "us")]));
    assert!(!asked(&[("owner", "them")]));
    assert!(!asked(&[]), "what is not there is not equal");
}

#[test]
fn a_document_that_is_no_policy_is_refused_with_a_sentence() {
    for (document, expected) in [
        ("", "EOF while parsing"),
        ("[\"2012-10-17\", null, []]", "invalid type: sequence, expected an object"),
        ("{\"Version\": \"2012-10-17\", \"Statement\": [[]]}", "invalid type: sequence, expected an object"),
        ("{\"Statement\": []}", "missing field `Version`"),
        ("{\"Version\": \"2012-10-17\"}", "missing field `Statement`"),
        ("{\"Version\": \"2012-10-17\", \"Statement\": []}", "no statement"),
        ("{\"Version\": \"2012-10-18\", \"Statement\": []}", "`Version` is `2012-10-18`"),
        ("{\"Version\": \"2008-10-17\", \"Statement\": []}", "`2012-10-17` only"),
        ("{\"Version\": \"2012-10-17\", \"Statements\": []}", "unknown field `Statements`"),
        ("{\"Version\": \"2012-10-17\", \"Statement\": 1}", "invalid type: integer"),
        ("{\"Version\": \"2012-10-17\", \"Statement\": [], \"Statement\": []}", "duplicate field `Statement`"),
    ] {
        let told = refused(document);
        assert!(told.contains(expected), "{document}: {told}");
    }
}

#[test]
fn a_statement_that_means_nothing_is_refused_with_a_sentence() {
    let none = Value::Null;
    let condition = |text: &str| ("Condition", serde_json::from_str(text).unwrap());
    let long = [("Resource", json!("arn:aws:connect:eu-west-2:1:instance/${aws:username}"))];
    for (change, expected) in [
        (&[("Effect", json!("allow"))][..], "unknown variant `allow`"),
        (&[("Effect", none.clone())], "missing field `Effect`"),
        (&[("Sid", json!("not so"))], "statement 1 (`not so`) of the policy: a `Sid` has letters and digits only"),
        (&[("Principal", json!("*"))], "unknown field `Principal`"),
        (&[("Action", none.clone())], "neither `Action` nor `NotAction`"),
        (&[("NotAction", json!("connect:X"))], "both `Action` and `NotAction`"),
        (&[("Action", json!([]))], "`Action` names nothing"),
        (&[("Action", json!(["connect"]))], "`connect` is no action"),
        (&[("Action", json!("connect:Create User"))], "is no action"),
        (&[("Action", json!("con*:X"))], "is no action"),
        (&[("Action", json!(7))], "invalid type: integer"),
        (&[("Resource", none)], "neither `Resource` nor `NotResource`"),
        (&[("Resource", json!("instance/i"))], "`instance/i` is no resource"),
        (&[("Resource", json!("arn:aws:connect"))], "is no resource"),
        (&[("Resource", json!("arn:aws:c*:::x"))], "is no resource"),
        (&long, "does not know policy variables"),
        (&[condition(r#"{"StringEqual": {"aws:TagKeys": "a"}}"#)], "condition operator `StringEqual`"),
        (&[condition(r#"{"ForSomeValues:StringLike": {"aws:TagKeys": "a"}}"#)], "condition operator `ForSomeValues"),
        (&[condition(r#"{"NullIfExists": {"aws:TagKeys": "true"}}"#)], "condition operator `NullIfExists`"),
        (&[condition(r#"{"Null": {"aws:TagKeys": "yes"}}"#)], "either `true` or `false`"),
        (&[condition(r#"{"StringLike": {"aws:TagKeys": "a"}}"#)], "wants `ForAllValues:` or `ForAnyValue:`"),
        (&[condition(r#"{"StringLike": {"aws:SourceIp": "a"}}"#)], "condition key `aws:sourceip`"),
        (&[condition(r#"{"StringLike": {"aws:ResourceTag/": "a"}}"#)], "condition key `aws:resourcetag/`"),
        (&[condition(r#"{"StringLike": {"aws:RequestTag/a": []}}"#)], "with nothing"),
        (&[condition(r#"{"StringLike": {"aws:RequestTag/a": "${aws:username}"}}"#)], "policy variables"),
        (&[condition(r#"{"StringLike": {"aws:RequestTag/a": 7}}"#)], "invalid type: integer"),
        (&[condition(r#"{"StringLike": "aws:RequestTag/a"}"#)], "expected an object"),
    ] {
        let told = refused_statement(change);
        assert!(told.contains(expected), "{change:?}: {told}");
    }
}

#[test]
fn nothing_may_stand_in_a_statement_twice() {
    let statement = |condition: &str| {
        refused(&format!(
            r#"{{"Version": "2012-10-17", "Statement":
                {{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {condition}}}}}"#
        ))
    };
    let twice = r#"{"StringLike": {"aws:RequestTag/a": "a"}, "StringLike": {"aws:RequestTag/b": "b"}}"#;
    assert!(statement(twice).contains("`StringLike` stands there twice"));
    assert!(statement(r#"{"StringLike": {"aws:RequestTag/a": "a", "AWS:RequestTag/A": "b"}}"#).contains("twice"));
    let one = json!({"Sid": "One", "Effect": "Allow", "Action": "*", "Resource": "*"});
    let told = refused(&json!({"Version": "2012-10-17", "Statement": [one, one]}).to_string());
    assert!(told.contains("statement 2 (`One`) of the policy: another statement has this `Sid`"), "{told}");
}

#[test]
fn a_policy_is_written_as_it_was_read() {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":["*"]}]}"#;
    let policy = Policy::parse(text).unwrap();
    assert_eq!(serde_json::to_value(&policy).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    assert_eq!(serde_json::from_str::<Policy>(text).unwrap(), policy);
    let wrong = serde_json::from_str::<Policy>(&text.replace("Allow", "Grant")).unwrap_err();
    assert!(wrong.to_string().contains("unknown variant `Grant`"), "{wrong}");
}
