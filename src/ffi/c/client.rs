//! `anser_client`: making one, being connected, and what it says about itself.

use std::ffi::{c_char, c_void};
use std::future::Future;
use std::sync::{Arc, OnceLock, PoisonError};
use std::task::Poll;

use serde_json::json;

use super::border::{UserData, guard, put, put_text, text};
use super::event::{ANSER_EVENT_COMPLETED, CEvent};
use super::pull::Pull;
use super::registry::{self, Object};
use super::told::{IntoTold, Told};
use super::types::{AnserCallback, AnserClient, AnserDestroy, AnserEvent, AnserOptions};
use crate::client::{Client, DeviceInfo, Result};
use crate::model::ErrorCode;

/// A client, and its event queue once the host has asked for one.
pub(super) struct CClient {
    pub(super) client: Arc<Client>,
    pub(super) pull: OnceLock<Pull>,
}

/// Calls a host's callback with an event that lives as long as the call.
pub(super) fn call(callback: extern "C" fn(*mut c_void, i32, AnserEvent), user_data: &UserData, told: Told) {
    let error = told.error;
    let event = CEvent::publish(told, None);
    callback(user_data.pointer(), error, event);
    // A host that freed it has only spared the library the work.
    let _ = registry::free_event(event);
}

/// What a call gives back by callback or event queue.
pub(super) struct Completion {
    pub(super) callback: AnserCallback,
    pub(super) user_data: *mut c_void,
    pub(super) destroy: AnserDestroy,
}

/// Starts an asynchronous call. Once this has returned 0 its end is told exactly once, whatever happens.
pub(super) fn start<T, F>(
    handle: AnserClient,
    completion: Completion,
    call_client: impl FnOnce(Arc<Client>) -> std::result::Result<F, ErrorCode>,
) -> i32
where
    T: IntoTold,
    F: Future<Output = Result<T>> + Send + 'static,
{
    start_sharing(handle, completion, |client| {
        let future = call_client(client)?;
        Ok(move |_: &Arc<UserData>| future)
    })
}

/// As [`start`], for calls that use the host's pointer also before they end. What they have queued for the events
/// thread until then runs before the end is told.
pub(super) fn start_sharing<T, M, F>(
    handle: AnserClient,
    completion: Completion,
    call_client: impl FnOnce(Arc<Client>) -> std::result::Result<M, ErrorCode>,
) -> i32
where
    T: IntoTold,
    M: FnOnce(&Arc<UserData>) -> F,
    F: Future<Output = Result<T>> + Send + 'static,
{
    guard(|| {
        let object = registry::client(handle)?;
        let make = call_client(object.client.clone())?;
        let Completion { callback, user_data, destroy } = completion;
        let queue = match callback {
            Some(_) => None,
            // Without a callback the end goes to the event queue, which has to be there.
            None => Some(object.pull.get().ok_or(ErrorCode::NULL_ARGUMENT)?.queue.clone()),
        };
        let told = |result: Result<T>| match result {
            Ok(value) => value.into_told(),
            Err(error) => Told { kind: ANSER_EVENT_COMPLETED, error: error.code().0, ..Told::default() },
        };
        let started = object.client.spawn(move || {
            // From here on the pointer is the library's: whatever happens, it is destroyed once.
            let user_data = Arc::new(UserData::new(user_data, destroy));
            let future = make(&user_data);
            async move {
                let told = told(future.await);
                if Arc::strong_count(&user_data) > 1 {
                    let_others_run().await;
                }
                match (callback, queue) {
                    (Some(callback), _) => call(callback, &user_data, told),
                    (None, Some(queue)) => queue.push(told, Some(user_data)),
                    (None, None) => {}
                }
            }
        });
        if started { Ok(()) } else { Err(ErrorCode::CLIENT_CLOSED) }
    })
}

/// Goes to the end of the queue once.
async fn let_others_run() {
    let mut waited = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Makes a client; `options` may be freed afterwards. If a user is named or remembered, that user's
/// conversations, history and outbox work at once. The caller owns `*out` and frees it with
/// `anser_client_free`. Returns 0, 34403 for stale options, 34405 for NULL, 34105, 34286 or 33003 for an
/// invalid app key, navigation URL or certificate, 34302 for a data directory that cannot be used, 34306
/// for one of a newer version, 34307 for one in use.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_new(options: AnserOptions, out: *mut AnserClient) -> i32 {
    guard(|| {
        put(out, 0)?;
        let options = registry::options(options)?;
        let options = options.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let client = Client::new(options).map_err(|error| error.code())?;
        put(out, registry::insert(Object::Client(Arc::new(CClient { client, pull: OnceLock::new() }))))
    })
}

/// Ends a client: disconnects, fails what is pending (34400), writes what is stored, ends its threads. When
/// it returns no callback runs or follows; called from a callback, that holds from the end of that call.
/// Other calls fail with 34400 from then on. Returns 0, also when it is closed already, or 34403 for a stale
/// handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_close(client: AnserClient) -> i32 {
    guard(|| {
        let object = registry::client(client)?;
        object.client.close();
        if let Some(pull) = object.pull.get() {
            pull.queue.close();
        }
        Ok(())
    })
}

/// Closes a client, if it is not closed yet, and frees its handle. Returns 0, 34403 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_free(client: AnserClient) -> i32 {
    match anser_client_close(client) {
        0 => guard(|| registry::free_client(client).map(drop)),
        error => error,
    }
}

/// Connects and logs in with the user's token; `anser_event_text` of the end is the user's id. A refusal
/// ends it with 310xx. When only the network fails, it ends with the first attempt's code (300xx) and the
/// client keeps trying in the background until `anser_client_disconnect`. Returns 0 if the end will be told,
/// 34400, 34403, 34404 or 34405 if not; then `user_data` stays the caller's.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_connect(
    client: AnserClient,
    token: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let token = text(token)?.to_owned();
        Ok(async move { client.connect(token).await })
    })
}

/// Connects again with the token of the last `anser_client_connect`, at once. Ends with 33001 if there was
/// none, else as `anser_client_connect`. Returns as `anser_client_connect`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_reconnect(
    client: AnserClient,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.reconnect().await })
    })
}

/// Disconnects and stays so. Messages that wait are kept. Returns as `anser_client_connect`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_disconnect(
    client: AnserClient,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.disconnect().await })
    })
}

/// Disconnects and forgets who the user is; the user's data stays on disk. Returns as
/// `anser_client_connect`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_logout(
    client: AnserClient,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.logout().await })
    })
}

/// Pulls everything that waits on the server and ends when it is stored: with 30001 if not connected, −1 if
/// the server does not answer. Returns as `anser_client_connect`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_sync_now(
    client: AnserClient,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.sync_now().await })
    })
}

/// How the client stands to the server, as `anser_event_status`. Returns 0, 34403, 34405.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_status(client: AnserClient, out: *mut i32) -> i32 {
    guard(|| put(out, registry::client(client)?.client.status().number()))
}

/// How the bytes travel, or would: 0 long polling, 1 WebSocket. Returns 0, 34403, 34405.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_channel(client: AnserClient, out: *mut i32) -> i32 {
    guard(|| put(out, registry::client(client)?.client.channel().number()))
}

/// Writes the id of the user whose data is open, with its NUL, into `buffer` of `size` bytes, and the size it
/// needs to `*needed` (which may be NULL). Returns 0, 33001 if nobody is open, 34407 if the buffer is NULL or
/// too small, 34403.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_current_user_id(
    client: AnserClient,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
) -> i32 {
    guard(|| {
        let user = registry::client(client)?.client.current_user_id();
        put_text(&user.ok_or(ErrorCode::BIZ_ERROR_CLIENT_NOT_INIT)?, buffer, size, needed)
    })
}

/// Local clock minus server clock, ms, as of the last connect; 0 before it. Returns 0, 34403, 34405.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_server_time_delta(client: AnserClient, out: *mut i64) -> i32 {
    guard(|| put(out, registry::client(client)?.client.server_time_delta()))
}

/// Describes the device. No text may be NULL. Returns 0, 34403, 34404, 34405.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_set_device_info(
    client: AnserClient,
    id: *const c_char,
    model: *const c_char,
    system: *const c_char,
) -> i32 {
    guard(|| {
        let (id, model, system) = (text(id)?.to_owned(), text(model)?.to_owned(), text(system)?.to_owned());
        registry::client(client)?.client.set_device_info(DeviceInfo { id, model, system });
        Ok(())
    })
}

/// The device as described: `{"id","model","system"}`.
pub const ANSER_INFO_DEVICE: i32 = 1;
/// The app as the client was made for it: `{"app_key","navigation","installation_id","platform"}`.
pub const ANSER_INFO_APP: i32 = 2;
/// This library: `{"version","protocol_version","target","sqlite_version"}`.
pub const ANSER_INFO_SDK: i32 = 3;
/// Where data lies and how much there is: `{"path","bytes"}`; `path` is null in memory.
pub const ANSER_INFO_STORAGE: i32 = 4;

/// What navigation said last: `{"user_id","history","chatroom_history","chatroom_entries","many_chatrooms",
/// "public_services","user_settings","calls","group_receipts","gif_kilobytes","video_seconds","offline_days",
/// "upload_server","answer"}`. Limits are null where there are none; `answer` is the whole answer. The defaults
/// before the first one.
pub const ANSER_INFO_NAVIGATION: i32 = 5;

/// Writes what the client says about `ANSER_INFO_…` as JSON, with its NUL, into `buffer` of `size` bytes, and
/// the size it needs to `*needed` (which may be NULL). Returns 0, 33003 for another kind, 34407 if the buffer
/// is NULL or too small, 34403.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_info(
    client: AnserClient,
    kind: i32,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
) -> i32 {
    guard(|| {
        let client = registry::client(client)?.client.clone();
        let info = match kind {
            ANSER_INFO_DEVICE => {
                let DeviceInfo { id, model, system } = client.device_info();
                json!({ "id": id, "model": model, "system": system })
            }
            ANSER_INFO_APP => {
                let app = client.app_info();
                json!({
                    "app_key": app.app_key,
                    "navigation": app.navigation,
                    "installation_id": app.installation_id,
                    "platform": app.platform.as_str(),
                })
            }
            ANSER_INFO_SDK => {
                let sdk = client.sdk_info();
                json!({
                    "version": sdk.version,
                    "protocol_version": sdk.protocol_version,
                    "target": sdk.target,
                    "sqlite_version": sdk.sqlite_version,
                })
            }
            ANSER_INFO_STORAGE => {
                let storage = client.storage_info();
                json!({ "path": storage.path, "bytes": storage.bytes })
            }
            ANSER_INFO_NAVIGATION => {
                let said = client.navigation_info();
                json!({
                    "user_id": said.user_id,
                    "history": said.history,
                    "chatroom_history": said.chatroom_history,
                    "chatroom_entries": said.chatroom_entries,
                    "many_chatrooms": said.many_chatrooms,
                    "public_services": said.public_services,
                    "user_settings": said.user_settings,
                    "calls": said.calls,
                    "group_receipts": said.group_receipts,
                    "gif_kilobytes": said.gif_kilobytes,
                    "video_seconds": said.video_seconds,
                    "offline_days": said.offline_days,
                    "upload_server": said.upload_server,
                    "answer": serde_json::from_str::<serde_json::Value>(&said.json).unwrap_or_default(),
                })
            }
            _ => return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER),
        };
        put_text(&info.to_string(), buffer, size, needed)
    })
}
