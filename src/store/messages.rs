//! Reading messages.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::StoreError;
use crate::model::{ConversationKey, ConversationType, Message, MessageDirection, SentStatus};

/// What a message row is read from, joined with its conversation.
pub(super) const COLUMNS: &str = "m.id, m.uid, c.type, c.target, m.direction, m.sender, m.object_name, m.content, \
     m.sent_time, m.received_time, m.sent_status, m.error_code, m.received_status, m.counted, m.mentioned, \
     m.offline, m.extra, m.local_path";

/// Reads a row of [`COLUMNS`].
pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        id: row.get(0)?,
        uid: row.get(1)?,
        conversation: ConversationKey {
            conversation_type: conversation_type(row, 2)?,
            target_id: row.get(3)?,
        },
        direction: number(row, 4, MessageDirection::from_number)?,
        sender_user_id: row.get(5)?,
        object_name: row.get(6)?,
        content: row.get(7)?,
        sent_time: row.get(8)?,
        received_time: row.get(9)?,
        sent_status: number(row, 10, SentStatus::from_number)?,
        error_code: row.get(11)?,
        received_status: row.get(12)?,
        counted: row.get(13)?,
        mentioned: row.get(14)?,
        offline: row.get(15)?,
        extra: row.get(16)?,
        local_path: row.get(17)?,
    })
}

pub(super) fn conversation_type(row: &Row<'_>, column: usize) -> rusqlite::Result<ConversationType> {
    number(row, column, ConversationType::from_number)
}

fn number<T>(row: &Row<'_>, column: usize, read: fn(i32) -> Option<T>) -> rusqlite::Result<T> {
    let number: i32 = row.get(column)?;
    read(number).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, number.into()))
}

/// One message by its local id.
///
/// # Errors
/// The database fails.
pub fn message(connection: &Connection, id: i64) -> Result<Option<Message>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM message m JOIN conversation c ON c.id = m.conversation WHERE m.id = ?1"
    ))?;
    Ok(statement.query_row([id], from_row).optional()?)
}

/// Where the media file of a message lies on this device.
///
/// # Errors
/// The database fails.
pub fn local_path(connection: &Connection, id: i64) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT local_path FROM message WHERE id = ?1")?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?.flatten())
}

/// Sets where the media file of a message lies on this device.
///
/// # Errors
/// The database fails.
pub fn set_local_path(connection: &Connection, id: i64, path: Option<&str>) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE message SET local_path = ?2 WHERE id = ?1")?
        .execute(params![id, path])?;
    Ok(())
}

/// Up to `count` messages of a conversation that are older than `before` (server time, ms; 0 for the
/// newest), oldest first. Pages join without gap or double as long as `before` is the time of the oldest
/// message already shown; messages of that same millisecond come with the later page.
///
/// # Errors
/// The database fails.
pub fn history(
    connection: &Connection,
    key: &ConversationKey,
    before: i64,
    count: u32,
) -> Result<Vec<Message>, StoreError> {
    let before = if before <= 0 { i64::MAX } else { before };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM message m JOIN conversation c ON c.id = m.conversation
         WHERE c.type = ?1 AND c.target = ?2 AND m.sent_time < ?3
         ORDER BY m.sent_time DESC, m.uid DESC, m.id DESC LIMIT ?4"
    ))?;
    let rows = statement
        .query_map(params![key.conversation_type.number(), key.target_id, before, count], from_row)?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(rows.into_iter().rev().collect())
}
