//! What somebody has approved while the program runs: pairs of a user and an action, each once, for a day. Nothing of it
//! outlives the process.
//!
//! The day is measured by time that only passes. A clock that is set back must not make an approval last, and one that is
//! set forward would take away what somebody has just approved.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use crate::model::id::TargetName;
use crate::plan::{APPROVAL_LASTS, ActionKind, Pair, Withheld};

/// Codes that were told, and pairs that were approved, by target.
#[derive(Debug, Default)]
pub(super) struct Approvals(BTreeMap<TargetName, OfTarget>);

#[derive(Debug, Default)]
struct OfTarget {
    /// What each code stood for, and when it was last told.
    told: BTreeMap<String, (Instant, BTreeSet<Pair>)>,
    /// What the last pass withheld.
    withheld: BTreeSet<Pair>,
    /// What may be done, since when, and by which code.
    granted: BTreeMap<Pair, (Instant, String)>,
}

/// Why an approval came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotApproved {
    /// No pass of the last day told this code.
    #[error("no target has told this code within the last 24 hours")]
    Unknown,
    /// A pass told it, but nothing that it stood for is still held back.
    #[error("nothing that this code stood for is held back any more")]
    Stale,
}

impl Approvals {
    /// Notes what a pass of everybody withholds.
    pub(super) fn note(&mut self, target: &TargetName, code: Option<&str>, withheld: &[Withheld], now: Instant) {
        let of_target = self.0.entry(target.clone()).or_default();
        of_target.told.retain(|_, (told, _)| is_good(*told, now));
        of_target.withheld = withheld.iter().map(|held| held.action.pair()).collect();
        if let Some(code) = code {
            of_target.told.insert(code.to_owned(), (now, of_target.withheld.clone()));
        }
    }

    /// Approves what the code stands for and is still withheld. Says whose code it is.
    pub(super) fn grant(&mut self, code: &str, now: Instant) -> Result<TargetName, NotApproved> {
        let mut refusal = NotApproved::Unknown;
        for (target, of_target) in &mut self.0 {
            let Some((_, pairs)) = of_target.told.get(code).filter(|(told, _)| is_good(*told, now)) else { continue };
            let still: BTreeSet<Pair> = pairs.intersection(&of_target.withheld).cloned().collect();
            if still.is_empty() {
                refusal = NotApproved::Stale;
                continue;
            }
            of_target.granted.extend(still.into_iter().map(|pair| (pair, (now, code.to_owned()))));
            return Ok(target.clone());
        }
        Err(refusal)
    }

    /// What may be done in a target now, though a guard holds it back, with the code that it was approved by.
    pub(super) fn granted(&self, target: &TargetName, now: Instant) -> BTreeMap<Pair, String> {
        let granted = self.0.get(target).into_iter().flat_map(|of_target| &of_target.granted);
        let good = granted.filter(|(_, (given, _))| is_good(*given, now));
        good.map(|(pair, (_, code))| (pair.clone(), code.clone())).collect()
    }

    /// Notes that a pair was carried out, so that it will not be done a second time on the same approval.
    pub(super) fn used(&mut self, target: &TargetName, pair: &(String, ActionKind)) {
        if let Some(of_target) = self.0.get_mut(target) {
            of_target.granted.remove(pair);
        }
    }
}

fn is_good(since: Instant, now: Instant) -> bool {
    now.duration_since(since) < APPROVAL_LASTS
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::id::{Login, PrincipalId};
    use crate::plan::{Action, Guard, Write};

    fn told(approvals: &mut Approvals, code: Option<&str>, users: &[&str], now: Instant) {
        let held = users.iter().map(|user| Withheld {
            action: Action {
                write: Write::UnmarkAbsent {
                    principal: PrincipalId::new(*user),
                    account: crate::plan::Account {
                        id: crate::model::id::ConnectUserId::new(*user),
                        arn: String::new(),
                        login: Login::new(*user),
                    },
                },
                mapping: None,
                changes: Vec::new(),
            },
            guard: Guard::MaxRemovals,
        });
        approvals.note(&target(), code, &held.collect::<Vec<_>>(), now);
    }

    fn target() -> TargetName {
        TargetName::new("t")
    }

    fn pair(user: &str) -> Pair {
        (user.to_owned(), ActionKind::UnmarkAbsent)
    }

    fn by(code: &str, user: &str) -> (Pair, String) {
        (pair(user), code.to_owned())
    }

    #[test]
    fn a_pair_is_good_once_and_for_a_day() {
        let start = Instant::now();
        let at = |hours| start + Duration::from_hours(hours);
        let mut approvals = Approvals::default();
        told(&mut approvals, Some("c0de"), &["ana", "bo"], start);
        assert_eq!(approvals.grant("other", start), Err(NotApproved::Unknown));
        assert_eq!(approvals.granted(&target(), start), BTreeMap::new());
        assert_eq!(approvals.grant("c0de", at(23)), Ok(target()));
        assert_eq!(approvals.granted(&target(), at(46)), [by("c0de", "ana"), by("c0de", "bo")].into());
        approvals.used(&target(), &pair("ana"));
        assert_eq!(approvals.granted(&target(), at(46)), [by("c0de", "bo")].into());
        assert_eq!(approvals.granted(&target(), at(47)), BTreeMap::new(), "24 hours are over");
    }

    #[test]
    fn an_earlier_code_is_good_for_what_of_it_is_still_withheld() {
        let now = Instant::now();
        let mut approvals = Approvals::default();
        told(&mut approvals, Some("earlier"), &["ana", "bo"], now);
        told(&mut approvals, Some("later"), &["bo", "cy"], now);
        assert_eq!(approvals.grant("earlier", now), Ok(target()));
        assert_eq!(approvals.granted(&target(), now), [by("earlier", "bo")].into());
        told(&mut approvals, None, &[], now);
        assert_eq!(approvals.grant("later", now), Err(NotApproved::Stale));
        let tomorrow = now + Duration::from_hours(24);
        assert_eq!(approvals.grant("later", tomorrow), Err(NotApproved::Unknown));
    }
}
