//! What a pass noticed. Each kind of finding is one variant of [`Kind`], with the evidence as its fields; its code,
//! severity, message and fix are derived from it (`words`, `evidence`), so that none can be forgotten.
//!
//! A finding is about one thing that one person can mend: a person, a group, a profile, an application, an instance.

mod code;
mod evidence;
mod kind;
mod words;

use sha2::{Digest, Sha256};

pub use code::{CODES, Code, Severity};
pub use kind::{Departure, Difference, Kind, ProfileSort, Rung};

use crate::model::id::{Login, PrincipalId, TargetName};

/// Puts a word in the place of what names a person.
pub type Veil<'a> = &'a dyn Fn(&str) -> String;

/// Something that a person should know, and can mend.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What it is, with the evidence.
    pub kind: Kind,
    /// The Connect user's login where one is involved, else the login that is wanted.
    pub login: Option<Login>,
    /// The directory's e-mail of the person.
    pub email: Option<String>,
    /// The person.
    pub principal: Option<PrincipalId>,
    /// Whether the configuration accepts it for now.
    pub accepted: bool,
}

impl Finding {
    /// A finding that concerns no person.
    #[must_use]
    pub fn of_target(kind: Kind) -> Self {
        Self { kind, login: None, email: None, principal: None, accepted: false }
    }

    /// A finding about a Connect user behind whom nobody is known.
    #[must_use]
    pub fn of_user(kind: Kind, login: &Login) -> Self {
        Self { login: Some(login.clone()), ..Self::of_target(kind) }
    }

    /// Its stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.kind.code()
    }

    /// One sentence that can be read alone.
    #[must_use]
    pub fn message(&self) -> String {
        words::message(self, &printable)
    }

    /// The one thing to do about it.
    #[must_use]
    pub fn fix(&self) -> String {
        words::fix(self, &printable)
    }

    /// The same sentence for readers who may not see who it is about: whatever names a person goes through `veil`.
    #[must_use]
    pub fn message_veiled(&self, veil: Veil<'_>) -> String {
        words::message(self, &|text| printable(&veil(text)))
    }

    /// The fix, likewise.
    #[must_use]
    pub fn fix_veiled(&self, veil: Veil<'_>) -> String {
        words::fix(self, &|text| printable(&veil(text)))
    }

    /// What was seen, as a JSON object.
    #[must_use]
    pub fn evidence(&self) -> serde_json::Value {
        evidence::of(&self.kind)
    }

    /// What it is about, so that the same trouble is the same finding in the next pass.
    #[must_use]
    pub fn subject(&self) -> String {
        let person = self.principal.as_ref().map(PrincipalId::as_str);
        let login = self.login.as_ref().map(Login::as_str);
        match (self.kind.thing(), person, login) {
            (Some(thing), ..) => thing,
            // Of one person several Connect users may be in trouble, so the login belongs to the identity; and of one
            // user several marks.
            (None, person, Some(login)) if self.kind.concerns_user() => {
                let parts = [person, Some(login), self.kind.mark()];
                parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
            }
            (None, Some(person), _) => person.to_owned(),
            (None, None, Some(login)) => login.to_owned(),
            (None, None, None) => String::new(),
        }
    }

    /// Its identity: the same in every pass while the trouble lasts, and of another target another.
    #[must_use]
    pub fn id(&self, target: &TargetName) -> String {
        let mut hash = Sha256::new();
        for part in [target.as_str(), self.code().as_str(), &self.subject()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let leading = hash.finalize().iter().take(6).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{leading:012x}")
    }
}

/// Text that a terminal shows as it is: what would end the line, move the cursor or turn the line round is written out.
pub(crate) fn printable(text: &str) -> String {
    let hides = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars().fold(String::with_capacity(text.len()), |mut shown, letter| {
        if hides(letter) {
            shown.extend(letter.escape_unicode());
        } else {
            shown.push(letter);
        }
        shown
    })
}
