//! The JSON Schema of the file. It is what `rollcall config schema` prints and what [`super::shape`] checks against.

use std::sync::LazyLock;

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::Value;

use super::file::File;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(as_toml_has_it));
    settings.into_generator().into_root_schema_for::<File>().to_value()
});

/// The JSON Schema (2020-12) of a configuration file, with titles, descriptions, defaults and examples.
#[must_use]
pub fn schema() -> Value {
    SCHEMA.clone()
}

/// The same, to look things up in.
pub(super) fn shared() -> &'static Value {
    &SCHEMA
}

/// TOML has no `null`: a key that is optional is left out. And a comment's lines are one text.
fn as_toml_has_it(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::String(description)) = object.get_mut("description") {
        *description = description.replace('\n', " ");
    }
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            for (keyword, value) in only {
                object.entry(keyword).or_insert(value);
            }
        }
    }
}
