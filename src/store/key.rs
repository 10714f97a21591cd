//! The key of an encrypted database: 32 raw bytes. Whoever opens a database carries it; it never shows in
//! a log, an error or a `Debug` text.

use super::StoreError;
use crate::model::ErrorCode;

/// Bytes of a key.
const LENGTH: usize = 32;

/// A raw key. Its `Debug` text says nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; LENGTH]);

impl Key {
    /// A key of these bytes.
    ///
    /// # Errors
    /// [`ErrorCode::BIZ_ERROR_INVALID_PARAMETER`] if they are not 32, [`ErrorCode::ENCRYPTION_UNSUPPORTED`]
    /// if this build cannot encrypt.
    pub fn new(bytes: &[u8]) -> Result<Self, StoreError> {
        if !cfg!(feature = "encryption") {
            return Err(StoreError::new(
                ErrorCode::ENCRYPTION_UNSUPPORTED,
                "built without the feature `encryption`",
            ));
        }
        bytes.try_into().map(Self).map_err(|_| {
            StoreError::new(
                ErrorCode::BIZ_ERROR_INVALID_PARAMETER,
                format!("a key has {LENGTH} bytes, not {}", bytes.len()),
            )
        })
    }

    /// As SQLCipher takes it: a blob literal, which skips its derivation from a password.
    pub(super) fn literal(&self) -> String {
        let mut text = String::from("x'");
        for byte in self.0 {
            text.push_str(&format!("{byte:02x}"));
        }
        text.push('\'');
        text
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Key(…)")
    }
}
