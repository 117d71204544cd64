//! Whose a Connect user is, by its tags.

use std::collections::BTreeMap;

use crate::model::connect::ConnectUser;
use crate::model::tag;

/// Whose a Connect user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership<'a> {
    /// Ours: the person's id and the mapping's group, where the tags name them.
    Owned {
        /// The principal's id.
        principal: Option<&'a str>,
        /// The group's id.
        mapping: Option<&'a str>,
    },
    /// Another installation's.
    Elsewhere(&'a str),
    /// Nobody's: made by hand, or by another tool.
    Foreign,
    /// The search index does not carry the user, so nobody can tell.
    Unknown,
}

impl<'a> Ownership<'a> {
    /// Reads it off a user's tags.
    #[must_use]
    pub fn of(user: &'a ConnectUser, owner: &str) -> Self {
        user.attributes.as_ref().map_or(Self::Unknown, |attributes| Self::of_tags(&attributes.tags, owner))
    }

    /// Reads it off tags.
    #[must_use]
    pub fn of_tags(tags: &'a BTreeMap<String, String>, owner: &str) -> Self {
        let value = |key: &str| tags.get(key).map(String::as_str).filter(|value| !value.is_empty());
        match tags.get(tag::OWNER) {
            None => Self::Foreign,
            Some(other) if other != owner => Self::Elsewhere(other),
            Some(_) => Self::Owned { principal: value(tag::PRINCIPAL), mapping: value(tag::MAPPING) },
        }
    }

    /// Whether it is ours.
    #[must_use]
    pub fn is_owned(self) -> bool {
        matches!(self, Self::Owned { .. })
    }
}
