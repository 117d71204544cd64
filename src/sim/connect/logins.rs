//! What Connect asks of a user's login, names and addresses, which hangs on how the instance's users sign in.

use serde_json::{Map, Value};
use unicode_normalization::is_nfc;

use super::{parameter, request};
use crate::sim::answer::Refusal;
use crate::sim::call::text;
use crate::sim::state::instance::Instance;

/// Characters of a login, at most.
fn longest(instance: &Instance) -> usize {
    if instance.identity_management == "SAML" { 64 } else { 20 }
}

/// Whether `login` can be the login of a user of this instance.
pub(super) fn check_login(instance: &Instance, login: &str) -> Result<(), Refusal> {
    let longest = longest(instance);
    if login.len() > longest {
        return Err(parameter(format!("Username must not be longer than {longest} characters")));
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.@".contains(&byte);
    if !login.bytes().all(allowed) {
        return Err(parameter("Username must match [a-zA-Z0-9_-.\\@]+"));
    }
    if login.contains('@') && !is_email_form(login) {
        return Err(parameter("Username can contain @ only in the form of an e-mail address"));
    }
    Ok(())
}

/// `name@domain.tld`.
fn is_email_form(login: &str) -> bool {
    let Some((name, domain)) = login.split_once('@') else { return false };
    let labels: Vec<&str> = domain.split('.').collect();
    !name.is_empty() && !domain.contains('@') && labels.len() > 1 && labels.iter().all(|label| !label.is_empty())
}

/// Whether the members that tell how somebody signs in go with the instance.
pub(super) fn check_credentials(instance: &Instance, input: &Map<String, Value>) -> Result<(), Refusal> {
    let managed = instance.identity_management == "CONNECT_MANAGED";
    match (text(input, "Password"), managed) {
        (Some(_), false) => return Err(request("Password is not required for this directory type")),
        (None, true) => return Err(request("Password is required for this directory type")),
        _ => {}
    }
    if text(input, "DirectoryUserId").is_some() && instance.identity_management != "EXISTING_DIRECTORY" {
        return Err(request("DirectoryUserId is not allowed for this directory type"));
    }
    Ok(())
}

/// Whether names and addresses are as the instance takes them.
pub(super) fn check_identity(instance: &Instance, identity: Option<&Map<String, Value>>) -> Result<(), Refusal> {
    if instance.identity_management == "EXISTING_DIRECTORY" {
        return Ok(());
    }
    let Some(identity) = identity else { return Err(request("IdentityInfo is required for this directory type")) };
    for member in ["FirstName", "LastName"] {
        match text(identity, member) {
            None | Some("") => return Err(request(format!("{member} is required for this directory type"))),
            Some(name) if !is_nfc(name) => {
                return Err(parameter(format!("{member} must be in Unicode Normalization Form C")));
            }
            Some(_) => {}
        }
    }
    if instance.identity_management == "SAML" && identity.get("Email").is_some_and(|email| !email.is_null()) {
        return Err(request("Email is not required for this directory type"));
    }
    Ok(())
}
