//! The lines of an export: which tables are in it, and how a row is written and read. `docs/export.md` describes
//! them for people; export and import both go by this list.

use rusqlite::Connection;
use rusqlite::types::{Value, ValueRef};
use serde_json::{Map, Value as Json};

use super::super::StoreError;
use super::tables;
use crate::model::{ConversationKey, ConversationType, ErrorCode};

/// Version of the format that is written, and the newest that is read.
pub(super) const VERSION: i64 = 1;
/// Key of the header's version, which also says what the file is.
pub(super) const MAGIC: &str = "anser_export";

/// Tables that belong to conversations or messages and travel with them. What only this device's dealings
/// with the server need (outbox, cursors, signals) stays behind.
pub(super) const RELATED: &[&str] = &["tag", "conversation_tag", "receipt", "deleted_uid"];
/// Columns that are written as what they refer to: row numbers mean nothing elsewhere.
pub(super) const REFERENCES: &[&str] = &["conversation", "message"];

/// The columns of a table as they travel.
pub(super) fn columns(connection: &Connection, table: &str) -> Result<Vec<String>, StoreError> {
    let mut columns = tables::columns(connection, table)?;
    // The numbers of the two tables that have any of their own.
    columns.retain(|name| !(name == "id" && ["message", "conversation"].contains(&table)));
    Ok(columns)
}

/// A stored value in JSON. Blobs have no place in the format; no exported table has any.
pub(super) fn to_json(value: ValueRef<'_>) -> Json {
    match value {
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
        ValueRef::Null | ValueRef::Blob(_) => Json::Null,
    }
}

/// A value of a line for the database. `None` for what no column holds.
pub(super) fn to_value(json: &Json) -> Option<Value> {
    match json {
        Json::Null => Some(Value::Null),
        Json::Number(number) => number.as_i64().map(Value::Integer),
        Json::String(text) => Some(Value::Text(text.clone())),
        _ => None,
    }
}

/// Whom a line is about.
pub(super) fn key(row: &Map<String, Json>) -> Option<ConversationKey> {
    let number = row.get("type")?.as_i64()?;
    let conversation_type = ConversationType::from_number(i32::try_from(number).ok()?)?;
    let target_id = row.get("target")?.as_str().filter(|target| !target.is_empty())?.to_owned();
    Some(ConversationKey { conversation_type, target_id })
}

/// A file that is not what it should be.
pub(super) fn invalid(line: u64, words: &str) -> StoreError {
    StoreError::new(ErrorCode::IMPORT_INVALID, format!("line {line}: {words}"))
}

/// A file that the system refuses.
pub(super) fn refused(path: &std::path::Path, error: &std::io::Error) -> StoreError {
    let code = match error.kind() {
        std::io::ErrorKind::StorageFull => ErrorCode::DATABASE_FULL,
        _ => ErrorCode::FILE_IO_ERROR,
    };
    StoreError::new(code, format!("{}: {error}", path.display()))
}
