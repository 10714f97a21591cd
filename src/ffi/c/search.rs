//! Finding messages and conversations by their words. All asynchronous.

use std::ffi::{c_char, c_void};

use super::client::{Completion, start};
use super::input::{Growing, given, key, owned, owned_or_none, texts, types};
use super::types::{AnserCallback, AnserClient, AnserDestroy};
use crate::model::ErrorCode;
use crate::store::search::SearchQuery;

/// What to look for. Set `size` to `sizeof(AnserSearchQuery)` and everything else to 0, then what is wanted. All that
/// is set must hold; without text at least one of the other conditions is needed.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct AnserSearchQuery {
    /// `sizeof(AnserSearchQuery)`.
    pub size: usize,
    /// The words, at most 1024 bytes; may be NULL. All must occur, in any order and case; the last one may be the
    /// beginning of a word. Chinese and other scripts without spaces are found anywhere in the text, from one
    /// character on; so are emoji and symbols. What stands between double quotes must occur exactly so.
    pub text: *const c_char,
    /// Only in the conversation with this target and `conversation_type`; may be NULL.
    pub target_id: *const c_char,
    /// Only in conversations of these kinds; may be NULL for all.
    pub types: *const i32,
    /// How many.
    pub types_count: usize,
    /// Only by one of these users, up to 100; may be NULL for all.
    pub sender_ids: *const *const c_char,
    /// How many.
    pub sender_count: usize,
    /// Only of one of these kinds, up to 100; may be NULL for all.
    pub object_names: *const *const c_char,
    /// How many.
    pub object_name_count: usize,
    /// Not before this server time, ms since 1970; 0 for no limit.
    pub from_time: i64,
    /// Not after this server time, ms since 1970; 0 for no limit.
    pub to_time: i64,
    /// With `has_before`, where the page before ended: its `anser_event_number`.
    pub before: i64,
    /// The type that goes with `target_id`.
    pub conversation_type: i32,
    /// Hits wanted, 1 to 1000.
    pub count: u32,
    /// Whether `before` is given; if not, the newest are found.
    pub has_before: bool,
    /// For fields to come.
    pub reserved: [u8; 7],
}

// SAFETY: numbers, flags and pointers, for which 0 means nothing, without padding at the end.
unsafe impl Growing for AnserSearchQuery {
    const FIRST: usize = size_of::<AnserSearchQuery>();
}

fn search_query(query: *const AnserSearchQuery) -> Result<SearchQuery, ErrorCode> {
    let query = given(query)?;
    let conversation = match query.target_id.is_null() {
        true => None,
        false => Some(key(query.conversation_type, query.target_id)?),
    };
    Ok(SearchQuery {
        text: owned_or_none(query.text)?.unwrap_or_default(),
        conversation,
        types: types(query.types, query.types_count)?,
        sender_ids: texts(query.sender_ids, query.sender_count)?,
        object_names: texts(query.object_names, query.object_name_count)?,
        from_time: query.from_time,
        to_time: query.to_time,
        before: query.has_before.then_some(query.before),
        count: query.count,
    })
}

/// Finds messages, newest first, a page at a time: the messages of the end, with `anser_event_hit_text` and
/// its neighbours for each. `anser_event_has_more` tells whether more may follow, `anser_event_number` is the
/// `before` of the next page; a page may have fewer hits than wanted, even none, although more follow: the
/// work of one call is bounded. Ends with 33003 for a query without words and conditions, a text above 1024
/// bytes, a count of 0 or above 1000, a negative time, or more than 100 senders or kinds.
#[unsafe(no_mangle)]
pub extern "C" fn anser_search_messages(
    client: AnserClient,
    query: *const AnserSearchQuery,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let query = search_query(query)?;
        Ok(async move { client.search().messages(query).await })
    })
}

/// Counts the messages that match: `anser_event_count` of the end; `anser_event_answer` tells whether that is
/// exact, otherwise there may be more. `before` and `count` of the query do not matter. Ends as
/// `anser_search_messages`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_search_count(
    client: AnserClient,
    query: *const AnserSearchQuery,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let query = search_query(query)?;
        Ok(async move { client.search().count(query).await })
    })
}

/// Finds up to `count` conversations that hold messages with this text, the one with the newest such message
/// first: the end names them, and holds at the same index the newest message found there with its
/// `anser_event_hit_text`, and `anser_event_found_count`. No types mean all. Ends with 33003 for a text
/// without words or above 1024 bytes, or a count of 0 or above 1000.
#[unsafe(no_mangle)]
pub extern "C" fn anser_search_conversations(
    client: AnserClient,
    search_text: *const c_char,
    conversation_types: *const i32,
    types_count: usize,
    count: u32,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let types = types(conversation_types, types_count)?;
        let text = owned(search_text)?;
        Ok(async move { client.search().conversations(text, types, count).await })
    })
}
