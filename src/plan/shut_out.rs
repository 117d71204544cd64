//! Members who cannot sign in: which door is shut, and why a pass does not open it.

use super::finding::{Code, Finding, Kind};
use crate::model::id::{GroupId, PrincipalId};
use crate::model::settings::GroupRef;

/// A member who cannot sign in, and which of both doors is shut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShutOut {
    /// The person.
    pub principal: PrincipalId,
    /// What the person is known by: the login, the e-mail or another name, else the id.
    pub name: String,
    /// Whether there is a Connect user with exactly their login.
    pub has_user: bool,
    /// Why none is to be made; `None` where there is one, or where the plan would make one.
    pub unmade: Option<Unmade>,
    /// Whether the application lets them in.
    pub is_let_in: bool,
    /// Their mapped groups, any of which would let them in once it is assigned.
    pub groups: Vec<GroupId>,
}

/// Why no Connect user is made for a member who has none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unmade {
    /// A finding about the person says why.
    Finding(Code),
    /// The configuration protects the login.
    Protected,
    /// The mapping that wins, by its group as the configuration names it, names something that does not exist.
    Mapping(GroupRef),
}

/// What is in somebody's way, and what mends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// What is in the way.
    pub why: String,
    /// The one thing to do.
    pub fix: String,
}

impl Remedy {
    /// What a finding says.
    #[must_use]
    pub fn of_finding(finding: &Finding) -> Self {
        Self { why: finding.message(), fix: finding.fix() }
    }
}

impl ShutOut {
    /// What keeps a Connect user from being made for this person, and what mends it. `findings` are those of the same
    /// plan; `None` where the plan makes one, or where they do not tell.
    #[must_use]
    pub fn remedy(&self, findings: &[Finding]) -> Option<Remedy> {
        let of =
            |tells: &dyn Fn(&Finding) -> bool| findings.iter().find(|finding| tells(finding)).map(Remedy::of_finding);
        match self.unmade.as_ref()? {
            Unmade::Finding(code) => {
                of(&|finding| finding.code() == *code && finding.principal.as_ref() == Some(&self.principal))
            }
            Unmade::Protected => Some(Remedy {
                why: "`protect` covers this login, so no Connect user is made for it".to_owned(),
                fix: "make the user in Connect by hand, or narrow the pattern under `protect`".to_owned(),
            }),
            Unmade::Mapping(group) => of(&|finding| match &finding.kind {
                Kind::ProfileMissing { mappings, .. } => mappings.iter().any(|name| name == group.as_str()),
                _ => false,
            }),
        }
    }
}
