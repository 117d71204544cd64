//! What each section asks of its values.

use super::*;

#[test]
fn owners_are_values_of_tags() {
    insta::assert_snapshot!(problems(&beside_minimal("owner = \"\"\n")), @r"
    rollcall.toml:1:1: `owner` is empty
    1 problem
    ");
    insta::assert_snapshot!(problems(&beside_minimal("owner = \"roll\\tcall\"\n")), @r"
    rollcall.toml:1:1: `owner` has `\t`, which a tag's value cannot have
      hint: letters, digits, spaces and `_ . : / = + - @`
    1 problem
    ");
    let long = "x".repeat(257);
    insta::assert_snapshot!(problems(&beside_minimal(&format!("owner = \"{long}\"\n"))), @r"
    rollcall.toml:1:1: `owner` has 257 letters, and a tag's value can have 256
    1 problem
    ");
    assert_eq!(config(&beside_minimal("owner = \"Team Nord: 7\"\n")).targets[0].settings.owner, "Team Nord: 7");
}

#[test]
fn identity_center_has_a_region_ids_and_a_role() {
    insta::assert_snapshot!(problems(r#"
[identity_center]
region = "eu-wst-1"
instance_arn = "arn:aws:sso:::instance/ssoins-123"
identity_store_id = "arn:aws:identitystore::111122223333:identitystore/d-1234567890"
role_arn = "arn:aws:iam::1111:role/rollcall"
external_id = "a b"

[[target]]
name = "support"
region = "eu-west-2"
instance_id = "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb"
mapping = [{ group = "ConnectAgents" }]
"#), @r"
    rollcall.toml:4:1: `identity_center.instance_arn` is no ARN of an Identity Center instance
      hint: for example `arn:aws:sso:::instance/ssoins-1234567890abcdef`
    rollcall.toml:5:1: `identity_center.identity_store_id` is no id of an identity store
      hint: `d-` and ten digits or letters from a to f, for example `d-1234567890`
    rollcall.toml:6:1: `identity_center.role_arn` is no ARN of a role
      hint: for example `arn:aws:iam::111122223333:role/rollcall`
    rollcall.toml:7:1: `identity_center.external_id` is no external id
      hint: 2 to 1224 letters, digits and `_ + = , . @ : / -`
    4 problems
    ");
    insta::assert_snapshot!(problems(&minimal_with(
        "region = \"eu-west-1\"",
        "region = \"eu-west-1\"\nexternal_id = \"rollcall-5d41\"",
    )), @r"
    rollcall.toml:4:1: `identity_center.external_id` is given without a role
      hint: it stands beside `role_arn`
    1 problem
    ");
}

#[test]
fn schedules_can_be_read_and_come() {
    insta::assert_snapshot!(problems(&beside_minimal(r#"
[schedule]
cron = "*/15 * * * *"
timezone = "Europe/Londn"
jitter = "20"
"#)), @r"
    rollcall.toml:2:1: `schedule.cron` has 5 fields, and takes six: second, minute, hour, day, month, weekday
      hint: the first field is the second: did you mean `0 */15 * * * *`?
    rollcall.toml:3:1: `schedule.timezone` is no time zone: `Europe/Londn`
      hint: did you mean `Europe/London`?
    rollcall.toml:4:1: `schedule.jitter` is no duration, which is an integer and one of `s`, `m`, `h` and `d`
      hint: for example `90s`, `15m`, `72h` or `30d`
    3 problems
    ");
    insta::assert_snapshot!(problems(&beside_minimal(r#"
[schedule]
cron = "0 0 0 30 2 *"
timezone = "Mars"
jitter = "1 minute"
"#)), @r"
    rollcall.toml:2:1: `schedule.cron` names a date that never comes
      hint: where both day and weekday are given, both must match
    rollcall.toml:3:1: `schedule.timezone` is no time zone: `Mars`
      hint: an IANA name, for example `Europe/London`
    rollcall.toml:4:1: `schedule.jitter` is no duration, which is an integer and one of `s`, `m`, `h` and `d`
      hint: did you mean `1m`?
    3 problems
    ");
    insta::assert_snapshot!(problems(&beside_minimal("[schedule]\ncron = \"0 61 * * * *\"\ntimezone = \"\"\n")), @r"
    rollcall.toml:2:1: `schedule.cron` cannot be read: the minute is `61` (number out of bounds)
      hint: for example `0 */15 * * * *` (every 15 minutes)
    rollcall.toml:3:1: `schedule.timezone` is empty
    2 problems
    ");
}

#[test]
fn the_listener_has_an_address_and_two_tokens() {
    insta::assert_snapshot!(problems(&beside_minimal(r#"
[http]
listen = "localhost:8080"
token_file = "/run/token"
read_token_file = "/run/token"
"#)), @r"
    rollcall.toml:2:1: `http.listen` is no IP address and port
      hint: for example `127.0.0.1:8080`, `0.0.0.0:8080` or `[::1]:8080`; names are not looked up
    rollcall.toml:4:1: `http.read_token_file` is the same file as `token_file`
      hint: a token that can only read has to be another one
    2 problems
    ");
    insta::assert_snapshot!(problems(&beside_minimal("[http]\nlisten = \":8080\"\ntoken_file = \" \"\n")), @r"
    rollcall.toml:2:1: `http.listen` is no IP address and port
      hint: for example `127.0.0.1:8080`, `0.0.0.0:8080` or `[::1]:8080`; names are not looked up
    rollcall.toml:3:1: `http.token_file` is empty
    2 problems
    ");
}

#[test]
fn hashed_people_need_a_key() {
    insta::assert_snapshot!(problems(&beside_minimal("[log]\npeople = \"hashed\"\n")), @r#"
    rollcall.toml:1:2: `log.people_key_file` is missing
      hint: `people = "hashed"` needs a file with the key of the hash
    1 problem
    "#);
    let config = config(&beside_minimal("[log]\npeople = \"hashed\"\npeople_key_file = \"/run/key\"\n"));
    assert_eq!(config.log.people, People::Hashed { key_file: PathBuf::from("/run/key") });
}

#[test]
fn durations_have_one_form_and_most_are_above_0() {
    insta::assert_snapshot!(problems(&beside_minimal(r#"
[history]
keep = "0d"
path = ""

[timeouts]
connect = "0s"
attempt = "ten seconds"
call = "1h30m"

[policy]
grace = "0h"
delete_after = "99999d"
"#)), @r"
    rollcall.toml:2:1: `history.keep` has to be more than 0
    rollcall.toml:3:1: `history.path` is empty
    rollcall.toml:6:1: `timeouts.connect` has to be more than 0
    rollcall.toml:7:1: `timeouts.attempt` is no duration, which is an integer and one of `s`, `m`, `h` and `d`
      hint: for example `90s`, `15m`, `72h` or `30d`
    rollcall.toml:8:1: `timeouts.call` is no duration, which is an integer and one of `s`, `m`, `h` and `d`
      hint: for example `90s`, `15m`, `72h` or `30d`
    rollcall.toml:11:1: `policy.grace` has to be more than 0
    rollcall.toml:12:1: `policy.delete_after` is longer than 100 years
    7 problems
    ");
}

#[test]
fn the_history_is_the_same_file_wherever_a_command_is_called() {
    insta::assert_snapshot!(problems(&beside_minimal("[history]\npath = \"history.db\"\n")), @r"
    rollcall.toml:2:1: `history.path` has to begin with `/`
      hint: the daemon and the commands may be started in different folders
    1 problem
    ");
    let config = config(&beside_minimal("[history]\npath = \"/var/lib/rollcall/history.db\"\n"));
    assert_eq!(config.history.path, Some(PathBuf::from("/var/lib/rollcall/history.db")));
}

#[test]
fn a_call_has_room_for_one_attempt() {
    insta::assert_snapshot!(problems(&beside_minimal("[timeouts]\ncall = \"5s\"\n")), @r"
    rollcall.toml:2:1: `timeouts.call` is shorter (5s) than `timeouts.attempt` (10s)
      hint: a call has room for at least one attempt
    1 problem
    ");
    insta::assert_snapshot!(problems(&beside_minimal("[timeouts]\nattempt = \"1m\"\n")), @r"
    rollcall.toml:2:1: `timeouts.attempt` is longer (60s) than `timeouts.call` (40s)
      hint: a call has room for at least one attempt
    1 problem
    ");
    let timeouts = config(&beside_minimal("[timeouts]\nattempt = \"1m\"\ncall = \"60s\"\n")).timeouts;
    assert_eq!(timeouts.attempt, timeouts.call);
}

#[test]
fn rates_are_above_0_and_of_operations_that_exist() {
    insta::assert_snapshot!(problems(&beside_minimal(r"
[rates.connect]
requests_per_second = 0
burst = 0
share = 1.5
operations = { CreateUsers = 5.0, SearchUsers = -1.0, CreateInstance = 1.0 }

[rates.identity_store]
requests_per_second = inf
share = nan
operations = { SearchUsers = 5.0 }

[rates.sso_admin]
share = 0
burst = -1
")), @r"
    rollcall.toml:2:1: `rates.connect.requests_per_second` has to be more than 0
    rollcall.toml:3:1: `rates.connect.burst` has to be a number from 1 to 4294967295
    rollcall.toml:4:1: `rates.connect.share` has to be more than 0 and at most 1
      hint: `0.8` leaves a fifth to other callers
    rollcall.toml:5:16: `rates.connect.operations.CreateUsers` is no operation that Rollcall calls
      hint: did you mean `CreateUser`?
    rollcall.toml:5:35: `rates.connect.operations.SearchUsers` has to be more than 0
    rollcall.toml:5:55: `rates.connect.operations.CreateInstance` is no operation that Rollcall calls
      hint: the most alike are `CreateUser`, `DescribeInstance` and `UpdateUserIdentityInfo`
    rollcall.toml:8:1: `rates.identity_store.requests_per_second` has to be more than 0
    rollcall.toml:9:1: `rates.identity_store.share` has to be more than 0 and at most 1
      hint: `0.8` leaves a fifth to other callers
    rollcall.toml:10:16: `rates.identity_store.operations.SearchUsers` is no operation that Rollcall calls
      hint: one of `DescribeGroup`, `DescribeUser`, `GetGroupId`, `GetUserId`, `IsMemberInGroups`, `ListGroupMemberships`, `ListGroupMembershipsForMember`, `ListGroups` or `ListUsers`
    rollcall.toml:13:1: `rates.sso_admin.share` has to be more than 0 and at most 1
      hint: `0.8` leaves a fifth to other callers
    rollcall.toml:14:1: `rates.sso_admin.burst` has to be a number from 1 to 4294967295
    11 problems
    ");
}

#[test]
fn limits_are_percentages_or_numbers_of_people() {
    insta::assert_snapshot!(problems(&beside_minimal(r#"
[policy]
max_removals = "101%"
max_changes = -1
"#)), @r#"
    rollcall.toml:2:1: `policy.max_removals` is neither a percentage nor a number of people
      hint: `"0%"` to `"100%"`, or a number of people such as `25`, which is not in quotes
    rollcall.toml:3:1: `policy.max_changes` is neither a percentage nor a number of people
      hint: `"0%"` to `"100%"`, or a number of people such as `25`, which is not in quotes
    2 problems
    "#);
    insta::assert_snapshot!(problems(&beside_minimal("[policy]\nmax_removals = \"10\"\nmax_changes = \"+5%\"\n")), @r#"
    rollcall.toml:2:1: `policy.max_removals` is neither a percentage nor a number of people
      hint: `"0%"` to `"100%"`, or a number of people such as `25`, which is not in quotes
    rollcall.toml:3:1: `policy.max_changes` is neither a percentage nor a number of people
      hint: `"0%"` to `"100%"`, or a number of people such as `25`, which is not in quotes
    2 problems
    "#);
    let config = config(&beside_minimal("[policy]\nmax_removals = \"0%\"\nmax_changes = 0\n"));
    let policy = &config.targets[0].settings.policy;
    assert_eq!(policy.max_removals, crate::model::settings::Limit::Percent(0));
    assert_eq!(policy.max_changes, crate::model::settings::Limit::Count(0));
}

#[test]
fn protected_logins_are_globs() {
    insta::assert_snapshot!(problems(&beside_minimal("[policy]\nprotect = [\"admin\", \"[a\", \"\", \"admin\"]\n")), @r"
    rollcall.toml:2:21: `policy.protect[1]` is no glob: unclosed character class; missing ']'
      hint: `*` stands for any letters, `?` for one, `[ab]` for one of these, `{a,b}` for one of those
    rollcall.toml:2:27: `policy.protect[2]` is empty
    rollcall.toml:2:31: `policy.protect[3]` is `admin` a second time
    3 problems
    ");
}

#[test]
fn removals_need_a_quarantine() {
    insta::assert_snapshot!(problems(&beside_minimal("[policy]\nremovals = \"quarantine\"\n")), @r"
    rollcall.toml:2:1: `policy.removals` needs `[quarantine]`, which the file does not have, unless it is `report`
      hint: add `[quarantine]` with the `routing_profile` and `security_profiles` of people who have left
    1 problem
    ");
    insta::assert_snapshot!(problems(&beside_minimal(r#"
[policy]
removals = "delete"

[quarantine]
routing_profile = "Parking"
"#)), @r"
    rollcall.toml:4:2: `quarantine.security_profiles` is missing
      hint: the profiles without permissions that people who have left get
    1 problem
    ");
    insta::assert_snapshot!(problems(&beside_minimal("[quarantine]\nrouting_profile = \"\"\nsecurity_profiles = []\n")), @r"
    rollcall.toml:2:1: `quarantine.routing_profile` is empty
    rollcall.toml:3:1: `quarantine.security_profiles` is empty
      hint: Connect wants at least one: name a profile without permissions if nothing is to be allowed
    2 problems
    ");
}

#[test]
fn accepted_findings_exist() {
    insta::assert_snapshot!(problems(&beside_minimal(r#"
[[accept]]
code = "login-invlid"
login = "{a,b"
until = "31.3.2027"
why = ""

[[accept]]
code = "everything"
until = "2027-02-29"

[[accept]]
code = "quota-short"
"#)), @r"
    rollcall.toml:2:1: `accept[0].code` is no finding: `login-invlid`
      hint: did you mean `login-invalid`?
    rollcall.toml:3:1: `accept[0].login` is no glob: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
      hint: `*` stands for any letters, `?` for one, `[ab]` for one of these, `{a,b}` for one of those
    rollcall.toml:4:1: `accept[0].until` is no date: `31.3.2027`
      hint: year, month and day, for example `2027-03-31`
    rollcall.toml:5:1: `accept[0].why` is empty
    rollcall.toml:8:1: `accept[1].code` is no finding: `everything`
      hint: the most alike are `leaver`, `index-behind` and `several-groups`
    rollcall.toml:9:1: `accept[1].until` is no date: `2027-02-29`
      hint: year, month and day, for example `2027-03-31`
    6 problems
    ");
    let config = config(&beside_minimal("[[accept]]\ncode = \"quota-short\"\nuntil = \"2027-03-31\"\n"));
    let [accept] = config.targets[0].settings.accepts.as_slice() else { panic!("one accepted finding") };
    assert_eq!(accept.until, Some(jiff::civil::date(2027, 3, 31)));
    assert!(accept.login.is_none());
}
