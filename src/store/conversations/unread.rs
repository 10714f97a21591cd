//! Unread counts and the read mark. Unread is derived: counted messages of others after the mark. A mark
//! that moves on is told to the user's other devices by a signal, durable with the move.

use rusqlite::{Connection, OptionalExtension, params};

use super::{ConversationKey, StoreError, UNREAD, conversation_type, known_id, row_id, type_filter};
use crate::model::ConversationType;
use crate::store::signals;

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

/// Unread messages of these conversations together.
///
/// # Errors
/// The database fails.
pub fn unread_of(connection: &Connection, keys: &[ConversationKey]) -> Result<u32, StoreError> {
    keys.iter().try_fold(0u32, |sum, key| Ok(sum.saturating_add(unread(connection, key)?)))
}

/// Unread messages of all conversations of these kinds that are in the lists.
///
/// # Errors
/// The database fails.
pub fn unread_by_types(
    connection: &Connection,
    types: &[ConversationType],
    with_muted: bool,
) -> Result<u32, StoreError> {
    if types.is_empty() {
        return Ok(0);
    }
    let muted = if with_muted { "TRUE" } else { "c.mute = 0" };
    sum(connection, &format!("{} AND {muted}", type_filter(types)))
}

/// What the badge of an app shows: unread messages of all conversations that are in the lists and not
/// muted. Chatrooms never count.
///
/// # Errors
/// The database fails.
pub fn total_unread(connection: &Connection) -> Result<u32, StoreError> {
    sum(connection, &format!("c.mute = 0 AND c.type <> {}", ConversationType::Chatroom.number()))
}

fn sum(connection: &Connection, filter: &str) -> Result<u32, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT coalesce(sum({UNREAD}), 0) FROM conversation c WHERE c.hidden = 0 AND {filter}"
    ))?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Moves the read mark of a conversation on to its newest message, or to `until` (server time, ms) if that
/// is given and earlier. Returns whether it moved.
///
/// # Errors
/// The database fails.
pub fn clear_unread(
    connection: &Connection,
    key: &ConversationKey,
    until: Option<i64>,
    user: &str,
) -> Result<bool, StoreError> {
    let newest: Option<i64> = connection
        .prepare_cached(
            "SELECT m.sent_time FROM message m
             WHERE m.conversation = (SELECT id FROM conversation WHERE type = ?1 AND target = ?2) AND m.direction = 2
             ORDER BY m.sent_time DESC LIMIT 1",
        )?
        .query_row(params![key.conversation_type.number(), key.target_id], |row| row.get(0))
        .optional()?;
    let Some(newest) = newest else { return Ok(false) };
    let mark = until.map_or(newest, |until| until.min(newest));
    let moved = connection
        .prepare_cached(
            "UPDATE conversation SET read_time = ?3 WHERE type = ?1 AND target = ?2 AND read_time < ?3",
        )?
        .execute(params![key.conversation_type.number(), key.target_id, mark])?;
    if moved > 0 {
        tell(connection, key, mark, user)?;
    }
    Ok(moved > 0)
}

/// Tells the user's other devices, unless the server has named this mark or a later one.
fn tell(connection: &Connection, key: &ConversationKey, mark: i64, user: &str) -> Result<(), StoreError> {
    let news = connection
        .prepare_cached(
            "UPDATE conversation SET server_read_time = ?3
             WHERE type = ?1 AND target = ?2 AND server_read_time < ?3",
        )?
        .execute(params![key.conversation_type.number(), key.target_id, mark])?;
    if news > 0 {
        signals::read_mark(connection, key, mark, user)?;
    }
    Ok(())
}

/// Moves the read mark so that `count` messages remain unread, or as many as there are.
///
/// # Errors
/// The database fails.
pub fn set_unread(
    connection: &Connection,
    key: &ConversationKey,
    count: u32,
    user: &str,
) -> Result<bool, StoreError> {
    let Some(id) = known_id(connection, key)? else { return Ok(false) };
    if unread(connection, key)? == count {
        // The mark may lie beyond the newest that counts, at one that was recalled: it does not fall back.
        return Ok(false);
    }
    let mark: Option<i64> = connection
        .prepare_cached(
            "SELECT sent_time FROM message WHERE conversation = ?1 AND counted = 1 AND direction = 2
             ORDER BY sent_time DESC LIMIT 1 OFFSET ?2",
        )?
        .query_row(params![id, count], |row| row.get(0))
        .optional()?;
    let mark = mark.unwrap_or(0);
    let moved = connection
        .prepare_cached("UPDATE conversation SET read_time = ?2 WHERE id = ?1 AND read_time <> ?2")?
        .execute(params![id, mark])?;
    if moved > 0 && mark > 0 {
        tell(connection, key, mark, user)?;
    }
    Ok(moved > 0)
}

/// Moves every read mark to the newest message. Returns the conversations that had something unread.
///
/// # Errors
/// The database fails.
pub fn clear_all_unread(connection: &Connection, user: &str) -> Result<Vec<ConversationKey>, StoreError> {
    let keys = connection
        .prepare_cached(&format!("SELECT c.type, c.target FROM conversation c WHERE {UNREAD} > 0"))?
        .query_map([], |row| {
            Ok(ConversationKey { conversation_type: conversation_type(row, 0)?, target_id: row.get(1)? })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    for key in &keys {
        clear_unread(connection, key, None, user)?;
    }
    Ok(keys)
}

/// The server, or another device, names a read mark. One that is not newer than the last it named changes
/// nothing. Returns whether anything changed here.
///
/// # Errors
/// The database fails.
pub fn merge_read_mark(
    connection: &Connection,
    key: &ConversationKey,
    mark: i64,
) -> Result<bool, StoreError> {
    let id = row_id(connection, key)?;
    let news = connection
        .prepare_cached(
            "UPDATE conversation SET server_read_time = ?2 WHERE id = ?1 AND server_read_time < ?2",
        )?
        .execute(params![id, mark])?;
    if news == 0 {
        return Ok(false);
    }
    let moved = connection
        .prepare_cached("UPDATE conversation SET read_time = ?2 WHERE id = ?1 AND read_time < ?2")?
        .execute(params![id, mark])?;
    Ok(moved > 0)
}
