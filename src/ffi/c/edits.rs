//! Changing messages that are there: taking back, changing, marking, deleting, pairs, messages that destroy
//! themselves. All asynchronous.

use std::ffi::{c_char, c_void};

use super::client::{Completion, start};
use super::input::{list, owned, owned_or_none, texts};
use super::send_options::pairs;
use super::types::{AnserCallback, AnserClient, AnserDestroy};
use crate::client::RecallOptions;
use crate::model::{ErrorCode, SentStatus};

/// Takes an own message back, everywhere: on every device its place is taken by a message of kind "RC:RcCmd",
/// and devices that were offline never get its text. `extra`, for the receivers' programs, and `push_text`,
/// which replaces the message's push notification, may be NULL. Needs a connection. Ends with what is left;
/// safe to call again if the answer was lost. Ends with 25101 for a message of somebody else, one that is not
/// sent, or one that the server holds to be too old; 61001 if there is no such message; 30001 without a
/// connection, −1 without an answer: whether it is taken back, the inbox tells later.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_recall(
    client: AnserClient,
    message_id: i64,
    extra: *const c_char,
    push_text: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let options = RecallOptions { extra: owned_or_none(extra)?, push_text: owned_or_none(push_text)? };
        Ok(async move { client.messages().recall(message_id, options).await })
    })
}

/// Changes the content of a message on this device; ends with its new form. Ends with 61001 if there is no
/// such message; 33003 while it is on its way; 34205 or 30016 for content that is not of its kind.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_set_content(
    client: AnserClient,
    message_id: i64,
    content: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let content = owned(content)?;
        Ok(async move { client.messages().set_content(message_id, content).await })
    })
}

/// Sets the program's own note on a message; never sent. Ends with its new form; with 61001 if there is no
/// such message, 30016 above 128 KiB.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_set_extra(
    client: AnserClient,
    message_id: i64,
    extra: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let extra = owned(extra)?;
        Ok(async move { client.messages().set_extra(message_id, extra).await })
    })
}

/// Sets what is found of a message beside its content's own text; NULL for nothing more. Ends with its new
/// form; with 61001 if there is no such message, 30016 above 128 KiB.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_set_search_words(
    client: AnserClient,
    message_id: i64,
    words: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let words = owned_or_none(words)?;
        Ok(async move { client.messages().set_search_words(message_id, words).await })
    })
}

/// Sets what the user did with a received message: bits as of `anser_message_received_status`. Ends with its
/// new form; with 61001 if there is no such message, 33003 for other bits.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_set_received_status(
    client: AnserClient,
    message_id: i64,
    status: i32,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.messages().set_received_status(message_id, status).await })
    })
}

/// Sets how far an own message has come, on this device: a number as of `anser_message_sent_status`. Returns
/// 33003 for a number that is none. Ends with its new form; with 61001 if there is no such message; 33003
/// while it is on its way, and for 10.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_set_sent_status(
    client: AnserClient,
    message_id: i64,
    status: i32,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let status = SentStatus::from_number(status).ok_or(ErrorCode::BIZ_ERROR_INVALID_PARAMETER)?;
        Ok(async move { client.messages().set_sent_status(message_id, status).await })
    })
}

/// Deletes messages on this device; unknown ids are left out, one that waits to be sent is not sent. The
/// history at the server does not bring them back. `anser_event_count` of the end is how many are gone. Ends
/// with 61001 for no ids, 33003 for more than 1000.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_delete(
    client: AnserClient,
    message_ids: *const i64,
    message_count: usize,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let ids = list(message_ids, message_count)?.to_vec();
        Ok(async move { client.messages().delete(ids).await })
    })
}

/// Deletes messages on this device and in this user's history at the server, so that the user's other devices
/// do not find them there. Other users keep theirs. Works offline: the server is told later. Ends as
/// `anser_messages_delete`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_delete_everywhere(
    client: AnserClient,
    message_ids: *const i64,
    message_count: usize,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let ids = list(message_ids, message_count)?.to_vec();
        Ok(async move { client.messages().delete_everywhere(ids).await })
    })
}

/// Attaches key-value pairs to a sent message, for all who have it; a key that is there gets the new value.
/// `keys` and `values` have `count` texts each. Needs a connection. Ends with the message's new form; with
/// 61001 if there is no such message, 33003 for no pairs, pairs beyond the limits of `AnserSendOptions`, or a
/// message that is not sent or was sent without being expandable; 30001 without a connection.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_set_expansion(
    client: AnserClient,
    message_id: i64,
    keys: *const *const c_char,
    values: *const *const c_char,
    count: usize,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let pairs = pairs(keys, values, count)?;
        Ok(async move { client.messages().set_expansion(message_id, pairs).await })
    })
}

/// Takes the pairs of `count` keys off a sent message, for all who have it. Needs a connection. Ends as
/// `anser_messages_set_expansion`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_remove_expansion(
    client: AnserClient,
    message_id: i64,
    keys: *const *const c_char,
    count: usize,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let keys = texts(keys, count)?;
        Ok(async move { client.messages().remove_expansion(message_id, keys).await })
    })
}

/// The user has read a message that destroys itself: its countdown starts, and when it is over the message is
/// deleted everywhere for this user, also if the process was not there at that moment. Ends with its new
/// form; with 61001 if there is no such message, 33003 if it does not destroy itself.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_begin_destruct(
    client: AnserClient,
    message_id: i64,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.messages().begin_destruct(message_id).await })
    })
}

/// Stops such a countdown. Ends with the message's new form; with 61001 if there is no such message.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_stop_destruct(
    client: AnserClient,
    message_id: i64,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.messages().stop_destruct(message_id).await })
    })
}
