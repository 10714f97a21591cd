//! One user's SQLite database: messages, conversations, outbox, cursors.
//!
//! [`Store`] owns the one writing connection, on a thread of its own or inline for simulations; the other
//! modules are functions on an open connection, grouped by what they are about. The store decides what is
//! new: whoever tells the host asks it. It knows nothing of sockets, sessions' phases or listeners.

mod conversations;
mod downloads;
mod error;
mod folder;
mod inbox;
mod messages;
mod open;
mod outbox;
mod schema;
mod uploads;
mod writer;

pub use conversations::{
    clear_all_unread, clear_unread, conversation, conversations, total_unread, unread, unread_by_types,
};
pub use downloads::{
    DownloadRow, cached_downloads, download, finish_download, forget_download, note_download,
    unfinished_download, use_download,
};
pub use error::StoreError;
pub use folder::{Folder, Location};
pub use inbox::{Stored, cursors, store_batch};
pub use messages::{history, local_path, message, set_local_path};
pub use open::open;
pub use outbox::{NewMessage, enqueue, is_news, pending, resend, settle};
pub use uploads::{
    UploadRow, UploadState, enqueue_upload, finish_upload, note_upload, resume_upload, set_upload, upload,
    wanted_uploads,
};
pub use writer::{Durability, Store};
