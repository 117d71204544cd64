//! A target: one Connect instance, and the application that signs people into it.

mod catalog;
mod change;
mod phone;
mod portrait;
mod quick;
mod read;
mod write;

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_connect::Client;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use self::portrait::Portrait;
pub use self::read::TargetRead;
use super::access::Access;
use super::application::SsoAdmin;
use super::connector::Announce;
use super::directory::IdentityCenter;
use super::iam::Place;
use super::lane::Lane;
use super::ledger::Ledger;
use super::operation::{Operation, Service};
use super::pace::Pace;
use super::retry::Corrections;
use super::trial::Trials;
use crate::model::connect::ApplicationState;
use crate::model::id::InstanceId;
use crate::model::limits::Rates;
use crate::model::reference::{ApplicationRef, Role};

/// Which target it is.
#[derive(Debug, Clone)]
pub struct TargetAt {
    /// The Region of the Connect instance.
    pub region: String,
    /// The instance.
    pub instance: InstanceId,
    /// The account that the instance is in, where it is known; `None` is the account of the credentials.
    pub account: Option<String>,
    /// The role to reach Connect as. The application belongs to Identity Center, and to its role.
    pub role: Option<Role>,
    /// The value of the owner tag, for the policy lines of hints.
    pub owner: String,
    /// The application, where there is one.
    pub application: Option<ApplicationRef>,
    /// The Region that the application was made in; Identity Center's own where nothing is said.
    pub application_region: Option<String>,
}

/// A Connect instance and its application.
#[derive(Debug, Clone)]
pub struct Target {
    client: Client,
    lane: Lane,
    instance: InstanceId,
    /// SSO Admin where the application was made.
    admin: SsoAdmin,
    /// SSO Admin where Identity Center is at home.
    home: SsoAdmin,
    application: Option<ApplicationRef>,
}

impl Target {
    /// Prepares the clients. Nothing is called yet.
    pub async fn open(
        access: &Access,
        at: TargetAt,
        identity_center: &IdentityCenter,
        pace: &Pace,
        rates: &Rates,
    ) -> Self {
        let config = access.config(&at.region, at.role.as_ref()).await;
        let account = at.account.or_else(|| at.role.as_ref().and_then(Role::account));
        let here = Place {
            region: at.region,
            account: account.clone(),
            instance: Some(at.instance.to_string()),
            owner: Some(at.owner),
            ..Place::default()
        };
        let owner = at.instance.as_str();
        let lane = Lane::new(pace, &rates.connect, account, here).on_behalf_of(owner);
        let client = aws_sdk_connect::config::Builder::from(&config)
            .interceptor(Announce(lane.clone()))
            .retry_classifier(Corrections(Service::Connect))
            .build();
        let application_region = at.application_region.as_deref().unwrap_or(identity_center.region());
        Self {
            client: Client::from_conf(client),
            lane,
            admin: identity_center.admin_in(application_region, pace, rates).on_behalf_of(owner),
            home: identity_center.admin().on_behalf_of(owner),
            instance: at.instance,
            application: at.application,
        }
    }

    /// The same target; its calls are counted in this ledger.
    #[must_use]
    pub fn counted(&self, ledger: &Ledger) -> Self {
        let client = self.client.config().to_builder().interceptor(ledger.clone()).build();
        Self {
            client: Client::from_conf(client),
            admin: self.admin.counted(ledger),
            home: self.home.counted(ledger),
            ..self.clone()
        }
    }

    /// The same target; its calls go before those of others, because somebody waits for them.
    #[must_use]
    pub fn urgent(&self) -> Self {
        Self { lane: self.lane.urgent(), admin: self.admin.urgent(), home: self.home.urgent(), ..self.clone() }
    }

    /// The same target; its calls are called off while they wait for their turn, once this is cancelled.
    #[must_use]
    pub fn until(&self, stop: &CancellationToken) -> Self {
        Self { lane: self.lane.until(stop), admin: self.admin.until(stop), home: self.home.until(stop), ..self.clone() }
    }

    /// The same target, which tells when a call that writes has had its turn and goes out.
    #[must_use]
    pub fn telling(&self, writing: &Arc<Notify>) -> Self {
        Self {
            lane: self.lane.telling(writing),
            admin: self.admin.telling(writing),
            home: self.home.telling(writing),
            ..self.clone()
        }
    }

    /// Reads the application part by part, and notes how each went.
    pub(super) async fn probe_application(&self, trials: &mut Trials) -> Option<ApplicationState> {
        match &self.application {
            Some(reference) => self.admin.probe(reference, &self.home, trials).await,
            None => Some(ApplicationState::NotConfigured),
        }
    }

    /// Seconds until so many more calls of this operation, of Connect or of the application's assignments, will have had
    /// their turn, as things stand.
    #[must_use]
    pub fn seconds_for(&self, operation: &'static Operation, calls: u64) -> f64 {
        if operation.service == Service::SsoAdmin {
            self.admin.seconds_for(operation, calls)
        } else {
            self.lane.seconds_for(operation, calls)
        }
    }
}

/// Tags as Connect has them.
fn tags(tags: Option<HashMap<String, String>>) -> std::collections::BTreeMap<String, String> {
    tags.unwrap_or_default().into_iter().collect()
}
