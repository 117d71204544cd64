//! What a pass would do: one value for each write, complete, so that carrying it out leaves no choice.

use std::collections::BTreeMap;

use crate::model::connect::NewUser;
use crate::model::id::{ApplicationArn, ConnectUserId, GroupId, Login, PrincipalId};

/// One thing to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// What to send.
    pub write: Write,
    /// The same in words that people know: names instead of ids.
    pub changes: Vec<Change>,
    /// The mapping that asks for it, by its group's display name.
    pub mapping: Option<String>,
}

/// The closed set of writes, in the order in which they are carried out.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Assign a group to the application.
    AssignGroup {
        /// The application.
        application: ApplicationArn,
        /// The group.
        group: GroupId,
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
        /// The Connect user.
        user: ConnectUserId,
        /// Its ARN, which the tags hang on.
        arn: String,
        /// Its login, which is exactly the person's.
        login: Login,
        /// The tags to write; no other is touched.
        tags: BTreeMap<String, String>,
    },
}

/// The word for a kind of action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActionKind {
    /// `assign_group`
    AssignGroup,
    /// `create_user`
    CreateUser,
    /// `adopt_user`
    AdoptUser,
}

impl ActionKind {
    /// All of them, in the order of execution.
    pub const ALL: [Self; 3] = [Self::AssignGroup, Self::CreateUser, Self::AdoptUser];

    /// The name as it is printed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AssignGroup => "assign_group",
            Self::CreateUser => "create_user",
            Self::AdoptUser => "adopt_user",
        }
    }
}

impl Action {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ActionKind {
        match self.write {
            Write::AssignGroup { .. } => ActionKind::AssignGroup,
            Write::CreateUser { .. } => ActionKind::CreateUser,
            Write::AdoptUser { .. } => ActionKind::AdoptUser,
        }
    }

    /// The login that it is about, where it is about one.
    #[must_use]
    pub fn login(&self) -> Option<&Login> {
        match &self.write {
            Write::AssignGroup { .. } => None,
            Write::CreateUser { user, .. } => Some(&user.login),
            Write::AdoptUser { login, .. } => Some(login),
        }
    }

    /// The person whom it is for.
    #[must_use]
    pub fn principal(&self) -> Option<&PrincipalId> {
        match &self.write {
            Write::AssignGroup { .. } => None,
            Write::CreateUser { principal, .. } | Write::AdoptUser { principal, .. } => Some(principal),
        }
    }

    /// Sorts actions into the order of execution, the same for the same plan.
    pub(super) fn order(&self) -> (ActionKind, Option<&Login>, Option<&str>) {
        let group = match &self.write {
            Write::AssignGroup { group, .. } => Some(group.as_str()),
            Write::CreateUser { .. } | Write::AdoptUser { .. } => None,
        };
        (self.kind(), self.login(), group)
    }
}

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
}
