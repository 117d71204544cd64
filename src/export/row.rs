//! One person's row: the template's columns for instances with SAML sign-in, in its order and words, as AWS's
//! administrator guide described it in 2026. The template that the console offers wins where it differs.

use std::collections::BTreeMap;
use std::fmt;

use crate::cell;
use crate::model::connect::{Catalog, Device, NewUser};
use crate::model::tag;
use crate::plan::{FIRST_MAX, LAST_MAX};

/// The template's columns.
pub const HEADER: [&str; 12] = [
    "first name",
    "last name",
    "user login",
    "agent hierarchy",
    "routing profile name",
    "security_profile_name_1|security_profile_name_2",
    "user_hierarchy_1|user_hierarchy_2",
    "phone type (soft/desk)",
    "phone number",
    "tags",
    "persistent connection",
    "audio enhancement(none/isolate voice/suppress noise)",
];

/// What stands between the entries of one cell.
const BETWEEN: char = '|';
/// What stands between key and value of a tag. Nothing is documented. Not a colon: it is in our own keys.
const EQUALS: char = '=';

/// One person, cell by cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row([String; HEADER.len()]);

/// Why a row cannot say somebody. A cell that is found by its very text cannot be defused, and one name that is read as
/// two would give somebody another's permissions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// A text that has to stay as it is would be a formula.
    Formula {
        /// What it is the text of.
        what: &'static str,
        /// The text.
        text: String,
    },
    /// The name of a security profile has the sign that stands between two of them.
    Separator {
        /// The name.
        name: String,
    },
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Formula { what, text } => {
                write!(f, "the {what} `{}` would be a formula in a spreadsheet", text.escape_debug())
            }
            Self::Separator { name } => {
                write!(f, "the security profile `{}` has a `{BETWEEN}`, which separates profiles", name.escape_debug())
            }
        }
    }
}

impl Row {
    /// The row of somebody who is to be created.
    ///
    /// # Errors
    /// Says what of them a row cannot say.
    pub(super) fn new(user: &NewUser, catalog: &Catalog) -> Result<Self, Obstacle> {
        let mut profiles: Vec<&str> = user.security_profiles.iter().map(|id| catalog.security_profile(id)).collect();
        profiles.sort_unstable();
        for name in &profiles {
            exact("security profile", name)?;
            if name.contains(BETWEEN) {
                return Err(Obstacle::Separator { name: (*name).to_owned() });
            }
        }
        let hierarchy = user.hierarchy.as_ref().map_or("", |id| catalog.hierarchy_group(id));
        let (phone, number) = match user.phone.as_ref().map(|phone| &phone.device) {
            Some(Device::Desk(number)) => ("desk", number.as_str()),
            Some(Device::Soft) | None => ("soft", ""),
        };
        Ok(Self([
            name(&user.first_name, FIRST_MAX),
            name(&user.last_name, LAST_MAX),
            exact("login", user.login.as_str())?,
            exact("hierarchy group", hierarchy)?,
            exact("routing profile", catalog.routing_profile(&user.routing_profile))?,
            profiles.join(&BETWEEN.to_string()),
            String::new(),
            phone.to_owned(),
            // E.164 begins with `+`; what follows are digits, which a spreadsheet may show as a number and no worse.
            number.to_owned(),
            tags(&user.tags),
            String::new(),
            String::new(),
        ]))
    }

    /// Its cells, in the order of [`HEADER`].
    #[must_use]
    pub fn cells(&self) -> [&str; HEADER.len()] {
        self.0.each_ref().map(String::as_str)
    }

    /// Whether a hierarchy group stands in it.
    #[must_use]
    pub fn has_hierarchy(&self) -> bool {
        !self.hierarchy().is_empty()
    }

    pub(super) fn login(&self) -> &str {
        &self.0[2]
    }

    pub(super) fn hierarchy(&self) -> &str {
        &self.0[3]
    }

    pub(super) fn routing_profile(&self) -> &str {
        &self.0[4]
    }

    pub(super) fn security_profiles(&self) -> impl Iterator<Item = &str> {
        self.0[5].split(BETWEEN)
    }
}

/// A name that is no formula, and no longer for it than Connect takes.
fn name(text: &str, most: usize) -> String {
    cell::defused(text).chars().take(most).collect()
}

/// Whether one of the names needs an apostrophe.
pub(super) fn has_formula(user: &NewUser) -> bool {
    cell::is_formula(&user.first_name) || cell::is_formula(&user.last_name)
}

/// Whether a tag with this key can be read back.
pub(super) fn is_sayable(key: &str) -> bool {
    !key.contains(EQUALS)
}

fn exact(what: &'static str, text: &str) -> Result<String, Obstacle> {
    if cell::is_formula(text) { Err(Obstacle::Formula { what, text: text.to_owned() }) } else { Ok(text.to_owned()) }
}

/// The tags in one cell, `key=value` each, and `|` between them: split at every `|`, then each at its first `=`. Neither
/// keys nor values can have a `|`, and keys with `=` are left out. Our own come first, so that the cell is no formula
/// whatever keys are configured.
fn tags(tags: &BTreeMap<String, String>) -> String {
    let own = |key: &str| [tag::OWNER, tag::PRINCIPAL, tag::MAPPING].contains(&key);
    let mut sayable: Vec<_> = tags.iter().filter(|(key, _)| is_sayable(key)).collect();
    sayable.sort_by_key(|(key, _)| (!own(key), *key));
    let entries: Vec<String> = sayable.into_iter().map(|(key, value)| format!("{key}{EQUALS}{value}")).collect();
    entries.join(&BETWEEN.to_string())
}
