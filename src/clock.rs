//! The only place that reads a clock: monotonic milliseconds for timers, wall-clock milliseconds for
//! what people and servers see. Both can be set in tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A source of time, cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System { start: Instant },
    Manual(Arc<Hands>),
}

/// The hands of a clock that only moves when told.
#[derive(Debug)]
struct Hands {
    monotonic: AtomicU64,
    wall: AtomicI64,
}

impl Clock {
    /// The machine's clocks.
    pub fn system() -> Self {
        Self(Source::System { start: Instant::now() })
    }

    /// A clock for tests, standing at `wall` ms since 1970.
    pub fn manual(wall: i64) -> Self {
        Self(Source::Manual(Arc::new(Hands { monotonic: AtomicU64::new(0), wall: AtomicI64::new(wall) })))
    }

    /// Moves a manual clock on by `milliseconds`; the system's clock moves by itself.
    pub fn advance(&self, milliseconds: u64) {
        if let Source::Manual(hands) = &self.0 {
            hands.monotonic.fetch_add(milliseconds, Ordering::Relaxed);
            hands.wall.fetch_add(milliseconds as i64, Ordering::Relaxed);
        }
    }

    /// Sets a manual clock's wall time forward or back, as people do; timers do not notice.
    pub fn shift_wall(&self, milliseconds: i64) {
        if let Source::Manual(hands) = &self.0 {
            hands.wall.fetch_add(milliseconds, Ordering::Relaxed);
        }
    }

    /// Milliseconds since this clock was made; never goes back.
    pub fn monotonic(&self) -> u64 {
        match &self.0 {
            Source::System { start } => start.elapsed().as_millis() as u64,
            Source::Manual(hands) => hands.monotonic.load(Ordering::Relaxed),
        }
    }

    /// Wall clock minus monotonic clock, ms: changes only when the device sleeps or its clock is set.
    pub fn skew(&self) -> i64 {
        self.wall().saturating_sub_unsigned(self.monotonic())
    }

    /// Milliseconds since 1970; jumps when the user sets the clock.
    pub fn wall(&self) -> i64 {
        match &self.0 {
            Source::System { .. } => {
                SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as i64)
            }
            Source::Manual(hands) => hands.wall.load(Ordering::Relaxed),
        }
    }
}

/// Measures how long something takes in the runtime's time, whatever a clock is set to: for what waits on real sockets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(tokio::time::Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(tokio::time::Instant::now())
    }

    /// Milliseconds since the start.
    pub(crate) fn elapsed(self) -> u64 {
        self.0.elapsed().as_millis() as u64
    }
}
