//! The words that keys can be set to.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config;
use crate::model::settings;

/// Words of the file for an enum of the program, variant for variant.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident for $meaning:path { $($(#[$word:meta])* $variant:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub(in crate::config) enum $name {
            $($(#[$word])* $variant,)*
        }

        impl From<$name> for $meaning {
            fn from(word: $name) -> Self {
                match word {
                    $($name::$variant => Self::$variant,)*
                }
            }
        }
    )*};
}

words! {
    /// Whether anything is written.
    Mode for settings::Mode {
        /// Read and report, write nothing.
        Plan,
        /// Carry the plan out.
        Apply,
    }

    /// An attribute of people in Identity Center.
    LoginFrom for settings::LoginFrom {
        /// The primary e-mail address.
        Email,
        /// The user name.
        Username,
    }

    /// What happens to a person for whom a Connect user under a similar login exists.
    Mismatches for settings::Mismatches {
        /// Report, and create nothing.
        Hold,
        /// Report, and create the right user beside the other.
        Create,
    }

    /// What happens when somebody's e-mail changes.
    Renames for settings::Renames {
        /// Report only.
        Report,
        /// Create a new user; the old one is superseded and removed.
        Recreate,
    }

    /// How far a removal may go.
    Removals for settings::Removals {
        /// Touch nothing.
        Report,
        /// Up to quarantine.
        Quarantine,
        /// Up to deletion.
        Delete,
    }

    /// How closely an attribute is kept.
    AttributeMode for settings::AttributeMode {
        /// Set when a user is created and when a member moves to another mapping.
        Seed,
        /// The same, and differences are reported.
        Report,
        /// Corrected in every pass.
        Enforce,
        /// Set when a user is created only.
        Ignore,
    }

    /// How log lines are written.
    LogFormat for config::LogFormat {
        /// One JSON object a line.
        Json,
        /// For people.
        Text,
    }
}

/// A log level.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum Level {
    /// Errors only.
    Error,
    /// Warnings too.
    Warn,
    /// What was done.
    Info,
    /// How it was done.
    Debug,
    /// Everything.
    Trace,
}

impl Level {
    /// The word itself.
    pub(in crate::config) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// How people are named in the log.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum People {
    /// By their logins.
    Plain,
    /// By a keyed hash of them.
    Hashed,
}

/// Kind of phone.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum PhoneType {
    /// In the browser.
    Soft,
    /// A telephone, which needs a `number`.
    Desk,
}
