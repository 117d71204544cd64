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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_account_is_read_off_an_arn_and_off_nothing_else(account in "[0-9]{12}", name in "\\PC{0,16}", text in "[a-z:]{0,12}|\\PC{0,32}") {
            let role = |arn: String| Role { arn, external_id: None }.account();
            prop_assert_eq!(role(format!("arn:aws:iam::{account}:role/{name}")), Some(account));
            prop_assert!(role(text.clone()).is_none_or(|read| !read.is_empty() && text.matches(':').count() >= 4));
        }

        #[test]
        fn an_application_stays_as_it_is_written(text in "(arn:)?\\PC{0,32}") {
            let read = ApplicationRef::parse(&text);
            prop_assert_eq!(read.arn().is_some(), text.starts_with("arn:"));
            prop_assert_eq!(read.arn().map_or(text.as_str(), ApplicationArn::as_str), text.as_str());
        }
    }
}
