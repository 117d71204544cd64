//! Defaults, and what a target takes over from the top of the file.

use jiff::SignedDuration;

use super::*;
use crate::model::settings::{AttributeMode, Limit, LoginFrom, Mismatches, Mode, Profiles, Removals};

#[test]
fn what_the_file_does_not_say_of_the_program_is_filled_in() {
    let program = Config { targets: Vec::new(), ..config(MINIMAL) };
    insta::assert_snapshot!(format!("{program:#?}"), @r#"
    Config {
        owner: "rollcall",
        identity_center: IdentityCenter {
            region: "eu-west-1",
            instance_arn: None,
            identity_store_id: None,
            role: None,
        },
        schedule: Schedule {
            cron: "0 */15 * * * *",
            timezone: "UTC",
            jitter: 0ns,
            on_start: true,
        },
        http: Http {
            listen: 127.0.0.1:8080,
            token_file: None,
            read_token_file: None,
        },
        log: Log {
            format: None,
            level: "info",
            people: Plain,
        },
        history: History {
            path: None,
            keep: 34560000s,
        },
        timeouts: Timeouts {
            connect: 3s,
            attempt: 10s,
            call: 40s,
        },
        targets: [],
        expects: [],
    }
    "#);
}

#[test]
fn what_the_file_does_not_say_of_a_target_is_filled_in() {
    let Target { settings, region, instance, account, role, application, application_region, rates } =
        config(MINIMAL).targets.remove(0);
    insta::assert_snapshot!(format!("{:#?}", settings.policy), @r"
    Policy {
        mismatches: Hold,
        renames: Report,
        removals: Report,
        grace: 259200s,
        delete_after: 2592000s,
        max_removals: Percent(
            10,
        ),
        max_changes: Percent(
            25,
        ),
        protect: [],
        protect_admins: true,
        attributes: AttributeModes {
            routing_profile: Seed,
            security_profiles: Report,
            name: Report,
            hierarchy: Seed,
            phone: Seed,
            tags: Seed,
        },
    }
    ");
    insta::assert_snapshot!(format!("{:#?}", settings.mappings), @r#"
    [
        Mapping {
            group: Name(
                "ConnectAgents",
            ),
            routing_profile: "Basic Routing Profile",
            security_profiles: [
                "Agent",
            ],
            hierarchy: None,
            phone: None,
            tags: {},
            assign: true,
            adopt: false,
        },
    ]
    "#);
    assert_eq!((settings.name.as_str(), settings.owner.as_str()), ("support", "rollcall"));
    assert_eq!((settings.mode, settings.login_from), (Mode::Apply, LoginFrom::Email));
    assert_eq!((settings.send_email, settings.secondary_email), (false, true));
    assert!(settings.quarantine.is_none() && settings.accepts.is_empty());
    assert_eq!((region.as_str(), application_region.as_str()), ("eu-west-2", "eu-west-1"));
    assert_eq!(instance.as_str(), "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb");
    assert_eq!((account, role, application), (None, None, None));
    assert_eq!(rates, Rates::default());
}

const TWO: &str = r#"
[identity_center]
region = "eu-west-1"

[defaults]
routing_profile = "Ours"

[policy]
adopt = true
mismatches = "create"
removals = "quarantine"
grace = "1h"
protect = ["admin"]
attributes = { name = "enforce", tags = "ignore" }

[quarantine]
routing_profile = "Parking"
security_profiles = ["NoAccess"]

[rates.connect]
share = 0.5
operations = { SearchUsers = 5.0 }

[[target]]
name = "plain"
region = "eu-west-2"
instance_id = "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb"

[[target.mapping]]
group = "a"

[[target]]
name = "own"
region = "eu-central-1"
instance_id = "bbbbbbbb-1111-4222-8333-bbbbbbbbbbbb"

[target.defaults]
security_profiles = ["Theirs"]

[target.policy]
adopt = false
removals = "report"
max_removals = 5
protect = []
attributes = { tags = "enforce" }

[target.quarantine]
routing_profile = "Away"

[target.rates.connect]
burst = 9
operations = { CreateUser = 3.0 }

[[target.mapping]]
group = "a"

[[target.mapping]]
group = "b"
adopt = true
routing_profile = "Mine"
"#;

#[test]
fn a_target_that_says_nothing_takes_everything_from_the_top() {
    let config = config(TWO);
    let Target { settings, rates, .. } = &config.targets[0];
    assert_eq!(settings.policy.removals, Removals::Quarantine);
    assert_eq!(settings.policy.mismatches, Mismatches::Create);
    assert_eq!(settings.policy.protect[0].as_str(), "admin");
    assert_eq!(settings.mappings[0].routing_profile, "Ours");
    assert_eq!(settings.mappings[0].security_profiles, ["Agent"], "the default's default");
    assert!(settings.mappings[0].adopt);
    assert_eq!(rates.connect.burst, 5);
    assert!((rates.connect.per_second("SearchUsers") - 2.5).abs() < 1e-9);
    assert!((rates.connect.per_second("CreateUser") - 1.0).abs() < 1e-9);
}

#[test]
fn a_target_overrides_key_by_key() {
    let config = config(TWO);
    let Target { settings, rates, .. } = &config.targets[1];
    let policy = &settings.policy;
    assert_eq!((policy.removals, policy.mismatches), (Removals::Report, Mismatches::Create));
    assert_eq!(policy.grace, SignedDuration::from_hours(1));
    assert_eq!((policy.max_removals, policy.max_changes), (Limit::Count(5), Limit::Percent(25)));
    assert!(policy.protect.is_empty(), "a list is overridden as a whole");
    assert_eq!(policy.attributes.tags, AttributeMode::Enforce);
    assert_eq!(policy.attributes.name, AttributeMode::Enforce, "of the attributes too, each by itself");
    assert_eq!(policy.attributes.security_profiles, AttributeMode::Report);
    let quarantine = Profiles { routing_profile: "Away".to_owned(), security_profiles: vec!["NoAccess".to_owned()] };
    assert_eq!(settings.quarantine, Some(quarantine));
    assert_eq!((rates.connect.burst, rates.connect.share.to_bits()), (9, 0.5_f64.to_bits()));
    assert!((rates.connect.per_second("SearchUsers") - 2.5).abs() < 1e-9);
    assert!((rates.connect.per_second("CreateUser") - 1.5).abs() < 1e-9);
}

#[test]
fn a_mapping_overrides_its_target() {
    let config = config(TWO);
    let [first, second] = config.targets[1].settings.mappings.as_slice() else { panic!("two mappings") };
    assert_eq!((first.routing_profile.as_str(), first.adopt), ("Ours", false));
    assert_eq!((second.routing_profile.as_str(), second.adopt), ("Mine", true));
    assert_eq!(first.security_profiles, ["Theirs"]);
}

#[test]
fn a_targets_own_removals_need_a_quarantine_and_its_own_quarantine_is_completed_by_the_top() {
    let removals = "[target.policy]\nremovals = \"delete\"\n\n[[target.mapping]]";
    let text = minimal_with("[[target.mapping]]", removals);
    insta::assert_snapshot!(problems(&text), @r"
    rollcall.toml:11:1: `target[0].policy.removals` needs `[quarantine]`, which the file does not have, unless it is `report`
      hint: add `[quarantine]` with the `routing_profile` and `security_profiles` of people who have left
    1 problem
    ");
    let half = format!("[target.quarantine]\nrouting_profile = \"Away\"\n\n{removals}");
    let text = minimal_with("[[target.mapping]]", &half);
    insta::assert_snapshot!(problems(&text), @r"
    rollcall.toml:10:9: `target[0].quarantine.security_profiles` is missing
      hint: the profiles without permissions that people who have left get
    1 problem
    ");
    let text = text.replace("[[target]]", "[quarantine]\nsecurity_profiles = [\"NoAccess\"]\n\n[[target]]");
    assert!(config(&text).targets[0].settings.quarantine.is_some());
}
