use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

/// What AWS allows: a bucket that holds `burst` calls and is refilled with `rate` calls a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// Calls per second.
    pub rate: f64,
    /// Calls at once.
    pub burst: f64,
}

/// Whose bucket it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BucketKey {
    /// Account id.
    pub account: Arc<str>,
    /// Region; empty where the limit counts the whole account.
    pub region: Arc<str>,
    /// The action, or the group of actions that AWS counts together.
    pub group: Arc<str>,
}

/// One bucket's state.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    limit: Limit,
    tokens: f64,
    at: Instant,
    granted: u64,
}

/// All token buckets, made as they are asked for.
#[derive(Debug, Default)]
pub struct Buckets(BTreeMap<BucketKey, Bucket>);

/// The bucket that bounds a reading's time from below, and that time.
#[derive(Debug, Clone, PartialEq)]
pub struct Floor {
    /// The bucket.
    pub key: BucketKey,
    /// Calls that it let through.
    pub granted: u64,
    /// The least time in which it lets that many through.
    pub time: Duration,
}

impl Buckets {
    /// Takes one call out of a bucket; false if it is empty, as after `rate` × time + `burst` calls.
    pub fn take(&mut self, key: BucketKey, limit: Limit, now: Instant) -> bool {
        let bucket = self.0.entry(key).or_insert(Bucket { limit, tokens: limit.burst, at: now, granted: 0 });
        let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * limit.rate).min(limit.burst);
        bucket.at = now;
        let granted = bucket.tokens >= 1.0;
        if granted {
            bucket.tokens -= 1.0;
            bucket.granted += 1;
        }
        granted
    }

    /// The least time that these limits allow for the calls let through so far: the longest of all buckets' (calls − burst) / rate.
    pub fn floor(&self) -> Option<Floor> {
        let mut longest: Option<Floor> = None;
        for (key, bucket) in &self.0 {
            let over = (bucket.granted as f64 - bucket.limit.burst).max(0.0);
            let time = Duration::try_from_secs_f64(over / bucket.limit.rate).unwrap_or(Duration::MAX);
            if longest.as_ref().is_none_or(|floor| time > floor.time) {
                longest = Some(Floor { key: key.clone(), granted: bucket.granted, time });
            }
        }
        longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(group: &str) -> BucketKey {
        BucketKey { account: Arc::from("111122223333"), region: Arc::from("eu-central-1"), group: Arc::from(group) }
    }

    #[tokio::test(start_paused = true)]
    async fn gives_the_burst_and_then_the_rate() {
        let limit = Limit { rate: 20.0, burst: 100.0 };
        let mut buckets = Buckets::default();
        let mut granted = 0;
        for _ in 0..150 {
            granted += u32::from(buckets.take(key("ec2:DescribeInstances"), limit, Instant::now()));
        }
        assert_eq!(granted, 100);
        tokio::time::advance(Duration::from_millis(500)).await;
        for _ in 0..150 {
            granted += u32::from(buckets.take(key("ec2:DescribeInstances"), limit, Instant::now()));
        }
        assert_eq!(granted, 110);
    }

    #[tokio::test(start_paused = true)]
    async fn buckets_do_not_share() {
        let limit = Limit { rate: 1.0, burst: 1.0 };
        let mut buckets = Buckets::default();
        assert!(buckets.take(key("a"), limit, Instant::now()));
        assert!(!buckets.take(key("a"), limit, Instant::now()));
        assert!(buckets.take(key("b"), limit, Instant::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn the_floor_is_the_slowest_bucket() {
        let mut buckets = Buckets::default();
        assert_eq!(buckets.floor(), None);
        for (group, limit) in [("fast", Limit { rate: 100.0, burst: 10.0 }), ("slow", Limit { rate: 2.0, burst: 10.0 })] {
            for _ in 0..10 {
                buckets.take(key(group), limit, Instant::now());
            }
            tokio::time::advance(Duration::from_secs(100)).await;
            for _ in 0..10 {
                buckets.take(key(group), limit, Instant::now());
            }
        }
        let floor = buckets.floor();
        assert_eq!(floor, Some(Floor { key: key("slow"), granted: 20, time: Duration::from_secs(5) }));
    }
}
