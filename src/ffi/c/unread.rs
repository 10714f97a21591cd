//! Counting what is unread, and marking as read. All asynchronous.

use std::ffi::{c_char, c_void};

use super::client::{Completion, start};
use super::input::{key, keys, types};
use super::types::{AnserCallback, AnserClient, AnserDestroy};

/// Counts the unread messages of one conversation: `anser_event_count` of the end.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_unread_count(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        Ok(async move { client.conversations().unread_count(key).await })
    })
}

/// Counts the unread messages of these conversations together, hidden and muted ones included:
/// `anser_event_count` of the end. Ends with 33003 for more than 1000.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_unread_count_of(
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
        Ok(async move { client.conversations().unread_count_of(keys).await })
    })
}

/// Counts the unread messages of all conversations of these kinds that are in the list, with or without the
/// muted ones: `anser_event_count` of the end.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_unread_count_by_types(
    client: AnserClient,
    conversation_types: *const i32,
    types_count: usize,
    with_muted: bool,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let types = types(conversation_types, types_count)?;
        Ok(async move { client.conversations().unread_count_by_types(types, with_muted).await })
    })
}

/// Counts what the badge of an app shows: the unread messages of all conversations that are in the list and
/// not muted. Hidden ones and chatrooms do not count. `anser_event_count` of the end.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_total_unread_count(
    client: AnserClient,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.conversations().total_unread_count().await })
    })
}

/// Marks everything in a conversation as read, on all devices of the user. Works offline.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_clear_unread(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        Ok(async move { client.conversations().clear_unread(key).await })
    })
}

/// Marks everything in a conversation up to server time `until` (ms) as read, on all devices of the user.
/// Ends with 33003 for a time that is not positive.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_clear_unread_until(
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
        Ok(async move { client.conversations().clear_unread_until(key, until).await })
    })
}

/// Moves the read mark so that `count` messages remain unread, or as many as there are: marks a conversation
/// as unread again. Other devices follow a mark that moves on; one that moves back stays on this device.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_set_unread_count(
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
        Ok(async move { client.conversations().set_unread_count(key, count).await })
    })
}

/// Marks everything in every conversation as read, on all devices of the user.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_clear_all_unread(
    client: AnserClient,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.conversations().clear_all_unread().await })
    })
}
