//! `anser_event`: what a callback or the event queue tells. One object for completions and for events, so
//! that programs with callbacks and programs with a loop of their own read the same.

use std::ffi::{CString, c_char, c_void};
use std::sync::Arc;

use super::border::{UserData, c_string, guard, value};
use super::conversation::{AnserConversation, CConversation};
use super::message::{AnserMessage, CMessage};
use super::registry::{self, Object};
use crate::model::{
    ConnectionStatus, Conversation, ConversationKey, Message, MessageChange, Receipt, TypingUser,
};

/// Something that happened. 0 is none. What it holds lives as long as its handle.
pub type AnserEvent = u64;

/// A call has ended: see its error, and its text, count, messages or conversations.
pub const ANSER_EVENT_COMPLETED: i32 = 1;
/// The connection's status changed.
pub const ANSER_EVENT_STATUS: i32 = 2;
/// Messages arrived.
pub const ANSER_EVENT_MESSAGES: i32 = 4;
/// An own message is sent or has failed.
pub const ANSER_EVENT_SENT: i32 = 8;
/// Conversations changed; they are only named.
pub const ANSER_EVENT_CONVERSATIONS: i32 = 16;
/// The host was too slow and events were dropped: read the lists again.
pub const ANSER_EVENT_OVERFLOW: i32 = 32;
/// For the first time since the login everything that waited at the server is stored here.
pub const ANSER_EVENT_SYNCED: i32 = 64;
/// Stored messages are not what they were: taken back, changed, deleted.
pub const ANSER_EVENT_CHANGED: i32 = 128;
/// Receipts arrived.
pub const ANSER_EVENT_RECEIPTS: i32 = 256;
/// Who is typing in a conversation changed.
pub const ANSER_EVENT_TYPING: i32 = 512;

/// What an event tells, before it has a handle.
#[derive(Default)]
pub(super) struct Told {
    pub(super) kind: i32,
    pub(super) error: i32,
    pub(super) status: i32,
    pub(super) count: u32,
    pub(super) text: Option<String>,
    pub(super) messages: Vec<Message>,
    pub(super) conversations: Vec<Conversation>,
    pub(super) named: Vec<ConversationKey>,
    pub(super) changes: Vec<MessageChange>,
    pub(super) receipts: Vec<Receipt>,
    pub(super) typing: Vec<TypingUser>,
}

impl Told {
    pub(super) fn of_status(status: ConnectionStatus, code: i32) -> Self {
        Self { kind: ANSER_EVENT_STATUS, error: code, status: status.number(), ..Self::default() }
    }
}

/// The result of a call, as an event can tell it.
pub(super) trait IntoTold {
    fn into_told(self) -> Told;
}

macro_rules! into_told {
    ($($type:ty, $value:ident => $told:expr;)*) => {
        $(impl IntoTold for $type {
            fn into_told(self) -> Told {
                let $value = self;
                Told { kind: ANSER_EVENT_COMPLETED, ..$told }
            }
        })*
    };
}

into_told! {
    (), _done => Told::default();
    u32, count => Told { count, ..Told::default() };
    String, text => Told { text: Some(text), ..Told::default() };
    Message, message => Told { messages: vec![message], ..Told::default() };
    Vec<Message>, messages => Told { messages, ..Told::default() };
    Option<Conversation>, found => Told { conversations: found.into_iter().collect(), ..Told::default() };
    Vec<Conversation>, conversations => Told { conversations, ..Told::default() };
}

/// An event with the handles of what it holds.
pub(super) struct CEvent {
    kind: i32,
    error: i32,
    status: i32,
    count: u32,
    text: Option<CString>,
    messages: Vec<u64>,
    conversations: Vec<u64>,
    user_data: Option<UserData>,
}

impl CEvent {
    /// Gives an event its handle.
    pub(super) fn publish(told: Told, user_data: Option<UserData>) -> AnserEvent {
        let conversation = |conversation| registry::insert(Object::Conversation(conversation));
        let listed = told.conversations.into_iter().map(|row| conversation(CConversation::new(row)));
        let named = told.named.into_iter().map(|key| conversation(CConversation::named(key)));
        let event = Self {
            kind: told.kind,
            error: told.error,
            status: told.status,
            count: told.count,
            text: told.text.as_deref().map(c_string),
            conversations: listed.chain(named).collect(),
            messages: (told.messages.into_iter())
                .map(|message| registry::insert(Object::Message(CMessage::new(message))))
                .collect(),
            user_data,
        };
        registry::insert(Object::Event(Arc::new(event)))
    }
}

impl Drop for CEvent {
    fn drop(&mut self) {
        for message in &self.messages {
            // If the host freed one of them there is nothing left to do.
            let _ = registry::free_message(*message);
        }
        for conversation in &self.conversations {
            let _ = registry::free_conversation(*conversation);
        }
    }
}

fn read<T>(event: AnserEvent, otherwise: T, get: impl FnOnce(&CEvent) -> T) -> T {
    value(otherwise, || registry::event(event).map(|event| get(&event)))
}

/// One of `ANSER_EVENT_…`; 0 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_kind(event: AnserEvent) -> i32 {
    read(event, 0, |event| event.kind)
}

/// Why a call failed, or why the status changed; 0 if there is nothing to say.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_error(event: AnserEvent) -> i32 {
    read(event, 0, |event| event.error)
}

/// The new status: 0 connected, 1 connecting, 2 disconnected, 3 network unavailable, 4 closed, 6 kicked,
/// …; −1 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_status(event: AnserEvent) -> i32 {
    read(event, -1, |event| event.status)
}

/// The number that a call resulted in.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_count(event: AnserEvent) -> u32 {
    read(event, 0, |event| event.count)
}

/// The text that a call resulted in (the user id of connecting); NULL if it has none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_text(event: AnserEvent) -> *const c_char {
    read(event, std::ptr::null(), |event| event.text.as_ref().map_or(std::ptr::null(), |text| text.as_ptr()))
}

/// The `user_data` of the call that has ended, for events from `anser_client_next_event`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_user_data(event: AnserEvent) -> *mut c_void {
    read(event, std::ptr::null_mut(), |event| {
        event.user_data.as_ref().map_or(std::ptr::null_mut(), UserData::pointer)
    })
}

/// How many messages it holds.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_message_count(event: AnserEvent) -> usize {
    read(event, 0, |event| event.messages.len())
}

/// Its message at `index`, owned by the event; 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_message(event: AnserEvent, index: usize) -> AnserMessage {
    read(event, 0, |event| event.messages.get(index).copied().unwrap_or(0))
}

/// How many conversations it holds.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_conversation_count(event: AnserEvent) -> usize {
    read(event, 0, |event| event.conversations.len())
}

/// Its conversation at `index`, owned by the event; 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_conversation(event: AnserEvent, index: usize) -> AnserConversation {
    read(event, 0, |event| event.conversations.get(index).copied().unwrap_or(0))
}

/// Frees an event of `anser_client_next_event` and all that it holds. Events of callbacks are freed by the
/// library. Returns 0, 34403 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_free(event: AnserEvent) -> i32 {
    guard(|| registry::free_event(event).map(drop))
}
