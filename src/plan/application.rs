//! The application and who is assigned to it. Trouble here stops assignments, and nothing else.

use super::action::{Action, Change, Write};
use super::finding::{Finding, Kind};
use super::resolve::{Desired, Member};
use crate::model::connect::{Application, ApplicationState};
use crate::model::id::GroupId;

/// Assignments to make, and what to say about the application.
pub(super) fn assignments(
    state: &ApplicationState,
    desired: &Desired<'_>,
    actions: &mut Vec<Action>,
    findings: &mut Vec<Finding>,
) {
    let application = match state {
        ApplicationState::NotConfigured => {
            findings.push(Finding::of_target(Kind::AssignmentUnchecked));
            return;
        }
        ApplicationState::Missing => {
            findings.push(Finding::of_target(Kind::ApplicationMissing { candidates: Vec::new() }));
            return;
        }
        ApplicationState::Ambiguous(arns) => {
            let candidates = arns.iter().map(ToString::to_string).collect();
            findings.push(Finding::of_target(Kind::ApplicationMissing { candidates }));
            return;
        }
        ApplicationState::Found(application) => application,
    };
    note_state(application, desired, findings);
    for resolved in &desired.mappings {
        let Some(group) = resolved.group.filter(|group| !application.groups.contains(&group.id)) else { continue };
        if resolved.mapping.assign && application.enabled {
            let name = application.name.as_deref().unwrap_or(application.arn.as_str());
            actions.push(Action {
                write: Write::AssignGroup { application: application.arn.clone(), group: group.id.clone() },
                changes: vec![Change::set("application", name)],
                mapping: Some(resolved.name().to_owned()),
            });
        } else if !resolved.mapping.assign && application.assignment_required {
            findings.push(Finding::of_target(Kind::AssignmentMissing { group: resolved.name().to_owned() }));
        }
    }
}

fn note_state(application: &Application, desired: &Desired<'_>, findings: &mut Vec<Finding>) {
    if !application.enabled {
        let name = application.name.as_deref().unwrap_or(application.arn.as_str()).to_owned();
        findings.push(Finding::of_target(Kind::ApplicationDisabled { application: name }));
    }
    if !application.assignment_required {
        findings.push(Finding::of_target(Kind::AssignmentNotRequired));
    }
    if !application.people.is_empty() {
        findings.push(Finding::of_target(Kind::AssignmentDirect { people: application.people.len() }));
    }
    let mapped =
        |id: &GroupId| desired.mappings.iter().any(|resolved| resolved.group.is_some_and(|group| group.id == *id));
    for group in application.groups.iter().filter(|group| !mapped(group)) {
        findings.push(Finding::of_target(Kind::AssignmentLeft { group: group.clone() }));
    }
}

/// Whether the application lets this member in, as far as can be seen.
pub(super) fn lets_in(state: &ApplicationState, desired: &Desired<'_>, member: &Member<'_>) -> bool {
    let ApplicationState::Found(application) = state else { return true };
    let assigned = |position: &usize| {
        desired.mappings[*position].group.is_some_and(|group| application.groups.contains(&group.id))
    };
    application.enabled
        && (!application.assignment_required
            || application.people.contains(&member.person.id)
            || member.mappings.iter().any(assigned))
}
