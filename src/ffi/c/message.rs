//! `anser_message`: reading one message.

use std::ffi::{CString, c_char};
use std::sync::Arc;

use super::border::{c_string, guard, put, value};
use super::registry::{self, Object};
use crate::model::content::Content;
use crate::model::{ErrorCode, Message};

/// A message. 0 is none. Text of a message lives as long as its handle.
pub type AnserMessage = u64;

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
}

impl CMessage {
    pub(super) fn new(message: Message) -> Arc<Self> {
        let text = match Content::read(&message.object_name, &message.content) {
            Content::Text(text) => Some(c_string(&text.content)),
            _ => None,
        };
        Arc::new(Self {
            uid: message.uid.as_deref().map(c_string),
            target: c_string(&message.conversation.target_id),
            sender: c_string(&message.sender_user_id),
            object_name: c_string(&message.object_name),
            content: c_string(&message.content),
            extra: c_string(&message.extra),
            text,
            message,
        })
    }
}

fn read<T>(message: AnserMessage, otherwise: T, get: impl FnOnce(&CMessage) -> T) -> T {
    value(otherwise, || registry::message(message).map(|message| get(&message)))
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
    read(message, std::ptr::null(), |m| m.uid.as_ref().map_or(std::ptr::null(), |uid| uid.as_ptr()))
}

/// The type of its conversation: 1 private, 3 group, …; 0 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_conversation_type(message: AnserMessage) -> i32 {
    read(message, 0, |m| m.message.conversation.conversation_type.number())
}

/// The target of its conversation: the peer's or the group's id. NULL for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_target_id(message: AnserMessage) -> *const c_char {
    read(message, std::ptr::null(), |m| m.target.as_ptr())
}

/// 1 sent by this user, 2 received; 0 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_direction(message: AnserMessage) -> i32 {
    read(message, 0, |m| m.message.direction.number())
}

/// Who wrote it. NULL for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_sender_id(message: AnserMessage) -> *const c_char {
    read(message, std::ptr::null(), |m| m.sender.as_ptr())
}

/// What kind of content, "RC:TxtMsg" for text. NULL for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_object_name(message: AnserMessage) -> *const c_char {
    read(message, std::ptr::null(), |m| m.object_name.as_ptr())
}

/// The content's JSON, byte for byte as it was sent. NULL for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_content(message: AnserMessage) -> *const c_char {
    read(message, std::ptr::null(), |m| m.content.as_ptr())
}

/// The text of a text message; NULL for any other kind.
#[unsafe(no_mangle)]
pub extern "C" fn anser_message_text(message: AnserMessage) -> *const c_char {
    read(message, std::ptr::null(), |m| m.text.as_ref().map_or(std::ptr::null(), |text| text.as_ptr()))
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

/// 10 sending, 20 failed, 30 sent, 40 received, 50 read; 0 for a stale handle.
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
    read(message, std::ptr::null(), |m| m.extra.as_ptr())
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
