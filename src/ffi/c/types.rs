//! The handles and callbacks that the whole C ABI shares; they come first in the header. Each handle is a number
//! of the registry.

use std::ffi::c_void;

/// Options for a client. 0 is none.
pub type AnserOptions = u64;

/// A client. 0 is none.
pub type AnserClient = u64;

/// A listener's place. 0 is none.
pub type AnserSubscription = u64;

/// Something that happened. 0 is none. What it holds lives as long as its handle.
pub type AnserEvent = u64;

/// A message. 0 is none. Text of a message lives as long as its handle.
pub type AnserMessage = u64;

/// A conversation. 0 is none. Its text and its newest message live as long as its handle. One that an event
/// only names has its type and target; the rest is 0.
pub type AnserConversation = u64;

/// An attempt to upload a file. 0 is none. Its text lives as long as its handle.
pub type AnserUpload = u64;

/// Called when something has happened. Runs on the client's events thread, one call at a time, holding no
/// lock: it may call the library, `anser_client_close` included. `error` is that of the call that has
/// ended, 0 if it succeeded and for events. `event` and all that it holds belong to the library and are
/// valid during this call; `anser_message_retain` keeps a message longer.
pub type AnserCallback = Option<extern "C" fn(user_data: *mut c_void, error: i32, event: AnserEvent)>;

/// Frees what `user_data` points to; called once, when nothing will use it any more. May be NULL.
pub type AnserDestroy = Option<extern "C" fn(user_data: *mut c_void)>;
