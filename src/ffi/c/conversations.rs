//! The conversation list. All asynchronous.

use std::ffi::{c_char, c_void};

use super::client::{Completion, start};
use super::input::{Growing, growing, key, keys, owned_or_none, types};
use super::types::{AnserCallback, AnserClient, AnserDestroy};
use crate::model::{ConversationKey, ErrorCode};
use crate::store::ConversationFilter;

/// Which conversations a list shows. Set `size` to `sizeof(AnserConversationFilter)` and everything else to 0,
/// then what is wanted.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct AnserConversationFilter {
    /// `sizeof(AnserConversationFilter)`.
    pub size: usize,
    /// Only these kinds; may be NULL for all.
    pub types: *const i32,
    /// How many.
    pub types_count: usize,
    /// Only those with this tag; may be NULL.
    pub tag_id: *const c_char,
    /// 0 all, 1 only those on top, 2 only the others.
    pub top: i32,
    /// 0 all, 1 only muted ones, 2 only the others.
    pub muted: i32,
    /// Only those with unread messages.
    pub unread: bool,
    /// Those that are hidden instead of those that are shown.
    pub hidden: bool,
    /// For fields to come.
    pub reserved: [u8; 6],
}

// SAFETY: numbers, flags and pointers, for which 0 means nothing, without padding at the end.
unsafe impl Growing for AnserConversationFilter {
    const FIRST: usize = size_of::<AnserConversationFilter>();
}

fn filter(filter: *const AnserConversationFilter) -> Result<ConversationFilter, ErrorCode> {
    let Some(filter) = growing(filter)? else { return Ok(ConversationFilter::default()) };
    let choice = |number| match number {
        0 => Ok(None),
        1 => Ok(Some(true)),
        2 => Ok(Some(false)),
        _ => Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER),
    };
    Ok(ConversationFilter {
        types: types(filter.types, filter.types_count)?,
        tag: owned_or_none(filter.tag_id)?,
        top: choice(filter.top)?,
        muted: choice(filter.muted)?,
        unread: filter.unread,
        hidden: filter.hidden,
    })
}

/// The last row already shown; none without a target.
fn after(kind: i32, target: *const c_char) -> Result<Option<ConversationKey>, ErrorCode> {
    if target.is_null() { Ok(None) } else { key(kind, target).map(Some) }
}

/// Reads up to `count` conversations: those on top, then the others, each with the newest message or draft
/// first. `conversation_types` lists the wanted kinds (`types_count` numbers); none means all. `after_type`
/// and `after_target_id` name the last row already shown; `after_target_id` is NULL for the first page. Ends
/// with 33003 for a count of 0 or above 1000.
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
        let after = after(after_type, after_target_id)?;
        Ok(async move { client.conversations().list(types, after, count).await })
    })
}

/// As `anser_conversations_list`, of those that the filter lets through; NULL lets all.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_filter(
    client: AnserClient,
    filter: *const AnserConversationFilter,
    after_type: i32,
    after_target_id: *const c_char,
    count: u32,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let (filter, after) = (self::filter(filter)?, after(after_type, after_target_id)?);
        Ok(async move { client.conversations().filter(filter, after, count).await })
    })
}

/// Reads the rows of these conversations as they are now, in the order asked for; those that are in no list
/// are left out. What a list does with the conversations that `ANSER_EVENT_CONVERSATIONS` names.
/// `conversation_types` and `target_ids` have `conversation_count` entries each. Ends with 33003 for more
/// than 1000.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversations_rows(
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
        Ok(async move { client.conversations().rows(keys).await })
    })
}

/// Reads one conversation, in a list or not; the end holds none if nothing is known of it.
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
