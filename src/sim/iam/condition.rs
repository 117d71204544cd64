//! The `Condition` of a statement: what it tests, and how a test comes out.

use super::pattern::Pattern;

/// What is known of a request beside its action and its resource: keys, which have no case, and their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Context(Vec<(String, Vec<String>)>);

impl Context {
    /// Adds values to a key.
    pub(super) fn add(&mut self, key: &str, values: impl IntoIterator<Item = String>) {
        match self.0.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(key)) {
            Some((_, known)) => known.extend(values),
            None => self.0.push((key.to_owned(), values.into_iter().collect())),
        }
    }

    /// The values of a key; none where the request does not have it.
    fn values(&self, key: &str) -> &[String] {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map_or(&[], |(_, values)| values)
    }
}

/// One operator with one key. A condition is met when all of its tests are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Test {
    key: String,
    /// Which of a key's values count.
    set: Option<Set>,
    /// What comes out where the request does not have the key, if that is not what the operator says of itself.
    if_exists: bool,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    All,
    Any,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// Whether the request lacks the key.
    Null(bool),
    /// Whether a value is one of these, or none of them.
    Text { negated: bool, wanted: Vec<Pattern> },
}

impl Test {
    /// Reads a test; the error completes a sentence that names the statement.
    pub(super) fn parse(operator: &str, key: &str, values: &[String]) -> Result<Test, String> {
        let (set, bare) = match operator.split_once(':') {
            Some(("ForAllValues", bare)) => (Some(Set::All), bare),
            Some(("ForAnyValue", bare)) => (Some(Set::Any), bare),
            _ => (None, operator),
        };
        let (bare, if_exists) = bare.strip_suffix("IfExists").map_or((bare, false), |bare| (bare, true));
        let text = |negated, wanted: fn(&str) -> Pattern| {
            let wanted = values.iter().map(|value| wanted(value)).collect();
            Ok(Kind::Text { negated, wanted })
        };
        let kind = match bare {
            "StringEquals" => text(false, Pattern::exact),
            "StringNotEquals" => text(true, Pattern::exact),
            "StringLike" => text(false, Pattern::text),
            "StringNotLike" => text(true, Pattern::text),
            "Null" if set.is_none() && !if_exists => match values {
                [value] if value == "true" => Ok(Kind::Null(true)),
                [value] if value == "false" => Ok(Kind::Null(false)),
                _ => Err("`Null` takes either `true` or `false`".to_owned()),
            },
            _ => Err(format!("the simulator does not know the condition operator `{operator}`")),
        }?;
        if values.is_empty() {
            return Err(format!("`{operator}` compares `{key}` with nothing"));
        }
        if let Some(value) = values.iter().find(|value| value.contains("${")) {
            return Err(format!("the simulator does not know policy variables, as in `{value}`"));
        }
        check_key(operator, key, set, &kind)?;
        Ok(Test { key: key.to_owned(), set, if_exists, kind })
    }

    /// Whether a request passes.
    pub(super) fn passes(&self, context: &Context) -> bool {
        let values = context.values(&self.key);
        let (negated, wanted) = match &self.kind {
            Kind::Null(lacking) => return values.is_empty() == *lacking,
            Kind::Text { negated, wanted } => (*negated, wanted),
        };
        let is_wanted = |value: &String| wanted.iter().any(|pattern| pattern.matches(value)) != negated;
        match (self.set, values) {
            (_, []) if self.if_exists => true,
            (Some(Set::All), values) => values.iter().all(is_wanted),
            (Some(Set::Any), values) => values.iter().any(is_wanted),
            (None, [value]) => is_wanted(value),
            // Two tags whose keys differ in case only have one key here: neither of them counts.
            (None, _) => negated,
        }
    }
}

/// Refuses keys that no request here has: a negated operator would be true of them, and so allow in silence.
fn check_key(operator: &str, key: &str, set: Option<Set>, kind: &Kind) -> Result<(), String> {
    let key = key.to_ascii_lowercase();
    let of_tag = |prefix| key.strip_prefix(prefix).is_some_and(|tag: &str| !tag.is_empty());
    match key.as_str() {
        "aws:tagkeys" if set.is_none() && !matches!(kind, Kind::Null(_)) => Err(format!(
            "`aws:TagKeys` has several values, so `{operator}` wants `ForAllValues:` or `ForAnyValue:` before it"
        )),
        "aws:tagkeys" => Ok(()),
        _ if of_tag("aws:requesttag/") || of_tag("aws:resourcetag/") => Ok(()),
        _ => Err(format!("the simulator does not know the condition key `{key}`")),
    }
}
