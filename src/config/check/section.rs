//! One table of the file while it is checked: its place, and the checks that many keys share. Each of them gives `None`
//! where the key is not written or is wrong, and says what is wrong.

use std::collections::BTreeSet;
use std::fmt::Display;

use jiff::SignedDuration;

use crate::config::document::Places;
use crate::config::duration::DurationError;
use crate::config::form::{self, Arn};
use crate::config::key::KeyPath;
use crate::config::review::Review;
use crate::config::{Role, duration, suggest};

/// A table, and where it stands.
pub(super) struct Section<'r, 'p> {
    review: &'r mut Review<'p>,
    path: KeyPath,
}

impl<'r, 'p> Section<'r, 'p> {
    /// The table at this path.
    pub(super) fn new(review: &'r mut Review<'p>, path: KeyPath) -> Self {
        Self { review, path }
    }

    /// A table in this table.
    pub(super) fn inner(&mut self, name: &str) -> Section<'_, 'p> {
        Section { path: self.path.key(name), review: &mut *self.review }
    }

    /// A table in a list in this table.
    pub(super) fn item(&mut self, name: &str, index: usize) -> Section<'_, 'p> {
        Section { path: self.path.key(name).item(index), review: &mut *self.review }
    }

    /// The file itself.
    pub(super) fn top(&mut self) -> Section<'_, 'p> {
        Section { path: KeyPath::root(), review: &mut *self.review }
    }

    /// Where this table stands.
    pub(super) fn path(&self) -> &KeyPath {
        &self.path
    }

    /// Where everything stands.
    pub(super) fn places(&self) -> &'p Places {
        self.review.places()
    }

    /// The line of this table.
    pub(super) fn line(&self) -> usize {
        self.places().of(&self.path).0
    }

    /// Whether the file has the key, right or wrong.
    pub(super) fn has(&self, name: &str) -> bool {
        self.places().has(&self.path.key(name))
    }

    /// The key is wrong. The message goes on after the key's name.
    pub(super) fn wrong(&mut self, name: &str, message: impl Display) {
        self.review.wrong(&self.path.key(name), message);
    }

    /// The key is wrong, and this helps.
    pub(super) fn wrong_with(&mut self, name: &str, message: impl Display, hint: impl Into<String>) {
        self.review.wrong_with(&self.path.key(name), message, hint);
    }

    /// Something at this path is wrong, wherever that is.
    pub(super) fn wrong_at(&mut self, path: &KeyPath, message: impl Display, hint: impl Into<String>) {
        self.review.wrong_with(path, message, hint);
    }

    /// The table itself is wrong.
    pub(super) fn wrong_itself(&mut self, message: impl Display, hint: impl Into<String>) {
        self.review.wrong_with(&self.path, message, hint);
    }

    /// The key is needed here, and the file does not have it.
    pub(super) fn missing(&mut self, name: &str, hint: impl Into<String>) {
        if !self.has(name) {
            self.review.missing(&self.path.key(name), Some(hint.into()));
        }
    }

    /// Text that says something.
    pub(super) fn text(&mut self, name: &str, written: Option<&str>) -> Option<String> {
        let text = written?;
        if text.trim().is_empty() {
            self.wrong(name, "is empty");
            return None;
        }
        Some(text.to_owned())
    }

    /// A list of texts, each of which says something, none of which comes twice.
    pub(super) fn texts(&mut self, name: &str, written: Option<&[String]>) -> Option<Vec<String>> {
        let texts = written?;
        let mut seen = BTreeSet::new();
        let mut right = true;
        for (index, text) in texts.iter().enumerate() {
            let path = self.path.key(name).item(index);
            if text.trim().is_empty() {
                self.review.wrong(&path, "is empty");
                right = false;
            } else if !seen.insert(text) {
                self.review.wrong(&path, format_args!("is `{text}` a second time"));
                right = false;
            }
        }
        right.then(|| texts.to_vec())
    }

    /// A duration, which may be 0.
    pub(super) fn duration(&mut self, name: &str, written: Option<&str>) -> Option<SignedDuration> {
        let text = written?;
        match duration::parse(text) {
            Ok(duration) => Some(duration),
            Err(error @ DurationError::Form) => {
                self.wrong_with(name, error, duration::hint(text));
                None
            }
            Err(error @ DurationError::TooLong) => {
                self.wrong(name, error);
                None
            }
        }
    }

    /// A duration above 0.
    pub(super) fn positive(&mut self, name: &str, written: Option<&str>) -> Option<SignedDuration> {
        let duration = self.duration(name, written)?;
        if duration.is_zero() {
            self.wrong(name, "has to be more than 0");
            return None;
        }
        Some(duration)
    }

    /// A Region's name.
    pub(super) fn region(&mut self, name: &str, written: Option<&str>) -> Option<String> {
        let text = written?;
        if form::is_region(text) {
            return Some(text.to_owned());
        }
        let hint = suggest::nearest(text, form::REGIONS.iter().copied()).map(suggest::did_you_mean);
        let hint = hint.unwrap_or_else(|| "for example `eu-west-2`".to_owned());
        self.wrong_with(name, format_args!("is no Region: `{text}`"), hint);
        None
    }

    /// `role_arn` and the `external_id` beside it.
    pub(super) fn role(&mut self, arn: Option<&str>, external_id: Option<&str>) -> Option<Role> {
        let external_id = external_id.inspect(|id| {
            let letters = (2..=1224).contains(&id.len()) && id.chars().all(form::is_external_id_letter);
            if !letters {
                let hint = "2 to 1224 letters, digits and `_ + = , . @ : / -`";
                self.wrong_with("external_id", "is no external id", hint);
            } else if !self.has("role_arn") {
                self.wrong_with("external_id", "is given without a role", "it stands beside `role_arn`");
            }
        });
        let arn = arn?;
        if Arn::parse(arn).and_then(Arn::role_account).is_none() {
            let hint = "for example `arn:aws:iam::111122223333:role/rollcall`";
            self.wrong_with("role_arn", "is no ARN of a role", hint);
            return None;
        }
        Some(Role { arn: arn.to_owned(), external_id: external_id.map(ToOwned::to_owned) })
    }
}
