//! The conversation list and the unread counts. Unread is derived: counted messages of others after the
//! read mark.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::StoreError;
use super::messages::{COLUMNS, conversation_type, from_row};
use crate::model::{Conversation, ConversationKey, ConversationType};

/// Unread messages of conversation `c`, from the partial index alone.
const UNREAD: &str = "(SELECT count(*) FROM message u WHERE u.conversation = c.id AND u.counted = 1 \
     AND u.direction = 2 AND u.sent_time > c.read_time)";

/// The row of a conversation, made if it does not exist.
pub(super) fn row_id(connection: &Connection, key: &ConversationKey) -> Result<i64, StoreError> {
    let known = connection
        .prepare_cached("SELECT id FROM conversation WHERE type = ?1 AND target = ?2")?
        .query_row(params![key.conversation_type.number(), key.target_id], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    connection
        .prepare_cached("INSERT INTO conversation (type, target) VALUES (?1, ?2)")?
        .execute(params![key.conversation_type.number(), key.target_id])?;
    Ok(connection.last_insert_rowid())
}

/// A message of this time is in the conversation now.
pub(super) fn touch(connection: &Connection, id: i64, time: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE conversation SET sort_time = ?2 WHERE id = ?1 AND sort_time < ?2")?
        .execute(params![id, time])?;
    Ok(())
}

/// Up to `count` conversations in the list's order, newest first. `after` is the last row already shown,
/// if any; without `types` all kinds are listed.
///
/// # Errors
/// The database fails.
pub fn conversations(
    connection: &Connection,
    types: &[ConversationType],
    after: Option<&ConversationKey>,
    count: u32,
) -> Result<Vec<Conversation>, StoreError> {
    let (time, id) = match after {
        None => (i64::MAX, i64::MAX),
        Some(key) => position(connection, key)?.unwrap_or((i64::MAX, i64::MAX)),
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT c.id, c.type, c.target, c.sort_time, c.read_time, {UNREAD} FROM conversation c
         WHERE (c.sort_time, c.id) < (?1, ?2) AND {} ORDER BY c.sort_time DESC, c.id DESC LIMIT ?3",
        type_filter(types)
    ))?;
    let rows = statement.query_map(params![time, id, count], read)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(|(id, row)| with_latest(connection, id, row)).collect()
}

fn position(connection: &Connection, key: &ConversationKey) -> Result<Option<(i64, i64)>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT sort_time, id FROM conversation WHERE type = ?1 AND target = ?2")?
        .query_row(params![key.conversation_type.number(), key.target_id], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?)
}

/// The numbers come from the enum, so they may stand in the text; the statement cache stays small.
fn type_filter(types: &[ConversationType]) -> String {
    if types.is_empty() {
        return "TRUE".into();
    }
    let numbers: Vec<String> = types.iter().map(|kind| kind.number().to_string()).collect();
    format!("c.type IN ({})", numbers.join(", "))
}

fn read(row: &Row<'_>) -> rusqlite::Result<(i64, Conversation)> {
    let key = ConversationKey { conversation_type: conversation_type(row, 1)?, target_id: row.get(2)? };
    let conversation = Conversation {
        key,
        latest_message: None,
        sort_time: row.get(3)?,
        read_time: row.get(4)?,
        unread_count: row.get(5)?,
    };
    Ok((row.get(0)?, conversation))
}

fn with_latest(connection: &Connection, id: i64, row: Conversation) -> Result<Conversation, StoreError> {
    let latest_message = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM message m JOIN conversation c ON c.id = m.conversation
             WHERE m.conversation = ?1 ORDER BY m.sent_time DESC, m.uid DESC, m.id DESC LIMIT 1"
        ))?
        .query_row([id], from_row)
        .optional()?;
    Ok(Conversation { latest_message, ..row })
}

/// One conversation, if anything is known of it.
///
/// # Errors
/// The database fails.
pub fn conversation(
    connection: &Connection,
    key: &ConversationKey,
) -> Result<Option<Conversation>, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT c.id, c.type, c.target, c.sort_time, c.read_time, {UNREAD} FROM conversation c
             WHERE c.type = ?1 AND c.target = ?2"
        ))?
        .query_row(params![key.conversation_type.number(), key.target_id], read)
        .optional()?;
    found.map(|(id, row)| with_latest(connection, id, row)).transpose()
}

/// Unread messages of one conversation.
///
/// # Errors
/// The database fails.
pub fn unread(connection: &Connection, key: &ConversationKey) -> Result<u32, StoreError> {
    let count = connection
        .prepare_cached(&format!("SELECT {UNREAD} FROM conversation c WHERE c.type = ?1 AND c.target = ?2"))?
        .query_row(params![key.conversation_type.number(), key.target_id], |row| row.get(0))
        .optional()?;
    Ok(count.unwrap_or(0))
}

/// Unread messages of all conversations of these kinds.
///
/// # Errors
/// The database fails.
pub fn unread_by_types(connection: &Connection, types: &[ConversationType]) -> Result<u32, StoreError> {
    if types.is_empty() {
        return Ok(0);
    }
    sum(connection, &type_filter(types))
}

/// Unread messages of all conversations. Chatrooms never count.
///
/// # Errors
/// The database fails.
pub fn total_unread(connection: &Connection) -> Result<u32, StoreError> {
    sum(connection, &format!("c.type <> {}", ConversationType::Chatroom.number()))
}

fn sum(connection: &Connection, filter: &str) -> Result<u32, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!("SELECT coalesce(sum({UNREAD}), 0) FROM conversation c WHERE {filter}"))?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Moves the read mark of a conversation to its newest message. Returns whether anything was unread.
///
/// # Errors
/// The database fails.
pub fn clear_unread(connection: &Connection, key: &ConversationKey) -> Result<bool, StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE conversation SET read_time = newest.time
             FROM (SELECT c.id, max(m.sent_time) AS time FROM conversation c
                   JOIN message m ON m.conversation = c.id WHERE c.type = ?1 AND c.target = ?2
                   AND m.direction = 2 GROUP BY c.id) newest
             WHERE conversation.id = newest.id AND conversation.read_time < newest.time",
        )?
        .execute(params![key.conversation_type.number(), key.target_id])?;
    Ok(changed > 0)
}

/// Moves every read mark to the newest message. Returns the conversations that had something unread.
///
/// # Errors
/// The database fails.
pub fn clear_all_unread(connection: &Connection) -> Result<Vec<ConversationKey>, StoreError> {
    let keys = connection
        .prepare_cached(&format!("SELECT c.type, c.target FROM conversation c WHERE {UNREAD} > 0"))?
        .query_map([], |row| {
            Ok(ConversationKey { conversation_type: conversation_type(row, 0)?, target_id: row.get(1)? })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    for key in &keys {
        clear_unread(connection, key)?;
    }
    Ok(keys)
}
