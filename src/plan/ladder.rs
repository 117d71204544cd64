//! How the account of somebody who has left is taken down: one rung in a pass, each after its time, each dated in tags.
//!
//! ```text
//! mark_absent ──grace──► quarantine_user ──delete_after──► delete_user
//! ```
//!
//! The tags are the only memory. A mark that cannot be read, or that lies in the future, is written anew and is never
//! due: time begins again rather than being guessed.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::action::{Account, Action, ActionKind, Change, Departed, ProfileIds, Reason, Write};
use super::attributes::security_names;
use super::fence::Fence;
use super::finding::{Departure, Finding, Kind, Rung};
use super::guard::Draft;
use super::marks::{Mark, Marks, Was};
use super::resolve::{Desired, of_person};
use crate::model::connect::{Attributes, ConnectUser};
use crate::model::directory::Principal;
use crate::model::id::{GroupId, PrincipalId};
use crate::model::settings::{Removals, Settings};
use crate::model::snapshot::{Scope, Snapshot};
use crate::model::tag;

/// An owned Connect user whose person has left, and why.
pub(super) struct Leaving<'a> {
    pub(super) user: &'a ConnectUser,
    pub(super) principal: PrincipalId,
    /// The person, where they are among those who were read.
    pub(super) person: Option<&'a Principal>,
    /// The group that the tag names.
    pub(super) mapping: Option<&'a str>,
    pub(super) reason: Reason,
}

/// What the rungs of a target look like.
pub(super) struct Ladder<'a> {
    snapshot: &'a Snapshot,
    settings: &'a Settings,
    desired: &'a Desired<'a>,
    fence: &'a Fence<'a>,
}

impl<'a> Ladder<'a> {
    pub(super) fn new(
        snapshot: &'a Snapshot,
        settings: &'a Settings,
        desired: &'a Desired<'a>,
        fence: &'a Fence<'a>,
    ) -> Self {
        Self { snapshot, settings, desired, fence }
    }

    /// All groups that are mapped: whoever is in none of them is outside.
    pub(super) fn groups(&self) -> Vec<GroupId> {
        self.desired.mappings.iter().filter_map(|resolved| resolved.group).map(|group| group.id.clone()).collect()
    }

    /// Takes somebody one rung down, where it is time, and says where they stand.
    pub(super) fn descend(&self, leaving: &Leaving<'_>, draft: &mut Draft) {
        let rung = self.step(leaving, draft);
        let kind = match &leaving.reason {
            Reason::Outside(_) => Kind::Leaver { departure: Departure::Outside, rung },
            Reason::Disabled => Kind::Leaver { departure: Departure::Disabled, rung },
            Reason::Superseded(present) => Kind::Superseded { by: present.login.clone(), rung },
        };
        draft.findings.push(finding(leaving, kind));
    }

    /// The same without a word of where they stand.
    pub(super) fn step(&self, leaving: &Leaving<'_>, draft: &mut Draft) -> Rung {
        let now = self.snapshot.time;
        let Some(attributes) = &leaving.user.attributes else { return Rung::default() };
        let marks = Marks::read(&attributes.tags, now);
        let next = self.next(&marks, &leaving.reason).filter(|_| self.fence.may_change(leaving.user));
        let rung = Rung { absent_since: marks.absent_since.time(), quarantined_at: marks.quarantined_at.time(), next };
        // Where the clocks disagree nobody can tell what is due, and one person's pass removes nobody.
        let may = !self.snapshot.is_skewed() && self.snapshot.scope == Scope::Everybody;
        if let Some((kind, _)) = next.filter(|(_, due)| may && *due <= now) {
            self.act(kind, leaving, attributes, marks, draft);
        }
        rung
    }

    /// The next rung, and when it is due.
    pub(super) fn next(&self, marks: &Marks, reason: &Reason) -> Option<(ActionKind, Timestamp)> {
        let policy = &self.settings.policy;
        // A time that no calendar has never comes.
        let after = |mark: Timestamp, wait| mark.checked_add(wait).unwrap_or(Timestamp::MAX);
        if policy.removals == Removals::Report {
            return None;
        }
        match (&marks.absent_since, &marks.quarantined_at) {
            (Mark::Invalid(_), _) | (_, Mark::Invalid(_)) | (Mark::None, Mark::None) => {
                Some((ActionKind::MarkAbsent, self.snapshot.time))
            }
            (_, Mark::At(since)) => {
                let goes = policy.removals == Removals::Delete && *reason != Reason::Disabled;
                goes.then(|| (ActionKind::DeleteUser, after(*since, policy.delete_after)))
            }
            (Mark::At(since), Mark::None) => Some((ActionKind::QuarantineUser, after(*since, policy.grace))),
        }
    }

    fn act(&self, kind: ActionKind, leaving: &Leaving<'_>, attributes: &Attributes, marks: Marks, draft: &mut Draft) {
        let user = leaving.user;
        let departed = Box::new(Departed {
            account: Account::from(user),
            principal: leaving.principal.clone(),
            reason: leaving.reason.clone(),
            marks,
        });
        let (write, changes) = match kind {
            ActionKind::MarkAbsent => self.mark(departed, attributes),
            ActionKind::QuarantineUser => match &self.desired.quarantine {
                Some(profiles) => self.quarantine(departed, attributes, profiles),
                // `profile-missing` has said so.
                None => return,
            },
            _ => {
                let gone = Change::replace("login", Some(user.login.to_string()), None);
                (Write::DeleteUser { departed }, vec![gone])
            }
        };
        let new_tags =
            changes.iter().filter(|change| change.field.starts_with("tag:") && change.from.is_none()).count();
        let tags = attributes.tags.len();
        if tags + new_tags > tag::LIMIT {
            draft.findings.push(finding(leaving, Kind::TagsFull { tags, needed: new_tags }));
            return;
        }
        let mapping = leaving.mapping.map(|group| self.desired.name_of(group).to_owned());
        draft.actions.push(Action { write, changes, mapping });
    }

    fn mark(&self, departed: Box<Departed>, attributes: &Attributes) -> (Write, Vec<Change>) {
        let now = self.snapshot.time.to_string();
        let invalid = departed.marks.invalid();
        let keys: Vec<&str> =
            if invalid.is_empty() { vec![tag::ABSENT_SINCE] } else { invalid.iter().map(|(key, _)| *key).collect() };
        let marks: BTreeMap<String, String> = keys.iter().map(|key| ((*key).to_owned(), now.clone())).collect();
        let changes = tag_changes(&marks, attributes);
        (Write::MarkAbsent { departed, marks }, changes)
    }

    fn quarantine(
        &self,
        departed: Box<Departed>,
        attributes: &Attributes,
        profiles: &ProfileIds,
    ) -> (Write, Vec<Change>) {
        let (at, catalog) = (self.snapshot.time, &self.snapshot.catalog);
        let routing = attributes.routing_profile.as_ref();
        let had = Was { routing_profile: routing.cloned(), security_profiles: attributes.security_profiles.clone() };
        let from = |name: String| Some(name).filter(|name| !name.is_empty());
        let mut changes = vec![
            Change::replace(
                "routing_profile",
                routing.map(|id| catalog.routing_profile(id).to_owned()),
                Some(catalog.routing_profile(&profiles.routing).to_owned()),
            ),
            Change::replace(
                "security_profiles",
                from(security_names(&attributes.security_profiles, catalog)),
                Some(security_names(&profiles.security, catalog)),
            ),
        ];
        let mut tags = BTreeMap::from([(tag::QUARANTINED_AT.to_owned(), at.to_string())]);
        if departed.marks.was == Was::default() {
            tags.extend(Was::tags(routing, &attributes.security_profiles));
        }
        changes.extend(tag_changes(&tags, attributes));
        (Write::QuarantineUser { departed, profiles: profiles.clone(), had, at }, changes)
    }
}

fn tag_changes(tags: &BTreeMap<String, String>, attributes: &Attributes) -> Vec<Change> {
    let change = |(key, value): (&String, &String)| {
        Change::replace(format!("tag:{key}"), attributes.tags.get(key).cloned(), Some(value.clone()))
    };
    tags.iter().map(change).collect()
}

/// A finding about somebody who has left.
pub(super) fn finding(leaving: &Leaving<'_>, kind: Kind) -> Finding {
    let login = &leaving.user.login;
    match leaving.person {
        Some(person) => of_person(kind, person, Some(login)),
        None => Finding { principal: Some(leaving.principal.clone()), ..Finding::of_user(kind, login) },
    }
}
