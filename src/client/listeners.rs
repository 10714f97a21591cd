//! What a host can be told. One or two methods each, batches where many can come. All run on the
//! `anser-events` thread, one at a time, holding no lock: they may call the client back.

use crate::model::{ConnectionStatus, ConversationKey, Message, MessageChange, Receipt, TypingUser};

/// Hears how the client stands to the server. Gets the current status first.
#[uniffi::export(with_foreign)]
pub trait ConnectionListener: Send + Sync {
    /// The status changed. `code` says why, 0 if there is nothing to say.
    fn on_status(&self, status: ConnectionStatus, code: i32);

    /// For the first time since the login everything that waited at the server is stored here.
    fn on_synced(&self);
}

/// Is asked for a new token. While nobody listens, a refused token ends the connection.
#[uniffi::export(with_foreign)]
pub trait TokenListener: Send + Sync {
    /// The server refuses the token with `code` (31004 incorrect, 31020 expired), and connecting waits for up
    /// to a minute for [`super::Client::renew_token`], which may be called from here or later from anywhere.
    fn on_token_needed(&self, code: i32);
}

/// Hears of messages. Starts at now.
#[uniffi::export(with_foreign)]
pub trait MessageListener: Send + Sync {
    /// New messages, in the order they came; none is told twice. Messages that were stored when the process
    /// died, but not told yet, are in the history.
    fn on_messages(&self, messages: Vec<Message>);

    /// What became of an own message: it is SENT or FAILED now.
    fn on_sent(&self, message: Message);

    /// Stored messages are not what they were: taken back, changed, deleted.
    fn on_changed(&self, changes: Vec<MessageChange>);

    /// The host was too slow and events were dropped: read the lists again, the store has everything.
    fn on_overflow(&self);
}

/// Hears of receipts: what peers and members have stored and read.
#[uniffi::export(with_foreign)]
pub trait ReceiptListener: Send + Sync {
    /// These arrived. None named: the host was too slow and some were dropped; the store has what they said.
    fn on_receipts(&self, receipts: Vec<Receipt>);
}

/// Hears who is typing. Gets those who type at present first.
#[uniffi::export(with_foreign)]
pub trait TypingListener: Send + Sync {
    /// Everybody who types in this conversation now; empty when the last one has stopped.
    fn on_typing(&self, conversation: ConversationKey, users: Vec<TypingUser>);
}

/// Hears which conversations changed: their newest message, unread count, marks, state or draft. Each is
/// named once per batch; read their rows again to show them.
#[uniffi::export(with_foreign)]
pub trait ConversationListener: Send + Sync {
    /// These changed. None named: the host was too slow and some were dropped; read the list again.
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
