//! Answers that nobody foresaw: none makes the reader fail, and none makes anything gone that the service does not say is
//! gone.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::double::{Asked, Reply, ok};
use super::*;
use crate::model::id::{GroupId, PrincipalId};

/// Members that an answer may have, of one operation or another.
const NAMES: [&str; 22] = [
    "Groups",
    "GroupMemberships",
    "Users",
    "NextToken",
    "GroupId",
    "UserId",
    "MemberId",
    "MembershipId",
    "Emails",
    "Value",
    "Primary",
    "UserStatus",
    "__type",
    "code",
    "Message",
    "ResourceType",
    "Reason",
    "Results",
    "MembershipExists",
    "UserName",
    "Name",
    "IdentityStoreId",
];
const TEXTS: [&str; 9] =
    ["u1", "g-1", "USER", "GROUP", "IDENTITY_STORE", "ResourceNotFoundException", "KMS_KEY_NOT_FOUND", "DISABLED", ""];

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        select(&TEXTS[..]).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop_oneof![8 => select(&NAMES[..]).prop_map(str::to_owned), 1 => any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A refusal that is nearly the one which makes something gone, or anything.
fn answer() -> impl Strategy<Value = Value> {
    let code = select(vec!["ResourceNotFoundException", "ValidationException"]);
    let kind = select(vec![json!("USER"), json!("GROUP"), json!("IDENTITY_STORE"), Value::Null]);
    let reason = select(vec![json!("KMS_KEY_NOT_FOUND"), json!("KMS_DISABLED"), Value::Null, Value::Null]);
    let refusal = (code, kind, reason).prop_map(
        |(code, kind, reason)| json!({ "__type": code, "Message": "x", "ResourceType": kind, "Reason": reason }),
    );
    prop_oneof![refusal, anything()]
}

const OPERATIONS: [&str; 4] = ["GetGroupId", "ListGroupMemberships", "store:ListUsers", "store:DescribeUser"];
const STATUSES: [u16; 7] = [200, 200, 200, 400, 400, 404, 500];

/// Whether a refusal says in so many words that there is no such thing.
fn says_gone(status: u16, answer: &Value, kind: &str) -> bool {
    let code = ["__type", "code"].into_iter().any(|name| answer[name] == "ResourceNotFoundException");
    status != 200 && code && answer["ResourceType"] == kind && answer["Reason"].as_str().is_none()
}

fn right(asked: &Asked) -> Reply {
    let person = json!({ "IdentityStoreId": "d-1234567890", "UserId": "u1", "UserArn": "arn", "Revision": "1" });
    match asked.operation.as_str() {
        "GetGroupId" => ok(json!({ "GroupId": "g-1", "GroupArn": "a", "IdentityStoreId": "d-1234567890" })),
        "ListGroupMemberships" => ok(json!({ "GroupMemberships": [{ "IdentityStoreId": "d-1234567890",
            "MembershipId": "m-1", "MembershipArn": "arn", "GroupId": "g-1", "MemberId": { "UserId": "u1" } }] })),
        "store:ListUsers" => ok(json!({ "Users": [person] })),
        _ => ok(person),
    }
}

/// So many answers are tried side by side: one that cannot be read is asked for again, after a wait.
const TOGETHER: usize = 64;

fn few() -> ProptestConfig {
    ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(64), ..ProptestConfig::default() }
}

/// Tries each answer by itself, and gives what is wrong with the first that goes wrong.
fn try_all<T, F: Future<Output = Result<(), String>>>(
    answers: Vec<T>,
    check: impl Fn(T) -> F,
) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let checked = runtime.block_on(futures::future::join_all(answers.into_iter().map(check)));
    checked.into_iter().collect::<Result<(), String>>().map_err(TestCaseError::fail)
}

async fn as_told(operation: &'static str, status: u16, answer: Value) -> Result<(), String> {
    let told = answer.clone();
    let double = Double::start(move |asked| {
        // A listing without end is somebody else's test.
        if asked.operation == operation && asked.nth < 4 { Reply::Json(status, told.clone()) } else { right(asked) }
    })
    .await;
    let (center, _) = center(&double).await;
    let directory = center.read(&groups(&["Agents"])).await;
    let one = center.person(&PrincipalId::new("u1")).await;
    let lost_group = directory.groups.values().flatten().any(Option::is_none);
    let lost_person = directory.people.values().flatten().chain(one.iter()).any(Option::is_none);
    // Whom a listing of the directory lacks is described.
    let may_lose = |kind| operation != "store:ListUsers" && says_gone(status, &answer, kind);
    if lost_group && !may_lose("GROUP") || lost_person && !may_lose("USER") {
        return Err(format!("{operation} {status} {answer}: {directory:?} {one:?}"));
    }
    Ok(())
}

async fn of_a_membership(answer: Value) -> Result<(), String> {
    let told = answer.clone();
    let double = Double::start(move |_| ok(told.clone())).await;
    let (center, _) = center(&double).await;
    let read = center.is_member_of_any(&PrincipalId::new("u1"), &[GroupId::new("g-1")]).await;
    let results = answer["Results"].as_array().into_iter().flatten();
    let said: Vec<&Value> = results.filter(|result| result["GroupId"] == "g-1").collect();
    if read.is_ok() && said.is_empty() { Err(format!("{read:?}: {answer}")) } else { Ok(()) }
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn no_answer_makes_a_group_or_a_person_gone_that_is_not_said_to_be(
        answers in prop::collection::vec((select(OPERATIONS.to_vec()), select(STATUSES.to_vec()), answer()), TOGETHER),
    ) {
        try_all(answers, |(operation, status, answer)| as_told(operation, status, answer))?;
    }

    #[test]
    fn no_answer_says_yes_or_no_of_a_membership_but_its_own(
        answers in prop::collection::vec(anything(), TOGETHER),
    ) {
        try_all(answers, of_a_membership)?;
    }
}
