//! Expectations: which are accepted, and which are met.

use super::*;

const MAPPINGS: &str = r#"
[identity_center]
region = "eu-west-1"

[[target]]
name = "support"
region = "eu-west-2"
instance_id = "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb"

[[target.mapping]]
group = "Supervisors"
security_profiles = ["CallCenterManager", "QualityAnalyst"]

[[target.mapping]]
group = "Agents"
hierarchy = "EMEA/London"
"#;

fn with(expects: &str) -> String {
    format!("{MAPPINGS}{expects}")
}

#[test]
fn expectations_that_are_met_say_nothing() {
    let config = config(&with(
        r#"
[[expect]]
target = "support"
groups = ["Agents", "Supervisors"]
mapping = "Supervisors"
routing_profile = "Basic Routing Profile"
security_profiles = ["QualityAnalyst", "CallCenterManager"]

[[expect]]
target = "support"
groups = ["Agents"]
hierarchy = "EMEA/London"
"#,
    ));
    assert_eq!(config.expects.len(), 2);
    assert_eq!(config.failures(), []);
}

#[test]
fn expectations_that_are_not_met_say_which_mapping_wins_and_what_differs() {
    let config = config(&with(
        r#"
[[expect]]
target = "support"
groups = ["Agents", "Supervisors"]
mapping = "Agents"
security_profiles = ["Agent"]
hierarchy = "EMEA/London"

[[expect]]
target = "support"
groups = ["Agents"]
routing_profile = "Priority"
hierarchy = "EMEA/London"
"#,
    ));
    let failures: Vec<String> = config.failures().iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(failures.join("\n"), @r"
    `expect[0]` (line 18): in `support`, for a member of `Agents`, `Supervisors` the mapping of `Supervisors` wins; `mapping` is `Supervisors`, expected `Agents`; `security_profiles` is `CallCenterManager, QualityAnalyst`, expected `Agent`; `hierarchy` is not set, expected `EMEA/London`
    `expect[1]` (line 25): in `support`, for a member of `Agents` the mapping of `Agents` wins; `routing_profile` is `Basic Routing Profile`, expected `Priority`
    ");
}

#[test]
fn expectations_name_targets_and_groups_that_exist_and_expect_something() {
    insta::assert_snapshot!(problems(&with(r#"
[[expect]]
target = "suport"
groups = ["Agents"]
mapping = "Agents"

[[expect]]
target = "support"
groups = ["Agnets", "Cleaners"]
mapping = "Supervisor"

[[expect]]
target = "support"
groups = []

[[expect]]
target = "support"
groups = ["Agents"]
security_profiles = []
hierarchy = ""
"#)), @r"
    rollcall.toml:19:1: `expect[0].target` is no target: `suport`
      hint: did you mean `support`?
    rollcall.toml:25:11: `expect[1].groups[0]` is `Agnets`, which no mapping of `support` names
      hint: did you mean `Agents`?
    rollcall.toml:25:21: `expect[1].groups[1]` is `Cleaners`, which no mapping of `support` names
      hint: one of `Supervisors` or `Agents`
    rollcall.toml:26:1: `expect[1].mapping` is `Supervisor`, which no mapping of `support` names
      hint: did you mean `Supervisors`?
    rollcall.toml:28:1: `expect[2]` expects nothing
      hint: add `mapping`, `routing_profile`, `security_profiles` or `hierarchy`
    rollcall.toml:30:1: `expect[2].groups` is empty
      hint: somebody without groups gets nothing, and that needs no test
    rollcall.toml:35:1: `expect[3].security_profiles` is empty
      hint: Connect wants at least one: name a profile without permissions if nothing is to be allowed
    rollcall.toml:36:1: `expect[3].hierarchy` is empty
    8 problems
    ");
}
