//! What the database can answer instead of rows.

use rusqlite::ffi;
use thiserror::Error;

use crate::model::ErrorCode;

/// A database error with its stable code. The words never hold message contents.
#[derive(Debug, Clone, Error)]
#[error("{code}: {detail}")]
pub struct StoreError {
    /// What hosts see.
    pub code: ErrorCode,
    /// SQLite's words.
    pub detail: String,
}

impl StoreError {
    /// An error of this code.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let code = match &error {
            rusqlite::Error::SqliteFailure(failure, _) => match failure.extended_code & 0xff {
                ffi::SQLITE_FULL => ErrorCode::DATABASE_FULL,
                ffi::SQLITE_NOTADB | ffi::SQLITE_CORRUPT => ErrorCode::DATABASE_DAMAGED,
                ffi::SQLITE_CANTOPEN => ErrorCode::DATABASE_OPEN_FAILED,
                ffi::SQLITE_READONLY | ffi::SQLITE_IOERR | ffi::SQLITE_PERM => ErrorCode::DATABASE_IO_ERROR,
                ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => ErrorCode::DATABASE_IN_USE,
                _ => ErrorCode::BIZ_ERROR_DATABASE_ERROR,
            },
            // Nothing here writes such text or numbers, and strict tables refuse other types: bits have flipped.
            rusqlite::Error::Utf8Error(..) | rusqlite::Error::IntegralValueOutOfRange(..) => {
                ErrorCode::DATABASE_DAMAGED
            }
            rusqlite::Error::FromSqlConversionFailure(_, rusqlite::types::Type::Text, _) => {
                ErrorCode::DATABASE_DAMAGED
            }
            _ => ErrorCode::BIZ_ERROR_DATABASE_ERROR,
        };
        Self { code, detail: error.to_string() }
    }
}
