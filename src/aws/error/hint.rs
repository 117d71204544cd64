//! What to do about an error.

use super::{Details, ErrorKind};
use crate::aws::iam;
use crate::aws::operation::{self, Operation};

const CHAIN: &str = "credentials are looked for as every AWS SDK does: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, \
    the profile that AWS_PROFILE names, a web identity token, the container's or the instance's role";

/// One sentence, or nothing where there is nothing to be done but to wait for the next pass.
pub(super) fn of(error: &Details) -> Option<String> {
    let region = &error.place.region;
    let is = |operation: &'static Operation| error.operation == Some(operation);
    let text = match error.kind {
        ErrorKind::Denied => denied(error)?,
        ErrorKind::Credentials => credentials(error),
        ErrorKind::Throttled => "other callers use up the account's quota: lower `share` under `[rates]`, or have the \
            quota raised"
            .to_owned(),
        ErrorKind::Quota if is(&operation::CREATE_USER) => {
            "the instance has no room for more users: have its quota of users raised in Service Quotas".to_owned()
        }
        ErrorKind::Quota => "have the quota raised, or make room".to_owned(),
        ErrorKind::Unreadable => format!(
            "something other than the service in `{region}` may be answering: look at HTTPS_PROXY and \
            AWS_ENDPOINT_URL, and whether the proxy asks for a log-in"
        ),
        ErrorKind::Connection | ErrorKind::Timeout => format!(
            "see that the service has an endpoint in the Region `{region}` and can be reached from here: DNS, firewall, \
            HTTPS_PROXY, VPC endpoint, AWS_ENDPOINT_URL"
        ),
        ErrorKind::NotFound => not_found(error)?,
        ErrorKind::Conflict if is(&operation::LIST_INSTANCES) => {
            "set `identity_center.instance_arn` and `identity_center.identity_store_id`".to_owned()
        }
        ErrorKind::Invalid if error.reason.is_some() => {
            "Identity Center is encrypted with a key of your own: see that the key exists, is enabled, and that its \
            policy allows kms:Decrypt"
                .to_owned()
        }
        ErrorKind::Invalid if error.operation.is_none() => {
            "correct the setting, or take it out: the SDK's default is good".to_owned()
        }
        ErrorKind::ServerError => {
            "the service itself fails: the next pass tries again, and AWS Health may know more".to_owned()
        }
        ErrorKind::Invalid | ErrorKind::Conflict | ErrorKind::Duplicate | ErrorKind::CalledOff => return None,
    };
    Some(text)
}

fn denied(error: &Details) -> Option<String> {
    let operation = error.operation?;
    let statement = iam::statement(operation, &error.place);
    let key = match error.reason {
        Some(_) => ", and the key's policy has to allow kms:Decrypt",
        None => "",
    };
    Some(format!("allow `{}`, for instance by the policy statement {statement}{key}", operation.action()))
}

fn credentials(error: &Details) -> String {
    match error.code.as_deref() {
        Some("AccessDenied" | "AccessDeniedException") => {
            "the role's trust policy has to name the caller (with the same `external_id`, if it asks for one), and the \
            caller has to be allowed `sts:AssumeRole` on the role"
                .to_owned()
        }
        Some(code) if code.starts_with("ExpiredToken") || code.starts_with("RequestExpired") => {
            format!("the credentials have expired: renew them; {CHAIN}")
        }
        Some(code) if code.starts_with("InvalidSignature") || code.starts_with("SignatureDoesNotMatch") => {
            "see that the secret key is right, and the host's clock too".to_owned()
        }
        _ => CHAIN.to_owned(),
    }
}

fn not_found(error: &Details) -> Option<String> {
    let operation = error.operation?;
    let region = &error.place.region;
    if *operation == operation::LIST_INSTANCES {
        return Some(
            "see that `identity_center.region` is the Region in which Identity Center is switched on, and that the \
            account is its own or a delegated administrator's"
                .to_owned(),
        );
    }
    let what = match operation.service {
        operation::Service::IdentityStore => "`identity_store_id`",
        operation::Service::SsoAdmin => "`application` and `application_region`",
        operation::Service::Connect => "`instance_id`",
    };
    Some(format!(
        "see that {what} is right, that the Region is (`{region}` was asked), and that the credentials or the role \
        belong to the account that it lives in"
    ))
}
