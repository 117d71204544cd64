//! How tokens come: at the rate that is configured, and at less for a while where the service has refused calls.
//!
//! Somebody else may be drawing on the same quota, and nothing tells how much of it. So each throttling halves the rate,
//! and every twenty seconds without one gives a tenth of it back: the rate settles around what is left for us, few
//! calls are refused, and the others get their part.

use std::time::Duration;

use tokio::time::Instant;

/// How long a rate holds before the next tenth comes back.
const STEP: Duration = Duration::from_secs(20);
/// What comes back at each step, as a part of the whole rate.
const RISE: f64 = 0.1;
/// What is never gone below, as a part of the whole rate, so that whoever is slowed down is not starved.
const LEAST: f64 = 1.0 / 16.0;

/// The tokens of a bucket, in time.
#[derive(Debug)]
pub(super) struct Flow {
    /// Tokens a second, where nothing was refused lately.
    per_second: f64,
    /// Tokens that a rested bucket holds.
    burst: f64,
    /// The part of both that is in force.
    part: f64,
    /// When the part in force came into force.
    part_since: Instant,
    slowed_at: Option<Instant>,
    tokens: f64,
    filled_at: Instant,
}

impl Flow {
    /// A full bucket.
    pub(super) fn new(per_second: f64, burst: u32, now: Instant) -> Self {
        let burst = f64::from(burst.max(1));
        Self { per_second, burst, part: 1.0, part_since: now, slowed_at: None, tokens: burst, filled_at: now }
    }

    /// Takes another measure over, from now on.
    pub(super) fn measure(&mut self, per_second: f64, burst: u32, now: Instant) {
        self.fill(now);
        self.per_second = per_second;
        self.burst = f64::from(burst.max(1));
    }

    /// Tokens a second, as things stand.
    pub(super) fn rate(&self) -> f64 {
        self.per_second * self.part
    }

    /// Takes a token, or says how many seconds are left until there is one.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), f64> {
        self.fill(now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(self.seconds_until(1.0))
    }

    /// Halves the rate, and takes what is left in the bucket: the service has just shown that there is nothing in its
    /// own. Says whether this refusal counted: that of a call which was sent before the rate was last halved is of the
    /// same cause, and tells nothing of the rate since.
    pub(super) fn slow_down(&mut self, sent: Instant, now: Instant) -> bool {
        self.fill(now);
        if self.slowed_at.is_some_and(|before| sent <= before) {
            return false;
        }
        self.part = (self.part / 2.0).max(LEAST);
        self.part_since = now;
        self.slowed_at = Some(now);
        self.tokens = 0.0;
        true
    }

    /// Puts the tokens in that have come until now.
    pub(super) fn fill(&mut self, now: Instant) {
        while self.part < 1.0 && self.part_since + STEP <= now {
            let step = self.part_since + STEP;
            self.add_until(step);
            self.part = risen(self.part);
            self.part_since = step;
        }
        self.add_until(now);
    }

    fn add_until(&mut self, time: Instant) {
        let elapsed = time.saturating_duration_since(self.filled_at).as_secs_f64();
        // A burst on top of what others draw would be refused like anything else.
        let most = (self.burst * self.part).max(1.0);
        self.tokens = (self.tokens + elapsed * self.rate()).min(most);
        self.filled_at = self.filled_at.max(time);
    }

    /// Seconds until so many tokens will have come in all, from the moment up to which the bucket was filled, if nothing
    /// is refused meanwhile.
    pub(super) fn seconds_until(&self, tokens: f64) -> f64 {
        let mut missing = tokens - self.tokens;
        if missing <= 0.0 {
            return 0.0;
        }
        let mut seconds = 0.0;
        let mut part = self.part;
        let mut left = (self.part_since + STEP).saturating_duration_since(self.filled_at).as_secs_f64();
        while part < 1.0 && missing > left * self.per_second * part {
            missing -= left * self.per_second * part;
            seconds += left;
            part = risen(part);
            left = STEP.as_secs_f64();
        }
        seconds + missing / (self.per_second * part)
    }
}

fn risen(part: f64) -> f64 {
    (part + RISE).min(1.0)
}
