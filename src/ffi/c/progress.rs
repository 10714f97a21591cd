//! What `ANSER_EVENT_PROGRESS` holds: how one upload or download stands. The rest is in `event`.

use std::ffi::{CString, c_char};

use super::border::c_string;
use super::event::{read, read_text};
use super::types::AnserEvent;
use crate::client::{MediaProgress, TransferDirection, TransferState};

/// From this device to a file server.
pub const ANSER_TRANSFER_UPLOAD: i32 = 1;
/// From a file server to this device.
pub const ANSER_TRANSFER_DOWNLOAD: i32 = 2;

/// It waits for its turn, or for a pause between two attempts to pass.
pub const ANSER_TRANSFER_WAITING: i32 = 1;
/// Bytes move.
pub const ANSER_TRANSFER_RUNNING: i32 = 2;
/// The program paused it.
pub const ANSER_TRANSFER_PAUSED: i32 = 3;
/// The file has arrived.
pub const ANSER_TRANSFER_DONE: i32 = 4;
/// It ended without success; `anser_event_error` says why.
pub const ANSER_TRANSFER_FAILED: i32 = 5;
/// The program cancelled it.
pub const ANSER_TRANSFER_CANCELLED: i32 = 6;

/// Progress with its text ready for C.
pub(super) struct CProgress {
    message: i64,
    path: CString,
    direction: i32,
    transferred: u64,
    total: u64,
    state: i32,
}

impl CProgress {
    pub(super) fn new(progress: MediaProgress) -> Self {
        Self {
            message: progress.message_id,
            path: c_string(&progress.path),
            direction: match progress.direction {
                TransferDirection::Upload => ANSER_TRANSFER_UPLOAD,
                TransferDirection::Download => ANSER_TRANSFER_DOWNLOAD,
            },
            transferred: progress.transferred,
            total: progress.total,
            state: match progress.state {
                TransferState::Waiting => ANSER_TRANSFER_WAITING,
                TransferState::Running => ANSER_TRANSFER_RUNNING,
                TransferState::Paused => ANSER_TRANSFER_PAUSED,
                TransferState::Done => ANSER_TRANSFER_DONE,
                TransferState::Failed => ANSER_TRANSFER_FAILED,
                TransferState::Cancelled => ANSER_TRANSFER_CANCELLED,
            },
        }
    }
}

fn progress<T: Default>(event: AnserEvent, get: impl FnOnce(&CProgress) -> T) -> T {
    read(event, T::default(), |event| event.progress.as_ref().map(get).unwrap_or_default())
}

/// How the transfer stands: one of `ANSER_TRANSFER_WAITING` to `_CANCELLED`; 0 for other events.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_progress_state(event: AnserEvent) -> i32 {
    progress(event, |progress| progress.state)
}

/// Which way the file goes: `ANSER_TRANSFER_UPLOAD` or `_DOWNLOAD`; 0 for other events.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_progress_direction(event: AnserEvent) -> i32 {
    progress(event, |progress| progress.direction)
}

/// The local id of the message whose file it is; 0 for a bare file.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_progress_message_id(event: AnserEvent) -> i64 {
    progress(event, |progress| progress.message)
}

/// The file on this device; NULL for other events.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_progress_path(event: AnserEvent) -> *const c_char {
    read_text(event, |event| event.progress.as_ref().map(|progress| &progress.path))
}

/// Bytes that have arrived.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_progress_transferred(event: AnserEvent) -> u64 {
    progress(event, |progress| progress.transferred)
}

/// Bytes of the whole file; 0 while that is not known.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_progress_total(event: AnserEvent) -> u64 {
    progress(event, |progress| progress.total)
}
