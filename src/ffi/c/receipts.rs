//! Receipts and typing. All asynchronous but the interval.

use std::ffi::{c_char, c_void};

use super::border::guard;
use super::client::{Completion, start};
use super::input::{key, list, owned, texts};
use super::registry;
use super::types::{AnserCallback, AnserClient, AnserDestroy};
use crate::model::ErrorCode;

/// Tells the peer of a private chat that everything up to server time `until` (ms; 0 for all) is read, and
/// clears the unread count up to there. Works offline. `anser_event_number` of the end is up to when that is,
/// 0 if the peer has written nothing. Ends with 34209 for another kind of conversation, 33003 for a negative
/// time.
#[unsafe(no_mangle)]
pub extern "C" fn anser_receipts_send_read(
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
        Ok(async move { client.receipts().send_read(key, until).await })
    })
}

/// Asks the members of a group who reads an own message; `ANSER_EVENT_RECEIPTS` and `anser_receipts_readers`
/// tell who has. Ends with the message; with 61001 if there is no such message, 33003 if it is not an own one
/// that a group has.
#[unsafe(no_mangle)]
pub extern "C" fn anser_receipts_request(
    client: AnserClient,
    message_id: i64,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.receipts().request(message_id).await })
    })
}

/// Answers the requests of a group's members for these messages, or for all that wait if `message_count` is
/// 0. `anser_event_count` of the end is how many were answered; each is answered once. Ends with 34209 for a
/// kind of conversation without members.
#[unsafe(no_mangle)]
pub extern "C" fn anser_receipts_respond(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    message_ids: *const i64,
    message_count: usize,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        let ids = list(message_ids, message_count)?.to_vec();
        Ok(async move { client.receipts().respond(key, ids).await })
    })
}

/// Reads who has read a message, as far as known here, the first reader first: `anser_event_reader_id` and
/// its neighbours, of the end.
#[unsafe(no_mangle)]
pub extern "C" fn anser_receipts_readers(
    client: AnserClient,
    message_id: i64,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.receipts().readers(message_id).await })
    })
}

/// Tells the server that group messages, by `uid_count` uids, are read, where it counts the readers itself.
/// Needs a connection. Ends with 33003 for no or more than 100 messages; 30001 without a connection; the
/// server's code if it refuses.
#[unsafe(no_mangle)]
pub extern "C" fn anser_receipts_report_read(
    client: AnserClient,
    group_id: *const c_char,
    message_uids: *const *const c_char,
    uid_count: usize,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let (group_id, uids) = (owned(group_id)?, texts(message_uids, uid_count)?);
        Ok(async move { client.receipts().report_read(group_id, uids).await })
    })
}

/// Reads who has read a group message, as the server counts them: `anser_event_reader_id` and its neighbours,
/// of the end; `anser_event_count` is how many members the group has. Needs a connection. Ends with 30001
/// without one; the server's code if it refuses.
#[unsafe(no_mangle)]
pub extern "C" fn anser_receipts_remote_readers(
    client: AnserClient,
    group_id: *const c_char,
    message_uid: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let (group_id, uid) = (owned(group_id)?, owned(message_uid)?);
        Ok(async move { client.receipts().remote_readers(group_id, uid).await })
    })
}

/// Tells that the user is typing content of this kind ("RC:TxtMsg" for text). Call it on every key: within
/// the interval (6 s) it is told once. Nothing is kept, nothing is told later. Ends with 34209, 34210 or
/// 34271 for a conversation or kind that cannot be; 30001 without a connection.
#[unsafe(no_mangle)]
pub extern "C" fn anser_receipts_send_typing(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    object_name: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        let object_name = owned(object_name)?;
        Ok(async move { client.receipts().send_typing(key, object_name).await })
    })
}

/// Sets how long typing is told once only, in ms: 0 to 60000. Returns 0, 33003 above that, 34400, 34403.
#[unsafe(no_mangle)]
pub extern "C" fn anser_receipts_set_typing_interval(client: AnserClient, milliseconds: u32) -> i32 {
    guard(|| {
        let client = registry::client(client)?.client.clone();
        if client.is_closed() {
            return Err(ErrorCode::CLIENT_CLOSED);
        }
        client.receipts().set_typing_interval(milliseconds).map_err(|error| error.code())
    })
}
