//! Things of AWS as the configuration refers to them.

use super::id::ApplicationArn;

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// What its trust policy may ask for.
    pub external_id: Option<String>,
}

impl Role {
    /// The account number in the ARN.
    #[must_use]
    pub fn account(&self) -> Option<String> {
        self.arn.split(':').nth(4).filter(|account| !account.is_empty()).map(str::to_owned)
    }
}

/// An application of Identity Center.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplicationRef {
    /// By its ARN.
    Arn(ApplicationArn),
    /// By its name, which has to be unique.
    Name(String),
}

impl ApplicationRef {
    /// Text as written: an ARN is taken for one, everything else is a name.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text.starts_with("arn:") { Self::Arn(ApplicationArn::new(text)) } else { Self::Name(text.to_owned()) }
    }

    /// The ARN, where it is named by one.
    #[must_use]
    pub fn arn(&self) -> Option<&ApplicationArn> {
        match self {
            Self::Arn(arn) => Some(arn),
            Self::Name(_) => None,
        }
    }
}
