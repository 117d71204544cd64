//! How actions come out.

use std::sync::Arc;

use crate::aws;

/// How one action came out.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It was not to be carried out.
    Planned,
    /// It was done.
    Done,
    /// It was so already: an answer was lost, the index lags, or somebody else did the same.
    AlreadySo,
    /// It failed.
    Failed(Arc<Failure>),
    /// It was not tried, or was called off: before it began, or while the program ended and no answer came in time. Such a
    /// call may have been carried out, which the look before the next pass's write shows.
    Skipped(Skip),
}

impl Outcome {
    /// The word of the report.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Done => "done",
            Self::AlreadySo => "already_so",
            Self::Failed(_) => "failed",
            Self::Skipped(_) => "skipped",
        }
    }

    /// Whether things are now as the action wanted them.
    #[must_use]
    pub fn is_well(&self) -> bool {
        matches!(self, Self::Done | Self::AlreadySo)
    }
}

/// Why an action failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] aws::Error),
    /// The login belongs to a user that is not ours, or that cannot be found.
    #[error("the login is taken, and its holder is not ours or cannot be found")]
    LoginTaken,
}

/// Why an action was not tried.
#[derive(Debug, Clone)]
pub enum Skip {
    /// The instance has no room for more users.
    Quota,
    /// The program is ending.
    Stopping,
    /// What was done to the same user before did not come out well.
    Earlier,
    /// A pass of this person alone came in between, and knows better.
    Beside,
    /// There is no such Connect user any more.
    UserGone,
    /// The Connect user is not, or no longer, ours and this person's.
    UserChanged,
    /// The Connect user administers the instance.
    UserProtected,
    /// Other marks stand on the Connect user than those by which it was decided.
    MarksChanged,
    /// The person is not, or no longer, as they were when it was decided.
    PersonChanged,
    /// The user that the person signs in as is not what it was.
    PresentUserChanged,
    /// The look before a removal got no answer, and what cannot be seen is not taken for granted.
    NoAnswer(Arc<Failure>),
}

impl Skip {
    /// The reason in words.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Quota => "the quota of users is used up",
            Self::Stopping => "the program is ending",
            Self::Earlier => "what had to be done to the same user before it did not come out well",
            Self::Beside => "a pass of this person alone came in between",
            Self::UserGone => "looked at again, there is no such Connect user any more",
            Self::UserChanged => "looked at again, the Connect user is not ours and this person's",
            Self::UserProtected => "looked at again, the Connect user holds a security profile that is protected",
            Self::MarksChanged => "looked at again, the Connect user carries other marks than it was decided by",
            Self::PersonChanged => "looked at again, the person has not left in the way that it was decided by",
            Self::NoAnswer(_) => "looked at again, there was no answer, and without one nobody is removed",
            Self::PresentUserChanged => "looked at again, the user that the person signs in as is not what it was",
        }
    }
}
