//! First and last name, as Connect wants them: both present, in Normalization Form C, and not too long.

use unicode_normalization::UnicodeNormalization;

use crate::model::directory::Principal;
use crate::model::id::Login;

/// The most characters of a first name.
pub const FIRST_MAX: usize = 255;
/// The most characters of a last name.
pub const LAST_MAX: usize = 300;

/// A person's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) first: String,
    pub(super) last: String,
    /// Whether a part of it had to be made up.
    pub(super) derived: bool,
}

/// The name of a person, as far as the directory has one; what is missing comes from the display name, else from the
/// login's local part.
pub(super) fn of(person: &Principal, login: &Login) -> Name {
    let given = clean(person.given_name.as_deref(), FIRST_MAX);
    let family = clean(person.family_name.as_deref(), LAST_MAX);
    if let (Some(first), Some(last)) = (&given, &family) {
        return Name { first: first.clone(), last: last.clone(), derived: false };
    }
    let (first, last) = from_display_name(person).unwrap_or_else(|| from_login(login));
    Name {
        first: given.or_else(|| clean(Some(&first), FIRST_MAX)).unwrap_or(first),
        last: family.or_else(|| clean(Some(&last), LAST_MAX)).unwrap_or(last),
        derived: true,
    }
}

/// First and last name as far as the directory has them, as Connect would store them. A derived name is only ever a
/// seed, so it is not among them.
pub(super) fn given(person: &Principal) -> (Option<String>, Option<String>) {
    (clean(person.given_name.as_deref(), FIRST_MAX), clean(person.family_name.as_deref(), LAST_MAX))
}

/// Trimmed, composed (NFC) and cut; `None` where nothing is left. A prefix of composed text is composed.
fn clean(text: Option<&str>, max: usize) -> Option<String> {
    let text: String = text?.trim().nfc().take(max).collect();
    let text = text.trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

/// `Ana Maria Silva` is Ana Maria, and Silva; one word alone is not enough for two names.
fn from_display_name(person: &Principal) -> Option<(String, String)> {
    let (first, last) = person.display_name.as_deref()?.trim().rsplit_once(char::is_whitespace)?;
    Some((first.trim().to_owned(), last.to_owned()))
}

/// `ana.silva@example.com` is ana, and silva; `agent1` is both.
fn from_login(login: &Login) -> (String, String) {
    let local = login.as_str().split('@').next().unwrap_or_default();
    let parts: Vec<&str> = local.split(['.', '_', '-']).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] => (local.to_owned(), local.to_owned()),
        [only] => ((*only).to_owned(), (*only).to_owned()),
        [first, .., last] => ((*first).to_owned(), (*last).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::directory::Status;
    use crate::model::id::PrincipalId;

    fn name(given: Option<&str>, family: Option<&str>, display: Option<&str>, login: &str) -> (String, String, bool) {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let person = Principal {
            id: PrincipalId::new("p"),
            user_name: None,
            email: None,
            given_name: text(given),
            family_name: text(family),
            display_name: text(display),
            status: Status::Unknown,
        };
        let Name { first, last, derived } = of(&person, &Login::new(login));
        (first, last, derived)
    }

    fn expect(first: &str, last: &str, derived: bool) -> (String, String, bool) {
        (first.to_owned(), last.to_owned(), derived)
    }

    #[test]
    fn a_full_name_is_taken_as_it_is() {
        assert_eq!(name(Some("Ana"), Some("Silva"), Some("X Y"), "a@x.y"), expect("Ana", "Silva", false));
    }

    #[test]
    fn what_is_missing_is_derived_from_the_display_name_then_from_the_login() {
        assert_eq!(name(None, None, Some("Ana Maria Silva"), "z@x.y"), expect("Ana Maria", "Silva", true));
        assert_eq!(name(Some("Ana"), None, Some("Ana Silva"), "z@x.y"), expect("Ana", "Silva", true));
        assert_eq!(name(None, Some("  "), Some("Ana"), "ana.de.silva@x.y"), expect("ana", "silva", true));
        assert_eq!(name(None, None, None, "agent1@x.y"), expect("agent1", "agent1", true));
        assert_eq!(name(None, None, None, "..@x.y"), expect("..", "..", true));
    }

    #[test]
    fn names_are_composed_and_cut_to_the_services_lengths() {
        let long = "e\u{301}".repeat(400);
        let (first, last, derived) = name(Some(&long), Some(&long), None, "a@x.y");
        assert_eq!(first, "é".repeat(255));
        assert_eq!(last, "é".repeat(300));
        assert!(!derived);
    }
}
