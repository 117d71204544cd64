//! Whatever is sent to the simulator, it neither fails nor believes it.

use hyper::http::request::Parts;
use hyper::{Method, Request};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::sim::gate::{Shared, Verdict};
use crate::sim::iam::policy::Policy;
use crate::sim::state::GENESIS;
use crate::sim::{control, snapshot};

/// Members and values that mean something to some operation.
const NAMES: [&str; 18] = [
    "IdentityStoreId",
    "UserId",
    "GroupId",
    "MemberId",
    "GroupIds",
    "AlternateIdentifier",
    "UniqueAttribute",
    "AttributePath",
    "AttributeValue",
    "Operations",
    "NextToken",
    "MaxResults",
    "InstanceId",
    "SearchCriteria",
    "OrConditions",
    "StringCondition",
    "tags",
    "PhoneConfig",
];
const TEXTS: [&str; 9] =
    [STORE, INSTANCE, APPLICATION, "", "userName", "displayName", "emails.value", "ConnectAgents", "EXACT"];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![select(&TEXTS[..]).prop_map(str::to_owned), any::<String>()]
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop_oneof![4 => select(&NAMES[..]).prop_map(str::to_owned), 1 => any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => anything().prop_map(|value| value.to_string().into_bytes()),
        1 => "Action=[A-Za-z]{0,12}(&[A-Za-z.0-9]{0,8}=(%[0-9a-fA-Fx]{0,2}|.){0,8}){0,4}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..64),
    ]
}

/// Where a call goes: operations by header, paths of Connect, and what is neither.
fn address() -> impl Strategy<Value = (String, String, Option<String>)> {
    let operations = crate::sim::constraints::operations();
    let named = |service: Service, prefix: &str| -> Vec<String> {
        operations[&service].iter().map(|operation| format!("{prefix}.{operation}")).collect()
    };
    let mut targets = named(Service::IdentityStore, "AWSIdentityStore");
    targets.extend(named(Service::Sso, "SWBExternalService"));
    let part = || prop_oneof![Just(INSTANCE.to_owned()), "([a-z0-9-]|%[0-9A-F]{2}|%){0,12}"];
    let folders = ["users", "users-summary", "search-users", "tags", "instance", "quick-connects", "x"];
    let path = (
        select(folders.to_vec()),
        prop::collection::vec(part(), 0..4),
        "(\\?([a-zA-Z]{0,9}=?(%[0-9a-g]{0,2}|[&+a-z0-9])){0,6})?",
    );
    let rest =
        (select(vec!["GET", "PUT", "POST", "DELETE", "PATCH"]), path).prop_map(|(method, (folder, parts, query))| {
            (method.to_owned(), format!("/{folder}/{}{query}", parts.join("/")), None)
        });
    prop_oneof![
        (prop_oneof![4 => select(targets), 1 => "\\PC{0,20}"]).prop_map(|target| (
            "POST".to_owned(),
            "/".to_owned(),
            Some(target)
        )),
        rest,
        Just(("POST".to_owned(), "/".to_owned(), None)),
    ]
}

/// A sender: one whose signature looks right, or any headers.
fn sender() -> impl Strategy<Value = Option<(String, String)>> {
    let authorization = prop_oneof![
        "AWS4-HMAC-SHA256 (Credential=[A-Za-z0-9/_]{0,40}|SignedHeaders=[a-z;-]{0,12}|Signature=[0-9a-f]{0,64}|[, =]){0,5}",
        "[ -~]{0,40}",
    ];
    prop::option::weighted(0.3, (authorization, "[0-9TZ]{0,17}"))
}

fn parts(
    (method, path, target): &(String, String, Option<String>),
    sender: Option<&(String, String)>,
    now: jiff::Timestamp,
) -> Option<Parts> {
    let date = amz_date(now);
    let service = match target.as_deref().and_then(|target| target.split_once('.')) {
        Some(("SWBExternalService", _)) => "sso",
        Some(_) => "identitystore",
        None if path == "/" => "sts",
        None => "connect",
    };
    let region = if service == "connect" { "eu-west-2" } else { "eu-west-1" };
    let right = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{}/{region}/{service}/aws4_request, SignedHeaders=host;x-amz-date, Signature={}",
        &date[..date.len().min(8)],
        "0".repeat(64)
    );
    let (authorization, date) = sender.cloned().unwrap_or((right, date));
    let kind = if path == "/" && target.is_none() { "application/x-www-form-urlencoded" } else { "application/json" };
    let mut request = Request::builder().method(method.as_str()).uri(path.as_str());
    request = request.header("authorization", authorization).header("x-amz-date", date).header("content-type", kind);
    if let Some(target) = target {
        request = request.header("x-amz-target", target.as_str());
    }
    // Not everything can be said in HTTP at all.
    Some(request.body(()).ok()?.into_parts().0)
}

/// Time that passes at once, since a test may ask for years of latency.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
}

fn shared(world: World) -> Shared {
    Shared::new(world.state, unthrottled())
}

/// Everybody of every instance, searched, as a reader would.
fn search_everybody(shared: &Shared) {
    let instances = shared.snapshot()["instances"].as_array().cloned().unwrap_or_default();
    for instance in instances {
        let asked = ("POST".to_owned(), "/search-users".to_owned(), None);
        let body = json!({"InstanceId": instance["id"]}).to_string();
        let parts = parts(&asked, None, shared.clock.now()).unwrap();
        at_once(shared.answer(&parts, body.as_bytes(), "7f"));
    }
}

const PIECES: [&str; 14] = [
    "[[groups]]\nname = \"A\"\n",
    "[[people]]\nuser_name = \"a@x.com\"\ngroups = [\"A\"]\n",
    "[[instances]]\nalias = \"i\"\nrouting_profiles = [\"R\"]\nsecurity_profiles = [\"S\"]\n",
    "[[instances.users]]\nlogin = \"a@x.com\"\nfirst_name = \"A\"\n",
    "phone = { type = \"soft\", after_contact_work = 18446744073709551 }\n",
    "tags = { a = \"{user_id:a@x.com}\", b = \"{group_id:A}\" }\n",
    "[[instances.quick_connects]]\nname = \"Q\"\ntarget = \"a@x.com\"\n",
    "[[applications]]\nname = \"App\"\nassigned_groups = [\"A\"]\n",
    "[[roles]]\narn = \"arn:aws:iam::222233334444:role/r\"\n",
    "[[crowd]]\ncount = 3\nuser_name = \"c{n:04}@x.com\"\n",
    "[[crowd]]\ncount = 2\nstart = 9223372036854775807\nuser_name = \"c{n}@x.com\"\n",
    "[[crowd]]\ncount = 1\nuser_name = \"c{n:99999999}@x.com\"\n",
    "connect_users = { instance = \"i\", login = \"l{n}{email}\" }\n",
    "id = \"\"\n",
];

proptest! {
    /// Refusals are the caller's fault and name it; nothing is the simulator's own.
    #[test]
    fn every_request_is_answered(address in address(), sender in sender(), body in body()) {
        let shared = shared(World::workshop());
        let parts = parts(&address, sender.as_ref(), shared.clock.now());
        prop_assume!(parts.is_some());
        match at_once(shared.answer(&parts.unwrap(), &body, "7f")) {
            Verdict::Send(answer) => {
                prop_assert!(answer.status.as_u16() < 500, "{:?}", answer);
                prop_assert_eq!(answer.code.is_some(), answer.status.as_u16() >= 400);
                prop_assert!(std::str::from_utf8(&answer.body).is_ok());
            }
            other => prop_assert!(false, "without a fault: {:?}", other),
        }
    }

    /// Whatever is set, calls are answered after it, and what is no setting changes nothing.
    #[test]
    fn every_setting_is_taken_or_refused(
        path in select(vec!["faults", "clock", "options", "world", "people", "journal", "nowhere"]),
        given in prop_oneof![body(), settings()],
    ) {
        let shared = shared(World::workshop());
        let before = serde_json::to_value(&*shared.options()).unwrap();
        let answer = control::answer(&shared, &Method::POST, path, &given);
        prop_assert!(matches!(answer.status.as_u16(), 200 | 400));
        if answer.status.as_u16() == 400 {
            prop_assert_eq!(serde_json::to_value(&*shared.options()).unwrap(), before);
        }
        search_everybody(&shared);
    }

    #[test]
    fn every_text_is_a_world_or_none(pieces in prop::collection::vec(select(&PIECES[..]), 0..10)) {
        if let Ok(world) = World::parse(&pieces.concat()) {
            let _ = snapshot::of(&world.state, GENESIS);
            search_everybody(&shared(world));
        }
    }

    #[test]
    fn no_change_of_the_workshop_makes_the_reader_of_worlds_panic(
        at in any::<prop::sample::Index>(),
        gone in 0..20_usize,
        instead in prop_oneof!["[\\[\\]{}\"=#\\n]{0,3}", any::<String>()],
    ) {
        let letters: Vec<char> = include_str!("../workshop.toml").chars().collect();
        let from = at.index(letters.len());
        let (before, after) = (&letters[..from], &letters[(from + gone).min(letters.len())..]);
        let text = before.iter().collect::<String>() + &instead + &after.iter().collect::<String>();
        if let Ok(world) = World::parse(&text) {
            search_everybody(&shared(world));
        }
    }

    #[test]
    fn every_text_is_a_policy_or_none(document in anything(), text in any::<String>()) {
        let _ = Policy::parse(&text);
        let statement = json!({"Version": "2012-10-17", "Statement": document});
        for text in [document.to_string(), statement.to_string()] {
            if let Err(error) = Policy::parse(&text) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}

/// Settings that are nearly right, or right and far out.
fn settings() -> impl Strategy<Value = Vec<u8>> {
    let far =
        select(vec!["-009999-01-02T01:59:59Z", "9999-12-30T22:00:00Z", "2026-02-30T00:00:00Z", "1970-01-01T00:00:00Z"]);
    let rate =
        (any::<f64>(), any::<f64>()).prop_map(|(rate, burst)| json!({"requests_per_second": rate, "burst": burst}));
    prop_oneof![
        far.prop_map(|now| json!({"now": now})),
        any::<i64>().prop_map(|seconds| json!({"offset_seconds": seconds})),
        any::<u64>().prop_map(|ms| json!({"latency_ms": ms})),
        any::<u32>().prop_map(|lag| json!({"search_lag_seconds": lag, "empty_pages": true, "short_pages": true})),
        any::<usize>().prop_map(|size| json!({"page_size": size, "user_quota": size})),
        rate.prop_map(|rate| json!({"throttle": true, "rates": {"connect": rate}})),
        anything().prop_map(|value| json!({"service": "connect", "operation": "*", "kind": "slow", "delay_ms": value})),
    ]
    .prop_map(|setting| setting.to_string().into_bytes())
}
