//! What a request says of its sender: the `Authorization` header and its date. The signature itself is not
//! checked, because the simulator knows nobody's secret.

use hyper::header::HeaderMap;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::answer::{Refusal, RefusalKind};
use super::clock::amz_date;
use super::request::header;
use super::service::Service;

/// How far a signature's date may be off.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// The sender, as the request tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Signed {
    pub(super) access_key: String,
    pub(super) region: String,
    pub(super) session_token: Option<String>,
    date: String,
    service: String,
    headers: String,
    signature: String,
}

/// Reads the header; `None` where there is none or it is not one.
pub(super) fn read(headers: &HeaderMap) -> Option<Signed> {
    let rest = header(headers, "authorization")?.strip_prefix("AWS4-HMAC-SHA256 ")?;
    let mut signed = Signed::default();
    for part in rest.split(',') {
        let (name, value) = part.trim().split_once('=')?;
        match name {
            "Credential" => {
                let mut scope = value.split('/');
                let mut next = || scope.next().map(str::to_owned);
                (signed.access_key, signed.date, signed.region, signed.service) = (next()?, next()?, next()?, next()?);
                (scope.next()? == "aws4_request" && scope.next().is_none()).then_some(())?;
            }
            "SignedHeaders" => value.clone_into(&mut signed.headers),
            "Signature" => value.clone_into(&mut signed.signature),
            _ => return None,
        }
    }
    signed.session_token = header(headers, "x-amz-security-token").map(str::to_owned);
    (!signed.access_key.is_empty() && !signed.region.is_empty()).then_some(signed)
}

/// Holds a request's signature against everything but the secret.
pub(super) fn check(
    service: Service,
    headers: &HeaderMap,
    signed: Option<&Signed>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let Some(signed) = signed else {
        return Err(match header(headers, "authorization") {
            None if service == Service::Sts => {
                RefusalKind::MissingAuthentication.refusal(service, "Request is missing Authentication Token")
            }
            None => RefusalKind::MissingAuthentication.refusal(service, "Missing Authentication Token"),
            Some(_) => RefusalKind::IncompleteSignature.refusal(
                service,
                "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' \
                 parameter. Authorization header requires 'SignedHeaders' parameter.",
            ),
        });
    };
    let invalid = |message: String| Err(RefusalKind::InvalidSignature.refusal(service, message));
    if signed.signature.len() != 64 || !signed.signature.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return invalid("The request signature we calculated does not match the signature you provided.".to_owned());
    }
    if signed.service != service.name() {
        return invalid(format!("Credential should be scoped to correct service: '{service}'."));
    }
    if !signed.headers.split(';').any(|name| name == "host") {
        return invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".to_owned());
    }
    let Some((text, at)) = header(headers, "x-amz-date").and_then(|text| Some((text, instant(text)?))) else {
        return Err(RefusalKind::IncompleteSignature
            .refusal(service, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."));
    };
    if !text.starts_with(&signed.date) {
        return invalid(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date: {text}"
        ));
    }
    let shown = amz_date(now);
    // The clock may stand at either end of the calendar, beyond which there is nothing to show.
    if now.duration_since(at) > TOLERANCE {
        let earliest = amz_date(now.checked_sub(TOLERANCE).unwrap_or(now));
        return invalid(format!("Signature expired: {text} is now earlier than {earliest} ({shown} - 5 min.)"));
    }
    if at.duration_since(now) > TOLERANCE {
        let latest = amz_date(now.checked_add(TOLERANCE).unwrap_or(now));
        return invalid(format!("Signature not yet current: {text} is still later than {latest} ({shown} + 5 min.)"));
    }
    Ok(())
}

fn instant(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}
