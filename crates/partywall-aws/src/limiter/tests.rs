use proptest::prelude::*;

use super::*;

fn limit(rate: f64, burst: f64) -> Limit {
    toml::from_str(&format!("rate = {rate:?}\nburst = {burst:?}")).unwrap()
}

fn key(action: &str) -> BucketKey {
    BucketKey { account: "111122223333".into(), region: "eu-central-1".into(), service: "ec2".into(), action: action.into(), row: 0 }
}

fn paused<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
}

/// When each of `calls` requests was let through, in seconds from the beginning.
async fn grants(limiter: &Arc<Limiter>, action: &'static str, limit: Limit, calls: usize) -> Vec<f64> {
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..calls {
        let (limiter, limit) = (limiter.clone(), limit.clone());
        tasks.spawn(async move {
            limiter.acquire(key(action), &Arc::from("eu-central-1"), &limit).await;
            begun.elapsed().as_secs_f64()
        });
    }
    let mut times = tasks.join_all().await;
    times.sort_by(f64::total_cmp);
    times
}

proptest! {
    #[test]
    fn never_more_than_the_rate_allows(rate in 0.5f64..50.0, burst in 1.0f64..80.0, share in 0.1f64..=1.0, calls in 1usize..120) {
        let limiter = Arc::new(Limiter::new(share, 1000, 1));
        let times = paused(grants(&limiter, "A", limit(rate, burst), calls));
        prop_assert_eq!(times.len(), calls);
        let (rate, burst) = (rate * share, (burst * share).max(1.0));
        for (index, from) in times.iter().enumerate() {
            for (further, to) in times.iter().enumerate().skip(index) {
                let granted = (further - index + 1) as f64;
                prop_assert!(granted <= rate * (to - from) + burst + 1e-6, "{} in {}", granted, to - from);
            }
        }
        // Polite, but no slower than that either; tokio's timers count in milliseconds.
        let needed = ((calls as f64 - burst) / rate).max(0.0);
        prop_assert!(*times.last().unwrap() <= needed + 0.002 * calls as f64 + 2.0 / rate, "{:?} of {}", times.last(), needed);
    }
}

#[test]
fn a_throttle_halves_the_rate_once_and_it_comes_back() {
    paused(async {
        let limiter = Limiter::new(1.0, 10, 1);
        let (region, limit) = (Arc::from("eu-central-1"), limit(20.0, 100.0));
        let first = limiter.acquire(key("A"), &region, &limit).await;
        let second = limiter.acquire(key("A"), &region, &limit).await;
        first.throttled();
        second.throttled();
        assert!((limiter.rate(&key("A"), &limit) - 10.0).abs() < 1e-9, "two answers of one moment cut once");
        let begun = Instant::now();
        let third = limiter.acquire(key("A"), &region, &limit).await;
        assert!(begun.elapsed() >= Duration::from_millis(100), "what was saved up is gone");
        tokio::time::sleep(Duration::from_millis(500)).await;
        third.throttled();
        assert!((limiter.rate(&key("A"), &limit) - 5.0).abs() < 1e-9);
        tokio::time::sleep(Duration::from_secs(10)).await;
        let creeping = limiter.rate(&key("A"), &limit);
        assert!(creeping > 5.5 && creeping < 9.0, "{creeping}");
        tokio::time::sleep(Duration::from_mins(2)).await;
        assert!((limiter.rate(&key("A"), &limit) - 20.0).abs() < 1e-9);
        for _ in 0..40 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            first.throttled();
        }
        assert!(limiter.rate(&key("A"), &limit) >= 20.0 / 64.0 - 1e-9, "it never stops for good");
    });
}

#[test]
fn buckets_do_not_delay_each_other() {
    paused(async {
        let limiter = Arc::new(Limiter::new(1.0, 2, 1));
        let slow = tokio::spawn({
            let limiter = limiter.clone();
            async move { grants(&limiter, "Slow", limit(0.1, 1.0), 5).await }
        });
        tokio::time::sleep(Duration::from_millis(1)).await;
        let fast = grants(&limiter, "Fast", limit(100.0, 100.0), 50).await;
        assert!(*fast.last().unwrap() < 0.01, "{fast:?}");
        assert!(*slow.await.unwrap().last().unwrap() >= 39.9);
    });
}

#[test]
fn no_more_than_so_many_are_under_way_and_first_come_is_first_served() {
    paused(async {
        let limiter = Arc::new(Limiter::new(1.0, 2, 1));
        let (region, limit): (Arc<str>, _) = (Arc::from("eu-central-1"), limit(1000.0, 1000.0));
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = tokio::task::JoinSet::new();
        let begun = Instant::now();
        for number in 0..6 {
            let (limiter, region, limit, order) = (limiter.clone(), region.clone(), limit.clone(), order.clone());
            tasks.spawn(async move {
                let _grant = limiter.acquire(key("A"), &region, &limit).await;
                order.lock().unwrap().push(number);
                tokio::time::sleep(Duration::from_secs(1)).await;
            });
        }
        tasks.join_all().await;
        assert_eq!(begun.elapsed().as_secs(), 3, "six requests of a second, two at once");
        assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4, 5]);
    });
}

#[test]
fn who_stops_waiting_takes_no_token() {
    paused(async {
        let limiter = Limiter::new(1.0, 10, 1);
        let (region, limit) = (Arc::from("eu-central-1"), limit(1.0, 1.0));
        drop(limiter.acquire(key("A"), &region, &limit).await);
        let begun = Instant::now();
        for _ in 0..5 {
            let given_up = tokio::time::timeout(Duration::from_millis(100), limiter.acquire(key("A"), &region, &limit)).await;
            assert!(given_up.is_err());
        }
        drop(limiter.acquire(key("A"), &region, &limit).await);
        assert!(begun.elapsed() < Duration::from_millis(1010), "{:?}", begun.elapsed());
    });
}
