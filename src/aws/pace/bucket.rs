//! A bucket of tokens, and the queue in front of it.
//!
//! Who comes first is settled by the turn: retries before everybody, then what somebody waits for, then the rest. Within
//! a turn those on whose behalf calls are made take turns, however many calls each of them has: every call belongs to a
//! round, the next one of its owner's, and earlier rounds go first. So a target with thousands of creations does not
//! keep one with three waiting.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::flow::Flow;
use super::{Turn, lock};

/// On whose behalf a call is made, as far as fairness goes.
type Owner = Arc<str>;

/// A token bucket with a queue.
#[derive(Debug)]
pub(in crate::aws) struct Bucket {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    flow: Flow,
    arrivals: u64,
    /// The round of whoever was served last.
    round: u64,
    /// The last round that each owner has a place in, of those who are ahead of [`Self::round`].
    rounds: BTreeMap<Owner, u64>,
    queue: BTreeMap<Rank, Waiting>,
}

/// Who goes first: whoever has the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    turn: Turn,
    round: u64,
    arrival: u64,
}

#[derive(Debug)]
struct Waiting {
    owner: Owner,
    moved: Arc<Notify>,
}

impl Bucket {
    pub(super) fn new(per_second: f64, burst: u32) -> Self {
        let flow = Flow::new(per_second, burst, Instant::now());
        let state = State { flow, arrivals: 0, round: 0, rounds: BTreeMap::new(), queue: BTreeMap::new() };
        Self { state: Mutex::new(state) }
    }

    pub(super) fn measure(&self, per_second: f64, burst: u32) {
        lock(&self.state).flow.measure(per_second, burst, Instant::now());
    }

    /// Waits for a token and takes it. To stop waiting, drop the future: the place in the queue goes with it.
    pub(in crate::aws) async fn take(&self, turn: Turn, owner: &str) {
        let place = Place::join(self, turn, owner);
        while let Some(wait) = place.try_take() {
            match wait {
                // Whoever gets ahead meanwhile wakes this place up, so that it falls back in line.
                Wait::ForToken(time) => {
                    tokio::select! { () = tokio::time::sleep(time) => {}, () = place.moved.notified() => {} }
                }
                Wait::ForOthers => place.moved.notified().await,
            }
        }
    }

    /// Takes in that the service has refused a call as one too many, and when that call was sent. Says what the rate is
    /// now, where this changed it.
    pub(in crate::aws) fn slow_down(&self, sent: Instant) -> Option<f64> {
        let mut state = lock(&self.state);
        let changed = state.flow.slow_down(sent, Instant::now());
        // Whoever has calculated their wait by the old rate calculates it anew.
        state.wake_first();
        changed.then(|| state.flow.rate())
    }

    /// Seconds until so many calls of this owner, those that wait already included, will have had their turn, as things
    /// stand: what others have in the queue counts as far as it comes in between.
    pub(in crate::aws) fn seconds_for(&self, calls: u64, owner: &str) -> f64 {
        if calls == 0 {
            return 0.0;
        }
        let mut state = lock(&self.state);
        state.flow.fill(Instant::now());
        let mut others: BTreeMap<&Owner, u64> = BTreeMap::new();
        let mut ahead = 0;
        for (rank, waiting) in state.queue.iter().filter(|(_, waiting)| *waiting.owner != *owner) {
            if rank.turn < Turn::Regular {
                ahead += 1;
            } else {
                *others.entry(&waiting.owner).or_default() += 1;
            }
        }
        ahead += others.into_values().map(|queued| queued.min(calls)).sum::<u64>();
        #[expect(clippy::cast_precision_loss, reason = "an estimate, of numbers far below 2^52")]
        state.flow.seconds_until((calls + ahead) as f64)
    }
}

impl State {
    fn wake_first(&self) {
        if let Some(first) = self.queue.values().next() {
            first.moved.notify_one();
        }
    }

    /// The next round of this owner: never one that is over, so that who was away has nothing saved up.
    fn next_round(&mut self, owner: &str) -> u64 {
        let now = self.round;
        self.rounds.retain(|_, round| *round >= now);
        let round = self.rounds.get(owner).map_or(now, |last| last + 1);
        self.rounds.insert(Owner::from(owner), round);
        round
    }
}

/// Timers count in milliseconds: a shorter wait would be none.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

enum Wait {
    ForToken(Duration),
    ForOthers,
}

/// A place in the queue, which is given up when it is dropped.
struct Place<'a> {
    bucket: &'a Bucket,
    rank: Rank,
    moved: Arc<Notify>,
}

impl<'a> Place<'a> {
    fn join(bucket: &'a Bucket, turn: Turn, owner: &str) -> Self {
        let moved = Arc::new(Notify::new());
        let mut state = lock(&bucket.state);
        // Rounds are of those who take turns; whoever goes before them does so in order of arrival.
        let round = if turn == Turn::Regular { state.next_round(owner) } else { 0 };
        let rank = Rank { turn, round, arrival: state.arrivals };
        state.arrivals += 1;
        state.wake_first();
        state.queue.insert(rank, Waiting { owner: Owner::from(owner), moved: Arc::clone(&moved) });
        Self { bucket, rank, moved }
    }

    /// Takes a token where it is this place's turn and there is one; else says what to wait for.
    fn try_take(&self) -> Option<Wait> {
        let mut state = lock(&self.bucket.state);
        if state.queue.keys().next() != Some(&self.rank) {
            return Some(Wait::ForOthers);
        }
        match state.flow.take(Instant::now()) {
            Ok(()) => {
                state.round = state.round.max(self.rank.round);
                None
            }
            Err(seconds) => {
                let time = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
                Some(Wait::ForToken(time.clamp(SHORTEST_WAIT, Duration::from_hours(24))))
            }
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.bucket.state);
        state.queue.remove(&self.rank);
        state.wake_first();
    }
}
