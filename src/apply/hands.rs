//! One action at a time: look, then write what is not so already.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::cost::Progress;
use super::outcome::{Failure, Outcome, Skip};
use super::{Beside, Journal, Site};
use crate::aws::{self, Assigned, ErrorKind, IdentityCenter, Portrait};
use crate::model::connect::NewUser;
use crate::model::id::{ConnectUserId, Login, PrincipalId, SecurityProfileId};
use crate::model::tag;
use crate::plan::marks::{Marks, Was};
use crate::plan::{Account, Action, ActionKind, Departed, Ownership, Plan, ProfileIds, Update, Write};

/// All that carrying out needs.
pub(super) struct Hands<'a> {
    pub(super) target: aws::Target,
    /// The same target, for creating: its calls are called off when there is no room for more users.
    creator: aws::Target,
    pub(super) identity_center: IdentityCenter,
    pub(super) owner: &'a str,
    pub(super) time: jiff::Timestamp,
    pub(super) protected: &'a BTreeSet<SecurityProfileId>,
    creating: &'a CancellationToken,
    stop: &'a CancellationToken,
    progress: &'a Progress,
    beside: Beside<'a>,
    pub(super) journal: Option<Journal<'a>>,
    /// Why quick connects could not be read, so that nobody is deleted.
    blind: Arc<OnceLock<Arc<Failure>>>,
}

/// Why an action goes no further.
#[derive(Debug)]
pub(super) enum Halt {
    Failure(Failure),
    Skip(Skip),
}

impl From<aws::Error> for Halt {
    fn from(error: aws::Error) -> Self {
        Self::Failure(Failure::Call(error))
    }
}

impl From<Skip> for Halt {
    fn from(skip: Skip) -> Self {
        Self::Skip(skip)
    }
}

impl<'a> Hands<'a> {
    pub(super) fn new(
        site: &'a Site<'a>,
        stop: &'a CancellationToken,
        creating: &'a CancellationToken,
        progress: &'a Progress,
    ) -> Self {
        Self {
            target: site.target.until(stop),
            creator: site.target.until(creating),
            identity_center: site.identity_center.until(stop),
            owner: site.owner,
            time: site.time,
            protected: &site.protected,
            creating,
            stop,
            progress,
            beside: site.beside,
            journal: site.journal,
            blind: Arc::default(),
        }
    }

    /// The quick connects that will be left behind, by user; read only where somebody is to be deleted. Where they cannot
    /// be read nobody is.
    pub(super) async fn quick_connects(&self, plan: &Plan) -> BTreeMap<ConnectUserId, Vec<String>> {
        if !plan.actions().iter().any(|action| action.kind() == ActionKind::DeleteUser) {
            return BTreeMap::new();
        }
        self.target.quick_connects().await.unwrap_or_else(|error| {
            self.blind.get_or_init(|| Arc::new(Failure::Call(error)));
            BTreeMap::new()
        })
    }

    /// Carries out one action, unless its person has a pass of their own before it begins. The second is the user as it
    /// was before it was deleted.
    pub(super) async fn carry_out(&self, position: usize, action: &Action) -> (Outcome, Option<Value>) {
        let (Beside::Claims(claims, since), Some(person)) = (self.beside, action.principal()) else {
            return self.do_and_tell(position, action).await;
        };
        let creates = action.kind() == ActionKind::CreateUser;
        let watch = claims.watch(person, since, if creates { self.creating } else { self.stop });
        let (outcome, deleted) = self.under(watch.token()).do_and_tell(position, action).await;
        // Called off by neither of those whom this token obeys besides.
        let is_claimed = watch.token().is_cancelled() && !self.stop.is_cancelled() && !self.creating.is_cancelled();
        match outcome {
            Outcome::Skipped(Skip::Quota) if is_claimed => (Outcome::Skipped(Skip::Beside), deleted),
            outcome => (outcome, deleted),
        }
    }

    /// The same hands, whose calls are called off by this token while they wait for their turn.
    fn under(&self, token: &CancellationToken) -> Self {
        Self {
            target: self.target.until(token),
            creator: self.creator.until(token),
            identity_center: self.identity_center.until(token),
            blind: Arc::clone(&self.blind),
            ..*self
        }
    }

    /// The same hands, which tell when a write goes out.
    pub(super) fn telling(&self, writing: &Arc<Notify>) -> Self {
        Self {
            target: self.target.telling(writing),
            creator: self.creator.telling(writing),
            identity_center: self.identity_center.clone(),
            blind: Arc::clone(&self.blind),
            ..*self
        }
    }

    pub(super) async fn do_it(&self, position: usize, action: &Action) -> (Outcome, Option<Value>) {
        let ended = match &action.write {
            Write::AssignGroup { application, group } => match self.target.assign_group(application, group).await {
                Ok(Assigned::Done) => Ok(Outcome::Done),
                Ok(Assigned::AlreadySo) => Ok(Outcome::AlreadySo),
                Err(error) => Err(error.into()),
            },
            Write::CreateUser { principal, user } => self.create(principal, user).await,
            Write::RestoreUser { principal, account, profiles, marks } => {
                self.restore(principal, account, profiles, marks).await
            }
            Write::AdoptUser { principal, account, tags } => self.adopt(principal, account, tags).await,
            Write::RelinkUser { principal, account, carried } => self.relink(principal, account, carried).await,
            Write::UpdateUser { principal, account, update } => self.update(principal, account, update).await,
            Write::UnmarkAbsent { principal, account } => self.unmark(principal, account).await,
            Write::MarkAbsent { departed, marks } => self.mark(departed, marks).await,
            Write::QuarantineUser { departed, profiles, at, .. } => self.quarantine(departed, profiles, *at).await,
            Write::DeleteUser { departed } => {
                let mut deleted = None;
                let tell = async |user: &Value| self.tell_of_deletion(position, action, user).await;
                let ended = self.delete(departed, &mut deleted, tell).await;
                return (self.outcome(ended), deleted);
            }
        };
        (self.outcome(ended), None)
    }

    pub(super) fn step(&self, action: &Action) {
        self.progress.step(action);
    }

    fn outcome(&self, ended: Result<Outcome, Halt>) -> Outcome {
        match ended {
            Ok(outcome) => outcome,
            Err(Halt::Skip(skip)) => Outcome::Skipped(skip),
            Err(Halt::Failure(Failure::Call(error))) if error.kind() == ErrorKind::CalledOff => {
                Outcome::Skipped(if self.stop.is_cancelled() { Skip::Stopping } else { Skip::Quota })
            }
            Err(Halt::Failure(failure)) => Outcome::failed(failure),
        }
    }

    async fn create(&self, principal: &PrincipalId, user: &NewUser) -> Result<Outcome, Halt> {
        match self.creator.create_user(user).await {
            Ok(_) => Ok(Outcome::Done),
            // Our own earlier attempt, whose answer was lost, is a usual holder of the login.
            Err(error) if error.kind() == ErrorKind::Duplicate => {
                if self.is_ours(&user.login, principal).await? {
                    Ok(Outcome::AlreadySo)
                } else {
                    Err(Halt::Failure(Failure::LoginTaken))
                }
            }
            Err(error) => {
                if error.kind() == ErrorKind::Quota {
                    self.creating.cancel();
                }
                Err(error.into())
            }
        }
    }

    /// Whether the user with this login is ours and this person's.
    async fn is_ours(&self, login: &Login, person: &PrincipalId) -> Result<bool, aws::Error> {
        let Some(id) = self.target.find_user(login).await? else { return Ok(false) };
        let Some(user) = self.target.describe_user(&id).await? else { return Ok(false) };
        Ok(match self.owner_of(&user) {
            Ownership::Owned { principal, .. } => principal == Some(person.as_str()),
            Ownership::Elsewhere(_) | Ownership::Foreign | Ownership::Unknown => false,
        })
    }

    async fn adopt(
        &self,
        principal: &PrincipalId,
        account: &Account,
        tags: &BTreeMap<String, String>,
    ) -> Result<Outcome, Halt> {
        let user = self.look(account).await?;
        match self.owner_of(&user) {
            Ownership::Foreign => {}
            // The index does not know it yet, or somebody else did the same.
            Ownership::Owned { principal: Some(id), .. } if id == principal.as_str() => return Ok(Outcome::AlreadySo),
            _ => return Err(Skip::UserChanged.into()),
        }
        self.target.tag_user(&account.arn, tags).await?;
        Ok(Outcome::Done)
    }

    async fn relink(&self, principal: &PrincipalId, account: &Account, carried: &PrincipalId) -> Result<Outcome, Halt> {
        let user = self.look(account).await?;
        match self.owner_of(&user) {
            Ownership::Owned { principal: Some(id), .. } if id == principal.as_str() => return Ok(Outcome::AlreadySo),
            Ownership::Owned { principal: Some(id), .. } if id == carried.as_str() => {}
            _ => return Err(Skip::UserChanged.into()),
        }
        if self.identity_center.person(carried).await?.is_some() {
            return Err(Skip::PersonChanged.into());
        }
        let tags = BTreeMap::from([(tag::PRINCIPAL.to_owned(), principal.to_string())]);
        self.target.tag_user(&account.arn, &tags).await?;
        Ok(Outcome::Done)
    }

    /// Family by family; the tags last, so that a move that was cut short is done again.
    async fn update(&self, principal: &PrincipalId, account: &Account, update: &Update) -> Result<Outcome, Halt> {
        let user = self.look(account).await?;
        match self.owner_of(&user) {
            Ownership::Owned { principal: Some(id), .. } if id == principal.as_str() => {}
            // Handed over by hand: the tag is among what is to be written.
            Ownership::Owned { principal: None, .. } if update.tags.contains_key(tag::PRINCIPAL) => {}
            _ => return Err(Skip::UserChanged.into()),
        }
        // The index does not know it yet: what they had has to be given back first.
        if self.marks_of(&user).in_quarantine() {
            return Err(Skip::MarksChanged.into());
        }
        let left = update.left_for(&user.attributes);
        if left.is_empty() {
            return Ok(Outcome::AlreadySo);
        }
        if left.has_names() {
            self.target.rename_user(&user, left.first_name.as_deref(), left.last_name.as_deref()).await?;
        }
        if let Some(profile) = &left.routing_profile {
            self.target.set_routing_profile(&user.id, profile).await?;
        }
        if let Some(profiles) = &left.security_profiles {
            self.target.set_security_profiles(&user.id, profiles).await?;
        }
        if let Some(group) = &left.hierarchy {
            self.target.set_hierarchy(&user.id, group).await?;
        }
        if let Some(phone) = &left.phone {
            self.target.set_phone(&user, phone).await?;
        }
        if !left.tags.is_empty() {
            self.target.tag_user(&account.arn, &left.tags).await?;
        }
        Ok(Outcome::Done)
    }

    async fn unmark(&self, principal: &PrincipalId, account: &Account) -> Result<Outcome, Halt> {
        let user = self.look_at_owned(account, principal).await?;
        let marks = self.marks_of(&user);
        if marks.in_quarantine() {
            return Err(Skip::MarksChanged.into());
        }
        if !marks.absent_since.is_there() {
            return Ok(Outcome::AlreadySo);
        }
        self.target.untag_user(&account.arn, [tag::ABSENT_SINCE]).await?;
        Ok(Outcome::Done)
    }

    /// The marks go last, so that what was cut short is done again.
    async fn restore(
        &self,
        principal: &PrincipalId,
        account: &Account,
        profiles: &ProfileIds,
        decided_by: &Marks,
    ) -> Result<Outcome, Halt> {
        let user = self.look_at_owned(account, principal).await?;
        let marks = self.marks_of(&user);
        if !marks.in_quarantine() {
            return Ok(Outcome::AlreadySo);
        }
        if marks.was != decided_by.was {
            return Err(Skip::MarksChanged.into());
        }
        self.give(&user, profiles).await?;
        let carried = tag::MARKS.into_iter().filter(|key| user.attributes.tags.contains_key(*key));
        self.target.untag_user(&account.arn, carried).await?;
        Ok(Outcome::Done)
    }

    async fn mark(&self, departed: &Departed, marks: &BTreeMap<String, String>) -> Result<Outcome, Halt> {
        let user = self.look_at_owned(&departed.account, &departed.principal).await?;
        let now = self.marks_of(&user);
        if now != departed.marks {
            let is_so =
                !now.in_quarantine() && now.absent_since.time().is_some() || now.quarantined_at.time().is_some();
            return if is_so { Ok(Outcome::AlreadySo) } else { Err(Skip::MarksChanged.into()) };
        }
        self.target.tag_user(&departed.account.arn, marks).await?;
        Ok(Outcome::Done)
    }

    /// What they had first, then the profiles, then the date: cut short anywhere, nothing is forgotten.
    async fn quarantine(
        &self,
        departed: &Departed,
        profiles: &ProfileIds,
        at: jiff::Timestamp,
    ) -> Result<Outcome, Halt> {
        let account = &departed.account;
        let user = self.look_at_owned(account, &departed.principal).await.map_err(unseen)?;
        let now = self.marks_of(&user);
        if now.quarantined_at.time().is_some() {
            return Ok(Outcome::AlreadySo);
        }
        // What somebody else's quarantine of this user left half done may be carried on with.
        if now.absent_since != departed.marks.absent_since || now.quarantined_at != departed.marks.quarantined_at {
            return Err(Skip::MarksChanged.into());
        }
        self.look_at_person(departed).await.map_err(unseen)?;
        if now.was == Was::default() {
            let attributes = &user.attributes;
            let had = Was::tags(attributes.routing_profile.as_ref(), &attributes.security_profiles);
            self.target.tag_user(&account.arn, &had).await?;
        }
        self.give(&user, profiles).await?;
        let mark = BTreeMap::from([(tag::QUARANTINED_AT.to_owned(), at.to_string())]);
        self.target.tag_user(&account.arn, &mark).await?;
        Ok(Outcome::Done)
    }

    async fn give(&self, user: &Portrait, profiles: &ProfileIds) -> Result<(), Halt> {
        if user.attributes.routing_profile.as_ref() != Some(&profiles.routing) {
            self.target.set_routing_profile(&user.id, &profiles.routing).await?;
        }
        if user.attributes.security_profiles != profiles.security {
            self.target.set_security_profiles(&user.id, &profiles.security).await?;
        }
        Ok(())
    }

    /// `tell` has the user taken down, whole, before it is deleted.
    async fn delete(
        &self,
        departed: &Departed,
        before: &mut Option<Value>,
        tell: impl AsyncFnOnce(&Value),
    ) -> Result<Outcome, Halt> {
        if let Some(failure) = self.blind.get() {
            return Err(Skip::NoAnswer(Arc::clone(failure)).into());
        }
        let user = match self.look_at_owned(&departed.account, &departed.principal).await.map_err(unseen) {
            Err(Halt::Skip(Skip::UserGone)) => return Ok(Outcome::AlreadySo),
            user => user?,
        };
        if self.marks_of(&user) != departed.marks {
            return Err(Skip::MarksChanged.into());
        }
        self.look_at_person(departed).await.map_err(unseen)?;
        tell(before.insert(user.to_json())).await;
        let existed = self.target.delete_user(&user.id).await?;
        Ok(if existed { Outcome::Done } else { Outcome::AlreadySo })
    }
}

/// Before a removal, a look that fails is a reason not to go on, and no more than that. What was called off stays so.
fn unseen(halt: Halt) -> Halt {
    match halt {
        Halt::Failure(Failure::Call(error)) if error.kind() == ErrorKind::CalledOff => {
            Halt::Failure(Failure::Call(error))
        }
        Halt::Failure(failure) => Halt::Skip(Skip::NoAnswer(Arc::new(failure))),
        Halt::Skip(skip) => Halt::Skip(skip),
    }
}
