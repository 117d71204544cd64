//! What went wrong, in words.

use std::any::Any;
use std::error::Error;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::apply::{Failure, Outcome, Skip};

/// What went wrong, in words: a sentence, its causes, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Error)]
pub struct Trouble {
    /// What failed.
    pub message: String,
    /// Why, the nearest cause first.
    pub causes: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Trouble {
    /// A sentence alone.
    #[must_use]
    pub fn plain(message: impl Into<String>) -> Self {
        Self { message: message.into(), causes: Vec::new(), hint: None }
    }

    /// An action that was not tried, in words.
    pub(super) fn of_skip(skip: &Skip) -> Self {
        let plain = Self::plain(skip.as_str());
        match skip {
            Skip::NoAnswer(failure) => {
                let Self { message, mut causes, hint } = Self::of_failure(failure);
                causes.insert(0, message);
                Self { causes, hint, ..plain }
            }
            _ => plain,
        }
    }

    /// Why an action did not come out well, where it did not.
    #[must_use]
    pub fn of_outcome(outcome: &Outcome) -> Option<Self> {
        match outcome {
            Outcome::Failed(failure) => Some(Self::of_failure(failure)),
            Outcome::Skipped(skip) => Some(Self::of_skip(skip)),
            Outcome::Planned | Outcome::Done | Outcome::AlreadySo => None,
        }
    }

    /// A failed action, in words.
    pub(super) fn of_failure(failure: &Failure) -> Self {
        match failure {
            Failure::Call(error) => Self::of(error, error.hint()),
            Failure::LoginTaken => Self::of(failure, None),
        }
    }

    /// The sentence and its causes, in one line.
    #[must_use]
    pub fn sentence(&self) -> String {
        std::iter::once(&self.message).chain(&self.causes).map(String::as_str).collect::<Vec<_>>().join(": ")
    }

    /// Takes an error apart.
    #[must_use]
    pub fn of(error: &(dyn Error + 'static), hint: Option<String>) -> Self {
        let mut causes = Vec::new();
        let mut cause = error.source();
        while let Some(source) = cause {
            causes.push(source.to_string());
            cause = source.source();
        }
        Self { message: error.to_string(), causes, hint }
    }

    /// What a panic said, under a sentence that tells what it ended.
    #[must_use]
    pub fn of_panic(message: &str, panic: &(dyn Any + Send)) -> Self {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it gives no reason");
        // The one that is known: the SDK opens its connections when they are first needed.
        let hint = if said.contains("root certificates") {
            "install the system's certificates (`ca-certificates` on Debian), or name a bundle in `SSL_CERT_FILE`"
        } else {
            "this is a mistake in the program: please report it"
        };
        Self { causes: vec![said.to_owned()], hint: Some(hint.to_owned()), ..Self::plain(message) }
    }
}
