//! What a host can be told. One or two methods each, batches where many can come. All run on the
//! `anser-events` thread, one at a time, holding no lock: they may call the client back.

use crate::model::{ConnectionStatus, ConversationKey, Message};

/// Hears how the client stands to the server. Gets the current status first.
#[uniffi::export(with_foreign)]
pub trait ConnectionListener: Send + Sync {
    /// The status changed. `code` says why, 0 if there is nothing to say.
    fn on_status(&self, status: ConnectionStatus, code: i32);
}

/// Hears of messages. Starts at now.
#[uniffi::export(with_foreign)]
pub trait MessageListener: Send + Sync {
    /// New messages, in the order they came; none is told twice. Messages that were stored when the process
    /// died, but not told yet, are in the history.
    fn on_messages(&self, messages: Vec<Message>);

    /// What became of an own message: it is SENT or FAILED now.
    fn on_sent(&self, message: Message);

    /// The host was too slow and events were dropped: read the lists again, the store has everything.
    fn on_overflow(&self);
}

/// Hears which conversations changed: their newest message or their unread count.
#[uniffi::export(with_foreign)]
pub trait ConversationListener: Send + Sync {
    /// These changed.
    fn on_conversations(&self, conversations: Vec<ConversationKey>);
}

/// How important a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, uniffi::Enum)]
pub enum LogLevel {
    /// Something is broken.
    Error,
    /// Something is odd.
    Warn,
    /// Something happened.
    Info,
    /// For developers.
    Debug,
}

/// Hears the log. Lines never hold tokens or message contents.
#[uniffi::export(with_foreign)]
pub trait LogListener: Send + Sync {
    /// A line.
    fn on_log(&self, level: LogLevel, target: String, text: String);
}
