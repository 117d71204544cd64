//! The shape of a file against the schema: keys that do not exist, keys that are missing, values of the wrong type and
//! words that are not in the list. Whatever is wrong is taken out of the table, so that the rest can be read and looked
//! through as well. Understands as much of JSON Schema as the schema of this program uses, and leaves what a text must
//! look like (`pattern`, lengths, ranges) to [`super::check`], which can give reasons.

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key::{KeyPath, Step};
use super::review::Review;
use super::suggest;

/// Checks the file's table and takes out what is wrong.
pub(super) fn check(review: &mut Review<'_>, schema: &Value, table: &mut DeTable<'_>) {
    let mut shape = Shape { review, root: schema };
    shape.table(&KeyPath::root(), schema, table);
}

struct Shape<'a, 'p> {
    review: &'a mut Review<'p>,
    root: &'a Value,
}

impl<'a> Shape<'a, '_> {
    /// The schema that a `$ref` stands for.
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        resolve(self.root, schema)
    }

    fn table(&mut self, path: &KeyPath, schema: &'a Value, table: &mut DeTable<'_>) {
        let mut bad = Vec::new();
        let mut meant = Vec::new();
        for (key, value) in table.iter_mut() {
            let name = key.get_ref().as_ref();
            let path = path.key(name);
            let keep = match (schema["properties"].get(name), &schema["additionalProperties"]) {
                (Some(property), _) => self.value(&path, property, value),
                (None, any @ Value::Object(_)) => self.value(&path, any, value),
                (None, _) => {
                    meant.extend(self.unknown(&path, name, schema));
                    false
                }
            };
            if !keep {
                bad.push(name.to_owned());
            }
        }
        for name in &bad {
            table.remove(name.as_str());
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !table.contains_key(name) && !meant.contains(&name) {
                let hint = self.example(&path.key(name), &schema["properties"][name]);
                self.review.missing(&path.key(name), hint);
            }
        }
    }

    /// Whether the value may stay.
    fn value(&mut self, path: &KeyPath, schema: &'a Value, value: &mut Spanned<DeValue<'_>>) -> bool {
        let meaning = self.resolve(schema);
        if meaning.get("not").is_some() {
            let reason = schema["description"].as_str().unwrap_or_default();
            self.review.reject(path, format_args!("cannot be given: {reason}"), None);
            return false;
        }
        let kind = kind(value.get_ref());
        if !types(meaning).any(|name| name == kind || (name == "number" && kind == "integer")) {
            let taken: Vec<_> = types(meaning).map(said).collect();
            let message = format!("is {}, and takes {}", said(kind), taken.join(" or "));
            let hint = self.example(path, schema);
            self.review.reject(path, message, hint);
            return false;
        }
        match value.get_mut() {
            DeValue::Table(table) => {
                self.table(path, meaning, table);
                true
            }
            DeValue::Array(items) => {
                let mut whole = true;
                for (index, item) in items.iter_mut().enumerate() {
                    whole &= self.value(&path.item(index), &meaning["items"], item);
                }
                // An item cannot be taken out alone: the others would change their places.
                if !whole {
                    self.review.settle(path);
                }
                whole
            }
            DeValue::String(text) => self.word(path, meaning, text),
            DeValue::Integer(number) => {
                let fits = i64::from_str_radix(number.as_str(), number.radix()).is_ok();
                if !fits {
                    self.review.reject(path, "is too large a number", None);
                }
                fits
            }
            _ => true,
        }
    }

    /// A text that has to be one of a list's words.
    fn word(&mut self, path: &KeyPath, meaning: &Value, text: &str) -> bool {
        let words: Vec<&str> = match (&meaning["oneOf"], &meaning["enum"]) {
            (Value::Array(choices), _) => choices.iter().filter_map(|choice| choice["const"].as_str()).collect(),
            (_, Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
            _ => return true,
        };
        let known = words.contains(&text);
        if !known {
            let hint = suggest::nearest(text, words.iter().copied()).map(suggest::did_you_mean);
            self.review.reject(path, format_args!("takes {}, not `{text}`", suggest::list(&words)), hint);
        }
        known
    }

    /// Says that a key does not exist, and gives the key that was probably meant.
    fn unknown(&mut self, path: &KeyPath, name: &str, schema: &'a Value) -> Option<&'a str> {
        let keys: Vec<&str> = names(schema).collect();
        let meant = suggest::nearest(name, keys.iter().copied());
        let hint = match meant {
            Some(key) => suggest::did_you_mean(key),
            None => match owners(self.root, name).as_slice() {
                [] => format!("one of {}", suggest::list(&keys)),
                owners => format!("`{name}` is a key of {}", owners.join(" or ")),
            },
        };
        let table = path.parent().unwrap_or_default();
        self.review.reject(path, format_args!("is not a key of {}", noun(&table, schema)), Some(hint));
        meant
    }

    /// How the key could be written.
    fn example(&self, path: &KeyPath, schema: &Value) -> Option<String> {
        let Some(Step::Key(name)) = path.steps().last() else { return None };
        if let Some(example) = schema.pointer("/examples/0") {
            return Some(format!("for example `{name} = {example}`"));
        }
        let meaning = resolve(self.root, schema);
        let mut kinds = types(meaning);
        match kinds.next() {
            Some("object") => Some(format!("for example `[{}]`, and its keys on the lines that follow", path.header())),
            Some("array") if resolve(self.root, &meaning["items"])["type"] == "object" => {
                Some(format!("for example `[[{}]]`, and its keys on the lines that follow", path.header()))
            }
            _ => None,
        }
    }
}

/// The schema that a `$ref` stands for.
pub(super) fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema["$ref"].as_str().and_then(|reference| root.pointer(reference.trim_start_matches('#')));
    target.unwrap_or(schema)
}

/// The keys that a table can have.
fn names(schema: &Value) -> impl Iterator<Item = &str> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties.filter(|(_, property)| property.get("not").is_none()).map(|(name, _)| name.as_str())
}

/// The names of types that a value can have. Words are strings.
fn types(meaning: &Value) -> impl Iterator<Item = &str> {
    let (one, many) = match &meaning["type"] {
        Value::String(name) => (Some(name.as_str()), [].as_slice()),
        Value::Array(names) => (None, names.as_slice()),
        _ => (Some("string"), [].as_slice()),
    };
    one.into_iter().chain(many.iter().filter_map(Value::as_str))
}

/// The type of a value, by its name in JSON Schema.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Datetime(_) => "date",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

/// A type in words.
fn said(kind: &str) -> &'static str {
    match kind {
        "string" => "text in quotes",
        "integer" => "an integer",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        "array" => "a list",
        "object" => "a table",
        _ => "a date without quotes",
    }
}

/// A table in words: `a target`, `` `policy` ``, `the configuration`.
fn noun(path: &KeyPath, schema: &Value) -> String {
    match path.steps().last() {
        None => "the configuration".to_owned(),
        Some(Step::Key(name)) => format!("`{name}`"),
        Some(Step::Item(_)) => with_article(schema["title"].as_str().unwrap_or("table")),
    }
}

fn with_article(title: &str) -> String {
    let title = title.to_lowercase();
    let article = if title.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {title}")
}

/// The tables that have a key of this name, in words.
fn owners(root: &Value, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (key, property) in properties(root) {
        let meaning = resolve(root, property);
        if key == name {
            found.push("the file's top".to_owned());
        }
        let (table, noun) = match meaning["type"].as_str() {
            Some("array") => {
                let item = resolve(root, &meaning["items"]);
                (item, with_article(item["title"].as_str().unwrap_or("table")))
            }
            _ => (meaning, format!("`[{key}]`")),
        };
        found.extend(properties(table).filter(|(key, _)| *key == name).map(|_| noun.clone()));
        if let Some(mapping) = properties(table).find(|(key, _)| *key == "mapping").map(|(_, property)| property) {
            let item = resolve(root, &mapping["items"]);
            found.extend(properties(item).filter(|(key, _)| *key == name).map(|_| "a mapping".to_owned()));
        }
    }
    found
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().map(Map::iter).into_iter().flatten()
}
