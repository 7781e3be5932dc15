//! How often and how many at once: token buckets by AWS's documented rates, cut when AWS throttles, and a bound on requests under way.

mod bucket;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::Limit;
use bucket::Bucket;

/// From so many buckets on, those that are as good as new are dropped.
const MANY: usize = 10_000;

/// Which bucket a call takes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct BucketKey {
    pub(crate) account: Arc<str>,
    /// Empty where Regions share the count.
    pub(crate) region: Arc<str>,
    pub(crate) service: Arc<str>,
    /// Empty where AWS counts actions together.
    pub(crate) action: Arc<str>,
    /// Row of the table of limits.
    pub(crate) row: usize,
}

/// All buckets of a client.
#[derive(Debug)]
pub(crate) struct Limiter {
    share: f64,
    concurrency: usize,
    buckets: Mutex<HashMap<BucketKey, Arc<Bucket>>>,
    hosts: Mutex<HashMap<(Arc<str>, Arc<str>), Arc<Semaphore>>>,
    random: Mutex<Rng>,
}

/// Leave to send one request. While it lives, it counts among those under way.
#[derive(Debug)]
pub(crate) struct Grant {
    bucket: Arc<Bucket>,
    hold: Duration,
    /// How long it had to be waited for.
    pub(crate) waited: Duration,
    _under_way: Option<OwnedSemaphorePermit>,
}

impl Grant {
    /// AWS throttled the request.
    pub(crate) fn throttled(&self) {
        self.bucket.throttled(self.hold);
    }
}

impl Limiter {
    /// `share`: part of the documented rates that may be used. `concurrency`: requests under way to one account and Region.
    pub(crate) fn new(share: f64, concurrency: usize, seed: u64) -> Self {
        let share = if share > 0.0 && share <= 1.0 { share } else { 1.0 };
        Self {
            share,
            concurrency: concurrency.max(1),
            buckets: Mutex::default(),
            hosts: Mutex::default(),
            random: Mutex::new(Rng::with_seed(seed)),
        }
    }

    /// Waits until one more request may be sent. `region` is the one asked, also where the bucket is the account's.
    pub(crate) async fn acquire(&self, key: BucketKey, region: &Arc<str>, limit: &Limit) -> Grant {
        let begun = Instant::now();
        let host = self.host(&key.account, region);
        let bucket = self.bucket(key, limit);
        let turn = bucket.turn.lock().await;
        let under_way = loop {
            while let Some(missing) = bucket.missing() {
                tokio::time::sleep(missing).await;
            }
            // The place among those under way comes after the token is there, or a slow bucket would keep places that others need; the
            // token is taken last, or calls that wait for a place would be sent all at once.
            let under_way = host.clone().acquire_owned().await.ok();
            if bucket.take() {
                break under_way;
            }
        };
        drop(turn);
        // Buckets that were cut together must not come back together.
        let hold =
            Duration::from_secs(1) + Duration::from_secs(2).mul_f64(self.random.lock().unwrap_or_else(PoisonError::into_inner).f64());
        Grant { bucket, hold, waited: begun.elapsed(), _under_way: under_way }
    }

    /// Calls per second that a bucket lets through now.
    #[cfg(test)]
    fn rate(&self, key: &BucketKey, limit: &Limit) -> f64 {
        self.bucket(key.clone(), limit).rate()
    }

    fn bucket(&self, key: BucketKey, limit: &Limit) -> Arc<Bucket> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get(&key) {
            return bucket.clone();
        }
        if buckets.len() >= MANY {
            buckets.retain(|_, bucket| Arc::strong_count(bucket) > 1 || !bucket.is_idle());
        }
        let bucket = Arc::new(Bucket::new(limit.rate * self.share, limit.burst * self.share));
        buckets.insert(key, bucket.clone());
        bucket
    }

    fn host(&self, account: &Arc<str>, region: &Arc<str>) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= MANY {
            hosts.retain(|_, host| Arc::strong_count(host) > 1);
        }
        hosts.entry((account.clone(), region.clone())).or_insert_with(|| Arc::new(Semaphore::new(self.concurrency))).clone()
    }
}
