//! The control plane.

use serde_json::json;

use super::*;
use crate::sim::answer::RefusalKind;
use crate::sim::call::Call;
use crate::sim::gate::perform;
use crate::sim::pages::Pages;

#[tokio::test]
async fn health_tells_the_time() {
    let simulator = workshop().await;
    let health = control(&simulator, "GET", "health", "").await;
    assert_eq!((health.status, &health.json()["status"]), (200, &json!("ok")));
}

#[tokio::test]
async fn the_operations_are_listed_in_order_and_each_is_answered() {
    let simulator = workshop().await;
    let listed = control(&simulator, "GET", "operations", "").await.json();
    let services: Vec<&String> = listed.as_object().unwrap().keys().collect();
    assert_eq!(services, ["connect", "identitystore", "sso", "sts"]);
    assert_eq!(listed["sts"], json!(["AssumeRole", "GetCallerIdentity"]));
    let (world, options) = (World::workshop(), Options::default());
    for (service, names) in listed.as_object().unwrap() {
        let service: Service = serde_json::from_value(json!(service)).unwrap();
        let names: Vec<&str> = names.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert!(names.is_sorted(), "{names:?}");
        for operation in names {
            let pages = Pages {
                service,
                listing: String::new(),
                secret: "",
                now: simulator.now(),
                options: &options,
                fault: None,
            };
            let (account, region) = ("111122223333".to_owned(), "eu-west-1".to_owned());
            let (input, caller, now) = (serde_json::Map::new(), String::new(), simulator.now());
            let call = Call { service, operation, input, account, region, caller, now, pages };
            let code = perform(&call, &mut world.state.clone()).err().map(|refusal| refusal.code);
            assert_ne!(code, Some(RefusalKind::UnknownOperation.code(service)), "{service} {operation}");
        }
    }
}

#[tokio::test]
async fn options_are_patched_and_null_is_the_default() {
    let simulator = start(World::workshop(), Options::default()).await;
    let rates = json!({"burst": 1, "operations": {"ListUsers": {"requests_per_second": 9, "burst": 9}}});
    let patch = json!({"page_size": 7, "rates": {"connect": rates}}).to_string();
    assert_eq!(control(&simulator, "POST", "options", &patch).await.status, 200);
    let options = simulator.options();
    assert_eq!((options.page_size, options.throttle), (Some(7), true));
    let connect = &options.rates.connect;
    assert!((connect.burst - 1.0).abs() < f64::EPSILON && (connect.requests_per_second - 2.0).abs() < f64::EPSILON);
    assert!(connect.operations.contains_key("ListUsers"));
    control(&simulator, "POST", "options", r#"{"page_size": null, "rates": null}"#).await;
    assert_eq!(simulator.options(), Options::default());
    let wrong = control(&simulator, "POST", "options", r#"{"page_size": 7, "pagesize": 7}"#).await;
    assert_eq!(wrong.status, 400);
    assert_eq!(simulator.options(), Options::default(), "a refused patch changes nothing");
}

#[tokio::test]
async fn the_clock_is_set_by_time_or_offset() {
    let simulator = workshop().await;
    let set = control(&simulator, "POST", "clock", r#"{"now": "2030-01-02T03:04:05Z"}"#).await;
    assert!(set.json()["now"].as_str().unwrap().starts_with("2030-01-02T03:04:05"));
    control(&simulator, "POST", "clock", r#"{"offset_seconds": 0}"#).await;
    let off = simulator.now().duration_since(jiff::Timestamp::now());
    assert!(off.abs() < jiff::SignedDuration::from_secs(2));
    assert_eq!(control(&simulator, "POST", "clock", "{}").await.status, 400);
}

#[tokio::test]
async fn faults_are_added_listed_and_cleared() {
    let simulator = workshop().await;
    let fault = r#"{"service": "connect", "operation": "*", "kind": "access_denied", "count": 1}"#;
    assert_eq!(control(&simulator, "POST", "faults", fault).await.json()[0]["kind"], "access_denied");
    let answer = Client::default().connect(&simulator, "GET", &format!("/instance/{INSTANCE}"), Value::Null).await;
    assert_eq!(answer.status, 403);
    control(&simulator, "POST", "faults", fault).await;
    assert_eq!(control(&simulator, "DELETE", "faults", "").await.json(), json!([]));
    assert_eq!(control(&simulator, "GET", "faults", "").await.json(), json!([]));
    let unknown = fault.replace("access_denied", "gremlins");
    assert_eq!(control(&simulator, "POST", "faults", &unknown).await.status, 400);
}

#[tokio::test]
async fn the_journal_and_the_world_are_json() {
    let simulator = workshop().await;
    Client::default().sso(&simulator, "ListInstances", json!({})).await;
    let journal = control(&simulator, "GET", "journal", "").await.json();
    assert_eq!(journal[0]["service"], "sso");
    assert_eq!(journal[0]["operation"], "ListInstances");
    assert_eq!((&journal[0]["status"], &journal[0]["code"]), (&json!(200), &Value::Null));
    control(&simulator, "DELETE", "journal", "").await;
    assert_eq!(control(&simulator, "GET", "journal", "").await.json(), json!([]));
    let world = control(&simulator, "GET", "world", "").await.json();
    assert_eq!(world["instances"], simulator.snapshot()["instances"]);
}

#[tokio::test]
async fn another_world_takes_the_place_of_everything() {
    let simulator = workshop().await;
    assert_eq!(control(&simulator, "POST", "world", "[[groups]]\nname = \"Only\"\n").await.status, 200);
    let world = simulator.snapshot();
    assert_eq!((world["groups"][0]["name"].as_str(), world["people"].as_array().unwrap().len()), (Some("Only"), 0));
    let wrong = control(&simulator, "POST", "world", "[[group]]\nname = \"Only\"\n").await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.json()["error"].as_str().unwrap().contains("unknown field `group`"), "{}", wrong.body);
    assert_eq!(simulator.snapshot()["groups"], world["groups"], "a world that cannot be read changes nothing");
}

#[tokio::test]
async fn people_are_disabled_as_in_the_console() {
    let simulator = workshop().await;
    let body = r#"{"user_name": "tom.becker", "status": "DISABLED"}"#;
    let id = control(&simulator, "POST", "people", body).await.json()["user_id"].clone();
    let tom = Client::default().store(&simulator, "DescribeUser", json!({"UserId": id})).await.json();
    assert_eq!((&tom["UserStatus"], &tom["Revision"]), (&json!("DISABLED"), &json!("2")));
    assert!(simulator.set_enabled("tom.becker", true));
    assert!(!simulator.set_enabled("nobody", true));
    assert_eq!(control(&simulator, "POST", "people", &body.replace("tom.becker", "nobody")).await.status, 400);
}

#[tokio::test]
async fn what_does_not_exist_is_refused() {
    let simulator = workshop().await;
    let answer = control(&simulator, "GET", "nothing", "").await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("there is no `GET /_sim/nothing`")));
}
