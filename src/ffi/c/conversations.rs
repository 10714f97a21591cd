//! The conversation list and the unread counts. Every call is asynchronous and returns as
//! `anser_client_connect`; all end with 33001 before any user is open.

use std::ffi::{c_char, c_void};

use super::border::{AnserDestroy, key, types};
use super::client::{AnserCallback, AnserClient, Completion, start};

/// Reads up to `count` conversations, the one with the newest message first. `types` lists the wanted kinds
/// (`types_count` numbers); none means all. `after_type` and `after_target_id` name the last row already
/// shown; `after_target_id` is NULL for the first page. Ends with 33003 for a count of 0 or above 1000.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_list(
    client: AnserClient,
    conversation_types: *const i32,
    types_count: usize,
    after_type: i32,
    after_target_id: *const c_char,
    count: u32,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let types = types(conversation_types, types_count)?;
        let after = if after_target_id.is_null() { None } else { Some(key(after_type, after_target_id)?) };
        Ok(async move { client.conversations().list(types, after, count).await })
    })
}

/// Reads one conversation; the end holds none if nothing is known of it.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_get(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        Ok(async move { client.conversations().get(key).await })
    })
}

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

/// Counts the unread messages of all conversations of these kinds: `anser_event_count` of the end.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_unread_count_by_types(
    client: AnserClient,
    conversation_types: *const i32,
    types_count: usize,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let types = types(conversation_types, types_count)?;
        Ok(async move { client.conversations().unread_count_by_types(types, true).await })
    })
}

/// Counts the unread messages of all conversations; chatrooms do not count. `anser_event_count` of the end.
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

/// Marks everything in a conversation as read.
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

/// Marks everything in every conversation as read.
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
