//! Counts a transfer's bytes and tells the host, but not each of them: at most once per hundredth of the
//! file or per [`timing::PROGRESS_INTERVAL`], whichever comes first, and at every change of state.

use std::sync::{Mutex, PoisonError};

use super::types::{MediaProgress, TransferDirection, TransferState};
use crate::client::delivery::{Delivery, HostEvent};
use crate::clock::Clock;
use crate::model::ErrorCode;
use crate::timing;

/// The meter of one transfer.
pub(crate) struct Meter {
    delivery: Delivery,
    clock: Clock,
    direction: TransferDirection,
    message: Option<i64>,
    path: String,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    state: Option<TransferState>,
    told: u64,
    at: u64,
    transferred: u64,
    total: u64,
}

impl Meter {
    pub(super) fn new(
        delivery: &Delivery,
        clock: &Clock,
        direction: TransferDirection,
        message: Option<i64>,
        path: &str,
    ) -> Self {
        Self {
            delivery: delivery.clone(),
            clock: clock.clone(),
            direction,
            message,
            path: path.to_owned(),
            last: Mutex::default(),
        }
    }

    /// So many bytes have arrived.
    pub(super) fn running(&self, transferred: u64, total: u64) {
        self.note(TransferState::Running, Some((transferred, total)), ErrorCode::SUCCESS);
    }

    /// It stands so now.
    pub(super) fn state(&self, state: TransferState) {
        self.note(state, None, ErrorCode::SUCCESS);
    }

    /// Whether bytes have arrived that the host does not know of.
    pub(super) fn is_behind(&self) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.transferred != last.told
    }

    /// Nothing more comes for a while: tells what is untold.
    pub(super) fn catch_up(&self) {
        self.note(TransferState::Running, None, ErrorCode::SUCCESS);
    }

    /// It has failed.
    pub(super) fn failed(&self, code: ErrorCode) {
        self.note(TransferState::Failed, None, code);
    }

    fn note(&self, state: TransferState, bytes: Option<(u64, u64)>, code: ErrorCode) {
        let now = self.clock.monotonic();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((transferred, total)) = bytes {
            (last.transferred, last.total) = (transferred, total);
        } else if state == TransferState::Done {
            last.total = last.total.max(last.transferred);
            last.transferred = last.total;
        }
        let moved = last.transferred.abs_diff(last.told);
        let due = moved > 0
            && (bytes.is_none()
                || moved.saturating_mul(100) >= last.total.max(1)
                || now.saturating_sub(last.at) >= timing::PROGRESS_INTERVAL);
        if last.state == Some(state) && !due {
            return;
        }
        (last.state, last.told, last.at) = (Some(state), last.transferred, now);
        // Under the lock, so that events come in the order of what they say.
        self.delivery.tell(HostEvent::Progress(MediaProgress {
            message_id: self.message.unwrap_or(0),
            path: self.path.clone(),
            direction: self.direction,
            transferred: last.transferred,
            total: last.total,
            state,
            error_code: code.0,
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(delivery: &Delivery) -> Vec<(TransferState, u64)> {
        let read = |event| match event {
            HostEvent::Progress(progress) => Some((progress.state, progress.transferred)),
            _ => None,
        };
        delivery.drain().into_iter().filter_map(read).collect()
    }

    #[test]
    fn a_hundredth_or_a_tenth_of_a_second() {
        let (delivery, clock) = (Delivery::without_thread(), Clock::manual(0));
        let meter = Meter::new(&delivery, &clock, TransferDirection::Download, Some(1), "/f");
        meter.running(0, 100_000);
        for transferred in (100..=3_000).step_by(100) {
            meter.running(transferred, 100_000);
        }
        use TransferState::{Done, Running};
        assert_eq!(told(&delivery), [(Running, 0), (Running, 1_000), (Running, 2_000), (Running, 3_000)]);
        clock.advance(99);
        meter.running(3_001, 100_000);
        assert_eq!(told(&delivery), []);
        clock.advance(1);
        meter.running(3_002, 100_000);
        meter.running(3_003, 100_000);
        assert_eq!(told(&delivery), [(Running, 3_002)]);
        assert!(meter.is_behind());
        meter.catch_up();
        assert_eq!(told(&delivery), [(Running, 3_003)]);
        assert!(!meter.is_behind());
        clock.advance(1_000);
        meter.running(3_004, 100_000);
        meter.running(3_004, 100_000);
        assert_eq!(told(&delivery), [(Running, 3_004)]);
        meter.state(Done);
        assert_eq!(told(&delivery), [(Done, 100_000)]);
    }

    #[test]
    fn a_size_that_nobody_knows() {
        let (delivery, clock) = (Delivery::without_thread(), Clock::manual(0));
        let meter = Meter::new(&delivery, &clock, TransferDirection::Download, None, "/f");
        for transferred in 0..50 {
            meter.running(transferred, 0);
        }
        assert!(told(&delivery).len() <= 50);
        meter.failed(ErrorCode::TIMEOUT);
        assert_eq!(told(&delivery), [(TransferState::Failed, 49)]);
    }
}
