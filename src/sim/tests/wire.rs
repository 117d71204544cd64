//! Signatures, scopes, roles, and the forms of errors.

use jiff::SignedDuration;
use serde_json::json;

use super::*;

const ROLE: &str = "arn:aws:iam::222233334444:role/reader";

async fn with_role() -> Simulator {
    let world = format!(
        "[[instances]]\nalias = \"theirs\"\naccount = \"222233334444\"\n[[groups]]\nname = \"G\"\n\
         [[roles]]\narn = \"{ROLE}\"\nexternal_id = \"shared+secret=1\"\n"
    );
    start(World::parse(&world).unwrap(), unthrottled()).await
}

fn element<'x>(xml: &'x str, name: &str) -> &'x str {
    xml.split_once(&format!("<{name}>")).unwrap().1.split_once(&format!("</{name}>")).unwrap().0
}

async fn assume(simulator: &Simulator, external_id: &str) -> Reply {
    let role = ROLE.replace(':', "%3A");
    let form = format!("Action=AssumeRole&RoleArn={role}&RoleSessionName=rollcall&ExternalId={external_id}");
    Client::default().sts(simulator, &form).await
}

fn client(answer: &Reply) -> Client {
    Client {
        access_key: element(&answer.body, "AccessKeyId").to_owned(),
        token: Some(element(&answer.body, "SessionToken").to_owned()),
        ..Client::default()
    }
}

#[tokio::test]
async fn unsigned_requests_are_refused_in_each_service_own_way() {
    let simulator = workshop().await;
    let unsigned = |line: &str, headers: &str| {
        format!("{line} HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: 0\r\n{headers}\r\n")
    };
    let json = unsigned("POST /", "x-amz-target: AWSIdentityStore.ListUsers\r\n");
    let json = parsed(&raw(&simulator, &json).await.unwrap());
    assert_eq!((json.status, json.code().as_str()), (400, "MissingAuthenticationTokenException"));
    let rest = parsed(&raw(&simulator, &unsigned(&format!("GET /instance/{INSTANCE}"), "")).await.unwrap());
    assert_eq!((rest.status, rest.code().as_str()), (403, "MissingAuthenticationTokenException"));
    let form = unsigned("POST /", "content-type: application/x-www-form-urlencoded\r\n");
    let form = parsed(&raw(&simulator, &form).await.unwrap());
    assert_eq!((form.status, element(&form.body, "Code")), (403, "MissingAuthenticationToken"));
}

#[tokio::test]
async fn a_header_that_is_no_signature_is_refused() {
    let simulator = workshop().await;
    let good = Client::default().request(&simulator, Service::Connect, &format!("GET /instance/{INSTANCE}"), "", "");
    for (wrong, code) in [
        (good.replace("Credential=", "Who="), "IncompleteSignatureException"),
        (good.replace(&"a".repeat(64), "abc"), "InvalidSignatureException"),
        (good.replace("/connect/", "/s3/"), "InvalidSignatureException"),
        (good.replace("=host;", "="), "InvalidSignatureException"),
        (good.replace("x-amz-date:", "x-date:"), "IncompleteSignatureException"),
    ] {
        let answer = parsed(&raw(&simulator, &wrong).await.unwrap());
        assert_eq!((answer.status, answer.code().as_str()), (403, code), "{wrong}");
    }
    assert_eq!(parsed(&raw(&simulator, &good).await.unwrap()).status, 200);
}

#[tokio::test]
async fn a_signature_may_be_five_minutes_off_the_simulated_clock() {
    let simulator = workshop().await;
    let line = format!("GET /instance/{INSTANCE}");
    let request = Client::default().request(&simulator, Service::Connect, &line, "", "");
    let signed = simulator.now();
    for (minutes, message) in [(4, None), (6, Some("Signature expired: ")), (-6, Some("Signature not yet current: "))] {
        simulator.set_clock(signed + SignedDuration::from_mins(minutes));
        let answer = parsed(&raw(&simulator, &request).await.unwrap());
        match message {
            None => assert_eq!(answer.status, 200),
            Some(message) => {
                assert_eq!((answer.status, answer.code().as_str()), (403, "InvalidSignatureException"));
                assert!(answer.json()["message"].as_str().unwrap().starts_with(message), "{}", answer.body);
            }
        }
    }
}

#[tokio::test]
async fn every_answer_has_the_simulated_date_and_a_request_id() {
    let simulator = workshop().await;
    simulator.set_clock("2031-05-06T07:08:09Z".parse().unwrap());
    let client = Client::default();
    let listed = client.store(&simulator, "ListUsers", json!({})).await;
    let described = client.connect(&simulator, "GET", "/instance/nothing", Value::Null).await;
    let identity = client.sts(&simulator, "Action=GetCallerIdentity").await;
    for (answer, content_type) in
        [(&listed, "application/x-amz-json-1.1"), (&described, "application/json"), (&identity, "text/xml")]
    {
        assert!(answer.headers["date"].starts_with("Tue, 06 May 2031 07:08:"), "{:?}", answer.headers);
        assert_eq!(answer.headers["x-amzn-requestid"].len(), 36);
        assert_eq!(answer.headers["content-type"], content_type);
    }
    assert_eq!(described.status, 404);
}

#[tokio::test]
async fn errors_have_the_form_of_their_protocol() {
    let simulator = workshop().await;
    let client = Client::default();
    let store = client.store(&simulator, "DescribeGroup", json!({"GroupId": person(&simulator, "tom.becker")})).await;
    let body = store.json();
    assert_eq!(store.status, 400);
    assert_eq!(body["__type"], "com.amazonaws.identitystore#ResourceNotFoundException");
    assert_eq!((&body["ResourceType"], &body["Message"]), (&json!("GROUP"), &json!("GROUP not found.")));
    let user = client.connect(&simulator, "GET", &format!("/users/{INSTANCE}/nobody"), Value::Null).await;
    assert_eq!((user.status, user.code().as_str()), (404, "ResourceNotFoundException"));
    assert!(user.headers["x-amzn-errortype"].starts_with("ResourceNotFoundException:http"));
    assert!(user.json()["Message"].is_string());
}

#[tokio::test]
async fn what_a_request_says_cannot_break_the_xml_that_repeats_it() {
    let simulator = workshop().await;
    let form = "Action=AssumeRole&RoleSessionName=rollcall&RoleArn=%01rn%3Aaws%3Aiam%3A%3A%3C222233334444%3E";
    let refused = Client::default().sts(&simulator, form).await;
    assert_eq!((refused.status, element(&refused.body, "Code")), (400, "ValidationError"));
    let message = element(&refused.body, "Message");
    assert!(message.contains("'\u{fffd}rn:aws:iam::&lt;222233334444&gt;'"), "{message}");
    assert!(!refused.body.contains('\u{1}'));
}

#[tokio::test]
async fn operations_that_the_simulator_lacks_say_so() {
    let simulator = workshop().await;
    let client = Client::default();
    let store = client.store(&simulator, "ListIdentityStores", json!({})).await;
    assert_eq!((store.status, store.code().as_str()), (400, "UnknownOperationException"));
    let queues = client.connect(&simulator, "GET", &format!("/queues-summary/{INSTANCE}"), Value::Null).await;
    assert_eq!((queues.status, queues.code().as_str()), (404, "UnknownOperationException"));
    let token = client.sts(&simulator, "Action=GetSessionToken").await;
    assert_eq!((token.status, element(&token.body, "Code")), (400, "InvalidAction"));
    assert_eq!(simulator.journal()[0].operation, "ListIdentityStores");
}

#[tokio::test]
async fn bodies_that_are_not_json_are_refused() {
    let simulator = workshop().await;
    let target = "x-amz-target: AWSIdentityStore.ListUsers\r\n";
    let answer = Client::default().send(&simulator, Service::IdentityStore, "POST /", target, "{").await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "SerializationException"));
}

#[tokio::test]
async fn a_role_gives_its_account_to_those_who_know_its_external_id() {
    let simulator = with_role().await;
    for wrong in ["other", "Shared%2Bsecret%3D1"] {
        let refused = assume(&simulator, wrong).await;
        assert_eq!((refused.status, element(&refused.body, "Code")), (403, "AccessDenied"), "{wrong}");
    }
    let theirs = client(&assume(&simulator, "shared%2Bsecret%3D1").await);
    let id = simulator.snapshot()["instances"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/instance/{id}");
    assert_eq!(theirs.connect(&simulator, "GET", &path, Value::Null).await.status, 200);
    let mine = Client::default().connect(&simulator, "GET", &path, Value::Null).await;
    assert_eq!((mine.status, mine.code().as_str()), (403, "AccessDeniedException"));
    // Nor may they read the identity store, which is in the home account.
    let store = theirs.store(&simulator, "ListUsers", json!({})).await;
    assert_eq!((store.status, store.code().as_str()), (400, "AccessDeniedException"));
    let identity = theirs.sts(&simulator, "Action=GetCallerIdentity").await;
    assert_eq!(element(&identity.body, "Arn"), "arn:aws:sts::222233334444:assumed-role/reader/rollcall");
}

#[tokio::test]
async fn a_session_needs_its_token_outlives_a_world_and_ends() {
    let simulator = with_role().await;
    let theirs = client(&assume(&simulator, "shared%2Bsecret%3D1").await);
    let stolen = Client { token: Some("wrong".to_owned()), ..theirs.clone() };
    let answer = stolen.sts(&simulator, "Action=GetCallerIdentity").await;
    assert_eq!((answer.status, element(&answer.body, "Code")), (403, "InvalidClientTokenId"));
    simulator.set_world(World::workshop());
    let answer = theirs.sts(&simulator, "Action=GetCallerIdentity").await;
    assert_eq!(element(&answer.body, "Account"), "222233334444");
    simulator.set_clock(simulator.now() + SignedDuration::from_mins(61));
    let late = theirs.connect(&simulator, "GET", "/instance/x", Value::Null).await;
    assert_eq!((late.status, late.code().as_str()), (403, "ExpiredTokenException"));
}

#[tokio::test]
async fn another_region_has_none_of_it() {
    let simulator = workshop().await;
    let elsewhere =
        Client { identity_region: "us-east-1".into(), connect_region: "us-east-1".into(), ..Client::default() };
    let store = elsewhere.store(&simulator, "ListUsers", json!({})).await;
    assert_eq!((store.status, store.code().as_str()), (400, "ResourceNotFoundException"));
    assert_eq!(store.json()["ResourceType"], "IDENTITY_STORE");
    let instance = elsewhere.connect(&simulator, "GET", &format!("/instance/{INSTANCE}"), Value::Null).await;
    assert_eq!((instance.status, instance.code().as_str()), (404, "ResourceNotFoundException"));
    let here = elsewhere.sso(&simulator, "ListInstances", json!({})).await;
    assert_eq!(here.json()["Instances"], json!([]));
    let everywhere = elsewhere.sso(&simulator, "ListInstances", json!({"RegionScope": "ALL_REGIONS"})).await;
    assert_eq!(everywhere.json()["Instances"][0]["PrimaryRegion"], "eu-west-1");
}
