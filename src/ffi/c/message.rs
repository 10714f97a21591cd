//! `anser_message`: reading one message.

use std::ffi::{CString, c_char};
use std::sync::Arc;

use super::border::{c_string, guard, optional_text, pointer_to, put, value};
use super::registry::{self, Object};
use super::types::AnserMessage;
use crate::model::content::Content;
use crate::model::{ErrorCode, Message};

/// A message with its text ready for C.
pub(super) struct CMessage {
    message: Message,
    uid: Option<CString>,
    target: CString,
    sender: CString,
    object_name: CString,
    content: CString,
    text: Option<CString>,
    extra: CString,
    local_path: Option<CString>,
    /// Keys and values, by key.
    expansion: Vec<(CString, CString)>,
}

impl CMessage {
    pub(super) fn new(message: Message) -> Arc<Self> {
        let text = match Content::read(&message.object_name, &message.content) {
            Content::Text(text) => Some(c_string(&text.content)),
            _ => None,
        };
        let pair = |(key, value): (&String, &String)| (c_string(key), c_string(value));
        let mut expansion: Vec<_> = message.expansion.iter().map(pair).collect();
        expansion.sort();
        Arc::new(Self {
            uid: message.uid.as_deref().map(c_string),
            target: c_string(&message.conversation.target_id),
            sender: c_string(&message.sender_user_id),
            object_name: c_string(&message.object_name),
            content: c_string(&message.content),
            extra: c_string(&message.extra),
            local_path: message.local_path.as_deref().map(c_string),
            expansion,
            text,
            message,
        })
    }
}

/// A message's number, freed with its owner.
pub(super) struct MessageHandle(AnserMessage);

impl MessageHandle {
    pub(super) fn new(message: Message) -> Self {
        Self(registry::insert(Object::Message(CMessage::new(message))))
    }

    pub(super) fn number(&self) -> AnserMessage {
        self.0
    }
}

impl Drop for MessageHandle {
    fn drop(&mut self) {
        // If the host freed it there is nothing left to do.
        let _ = registry::free_message(self.0);
    }
}

fn read<T>(message: AnserMessage, otherwise: T, get: impl FnOnce(&CMessage) -> T) -> T {
    value(otherwise, || registry::message(message).map(|message| get(&message)))
}

fn read_text(message: AnserMessage, get: impl FnOnce(&CMessage) -> Option<&CString>) -> *const c_char {
    read(message, std::ptr::null(), |message| pointer_to(get(message)))
}

/// Its local number, unique in this user's data; 0 for a message that is told but not kept, and for
/// a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_id(message: AnserMessage) -> i64 {
    read(message, 0, |m| m.message.id)
}

/// The server's name for it, the same on every device; NULL until the server has it.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_uid(message: AnserMessage) -> *const c_char {
    read_text(message, |m| m.uid.as_ref())
}

/// The type of its conversation: 1 private, 3 group, …; 0 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_conversation_type(message: AnserMessage) -> i32 {
    read(message, 0, |m| m.message.conversation.conversation_type.number())
}

/// The target of its conversation: the peer's or the group's id. NULL for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_target_id(message: AnserMessage) -> *const c_char {
    read_text(message, |m| Some(&m.target))
}

/// 1 sent by this user, 2 received; 0 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_direction(message: AnserMessage) -> i32 {
    read(message, 0, |m| m.message.direction.number())
}

/// Who wrote it. NULL for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_sender_id(message: AnserMessage) -> *const c_char {
    read_text(message, |m| Some(&m.sender))
}

/// What kind of content, "RC:TxtMsg" for text. NULL for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_object_name(message: AnserMessage) -> *const c_char {
    read_text(message, |m| Some(&m.object_name))
}

/// The content's JSON, byte for byte as it was sent. NULL for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_content(message: AnserMessage) -> *const c_char {
    read_text(message, |m| Some(&m.content))
}

/// The text of a text message; NULL for any other kind.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_text(message: AnserMessage) -> *const c_char {
    read_text(message, |m| m.text.as_ref())
}

/// Server time, ms since 1970; an estimate until the server has it.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_sent_time(message: AnserMessage) -> i64 {
    read(message, 0, |m| m.message.sent_time)
}

/// When this device stored it, ms since 1970.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_received_time(message: AnserMessage) -> i64 {
    read(message, 0, |m| m.message.received_time)
}

/// 10 sending, 20 failed, 30 sent, 40 received, 50 read, 60 destroyed; 0 for a stale handle. In private chats 40
/// and 50 follow from the peer's receipts.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_sent_status(message: AnserMessage) -> i32 {
    read(message, 0, |m| m.message.sent_status.number())
}

/// Why sending failed; 0 if it did not.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_error(message: AnserMessage) -> i32 {
    read(message, 0, |m| m.message.error_code)
}

/// What the user did with it: bits 1 read, 2 listened, 4 downloaded, 8 retrieved.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_received_status(message: AnserMessage) -> i32 {
    read(message, 0, |m| m.message.received_status)
}

/// Whether it counts as unread.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_is_counted(message: AnserMessage) -> bool {
    read(message, false, |m| m.message.counted)
}

/// Whether it mentions this user.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_is_mentioned(message: AnserMessage) -> bool {
    read(message, false, |m| m.message.mentioned)
}

/// Whether it was already waiting when the client connected.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_is_offline(message: AnserMessage) -> bool {
    read(message, false, |m| m.message.offline)
}

/// The host's own note on it; empty if there is none. NULL for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_extra(message: AnserMessage) -> *const c_char {
    read_text(message, |m| Some(&m.extra))
}

/// Whether it asks not to disturb anybody.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_is_silent(message: AnserMessage) -> bool {
    read(message, false, |m| m.message.silent)
}

/// Whether key-value pairs can be attached to it.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_is_expandable(message: AnserMessage) -> bool {
    read(message, false, |m| m.message.expandable)
}

/// How many key-value pairs are attached to it.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_expansion_count(message: AnserMessage) -> usize {
    read(message, 0, |m| m.expansion.len())
}

/// The key of the pair at `index`, in the order of the keys; NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_expansion_key(message: AnserMessage, index: usize) -> *const c_char {
    read_text(message, |m| m.expansion.get(index).map(|(key, _)| key))
}

/// The value of the pair at `index`; NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_expansion_value(message: AnserMessage, index: usize) -> *const c_char {
    read_text(message, |m| m.expansion.get(index).map(|(_, value)| value))
}

/// The value of this key's pair; NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_expansion_of(message: AnserMessage, key: *const c_char) -> *const c_char {
    let Ok(Some(key)) = optional_text(key) else { return std::ptr::null() };
    let is_wanted = |known: &CString| known.as_bytes() == key.as_bytes();
    read_text(message, |m| m.expansion.iter().find(|(known, _)| is_wanted(known)).map(|(_, value)| value))
}

/// Where its file lies on this device; NULL if it is not here.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_local_path(message: AnserMessage) -> *const c_char {
    read_text(message, |m| m.local_path.as_ref())
}

/// Groups: whether its sender asked who reads it.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_is_receipt_requested(message: AnserMessage) -> bool {
    read(message, false, |m| m.message.receipt_requested)
}

/// Own messages of a group: how many are known to have read it.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_read_count(message: AnserMessage) -> u32 {
    read(message, 0, |m| m.message.read_count)
}

/// When it destroys itself, ms since 1970; 0 never, or while its countdown has not begun.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_destruct_at(message: AnserMessage) -> i64 {
    read(message, 0, |m| m.message.destruct_at)
}

/// Gives a message another handle, which outlives the event it came with. The caller owns `*out` and frees
/// it with `anser_message_free`. Returns 0, 34403 for a stale handle, 34405 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_retain(message: AnserMessage, out: *mut AnserMessage) -> i32 {
    guard(|| {
        if out.is_null() {
            return Err(ErrorCode::NULL_ARGUMENT);
        }
        put(out, registry::insert(Object::Message(registry::message(message)?)))
    })
}

/// Frees a handle made with `anser_message_retain`. Returns 0, 34403 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_free(message: AnserMessage) -> i32 {
    guard(|| registry::free_message(message).map(drop))
}
