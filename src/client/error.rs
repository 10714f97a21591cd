//! The one error at the border.

use crate::model::{ErrorCode, ErrorKind};
use crate::store::StoreError;

/// Why a call failed. One shape for all: the code says exactly what, the kind coarsely, `retryable`
/// whether the same call may succeed later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum AnserError {
    /// The call failed.
    #[error("{words} ({code})")]
    Failed {
        /// One of the stable codes, see `docs/errors.md`.
        code: i32,
        /// Its coarse class.
        kind: ErrorKind,
        /// Whether the same call may succeed later without any change.
        retryable: bool,
        /// For people; may change.
        words: String,
    },
}

impl AnserError {
    /// The error of a code, with its usual words.
    pub fn new(code: ErrorCode) -> Self {
        Self::with_words(code, code.words())
    }

    /// The error of a code, with words of its own.
    pub fn with_words(code: ErrorCode, words: impl Into<String>) -> Self {
        Self::Failed { code: code.0, kind: code.kind(), retryable: code.retryable(), words: words.into() }
    }

    /// Its code.
    pub fn code(&self) -> ErrorCode {
        let Self::Failed { code, .. } = self;
        ErrorCode(*code)
    }
}

impl From<ErrorCode> for AnserError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl From<StoreError> for AnserError {
    fn from(error: StoreError) -> Self {
        Self::with_words(error.code, format!("{}: {}", error.code.words(), error.detail))
    }
}
