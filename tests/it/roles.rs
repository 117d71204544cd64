//! Other accounts: a role for Identity Center and one for each target.

use rollcall::sim::{Fault, FaultKind, Service};

use crate::stage::{CONFIG, Stage, WORLD, agent, unpaced, verdicts};

const CENTER_ROLE: &str = "arn:aws:iam::222222222222:role/directory";
const TARGET_ROLE: &str = "arn:aws:iam::333333333333:role/connect";

async fn stage(external_id: &str) -> Stage {
    let world = WORLD
        .replace("[identity_center]", "[identity_center]\naccount = \"222222222222\"")
        .replace("sso::111122223333", "sso::222222222222")
        .replace("[[instances]]", "[[instances]]\naccount = \"333333333333\"");
    let world = format!(
        "{world}\n{}\n[[roles]]\narn = \"{CENTER_ROLE}\"\n[[roles]]\narn = \"{TARGET_ROLE}\"\nexternal_id = \"shared-word\"\n",
        agent("ana@x.com")
    );
    let config = CONFIG
        .replace("sso::111122223333", "sso::222222222222")
        .replace("region = \"eu-west-1\"", &format!("region = \"eu-west-1\"\nrole_arn = \"{CENTER_ROLE}\""))
        .replace(
            "region = \"eu-west-2\"",
            &format!("region = \"eu-west-2\"\nrole_arn = \"{TARGET_ROLE}\"\n{external_id}"),
        );
    Stage::with(&world, &config, unpaced()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_side_is_reached_as_its_role() {
    let stage = stage("external_id = \"shared-word\"").await;
    let report = stage.sync().await;
    assert_eq!(verdicts(&report), ["converged"], "{:?}", report.targets[0].trouble());
    let keys = |service| {
        let journal = stage.sim.journal();
        let mut keys: Vec<String> =
            journal.into_iter().filter(|entry| entry.service == service).map(|entry| entry.access_key).collect();
        keys.sort();
        keys.dedup();
        keys
    };
    assert_eq!(keys(Service::Connect).len(), 1);
    assert_eq!(keys(Service::IdentityStore).len(), 1);
    assert_eq!(keys(Service::IdentityStore), keys(Service::Sso), "assignments included");
    assert_ne!(keys(Service::IdentityStore), keys(Service::Connect));
    assert_eq!(stage.logins(), ["ana@x.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_cannot_be_assumed_fails_its_target_and_says_so() {
    for wrong in ["", "external_id = \"another\""] {
        let stage = stage(wrong).await;
        let report = stage.sync().await;
        assert_eq!(verdicts(&report), ["failed"]);
        let trouble = report.targets[0].trouble().unwrap();
        let told = format!("{trouble:?}");
        assert!(told.contains("assume") || told.contains("AssumeRole"), "{told}");
        assert!(trouble.hint.is_some(), "{told}");
        assert_eq!(stage.writes().len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_external_id_never_shows_in_what_is_printed() {
    let stage = stage("external_id = \"shared-word\"").await;
    stage.sim.inject(Fault::new(Service::Sts, "AssumeRole", FaultKind::AccessDenied));
    let ended = stage.cli_with(&["sync", "--output", "json"], &[("RUST_LOG", "debug")]).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(!ended.stdout.contains("shared-word") && !ended.stderr.contains("shared-word"), "{ended:#?}");
    assert!(!ended.stdout.contains("secret-of-the-test") && !ended.stderr.contains("secret-of-the-test"));
}
