//! Bad input: each a sentence, its cause, a hint, the right exit code, and nothing written.

use rollcall::sim::{Fault, FaultKind, Service};

use crate::stage::{CONFIG, Ended, INSTANCE, Stage, agent, person};

async fn stage() -> Stage {
    Stage::new(&[agent("ana@x.com")]).await
}

/// Runs `sync` and expects it to fail so, without a write and without a panic.
async fn fails(stage: &Stage, code: i32, words: &[&str], variables: &[(&str, &str)]) -> Ended {
    let ended = stage.cli_with(&["sync"], variables).await;
    let told = format!("{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.code, Some(code), "{told}");
    for word in words {
        assert!(told.contains(word), "`{word}` is missing in:\n{told}");
    }
    assert!(!told.contains("panicked"), "{told}");
    assert_eq!(stage.writes().len(), 0, "{told}");
    ended
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_file_is_told_whole() {
    let mut stage = stage().await;
    stage.config = "[identity_center\nregion = 7\n".to_owned();
    fails(&stage, 2, &["rollcall.toml:1:"], &[]).await;
    stage.config = format!(
        "ownr = \"x\"\n{}",
        CONFIG.replace("region = \"eu-west-1\"", "region = 7").replace("[[target.mapping]]", "[[target.mapings]]")
    );
    fails(&stage, 2, &["`ownr`", "did you mean", "region", "problems"], &[]).await;
    stage.config = CONFIG.to_owned();
    stage.configure(&format!("[[target]]\nname = \"twin\"\nregion = \"eu-west-2\"\ninstance_id = \"{INSTANCE}\"\n[[target.mapping]]\ngroup = \"Agents\"\n"));
    fails(&stage, 2, &["`target[1].instance_id` is the instance of the target on line", "hint:"], &[]).await;
    fails(&stage, 2, &["there is no configuration file", "hint:"], &[("ROLLCALL_CONFIG", "/nonexistent.toml")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_nobody_knows_are_told_with_the_nearest() {
    let mut stage = stage().await;
    stage.config = CONFIG.replace("group = \"Agents\"", "group = \"Agent\"");
    let ended = stage.cli(&["plan"]).await;
    assert!(ended.code == Some(0) && ended.stdout.contains("group-missing"), "{ended:#?}");

    stage.config = CONFIG.to_owned();
    stage.configure("routing_profile = \"Basic Routing Profil\"\n");
    let ended = stage.cli(&["plan"]).await;
    assert!(ended.stdout.contains("profile-missing") && ended.stdout.contains("`Basic Routing Profile`"), "{ended:#?}");
    assert!(!ended.stdout.contains("create_user"), "{ended:#?}");

    stage.config = CONFIG.replace("apl-0123456789abcdef", "apl-ffffffffffffffff");
    let ended = stage.cli(&["plan"]).await;
    assert!(ended.stdout.contains("application-missing"), "{ended:#?}");
    assert!(ended.stdout.contains("create_user"), "trouble with the application stops assignments only: {ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_without_certificates_is_told_so_for_each_target_and_ends_nothing() {
    let variables = [
        ("AWS_ENDPOINT_URL", "https://127.0.0.1:9"),
        ("SSL_CERT_FILE", "/nonexistent"),
        ("SSL_CERT_DIR", "/nonexistent"),
    ];
    fails(&stage().await, 1, &["no valid root certificates", "hint: install the system's certificates"], &variables)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_instance_or_region_is_told() {
    let mut stage = stage().await;
    stage.config = CONFIG.replace(INSTANCE, "99999999-9999-4999-8999-999999999999");
    fails(&stage, 1, &["99999999-9999-4999-8999-999999999999", "hint:", "Region"], &[]).await;
    stage.config = CONFIG.replace("eu-west-2", "us-east-1");
    fails(&stage, 1, &["hint:", "Region"], &[]).await;
    stage.config = CONFIG.replace("eu-west-1", "us-east-1");
    fails(&stage, 1, &["hint:"], &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_are_missing_or_expired_are_told() {
    let stage = stage().await;
    let without = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];
    fails(&stage, 1, &["credentials", "hint:"], &without).await;
    stage.sim.inject(Fault::new(Service::Connect, "*", FaultKind::ExpiredCredentials));
    stage.sim.inject(Fault::new(Service::IdentityStore, "*", FaultKind::ExpiredCredentials));
    stage.sim.inject(Fault::new(Service::Sso, "*", FaultKind::ExpiredCredentials));
    fails(&stage, 1, &["xpired", "hint:"], &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn senseless_settings_of_the_sdk_are_an_error_and_no_panic() {
    let stage = stage().await;
    fails(&stage, 2, &["AWS_RETRY_MODE", "bogus", "hint:"], &[("AWS_RETRY_MODE", "bogus")]).await;
    fails(&stage, 2, &["AWS_MAX_ATTEMPTS", "hint:"], &[("AWS_MAX_ATTEMPTS", "0")]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[default]\nmax_attempts = 0\n").unwrap();
    fails(&stage, 2, &["max_attempts"], &[("AWS_CONFIG_FILE", file.path().to_str().unwrap())]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_nobodys_is_told() {
    let stage = stage().await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    fails(&stage, 1, &["hint:"], &[("AWS_ENDPOINT_URL", &format!("http://{closed}"))]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_the_services_is_told() {
    for (kind, words) in [
        (FaultKind::Html, "not the JSON object"),
        (FaultKind::EmptyObject, "has no `Users`"),
        (FaultKind::HalfBody, "broke off"),
        (FaultKind::Hang, "no answer within"),
    ] {
        let mut stage = stage().await;
        stage.configure("[timeouts]\nconnect = \"1s\"\nattempt = \"1s\"\ncall = \"2s\"\n");
        stage.sim.inject(Fault::new(Service::Connect, "SearchUsers", kind));
        fails(&stage, 1, &["failed to read the attributes of the Connect users", words, "hint:"], &[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn access_denied_names_the_action_and_the_line_that_grants_it() {
    for (service, operation, action) in [
        (Service::IdentityStore, "GetGroupId", "identitystore:GetGroupId"),
        (Service::IdentityStore, "ListGroupMemberships", "identitystore:ListGroupMemberships"),
        (Service::IdentityStore, "DescribeUser", "identitystore:DescribeUser"),
        (Service::Sso, "DescribeApplication", "sso:DescribeApplication"),
        (Service::Sso, "GetApplicationAssignmentConfiguration", "sso:GetApplicationAssignmentConfiguration"),
        (Service::Sso, "ListApplicationAssignments", "sso:ListApplicationAssignments"),
        (Service::Connect, "DescribeInstance", "connect:DescribeInstance"),
        (Service::Connect, "ListUsers", "connect:ListUsers"),
        (Service::Connect, "SearchUsers", "connect:SearchUsers"),
        (Service::Connect, "ListRoutingProfiles", "connect:ListRoutingProfiles"),
        (Service::Connect, "ListSecurityProfiles", "connect:ListSecurityProfiles"),
    ] {
        let stage = stage().await;
        stage.sim.inject(Fault::new(service, operation, FaultKind::AccessDenied));
        fails(&stage, 1, &["not authorized to perform", action, "\"Effect\":\"Allow\""], &[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_people_stop_nobody_else() {
    let long = "n".repeat(300);
    let mut people = vec![
        agent("ana@x.com"),
        format!("[[people]]\nuser_name = \"nobody\"\nemail = \"\"\ngroups = [\"Agents\"]\n"),
        person("o'brien@x.com", &["Agents"]),
        person("josé@x.com", &["Agents"]),
        format!("[[people]]\nuser_name = \"long@x.com\"\ngiven_name = \"{long}\"\nfamily_name = \"{long}\"\ngroups = [\"Agents\"]\n"),
        "[[people]]\nuser_name = \"combining@x.com\"\ngiven_name = \"Jose\\u0301\"\nfamily_name = \"A\\u030a\"\ngroups = [\"Agents\"]\n".to_owned(),
        "[[people]]\nuser_name = \"nameless@x.com\"\ngroups = [\"Agents\"]\n".to_owned(),
        "[[people]]\nuser_name = \"emoji@x.com\"\ngiven_name = \"👩‍💻\"\nfamily_name = \"שלום\"\ngroups = [\"Agents\"]\n".to_owned(),
    ];
    people.reverse();
    let stage = Stage::new(&people).await;
    let ended = stage.cli(&["sync"]).await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let logins = stage.logins();
    assert_eq!(logins, ["ana@x.com", "combining@x.com", "emoji@x.com", "long@x.com", "nameless@x.com"]);
    for code in ["email-missing", "login-invalid", "name-derived"] {
        assert!(ended.stdout.contains(code), "{code}: {}", ended.stdout);
    }
}
