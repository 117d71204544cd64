//! What targets and mappings ask of their values, and of one another.

use super::*;
use crate::model::connect::{AfterContactWork, Device};
use crate::model::settings::GroupRef;

#[test]
fn a_target_is_named_and_reached() {
    insta::assert_snapshot!(problems(r#"
[identity_center]
region = "eu-west-1"

[[target]]
name = "support eu"
region = "eu-west2"
instance_id = "support"
role_arn = "arn:aws:iam::444455556666:user/rollcall"
application = "arn:aws:sso::111122223333:application/apl-1"
application_region = "Ireland"
mapping = [{ group = "" }]
"#), @r"
    rollcall.toml:6:1: `target[0].name` is no name of a target
      hint: up to 64 letters from A to Z, digits, `-`, `_` and `.`
    rollcall.toml:7:1: `target[0].region` is no Region: `eu-west2`
      hint: did you mean `eu-west-2`?
    rollcall.toml:8:1: `target[0].instance_id` is no id of a Connect instance
      hint: for example `aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb`, or the ARN that ends in it
    rollcall.toml:9:1: `target[0].role_arn` is no ARN of a role
      hint: for example `arn:aws:iam::111122223333:role/rollcall`
    rollcall.toml:10:1: `target[0].application` is no ARN of an application of Identity Center
      hint: for example `arn:aws:sso::111122223333:application/ssoins-1234567890abcdef/apl-1234567890abcdef`
    rollcall.toml:11:1: `target[0].application_region` is no Region: `Ireland`
      hint: for example `eu-west-2`
    rollcall.toml:12:14: `target[0].mapping[0].group` is empty
    7 problems
    ");
}

#[test]
fn an_instance_given_by_arn_is_in_the_region_and_account_of_its_target() {
    let arn = "arn:aws:connect:eu-central-1:111122223333:instance/aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb";
    let id = "instance_id = \"aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb\"";
    insta::assert_snapshot!(problems(&minimal_with(id, &format!(
        "instance_id = \"{arn}\"\nrole_arn = \"arn:aws:iam::444455556666:role/rollcall\""
    ))), @r#"
    rollcall.toml:8:1: `target[0].instance_id` is an instance of the Region `eu-central-1`, and the target's is `eu-west-2`
      hint: set `region = "eu-central-1"`, or name another instance
    rollcall.toml:9:1: `target[0].role_arn` is a role of the account 444455556666, and the instance is in 111122223333
      hint: a role reaches the instances of its own account only
    2 problems
    "#);
    let config = config(&minimal_with(id, &format!("instance_id = \"{arn}\"")).replace("eu-west-2", "eu-central-1"));
    assert_eq!(config.targets[0].instance.as_str(), "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb");
    assert_eq!(config.targets[0].account.as_deref(), Some("111122223333"));
}

#[test]
fn the_account_of_a_target_is_that_of_its_role_else_unknown() {
    assert_eq!(config(MINIMAL).targets[0].account, None);
    let role = "name = \"support\"\nrole_arn = \"arn:aws:iam::444455556666:role/rollcall\"\nexternal_id = \"x-1\"";
    let config = config(&minimal_with("name = \"support\"", role));
    assert_eq!(config.targets[0].account.as_deref(), Some("444455556666"));
    let role = config.targets[0].role.as_ref().unwrap();
    assert_eq!(role.external_id.as_deref(), Some("x-1"));
}

#[test]
fn an_external_id_stands_beside_a_role() {
    insta::assert_snapshot!(problems(&minimal_with("name = \"support\"", "name = \"support\"\nexternal_id = \"x-1\"")), @r"
    rollcall.toml:7:1: `target[0].external_id` is given without a role
      hint: it stands beside `role_arn`
    1 problem
    ");
}

#[test]
fn an_application_is_of_the_configured_identity_center_instance() {
    let text = minimal_with(
        "name = \"support\"",
        "name = \"support\"\napplication = \"arn:aws:sso::111122223333:application/ssoins-1234567890abcdef/apl-1234567890abcdef\"",
    );
    assert!(matches!(config(&text).targets[0].application, Some(ApplicationRef::Arn(_))));
    let other = "region = \"eu-west-1\"\ninstance_arn = \"arn:aws:sso:::instance/ssoins-ffffffffffffffff\"";
    insta::assert_snapshot!(problems(&text.replace("region = \"eu-west-1\"", other)), @r"
    rollcall.toml:8:1: `target[0].application` belongs to `ssoins-1234567890abcdef`, and `identity_center.instance_arn` is `ssoins-ffffffffffffffff`
      hint: people and applications come from one Identity Center instance
    1 problem
    ");
    let named = config(&minimal_with("name = \"support\"", "name = \"support\"\napplication = \"Amazon Connect\""));
    assert_eq!(named.targets[0].application, Some(ApplicationRef::Name("Amazon Connect".to_owned())));
    assert_eq!(named.targets[0].application_region, "eu-west-1", "that of Identity Center");
}

/// Two targets; the second with these lines.
fn second(name: &str, region: &str, instance: &str, lines: &str) -> String {
    minimal_and(&format!(
        "\n[[target]]\nname = \"{name}\"\nregion = \"{region}\"\ninstance_id = \"{instance}\"\nmapping = [{{ group = \"a\" }}]\n{lines}"
    ))
}

#[test]
fn names_and_instances_of_targets_differ() {
    let instance = "AAAAAAAA-1111-4222-8333-BBBBBBBBBBBB";
    insta::assert_snapshot!(problems(&second("support", "eu-west-2", instance, "")), @r"
    rollcall.toml:14:1: `target[1].name` is the name of the target on line 5 too
      hint: targets are told apart by their names
    rollcall.toml:16:1: `target[1].instance_id` is the instance of the target on line 5 too
      hint: two targets would undo each other's work: put all mappings of an instance into one
    2 problems
    ");
    assert_eq!(config(&second("replica", "eu-central-1", instance, "")).targets.len(), 2, "a replica has the same id");
}

#[test]
fn targets_that_share_a_quota_agree_on_its_rate() {
    let (instance, lines) = ("cccccccc-1111-4222-8333-bbbbbbbbbbbb", "[target.rates.connect]\nshare = 0.5\n");
    insta::assert_snapshot!(problems(&second("b", "eu-west-2", instance, lines)), @r"
    rollcall.toml:18:15: `target[1].rates.connect` differs from that of `target[0]`, and both share one quota
      hint: give both the same rate, or set it once in `[rates.connect]`
    1 problem
    ");
    assert_eq!(config(&second("b", "eu-west-1", instance, lines)).targets.len(), 2, "another Region");
    let other = format!("role_arn = \"arn:aws:iam::444455556666:role/rollcall\"\n{lines}");
    assert_eq!(config(&second("b", "eu-west-2", instance, &other)).targets.len(), 2, "another account");
    let lines = "[target.rates.identity_store]\nshare = 0.5\n";
    insta::assert_snapshot!(problems(&second("b", "eu-west-1", instance, lines)), @r"
    rollcall.toml:18:15: `target[1].rates.identity_store` differs from that of `target[0]`, and both share one quota
      hint: give both the same rate, or set it once in `[rates.identity_store]`
    1 problem
    ");
}

#[test]
fn a_group_has_one_mapping_in_a_target() {
    insta::assert_snapshot!(problems(&minimal_and(r#"
[[target.mapping]]
group = "ConnectSupervisors"

[[target.mapping]]
group = "ConnectAgents"
"#)), @r"
    rollcall.toml:17:1: `target[0].mapping[2].group` is `ConnectAgents` again, which has a mapping on line 10
      hint: the first mapping of a group always wins: leave one of them out
    1 problem
    ");
}

#[test]
fn a_group_is_named_or_given_by_id() {
    let group = |text: &str| config(&minimal_with("ConnectAgents", text)).targets[0].settings.mappings[0].group.clone();
    assert_eq!(group("Connect Agents"), GroupRef::Name("Connect Agents".to_owned()));
    let id = "1234567890-aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb";
    assert_eq!(group(id), GroupRef::Id(id.to_owned()));
}

#[test]
fn a_mapping_names_profiles() {
    insta::assert_snapshot!(problems(&minimal_and(r#"
routing_profile = ""
security_profiles = []
hierarchy = " "

[[target.mapping]]
group = "b"
security_profiles = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]

[[target.mapping]]
group = "c"
security_profiles = ["Agent", "", "Agent"]
"#)), @r"
    rollcall.toml:13:1: `target[0].mapping[0].routing_profile` is empty
    rollcall.toml:14:1: `target[0].mapping[0].security_profiles` is empty
      hint: Connect wants at least one: name a profile without permissions if nothing is to be allowed
    rollcall.toml:15:1: `target[0].mapping[0].hierarchy` is empty
    rollcall.toml:19:1: `target[0].mapping[1].security_profiles` has 11 profiles, and Connect gives a user at most 10
    rollcall.toml:23:31: `target[0].mapping[2].security_profiles[1]` is empty
    rollcall.toml:23:35: `target[0].mapping[2].security_profiles[2]` is `Agent` a second time
    6 problems
    ");
}

#[test]
fn phones_have_the_number_that_they_need() {
    insta::assert_snapshot!(problems(&minimal_and(r#"
phone = { type = "soft", number = "+442079460000" }

[[target.mapping]]
group = "b"
phone = { type = "desk" }

[[target.mapping]]
group = "c"
phone = { type = "desk", number = "020 7946 0000" }
"#)), @r#"
    rollcall.toml:13:26: `target[0].mapping[0].phone.number` is given for a soft phone
      hint: leave it out, or set `type = "desk"`
    rollcall.toml:17:1: `target[0].mapping[1].phone.number` is missing
      hint: a desk phone needs one, for example `number = "+442079460000"`
    rollcall.toml:21:26: `target[0].mapping[2].phone.number` is no telephone number
      hint: `+`, country and number, digits only, for example `+442079460000`
    3 problems
    "#);
    let phone = |text: &str| {
        let mut mappings = config(&minimal_and(&format!("phone = {text}\n"))).targets.remove(0).settings.mappings;
        mappings.remove(0).phone.unwrap()
    };
    assert_eq!(phone("{ type = \"desk\", number = \"+44207\" }").device, Device::Desk("+44207".to_owned()));
    let soft = phone("{ type = \"soft\", auto_accept = true }");
    assert_eq!((soft.device, soft.auto_accept, soft.after_contact_work), (Device::Soft, Some(true), None));
    let work =
        |time: &str| phone(&format!("{{ type = \"soft\", after_contact_work = \"{time}\" }}")).after_contact_work;
    assert_eq!(work("30s"), Some(AfterContactWork::Seconds(30)));
    assert_eq!(work("2000000s"), Some(AfterContactWork::Seconds(2_000_000)));
    assert_eq!(work("unlimited"), Some(AfterContactWork::Unlimited));
}

#[test]
fn no_work_after_a_contact_cannot_be_asked_for() {
    insta::assert_snapshot!(problems(&minimal_and("phone = { type = \"soft\", after_contact_work = \"0s\" }\n")), @r#"
    rollcall.toml:12:26: `target[0].mapping[0].phone.after_contact_work` cannot be 0, which Connect reads as no limit at all
      hint: `"1s"` is the shortest; write `"unlimited"` if no limit is meant
    1 problem
    "#);
    insta::assert_snapshot!(problems(&minimal_and("phone = { type = \"soft\", after_contact_work = \"24d\" }\n")), @r#"
    rollcall.toml:12:26: `target[0].mapping[0].phone.after_contact_work` is more than 2000000 seconds, the most that Connect takes
      hint: write `"unlimited"` if no limit is meant
    1 problem
    "#);
    insta::assert_snapshot!(problems(&minimal_and("phone = { type = \"soft\", after_contact_work = \"ever\" }\n")), @r"
    rollcall.toml:12:26: `target[0].mapping[0].phone.after_contact_work` is no duration, which is an integer and one of `s`, `m`, `h` and `d`
      hint: for example `90s`, `15m`, `72h` or `30d`
    1 problem
    ");
}

#[test]
fn tags_are_such_as_connect_takes_and_leave_room_for_our_own() {
    let long = "k".repeat(129);
    let value = "v".repeat(257);
    insta::assert_snapshot!(problems(&minimal_and(&format!(r#"
[target.mapping.tags]
"aws:team" = "a"
"Rollcall:owner" = "b"
"" = "c"
"a!b" = "d"
note = "line\nline"
long = "{value}"
{long} = "e"
"#))), @r#"
    rollcall.toml:14:1: `target[0].mapping[0].tags."aws:team"` begins with `aws:`, which is for AWS alone
    rollcall.toml:15:1: `target[0].mapping[0].tags."Rollcall:owner"` begins with `rollcall:`, which is for Rollcall's own tags
    rollcall.toml:16:1: `target[0].mapping[0].tags.""` is a tag without a key
    rollcall.toml:17:1: `target[0].mapping[0].tags."a!b"` has letters that a tag's key cannot have
    rollcall.toml:18:1: `target[0].mapping[0].tags.note` has `\n`, which a tag's value cannot have
    rollcall.toml:19:1: `target[0].mapping[0].tags.long` has a value of more than 256 letters
    rollcall.toml:20:1: `target[0].mapping[0].tags.kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk` is longer than the 128 letters that a tag's key can have
    7 problems
    "#);
    let text = |count: usize| {
        let tags: Vec<String> = (0..count).map(|index| format!("t{index} = \"\"")).collect();
        minimal_and(&format!("[target.mapping.tags]\n{}\n", tags.join("\n")))
    };
    assert_eq!(config(&text(42)).targets[0].settings.mappings[0].tags.len(), 42);
    insta::assert_snapshot!(problems(&text(43)), @r"
    rollcall.toml:12:17: `target[0].mapping[0].tags` has 43 tags, and a mapping can give 42
      hint: a Connect user carries 50: 3 are Rollcall's own, and 5 are for people who leave
    1 problem
    ");
}

#[test]
fn quarantine_gives_nothing_that_a_mapping_gives() {
    let quarantine = |routing: &str, security: &str| {
        format!(
            "{MINIMAL}\n[policy]\nremovals = \"quarantine\"\n[quarantine]\nrouting_profile = \"{routing}\"\n\
             security_profiles = [\"NoAccess\", \"{security}\"]\n"
        )
    };
    let text = problems(&quarantine("Basic Routing Profile", "Agent"));
    let lines: Vec<&str> = text.lines().map(|line| line.split_once(": ").map_or(line, |(_, rest)| rest)).collect();
    assert_eq!(
        lines,
        [
            "`quarantine.routing_profile` is `Basic Routing Profile`, which the mapping of `ConnectAgents` gives to those who work",
            "quarantine wants profiles of its own: without queues, and without permissions",
            "`quarantine.security_profiles` is `Agent`, which the mapping of `ConnectAgents` gives to those who work",
            "quarantine wants profiles of its own: without queues, and without permissions",
            "2 problems"
        ],
        "{text}"
    );
    assert!(config(&quarantine("Parking", "Nothing")).targets[0].settings.quarantine.is_some());
}
