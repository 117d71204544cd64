//! The CSV of Connect's bulk upload: who is in it, what their rows say, and what is said of everybody else.

mod files;

use std::fs;
use std::path::Path;
use std::process::Command;

use rollcall::sim::{Fault, FaultKind, Service};

use crate::stage::{CONFIG, Ended, INSTANCE, RATES, Stage, WORLD, agent, ended, person, unpaced, user};

const HEADER: &str = "first name,last name,user login,agent hierarchy,routing profile name,\
    security_profile_name_1|security_profile_name_2,user_hierarchy_1|user_hierarchy_2,phone type (soft/desk),\
    phone number,tags,persistent connection,audio enhancement(none/isolate voice/suppress noise)\r\n";

/// The rows, as a reader of CSV sees them.
fn rows(text: &str) -> Vec<Vec<String>> {
    assert!(text.starts_with(HEADER), "{text}");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn logins(text: &str) -> Vec<String> {
    rows(text).into_iter().map(|row| row[2].clone()).collect()
}

fn well(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{ended:#?}");
}

fn id_of(stage: &Stage, kind: &str, key: &str, name: &str) -> String {
    let world = stage.sim.snapshot();
    let found = world[kind].as_array().unwrap().iter().find(|thing| thing[key] == name).unwrap().clone();
    found["id"].as_str().unwrap().to_owned()
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_says_what_create_user_would_say() {
    let mut stage = Stage::new(&[user("bo@x.com"), agent("ana@x.com"), agent("bo@x.com")]).await;
    stage.configure(
        "routing_profile = \"VIP\"\nsecurity_profiles = [\"CallCenterManager\", \"Agent\"]\nhierarchy = \"EMEA/London\"\n\
         phone = { type = \"desk\", number = \"+442071838750\", after_contact_work = \"30s\" }\n\
         tags = { \"+team\" = \"a=b\", \"a=b\" = \"c\" }\n",
    );
    let ended = stage.cli(&["export"]).await;
    well(&ended);
    let (principal, group) =
        (id_of(&stage, "people", "user_name", "ana@x.com"), id_of(&stage, "groups", "name", "Agents"));
    let tags = format!("rollcall:mapping={group}|rollcall:owner=rollcall|rollcall:principal={principal}|+team=a=b");
    assert_eq!(
        rows(&ended.stdout),
        [[
            "Given ana",
            "Family ana",
            "ana@x.com",
            "EMEA/London",
            "VIP",
            "Agent|CallCenterManager",
            "",
            "desk",
            "+442071838750",
            &tags,
            "",
            ""
        ]]
    );
    for said in [
        "support: 1 row\n",
        "in 1 row: auto accept and the time after a contact are left out",
        "in 1 row: a tag whose key has a `=` is left out",
        "the tags stand as `key=value|key=value`, and the hierarchy groups as `A/B`, for which nothing is documented",
    ] {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
    assert_eq!(stage.writes().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_in_it_is_counted_by_the_reason() {
    let world = [
        user("Cy@x.com"),
        user("ed@x.com"),
        // Served by nobody's reckoning: no such login can be sent.
        user("di+1@x.com"),
        agent("ana@x.com"),
        agent("bo+1@x.com"),
        agent("cy@x.com"),
        agent("di+1@x.com"),
        agent("ed@x.com"),
        agent("boss@x.com"),
    ];
    let mut stage = Stage::new(&world).await;
    stage.configure("\n[policy]\nprotect = [\"boss@*\"]\n");
    let ended = stage.cli(&["export"]).await;
    well(&ended);
    assert_eq!(logins(&ended.stdout), ["ana@x.com"]);
    let said =
        "not in it: 4 members (2 login-invalid, 1 login-case, 1 with a protected login); `rollcall plan` tells more";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    // As if the instance were empty, nobody stands in the way, and who is there already is wanted too.
    let ended = stage.cli(&["export", "--all"]).await;
    well(&ended);
    assert_eq!(logins(&ended.stdout), ["ana@x.com", "cy@x.com", "ed@x.com"]);
    assert!(
        ended.stderr.contains("not in it: 3 members (2 login-invalid, 1 with a protected login)"),
        "{}",
        ended.stderr
    );
    assert_eq!(stage.writes().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_guard_would_hold_back_is_in_it_and_told() {
    let mut stage = Stage::new(&[agent("ana@x.com"), agent("bo@x.com")]).await;
    stage.configure("\n[policy]\nmax_changes = 1\n");
    let ended = stage.cli(&["export"]).await;
    well(&ended);
    assert_eq!(logins(&ended.stdout), ["ana@x.com", "bo@x.com"]);
    assert!(ended.stderr.contains("`rollcall sync` would hold back 2 of these: `max-changes`"), "{ended:#?}");
    let ended = stage.cli(&["export", "--all"]).await;
    assert_eq!(logins(&ended.stdout), ["ana@x.com", "bo@x.com"]);
    assert!(!ended.stderr.contains("hold back"), "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn formulas_are_defused_where_people_read_and_refused_where_names_must_match() {
    let world = WORLD
        .replace("\"Parking\"", "'x;\"=3+3;y'")
        .replace("\"NoAccess\"", "\"A|B\"")
        .replace("hierarchy = [\"EMEA/London\"]", "hierarchy = [\"=EMEA/London\"]");
    let groups = ["Routing", "Security", "Hierarchy"];
    let mut people = vec![
        "[[people]]\nuser_name = \"ana@x.com\"\ngiven_name = \"=HYPERLINK(\\\"http://x\\\",\\\"y\\\")\"\n\
         family_name = \"O'Neil, \\\"Jr\\\"\\nthe 2nd\"\ngroups = [\"Agents\"]\n"
            .to_owned(),
        agent("-bo@x.com"),
    ];
    people.extend(groups.map(|group| person(&format!("{group}@x.com"), &[group])));
    let groups = groups.map(|group| format!("[[groups]]\nname = \"{group}\"\n")).join("\n");
    let world = world.replace("[[applications]]", &format!("{groups}\n[[applications]]"));
    let config = format!(
        "{CONFIG}\n[[target.mapping]]\ngroup = \"Routing\"\nrouting_profile = 'x;\"=3+3;y'\n\
         [[target.mapping]]\ngroup = \"Security\"\nsecurity_profiles = [\"Agent\", \"A|B\"]\n\
         [[target.mapping]]\ngroup = \"Hierarchy\"\nhierarchy = \"=EMEA/London\"\n"
    );
    let stage = Stage::with(&format!("{world}\n{}", people.join("\n")), &config, unpaced()).await;
    let ended = stage.cli(&["export"]).await;
    well(&ended);
    let rows = rows(&ended.stdout);
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!(rows[0][..3], ["'=HYPERLINK(\"http://x\",\"y\")", "O'Neil, \"Jr\"\nthe 2nd", "ana@x.com"]);
    for said in [
        "in 1 row: a name that a spreadsheet would take for a formula has an apostrophe in it",
        "not in it: 1 person, since the routing profile `x;\\\"=3+3;y` would be a formula in a spreadsheet",
        "not in it: 1 person, since the hierarchy group `=EMEA/London` would be a formula in a spreadsheet",
        "not in it: 1 person, since the login `-bo@x.com` would be a formula in a spreadsheet",
        "not in it: 1 person, since the security profile `A|B` has a `|`, which separates profiles",
    ] {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_is_missing_there_is_the_header_alone() {
    let stage = Stage::new(&[user("ana@x.com"), agent("ana@x.com")]).await;
    let ended = stage.cli(&["export"]).await;
    well(&ended);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), (HEADER, "support: 0 rows\n  nobody is missing\n"));
    let folder = tempfile::tempdir().unwrap();
    let ended = stage.cli(&["export", "--out", folder.path().to_str().unwrap()]).await;
    well(&ended);
    assert_eq!(ended.stderr, "support: no rows, and so no file\n  nobody is missing\n");
    assert_eq!(names_in(folder.path()), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn past_a_hundred_names_there_is_a_warning() {
    for (count, warned) in [(100, false), (101, true)] {
        let names: Vec<String> = (0..count).map(|number| format!("Profile {number}")).collect();
        let groups: Vec<String> = names.iter().map(|name| format!("[[groups]]\nname = \"{name}\"")).collect();
        let groups = groups.join("\n");
        let people: Vec<String> = names
            .iter()
            .enumerate()
            .map(|(number, name)| person(&format!("agent{number}@x.com"), &[name.as_str()]))
            .collect();
        let listed = format!("{names:?}");
        let listed = listed.trim_matches(['[', ']']);
        let world = WORLD
            .replace("\"Parking\"]", &format!("{listed}]"))
            .replace("\"NoAccess\"]", &format!("{listed}]"))
            .replace("\"EMEA/London\"]", &format!("{listed}]"))
            .replace("[[applications]]", &format!("{groups}\n[[applications]]"));
        let mappings: Vec<String> = names
            .iter()
            .map(|name| {
                format!(
                    "[[target.mapping]]\ngroup = \"{name}\"\nrouting_profile = \"{name}\"\n\
                     security_profiles = [\"{name}\"]\nhierarchy = \"{name}\"\n"
                )
            })
            .collect();
        let config = format!("{CONFIG}\n{}{RATES}", mappings.join(""));
        let stage = Stage::with(&format!("{world}\n{}", people.join("\n")), &config, unpaced()).await;
        let ended = stage.cli(&["export"]).await;
        well(&ended);
        assert_eq!(logins(&ended.stdout).len(), count);
        for names in ["routing profiles", "security profiles", "hierarchy groups"] {
            let said = format!("file 1 has 101 {names}: past 100, Connect may not be able to validate it");
            assert_eq!(ended.stderr.contains(&said), warned, "{}", ended.stderr);
        }
    }
}

/// The program as `$0` of a line of shell, with what follows it.
fn shell(stage: &Stage, line: &str, args: &[&str]) -> Command {
    let program = stage.command(&[]);
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).arg(program.get_program()).args(args).env_clear();
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell
}

/// Two targets, of which the second has an instance in another Region.
fn two_targets() -> (String, String) {
    let world = format!(
        "{}\n[[instances]]\nid = \"22222222-2222-4222-8222-222222222222\"\nalias = \"sales\"\nregion = \"us-east-1\"\n\
         identity_management = \"SAML\"\nrouting_profiles = [\"Basic Routing Profile\"]\n\
         security_profiles = [\"Agent\"]\n{}",
        WORLD,
        agent("ana@x.com")
    );
    let config = format!(
        "{CONFIG}\n[[target]]\nname = \"sales\"\nregion = \"us-east-1\"\n\
         instance_id = \"22222222-2222-4222-8222-222222222222\"\n[[target.mapping]]\ngroup = \"Agents\"\n"
    );
    (world, config)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_target_wants_a_file_of_its_own() {
    let (world, config) = two_targets();
    let stage = Stage::with(&world, &config, unpaced()).await;
    let ended = stage.cli(&["export"]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:#?}");
    assert!(
        ended.stderr.contains("hint: name one with `--target` (support, sales), or give `--out DIR`"),
        "{ended:#?}"
    );
    assert_eq!(stage.sim.journal().len(), 0);
    let ended = stage.cli(&["export", "--target", "sales"]).await;
    well(&ended);
    assert_eq!(logins(&ended.stdout), ["ana@x.com"]);
    let ended = stage.cli(&["export", "--target", "elsewhere"]).await;
    assert_eq!(ended.code, Some(2), "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_cannot_be_read_has_no_file_and_stops_no_other() {
    let (world, config) = two_targets();
    let absent = "33333333-3333-4333-8333-333333333333";
    let stage = Stage::with(&world, &config.replace(INSTANCE, absent), unpaced()).await;
    let folder = tempfile::tempdir().unwrap();
    let ended = stage.cli(&["export", "--out", folder.path().to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.stderr.contains("error: support: failed to "), "{ended:#?}");
    assert_eq!(names_in(folder.path()), ["sales-1.csv"], "{ended:#?}");
    let stage = Stage::with(&world, &config, unpaced()).await;
    stage.sim.inject(Fault::new(Service::Connect, "SearchUsers", FaultKind::AccessDenied).times(1));
    let ended = stage.cli(&["export", "--target", "support"]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:#?}");
    assert!(ended.stderr.contains("hint: allow `connect:SearchUsers`"), "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_without_saml_has_no_template_of_this_kind() {
    let world = WORLD.replace("\"SAML\"", "\"CONNECT_MANAGED\"");
    let stage = Stage::with(&format!("{world}\n{}", agent("ana@x.com")), CONFIG, unpaced()).await;
    let ended = stage.cli(&["export"]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:#?}");
    assert!(ended.stderr.starts_with("error: support: ") && ended.stderr.contains("\nhint: "), "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_configuration_names_and_nobody_finds_is_not_passed_over() {
    let mut stage = Stage::new(&[agent("ana@x.com")]).await;
    stage.configure(
        "[[target.mapping]]\ngroup = \"Supervisors\"\n[[target.mapping]]\ngroup = \"Agnts\"\n\
         routing_profile = \"VPI\"\n",
    );
    stage.config = stage.config.replace("\"Agents\"", "\"Leads\"");
    let ended = stage.cli(&["export"]).await;
    well(&ended);
    assert_eq!(ended.stdout, HEADER);
    for said in [
        "group-missing: there is no group `Agnts` in Identity Center: ",
        "group-missing: there is no group `Leads` in Identity Center: ",
        "group-empty: nobody is in the group `Supervisors`: ",
        "profile-missing: there is no routing profile `VPI` in the instance",
    ] {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
    assert!(!ended.stderr.contains("nobody is missing"), "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_stdout_does_not_take_are_an_error() {
    let stage = Stage::new(&[agent("ana@x.com")]).await;
    let ended = ended(shell(&stage, "exec \"$0\" export >/dev/full", &[]), "-").await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let said = "error: failed to write to stdout\n  caused by: No space left on device (os error 28)\nhint: ";
    assert!(ended.stderr.starts_with(said), "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_nobody_reads_are_an_error() {
    let stage = Stage::new(&[agent("ana@x.com")]).await;
    let mut export = stage.command(&["export"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    export.stdout(writer);
    let gone = ended(export, "-").await;
    let said = "error: failed to write to stdout\n  caused by: Broken pipe (os error 32)\nhint: what reads it ended";
    assert!(gone.code == Some(1) && gone.stderr.starts_with(said), "{gone:#?}");
    // Who asks for it may throw them away, and read what there is to say about them.
    let thrown = ended(shell(&stage, "exec \"$0\" export >/dev/null", &[]), "-").await;
    well(&thrown);
    assert!(thrown.stderr.starts_with("support: 1 row\n"), "{thrown:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_without_certificates_is_told_so() {
    let stage = Stage::new(&[agent("ana@x.com")]).await;
    let bare =
        [("AWS_ENDPOINT_URL", "https://127.0.0.1:1"), ("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", "/nonexistent")];
    for args in [&["export"][..], &["check"], &["explain", "ana@x.com"]] {
        let ended = stage.cli_with(args, &bare).await;
        assert_eq!(ended.code, Some(1), "{ended:#?}");
        assert!(ended.stderr.contains("\nerror: the command broke off\n  caused by: "), "{ended:#?}");
        assert!(ended.stderr.contains("\nhint: install the system's certificates"), "{ended:#?}");
    }
}
