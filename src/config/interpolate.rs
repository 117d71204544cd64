//! Environment variables in strings: `${NAME}` is the variable's value, `$${` the two letters `${`. What a variable
//! holds is not looked through again. Done in the table, not in the text, so that every key keeps its place and no
//! value can become more than a string.

use std::borrow::Cow;

use toml::de::{DeTable, DeValue};

use super::key::KeyPath;
use super::review::Review;

/// Looks a variable up.
pub(super) type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Puts variables into every string of the table. Strings for which that is not possible are taken out.
pub(super) fn table(review: &mut Review<'_>, path: &KeyPath, table: &mut DeTable<'_>, environment: Environment<'_>) {
    let mut bad = Vec::new();
    for (key, entry) in table.iter_mut() {
        if !value(review, &path.key(key.get_ref()), entry.get_mut(), environment) {
            bad.push(key.get_ref().to_string());
        }
    }
    for key in bad {
        table.remove(key.as_str());
    }
}

/// The same for one value; says whether it may stay.
fn value(review: &mut Review<'_>, path: &KeyPath, value: &mut DeValue<'_>, environment: Environment<'_>) -> bool {
    match value {
        DeValue::String(text) if text.contains("${") => match expand(text, environment) {
            Ok(expanded) => {
                *text = Cow::Owned(expanded);
                true
            }
            Err(error) => {
                review.reject(path, &error, Some(error.hint()));
                false
            }
        },
        DeValue::Table(inner) => {
            self::table(review, path, inner, environment);
            true
        }
        DeValue::Array(items) => {
            let mut whole = true;
            for (index, item) in items.iter_mut().enumerate() {
                whole &= self::value(review, &path.item(index), item.get_mut(), environment);
            }
            // An item cannot be taken out alone: the others would change their places.
            if !whole {
                review.settle(path);
            }
            whole
        }
        _ => true,
    }
}

/// Why a variable cannot be put in.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum ExpandError {
    #[error("takes the environment variable `{0}`, which is not set")]
    Unset(String),
    #[error("has `${{` without `}}`")]
    Open,
    #[error("has `${{{0}}}`, which names no environment variable")]
    Name(String),
}

impl ExpandError {
    fn hint(&self) -> String {
        match self {
            Self::Unset(name) => format!("set `{name}`, or write `$${{{name}}}` if the letters themselves are meant"),
            Self::Open | Self::Name(_) => "write `$${` if the letters `${` themselves are meant".to_owned(),
        }
    }
}

fn expand(text: &str, environment: Environment<'_>) -> Result<String, ExpandError> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.find("${") {
        let (before, from) = rest.split_at(dollar);
        if let Some(literal) = before.strip_suffix('$') {
            expanded.push_str(literal);
            expanded.push_str("${");
            rest = &from[2..];
            continue;
        }
        expanded.push_str(before);
        let (name, after) = from[2..].split_once('}').ok_or(ExpandError::Open)?;
        let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if name.is_empty() || !name.chars().all(letters) || name.starts_with(|letter: char| letter.is_ascii_digit()) {
            return Err(ExpandError::Name(name.to_owned()));
        }
        expanded.push_str(&environment(name).ok_or_else(|| ExpandError::Unset(name.to_owned()))?);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expanded(text: &str) -> Result<String, ExpandError> {
        expand(text, &|name| match name {
            "REGION" => Some("eu-west-2".to_owned()),
            "NESTED" => Some("${REGION}".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        })
    }

    #[test]
    fn a_variable_takes_its_value_anywhere_in_the_text() {
        assert_eq!(expanded("${REGION}").as_deref(), Ok("eu-west-2"));
        assert_eq!(expanded("a ${REGION} b ${REGION}${EMPTY}.").as_deref(), Ok("a eu-west-2 b eu-west-2."));
    }

    #[test]
    fn a_value_is_not_looked_through_again() {
        assert_eq!(expanded("${NESTED}").as_deref(), Ok("${REGION}"));
    }

    #[test]
    fn two_dollars_make_the_letters_themselves() {
        assert_eq!(expanded("$${REGION}").as_deref(), Ok("${REGION}"));
        assert_eq!(expanded("$$${REGION}").as_deref(), Ok("$${REGION}"));
        assert_eq!(expanded("5 $ and $$ stay").as_deref(), Ok("5 $ and $$ stay"));
    }

    #[test]
    fn what_cannot_be_put_in_is_named() {
        assert_eq!(expanded("x${MISSING}"), Err(ExpandError::Unset("MISSING".to_owned())));
        assert_eq!(expanded("${REGION"), Err(ExpandError::Open));
        assert_eq!(expanded("${}"), Err(ExpandError::Name(String::new())));
        assert_eq!(expanded("${1A}"), Err(ExpandError::Name("1A".to_owned())));
        assert_eq!(expanded("${A:-b}"), Err(ExpandError::Name("A:-b".to_owned())));
    }

    proptest! {
        #[test]
        fn letters_stay_and_variables_take_their_values_once(
            pieces in prop::collection::vec(("[^$]{0,8}", any::<bool>()), 0..6),
        ) {
            let (mut text, mut expected) = (String::new(), String::new());
            for (letters, is_variable) in &pieces {
                text += letters;
                expected += letters;
                // A variable where there is a value, the letters themselves where there is none.
                text += if *is_variable { "${VALUE}" } else { "$${VALUE}" };
                expected += if *is_variable { "$${A} ${B" } else { "${VALUE}" };
            }
            let expanded = expand(&text, &|name| (name == "VALUE").then(|| "$${A} ${B".to_owned()));
            prop_assert_eq!(expanded, Ok(expected));
        }

        #[test]
        fn any_text_is_expanded_or_says_why_not(text in "([${}A-Z0-9_]|\\PC){0,24}") {
            let (begins, escaped) = (text.contains("${"), text.matches("$${").count());
            match expand(&text, &|_| None) {
                Ok(expanded) => prop_assert_eq!(expanded.len() + escaped, text.len()),
                Err(error) => prop_assert!(begins && !error.hint().is_empty()),
            }
        }
    }
}
