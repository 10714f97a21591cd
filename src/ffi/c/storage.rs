//! The care of the user's data: checks, exports, sizes, suspending, encryption. All asynchronous but the last
//! report.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use super::border::{UserData, guard, put};
use super::client::{Completion, start, start_sharing};
use super::event::CEvent;
use super::input::{key, list, owned, owned_or_none};
use super::registry;
use super::told::Told;
use super::types::{AnserCallback, AnserClient, AnserDestroy, AnserEvent};
use crate::client::StorageProgress;

/// Called with how far a long task on the user's data has come, on the client's events thread: `done` of `total` rows
/// of a check, messages of an export, bytes of an import. `user_data` is that of the call. Returns whether to go on;
/// false ends the task with 33200 at its next step.
pub type AnserStorageCallback = Option<extern "C" fn(user_data: *mut c_void, done: u64, total: u64) -> bool>;

struct Listener {
    callback: extern "C" fn(*mut c_void, u64, u64) -> bool,
    user_data: Arc<UserData>,
}

impl StorageProgress for Listener {
    fn on_progress(&self, done: u64, total: u64) -> bool {
        (self.callback)(self.user_data.pointer(), done, total)
    }
}

fn listener(callback: AnserStorageCallback, user_data: &Arc<UserData>) -> Option<Arc<dyn StorageProgress>> {
    let callback = callback?;
    Some(Arc::new(Listener { callback, user_data: user_data.clone() }))
}

/// Checks the whole database and mends what is derived, in steps beside everything else. A file that is
/// damaged is salvaged on the spot: `anser_event_problem` of the end says what was wrong,
/// `ANSER_EVENT_DATABASE` what became of it. `anser_event_report` tells what was looked at and mended.
/// `progress` may be NULL. Ends with 34312 while suspended.
#[unsafe(no_mangle)]
pub extern "C" fn anser_storage_verify(
    client: AnserClient,
    progress: AnserStorageCallback,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start_sharing(client, Completion { callback, user_data, destroy }, |client| {
        Ok(move |user_data: &Arc<UserData>| {
            let listener = listener(progress, user_data);
            async move { client.storage().verify(listener).await }
        })
    })
}

/// Writes all conversations with their messages to the file `path`, or with a `target_id` that one, as lines
/// of JSON (docs/export.md), in steps beside everything else. The file is called `.part` until it is whole,
/// and is removed if the call fails. `anser_event_report` of the end tells how much. `target_id` and
/// `progress` may be NULL. Ends with 34315 if the file cannot be written, 34009 if there is no such
/// conversation, 33200 if `progress` ended it.
#[unsafe(no_mangle)]
pub extern "C" fn anser_storage_export(
    client: AnserClient,
    path: *const c_char,
    conversation_type: i32,
    target_id: *const c_char,
    progress: AnserStorageCallback,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start_sharing(client, Completion { callback, user_data, destroy }, |client| {
        let path = owned(path)?;
        let one = if target_id.is_null() { None } else { Some(key(conversation_type, target_id)?) };
        Ok(move |user_data: &Arc<UserData>| {
            let listener = listener(progress, user_data);
            async move { client.storage().export(path, one, listener).await }
        })
    })
}

/// Stores what `anser_storage_export` wrote, in steps beside everything else. What is here already stays as
/// it is. If it ends early, what was stored until then is kept, and importing the same file goes on from
/// there: `anser_event_answer` tells whether it did. `anser_event_report` of the end tells how much.
/// `progress` may be NULL. Ends with 34315 if the file cannot be read, 34313 if it is no whole export, 34314
/// if it is another user's, 33200 if `progress` ended it.
#[unsafe(no_mangle)]
pub extern "C" fn anser_storage_import(
    client: AnserClient,
    path: *const c_char,
    progress: AnserStorageCallback,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start_sharing(client, Completion { callback, user_data, destroy }, |client| {
        let path = owned(path)?;
        Ok(move |user_data: &Arc<UserData>| {
            let listener = listener(progress, user_data);
            async move { client.storage().import(path, listener).await }
        })
    })
}

/// Reads how large the user's data is: `anser_event_report` and `anser_event_table_name` with its neighbours,
/// of the end. Ends with 34312 while suspended.
#[unsafe(no_mangle)]
pub extern "C" fn anser_storage_size_report(
    client: AnserClient,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.storage().size_report().await })
    })
}

/// Ends the connection, finishes what the store has to do, closes the database and gives its lock back, as a
/// system wants it that kills apps which hold one. Until `anser_storage_resume` every call that needs the
/// data ends with 34312, sending and connecting too.
#[unsafe(no_mangle)]
pub extern "C" fn anser_storage_suspend(
    client: AnserClient,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.storage().suspend().await })
    })
}

/// Opens the database again. It does not connect: `anser_client_reconnect` does. Ends as opening it the first
/// time; it stays suspended then.
#[unsafe(no_mangle)]
pub extern "C" fn anser_storage_resume(
    client: AnserClient,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.storage().resume().await })
    })
}

/// For wake-ups by a push: resumes and connects if needed, pulls what waits, and leaves everything as it was:
/// disconnected and suspended again if it was. Ends after `deadline_ms` at the latest, with what has come
/// until then: `anser_event_count` of the end is how many messages are new, `anser_event_answer` tells
/// whether everything that waited is here; if not, the next sync goes on. With `token` NULL that of the last
/// connect is used. Ends with 33003 for a deadline of 0 or above an hour, 33001 without any token, 33006
/// while another one runs, and as `anser_client_connect`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_storage_sync_once(
    client: AnserClient,
    deadline_ms: u64,
    token: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let token = owned_or_none(token)?;
        Ok(async move { client.storage().sync_once(deadline_ms, token).await })
    })
}

/// Removes everything of the open user from this device, also databases that were set aside. Ends the
/// connection; the next one pulls again what the server still has. What waits to be sent is cancelled
/// (33200). Ends with 34312 while suspended.
#[unsafe(no_mangle)]
pub extern "C" fn anser_storage_clear_data(
    client: AnserClient,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.storage().clear_data().await })
    })
}

/// Encrypts the database anew with the 32 bytes at `key`, which are copied. Ends with 34311 if this build
/// cannot encrypt, 33003 if `size` is not 32 or the database is not encrypted.
#[unsafe(no_mangle)]
pub extern "C" fn anser_storage_rekey(
    client: AnserClient,
    key: *const u8,
    size: usize,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = list(key, size)?.to_vec();
        Ok(async move { client.storage().rekey(key).await })
    })
}

/// Gives what became of the last database that was found damaged, since this client was made, as an event of
/// kind `ANSER_EVENT_DATABASE`; `*out` is 0 if none was. The caller owns `*out` and frees it with
/// `anser_event_free`. Returns 0, 34403, 34405.
#[unsafe(no_mangle)]
pub extern "C" fn anser_storage_last_report(client: AnserClient, out: *mut AnserEvent) -> i32 {
    guard(|| {
        put(out, 0)?;
        let report = registry::client(client)?.client.storage().last_report();
        match report {
            Some(report) => put(out, CEvent::publish(Told::of_database(report), None)),
            None => Ok(()),
        }
    })
}
