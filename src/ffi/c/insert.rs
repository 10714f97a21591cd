//! The program's own kinds of content, and messages that are put in on this device.

use std::ffi::{c_char, c_void};

use super::border::guard;
use super::client::{Completion, start};
use super::input::{Growing, given, key, list, owned, owned_or_none, texts};
use super::registry;
use super::types::{AnserCallback, AnserClient, AnserDestroy};
use crate::client::{InsertedMessage, MessageKind};
use crate::model::{ErrorCode, SentStatus};

/// A kind of content that the program defines. Set `size` to `sizeof(AnserMessageKind)` and everything else to 0,
/// then what is wanted.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct AnserMessageKind {
    /// `sizeof(AnserMessageKind)`.
    pub size: usize,
    /// Its object name, 1 to 64 bytes; not one of the built-in kinds.
    pub object_name: *const c_char,
    /// Keys that its content must have.
    pub fields: *const *const c_char,
    /// How many.
    pub field_count: usize,
    /// Keys whose text is found by search.
    pub search_fields: *const *const c_char,
    /// How many.
    pub search_field_count: usize,
    /// Do not keep in the history.
    pub not_persisted: bool,
    /// Do not count as unread.
    pub not_counted: bool,
    /// For fields to come.
    pub reserved: [u8; 6],
}

// SAFETY: numbers, flags and pointers, for which 0 means nothing, without padding at the end.
unsafe impl Growing for AnserMessageKind {
    const FIRST: usize = size_of::<AnserMessageKind>();
}

/// A message that is put in on this device and sent nowhere. Set `size` to `sizeof(AnserInsertedMessage)` and
/// everything else to 0, then what is wanted.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct AnserInsertedMessage {
    /// `sizeof(AnserInsertedMessage)`.
    pub size: usize,
    /// Its conversation's target.
    pub target_id: *const c_char,
    /// Who wrote it; the user's own id for an own one.
    pub sender_id: *const c_char,
    /// What kind of content.
    pub object_name: *const c_char,
    /// Its JSON text.
    pub content: *const c_char,
    /// The server's name for it, if it has one; may be NULL.
    pub uid: *const c_char,
    /// The program's own note; may be NULL.
    pub extra: *const c_char,
    /// When, ms since 1970; 0 for now.
    pub sent_time: i64,
    /// Its conversation's type: 1 private, 3 group, …
    pub conversation_type: i32,
    /// How far an own one has come, as `anser_message_sent_status`; 0 for 30, not 10.
    pub sent_status: i32,
    /// What the user did with it, as `anser_message_received_status`.
    pub received_status: i32,
    /// Whether it counts as unread.
    pub counted: bool,
    /// For fields to come.
    pub reserved: [u8; 3],
}

// SAFETY: numbers, flags and pointers, for which 0 means nothing, without padding at the end.
unsafe impl Growing for AnserInsertedMessage {
    const FIRST: usize = size_of::<AnserInsertedMessage>();
}

fn kind(kind: *const AnserMessageKind) -> Result<MessageKind, ErrorCode> {
    let kind = given(kind)?;
    Ok(MessageKind {
        object_name: owned(kind.object_name)?,
        persisted: !kind.not_persisted,
        counted: !kind.not_counted,
        fields: texts(kind.fields, kind.field_count)?,
        search_fields: texts(kind.search_fields, kind.search_field_count)?,
    })
}

fn inserted(message: *const AnserInsertedMessage) -> Result<InsertedMessage, ErrorCode> {
    let message = given(message)?;
    let status = |number| SentStatus::from_number(number).ok_or(ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    Ok(InsertedMessage {
        conversation: key(message.conversation_type, message.target_id)?,
        sender_user_id: owned(message.sender_id)?,
        object_name: owned(message.object_name)?,
        content: owned(message.content)?,
        sent_time: message.sent_time,
        sent_status: if message.sent_status == 0 { None } else { Some(status(message.sent_status)?) },
        received_status: message.received_status,
        counted: message.counted,
        uid: owned_or_none(message.uid)?,
        extra: owned_or_none(message.extra)?.unwrap_or_default(),
    })
}

/// Tells of the program's own kinds of content: their flags, the keys they must have, what search finds. `kinds` is
/// a list of `count` pointers. Known from then on until the client ends; a kind of the same name is replaced. Ready
/// when it returns: 0, 34271 for a name that cannot be or is one of the built-in kinds, 33003 for a wrong `size`,
/// 34400, 34403, 34404, 34405.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_register_kinds(
    client: AnserClient,
    kinds: *const *const AnserMessageKind,
    count: usize,
) -> i32 {
    guard(|| {
        let client = registry::client(client)?.client.clone();
        if client.is_closed() {
            return Err(ErrorCode::CLIENT_CLOSED);
        }
        let kinds = list(kinds, count)?.iter().map(|one| kind(*one)).collect::<Result<_, _>>()?;
        client.messages().register_kinds(kinds).map_err(|error| error.code())
    })
}

/// Puts a message in on this device; it is sent nowhere. Ends with it; with 33003 for a uid that is here
/// already, a negative time or an impossible status; 34210, 34271, 34205 or 30016 as for sending.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_insert(
    client: AnserClient,
    message: *const AnserInsertedMessage,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let message = inserted(message)?;
        Ok(async move { client.messages().insert(message).await })
    })
}

/// Puts messages in, all or none: `messages` is a list of up to 1000 pointers. Ends with them, and as
/// `anser_messages_insert`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_messages_insert_many(
    client: AnserClient,
    messages: *const *const AnserInsertedMessage,
    count: usize,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let messages = list(messages, count)?.iter().map(|one| inserted(*one)).collect::<Result<_, _>>()?;
        Ok(async move { client.messages().insert_many(messages).await })
    })
}
