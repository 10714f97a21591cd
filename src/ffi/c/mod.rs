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
mod client;
mod conversation;
mod conversations;
mod event;
mod listeners;
mod message;
mod messages;
mod options;
mod pull;
mod registry;

pub use border::AnserDestroy;
pub use client::*;
pub use conversation::*;
pub use conversations::*;
pub use event::*;
pub use listeners::*;
pub use message::*;
pub use messages::*;
pub use options::*;
pub use pull::*;
