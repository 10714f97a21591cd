//! Reading single messages. Pages of them are in `history`.

use rusqlite::{Connection, OptionalExtension, Row};

use super::StoreError;
use crate::model::{ConversationKey, ConversationType, ErrorCode, Message, MessageDirection, SentStatus};

/// What a message row is read from, joined with its conversation.
pub(super) const COLUMNS: &str = "m.id, m.uid, c.type, c.target, m.direction, m.sender, m.object_name, m.content, \
     m.sent_time, m.received_time, m.sent_status, m.error_code, m.received_status, m.counted, m.mentioned, \
     m.offline, m.extra, m.silent, m.expandable, m.expansion, m.local_path, m.receipt_requested, \
     iif(m.direction = 1 AND c.type IN (2, 3), (SELECT count(*) FROM receipt r WHERE r.message = m.id), 0), m.destruct_at, \
     c.peer_delivered_time, c.peer_read_time";

/// Reads a row of [`COLUMNS`].
pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Message> {
    let expansion: Option<String> = row.get(19)?;
    let mut message = Message {
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
        silent: row.get(17)?,
        expandable: row.get(18)?,
        expansion: expansion.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
        local_path: row.get(20)?,
        receipt_requested: row.get(21)?,
        read_count: row.get(22)?,
        destruct_at: row.get(23)?,
    };
    message.sent_status = with_receipts(&message, row.get(24)?, row.get(25)?);
    Ok(message)
}

/// How far an own message of a private chat has come follows from the peer's marks.
fn with_receipts(message: &Message, delivered: i64, read: i64) -> SentStatus {
    let own = message.direction == MessageDirection::Send && message.sent_status == SentStatus::Sent;
    if !own || message.conversation.conversation_type != ConversationType::Private {
        return message.sent_status;
    }
    match message.sent_time {
        time if time <= read => SentStatus::Read,
        time if time <= delivered => SentStatus::Received,
        _ => SentStatus::Sent,
    }
}

pub(super) fn conversation_type(row: &Row<'_>, column: usize) -> rusqlite::Result<ConversationType> {
    number(row, column, ConversationType::from_number)
}

pub(super) fn number<T>(row: &Row<'_>, column: usize, read: fn(i32) -> Option<T>) -> rusqlite::Result<T> {
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

/// One message by the server's name for it.
///
/// # Errors
/// The database fails.
pub fn message_by_uid(connection: &Connection, uid: &str) -> Result<Option<Message>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM message m JOIN conversation c ON c.id = m.conversation WHERE m.uid = ?1"
    ))?;
    Ok(statement.query_row([uid], from_row).optional()?)
}

/// One message by its local id.
///
/// # Errors
/// The database fails, or there is no such message (61001).
pub fn existing(connection: &Connection, id: i64) -> Result<Message, StoreError> {
    message(connection, id)?.ok_or_else(|| {
        StoreError::new(ErrorCode::GET_MESSAGE_BY_ID_ERROR, format!("message {id} does not exist"))
    })
}
