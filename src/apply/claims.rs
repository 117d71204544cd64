//! Who is being dealt with by a pass of their own, so that a longer pass beside it, which read them earlier, lets them be.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::model::id::PrincipalId;

/// The people of one target who have, or had, a pass of their own.
#[derive(Debug, Default)]
pub struct Claims(Mutex<BTreeMap<PrincipalId, Held>>);

#[derive(Debug)]
struct Held {
    /// Passes of this person that are under way.
    holders: usize,
    /// When the last of them began, or ended.
    last: Instant,
}

/// One person's claim, which ends when it is dropped.
#[derive(Debug)]
pub struct Claim<'a> {
    claims: &'a Claims,
    people: Vec<PrincipalId>,
}

impl Claims {
    /// Claims these people for a pass of their own.
    #[must_use]
    pub fn claim(&self, people: impl IntoIterator<Item = PrincipalId>) -> Claim<'_> {
        let people: Vec<PrincipalId> = people.into_iter().collect();
        let mut held = self.lock();
        for person in &people {
            let entry = held.entry(person.clone()).or_insert(Held { holders: 0, last: Instant::now() });
            entry.holders += 1;
            entry.last = Instant::now();
        }
        Claim { claims: self, people }
    }

    /// Whether somebody has, or had since then, a pass of their own.
    #[must_use]
    pub fn covers(&self, person: &PrincipalId, since: Instant) -> bool {
        self.lock().get(person).is_some_and(|held| held.holders > 0 || held.last >= since)
    }

    /// Forgets claims that ended before then: whoever reads from now on sees what came of them.
    pub fn forget_before(&self, then: Instant) {
        self.lock().retain(|_, held| held.holders > 0 || held.last >= then);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PrincipalId, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut held = self.claims.lock();
        for person in &self.people {
            if let Some(entry) = held.get_mut(person) {
                entry.holders = entry.holders.saturating_sub(1);
                entry.last = Instant::now();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_outlives_its_pass_for_whoever_read_before_it_ended() {
        let claims = Claims::default();
        let ana = PrincipalId::new("ana");
        let read_before = Instant::now();
        assert!(!claims.covers(&ana, read_before));
        let claim = claims.claim([ana.clone()]);
        let other = claims.claim([ana.clone()]);
        drop(claim);
        assert!(claims.covers(&ana, Instant::now()), "one of the two is still at work");
        drop(other);
        assert!(claims.covers(&ana, read_before));
        let read_after = Instant::now() + std::time::Duration::from_millis(1);
        assert!(!claims.covers(&ana, read_after));
        assert!(!claims.covers(&PrincipalId::new("bo"), read_before));
        claims.forget_before(read_after);
        assert!(!claims.covers(&ana, read_before));
    }
}
