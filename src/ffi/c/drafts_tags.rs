//! Begun texts and tags of conversations. All asynchronous.

use std::ffi::{c_char, c_void};

use super::client::{Completion, start};
use super::input::{key, keys, owned};
use super::types::{AnserCallback, AnserClient, AnserDestroy};

/// Keeps begun text, across restarts; "" to forget it. It moves the conversation up. Ends with 34210 for an
/// impossible target, 30016 above 128 KiB.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_save_draft(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    draft: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        let draft = owned(draft)?;
        Ok(async move { client.conversations().save_draft(key, draft).await })
    })
}

/// Reads the begun text of a conversation: `anser_event_text` of the end, "" for none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_draft(
    client: AnserClient,
    conversation_type: i32,
    target_id: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let key = key(conversation_type, target_id)?;
        Ok(async move { client.conversations().draft(key).await })
    })
}

/// Makes a tag, on this device, or renames it. Ends with 33003 for an id or a name that is blank or above 64
/// bytes.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_add_tag(
    client: AnserClient,
    tag_id: *const c_char,
    name: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let (tag_id, name) = (owned(tag_id)?, owned(name)?);
        Ok(async move { client.conversations().add_tag(tag_id, name).await })
    })
}

/// Deletes a tag and takes it off its conversations. `anser_event_answer` of the end tells whether there was
/// one.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_remove_tag(
    client: AnserClient,
    tag_id: *const c_char,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let tag_id = owned(tag_id)?;
        Ok(async move { client.conversations().remove_tag(tag_id).await })
    })
}

/// Reads all tags, the oldest first: `anser_event_tag_id` and its neighbours, of the end. Conversations of
/// one are listed by `anser_conversations_filter`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_tags(
    client: AnserClient,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.conversations().tags().await })
    })
}

/// Gives a tag to conversations, or takes it off; those that are not known are left out. Ends with 33003 if
/// there is no such tag, or for more than 1000.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_set_tag(
    client: AnserClient,
    tag_id: *const c_char,
    conversation_types: *const i32,
    target_ids: *const *const c_char,
    conversation_count: usize,
    tagged: bool,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let keys = keys(conversation_types, target_ids, conversation_count)?;
        let tag_id = owned(tag_id)?;
        Ok(async move { client.conversations().set_tag(tag_id, keys, tagged).await })
    })
}
