//! `anser_event`: what a callback or the event queue tells. One object for completions and for events, so
//! that programs with callbacks and programs with a loop of their own read the same. What is special to some
//! results is in `results`, `hits` and `reports`, to some events in `changes` and `progress`.

use std::ffi::{CString, c_char, c_void};
use std::sync::Arc;

use super::border::{UserData, c_string, guard, pointer_to, value};
use super::changes::{CChange, CReceipt, CTyping};
use super::conversation::ConversationHandle;
use super::hits::CHit;
use super::message::MessageHandle;
use super::progress::CProgress;
use super::registry::{self, Object};
use super::reports::CTable;
use super::results::{CReader, CTag};
use super::told::Told;
use super::types::{AnserConversation, AnserEvent, AnserMessage};
use crate::client::{QuietHours, TimeSpan};

/// A call has ended: see its error, and its text, count, messages or conversations.
pub const ANSER_EVENT_COMPLETED: i32 = 1;
/// The connection's status changed.
pub const ANSER_EVENT_STATUS: i32 = 2;
/// Messages arrived.
pub const ANSER_EVENT_MESSAGES: i32 = 4;
/// An own message is sent or has failed.
pub const ANSER_EVENT_SENT: i32 = 8;
/// Conversations changed; they are only named. None named: events were dropped, read the list again.
pub const ANSER_EVENT_CONVERSATIONS: i32 = 16;
/// The host was too slow and events were dropped: read the lists again.
pub const ANSER_EVENT_OVERFLOW: i32 = 32;
/// For the first time since the login everything that waited at the server is stored here.
pub const ANSER_EVENT_SYNCED: i32 = 64;
/// Stored messages are not what they were: `anser_event_change_kind` and its neighbours.
pub const ANSER_EVENT_CHANGED: i32 = 128;
/// Receipts arrived: `anser_event_receipt_kind` and its neighbours. None named: some were dropped.
pub const ANSER_EVENT_RECEIPTS: i32 = 256;
/// Who is typing changed: its one conversation says where, `anser_event_typing_user_id` who types there now.
pub const ANSER_EVENT_TYPING: i32 = 512;
/// An upload or download has moved on, or stands differently: `anser_event_progress_state` and its neighbours.
pub const ANSER_EVENT_PROGRESS: i32 = 1024;
/// The database was found damaged, and this became of it: `anser_event_set_aside` and its neighbours.
pub const ANSER_EVENT_DATABASE: i32 = 2048;
/// The server refuses the token, `anser_event_error` says why: see `anser_client_renew_token`. Comes to listeners
/// of this kind alone, never to the event queue.
pub const ANSER_EVENT_TOKEN_NEEDED: i32 = 4096;

/// An event with the handles of what it holds.
pub(super) struct CEvent {
    kind: i32,
    error: i32,
    status: i32,
    count: u32,
    number: i64,
    answer: bool,
    text: Option<CString>,
    messages: Vec<MessageHandle>,
    conversations: Vec<ConversationHandle>,
    user_data: Option<Arc<UserData>>,
    pub(super) has_more: bool,
    pub(super) gaps: Vec<TimeSpan>,
    pub(super) tags: Vec<CTag>,
    pub(super) readers: Vec<CReader>,
    pub(super) quiet: Option<QuietHours>,
    pub(super) changes: Vec<CChange>,
    pub(super) receipts: Vec<CReceipt>,
    pub(super) typing: Vec<CTyping>,
    pub(super) progress: Option<CProgress>,
    pub(super) hits: Vec<CHit>,
    pub(super) found: Vec<(u32, bool)>,
    pub(super) report: Vec<(i32, u64)>,
    pub(super) problems: Vec<CString>,
    pub(super) tables: Vec<CTable>,
    pub(super) set_aside: Option<CString>,
}

impl CEvent {
    /// Gives an event its handle.
    pub(super) fn publish(told: Told, user_data: Option<Arc<UserData>>) -> AnserEvent {
        let listed = told.conversations.into_iter().map(ConversationHandle::new);
        let named = told.named.into_iter().map(ConversationHandle::named);
        let event = Self {
            kind: told.kind,
            error: told.error,
            status: told.status,
            count: told.count,
            number: told.number,
            answer: told.answer,
            text: told.text.as_deref().map(c_string),
            conversations: listed.chain(named).collect(),
            messages: told.messages.into_iter().map(MessageHandle::new).collect(),
            user_data,
            has_more: told.has_more,
            gaps: told.gaps,
            tags: told.tags.into_iter().map(CTag::new).collect(),
            readers: told.readers.into_iter().map(CReader::new).collect(),
            quiet: told.quiet,
            changes: told.changes.into_iter().map(CChange::new).collect(),
            receipts: told.receipts.into_iter().map(CReceipt::new).collect(),
            typing: told.typing.into_iter().map(CTyping::new).collect(),
            progress: told.progress.map(CProgress::new),
            hits: told.hits.into_iter().map(CHit::new).collect(),
            found: told.found,
            report: told.report,
            problems: told.problems.iter().map(|problem| c_string(problem)).collect(),
            tables: told.tables.into_iter().map(CTable::new).collect(),
            set_aside: told.set_aside.as_deref().map(c_string),
        };
        registry::insert(Object::Event(Arc::new(event)))
    }
}

/// Reads an event; a stale handle gives `otherwise`.
pub(super) fn read<T>(event: AnserEvent, otherwise: T, get: impl FnOnce(&CEvent) -> T) -> T {
    value(otherwise, || registry::event(event).map(|event| get(&event)))
}

/// Reads a text of an event; NULL if there is none.
pub(super) fn read_text(event: AnserEvent, get: impl FnOnce(&CEvent) -> Option<&CString>) -> *const c_char {
    read(event, std::ptr::null(), |event| pointer_to(get(event)))
}

/// One of `ANSER_EVENT_…`; 0 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_kind(event: AnserEvent) -> i32 {
    read(event, 0, |event| event.kind)
}

/// Why a call or a transfer failed, or why the status changed; 0 if there is nothing to say.
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

/// How many a call counted or changed.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_count(event: AnserEvent) -> u32 {
    read(event, 0, |event| event.count)
}

/// The time (ms since 1970) or number of bytes that a call resulted in.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_number(event: AnserEvent) -> i64 {
    read(event, 0, |event| event.number)
}

/// The yes or no that a call resulted in.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_answer(event: AnserEvent) -> bool {
    read(event, false, |event| event.answer)
}

/// The text that a call resulted in: the user id of connecting, a draft; NULL if it has none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_text(event: AnserEvent) -> *const c_char {
    read_text(event, |event| event.text.as_ref())
}

/// The `user_data` of the call that has ended, for events from `anser_client_next_event`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_user_data(event: AnserEvent) -> *mut c_void {
    read(event, std::ptr::null_mut(), |event| {
        event.user_data.as_ref().map_or(std::ptr::null_mut(), |user_data| user_data.pointer())
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
    read(event, 0, |event| event.messages.get(index).map_or(0, MessageHandle::number))
}

/// How many conversations it holds.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_conversation_count(event: AnserEvent) -> usize {
    read(event, 0, |event| event.conversations.len())
}

/// Its conversation at `index`, owned by the event; 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_conversation(event: AnserEvent, index: usize) -> AnserConversation {
    read(event, 0, |event| event.conversations.get(index).map_or(0, ConversationHandle::number))
}

/// Frees an event of `anser_client_next_event` and all that it holds. Events of callbacks are freed by the
/// library. Returns 0, 34403 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_free(event: AnserEvent) -> i32 {
    guard(|| registry::free_event(event).map(drop))
}
