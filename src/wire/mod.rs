//! Bytes on one side, typed frames and bodies on the other, for both directions: the client half writes
//! [`UpFrame`] and reads [`DownFrame`], the server half the reverse.
//!
//! Decoding borrows from the received [`Bytes`], never panics, never reads past the end and bounds every
//! length; what it refuses it names ([`WireError`]). Nothing here does I/O, keeps state or reads a clock.
//! Source of the facts: the public RongCloud 2.x protocol, see `docs/protocol.md`.

mod connect;
mod cursor;
mod down;
mod error;
mod header;
pub mod json_body;
pub mod polling;
pub mod schema;
pub mod string;
pub mod text;
pub mod topic;
mod up;
pub mod url;

pub use bytes::Bytes;
pub use bytestring::ByteString;
pub use connect::{Connect, Will};
pub use down::{Accepted, ConnAck, DownFrame, DownPublish, PubAck, QueryAck};
pub use error::WireError;
pub use header::{FrameType, Header, Qos};
pub use schema::Body;
pub use topic::Topic;
pub use up::{Query, UpFrame, UpPublish};

/// In a pushed message's `extra`, in the place of its predecessor's stamp: it lies in no inbox. Anser's own.
pub const OUTSIDE_INBOX: i64 = -1;
/// There too: nothing was ever before it in that inbox. No message has such a stamp, and an unset field of
/// another server is not mistaken for it.
pub const FIRST_OF_INBOX: i64 = 1;

/// The protobuf bodies of `proto/rmtp.proto`, generated at build time. Every singular field is an
/// `Option`; [`Body::from_bytes`] refuses a body that lacks a required one.
#[allow(missing_docs)]
#[allow(clippy::all, clippy::pedantic, clippy::indexing_slicing)]
pub mod body {
    include!(concat!(env!("OUT_DIR"), "/rmtp.v1.rs"));
}
