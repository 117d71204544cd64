//! Placeholders in the texts of a world: `{n}`, `{email}`, `{user_id}`, `{user_id:NAME}`, `{group_id:NAME}`.

use super::state::directory::Directory;
use super::world::WorldError;

/// What placeholders for ids stand for.
pub(super) struct Names<'a> {
    pub(super) directory: &'a Directory,
    /// The id of the person whose Connect user this is.
    pub(super) person: Option<&'a str>,
}

impl Names<'_> {
    /// A text with the ids that it asks for.
    pub(super) fn filled(&self, text: &str, place: &str) -> Result<String, WorldError> {
        filled(text, place, |placeholder| {
            let id = match placeholder.split_once(':') {
                Some(("user_id", name)) => self.directory.person_named(name).map(|person| person.id.as_str()),
                Some(("group_id", name)) => self.directory.group_named(name).map(|group| group.id.as_str()),
                None if placeholder == "user_id" => self.person,
                _ => None,
            };
            id.map(str::to_owned)
        })
    }
}

/// The most digits that a number is filled up to.
const WIDEST: usize = 64;

/// A crowd's text with the number in it; every other placeholder stays.
pub(super) fn numbered(text: &str, number: usize, email: Option<&str>) -> String {
    let with = |placeholder: &str| match placeholder.split_once(':') {
        Some(("n", width)) => {
            let width = width.trim_start_matches('0').parse().ok().filter(|width| *width <= WIDEST)?;
            Some(format!("{number:0width$}"))
        }
        None if placeholder == "n" => Some(number.to_string()),
        None if placeholder == "email" => email.map(str::to_owned),
        _ => None,
    };
    filled(text, "", |placeholder| with(placeholder).or_else(|| Some(format!("{{{placeholder}}}")))).unwrap_or_default()
}

fn filled(text: &str, place: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, WorldError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, (placeholder, after))) =
        rest.split_once('{').and_then(|(before, inner)| Some((before, inner.split_once('}')?)))
    {
        let meaning = value(placeholder)
            .ok_or_else(|| WorldError::Placeholder { placeholder: placeholder.to_owned(), place: place.to_owned() })?;
        out.push_str(before);
        out.push_str(&meaning);
        rest = after;
    }
    Ok(out + rest)
}
