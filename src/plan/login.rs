//! Which logins can pass SAML sign-in: the letters that both STS and Connect take, in a form that both take.

use std::fmt;

use crate::model::id::Login;

/// The shortest login, in characters.
const SHORTEST: usize = 2;
/// The longest login, in characters.
const LONGEST: usize = 64;

/// Why a login cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Fewer than two characters.
    Short,
    /// More than 64 characters: so many.
    Long(usize),
    /// A letter that may not stand in a login.
    Letter(char),
    /// There is an `@`, but not as in an e-mail address.
    At,
}

impl Unfit {
    /// A word for machines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Short => "too-short",
            Self::Long(_) => "too-long",
            Self::Letter(_) => "letter",
            Self::At => "not-an-email",
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short => write!(f, "it has fewer than {SHORTEST} characters"),
            Self::Long(length) => write!(f, "it has {length} characters, and {LONGEST} are the most"),
            Self::Letter(letter) if letter.is_alphanumeric() || letter.is_ascii_graphic() => {
                write!(f, "`{letter}` may not stand in it")
            }
            Self::Letter(letter) => write!(f, "`{}` may not stand in it", letter.escape_unicode()),
            Self::At => f.write_str("it has an `@` but is not of the form of an e-mail address"),
        }
    }
}

/// Checks a login against the rules of SAML sign-in: 2 to 64 of `[A-Za-z0-9_.@-]`, with `@` only as in
/// `somebody@example.com`.
///
/// # Errors
/// Says what is wrong; the first fault only, since the fix is the same.
pub fn check(login: &Login) -> Result<(), Unfit> {
    let text = login.as_str();
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '@' | '-');
    if let Some(letter) = text.chars().find(|letter| !allowed(*letter)) {
        return Err(Unfit::Letter(letter));
    }
    // All letters are ASCII from here on.
    match text.len() {
        length if length < SHORTEST => return Err(Unfit::Short),
        length if length > LONGEST => return Err(Unfit::Long(length)),
        _ => {}
    }
    let Some((local, domain)) = text.split_once('@') else { return Ok(()) };
    let dotted = domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
    if local.is_empty() || domain.contains('@') || !dotted { Err(Unfit::At) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<(), Unfit> {
        check(&Login::new(text))
    }

    #[test]
    fn letters_that_both_services_take_pass() {
        for login in ["ab", "agent1@connect-workshop.com", "test_user", "A.B-c@x.y", &"a".repeat(64)] {
            assert_eq!(of(login), Ok(()), "{login}");
        }
    }

    #[test]
    fn every_fault_has_its_reason() {
        assert_eq!(of("a"), Err(Unfit::Short));
        assert_eq!(of(""), Err(Unfit::Short));
        assert_eq!(of(&"a".repeat(65)), Err(Unfit::Long(65)));
        assert_eq!(of("ana+test@example.com"), Err(Unfit::Letter('+')));
        assert_eq!(of("o'brien@example.com"), Err(Unfit::Letter('\'')));
        assert_eq!(of("josé@example.com"), Err(Unfit::Letter('é')));
        assert_eq!(of("ana silva"), Err(Unfit::Letter(' ')));
        for login in ["testuser@example", "@example.com", "a@b@c.d", "a@.com", "a@com."] {
            assert_eq!(of(login), Err(Unfit::At), "{login}");
        }
    }
}
