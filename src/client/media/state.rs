//! What all transfers of a client share: the uploader, who goes and who waits. Ends with its user: nothing
//! of one user's transfers touches another's store.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::downloads::{self, Download};
use super::types::Uploader;
use super::upload::{self, Running};
use crate::client::delivery::Delivery;
use crate::client::event::Event;
use crate::client::shared::Shared;
use crate::client::{Error, Result};
use crate::model::{ErrorCode, ErrorKind};
use crate::transport::Dialer;
use crate::{runtime, timing};

/// Transfers that go at once, each way: more would only take the line from each other.
pub(super) const AT_ONCE: usize = 3;
/// Default size of the cache, in bytes.
const CACHE_LIMIT: u64 = 512 << 20;

/// The transfers of a client.
pub(crate) struct Transfers {
    pub(super) limit: AtomicU64,
    dialer: OnceLock<Dialer>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
pub(super) struct Inner {
    pub(super) closed: bool,
    pub(super) uploader: Option<Arc<dyn Uploader>>,
    pub(super) last_id: i64,
    /// By message.
    pub(super) uploads: BTreeMap<i64, Running>,
    /// In the order in which they were asked for.
    pub(super) downloads: Vec<Download>,
}

impl Default for Transfers {
    fn default() -> Self {
        Self { limit: AtomicU64::new(CACHE_LIMIT), dialer: OnceLock::new(), inner: Mutex::default() }
    }
}

impl Transfers {
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whom downloads trust.
    pub(crate) fn trust(&self, dialer: Dialer) {
        // A client is made once.
        let _ = self.dialer.set(dialer);
    }

    pub(super) fn dialer(&self) -> Result<Dialer> {
        self.dialer.get().cloned().ok_or_else(|| ErrorCode::INTERNAL.into())
    }

    /// The user's store closes: everything stops, and whoever waits gets this code. Uploads go on when it is
    /// open again, unless it is the client that has ended.
    pub(crate) fn end(&self, delivery: &Delivery, code: ErrorCode) {
        let mut inner = self.lock();
        inner.closed |= code == ErrorCode::CLIENT_CLOSED;
        upload::end_all(&mut inner, delivery);
        let replies = downloads::end_all(&mut inner);
        // The host's uploader may hold the client.
        let uploader = if inner.closed { inner.uploader.take() } else { None };
        drop(inner);
        // May run the host's own code, so no lock is held.
        drop(uploader);
        for reply in replies {
            let _ = reply.send(Err(code.into()));
        }
    }
}

/// Whether a transfer that failed with this code is tried again by itself.
pub(super) fn may_pass(code: ErrorCode) -> bool {
    matches!(code.kind(), ErrorKind::Network | ErrorKind::Timeout | ErrorKind::TooFast)
}

/// The pause before the next attempt after so many that made no headway.
pub(super) fn pause_after(fruitless: u32) -> Duration {
    let factor = 1_u64 << fruitless.saturating_sub(1).min(16);
    let pause = timing::TRANSFER_RETRY_BASE.saturating_mul(factor).min(timing::TRANSFER_RETRY_CAP);
    Duration::from_millis(if fruitless == 0 { 0 } else { pause })
}

/// Runs a task on `anser-io`.
pub(super) fn on_io(shared: &Shared, task: impl Future<Output = ()> + Send + 'static) {
    let start = move || {
        runtime::spawn_local(task);
    };
    shared.send(Event::Run(Box::new(start)));
}

/// Runs something on `anser-io` after a pause.
pub(super) fn later(shared: &Arc<Shared>, pause: Duration, then: impl FnOnce(&Arc<Shared>) + Send + 'static) {
    let client = Arc::downgrade(shared);
    on_io(shared, async move {
        tokio::time::sleep(pause).await;
        if let Some(shared) = client.upgrade() {
            then(&shared);
        }
    });
}

/// Runs what blocks beside `anser-io` and waits for it.
pub(super) async fn beside_io<T: Send + 'static>(
    shared: &Shared,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let (reply, answer) = oneshot::channel();
    on_io(shared, async move {
        if let Some(value) = runtime::blocking(work).await {
            // The caller may have lost interest.
            let _ = reply.send(value);
        }
    });
    answer.await.map_err(|_| Error::new(ErrorCode::CLIENT_CLOSED))
}
