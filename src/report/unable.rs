//! Who cannot sign in once a pass has done its work, and the one thing to do about each.

use std::collections::{BTreeMap, BTreeSet};

use super::{TargetReport, Trouble};
use crate::apply::Outcome;
use crate::model::id::{GroupId, PrincipalId};
use crate::model::settings::Mode;
use crate::plan::finding::{Finding, Kind, Severity};
use crate::plan::{Action, ActionKind, Remedy, ShutOut, Withheld, Write};

/// So many are named. Where a whole instance is shut nobody reads on, and reports are kept for a day.
const NAMED: usize = 200;

/// Who cannot sign in after a pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unable {
    /// How many.
    pub count: usize,
    /// The first 200 of them, sorted by the person's id.
    pub people: Vec<ShutOut>,
}

impl Unable {
    /// Those of `shut_out` for whom the actions did not open what was shut, as they stand now.
    pub(super) fn after(shut_out: Vec<ShutOut>, actions: &[(Action, Outcome)]) -> Self {
        let mut created: BTreeSet<&PrincipalId> = BTreeSet::new();
        let mut assigned: BTreeSet<&GroupId> = BTreeSet::new();
        for (action, _) in actions.iter().filter(|(_, outcome)| outcome.is_well()) {
            match &action.write {
                Write::CreateUser { principal, .. } => drop(created.insert(principal)),
                Write::AssignGroup { group, .. } => drop(assigned.insert(group)),
                _ => {}
            }
        }
        let now = |one: ShutOut| ShutOut {
            has_user: one.has_user || created.contains(&one.principal),
            is_let_in: one.is_let_in || one.groups.iter().any(|group| assigned.contains(group)),
            ..one
        };
        let mut people: Vec<ShutOut> =
            shut_out.into_iter().map(now).filter(|one| !(one.has_user && one.is_let_in)).collect();
        let count = people.len();
        people.truncate(NAMED);
        people.shrink_to_fit();
        Self { count, people }
    }
}

/// What a report has of each of some people, so that it is gone through once for all of them.
struct Concerning<'a> {
    findings: BTreeMap<&'a PrincipalId, Vec<&'a Finding>>,
    /// Creations that a guard holds back, and what came of others.
    withheld: BTreeMap<&'a PrincipalId, &'a Withheld>,
    creations: BTreeMap<&'a PrincipalId, &'a Outcome>,
}

impl<'a> Concerning<'a> {
    fn of(report: &'a TargetReport, people: &'a [ShutOut]) -> Self {
        let people: BTreeSet<&PrincipalId> = people.iter().map(|person| &person.principal).collect();
        let mut findings: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for finding in report.findings() {
            if let Some(principal) = finding.principal.as_ref().filter(|principal| people.contains(principal)) {
                findings.entry(principal).or_default().push(finding);
            }
        }
        let created = |action: &'a Action| {
            let principal = action.principal().filter(|_| action.kind() == ActionKind::CreateUser);
            principal.filter(|principal| people.contains(principal))
        };
        let withheld = report.withheld().iter().filter_map(|held| Some((created(&held.action)?, held)));
        let creations = report.actions().iter().filter_map(|(action, outcome)| Some((created(action)?, outcome)));
        Self { findings, withheld: withheld.collect(), creations: creations.collect() }
    }
}

impl TargetReport {
    /// Who cannot sign in after this pass; `None` where nothing could be read, or the target could not be served.
    #[must_use]
    pub fn unable(&self) -> Option<&Unable> {
        self.result.as_ref().ok().filter(|pass| !pass.refused).map(|pass| &pass.unable)
    }

    /// How many members cannot sign in after this pass; `None` where nobody can tell: nothing could be read, or a mapped
    /// group is missing, and with it its members.
    #[must_use]
    pub fn count_of_unable(&self) -> Option<usize> {
        self.unable().filter(|_| self.missing_groups().next().is_none()).map(|unable| unable.count)
    }

    /// The findings that mapped groups are missing, so that nobody can tell who is to be able to work by them; without
    /// those that somebody has accepted.
    pub fn missing_groups(&self) -> impl Iterator<Item = &Finding> {
        let findings = self.findings().iter().filter(|finding| !finding.accepted);
        findings.filter(|finding| matches!(finding.kind, Kind::GroupMissing { .. }))
    }

    /// Who is named among those that cannot sign in, with what is in their way and the one thing to do about it.
    #[must_use]
    pub fn remedies(&self) -> Vec<(&ShutOut, Remedy)> {
        let people = self.unable().map_or(&[][..], |unable| &unable.people);
        let concerning = Concerning::of(self, people);
        people.iter().map(|person| (person, self.remedy(person, &concerning))).collect()
    }

    fn remedy(&self, person: &ShutOut, concerning: &Concerning<'_>) -> Remedy {
        let findings = concerning.findings.get(&person.principal).map_or(&[][..], Vec::as_slice);
        if let Some(finding) = findings.iter().find(|finding| finding.code().severity() == Severity::Error) {
            return Remedy::of_finding(finding);
        }
        if !person.has_user
            && let Some(remedy) = self.of_creation(person, concerning).or_else(|| person.remedy(self.findings()))
        {
            return remedy;
        }
        if !person.is_let_in
            && let Some(remedy) = self.of_application(person)
        {
            return remedy;
        }
        let unknown = || Remedy {
            why: "nothing that this pass saw or did says why".to_owned(),
            fix: "`explain` tells where the chain breaks".to_owned(),
        };
        findings.first().map_or_else(unknown, |finding| Remedy::of_finding(finding))
    }

    fn of_creation(&self, person: &ShutOut, concerning: &Concerning<'_>) -> Option<Remedy> {
        if let Some(held) = concerning.withheld.get(&person.principal) {
            return Some(Remedy {
                why: format!("the guard `{}` holds back the Connect user", held.guard.as_str()),
                fix: "look at what is withheld, and approve it".to_owned(),
            });
        }
        let outcome = concerning.creations.get(&person.principal)?;
        self.of_outcome(outcome, "the Connect user was not made")
    }

    fn of_application(&self, person: &ShutOut) -> Option<Remedy> {
        let is_shut = |finding: &&Finding| {
            matches!(finding.kind, Kind::ApplicationDisabled { .. } | Kind::AssignmentMissing { .. })
        };
        if let Some(finding) = self.findings().iter().find(is_shut) {
            return Some(Remedy::of_finding(finding));
        }
        let is_theirs = |action: &Action| match &action.write {
            Write::AssignGroup { group, .. } => person.groups.contains(group),
            _ => false,
        };
        let (_, outcome) = self.actions().iter().find(|(action, _)| is_theirs(action))?;
        self.of_outcome(outcome, "the group was not assigned to the application")
    }

    /// Where an action was not carried out.
    fn of_outcome(&self, outcome: &Outcome, what: &str) -> Option<Remedy> {
        if let Some(trouble) = Trouble::of_outcome(outcome) {
            let again = || "nothing to do: the next pass tries again".to_owned();
            return Some(Remedy {
                why: format!("{what}: {}", trouble.sentence()),
                fix: trouble.hint.unwrap_or_else(again),
            });
        }
        matches!(outcome, Outcome::Planned).then(|| Remedy {
            why: format!("{what}: it is only planned"),
            fix: match self.mode {
                Mode::Plan => "give the target `mode = \"apply\"`".to_owned(),
                Mode::Apply => "make a pass that may write".to_owned(),
            },
        })
    }
}
