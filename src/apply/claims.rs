//! Who is being dealt with by a pass of their own, so that a longer pass beside it, which read them earlier, lets them be:
//! what it has not begun for them is called off at once, and what it comes to later is not begun.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use crate::model::id::PrincipalId;

/// The people of one target who have, or had, a pass of their own.
#[derive(Debug, Default)]
pub struct Claims(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    held: BTreeMap<PrincipalId, Held>,
    /// Actions of longer passes, by person and number, with what calls them off.
    watched: BTreeMap<(PrincipalId, u64), CancellationToken>,
    numbers: u64,
}

#[derive(Debug)]
struct Held {
    /// Passes of this person that are under way.
    holders: usize,
    /// When the last of them began, or ended.
    last: Instant,
}

impl State {
    fn covers(&self, person: &PrincipalId, since: Instant) -> bool {
        self.held.get(person).is_some_and(|held| held.holders > 0 || held.last >= since)
    }
}

/// One pass's claim, which ends when it is dropped.
#[derive(Debug)]
pub struct Claim<'a> {
    claims: &'a Claims,
    people: Vec<PrincipalId>,
}

/// An action of a longer pass, which a claim on its person calls off.
#[derive(Debug)]
pub struct Watch<'a> {
    claims: &'a Claims,
    key: (PrincipalId, u64),
    token: CancellationToken,
}

impl Claims {
    /// Claims these people for a pass of their own.
    #[must_use]
    pub fn claim(&self, people: impl IntoIterator<Item = PrincipalId>) -> Claim<'_> {
        let people: Vec<PrincipalId> = people.into_iter().collect();
        let mut state = self.lock();
        for person in &people {
            let held = state.held.entry(person.clone()).or_insert(Held { holders: 0, last: Instant::now() });
            held.holders += 1;
            held.last = Instant::now();
            for (_, token) in state.watched.range((person.clone(), 0)..=(person.clone(), u64::MAX)) {
                token.cancel();
            }
        }
        Claim { claims: self, people }
    }

    /// Watches over an action on somebody who was read then. Its token is a child of `parent`, and is cancelled once they
    /// have, or had since, a pass of their own.
    #[must_use]
    pub fn watch(&self, person: &PrincipalId, since: Instant, parent: &CancellationToken) -> Watch<'_> {
        let mut state = self.lock();
        state.numbers += 1;
        let key = (person.clone(), state.numbers);
        let token = parent.child_token();
        if state.covers(person, since) {
            token.cancel();
        }
        state.watched.insert(key.clone(), token.clone());
        Watch { claims: self, key, token }
    }

    /// Forgets claims that ended before then: whoever reads from now on sees what came of them.
    pub fn forget_before(&self, then: Instant) {
        self.lock().held.retain(|_, held| held.holders > 0 || held.last >= then);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch<'_> {
    /// What calls the action off while it has not begun.
    #[must_use]
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut state = self.claims.lock();
        for person in &self.people {
            if let Some(held) = state.held.get_mut(person) {
                held.holders = held.holders.saturating_sub(1);
                held.last = Instant::now();
            }
        }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.claims.lock().watched.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn is_called_off(claims: &Claims, person: &PrincipalId, since: Instant) -> bool {
        claims.watch(person, since, &CancellationToken::new()).token().is_cancelled()
    }

    #[test]
    fn a_claim_calls_off_what_waits_and_outlives_its_pass_for_whoever_read_before_it_ended() {
        let claims = Claims::default();
        let (ana, bo) = (PrincipalId::new("ana"), PrincipalId::new("bo"));
        let (read_before, parent) = (Instant::now(), CancellationToken::new());
        let (of_ana, of_bo) = (claims.watch(&ana, read_before, &parent), claims.watch(&bo, read_before, &parent));
        assert!(!of_ana.token().is_cancelled());
        let claim = claims.claim([ana.clone()]);
        let other = claims.claim([ana.clone()]);
        assert!(of_ana.token().is_cancelled());
        assert!(!of_bo.token().is_cancelled() && !parent.is_cancelled());
        drop(claim);
        assert!(is_called_off(&claims, &ana, Instant::now()), "one of the two is still at work");
        drop(other);
        assert!(is_called_off(&claims, &ana, read_before));
        let read_after = Instant::now() + Duration::from_millis(1);
        assert!(!is_called_off(&claims, &ana, read_after));
        claims.forget_before(read_after);
        assert!(!is_called_off(&claims, &ana, read_before));
        drop((of_ana, of_bo));
        assert!(claims.lock().watched.is_empty());
    }
}
