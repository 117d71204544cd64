//! The look right before a write: whether the world is still as it was when it was decided. What cannot be seen is never
//! taken for granted, so no answer means no write.

use super::hands::{Halt, Hands};
use super::outcome::Skip;
use crate::aws::Portrait;
use crate::model::directory::Status;
use crate::model::id::PrincipalId;
use crate::plan::marks::Marks;
use crate::plan::{Account, Departed, Ownership, Reason};

impl Hands<'_> {
    /// The Connect user as it is now. An administrator is no user to be changed, whatever the index said.
    pub(super) async fn look(&self, account: &Account) -> Result<Portrait, Halt> {
        let user = self.target.describe_user(&account.id).await?.ok_or(Skip::UserGone)?;
        if user.login != account.login {
            return Err(Skip::UserChanged.into());
        }
        if !user.attributes.security_profiles.is_disjoint(self.protected) {
            return Err(Skip::UserProtected.into());
        }
        Ok(user)
    }

    /// The same, of a user that has to be ours and this person's.
    pub(super) async fn look_at_owned(&self, account: &Account, person: &PrincipalId) -> Result<Portrait, Halt> {
        let user = self.look(account).await?;
        if self.is_of(&user, person) { Ok(user) } else { Err(Skip::UserChanged.into()) }
    }

    /// Whether the user is ours and this person's.
    fn is_of(&self, user: &Portrait, person: &PrincipalId) -> bool {
        matches!(self.owner_of(user), Ownership::Owned { principal, .. } if principal == Some(person.as_str()))
    }

    /// Whose the user is.
    pub(super) fn owner_of<'u>(&self, user: &'u Portrait) -> Ownership<'u> {
        Ownership::of_tags(&user.attributes.tags, self.owner)
    }

    /// The marks that the user carries now.
    pub(super) fn marks_of(&self, user: &Portrait) -> Marks {
        Marks::read(&user.attributes.tags, self.time)
    }

    /// Whether somebody has left in the way that it was decided by.
    pub(super) async fn look_at_person(&self, departed: &Departed) -> Result<(), Halt> {
        let person = &departed.principal;
        let has_left = match &departed.reason {
            Reason::Outside(groups) => match self.identity_center.person(person).await? {
                // Not found, and for no other reason than that there is nobody.
                None => true,
                // Where no group is known nobody can be said to be outside.
                Some(_) => !groups.is_empty() && !self.identity_center.is_member_of_any(person, groups).await?,
            },
            Reason::Disabled => {
                let found = self.identity_center.person(person).await?;
                found.is_some_and(|person| person.status == Status::Disabled)
            }
            Reason::Superseded(present) => {
                // Nothing of it is changed, so it may be an administrator.
                let found = self.target.describe_user(&present.id).await?;
                let is_there = found.is_some_and(|user| user.login == present.login && self.is_of(&user, person));
                return if is_there { Ok(()) } else { Err(Skip::PresentUserChanged.into()) };
            }
        };
        if has_left { Ok(()) } else { Err(Skip::PersonChanged.into()) }
    }
}
