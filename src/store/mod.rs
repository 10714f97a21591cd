//! One user's SQLite database: messages, conversations, outbox, cursors.
//!
//! [`Store`] owns the one writing connection, on a thread of its own or inline for simulations; the other
//! modules are functions on an open connection, grouped by what they are about. The store decides what is
//! new: whoever tells the host asks it. It knows nothing of sockets, sessions' phases or listeners.

mod conversations;
mod error;
mod folder;
mod inbox;
mod messages;
mod open;
mod outbox;
mod schema;
mod writer;

pub use conversations::{
    clear_all_unread, clear_unread, conversation, conversations, total_unread, unread, unread_by_types,
};
pub use error::StoreError;
pub use folder::{Folder, Location};
pub use inbox::{Stored, cursors, store_batch};
pub use messages::{history, message};
pub use open::open;
pub use outbox::{NewMessage, enqueue, is_news, pending, resend, settle};
pub use writer::{Durability, Store};
