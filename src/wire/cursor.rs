//! Reading and writing the fixed parts of a frame. Every read names its field, so that an error can.

use std::borrow::Cow;

use bytes::{Buf, Bytes};
use bytestring::ByteString;

use super::{WireError, string};

/// A read position in one frame. Slices of `bytes` share its memory.
pub(super) struct Reader {
    bytes: Bytes,
    length: usize,
}

impl Reader {
    pub(super) fn new(bytes: Bytes) -> Self {
        Self { length: bytes.len(), bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn need(&self, field: &'static str, size: usize) -> Result<(), WireError> {
        match size.checked_sub(self.bytes.len()) {
            None | Some(0) => Ok(()),
            Some(missing) => {
                Err(WireError::Truncated { field, offset: self.length - self.bytes.len(), missing })
            }
        }
    }

    pub(super) fn u8(&mut self, field: &'static str) -> Result<u8, WireError> {
        self.need(field, 1)?;
        Ok(self.bytes.get_u8())
    }

    pub(super) fn u16(&mut self, field: &'static str) -> Result<u16, WireError> {
        self.need(field, 2)?;
        Ok(self.bytes.get_u16())
    }

    pub(super) fn u32(&mut self, field: &'static str) -> Result<u32, WireError> {
        self.need(field, 4)?;
        Ok(self.bytes.get_u32())
    }

    pub(super) fn u64(&mut self, field: &'static str) -> Result<u64, WireError> {
        self.need(field, 8)?;
        Ok(self.bytes.get_u64())
    }

    /// A string with its 16-bit length. Plain UTF-8 is borrowed, CESU-8 pairs are joined in a copy.
    pub(super) fn text(&mut self, field: &'static str) -> Result<ByteString, WireError> {
        let length = usize::from(self.u16(field)?);
        self.need(field, length)?;
        let bad = |offset| WireError::Text { field, offset };
        let raw = self.bytes.get(..length).unwrap_or_default();
        match string::read(raw).map_err(bad)? {
            Cow::Owned(text) => {
                self.bytes.advance(length);
                Ok(ByteString::from(text))
            }
            // Looking twice at a few bytes is cheaper than one more reference to the frame.
            Cow::Borrowed(_) => ByteString::try_from(self.bytes.split_to(length)).map_err(|_| bad(0)),
        }
    }

    pub(super) fn rest(self) -> Bytes {
        self.bytes
    }
}

/// Appends a string with its 16-bit length.
pub(super) fn put_text(out: &mut Vec<u8>, field: &'static str, text: &str) -> Result<(), WireError> {
    // Nearly every topic and id is ASCII, which is written as it stands.
    let ascii = text.is_ascii();
    let length = if ascii { text.len() } else { string::written_len(text) };
    let prefix = u16::try_from(length).map_err(|_| WireError::TooLong { field, length })?;
    out.extend_from_slice(&prefix.to_be_bytes());
    if ascii {
        out.extend_from_slice(text.as_bytes());
    } else {
        string::write(text, out);
    }
    Ok(())
}
