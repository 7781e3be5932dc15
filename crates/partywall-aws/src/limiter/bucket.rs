use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A cut rate is not cut again for this long: the throttled answers of one moment speak of one excess.
const ONE_EXCESS: Duration = Duration::from_millis(500);
/// What a throttled answer leaves of the rate.
const CUT: f64 = 0.5;
/// The rate is never cut below this part of the full one.
const LEAST: f64 = 1.0 / 64.0;
/// Part of the full rate that comes back each second.
const CREEP: f64 = 1.0 / 60.0;

/// A token bucket whose rate halves when AWS throttles and creeps back after.
#[derive(Debug)]
pub(super) struct Bucket {
    /// Who waits for a token, in the order they came: tokio's mutex is fair, and leaving the queue leaves nothing behind.
    pub(super) turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    full: f64,
    burst: f64,
}

#[derive(Debug)]
struct State {
    tokens: f64,
    rate: f64,
    at: Instant,
    cut_at: Option<Instant>,
    /// The rate stays cut until then.
    held_until: Instant,
}

impl Bucket {
    /// `rate` in calls per second; `burst` calls at once, at least one.
    pub(super) fn new(rate: f64, burst: f64) -> Self {
        let now = Instant::now();
        let burst = burst.max(1.0);
        let state = State { tokens: burst, rate, at: now, cut_at: None, held_until: now };
        Self { turn: tokio::sync::Mutex::new(()), state: Mutex::new(state), full: rate, burst }
    }

    /// How long until a token is there, as things stand; nothing if one is there now.
    pub(super) fn missing(&self) -> Option<Duration> {
        let state = self.refilled();
        // A hair above one, or rounding would make a waiter wake a moment early, again and again.
        (state.tokens < 1.0).then(|| Duration::from_secs_f64((1.0 - state.tokens) / state.rate) + Duration::from_micros(1))
    }

    /// Takes a token if there is one.
    pub(super) fn take(&self) -> bool {
        let mut state = self.refilled();
        let there = state.tokens >= 1.0;
        if there {
            state.tokens -= 1.0;
        }
        there
    }

    /// AWS throttled a call of this bucket. `hold`: how long the rate stays before it creeps back.
    pub(super) fn throttled(&self, hold: Duration) {
        let mut state = self.refilled();
        state.tokens = state.tokens.min(0.0);
        if state.cut_at.is_none_or(|cut| state.at.saturating_duration_since(cut) >= ONE_EXCESS) {
            state.rate = (state.rate * CUT).max(self.full * LEAST);
            state.cut_at = Some(state.at);
            state.held_until = state.at + hold;
        }
    }

    /// Calls per second that it lets through now.
    #[cfg(test)]
    pub(super) fn rate(&self) -> f64 {
        self.refilled().rate
    }

    /// Nothing would be lost by making it anew.
    pub(super) fn is_idle(&self) -> bool {
        let state = self.refilled();
        state.tokens >= self.burst && state.rate >= self.full
    }

    fn refilled(&self) -> std::sync::MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let passed = now.saturating_duration_since(state.at).as_secs_f64();
        state.tokens = (state.tokens + passed * state.rate).min(self.burst);
        let creeping = now.saturating_duration_since(state.held_until.max(state.at)).as_secs_f64();
        state.rate = (state.rate + creeping * CREEP * self.full).min(self.full);
        state.at = now;
        state
    }
}
