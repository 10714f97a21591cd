//! Time as the session counts it: never backwards. A clock that jumps back would stop every timer until it
//! has caught up, and the status would lie meanwhile.

use super::Millis;

/// The difference between the caller's clock and the session's.
#[derive(Debug, Default)]
pub(super) struct Steady {
    latest: Millis,
    /// How far the session's time is ahead of the caller's.
    ahead: Millis,
}

impl Steady {
    /// The session's time for the caller's `now`. After a jump back it goes on from where it was.
    pub(super) fn inside(&mut self, now: Millis) -> Millis {
        let inside = now.saturating_add(self.ahead);
        if inside < self.latest {
            self.ahead = self.latest - now;
        }
        self.latest = self.latest.max(inside);
        self.latest
    }

    /// The caller's time for a deadline of the session.
    pub(super) fn outside(&self, due: Millis) -> Millis {
        due.saturating_sub(self.ahead)
    }
}
