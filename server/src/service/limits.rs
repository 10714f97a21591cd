//! The token bucket of each user's publishes. Lives in memory of one gateway; a restart forgives.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use crate::config::RateLimit;

struct Bucket {
    tokens: f64,
    filled: Instant,
}

pub(super) struct Limits {
    limit: Option<RateLimit>,
    buckets: Mutex<HashMap<Arc<str>, Bucket>>,
}

/// Above so many buckets the full ones are thrown away; a full bucket equals an absent one.
const SWEEP_ABOVE: usize = 10_000;

impl Limits {
    pub(super) fn new(limit: Option<RateLimit>) -> Self {
        Self { limit, buckets: Mutex::new(HashMap::new()) }
    }

    /// Whether the user may publish one more message now.
    pub(super) fn allow(&self, user: &Arc<str>, now: Instant) -> bool {
        let Some(limit) = self.limit else { return true };
        let burst = f64::from(limit.burst);
        let level = |bucket: &Bucket| {
            let gained = now.saturating_duration_since(bucket.filled).as_secs_f64() * limit.per_second;
            (bucket.tokens + gained).min(burst)
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > SWEEP_ABOVE {
            buckets.retain(|_, bucket| level(bucket) < burst);
        }
        let bucket = buckets.entry(user.clone()).or_insert(Bucket { tokens: burst, filled: now });
        bucket.tokens = level(bucket);
        bucket.filled = now;
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_then_the_sustained_rate_each_user_alone() {
        let limits = Limits::new(Some(RateLimit { per_second: 5.0, burst: 100 }));
        let (alice, bob): (Arc<str>, Arc<str>) = ("alice".into(), "bob".into());
        let start = Instant::now();
        let passed = |user, now| (0..200).filter(|_| limits.allow(user, now)).count();
        assert_eq!(passed(&alice, start), 100);
        assert!(limits.allow(&bob, start));
        assert_eq!(passed(&alice, start + Duration::from_millis(1001)), 5);
        assert_eq!(passed(&alice, start + Duration::from_secs(3600)), 100);
    }

    #[test]
    fn no_limit_is_no_limit() {
        let limits = Limits::new(None);
        let user: Arc<str> = "u".into();
        assert!((0..10_000).all(|_| limits.allow(&user, Instant::now())));
    }
}
