//! Identity Center: groups, who is in them, and who these people are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_config::{Region, SdkConfig};
use aws_sdk_identitystore::Client;
use futures::{StreamExt, stream};
use tokio_util::sync::CancellationToken;

use super::access::Access;
use super::application::SsoAdmin;
use super::connector::Announce;
use super::error::{Error, ErrorKind};
use super::iam::Place;
use super::lane::{Lane, SIDE_BY_SIDE};
use super::ledger::Ledger;
use super::operation::Operation;
use super::pace::Pace;
use super::people::read_people;
use super::store::Store;
use crate::model::directory::{Directory, Group, Principal};
use crate::model::id::PrincipalId;
use crate::model::limits::Rates;
use crate::model::reference::Role;
use crate::model::settings::GroupRef;

/// Which Identity Center it is.
#[derive(Debug, Clone, Default)]
pub struct IdentityCenterAt {
    /// The Region in which it is switched on.
    pub region: String,
    /// The instance's ARN; looked up where it is needed and not given.
    pub instance_arn: Option<String>,
    /// The identity store's id; looked up where it is not given.
    pub identity_store_id: Option<String>,
    /// The role to read it as.
    pub role: Option<Role>,
}

/// Identity Center: Identity Store for people and groups, SSO Admin for the instance.
#[derive(Debug, Clone)]
pub struct IdentityCenter {
    at: IdentityCenterAt,
    config: SdkConfig,
    store: Client,
    lane: Lane,
    admin: SsoAdmin,
}

impl IdentityCenter {
    /// Prepares the clients. Nothing is called yet.
    pub async fn open(access: &Access, at: IdentityCenterAt, pace: &Pace, rates: &Rates) -> Self {
        let config = access.config(&at.region, at.role.as_ref()).await;
        let account = at.role.as_ref().and_then(Role::account);
        let here = Place {
            region: at.region.clone(),
            account: account.clone(),
            store: at.identity_store_id.clone(),
            ..Place::default()
        };
        let lane = Lane::new(pace, &rates.identity_store, account, here);
        let store = aws_sdk_identitystore::config::Builder::from(&config).interceptor(Announce(lane.clone())).build();
        let admin = SsoAdmin::new(&config, pace, &rates.sso_admin, at.role.as_ref(), at.instance_arn.as_ref());
        Self { at, config, store: Client::from_conf(store), lane, admin }
    }

    /// The same Identity Center; its calls are counted in this ledger.
    #[must_use]
    pub fn counted(&self, ledger: &Ledger) -> Self {
        let store = self.store.config().to_builder().interceptor(ledger.clone()).build();
        Self { store: Client::from_conf(store), admin: self.admin.counted(ledger), ..self.clone() }
    }

    /// The same Identity Center; its calls go before those of others, because somebody waits for them.
    #[must_use]
    pub fn urgent(&self) -> Self {
        Self { lane: self.lane.urgent(), admin: self.admin.urgent(), ..self.clone() }
    }

    /// The same Identity Center, for one of those who share its pace: their calls take turns.
    #[must_use]
    pub fn on_behalf_of(&self, owner: &str) -> Self {
        Self { lane: self.lane.on_behalf_of(owner), admin: self.admin.on_behalf_of(owner), ..self.clone() }
    }

    /// Seconds until so many more calls of this operation will have had their turn, as things stand.
    #[must_use]
    pub fn seconds_for(&self, operation: &'static Operation, calls: u64) -> f64 {
        self.lane.seconds_for(operation, calls)
    }

    /// The same Identity Center; its calls are called off while they wait for their turn, once this is cancelled.
    #[must_use]
    pub fn until(&self, stop: &CancellationToken) -> Self {
        Self { lane: self.lane.until(stop), admin: self.admin.until(stop), ..self.clone() }
    }

    /// SSO Admin where it is switched on.
    pub(super) fn admin(&self) -> &SsoAdmin {
        &self.admin
    }

    /// SSO Admin of this Identity Center in another Region, where an application may have been made.
    pub(super) fn admin_in(&self, region: &str, pace: &Pace, rates: &Rates) -> SsoAdmin {
        let config = self.config.clone().into_builder().region(Region::new(region.to_owned())).build();
        SsoAdmin::new(&config, pace, &rates.sso_admin, self.at.role.as_ref(), self.at.instance_arn.as_ref())
    }

    /// The Region in which it is switched on.
    pub(super) fn region(&self) -> &str {
        &self.at.region
    }

    /// Reads these groups, whoever is in them, and their attributes: each person once, however many groups they are in.
    ///
    /// What cannot be read is an error of the group or person that it concerns, so that targets which have nothing to
    /// do with them go on.
    pub async fn read(&self, groups: &BTreeSet<GroupRef>) -> DirectoryRead {
        if groups.is_empty() {
            return DirectoryRead::default();
        }
        let store = match self.store().await {
            Ok(store) => store,
            Err(error) => {
                let error = Arc::new(error);
                let groups = groups.iter().map(|group| (group.clone(), Err(Arc::clone(&error)))).collect();
                return DirectoryRead { groups, people: BTreeMap::new() };
            }
        };
        let read = async |group: GroupRef| {
            let read = store.group(&group).await.map_err(Arc::new);
            (group, read)
        };
        let groups: BTreeMap<_, _> =
            stream::iter(groups.iter().cloned()).map(read).buffer_unordered(SIDE_BY_SIDE).collect().await;
        let members = groups.values().flatten().flatten().flat_map(|group| group.members.iter().cloned()).collect();
        DirectoryRead { people: read_people(&store, members).await, groups }
    }

    /// Whether the configuration leaves the store to be found.
    pub(super) fn looks_up_its_store(&self) -> bool {
        self.at.identity_store_id.is_none()
    }

    /// The store, by its id; looked up where the configuration does not give it.
    pub(super) async fn store(&self) -> Result<Store, Error> {
        let id = match &self.at.identity_store_id {
            Some(id) => id.clone(),
            None => self.admin.instance().await?.store_id.clone(),
        };
        let place = Place { store: Some(id.clone()), ..self.lane.place().clone() };
        Ok(Store { client: self.store.clone(), lane: self.lane.at(place), id })
    }
}

/// What was read of Identity Center in one run, for all targets.
#[derive(Debug, Clone, Default)]
pub struct DirectoryRead {
    /// Each group that was asked for; `None` where there is no such group.
    pub groups: BTreeMap<GroupRef, Result<Option<Group>, Arc<Error>>>,
    /// Everybody in these groups; `None` where a membership outlived its principal.
    pub people: BTreeMap<PrincipalId, Result<Option<Principal>, Arc<Error>>>,
}

impl DirectoryRead {
    /// What a target with these groups sees.
    ///
    /// # Errors
    /// The first among its groups and their members: a target that is read in part is not read.
    pub fn for_groups<'a>(&self, groups: impl IntoIterator<Item = &'a GroupRef>) -> Result<Directory, Arc<Error>> {
        let mut directory = Directory::default();
        for reference in groups {
            let group = match self.groups.get(reference) {
                Some(read) => read.clone()?,
                None => return Err(Arc::new(not_read(reference))),
            };
            for id in group.iter().flat_map(|group| &group.members) {
                let person = match self.people.get(id) {
                    Some(read) => read.clone()?,
                    None => return Err(Arc::new(not_read(reference))),
                };
                directory.principals.extend(person.map(|person| (id.clone(), person)));
            }
            directory.groups.insert(reference.clone(), group);
        }
        Ok(directory)
    }
}

/// Whom nobody asked for when the directory was read cannot be vouched for.
fn not_read(reference: &GroupRef) -> Error {
    let doing = format!("read the group `{}`", reference.as_str());
    Error::plain(ErrorKind::Unreadable, None, &Place::default(), doing, "it was not read in this run, or not whole")
}
