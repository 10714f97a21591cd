//! Tags: names that the user gives to conversations, on this device.

use rusqlite::{Connection, params};

use super::{ConversationKey, StoreError, known_id};
use crate::model::ErrorCode;

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Tag {
    /// The host's name for it, 1 to 64 bytes.
    pub id: String,
    /// What people read.
    pub name: String,
    /// When it was made, ms since 1970.
    pub created_time: i64,
    /// How many conversations have it.
    pub conversation_count: u32,
}

/// Makes a tag, or renames it.
///
/// # Errors
/// The database fails.
pub fn add_tag(connection: &Connection, id: &str, name: &str, now: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO tag (id, name, created_time) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        )?
        .execute(params![id, name, now])?;
    Ok(())
}

/// Deletes a tag and takes it off its conversations.
///
/// # Errors
/// The database fails.
pub fn remove_tag(connection: &Connection, id: &str) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("DELETE FROM tag WHERE id = ?1")?.execute([id])? > 0)
}

/// All tags, the oldest first.
///
/// # Errors
/// The database fails.
pub fn tags(connection: &Connection) -> Result<Vec<Tag>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT t.id, t.name, t.created_time, (SELECT count(*) FROM conversation_tag c WHERE c.tag = t.id)
         FROM tag t ORDER BY t.created_time, t.id",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(Tag {
            id: row.get(0)?,
            name: row.get(1)?,
            created_time: row.get(2)?,
            conversation_count: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Gives a tag to conversations. Those that are not known are left out.
///
/// # Errors
/// 33003 if there is no such tag, or the database fails.
pub fn tag_conversations(
    connection: &Connection,
    id: &str,
    keys: &[ConversationKey],
) -> Result<(), StoreError> {
    let known = connection.prepare_cached("SELECT 1 FROM tag WHERE id = ?1")?.exists([id])?;
    if !known {
        return Err(StoreError::new(ErrorCode::BIZ_ERROR_INVALID_PARAMETER, "there is no such tag"));
    }
    for key in keys {
        if let Some(conversation) = known_id(connection, key)? {
            connection
                .prepare_cached("INSERT OR IGNORE INTO conversation_tag (tag, conversation) VALUES (?1, ?2)")?
                .execute(params![id, conversation])?;
        }
    }
    Ok(())
}

/// Takes a tag off conversations.
///
/// # Errors
/// The database fails.
pub fn untag_conversations(
    connection: &Connection,
    id: &str,
    keys: &[ConversationKey],
) -> Result<(), StoreError> {
    for key in keys {
        if let Some(conversation) = known_id(connection, key)? {
            connection
                .prepare_cached("DELETE FROM conversation_tag WHERE tag = ?1 AND conversation = ?2")?
                .execute(params![id, conversation])?;
        }
    }
    Ok(())
}
