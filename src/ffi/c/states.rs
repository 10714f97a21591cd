//! What the list says of a conversation: there or not, on top, muted, hidden. All asynchronous.

use std::ffi::{c_char, c_void};

use super::client::{Completion, start};
use super::input::{key, keys, types};
use super::types::{AnserCallback, AnserClient, AnserDestroy};
use crate::model::{ErrorCode, MuteLevel};

/// Puts a conversation into the list, at the present time if it has no message; one that is there stays as it
/// is. Ends with it; with 34210 for an impossible target.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_create(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        Ok(async move { client.conversations().create(key).await })
    })
}

/// Takes conversations out of the list, here and on the user's other devices, until a newer message comes;
/// drafts and places on top go, what was unread is read. Messages stay. Works offline. `conversation_types`
/// and `target_ids` have `conversation_count` entries each. Ends with 33003 for more than 1000.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_remove(
    client: AnserClient,
    conversation_types: *const i32,
    target_ids: *const *const c_char,
    conversation_count: usize,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let keys = keys(conversation_types, target_ids, conversation_count)?;
        Ok(async move { client.conversations().remove(keys).await })
    })
}

/// Takes all conversations of these kinds out of the list, as `anser_conversations_remove`. Ends with 33003
/// for no kinds.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_clear(
    client: AnserClient,
    conversation_types: *const i32,
    types_count: usize,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let types = types(conversation_types, types_count)?;
        Ok(async move { client.conversations().clear(types).await })
    })
}

/// Takes a conversation out of the list on this device until a newer message comes, or puts it back where it
/// stood.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_set_hidden(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    hidden: bool,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        Ok(async move { client.conversations().set_hidden(key, hidden).await })
    })
}

/// Puts conversations above the others, or back among them, on all devices of the user. Works offline. Ends
/// with 34210 for an impossible target, 33003 for more than 1000.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_set_top(
    client: AnserClient,
    conversation_types: *const i32,
    target_ids: *const *const c_char,
    conversation_count: usize,
    top: bool,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let keys = keys(conversation_types, target_ids, conversation_count)?;
        Ok(async move { client.conversations().set_top(keys, top).await })
    })
}

/// Sets what of conversations may disturb the user, on all devices: 0 everything, 1 nothing, 2 only messages
/// that mention the user. Works offline. Returns 33003 for another level; ends as
/// `anser_conversations_set_top`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_set_mute(
    client: AnserClient,
    conversation_types: *const i32,
    target_ids: *const *const c_char,
    conversation_count: usize,
    level: i32,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let keys = keys(conversation_types, target_ids, conversation_count)?;
        let level = MuteLevel::from_number(level).ok_or(ErrorCode::BIZ_ERROR_INVALID_PARAMETER)?;
        Ok(async move { client.conversations().set_mute(keys, level).await })
    })
}

/// Reads what of a conversation may disturb the user: `anser_event_count` of the end, a level as of
/// `anser_conversations_set_mute`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_mute(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        Ok(async move { client.conversations().mute(key).await })
    })
}

/// Reads the server's list and merges it into the one here: read marks by maximum, rows that are missing.
/// Ends with the first `count` rows of the list. Needs a connection; a login does this by itself. Ends with
/// 33003 for a count of 0 or above 1000, 30001 without a connection.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_sync_list(
    client: AnserClient,
    count: u32,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.conversations().sync_list(count).await })
    })
}
