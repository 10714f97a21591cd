//! `anser_conversation`: reading one row of the conversation list.

use std::ffi::{CString, c_char};
use std::sync::Arc;

use super::border::{c_string, guard, put, value};
use super::message::{AnserMessage, CMessage};
use super::registry::{self, Object};
use crate::model::{Conversation, ConversationKey, ErrorCode};

/// A conversation. 0 is none. Its text and its newest message live as long as its handle.
pub type AnserConversation = u64;

/// A conversation with its text ready for C, owning the handle of its newest message.
pub(super) struct CConversation {
    key: ConversationKey,
    target: CString,
    unread: u32,
    sort_time: i64,
    read_time: i64,
    latest: u64,
}

impl CConversation {
    pub(super) fn new(conversation: Conversation) -> Arc<Self> {
        let latest = conversation.latest_message;
        Arc::new(Self {
            target: c_string(&conversation.key.target_id),
            key: conversation.key,
            unread: conversation.unread_count,
            sort_time: conversation.sort_time,
            read_time: conversation.read_time,
            latest: latest.map_or(0, |message| registry::insert(Object::Message(CMessage::new(message)))),
        })
    }

    /// One of which only the name is told.
    pub(super) fn named(key: ConversationKey) -> Arc<Self> {
        let target = c_string(&key.target_id);
        Arc::new(Self { key, target, unread: 0, sort_time: 0, read_time: 0, latest: 0 })
    }
}

impl Drop for CConversation {
    fn drop(&mut self) {
        if self.latest != 0 {
            // Nobody else frees it; if the host did, there is nothing left to do.
            let _ = registry::free_message(self.latest);
        }
    }
}

fn read<T>(conversation: AnserConversation, otherwise: T, get: impl FnOnce(&CConversation) -> T) -> T {
    value(otherwise, || registry::conversation(conversation).map(|conversation| get(&conversation)))
}

/// Its type: 1 private, 3 group, …; 0 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_type(conversation: AnserConversation) -> i32 {
    read(conversation, 0, |c| c.key.conversation_type.number())
}

/// Its target: the peer's or the group's id. NULL for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_target_id(conversation: AnserConversation) -> *const c_char {
    read(conversation, std::ptr::null(), |c| c.target.as_ptr())
}

/// Its unread messages; 0 in an event that only names it.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_unread_count(conversation: AnserConversation) -> u32 {
    read(conversation, 0, |c| c.unread)
}

/// What the list is sorted by: time of the newest message, ms since 1970.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_sort_time(conversation: AnserConversation) -> i64 {
    read(conversation, 0, |c| c.sort_time)
}

/// Up to which server time everything is read, ms since 1970.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_read_time(conversation: AnserConversation) -> i64 {
    read(conversation, 0, |c| c.read_time)
}

/// Its newest message, owned by the conversation; 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_latest_message(conversation: AnserConversation) -> AnserMessage {
    read(conversation, 0, |c| c.latest)
}

/// Gives a conversation another handle, which outlives the event it came with. The caller owns `*out` and
/// frees it with `anser_conversation_free`. Returns 0, 34403 for a stale handle, 34405 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_retain(
    conversation: AnserConversation,
    out: *mut AnserConversation,
) -> i32 {
    guard(|| {
        if out.is_null() {
            return Err(ErrorCode::NULL_ARGUMENT);
        }
        put(out, registry::insert(Object::Conversation(registry::conversation(conversation)?)))
    })
}

/// Frees a handle made with `anser_conversation_retain`. Returns 0, 34403 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_free(conversation: AnserConversation) -> i32 {
    guard(|| registry::free_conversation(conversation).map(drop))
}
