//! Pages of a conversation, here and at the server, without silent holes. All asynchronous.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use super::border::UserData;
use super::client::{Completion, start, start_sharing};
use super::input::{Growing, given, key, texts};
use super::types::{AnserCallback, AnserClient, AnserDestroy};
use crate::client::{BackfillListener, RemoteQuery};
use crate::store::HistoryQuery;

/// Which messages of a conversation a page shows. Set `size` to `sizeof(AnserHistoryQuery)` and everything else
/// to 0, then what is wanted.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct AnserHistoryQuery {
    /// `sizeof(AnserHistoryQuery)`.
    pub size: usize,
    /// Messages beyond this one, by local id; 0 to start from `time`.
    pub message_id: i64,
    /// Messages beyond this server time, ms; 0 for the newest, or with `newer` for the oldest.
    pub time: i64,
    /// Only these kinds, up to 100; may be NULL for all.
    pub object_names: *const *const c_char,
    /// How many.
    pub object_name_count: usize,
    /// Only from these users, up to 100; may be NULL for all.
    pub sender_ids: *const *const c_char,
    /// How many.
    pub sender_count: usize,
    /// At most so many messages, 1 to 1000.
    pub count: u32,
    /// Towards newer messages instead of older ones.
    pub newer: bool,
    /// For fields to come.
    pub reserved: [u8; 3],
}

// SAFETY: numbers, flags and pointers, for which 0 means nothing, without padding at the end.
unsafe impl Growing for AnserHistoryQuery {
    const FIRST: usize = size_of::<AnserHistoryQuery>();
}

/// Called when a page of a back-fill is stored, on the client's events thread: so many messages were fetched so
/// far; everything back to server time `since` (ms) is here. `user_data` is that of the call, which ends after the last
/// of these.
pub type AnserBackfillCallback = Option<extern "C" fn(user_data: *mut c_void, fetched: u32, since: i64)>;

struct Backfill {
    callback: extern "C" fn(*mut c_void, u32, i64),
    user_data: Arc<UserData>,
}

impl BackfillListener for Backfill {
    fn on_progress(&self, fetched: u32, since: i64) {
        (self.callback)(self.user_data.pointer(), fetched, since);
    }
}

/// Reads a page of what is stored here, oldest first: of some kinds or senders, in either direction, beyond a
/// message or a time. Asks nobody; see `anser_history_load` for pages without holes. `query` must not be
/// NULL. Ends with 33003 for a count of 0 or above 1000, or a negative time; 34210 for an impossible target.
#[unsafe(no_mangle)]
pub extern "C" fn anser_history_page(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    query: *const AnserHistoryQuery,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        let query = given(query)?;
        let query = HistoryQuery {
            message_id: query.message_id,
            time: query.time,
            newer: query.newer,
            count: query.count,
            object_names: texts(query.object_names, query.object_name_count)?,
            senders: texts(query.sender_ids, query.sender_count)?,
        };
        Ok(async move { client.history().page(key, query).await })
    })
}

/// Reads the page of up to `count` messages before server time `before` (ms; 0 for the newest) as it is at
/// the server, oldest first: what is missing here is fetched and kept. Offline, or where the server has no
/// history, it shows what is here and names the hole: `anser_event_gap_count` of the end is 1 then.
/// `anser_event_has_more` tells whether there is more. Ends as `anser_history_page`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_history_load(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    before: i64,
    count: u32,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        Ok(async move { client.history().load(key, before, count).await })
    })
}

/// Reads up to `count` messages before and as many from server time `time` (ms) on, oldest first: for a jump
/// to a message. Holes are filled, and named, as by `anser_history_load`. Ends as `anser_history_page`, and
/// with 33003 for a time that is not positive.
#[unsafe(no_mangle)]
pub extern "C" fn anser_history_around(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    time: i64,
    count: u32,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        Ok(async move { client.history().around(key, time, count).await })
    })
}

/// Reads a page of the server's history, oldest first, and merges it into what is here: up to `count` (1 to
/// 20) messages before server time `time` (ms; 0 for the newest), or after it with `newer`.
/// `anser_event_has_more` tells whether there is more. Ends with 33003 for another count, 33007 where the
/// server keeps no history, 30001 without a connection.
#[unsafe(no_mangle)]
pub extern "C" fn anser_history_remote(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    time: i64,
    count: u32,
    newer: bool,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        let query = RemoteQuery { time, count, newer };
        Ok(async move { client.history().remote(key, query).await })
    })
}

/// Fetches everything that is missing here back to server time `since` (ms; 0 for all), page by page; each
/// page is kept, so that a back-fill that ends early goes on from there. `progress` hears of each page; it
/// may be NULL. `anser_event_count` of the end is how many messages were fetched. Ends as
/// `anser_history_remote`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_history_backfill(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    since: i64,
    progress: AnserBackfillCallback,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start_sharing(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        Ok(move |user_data: &Arc<UserData>| {
            let listen = |callback| -> Arc<dyn BackfillListener> {
                Arc::new(Backfill { callback, user_data: user_data.clone() })
            };
            let listener = progress.map(listen);
            async move { client.history().backfill(key, since, listener).await }
        })
    })
}

/// Reads which stretches of a conversation this device has never seen, oldest first: `anser_event_gap_from`
/// and `anser_event_gap_to` of the end.
#[unsafe(no_mangle)]
pub extern "C" fn anser_history_gaps(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        Ok(async move { client.history().gaps(key).await })
    })
}

/// Reads the oldest unread message of a conversation; the end holds none if everything is read.
#[unsafe(no_mangle)]
pub extern "C" fn anser_history_first_unread(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        Ok(async move { client.history().first_unread(key).await })
    })
}

/// Reads up to `count` unread messages that mention the user, oldest first: what a list of jumps shows. Ends
/// with 33003 for a count of 0 or above 1000.
#[unsafe(no_mangle)]
pub extern "C" fn anser_history_unread_mentions(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    count: u32,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        Ok(async move { client.history().unread_mentions(key, count).await })
    })
}

/// Deletes everything of a conversation up to server time `until` (ms; 0 for all) on this device. What waits
/// to be sent stays; the server's history does not bring it back. Ends with 33003 for a negative time.
#[unsafe(no_mangle)]
pub extern "C" fn anser_history_clear(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    until: i64,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        Ok(async move { client.history().clear(key, until).await })
    })
}

/// Deletes everything of a conversation up to server time `until` (ms) from this user's history at the
/// server, and with `also_here` on this device. Other users keep theirs. Needs a connection. Ends with 34011
/// for a time that is not positive, 34010 for one in the future, 34008 for a kind of conversation without a
/// history at the server; 30001 without a connection.
#[unsafe(no_mangle)]
pub extern "C" fn anser_history_clear_remote(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    until: i64,
    also_here: bool,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        Ok(async move { client.history().clear_remote(key, until, also_here).await })
    })
}
