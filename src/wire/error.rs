//! The one error of the codec: what could not be read or written, and where.

use thiserror::Error;

/// Why bytes are not a frame, a body or a string, or a value cannot be written.
///
/// Offsets count bytes from the start of the frame.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WireError {
    /// The frame ends before the field does.
    #[error("{field} is cut off at byte {offset}: {missing} more bytes needed")]
    Truncated {
        /// The field that was being read.
        field: &'static str,
        /// Where it starts.
        offset: usize,
        /// How many bytes are missing.
        missing: usize,
    },
    /// A frame of no bytes at all.
    #[error("empty frame")]
    Empty,
    /// The header names a type that no peer sends (0 or 15).
    #[error("frame type {0} does not exist")]
    UnknownType(u8),
    /// A frame that travels only in the other direction.
    #[error("frame type {0} does not travel in this direction")]
    WrongDirection(u8),
    /// CONNACK of an accepted connection without its long form.
    #[error("an accepted CONNACK needs user id, session id and time")]
    ShortConnAck,
    /// A string that is neither CESU-8 nor UTF-8.
    #[error("{field} holds malformed text at byte {offset}")]
    Text {
        /// The field that was being read.
        field: &'static str,
        /// Where the first bad sequence starts, from the start of the string's bytes.
        offset: usize,
    },
    /// A string longer than its 16-bit length can say.
    #[error("{field} needs {length} bytes, at most 65535 fit")]
    TooLong {
        /// The field that was being written.
        field: &'static str,
        /// Its length in bytes.
        length: usize,
    },
    /// Types 8 to 11 are numbers only: nobody writes them.
    #[error("frame type {0} has no written form")]
    NoWriter(u8),
    /// Not the protobuf encoding of this body.
    #[error("{message} does not decode: {reason}")]
    Body {
        /// The body's name in `rmtp.proto`.
        message: &'static str,
        /// The decoder's words.
        reason: String,
    },
    /// A required field is absent.
    #[error("required field {0} is missing")]
    MissingField(&'static str),
    /// Not the JSON form of this signal or body.
    #[error("JSON form of {what}: {reason}")]
    Json {
        /// The signal, key or field.
        what: String,
        /// Why it was refused.
        reason: String,
    },
}
