//! Ids of the services, each of its own type. They are taken as the service gives them and never taken apart, except
//! where a service gives the same id in two forms.

use std::borrow::Cow;
use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes the id as it is.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The id as the service writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )*};
}

ids! {
    /// A user of Identity Center (`UserId` of Identity Store).
    PrincipalId;
    /// A group of Identity Center (`GroupId` of Identity Store).
    GroupId;
    /// A user of a Connect instance (`Id`).
    ConnectUserId;
    /// A routing profile of a Connect instance.
    RoutingProfileId;
    /// A security profile of a Connect instance.
    SecurityProfileId;
    /// A hierarchy group of a Connect instance.
    HierarchyGroupId;
    /// A Connect instance: the bare id, never the ARN.
    InstanceId;
    /// An application of Identity Center.
    ApplicationArn;
    /// A target, by its name in the configuration.
    TargetName;
}

/// A `Username` of Connect, which has to equal what Identity Center sends, letter for letter.
///
/// Two logins are equal only when their letters are the same in case as well. To *find* the login that somebody
/// probably meant, compare [`Login::folded`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Login(String);

impl Login {
    /// Takes the login as it is, case and all.
    pub fn new(login: impl Into<String>) -> Self {
        Self(login.into())
    }

    /// The login, letter for letter.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The login without its case: for finding, never for letting anybody pass.
    #[must_use]
    pub fn folded(&self) -> Cow<'_, str> {
        fold(&self.0)
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({})", self.0)
    }
}

/// Lower case, one form of case folding for the whole program. Most text has no other, and is not copied.
#[must_use]
pub fn fold(text: &str) -> Cow<'_, str> {
    let is_folded = |letter: char| letter.is_ascii() && !letter.is_ascii_uppercase();
    if text.chars().all(is_folded) { Cow::Borrowed(text) } else { Cow::Owned(text.to_lowercase()) }
}
