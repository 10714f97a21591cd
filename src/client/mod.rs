//! What a host can ask: [`Client`] with one small object per topic, and the actor that runs session,
//! store and transport for it.
//!
//! ```text
//! host ─▶ Client, Messages, Conversations ─▶ store job ─▶ commit ─┐
//!            │ (events to the actor)                              ▼
//!            └──────────────▶ actor: Core { Session, Line } ─▶ transport
//! host ◀─ listeners ◀─ delivery thread ◀─ what the store says is new
//! ```
//!
//! A client owns three threads: `anser-io` (the actor, its sockets and timers), `anser-store` (the one
//! writer) and `anser-events` (calls the host). The UniFFI attributes sit on these very methods, so that
//! there is one definition of each for Rust, Kotlin, Swift and Python.

/// What the objects of all topics have in common: each holds its client weakly.
macro_rules! topic {
    ($name:ident) => {
        impl $name {
            pub(super) fn new(shared: &std::sync::Arc<$crate::client::shared::Shared>) -> Self {
                Self { shared: std::sync::Arc::downgrade(shared) }
            }

            pub(super) fn shared(
                &self,
            ) -> $crate::client::Result<std::sync::Arc<$crate::client::shared::Shared>> {
                self.shared.upgrade().ok_or_else(|| $crate::model::ErrorCode::CLIENT_CLOSED.into())
            }
        }
    };
}

mod actor;
mod connection;
mod conversations;
pub(crate) mod core;
mod delivery;
mod edits;
mod error;
mod event;
mod history;
pub mod inline;
mod kinds;
mod listeners;
mod logging;
mod media;
mod messages;
mod options;
mod receipts;
mod search;
mod settings;
mod shared;
mod storage;

pub use connection::Client;
pub use conversations::Conversations;
pub use delivery::Subscription;
pub use edits::{InsertedMessage, RecallOptions};
pub use error::AnserError;
use error::AnserError as Error;
pub use history::{BackfillListener, History, HistoryPage, RemoteQuery, TimeSpan};
pub use kinds::{MentionOptions, MessageKind, PushOptions, SendOptions, SenderInfo};
pub use listeners::{
    ConnectionListener, ConversationListener, LogLevel, LogListener, MessageListener, ReceiptListener,
    TokenListener, TypingListener,
};
pub use media::{
    DownloadOptions, Media, MediaListener, MediaProgress, TransferDirection, TransferState, Upload, Uploader,
};
pub use messages::Messages;
pub use options::{AppInfo, ClientOptions, DeviceInfo, Platform, SdkInfo, StorageInfo};
pub use receipts::{GroupReaders, Receipts};
pub use search::Search;
pub use settings::{QuietHours, Settings};
pub use storage::{DatabaseListener, Storage, StorageProgress, SyncReport};

pub use crate::store::{ConversationFilter, HistoryQuery, Reader, Tag};

/// The result of every call.
pub type Result<T> = std::result::Result<T, AnserError>;
