//! One person in one target: a snapshot of them alone, by a few calls. It holds nobody else, so nothing is ever concluded
//! from it about others, and nobody is marked or removed on its ground.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use super::{Runner, Target};
use crate::aws::{self, IdentityCenter, Ledger, TargetRead};
use crate::model::connect::{ApplicationState, ConnectUser};
use crate::model::directory::{Directory, Group, Principal};
use crate::model::id::{GroupId, Login, PrincipalId, TargetName};
use crate::model::settings::{GroupRef, LoginFrom, Settings};
use crate::model::snapshot::{Scope, Snapshot};
use crate::plan::explain::{Explanation, explain};
use crate::plan::{self, Ownership};
use crate::report::Trouble;

/// How much is read of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// What a pass needs: assignments are for groups, and a pass of one person makes none.
    Pass,
    /// The application as well.
    Explain,
}

/// What `explain` found out about one target.
#[derive(Debug)]
pub struct Explained {
    /// The target.
    pub name: TargetName,
    /// The chain, or why it could not be followed.
    pub result: Result<Explanation, Trouble>,
}

impl Runner {
    /// Follows the whole chain for one person, in each target or in one. Nothing is written.
    pub async fn explain(&self, person: &str, only: Option<&TargetName>) -> Vec<Explained> {
        let setup = self.setup();
        let identity_center = self.identity_center(&setup).await;
        let targets =
            setup.config.targets.iter().filter(|target| only.is_none_or(|name| target.settings.name == *name));
        join_all(targets.map(|target| self.explain_in(person, target, &identity_center))).await
    }

    async fn explain_in(&self, person: &str, target: &Target, identity_center: &IdentityCenter) -> Explained {
        let ledger = Ledger::new();
        let opened = self.open(target, identity_center).await.urgent().counted(&ledger);
        let identity_center = identity_center.urgent().counted(&ledger);
        let settings = &target.settings;
        let reading = OnePerson { target: &opened, identity_center: &identity_center, settings };
        let read = reading.read(person, Depth::Explain, [&ledger, &ledger]).await;
        let result = read.map(|snapshot| explain(&snapshot, settings, &plan::plan(&snapshot, settings), person));
        Explained { name: settings.name.clone(), result }
    }
}

/// What one person is read with.
pub(super) struct OnePerson<'a> {
    pub(super) target: &'a aws::Target,
    pub(super) identity_center: &'a IdentityCenter,
    pub(super) settings: &'a Settings,
}

impl OnePerson<'_> {
    /// Everything about the person of this name.
    pub(super) async fn read(&self, name: &str, depth: Depth, ledgers: [&Ledger; 2]) -> Result<Snapshot, Trouble> {
        let trouble = |error: aws::Error| Trouble::of(&error, error.hint());
        let hierarchy: BTreeSet<String> =
            self.settings.mappings.iter().filter_map(|mapping| mapping.hierarchy.clone()).collect();
        let (person, directory, instance, catalog) = futures::future::try_join4(
            self.identity_center.find_person(name),
            self.groups(),
            self.target.instance(),
            self.target.catalog(&hierarchy),
        )
        .await
        .map(|(person, groups, instance, catalog)| {
            (person, Directory { groups, ..Directory::default() }, instance, catalog)
        })
        .map_err(trouble)?;
        let mut reading = Reading { name, person, directory };
        let users = self.users(&mut reading).await.map_err(trouble)?;
        // Of nobody there is still something to explain; but there is nothing to carry out.
        if depth == Depth::Pass
            && reading.person.is_none()
            && users.iter().all(|user| !user.login.as_str().eq_ignore_ascii_case(name))
        {
            return Err(nobody());
        }
        let winning = self.enter_groups(&mut reading).await.map_err(trouble)?;
        let served = reading.login(self.settings.login_from);
        let is_served = |user: &ConnectUser| Some(&user.login) == served.as_ref();
        let application = match (depth, &reading.person) {
            (Depth::Pass, _) => ApplicationState::NotConfigured,
            (Depth::Explain, person) => {
                // Whoever has no Connect user is not ready in any case.
                let person = person.as_ref().map(|person| &person.id).filter(|_| users.iter().any(is_served));
                self.target.application_for(winning.as_ref(), person).await.map_err(trouble)?
            }
        };
        TargetRead { instance, catalog, users, application }
            .into_snapshot(Scope::OnePerson, reading.directory, ledgers)
            .map_err(trouble)
    }

    /// The mapped groups, as if nobody were in them.
    async fn groups(&self) -> Result<BTreeMap<GroupRef, Option<Group>>, aws::Error> {
        let references: BTreeSet<GroupRef> =
            self.settings.mappings.iter().map(|mapping| mapping.group.clone()).collect();
        let ids = self.identity_center.group_ids(&references).await?;
        let group = |(reference, id): (GroupRef, Option<GroupId>)| {
            let name = match &reference {
                GroupRef::Name(name) => Some(name.clone()),
                GroupRef::Id(_) => None,
            };
            (reference, id.map(|id| Group { id, name, members: BTreeSet::new() }))
        };
        Ok(ids.into_iter().map(group).collect())
    }

    /// The Connect users that may be the person's. A login that nobody in Identity Center bears may be an owned user's,
    /// whose tag then tells who it is.
    async fn users(&self, reading: &mut Reading<'_>) -> Result<Vec<ConnectUser>, aws::Error> {
        let found = self.users_of(reading).await?;
        if reading.person.is_some() {
            return Ok(found);
        }
        let named = found.iter().find(|user| user.login.as_str() == reading.name);
        let principal = named.and_then(|user| match Ownership::of(user, &self.settings.owner) {
            Ownership::Owned { principal, .. } => principal.map(PrincipalId::new),
            _ => None,
        });
        let Some(principal) = principal else { return Ok(found) };
        reading.person = self.identity_center.person(&principal).await?;
        if reading.person.is_some() { self.users_of(reading).await } else { Ok(found) }
    }

    async fn users_of(&self, reading: &Reading<'_>) -> Result<Vec<ConnectUser>, aws::Error> {
        let wanted = reading.login(self.settings.login_from).unwrap_or_else(|| Login::new(reading.name));
        let user_name = reading.person.as_ref().and_then(|person| person.user_name.as_deref());
        let local =
            |text: &str| text.split('@').next().filter(|local| local.len() > 1).map(|local| format!("{local}@"));
        let beginnings: BTreeSet<String> = [Some(wanted.as_str())].into_iter().flatten().filter_map(local).collect();
        let mut logins = vec![wanted];
        logins.extend(user_name.map(Login::new).filter(|login| *login != logins[0]));
        let person = reading.person.as_ref().map(|person| &person.id);
        self.target.users_of(&logins, &beginnings.into_iter().collect::<Vec<_>>(), person).await
    }

    /// Puts the person into the groups that they are in. Says which of them wins.
    async fn enter_groups(&self, reading: &mut Reading<'_>) -> Result<Option<GroupId>, aws::Error> {
        let Some(person) = reading.person.take() else { return Ok(None) };
        let ids: Vec<GroupId> = reading.directory.groups.values().flatten().map(|group| group.id.clone()).collect();
        let entered = self.identity_center.memberships(&person.id, &ids).await?;
        for group in reading.directory.groups.values_mut().flatten().filter(|group| entered.contains(&group.id)) {
            group.members.insert(person.id.clone());
        }
        let group_of = |reference| reading.directory.groups.get(reference).and_then(Option::as_ref);
        let winning = self.settings.mappings.iter().filter_map(|mapping| group_of(&mapping.group));
        let winning = winning.map(|group| group.id.clone()).find(|id| entered.contains(id));
        reading.directory.principals.insert(person.id.clone(), person.clone());
        reading.person = Some(person);
        Ok(winning)
    }
}

/// What is known so far.
struct Reading<'a> {
    name: &'a str,
    person: Option<Principal>,
    directory: Directory,
}

impl Reading<'_> {
    fn login(&self, from: LoginFrom) -> Option<Login> {
        let person = self.person.as_ref()?;
        let value = match from {
            LoginFrom::Email => &person.email,
            LoginFrom::Username => &person.user_name,
        };
        value.as_deref().map(Login::new)
    }
}

fn nobody() -> Trouble {
    Trouble {
        // Whoever asked knows the name; a log that keeps people out does not want to.
        hint: Some("a person is a login, an e-mail address, a user name or the id of Identity Store".to_owned()),
        ..Trouble::plain("nobody of that name is in Identity Center or in the instance")
    }
}
