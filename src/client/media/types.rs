//! What hosts and transfers tell each other: progress, options, and the uploader that a host brings.

use std::sync::Arc;

use super::upload::Upload;

/// Which way a file goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum TransferDirection {
    /// From this device to a file server.
    Upload,
    /// From a file server to this device.
    Download,
}

/// How a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum TransferState {
    /// It waits for its turn, or for a pause between two attempts to pass.
    Waiting,
    /// Bytes move.
    Running,
    /// The host paused it.
    Paused,
    /// The file has arrived.
    Done,
    /// It ended without success; the code says why.
    Failed,
    /// The host cancelled it.
    Cancelled,
}

/// How far a transfer is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MediaProgress {
    /// The message whose file it is; 0 for a bare file.
    pub message_id: i64,
    /// The file on this device.
    pub path: String,
    /// Which way.
    pub direction: TransferDirection,
    /// Bytes that have arrived.
    pub transferred: u64,
    /// Bytes of the whole file; 0 while that is not known.
    pub total: u64,
    /// How it stands.
    pub state: TransferState,
    /// Why it failed; 0 if it did not.
    pub error_code: i32,
}

/// Hears how transfers get on.
#[uniffi::export(with_foreign)]
pub trait MediaListener: Send + Sync {
    /// A transfer changed its state, or has moved on by a hundredth or for a tenth of a second.
    fn on_progress(&self, progress: MediaProgress);
}

/// Takes files to a file server; the host's own. Called on the events thread: both methods return at once
/// and do their work elsewhere.
#[uniffi::export(with_foreign)]
pub trait Uploader: Send + Sync {
    /// Starts an upload. It reports to `upload` and ends with its `finish` or `fail`, from any thread.
    /// A file may be started again: after a pause, after a failure that may pass, after a restart.
    fn start(&self, upload: Arc<Upload>);

    /// The upload of this id is not wanted any more; what it still reports is ignored.
    fn stop(&self, upload_id: i64);
}

/// How to download a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct DownloadOptions {
    /// Where to put it; a file that is there is replaced. `None`: into the cache.
    #[uniffi(default = None)]
    pub path: Option<String>,
    /// What its SHA-256 has to be, 64 hex digits. A file that differs is thrown away.
    #[uniffi(default = None)]
    pub sha256: Option<String>,
    /// For custom kinds: the content's key that holds the address. Default: `remoteUrl`.
    #[uniffi(default = None)]
    pub url_key: Option<String>,
}
