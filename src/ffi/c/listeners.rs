//! `anser_subscription`: listening by callback.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use super::border::{UserData, c_string, guard, put};
use super::client::call;
use super::event::{
    ANSER_EVENT_CHANGED, ANSER_EVENT_CONVERSATIONS, ANSER_EVENT_DATABASE, ANSER_EVENT_MESSAGES,
    ANSER_EVENT_OVERFLOW, ANSER_EVENT_PROGRESS, ANSER_EVENT_RECEIPTS, ANSER_EVENT_SENT, ANSER_EVENT_STATUS,
    ANSER_EVENT_SYNCED, ANSER_EVENT_TOKEN_NEEDED, ANSER_EVENT_TYPING,
};
use super::registry::{self, Object};
use super::told::Told;
use super::types::{AnserCallback, AnserClient, AnserDestroy, AnserEvent, AnserSubscription};
use crate::client::{
    Client, ConnectionListener, ConversationListener, DatabaseListener, LogLevel, LogListener, MediaListener,
    MediaProgress, MessageListener, ReceiptListener, Subscription, TokenListener, TypingListener,
};
use crate::model::{
    ConnectionStatus, ConversationKey, ErrorCode, Message, MessageChange, Receipt, TypingUser,
};
use crate::store::care::DatabaseReport;

/// Called with a line of the library's log, on the client's events thread. `level`: 1 error, 2 warning,
/// 3 information, 4 debugging. The texts are valid during this call.
pub type AnserLogCallback =
    Option<extern "C" fn(user_data: *mut c_void, level: i32, target: *const c_char, text: *const c_char)>;

/// What can be listened to.
const KINDS: [i32; 12] = [
    ANSER_EVENT_STATUS,
    ANSER_EVENT_MESSAGES,
    ANSER_EVENT_SENT,
    ANSER_EVENT_CONVERSATIONS,
    ANSER_EVENT_OVERFLOW,
    ANSER_EVENT_SYNCED,
    ANSER_EVENT_CHANGED,
    ANSER_EVENT_RECEIPTS,
    ANSER_EVENT_TYPING,
    ANSER_EVENT_PROGRESS,
    ANSER_EVENT_DATABASE,
    ANSER_EVENT_TOKEN_NEEDED,
];

/// Where events go: a callback, or the event queue.
pub(super) trait EventSink: Send + Sync {
    fn take(&self, told: Told);
}

/// Turns what a client tells into events.
pub(super) struct EventListener<S>(pub(super) S);

impl<S: EventSink> ConnectionListener for EventListener<S> {
    fn on_status(&self, status: ConnectionStatus, code: i32) {
        self.0.take(Told::of_status(status, code));
    }

    fn on_synced(&self) {
        self.0.take(Told { kind: ANSER_EVENT_SYNCED, ..Told::default() });
    }
}

impl<S: EventSink> TokenListener for EventListener<S> {
    fn on_token_needed(&self, code: i32) {
        self.0.take(Told { kind: ANSER_EVENT_TOKEN_NEEDED, error: code, ..Told::default() });
    }
}

impl<S: EventSink> MessageListener for EventListener<S> {
    fn on_messages(&self, messages: Vec<Message>) {
        self.0.take(Told { kind: ANSER_EVENT_MESSAGES, messages, ..Told::default() });
    }

    fn on_sent(&self, message: Message) {
        let error = message.error_code;
        self.0.take(Told { kind: ANSER_EVENT_SENT, error, messages: vec![message], ..Told::default() });
    }

    fn on_changed(&self, changes: Vec<MessageChange>) {
        self.0.take(Told { kind: ANSER_EVENT_CHANGED, changes, ..Told::default() });
    }

    fn on_overflow(&self) {
        self.0.take(Told { kind: ANSER_EVENT_OVERFLOW, ..Told::default() });
    }
}

impl<S: EventSink> ConversationListener for EventListener<S> {
    fn on_conversations(&self, named: Vec<ConversationKey>) {
        self.0.take(Told { kind: ANSER_EVENT_CONVERSATIONS, named, ..Told::default() });
    }
}

impl<S: EventSink> ReceiptListener for EventListener<S> {
    fn on_receipts(&self, receipts: Vec<Receipt>) {
        self.0.take(Told { kind: ANSER_EVENT_RECEIPTS, receipts, ..Told::default() });
    }
}

impl<S: EventSink> TypingListener for EventListener<S> {
    fn on_typing(&self, conversation: ConversationKey, typing: Vec<TypingUser>) {
        self.0.take(Told { kind: ANSER_EVENT_TYPING, named: vec![conversation], typing, ..Told::default() });
    }
}

impl<S: EventSink> DatabaseListener for EventListener<S> {
    fn on_database(&self, report: DatabaseReport) {
        self.0.take(Told::of_database(report));
    }
}

impl<S: EventSink> MediaListener for EventListener<S> {
    fn on_progress(&self, progress: MediaProgress) {
        let error = progress.error_code;
        self.0.take(Told { kind: ANSER_EVENT_PROGRESS, error, progress: Some(progress), ..Told::default() });
    }
}

struct Callback {
    callback: extern "C" fn(*mut c_void, i32, AnserEvent),
    wanted: i32,
    user_data: UserData,
}

impl EventSink for Callback {
    fn take(&self, told: Told) {
        if told.kind & self.wanted != 0 {
            call(self.callback, &self.user_data, told);
        }
    }
}

/// Adds a listener to everything that a client tells.
pub(super) fn listen<S: EventSink + 'static>(
    client: &Client,
    wanted: i32,
    listener: &Arc<EventListener<S>>,
) -> Vec<Arc<Subscription>> {
    let mut subscriptions = Vec::new();
    if wanted & (ANSER_EVENT_STATUS | ANSER_EVENT_SYNCED) != 0 {
        subscriptions.push(client.add_connection_listener(listener.clone()));
    }
    if wanted & ANSER_EVENT_RECEIPTS != 0 {
        subscriptions.push(client.add_receipt_listener(listener.clone()));
    }
    if wanted & ANSER_EVENT_TYPING != 0 {
        subscriptions.push(client.add_typing_listener(listener.clone()));
    }
    if wanted & ANSER_EVENT_PROGRESS != 0 {
        subscriptions.push(client.add_media_listener(listener.clone()));
    }
    if wanted & ANSER_EVENT_DATABASE != 0 {
        subscriptions.push(client.add_database_listener(listener.clone()));
    }
    if wanted & ANSER_EVENT_TOKEN_NEEDED != 0 {
        subscriptions.push(client.add_token_listener(listener.clone()));
    }
    let of_messages = ANSER_EVENT_MESSAGES | ANSER_EVENT_SENT | ANSER_EVENT_CHANGED | ANSER_EVENT_OVERFLOW;
    if wanted & of_messages != 0 {
        subscriptions.push(client.add_message_listener(listener.clone()));
    }
    if wanted & ANSER_EVENT_CONVERSATIONS != 0 {
        subscriptions.push(client.add_conversation_listener(listener.clone()));
    }
    subscriptions
}

/// Hears events of one kind: `kind` is any of `ANSER_EVENT_…` but `ANSER_EVENT_COMPLETED`; add a listener for each
/// kind wanted. A status listener gets the current status first, a typing listener who types at present, a
/// database listener the last report, if there is one. The
/// caller owns `*out`; freeing it ends the listening. `destroy` is called once when `user_data` is no longer
/// used. Returns 0, 33003 for another kind, 34405 if `callback` or `out` is NULL, 34400, 34403; then
/// `user_data` stays the caller's.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_add_listener(
    client: AnserClient,
    kind: i32,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
    out: *mut AnserSubscription,
) -> i32 {
    guard(|| {
        put(out, 0)?;
        let object = registry::client(client)?;
        let callback = callback.ok_or(ErrorCode::NULL_ARGUMENT)?;
        if !KINDS.contains(&kind) {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
        }
        if object.client.is_closed() {
            return Err(ErrorCode::CLIENT_CLOSED);
        }
        let sink = Callback { callback, wanted: kind, user_data: UserData::new(user_data, destroy) };
        let subscription = listen(&object.client, kind, &Arc::new(EventListener(sink))).pop();
        put(out, registry::insert(Object::Subscription(subscription.ok_or(ErrorCode::INTERNAL)?)))
    })
}

struct LogCallback {
    callback: extern "C" fn(*mut c_void, i32, *const c_char, *const c_char),
    user_data: UserData,
}

impl LogListener for LogCallback {
    fn on_log(&self, level: LogLevel, target: String, text: String) {
        let level = match level {
            LogLevel::Error => 1,
            LogLevel::Warn => 2,
            LogLevel::Info => 3,
            LogLevel::Debug => 4,
        };
        let (target, text) = (c_string(&target), c_string(&text));
        (self.callback)(self.user_data.pointer(), level, target.as_ptr(), text.as_ptr());
    }
}

/// Hears the library's log up to `level` (1 error … 4 debugging). Lines never hold tokens or message
/// contents. Otherwise as `anser_client_add_listener`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_add_log_listener(
    client: AnserClient,
    level: i32,
    callback: AnserLogCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
    out: *mut AnserSubscription,
) -> i32 {
    guard(|| {
        put(out, 0)?;
        let object = registry::client(client)?;
        let callback = callback.ok_or(ErrorCode::NULL_ARGUMENT)?;
        let level = match level {
            1 => LogLevel::Error,
            2 => LogLevel::Warn,
            3 => LogLevel::Info,
            4 => LogLevel::Debug,
            _ => return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER),
        };
        if object.client.is_closed() {
            return Err(ErrorCode::CLIENT_CLOSED);
        }
        let listener = LogCallback { callback, user_data: UserData::new(user_data, destroy) };
        let subscription = object.client.add_log_listener(level, Arc::new(listener));
        put(out, registry::insert(Object::Subscription(subscription)))
    })
}

/// Ends the listening; a call that is running may still be running when this returns. Returns 0, 34403.
#[unsafe(no_mangle)]
pub extern "C" fn anser_subscription_cancel(subscription: AnserSubscription) -> i32 {
    guard(|| registry::subscription(subscription).map(|subscription| subscription.cancel()))
}

/// Ends the listening and waits for a call that is running: afterwards none arrives. Called from that very
/// callback it only marks, and that holds from the end of the call. Returns 0, 34403.
#[unsafe(no_mangle)]
pub extern "C" fn anser_subscription_cancel_and_wait(subscription: AnserSubscription) -> i32 {
    guard(|| registry::subscription(subscription).map(|subscription| subscription.cancel_and_wait()))
}

/// Ends the listening and frees its handle. Returns 0, 34403 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_subscription_free(subscription: AnserSubscription) -> i32 {
    guard(|| registry::free_subscription(subscription).map(|subscription| subscription.cancel()))
}
