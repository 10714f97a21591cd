//! The program's uploader, and `anser_upload`: one attempt to take a file to a file server.

use std::ffi::{CString, c_char, c_void};
use std::sync::Arc;

use super::border::{UserData, c_string, guard, pointer_to, text, value};
use super::input::{Growing, given};
use super::registry::{self, Object};
use super::types::{AnserClient, AnserDestroy, AnserUpload};
use crate::client::{Upload, Uploader};
use crate::model::ErrorCode;

/// Takes files to a file server. Set `size` to `sizeof(AnserUploader)`. Both functions run on the client's events
/// thread: they return at once and do their work elsewhere.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct AnserUploader {
    /// `sizeof(AnserUploader)`.
    pub size: usize,
    /// Starts an upload. The attempt belongs to the uploader, which reports to it, ends it with
    /// `anser_upload_finish` or `anser_upload_fail` from any thread, and frees it. A file may be started again: after
    /// a pause, after a failure that may pass, after a restart. Not NULL.
    pub start: Option<extern "C" fn(user_data: *mut c_void, upload: AnserUpload)>,
    /// The attempt of this `anser_upload_id` is not wanted any more; what it still reports is ignored, and it is
    /// still to be freed. May be NULL: `anser_upload_is_stopped` tells the same.
    pub stop: Option<extern "C" fn(user_data: *mut c_void, upload_id: i64)>,
}

// SAFETY: a number and pointers to functions that may be missing, for which 0 means nothing.
unsafe impl Growing for AnserUploader {
    const FIRST: usize = size_of::<AnserUploader>();
}

struct CUploader {
    start: extern "C" fn(*mut c_void, AnserUpload),
    stop: Option<extern "C" fn(*mut c_void, i64)>,
    user_data: UserData,
}

impl Uploader for CUploader {
    fn start(&self, upload: Arc<Upload>) {
        (self.start)(self.user_data.pointer(), registry::insert(Object::Upload(CUpload::new(upload))));
    }

    fn stop(&self, upload_id: i64) {
        if let Some(stop) = self.stop {
            stop(self.user_data.pointer(), upload_id);
        }
    }
}

/// An attempt with its text ready for C.
pub(super) struct CUpload {
    upload: Arc<Upload>,
    path: CString,
    object_name: CString,
}

impl CUpload {
    fn new(upload: Arc<Upload>) -> Arc<Self> {
        let (path, object_name) = (c_string(&upload.path()), c_string(&upload.object_name()));
        Arc::new(Self { upload, path, object_name })
    }
}

impl Drop for CUpload {
    /// Nobody can end it any more; an attempt that has ended takes no notice.
    fn drop(&mut self) {
        self.upload.fail(ErrorCode::INTERNAL.0, false);
    }
}

fn read<T>(upload: AnserUpload, otherwise: T, get: impl FnOnce(&CUpload) -> T) -> T {
    value(otherwise, || registry::upload(upload).map(|upload| get(&upload)))
}

fn tell(upload: AnserUpload, word: impl FnOnce(&Upload) -> Result<(), ErrorCode>) -> i32 {
    guard(|| word(&registry::upload(upload)?.upload))
}

/// Sets who takes files to a file server. Unfinished uploads, also those of earlier runs, start at once; those that
/// go through another uploader are stopped and start again. `uploader` is copied. `destroy` is called once when
/// `user_data` is no longer used: after another uploader was set, or when the client is freed. Returns 0, 34405 for
/// NULL, 33003 for a wrong `size`, 34400, 34403; then `user_data` stays the caller's.
#[unsafe(no_mangle)]
pub extern "C" fn anser_media_set_uploader(
    client: AnserClient,
    uploader: *const AnserUploader,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    guard(|| {
        let client = registry::client(client)?.client.clone();
        let uploader = given(uploader)?;
        let start = uploader.start.ok_or(ErrorCode::NULL_ARGUMENT)?;
        if client.is_closed() {
            return Err(ErrorCode::CLIENT_CLOSED);
        }
        let user_data = UserData::new(user_data, destroy);
        client.media().set_uploader(Arc::new(CUploader { start, stop: uploader.stop, user_data }));
        Ok(())
    })
}

/// The number of this attempt, as `stop` of the uploader names it; 0 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_upload_id(upload: AnserUpload) -> i64 {
    read(upload, 0, |upload| upload.upload.id())
}

/// The local id of the message whose file it is; 0 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_upload_message_id(upload: AnserUpload) -> i64 {
    read(upload, 0, |upload| upload.upload.message_id())
}

/// The file. NULL for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_upload_path(upload: AnserUpload) -> *const c_char {
    read(upload, std::ptr::null(), |upload| pointer_to(Some(&upload.path)))
}

/// What kind of content the message has. NULL for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_upload_object_name(upload: AnserUpload) -> *const c_char {
    read(upload, std::ptr::null(), |upload| pointer_to(Some(&upload.object_name)))
}

/// Size of the file in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn anser_upload_size(upload: AnserUpload) -> u64 {
    read(upload, 0, |upload| upload.upload.size())
}

/// Bytes that earlier attempts have reported. A hint: the file server knows what it has.
#[unsafe(no_mangle)]
pub extern "C" fn anser_upload_offset(upload: AnserUpload) -> u64 {
    read(upload, 0, |upload| upload.upload.offset())
}

/// Whether it is not wanted any more, or has ended; true for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_upload_is_stopped(upload: AnserUpload) -> bool {
    read(upload, true, |upload| upload.upload.is_stopped())
}

/// So many bytes of the file have arrived. Returns 0, also when it is stopped, or 34403 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_upload_report(upload: AnserUpload, sent_bytes: u64) -> i32 {
    tell(upload, |upload| {
        upload.report(sent_bytes);
        Ok(())
    })
}

/// The file has arrived; `url` is its address for those who get the message. One that is blank or above 8 KiB makes
/// the message failed with 34413. Returns 0, also when it is stopped, 34403, 34404, 34405.
#[unsafe(no_mangle)]
pub extern "C" fn anser_upload_finish(upload: AnserUpload, url: *const c_char) -> i32 {
    tell(upload, |upload| {
        upload.finish(text(url)?.to_owned());
        Ok(())
    })
}

/// The file cannot be uploaded: for good, and the message becomes failed with `code` (34416 if that is 0); or, with
/// `retryable`, for now, and it is tried again. Returns 0, also when it is stopped, or 34403 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_upload_fail(upload: AnserUpload, code: i32, retryable: bool) -> i32 {
    tell(upload, |upload| {
        upload.fail(code, retryable);
        Ok(())
    })
}

/// Frees an attempt; one that has not ended fails for good with 34406. Returns 0, 34403 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_upload_free(upload: AnserUpload) -> i32 {
    guard(|| registry::free_upload(upload).map(drop))
}
