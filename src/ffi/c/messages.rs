//! Sending and reading messages. All asynchronous.

use std::ffi::{c_char, c_void};

use super::client::{Completion, start};
use super::input::{key, owned};
use super::send_options::{AnserSendOptions, send_options};
use super::types::{AnserCallback, AnserClient, AnserDestroy};

/// Sends text to a conversation (`conversation_type` 1 private, 3 group). Ends as soon as the message is
/// durable in the outbox, with its local form; from then on it is sent by itself, in order, across reconnects
/// and restarts, exactly once. `ANSER_EVENT_SENT` and `anser_messages_wait_sent` tell what became of it. Works
/// offline. Ends with 33001 before any user is open; 34209, 34210 or 30016 for a type, target or text that
/// cannot be sent; 3430x if it cannot be stored.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_send_text(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    message_text: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let (key, text) = (key(conversation_type, target_id)?, owned(message_text)?);
        Ok(async move { client.messages().send_text(key, text).await })
    })
}

/// Sends any built-in or custom content: `content` is the JSON text of kind `object_name`. `options` may be
/// NULL. As `anser_messages_send_text`; ends with 34271 or 34205 for an object name or content that cannot be
/// sent.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_send(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    object_name: *const c_char,
    content: *const c_char,
    options: *const AnserSendOptions,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        let (name, content) = (owned(object_name)?, owned(content)?);
        let options = send_options(options)?;
        Ok(async move { client.messages().send(key, name, content, options).await })
    })
}

/// Waits for the server's word on an own message; ends with its sent form. Ends with the server's code if it
/// was refused, 33200 if it was cancelled, 61001 if there is no such message.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_wait_sent(
    client: AnserClient,
    message_id: i64,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.messages().wait_sent(message_id).await })
    })
}

/// Sends a failed message again. Ends with its local form; with 61001 if there is no such message, 33003 if it
/// has not failed.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_resend(
    client: AnserClient,
    message_id: i64,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.messages().resend(message_id).await })
    })
}

/// Takes back a message that waits to be sent: it becomes failed with 33200. Ends with 33003 if it is on its
/// way or has arrived, 61001 if there is no such message.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_cancel(
    client: AnserClient,
    message_id: i64,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.messages().cancel(message_id).await })
    })
}

/// Reads one message by its local id. Ends with 61001 if there is no such message.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_get(
    client: AnserClient,
    message_id: i64,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.messages().get(message_id).await })
    })
}

/// Reads one message by the server's name for it. Ends with 61001 if there is no such message.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_get_by_uid(
    client: AnserClient,
    uid: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let uid = owned(uid)?;
        Ok(async move { client.messages().get_by_uid(uid).await })
    })
}

/// Reads up to `count` messages of a conversation as stored here, oldest first: those before server time
/// `before` (ms since 1970), or the newest if it is 0. Ends with 33003 for a count of 0 or above 1000, or a
/// negative time.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_history(
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
        Ok(async move { client.messages().history(key, before, count).await })
    })
}
