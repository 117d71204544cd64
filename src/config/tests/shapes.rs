//! Keys that do not exist, keys that are not there, values of the wrong type.

use super::*;

#[test]
fn every_unknown_key_is_named_with_the_one_that_was_meant() {
    insta::assert_snapshot!(problems(r#"
ownr = "rollcall"

[identity_centre]
region = "eu-west-1"

[schedul]
cron = "0 0 * * * *"

[[target]]
nmae = "support"
regoin = "eu-west-2"
instance = "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb"

[target.policy]
max_removal = "10%"

[[target.mapping]]
groups = "ConnectAgents"
phone = { typ = "soft" }

[[accept]]
kode = "orphan"
"#), @r#"
    rollcall.toml:2:1: `ownr` is not a key of the configuration
      hint: did you mean `owner`?
    rollcall.toml:4:2: `identity_centre` is not a key of the configuration
      hint: did you mean `identity_center`?
    rollcall.toml:7:2: `schedul` is not a key of the configuration
      hint: did you mean `schedule`?
    rollcall.toml:10:1: `target[0].instance_id` is missing
      hint: for example `instance_id = "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb"`
    rollcall.toml:11:1: `target[0].nmae` is not a key of a target
      hint: did you mean `name`?
    rollcall.toml:12:1: `target[0].regoin` is not a key of a target
      hint: did you mean `region`?
    rollcall.toml:13:1: `target[0].instance` is not a key of a target
      hint: one of `application`, `application_region`, `defaults`, `external_id`, `instance_id`, `login_from`, `mapping`, `mode`, `name`, `policy`, `quarantine`, `rates`, `region`, `role_arn`, `secondary_email` or `send_email`
    rollcall.toml:16:1: `target[0].policy.max_removal` is not a key of `policy`
      hint: did you mean `max_removals`?
    rollcall.toml:19:1: `target[0].mapping[0].groups` is not a key of a mapping
      hint: did you mean `group`?
    rollcall.toml:20:11: `target[0].mapping[0].phone.typ` is not a key of `phone`
      hint: did you mean `type`?
    rollcall.toml:23:1: `accept[0].kode` is not a key of an accepted finding
      hint: did you mean `code`?
    11 problems
    "#);
}

#[test]
fn a_key_in_the_wrong_table_is_sent_to_its_own() {
    insta::assert_snapshot!(problems(&minimal_and(r#"
mode = "plan"
timezone = "UTC"
zzz = 1
"#)), @r"
    rollcall.toml:13:1: `target[0].mapping[0].mode` is not a key of a mapping
      hint: `mode` is a key of a target
    rollcall.toml:14:1: `target[0].mapping[0].timezone` is not a key of a mapping
      hint: `timezone` is a key of `[schedule]`
    rollcall.toml:15:1: `target[0].mapping[0].zzz` is not a key of a mapping
      hint: one of `adopt`, `assign`, `group`, `hierarchy`, `phone`, `routing_profile`, `security_profiles` or `tags`
    3 problems
    ");
}

#[test]
fn every_value_of_the_wrong_type_is_named() {
    insta::assert_snapshot!(problems(r#"
owner = 7
identity_center = "eu-west-1"
target = { name = "support" }

[schedule]
on_start = "yes"
jitter = 20

[policy]
protect = "admin"
max_removals = 0.1
max_changes = true

[policy.attributes]
name = ["seed"]

[rates.connect]
requests_per_second = "2"
burst = 5.0
operations = { SearchUsers = "5" }

[[accept]]
code = "orphan"
until = 2027-03-31
"#), @r#"
    rollcall.toml:2:1: `owner` is an integer, and takes text in quotes
      hint: for example `owner = "rollcall"`
    rollcall.toml:3:1: `identity_center` is text in quotes, and takes a table
      hint: for example `[identity_center]`, and its keys on the lines that follow
    rollcall.toml:4:1: `target` is a table, and takes a list
      hint: for example `[[target]]`, and its keys on the lines that follow
    rollcall.toml:7:1: `schedule.on_start` is text in quotes, and takes `true` or `false`
      hint: for example `on_start = true`
    rollcall.toml:8:1: `schedule.jitter` is an integer, and takes text in quotes
      hint: for example `jitter = "20s"`
    rollcall.toml:11:1: `policy.protect` is text in quotes, and takes a list
      hint: for example `protect = ["*@breakglass.example","admin"]`
    rollcall.toml:12:1: `policy.max_removals` is a number, and takes text in quotes or an integer
      hint: for example `max_removals = "10%"`
    rollcall.toml:13:1: `policy.max_changes` is `true` or `false`, and takes text in quotes or an integer
      hint: for example `max_changes = "25%"`
    rollcall.toml:16:1: `policy.attributes.name` is a list, and takes text in quotes
      hint: for example `name = "report"`
    rollcall.toml:19:1: `rates.connect.requests_per_second` is text in quotes, and takes a number
      hint: for example `requests_per_second = 2.0`
    rollcall.toml:20:1: `rates.connect.burst` is a number, and takes an integer
      hint: for example `burst = 5`
    rollcall.toml:21:16: `rates.connect.operations.SearchUsers` is text in quotes, and takes a number
    rollcall.toml:25:1: `accept[0].until` is a date without quotes, and takes text in quotes
      hint: for example `until = "2027-03-31"`
    13 problems
    "#);
}

#[test]
fn a_list_with_one_bad_item_is_named_by_that_item() {
    insta::assert_snapshot!(problems(&minimal_and(r#"
security_profiles = ["Agent", 3, "QualityAnalyst", ["x"]]
"#)), @r"
    rollcall.toml:13:31: `target[0].mapping[0].security_profiles[1]` is an integer, and takes text in quotes
    rollcall.toml:13:52: `target[0].mapping[0].security_profiles[3]` is a list, and takes text in quotes
    2 problems
    ");
    insta::assert_snapshot!(problems(r#"
target = [3, { name = "b", region = "eu-west-2", instance_id = "x" }]
identity_center = { region = "eu-west-1" }
"#), @r"
    rollcall.toml:2:11: `target[0]` is an integer, and takes a table
    rollcall.toml:2:14: `target[1].mapping` is missing
      hint: for example `[[target.mapping]]`, and its keys on the lines that follow
    2 problems
    ");
}

#[test]
fn words_are_those_of_the_list() {
    insta::assert_snapshot!(problems(&beside_minimal(r#"
[log]
level = "INFO"
format = "yaml"
people = "hash"

[policy]
mismatches = "craete"
renames = "delete"
removals = "quarantined"
attributes = { name = "enforced", phone = "never" }
"#)), @r"
    rollcall.toml:2:1: `log.level` takes `error`, `warn`, `info`, `debug` or `trace`, not `INFO`
      hint: did you mean `info`?
    rollcall.toml:3:1: `log.format` takes `json` or `text`, not `yaml`
    rollcall.toml:4:1: `log.people` takes `plain` or `hashed`, not `hash`
    rollcall.toml:7:1: `policy.mismatches` takes `hold` or `create`, not `craete`
      hint: did you mean `create`?
    rollcall.toml:8:1: `policy.renames` takes `report` or `recreate`, not `delete`
    rollcall.toml:9:1: `policy.removals` takes `report`, `quarantine` or `delete`, not `quarantined`
      hint: did you mean `quarantine`?
    rollcall.toml:10:16: `policy.attributes.name` takes `seed`, `report`, `enforce` or `ignore`, not `enforced`
      hint: did you mean `enforce`?
    rollcall.toml:10:35: `policy.attributes.phone` takes `seed`, `report`, `enforce` or `ignore`, not `never`
    8 problems
    ");
    insta::assert_snapshot!(problems(&minimal_and(r#"
phone = { type = "softphone" }

[[target]]
name = "b"
region = "eu-west-2"
instance_id = "bbbbbbbb-1111-4222-8333-bbbbbbbbbbbb"
mode = "dry-run"
login_from = "e-mail"
mapping = [{ group = "a" }]
"#)), @r"
    rollcall.toml:13:11: `target[0].mapping[0].phone.type` takes `soft` or `desk`, not `softphone`
    rollcall.toml:19:1: `target[1].mode` takes `plan` or `apply`, not `dry-run`
    rollcall.toml:20:1: `target[1].login_from` takes `email` or `username`, not `e-mail`
      hint: did you mean `email`?
    3 problems
    ");
}

#[test]
fn every_required_key_is_asked_for() {
    insta::assert_snapshot!(problems(r#"
[identity_center]

[[target]]

[[target]]
name = "b"

[[target.mapping]]
phone = {}

[[accept]]
why = "because"

[[expect]]
"#), @r#"
    rollcall.toml:2:2: `identity_center.region` is missing
      hint: for example `region = "eu-west-1"`
    rollcall.toml:4:1: `target[0].instance_id` is missing
      hint: for example `instance_id = "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb"`
    rollcall.toml:4:1: `target[0].mapping` is missing
      hint: for example `[[target.mapping]]`, and its keys on the lines that follow
    rollcall.toml:4:1: `target[0].name` is missing
      hint: for example `name = "support-eu"`
    rollcall.toml:4:1: `target[0].region` is missing
      hint: for example `region = "eu-west-2"`
    rollcall.toml:6:1: `target[1].instance_id` is missing
      hint: for example `instance_id = "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb"`
    rollcall.toml:6:1: `target[1].region` is missing
      hint: for example `region = "eu-west-2"`
    rollcall.toml:9:1: `target[1].mapping[0].group` is missing
      hint: for example `group = "ConnectAgents"`
    rollcall.toml:10:1: `target[1].mapping[0].phone.type` is missing
      hint: for example `type = "soft"`
    rollcall.toml:12:1: `accept[0].code` is missing
      hint: for example `code = "login-invalid"`
    rollcall.toml:15:1: `expect[0]` expects nothing
      hint: add `mapping`, `routing_profile`, `security_profiles` or `hierarchy`
    rollcall.toml:15:1: `expect[0].groups` is missing
      hint: for example `groups = ["ConnectAgents","ConnectSupervisors"]`
    rollcall.toml:15:1: `expect[0].target` is missing
      hint: for example `target = "support-eu"`
    13 problems
    "#);
}

#[test]
fn a_target_has_mappings_and_a_file_has_targets() {
    insta::assert_snapshot!(problems("target = []\nidentity_center = { region = \"eu-west-1\" }\n"), @r"
    rollcall.toml:1:1: `target` is empty
      hint: add `[[target]]`: there is nothing to do without one
    1 problem
    ");
    insta::assert_snapshot!(problems(&minimal_and(r#"
[[target]]
name = "b"
region = "eu-west-2"
instance_id = "bbbbbbbb-1111-4222-8333-bbbbbbbbbbbb"
mapping = []

[[target]]
name = "c"
region = "eu-west-2"
instance_id = "cccccccc-1111-4222-8333-bbbbbbbbbbbb"
"#)), @r"
    rollcall.toml:17:1: `target[1].mapping` is empty
      hint: add `[[target.mapping]]`: without a group there is nobody to look after
    rollcall.toml:19:1: `target[2].mapping` is missing
      hint: for example `[[target.mapping]]`, and its keys on the lines that follow
    2 problems
    ");
}

#[test]
fn a_number_that_is_too_large_is_named() {
    insta::assert_snapshot!(problems(&beside_minimal(r"
[policy]
max_changes = 99999999999999999999

[rates.connect]
burst = 5000000000
")), @r"
    rollcall.toml:2:1: `policy.max_changes` is too large a number
    rollcall.toml:5:1: `rates.connect.burst` has to be a number from 1 to 4294967295
    2 problems
    ");
}

#[test]
fn rates_of_single_operations_are_refused_where_there_is_one_quota_for_all() {
    insta::assert_snapshot!(problems(&beside_minimal(r"
[rates.sso_admin]
operations = { ListApplications = 5.0 }
")), @r"
    rollcall.toml:2:1: `rates.sso_admin.operations` cannot be given: SSO Admin has one quota for all its operations together
    1 problem
    ");
}

#[test]
fn an_integer_is_a_number_too() {
    let config = config(&beside_minimal("[rates.connect]\nrequests_per_second = 4\n"));
    assert!((config.targets[0].rates.connect.requests_per_second - 4.0).abs() < f64::EPSILON);
}

#[test]
fn keys_with_other_letters_are_named_as_toml_writes_them() {
    insta::assert_snapshot!(problems(&minimal_and("\"rôle arn\" = 1\ntags = { \"a b\" = 2 }\n")), @r#"
    rollcall.toml:12:1: `target[0].mapping[0]."rôle arn"` is not a key of a mapping
      hint: one of `adopt`, `assign`, `group`, `hierarchy`, `phone`, `routing_profile`, `security_profiles` or `tags`
    rollcall.toml:13:10: `target[0].mapping[0].tags."a b"` is an integer, and takes text in quotes
    2 problems
    "#);
}
