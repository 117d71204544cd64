//! The files in `config/`, and the schema.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::config::document::Source;
use crate::config::key::KeyPath;
use crate::config::review::Review;
use crate::config::shape;

const EXAMPLE: &str = include_str!("../../../config/example.toml");
const LEAST: &str = include_str!("../../../config/minimal.toml");

/// The example with every key switched on: lines that begin with `#` and no space.
fn everything() -> String {
    let on = |line: &'static str| match line.strip_prefix('#') {
        Some(key) if !key.is_empty() && !key.starts_with(' ') => key,
        _ => line,
    };
    EXAMPLE.lines().map(on).collect::<Vec<_>>().join("\n")
}

/// Every path of keys that the schema knows, such as `target.mapping.phone.type`.
fn schema_keys() -> BTreeSet<String> {
    fn enter(root: &Value, table: &Value, path: &str, keys: &mut BTreeSet<String>) {
        for (name, property) in table["properties"].as_object().into_iter().flatten() {
            if property.get("not").is_some() {
                continue;
            }
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let meaning = shape::resolve(root, property);
            let item = shape::resolve(root, &meaning["items"]);
            enter(root, if meaning["type"] == "array" { item } else { meaning }, &path, keys);
            keys.insert(path);
        }
    }
    let root = schema();
    let mut keys = BTreeSet::new();
    enter(&root, &root, "", &mut keys);
    keys
}

#[test]
fn the_example_is_right_as_it_is_and_with_every_key_switched_on() {
    assert_eq!(config(EXAMPLE).failures(), []);
    assert_eq!(config(&everything()).failures(), []);
}

#[test]
fn every_key_of_the_schema_occurs_in_the_example() {
    let text = everything();
    let places = Source::new(&text).table().1;
    let shown: BTreeSet<String> = places.paths().map(KeyPath::header).collect();
    let keys = schema_keys();
    assert!(keys.contains("target.mapping.phone.after_contact_work"), "{keys:?}");
    let absent: Vec<&String> = keys.difference(&shown).collect();
    assert!(absent.is_empty(), "not in the example: {absent:?}");
}

/// The schema is used to say what is wrong with a file: it finds nothing in the example, and something wherever one
/// value of it is changed for another type, or one key for another name.
#[test]
fn the_example_fits_the_schema_and_no_broken_example_does() {
    let (text, schema) = (everything(), schema());
    let fits = |text: &str| {
        let source = Source::new(text);
        let (mut table, places) = source.table();
        let mut review = Review::new(&places, Vec::new());
        shape::check(&mut review, &schema, table.get_mut());
        review.is_clean()
    };
    assert!(fits(&text));
    let mut broken = 0;
    for (index, line) in text.lines().enumerate() {
        let Some((key, _)) = line.split_once(" = ").filter(|(key, _)| !key.starts_with('#')) else { continue };
        for instead in [format!("{key} = 1979-05-27"), format!("{key}x = 1")] {
            let lines = text.lines().enumerate().map(|(at, line)| if at == index { &instead } else { line });
            assert!(!fits(&lines.collect::<Vec<_>>().join("\n")), "{instead}");
            broken += 1;
        }
    }
    assert!(broken > 100, "{broken}");
}

#[test]
fn the_least_is_a_group_an_application_and_an_instance() {
    let config = config(LEAST);
    let [target] = config.targets.as_slice() else { panic!("one target") };
    assert!(matches!(target.application, Some(ApplicationRef::Arn(_))));
    let keys: Vec<&str> = LEAST.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key).collect();
    assert_eq!(keys, ["region", "name", "region", "instance_id", "application", "group"]);
}

/// Every default that the schema states is written into the least file, and nothing changes.
#[test]
fn the_defaults_of_the_schema_are_those_that_are_filled_in() {
    let schema = schema();
    let mut written: Value = toml::from_str(LEAST).unwrap();
    state_defaults(&schema, &schema, &mut written);
    written["policy"]["attributes"] = json!({});
    let attributes = &schema["$defs"]["Attributes"];
    state_defaults(&schema, attributes, &mut written["policy"]["attributes"]);
    state_defaults(&schema, &schema["$defs"]["Target"], &mut written["target"][0]);
    state_defaults(&schema, &schema["$defs"]["Mapping"], &mut written["target"][0]["mapping"][0]);
    let text = toml::to_string(&written).unwrap();
    for part in ["keep = \"400d\"", "max_changes = \"25%\"", "phone = \"seed\"", "assign = true", "burst = 20"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let config = config(&text);
    assert_eq!(format!("{config:#?}"), format!("{:#?}", super::config(LEAST)));
}

fn state_defaults(root: &Value, table: &Value, written: &mut Value) {
    for (name, property) in table["properties"].as_object().into_iter().flatten() {
        let meaning = shape::resolve(root, property);
        let default = property.get("default").cloned();
        if let Some(default) = default {
            written[name] = default;
        } else if meaning["type"] == "object" && property.get("$ref").is_some() && table["title"] != "Target" {
            let mut inner = written[name].as_object().cloned().map_or_else(|| json!({}), Value::Object);
            state_defaults(root, meaning, &mut inner);
            if inner != json!({}) {
                written[name] = inner;
            }
        }
    }
}

#[test]
fn every_key_of_the_schema_has_a_description_and_no_key_may_be_null() {
    fn enter(root: &Value, table: &Value) {
        for (name, property) in table["properties"].as_object().into_iter().flatten() {
            let meaning = shape::resolve(root, property);
            let said = property.get("description").or(meaning.get("description"));
            assert!(said.is_some(), "{name} of {}", table["title"]);
            if meaning["type"] == "object" && meaning.get("properties").is_some() {
                assert_eq!(meaning["additionalProperties"], false, "{name}");
                assert!(meaning["title"].is_string(), "{name}");
                enter(root, meaning);
            }
            enter(root, shape::resolve(root, &meaning["items"]));
        }
    }
    let root = schema();
    assert!(!root.to_string().contains("null"));
    enter(&root, &root);
}

#[test]
fn the_schema_shows_types_defaults_examples_and_words() {
    let shown = |part: &str| serde_json::to_string_pretty(schema().pointer(part).unwrap()).unwrap();
    insta::assert_snapshot!(shown("/$defs/Schedule/properties/jitter"), @r#"
    {
      "default": "0s",
      "description": "Up to this long after the time, by chance, so that several installations do not start at once. An integer and `s`, `m`, `h` or `d`.",
      "examples": [
        "20s"
      ],
      "pattern": "^[0-9]+[smhd]$",
      "type": "string"
    }
    "#);
    insta::assert_snapshot!(shown("/$defs/Removals"), @r#"
    {
      "description": "How far a removal may go.",
      "oneOf": [
        {
          "const": "report",
          "description": "Touch nothing.",
          "type": "string"
        },
        {
          "const": "quarantine",
          "description": "Up to quarantine.",
          "type": "string"
        },
        {
          "const": "delete",
          "description": "Up to deletion.",
          "type": "string"
        }
      ]
    }
    "#);
    insta::assert_snapshot!(shown("/$defs/Policy/properties/max_removals"), @r#"
    {
      "default": "10%",
      "description": "The most quarantines in any 24 hours, and the most deletions in a pass: a part of the owned users who are not in quarantine, of which 3 are always allowed, or a number, of which 0 allows none.",
      "examples": [
        "10%"
      ],
      "minimum": 0,
      "pattern": "^(100|[1-9]?[0-9])%$",
      "type": [
        "string",
        "integer"
      ]
    }
    "#);
    insta::assert_snapshot!(schema()["$defs"]["Target"]["required"], @r#"
    ["name","region","instance_id","mapping"]
    "#);
}
