//! `anser_conversation`: reading one row of the conversation list.

use std::ffi::{CString, c_char};
use std::sync::Arc;

use super::border::{c_string, guard, pointer_to, put, value};
use super::message::MessageHandle;
use super::registry::{self, Object};
use super::types::{AnserConversation, AnserMessage};
use crate::model::{Conversation, ConversationKey, ErrorCode, MuteLevel};

/// A conversation with its text ready for C, owning the handle of its newest message.
pub(super) struct CConversation {
    row: Conversation,
    target: CString,
    draft: CString,
    tags: Vec<CString>,
    latest: Option<MessageHandle>,
}

impl CConversation {
    fn new(mut row: Conversation) -> Self {
        Self {
            target: c_string(&row.key.target_id),
            draft: c_string(&row.draft),
            tags: row.tags.iter().map(|tag| c_string(tag)).collect(),
            latest: row.latest_message.take().map(MessageHandle::new),
            row,
        }
    }
}

/// A conversation's number, freed with its owner.
pub(super) struct ConversationHandle(AnserConversation);

impl ConversationHandle {
    pub(super) fn new(row: Conversation) -> Self {
        Self(registry::insert(Object::Conversation(Arc::new(CConversation::new(row)))))
    }

    /// Of one of which only the name is told.
    pub(super) fn named(key: ConversationKey) -> Self {
        Self::new(Conversation {
            key,
            latest_message: None,
            unread_count: 0,
            sort_time: 0,
            read_time: 0,
            top: false,
            mute: MuteLevel::None,
            hidden: false,
            draft: String::new(),
            mention_count: 0,
            tags: Vec::new(),
            peer_delivered_time: 0,
            peer_read_time: 0,
        })
    }

    pub(super) fn number(&self) -> AnserConversation {
        self.0
    }
}

impl Drop for ConversationHandle {
    fn drop(&mut self) {
        // If the host freed it there is nothing left to do.
        let _ = registry::free_conversation(self.0);
    }
}

fn read<T>(conversation: AnserConversation, otherwise: T, get: impl FnOnce(&CConversation) -> T) -> T {
    value(otherwise, || registry::conversation(conversation).map(|conversation| get(&conversation)))
}

fn read_text(
    conversation: AnserConversation,
    get: impl FnOnce(&CConversation) -> Option<&CString>,
) -> *const c_char {
    read(conversation, std::ptr::null(), |conversation| pointer_to(get(conversation)))
}

/// Its type: 1 private, 3 group, …; 0 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_type(conversation: AnserConversation) -> i32 {
    read(conversation, 0, |c| c.row.key.conversation_type.number())
}

/// Its target: the peer's or the group's id. NULL for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_target_id(conversation: AnserConversation) -> *const c_char {
    read_text(conversation, |c| Some(&c.target))
}

/// Its unread messages.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_unread_count(conversation: AnserConversation) -> u32 {
    read(conversation, 0, |c| c.row.unread_count)
}

/// What the list is sorted by within those on top and the others: time of the newest message or of the draft,
/// whichever is later, ms since 1970.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_sort_time(conversation: AnserConversation) -> i64 {
    read(conversation, 0, |c| c.row.sort_time)
}

/// Up to which server time everything is read, ms since 1970.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_read_time(conversation: AnserConversation) -> i64 {
    read(conversation, 0, |c| c.row.read_time)
}

/// Its newest message, owned by the conversation; 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_latest_message(conversation: AnserConversation) -> AnserMessage {
    read(conversation, 0, |c| c.latest.as_ref().map_or(0, MessageHandle::number))
}

/// Whether it stands above the others.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_is_top(conversation: AnserConversation) -> bool {
    read(conversation, false, |c| c.row.top)
}

/// What of it may disturb the user: 0 everything, 1 nothing, 2 only messages that mention the user.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_mute(conversation: AnserConversation) -> i32 {
    read(conversation, 0, |c| c.row.mute.number())
}

/// Whether it is out of the lists until a newer message comes.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_is_hidden(conversation: AnserConversation) -> bool {
    read(conversation, false, |c| c.row.hidden)
}

/// Text that was begun and not sent; "" for none. NULL for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_draft(conversation: AnserConversation) -> *const c_char {
    read_text(conversation, |c| Some(&c.draft))
}

/// Its unread messages that mention the user.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_mention_count(conversation: AnserConversation) -> u32 {
    read(conversation, 0, |c| c.row.mention_count)
}

/// How many tags it has.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_tag_count(conversation: AnserConversation) -> usize {
    read(conversation, 0, |c| c.tags.len())
}

/// The id of its tag at `index`; NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_tag_id(conversation: AnserConversation, index: usize) -> *const c_char {
    read_text(conversation, |c| c.tags.get(index))
}

/// Private chats: up to when the peer's devices have stored what was sent, server time, ms.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_peer_delivered_time(conversation: AnserConversation) -> i64 {
    read(conversation, 0, |c| c.row.peer_delivered_time)
}

/// Private chats: up to when the peer has read, server time, ms.
#[unsafe(no_mangle)]
pub extern "C" fn anser_conversation_peer_read_time(conversation: AnserConversation) -> i64 {
    read(conversation, 0, |c| c.row.peer_read_time)
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
