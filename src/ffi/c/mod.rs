//! The C ABI, from which `bindings/c/include/anser.h` is generated. Objects are generational numbers, so
//! that a stale or freed one gives an error; text comes in as UTF-8 and is checked; nothing unwinds into C.
//!
//! This is the only place with `unsafe`: reading what C points to, and calling what C gave.

#![allow(unsafe_code)]
#![allow(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "C has no unsafe; each dereference says what it relies on"
)]

mod border;
mod changes;
mod client;
mod conversation;
mod conversations;
mod drafts_tags;
mod edits;
mod event;
mod history;
mod hits;
mod input;
mod insert;
mod line;
mod listeners;
mod media;
mod message;
mod messages;
mod options;
mod progress;
mod pull;
mod receipts;
mod registry;
mod reports;
mod results;
mod search;
mod send_options;
mod settings;
mod states;
mod storage;
mod told;
mod types;
mod unread;
mod uploader;

pub use changes::*;
pub use client::*;
pub use conversation::*;
pub use conversations::*;
pub use drafts_tags::*;
pub use edits::*;
pub use event::*;
pub use history::*;
pub use hits::*;
pub use insert::*;
pub use line::*;
pub use listeners::*;
pub use media::*;
pub use message::*;
pub use messages::*;
pub use options::*;
pub use progress::*;
pub use pull::*;
pub use receipts::*;
pub use reports::*;
pub use results::*;
pub use search::*;
pub use send_options::AnserSendOptions;
pub use settings::*;
pub use states::*;
pub use storage::*;
pub use types::*;
pub use unread::*;
pub use uploader::*;
