//! What a pass would do: one value for each write, complete, so that carrying it out leaves no choice.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::marks::{Marks, Was};
use super::update::Update;
use crate::model::connect::{ConnectUser, NewUser};
use crate::model::id::{
    ApplicationArn, ConnectUserId, GroupId, Login, PrincipalId, RoutingProfileId, SecurityProfileId,
};

/// One thing to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// What to send.
    pub write: Write,
    /// The same in words that people know: names instead of ids.
    pub changes: Vec<Change>,
    /// The mapping that asks for it, or that the user was set up by: its group's display name, or the id where the name
    /// is not known.
    pub mapping: Option<String>,
}

/// A Connect user that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Connect's id.
    pub id: ConnectUserId,
    /// Connect's ARN, which tags hang on.
    pub arn: String,
    /// `Username`.
    pub login: Login,
}

impl From<&ConnectUser> for Account {
    fn from(user: &ConnectUser) -> Self {
        Self { id: user.id.clone(), arn: user.arn.clone(), login: user.login.clone() }
    }
}

/// The closed set of writes.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Assign a group to the application.
    AssignGroup {
        /// The application.
        application: ApplicationArn,
        /// The group.
        group: GroupId,
    },
    /// Give somebody who is back what they had before quarantine, and take the marks away.
    RestoreUser {
        /// The person.
        principal: PrincipalId,
        /// The Connect user.
        account: Account,
        /// The profiles to give.
        profiles: ProfileIds,
        /// The marks by which it was decided.
        marks: Marks,
    },
    /// Create a Connect user.
    CreateUser {
        /// The person.
        principal: PrincipalId,
        /// All that the call says.
        user: Box<NewUser>,
    },
    /// Put our tags on a foreign Connect user.
    AdoptUser {
        /// The person.
        principal: PrincipalId,
        /// The Connect user, whose login is exactly the person's.
        account: Account,
        /// The tags to write; no other is touched.
        tags: BTreeMap<String, String>,
    },
    /// Give an owned Connect user, whose person no longer exists, to the person who has the login now.
    RelinkUser {
        /// The person who has the login.
        principal: PrincipalId,
        /// The Connect user.
        account: Account,
        /// The person whom the tag names, and who no longer exists.
        carried: PrincipalId,
    },
    /// Change attributes of an owned Connect user.
    UpdateUser {
        /// The person.
        principal: PrincipalId,
        /// The Connect user.
        account: Account,
        /// What to change.
        update: Box<Update>,
    },
    /// Take the mark of absence away from somebody who is back.
    UnmarkAbsent {
        /// The person.
        principal: PrincipalId,
        /// The Connect user.
        account: Account,
    },
    /// Note that a person is absent: the first rung of leaving.
    MarkAbsent {
        /// Who, and why.
        departed: Box<Departed>,
        /// The marks to write, with their time.
        marks: BTreeMap<String, String>,
    },
    /// Take everything from an absent person but the account: the second rung.
    QuarantineUser {
        /// Who, and why.
        departed: Box<Departed>,
        /// The profiles of people who have left.
        profiles: ProfileIds,
        /// What the user has, and will get back on return.
        had: Was,
        /// The time of the pass, which the mark will say.
        at: Timestamp,
    },
    /// Delete the Connect user: the last rung.
    DeleteUser {
        /// Who, and why.
        departed: Box<Departed>,
    },
}

/// A routing profile and security profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileIds {
    /// Routing profile.
    pub routing: RoutingProfileId,
    /// Security profiles, one to ten.
    pub security: BTreeSet<SecurityProfileId>,
}

/// An owned Connect user whose person has left, as it was when that was decided. Right before anything is taken away,
/// all of it is looked at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departed {
    /// The Connect user.
    pub account: Account,
    /// The person.
    pub principal: PrincipalId,
    /// Why the account is to go.
    pub reason: Reason,
    /// The marks that it carries.
    pub marks: Marks,
}

/// Why an account is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The person is in none of these groups, which are all that are mapped, or does not exist any more.
    Outside(Vec<GroupId>),
    /// The person is disabled.
    Disabled,
    /// The person signs in as another Connect user, which is ours as well.
    Superseded(Account),
}

/// The word for a kind of action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActionKind {
    /// `assign_group`
    AssignGroup,
    /// `restore_user`
    RestoreUser,
    /// `create_user`
    CreateUser,
    /// `adopt_user`
    AdoptUser,
    /// `relink_user`
    RelinkUser,
    /// `update_user`
    UpdateUser,
    /// `unmark_absent`
    UnmarkAbsent,
    /// `mark_absent`
    MarkAbsent,
    /// `quarantine_user`
    QuarantineUser,
    /// `delete_user`
    DeleteUser,
}

impl ActionKind {
    /// All of them, in the order of execution.
    pub const ALL: [Self; 10] = [
        Self::AssignGroup,
        Self::RestoreUser,
        Self::CreateUser,
        Self::AdoptUser,
        Self::RelinkUser,
        Self::UpdateUser,
        Self::UnmarkAbsent,
        Self::MarkAbsent,
        Self::QuarantineUser,
        Self::DeleteUser,
    ];

    /// The name as it is printed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AssignGroup => "assign_group",
            Self::RestoreUser => "restore_user",
            Self::CreateUser => "create_user",
            Self::AdoptUser => "adopt_user",
            Self::RelinkUser => "relink_user",
            Self::UpdateUser => "update_user",
            Self::UnmarkAbsent => "unmark_absent",
            Self::MarkAbsent => "mark_absent",
            Self::QuarantineUser => "quarantine_user",
            Self::DeleteUser => "delete_user",
        }
    }

    /// Whether it takes something away from a person.
    #[must_use]
    pub fn is_removal(self) -> bool {
        matches!(self, Self::QuarantineUser | Self::DeleteUser)
    }
}

impl Write {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ActionKind {
        match self {
            Self::AssignGroup { .. } => ActionKind::AssignGroup,
            Self::RestoreUser { .. } => ActionKind::RestoreUser,
            Self::CreateUser { .. } => ActionKind::CreateUser,
            Self::AdoptUser { .. } => ActionKind::AdoptUser,
            Self::RelinkUser { .. } => ActionKind::RelinkUser,
            Self::UpdateUser { .. } => ActionKind::UpdateUser,
            Self::UnmarkAbsent { .. } => ActionKind::UnmarkAbsent,
            Self::MarkAbsent { .. } => ActionKind::MarkAbsent,
            Self::QuarantineUser { .. } => ActionKind::QuarantineUser,
            Self::DeleteUser { .. } => ActionKind::DeleteUser,
        }
    }

    /// The Connect user that it changes, where that exists.
    #[must_use]
    pub fn account(&self) -> Option<&Account> {
        match self {
            Self::AssignGroup { .. } | Self::CreateUser { .. } => None,
            Self::RestoreUser { account, .. }
            | Self::AdoptUser { account, .. }
            | Self::RelinkUser { account, .. }
            | Self::UpdateUser { account, .. }
            | Self::UnmarkAbsent { account, .. } => Some(account),
            Self::MarkAbsent { departed, .. }
            | Self::QuarantineUser { departed, .. }
            | Self::DeleteUser { departed } => Some(&departed.account),
        }
    }
}

impl Action {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ActionKind {
        self.write.kind()
    }

    /// The login that it is about, where it is about one.
    #[must_use]
    pub fn login(&self) -> Option<&Login> {
        match &self.write {
            Write::CreateUser { user, .. } => Some(&user.login),
            write => write.account().map(|account| &account.login),
        }
    }

    /// The person whom it is about.
    #[must_use]
    pub fn principal(&self) -> Option<&PrincipalId> {
        match &self.write {
            Write::AssignGroup { .. } => None,
            Write::RestoreUser { principal, .. }
            | Write::CreateUser { principal, .. }
            | Write::AdoptUser { principal, .. }
            | Write::RelinkUser { principal, .. }
            | Write::UpdateUser { principal, .. }
            | Write::UnmarkAbsent { principal, .. } => Some(principal),
            Write::MarkAbsent { departed, .. }
            | Write::QuarantineUser { departed, .. }
            | Write::DeleteUser { departed } => Some(&departed.principal),
        }
    }

    /// What tells it from every other action of a target: the Connect user, or what stands for one that does not exist
    /// yet, and the kind.
    #[must_use]
    pub fn pair(&self) -> Pair {
        let user = match &self.write {
            Write::AssignGroup { group, .. } => group.as_str(),
            Write::CreateUser { user, .. } => user.login.as_str(),
            write => write.account().map_or("", |account| account.id.as_str()),
        };
        (user.to_owned(), self.kind())
    }

    /// Sorts actions into the order of execution, the same for the same plan.
    pub(super) fn order(&self) -> (ActionKind, Option<&Login>, Option<&str>) {
        let group = match &self.write {
            Write::AssignGroup { group, .. } => Some(group.as_str()),
            _ => None,
        };
        (self.kind(), self.login(), group)
    }
}

/// What tells an action from every other of its target: the user's id, or what stands for one, and the kind.
pub type Pair = (String, ActionKind);

/// One field that an action changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The field.
    pub field: String,
    /// What is there now.
    pub from: Option<String>,
    /// What will be there.
    pub to: Option<String>,
}

impl Change {
    /// A field that had nothing.
    pub(super) fn set(field: impl Into<String>, to: impl Into<String>) -> Self {
        Self { field: field.into(), from: None, to: Some(to.into()) }
    }

    /// A field that had something.
    pub(super) fn replace(field: impl Into<String>, from: Option<String>, to: Option<String>) -> Self {
        Self { field: field.into(), from, to }
    }
}
