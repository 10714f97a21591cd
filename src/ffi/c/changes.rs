//! What `ANSER_EVENT_CHANGED`, `ANSER_EVENT_RECEIPTS` and `ANSER_EVENT_TYPING` hold. The rest is in `event`.

use std::ffi::{CString, c_char};

use super::border::c_string;
use super::conversation::ConversationHandle;
use super::event::{CEvent, read, read_text};
use super::message::MessageHandle;
use super::types::{AnserConversation, AnserEvent, AnserMessage};
use crate::model::{MessageChange, MessageChangeKind, Receipt, ReceiptKind, TypingUser};

/// Its sender took a message back: the change's message is what is left, of kind "RC:RcCmd".
pub const ANSER_CHANGE_RECALLED: i32 = 1;
/// Content, note, status, receipts or local path of a message changed; the change's message is the new form.
pub const ANSER_CHANGE_UPDATED: i32 = 2;
/// The change's keys of the message's expansion have new values.
pub const ANSER_CHANGE_EXPANSION_SET: i32 = 3;
/// The change's keys of the message's expansion are gone.
pub const ANSER_CHANGE_EXPANSION_REMOVED: i32 = 4;
/// The messages of the change's ids are gone from this device.
pub const ANSER_CHANGE_DELETED: i32 = 5;
/// Everything up to the change's time is gone from this device.
pub const ANSER_CHANGE_CLEARED: i32 = 6;

/// A device of the peer has stored everything up to the receipt's time.
pub const ANSER_RECEIPT_DELIVERED: i32 = 1;
/// The peer has read everything up to the receipt's time.
pub const ANSER_RECEIPT_READ: i32 = 2;
/// A member of the group asks who reads the receipt's messages.
pub const ANSER_RECEIPT_GROUP_REQUEST: i32 = 3;
/// A member of the group has read the receipt's messages.
pub const ANSER_RECEIPT_GROUP_READ: i32 = 4;

/// A change with its text ready for C, owning the handles of what it holds.
pub(super) struct CChange {
    kind: i32,
    conversation: ConversationHandle,
    message: Option<MessageHandle>,
    ids: Vec<i64>,
    keys: Vec<CString>,
    time: i64,
}

impl CChange {
    pub(super) fn new(change: MessageChange) -> Self {
        Self {
            kind: match change.kind {
                MessageChangeKind::Recalled => ANSER_CHANGE_RECALLED,
                MessageChangeKind::Updated => ANSER_CHANGE_UPDATED,
                MessageChangeKind::ExpansionSet => ANSER_CHANGE_EXPANSION_SET,
                MessageChangeKind::ExpansionRemoved => ANSER_CHANGE_EXPANSION_REMOVED,
                MessageChangeKind::Deleted => ANSER_CHANGE_DELETED,
                MessageChangeKind::Cleared => ANSER_CHANGE_CLEARED,
            },
            conversation: ConversationHandle::named(change.conversation),
            message: change.message.map(MessageHandle::new),
            ids: change.message_ids,
            keys: change.keys.iter().map(|key| c_string(key)).collect(),
            time: change.time,
        }
    }
}

/// A receipt with its text ready for C.
pub(super) struct CReceipt {
    kind: i32,
    conversation: ConversationHandle,
    user_id: CString,
    uids: Vec<CString>,
    time: i64,
}

impl CReceipt {
    pub(super) fn new(receipt: Receipt) -> Self {
        Self {
            kind: match receipt.kind {
                ReceiptKind::Delivered => ANSER_RECEIPT_DELIVERED,
                ReceiptKind::Read => ANSER_RECEIPT_READ,
                ReceiptKind::GroupRequest => ANSER_RECEIPT_GROUP_REQUEST,
                ReceiptKind::GroupRead => ANSER_RECEIPT_GROUP_READ,
            },
            conversation: ConversationHandle::named(receipt.conversation),
            user_id: c_string(&receipt.user_id),
            uids: receipt.message_uids.iter().map(|uid| c_string(uid)).collect(),
            time: receipt.time,
        }
    }
}

/// Somebody who is typing, with the text ready for C.
pub(super) struct CTyping {
    user_id: CString,
    object_name: CString,
}

impl CTyping {
    pub(super) fn new(user: TypingUser) -> Self {
        Self { user_id: c_string(&user.user_id), object_name: c_string(&user.object_name) }
    }
}

fn change<T>(event: AnserEvent, index: usize, otherwise: T, get: impl FnOnce(&CChange) -> Option<T>) -> T {
    read(event, None, |event| event.changes.get(index).and_then(get)).unwrap_or(otherwise)
}

fn receipt<T>(event: AnserEvent, index: usize, otherwise: T, get: impl FnOnce(&CReceipt) -> T) -> T {
    read(event, None, |event| event.receipts.get(index).map(get)).unwrap_or(otherwise)
}

/// How many changes it holds.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_change_count(event: AnserEvent) -> usize {
    read(event, 0, |event| event.changes.len())
}

/// What the change at `index` is: one of `ANSER_CHANGE_…`; 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_change_kind(event: AnserEvent, index: usize) -> i32 {
    change(event, index, 0, |change| Some(change.kind))
}

/// Where the change at `index` is: a conversation that is only named, owned by the event; 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_change_conversation(event: AnserEvent, index: usize) -> AnserConversation {
    change(event, index, 0, |change| Some(change.conversation.number()))
}

/// The message in its new form, where one message changed, owned by the event; 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_change_message(event: AnserEvent, index: usize) -> AnserMessage {
    change(event, index, 0, |change| change.message.as_ref().map(MessageHandle::number))
}

/// How many messages are gone with the change at `index`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_change_id_count(event: AnserEvent, index: usize) -> usize {
    change(event, index, 0, |change| Some(change.ids.len()))
}

/// The local id, at `at`, of a message that is gone with the change at `index`; 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_change_id(event: AnserEvent, index: usize, at: usize) -> i64 {
    change(event, index, 0, |change| change.ids.get(at).copied())
}

/// How many keys of the expansion the change at `index` is about.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_change_key_count(event: AnserEvent, index: usize) -> usize {
    change(event, index, 0, |change| Some(change.keys.len()))
}

/// The key, at `at`, of the expansion that the change at `index` is about; NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_change_key(event: AnserEvent, index: usize, at: usize) -> *const c_char {
    read_text(event, |event| event.changes.get(index)?.keys.get(at))
}

/// Up to when everything is gone with the change at `index`, server time, ms; 0 for other changes.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_change_time(event: AnserEvent, index: usize) -> i64 {
    change(event, index, 0, |change| Some(change.time))
}

/// How many receipts it holds.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_receipt_count(event: AnserEvent) -> usize {
    read(event, 0, |event| event.receipts.len())
}

/// What the receipt at `index` says: one of `ANSER_RECEIPT_…`; 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_receipt_kind(event: AnserEvent, index: usize) -> i32 {
    receipt(event, index, 0, |receipt| receipt.kind)
}

/// The conversation of the receipt at `index`, only named, owned by the event; 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_receipt_conversation(event: AnserEvent, index: usize) -> AnserConversation {
    receipt(event, index, 0, |receipt| receipt.conversation.number())
}

/// Whose receipt it is at `index`; NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_receipt_user_id(event: AnserEvent, index: usize) -> *const c_char {
    read_text(event, |event| event.receipts.get(index).map(|receipt| &receipt.user_id))
}

/// How many messages the receipt at `index` names; 0 where a time says which.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_receipt_uid_count(event: AnserEvent, index: usize) -> usize {
    receipt(event, index, 0, |receipt| receipt.uids.len())
}

/// The uid, at `at`, of a message that the receipt at `index` names; NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_receipt_uid(event: AnserEvent, index: usize, at: usize) -> *const c_char {
    read_text(event, |event| event.receipts.get(index)?.uids.get(at))
}

/// The server time of the receipt at `index`, ms; 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_receipt_time(event: AnserEvent, index: usize) -> i64 {
    receipt(event, index, 0, |receipt| receipt.time)
}

/// How many people are typing in the event's conversation now.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_typing_count(event: AnserEvent) -> usize {
    read(event, 0, |event| event.typing.len())
}

/// Who is typing, at `index`; NULL if there is nobody.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_typing_user_id(event: AnserEvent, index: usize) -> *const c_char {
    typing(event, index, |user| &user.user_id)
}

/// What kind of content the one at `index` is typing, "RC:TxtMsg" for text; NULL if there is nobody.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_typing_object_name(event: AnserEvent, index: usize) -> *const c_char {
    typing(event, index, |user| &user.object_name)
}

fn typing(event: AnserEvent, index: usize, get: fn(&CTyping) -> &CString) -> *const c_char {
    read_text(event, |event: &CEvent| event.typing.get(index).map(get))
}
