//! One user's SQLite database: messages, conversations, outbox, cursors, and what belongs to them.
//!
//! [`Store`] owns the one writing connection, on a thread of its own or inline for simulations; the other
//! modules are functions on an open connection, grouped by what they are about. The store decides what is
//! new: whoever tells the host asks it. It knows nothing of sockets, sessions' phases or listeners.

pub mod care;
pub mod commands;
mod conversations;
mod downloads;
mod edits;
mod error;
mod folder;
mod history;
mod inbox;
mod intake;
mod key;
mod list;
mod messages;
mod open;
mod outbox;
#[cfg(test)]
mod plans;
mod receipts;
mod rows;
mod schema;
pub mod search;
pub mod settings;
mod signals;
#[cfg(test)]
mod tests;
mod uploads;
mod writer;

pub use commands::take_back;
pub use conversations::{
    ConversationFilter, States, Tag, add_tag, clear_all_unread, clear_unread, conversation, conversations,
    create, draft, hide, merge_read_mark, peer_marks, remove, remove_tag, rows as conversation_rows,
    save_draft, set_mute, set_top, set_unread, show, states, tag_conversations, tags, total_unread, unread,
    unread_by_types, unread_of, untag_conversations,
};
pub use downloads::{
    DownloadRow, cached_downloads, download, finish_download, forget_download, note_download,
    unfinished_download, use_download,
};
pub use edits::{
    Edit, Gone, LocalMessage, MAX_EXPANSION, MAX_EXPANSION_KEY, MAX_EXPANSION_VALUE, begin_destruct, clear,
    delete, destruct, edit, expand, insert, next_destruct, set_local_path, stop_destruct,
};
pub use error::StoreError;
pub use folder::{Folder, Location};
pub use history::{
    HistoryQuery, RemotePage, caught_up, first_unread, gaps, known_since, page, store_page, unread_mentions,
};
#[cfg(feature = "sim")]
pub(crate) use inbox::wrong_move;
pub use inbox::{Stored, cursors, store_batch};
pub use key::Key;
pub use list::merge_list;
pub use messages::{existing, local_path, message, message_by_uid};
pub use open::{open, open_reader};
pub use outbox::{NewMessage, enqueue, is_news, note_attempt, pending, resend, settle};
pub use receipts::{Reader, add_reader, readers, request, respond, send_read};
pub use signals::{Question, Signals, answered, waiting};
pub use uploads::{
    UploadRow, UploadState, enqueue_upload, finish_upload, note_upload, resume_upload, set_upload, upload,
    wanted_uploads,
};
pub use writer::{Durability, OnReport, Store};
