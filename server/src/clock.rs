//! The only place of the server that reads a wall clock. Everybody who stamps or compares times holds a
//! [`Clock`]; tests set it by hand. It must never be used to measure intervals: tokio's timers do that.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A source of wall time in milliseconds since 1970; clones share the same source.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// `None` reads the machine's clock.
    manual: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still at `ms` until [`Clock::set`] or [`Clock::advance`] moves it.
    pub fn manual(ms: i64) -> Self {
        Self { manual: Some(Arc::new(AtomicI64::new(ms))) }
    }

    /// Now, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        match &self.manual {
            Some(ms) => ms.load(Ordering::SeqCst),
            None => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .ok()
                .and_then(|d| i64::try_from(d.as_millis()).ok())
                .unwrap_or(0),
        }
    }

    /// Sets a manual clock; the system clock ignores it.
    pub fn set(&self, ms: i64) {
        if let Some(manual) = &self.manual {
            manual.store(ms, Ordering::SeqCst);
        }
    }

    /// Moves a manual clock by `ms` milliseconds; the system clock ignores it.
    pub fn advance(&self, ms: i64) {
        if let Some(manual) = &self.manual {
            manual.fetch_add(ms, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn a_manual_clock_moves_only_by_hand_and_is_shared_by_clones() {
        let clock = Clock::manual(5);
        let other = clock.clone();
        clock.advance(7);
        assert_eq!(other.now_ms(), 12);
        other.set(3);
        assert_eq!(clock.now_ms(), 3);
    }

    #[test]
    fn the_system_clock_cannot_be_set() {
        let clock = Clock::system();
        clock.set(1);
        assert!(clock.now_ms() > 1_600_000_000_000);
    }
}
