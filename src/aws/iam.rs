//! Permissions: what an IAM policy has to say for an operation to be allowed.

use serde_json::json;

use super::operation::{self, Effect, Operation, Resource};
use crate::model::tag;

/// Where an operation acts, as far as that is known. What is not known becomes `*` in a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The Region.
    pub region: String,
    /// The account number.
    pub account: Option<String>,
    /// The identity store's id.
    pub store: Option<String>,
    /// The application's ARN.
    pub application: Option<String>,
    /// The Connect instance's id.
    pub instance: Option<String>,
    /// The value of the owner tag, which only the users that may be changed carry.
    pub owner: Option<String>,
}

impl Place {
    fn partition(&self) -> &'static str {
        match self.region.split('-').next() {
            Some("cn") => "aws-cn",
            Some("us") if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// The ARN of a resource here, with `*` for what is not known.
    #[must_use]
    pub fn arn(&self, resource: Resource) -> String {
        let (partition, region) = (self.partition(), &self.region);
        let account = self.account.as_deref().unwrap_or("*");
        let store = |path: &str| format!("arn:{partition}:identitystore:::{path}");
        let instance = |path: &str| {
            let id = self.instance.as_deref().unwrap_or("*");
            format!("arn:{partition}:connect:{region}:{account}:instance/{id}{path}")
        };
        match resource {
            Resource::Any => "*".to_owned(),
            Resource::Store => {
                let id = self.store.as_deref().unwrap_or("*");
                format!("arn:{partition}:identitystore::{account}:identitystore/{id}")
            }
            Resource::Group => store("group/*"),
            Resource::User => store("user/*"),
            Resource::Membership => store("membership/*"),
            Resource::Application => match &self.application {
                Some(arn) => arn.clone(),
                None => format!("arn:{partition}:sso::{account}:application/*"),
            },
            Resource::Instance => instance(""),
            Resource::Agent => instance("/agent/*"),
            Resource::RoutingProfile => instance("/routing-profile/*"),
            Resource::SecurityProfile => instance("/security-profile/*"),
            Resource::HierarchyGroup => instance("/agent-group/*"),
            Resource::QuickConnect => instance("/transfer-destination/*"),
        }
    }
}

/// The policy statement that allows an operation at a place, as one line of JSON.
#[must_use]
pub fn statement(operation: &Operation, place: &Place) -> String {
    let mut actions = vec![operation.action()];
    actions.extend(operation.also.iter().map(|&action| action.to_owned()));
    let resources: Vec<String> = operation.resources.iter().map(|&resource| place.arn(resource)).collect();
    let mut statement = json!({ "Effect": "Allow", "Action": actions, "Resource": resources });
    // What changes a user and nothing else is fenced by the owner tag. Tagging is not: it is what makes a user ours.
    let is_fenced = operation.effect == Effect::Write
        && operation.resources == [Resource::Agent]
        && *operation != operation::TAG_RESOURCE;
    if let Some(owner) = place.owner.as_ref().filter(|_| is_fenced) {
        let condition = format!("aws:ResourceTag/{}", tag::OWNER);
        statement["Condition"] = json!({"StringEquals": {condition: owner}});
    }
    statement.to_string()
}
