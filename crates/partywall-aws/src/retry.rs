use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;

use crate::CallErrorKind;

/// No wait is longer, whoever asks for it.
const LONGEST: Duration = Duration::from_secs(20);

/// Waits before a request is sent again: full jitter under an exponential ceiling, as AWS's SDKs have it.
#[derive(Debug)]
pub(crate) struct Backoff {
    random: Mutex<Rng>,
    attempts: u32,
    throttled_attempts: u32,
}

impl Backoff {
    pub(crate) fn new(attempts: u32, throttled_attempts: u32, seed: u64) -> Self {
        let attempts = attempts.max(1);
        Self { random: Mutex::new(Rng::with_seed(seed)), attempts, throttled_attempts: throttled_attempts.max(attempts) }
    }

    /// How long to wait after this many requests, the last of which failed so; `None` if that was the last. A server's word on how long
    /// to wait is a lower bound.
    pub(crate) fn wait(&self, kind: CallErrorKind, sent: u32, asked: Option<Duration>) -> Option<Duration> {
        let (most, base) = match kind {
            CallErrorKind::Throttled => (self.throttled_attempts, Duration::from_millis(500)),
            CallErrorKind::Server | CallErrorKind::TimedOut | CallErrorKind::Connection => (self.attempts, Duration::from_millis(200)),
            _ => return None,
        };
        if sent >= most {
            return None;
        }
        let ceiling = base.saturating_mul(1 << sent.saturating_sub(1).min(16)).min(LONGEST);
        let part = self.random.lock().unwrap_or_else(PoisonError::into_inner).f64();
        Some(ceiling.mul_f64(part).max(asked.unwrap_or_default().min(LONGEST)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_ceiling_and_end() {
        let backoff = Backoff::new(5, 10, 1);
        for sent in 1..5 {
            let most = (0..200).map(|_| backoff.wait(CallErrorKind::Server, sent, None).unwrap()).max().unwrap();
            let ceiling = Duration::from_millis(200 << (sent - 1));
            assert!(most <= ceiling && most > ceiling.mul_f64(0.8), "{sent}: {most:?}");
        }
        assert_eq!(backoff.wait(CallErrorKind::Server, 5, None), None);
        assert!(backoff.wait(CallErrorKind::Throttled, 9, None).unwrap() <= LONGEST);
        assert_eq!(backoff.wait(CallErrorKind::Throttled, 10, None), None);
        assert_eq!(backoff.wait(CallErrorKind::Denied, 1, None), None);
    }

    #[test]
    fn the_servers_wish_is_a_lower_bound_with_an_end() {
        let backoff = Backoff::new(5, 10, 1);
        assert!(backoff.wait(CallErrorKind::Server, 1, Some(Duration::from_secs(7))).unwrap() >= Duration::from_secs(7));
        assert_eq!(backoff.wait(CallErrorKind::Server, 1, Some(Duration::from_hours(9))), Some(LONGEST));
    }

    #[test]
    fn equal_seeds_wait_alike() {
        let waits = |seed| {
            let backoff = Backoff::new(5, 10, seed);
            (1..10).map(|sent| backoff.wait(CallErrorKind::Throttled, sent, None)).collect::<Vec<_>>()
        };
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
    }
}
