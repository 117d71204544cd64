//! The codes of findings: names that people and machines outside rely on.

use std::fmt;

use super::Kind;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Somebody cannot work, or a target is not as configured.
    Error,
    /// Somebody should look.
    Warning,
    /// Good to know.
    Info,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

macro_rules! codes {
    ($($code:ident $text:literal $severity:ident,)*) => {
        /// A finding's stable name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = concat!("`", $text, "`")] $code,)*
        }

        impl Code {
            /// The name as it is printed.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$code => $text,)* }
            }

            /// How bad it is.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$code => Severity::$severity,)* }
            }
        }

        /// Every code, errors first.
        pub const CODES: &[Code] = &[$(Code::$code,)*];
    };
}

codes! {
    EmailMissing "email-missing" Error,
    LoginInvalid "login-invalid" Error,
    LoginCase "login-case" Error,
    EmailMismatch "email-mismatch" Error,
    LoginDuplicate "login-duplicate" Error,
    LoginTaken "login-taken" Error,
    LoginChanged "login-changed" Error,
    EmailReused "email-reused" Error,
    PrincipalDuplicate "principal-duplicate" Error,
    GroupMissing "group-missing" Error,
    ProfileMissing "profile-missing" Error,
    ApplicationMissing "application-missing" Error,
    ApplicationDisabled "application-disabled" Error,
    AssignmentMissing "assignment-missing" Error,
    InstanceNotSaml "instance-not-saml" Error,
    QuotaShort "quota-short" Error,
    NearMiss "near-miss" Warning,
    Orphan "orphan" Warning,
    Leaver "leaver" Warning,
    Superseded "superseded" Warning,
    AttributeDiffers "attribute-differs" Warning,
    GroupEmpty "group-empty" Warning,
    Unmapped "unmapped" Warning,
    AssignmentDirect "assignment-direct" Warning,
    OwnedElsewhere "owned-elsewhere" Warning,
    TagInvalid "tag-invalid" Warning,
    TagsFull "tags-full" Warning,
    IndexBehind "index-behind" Warning,
    ClockSkew "clock-skew" Warning,
    QuickConnectLeft "quick-connect-left" Warning,
    InstanceReplicated "instance-replicated" Warning,
    MemberDisabled "member-disabled" Info,
    SeveralGroups "several-groups" Info,
    NameDerived "name-derived" Info,
    AssignmentNotRequired "assignment-not-required" Info,
    AssignmentLeft "assignment-left" Info,
    AssignmentUnchecked "assignment-unchecked" Info,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Kind {
    /// The code of this kind.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::EmailMissing { .. } => Code::EmailMissing,
            Self::LoginInvalid { .. } => Code::LoginInvalid,
            Self::LoginCase { .. } => Code::LoginCase,
            Self::EmailMismatch { .. } => Code::EmailMismatch,
            Self::LoginDuplicate { .. } => Code::LoginDuplicate,
            Self::LoginTaken => Code::LoginTaken,
            Self::LoginChanged { .. } => Code::LoginChanged,
            Self::EmailReused { .. } => Code::EmailReused,
            Self::PrincipalDuplicate { .. } => Code::PrincipalDuplicate,
            Self::GroupMissing { .. } => Code::GroupMissing,
            Self::ProfileMissing { .. } | Self::QuarantineShared { .. } => Code::ProfileMissing,
            Self::ApplicationMissing { .. } => Code::ApplicationMissing,
            Self::ApplicationDisabled { .. } => Code::ApplicationDisabled,
            Self::AssignmentMissing { .. } => Code::AssignmentMissing,
            Self::InstanceNotSaml { .. } => Code::InstanceNotSaml,
            Self::QuotaShort { .. } => Code::QuotaShort,
            Self::NearMiss { .. } => Code::NearMiss,
            Self::Orphan { .. } => Code::Orphan,
            Self::Leaver { .. } => Code::Leaver,
            Self::Superseded { .. } => Code::Superseded,
            Self::AttributeDiffers { .. } => Code::AttributeDiffers,
            Self::GroupEmpty { .. } => Code::GroupEmpty,
            Self::Unmapped { .. } => Code::Unmapped,
            Self::AssignmentDirect { .. } => Code::AssignmentDirect,
            Self::OwnedElsewhere { .. } => Code::OwnedElsewhere,
            Self::TagInvalid { .. } => Code::TagInvalid,
            Self::TagsFull { .. } => Code::TagsFull,
            Self::IndexBehind { .. } => Code::IndexBehind,
            Self::ClockSkew { .. } => Code::ClockSkew,
            Self::QuickConnectLeft { .. } => Code::QuickConnectLeft,
            Self::InstanceReplicated => Code::InstanceReplicated,
            Self::MemberDisabled { .. } => Code::MemberDisabled,
            Self::SeveralGroups { .. } => Code::SeveralGroups,
            Self::NameDerived { .. } => Code::NameDerived,
            Self::AssignmentNotRequired => Code::AssignmentNotRequired,
            Self::AssignmentLeft { .. } => Code::AssignmentLeft,
            Self::AssignmentUnchecked => Code::AssignmentUnchecked,
        }
    }
}
