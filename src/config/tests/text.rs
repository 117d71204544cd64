//! Mistakes in TOML itself, variables, and texts of every kind.

use proptest::prelude::*;

use super::*;

#[test]
fn every_line_that_is_no_toml_is_named() {
    insta::assert_snapshot!(problems(r#"
owner = "rollcall
[identity_center]
region = eu-west-1

[[target]
name = "support"
region = "eu-west-2" instance_id = "x"
name = "again"
"#), @r#"
    rollcall.toml:2:18: this is not TOML: invalid basic string, expected `"`
    rollcall.toml:4:10: no value of TOML stands here
      hint: text is written in double quotes: `key = "text"`
    rollcall.toml:6:10: this is not TOML: unclosed array table, expected `]`
    rollcall.toml:8:22: this is not TOML: unexpected key or value, expected newline, `#`
    4 problems
    "#);
}

#[test]
fn a_bad_quotation_mark_does_not_hide_what_else_is_wrong() {
    insta::assert_snapshot!(problems(&beside_minimal(r#"
[log]
levle = "info"
format = "json

[http]
listen = 8080
"#)), @r#"
    rollcall.toml:2:1: `log.levle` is not a key of `log`
      hint: did you mean `level`?
    rollcall.toml:3:15: this is not TOML: invalid basic string, expected `"`
    rollcall.toml:6:1: `http.listen` is an integer, and takes text in quotes
      hint: for example `listen = "127.0.0.1:8080"`
    3 problems
    "#);
}

#[test]
fn what_stood_on_a_line_that_is_no_toml_is_not_called_missing() {
    insta::assert_snapshot!(problems(&minimal_with("region = \"eu-west-2\"", "region = eu-west-2")), @r#"
    rollcall.toml:7:10: no value of TOML stands here
      hint: text is written in double quotes: `key = "text"`
    1 problem
    "#);
    insta::assert_snapshot!(problems(&beside_minimal(r#"
[log]
people = "hashed"
people_key_file = /run/key
"#)), @r#"
    rollcall.toml:3:19: no value of TOML stands here
      hint: text is written in double quotes: `key = "text"`
    1 problem
    "#);
}

#[test]
fn a_key_that_comes_twice_is_named() {
    insta::assert_snapshot!(problems(&minimal_and("group = \"ConnectAgents\"\n")), @r"
    rollcall.toml:12:1: this is set a second time
    1 problem
    ");
    insta::assert_snapshot!(problems(&minimal_and("\n[identity_center]\nregion = \"eu-west-1\"\n")), @r"
    rollcall.toml:13:2: this is set a second time
    rollcall.toml:14:1: this is set a second time
    2 problems
    ");
}

#[test]
fn an_empty_file_lacks_what_is_required() {
    insta::assert_snapshot!(problems(""), @r"
    rollcall.toml:1:1: `identity_center` is missing
      hint: for example `[identity_center]`, and its keys on the lines that follow
    rollcall.toml:1:1: `target` is missing
      hint: for example `[[target]]`, and its keys on the lines that follow
    2 problems
    ");
}

#[test]
fn variables_are_put_into_strings_wherever_they_stand() {
    let text = minimal_with(
        "group = \"ConnectAgents\"",
        "group = \"${STAGE}-$${agents}\"\nsecurity_profiles = [\"${PROFILE}\"]\ntags = { stage = \"${STAGE}\" }",
    );
    let environment = |name: &str| match name {
        "STAGE" => Some("test".to_owned()),
        "PROFILE" => Some("Agent\"\n[quarantine]".to_owned()),
        _ => None,
    };
    let config = Config::parse(&text, &environment).unwrap();
    let mapping = &config.targets[0].settings.mappings[0];
    assert_eq!(mapping.group.as_str(), "test-${agents}");
    assert_eq!(mapping.security_profiles, ["Agent\"\n[quarantine]"], "a value cannot become more than a string");
    assert_eq!(mapping.tags["stage"], "test");
}

#[test]
fn a_variable_that_is_not_set_is_named_with_its_line_and_nothing_follows_from_it() {
    insta::assert_snapshot!(problems(&minimal_with("region = \"eu-west-2\"", "region = \"${TARGET_REGION}\"")), @r"
    rollcall.toml:7:1: `target[0].region` takes the environment variable `TARGET_REGION`, which is not set
      hint: set `TARGET_REGION`, or write `$${TARGET_REGION}` if the letters themselves are meant
    1 problem
    ");
    insta::assert_snapshot!(problems(&minimal_and(r#"
security_profiles = ["Agent", "${PROFILE}", "${}"]
tags = { stage = "${STAGE" }
"#)), @r"
    rollcall.toml:13:31: `target[0].mapping[0].security_profiles[1]` takes the environment variable `PROFILE`, which is not set
      hint: set `PROFILE`, or write `$${PROFILE}` if the letters themselves are meant
    rollcall.toml:13:45: `target[0].mapping[0].security_profiles[2]` has `${}`, which names no environment variable
      hint: write `$${` if the letters `${` themselves are meant
    rollcall.toml:14:10: `target[0].mapping[0].tags.stage` has `${` without `}`
      hint: write `$${` if the letters `${` themselves are meant
    3 problems
    ");
}

#[test]
fn what_a_variable_holds_is_checked_like_any_value() {
    let text = minimal_with("region = \"eu-west-2\"", "region = \"${TARGET_REGION}\"");
    let problems = Config::parse(&text, &|_| Some("eu-west2".to_owned())).unwrap_err();
    insta::assert_snapshot!(problems, @r"
    rollcall.toml:7:1: `target[0].region` is no Region: `eu-west2`
      hint: did you mean `eu-west-2`?
    1 problem
    ");
}

#[test]
fn problems_are_data_as_well() {
    let text = minimal_with("region = \"eu-west-2\"", "regoin = \"eu-west-2\"");
    let problems = Config::parse(&text, &no_environment).unwrap_err();
    assert_eq!(problems.count(), 1);
    let keys: Vec<_> = problems.iter().map(|problem| (problem.key.as_str(), problem.line, problem.column)).collect();
    assert_eq!(keys, [("target[0].regoin", 7, 1)]);
    assert!(problems.iter().all(|problem| problem.hint.is_some()));
}

#[test]
fn a_file_is_loaded_from_disk_and_its_name_stands_before_each_problem() {
    let folder = std::env::temp_dir().join(format!("rollcall-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("rollcall.toml");
    let missing = Config::load(&path).unwrap_err();
    assert!(matches!(missing, LoadError::Missing { .. }) && missing.hint().is_some());
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    let unreadable = Config::load(&path).unwrap_err();
    assert!(matches!(unreadable, LoadError::Unreadable { .. }));
    assert_eq!(unreadable.to_string(), format!("failed to read the configuration file `{}`", path.display()));
    std::fs::write(&path, "ownr = 1").unwrap();
    let invalid = Config::load(&path).unwrap_err().to_string();
    assert!(
        invalid.contains(&format!("{}:1:1: `ownr` is not a key of the configuration", path.display())),
        "{invalid}"
    );
    std::fs::write(&path, MINIMAL).unwrap();
    assert_eq!(Config::load(&path).unwrap().targets.len(), 1);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn lines_may_end_as_on_other_systems_and_begin_with_a_byte_order_mark() {
    let text = format!("\u{feff}{}", MINIMAL.replace('\n', "\r\n"));
    assert_eq!(config(&text).targets.len(), 1);
    let text = text.replace("name =", "nmae =");
    assert!(problems(&text).contains(":6:1: `target[0].nmae` is not a key of a target"), "{}", problems(&text));
}

#[test]
fn every_text_that_chance_replaces_is_right_before() {
    let text = beside_minimal(TEXTS);
    assert_eq!(config(&text).targets.len(), 1);
    assert_eq!(VALUES.iter().filter(|value| !text.contains(**value)).count(), 0);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        let _ = Config::parse(&text, &|_| Some(text.clone())).map_err(|problems| problems.to_string());
    }

    /// Pieces of the real thing in any order go deeper than chance letters do.
    #[test]
    fn no_mixture_of_right_pieces_makes_the_reader_panic(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24),
    ) {
        let text = pieces.concat();
        let _ = Config::parse(&text, &no_environment).map_err(|problems| problems.to_string());
    }

    #[test]
    fn no_value_makes_a_check_panic(place in prop::sample::select(VALUES), value in any::<String>()) {
        let value = toml::Value::String(value).to_string();
        let _ = Config::parse(&beside_minimal("").replace(place, &value), &no_environment);
        let _ = Config::parse(&beside_minimal(TEXTS).replace(place, &value), &no_environment);
    }

    /// The file that shows every key, with mistakes: a mistake is on a line of it, and never passes in silence as another
    /// file does.
    #[test]
    fn no_change_of_the_example_makes_the_reader_panic(changes in prop::collection::vec(change(), 1..4)) {
        let text = changes.into_iter().fold(EXAMPLE.to_owned(), |text, change| changed(&text, change));
        let variables = |name: &str| (!name.is_empty()).then(|| "value".to_owned());
        if let Err(problems) = Config::parse(&text, &variables) {
            let lines = text.lines().count().max(1) + 1;
            prop_assert!(problems.count() > 0);
            prop_assert!(problems.iter().all(|problem| (1..=lines).contains(&problem.line)), "{}\n{}", problems, text);
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rollcall.toml");
        std::fs::write(&path, &bytes).unwrap();
        let error = Config::load(&path).unwrap_err();
        prop_assert_eq!(matches!(error, LoadError::Unreadable { .. }), std::str::from_utf8(&bytes).is_err());
    }

    #[test]
    fn no_pattern_makes_the_schedule_panic(pattern in "[0-9*/,#LW?+@A-Z -]{0,24}") {
        let _ = problems(&beside_minimal(&format!("[schedule]\ncron = {}\n", toml::Value::String(pattern))));
    }
}

const EXAMPLE: &str = include_str!("../../../config/example.toml");

/// What happens to a text: from about where, how many letters go, and what comes in their place.
fn change() -> impl Strategy<Value = (prop::sample::Index, usize, String)> {
    let pieces =
        prop::sample::select(["\"", "]", "[", "= ", "\n", "#", "-1", "${X}", "\"\"", "{", "\u{feff}"].to_vec());
    (any::<prop::sample::Index>(), 0..12_usize, prop_oneof![pieces.prop_map(str::to_owned), any::<String>()])
}

fn changed(text: &str, (from, gone, instead): (prop::sample::Index, usize, String)) -> String {
    let letters: Vec<char> = text.chars().collect();
    let from = from.index(letters.len() + 1);
    let to = (from + gone).min(letters.len());
    let (before, after) = (letters[..from].iter(), letters[to..].iter());
    before.collect::<String>() + &instead + &after.collect::<String>()
}

const PIECES: &[&str] = &[
    "[identity_center]\n",
    "region = \"eu-west-1\"\n",
    "[[target]]\n",
    "[[target.mapping]]\n",
    "[target.mapping]\n",
    "group = \"a\"\n",
    "name = \"b\"\n",
    "instance_id = ",
    "\"aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb\"\n",
    "= ",
    "\"\"\n",
    "[policy]\n",
    "max_removals = -1\n",
    "max_removals = \"101%\"\n",
    "protect = [\"[\", \"\"]\n",
    "[[expect]]\n",
    "groups = [\"a\"]\n",
    "target = \"b\"\n",
    "phone = { type = \"desk\" }\n",
    "tags.a.b = 1\n",
    "[quarantine]\n",
    "\n",
    "[",
    "\"",
    "'''",
    "${A}",
    "99999999999999999999\n",
    "share = nan\n",
    "burst = 0x10\n",
    "[rates.connect]\n",
    "{",
    "}\n",
    ",",
    "operations = { CreateUsers = 1e400 }\n",
    "é = 1\n",
    "[target.rates.sso_admin]\n",
    "mapping = [[], 3]\n",
];

/// Keys that are set to text, all right, to be set to anything.
const TEXTS: &str = r#"
owner = "A"
schedule = { cron = "0 0 * * * *", timezone = "UTC", jitter = "1s" }
http = { listen = "127.0.0.1:1" }
timeouts = { call = "100s" }
policy = { grace = "2h", max_changes = "3%", protect = ["B"] }
accept = [{ code = "orphan", login = "C", until = "2027-01-01" }]
"#;

/// The values in this text and in the least file.
const VALUES: &[&str] = &[
    "\"A\"",
    "\"0 0 * * * *\"",
    "\"UTC\"",
    "\"1s\"",
    "\"127.0.0.1:1\"",
    "\"100s\"",
    "\"2h\"",
    "\"3%\"",
    "\"B\"",
    "\"orphan\"",
    "\"C\"",
    "\"2027-01-01\"",
    "\"eu-west-1\"",
    "\"support\"",
    "\"eu-west-2\"",
    "\"aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb\"",
    "\"ConnectAgents\"",
];

#[test]
fn a_text_that_goes_very_deep_is_refused_like_any_other() {
    let deep = |part: &str| part.repeat(20_000);
    for text in [deep("a.") + "a = 1", format!("a = {}", deep("[")), format!("a = {}", deep("{a=")), deep("[a.")] {
        assert!(Config::parse(&text, &no_environment).is_err());
    }
}
