//! What names of AWS look like: Regions, ARNs, ids, tags. Only their form; whether the thing exists
//! is for the services to say.

/// Regions to suggest when one is misspelt. Others are accepted as well.
pub(super) const REGIONS: &[&str] = &[
    "af-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// Two letters, one or more words, one digit, with `-` between.
pub(super) fn is_region(text: &str) -> bool {
    let mut parts: Vec<&str> = text.split('-').collect();
    let digit = parts.pop().is_some_and(|last| last.len() == 1 && last.bytes().all(|byte| byte.is_ascii_digit()));
    let lower = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    digit && parts.len() >= 2 && parts[0].len() == 2 && parts.iter().all(lower)
}

/// The parts of an ARN, of a partition whose name begins with `aws`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    /// Such as `connect`.
    pub(super) service: &'a str,
    /// Empty for global things.
    pub(super) region: &'a str,
    /// Empty for things of AWS itself.
    pub(super) account: &'a str,
    /// The rest.
    pub(super) resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes it apart.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (arn, partition) = (parts.next()?, parts.next()?);
        let (service, region, account, resource) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let known = arn == "arn" && (partition == "aws" || partition.starts_with("aws-"));
        known.then_some(Self { service, region, account, resource })
    }

    /// The account and id of a Connect instance, and its Region: `(region, account, id)`.
    pub(super) fn connect_instance(self) -> Option<(&'a str, &'a str, &'a str)> {
        let id = self.resource.strip_prefix("instance/")?;
        let fits = self.service == "connect" && is_region(self.region) && is_account(self.account) && is_uuid(id);
        fits.then_some((self.region, self.account, id))
    }

    /// The account of a role.
    pub(super) fn role_account(self) -> Option<&'a str> {
        let name = self.resource.strip_prefix("role/")?;
        let letters = |letter: char| letter.is_ascii_graphic() && letter != '"';
        let fits = self.service == "iam" && self.region.is_empty() && is_account(self.account);
        (fits && !name.is_empty() && !name.ends_with('/') && name.chars().all(letters)).then_some(self.account)
    }

    /// The id of an Identity Center instance.
    pub(super) fn identity_center_instance(self) -> Option<&'a str> {
        let id = self.resource.strip_prefix("instance/")?;
        let fits = self.service == "sso" && self.region.is_empty() && self.account.is_empty();
        (fits && is_identity_center_id(id)).then_some(id)
    }

    /// The id of the Identity Center instance that an application belongs to.
    pub(super) fn application_instance(self) -> Option<&'a str> {
        let (instance, application) = self.resource.strip_prefix("application/")?.split_once('/')?;
        let id = application.strip_prefix("apl-")?;
        let fits = self.service == "sso" && self.region.is_empty() && is_account(self.account);
        let alphanumeric = id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (fits && alphanumeric && is_identity_center_id(instance)).then_some(instance)
    }
}

/// `ssoins-` (or `ins-`) and 16 letters.
fn is_identity_center_id(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    let id = text.strip_prefix("sso").unwrap_or(text).strip_prefix("ins-");
    id.is_some_and(|id| id.len() == 16 && id.bytes().all(letters))
}

/// Twelve digits.
fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Groups of 8, 4, 4, 4 and 12 hexadecimal digits.
pub(super) fn is_uuid(text: &str) -> bool {
    let hex = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == 5 && parts.iter().zip([8, 4, 4, 4, 12]).all(|(part, length)| hex(part, length))
}

/// `d-` and ten hexadecimal digits, or a UUID.
pub(super) fn is_identity_store_id(text: &str) -> bool {
    let digits = |rest: &str| {
        rest.len() == 10 && rest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    text.strip_prefix("d-").is_some_and(digits) || is_uuid(text)
}

/// Letters that tags may have.
pub(super) fn is_tag_letter(letter: char) -> bool {
    let space = letter.is_whitespace() && !letter.is_control();
    letter.is_alphabetic() || letter.is_numeric() || space || "_.:/=+-@".contains(letter)
}

/// Letters that an external id may have.
pub(super) fn is_external_id_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_+=,.@:/-".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_have_two_letters_words_and_a_digit() {
        for text in ["eu-west-2", "us-gov-west-1", "ap-southeast-7"] {
            assert!(is_region(text), "{text}");
        }
        for text in ["", "eu-west2", "eu-west-", "eu-west-12", "eu-2", "EU-west-2", "eu--2", "eu-west-2 ", "eur-west-2"]
        {
            assert!(!is_region(text), "{text}");
        }
        assert!(REGIONS.iter().all(|region| is_region(region)));
    }

    fn arn(text: &str) -> Arn<'_> {
        Arn::parse(text).unwrap()
    }

    #[test]
    fn an_instance_has_region_account_and_uuid() {
        let id = "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb";
        let text = format!("arn:aws:connect:eu-west-2:111122223333:instance/{id}");
        assert_eq!(arn(&text).connect_instance(), Some(("eu-west-2", "111122223333", id)));
        let text = format!("arn:aws-us-gov:connect:us-gov-west-1:111122223333:instance/{id}");
        assert_eq!(arn(&text).connect_instance(), Some(("us-gov-west-1", "111122223333", id)));
        for bad in [
            format!("arn:aws:connect:eu-west-2:111122223333:instance/{id}/agent/{id}"),
            format!("arn:aws:connect::111122223333:instance/{id}"),
            format!("arn:aws:connect:eu-west-2:1111:instance/{id}"),
            format!("arn:aws:iam:eu-west-2:111122223333:instance/{id}"),
        ] {
            assert_eq!(arn(&bad).connect_instance(), None, "{bad}");
        }
        assert_eq!(Arn::parse("arn:azure:connect:eu-west-2:111122223333:instance/x"), None);
        assert_eq!(Arn::parse("arn:aws:connect"), None);
    }

    #[test]
    fn a_role_may_have_a_path() {
        assert_eq!(arn("arn:aws:iam::111122223333:role/rollcall").role_account(), Some("111122223333"));
        assert_eq!(arn("arn:aws:iam::111122223333:role/a/b").role_account(), Some("111122223333"));
        for bad in ["arn:aws:iam::111122223333:user/a", "arn:aws:iam::1111:role/a", "arn:aws:iam::111122223333:role/"] {
            assert_eq!(arn(bad).role_account(), None, "{bad}");
        }
    }

    #[test]
    fn an_application_names_its_identity_center_instance() {
        let application = "arn:aws:sso::111122223333:application/ssoins-1234567890abcdef/apl-1234567890abcdef";
        assert_eq!(arn(application).application_instance(), Some("ssoins-1234567890abcdef"));
        let instance = "arn:aws:sso:::instance/ssoins-1234567890abcdef";
        assert_eq!(arn(instance).identity_center_instance(), Some("ssoins-1234567890abcdef"));
        assert_eq!(arn(instance).application_instance(), None);
        assert_eq!(arn("arn:aws:sso:::instance/ssoins-123").identity_center_instance(), None);
    }

    #[test]
    fn tags_have_letters_of_every_script_but_no_control_codes() {
        assert!("Équipe 7: nord/süd_a.b=c+d-e@f".chars().all(is_tag_letter));
        assert!(!"a\tb".chars().all(is_tag_letter));
        assert!(!"a#b".chars().all(is_tag_letter));
    }
}
