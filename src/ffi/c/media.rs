//! Messages with files: sending, downloading, pausing, the cache. All asynchronous. `ANSER_EVENT_PROGRESS` tells
//! how they get on.

use std::ffi::{c_char, c_void};

use super::client::{Completion, start};
use super::input::{Growing, growing, key, owned, owned_or_none};
use super::send_options::{AnserSendOptions, send_options};
use super::types::{AnserCallback, AnserClient, AnserDestroy};
use crate::client::DownloadOptions;
use crate::model::ErrorCode;

/// How to download a file. Set `size` to `sizeof(AnserDownloadOptions)` and everything else to 0, then what is
/// wanted. Texts may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct AnserDownloadOptions {
    /// `sizeof(AnserDownloadOptions)`.
    pub size: usize,
    /// Where to put it; a file that is there is replaced. NULL: into the cache.
    pub path: *const c_char,
    /// What its SHA-256 has to be, 64 hex digits. A file that differs is thrown away.
    pub sha256: *const c_char,
    /// For custom kinds: the content's key that holds the address, "remoteUrl" if NULL.
    pub url_key: *const c_char,
}

// SAFETY: a number and pointers, for which 0 means nothing.
unsafe impl Growing for AnserDownloadOptions {
    const FIRST: usize = size_of::<AnserDownloadOptions>();
}

fn download_options(options: *const AnserDownloadOptions) -> Result<DownloadOptions, ErrorCode> {
    let Some(options) = growing(options)? else { return Ok(DownloadOptions::default()) };
    Ok(DownloadOptions {
        path: owned_or_none(options.path)?,
        sha256: owned_or_none(options.sha256)?,
        url_key: owned_or_none(options.url_key)?,
    })
}

/// Sends a message with a file. `content` is the JSON object of kind `object_name`, without the file's
/// address: that is put in once the file has arrived, at "imageUri", "fileUrl", "sightUrl", "remoteUrl" or,
/// for custom kinds, `url_key` of the options, which may be NULL. Ends as soon as the message is durable,
/// with its local form: `anser_message_local_path` is the file. The file is not copied: keep it until the
/// message is sent. From its arrival on the message goes like any other, after those that were sent
/// meanwhile. Ends with 41002 if no uploader is set, 34410 if the file cannot be read, 34411 if it is empty;
/// else as `anser_messages_send`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_media_send(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    object_name: *const c_char,
    content: *const c_char,
    file_path: *const c_char,
    options: *const AnserSendOptions,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        let (name, content, path) = (owned(object_name)?, owned(content)?, owned(file_path)?);
        let options = send_options(options)?;
        Ok(async move { client.media().send(key, name, content, path, options).await })
    })
}

/// Brings a message's file here and ends with the message once it is: `anser_message_local_path` names it. A
/// file that is here already is not asked for again, and two calls for one message share one download. What
/// an earlier run left unfinished is gone on with. `options` may be NULL. Ends with 61001 if there is no such
/// message, 34413 if it names no address, 33003 for a bad hash or, without a data directory, a missing path;
/// 34414, 34415, 34416 for the file server's refusals, 34417 if the hash differs, 34412 or 34308 if it cannot
/// be written; −1, 30009, 30010, 30011 if the network failed too often; 33200 if it was cancelled.
#[unsafe(no_mangle)]
pub extern "C" fn anser_media_download(
    client: AnserClient,
    message_id: i64,
    options: *const AnserDownloadOptions,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let options = download_options(options)?;
        Ok(async move { client.media().download(message_id, options).await })
    })
}

/// Brings a file to `path`, replacing one that is there; `sha256` may be NULL. As `anser_media_download`,
/// without a message. Ends with 33003 if another file is being downloaded to that path.
#[unsafe(no_mangle)]
pub extern "C" fn anser_media_download_url(
    client: AnserClient,
    url: *const c_char,
    path: *const c_char,
    sha256: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let (url, path, sha256) = (owned(url)?, owned(path)?, owned_or_none(sha256)?);
        Ok(async move { client.media().download_url(url, path, sha256).await })
    })
}

/// Pauses a message's upload or download; ends when it is at rest. An upload stays paused across restarts.
/// Ends with 33003 if nothing of this message is on its way.
#[unsafe(no_mangle)]
pub extern "C" fn anser_media_pause(
    client: AnserClient,
    message_id: i64,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.media().pause(message_id).await })
    })
}

/// Lets a paused upload or download go on, or a failed or cancelled upload start again: its message is being
/// sent again. Ends with 33003 if nothing of this message can go on; for uploads 41002, 34410 and 34411 as
/// `anser_media_send`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_media_resume(
    client: AnserClient,
    message_id: i64,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.media().resume(message_id).await })
    })
}

/// Cancels a message's upload, which makes the message failed with 33200, or its download, whose part is
/// removed. Ends with 33003 if nothing of this message is on its way.
#[unsafe(no_mangle)]
pub extern "C" fn anser_media_cancel(
    client: AnserClient,
    message_id: i64,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.media().cancel(message_id).await })
    })
}

/// Pauses the download to a path; ends when it is at rest, with 33003 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_media_pause_download(
    client: AnserClient,
    path: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let path = owned(path)?;
        Ok(async move { client.media().pause_download(path).await })
    })
}

/// Lets the paused download to a path go on. Ends with 33003 if there is none: after a restart, ask for the
/// file again.
#[unsafe(no_mangle)]
pub extern "C" fn anser_media_resume_download(
    client: AnserClient,
    path: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let path = owned(path)?;
        Ok(async move { client.media().resume_download(path).await })
    })
}

/// Cancels the download to a path, also one of an earlier run, and removes its part. Ends with 33003 if there
/// is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_media_cancel_download(
    client: AnserClient,
    path: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let path = owned(path)?;
        Ok(async move { client.media().cancel_download(path).await })
    })
}

/// Sets how many bytes downloaded files may take in the cache, 512 MiB at first. The longest unused go first.
/// Files that were sent, or downloaded to a path of the program's, do not count and are never removed.
#[unsafe(no_mangle)]
pub extern "C" fn anser_media_set_cache_limit(
    client: AnserClient,
    bytes: u64,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.media().set_cache_limit(bytes).await })
    })
}

/// Reads how many bytes the cache takes, unfinished downloads included: `anser_event_number` of the end.
#[unsafe(no_mangle)]
pub extern "C" fn anser_media_cache_size(
    client: AnserClient,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.media().cache_size().await })
    })
}

/// Empties the cache, except for what is on its way. `anser_event_number` of the end is how many bytes that
/// it took.
#[unsafe(no_mangle)]
pub extern "C" fn anser_media_clear_cache(
    client: AnserClient,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.media().clear_cache().await })
    })
}
